//! The three views over HTTP.

use argos_kernel::Actor;
use argos_settings::Write;
use serde_json::{Value, json};

use crate::house::{start, stores};

fn entry<'v>(list: &'v Value, key: &str) -> &'v Value {
    list.as_array().and_then(|l| l.iter().find(|e| e["key"] == key)).expect("the key is listed")
}

#[tokio::test]
async fn settings_shape_follows_format_then_prefix_then_credential() {
    for t in stores().await {
        let (header, cookie) = start(&t, &[]).await.clients();
        for (client, path, is_list) in [
            (&header, "/api/settings", false),
            (&cookie, "/api/settings", true),
            (&header, "/api/settings?format=list", true),
            (&cookie, "/api/settings?format=map", false),
            (&header, "/api/settings?prefix=logs.", true),
        ] {
            let reply = client.get(path).await;
            assert_eq!((reply.status, reply.json().is_array()), (200, is_list), "{path}");
            assert!(reply.header("vary").unwrap().contains("Cookie"), "{path}");
        }
        assert_eq!(header.get("/api/settings?format=xml").await.status, 400);
        let logs = header.get("/api/settings?prefix=logs.").await.json();
        let keys: Vec<&str> = logs.as_array().unwrap().iter().filter_map(|e| e["key"].as_str()).collect();
        assert_eq!(
            keys,
            ["logs.access_offset", "logs.errors_offset", "logs.max_entries", "logs.max_size_mb", "logs.retention_days", "logs.waf_offset"]
        );
    }
}

#[tokio::test]
async fn list_entry_carries_the_documented_members_and_those_of_the_form() {
    for t in stores().await {
        let house = start(&t, &[("CROWDSEC_BOUNCER_API_KEY", "bouncer-key-1234")]).await;
        let (header, _) = house.clients();
        let list = header.get("/api/settings?format=list").await.json();
        assert_eq!(list.as_array().unwrap().len(), 499);
        let days = entry(&list, "logs.retention_days");
        assert_eq!(
            *days,
            json!({"key": "logs.retention_days", "description": "Days log lines are kept.", "unit": "days", "minimum": 1.0, "maximum": 365.0, "value": "30", "updated_at": null, "updated_by": null, "version": 0, "source": "default",
                "locked": false, "locked_by": null, "default": "30", "default_text": "30", "type": "int", "options": [], "rule": "1-365",
                "class": "R", "owner": "platform", "secret": false, "set": false, "unused": null, "unreadable": false})
        );
        let bouncer = entry(&list, "crowdsec.bouncer_api_key");
        assert_eq!(
            (&bouncer["value"], &bouncer["locked"], &bouncer["locked_by"]),
            (&json!("__UNCHANGED__"), &json!(true), &json!("CROWDSEC_BOUNCER_API_KEY"))
        );
        assert_eq!(entry(&list, "smtp.password")["value"], "");
        assert_eq!(entry(&list, "smtp.security")["options"], json!(["starttls", "tls", "none"]));
        assert!(!header.get("/api/settings?format=list").await.text().contains("bouncer-key-1234"));
    }
}

