//! The words that decide what becomes of the number, quote or name beside them. A table built at compile time; reads no text.

/// What a word says about its neighbours, one bit each.
pub(crate) type Flags = u32;

/// A number after it is a code, not a count: `status 404`, `errno 13`.
pub(crate) const CODE: Flags = 1;
/// Does not end the reach of a code word: `exit status: 1`.
pub(crate) const LINK: Flags = 1 << 1;
/// What is quoted after it is a symbol: `attribute 'name'`.
pub(crate) const SYMBOL: Flags = 1 << 2;
/// What is quoted after it is somebody's value: `input 'abc'`.
pub(crate) const VALUE: Flags = 1 << 3;
/// The sentence is about a value that could not be understood: `could not parse`.
pub(crate) const PARSE: Flags = 1 << 4;
/// The name of a month.
pub(crate) const MONTH: Flags = 1 << 5;
/// The name of a day.
pub(crate) const DAY: Flags = 1 << 6;
/// A unit of time.
pub(crate) const TIME: Flags = 1 << 7;
/// A unit of size or count.
pub(crate) const SIZE: Flags = 1 << 8;
/// A name that goes on with digits which belong to it: `utf-8`, `sha256`.
pub(crate) const DIGITS: Flags = 1 << 9;
/// The name of a built-in type.
pub(crate) const TYPE: Flags = 1 << 10;
/// The next bare word may be the name of a person or an account.
pub(crate) const ACCOUNT: Flags = 1 << 11;
/// A method of HTTP.
pub(crate) const METHOD: Flags = 1 << 12;
/// `key=` whose value is a code or a kind and stays.
pub(crate) const KIND: Flags = 1 << 13;
/// True or false.
pub(crate) const BOOL: Flags = 1 << 14;
/// Nothing: `null`, `None`.
pub(crate) const NIL: Flags = 1 << 15;
/// What follows is a host: `host build7`.
pub(crate) const HOST: Flags = 1 << 16;
/// A preposition, or another word that is never a name.
pub(crate) const GLUE: Flags = 1 << 17;
/// The first words of the reasons that go with an HTTP status: `404 Not Found`.
pub(crate) const REASON: Flags = 1 << 18;
/// A zone behind a clock time.
pub(crate) const ZONE: Flags = 1 << 19;
/// The last label of a host's name.
pub(crate) const TLD: Flags = 1 << 20;
/// The first label of a package's name written backwards, as Java does.
pub(crate) const PACKAGE: Flags = 1 << 21;
/// A severity.
pub(crate) const LEVEL: Flags = 1 << 22;
/// What follows is an address in memory, of which only matters whether it is null.
pub(crate) const ADDRESS: Flags = 1 << 23;

const SETS: &[(Flags, &str)] = &[
    (
        CODE,
        "status code errno errcode errorcode error_code exit exitcode exit_code exited signal sig http sqlstate rc hresult \
         statuscode status_code retcode errornumber err_no os ora winerror ntstatus sqlcode returncode sc",
    ),
    (CODE | VALUE, "error"),
    (LINK, "with code status value is was of number no by returned"),
    (
        SYMBOL,
        "attribute attributes module modules name column columns table tables relation function functions property \
         properties type types package packages feature features key keys class classes method methods variable variables \
         identifier identifiers symbol symbols field fields constraint constraints index schema trait crate macro namespace \
         member members command argument arguments parameter parameters option options flag target targets dependency \
         directive keyword operator extension component interface struct enum variant lifetime import export binary library \
         object prop hook element tag attr rule plugin task test fixture route view relationship trigger sequence cast \
         declaration label template partial helper action event handler provider service bean annotation decorator \
         instance constructor generic overload selector procedure routine aggregate domain extensions bean role database \
         undeclared undefined reference gem keyerror formula image job step stage workflow chart",
    ),
    (
        VALUE,
        "input value values entry string text got received literal token user username login password account email \
         address line message payload url uri host hostname server peer client device session request invalid \
         choice date time timestamp datetime json data body content header number integer literal",
    ),
    (
        PARSE,
        "parse parsing parsed convert converting cast coerce decode decoding deserialize unmarshal malformed unparsable base syntax literal",
    ),
    (
        MONTH,
        "jan feb mar apr may jun jul aug sep sept oct nov dec january february march april june july august september october november december",
    ),
    (DAY, "mon tue wed thu fri sat sun monday tuesday wednesday thursday friday saturday sunday"),
    (
        TIME,
        "ns us ms s sec secs second seconds m min mins minute minutes h hr hrs hour hours d day days week weeks \
         millis millisecond milliseconds microsecond microseconds nanosecond nanoseconds",
    ),
    (
        SIZE,
        "b kb mb gb tb pb kib mib gib tib bytes byte k g kbytes mbytes bits bit px kbps mbps hz khz mhz ghz rpm pages page",
    ),
    (
        DIGITS,
        "utf ucs iso sha md crc ipv ip http https tls ssl tlsv sslv aes rsa base x amd arm armv aarch win int uint i u f \
         float bfloat fp c es ecmascript python py php node java jdk jre ruby perl lua log oauth h mp s ec k l p g \
         rfc ed ecdsa rc des gcm hmac vec mat tcp udp ext fat cp latin koi windows big gb lz bz \
         usb sse avx gtk qt gl vp pg mysql sqlite neo ws q m w n r z d a o pthread socks pop imap ntlm ntlmv pkcs asn curve secp",
    ),
    (
        TYPE,
        "int str float bool bytes list dict tuple set nonetype string number boolean undefined object symbol bigint \
         integer double char long short void byte array function null nil none u8 u16 u32 u64 u128 i8 i16 i32 i64 i128 f32 f64 usize \
         isize option result vec text varchar numeric jsonb json uuid timestamp date",
    ),
    (ACCOUNT, "user username login account ruser logname acct usr uname"),
    (METHOD, "get post put delete head patch options connect trace"),
    (
        KIND,
        "code status errno error err type kind class exception reason signal state level severity category facility \
         cause op operation method syscall desc sqlstate errorcode error_code exit exitcode result constraint table column \
         mode field key attribute property module function event action phase stage command cmd lang encoding charset",
    ),
    (BOOL, "true false yes no on off"),
    (NIL, "null nil none undefined nullptr"),
    (HOST, "host hostname rhost server peer node remote_host client_host"),
    (
        GLUE,
        "invalid from by on at in to for with as is was has not of the a an and or via port does did cannot could can had must \
         should may be been are were will would after before because due already already unknown authentication request \
         requests error failed agent input group groups id ids name data space mode",
    ),
    (
        REASON,
        "bad unauthorized forbidden not internal gateway service moved found conflict gone too request payload \
         unprocessable method precondition unsupported created accepted partial temporary permanent see use \
         payment proxy length range expectation locked upgrade insufficient loop network ok im no",
    ),
    (ZONE, "utc gmt z est edt cst cdt mst mdt pst pdt cet cest bst msk ist jst kst aest aedt eet eest wet"),
    (
        TLD,
        "com net org edu gov mil biz de uk eu fr es nl br ru cn jp kr au se dk fi pl cz tw hk vn lan localdomain arpa",
    ),
    (
        PACKAGE,
        "com org net io java javax jakarta kotlin kotlinx scala sun jdk android androidx dalvik edu gov de dev app",
    ),
    (ADDRESS, "address addr pointer ptr"),
    (
        LEVEL,
        "trace debug info information notice warn warning error err fatal critical crit alert emerg emergency severe \
         verbose panic exception",
    ),
];

