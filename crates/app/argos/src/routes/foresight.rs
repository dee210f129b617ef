//! What changes of the platform's own things take along, read from where it is kept. Domains say it of theirs
//! (`DeskPart::foresees`). Nothing here changes anything.

use argos_audit::{Category, Filter};
use argos_kernel::{Result, Timestamp};
use argos_platform::Platform;
use argos_web::{Caller, Consequence, Judged, Req};

/// Changes whose answer carries an offer to take them back.
const UNDOABLE: [&str; 56] = [
    "alerts.delete_rule",
    "alerts.delete_silence",
    "alerts.delete_window",
    "dashboards.delete",
    "dashboards.update",
    "edge.create_exclusion",
    "edge.delete_custom_rule",
    "edge.delete_exclusion",
    "edge.delete_host",
    "edge.delete_rule",
    "edge.delete_target",
    "edge.delete_target_group",
    "edge.put_security",
    "edge.reorder_rules",
    "edge.toggle_custom_rule",
    "edge.toggle_exclusion",
    "edge.toggle_host",
    "edge.toggle_rule",
    "edge.toggle_target",
    "edge.update_custom_rule",
    "edge.update_exclusion",
    "edge.update_host",
    "edge.update_rule",
    "edge.update_target",
    "edge.update_target_group",
    "inventory.add_link",
    "inventory.annotate_thing",
    "inventory.change_link",
    "notify.delete_channel",
    "notify.delete_rule",
    "notify.toggle_channel",
    "notify.toggle_rule",
    "notify.update_channel",
    "notify.update_rule",
    "organization_channels.delete",
    "organization_channels.patch",
    "organization_rules.delete",
    "organization_rules.patch",
    "power.remove_plan",
    "schedules.delete",
    "schedules.patch",
    "schedules.pause",
    "schedules.remove_approval",
    "schedules.resume",
    "schedules.set_approval",
    "status.delete_component",
    "status.update_component",
    "test_schedules.delete",
    "test_schedules.pause",
    "test_schedules.resume",
    "test_schedules.update",
    "ui.change_view",
    "ui.delete_view",
    "webhook_endpoints.delete",
    "webhooks.delete",
    "webhooks.update",
];

/// Changes that nothing takes back: what they end has to be made anew.
const FINAL: [&str; 21] = [
    "admin.revoke_api_key",
    "admin.rotate_api_key",
    "api_keys.revoke",
    "api_keys.revoke_in",
    "api_keys.rotate",
    "api_keys.rotate_in",
    "backups.delete",
    "backups.restore",
    "nodes.remove",
    "nodes.remove_tunnel",
    "nodes.rotate_secret",
    "organizations.delete",
    "organizations.remove_member",
    "power_keys.revoke",
    "projects.delete",
    "teams.delete",
    "tests.delete",
    "users.delete",
    "vault.rekey",
    "webhook_endpoints.rotate",
    "webhooks.rotate",
];

/// `None` where only the change itself knows.
pub(super) fn is_reversible(operation: &str) -> Option<bool> {
    match (UNDOABLE.contains(&operation), FINAL.contains(&operation)) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}

fn member(caller: &Caller, organization: i64, permission: &str) -> bool {
    caller.memberships.iter().any(|m| m.organization_id == organization && m.grants.has(permission))
}

/// What is told to those who may make the change, and to nobody else: it names what others have.
pub(super) async fn of_platform(p: &Platform, req: &Req, judged: &Judged) -> Result<Vec<Consequence>> {
    let caller = &req.cx().caller;
    let number = || judged.param("id").parse::<i64>().unwrap_or_default();
    match judged.operation {
        "users.delete" => match judged.param("id").parse() {
            Ok(uid) => p.identity.consequences_of_user(uid).await,
            Err(_) => Ok(Vec::new()),
        },
        "organizations.delete" | "teams.delete" => of_organization(p, caller, judged.param("id")).await,
        "projects.delete" => of_project(p, req, judged.param("id")).await,
        "notify.delete_channel" => of_channel(p, number(), true).await,
        "notify.toggle_channel" => of_channel(p, number(), false).await,
        "notify.delete_rule" | "notify.toggle_rule" => p.notify.consequences_of_rule(number()).await,
        "alerts.delete_rule" => p.alerts.consequences_of_rule(judged.param("rule_id")).await,
        "webhooks.delete" | "webhooks.rotate" => {
            p.webhooks.consequences_of_endpoint(judged.param("webhook_id").parse().unwrap_or_default()).await
        }
        "schedules.delete" | "schedules.pause" => of_schedule(p, caller, number()).await,
        "admin.revoke_api_key" | "admin.rotate_api_key" => of_key(p, caller, judged.param("key_id")).await,
        "api_keys.revoke" | "api_keys.rotate" | "power_keys.revoke" => of_key(p, caller, judged.param("id")).await,
        "api_keys.revoke_in" | "api_keys.rotate_in" => of_key(p, caller, judged.param("key_id")).await,
        "backups.restore" => of_restore(p, number()).await,
        _ => Ok(Vec::new()),
    }
}

