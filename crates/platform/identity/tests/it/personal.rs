//! One's own corner: who am I, preferences, layout, profile, SSH keys.

use argos_kernel::Role;
use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn me_shows_the_classic_list_and_all_grants() {
    let w = World::new().await;
    let owner = w.owner().await;
    let me = owner.get("/api/me").await.json();
    assert_eq!((&me["role"], &me["global_role"]), (&json!("admin"), &json!("owner")));
    assert_eq!(me["permissions"].as_array().unwrap().len(), 35);
    let grants: Vec<&str> = me["grants"].as_array().unwrap().iter().map(|g| g.as_str().unwrap()).collect();
    assert!(grants.contains(&"roles:owner") && grants.contains(&"org:delete") && grants.is_sorted());
    let vic = w.user(&owner, "vic", "viewer").await;
    assert_eq!(vic.get("/api/me").await.json()["permissions"].as_array().unwrap().len(), 10);
    let classic = vic.get("/api/permissions").await.json();
    assert_eq!(classic.as_object().unwrap().keys().collect::<Vec<_>>(), ["viewer", "operator", "admin"]);
    assert_eq!(classic["operator"].as_array().unwrap().len(), 21);
    let all = vic.get("/api/permissions?all=1").await.json();
    assert!(all["organization_roles"]["billing_admin"].as_array().unwrap().len() == 2);
    assert!(all["catalogue"].as_array().unwrap().len() > 120);
    let ui = vic.get("/api/ui/me").await.json();
    assert_eq!((&ui["user"]["username"], &ui["user"]["role"], &ui["preferences"]), (&json!("vic"), &json!("viewer"), &json!({})));
    assert_eq!(ui["can"], vic.get("/api/me").await.json()["grants"]);
    assert_eq!(vic.get("/api/auth/me").await.json(), json!({ "username": "vic", "role": Role::Viewer }));
}

#[tokio::test]
async fn preferences_and_layout_belong_to_one_user() {
    let w = World::new().await;
    let owner = w.owner().await;
    let vic = w.user(&owner, "vic", "viewer").await;
    assert_eq!(vic.get("/api/user/preferences").await.json(), json!({ "preferences": {}, "synced": false }));
    assert_eq!(vic.put("/api/user/preferences", json!({ "preferences": [] })).await.status, 400);
    assert_eq!(vic.put("/api/user/preferences", json!({ "preferences": { "a": 1 } })).await.json(), json!({ "status": "ok" }));
    assert_eq!(
        vic.get("/api/user/preferences").await.json(),
        json!({ "preferences": { "a": 1 }, "updated_at": 1_800_000_000, "synced": true })
    );
    assert_eq!(owner.get("/api/user/preferences").await.json()["synced"], false);
    let huge = json!({ "preferences": { "a": "x".repeat(66_000) } });
    assert_eq!(vic.put("/api/user/preferences", huge).await.status, 413);
    assert_eq!(vic.delete("/api/user/preferences").await.status, 200);
    assert_eq!(vic.get("/api/user/preferences").await.json()["synced"], false);

    assert_eq!(vic.get("/api/dashboard").await.json(), json!({}));
    vic.post("/api/dashboard", json!({ "card_order": ["cpu", "disk"], "card_vis": { "cpu": true } })).await;
    vic.post("/api/dashboard", json!({ "card_theme": { "cpu": "red" }, "card_order": null })).await;
    let layout = vic.get("/api/dashboard").await.json();
    assert_eq!((&layout["card_order"], &layout["card_theme"]), (&json!(["cpu", "disk"]), &json!({ "cpu": "red" })));
    assert_eq!(layout["username"], "vic");
}

#[tokio::test]
async fn profile_shows_recent_logins_and_failures() {
    let w = World::new().await;
    let owner = w.owner().await;
    w.anyone.post("/api/login", json!({ "username": "admin", "password": "nope" })).await;
    let profile = owner.get("/api/profile").await.json();
    assert_eq!((&profile["username"], &profile["has_2fa"]), (&json!("admin"), &json!(false)));
    assert_eq!(profile["recent_logins"].as_array().unwrap().len(), 1);
    assert_eq!(profile["failed_logins"][0]["ip"], "127.0.0.1");
    assert!(profile["recent_actions"].as_array().unwrap().iter().any(|a| a["action"] == "login"));
}

