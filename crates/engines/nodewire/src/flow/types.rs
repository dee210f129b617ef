//! What each type of input and output needs: a table of rules that `check` walks. Only what the node would refuse
//! anyway is listed; members that stand in no rule pass.

/// What one member may hold.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rule {
    /// A literal `IP:port`.
    Socket,
    /// The same with an even port.
    EvenSocket,
    Ip,
    Int(i64, i64),
    /// A number within bounds.
    Num(f64, f64),
    Flag,
    /// Characters, at least and at most.
    Text(usize, usize),
    Word(&'static [&'static str]),
    /// Starts with one of these, at most 2048 characters.
    Url(&'static [&'static str]),
    /// So many hexadecimal digits.
    Hex(usize),
    /// The name of a file on a node.
    File,
    /// Letters, digits, `_` and `-`, at most so many.
    Id(usize),
    /// A list that is not empty.
    List,
}

use Rule::{EvenSocket, File, Flag, Hex, Id, Int, Ip, List, Num, Socket, Text, Url, Word};

pub(crate) type Member = (&'static str, Rule);

/// Members that must be there, and those that are looked at when they are.
pub(super) struct Shape {
    pub(super) required: &'static [Member],
    pub(super) optional: &'static [Member],
}

const HTTP: Rule = Url(&["http://", "https://"]);
const ANY: i64 = i64::MAX;

/// The row SRT inputs and outputs share.
pub(super) const SRT: &[Member] = &[
    ("latency_ms", Int(0, ANY)),
    ("recv_latency_ms", Int(0, ANY)),
    ("peer_latency_ms", Int(0, ANY)),
    ("peer_idle_timeout_secs", Int(0, ANY)),
    ("passphrase", Text(10, 79)),
    ("aes_key_len", Word(&["16", "24", "32"])),
    ("crypto_mode", Word(&["aes-ctr", "aes-gcm"])),
    ("max_rexmit_bw", Int(-1, ANY)),
    ("stream_id", Text(0, 512)),
    ("packet_filter", Text(0, 512)),
    ("max_bw", Int(0, ANY)),
    ("input_bw", Int(0, ANY)),
    ("overhead_bw", Int(5, 100)),
    ("flight_flag_size", Int(32, ANY)),
    ("send_buffer_size", Int(32, ANY)),
    ("recv_buffer_size", Int(32, ANY)),
    ("ip_tos", Int(0, 255)),
    ("retransmit_algo", Word(&["default", "reduced"])),
    ("send_drop_delay", Int(-1, ANY)),
    ("loss_max_ttl", Int(0, ANY)),
    ("km_refresh_rate", Int(1, ANY)),
    ("km_pre_announce", Int(1, ANY)),
    ("payload_size", Int(188, 1_456)),
    ("mss", Int(76, 9_000)),
    ("ip_ttl", Int(1, 255)),
];

const PCM: Shape = Shape {
    required: &[("bind_addr", Socket), ("sample_rate", Int(1, ANY)), ("bit_depth", Int(1, 64)), ("channels", Int(1, 1_024))],
    optional: &[("payload_type", Int(0, 127)), ("clock_domain", Int(0, 127)), ("packet_time_us", Int(1, ANY))],
};

/// The shape of an input type; `None` = passed on unjudged.
pub(super) fn input(kind: &str) -> Option<Shape> {
    Some(match kind {
        "rtp" => Shape {
            required: &[("bind_addr", Socket)],
            optional: &[
                ("interface_addr", Ip),
                ("source_addr", Ip),
                ("max_bitrate_mbps", Num(f64::MIN_POSITIVE, 10_000.0)),
                ("ingress_delay_ms", Int(0, 1_000)),
                ("ingress_dejitter_ms", Int(20, 2_000)),
            ],
        },
        "udp" => Shape {
            required: &[("bind_addr", Socket)],
            optional: &[
                ("interface_addr", Ip),
                ("source_addr", Ip),
                ("ingress_delay_ms", Int(0, 1_000)),
                ("ingress_dejitter_ms", Int(20, 2_000)),
            ],
        },
        "srt" => Shape { required: &[("mode", Word(&["caller", "listener", "rendezvous"]))], optional: SRT },
        "rist" => Shape {
            required: &[("bind_addr", EvenSocket)],
            optional: &[
                ("buffer_ms", Int(50, 30_000)),
                ("max_nack_retries", Int(0, 50)),
                ("cname", Text(0, 256)),
                ("rtcp_interval_ms", Int(1, 1_000)),
            ],
        },
        "rtmp" => Shape {
            required: &[("listen_addr", Socket)],
            optional: &[("app", Text(1, 64)), ("stream_key", Text(0, 256)), ("max_publishers", Int(1, ANY))],
        },
        "rtsp" => Shape {
            required: &[("rtsp_url", Url(&["rtsp://", "rtsps://"]))],
            optional: &[("username", Text(0, 256)), ("password", Text(0, 256)), ("transport", Word(&["tcp", "udp"]))],
        },
        "webrtc" => {
            Shape { required: &[], optional: &[("bearer_token", Text(0, 4_096)), ("video_only", Flag), ("stun_server", Text(0, 2_048))] }
        }
        "whep" => Shape { required: &[("whep_url", HTTP)], optional: &[("bearer_token", Text(0, 4_096)), ("video_only", Flag)] },
        "test_pattern" => Shape {
            required: &[],
            optional: &[
                ("width", Int(64, 7_680)),
                ("height", Int(64, 4_320)),
                ("fps", Int(1, 60)),
                ("video_bitrate_kbps", Int(100, 200_000)),
                ("audio_enabled", Flag),
                ("tone_hz", Num(50.0, 8_000.0)),
                ("tone_dbfs", Num(-60.0, 0.0)),
                ("audio_channels", Word(&["1", "2", "6", "8"])),
                ("screen_id", Text(0, 32)),
            ],
        },
        "media_player" => Shape { required: &[("sources", List)], optional: &[("paced_bitrate_bps", Int(100_000, 200_000_000))] },
        "replay" => Shape { required: &[("recording_id", File)], optional: &[("clip_id", File)] },
        "bonded" => Shape {
            required: &[("bond_flow_id", Int(0, 4_294_967_295)), ("paths", List)],
            optional: &[("hold_ms", Int(10, 30_000)), ("max_bonding_latency_ms", Int(50, 5_000)), ("encryption_key", Hex(64))],
        },
        "rtp_audio" | "st2110_30" | "st2110_31" => PCM,
        _ => return None,
    })
}

/// The shape of an output type; `None` = passed on unjudged.
pub(super) fn output(kind: &str) -> Option<Shape> {
    Some(match kind {
        "rtp" => {
            Shape { required: &[("dest_addr", Socket)], optional: &[("bind_addr", Socket), ("interface_addr", Ip), ("dscp", Int(0, 63))] }
        }
        "udp" => Shape {
            required: &[("dest_addr", Socket)],
            optional: &[
                ("bind_addr", Socket),
                ("interface_addr", Ip),
                ("dscp", Int(0, 63)),
                ("transport_mode", Word(&["ts", "audio_302m"])),
            ],
        },
        "srt" => Shape { required: &[("mode", Word(&["caller", "listener", "rendezvous"]))], optional: SRT },
        "rist" => Shape {
            required: &[("remote_addr", EvenSocket)],
            optional: &[("local_addr", Socket), ("buffer_ms", Int(50, 30_000)), ("retransmit_buffer_capacity", Int(64, 65_536))],
        },
        "rtmp" => Shape {
            required: &[("dest_url", Url(&["rtmp://", "rtmps://"])), ("stream_key", Text(1, 256))],
            optional: &[("reconnect_delay_secs", Int(1, ANY))],
        },
        "hls" => Shape {
            required: &[("ingest_url", HTTP)],
            optional: &[("segment_duration_secs", Num(0.5, 10.0)), ("auth_token", Text(0, 4_096)), ("max_segments", Int(1, 30))],
        },
        "cmaf" => Shape {
            required: &[("ingest_url", HTTP)],
            optional: &[
                ("chunk_duration_ms", Int(100, 2_000)),
                ("segment_duration_secs", Num(1.0, 10.0)),
                ("max_segments", Int(1, 30)),
                ("manifests", List),
            ],
        },
        "webrtc" => Shape {
            required: &[("mode", Word(&["whip_client", "whep_server"]))],
            optional: &[("whip_url", HTTP), ("bearer_token", Text(0, 4_096)), ("max_viewers", Int(1, 100)), ("video_only", Flag)],
        },
        "bonded" => Shape {
            required: &[("bond_flow_id", Int(0, 4_294_967_295)), ("paths", List)],
            optional: &[
                ("scheduler", Word(&["round_robin", "weighted_rtt", "media_aware", "adaptive"])),
                ("priority", Word(&["critical", "normal", "best_effort"])),
                ("path_mtu", Int(576, 9_000)),
                ("encryption_key", Hex(64)),
            ],
        },
        _ => return None,
    })
}

/// Types that only some nodes have, with the capability that says so.
pub(super) fn capability(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "st2110_20" => "st2110-20",
        "st2110_23" => "st2110-23",
        "st2110_40" => "st2110-40",
        "sdi" => "sdi-decklink",
        "mxl_video" => "mxl-video",
        "mxl_audio" => "mxl-audio",
        "mxl_anc" => "mxl-anc",
        "mosaic" => "mv-compositor",
        _ => return None,
    })
}

