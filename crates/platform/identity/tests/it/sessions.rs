//! Sessions: lifetimes, CSRF, fixation, revocation, socket tokens.

use argos_web::{Authenticator, Presented, Source};
use serde_json::json;

use crate::world::{PASSWORD, World, browser, credentials};

#[tokio::test]
async fn cookie_requests_that_change_something_need_the_csrf_token() {
    let w = World::new().await;
    let reply = w.anyone.post("/api/auth/login", credentials("admin", PASSWORD)).await;
    let (page, csrf) = browser(&w.anyone, &reply);
    let body = json!({ "preferences": { "dense": true } });
    assert_eq!(page.get("/api/auth/me").await.status, 200);
    let without = page.put("/api/user/preferences", body.clone()).await;
    assert_eq!((without.status, without.json()["code"].clone()), (403, json!("csrf_failed")));
    assert_eq!(page.with_header("x-csrf-token", "0".repeat(32).as_str()).put("/api/user/preferences", body.clone()).await.status, 403);
    assert_eq!(page.with_header("x-csrf-token", &csrf).put("/api/user/preferences", body.clone()).await.status, 200);
    assert_eq!(page.with_header("sec-fetch-site", "same-origin").put("/api/user/preferences", body.clone()).await.status, 200);
    let other = w.anyone.post("/api/auth/login", credentials("admin", PASSWORD)).await;
    let (_, foreign) = browser(&w.anyone, &other);
    assert_eq!(page.with_header("x-csrf-token", &foreign).put("/api/user/preferences", body).await.status, 403);
}

