//! The map of the media: nodes, the strangers their flows speak to, and what connects them. Worked out from figures and
//! tunnels; an address that belongs to a node of ours becomes a link between nodes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::tunnel::Tunnel;

/// What the map needs to know of a node.
pub(crate) struct Place<'a> {
    pub(crate) id: &'a str,
    pub(crate) remote_ip: Option<String>,
    pub(crate) stats: Option<&'a Value>,
}

/// Something a flow speaks to that is no node of ours.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct External {
    pub(crate) id: String,
    pub(crate) label: String,
    pub(crate) protocol: String,
    /// `source` or `destination`.
    pub(crate) side: &'static str,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Link {
    pub(crate) from: String,
    pub(crate) to: String,
    /// `flow` or `tunnel`.
    pub(crate) kind: &'static str,
    pub(crate) label: String,
    /// `active`, `idle`, `recovering`.
    pub(crate) state: &'static str,
    pub(crate) bitrate_bps: Option<f64>,
}

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Map {
    pub(crate) externals: Vec<External>,
    pub(crate) links: Vec<Link>,
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}
fn list<'a>(value: Option<&'a Value>, name: &str) -> &'a [Value] {
    value.and_then(|v| v.get(name)).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Host and port of an address or URL, without path, user and scheme.
fn authority(given: &str) -> &str {
    let rest = given.split_once("://").map_or(given, |(_, rest)| rest);
    let rest = rest.split(['/', '?']).next().unwrap_or_default();
    rest.rsplit_once('@').map_or(rest, |(_, host)| host)
}

fn is_nothing(address: &str) -> bool {
    matches!(address, "" | "0.0.0.0:0" | "[::]:0")
}

/// Where an input comes from: the address, or the word for callers nobody knows.
fn source_of(input: &Value) -> Option<(String, String)> {
    let kind = text(input, "input_type");
    let address = match (kind, text(input, "mode")) {
        ("srt", "caller") => authority(text(input, "remote_addr")),
        ("rtsp", _) => authority(text(input, "rtsp_url")),
        ("whep", _) => authority(text(input, "whep_url")),
        _ => "",
    };
    if !is_nothing(address) {
        return Some((kind.to_owned(), address.to_owned()));
    }
    let label = match kind {
        "srt" => "SRT Caller",
        "rtmp" => "RTMP Publisher",
        "rtp" | "udp" => "RTP/UDP Source",
        _ => return None,
    };
    Some((kind.to_owned(), label.to_owned()))
}

fn destination_of(output: &Value) -> Option<(String, String)> {
    let kind = text(output, "output_type");
    let given = match kind {
        "srt" if text(output, "mode") != "listener" => text(output, "remote_addr"),
        "rtp" | "udp" => text(output, "dest_addr"),
        "rist" => text(output, "remote_addr"),
        "rtmp" => text(output, "dest_url"),
        "hls" | "cmaf" => text(output, "ingest_url"),
        "webrtc" => text(output, "whip_url"),
        _ => "",
    };
    let address = authority(given);
    (!is_nothing(address)).then(|| (kind.to_owned(), address.to_owned()))
}

/// The ports on which nodes listen, by address.
fn listening<'a>(places: &[Place<'a>]) -> BTreeMap<String, &'a str> {
    let mut out = BTreeMap::new();
    for place in places {
        let mut put = |address: &str| {
            let Some((host, port)) = address.rsplit_once(':') else { return };
            let hosts = if matches!(host, "0.0.0.0" | "[::]") { place.remote_ip.clone() } else { Some(host.to_owned()) };
            out.extend(hosts.map(|host| (format!("{host}:{port}"), place.id)));
        };
        for flow in list(place.stats, "flows") {
            let input = flow.get("input").unwrap_or(&Value::Null);
            ["local_addr", "bind_addr", "listen_addr", "external_address"].iter().for_each(|name| put(text(input, name)));
        }
        list(place.stats, "tunnels").iter().filter(|t| text(t, "direction") == "egress").for_each(|t| put(text(t, "local_addr")));
    }
    out.retain(|address, _| !is_nothing(address));
    out
}