/// Members of a flow itself.
pub(super) const FLOW: &[Member] = &[
    ("enabled", Flag),
    ("media_analysis", Flag),
    ("thumbnail", Flag),
    ("thumbnail_program_number", Int(1, ANY)),
    ("thumbnail_interval_secs", Int(1, 60)),
    ("flow_group_id", Text(0, 64)),
    ("clock_domain", Int(0, 127)),
    ("bandwidth_profile", Word(&["standard", "high_bitrate", "uncompressed"])),
];

pub(super) const VIDEO_ENCODE: &[Member] =
    &[("width", Int(64, 7_680)), ("height", Int(64, 4_320)), ("bitrate_kbps", Int(100, 100_000)), ("gop_size", Int(1, 600))];
pub(super) const AUDIO_ENCODE: &[Member] = &[("bitrate_kbps", Int(16, 512)), ("sample_rate", Int(8_000, 48_000)), ("channels", Int(1, 8))];

/// Objects of a flow.
pub(super) const FLOW_OBJECTS: &[(&str, &[Member])] = &[
    (
        "bandwidth_limit",
        &[("max_bitrate_mbps", Num(f64::MIN_POSITIVE, 10_000.0)), ("action", Word(&["alarm", "block"])), ("grace_period_secs", Int(1, 60))],
    ),
    ("content_analysis", &[("lite", Flag), ("audio_full", Flag), ("video_full", Flag), ("video_full_hz", Num(f64::MIN_POSITIVE, 30.0))]),
    (
        "recording",
        &[
            ("enabled", Flag),
            ("storage_id", Id(64)),
            ("segment_seconds", Int(2, 60)),
            ("pre_buffer_seconds", Int(1, 300)),
            ("filmstrip_seconds", Int(1, 30)),
        ],
    ),
    (
        "master_clock",
        &[(
            "kind",
            Word(&["source_pcr_pll", "ptp", "audio_master", "passthrough", "sender_timestamp", "wallclock", "contribution", "auto"]),
        )],
    ),
    ("assembly", &[("kind", Word(&["spts", "mpts", "passthrough"]))]),
];

const FEC: &[Member] = &[("columns", Int(1, 20)), ("rows", Int(4, 20))];

/// Objects of an input or output.
pub(super) fn objects(kind: &str, is_input: bool) -> &'static [(&'static str, &'static [Member])] {
    match (kind, is_input) {
        ("rtp", true) => &[
            ("fec_decode", FEC),
            ("redundancy", &[("bind_addr", Socket), ("interface_addr", Ip), ("path_differential_ms", Int(5, 2_000))]),
        ],
        ("rtp", false) => &[("fec_encode", FEC), ("redundancy", &[("dest_addr", Socket)])],
        ("rist", true) => &[("redundancy", &[("bind_addr", EvenSocket)])],
        ("rist", false) => &[("redundancy", &[("remote_addr", EvenSocket)])],
        ("srt", _) => &[("redundancy", SRT)],
        ("cmaf", false) => &[("encryption", &[("key", Hex(32)), ("scheme", Word(&["cenc", "cbcs"]))])],
        _ => &[],
    }
}
