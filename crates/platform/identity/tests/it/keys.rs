//! API keys: scopes, caps, rotation, the built-in key, and what bad keys lead to.

use argos_store::testing::each_engine;
use argos_web::testing::TestClient;
use serde_json::{Value, json};

use crate::world::{API_KEY, PASSWORD, World, credentials};

fn with_key(client: &TestClient, key: &str) -> TestClient {
    client.with_header("x-api-key", key)
}

async fn grants(client: &TestClient) -> Vec<String> {
    let me = client.get("/api/me").await;
    assert_eq!(me.status, 200, "{}", me.text());
    me.json()["grants"].as_array().unwrap().iter().map(|g| g.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn instance_keys_act_with_their_role_and_end_when_deleted() {
    let w = World::new().await;
    let owner = w.owner().await;
    assert_eq!(owner.post("/api/admin/api-keys", json!({ "name": "ci", "role": "owner" })).await.status, 400);
    assert_eq!(owner.post("/api/admin/api-keys", json!({ "name": "" })).await.status, 400);
    let made = owner.post("/api/admin/api-keys", json!({ "name": "ci", "role": "operator", "expires_days": 1 })).await.json();
    let (id, text) = (made["id"].as_str().unwrap().to_owned(), made["key"].as_str().unwrap().to_owned());
    assert_eq!((id.len(), text.len()), (12, 73));
    let key = with_key(&w.anyone, &text);
    let me = key.get("/api/me").await.json();
    assert_eq!((&me["username"], &me["role"]), (&json!("apikey:ci"), &json!("operator")));
    assert!(grants(&key).await.contains(&"services:control".to_owned()));
    assert!(!grants(&key).await.contains(&"users:manage".to_owned()));
    assert_eq!(w.anyone.with_header("authorization", &format!("ApiKey {text}")).get("/api/me").await.status, 200);
    assert_eq!(w.anyone.bearer(&text).get("/api/me").await.status, 200);
    let refused = key.get("/api/admin/api-keys").await;
    assert_eq!((refused.status, refused.json()["error"].clone()), (403, json!("User session required")));
    let list = owner.get("/api/admin/api-keys").await;
    assert!(!list.text().contains(&text));
    assert_eq!(list.json()[0]["id"], made["id"]);
    assert_eq!(owner.delete(&format!("/api/admin/api-keys/{id}")).await.json(), json!({ "status": "ok" }));
    assert_eq!(key.get("/api/me").await.status, 401);
    assert_eq!(owner.delete(&format!("/api/admin/api-keys/{id}")).await.status, 404);
}

#[tokio::test]
async fn key_ends_at_its_time_even_when_it_was_just_used() {
    let w = World::new().await;
    let owner = w.owner().await;
    let made = owner.post("/api/admin/api-keys", json!({ "name": "short", "expires_days": 1 })).await.json();
    let key = with_key(&w.anyone, made["key"].as_str().unwrap());
    w.clock.advance_secs(86_399);
    assert_eq!(key.get("/api/me").await.status, 200);
    w.clock.advance_secs(1);
    assert_eq!(key.get("/api/me").await.status, 401);
}

#[tokio::test]
async fn organization_keys_hold_scopes_cut_to_what_their_owner_may_now() {
    let w = World::new().await;
    let owner = w.owner().await;
    let olga = w.user(&owner, "olga", "admin").await;
    let create = |body: Value| olga.post("/api/v1/api-keys", body);
    assert_eq!(create(json!({ "name": "x", "scopes": [] })).await.status, 422);
    let bad = create(json!({ "name": "x", "scopes": ["root"] })).await;
    assert_eq!((bad.status, bad.json()["error"].clone()), (400, json!("Invalid scope: root")));
    assert_eq!(create(json!({ "name": "x", "expires_in_days": 366 })).await.status, 422);
    let made = create(json!({ "name": "runner", "scopes": ["tests"] })).await.json();
    assert_eq!((&made["is_active"], &made["scopes"]), (&json!(true), &json!(["tests"])));
    let key = with_key(&w.anyone, made["key"].as_str().unwrap());
    assert_eq!(grants(&key).await, ["healing:read", "results:export", "results:read", "self", "test:execute", "test:read", "test:write"]);
    let uid = w.uid(&owner, "olga").await;
    owner.put(&format!("/api/v1/users/{uid}"), json!({ "role": "viewer" })).await;
    assert_eq!(grants(&key).await, ["results:read", "self", "test:read"], "a viewer's key reads");
    owner.put(&format!("/api/v1/users/{uid}"), json!({ "is_active": false })).await;
    assert_eq!(key.get("/api/me").await.status, 401);
}

#[tokio::test]
async fn callers_cannot_give_keys_what_they_lack() {
    let w = World::new().await;
    let owner = w.owner().await;
    let vic = w.user(&owner, "vic", "viewer").await;
    assert_eq!(vic.post("/api/v1/api-keys", json!({ "name": "x" })).await.status, 403);
    let chief = w.user(&owner, "chief", "admin").await;
    assert_eq!(chief.post("/api/v1/api-keys", json!({ "name": "x", "scopes": ["admin"] })).await.status, 200);
    assert_eq!(vic.post("/api/keys", json!({ "name": "x" })).await.status, 403);
}

#[tokio::test]
async fn rotation_replaces_a_key_now_or_after_its_grace() {
    let w = World::new().await;
    let owner = w.owner().await;
    let old = owner.post("/api/v1/api-keys", json!({ "name": "ci", "scopes": ["read"] })).await.json();
    let path = format!("/api/v1/api-keys/{}", old["id"].as_str().unwrap());
    let rotated = owner.post(&format!("{path}/rotate"), json!({ "grace_seconds": 60 })).await.json();
    assert_eq!(rotated["new_key"]["name"], "ci (rotated)");
    let (before, after) =
        (with_key(&w.anyone, old["key"].as_str().unwrap()), with_key(&w.anyone, rotated["new_key"]["key"].as_str().unwrap()));
    assert_eq!((before.get("/api/me").await.status, after.get("/api/me").await.status), (200, 200));
    w.clock.advance_secs(60);
    assert_eq!((before.get("/api/me").await.status, after.get("/api/me").await.status), (401, 200));
    assert_eq!(owner.post(&format!("{path}/rotate"), json!({})).await.status, 400);
    assert_eq!(owner.get(&path).await.json()["is_active"], false);
    let live = format!("/api/v1/api-keys/{}", rotated["new_key"]["id"].as_str().unwrap());
    assert_eq!(owner.delete(&live).await.json(), json!({ "success": true, "message": "API key revoked" }));
    let again = owner.delete(&live).await;
    assert_eq!((again.status, again.json()["error"].clone()), (400, json!("Key is already revoked")));
    assert_eq!(owner.get("/api/v1/api-keys").await.json(), json!([]));
    assert_eq!(owner.get("/api/v1/api-keys?include_revoked=true").await.json().as_array().unwrap().len(), 2);
    assert_eq!(owner.get("/api/v1/api-keys/nonsense").await.status, 404);
}

#[tokio::test]
async fn key_of_somebody_else_is_not_rotated_by_an_administrator_of_the_organization() {
    let w = World::new().await;
    let owner = w.owner().await;
    let vic = w.user(&owner, "vic", "viewer").await;
    let members = owner.get("/api/v1/organizations/default/members").await.json();
    let id = members.as_array().unwrap().iter().find(|m| m["username"] == "vic").unwrap()["user_id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/organizations/default/members/{id}/role");
    assert_eq!(owner.put(&path, json!({ "role": "admin" })).await.status, 200);
    let strong = owner.post("/api/v1/api-keys", json!({ "name": "deploy", "scopes": ["admin"] })).await.json();
    let theirs = format!("/api/v1/api-keys/{}/rotate", strong["id"].as_str().unwrap());
    let refused = vic.post(&theirs, json!({})).await;
    assert_eq!(refused.status, 403, "the text of the new key would act as the owner: {}", refused.text());
    assert_eq!(with_key(&w.anyone, strong["key"].as_str().unwrap()).get("/api/me").await.status, 200, "it still works");
    assert_eq!(owner.post(&theirs, json!({})).await.status, 200);
}

#[tokio::test]
async fn keys_of_a_named_organization_are_made_listed_rotated_and_ended_there_alone() {
    let w = World::new().await;
    let owner = w.owner().await;
    let org = owner.post("/api/v1/organizations", json!({ "name": "Acme" })).await.json()["id"].as_str().unwrap().to_owned();
    let keys = format!("/api/v1/api-keys/organizations/{org}/keys");
    let made = owner.post(&keys, json!({ "name": "ci", "scopes": ["read"] })).await;
    assert_eq!(made.status, 200, "{}", made.text());
    assert_eq!(with_key(&w.anyone, made.json()["key"].as_str().unwrap()).get("/api/me").await.status, 200);
    assert_eq!(owner.get(&keys).await.json().as_array().unwrap().len(), 1);
    assert_eq!(owner.get("/api/v1/api-keys/organizations/default/keys").await.json(), json!([]), "the default one has none");
    let id = made.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(owner.delete(&format!("/api/v1/api-keys/organizations/default/keys/{id}")).await.status, 404);
    let rotated = owner.post(&format!("{keys}/{id}/rotate"), json!({})).await.json();
    assert_eq!(rotated["new_key"]["name"], "ci (rotated)");
    let next = rotated["new_key"]["id"].as_str().unwrap().to_owned();
    assert_eq!(owner.delete(&format!("{keys}/{next}")).await.status, 200);
    let vic = w.user(&owner, "vic", "admin").await;
    assert_eq!(vic.get(&keys).await.status, 404, "no organization of theirs");
}

#[tokio::test]
async fn key_rotated_twice_at_once_is_replaced_once() {
    for store in each_engine(&crate::world::migrations()).await {
        let w = World::on(store, Some(PASSWORD)).await;
        w.identity.ensure_first_user().await.unwrap();
        let owner = w.owner().await;
        let old = owner.post("/api/v1/api-keys", json!({ "name": "ci", "scopes": ["read"] })).await.json();
        let path = format!("/api/v1/api-keys/{}/rotate", old["id"].as_str().unwrap());
        let (one, two) = tokio::join!(owner.post(&path, json!({ "grace_seconds": 60 })), owner.post(&path, json!({ "grace_seconds": 60 })));
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 400]);
        assert_eq!(owner.get("/api/v1/api-keys").await.json().as_array().unwrap().len(), 2, "the old one in its grace, one new");
    }
}

