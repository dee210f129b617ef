//! Platform 1.3 and 1.4: credentials that are wrong, old, foreign or several at once.

use std::time::{Duration, Instant};

use argos_peers::argos::ADMIN_PASSWORD;
use argos_peers::{Argos, ArgosConfig, wait_until};
use serde_json::json;

use crate::stage::{PASSWORD, Stage, assert_error};

#[test]
fn request_without_a_credential_is_answered_slowly_with_the_ways_to_sign_in() {
    let argos = Argos::start();
    let began = Instant::now();
    let answer = argos.anonymous().get("/api/me");
    assert!(began.elapsed() >= Duration::from_millis(100), "401 after {:?}", began.elapsed());
    assert_eq!(answer.status, 401);
    let body = answer.json();
    assert_eq!((&body["error"], &body["detail"]), (&json!("unauthorized"), &json!("Authentication required")));
    assert_eq!(answer.header("www-authenticate"), Some("Bearer, ApiKey"));
}

#[test]
fn forged_credentials_are_refused() {
    let argos = Argos::start();
    let token = argos.login("admin", ADMIN_PASSWORD);
    let altered = format!("{}{}", &token[..63], if token.ends_with('0') { '1' } else { '0' });
    let jwt = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJpc3MiOiJhcmdvcyIsImF1ZCI6ImFyZ29zLWFwaSIsInN1YiI6ImFkbWluIiwiZXhwIjo0MDcwOTA4ODAwfQ.";
    let key = format!("argus_sk_{}", "0".repeat(64));
    for forged in [altered.as_str(), &"f".repeat(64), "", "x", &"a".repeat(9000), jwt, &key, "svc_nobody", "admin", "' or 1=1 --"] {
        let answer = argos.anonymous().with_bearer(forged).get("/api/me");
        // An oversized header may be refused before it is read as a credential.
        assert!(answer.status == 401 || forged.len() > 8192 && matches!(answer.status, 400 | 431), "{forged:.40}: {}", answer.text());
        let cookie = argos.anonymous().with_header("Cookie", &format!("argos_session={forged}")).get("/api/me");
        assert!((400..500).contains(&cookie.status), "cookie {forged:.40}: {}", cookie.status);
    }
    assert_eq!(argos.anonymous().with_bearer(&token).get("/api/me").status, 200);
}

#[test]
fn session_of_another_server_is_refused() {
    let (one, other) = (Argos::start(), Argos::start());
    let token = other.login("admin", ADMIN_PASSWORD);
    assert_eq!(one.anonymous().with_bearer(&token).get("/api/me").status, 401);
}

#[test]
fn secret_of_the_environment_signs_sessions_and_another_one_ends_them() {
    let argos = ArgosConfig::new().env("ARGOS_SESSION_SECRET", &"one".repeat(12)).start();
    let token = argos.login("admin", ADMIN_PASSWORD);
    let argos = argos.stop().restart();
    assert_eq!(argos.anonymous().with_bearer(&token).get("/api/me").status, 200);
    let mut stopped = argos.stop();
    stopped.config.set_env("ARGOS_SESSION_SECRET", &"two".repeat(12));
    let argos = stopped.restart();
    assert_eq!(argos.anonymous().with_bearer(&token).get("/api/me").status, 401);
}

#[test]
fn first_credential_present_decides() {
    let argos = Argos::start();
    let good = argos.login("admin", ADMIN_PASSWORD);
    let bad_key = argos.anonymous().with_bearer(&good).with_header("X-API-Key", "argus_sk_nothing");
    assert_eq!(bad_key.get("/api/me").status, 401, "no fall-through from the key to the session");
    let bad_bearer = argos.anonymous().with_bearer("f00").with_header("Cookie", &format!("argos_session={good}"));
    assert_eq!(bad_bearer.get("/api/me").status, 401, "no fall-through from the header to the cookie");
    assert_eq!(bad_bearer.get("/healthz").status, 200, "a public route ignores it");
}

#[test]
fn token_in_the_query_is_no_credential_for_ordinary_routes() {
    let argos = Argos::start();
    let token = argos.login("admin", ADMIN_PASSWORD);
    assert_eq!(argos.anonymous().get(&format!("/api/me?token={token}")).status, 401);
}

#[test]
fn logout_ends_the_token_and_works_without_one() {
    let stage = Stage::start();
    let client = stage.person("vera", "viewer");
    assert_eq!(client.get("/api/me").status, 200);
    assert_eq!(client.post("/api/logout", json!({})).expect_status(200).json()["status"], "ok");
    assert_eq!(client.get("/api/me").status, 401);
    assert_eq!(stage.anonymous().post("/api/logout", json!({})).status, 200);
}

