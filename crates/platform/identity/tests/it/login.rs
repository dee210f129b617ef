//! Signing in: shapes, failures, the limiter, and who may not.

use argos_store::args;
use serde_json::json;

use crate::world::{API_KEY, PASSWORD, World, browser, credentials};

argos_store::statements! {
    state;
    SET_HASH = "test.set_hash", "update users set password_hash = $1 where username_key = $2";
    GET_HASH = "test.get_hash", "select password_hash from users where username_key = $1";
}

#[tokio::test]
async fn login_answers_each_family_in_its_shape() {
    let w = World::new().await;
    let edge = w.anyone.post("/api/auth/login", credentials("ADMIN", PASSWORD)).await;
    assert_eq!((edge.status, edge.json()), (200, json!({ "username": "admin", "role": "owner" })));
    let cookies: Vec<String> = edge.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap().to_owned()).collect();
    assert_eq!(cookies.len(), 2);
    assert!(cookies[0].starts_with("argos_session=") && cookies[0].ends_with("; HttpOnly; SameSite=Lax; Path=/; Max-Age=604800"));
    assert!(cookies[1].starts_with("csrf_token=") && !cookies[1].contains("HttpOnly"));
    assert_eq!(edge.set_cookie("csrf_token").unwrap().len(), 32);

    let ops = w.anyone.post("/api/login", credentials("admin", PASSWORD)).await;
    let body = ops.json();
    assert_eq!((ops.status, &body["role"], &body["username"]), (200, &json!("admin"), &json!("admin")));
    assert_eq!(body["token"].as_str().unwrap().len(), 64);
    assert!(ops.header("set-cookie").is_none());

    let nodes = w.anyone.post("/api/v1/auth/login", credentials("admin", PASSWORD)).await;
    let body = nodes.json();
    assert_eq!((nodes.status, &body["success"], &body["error"]), (200, &json!(true), &json!(null)));
    assert_eq!(body["user"]["role"], "super_admin");
    assert_eq!(body["csrf_token"].as_str().unwrap(), nodes.set_cookie("csrf_token").unwrap());
    assert!(body.get("access_token").is_none());

    let me = browser(&w.anyone, &nodes).0.get("/api/v1/auth/me").await;
    assert_eq!(me.json()["username"], "admin");
}

#[tokio::test]
async fn wrong_password_unknown_user_and_missing_fields_answer_alike() {
    let w = World::new().await;
    for (i, (name, password)) in [("admin", "nope"), ("nobody", PASSWORD), ("", ""), ("admin", "")].into_iter().enumerate() {
        let reply = w.anyone.from_ip(&format!("10.1.0.{i}")).post("/api/login", credentials(name, password)).await;
        assert_eq!(reply.status, 401, "{name}");
        assert_eq!(reply.json()["error"], "Invalid credentials");
        assert_eq!(reply.json()["detail"], "Invalid credentials");
    }
    let edge = w.anyone.from_ip("10.1.1.1").post("/api/auth/login", credentials("admin", "nope")).await;
    assert_eq!((edge.status, edge.json()["error"].clone()), (401, json!("invalid credentials")));
    let missing = w.anyone.post("/api/auth/login", json!({ "username": "admin" })).await;
    assert_eq!((missing.status, missing.json()["field"].clone()), (400, json!("password")));
    let nodes = w.anyone.from_ip("10.1.1.2").post("/api/v1/auth/login", credentials("admin", "nope")).await;
    let body = nodes.json();
    assert_eq!(nodes.status, 401);
    assert_eq!(
        (&body["success"], &body["csrf_token"], &body["user"], &body["error"]),
        (&json!(false), &json!(null), &json!(null), &json!("Invalid credentials"))
    );
    assert!(w.event_kinds().await.contains(&"auth.login_failed".to_owned()));
    assert!(w.audit_actions().await.contains(&"auth.login_failed".to_owned()));
}

#[tokio::test]
async fn guesses_that_arrive_at_once_are_no_way_round_the_ban() {
    let w = World::new().await;
    let mut burst = tokio::task::JoinSet::new();
    for n in 0..40 {
        let client = w.anyone.clone();
        burst.spawn(async move { client.post("/api/auth/login", credentials(&format!("ghost{n}"), "nope")).await.status });
    }
    let statuses = burst.join_all().await;
    let judged = statuses.iter().filter(|s| **s == 401).count();
    assert!((5..=9).contains(&judged), "five fail, at most four more were being judged: {statuses:?}");
}

