//! What pages change and delete is taken back by the token beside the answer: once, by whoever made the change, and under the
//! number it had.

use argos_peers::{Client, Response};
use serde_json::{Value, json};

use crate::stage::{Stage, assert_error};

const TOKEN: &str = "x-argos-undo";

fn token(reply: &Response) -> String {
    reply.header(TOKEN).unwrap_or_else(|| panic!("no way back beside {reply:?}")).to_owned()
}

/// Makes a change, takes it back and says what is there then.
fn back(who: &Client, changed: &Response, at: &str) -> Value {
    who.post(&format!("/api/ui/undo/{}", token(changed)), json!({})).expect_status(200);
    who.get(at).expect_status(200).json()
}

/// The one of a list with this member.
fn named(list: &Value, member: &str, value: &str) -> Value {
    let all = list.as_array().or_else(|| list.as_object()?.values().find_map(Value::as_array)).expect("a list");
    all.iter().find(|x| x[member] == value).cloned().unwrap_or_else(|| panic!("{value} is not among {list}"))
}

#[test]
fn what_was_changed_or_deleted_comes_back_as_it_was() {
    let stage = Stage::start();
    let o = &stage.owner;

    // A channel with what uses it, its secret among it.
    let config = json!({"url": "https://hooks.example.test/x", "secret": "s3cret-of-the-channel"});
    let channel =
        o.post("/api/notifications/channels", json!({"name": "ops", "type": "webhook", "config": config})).expect_status(201).json();
    let rule = json!({"name": "disks", "channel_id": channel["id"], "event_type": "alert.*", "throttle_window_seconds": 60});
    let rule = o.post("/api/notifications/rules", rule).expect_status(201).json();
    let path = format!("/api/notifications/channels/{}", channel["id"]);
    let gone = o.delete(&path).expect_status(204);
    let token_of_channel = token(&gone);
    let (there, rules) = (back(o, &gone, &path), o.get("/api/notifications/rules").expect_status(200).json());
    assert_eq!((&there["id"], &there["config"], &there["enabled"]), (&channel["id"], &channel["config"], &channel["enabled"]));
    assert_eq!((&rules[0]["id"], &rules[0]["throttle_window_seconds"]), (&rule["id"], &json!(60)), "{rules}");
    assert_error(&o.post(&format!("/api/ui/undo/{token_of_channel}"), json!({})), 404, "undo_expired");
    let changed = o.put(&path, json!({"name": "night shift"})).expect_status(200);
    assert_eq!(back(o, &changed, &path)["name"], "ops");
    let changed = o.put(&format!("/api/notifications/rules/{}", rule["id"]), json!({"throttle_window_seconds": 5})).expect_status(200);
    assert_eq!(back(o, &changed, "/api/notifications/rules")[0]["throttle_window_seconds"], 60);

    // Nobody takes back what somebody else did.
    let ada = stage.person("ada", "admin");
    let switched = o.post(&format!("{path}/toggle"), json!({})).expect_status(200);
    assert_error(&ada.post(&format!("/api/ui/undo/{}", token(&switched)), json!({})), 404, "undo_expired");
    assert_eq!(back(o, &switched, &path)["enabled"], true);

    // Nor does anybody write over what somebody else changed since, until that was taken back.
    let switched = o.post(&format!("{path}/toggle"), json!({})).expect_status(200);
    let renamed = ada.put(&path, json!({"name": "night shift"})).expect_status(200);
    assert_error(&o.post(&format!("/api/ui/undo/{}", token(&switched)), json!({})), 404, "undo_expired");
    let there = o.get(&path).expect_status(200).json();
    assert_eq!((&there["name"], &there["enabled"]), (&json!("night shift"), &json!(false)), "{there}");
    assert_eq!(back(&ada, &renamed, &path)["name"], "ops");
    assert_eq!(back(o, &switched, &path)["enabled"], true);

    // A webhook answers at its address again, with its secret.
    let made = o.post("/api/webhooks", json!({"name": "ci", "source": "github"})).expect_status(200).json();
    let gone = o.delete(&format!("/api/webhooks/{}", made["id"])).expect_status(200);
    let there = named(&back(o, &gone, "/api/webhooks"), "name", "ci");
    assert_eq!((&there["id"], &there["hook_id"]), (&made["id"], &made["hook_id"]), "{there}");

    // A schedule, with who must be asked.
    let body = json!({"name": "check", "kind": "audit.verify", "cron": "0 4 * * *", "approval": {"timeout_s": 600}});
    let schedule = o.post("/api/schedules", body).expect_status(201).json();
    let path = format!("/api/schedules/{}", schedule["id"]);
    let there = back(o, &o.delete(&path).expect_status(204), &path);
    assert_eq!((&there["cron"], &there["approval"], &there["enabled"]), (&schedule["cron"], &schedule["approval"], &json!(true)));
    assert!(there["next_run_at"].is_string(), "it is planned again: {there}");
    let paused = o.post(&format!("{path}/pause"), json!({})).expect_status(200);
    assert_eq!(back(o, &paused, &path)["enabled"], true);

    // A component of the status page, a board, a view.
    let part = o.post("/api/status/components", json!({"name": "Shop"})).expect_status(200).json();
    let gone = o.delete(&format!("/api/status/components/{}", part["id"])).expect_status(200);
    assert_eq!(named(&back(o, &gone, "/api/status/components"), "name", "Shop")["id"], part["id"]);
    let board = o.post("/api/dashboards", json!({"name": "wall", "config_json": {"rows": []}})).expect_status(200).json();
    let gone = o.delete(&format!("/api/dashboards/{}", board["id"])).expect_status(200);
    assert_eq!(named(&back(o, &gone, "/api/dashboards"), "name", "wall")["id"], board["id"]);
    let view = o.post("/api/ui/views", json!({"page": "/inventory", "name": "mine", "query": "q=a"})).expect_status(201).json();
    let gone = o.delete(&format!("/api/ui/views/{}", view["id"].as_str().unwrap())).expect_status(204);
    assert_eq!(named(&back(o, &gone, "/api/ui/views"), "name", "mine")["id"], view["id"]);
}