#[tokio::test]
async fn bad_keys_from_one_ipv6_network_count_together() {
    let w = World::new().await;
    for n in 0..20 {
        let stranger = with_key(&w.anyone.from_ip(&format!("2001:db8:7::{n:x}")), &format!("argus_sk_{n:064}"));
        assert_eq!(stranger.get("/api/me").await.status, 401);
    }
    assert!(w.event_kinds().await.contains(&"security.brute_force".to_owned()));
}

#[tokio::test]
async fn power_keys_and_the_built_in_key_reach_power_only() {
    let w = World::new().await;
    let owner = w.owner().await;
    let made = owner.post("/api/keys", json!({ "name": "rack", "role": "operate" })).await;
    assert_eq!(made.status, 201);
    let key = with_key(&w.anyone, made.json()["key"].as_str().unwrap());
    assert_eq!(grants(&key).await, ["power:operate", "power:read", "self"]);
    let built_in = with_key(&w.anyone, API_KEY);
    assert_eq!(grants(&built_in).await, ["power:control", "power:manage", "power:operate", "power:read", "self"]);
    assert_eq!(built_in.get("/api/admin/users").await.status, 403);
    assert_eq!(owner.get("/api/keys").await.json()[0]["role"], "operate");
    assert_eq!(owner.delete(&format!("/api/keys/{}", made.json()["id"])).await.status, 204);
    assert_eq!(key.get("/api/me").await.status, 401);
}

