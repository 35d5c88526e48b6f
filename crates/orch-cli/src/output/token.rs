//! How many tokens a text costs a model, by an estimate from above. Knows no model's vocabulary.

use serde_json::Value;

/// What stands where a text was cut.
const MORE: &str = "…";

/// How many tokens this text has at most, with the vocabularies of models in use.
///
/// The figures are what random letters cost with o200k and cl100k, as vocabularies agree about what is rare far more than about
/// what is common: English and Chinese cost some twice as much here as there. A word of Latin letters is the exception: where
/// it could be one of a language, it costs what it does in languages that a vocabulary knows less well.
pub(crate) fn at_most(text: &str) -> usize {
    let (mut tenths, mut rest) = (0, text);
    while let Some(first) = rest.chars().next() {
        let length = word(rest);
        let (part, behind) = rest.split_at(length.max(first.len_utf8()));
        tenths += match first {
            _ if length > 0 => of_word(part),
            // a space goes with the word or the mark behind it, and several are one
            ' ' if behind.starts_with(|c: char| c.is_ascii_alphabetic() || c.is_ascii_punctuation()) => 0,
            ' ' if behind.starts_with("  ") => 0,
            _ => [10, 19, 28, 40][first.len_utf8() - 1],
        };
        rest = behind;
    }
    tenths.div_ceil(10)
}

/// A text, cut where it has so many tokens at most.
pub(crate) fn cut(text: &str, most: usize) -> String {
    if text.len() <= most || at_most(text) <= most {
        return text.to_owned();
    }
    // a letter costs four tenths at least
    let mut part: String = text.chars().take(3 * most).collect();
    while !part.is_empty() && at_most(&part) + at_most(MORE) > most {
        part.pop();
    }
    part + MORE
}

/// How long the word is that a text begins with: capitals of ASCII, or small letters of which the first may be a capital.
fn word(text: &str) -> usize {
    let capitals = text.bytes().take_while(u8::is_ascii_uppercase).count();
    let small = text.bytes().skip(capitals.min(1)).take_while(u8::is_ascii_lowercase).count();
    if small > 0 && capitals <= 1 { capitals + small } else { capitals }
}

fn of_word(word: &str) -> usize {
    let count = |letters: &str| word.chars().filter(|c| letters.contains(*c)).count();
    let could_be_one = 4 * count("aeiouyAEIOUY") >= word.len() && 4 * count("jqxzwkJQXZWK") <= word.len();
    let is_loud = word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_uppercase());
    (word.len() * if could_be_one && !is_loud { 4 } else { 9 }).max(10)
}

/// How many tokens a document has at most: its texts by [`at_most`], and what stands around a value, whose key is a word or
/// two that every vocabulary knows.
pub(crate) fn of_json(value: &Value) -> usize {
    match value {
        Value::Object(fields) => fields.values().map(|value| 5 + of_json(value)).sum::<usize>() + 2,
        Value::Array(items) => items.iter().map(|value| 3 + of_json(value)).sum::<usize>() + 2,
        Value::String(text) => at_most(text),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look random and are the same each time.
    fn numbers() -> impl FnMut(u32) -> u32 {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        move |below| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            u32::try_from(state % u64::from(below)).unwrap()
        }
    }

    #[test]
    fn a_text_is_cut_by_what_it_costs() {
        for (text, most, wanted) in [
            ("plain line again", 6, "plain line again"),
            ("plain line again", 5, "plain…"),
            ("修复登录页面的地址", 12, "修复登…"),
            ("ab", 0, "…"),
            ("", 0, ""),
        ] {
            assert_eq!(cut(text, most), wanted);
        }
    }

    #[test]
    fn no_text_has_more_tokens() {
        let mut random = numbers();
        let vocabularies = [tiktoken_rs::o200k_base_singleton(), tiktoken_rs::cl100k_base_singleton()];
        let mut texts: Vec<(String, String)> = [
            "Greet people by name, and validate the address in the login form, step 3",
            "修复登录页面的地址验证问题并且添加测试用例",
            "ログインフォームのアドレスを検証する",
            "🎉🚀👩‍👩‍👧 emoji 🧪",
            "Привет мир, исправить форму входа",
            "Die Überprüfung der Anmeldeformulare schlägt bei Umlauten fehl",
            "Sisäänkirjautumislomakkeen sähköpostiosoitteen tarkistus epäonnistuu",
            "d41d8cd98f00b204e9800998ecf8427e",
            "dGhpcyBpcyBhIHRlc3QgYmFzZTY0IHN0cmluZyB3aXRo",
            "!?!?!?;;;;{}[]()<>/\\|~`^",
            "THE QUICK BROWN FOX JUMPS OVER_THE_LAZY_DOG",
            "src/main.rs:12:7: error[E0308]: mismatched types, expected `u32`, found `Option<u32>`",
            "{\n    \"key\": [\n        1,\n        2\n    ]\n}",
        ]
        .map(|text| (text.to_owned(), text.to_owned()))
        .into();
        for (what, first, last) in [
            ("small letters", 'a', 'z'),
            ("capitals", 'A', 'Z'),
            ("ASCII", '!', '~'),
            ("Latin", '¡', 'ſ'),
            ("Cyrillic", 'Ѐ', 'ӿ'),
            ("Arabic", '\u{600}', '\u{6ff}'),
            ("Devanagari", '\u{900}', '\u{97f}'),
            ("Han", '一', '鿿'),
            ("Hangul", '가', '힣'),
            ("symbols", '\u{2190}', '\u{2bff}'),
            ("emoji", '\u{1f300}', '\u{1faff}'),
            ("rare Han", '\u{20000}', '\u{2a6df}'),
        ] {
            for length in [1, 4, 7, 30] {
                let words = (0..120 / length).map(|_| {
                    let letter = |_| {
                        let letter = u32::from(first) + random(u32::from(last) - u32::from(first) + 1);
                        char::from_u32(letter).unwrap_or(last)
                    };
                    (0..length).map(letter).collect::<String>()
                });
                texts.push((format!("{what} in words of {length}"), words.collect::<Vec<_>>().join(" ")));
            }
        }
        for (what, text) in &texts {
            for vocabulary in vocabularies {
                let (has, most) = (vocabulary.encode_ordinary(text).len(), at_most(text));
                assert!(has <= most, "{what}: {has} tokens, estimated at most {most}: {text}");
            }
        }
        // an estimate that is far off tells nothing
        let english = &texts[0].1;
        assert!(at_most(english) <= 2 * vocabularies[0].encode_ordinary(english).len(), "{}", at_most(english));
    }
}
