//! The store: every statement prepares, and the rules the schema itself keeps hold on each engine.

use argos_identity::{Authority, NewAccount};
use argos_kernel::{Role, Secret};
use argos_store::args;
use argos_store::testing::each_engine;
use serde_json::json;

use crate::world::{PASSWORD, World, credentials, migrations};

argos_store::statements! {
    state;
    LEFT = "test.left",
        "select (select count(*) from sessions) + (select count(*) from user_kv) + (select count(*) from api_keys)
              + (select count(*) from organization_members)";
    LINK = "test.link", "insert into identities (user_id, provider, subject, linked_at) values (1, $1, 'same', 1)";
    ISSUERS = "test.issuers", "select provider || ' ' || issuer from identities order by provider";
}

#[tokio::test]
async fn statements_prepare_on_each_engine() {
    for t in each_engine(&migrations()).await {
        for stmt in argos_identity::STATEMENTS.iter().copied().flatten() {
            t.store.state.prepare(*stmt).await.unwrap_or_else(|e| panic!("{}: {e}", stmt.name));
        }
    }
}

/// One story through most statements, on each engine: sign in, make things, be deleted with them.
#[tokio::test]
async fn deleting_a_user_deletes_everything_that_was_theirs_on_each_engine() {
    for store in each_engine(&migrations()).await {
        let w = World::on(store, Some(PASSWORD)).await;
        w.identity.ensure_first_user().await.unwrap();
        let owner = w.owner().await;
        let chief = w.user(&owner, "chief", "admin").await;
        chief.put("/api/user/preferences", json!({ "preferences": { "a": 1 } })).await;
        let key = chief.post("/api/v1/api-keys", json!({ "name": "k", "scopes": ["read"] })).await;
        assert_eq!(key.status, 200, "{}", key.text());
        for _ in 0..5 {
            w.anyone.post("/api/login", credentials("ghost", "nope")).await;
        }
        assert_eq!(w.anyone.post("/api/login", credentials("ghost", "nope")).await.status, 429);
        let uid = w.uid(&owner, "chief").await;
        assert_eq!(owner.delete(&format!("/api/v1/users/{uid}")).await.status, 204);
        assert_eq!(chief.get("/api/me").await.status, 401);
        w.clock.advance_secs(30 * 86_400);
        w.identity.purge().await.unwrap();
        let left: i64 = w.store.store.state.one(LEFT, args![]).await.unwrap().get(0).unwrap();
        assert_eq!(left, 1, "the owner's membership alone");
        assert_eq!(ALL.len(), 3);
    }
}

#[tokio::test]
async fn expired_temporary_account_becomes_inactive_on_each_engine() {
    for store in each_engine(&migrations()).await {
        let w = World::on(store, Some(PASSWORD)).await;
        w.identity.ensure_first_user().await.unwrap();
        let by = Authority::command_line();
        let until = argos_kernel::Timestamp::from_secs(1_800_000_100);
        let temp = NewAccount {
            is_temporary: true,
            expires_at: Some(until),
            ..NewAccount::new("temp", Secret::new(PASSWORD.to_owned()), Role::Viewer)
        };
        w.identity.create_user(&by, temp).await.unwrap();
        let client = w.signed_in("temp", PASSWORD).await;
        w.clock.advance_secs(99);
        assert_eq!(client.get("/api/me").await.status, 200);
        w.clock.advance_secs(1);
        assert_eq!(client.get("/api/me").await.status, 401);
        w.identity.housekeep().await.unwrap();
        assert!(!w.identity.user_by_name("temp").await.unwrap().is_active);
    }
}

#[tokio::test]
async fn single_sign_on_account_from_before_issuers_were_kept_gets_the_one_in_use_once() {
    for (issuer, wanted) in [(Some(" https://idp.example/ "), "oidc https://idp.example"), (None, "oidc unknown")] {
        for store in each_engine(&migrations()).await {
            let w = World::on(store, Some(PASSWORD)).await;
            w.identity.ensure_first_user().await.unwrap();
            let db = &w.store.store.state;
            for provider in ["oidc", "github"] {
                db.exec(LINK, args![provider]).await.unwrap();
            }
            assert_eq!(w.identity.adopt_issuer("oidc", issuer).await.unwrap(), 1);
            assert_eq!(w.identity.adopt_issuer("oidc", Some("https://later.example")).await.unwrap(), 0, "never a second time");
            let rows = db.query(ISSUERS, args![]).await.unwrap();
            let rows: Vec<String> = rows.iter().map(|r| r.get(0).unwrap()).collect();
            assert_eq!(rows, ["github ", wanted]);
        }
    }
}