#[tokio::test]
async fn metrics_token_reads_metrics_and_nothing_else() {
    let w = World::new().await;
    w.set_policy(|p| p.metrics_token_hash = Some(argos_identity::model::api_key::hash("scrape-me")));
    let scraper = w.anyone.bearer("scrape-me");
    assert_eq!(grants(&scraper).await, ["history:read", "stats:read"]);
    w.set_policy(|p| p.metrics_token_hash = None);
    w.clock.advance_secs(6);
    assert_eq!(scraper.get("/api/me").await.status, 401);
}

#[tokio::test]
async fn use_of_a_key_is_counted_and_written_later() {
    let w = World::new().await;
    let owner = w.owner().await;
    let made = owner.post("/api/v1/api-keys", json!({ "name": "ci", "scopes": ["read"] })).await.json();
    let key = with_key(&w.anyone, made["key"].as_str().unwrap());
    for _ in 0..3 {
        key.get("/api/me").await;
    }
    let path = format!("/api/v1/api-keys/{}", made["id"].as_str().unwrap());
    assert_eq!(owner.get(&path).await.json()["request_count"], 0);
    w.identity.housekeep().await.unwrap();
    let view = owner.get(&path).await.json();
    assert_eq!(view["request_count"], 3);
    assert!(view["last_used_at"].is_string());
}