#[tokio::test]
async fn own_profile_merges_partial_updates_and_names_faults() {
    let w = World::new().await;
    let owner = w.owner().await;
    let me = owner.get("/api/v1/users/me").await.json();
    assert_eq!(
        (&me["timezone"], &me["theme"], &me["notification_preferences"]["alert_threshold"]),
        (&json!("UTC"), &json!("system"), &json!(80))
    );
    let put = owner.put("/api/v1/users/me", json!({ "display_name": "The Owner", "bio": "hi", "theme": null })).await.json();
    assert_eq!((&put["display_name"], &put["bio"], &put["theme"]), (&json!("The Owner"), &json!("hi"), &json!("system")));
    let bad = owner.put("/api/v1/users/me", json!({ "theme": "pink" })).await;
    assert_eq!((bad.status, bad.json()["detail"][0]["loc"].clone()), (422, json!(["body", "theme"])));
    let prefs = owner.put("/api/v1/users/me/preferences", json!({ "daily_digest": true, "theme": "dark" })).await.json();
    assert_eq!((&prefs["notification_preferences"]["daily_digest"], &prefs["theme"]), (&json!(true), &json!("dark")));
    assert_eq!(owner.put("/api/v1/users/me/preferences", json!({ "daily_digest": 3 })).await.status, 422);
    let ai = owner.put("/api/v1/users/me/ai-config", json!({ "cost_limit_per_day": 5 })).await.json();
    assert_eq!((&ai["cost_limit_per_day"], &ai["default_provider"]), (&json!(5), &json!("anthropic")));
    assert_eq!(owner.put("/api/v1/users/me/ai-config", json!({ "cost_limit_per_message": 101 })).await.status, 422);
}

#[tokio::test]
async fn defaults_of_tests_and_explorations_are_kept_and_patch_is_another_word_for_put() {
    let w = World::new().await;
    let owner = w.owner().await;
    let put = owner.put("/api/v1/users/me/test-defaults", json!({ "max_retries": 4, "default_browser": null })).await.json();
    assert_eq!((&put["test_defaults"]["max_retries"], &put["test_defaults"]["default_browser"]), (&json!(4), &json!("chromium")));
    let bad = owner.put("/api/v1/users/me/test-defaults", json!({ "max_retries": 11 })).await;
    assert_eq!((bad.status, bad.json()["detail"][0]["loc"].clone()), (422, json!(["body", "max_retries"])));
    let put = owner.patch("/api/v1/users/me/discovery-preferences", json!({ "maxPages": 9, "focusAreas": ["cart"] })).await.json();
    assert_eq!((&put["discovery_preferences"]["maxPages"], &put["discovery_preferences"]["mode"]), (&json!(9), &json!("standard")));
    assert_eq!(put["test_defaults"]["max_retries"], 4, "the rest stays");
    assert_eq!(owner.patch("/api/v1/users/me", json!({ "bio": "hello" })).await.json()["bio"], "hello");
    let config = owner.patch("/api/v1/users/me/ai-preferences", json!({ "default_model": "gpt-4o" })).await.json();
    assert_eq!((&config["default_model"], owner.get("/api/v1/users/me/ai-config").await.json()), (&json!("gpt-4o"), config.clone()));
    assert_eq!(owner.patch("/api/user/preferences", json!({ "preferences": {} })).await.status, 405, "of the quality routes alone");
    let me = owner.get("/api/v1/users/me").await.json();
    assert_eq!(me["last_active_at"], me["last_login_at"], "seen when the session began");
}

#[tokio::test]
async fn ssh_keys_are_added_listed_and_removed_in_the_real_file() {
    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl me@host";
    let w = World::new().await;
    let owner = w.owner().await;
    assert_eq!(owner.get("/api/admin/ssh-keys").await.json(), json!([]));
    assert_eq!(owner.post("/api/admin/ssh-keys", json!({ "key": "rm -rf /" })).await.status, 400);
    assert_eq!(owner.post("/api/admin/ssh-keys", json!({ "key": KEY })).await.json(), json!({ "status": "ok" }));
    let list = owner.get("/api/admin/ssh-keys").await.json();
    assert_eq!((&list[0]["id"], &list[0]["type"], &list[0]["comment"]), (&json!(0), &json!("ssh-ed25519"), &json!("me@host")));
    assert_eq!(list[0]["fingerprint"], "AAAAC3NzaC1lZDI1NTE5...");
    let file = w.dir.path().join("home/.ssh/authorized_keys");
    let mode = |p: &std::path::Path| std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(p).unwrap().permissions()) & 0o777;
    assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
    std::fs::write(&file, format!("# kept\n{KEY}\n")).unwrap();
    assert_eq!(owner.delete("/api/admin/ssh-keys/1").await.status, 404);
    assert_eq!(owner.delete("/api/admin/ssh-keys/0").await.status, 200);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "# kept\n");
}

