//! Turns the bytes of a commit into text. Knows encodings, nothing of repositories.

use encoding_rs::{Encoding, WINDOWS_1252};

/// Decodes bytes by the encoding that the commit names. Without one, or with an unknown one, they are taken for UTF-8;
/// what is broken becomes U+FFFD, so that no commit is unreadable.
pub(crate) fn decode(bytes: &[u8], encoding: Option<&str>) -> String {
    let known = encoding.and_then(|label| Encoding::for_label(label.as_bytes()).map(|found| (label, found)));
    match known {
        // The web's table takes Latin-1 for Windows-1252; git does not.
        Some((label, found)) if found == WINDOWS_1252 && !label.contains("1252") => {
            bytes.iter().map(|&byte| char::from(byte)).collect()
        }
        Some((_, found)) => found.decode_without_bom_handling(bytes).0.into_owned(),
        None => String::from_utf8_lossy(bytes).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_gives_text() {
        for (bytes, encoding, text) in [
            (&b"plain"[..], None, "plain"),
            ("gr\u{fc}n".as_bytes(), None, "gr\u{fc}n"),
            (b"gr\xfcn", None, "gr\u{fffd}n"),
            (b"gr\xfcn", Some("ISO-8859-1"), "gr\u{fc}n"),
            (b"gr\xfcn", Some("latin1"), "gr\u{fc}n"),
            (b"\x80", Some("ISO-8859-1"), "\u{80}"),
            (b"\x80", Some("windows-1252"), "\u{20ac}"),
            (b"\x93\xfa\x96{", Some("Shift_JIS"), "\u{65e5}\u{672c}"),
            (b"\xc6\xfc\xcb\xdc", Some("EUC-JP"), "\u{65e5}\u{672c}"),
            (b"gr\xfcn", Some("no-such-encoding"), "gr\u{fffd}n"),
            (b"gr\xfcn", Some("UTF-8"), "gr\u{fffd}n"),
        ] {
            assert_eq!(decode(bytes, encoding), text, "{encoding:?}");
        }
    }
}
