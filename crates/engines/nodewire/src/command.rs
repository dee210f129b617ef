//! The commands each kind of node understands, what they need, and who may give them. A command newer than this table
//! is passed on only when an administrator says so.

use serde_json::Value;

use crate::flow::types::{Member, Rule};
use crate::flow::{Issue, Report, disk_names, sources, walk};

/// Who may give a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DriverRole {
    Operator,
    Admin,
}

impl DriverRole {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Command {
    pub name: &'static str,
    pub about: &'static str,
    pub role: DriverRole,
    /// Members that must be there.
    needs: &'static [&'static str],
    /// What members may hold when they are there.
    rules: &'static [Member],
    /// It may take a minute.
    pub slow: bool,
    /// The cached configuration is old after it.
    pub changes_config: bool,
    /// Has a route of its own and is refused as a plain command.
    pub own_route: bool,
}

#[derive(Clone, Copy, Debug)]
pub struct Driver {
    pub device_type: &'static str,
    pub display_name: &'static str,
    pub commands: &'static [Command],
}

impl Driver {
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&'static Command> {
        self.commands.iter().find(|c| c.name == name)
    }
}

/// The driver of a device type.
#[must_use]
pub fn driver(device_type: &str) -> Option<&'static Driver> {
    [&EDGE, &RELAY].into_iter().find(|d| d.device_type == device_type)
}

impl Command {
    const fn new(name: &'static str, about: &'static str, needs: &'static [&'static str]) -> Self {
        Self { name, about, role: DriverRole::Operator, needs, rules: &[], slow: false, changes_config: false, own_route: false }
    }
    const fn admin(mut self) -> Self {
        self.role = DriverRole::Admin;
        self
    }
    const fn with(mut self, rules: &'static [Member]) -> Self {
        self.rules = rules;
        self
    }
    const fn slow(mut self) -> Self {
        self.slow = true;
        self
    }
    const fn writes(mut self) -> Self {
        self.changes_config = true;
        self
    }
    const fn by_route(mut self) -> Self {
        self.own_route = true;
        self
    }

    /// The first member that holds what the node must not get: names that would lead out of its folders, numbers out of range.
    #[must_use]
    pub fn fault(&self, action: &Value) -> Option<Issue> {
        let members = action.as_object()?;
        let mut report = Report::default();
        walk(&mut report, members, self.rules, "");
        if self.needs.contains(&"sources") {
            sources(&mut report, members, "");
        }
        for name in ["input", "output"] {
            if let Some(item) = members.get(name) {
                disk_names(&mut report, item, name);
            }
        }
        report.errors.into_iter().next()
    }

    /// The first member that an action lacks.
    #[must_use]
    pub fn missing(&self, action: &Value) -> Option<&'static str> {
        let absent = |name: &&&str| match action.get(**name) {
            None | Some(Value::Null) => true,
            Some(Value::String(text)) => text.is_empty(),
            Some(_) => false,
        };
        self.needs.iter().find(absent).copied()
    }
}

const NAME: &[Member] = &[("name", Rule::File)];
const RECORDING: &[Member] = &[("recording_id", Rule::File)];
const CLIP: &[Member] = &[("clip_id", Rule::File), ("recording_id", Rule::File), ("name", Rule::File)];
const SPLICE: &[Member] = &[("splice_mode_override", Rule::Word(&["pmt_bump", "pes_aligned"]))];
const BOND: &[Member] = &[("mode", Rule::Word(&["usability", "reachability", "capacity"])), ("duration_secs", Rule::Int(1, 60))];

const fn c(name: &'static str, about: &'static str, needs: &'static [&'static str]) -> Command {
    Command::new(name, about, needs)
}

