//! Commands on the other side: quoting of arguments, and what a command left behind.

use std::borrow::Cow;

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It returned this status.
    Status(u32),
    /// A signal ended it.
    Signal(String),
    /// The host went away before it said how the command ended; a machine that powers off does this.
    Closed,
    /// The host is still there and never said how the command ended.
    Unknown,
}

/// What a command left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    pub exit: Exit,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    /// Whether output was dropped beyond the limit.
    pub truncated: bool,
}

impl Output {
    pub(crate) const fn new() -> Self {
        Self { exit: Exit::Unknown, stdout: Vec::new(), stderr: Vec::new(), truncated: false }
    }

    /// Keeps what fits below `limit`.
    pub(crate) fn keep(&mut self, from_stderr: bool, data: &[u8], limit: usize) {
        let buffer = if from_stderr { &mut self.stderr } else { &mut self.stdout };
        let fits = limit.saturating_sub(buffer.len()).min(data.len());
        buffer.extend_from_slice(data.get(..fits).unwrap_or_default());
        self.truncated |= fits < data.len();
    }
}

/// One command line for a POSIX shell: the protocol carries a string, so arguments are quoted where they must be.
pub fn quote<'a>(argv: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<Cow<'_, str>> = argv.into_iter().map(quote_word).collect();
    words.join(" ")
}

fn quote_word(word: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,@%+=".contains(c);
    // A leading `=` or an assignment-like first word means something to some shells; quoting is never wrong.
    if !word.is_empty() && word.chars().all(plain) && !word.contains('=') {
        return Cow::Borrowed(word);
    }
    Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")))
}

#[cfg(test)]
mod tests {
    use super::{Output, quote};

    #[test]
    fn arguments_with_shell_characters_are_quoted() {
        assert_eq!(quote(["ls", "-l", "/var/log"]), "ls -l /var/log");
        assert_eq!(quote(["echo", "it's $HOME; rm", ""]), r"echo 'it'\''s $HOME; rm' ''");
        assert_eq!(quote(["A=b"]), "'A=b'");
    }

    #[test]
    fn output_beyond_the_limit_is_dropped_and_said() {
        let mut output = Output::new();
        output.keep(false, b"12345", 8);
        output.keep(false, b"67890", 8);
        output.keep(true, b"err", 8);
        assert_eq!((output.stdout.as_slice(), output.stderr.as_slice(), output.truncated), (&b"12345678"[..], &b"err"[..], true));
    }
}