#[test]
fn change_of_password_ends_the_other_sessions() {
    let stage = Stage::start();
    let (one, other) = (stage.person("vera", "viewer"), stage.sign_in("vera"));
    let wrong = one.post("/api/profile/password", json!({"current": "Wrong-Pass-1", "new": "Better-Pass-2"}));
    assert_eq!(wrong.status, 401, "{}", wrong.text());
    let weak = one.post("/api/profile/password", json!({"current": PASSWORD, "new": "weak"}));
    assert_eq!(weak.status, 400, "{}", weak.text());
    one.post("/api/profile/password", json!({"current": PASSWORD, "new": "Better-Pass-2"})).expect_status(200);
    wait_until("the other session to end", Duration::from_secs(2), || other.get("/api/me").status == 401);
    assert_eq!(one.get("/api/me").status, 200, "the session that changed it stays");
    let old = stage.anonymous().post("/api/login", json!({"username": "vera", "password": PASSWORD}));
    assert_eq!(old.status, 401);
}

#[test]
fn change_of_role_and_removal_end_the_sessions() {
    let stage = Stage::start();
    let (olga, rita) = (stage.person("olga", "operator"), stage.person("rita", "viewer"));
    let act = |body| stage.owner.post("/api/admin/users", body).expect_status(200);
    act(json!({"action": "set_role", "username": "olga", "role": "viewer"}));
    wait_until("the session of the old role to end", Duration::from_secs(2), || olga.get("/api/me").status == 401);
    act(json!({"action": "remove", "username": "rita"}));
    wait_until("the session of nobody to end", Duration::from_secs(2), || rita.get("/api/me").status == 401);
    assert_eq!(stage.anonymous().post("/api/login", json!({"username": "rita", "password": PASSWORD})).status, 401);
}

#[test]
fn admin_revokes_a_session_by_its_prefix() {
    let stage = Stage::start();
    let client = stage.person("vera", "viewer");
    let own = client.get("/api/profile/sessions").expect_status(200).json();
    let prefix = own[0]["prefix"].as_str().expect("a prefix").to_owned();
    let seen = stage.owner.get("/api/admin/sessions").expect_status(200).json();
    assert!(seen.as_array().unwrap().iter().any(|each| each["prefix"] == prefix.as_str()), "{seen}");
    assert_eq!(stage.owner.post("/api/admin/sessions/revoke", json!({"prefix": "abc"})).status, 400);
    let answer = stage.owner.post("/api/admin/sessions/revoke", json!({"prefix": prefix})).expect_status(200);
    assert_eq!(answer.json()["success"], true);
    wait_until("the session to end", Duration::from_secs(2), || client.get("/api/me").status == 401);
}

#[test]
fn failed_logins_do_not_tell_why() {
    let stage = Stage::start();
    stage.add_user("vera", "viewer");
    let bodies = [
        json!({"username": "vera", "password": "Wrong-Pass-1"}),
        json!({"username": "nobody", "password": PASSWORD}),
        json!({"username": "vera"}),
        json!({}),
    ];
    let texts: Vec<_> = bodies
        .iter()
        .map(|body| {
            let answer = stage.anonymous().post("/api/login", body.clone());
            assert_eq!(answer.status, 401, "{body}: {}", answer.text());
            answer.json()["error"].clone()
        })
        .collect();
    assert!(texts.iter().all(|text| text == "Invalid credentials"), "{texts:?}");
    let edge = stage.anonymous().post("/api/auth/login", json!({"username": "nobody", "password": PASSWORD}));
    assert_eq!((edge.status, edge.json()["error"].clone()), (401, json!("invalid credentials")));
}

#[test]
fn nodes_login_with_tokens_gives_an_access_token() {
    let stage = Stage::start();
    let body = json!({"username": "admin", "password": ADMIN_PASSWORD, "tokens": true});
    let answer = stage.anonymous().post("/api/v1/auth/login", body).expect_status(200).json();
    assert_eq!(answer["token_type"].as_str().map(str::to_lowercase).as_deref(), Some("bearer"));
    let access = answer["access_token"].as_str().expect("an access token");
    assert!(answer["expires_in"].as_u64().is_some_and(|seconds| seconds > 0), "{answer}");
    let client = stage.anonymous().with_bearer(access);
    assert_eq!(client.get("/api/me").expect_status(200).json()["username"], "admin");
    let flipped = if access.ends_with('0') { '1' } else { '0' };
    let forged = format!("{}{flipped}", &access[..access.len() - 1]);
    assert_eq!(stage.anonymous().with_bearer(&forged).get("/api/me").status, 401);
    assert_eq!(client.post("/api/v1/auth/logout", json!({})).status, 200);
    wait_until("the token family to end", Duration::from_secs(2), || client.get("/api/me").status == 401);
}

#[test]
fn every_who_am_i_names_the_same_user() {
    let stage = Stage::start();
    for path in ["/api/auth/me", "/api/me", "/api/v1/auth/me", "/api/v1/users/me", "/api/profile"] {
        let answer = stage.owner.get(path).expect_status(200).json();
        let text = answer.to_string();
        assert!(text.contains("\"username\":\"admin\""), "{path}: {text}");
    }
    assert_error(&stage.anonymous().get("/api/profile"), 401, "unauthenticated");
}
