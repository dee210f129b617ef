//! Who is logged in, from the login records of `/run/utmp`.
//!
//! Distributions that dropped utmp have no such file: then it is unknown. Layout: utmp(5) on x86-64,
//! 384 bytes a record; other architectures lay it out differently and are not read.

use crate::tree::Tree;
use serde::Serialize;

/// One login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Session {
    pub user: String,
    /// Such as `pts/0` or `tty1`.
    pub terminal: String,
    /// Remote host or display; `None` for the console.
    pub host: Option<String>,
    pub pid: u32,
    pub login_unix_s: i64,
}

const RECORD_BYTES: usize = 384;
const USER_PROCESS: u16 = 7;

/// Parses a utmp file; records that are no login are left out.
#[must_use]
pub fn parse_utmp(file: &[u8]) -> Vec<Session> {
    file.chunks_exact(RECORD_BYTES).filter_map(parse_record).collect()
}

fn parse_record(record: &[u8]) -> Option<Session> {
    let kind = u16::from_ne_bytes(*record.first_chunk()?);
    if kind != USER_PROCESS {
        return None;
    }
    let word = |at: usize| Some(i32::from_ne_bytes(*record.get(at..)?.first_chunk()?));
    let words = |at: usize, length: usize| {
        let field = record.get(at..at + length)?;
        let end = field.iter().position(|&byte| byte == 0).unwrap_or(length);
        Some(String::from_utf8_lossy(field.get(..end)?).into_owned()).filter(|text| !text.is_empty())
    };
    Some(Session {
        user: words(44, 32)?,
        terminal: words(8, 32)?,
        host: words(76, 256),
        pid: u32::try_from(word(4)?).ok()?,
        login_unix_s: i64::from(word(340)?),
    })
}

/// Logins whose process is still there: a crash leaves stale records behind.
pub(crate) fn sample(tree: &mut Tree) -> Option<Vec<Session>> {
    if !cfg!(target_arch = "x86_64") {
        return None;
    }
    let mut sessions = parse_utmp(tree.read(format_args!("/run/utmp"))?);
    sessions.retain(|session| tree.exists(format_args!("/proc/{}", session.pid)));
    Some(sessions)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u16, user: &str, terminal: &str, host: &str) -> Vec<u8> {
        let mut record = vec![0_u8; RECORD_BYTES];
        record[..2].copy_from_slice(&kind.to_ne_bytes());
        record[4..8].copy_from_slice(&4711_i32.to_ne_bytes());
        record[8..8 + terminal.len()].copy_from_slice(terminal.as_bytes());
        record[44..44 + user.len()].copy_from_slice(user.as_bytes());
        record[76..76 + host.len()].copy_from_slice(host.as_bytes());
        record[340..344].copy_from_slice(&1_700_000_000_i32.to_ne_bytes());
        record
    }

    #[test]
    fn utmp_lists_logins_only() {
        let file = [record(2, "reboot", "~", "6.1"), record(7, "ada", "pts/0", "192.0.2.9"), record(7, "", "tty1", "")].concat();
        let sessions = parse_utmp(&file);
        assert_eq!(sessions.len(), 1);
        let session = sessions.first().expect("one");
        assert_eq!((session.user.as_str(), session.terminal.as_str()), ("ada", "pts/0"));
        assert_eq!((session.host.as_deref(), session.pid), (Some("192.0.2.9"), 4711));
        assert_eq!(session.login_unix_s, 1_700_000_000);
    }
}
