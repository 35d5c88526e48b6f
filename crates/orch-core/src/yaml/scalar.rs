//! What an unquoted YAML scalar means, after the core schema of YAML 1.2. `yes`, `no`, `on` and `off` are text.

use super::Kind;

/// Reads an unquoted scalar.
pub(super) fn resolve(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
        "true" | "True" | "TRUE" => Kind::Bool(true),
        "false" | "False" | "FALSE" => Kind::Bool(false),
        _ => number(text).unwrap_or_else(|| Kind::Text(text.to_owned())),
    }
}

fn number(text: &str) -> Option<Kind> {
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return None;
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(digits, 8);
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16);
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    match unsigned {
        ".inf" | ".Inf" | ".INF" if text.starts_with('-') => return Some(Kind::Float(f64::NEG_INFINITY)),
        ".inf" | ".Inf" | ".INF" => return Some(Kind::Float(f64::INFINITY)),
        _ => {}
    }
    if matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Some(Kind::Float(f64::NAN));
    }
    if !unsigned.is_empty() && unsigned.bytes().all(|b| b.is_ascii_digit()) {
        // A whole number that does not fit is a float, as in JSON.
        return text.parse().map(Kind::Int).or_else(|_| text.parse().map(Kind::Float)).ok();
    }
    // Rust also reads `infinity`, which YAML does not; a digit must be there, and nothing but number characters.
    let shaped = unsigned.bytes().any(|b| b.is_ascii_digit())
        && unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && unsigned.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    if shaped { text.parse().map(Kind::Float).ok() } else { None }
}

fn radix(digits: &str, base: u32) -> Option<Kind> {
    let shaped = !digits.is_empty() && digits.chars().all(|c| c.is_digit(base));
    if shaped { i64::from_str_radix(digits, base).map(Kind::Int).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_follow_the_core_schema() {
        let text = |text: &str| Kind::Text(text.to_owned());
        for (given, wanted) in [
            ("", Kind::Null),
            ("~", Kind::Null),
            ("true", Kind::Bool(true)),
            ("FALSE", Kind::Bool(false)),
            ("yes", text("yes")),
            ("off", text("off")),
            ("12", Kind::Int(12)),
            ("-7", Kind::Int(-7)),
            ("+7", Kind::Int(7)),
            ("0o17", Kind::Int(15)),
            ("0xfF", Kind::Int(255)),
            ("0x", text("0x")),
            ("0x+1", text("0x+1")),
            ("1_000", text("1_000")),
            ("99999999999999999999", Kind::Float(1e20)),
            ("1.5", Kind::Float(1.5)),
            ("1e3", Kind::Float(1000.0)),
            (".5", Kind::Float(0.5)),
            ("-.inf", Kind::Float(f64::NEG_INFINITY)),
            ("infinity", text("infinity")),
            ("+inf", text("+inf")),
            ("nan", text("nan")),
            ("1.2.3", text("1.2.3")),
            ("2025-01-13", text("2025-01-13")),
            ("-", text("-")),
            (".", text(".")),
        ] {
            assert_eq!(resolve(given), wanted, "{given:?}");
        }
        assert!(matches!(resolve(".nan"), Kind::Float(value) if value.is_nan()));
    }
}
