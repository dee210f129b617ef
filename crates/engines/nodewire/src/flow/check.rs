//! The check before a flow is sent: what the node would refuse, with the path of each fault. Members and types without
//! a rule pass, because the node is the authority.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde_json::{Map, Value, json};

use super::ports::{self, socket};
use super::types::{self, Member, Rule, Shape};
use super::{find, inner, items, text};

/// One fault or warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    pub path: String,
    pub message: String,
}

impl Issue {
    pub(super) fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({ "path": self.path, "message": self.message })
    }
}

/// What the check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub errors: Vec<Issue>,
    pub warnings: Vec<Issue>,
}

impl Report {
    #[must_use]
    pub const fn is_valid(&self) -> bool {
        self.errors.is_empty()
    }
    pub(super) fn error(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.errors.push(Issue::new(path, message));
    }
}

/// Judges a flow of either generation. `config`: what its node has, for references and ports that are taken.
#[must_use]
pub fn check(flow: &Value, config: Option<&Value>, capabilities: &[String]) -> Report {
    let mut report = Report::default();
    let Some(members) = flow.as_object() else {
        report.error("", "A flow must be an object");
        return report;
    };
    identity(&mut report, members, "", 64);
    walk(&mut report, members, types::FLOW, "");
    inner::of_flow(&mut report, members);
    references(&mut report, flow, config);
    let mut ends = Vec::new();
    if let Some(input) = members.get("input").filter(|i| !i.is_null()) {
        end(&mut report, input, "input", (true, false), capabilities);
        ends.push(("input".to_owned(), input, true));
    }
    for (list, is_input) in [("inputs", true), ("outputs", false)] {
        if members.get(list).is_some_and(|l| !l.is_array() && !l.is_null()) {
            report.error(list, format!("{list} must be a list"));
        }
        let mut seen = BTreeSet::new();
        for (index, item) in items(flow, list).iter().enumerate() {
            let path = format!("{list}[{index}]");
            end(&mut report, item, &path, (is_input, true), capabilities);
            if !text(item, "id").is_empty() && !seen.insert(text(item, "id").to_owned()) {
                report.error(format!("{path}.id"), "This id is used twice");
            }
            ends.push((path, item, is_input));
        }
    }
    ports::check(&mut report, text(flow, "id"), &ends, config);
    report
}

fn identity(report: &mut Report, members: &Map<String, Value>, path: &str, id_max: usize) {
    let at = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    for (name, max) in [("id", id_max), ("name", 256)] {
        match members.get(name).and_then(Value::as_str) {
            Some(t) if !t.is_empty() && t.chars().count() <= max && !t.chars().any(char::is_control) => {}
            Some(_) => report.error(at(name), format!("{name} must have 1 to {max} characters")),
            None => report.error(at(name), format!("{name} is missing")),
        }
    }
}

fn references(report: &mut Report, flow: &Value, config: Option<&Value>) {
    let Some(config) = config else { return };
    for (ids, list, what) in [("input_ids", "inputs", "input"), ("output_ids", "outputs", "output")] {
        for (index, id) in items(flow, ids).iter().enumerate() {
            let path = format!("{ids}[{index}]");
            let Some(id) = id.as_str() else {
                report.error(path, "An id must be text");
                continue;
            };
            if find(config, list, id).is_none() {
                report.error(path, format!("The node has no {what} '{id}'"));
            } else if let Some(other) = owner(config, ids, id).filter(|o| *o != text(flow, "id")) {
                report.error(path, format!("The {what} '{id}' belongs to flow '{other}'"));
            }
        }
    }
}

/// The flow that uses an input or output.
pub(super) fn owner<'a>(config: &'a Value, ids: &str, id: &str) -> Option<&'a str> {
    items(config, "flows").iter().find(|f| super::names(f, ids).any(|own| own == id)).map(|f| text(f, "id"))
}

/// One input or output. `(is_input, named)`: an embedded single input needs no id.
fn end(report: &mut Report, item: &Value, path: &str, (is_input, named): (bool, bool), capabilities: &[String]) {
    let Some(members) = item.as_object() else {
        return report.error(path, "An object is expected");
    };
    if named {
        identity(report, members, path, 64);
    }
    let kind = text(item, "type");
    if kind.is_empty() {
        return report.error(format!("{path}.type"), "type is missing");
    }
    if let Some(needed) = types::capability(kind).filter(|c| !capabilities.iter().any(|own| own == c)) {
        report.warnings.push(Issue::new(format!("{path}.type"), format!("The node does not say that it can do {needed}")));
    }
    let shape = if is_input { types::input(kind) } else { types::output(kind) };
    let Some(Shape { required, optional }) = shape else { return };
    for (name, _) in required {
        if members.get(*name).is_none_or(|v| v.is_null() || v.as_str() == Some("")) {
            report.error(format!("{path}.{name}"), format!("{name} is missing"));
        }
    }
    walk(report, members, required, path);
    walk(report, members, optional, path);
    inner::of_end(report, members, (kind, is_input), path);
    if kind == "srt" {
        srt(report, item, path);
    }
    combinations(report, item, kind, path, is_input);
}