/// A form with one file.
fn form(bytes: &[u8]) -> Vec<u8> {
    let mut body =
        b"--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../../me.png\"\r\nContent-Type: text/html\r\n\r\n".to_vec();
    body.extend(bytes);
    body.extend(b"\r\n--cut--\r\n");
    body
}

fn picture() -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, 2, 2);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.add_text_chunk("Author".to_owned(), "where I live".to_owned()).unwrap();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[1, 2, 3, 4]).unwrap();
    writer.finish().unwrap();
    out
}

#[tokio::test]
async fn picture_is_recognised_by_its_bytes_cleaned_and_shown_without_power() {
    for store in argos_store::testing::each_engine(&crate::world::migrations()).await {
        let w = World::on(store, Some(crate::world::PASSWORD)).await;
        w.identity.ensure_first_user().await.unwrap();
        let owner = w.owner().await;
        let path = "/api/v1/users/me/avatar";
        let sender = owner.with_header("content-type", "multipart/form-data; boundary=cut");
        let put = async |bytes: Vec<u8>| sender.call("POST", path, Some(form(&bytes).into())).await;
        let made = put(picture()).await;
        assert_eq!(made.status, 200, "{}", made.text());
        let url = made.json()["avatar_url"].as_str().unwrap().to_owned();
        assert_eq!(owner.get("/api/v1/users/me").await.json()["avatar_url"], url.as_str());
        let shown = owner.get(url.split('?').next().unwrap()).await;
        assert_eq!((shown.status, shown.header("content-type")), (200, Some("image/png")), "not the type it came with");
        assert!(shown.header("content-security-policy").unwrap().contains("sandbox"));
        assert!(!shown.text().contains("where I live"), "remarks do not stay");
        for bad in [b"<svg onload='x'/>".to_vec(), vec![], picture()[..30].to_vec()] {
            let refused = put(bad).await;
            assert_eq!((refused.status, refused.json()["field"].clone()), (400, json!("file")), "{}", refused.text());
        }
        assert_eq!(owner.delete(path).await.status, 200);
        assert_eq!(owner.get(url.split('?').next().unwrap()).await.status, 404);
        assert_eq!(owner.get("/api/v1/users/me").await.json()["avatar_url"], json!(null));
    }
}

#[tokio::test]
async fn own_activity_and_connected_accounts_name_nobody_elses() {
    let w = World::new().await;
    let owner = w.owner().await;
    let vic = w.user(&owner, "vic", "viewer").await;
    assert_eq!(owner.post("/api/v1/api-keys", json!({ "name": "k", "scopes": ["read"] })).await.status, 200);
    let activity = vic.get("/api/v1/users/me/activity").await.json();
    assert_eq!(
        (&activity["login_count"], &activity["organizations_count"], &activity["api_keys_count"]),
        (&json!(1), &json!(1), &json!(0))
    );
    let actions: Vec<&str> = activity["recent"].as_array().unwrap().iter().filter_map(|d| d["action"].as_str()).collect();
    assert_eq!(actions, ["auth.login"], "{activity}");
    assert!(activity["member_since"].is_string() && activity["api_requests_30d"] == 0);
    let connected = owner.get("/api/v1/users/me/connected-accounts").await.json();
    assert_eq!((&connected["accounts"], &connected["api_keys_active"]), (&json!([]), &json!(1)));
    assert_eq!(vic.get("/api/v1/users/me/connected-accounts").await.json()["api_keys_total"], 0);
}

#[tokio::test]
async fn members_changed_at_the_same_time_are_all_kept() {
    for t in argos_store::testing::each_engine(&crate::world::migrations()).await {
        let w = World::on(t, Some(crate::world::PASSWORD)).await;
        w.identity.ensure_first_user().await.unwrap();
        let owner = w.owner().await;
        for round in 0..10 {
            let (bio, digest, zone) = tokio::join!(
                owner.put("/api/v1/users/me", json!({ "bio": format!("round {round}") })),
                owner.put("/api/v1/users/me/preferences", json!({ "daily_digest": round % 2 == 0 })),
                owner.put("/api/v1/users/me", json!({ "language": if round % 2 == 0 { "es" } else { "en" } })),
            );
            assert_eq!((bio.status, digest.status, zone.status), (200, 200, 200), "{} {} {}", bio.text(), digest.text(), zone.text());
            let now = owner.get("/api/v1/users/me").await.json();
            let wanted = (json!(format!("round {round}")), json!(round % 2 == 0), json!(if round % 2 == 0 { "es" } else { "en" }));
            assert_eq!((now["bio"].clone(), now["notification_preferences"]["daily_digest"].clone(), now["language"].clone()), wanted);
        }
    }
}
