//! What a node says of itself by itself: health each 15 s, figures each second.

use serde_json::{Value, json};

use super::State;
use super::commands::items;

pub(super) fn health_of(s: &State) -> Value {
    let uptime = s.started.elapsed().as_secs();
    if s.relay {
        json!({ "status": "ok", "version": "0.10.6", "uptime_secs": uptime, "capabilities": ["udp-relay"], "quic_addr": "0.0.0.0:4433",
            "public_quic_addr": null, "connected_edges": 0, "active_tunnels": s.authorized.len(), "total_tunnels": s.authorized.len() })
    } else {
        json!({ "status": "ok", "version": "0.10.6", "uptime_secs": uptime, "capabilities": ["optional-input", "native-udp-tunnel"],
            "system_resources": { "cpu_percent": 12.5, "ram_percent": 30.0, "ram_used_mb": 300, "ram_total_mb": 1000 } })
    }
}

pub(super) fn stats_of(s: &State) -> Value {
    if s.relay {
        let row = |id: &String| json!({ "tunnel_id": id, "status": "active", "stats": {} });
        return json!({ "tunnels": s.authorized.keys().map(row).collect::<Vec<_>>(), "active_tunnels": s.authorized.len() });
    }
    let config = &s.disk.config;
    let flow = |flow: &Value| {
        let input = items(config, "inputs").find(|i| Some(&i["id"]) == flow["input_ids"].get(0)).cloned().unwrap_or_default();
        json!({ "flow_id": flow["id"], "flow_name": flow["name"], "state": "Running", "health": "Healthy", "outputs": [],
            "input": { "input_type": input["type"], "bind_addr": input["bind_addr"], "bitrate_bps": 2_000_000, "state": "receiving" } })
    };
    let running = items(config, "flows").filter(|f| f["enabled"] != false).map(flow).collect::<Vec<_>>();
    let tunnel =
        |t: &Value| json!({ "id": t["id"], "direction": t["direction"], "local_addr": t["local_addr"], "state": "ready", "stats": {} });
    json!({ "flows": running, "tunnels": items(config, "tunnels").map(tunnel).collect::<Vec<_>>(), "uptime_secs": s.started.elapsed().as_secs() })
}
