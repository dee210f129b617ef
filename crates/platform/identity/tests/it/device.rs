//! The device flow: pacing, approval, single use, scopes, and the token a device keeps.

use argos_web::testing::{TestClient, TestReply};
use serde_json::{Value, json};

use crate::world::{PASSWORD, World, browser, credentials};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

async fn authorize(world: &World, scope: &str) -> Value {
    let reply = world.anyone.post("/api/v1/auth/device/authorize", json!({ "client_id": "cli", "scope": scope })).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

async fn poll(world: &World, grant: &Value) -> TestReply {
    let body = json!({ "grant_type": GRANT, "device_code": grant["device_code"], "client_id": "cli" });
    world.anyone.post("/api/v1/auth/device/token", body).await
}

async fn approve(client: &TestClient, grant: &Value, approve: bool) -> TestReply {
    client.post("/api/v1/auth/device/approve", json!({ "user_code": grant["user_code"], "approve": approve })).await
}

#[tokio::test]
async fn device_gets_its_tokens_once_after_approval() {
    let world = World::new().await;
    let owner = world.owner().await;
    let grant = authorize(&world, "read write").await;
    assert_eq!((&grant["expires_in"], &grant["interval"]), (&json!(600), &json!(5)));
    let pending = poll(&world, &grant).await;
    assert_eq!((pending.status, pending.json()["error"].clone()), (400, json!("authorization_pending")));
    let hasty = poll(&world, &grant).await.json();
    assert_eq!(hasty["error"], "slow_down");
    assert_eq!(hasty["detail"]["error"], "slow_down");
    assert_eq!(approve(&owner, &grant, true).await.json()["status"], "approved");
    world.clock.advance_secs(11);
    let pair = poll(&world, &grant).await.json();
    assert_eq!((&pair["token_type"], &pair["scope"]), (&json!("Bearer"), &json!("read write")));
    let device = world.anyone.bearer(pair["access_token"].as_str().unwrap());
    assert_eq!(device.get("/api/v1/auth/me").await.status, 200);
    assert_eq!(device.get("/api/users").await.status, 403, "the scopes limit an owner's token");
    assert_eq!(poll(&world, &grant).await.json()["error"], "invalid_grant");
    let wider = authorize(&world, "admin").await;
    assert_eq!(approve(&device, &wider, true).await.json()["code"], "scope_too_narrow");
    assert_eq!(device.post("/api/auth/totp/setup", json!({})).await.json()["code"], "scope_too_narrow");

    let again = json!({ "grant_type": "refresh_token", "refresh_token": pair["refresh_token"] });
    for _ in 0..2 {
        let renewed = world.anyone.post("/api/v1/auth/device/refresh", again.clone()).await.json();
        assert_eq!(renewed["refresh_token"], pair["refresh_token"], "a device keeps its token");
        assert_eq!(world.anyone.bearer(renewed["access_token"].as_str().unwrap()).get("/api/me").await.status, 200);
    }
    world.set_policy(|p| p.device_refresh_rotation = true);
    let rotated = world.anyone.post("/api/v1/auth/device/refresh", again.clone()).await.json();
    assert_ne!(rotated["refresh_token"], pair["refresh_token"]);
    assert_eq!(world.anyone.post("/api/v1/auth/device/refresh", again).await.json()["error"], "invalid_grant");
}

#[tokio::test]
async fn browser_decision_needs_the_token_of_its_page() {
    let world = World::new().await;
    let reply = world.anyone.post("/api/auth/login", credentials("admin", PASSWORD)).await;
    let (client, csrf) = browser(&world.anyone, &reply);
    let client = client.with_header("x-csrf-token", &csrf).with_header("accept", "application/json");
    let grant = authorize(&world, "read").await;
    assert_eq!(approve(&client, &grant, true).await.status, 403);
    let code = grant["user_code"].as_str().unwrap().to_lowercase().replace('-', "");
    let shown = client.post("/api/v1/auth/device/verify", json!({ "user_code": code })).await.json();
    assert_eq!((&shown["client_id"], &shown["scopes"]), (&json!("cli"), &json!(["read"])));
    let body = json!({ "user_code": code, "approve": false, "csrf_token": shown["csrf_token"] });
    assert_eq!(client.post("/api/v1/auth/device/approve", body.clone()).await.json()["status"], "denied");
    assert_eq!(client.post("/api/v1/auth/device/approve", body).await.status, 404, "decided once");
    assert_eq!(poll(&world, &grant).await.json()["error"], "access_denied");
}

#[tokio::test]
async fn bad_requests_are_named_in_the_words_of_the_standard() {
    let world = World::new().await;
    let ask = async |path: &str, body: Value| world.anyone.post(&format!("/api/v1/auth/device/{path}"), body).await.json()["error"].clone();
    assert_eq!(ask("authorize", json!({ "scope": "everything" })).await, "invalid_scope");
    assert_eq!(ask("token", json!({ "grant_type": "password" })).await, "unsupported_grant_type");
    assert_eq!(ask("token", json!({ "grant_type": GRANT, "device_code": "x" })).await, "invalid_grant");
    assert_eq!(ask("refresh", json!({ "grant_type": "refresh_token", "refresh_token": "a.b.c" })).await, "invalid_grant");
    let grant = authorize(&world, "read").await;
    let other = json!({ "grant_type": GRANT, "device_code": grant["device_code"], "client_id": "another" });
    assert_eq!(ask("token", other).await, "invalid_client");
    world.clock.advance_secs(600);
    assert_eq!(poll(&world, &grant).await.json()["error"], "expired_token");
}

#[tokio::test]
async fn guessing_user_codes_locks_the_address() {
    let world = World::new().await;
    let owner = world.owner().await;
    let grant = authorize(&world, "read").await;
    for _ in 0..5 {
        assert_eq!(approve(&owner, &json!({ "user_code": "ABCD-EFGH" }), true).await.status, 404);
    }
    assert_eq!(approve(&owner, &grant, true).await.status, 429);
}

#[tokio::test]
async fn pages_without_scripts_escape_and_ask_to_sign_in() {
    let world = World::new().await;
    let page = world.anyone.get("/api/v1/auth/device/verify?code=%3Cb%3E").await;
    assert!(page.text().contains("&lt;b&gt;") && !page.text().contains("<b>"), "{}", page.text());
    let page = world.anyone.post("/api/v1/auth/device/verify", json!({ "user_code": "ABCD-EFGH" })).await;
    assert!(page.text().contains("/login?next=/device%3Fcode%3DABCD-EFGH"), "{}", page.text());
}

#[tokio::test]
async fn codes_guessed_from_one_ipv6_network_count_together() {
    let world = World::new().await;
    let owner = world.owner().await;
    let guess = |n: u32| owner.from_ip(&format!("2001:db8:7::{n:x}"));
    for n in 0..5 {
        let reply = guess(n)
            .with_header("accept", "application/json")
            .post("/api/v1/auth/device/verify", json!({ "user_code": "AAAA-AAAA" }))
            .await;
        assert_eq!(reply.status, 404, "{}", reply.text());
    }
    let sixth =
        guess(9).with_header("accept", "application/json").post("/api/v1/auth/device/verify", json!({ "user_code": "AAAA-AAAA" })).await;
    assert_eq!(sixth.json()["error"], "Too many wrong codes. Try again later.");
}
