//! A made-up day of two sites: the same for everybody, with nights, a busy noon, a few errors and a few attacks.

use argos_kernel::{Rng, SeededRng, Severity, Timestamp};
use argos_logs::{LogEntry, Source};

/// The stream its lines lie in.
pub(super) const STREAM: &str = "demo";
const MINUTES: i64 = 24 * 60;
/// Documentation addresses (RFC 5737): nobody's.
const VISITORS: u64 = 60;
const PATHS: [(&str, &str); 6] = [
    ("demo-shop.example", "/"),
    ("demo-shop.example", "/products"),
    ("demo-shop.example", "/cart"),
    ("demo-shop.example", "/api/checkout"),
    ("demo-blog.example", "/"),
    ("demo-blog.example", "/posts/hello"),
];
const ATTACKS: [(&str, &str, &str); 3] = [
    ("942100", "SQL injection found with libinjection", "/products?id=1%27%20or%201=1"),
    ("930120", "Access to a file of the operating system", "/../../etc/passwd"),
    ("941100", "Cross-site scripting found with libinjection", "/?q=%3Cscript%3E"),
];

fn below(rng: &dyn Rng, n: usize) -> usize {
    usize::try_from(rng.below(n as u64)).unwrap_or(0)
}

/// The lines of the 24 hours before `now`, oldest first.
pub(super) fn day(now: Timestamp) -> Vec<LogEntry> {
    let rng: &dyn Rng = &SeededRng::new(20);
    let mut lines = Vec::new();
    for minute in 0..MINUTES {
        let at = now.minus_secs((MINUTES - minute) * 60);
        let busy = if (8..20).contains(&(at.secs() / 3600 % 24)) { 3 } else { 1 };
        for second in 0..busy {
            lines.push(request(rng, Timestamp::from_secs(at.secs() + second)));
        }
        if rng.below(30) == 0 {
            lines.push(attack(rng, at));
        }
    }
    lines
}

fn line(rng: &dyn Rng, source: Source, at: Timestamp, level: Severity, host: &str, path: &str) -> LogEntry {
    let mut line = LogEntry::new(source, at, level, format!("GET {path}"));
    line.stream = STREAM.to_owned();
    line.host_domain = Some(host.to_owned());
    line.remote_ip = Some(format!("203.0.113.{}", 1 + rng.below(VISITORS)));
    line.method = Some("GET".to_owned());
    line.path = Some(path.to_owned());
    line.user_agent = Some("Mozilla/5.0 (demonstration)".to_owned());
    line
}

#[expect(clippy::cast_precision_loss, reason = "made-up milliseconds")]
fn request(rng: &dyn Rng, at: Timestamp) -> LogEntry {
    let (host, path) = PATHS.get(below(rng, PATHS.len())).copied().unwrap_or(("demo-shop.example", "/"));
    let (status, level) = match rng.below(100) {
        0 => (502, Severity::Error),
        1..=4 => (404, Severity::Warning),
        5..=9 => (304, Severity::Info),
        _ => (200, Severity::Info),
    };
    let mut line = line(rng, Source::CaddyAccess, at, level, host, path);
    line.status = Some(status);
    line.duration_ms = Some((5 + rng.below(120)) as f64);
    line.size_bytes = Some(500 + i64::try_from(rng.below(40_000)).unwrap_or(0));
    line
}

fn attack(rng: &dyn Rng, at: Timestamp) -> LogEntry {
    let (rule, message, path) = ATTACKS.get(below(rng, ATTACKS.len())).copied().unwrap_or(("942100", "", "/"));
    let mut line = line(rng, Source::WafAudit, at, Severity::Warning, "demo-shop.example", path);
    line.message = message.to_owned();
    line.status = Some(403);
    line.waf_rule_id = Some(rule.to_owned());
    line.waf_rule_message = Some(message.to_owned());
    line.waf_severity = Some("CRITICAL".to_owned());
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn day_is_in_order_ends_before_now_and_is_the_same_twice() {
        let now = Timestamp::from_secs(1_800_000_000);
        let lines = day(now);
        assert!(lines.len() > 2_000 && lines.iter().all(|l| l.stream == STREAM && l.at < now), "{}", lines.len());
        let shown = |lines: &[LogEntry]| lines.iter().map(|l| (l.at, l.path.clone(), l.remote_ip.clone())).collect::<Vec<_>>();
        assert_eq!(shown(&lines), shown(&day(now)));
        assert!(lines.iter().any(|l| l.source == Source::WafAudit));
    }
}