#[test]
fn deleted_site_comes_back_with_its_rules_and_its_pool() {
    let stage = Stage::start();
    let o = &stage.owner;
    let pool = json!({"name": "web", "targets": [{"host": "127.0.0.1", "port": 9}, {"host": "127.0.0.1", "port": 10}]});
    let site = json!({"domain": "shop.example.test", "target_group": pool, "tls_mode": "none"});
    let site = o.post("/api/hosts", site).expect_status(201).json();
    let path = format!("/api/hosts/{}", site["id"]);
    let block =
        json!({"name": "no admin", "action": {"type": "block"}, "matchers": [{"type": "path", "config": {"patterns": ["/admin*"]}}]});
    let rule = o.post(&format!("{path}/rules"), block);
    assert_eq!(rule.status, 201, "{rule:?}");
    o.post(&format!("{path}/security/exclusions"), json!({"crs_rule_id": 942_100, "path_pattern": "/search", "reason": "words"}))
        .expect_status(201);

    let told = o.post("/api/ui/preview", json!({"method": "DELETE", "path": path})).expect_status(200).json();
    let what =
        |told: &Value| told["consequences"].as_array().unwrap().iter().map(|c| c["what"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!((what(&told), &told["reversible"]), (vec!["site_rules".to_owned(), "site_protection".to_owned()], &json!(true)), "{told}");
    let group = format!("/api/target-groups/{}", site["target_group_id"]);
    let told = o.post("/api/ui/preview", json!({"method": "DELETE", "path": group})).expect_status(200).json();
    assert_eq!(what(&told), ["pool_in_use", "targets"], "{told}");

    let ids = |list: &Value| list.as_array().unwrap().iter().map(|x| x["id"].clone()).collect::<Vec<_>>();
    let exclusions = || ids(&o.get(&format!("{path}/security")).expect_status(200).json()["exclusions"]);
    let targets = ids(&o.get(&group).expect_status(200).json()["targets"]);
    let (rules, excluded) = (ids(&o.get(&format!("{path}/rules")).expect_status(200).json()), exclusions());
    assert_eq!((targets.len(), rules.len(), excluded.len()), (2, 1, 1));

    let gone = o.delete(&path).expect_status(204);
    let token_of_site = token(&gone);
    let gone = o.delete(&group).expect_status(204);
    // Without its pool a site has nowhere to lead.
    assert_eq!(o.post(&format!("/api/ui/undo/{token_of_site}"), json!({})).status, 404);
    let there = back(o, &gone, &group);
    assert_eq!((&there["id"], ids(&there["targets"])), (&site["target_group_id"], targets), "{there}");
    // With its pool it comes back: the way back was refused, not spent.
    o.post(&format!("/api/ui/undo/{token_of_site}"), json!({})).expect_status(200);
    assert_error(&o.post(&format!("/api/ui/undo/{token_of_site}"), json!({})), 404, "undo_expired");
    let there = o.get(&path).expect_status(200).json();
    assert_eq!((&there["id"], &there["rules_count"], &there["domain"]), (&site["id"], &json!(1), &site["domain"]), "{there}");
    assert_eq!((ids(&o.get(&format!("{path}/rules")).expect_status(200).json()), exclusions()), (rules.clone(), excluded));
    let off = o.post(&format!("{path}/toggle"), json!({})).expect_status(200);
    assert_eq!(back(o, &off, &path)["enabled"], true);
    let rule = format!("{path}/rules/{}", rules[0]);
    assert_eq!(back(o, &o.delete(&rule).expect_status(204), &rule)["id"], rules[0]);
}

#[test]
fn who_may_only_switch_takes_nothing_but_the_switch_back() {
    let stage = Stage::start();
    let o = &stage.owner;
    let operator = stage.person("opa", "operator");
    let pool = json!({"name": "web", "targets": [{"host": "127.0.0.1", "port": 9}]});
    let site = o.post("/api/hosts", json!({"domain": "shop.example.test", "target_group": pool, "tls_mode": "none"}));
    let site = site.expect_status(201).json();
    let path = format!("/api/hosts/{}", site["id"]);
    let block =
        json!({"name": "no admin", "action": {"type": "block"}, "matchers": [{"type": "path", "config": {"patterns": ["/admin*"]}}]});
    let rule = o.post(&format!("{path}/rules"), block).expect_status(201).json();
    let rule = format!("{path}/rules/{}", rule["id"]);
    let group = format!("/api/target-groups/{}", site["target_group_id"]);
    let target = o.get(&group).expect_status(200).json()["targets"][0]["id"].clone();
    for (switch, at) in [(&path, &path), (&rule, &rule), (&format!("{group}/targets/{target}"), &group)] {
        let before = o.get(at).expect_status(200).json();
        let off = operator.post(&format!("{switch}/toggle"), json!({})).expect_status(200);
        let there = back(&operator, &off, at);
        let switched = |x: &Value| x.get("targets").map_or_else(|| x["enabled"].clone(), |t| t[0]["enabled"].clone());
        assert_eq!((switched(&before), switched(&there)), (json!(true), json!(true)), "{there}");
    }

    // What an admin changed or deleted meanwhile stays as the admin left it.
    let off = operator.post(&format!("{path}/toggle"), json!({})).expect_status(200);
    o.put(&path, json!({"domain": "shop.example.test", "enabled": false, "tls_mode": "none", "lan_only": true})).expect_status(200);
    assert_error(&operator.post(&format!("/api/ui/undo/{}", token(&off)), json!({})), 404, "undo_expired");
    let there = o.get(&path).expect_status(200).json();
    assert_eq!((&there["lan_only"], &there["enabled"]), (&json!(true), &json!(false)), "{there}");
    let on = operator.post(&format!("{path}/toggle"), json!({})).expect_status(200);
    o.delete(&path).expect_status(204);
    assert_eq!(operator.post(&format!("/api/ui/undo/{}", token(&on)), json!({})).status, 404);
    assert_eq!(o.get(&path).status, 404, "a deleted site stays deleted");
}

#[test]
fn made_up_things_are_apart_from_real_ones_and_go_in_one_step() {
    let stage = Stage::start();
    let o = &stage.owner;
    let total = |q: &str| o.get(&format!("/api/ui/inventory?q={q}")).expect_status(200).json()["total"].as_i64().unwrap();
    assert_eq!(o.get("/api/ui/demo").expect_status(200).json(), json!({"on": false, "things": 0}));
    let on = o.put("/api/ui/demo", json!({"on": true})).expect_status(200).json();
    assert_eq!(on["on"], true);
    assert_eq!(total("kind:demo"), on["things"].as_i64().unwrap());
    let real = o.get("/api/ui/inventory").expect_status(200).json();
    let kinds = real["facets"]["kinds"].as_array().unwrap();
    assert!(kinds.iter().all(|k| k["kind"] != "demo") && real["items"].as_array().unwrap().iter().all(|t| t["kind"] != "demo"), "{real}");
    let attention = o.get("/api/ui/attention").expect_status(200).json();
    assert!(attention["things"].as_array().unwrap().iter().all(|t| t["thing"]["kind"] != "demo"), "{attention}");
    let viewer = stage.person("vic", "viewer");
    assert_eq!(viewer.put("/api/ui/demo", json!({"on": false})).status, 403);
    assert_eq!(o.put("/api/ui/demo", json!({"on": false})).expect_status(200).json(), json!({"on": false, "things": 0}));
    assert_eq!(total("kind:demo"), 0);
}