#[tokio::test]
async fn put_writes_one_setting_and_answers_as_documented() {
    for t in stores().await {
        let house = start(&t, &[("ARGOS_ACME_CA_URL", "https://ca.test/dir")]).await;
        let (header, cookie) = house.clients();
        let put = header.put("/api/settings/logs.retention_days", json!({"value": "45"})).await;
        let body = put.json();
        assert_eq!(put.status, 200);
        assert_eq!(
            (&body["key"], &body["value"], &body["updated_at"]),
            (&json!("logs.retention_days"), &json!("45"), &json!("2023-11-14T22:13:20Z"))
        );
        assert_eq!((&body["updated_by"], &body["version"], &body["source"]), (&json!("ada"), &json!(1), &json!("api")));
        assert_eq!(house.settings.i64("logs.retention_days").unwrap(), 45);
        for (key, value, status, text) in [
            ("logs.retention_days", json!("0"), 400, "logs.retention_days: must be between 1 and 365"),
            ("logs.retention_dayz", json!("1"), 400, "unknown setting key"),
            ("acme.ca_url", json!(""), 409, "acme.ca_url: is set by ARGOS_ACME_CA_URL"),
            ("appsec.mode", json!("block"), 400, "appsec.mode: is written by its own routes only"),
            ("oidc.enabled", json!("true"), 400, "oidc.enabled: is written by its own routes only"),
            ("http.listen", json!(":1"), 409, "http.listen: is set by the start configuration"),
        ] {
            let reply = header.put(&format!("/api/settings/{key}"), json!({ "value": value })).await;
            assert_eq!((reply.status, reply.json()["error"].as_str().unwrap()), (status, text), "{key}");
        }
        assert_eq!(header.put("/api/settings/jobs.max", json!({"value": "1", "x": 1})).await.status, 400);
        assert_eq!(header.put("/api/settings/jobs.max", json!({})).await.status, 400);
        // Typed values and the return to the default, as our own forms send them.
        assert_eq!(cookie.put("/api/settings/jobs.max", json!({"value": 7})).await.json()["value"], "7");
        assert_eq!(cookie.put("/api/settings/jobs.max", json!({"value": null})).await.json()["value"], "3");
        let history = cookie.get("/api/settings/jobs.max/history").await.json();
        assert_eq!(
            history[1],
            json!({"version": 1, "value": "7", "previous": "3", "source": "api", "updated_at": "2023-11-14T22:13:20Z", "updated_by": "ada"})
        );
        assert_eq!(cookie.get("/api/settings/jobs.max").await.json()["version"], 2);
        assert_eq!(cookie.get("/api/settings/nope").await.status, 400);
    }
}

#[tokio::test]
async fn ops_map_has_its_documented_members_and_types() {
    for t in stores().await {
        let house = start(&t, &[]).await;
        let (header, _) = house.clients();
        let secret = json!({"email": {"server": "mx", "password": "nested-password"}});
        let set = [Write::text("ops.piholeToken", "pihole-token"), Write::json("ops.notifications", secret)];
        house.settings.set_many(&Actor::cli(), &set).await.unwrap();
        let map = header.get("/api/settings?format=map").await.json();
        for (name, value) in [
            ("piholeToken", json!("***")),
            ("hassToken", json!("")),
            ("notifications", json!({"email": {"server": "mx", "password": "***"}})),
            ("wanTestIp", json!("8.8.8.8")),
            ("monitoredServices", json!("")),
            ("ipWhitelist", json!("")),
            ("backupSources", json!([])),
            ("customActions", json!([])),
            ("backupRetentionDays", json!(7)),
            ("backupMaxDelete", json!(null)),
            ("require2fa", json!(false)),
            ("pushoverEnabled", json!(false)),
            ("auditRetentionDays", json!(365)),
            ("llmTemperature", json!(0.3)),
            ("unifiVerifySsl", json!(false)),
            ("oidcProviderName", json!("SSO")),
            ("socialProviders", json!({})),
        ] {
            assert_eq!(map[name], value, "{name}");
        }
        assert!(map.get("healing").is_none() && map.get("jobs.max").is_none());
    }
}

