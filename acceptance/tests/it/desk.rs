//! The lists that every part has a share in (ui.md 2.4): what waits for a person, which credentials are kept, what comes by
//! the clock. Each tells a caller only what that caller may see.

use std::time::Duration;

use argos_peers::{Client, wait_for};
use serde_json::{Value, json};

use crate::stage::{Stage, assert_error};

fn waiting(client: &Client) -> Value {
    client.get("/api/ui/inbox").expect_status(200).json()
}

/// What waits with that title.
fn find(inbox: &Value, kind: &str, title: &str) -> Option<Value> {
    let items = inbox["items"].as_array().expect("items");
    items.iter().find(|i| i["kind"] == kind && i["title"].as_str().is_some_and(|t| t.contains(title))).cloned()
}

fn decide(client: &Client, item: &Value, word: &str) -> argos_peers::Response {
    let path = format!("/api/ui/inbox/{}/decide", item["ref"].as_str().expect("ref").replace(':', "%3A"));
    client.post(&path, json!({ "word": word, "comment": "seen in the inbox" }))
}

#[test]
fn question_waits_for_those_who_may_answer_and_is_gone_with_the_first_word() {
    let stage = Stage::start();
    let (olga, vera) = (stage.person("olga", "operator"), stage.person("vera", "viewer"));
    let body = json!({"name": "check", "kind": "audit.verify", "cron": "0 4 * * *", "approval": {"timeout_s": 600}});
    let schedule = stage.owner.post("/api/schedules", body).expect_status(201).json();
    let run = stage.owner.post(&format!("/api/schedules/{}/trigger", schedule["id"]), json!({})).expect_status(200).json();

    let asked = find(&waiting(&olga), "approval", "check").expect("it waits for an operator");
    assert_eq!((&asked["words"], &asked["by"]), (&json!(["approve", "deny", "defer"]), &json!("admin")), "{asked}");
    let seen = find(&waiting(&vera), "approval", "check").expect("a viewer sees it");
    assert_eq!(seen["words"], json!([]), "and decides nothing");
    assert_error(&decide(&vera, &asked, "approve"), 403, "permission_denied");
    assert_error(&decide(&olga, &asked, "read"), 400, "invalid_word");
    assert_error(&olga.post("/api/ui/inbox/approval:99999/decide", json!({"word": "approve"})), 404, "not_found");
    assert_error(&olga.post("/api/ui/inbox/nothing/decide", json!({"word": "approve"})), 404, "not_found");

    // The message that tells of it is not a second thing that waits.
    wait_for("the message", Duration::from_secs(20), || {
        let told = olga.get("/api/notifications").expect_status(200).json();
        told["notifications"].as_array()?.iter().any(|n| n["type"] == "approval").then_some(())
    });
    assert!(find(&waiting(&olga), "message", "check").is_none());

    assert_eq!(decide(&olga, &asked, "approve").expect_status(200).json()["state"], "approved");
    assert_error(&decide(&stage.owner, &asked, "deny"), 400, "approval_decided");
    wait_for("the run", Duration::from_secs(20), || {
        let job = stage.owner.get("/api/ui/jobs?kind=audit.verify").expect_status(200).json();
        job["items"].as_array()?.iter().any(|j| j["id"] == run["job_id"] && j["state"] == "succeeded").then_some(())
    });
    assert!(find(&waiting(&olga), "approval", "check").is_none());
    let audit = stage.owner.get("/api/ui/audit?action=approval_decide").expect_status(200).json();
    assert_eq!((audit.as_array().map(Vec::len), &audit[0]["username"]), (Some(1), &json!("olga")), "{audit}");

    // A message is one's own, and read once.
    let mine = waiting(&olga)["items"].as_array().and_then(|all| all.iter().find(|i| i["kind"] == "message").cloned());
    let mine = mine.expect("the message that tells of it waits to be read now");
    assert_eq!(decide(&olga, &mine, "read").expect_status(200).json()["state"], "read");
    let left = waiting(&olga);
    assert!(left["items"].as_array().is_some_and(|all| all.iter().all(|i| i["ref"] != mine["ref"])), "{left}");

    // What was deleted by mistake comes back as it was, once, and for whoever deleted it.
    let rule = json!({"id": "nights", "condition": "cpu_percent > 99.5", "severity": "warning", "message": "hot", "group": "house"});
    stage.owner.post("/api/alert-rules", rule).expect_status(200);
    let nights = || {
        let all = stage.owner.get("/api/alert-rules").expect_status(200).json();
        all.as_array().expect("rules").iter().find(|r| r["id"] == "nights").cloned()
    };
    let before = nights().expect("the rule");
    let told =
        stage.owner.post("/api/ui/preview", json!({"method": "DELETE", "path": "/api/alert-rules/nights"})).expect_status(200).json();
    assert_eq!(told["reversible"], true, "{told}");
    let undo = stage.owner.delete("/api/alert-rules/nights").expect_status(200).json()["undo"].clone();
    assert_eq!(nights(), None);
    let back = format!("/api/ui/undo/{}", undo.as_str().expect("a token"));
    assert_error(&olga.post(&back, json!({})), 404, "undo_expired");
    stage.owner.post(&back, json!({})).expect_status(200);
    let after = nights().expect("it is back");
    for member in ["condition", "severity", "message", "group", "enabled", "channels"] {
        assert_eq!(after[member], before[member], "{member}");
    }
    assert_error(&stage.owner.post(&back, json!({})), 404, "undo_expired");

    for query in ["kind=nothing", "limit=0", "limit=200&offset=900"] {
        assert_error(&olga.get(&format!("/api/ui/inbox?{query}")), 400, "invalid_parameter");
    }
}