#[tokio::test]
async fn five_failures_ban_the_address_and_the_next_ban_lasts_longer() {
    let w = World::new().await;
    let fail = || w.anyone.post("/api/auth/login", credentials("ghost", "nope"));
    for _ in 0..5 {
        assert_eq!(fail().await.status, 401);
    }
    let banned = w.anyone.post("/api/auth/login", credentials("admin", PASSWORD)).await;
    assert_eq!((banned.status, banned.header("retry-after")), (429, Some("300")));
    assert_eq!(banned.json()["error"], "too many failed attempts, try again in 5 minutes");
    let ops = w.anyone.post("/api/login", credentials("admin", PASSWORD)).await;
    assert_eq!(ops.json()["error"], "Too many login attempts. Try again in 300 seconds.");
    assert_eq!(w.anyone.from_ip("10.2.0.1").post("/api/login", credentials("admin", PASSWORD)).await.status, 200);
    assert!(w.event_kinds().await.contains(&"auth.locked".to_owned()));

    w.clock.advance_secs(301);
    for _ in 0..5 {
        assert_eq!(fail().await.status, 401);
    }
    assert_eq!(fail().await.header("retry-after"), Some("600"));
    let rows = w.audit_actions().await;
    assert_eq!(rows.iter().filter(|a| *a == "auth.rate_limited").count(), 2, "one row per ban");
}

#[tokio::test]
async fn ban_survives_a_new_process_and_is_lifted_by_the_command_line() {
    let w = World::new().await;
    for _ in 0..5 {
        w.anyone.post("/api/login", credentials("ghost", "nope")).await;
    }
    assert_eq!(w.anyone.post("/api/login", credentials("admin", PASSWORD)).await.status, 429);
    let by = argos_identity::Authority::command_line();
    assert_eq!(w.identity.unban(&by, Some("127.0.0.1")).await.unwrap(), 1);
    assert_eq!(w.anyone.post("/api/login", credentials("ghost", "nope")).await.status, 401);
    assert_eq!(w.anyone.post("/api/login", credentials("admin", PASSWORD)).await.status, 200);
}

#[tokio::test]
async fn node_logins_count_every_attempt_of_a_minute() {
    let w = World::new().await;
    for _ in 0..5 {
        assert_eq!(w.anyone.post("/api/v1/auth/login", credentials("admin", PASSWORD)).await.status, 200);
    }
    let sixth = w.anyone.post("/api/v1/auth/login", credentials("admin", PASSWORD)).await;
    assert_eq!(sixth.status, 429);
    assert_eq!(sixth.json()["error"], "Too many login attempts. Try again later.");
    assert_eq!(sixth.json()["success"], false);
    assert!(sixth.header("retry-after").is_some());
    w.clock.advance_secs(60);
    assert_eq!(w.anyone.post("/api/v1/auth/login", credentials("admin", PASSWORD)).await.status, 200);
    w.set_policy(|p| p.attempts_per_minute = 1);
    assert_eq!(w.anyone.post("/api/v1/auth/login", credentials("admin", PASSWORD)).await.status, 429);
}

#[tokio::test]
async fn node_login_refuses_long_fields_and_names_closed_accounts_after_the_right_password() {
    let w = World::new().await;
    let long = w.anyone.post("/api/v1/auth/login", credentials(&"x".repeat(65), "p")).await;
    assert_eq!((long.status, long.json()["error"].clone()), (400, json!("Invalid credentials")));
    let owner = w.owner().await;
    w.user(&owner, "vic", "viewer").await;
    let uid = w.uid(&owner, "vic").await;
    owner.put(&format!("/api/v1/users/{uid}"), json!({ "is_active": false })).await;
    let nodes = w.anyone.from_ip("10.3.0.1").post("/api/v1/auth/login", credentials("vic", PASSWORD)).await;
    assert_eq!((nodes.status, nodes.json()["error"].clone()), (401, json!("Account is disabled")));
    let wrong = w.anyone.from_ip("10.3.0.1").post("/api/v1/auth/login", credentials("vic", "nope")).await;
    assert_eq!(wrong.json()["error"], "Invalid credentials");
    let edge = w.anyone.from_ip("10.3.0.2").post("/api/auth/login", credentials("vic", PASSWORD)).await;
    assert_eq!(edge.json()["error"], "invalid credentials");
    let until = (1_800_000_000 + 3600) * 1_000_000_i64;
    let until = argos_kernel::Timestamp::from_micros(until).rfc3339();
    owner.put(&format!("/api/v1/users/{uid}"), json!({ "is_active": true, "is_temporary": true, "expires_at": until })).await;
    w.clock.advance_secs(3601);
    let expired = w.anyone.from_ip("10.3.0.3").post("/api/v1/auth/login", credentials("vic", PASSWORD)).await;
    assert_eq!(expired.json()["error"], "Account has expired");
}

#[tokio::test]
async fn form_login_redirects_to_safe_targets_only() {
    let w = World::new().await;
    let form = |body: String| w.anyone.call("POST", "/api/v1/auth/login-form", Some(body.into()));
    let ok = form(format!("username=admin&password={PASSWORD}&next=%2Ftopology")).await;
    assert_eq!((ok.status, ok.header("location")), (303, Some("/topology")));
    assert!(ok.set_cookie("argos_session").is_some());
    let evil = form(format!("username=admin&password={PASSWORD}&next=%2F%2Fevil.example")).await;
    assert_eq!(evil.header("location"), Some("/dashboard"));
    let wrong = form("username=admin&password=nope".to_owned()).await;
    assert_eq!((wrong.status, wrong.header("location")), (303, Some("/login?error=invalid")));
}