#[tokio::test]
async fn ops_map_posted_back_keeps_secrets_and_writes_only_what_changed() {
    for t in stores().await {
        let house = start(&t, &[("ARGOS_SETTINGS_LOCK", "1"), ("ARGOS_OPS_PLEXURL", "http://plex:1")]).await;
        let header = house.clients().0.from_ip("10.1.2.3");
        let body = json!({"piholeToken": "pihole-token", "piholeUrl": "http://pihole", "monitoredServices": "a, b",
            "notifications": {"email": {"password": "nested-password"}}, "unknownMember": 1, "ipWhitelist": "10.0.0.0/8,192.168.1.1"});
        let saved = header.post("/api/settings", body).await;
        assert_eq!((saved.status, saved.json()), (200, json!({"status": "ok"})));
        assert_eq!(house.settings.list("ops.monitoredServices").unwrap(), ["a", "b"]);
        let mut map = header.get("/api/settings?format=map").await.json();
        assert_eq!((&map["monitoredServices"], &map["plexUrl"]), (&json!("a,b"), &json!("http://plex:1")));
        map["lanTestIp"] = json!("10.0.0.9");
        assert_eq!(header.post("/api/settings", map).await.status, 200);
        let seen = house.recorder.seen.lock().unwrap().clone();
        let last: Vec<&str> = seen.last().unwrap().1.iter().map(|c| c.key).collect();
        assert_eq!(last, ["ops.lanTestIp"]);
        assert_eq!(house.settings.secret("ops.piholeToken").unwrap().unwrap().reveal(), "pihole-token");
        assert_eq!(house.settings.json("ops.notifications").unwrap()["email"]["password"], "nested-password");
        // A locked member that differs is refused.
        assert_eq!(header.post("/api/settings", json!({"plexUrl": "http://other"})).await.status, 409);
    }
}

#[tokio::test]
async fn ops_map_faults_use_the_documented_words() {
    for t in stores().await {
        let (header, _) = start(&t, &[]).await.clients();
        let reply = header.post("/api/settings", json!({"plexUrl": "ftp://x", "hassUrl": "nope", "serverUrl": "https://ok.test"})).await;
        assert_eq!(reply.status, 400);
        assert_eq!(
            reply.json()["error"],
            "Invalid URL scheme '' for hassUrl — must be http or https; Invalid URL scheme 'ftp' for plexUrl — must be http or https"
        );
        let reply = header.post("/api/settings", json!({"backupRetentionDays": -1, "wanTestIp": "x"})).await;
        assert_eq!(reply.json()["error"], "backupRetentionDays: must be between 0 and 3650; wanTestIp: must be an IP address");
        assert_eq!(header.post("/api/settings", json!([1])).await.status, 400);
        let map = header.get("/api/settings?format=map").await.json();
        assert_eq!(map["serverUrl"], "");
        assert_eq!(header.call("POST", "/api/settings", None).await.json(), json!({"status": "ok"}));
    }
}

#[tokio::test]
async fn changelog_groups_masks_and_cuts() {
    for t in stores().await {
        let house = start(&t, &[]).await;
        let (header, _) = house.clients();
        header.post("/api/settings", json!({"piholeToken": "pihole-token", "monitoredServices": "x".repeat(200)})).await;
        house.clock.advance_secs(60);
        header.put("/api/settings/jobs.max", json!({"value": "9"})).await;
        let log = header.get("/api/config/changelog").await.json();
        assert_eq!(log[0]["id"].as_str().unwrap().len(), 36);
        let mut first = log[0].clone();
        first.as_object_mut().unwrap().remove("id");
        assert_eq!(
            first,
            json!({"timestamp": 1_700_000_060, "username": "ada", "changes": [{"key": "jobs.max", "old": "3", "new": "9", "setting": "jobs.max"}]})
        );
        let first = &log[1]["changes"];
        assert_eq!(first.as_array().unwrap().len(), 2);
        let token = first.as_array().unwrap().iter().find(|c| c["key"] == "piholeToken").unwrap();
        assert_eq!((&token["old"], &token["new"]), (&json!(""), &json!("***")));
        let services = first.as_array().unwrap().iter().find(|c| c["key"] == "monitoredServices").unwrap();
        assert_eq!(services["new"].as_str().unwrap().len(), 80);
        assert_eq!(log[1]["timestamp"], 1_700_000_000);
    }
}

