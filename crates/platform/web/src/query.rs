//! The query string: decoded once, read by name, with the documented ways to be lenient or strict.

use argos_kernel::{AppError, Result};

/// Decoded `name=value` pairs in order.
#[derive(Clone, Debug, Default)]
pub struct Query(Vec<(String, String)>);

impl Query {
    pub fn parse(raw: Option<&str>) -> Self {
        let pairs = raw.unwrap_or_default().split('&').filter(|p| !p.is_empty());
        Self(pairs.map(|p| p.split_once('=').unwrap_or((p, ""))).map(|(n, v)| (decode(n, true), decode(v, true))).collect())
    }
    /// Of pairs that are decoded already.
    pub fn of(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(pairs.into_iter().collect())
    }
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
    /// Present and not blank.
    pub fn filled(&self, name: &str) -> Option<&str> {
        self.text(name).map(str::trim).filter(|v| !v.is_empty())
    }
    /// `1`, `true`, `yes`, `on` or a bare name.
    pub fn flag(&self, name: &str) -> bool {
        self.text(name).is_some_and(|v| matches!(v.to_ascii_lowercase().as_str(), "" | "1" | "true" | "yes" | "on"))
    }
    /// An integer; out of range is clamped, not a number is 400 `Invalid <name> parameter`.
    pub fn int_clamped(&self, name: &str, default: i64, min: i64, max: i64) -> Result<i64> {
        Ok(self.int(name)?.unwrap_or(default).clamp(min, max))
    }
    /// An integer when present.
    pub fn int(&self, name: &str) -> Result<Option<i64>> {
        let bad = || AppError::bad_request(format!("Invalid {name} parameter")).code("invalid_parameter").with("field", name);
        self.filled(name).map(|v| v.parse::<i64>().map_err(|_| bad())).transpose()
    }
    /// Comma-separated words, blanks dropped.
    pub fn list(&self, name: &str) -> Vec<&str> {
        self.text(name).map(|v| v.split(',').map(str::trim).filter(|s| !s.is_empty()).collect()).unwrap_or_default()
    }
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }
}

/// Percent-decoding; invalid escapes stay as they are, invalid UTF-8 is replaced.
pub(crate) fn decode(text: &str, plus_is_space: bool) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while let Some(&b) = bytes.get(i) {
        let hex = |k: usize| bytes.get(k).and_then(|c| char::from(*c).to_digit(16));
        match (b, hex(i + 1), hex(i + 2)) {
            (b'%', Some(hi), Some(lo)) => {
                out.push(u8::try_from(hi * 16 + lo).unwrap_or(b'?'));
                i += 2;
            }
            (b'+', _, _) if plus_is_space => out.push(b' '),
            _ => out.push(b),
        }
        i += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded_and_read_by_name() {
        let q = Query::parse(Some("a=1&b=x%20y+z&flag&n=99999&m=abc&l=a,,b"));
        assert_eq!(q.text("b"), Some("x y z"));
        assert!(q.flag("flag") && !q.flag("none"));
        assert_eq!(q.int_clamped("n", 5, 1, 1000).unwrap(), 1000);
        assert_eq!(q.int_clamped("none", 5, 1, 1000).unwrap(), 5);
        assert_eq!(q.int("m").unwrap_err().message(), "Invalid m parameter");
        assert_eq!(q.list("l"), ["a", "b"]);
    }

    #[test]
    fn broken_escapes_stay_as_text() {
        assert_eq!(decode("%", true), "%");
        assert_eq!(decode("%4", true), "%4");
        assert_eq!(decode("%zz+", false), "%zz+");
        assert_eq!(decode("%ff", false), "\u{fffd}");
    }
}
