//! Lines of the firewall's audit log: one request each, with every rule that found something.

use serde_json::Value;

use crate::{header, host_name, micros, text};

/// Names of severities 0 to 6.
pub const SEVERITIES: [&str; 7] = ["EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO"];

/// What one rule found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WafFinding {
    pub rule_id: Option<u64>,
    pub message: String,
    /// One of `SEVERITIES`.
    pub severity: Option<&'static str>,
}

/// An inspected request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WafLine {
    /// Microseconds since 1970; `None` when the line does not say it in a form that names its zone.
    pub at: Option<i64>,
    pub client: Option<String>,
    pub method: Option<String>,
    pub uri: Option<String>,
    pub host: Option<String>,
    pub user_agent: Option<String>,
    pub status: Option<u16>,
    pub is_interrupted: bool,
    /// What the core rule set counted together, as it says when that is too much.
    pub score: Option<i64>,
    /// One without anything when no rule said what it found.
    pub findings: Vec<WafFinding>,
}

/// Seconds, milliseconds, microseconds or nanoseconds since 1970, by size.
fn unix(n: f64) -> Option<i64> {
    let scale = match n {
        n if n >= 1e17 => 1e9,
        n if n >= 1e14 => 1e6,
        n if n >= 1e11 => 1e3,
        _ => 1.0,
    };
    micros(n / scale)
}

fn finding(message: &Value) -> WafFinding {
    let data = message.get("data").unwrap_or(&Value::Null);
    let said = text(message, "message").or_else(|| text(data, "msg")).unwrap_or_default();
    let number = |v: &Value| v.as_u64().or_else(|| v.as_str()?.parse().ok());
    let severity = data.get("severity").and_then(number).and_then(|n| SEVERITIES.get(usize::try_from(n).ok()?).copied());
    WafFinding { rule_id: data.get("id").and_then(number).filter(|id| *id > 0), message: said.to_owned(), severity }
}

/// The number behind `Total Score: ` or `Total Inbound Score: `.
fn score(message: &str) -> Option<i64> {
    let (_, rest) = message.split_once("(Total ")?;
    let rest = rest.trim_start_matches("Inbound ").trim_start_matches("Outbound ").strip_prefix("Score: ")?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

impl WafLine {
    /// Reads a line; `None` when it is none of the audit log.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let all: Value = serde_json::from_str(line).ok()?;
        let transaction = all.get("transaction")?.as_object().map(|_| &all["transaction"])?;
        let none = Value::Null;
        let request = transaction.get("request").unwrap_or(&none);
        let headers = request.get("headers");
        let own = |object: &Value, name: &str| text(object, name).map(str::to_owned);
        let messages = all.get("messages").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let mut findings: Vec<WafFinding> = messages.iter().map(finding).collect();
        if findings.is_empty() {
            findings.push(WafFinding::default());
        }
        let stamp = transaction.get("unix_timestamp").or_else(|| transaction.get("timestamp"));
        Some(Self {
            at: stamp.and_then(Value::as_f64).and_then(unix),
            client: own(transaction, "client_ip"),
            method: own(request, "method"),
            uri: own(request, "uri"),
            host: header(headers, "host").map(host_name),
            user_agent: header(headers, "user-agent").map(str::to_owned),
            status: transaction.get("response").and_then(|r| r.get("status")?.as_u64()).and_then(|n| u16::try_from(n).ok()),
            is_interrupted: transaction.get("is_interrupted").and_then(Value::as_bool).unwrap_or(false),
            score: findings.iter().filter_map(|finding| score(&finding.message)).max(),
            findings,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As Coraza 3 writes it, shortened.
    const LINE: &str = r#"{"transaction":{"timestamp":"2024/11/21 18:18:51","unix_timestamp":1732213131527800000,"id":"x","client_ip":"198.51.100.7","client_port":0,"request":{"method":"GET","uri":"/?id=1%27","headers":{"host":["app.test:443"],"user-agent":["curl/8"]}},"response":{"status":403},"is_interrupted":true},"messages":[{"message":"SQL Injection Attack Detected via libinjection","data":{"id":942100,"severity":2,"msg":"SQL"}},{"message":"Inbound Anomaly Score Exceeded (Total Score: 5)","data":{"id":949110,"severity":0}}]}"#;

    #[test]
    fn each_rule_is_a_finding() {
        let line = WafLine::parse(LINE).unwrap();
        assert_eq!((line.at, line.status, line.is_interrupted), (Some(1_732_213_131_527_800), Some(403), true));
        assert_eq!(
            (line.client.as_deref(), line.host.as_deref(), line.uri.as_deref()),
            (Some("198.51.100.7"), Some("app.test"), Some("/?id=1%27"))
        );
        assert_eq!(line.score, Some(5));
        assert_eq!(
            (score("Inbound Anomaly Score Exceeded (Total Inbound Score: 23 - SQLI=5"), score("(Total Score: x)"), score("5")),
            (Some(23), None, None)
        );
        let found: Vec<_> = line.findings.iter().map(|f| (f.rule_id, f.severity)).collect();
        assert_eq!(found, [(Some(942_100), Some("CRITICAL")), (Some(949_110), Some("EMERGENCY"))]);
        assert_eq!(line.findings[0].message, "SQL Injection Attack Detected via libinjection");
    }

    #[test]
    fn line_without_messages_is_one_stub_and_other_lines_are_none() {
        let stub = WafLine::parse(r#"{"transaction":{"timestamp":"2024/11/21 18:18:51","request":{}}}"#).unwrap();
        assert_eq!((stub.at, stub.findings), (None, vec![WafFinding::default()]));
        assert_eq!(WafLine::parse(r#"{"transaction":"x"}"#), None);
        assert_eq!(WafLine::parse("{}"), None);
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(line in ".{0,200}", n in any::<f64>(), id in any::<i64>(), cut in 0..LINE.len()) {
            drop(WafLine::parse(&line));
            drop(WafLine::parse(LINE.get(..cut).unwrap_or_default()));
            let built = serde_json::json!({ "transaction": { "unix_timestamp": n }, "messages": [{ "data": { "id": id, "severity": id } }, 1] });
            drop(WafLine::parse(&built.to_string()));
        }
    }
}
