//! `Idempotency-Key`: the same request is answered once, another body is refused, and nothing is kept of a failure that may pass.

use argos_store::testing::each_engine;
use serde_json::json;

use crate::world::{PASSWORD, World};

#[tokio::test]
async fn repeated_post_gets_the_stored_reply_on_each_engine() {
    for store in each_engine(&crate::world::migrations()).await {
        let w = World::on(store, Some(PASSWORD)).await;
        w.identity.ensure_first_user().await.unwrap();
        let owner = w.owner().await;
        let keyed = owner.with_header("idempotency-key", "make-acme");
        let body = json!({ "name": "Acme" });
        let first = keyed.post("/api/v1/organizations", body.clone()).await;
        let again = keyed.post("/api/v1/organizations", body.clone()).await;
        assert_eq!((first.header("idempotency-replayed"), again.header("idempotency-replayed")), (None, Some("true")));
        assert_eq!((first.status, first.json()), (again.status, again.json()));
        assert_eq!(owner.get("/api/v1/organizations").await.json().as_array().unwrap().len(), 2, "made once");
        let other = keyed.post("/api/v1/organizations", json!({ "name": "Other" })).await;
        assert_eq!((other.status, other.json()["code"].clone()), (409, json!("idempotency_key_reused")));
        let elsewhere = keyed.post("/api/v1/projects", json!({ "name": "Shop" })).await;
        assert_eq!(elsewhere.status, 200, "the key belongs to one route");
        let chief = w.user(&owner, "chief", "admin").await.with_header("idempotency-key", "make-acme");
        assert_eq!(chief.post("/api/v1/organizations", body.clone()).await.header("idempotency-replayed"), None, "and to one caller");
        w.clock.advance_secs(86_401);
        w.identity.purge().await.unwrap();
        let owner = w.owner().await;
        assert_eq!(
            owner.with_header("idempotency-key", "make-acme").post("/api/v1/organizations", body).await.header("idempotency-replayed"),
            None
        );
    }
}

#[tokio::test]
async fn refusals_that_may_pass_are_not_kept_and_keys_shown_once_are_kept_sealed() {
    let w = World::new().await;
    let owner = w.owner().await;
    w.user(&owner, "vic", "viewer").await;
    let vic = w.signed_in("vic", PASSWORD).await.with_header("idempotency-key", "k");
    let body = json!({ "name": "ci", "scopes": ["read"] });
    assert_eq!(vic.post("/api/v1/api-keys", body.clone()).await.status, 403);
    assert_eq!(vic.post("/api/v1/api-keys", body.clone()).await.header("idempotency-replayed"), None);
    let keyed = owner.with_header("idempotency-key", "k");
    let made = keyed.post("/api/v1/api-keys", body.clone()).await.json();
    assert_eq!(keyed.post("/api/v1/api-keys", body).await.json(), made);
    let stored = w.store.store.state.query(STORED, argos_store::args![]).await.unwrap();
    let stored: Vec<String> = stored.iter().map(|r| r.get(0).unwrap()).collect();
    assert!(stored.len() == 1 && !stored[0].contains(made["key"].as_str().unwrap()), "{stored:?}");
    let long = owner.with_header("idempotency-key", &"x".repeat(129)).post("/api/v1/organizations", json!({})).await;
    assert_eq!((long.status, long.json()["code"].clone()), (400, json!("invalid_idempotency_key")));
    assert_eq!(ALL.len(), 1);
}

argos_store::statements! {
    state;
    STORED = "test.replies", "select reply_enc from idempotency_keys where reply_enc is not null";
}