async fn of_organization(p: &Platform, caller: &Caller, id: &str) -> Result<Vec<Consequence>> {
    let Ok(uid) = id.parse() else { return Ok(Vec::new()) };
    let mut found = p.identity.consequences_of_organization(caller, uid).await?;
    if let (false, Some(own)) = (found.is_empty(), caller.memberships.iter().find(|m| m.organization_uid == uid)) {
        let id = own.organization_id;
        found.extend(p.webhooks.consequences_of_organization(id).await?);
        found.extend(p.notify.consequences_of_organization(id).await?);
        let schedules = p.schedules.list(None).await?.into_iter().filter(|s| s.spec.organization_id == Some(id));
        found.extend(Consequence::named("schedules", schedules.map(|s| s.spec.name)));
    }
    Ok(found)
}

async fn of_project(p: &Platform, req: &Req, id: &str) -> Result<Vec<Consequence>> {
    let Ok(access) = p.identity.project_named(req, id).await else { return Ok(Vec::new()) };
    if access.require("project:delete").is_err() {
        return Ok(Vec::new());
    }
    let schedules = p.schedules.list(None).await?.into_iter().filter(|s| s.spec.project_id == Some(access.project.id));
    Ok(Consequence::named("schedules", schedules.map(|s| s.spec.name)).into_iter().collect())
}

/// `gone`: its rules and waiting messages go with it; else they stay and nothing is sent.
async fn of_channel(p: &Platform, id: i64, gone: bool) -> Result<Vec<Consequence>> {
    let Some((name, enabled)) = p.notify.channel_named(id).await? else { return Ok(Vec::new()) };
    if !gone && !enabled {
        return Ok(Vec::new());
    }
    let mut found = if gone { p.notify.consequences_of_channel(id).await? } else { Vec::new() };
    found.extend(Consequence::named("alert_rules", p.alerts.rules_telling(id, &name).await?));
    if enabled && p.notify.enabled_channels().await? == 1 {
        found.extend(Consequence::counted("last_channel", 1));
    }
    Ok(found)
}

async fn of_schedule(p: &Platform, caller: &Caller, id: i64) -> Result<Vec<Consequence>> {
    let Some(s) = p.schedules.find(id).await? else { return Ok(Vec::new()) };
    if s.spec.organization_id.is_some_and(|o| !member(caller, o, "test:read")) {
        return Ok(Vec::new());
    }
    let next = s.next_run_at.filter(|_| s.spec.enabled);
    Ok(Consequence::named("runs_missed", next.map(Timestamp::rfc3339)).into_iter().collect())
}

/// When and how often a key was used, told to who keeps it.
async fn of_key(p: &Platform, caller: &Caller, id: &str) -> Result<Vec<Consequence>> {
    let all = p.identity.every_key().await?;
    let Some(key) = all.into_iter().find(|k| k.uid.to_string() == id || k.id.to_string() == id) else { return Ok(Vec::new()) };
    let own = match key.organization_id {
        Some(organization) => member(caller, organization, "api_key:read"),
        None => caller.grants.has("api_keys:manage") || (key.owner_id.is_some() && key.owner_id == caller.user_id),
    };
    if !own {
        return Ok(Vec::new());
    }
    Ok(Consequence::named("key_used", key.last_used_at.map(Timestamp::rfc3339)).into_iter().collect())
}

/// What was changed since the backup was made is not in it.
async fn of_restore(p: &Platform, id: i64) -> Result<Vec<Consequence>> {
    let Ok(backup) = p.backups.find(id).await else { return Ok(Vec::new()) };
    let mut changes = 0;
    // Of everything written down: not who signed in, nor what was only looked at.
    for category in [Category::Config, Category::Data] {
        let since = Filter { from: Some(backup.created_at), category: Some(category.as_str().to_owned()), ..Filter::default() };
        changes += p.audit.count(&since).await?;
    }
    Ok(Consequence::counted("changes_lost", usize::try_from(changes).unwrap_or(usize::MAX)).into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_change_that_is_named_is_one_and_is_named_once() {
        let document = include_str!("../../../../../contract/openapi.json");
        let all: Vec<&str> = UNDOABLE.into_iter().chain(FINAL).collect();
        for name in &all {
            assert!(document.contains(&format!("\"operationId\": \"{name}\"")), "{name} is no change");
            assert_eq!(all.iter().filter(|n| *n == name).count(), 1, "{name}");
        }
        assert_eq!((is_reversible("edge.delete_host"), is_reversible("users.delete")), (Some(true), Some(false)));
        assert_eq!(is_reversible("edge.create_host"), None);
    }
}
