//! Path patterns: `*` at the end matches everything, elsewhere anything within its segment. ASCII case does not count,
//! so that a rule cannot be dodged at backends that ignore it.

/// A compiled pattern.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Glob {
    /// Literal parts between the stars, in lower case.
    parts: Vec<Box<[u8]>>,
    /// Whether the pattern ends in a star.
    open: bool,
}

impl Glob {
    /// Compiles a pattern.
    pub(crate) fn new(pattern: &str) -> Self {
        let open = pattern.ends_with('*');
        let body = pattern.trim_end_matches('*');
        Self { parts: body.split('*').map(|part| part.to_ascii_lowercase().into_bytes().into()).collect(), open }
    }

    /// A pattern without stars, taken letter by letter.
    pub(crate) fn literal(path: &str) -> Self {
        Self { parts: vec![path.to_ascii_lowercase().into_bytes().into()], open: false }
    }

    /// Whether the whole path fits.
    pub(crate) fn matches(&self, path: &str) -> bool {
        let path = path.as_bytes();
        let Some((first, rest)) = self.parts.split_first() else { return false };
        starts_with(path, first) && self.tail(path.get(first.len()..).unwrap_or_default(), rest)
    }

    /// Greedy from the left is enough: inside a segment the leftmost fit of a part leaves the most for what follows,
    /// and the last part of a closed pattern is anchored at the end.
    fn tail(&self, mut path: &[u8], mut parts: &[Box<[u8]>]) -> bool {
        while let Some((part, rest)) = parts.split_first() {
            let segment = path.iter().position(|b| *b == b'/').unwrap_or(path.len());
            let last = rest.is_empty() && !self.open;
            let fits = |at: usize| path.get(at..).is_some_and(|tail| starts_with(tail, part));
            let found = if last {
                path.len().checked_sub(part.len()).filter(|at| *at <= segment && fits(*at))
            } else {
                (0..=segment).find(|at| fits(*at))
            };
            let Some(at) = found else { return false };
            // A part with a slash leaves the segment; a later segment may begin inside it, so try further fits too.
            if !last && part.contains(&b'/') {
                let after = |at: usize| path.get(at + part.len()..).unwrap_or_default();
                return (at..=segment).any(|at| fits(at) && self.tail(after(at), rest));
            }
            path = path.get(at + part.len()..).unwrap_or_default();
            parts = rest;
        }
        self.open || path.is_empty()
    }
}

/// Whether `text` begins with `lower`, which is in lower case.
fn starts_with(text: &[u8], lower: &[u8]) -> bool {
    text.get(..lower.len()).is_some_and(|head| head.eq_ignore_ascii_case(lower))
}

#[cfg(test)]
mod tests {
    use super::Glob;
    use proptest::prelude::*;

    fn check(pattern: &str, path: &str, expected: bool) {
        assert_eq!(Glob::new(pattern).matches(path), expected, "{pattern} on {path}");
    }

    #[test]
    fn stars_match_as_described() {
        check("/", "/", true);
        check("/", "/a", false);
        check("/*", "/", true);
        check("/*", "/a/b", true);
        check("/old*", "/old", true);
        check("/old*", "/OLDER/x", true);
        check("/old*", "/ol", false);
        check("/a/*/c", "/a/b/c", true);
        check("/a/*/c", "/a/b/b/c", false);
        check("/a/*/c*", "/a/b/cd/e", true);
        check("/*.php", "/index.php", true);
        check("/*.php", "/a/index.php", false);
        check("/*.php", "/index.php.txt", false);
        check("/a*b*c", "/aXbYbZc", true);
        check("/*/x*", "/p/q/x", false);
        check("/*a/*", "/aa/z", true);
        assert!(Glob::literal("/a*").matches("/A*"));
        assert!(!Glob::literal("/a*").matches("/ab"));
    }

    /// The plain recursive meaning.
    fn naive(pattern: &[u8], path: &[u8]) -> bool {
        match pattern.split_first() {
            None => path.is_empty(),
            Some((b'*', [])) => true,
            Some((b'*', rest)) => (0..=path.len()).take_while(|n| !path[..*n].contains(&b'/')).any(|n| naive(rest, &path[n..])),
            Some((c, rest)) => path.first().is_some_and(|p| p.eq_ignore_ascii_case(c)) && naive(rest, &path[1..]),
        }
    }

    proptest! {
        #[test]
        fn any_pattern_matches_as_its_plain_meaning(pattern in "/[ab*/]{0,8}", path in "/[abA/]{0,10}") {
            let single = pattern.replace("**", "*").replace("**", "*").replace("**", "*");
            prop_assert_eq!(Glob::new(&single).matches(&path), naive(single.as_bytes(), path.as_bytes()), "{} on {}", single, path);
        }
    }
}
