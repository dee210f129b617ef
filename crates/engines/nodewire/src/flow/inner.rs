//! What stands inside a flow, an input or an output: objects and lists with rules of their own.

use serde_json::{Map, Value};

use super::check::{Issue, Report, rule, walk};
use super::types::{self, Member, Rule};

const SOURCES_MAX: usize = 256;

fn each<'a>(members: &'a Map<String, Value>, name: &str) -> impl Iterator<Item = (usize, &'a Value)> {
    members.get(name).and_then(Value::as_array).into_iter().flatten().enumerate()
}

fn object(report: &mut Report, members: &Map<String, Value>, (name, rules): (&str, &[Member]), path: &str) {
    let here = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match members.get(name) {
        None | Some(Value::Null) => {}
        Some(Value::Object(inner)) => walk(report, inner, rules, &here),
        Some(_) => report.error(here, format!("{name} must be an object")),
    }
}

pub(super) fn of_flow(report: &mut Report, members: &Map<String, Value>) {
    types::FLOW_OBJECTS.iter().for_each(|(name, rules)| object(report, members, (name, rules), ""));
    let Some(assembly) = members.get("assembly").and_then(Value::as_object) else { return };
    let programs = assembly.get("programs").and_then(Value::as_array).map_or(0, Vec::len);
    let fits = match assembly.get("kind").and_then(Value::as_str) {
        Some("spts") => programs == 1,
        Some("mpts") => programs >= 1,
        Some("passthrough") => programs == 0,
        _ => return,
    };
    if !fits {
        report.error("assembly.programs", "spts has exactly one program, mpts at least one, passthrough none");
    }
    for (index, program) in each(assembly, "programs") {
        let Some(program) = program.as_object() else { continue };
        for (stream, of) in each(program, "streams") {
            if let Some(of) = of.as_object() {
                walk(report, of, &[("out_pid", Rule::Int(16, 8_190))], &format!("assembly.programs[{index}].streams[{stream}]"));
            }
        }
    }
}

pub(super) fn of_end(report: &mut Report, members: &Map<String, Value>, (kind, is_input): (&str, bool), path: &str) {
    for (name, rules) in [("video_encode", types::VIDEO_ENCODE), ("audio_encode", types::AUDIO_ENCODE)] {
        object(report, members, (name, rules), path);
    }
    types::objects(kind, is_input).iter().for_each(|(name, rules)| object(report, members, (name, rules), path));
    if let Some(encode) = members.get("video_encode").and_then(Value::as_object) {
        for name in ["width", "height"] {
            if encode.get(name).and_then(Value::as_i64).is_some_and(|n| n % 2 != 0) {
                report.error(format!("{path}.video_encode.{name}"), format!("{name} must be even"));
            }
        }
        if encode.contains_key("fps_num") != encode.contains_key("fps_den") {
            report.error(format!("{path}.video_encode.fps_den"), "fps_num and fps_den go together");
        }
    }
    for (name, expected) in [("allowed_sources", Rule::Ip), ("allowed_payload_types", Rule::Int(0, 127))] {
        for (index, value) in each(members, name).filter(|_| (kind, is_input) == ("rtp", true)) {
            rule(report, value, expected, name, format!("{path}.{name}[{index}]"));
        }
    }
    if (kind, is_input) == ("cmaf", false) {
        for (index, value) in each(members, "manifests") {
            rule(report, value, Rule::Word(&["hls", "dash"]), "manifests", format!("{path}.manifests[{index}]"));
        }
    }
    if (kind, is_input) == ("media_player", true) {
        sources(report, members, path);
    }
    if let Some(bonding) = members.get("bonding").and_then(Value::as_object).filter(|_| kind == "srt") {
        if !(2..=8).contains(&each(bonding, "endpoints").count()) {
            report.error(format!("{path}.bonding.endpoints"), "endpoints must hold 2 to 8 entries");
        }
        for (index, endpoint) in each(bonding, "endpoints") {
            if let Some(endpoint) = endpoint.as_object() {
                walk(report, endpoint, &[("addr", Rule::Socket)], &format!("{path}.bonding.endpoints[{index}]"));
            }
        }
    }
    for name in ["bind_addr", "dest_addr", "remote_addr"] {
        let same = |other: &Map<String, Value>| other.get(name).is_some_and(|o| o.is_string() && Some(o) == members.get(name));
        if members.get("redundancy").and_then(Value::as_object).is_some_and(same) && kind == "rist" {
            report.error(format!("{path}.redundancy.{name}"), format!("{name} must differ from that of the first leg"));
        }
    }
}

/// Files of a player or playlist. Their names reach the disk of the node.
pub(crate) fn sources(report: &mut Report, members: &Map<String, Value>, path: &str) {
    let here = if path.is_empty() { "sources".to_owned() } else { format!("{path}.sources") };
    if each(members, "sources").count() > SOURCES_MAX {
        report.error(here.clone(), format!("sources must hold at most {SOURCES_MAX} entries"));
    }
    for (index, source) in each(members, "sources").take(SOURCES_MAX) {
        let at = format!("{here}[{index}]");
        match source.as_object() {
            Some(source) if source.contains_key("name") => {
                walk(report, source, &[("kind", Rule::Word(&["ts", "mp4", "image"])), ("name", Rule::File)], &at);
            }
            _ => report.error(at, "An object with a name is expected"),
        }
    }
}

