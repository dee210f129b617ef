//! What the edge tells beside the audit log: findings of the firewall, and who was banned.

use argos_audit::{AuditSource, SourceRow};
use argos_events::{Events, Filter, Pattern};
use argos_kernel::{Page, PageRequest, Result};
use argos_logs::{IpMatch, LogEntry, LogFilter, Logs, Order, Source};
use argos_platform::Platform;
use argos_web::BoxFuture;
use serde_json::json;

use crate::model::caddy_rows;

/// Findings of the firewall.
pub(crate) struct Findings(Logs);

/// Bans that CrowdSec made known while we listened.
pub(crate) struct Bans(Events);

impl Findings {
    pub(crate) fn new(platform: &Platform) -> Self {
        Self(platform.logs.clone())
    }
}

impl Bans {
    pub(crate) fn new(platform: &Platform) -> Self {
        Self(platform.events.clone())
    }
}

/// Whether a text is meant as an address, or the beginning of one.
fn is_address(text: &str) -> bool {
    text.contains(['.', ':']) && text.chars().all(|c| c.is_ascii_hexdigit() || matches!(c, '.' | ':' | '/'))
}

fn finding(e: LogEntry) -> SourceRow {
    let facts = json!({
        "rule_id": e.waf_rule_id, "message": e.waf_rule_message, "severity": e.waf_severity, "anomaly_score": e.waf_anomaly_score,
        "method": e.method, "path": e.path, "status": e.status,
    });
    let action = match caddy_rows::is_refused(&e) {
        Some(true) => "waf_blocked",
        Some(false) => "waf_matched",
        None => "waf_finding",
    };
    SourceRow {
        id: e.id,
        at: e.at,
        action: action.to_owned(),
        resource_type: Some("host".to_owned()),
        resource_id: e.host_domain.or_else(|| e.host_id.map(|id| id.to_string())),
        source_ip: e.remote_ip,
        facts: Some(facts),
    }
}

impl AuditSource for Findings {
    fn name(&self) -> &'static str {
        "waf"
    }
    fn permission(&self) -> &'static str {
        "logs:read"
    }
    fn rows<'a>(&'a self, text: Option<&'a str>, page: PageRequest) -> BoxFuture<'a, Result<Page<SourceRow>>> {
        Box::pin(async move {
            let mut filter = LogFilter { sources: vec![Source::WafAudit], ..LogFilter::default() };
            match text {
                Some(text) if is_address(text) => filter.remote_ip = Some(IpMatch::parse(text)),
                other => filter.text = other.map(str::to_owned),
            }
            Ok(self.0.list(&filter, Order::Newest, page).await?.map(finding))
        })
    }
}

impl AuditSource for Bans {
    fn name(&self) -> &'static str {
        "bouncer"
    }
    fn permission(&self) -> &'static str {
        "edge:read"
    }
    fn rows<'a>(&'a self, text: Option<&'a str>, page: PageRequest) -> BoxFuture<'a, Result<Page<SourceRow>>> {
        Box::pin(async move {
            let kinds = vec![Pattern::Exact("edge.threat_ip_banned".to_owned())];
            let filter = Filter { kinds, text: text.map(str::to_owned), ..Filter::default() };
            let (events, count) = (self.0.page(&filter, page.offset, page.limit).await?, self.0.count(&filter).await?);
            let row = |e: argos_events::Event| {
                let value = e.data["ip"].as_str().map(str::to_owned);
                let is_address = matches!(e.data["scope"].as_str(), Some("Ip" | "Range" | "ip" | "range"));
                SourceRow {
                    id: e.id,
                    at: e.created_at,
                    action: "ip_banned".to_owned(),
                    resource_type: Some("decision".to_owned()),
                    source_ip: value.clone().filter(|_| is_address),
                    resource_id: value,
                    facts: Some(e.data),
                }
            };
            Ok(Page { items: events.into_iter().map(row).collect(), total: count })
        })
    }
}

#[cfg(test)]
mod tests {
    use argos_kernel::{Severity, Timestamp};

    use super::*;

    #[test]
    fn refusal_is_what_the_engine_says_it_did_whatever_the_status() {
        let line = |refused| format!(r#"{{"transaction":{{"is_interrupted":{refused}}},"messages":[]}}"#);
        let cut: String = line(true).chars().take(30).collect();
        for (status, raw, expected) in [
            (302, Some(line(true)), "waf_blocked"),
            (404, Some(line(false)), "waf_matched"),
            (403, Some(cut), "waf_finding"),
            (403, None, "waf_finding"),
        ] {
            let mut row = LogEntry::new(Source::WafAudit, Timestamp::from_secs(0), Severity::Info, "found");
            (row.status, row.raw) = (Some(status), raw.clone());
            assert_eq!(finding(row).action, expected, "{raw:?}");
        }
    }

    #[test]
    fn addresses_and_beginnings_of_them_are_told_from_words() {
        for (text, expected) in [("203.0.113.", true), ("2001:db8::/32", true), ("942100", false), ("sqli.php", false), ("", false)] {
            assert_eq!(is_address(text), expected, "{text}");
        }
    }
}