fn srt(report: &mut Report, item: &Value, path: &str) {
    let mode = text(item, "mode");
    let needs = |name: &str| match name {
        "local_addr" => matches!(mode, "listener" | "rendezvous"),
        _ => matches!(mode, "caller" | "rendezvous"),
    };
    let bonded = item.get("bonding").is_some_and(Value::is_object);
    for name in ["local_addr", "remote_addr"] {
        let here = format!("{path}.{name}");
        match item.get(name).filter(|v| !v.is_null()) {
            None if needs(name) && !bonded => report.error(here, format!("{name} is missing in mode {mode}")),
            None => {}
            Some(value) => rule(report, value, Rule::Socket, name, here),
        }
    }
    if mode == "caller" && item.get("local_addr").is_some_and(|l| Some(l) == item.get("remote_addr")) {
        report.error(format!("{path}.local_addr"), "local_addr must differ from remote_addr");
    }
    let is_set = |name: &str| item.get(name).is_some_and(|v| !v.is_null());
    if text(item, "crypto_mode") == "aes-gcm" && item.get("aes_key_len").and_then(Value::as_i64) == Some(24) {
        report.error(format!("{path}.aes_key_len"), "aes-gcm does not go with 24");
    }
    if is_set("redundancy") && is_set("bonding") {
        report.error(format!("{path}.bonding"), "Give either redundancy or bonding");
    }
    if mode == "rendezvous" && is_set("packet_filter") {
        report.error(format!("{path}.packet_filter"), "packet_filter does not go with rendezvous");
    }
}

fn combinations(report: &mut Report, item: &Value, kind: &str, path: &str, is_input: bool) {
    let is_set = |name: &str| item.get(name).is_some_and(|v| !v.is_null());
    let encodes = is_set("audio_encode") || is_set("video_encode");
    if is_set("transcode") && !is_set("audio_encode") {
        report.error(format!("{path}.transcode"), "transcode needs audio_encode");
    }
    match kind {
        "rtp" if !is_input && encodes && (is_set("fec_encode") || is_set("redundancy")) => {
            report.error(path, "Encoding goes neither with FEC nor with redundancy");
        }
        "srt" if !is_input && encodes && (is_set("redundancy") || is_set("packet_filter")) => {
            report.error(path, "Encoding goes neither with redundancy nor with packet_filter");
        }
        "udp" if text(item, "transport_mode") == "audio_302m" && (encodes || is_set("program_number") || is_set("pid_map")) => {
            report.error(format!("{path}.transport_mode"), "audio_302m goes neither with programs nor with encoding");
        }
        "webrtc" if !is_input && text(item, "mode") == "whip_client" && !is_set("whip_url") => {
            report.error(format!("{path}.whip_url"), "whip_url is missing in mode whip_client");
        }
        "hls" if text(item, "ingest_url").starts_with("https://") => {
            report.warnings.push(Issue::new(format!("{path}.ingest_url"), "Nodes refuse https here when the flow runs"));
        }
        "test_pattern" => {
            for name in ["width", "height"] {
                if item.get(name).and_then(Value::as_i64).is_some_and(|n| n % 2 != 0) {
                    report.error(format!("{path}.{name}"), format!("{name} must be even"));
                }
            }
        }
        _ => {}
    }
}

pub(crate) fn walk(report: &mut Report, members: &Map<String, Value>, rules: &[Member], path: &str) {
    for (name, expected) in rules {
        if let Some(value) = members.get(*name).filter(|v| !v.is_null()) {
            let here = if path.is_empty() { (*name).to_owned() } else { format!("{path}.{name}") };
            rule(report, value, *expected, name, here);
        }
    }
}