#[tokio::test]
async fn many_bad_keys_block_the_address_and_raise_an_event() {
    let w = World::new().await;
    let guesser = w.anyone.from_ip("203.0.113.9");
    let mut tries = tokio::task::JoinSet::new();
    for n in 0..20 {
        let client = with_key(&guesser, &format!("argus_sk_{n:064}"));
        tries.spawn(async move { client.get("/api/me").await.status });
    }
    assert!(tries.join_all().await.iter().all(|status| [401, 429].contains(status)));
    assert!(w.event_kinds().await.contains(&"security.brute_force".to_owned()));
    assert_eq!(with_key(&guesser, &format!("argus_sk_{:064}", 99)).get("/api/me").await.status, 429);
    assert_eq!(w.anyone.from_ip("203.0.113.10").post("/api/login", credentials("admin", PASSWORD)).await.status, 200);
}

#[tokio::test]
async fn key_that_ends_soon_is_announced_once_seven_days_and_one_day_before() {
    for t in argos_store::testing::each_engine(&crate::world::migrations()).await {
        let w = World::on(t, Some(PASSWORD)).await;
        w.identity.ensure_first_user().await.unwrap();
        let owner = w.owner().await;
        for (name, days) in [("soon", 8), ("short", 3)] {
            owner.post("/api/admin/api-keys", json!({ "name": name, "expires_days": days })).await;
        }
        for _ in 0..8 * 24 {
            w.clock.advance_secs(3600);
            // Two replicas look in the same hour.
            let (one, other) = tokio::join!(w.identity.warn_of_expiring_keys(), w.identity.warn_of_expiring_keys());
            one.and(other).unwrap();
        }
        let told = w.events.list(&argos_events::Filter::default(), None, 500).await.unwrap();
        let told: Vec<_> =
            told.iter().filter(|e| e.kind == "api_key.expiring").map(|e| format!("{} {}", e.data["name"], e.data["days"])).collect();
        assert_eq!(told, ["\"soon\" 1", "\"short\" 1", "\"soon\" 7"], "newest first");
    }
}

#[tokio::test]
async fn key_that_came_near_its_end_while_the_server_was_off_is_announced_once_as_ending_soon() {
    let w = World::new().await;
    w.owner().await.post("/api/admin/api-keys", json!({ "name": "soon", "expires_days": 30 })).await;
    w.clock.advance_secs(29 * 86_400 + 60);
    for _ in 0..3 {
        w.identity.warn_of_expiring_keys().await.unwrap();
        w.clock.advance_secs(3600);
    }
    assert_eq!(w.event_kinds().await.iter().filter(|k| *k == "api_key.expiring").count(), 1);
}

