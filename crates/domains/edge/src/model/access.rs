//! Finished requests as rows of the log store.

use argos_kernel::{Severity, Timestamp};
use argos_logs::{Ending, LogEntry, Source};
use argos_proxy::{AccessRecord, Outcome};
use http::StatusCode;

/// The row of a request. `now` is the time on the wall at the monotonic moment `at`.
pub(crate) fn row(record: &AccessRecord, now: Timestamp, at: std::time::Instant) -> LogEntry {
    let age = at.saturating_duration_since(record.started);
    let micros = i64::try_from(age.as_micros()).unwrap_or(0);
    let began = Timestamp::from_micros(now.micros().saturating_sub(micros));
    let status = record.status.as_u16();
    let level = match (status, record.outcome) {
        // A client that goes before its answer is no fault of ours: browsers do it with every second search.
        (499, Outcome::Aborted) => Severity::Info,
        (500.., _) | (_, Outcome::UpstreamFailed | Outcome::Aborted) => Severity::Error,
        (400.., _) => Severity::Warning,
        _ => Severity::Info,
    };
    let target = record.uri.path_and_query().map_or_else(|| record.uri.to_string(), ToString::to_string);
    let message = said(record.method.as_str(), &target, status, why(record.outcome));
    let mut entry = LogEntry::new(Source::CaddyAccess, began, level, message);
    entry.host_id = record.host_id.and_then(|id| i64::try_from(id).ok());
    entry.host_domain = record.host.as_deref().map(str::to_owned);
    entry.rule_id = record.rule_id.and_then(|id| i64::try_from(id).ok());
    entry.remote_ip = Some(record.client.to_canonical().to_string());
    entry.method = Some(record.method.to_string());
    entry.path = Some(record.uri.path().to_owned());
    entry.status = Some(i64::from(status));
    entry.duration_ms = Some((record.duration.as_secs_f64() * 1_000_000.0).round() / 1_000.0);
    entry.size_bytes = i64::try_from(record.bytes).ok();
    entry.user_agent = record.user_agent.as_ref().map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned());
    entry.upstream = record.upstream.as_deref().map(str::to_owned);
    entry
}

/// What its row among those of the firewall says of a request that CrowdSec refused.
const REFUSED_BY_CROWDSEC: &str = "refused by the application firewall of CrowdSec";

/// The row among those of the firewall of a request that CrowdSec refused. `line` is the row of the request. A firewall
/// that gives no word refuses with 503, which says nothing about the request.
pub(crate) fn refusal(record: &AccessRecord, line: &LogEntry) -> Option<LogEntry> {
    if record.outcome != Outcome::Filtered || record.status == StatusCode::SERVICE_UNAVAILABLE {
        return None;
    }
    let mut row = LogEntry::new(Source::WafAudit, line.at, Severity::Error, REFUSED_BY_CROWDSEC);
    (row.host_id, row.host_domain) = (line.host_id, line.host_domain.clone());
    (row.remote_ip, row.user_agent) = (line.remote_ip.clone(), line.user_agent.clone());
    (row.method, row.path, row.status) = (line.method.clone(), line.path.clone(), line.status);
    row.waf_rule_message = Some(REFUSED_BY_CROWDSEC.to_owned());
    // Which rule it was, and how bad, is not told to whoever asks; what is refused is an error at least.
    row.waf_severity = Some("ERROR".to_owned());
    Some(row)
}

/// Whether a row of the firewall is such a one: the row of its request tells of it too.
pub(crate) fn is_refusal(row: &LogEntry) -> bool {
    row.source == Source::WafAudit && row.raw.is_none() && row.waf_rule_message.as_deref() == Some(REFUSED_BY_CROWDSEC)
}

/// Room for what was asked in the words of a line: their end says what became of the request, and long words are cut when stored.
const ASKED_CHARS_MAX: usize = 8_000;

/// What was asked and what became of it, in words.
pub(super) fn said(method: &str, target: &str, status: u16, why: &str) -> String {
    let mut said = format!("{method} {target}");
    if let Some((end, _)) = said.char_indices().nth(ASKED_CHARS_MAX) {
        said.truncate(end);
    }
    said + &format!(" -> {status}{why}")
}

/// How lines of requests end that were turned away for where they came from, how often, or what they carried, and of which
/// no other line tells. A firewall that gives no word refuses with 503, which says nothing about the request.
pub(crate) const TURNED_AWAY: Ending<'static> = Ending {
    any: &[why(Outcome::Banned), why(Outcome::NotAdmitted), why(Outcome::RateLimited), why(Outcome::Filtered), REFUSED_BY_CADDY],
    but: " -> 503 (refused by the firewall)",
};

