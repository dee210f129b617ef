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

/// The parameters of a path of somebody else's organization; `None` where the object is of no organization.
fn foreign_path(path: &str, foreign: &serde_json::Value) -> Option<String> {
    let parts: Vec<&str> = path.split('/').collect();
    let mut filled = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let Some(name) = part.strip_prefix('{').and_then(|p| p.strip_suffix('}')) else {
            filled.push((*part).to_owned());
            continue;
        };
        let before = index.checked_sub(1).and_then(|i| parts.get(i)).copied().unwrap_or_default();
        let kind = match (before, name) {
            ("organizations", _) | (_, "org_id" | "organization_id") => "organization",
            ("projects", _) | (_, "project_id") => "project",
            ("api-keys", _) => "key",
            ("members", _) => "member",
            ("invitations", "invite_id") => "invitation",
            _ => return None,
        };
        filled.push(foreign[kind].as_str()?.to_owned());
    }
    Some(filled.join("/"))
}

/// An organization with one of everything, by somebody who is not asked.
fn furnished(stage: &Stage, who: &Client) -> serde_json::Value {
    let text = |value: &serde_json::Value, name: &str| value[name].as_str().unwrap_or_else(|| panic!("{name} in {value}")).to_owned();
    let organization = text(&who.post("/api/v1/organizations", json!({"name": "Bea's"})).expect_status(200).json(), "id");
    let path = format!("/api/v1/organizations/{organization}");
    let project = text(
        &who.post(&format!("{path}/projects"), json!({"name": "Shop", "app_url": "https://shop.example"})).expect_status(201).json(),
        "id",
    );
    let of = format!("/api/v1/invitations/organizations/{organization}/invitations");
    let invitation = text(&who.post(&of, json!({"email": "guest@example.org"})).expect_status(200).json(), "id");
    let member = text(&who.get(&format!("{path}/members")).expect_status(200).json()[0], "user_id");
    let body = json!({"name": "theirs", "scopes": ["read"]});
    let keyed = who.clone().with_header("X-Organization-ID", &organization).post("/api/v1/api-keys", body);
    assert!(keyed.status < 300, "{}", keyed.text());
    let key = text(&keyed.json(), "id");
    assert_eq!(stage.anonymous().get("/readyz").status, 200);
    json!({"organization": organization, "project": project, "invitation": invitation, "member": member, "key": key})
}

#[test]
fn object_of_another_organization_is_404_on_every_route_whatever_ones_own_rights() {
    let stage = stage();
    let served = served(&stage);
    let (bea, sam) = (stage.person("bea", "admin"), stage.person("sam", "admin"));
    let foreign = furnished(&stage, &bea);
    let own = sam.post("/api/v1/organizations", json!({"name": "Sam's"})).expect_status(200).json()["id"].as_str().unwrap().to_owned();
    let key =
        sam.clone().with_header("X-Organization-ID", &own).post("/api/v1/api-keys", json!({"name": "own", "scopes": ["admin"]})).json();
    let program = stage.anonymous().with_header("X-API-Key", key["key"].as_str().unwrap_or_else(|| panic!("{key}")));
    let before = bea.get(&format!("/api/v1/organizations/{}", foreign["organization"].as_str().unwrap())).expect_status(200).json();
    let (mut faults, mut probed) = (Vec::new(), 0);
    for (number, row) in table::all().iter().enumerate() {
        if row.system != "quality"
            || !row.permission.contains(':')
            || !is_plain(row)
            || !served.contains(&(row.method.clone(), row.path.clone()))
        {
            continue;
        }
        let Some(path) = row.path.contains('{').then(|| foreign_path(&row.path, &foreign)).flatten() else { continue };
        let callers = [("session", &sam), ("apikey", &program)];
        for (_, client) in callers.into_iter().filter(|(kind, _)| row.takes(kind)) {
            probed += 1;
            // Named by the path alone, and with the own organization in the header, which must not help.
            for client in [client.clone(), client.clone().with_header("X-Organization-ID", &own)] {
                let request = from(client, number);
                let request = request.request(&row.method, &path);
                let answer =
                    if matches!(row.method.as_str(), "POST" | "PUT" | "PATCH") { request.json(&json!({})) } else { request }.send();
                if answer.status != 404 {
                    faults.push(format!("{} {}: {} {}", row.method, row.path, answer.status, answer.text()));
                }
            }
        }
    }
    assert!(probed > 20, "only {probed} routes name an object of an organization");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let after = bea.get(&format!("/api/v1/organizations/{}", foreign["organization"].as_str().unwrap())).expect_status(200).json();
    assert_eq!((&after["name"], &after["member_count"]), (&before["name"], &before["member_count"]));
    assert_eq!(bea.get(&format!("/api/v1/projects/{}", foreign["project"].as_str().unwrap())).status, 200, "nothing was done");
}
