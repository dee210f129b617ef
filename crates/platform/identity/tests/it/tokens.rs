//! Signed tokens: the pair of a login, renewal, reuse, and the end of a family.

use argos_web::testing::TestClient;
use serde_json::{Value, json};

use crate::world::{PASSWORD, World};

async fn pair(world: &World) -> Value {
    let body = json!({ "username": "admin", "password": PASSWORD, "tokens": true });
    let reply = world.anyone.post("/api/v1/auth/login", body).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} in {value}"))
}

async fn refresh(client: &TestClient, token: &str) -> (u16, Value) {
    let reply = client.post("/api/v1/auth/refresh", json!({ "refresh_token": token })).await;
    (reply.status, reply.json())
}

#[tokio::test]
async fn who_am_i_is_answered_to_people_keys_and_service_accounts() {
    let w = World::new().await;
    let owner = w.owner().await;
    let path = "/api/v1/auth/me";
    let person = owner.get(path).await.json();
    assert_eq!((&person["username"], &person["role"], &person["auth_method"]), (&json!("admin"), &json!("super_admin"), &json!("session")));
    assert_eq!((&person["scopes"], &person["roles"]), (&json!(["*"]), &json!(["owner"])));
    assert!(person["id"].is_string() && person["session_id"].is_string() && person["organization_id"].is_string());
    let svc = w.anyone.with_header("x-api-key", crate::world::SERVICE_TOKEN).get(path).await;
    assert_eq!(svc.status, 200, "{}", svc.text());
    let svc = svc.json();
    assert_eq!((&svc["username"], &svc["auth_method"], &svc["id"]), (&json!("svc:ci"), &json!("service_account"), &json!(null)));
    assert_eq!((&svc["scopes"], &svc["roles"]), (&json!(["tests", "power"]), &json!(["service_account"])));
    let made = owner.post("/api/keys", json!({ "name": "ups", "role": "read" })).await.json();
    let key = made["key"].as_str().or(made["api_key"].as_str()).unwrap_or_else(|| panic!("{made}")).to_owned();
    let program = w.anyone.with_header("x-api-key", &key).get(path).await.json();
    assert_eq!((&program["auth_method"], &program["scopes"]), (&json!("api_key"), &json!(["power"])), "{program}");
}

#[tokio::test]
async fn login_with_tokens_answers_a_pair_that_signs_in() {
    let world = World::new().await;
    let pair = pair(&world).await;
    assert_eq!((&pair["token_type"], &pair["expires_in"]), (&json!("Bearer"), &json!(24 * 3600)));
    let me = world.anyone.bearer(text(&pair, "access_token")).get("/api/v1/auth/me").await;
    assert_eq!((me.status, me.json()["username"].clone()), (200, json!("admin")));
    let wrong = world.anyone.bearer(text(&pair, "refresh_token")).get("/api/v1/auth/me").await;
    assert_eq!(wrong.status, 401, "a refresh token is no credential");
    world.clock.advance_secs(24 * 3600);
    assert_eq!(world.anyone.bearer(text(&pair, "access_token")).get("/api/v1/auth/me").await.status, 401);
}

#[tokio::test]
async fn refresh_rotates_and_reuse_ends_the_family() {
    let world = World::new().await;
    let first = pair(&world).await;
    let (status, second) = refresh(&world.anyone, text(&first, "refresh_token")).await;
    assert_eq!(status, 200, "{second}");
    let client = world.anyone.bearer(text(&second, "access_token"));
    assert_eq!(client.get("/api/me").await.status, 200);
    let (status, body) = refresh(&world.anyone, text(&first, "refresh_token")).await;
    assert_eq!((status, &body["code"]), (401, &json!("invalid_grant")));
    assert_eq!(client.get("/api/me").await.status, 401, "the thief and the owner are both out");
    assert_eq!(refresh(&world.anyone, text(&second, "refresh_token")).await.0, 401);
    assert!(world.audit_actions().await.contains(&"auth.token_reuse".to_owned()));
}

#[tokio::test]
async fn reuse_is_seen_after_the_purge_too() {
    let world = World::new().await;
    let first = pair(&world).await;
    let (_, second) = refresh(&world.anyone, text(&first, "refresh_token")).await;
    world.identity.purge().await.unwrap();
    assert_eq!(refresh(&world.anyone, text(&first, "refresh_token")).await.0, 401);
    assert_eq!(refresh(&world.anyone, text(&second, "refresh_token")).await.0, 401);
}

#[tokio::test]
async fn logout_with_a_token_ends_its_family() {
    let world = World::new().await;
    let pair = pair(&world).await;
    let client = world.anyone.bearer(text(&pair, "access_token"));
    assert_eq!(client.post("/api/v1/auth/logout", json!({})).await.status, 200);
    assert_eq!(client.get("/api/me").await.status, 401);
    assert_eq!(refresh(&world.anyone, text(&pair, "refresh_token")).await.0, 401);
}

#[tokio::test]
async fn rights_are_read_from_the_store_on_each_request() {
    let world = World::new().await;
    let owner = world.owner().await;
    world.user(&owner, "vera", "operator").await;
    let body = json!({ "username": "vera", "password": PASSWORD, "tokens": true });
    let pair = world.anyone.from_ip("10.8.0.1").post("/api/v1/auth/login", body).await.json();
    let client = world.anyone.bearer(text(&pair, "access_token"));
    assert_eq!(client.get("/api/me").await.json()["role"], "operator");
    let uid = world.uid(&owner, "vera").await;
    assert_eq!(owner.put(&format!("/api/v1/users/{uid}"), json!({ "is_active": false })).await.status, 200);
    assert_eq!(client.get("/api/me").await.status, 401);
    assert_eq!(refresh(&world.anyone, text(&pair, "refresh_token")).await.0, 401);
}

#[tokio::test]
async fn safe_redirect_answers_home_for_foreign_addresses() {
    let world = World::new().await;
    world.set_policy(|p| p.public_url = Some("https://argos.example.org".to_owned()));
    let ask = async |rd: &str| world.anyone.get(&format!("/api/auth/safe-redirect?rd={rd}")).await.json()["url"].clone();
    assert_eq!(ask("%2Fmachines%3Fa%3D1").await, "/machines?a=1");
    assert_eq!(ask("https%3A%2F%2Fargos.example.org%2Fx").await, "https://argos.example.org/x");
    assert_eq!(ask("https%3A%2F%2Fevil.example.com%2F").await, "/");
    assert_eq!(ask("").await, "/");
}
