//! Floors and rooms (ARCHITECTURE.md): who may import whom, over `cargo metadata`.

use serde_json::Value;

use super::Findings;
use crate::steps::Failed;
use crate::workspace::Workspace;

/// Platform crates may import only those before them.
const PLATFORM_ORDER: [&str; 21] = [
    "kernel",
    "store",
    "web",
    "vault",
    "settings",
    "net",
    "events",
    "audit",
    "jobs",
    "identity",
    "approvals",
    "metrics",
    "logs",
    "inventory",
    "alerts",
    "notify",
    "webhooks",
    "llm",
    "backup",
    "ui-assets",
    "base",
];

/// A crate of ours.
struct Member {
    name: String,
    floor: String,
    room: String,
    /// Name and whether it is only for tests.
    imports: Vec<(String, bool)>,
}

pub(super) fn check(workspace: &Workspace, findings: &mut Findings) -> Result<(), Failed> {
    let json = workspace.cargo(["metadata", "--no-deps", "--format-version=1"]).output()?;
    let metadata: Value = serde_json::from_slice(&json).map_err(|e| Failed::new(format!("cargo metadata: {e}")))?;
    let members: Vec<Member> = metadata["packages"].as_array().into_iter().flatten().map(|package| member(workspace, package)).collect();
    if members.is_empty() {
        return Err(Failed::new("cargo metadata names no package"));
    }
    for member in &members {
        if member.floor == "platform" && order(&member.room).is_none() {
            findings.fault(format!("{} has no place in the order of the platform crates", member.name));
        }
        for (import, only_tests) in &member.imports {
            if let Some(imported) = members.iter().find(|other| other.name == *import)
                && let Some(reason) = refuse(member, imported, *only_tests)
            {
                findings.fault(format!("{} imports {}: {reason}", member.name, imported.name));
            }
        }
    }
    Ok(())
}

fn member(workspace: &Workspace, package: &Value) -> Member {
    let manifest = package["manifest_path"].as_str().unwrap_or_default();
    let path = workspace.relative(std::path::Path::new(manifest)).into_owned();
    let mut parts = path.trim_end_matches("/Cargo.toml").split('/');
    let first = parts.next().unwrap_or_default().to_owned();
    let (floor, room) = if first == "crates" {
        (parts.next().unwrap_or_default().to_owned(), parts.next().unwrap_or_default().to_owned())
    } else {
        (first.clone(), first)
    };
    let imports = package["dependencies"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|dependency| Some((dependency["name"].as_str()?.to_owned(), dependency["kind"] == "dev")))
        .collect();
    Member { name: package["name"].as_str().unwrap_or_default().to_owned(), floor, room, imports }
}

fn refuse(member: &Member, imported: &Member, only_tests: bool) -> Option<&'static str> {
    match (member.floor.as_str(), imported.floor.as_str()) {
        ("engines", "engines") => None,
        ("engines", "acceptance") if only_tests => None,
        ("engines", _) => Some("an engine knows nothing of ours but other engines, and peers in its tests"),
        (_, "app") => Some("nothing stands above the app"),
        ("domains", "domains") => Some("a domain never imports another domain"),
        ("platform", "domains") => Some("the platform knows no domain"),
        ("platform", "platform") if !only_tests && order(&imported.room) >= order(&member.room) => {
            Some("a platform crate imports only those before it")
        }
        ("acceptance" | "xtask", "platform" | "domains" | "engines") => Some("it sees the product only from outside"),
        ("platform" | "domains" | "app", "acceptance") if !only_tests => Some("peers are for tests"),
        _ => None,
    }
}

fn order(room: &str) -> Option<usize> {
    PLATFORM_ORDER.iter().position(|name| *name == room)
}

#[cfg(test)]
mod tests {
    use super::{Member, refuse};

    fn crate_in(floor: &str, room: &str) -> Member {
        Member { name: format!("argos-{room}"), floor: floor.to_owned(), room: room.to_owned(), imports: Vec::new() }
    }

    #[test]
    fn import_against_the_floors_is_refused() {
        let cases = [
            (("domains", "power"), ("domains", "edge"), false, true),
            (("domains", "power"), ("domains", "edge"), true, true),
            (("domains", "power"), ("platform", "alerts"), false, false),
            (("domains", "power"), ("engines", "nut"), false, false),
            (("engines", "nut"), ("platform", "kernel"), false, true),
            (("engines", "powermib"), ("engines", "snmp"), false, false),
            (("engines", "snmp"), ("acceptance", "peers"), true, false),
            (("engines", "snmp"), ("acceptance", "peers"), false, true),
            (("platform", "events"), ("platform", "audit"), false, true),
            (("platform", "events"), ("platform", "audit"), true, false),
            (("platform", "audit"), ("platform", "events"), false, false),
            (("platform", "base"), ("domains", "power"), false, true),
            (("app", "argos"), ("domains", "power"), false, false),
            (("acceptance", "acceptance"), ("platform", "kernel"), false, true),
        ];
        for ((floor, room), (other_floor, other_room), only_tests, refused) in cases {
            let found = refuse(&crate_in(floor, room), &crate_in(other_floor, other_room), only_tests);
            assert_eq!(found.is_some(), refused, "{floor}/{room} imports {other_floor}/{other_room}");
        }
    }
}