#[tokio::test]
async fn service_token_acts_as_a_service_account_within_its_scopes() {
    let w = World::new().await;
    let program = w.anyone.bearer(crate::world::SERVICE_TOKEN);
    let me = program.get("/api/me").await.json();
    assert_eq!(me["username"], "svc:ci");
    let grants = me["grants"].to_string();
    assert!(grants.contains("test:execute") && !grants.contains("power:read") && !grants.contains("project:read"), "{grants}");
    assert_eq!(program.get("/api/v1/projects").await.status, 403, "a service account reads no projects");
    assert_eq!(program.get("/api/v1/organizations").await.json()["error"], "User session required");
    let wrong = w.anyone.from_ip("10.6.6.6").bearer("svc_0123456789abcdef0123456789abcdee");
    assert_eq!(wrong.get("/api/me").await.status, 401);
}

#[tokio::test]
async fn key_of_an_organization_ends_with_the_membership_of_its_owner() {
    let w = World::new().await;
    let owner = w.owner().await;
    let id = owner.post("/api/v1/organizations", json!({ "name": "Acme" })).await.json()["id"].as_str().unwrap().to_owned();
    let ada = w.user(&owner, "ada", "viewer").await;
    let invited =
        owner.post(&format!("/api/v1/organizations/{id}/members"), json!({ "email": "ada@example.org", "role": "admin" })).await.json();
    let token = invited["invite_path"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    ada.post(&format!("/api/v1/invitations/accept/{token}"), json!({})).await;
    let body = json!({ "name": "k", "scopes": ["read"] });
    let made = ada.with_header("x-organization-id", &id).post("/api/v1/api-keys", body).await.json();
    let key = w.anyone.bearer(made["key"].as_str().unwrap());
    owner.post(&format!("/api/v1/organizations/{id}/projects"), json!({ "name": "Shop" })).await;
    owner.post("/api/v1/projects", json!({ "name": "Elsewhere" })).await;
    let seen = key.get("/api/v1/projects").await.json();
    assert_eq!((seen.as_array().unwrap().len(), &seen[0]["name"]), (1, &json!("Shop")), "its own organization alone");
    let foreign = key.with_header("x-organization-id", "default").get("/api/v1/projects").await;
    assert_eq!(foreign.status, 403);
    let uid = w.uid(&owner, "ada").await;
    assert_eq!(owner.delete(&format!("/api/v1/organizations/{id}/members/{uid}")).await.status, 200);
    assert_eq!(key.get("/api/v1/projects").await.status, 401);
}

#[tokio::test]
async fn key_of_the_instance_is_rotated_with_an_overlap() {
    let w = World::new().await;
    let owner = w.owner().await;
    let made = owner.post("/api/admin/api-keys", json!({ "name": "ci", "role": "operator" })).await.json();
    let old = w.anyone.bearer(made["key"].as_str().unwrap());
    let path = format!("/api/admin/api-keys/{}/rotate", made["id"].as_str().unwrap());
    assert_eq!(owner.post(&path, json!({ "grace_seconds": 86_401 })).await.json()["field"], "grace_seconds");
    let new = owner.post(&path, json!({ "grace_seconds": 60 })).await.json();
    assert_eq!((&new["name"], &new["role"]), (&json!("ci (rotated)"), &json!("operator")));
    let next = w.anyone.bearer(new["key"].as_str().unwrap());
    assert_eq!((old.get("/api/me").await.status, next.get("/api/me").await.status), (200, 200), "both work for a minute");
    let list = owner.get("/api/admin/api-keys").await.json();
    let ends: Vec<bool> = list.as_array().unwrap().iter().map(|k| k["ends_at"].is_i64()).collect();
    assert_eq!(ends, [false, true]);
    w.clock.advance_secs(61);
    assert_eq!((old.get("/api/me").await.status, next.get("/api/me").await.status), (401, 200));
    assert_eq!(owner.get("/api/admin/api-keys").await.json().as_array().unwrap().len(), 1);
    assert_eq!(owner.post(&path, json!({})).await.status, 400, "ended");
}
