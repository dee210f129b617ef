//! What the logs of an external Caddy say, as rows of the log store and as live figures: the same columns and words as
//! the built-in engine's.

use std::collections::BTreeMap;

use argos_caddy::{AccessLine, ErrorLine, WafLine};
use argos_kernel::{Severity, Timestamp};
use argos_logs::{LogEntry, Source};

use super::access::{REFUSED_BY_CADDY, REFUSED_BY_ITS_FIREWALL, is_refusal, said};
use super::caddy::{ANSWERED, LOG_INSPECTED, LOG_OUTCOME, LOG_PASSED, LOG_RULE, LOG_SITE, LOG_UPSTREAM, NOT_ADMITTED, NOT_SIGNED_IN};

/// Sites by id, with their names.
pub(crate) type Names = BTreeMap<i64, String>;

fn site_of(line: &AccessLine, names: &Names) -> Option<i64> {
    let told = line.appended(LOG_SITE).and_then(|id| id.parse().ok()).filter(|id| names.contains_key(id));
    told.or_else(|| by_domain(line.host.as_deref()?, names))
}

fn by_domain(domain: &str, names: &Names) -> Option<i64> {
    let exact = names.iter().find(|(_, name)| *name == domain);
    exact.or_else(|| names.iter().find(|(_, name)| super::name::covers(name, domain))).map(|(id, _)| *id)
}

/// Why Caddy itself answered.
fn why(line: &AccessLine) -> &'static str {
    // Whatever status the site gave that refusal; 500 is a firewall that failed, unless the site refuses with it.
    if let Some(refuses_with) = line.appended(LOG_INSPECTED)
        && line.appended(LOG_PASSED).is_none()
        && (line.status != 500 || refuses_with == "500")
    {
        return REFUSED_BY_ITS_FIREWALL;
    }
    match (line.appended(LOG_OUTCOME), line.appended(LOG_UPSTREAM).is_some(), line.status) {
        (Some(NOT_ADMITTED), ..) => " (address not admitted)",
        (Some(NOT_SIGNED_IN), ..) => " (not signed in)",
        (Some(ANSWERED), ..) => " (answered by the proxy)",
        (_, false, 429) => " (rate limit)",
        (_, false, 403) => REFUSED_BY_CADDY,
        (_, _, 502..=504) => " (backend failed)",
        _ => "",
    }
}

/// The row of a request.
pub(crate) fn access(line: &AccessLine, names: &Names) -> LogEntry {
    let level = match line.status {
        500.. => Severity::Error,
        400.. => Severity::Warning,
        _ => Severity::Info,
    };
    let (method, uri) = (line.method.as_deref().unwrap_or("?"), line.uri.as_deref().unwrap_or("?"));
    let message = said(method, uri, line.status, why(line));
    let mut row = LogEntry::new(Source::CaddyAccess, Timestamp::from_micros(line.at), level, message);
    row.host_id = site_of(line, names);
    row.host_domain = row.host_id.and_then(|id| names.get(&id).cloned()).or_else(|| line.host.clone());
    row.rule_id = line.appended(LOG_RULE).and_then(|id| id.parse().ok());
    row.remote_ip.clone_from(&line.client);
    row.method.clone_from(&line.method);
    row.path = line.path().map(str::to_owned);
    row.status = Some(i64::from(line.status));
    row.duration_ms = Some((line.duration_s * 1_000_000.0).round() / 1_000.0);
    row.size_bytes = i64::try_from(line.size).ok();
    row.user_agent.clone_from(&line.user_agent);
    // Before Caddy itself answered, forward authentication may have asked Argos, which is no backend of the site.
    let is_backend = line.appended(LOG_OUTCOME).is_none();
    row.upstream = line.appended(LOG_UPSTREAM).filter(|_| is_backend).map(str::to_owned);
    row
}

/// The row of something that Caddy said.
pub(crate) fn error(line: &ErrorLine, raw: &str, names: &Names) -> LogEntry {
    let level = match line.level.as_str() {
        "debug" => Severity::Debug,
        "warn" => Severity::Warning,
        "error" => Severity::Error,
        "panic" | "dpanic" | "fatal" => Severity::Critical,
        _ => Severity::Info,
    };
    let mut row = LogEntry::new(Source::CaddyError, Timestamp::from_micros(line.at), level, line.message());
    row.host_domain = line.identifier.clone().or_else(|| line.requested.clone());
    row.host_id = row.host_domain.as_deref().and_then(|domain| by_domain(domain, names));
    row.upstream.clone_from(&line.upstream);
    row.status = line.status.map(i64::from);
    row.raw = Some(raw.to_owned());
    row
}

/// Whether the engine says that it refused the request of this row: a status may be the backend's, and a refusal may have any.
/// `None` when its line was too long to be kept whole.
pub(crate) fn is_refused(row: &LogEntry) -> Option<bool> {
    if is_refusal(row) {
        return Some(true);
    }
    row.raw.as_deref().and_then(WafLine::parse).map(|line| line.is_interrupted)
}