#[tokio::test]
async fn address_list_without_the_own_address_is_refused_from_there() {
    for t in stores().await {
        let house = start(&t, &[]).await;
        let (header, _) = house.clients();
        let here = header.from_ip("192.0.2.7");
        let path = "/api/settings/auth.ip_allowlist";
        let refused = here.put(path, json!({ "value": "10.0.0.0/8" })).await;
        assert_eq!(
            (refused.status, refused.json()["code"].clone(), refused.json()["ip"].clone()),
            (409, json!("would_lock_out"), json!("192.0.2.7"))
        );
        let flat = here.post("/api/settings", json!({ "ipWhitelist": "10.0.0.0/8" })).await;
        assert_eq!(flat.status, 409, "{}", flat.text());
        assert_eq!(here.put(path, json!({ "value": "10.0.0.0/8, 192.0.2.0/24" })).await.status, 200);
        assert_eq!(here.put(path, json!({ "value": "" })).await.status, 200, "an empty list lets everybody in");
    }
}

#[tokio::test]
async fn change_taken_back_restores_every_value_before_unless_changed_since() {
    for t in stores().await {
        let house = start(&t, &[]).await;
        let (header, _) = house.clients();
        header.post("/api/settings", json!({"piholeToken": "first-token-word"})).await;
        header.post("/api/settings", json!({"piholeToken": "second-token-word", "monitoredServices": "nginx"})).await;
        let id = |log: &Value, at: usize| log[at]["id"].as_str().unwrap().to_owned();
        let log = header.get("/api/config/changelog").await.json();
        let back = header.post(&format!("/api/config/changelog/{}/revert", id(&log, 0)), json!({})).await;
        assert_eq!(back.status, 200, "{}", back.text());
        assert_eq!(back.json()["keys"].as_array().unwrap().len(), 2);
        assert_eq!(house.settings.secret("ops.piholeToken").unwrap().unwrap().reveal(), "first-token-word");
        assert_eq!(house.settings.list("ops.monitoredServices").unwrap(), [""; 0]);
        let again = header.post(&format!("/api/config/changelog/{}/revert", id(&log, 0)), json!({})).await;
        assert_eq!((again.status, again.json()["code"].as_str()), (409, Some("changed_since")));
        assert_eq!(header.post("/api/config/changelog/nothing/revert", json!({})).await.status, 404);
        // The very first change of a key goes back to its default.
        header.put("/api/settings/jobs.max", json!({"value": "9"})).await;
        let log = header.get("/api/config/changelog").await.json();
        assert_eq!(header.post(&format!("/api/config/changelog/{}/revert", id(&log, 0)), json!({})).await.status, 200);
        assert_eq!(house.settings.i64("jobs.max").unwrap(), 3);
    }
}

#[tokio::test]
async fn settings_document_goes_out_sealed_and_comes_back_whole() {
    for t in stores().await {
        let house = start(&t, &[]).await;
        let (header, _) = house.clients();
        header.post("/api/settings", json!({"piholeToken": "a-token-nobody-knows", "piholeUrl": "http://192.0.2.7"})).await;
        header.put("/api/settings/jobs.max", json!({"value": "9"})).await;
        let yaml = header.get("/api/config/backup").await;
        assert_eq!((yaml.status, yaml.header("content-type")), (200, Some("application/x-yaml")));
        assert!(yaml.header("content-disposition").unwrap().contains("noba-config-backup.yaml"));
        assert!(!yaml.text().contains("a-token-nobody-knows") && yaml.text().contains("ENC:v1:"), "{}", yaml.text());
        header.put("/api/settings/jobs.max", json!({"value": "4"})).await;
        header.post("/api/settings", json!({"piholeToken": "another-token-now"})).await;
        let done = header.call("POST", "/api/config/restore", Some(yaml.body.clone())).await;
        assert_eq!((done.status, done.json()), (200, json!({"status": "ok"})), "{}", done.text());
        assert_eq!(house.settings.i64("jobs.max").unwrap(), 9);
        assert_eq!(house.settings.secret("ops.piholeToken").unwrap().unwrap().reveal(), "a-token-nobody-knows");
        for (body, text) in [("", "Empty body"), ("- a\n- b\n", "Config must be a YAML mapping")] {
            let refused = header.call("POST", "/api/config/restore", Some(body.as_bytes().to_vec().into())).await;
            assert_eq!((refused.status, refused.json()["error"].as_str()), (400, Some(text)));
        }
        // One bad value and nothing is written.
        let refused = header.call("POST", "/api/config/restore", Some("jobs.max: 5\nsystem.timezone: Mars/Base\n".into())).await;
        assert_eq!((refused.status, refused.json()["field"].as_str()), (400, Some("system.timezone")), "{}", refused.text());
        assert_eq!(house.settings.i64("jobs.max").unwrap(), 9);
        let print = header.get("/api/config/effective").await.text();
        assert!(print.contains("jobs.max = 9") && !print.contains("nobody-knows"));
    }
}