/// Whether the line of a request says that it was turned away.
pub(crate) fn is_turned_away(message: &str) -> bool {
    let ends = |end: &&str| message.ends_with(*end);
    TURNED_AWAY.any.iter().chain([&REFUSED_BY_ITS_FIREWALL]).any(ends) && !message.ends_with(TURNED_AWAY.but)
}

/// Whether the line of a request says that a rate limit of its site turned it away.
pub(crate) fn is_limited(message: &str) -> bool {
    message.ends_with(why(Outcome::RateLimited))
}

/// Whether the line of a request says that the firewall turned it away.
pub(crate) fn is_filtered(message: &str) -> bool {
    message.ends_with(why(Outcome::Filtered))
}

/// What a line of an external Caddy says that turned somebody away by itself, for a ban.
pub(super) const REFUSED_BY_CADDY: &str = " (refused by the proxy)";
/// The same for what its firewall found, which has a log of its own.
pub(super) const REFUSED_BY_ITS_FIREWALL: &str = " (refused by its rules)";

/// Why the proxy itself answered.
const fn why(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Forwarded => "",
        Outcome::Answered => " (answered by the proxy)",
        Outcome::Banned => " (address banned)",
        Outcome::NotAdmitted => " (address not admitted)",
        Outcome::RateLimited => " (rate limit)",
        Outcome::Busy => " (too many at one time)",
        Outcome::Filtered => " (refused by the firewall)",
        Outcome::NotAuthenticated => " (not signed in)",
        Outcome::BadRequest => " (bad request)",
        Outcome::UpstreamFailed => " (backend failed)",
        Outcome::Aborted => " (broke off)",
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use argos_kernel::ManualClock;
    use argos_logs::LogQueue;
    use http::{Method, Uri, Version};

    use super::super::caddy_rows;
    use super::*;

    #[test]
    fn refusal_of_a_long_address_is_still_said_by_what_is_stored() {
        let now = Timestamp::from_secs(1_700_000_000);
        let record = AccessRecord {
            started: Instant::now(),
            duration: Duration::from_millis(1),
            host_id: Some(1),
            host: None,
            rule_id: None,
            client: [198, 51, 100, 7].into(),
            method: Method::GET,
            uri: format!("/?q={}", "x".repeat(12_000)).parse::<Uri>().unwrap(),
            version: Version::HTTP_11,
            tls: true,
            status: StatusCode::FORBIDDEN,
            bytes: 0,
            user_agent: None,
            upstream: None,
            outcome: Outcome::Filtered,
        };
        let (queue, _intake) = LogQueue::new(Arc::new(ManualClock::at(now)));
        assert_eq!(queue.offer(row(&record, now, Instant::now())), None);
        let stored = queue.recent(1, |_| true).pop().unwrap();
        assert!(is_filtered(&stored.message) && is_turned_away(&stored.message), "{}", stored.message.len());
        assert!(stored.message.starts_with("GET /?q=xxx"));
        let found = refusal(&record, &row(&record, now, Instant::now())).unwrap();
        assert!(is_refusal(&found) && caddy_rows::is_refused(&found) == Some(true) && !is_refusal(&stored));
        assert_eq!(
            (found.status, found.remote_ip.as_deref(), found.waf_severity.as_deref()),
            (Some(403), Some("198.51.100.7"), Some("ERROR"))
        );
        for (outcome, status) in [(Outcome::Filtered, 503), (Outcome::Forwarded, 403), (Outcome::Banned, 403)] {
            let record = AccessRecord { outcome, status: StatusCode::from_u16(status).unwrap(), ..record.clone() };
            assert!(refusal(&record, &row(&record, now, Instant::now())).is_none(), "{outcome:?}");
        }
    }

    #[test]
    fn firewall_without_a_word_is_known_by_its_words() {
        assert_eq!(TURNED_AWAY.but, format!(" -> 503{}", why(Outcome::Filtered)));
    }

    #[test]
    fn lines_of_requests_turned_away_are_told_from_answers_of_backends() {
        for (message, expected) in [
            ("GET / -> 403 (address banned)", true),
            ("GET /a -> 429 (rate limit)", true),
            ("GET /a -> 403 (address not admitted)", true),
            ("GET /a -> 403", false),
            ("GET /(rate limit) -> 200", false),
            ("GET / -> 403 (refused by the firewall)", true),
            ("GET / -> 503 (refused by the firewall)", false),
            ("GET / -> 403 (refused by the proxy)", true),
            ("GET / -> 406 (refused by its rules)", true),
            ("GET / -> 403 (answered by the proxy)", false),
        ] {
            assert_eq!(is_turned_away(message), expected, "{message}");
        }
    }
}