/// Small enough to stay in the first cache.
const SLOTS: usize = 2048;
const LONGEST: usize = 16;
/// Makes every ASCII letter lower-case, and no two of the words in the table alike.
const LOWER: u128 = 0x2020_2020_2020_2020_2020_2020_2020_2020;

struct Table {
    keys: [u64; SLOTS],
    flags: [Flags; SLOTS],
}

static TABLE: Table = build();

/// One number for up to 16 bytes; both halves go into all of its bits.
#[expect(clippy::cast_possible_truncation, reason = "both halves are wanted")]
const fn mix(word: u128) -> u64 {
    let first = (word as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let second = ((word >> 64) as u64).wrapping_mul(0xc2b2_ae3d_27d4_eb4f).rotate_left(31);
    let mixed = (first ^ second).wrapping_mul(0xff51_afd7_ed55_8ccd);
    // 0 marks an empty slot
    (mixed ^ (mixed >> 32)) | 1
}

const fn slot(key: u64) -> usize {
    (key >> 53) as usize
}

const fn build() -> Table {
    let mut table = Table { keys: [0; SLOTS], flags: [0; SLOTS] };
    let mut set = 0;
    while set < SETS.len() {
        let (flags, words) = SETS[set];
        let bytes = words.as_bytes();
        let (mut at, mut word, mut len) = (0, 0_u128, 0);
        while at <= bytes.len() {
            if at == bytes.len() || bytes[at] == b' ' {
                if len > 0 {
                    assert!(len <= LONGEST);
                    let key = mix((word | LOWER) & mask(len));
                    let mut place = slot(key);
                    while table.keys[place] != 0 && table.keys[place] != key {
                        place = (place + 1) % SLOTS;
                    }
                    table.keys[place] = key;
                    table.flags[place] |= flags;
                }
                (word, len) = (0, 0);
            } else {
                word |= (bytes[at] as u128) << (8 * len);
                len += 1;
            }
            at += 1;
        }
        set += 1;
    }
    table
}

const fn mask(len: usize) -> u128 {
    if len >= LONGEST { u128::MAX } else { (1 << (8 * len)) - 1 }
}

/// What is known about the word `text[start..end]`, whatever its case; 0 if nothing is.
#[inline]
pub(crate) fn flags(text: &[u8], start: usize, end: usize) -> Flags {
    let len = end - start;
    if len == 0 || len > LONGEST {
        return 0;
    }
    let raw = if let Some(whole) = text.get(start..start + LONGEST).and_then(|whole| whole.first_chunk::<LONGEST>()) {
        u128::from_le_bytes(*whole)
    } else {
        let mut whole = [0; LONGEST];
        whole[..len].copy_from_slice(&text[start..end]);
        u128::from_le_bytes(whole)
    };
    let key = mix((raw | LOWER) & mask(len));
    let mut place = slot(key);
    loop {
        let found = TABLE.keys[place];
        if found == key {
            return TABLE.flags[place];
        }
        if found == 0 {
            return 0;
        }
        place = (place + 1) % SLOTS;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_whatever_their_case_and_place() {
        for text in ["Status", "STATUS", "status", "status of something that is longer"] {
            assert_ne!(flags(text.as_bytes(), 0, 6) & CODE, 0, "{text}");
        }
        assert_eq!(flags(b"statuses", 0, 8), 0);
        assert_eq!(flags(b"", 0, 0), 0);
        assert_eq!(flags(b"an_identifier_that_is_long", 0, 26), 0);
        assert_ne!(flags(b"x attribute", 2, 11) & SYMBOL, 0);
    }
}