#[tokio::test]
async fn import_is_planned_with_every_difference_before_it_is_applied() {
    use argos_settings::ImportMode;
    for t in stores().await {
        let house = start(&t, &[]).await;
        let (header, _) = house.clients();
        header.put("/api/settings/jobs.max", json!({"value": "9"})).await;
        header.put("/api/settings/metrics.raw_days", json!({"value": "5"})).await;
        let document = json!({"jobs.max": 9, "metrics.raw_days": 7, "smtp.password": "hunter2hunter2", "http.listen": "x", "no.such": 1});
        let document = document.as_object().unwrap().clone();
        let (plan, writes) = house.settings.plan_import(&document, ImportMode::Merge).unwrap();
        let changes: Vec<_> = plan.changes.iter().map(|c| (c.key.as_str(), c.old.as_str(), c.new.as_str())).collect();
        assert_eq!(changes, [("metrics.raw_days", "5", "7"), ("smtp.password", "", "***")]);
        assert_eq!((plan.unchanged, plan.skipped.len(), plan.faults.len(), writes.len()), (1, 2, 0, 2));
        let (plan, _) = house.settings.plan_import(&serde_json::Map::new(), ImportMode::Replace).unwrap();
        assert_eq!(plan.changes.iter().map(|c| c.key.as_str()).collect::<Vec<_>>(), ["jobs.max", "metrics.raw_days"]);
        assert!(plan.changes.iter().all(|c| c.to_default));
        let foreign = json!({"smtp.password": "ENC:v1:00000000:AAAA", "jobs.max": "many"});
        let (plan, _) = house.settings.plan_import(foreign.as_object().unwrap(), ImportMode::Merge).unwrap();
        assert_eq!(plan.faults.len(), 2, "{plan:?}");
    }
}

#[tokio::test]
async fn nodes_settings_are_typed_and_written_all_or_nothing() {
    for t in stores().await {
        let house = start(&t, &[]).await;
        let (header, _) = house.clients();
        let shown = header.get("/api/v1/settings").await.json();
        assert_eq!(
            (&shown["command_timeout_secs"], &shown["node_ip_allowlist"], shown.as_object().unwrap().len()),
            (&json!(10), &json!([]), 12)
        );
        for (body, text) in [
            (json!({"no_such": 1}), "unknown setting key: no_such"),
            (json!({"command_timeout_secs": "soon"}), "command_timeout_secs must be an integer"),
            (json!({"events_retention_days": 400}), "events_retention_days must be 1-365, got 400"),
        ] {
            let mut body = body;
            body["max_login_attempts"] = json!(7);
            let refused = header.put("/api/v1/settings", json!({"settings": body})).await;
            assert_eq!((refused.status, refused.json()["error"].as_str()), (400, Some(text)));
        }
        let done = header.put("/api/v1/settings", json!({"settings": {"command_timeout_secs": 20, "max_login_attempts": "7"}})).await;
        assert_eq!(
            (done.status, &done.json()["command_timeout_secs"], &done.json()["max_login_attempts"]),
            (200, &json!(20), &json!(7)),
            "{}",
            done.text()
        );
    }
}