/// Media edges.
pub const EDGE: Driver = Driver {
    device_type: "edge",
    display_name: "Edge Transport Node",
    commands: &[
        c("get_config", "Read the whole configuration.", &[]),
        c("update_config", "Replace the whole configuration.", &["config"]).writes(),
        c("create_flow", "Create a flow.", &["flow"]).writes(),
        c("update_flow", "Change a flow.", &["flow"]).writes(),
        c("delete_flow", "Remove a flow.", &["flow_id"]).writes(),
        c("start_flow", "Start a flow.", &["flow_id"]).writes(),
        c("stop_flow", "Stop a flow.", &["flow_id"]).writes(),
        c("restart_flow", "Stop and start a flow.", &["flow_id"]).writes(),
        c("add_output", "Add an output to a flow.", &["flow_id", "output"]).writes(),
        c("remove_output", "Take an output out of a flow.", &["flow_id", "output_id"]).writes(),
        c("add_input", "Add an input to a running flow.", &["flow_id", "input"]).writes(),
        c("remove_input", "Take an input out of a flow.", &["flow_id", "input_id"]).writes(),
        c("create_input", "Define an input.", &["input"]).writes(),
        c("update_input", "Change an input.", &["input_id", "input"]).writes(),
        c("delete_input", "Remove an input that no flow uses.", &["input_id"]).writes(),
        c("create_output", "Define an output.", &["output"]).writes(),
        c("update_output", "Change an output.", &["output_id", "output"]).writes(),
        c("delete_output", "Remove an output that no flow uses.", &["output_id"]).writes(),
        c("activate_input", "Switch a flow to another input.", &["flow_id", "input_id"]).with(SPLICE).writes(),
        c("activate_output", "Switch an output on or off.", &["flow_id", "output_id", "active"]).with(&[("active", Rule::Flag)]).writes(),
        c("update_flow_assembly", "Change how a flow is put together.", &["flow_id", "assembly"]).with(SPLICE).writes(),
        c("test_input", "Try an input.", &["input_id"]).slow(),
        c("test_output", "Try an output.", &["output_id"]).slow(),
        c("create_tunnel", "Create or change a tunnel.", &["tunnel"]).admin().writes(),
        c("delete_tunnel", "Remove a tunnel.", &["tunnel_id"]).admin().writes(),
        c("add_flow_group", "Define a group of flows.", &["flow_group"]).writes(),
        c("update_flow_group", "Change a group of flows.", &["flow_group_id"]).writes(),
        c("remove_flow_group", "Remove a group of flows.", &["flow_group_id"]).writes(),
        c("start_flow_group", "Start a group of flows.", &["flow_group_id"]).writes(),
        c("stop_flow_group", "Stop a group of flows.", &["flow_group_id"]).writes(),
        c("add_essence_flow", "Put a flow into a group.", &["flow_group_id", "flow_id"]).writes(),
        c("remove_essence_flow", "Take a flow out of its group.", &["flow_group_id", "flow_id"]).writes(),
        c("list_media", "List media files.", &[]),
        c("scan_media", "Look for media files again.", &[]).slow(),
        c("inspect_media", "Describe a media file.", &["name"]).with(NAME).slow(),
        c("reprobe_media", "Describe a media file anew.", &["name"]).with(NAME).slow(),
        c("delete_media", "Remove a media file.", &["name"]).with(NAME),
        c("plan_media_playlist", "Check a playlist.", &["sources"]).slow(),
        c("media_player_next", "Play the next source.", &["flow_id", "input_id"]),
        c("start_recording", "Start recording a flow.", &["flow_id"]),
        c("stop_recording", "Stop recording a flow.", &["flow_id"]),
        c("mark_in", "Mark the start of a clip.", &[]),
        c("mark_out", "Mark the end of a clip.", &[]),
        c("recording_status", "State of a recording.", &[]),
        c("list_recordings", "List recordings.", &[]),
        c("delete_recording", "Remove a recording.", &["recording_id"]).with(RECORDING),
        c("list_clips", "List clips.", &[]).with(RECORDING),
        c("get_clip", "Describe a clip.", &["clip_id"]).with(CLIP),
        c("rename_clip", "Rename a clip.", &["clip_id", "name"]).with(CLIP),
        c("update_clip", "Change a clip.", &["clip_id"]).with(CLIP),
        c("delete_clip", "Remove a clip.", &["clip_id"]).with(CLIP),
        c("list_filmstrip", "List pictures of a recording.", &["recording_id"]).with(RECORDING),
        c("get_filmstrip_frame", "One picture of a recording.", &["recording_id"]).with(RECORDING),
        c("export_clip", "Export a clip.", &["clip_id"]).with(CLIP).slow(),
        c("export_recording", "Export a recording.", &["recording_id"]).with(RECORDING).slow(),
        c("cue_clip", "Make a clip ready.", &["clip_id"]).with(CLIP),
        c("play_clip", "Play a clip.", &["clip_id"]).with(CLIP),
        c("stop_playback", "Stop playing.", &[]),
        c("scrub_playback", "Move within a clip.", &[]),
        c("set_bond_uplinks", "Set the uplinks of bonding.", &[]).writes(),
        c("test_bond_leg", "Measure one leg of a bond.", &["transport", "mode"]).with(BOND).slow(),
        c("start_bond_probe_responder", "Answer probes of bonds.", &[]),
        c("stop_bond_probe_responder", "Stop answering probes.", &[]),
        c("wake_uplink", "Wake an uplink.", &["interface"]).slow(),
        c("test_cellular_uplink", "Try the cellular uplink.", &[]).slow(),
        c("test_starlink_uplink", "Try the satellite uplink.", &[]).slow(),
        c("get_ptp_mode", "Read the PTP mode.", &[]),
        c("set_ptp_mode", "Set the PTP mode.", &["mode"])
            .with(&[("mode", Rule::Word(&["auto", "grandmaster", "slave-only", "off"]))])
            .writes(),
        c("set_master_clock_lipsync", "Shift sound against picture.", &["flow_id", "lipsync_offset_90k"])
            .with(&[("lipsync_offset_90k", Rule::Int(-18_000, 18_000))])
            .writes(),
        c("set_epoch_anchor", "Anchor the time of an output.", &["output_id"]).with(&[("generation", Rule::Int(1, i64::MAX))]).writes(),
        c("reset_counters", "Set the counters of a flow to zero.", &["flow_id"]),
        c("get_audio_channel_map", "Read the map of audio channels.", &[]),
        c("rotate_secret", "Replace the secret of the node.", &["new_secret"]).admin().by_route(),
        c("upgrade_binary", "Install another version; the node restarts.", &["version", "channel"]).admin().slow(),
    ],
};