/// Names that reach the disk of a node, wherever they stand in an input, an output or a configuration.
pub(crate) fn disk_names(report: &mut Report, value: &Value, path: &str) {
    match value {
        Value::Object(members) => {
            walk(report, members, &[("recording_id", Rule::File), ("clip_id", Rule::File), ("storage_id", Rule::Id(64))], path);
            if members.get("type").and_then(Value::as_str) == Some("media_player") {
                sources(report, members, path);
            }
            for (name, inner) in members {
                disk_names(report, inner, &if path.is_empty() { name.clone() } else { format!("{path}.{name}") });
            }
        }
        Value::Array(items) => items.iter().enumerate().for_each(|(n, item)| disk_names(report, item, &format!("{path}[{n}]"))),
        _ => {}
    }
}

/// The first name in a configuration that would lead out of its folder on the node.
#[must_use]
pub fn climbing_name(config: &Value) -> Option<Issue> {
    let mut report = Report::default();
    disk_names(&mut report, config, "");
    report.errors.into_iter().next()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::check;

    fn faults(flow: serde_json::Value) -> Vec<String> {
        let mut flow = flow;
        (flow["id"], flow["name"]) = (json!("f"), json!("F"));
        check(&flow, None, &[]).errors.into_iter().map(|e| e.path).collect()
    }

    #[test]
    fn names_that_lead_out_of_the_folder_of_a_node_are_refused() {
        let player = |name: &str| faults(json!({ "input": { "type": "media_player", "sources": [{ "kind": "ts", "name": name }] } }));
        assert_eq!(player("../../etc/passwd"), ["input.sources[0].name"]);
        assert!(player("Clip 1.ts").is_empty());
        assert_eq!(faults(json!({ "recording": { "enabled": true, "storage_id": "../x" } })), ["recording.storage_id"]);
        assert_eq!(faults(json!({ "input": { "type": "replay", "recording_id": "a/b" } })), ["input.recording_id"]);
    }

    #[test]
    fn members_of_members_are_judged_and_named() {
        let input = |input: serde_json::Value| faults(json!({ "input": input }));
        let rtp = json!({ "type": "rtp", "bind_addr": "0.0.0.0:5000", "fec_decode": { "columns": 30, "rows": 5 }, "allowed_sources": ["10.0.0.1", "x"],
            "redundancy": { "bind_addr": "0.0.0.0:5002", "path_differential_ms": 1 } });
        assert_eq!(input(rtp), ["input.fec_decode.columns", "input.redundancy.path_differential_ms", "input.allowed_sources[1]"]);
        let srt = json!({ "type": "srt", "mode": "caller", "bonding": { "mode": "broadcast", "endpoints": [{ "addr": "a:1" }] } });
        assert_eq!(input(srt), ["input.bonding.endpoints", "input.bonding.endpoints[0].addr"]);
        let twice = json!({ "type": "srt", "mode": "caller", "remote_addr": "10.0.0.1:9000", "redundancy": { "remote_addr": "10.0.0.2:9000", "passphrase": "short" } });
        assert_eq!(input(twice), ["input.redundancy.passphrase"]);
        let rist = json!({ "type": "rist", "bind_addr": "0.0.0.0:5000", "redundancy": { "bind_addr": "0.0.0.0:5000" } });
        assert_eq!(input(rist), ["input.redundancy.bind_addr"]);
        let cmaf = json!({ "id": "o", "name": "O", "type": "cmaf", "ingest_url": "http://a/b", "manifests": ["hls", "smil"], "encryption": { "key": "00" },
            "video_encode": { "width": 641, "fps_num": 25 } });
        assert_eq!(
            faults(json!({ "outputs": [cmaf] })),
            ["outputs[0].encryption.key", "outputs[0].video_encode.width", "outputs[0].video_encode.fps_den", "outputs[0].manifests[1]"]
        );
        assert_eq!(faults(json!({ "assembly": { "kind": "spts", "programs": [] } })), ["assembly.programs"]);
        assert_eq!(faults(json!({ "master_clock": { "kind": "moon" }, "recording": 7 })), ["recording", "master_clock.kind"]);
    }

    proptest! {
        #[test]
        fn any_inner_value_is_judged(name in "(sources|fec_decode|redundancy|bonding|video_encode|manifests)", kind in "(rtp|srt|rist|cmaf|media_player)", text in ".{0,12}", n in any::<i64>()) {
            for value in [json!(n), json!([n, text]), json!({ "columns": text, "endpoints": n, "width": n }), json!([{ "name": text }])] {
                let flow = json!({ "input": { "type": kind, name.clone(): value }, "outputs": [{ "type": kind, name.clone(): value }] });
                prop_assert!(!faults(flow).is_empty());
            }
        }
    }
}
