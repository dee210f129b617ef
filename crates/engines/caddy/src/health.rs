//! How backends are, from what Caddy counts and what its checker complained about. Caddy never says that a backend went
//! down; each failed check is a line, and silence is recovery.

use std::collections::HashMap;

use crate::admin::Upstream;
use crate::error_line::ErrorLine;

/// Failures that have Caddy leave a backend out (the `max_fails` of the documents).
const FAILS_MAX: u64 = 3;
/// Backends remembered; more than any configuration has.
const KNOWN_MAX: usize = 20_000;

/// The newest complaint about a backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Microseconds since 1970.
    pub at: i64,
    /// What it answered.
    pub status: Option<u16>,
    pub error: String,
}

/// A backend's health.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    Healthy,
    Unhealthy(Evidence),
    /// Caddy does not know it.
    Unknown,
}

/// Complaints by address.
#[derive(Debug, Default)]
pub struct HealthBook(HashMap<String, Evidence>);

impl HealthBook {
    /// Notes what a line says about a backend, if it does.
    pub fn note(&mut self, line: &ErrorLine) {
        let Some(address) = &line.upstream else { return };
        let error = match line.msg.as_str() {
            "host is up" => {
                self.0.remove(address);
                return;
            }
            "unexpected status code" | "status code out of tolerances" => {
                line.status.map_or_else(|| line.msg.clone(), |status| format!("{} {status}", line.msg))
            }
            "HTTP request failed" => line.error.clone().unwrap_or_else(|| line.msg.clone()),
            _ => return,
        };
        let is_known = self.0.contains_key(address);
        if is_known || self.0.len() < KNOWN_MAX {
            self.0.insert(address.clone(), Evidence { at: line.at, status: line.status, error });
        }
    }

    /// How a backend is. A complaint counts for `window` microseconds.
    #[must_use]
    pub fn judge(&self, address: &str, listed: Option<&Upstream>, now: i64, window: i64) -> Judgement {
        let fresh = self.0.get(address).filter(|seen| now.saturating_sub(seen.at) <= window);
        match (fresh, listed) {
            (Some(seen), _) => Judgement::Unhealthy(seen.clone()),
            (None, Some(up)) if up.fails >= FAILS_MAX => {
                Judgement::Unhealthy(Evidence { at: now, status: None, error: format!("{} requests failed within 30 s", up.fails) })
            }
            (None, Some(_)) => Judgement::Healthy,
            (None, None) => Judgement::Unknown,
        }
    }

    /// Forgets complaints older than this.
    pub fn forget_before(&mut self, at: i64) {
        self.0.retain(|_, seen| seen.at >= at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: i64 = 90_000_000;

    fn line(at: f64, msg: &str, more: &str) -> ErrorLine {
        let text = format!(
            r#"{{"level":"info","ts":{at},"logger":"http.handlers.reverse_proxy.health_checker.active","msg":"{msg}","host":"10.0.0.1:80"{more}}}"#
        );
        ErrorLine::parse(&text).unwrap()
    }

    #[test]
    fn complaint_counts_until_it_is_old_or_the_backend_is_up() {
        let (mut book, listed) = (HealthBook::default(), Upstream { address: "10.0.0.1:80".to_owned(), num_requests: 0, fails: 0 });
        let judge = |book: &HealthBook, at: i64, up| book.judge("10.0.0.1:80", up, at * 1_000_000, WINDOW);
        assert_eq!(judge(&book, 100, None), Judgement::Unknown);
        assert_eq!(judge(&book, 100, Some(&listed)), Judgement::Healthy);
        book.note(&line(100.0, "unexpected status code", r#","status_code":503"#));
        let seen = Evidence { at: 100_000_000, status: Some(503), error: "unexpected status code 503".to_owned() };
        assert_eq!(judge(&book, 190, Some(&listed)), Judgement::Unhealthy(seen));
        assert_eq!(judge(&book, 191, Some(&listed)), Judgement::Healthy);
        book.note(&line(200.0, "HTTP request failed", r#","error":"connection refused""#));
        assert!(matches!(judge(&book, 201, None), Judgement::Unhealthy(e) if e.error == "connection refused"));
        book.note(&line(202.0, "host is up", ""));
        assert_eq!(judge(&book, 203, Some(&listed)), Judgement::Healthy);
        book.note(&line(204.0, "something else", ""));
        assert_eq!(judge(&book, 204, Some(&listed)), Judgement::Healthy);
    }

    #[test]
    fn backend_that_failed_requests_is_unhealthy_without_a_checker() {
        let book = HealthBook::default();
        let up = |fails| Upstream { address: "a:1".to_owned(), num_requests: 0, fails };
        assert_eq!(book.judge("a:1", Some(&up(2)), 0, WINDOW), Judgement::Healthy);
        assert!(matches!(book.judge("a:1", Some(&up(3)), 0, WINDOW), Judgement::Unhealthy(_)));
    }
}