/// Relays.
pub const RELAY: Driver = Driver {
    device_type: "relay",
    display_name: "Relay Server",
    commands: &[
        c("get_config", "Read the whole configuration.", &[]),
        c("list_tunnels", "List tunnels.", &[]),
        c("list_edges", "List connected edges.", &[]),
        c("disconnect_edge", "Disconnect an edge.", &["edge_id"]).admin(),
        c("close_tunnel", "Close a tunnel.", &["tunnel_id"]).admin(),
        c("authorize_tunnel", "Let a tunnel in.", &["tunnel_id", "ingress_token", "egress_token"]).admin(),
        c("revoke_tunnel", "Let a tunnel in no more.", &["tunnel_id"]).admin(),
        c("list_udp_sessions", "List sessions of the native plane.", &[]),
        c("close_udp_session", "Close a session of the native plane.", &["tunnel_id"]).admin(),
        c("configure_distribution", "Set up distribution to viewers.", &["token_secret"])
            .with(&[("token_secret", Rule::Hex(64))])
            .admin()
            .writes(),
        c("rotate_secret", "Replace the secret of the node.", &["new_secret"]).admin().by_route(),
    ],
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_command_has_one_line_and_the_admin_ones_are_marked() {
        for driver in [EDGE, RELAY] {
            let mut names: Vec<_> = driver.commands.iter().map(|c| c.name).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), driver.commands.len());
        }
        assert_eq!(RELAY.find("authorize_tunnel").unwrap().role, DriverRole::Admin);
        assert!(RELAY.find("create_flow").is_none() && driver("toaster").is_none());
    }

    #[test]
    fn names_that_climb_and_numbers_out_of_range_are_refused() {
        let fault = |kind: &str, action: Value| EDGE.find(kind).unwrap().fault(&action).map(|issue| issue.path);
        assert_eq!(fault("delete_media", json!({ "name": "../etc/passwd" })).as_deref(), Some("name"));
        assert_eq!(fault("delete_media", json!({ "name": "Clip 1.ts" })), None);
        let player = json!({ "input": { "id": "i", "type": "media_player", "sources": [{ "kind": "ts", "name": "../x" }] } });
        assert_eq!(fault("create_input", player).as_deref(), Some("input.sources[0].name"));
        assert_eq!(fault("update_input", json!({ "input": { "recording_id": "a/b" } })).as_deref(), Some("input.recording_id"));
        assert_eq!(fault("delete_clip", json!({ "clip_id": "a/b" })).as_deref(), Some("clip_id"));
        assert_eq!(fault("export_recording", json!({ "recording_id": "..", "x": 1 })).as_deref(), Some("recording_id"));
        assert_eq!(
            fault("plan_media_playlist", json!({ "sources": [{ "kind": "ts", "name": "a/../b" }] })).as_deref(),
            Some("sources[0].name")
        );
        assert_eq!(fault("set_master_clock_lipsync", json!({ "lipsync_offset_90k": 18_001 })).as_deref(), Some("lipsync_offset_90k"));
        assert_eq!(fault("test_bond_leg", json!({ "mode": "capacity", "duration_secs": 61 })).as_deref(), Some("duration_secs"));
    }

    #[test]
    fn a_missing_member_is_named() {
        let add = EDGE.find("add_output").unwrap();
        assert_eq!(add.missing(&json!({ "flow_id": "f", "output": null })), Some("output"));
        assert_eq!(add.missing(&json!({ "flow_id": "", "output": {} })), Some("flow_id"));
        assert_eq!(add.missing(&json!({ "flow_id": "f", "output": {} })), None);
    }
}
