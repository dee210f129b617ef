//! The open-route probe: every served route refuses callers without a credential (401) and callers whose role is too
//! low (403), exactly as `access.tsv` and the role table of platform 2.1 say.

use std::collections::BTreeSet;

use argos_peers::{ArgosConfig, Client, Response};
use serde_json::json;

use crate::stage::Stage;
use crate::table::{self, Access};

/// What a viewer may do: the first line of platform 2.1, and the viewer of the default organization (2.2).
const VIEWER: [&str; 38] = [
    "self",
    "stats:read",
    "history:read",
    "integrations:read",
    "alerts:read",
    "automations:read",
    "backups:read",
    "plugins:read",
    "notifications:read",
    "dashboard:read",
    "dashboard:write",
    "edge:read",
    "logs:read",
    "power:read",
    "nodes:read",
    "events:read",
    "agents:read",
    "monitors:read",
    "incidents:read",
    "approvals:read",
    "maintenance:read",
    "remediation:read",
    "drift:read",
    "inventory:read",
    "posture:read",
    "infra:read",
    "system:read",
    "settings:read",
    "ai:query",
    "org:read",
    "project:read",
    "test:read",
    "results:read",
    "public",
    "agent",
    "node",
    "signature",
    "trigger",
];

fn served(stage: &Stage) -> BTreeSet<(String, String)> {
    let document = stage.anonymous().get("/openapi.json").expect_status(200).json();
    let mut found = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for method in item.as_object().unwrap().keys() {
            found.insert((method.to_uppercase(), path.clone()));
        }
    }
    found
}

fn call(client: &Client, row: &Access) -> Response {
    let request = client.request(&row.method, &table::concrete(&row.path));
    let request = if matches!(row.method.as_str(), "POST" | "PUT" | "PATCH") { request.json(&json!({})) } else { request };
    request.send()
}

/// Streams would be read for ever; their refusals are tested where they live and by `sockets_refuse_..`.
fn is_plain(row: &Access) -> bool {
    row.method != "WS" && !row.path.contains("/stream")
}

fn stage() -> Stage {
    Stage::on(ArgosConfig::new().env("ARGOS_HTTP_RATE_LIMITING", "false").env("ARGOS_TRUSTED_PROXIES", "127.0.0.1"))
}

/// Each caller comes from its own address: refusals are counted per address.
fn from(client: Client, number: usize) -> Client {
    client.with_header("X-Forwarded-For", &format!("198.51.{}.{}", number / 200, 1 + number % 200))
}

#[test]
fn guarded_route_without_a_credential_is_401() {
    let stage = stage();
    let served = served(&stage);
    let guarded: Vec<Access> = table::all()
        .into_iter()
        .filter(|row| is_plain(row) && served.contains(&(row.method.clone(), row.path.clone())))
        .filter(|row| !["public", "agent", "node", "signature", "triggerkey", "credentials"].iter().any(|each| row.takes(each)))
        .collect();
    assert!(guarded.len() > 50, "only {} guarded routes are served", guarded.len());
    let anonymous = stage.anonymous();
    let faults: Vec<String> = table::probe_all(&guarded, |number, row| {
        let answer = call(&from(anonymous.clone(), number), row);
        let refused = answer.status == 401 && (answer.json()["detail"] == "Authentication required" || row.system == "power");
        (!refused).then(|| format!("{} {}: {} {}", row.method, row.path, answer.status, answer.text()))
    })
    .into_iter()
    .flatten()
    .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn route_above_the_role_of_a_viewer_is_403() {
    let stage = stage();
    let served = served(&stage);
    stage.add_user("vera", "viewer");
    let viewer = stage.sign_in("vera");
    let mut faults = Vec::new();
    let mut probed = 0;
    for (number, row) in table::all().iter().enumerate() {
        let permission = row.permission.split(';').next().unwrap_or_default();
        if !is_plain(row)
            || !served.contains(&(row.method.clone(), row.path.clone()))
            || !row.takes("session")
            || VIEWER.contains(&permission)
        {
            continue;
        }
        probed += 1;
        let answer = call(&from(viewer.clone(), number), row);
        let expected = format!("Permission denied: {permission}");
        if answer.status != 403 || answer.json()["error"] != expected.as_str() {
            faults.push(format!("{} {} ({permission}): {} {}", row.method, row.path, answer.status, answer.text()));
        }
    }
    assert!(probed > 20, "only {probed} routes are above a viewer");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn route_of_a_viewer_is_not_refused_to_one_and_no_get_fails() {
    let stage = stage();
    let served = served(&stage);
    stage.add_user("vera", "viewer");
    let viewer = stage.sign_in("vera");
    let mut faults = Vec::new();
    for (number, row) in table::all().iter().enumerate() {
        let permission = row.permission.split(';').next().unwrap_or_default();
        if !is_plain(row) || row.method != "GET" || !served.contains(&(row.method.clone(), row.path.clone())) || !row.takes("session") {
            continue;
        }
        // Parameter 1 is somebody else's account.
        if row.permission.contains(";other=") && row.path.contains('{') {
            continue;
        }
        let (who, client) = if VIEWER.contains(&permission) { ("viewer", &viewer) } else { ("owner", &stage.owner) };
        let answer = call(&from(client.clone(), number), row);
        if matches!(answer.status, 401 | 403 | 500 | 501) {
            faults.push(format!("{who}: {} {} ({permission}): {} {}", row.method, row.path, answer.status, answer.text()));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