pub(super) fn rule(report: &mut Report, value: &Value, expected: Rule, name: &str, path: String) {
    let word = value.as_str();
    let wanted = match expected {
        Rule::Socket => word.and_then(socket).is_none().then(|| "must be IP:port with a port from 1 to 65535".to_owned()),
        Rule::EvenSocket => word.and_then(socket).is_none_or(|s| s.port() % 2 != 0).then(|| "must be IP:port with an even port".to_owned()),
        Rule::Ip => word.is_none_or(|t| t.parse::<IpAddr>().is_err()).then(|| "must be an IP address".to_owned()),
        Rule::Int(min, max) => value.as_i64().is_none_or(|n| n < min || n > max).then(|| match max {
            i64::MAX => format!("must be an integer of at least {min}"),
            _ => format!("must be an integer from {min} to {max}"),
        }),
        Rule::Num(min, max) => value.as_f64().is_none_or(|n| n < min || n > max).then(|| match min {
            f64::MIN_POSITIVE => format!("must be a number above 0, at most {max}"),
            _ => format!("must be a number from {min} to {max}"),
        }),
        Rule::Flag => (!value.is_boolean()).then(|| "must be true or false".to_owned()),
        Rule::Text(min, max) => {
            let fits = word.is_some_and(|t| t == crate::MASK || (min..=max).contains(&t.chars().count()));
            (!fits).then(|| format!("must have {min} to {max} characters"))
        }
        Rule::Word(words) => {
            let given = word.map_or_else(|| value.to_string(), str::to_owned);
            (!words.contains(&given.as_str())).then(|| format!("must be one of {}", words.join(", ")))
        }
        Rule::Url(starts) => {
            let fits = word.is_some_and(|t| t.len() <= 2_048 && starts.iter().any(|s| t.len() > s.len() && t.starts_with(s)));
            (!fits).then(|| format!("must start with {}", starts.join(" or ")))
        }
        Rule::Hex(digits) => {
            let fits = word.is_some_and(|t| t == crate::MASK || (t.len() == digits && t.bytes().all(|b| b.is_ascii_hexdigit())));
            (!fits).then(|| format!("must be {digits} hexadecimal digits"))
        }
        Rule::File => {
            (!word.is_some_and(crate::is_media_name)).then(|| "must have 1 to 255 letters, digits, blanks or . _ - and no ..".to_owned())
        }
        Rule::Id(max) => {
            let fits = |t: &str| (1..=max).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
            (!word.is_some_and(fits)).then(|| format!("must have 1 to {max} letters, digits, _ or -"))
        }
        Rule::List => value.as_array().is_none_or(Vec::is_empty).then(|| "must be a list with at least one entry".to_owned()),
    };
    if let Some(wanted) = wanted {
        report.error(path, format!("{name} {wanted}"));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[expect(clippy::needless_pass_by_value, reason = "both become parts of the flow")]
    fn flow(input: Value, output: Value) -> Value {
        json!({ "id": "f1", "name": "F1", "input": input, "outputs": [output] })
    }
    fn paths(report: &Report) -> Vec<&str> {
        report.errors.iter().map(|e| e.path.as_str()).collect()
    }

    #[test]
    fn a_plain_flow_is_valid_and_a_bad_port_is_named() {
        let good = flow(
            json!({ "type": "udp", "bind_addr": "127.0.0.1:5600" }),
            json!({ "type": "udp", "id": "o1", "name": "O1", "dest_addr": "127.0.0.1:5601" }),
        );
        assert_eq!(check(&good, None, &[]), Report::default());
        let bad = flow(
            json!({ "type": "udp", "bind_addr": "127.0.0.1:70000" }),
            json!({ "type": "rist", "id": "o1", "name": "O1", "remote_addr": "127.0.0.1:5601" }),
        );
        assert_eq!(paths(&check(&bad, None, &[])), ["input.bind_addr", "outputs[0].remote_addr"]);
    }

    #[test]
    fn srt_needs_what_its_mode_needs() {
        let srt = |input: Value| check(&json!({ "id": "f", "name": "F", "input": input }), None, &[]);
        assert_eq!(paths(&srt(json!({ "type": "srt", "mode": "caller" }))), ["input.remote_addr"]);
        assert_eq!(paths(&srt(json!({ "type": "srt", "mode": "listener", "local_addr": "a:1" }))), ["input.local_addr"]);
        assert!(srt(json!({ "type": "srt", "mode": "listener", "local_addr": "0.0.0.0:9000", "passphrase": "***" })).is_valid());
        assert_eq!(
            paths(&srt(json!({ "type": "srt", "mode": "listener", "local_addr": "0.0.0.0:9000", "passphrase": "short" }))),
            ["input.passphrase"]
        );
    }

    #[test]
    fn unknown_types_pass_and_missing_capabilities_warn() {
        let odd = flow(json!({ "type": "hologram", "x": 1 }), json!({ "type": "sdi", "id": "o", "name": "O" }));
        let report = check(&odd, None, &[]);
        assert!(report.is_valid());
        assert_eq!(report.warnings[0].path, "outputs[0].type");
        assert!(check(&odd, None, &["sdi-decklink".to_owned()]).warnings.is_empty());
    }

    #[test]
    fn taken_ports_and_foreign_references_are_found() {
        let config = json!({ "version": 2, "inputs": [{ "id": "i", "type": "udp", "bind_addr": "0.0.0.0:5600" }], "outputs": [],
            "flows": [{ "id": "other", "input_ids": ["i"], "output_ids": [] }] });
        let new = flow(
            json!({ "type": "udp", "bind_addr": "127.0.0.1:5600" }),
            json!({ "type": "udp", "id": "o", "name": "O", "dest_addr": "127.0.0.1:1" }),
        );
        assert_eq!(check(&new, Some(&config), &[]).warnings[0].path, "input.bind_addr");
        let borrowed = json!({ "id": "f", "name": "F", "input_ids": ["i", "gone"] });
        assert_eq!(paths(&check(&borrowed, Some(&config), &[])), ["input_ids[0]", "input_ids[1]"]);
    }

    proptest! {
        #[test]
        fn any_input_is_judged(kind in "(rtp|udp|srt|rist|rtmp|webrtc|test_pattern|[a-z]{0,6})", address in ".{0,24}", n in any::<i64>()) {
            let value = flow(json!({ "type": kind, "mode": address, "bind_addr": address, "width": n, "latency_ms": n }), json!(n));
            prop_assert!(!check(&value, Some(&value), &[]).is_valid());
        }
    }
}