#[tokio::test]
async fn older_hash_is_verified_and_replaced_at_login() {
    let w = World::new().await;
    let db = &w.store.store.state;
    let old = "pbkdf2:1000:salt:a8df899f3c4f204d967e0ad63c092987c10055ebb017b3d9d28add218d4f7aad";
    db.exec(SET_HASH, args![old, "admin"]).await.unwrap();
    assert_eq!(w.anyone.post("/api/login", credentials("admin", "secret")).await.status, 200);
    let stored: String = db.one(GET_HASH, args!["admin"]).await.unwrap().get(0).unwrap();
    assert!(stored.starts_with("$argon2id$"), "{stored}");
    assert_eq!(w.anyone.post("/api/login", credentials("admin", "secret")).await.status, 200);
    assert_eq!(ALL.len(), 2);
}

#[tokio::test]
async fn logins_from_a_foreign_page_are_refused() {
    let w = World::new().await;
    let foreign = w.anyone.with_header("sec-fetch-site", "cross-site");
    for path in ["/api/auth/login", "/api/login", "/api/v1/auth/login"] {
        let reply = foreign.post(path, credentials("admin", PASSWORD)).await;
        assert_eq!((reply.status, reply.json()["code"].clone()), (403, json!("csrf_failed")), "{path}");
    }
}

#[tokio::test]
async fn first_run_makes_an_owner_once_with_a_file_that_the_login_removes() {
    let w = World::without_users(None).await;
    let first = w.identity.ensure_first_user().await.unwrap().unwrap();
    assert!(first.generated && first.username == "admin" && first.password.reveal().len() == 20);
    assert!(w.identity.ensure_first_user().await.unwrap().is_none());
    let file = w.dir.path().join("first-run-password");
    assert_eq!(std::fs::read_to_string(&file).unwrap().trim(), first.password.reveal());
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let owner = w.signed_in("admin", first.password.reveal()).await;
    assert!(!file.exists());
    let me = owner.get("/api/ui/me").await.json();
    assert_eq!((&me["user"]["must_change_password"], &me["user"]["role"]), (&json!(true), &json!("owner")));
    let change = json!({ "current_password": first.password.reveal(), "new_password": "Another-Horse-2" });
    assert_eq!(owner.post("/api/auth/password", change).await.status, 200);
    assert_eq!(owner.get("/api/ui/me").await.json()["user"]["must_change_password"], false);
}

#[tokio::test]
async fn policy_follows_the_settings_and_their_changes() {
    use std::sync::Arc;

    use argos_kernel::{Clock, Rng, SystemClock, SystemRng};

    let migrations = [argos_vault::MIGRATIONS, argos_settings::MIGRATIONS].concat();
    let t = argos_store::testing::sqlite(&migrations).await;
    let (clock, rng): (Arc<dyn Clock>, Arc<dyn Rng>) = (Arc::new(SystemClock), Arc::new(SystemRng::default()));
    let db = &t.store.state;
    let master = argos_vault::MasterKey::generate(&*rng);
    let vault = argos_vault::Vault::unlock(db, &master, Arc::clone(&clock), Arc::clone(&rng)).await.unwrap();
    let environment = argos_settings::boot::Environment::from_pairs([("ARGOS_DATA_DIR", "/tmp/none"), ("ARGOS_API_KEY", API_KEY)]);
    let boot = argos_settings::boot::Boot::load(std::collections::BTreeMap::new(), environment).unwrap();
    let options = argos_identity::BootOptions::of(&boot).unwrap();
    assert_eq!((options.api_key.unwrap().reveal().as_str(), options.data_dir.to_str()), (API_KEY, Some("/tmp/none")));
    let settings = argos_settings::Settings::open(db, &vault, boot, clock, rng).await.unwrap();
    settings.set_sink(Arc::new(NoRecord));
    let policy = argos_identity::policy_of(settings.clone());
    let (read, documented) = (policy(), argos_identity::Policy::default());
    assert_eq!(format!("{read:?}"), format!("{documented:?}"), "the defaults of the registry are the documented ones");
    let writes = [argos_settings::Write::text("session_lifetime_hours", "7"), argos_settings::Write::text("metrics.token", "scrape")];
    settings.set_many(&argos_kernel::Actor::system(), &writes).await.unwrap();
    assert_eq!(policy().lifetimes.token_h, 7);
    assert_eq!(policy().metrics_token_hash, Some(argos_identity::model::api_key::hash("scrape")));
}

/// Settings demand a recorder; this test looks at values only.
struct NoRecord;

impl argos_settings::ChangeSink for NoRecord {
    fn changed<'a>(
        &'a self,
        _: &'a mut argos_store::Tx,
        _: &'a argos_kernel::Actor,
        _: &'a [argos_settings::Change],
    ) -> argos_settings::BoxFuture<'a, argos_kernel::Result<()>> {
        Box::pin(async { Ok(()) })
    }
}
