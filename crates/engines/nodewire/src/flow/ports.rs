//! Which ports inputs and outputs listen on, and who has them already.

use std::net::SocketAddr;

use serde_json::Value;

use super::check::{Issue, Report};
use super::{items, joined, text};

pub(super) fn socket(text: &str) -> Option<SocketAddr> {
    text.parse::<SocketAddr>().ok().filter(|s| s.port() != 0)
}

/// Where an input or output listens: the member, the protocol and the address.
fn bind(item: &Value, is_input: bool) -> Option<(&'static str, &'static str, SocketAddr)> {
    let (member, protocol) = match (text(item, "type"), is_input) {
        ("rtmp", true) => ("listen_addr", "tcp"),
        ("srt", _) if text(item, "mode") != "caller" => ("local_addr", "udp"),
        (_, true) => ("bind_addr", "udp"),
        _ => return None,
    };
    Some((member, protocol, socket(text(item, member))?))
}

fn clashes(a: (&str, SocketAddr), b: (&str, SocketAddr)) -> bool {
    let (x, y) = (a.1.ip(), b.1.ip());
    a.0 == b.0 && a.1.port() == b.1.port() && (x == y || x.is_unspecified() || y.is_unspecified()) && !x.is_multicast() && !y.is_multicast()
}

pub(super) fn check(report: &mut Report, flow_id: &str, ends: &[(String, &Value, bool)], config: Option<&Value>) {
    let own: Vec<_> = ends.iter().filter_map(|(path, item, is_input)| bind(item, *is_input).map(|b| (path, item, b))).collect();
    for (index, (path, _, (member, protocol, address))) in own.iter().enumerate() {
        if own.iter().take(index).any(|(_, _, (_, p, a))| clashes((protocol, *address), (p, *a))) {
            report.error(format!("{path}.{member}"), format!("Port {} is used twice in this flow", address.port()));
        }
    }
    let others = config.map(joined).unwrap_or_default();
    for other in others.iter().filter(|f| text(f, "id") != flow_id) {
        for (list, is_input) in [("inputs", true), ("outputs", false)] {
            for (_, protocol, address) in items(other, list).iter().filter_map(|i| bind(i, is_input)) {
                for (path, _, (member, p, a)) in own.iter().filter(|(_, _, (_, p, a))| clashes((protocol, address), (p, *a))) {
                    let message = format!("{p} port {} is used by flow '{}'", a.port(), text(other, "id"));
                    report.warnings.push(Issue::new(format!("{path}.{member}"), message));
                }
            }
        }
    }
}

/// The flow that listens on this port of the node, whatever the address. `protocol`: `tcp` or `udp`.
#[must_use]
pub fn port_user(config: &Value, protocol: &str, port: u16) -> Option<String> {
    let listens = |item: &Value, is_input: bool| {
        bind(item, is_input).is_some_and(|(_, p, address)| p == protocol && address.port() == port && !address.ip().is_multicast())
    };
    let uses =
        |flow: &Value| items(flow, "inputs").iter().any(|i| listens(i, true)) || items(flow, "outputs").iter().any(|o| listens(o, false));
    joined(config).into_iter().find(uses).map(|flow| text(&flow, "id").to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn user_of_a_port_is_found_in_both_generations_and_by_its_protocol() {
        let two = json!({ "version": 2, "inputs": [{ "id": "i", "type": "udp", "bind_addr": "127.0.0.1:5600" }],
            "outputs": [{ "id": "o", "type": "srt", "mode": "listener", "local_addr": "0.0.0.0:9000" }],
            "flows": [{ "id": "f", "input_ids": ["i"], "output_ids": ["o"] }] });
        let one = json!({ "flows": [{ "id": "f", "input": { "type": "rtmp", "listen_addr": "0.0.0.0:1935" }, "outputs": [] }] });
        assert_eq!([5600, 9000, 9001].map(|port| port_user(&two, "udp", port)), [Some("f".to_owned()), Some("f".to_owned()), None]);
        assert_eq!((port_user(&one, "tcp", 1935), port_user(&one, "udp", 1935)), (Some("f".to_owned()), None));
    }
}