/// The rows of an inspected request, one for each finding. `now` where the line does not say its time.
pub(crate) fn firewall(line: &WafLine, raw: &str, names: &Names, now: Timestamp) -> Vec<LogEntry> {
    let at = line.at.map_or(now, Timestamp::from_micros);
    let rows = line.findings.iter().map(|finding| {
        let level = match finding.severity {
            Some("EMERGENCY" | "ALERT" | "CRITICAL") => Severity::Critical,
            Some("ERROR") => Severity::Error,
            Some("WARNING") => Severity::Warning,
            _ => Severity::Info,
        };
        let told = if finding.message.is_empty() { "request inspected" } else { &finding.message };
        let mut row = LogEntry::new(Source::WafAudit, at, level, told);
        row.host_domain.clone_from(&line.host);
        row.host_id = line.host.as_deref().and_then(|domain| by_domain(domain, names));
        row.remote_ip.clone_from(&line.client);
        row.method.clone_from(&line.method);
        row.path = line.uri.as_deref().map(|uri| uri.split('?').next().unwrap_or(uri).to_owned());
        row.status = line.status.map(i64::from);
        row.user_agent.clone_from(&line.user_agent);
        row.raw = Some(raw.to_owned());
        row.waf_rule_id = finding.rule_id.map(|id| id.to_string());
        row.waf_rule_message = Some(finding.message.clone()).filter(|m| !m.is_empty());
        row.waf_anomaly_score = line.score;
        row.waf_severity = finding.severity.map(str::to_owned);
        row
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::super::access::{is_limited, is_turned_away};
    use super::*;

    fn names() -> Names {
        BTreeMap::from([(7, "app.test".to_owned())])
    }

    fn line(status: u16, more: &str) -> AccessLine {
        let text = format!(
            r#"{{"ts":1732213131.5,"status":{status},"size":9,"duration":0.0025,"request":{{"client_ip":"198.51.100.7","method":"GET","host":"app.test:80","uri":"/a?b"}}{more}}}"#
        );
        AccessLine::parse(&text).unwrap()
    }

    #[test]
    fn request_is_a_row_of_its_site_with_rule_and_backend() {
        let row = access(&line(200, r#","argos_site":"7","argos_rule":"3","argos_upstream":"10.0.0.1:80""#), &names());
        assert_eq!((row.host_id, row.rule_id, row.upstream.as_deref()), (Some(7), Some(3), Some("10.0.0.1:80")));
        assert_eq!((row.path.as_deref(), row.duration_ms, row.message.as_str()), (Some("/a"), Some(2.5), "GET /a?b -> 200"));
        let row = access(&line(301, r#","argos_outcome":"answered","argos_upstream":"argos:8080""#), &names());
        assert_eq!((row.upstream, row.message.as_str()), (None, "GET /a?b -> 301 (answered by the proxy)"));
        let row = access(&line(403, r#","argos_outcome":"not_admitted""#), &names());
        assert_eq!((row.host_id, row.level, row.message.as_str()), (Some(7), Severity::Warning, "GET /a?b -> 403 (address not admitted)"));
        let wild = BTreeMap::from([(1, "*.test".to_owned()), (2, "app.test".to_owned()), (3, "*.app.test".to_owned())]);
        assert_eq!([by_domain("app.test", &wild), by_domain("b.test", &wild), by_domain("a.app.test", &wild)], [Some(2), Some(1), Some(3)]);
        assert_eq!(by_domain("a.b.test", &wild), None, "a wildcard is one label");
        let row = access(&line(404, ""), &BTreeMap::new());
        assert_eq!((row.host_id, row.host_domain.as_deref()), (None, Some("app.test")));
    }

    #[test]
    fn refusals_count_as_such() {
        let says = |status, more| {
            let row = access(&line(status, more), &names());
            (is_turned_away(&row.message), is_limited(&row.message))
        };
        assert_eq!(says(200, r#","argos_upstream":"a:1""#), (false, false));
        assert_eq!(says(429, ""), (true, true));
        assert_eq!(says(429, r#","argos_upstream":"a:1""#), (false, false), "the backend's own limit");
        assert_eq!(says(403, r#","argos_outcome":"not_admitted""#), (true, false));
        assert_eq!(says(403, ""), (true, false), "a ban");
        let of_firewall = |status, more: &str| access(&line(status, more), &names()).message.ends_with(REFUSED_BY_ITS_FIREWALL);
        assert_eq!(says(406, r#","argos_inspected":"1""#), (true, false), "the firewall, with the status of its site");
        assert!(of_firewall(406, r#","argos_inspected":"1""#) && !of_firewall(403, ""));
        assert!(!of_firewall(403, r#","argos_inspected":"1","argos_passed":"1","argos_upstream":"a:1""#), "the backend");
        assert!(of_firewall(200, r#","argos_inspected":"1""#) && !of_firewall(500, r#","argos_inspected":"403""#));
        assert!(of_firewall(500, r#","argos_inspected":"500""#), "the site refuses with it");
        assert_eq!(says(403, r#","argos_outcome":"answered""#), (false, false), "a rule");
    }
}