/// Works the map out.
pub(crate) fn map(places: &[Place<'_>], tunnels: &[Tunnel]) -> Map {
    let listening = listening(places);
    let (mut externals, mut links) = (BTreeSet::new(), Vec::new());
    for place in places {
        for flow in list(place.stats, "flows") {
            let input = flow.get("input").unwrap_or(&Value::Null);
            let state = if text(flow, "state").eq_ignore_ascii_case("running") { "active" } else { "idle" };
            let rate = |end: &Value| end.get("bitrate_bps").and_then(Value::as_f64);
            let mut link = |from: String, to: String, bitrate_bps| {
                links.push(Link { from, to, kind: "flow", label: text(flow, "flow_name").to_owned(), state, bitrate_bps });
            };
            if let Some((protocol, address)) = source_of(input) {
                let id = format!("ext_{protocol}:{address}");
                externals.insert(External { id: id.clone(), label: address, protocol, side: "source" });
                link(id, place.id.to_owned(), rate(input));
            }
            for output in list(Some(flow), "outputs") {
                let Some((protocol, address)) = destination_of(output) else { continue };
                if let Some(other) = listening.get(&address).filter(|other| **other != place.id) {
                    link(place.id.to_owned(), (*other).to_owned(), rate(output));
                    continue;
                }
                let id = format!("ext_{protocol}:{address}");
                externals.insert(External { id: id.clone(), label: address, protocol, side: "destination" });
                link(place.id.to_owned(), id, rate(output));
            }
        }
    }
    links.extend(tunnels.iter().filter(|t| !t.is_disabled()).flat_map(|t| tunnel_links(places, t)));
    Map { externals: externals.into_iter().collect(), links }
}

fn tunnel_links(places: &[Place<'_>], t: &Tunnel) -> Vec<Link> {
    let find = |id: &str| places.iter().find(|p| p.id == id);
    let row = |node: &str, id: &str| find(node).and_then(|p| list(p.stats, "tunnels").iter().find(|r| text(r, id) == t.id));
    let (near, far) = (row(&t.ingress_node_id, "id"), row(&t.egress_node_id, "id"));
    let relay = t.relay_node_id.as_deref().and_then(|node| row(node, "tunnel_id"));
    let ready = |r: Option<&Value>| r.is_some_and(|r| text(r, "state").eq_ignore_ascii_case("ready"));
    let state = if relay.is_some_and(|r| text(r, "status") == "active") || (ready(near) && ready(far)) { "active" } else { "recovering" };
    let rate = near.and_then(|r| r.get("stats")).and_then(|s| s.get("bitrate_out_bps")).and_then(Value::as_f64);
    let link = |from: &str, to: &str| Link {
        from: from.to_owned(),
        to: to.to_owned(),
        kind: "tunnel",
        label: t.name.clone(),
        state,
        bitrate_bps: rate,
    };
    match t.relay_node_id.as_deref().filter(|relay| find(relay).is_some()) {
        Some(relay) => vec![link(&t.ingress_node_id, relay), link(relay, &t.egress_node_id)],
        None => vec![link(&t.ingress_node_id, &t.egress_node_id)],
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn place<'a>(id: &'a str, ip: &str, stats: &'a Value) -> Place<'a> {
        Place { id, remote_ip: Some(ip.to_owned()), stats: Some(stats) }
    }

    #[test]
    fn an_address_of_a_node_is_a_link_between_nodes() {
        let a = json!({ "flows": [{ "flow_name": "F", "state": "Running", "input": { "input_type": "rtmp" },
            "outputs": [{ "output_type": "srt", "mode": "caller", "remote_addr": "10.0.0.2:9000", "bitrate_bps": 7 }] }] });
        let b = json!({ "flows": [{ "flow_name": "G", "state": "Idle", "input": { "input_type": "srt", "mode": "listener", "local_addr": "0.0.0.0:9000" },
            "outputs": [{ "output_type": "rtmp", "dest_url": "rtmp://user:pw@live.example.com/app" }, { "output_type": "udp", "dest_addr": "0.0.0.0:0" }] }] });
        let map = map(&[place("a", "10.0.0.1", &a), place("b", "10.0.0.2", &b)], &[]);
        let ends: Vec<_> = map.links.iter().map(|l| (l.from.as_str(), l.to.as_str(), l.state)).collect();
        assert_eq!(
            ends,
            [
                ("ext_rtmp:RTMP Publisher", "a", "active"),
                ("a", "b", "active"),
                ("ext_srt:SRT Caller", "b", "idle"),
                ("b", "ext_rtmp:live.example.com", "idle")
            ]
        );
        assert_eq!(map.externals.len(), 3);
    }

    proptest! {
        #[test]
        fn any_address_is_drawn_or_not(address in ".{0,30}") {
            let stats = json!({ "flows": [{ "input": { "input_type": "rtsp", "rtsp_url": address, "local_addr": address }, "outputs": [{ "output_type": "hls", "ingest_url": address }] }] });
            let map = map(&[place("a", &address, &stats)], &[]);
            prop_assert!(map.links.len() <= 2);
        }
    }
}