#[test]
fn credentials_are_listed_by_what_uses_them_and_never_shown() {
    let stage = Stage::start();
    let token = "pt-5c2a9b7e61f04d38-of-the-channel";
    let channel = json!({"name": "ops", "type": "telegram", "enabled": false, "config": {"bot_token": token, "chat_id": "7"}});
    let channel = stage.owner.post("/api/notifications/channels", channel).expect_status(201).json();
    let rule = json!({"name": "night shift", "channel_id": channel["id"], "event_type": "backup.failed"});
    stage.owner.post("/api/notifications/rules", rule).expect_status(201);
    stage.owner.put("/api/settings/smtp.password", json!({"value": "Mail-Pass-9431"})).expect_status(200);
    let key =
        stage.owner.post("/api/admin/api-keys", json!({"name": "deploy", "role": "viewer", "expires_days": 3})).expect_status(200).json();

    let page = stage.owner.get("/api/ui/credentials").expect_status(200).json();
    let text = page.to_string();
    for secret in [token, "Mail-Pass-9431", key["key"].as_str().expect("the key")] {
        assert!(!text.contains(secret), "{text}");
    }
    let of = |kind: &str, name: &str| {
        let all = page["items"].as_array().expect("items");
        all.iter().find(|c| c["kind"] == kind && c["name"] == name).cloned().unwrap_or_else(|| panic!("{kind} {name}: {text}"))
    };
    assert_eq!(of("channel", "ops")["used_by"], json!(["night shift"]));
    assert!(of("setting", "smtp.password")["changed_at"].is_string());
    assert!(of("api_key", "deploy")["expires_at"].is_string());
    assert!(page["items"].as_array().is_some_and(|all| all.iter().any(|c| c["kind"] == "master_key")));
    assert_eq!(page["unavailable"], json!([]));
    let keys = stage.owner.get("/api/ui/credentials?kind=api_key&limit=1").expect_status(200).json();
    assert_eq!((&keys["total"], keys["items"].as_array().map(Vec::len)), (&json!(1), Some(1)), "{keys}");
    // Who may not see a list where it is kept does not see it here.
    let seen = stage.person("vera", "viewer").get("/api/ui/credentials").expect_status(200).json();
    assert!(["api_key", "channel", "master_key", "data_key"].iter().all(|kind| !seen.to_string().contains(kind)), "{seen}");
    assert_eq!(stage.anonymous().get("/api/ui/credentials").status, 401);

    // The key ends within the days that are looked at; so is the nightly backup, and a window over it.
    let now = stage.owner.get("/api/schedules").expect_status(200).json();
    let backup = now["items"].as_array().and_then(|all| all.iter().find(|s| s["kind"] == "backup").cloned()).expect("the nightly backup");
    let window = json!({"name": "moving house", "schedule": "0 1 * * *", "duration_min": 180});
    stage.owner.post("/api/maintenance-windows", window).expect_status(200);
    let coming = stage.owner.get("/api/ui/schedules?days=4").expect_status(200).json();
    let kinds = |kind: &str| coming["items"].as_array().expect("items").iter().filter(|d| d["kind"] == kind).count();
    assert!(kinds("schedule") >= 4 && kinds("maintenance") >= 3 && kinds("key_end") == 1, "{coming}");
    let times: Vec<&str> = coming["items"].as_array().expect("items").iter().filter_map(|d| d["at"].as_str()).collect();
    assert!(times.is_sorted() && coming.to_string().contains(backup["name"].as_str().expect("name")), "{coming}");
    assert_error(&stage.owner.get("/api/ui/schedules?days=93"), 400, "invalid_parameter");

    let channels = stage.owner.get("/api/ui/channels").expect_status(200).json();
    let ops = &channels["channels"][0];
    assert_eq!(
        (&ops["name"], &ops["rules"], &ops["organization_id"]),
        (&json!("ops"), &json!(["night shift"]), &Value::Null),
        "{channels}"
    );
}