#[tokio::test]
async fn login_ignores_a_planted_session_and_logout_kills_the_real_one() {
    let w = World::new().await;
    let planted = "ab".repeat(32);
    let victim = w.anyone.with_header("cookie", &format!("argos_session={planted}"));
    let reply = victim.post("/api/auth/login", credentials("admin", PASSWORD)).await;
    assert_ne!(reply.set_cookie("argos_session").unwrap(), planted);
    assert_eq!(victim.get("/api/auth/me").await.status, 401);
    let (page, csrf) = browser(&w.anyone, &reply);
    assert_eq!(page.get("/api/auth/me").await.status, 200);
    let out = page.with_header("x-csrf-token", &csrf).call("POST", "/api/auth/logout", None).await;
    assert_eq!(out.status, 204);
    assert!(out.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert_eq!(page.get("/api/auth/me").await.status, 401);
}

#[tokio::test]
async fn web_sessions_end_when_idle_and_token_sessions_after_a_day() {
    let w = World::new().await;
    let reply = w.anyone.post("/api/auth/login", credentials("admin", PASSWORD)).await;
    let (page, _) = browser(&w.anyone, &reply);
    let token = w.owner().await;
    w.clock.advance_secs(23 * 3600);
    assert_eq!(page.get("/api/auth/me").await.status, 200);
    assert_eq!(token.get("/api/me").await.status, 200);
    w.clock.advance_secs(2 * 3600);
    assert_eq!(page.get("/api/auth/me").await.status, 200, "it was used two hours ago");
    assert_eq!(token.get("/api/me").await.status, 401, "absolute limit of 24 h");
    w.clock.advance_secs(24 * 3600 + 1);
    assert_eq!(page.get("/api/auth/me").await.status, 401, "idle limit of 24 h");
    assert!(w.identity.purge().await.unwrap() >= 2);
}

#[tokio::test]
async fn absolute_limit_ends_a_busy_web_session() {
    let w = World::new().await;
    let reply = w.anyone.post("/api/auth/login", credentials("admin", PASSWORD)).await;
    let (page, _) = browser(&w.anyone, &reply);
    for _ in 0..8 {
        w.clock.advance_secs(20 * 3600);
        assert_eq!(page.get("/api/auth/me").await.status, 200);
    }
    w.clock.advance_secs(8 * 3600);
    assert_eq!(page.get("/api/auth/me").await.status, 401);
}

#[tokio::test]
async fn verified_caller_is_answered_from_memory_and_forgotten_at_once_when_revoked() {
    let w = World::new().await;
    let body = w.anyone.post("/api/login", credentials("admin", PASSWORD)).await.json();
    let token = body["token"].as_str().unwrap().to_owned();
    let client = w.anyone.bearer(&token);
    let presented = Presented::Session { token: token.clone(), source: Source::Header };
    assert!(w.identity.cached(&presented).is_none());
    client.get("/api/me").await;
    assert!(w.identity.cached(&presented).is_some());
    let as_cookie = Presented::Session { token, source: Source::Cookie };
    assert!(w.identity.cached(&as_cookie).is_none(), "a cookie is judged by itself: it needs CSRF");
    w.clock.advance_secs(5);
    assert!(w.identity.cached(&presented).is_none());
    client.get("/api/me").await;
    assert_eq!(client.post("/api/logout", json!({})).await.status, 200);
    assert!(w.identity.cached(&presented).is_none());
    assert_eq!(client.get("/api/me").await.status, 401);
    assert_eq!(w.anyone.post("/api/logout", json!({})).await.status, 200, "works without a credential");
}

#[tokio::test]
async fn decisions_about_a_busy_caller_cost_no_query_and_every_change_of_rights_acts_on_the_next_request() {
    let w = World::new().await;
    let owner = w.owner().await;
    let tom = w.user(&owner, "tom", "admin").await;
    let key = owner.post("/api/keys", json!({ "name": "rack", "role": "read" })).await.json();
    let program = w.anyone.with_header("x-api-key", key["key"].as_str().unwrap());
    let statements = || w.store.store.state.stats().statements;
    // `/api/me` itself asks the store nothing, so that whatever is counted is the price of recognising the caller.
    for client in [&tom, &program] {
        assert_eq!(client.get("/api/me").await.status, 200);
        let (before, started) = (statements(), std::time::Instant::now());
        for _ in 0..200 {
            assert_eq!(client.get("/api/me").await.status, 200);
        }
        assert_eq!(statements() - before, 0, "within five seconds the answer comes from memory");
        assert!(started.elapsed() < std::time::Duration::from_secs(2), "{:?} for 200 decisions", started.elapsed());
    }
    assert_eq!(tom.get("/api/users").await.status, 200);
    let path = format!("/api/v1/users/{}", w.uid(&owner, "tom").await);
    assert_eq!(owner.put(&path, json!({ "role": "viewer" })).await.status, 200);
    assert_eq!(tom.get("/api/users").await.status, 401, "the session ended with the rights");
    let tom = w.signed_in("tom", PASSWORD).await;
    assert_eq!(tom.get("/api/users").await.status, 403);

    let organization = owner.post("/api/v1/organizations", json!({ "name": "Acme" })).await.json();
    let of = format!("/api/v1/organizations/{}", organization["id"].as_str().unwrap());
    assert_eq!(tom.get(&of).await.status, 404);
    let invited = owner.post(&format!("{of}/members"), json!({ "email": "tom@example.org" })).await.json();
    let token = invited["invite_path"].as_str().unwrap().trim_start_matches("/invite/").to_owned();
    assert_eq!(tom.post(&format!("/api/v1/invitations/accept/{token}"), json!({})).await.status, 200);
    assert_eq!(tom.get(&of).await.status, 200, "a new membership is seen at once");
    let id = invited["id"].as_str().unwrap();
    assert_eq!(owner.delete(&format!("{of}/members/{id}")).await.status, 200);
    assert_eq!(tom.get(&of).await.status, 404, "an ended one as well");
    assert_eq!(owner.delete(&format!("/api/keys/{}", key["id"])).await.status, 204);
    assert_eq!(program.get("/api/me").await.status, 401, "a revoked key too");
}

#[tokio::test]
async fn oldest_sessions_go_beyond_the_cap_of_a_user() {
    let w = World::new().await;
    w.set_policy(|p| p.sessions_per_user = 2);
    let mut clients = Vec::new();
    for _ in 0..3 {
        w.clock.advance_secs(1);
        clients.push(w.owner().await);
    }
    assert_eq!(clients[0].get("/api/me").await.status, 401);
    assert_eq!(clients[1].get("/api/me").await.status, 200);
    assert_eq!(clients[2].get("/api/me").await.status, 200);
}

#[tokio::test]
async fn sessions_are_listed_and_ended_by_prefix_and_by_id() {
    let w = World::new().await;
    let (owner, second) = (w.owner().await, w.owner().await);
    let list = owner.get("/api/profile/sessions").await.json();
    assert_eq!(list.as_array().unwrap().len(), 2);
    let other = list.as_array().unwrap().iter().find(|s| s["current"] == false).unwrap().clone();
    assert_eq!((other["prefix"].as_str().unwrap().len(), other["username"].as_str()), (8, Some("admin")));
    let prefix = format!("{}…", other["prefix"].as_str().unwrap());
    assert_eq!(owner.post("/api/admin/sessions/revoke", json!({ "prefix": "abc" })).await.status, 400);
    let ended = owner.post("/api/admin/sessions/revoke", json!({ "prefix": prefix })).await;
    assert_eq!(ended.json(), json!({ "success": true }));
    assert_eq!(second.get("/api/me").await.status, 401);
    assert_eq!(owner.post("/api/admin/sessions/revoke", json!({ "prefix": prefix })).await.json(), json!({ "success": false }));

    let third = w.owner().await;
    let list = owner.get("/api/auth/sessions?all=1").await.json();
    let id = list.as_array().unwrap().iter().find(|s| s["current"] == false).unwrap()["id"].as_str().unwrap().to_owned();
    assert_eq!(owner.delete(&format!("/api/auth/sessions/{id}")).await.status, 204);
    assert_eq!(third.get("/api/me").await.status, 401);
    let ended = owner.delete("/api/v1/users/me/sessions?except_current=true").await.json();
    assert_eq!((&ended["success"], &ended["sessions_revoked"]), (&json!(true), &json!(0)));
    assert_eq!(owner.delete("/api/v1/users/me/sessions").await.json()["sessions_revoked"], 1);
    assert_eq!(owner.get("/api/me").await.status, 401);
}

#[tokio::test]
async fn socket_token_works_once_and_for_half_a_minute() {
    let w = World::new().await;
    let owner = w.owner().await;
    let made = owner.post("/api/ws-token", json!({})).await.json();
    assert_eq!(made["expires_in"], 30);
    let presented = |t: &serde_json::Value| Presented::WsToken { token: t["token"].as_str().unwrap().to_owned() };
    let client = argos_web::ClientInfo { ip: None, xff_chain: None, https: false, host: String::new(), user_agent: None };
    let caller = w.identity.authenticate(&presented(&made), &client).await.ok().unwrap();
    assert_eq!(caller.username, "admin");
    assert!(w.identity.authenticate(&presented(&made), &client).await.is_err());
    let late = owner.post("/api/ws-token", json!({})).await.json();
    w.clock.advance_secs(31);
    assert!(w.identity.authenticate(&presented(&late), &client).await.is_err());
    let orphan = owner.post("/api/ws-token", json!({})).await.json();
    owner.post("/api/logout", json!({})).await;
    assert!(w.identity.authenticate(&presented(&orphan), &client).await.is_err(), "its session has ended");
}

#[tokio::test]
async fn end_of_a_session_is_told_to_the_other_processes() {
    for store in argos_store::testing::each_engine(&crate::world::migrations()).await {
        if store.store.engine() == argos_store::Engine::Sqlite {
            continue;
        }
        let w = World::on(store, Some(PASSWORD)).await;
        w.identity.ensure_first_user().await.unwrap();
        let owner = w.owner().await;
        let (said, mut heard) = tokio::sync::mpsc::channel(64);
        let (db, stop) = (w.store.store.state.clone(), argos_kernel::Shutdown::new());
        let hearing = db.hear("test", &stop, move |signal| drop(said.try_send(signal)));
        let leaving = async {
            while heard.recv().await.unwrap() != argos_store::Signal::Connected {}
            assert_eq!(owner.call("POST", "/api/logout", None).await.status, 200);
            while heard.recv().await.unwrap() != argos_store::Signal::Changed("callers".to_owned()) {}
            stop.trigger();
        };
        let (hearing, ()) = tokio::join!(hearing, leaving);
        hearing.unwrap();
    }
}
