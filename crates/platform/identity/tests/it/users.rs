//! Accounts: who may make and change whom, what a change ends, and the owner who stays.

use argos_identity::{Authority, NewAccount};
use argos_kernel::{Role, Secret};
use serde_json::json;

use crate::world::{PASSWORD, World, credentials};

#[tokio::test]
async fn accounts_are_made_read_changed_and_deleted() {
    let w = World::new().await;
    let owner = w.owner().await;
    let body = json!({ "username": "Nora", "password": PASSWORD, "display_name": "Nora N.", "email": "n@example.org",
        "role": "operator", "allowed_node_ids": ["n1"] });
    let made = owner.post("/api/v1/users", body.clone()).await;
    assert_eq!(made.status, 201);
    let user = made.json();
    assert_eq!((&user["role"], &user["allowed_node_ids"], &user["last_login_at"]), (&json!("operator"), &json!(["n1"]), &json!(null)));
    assert!(user.get("password_hash").is_none());
    let taken = owner.post("/api/v1/users", json!({ "username": "nora", "password": PASSWORD, "role": "viewer" })).await;
    assert_eq!((taken.status, taken.json()["error"].clone()), (409, json!("User already exists")));

    let path = format!("/api/v1/users/{}", user["id"].as_str().unwrap());
    assert_eq!(owner.get(&path).await.json()["email"], "n@example.org");
    let changed = owner.put(&path, json!({ "email": null, "allowed_node_ids": null, "unknown": 1 })).await.json();
    assert_eq!(
        (&changed["email"], &changed["allowed_node_ids"], &changed["display_name"]),
        (&json!(null), &json!(null), &json!("Nora N."))
    );
    let nora = w.signed_in("nora", PASSWORD).await;
    assert_eq!(nora.get(&path).await.status, 200, "one's own");
    assert_eq!(nora.get("/api/v1/users").await.status, 403);
    let admin = w.uid(&owner, "admin").await;
    assert_eq!(nora.get(&format!("/api/v1/users/{admin}")).await.status, 403);
    assert_eq!(owner.get("/api/v1/users/0195c0de-0000-7000-8000-000000000000").await.status, 404);
    let list = owner.get("/api/v1/users?per_page=1").await;
    assert_eq!((list.header("x-total-count"), list.header("x-per-page")), (Some("2"), Some("1")));
    assert_eq!(list.json()[0]["username"], "Nora");
    assert_eq!(owner.delete(&path).await.status, 204);
    assert_eq!(nora.get("/api/me").await.status, 401);
    assert_eq!(owner.get(&path).await.status, 404);
    let actions = w.audit_actions().await;
    for action in ["user.create", "user.update", "user.delete"] {
        assert!(actions.contains(&action.to_owned()), "{action}");
    }
}

#[tokio::test]
async fn bad_fields_of_an_account_are_refused_by_name() {
    let w = World::new().await;
    let owner = w.owner().await;
    let base = json!({ "username": "x", "password": PASSWORD, "role": "viewer" });
    for (field, value, text) in [
        ("password", json!("short"), "Password must be at least 8 characters"),
        ("password", json!("alllowercase1"), "Password must contain an uppercase letter"),
        ("username", json!("a b"), "Invalid username or role"),
        ("email", json!("nope"), "email is not a valid address"),
        ("role", json!("root"), "role must be viewer, operator, admin or super_admin"),
        ("expires_at", json!("soon"), "expires_at must be an RFC 3339 time"),
    ] {
        let mut body = base.clone();
        body[field] = value;
        let reply = owner.post("/api/v1/users", body).await;
        assert_eq!((reply.status, reply.json()["error"].clone(), reply.json()["field"].clone()), (400, json!(text), json!(field)));
    }
}

#[tokio::test]
async fn administrators_neither_make_nor_touch_owners() {
    let w = World::new().await;
    let owner = w.owner().await;
    let chief = w.user(&owner, "chief", "admin").await;
    let admin = w.uid(&owner, "admin").await;
    let own = w.uid(&owner, "chief").await;
    for (path, body) in [
        (format!("/api/v1/users/{own}"), json!({ "role": "super_admin" })),
        (format!("/api/v1/users/{admin}"), json!({ "display_name": "x" })),
        (format!("/api/v1/users/{admin}"), json!({ "password": PASSWORD })),
    ] {
        assert_eq!(chief.put(&path, body).await.status, 403, "{path}");
    }
    let body = json!({ "username": "boss", "password": PASSWORD, "role": "super_admin" });
    assert_eq!(chief.post("/api/v1/users", body.clone()).await.status, 403);
    assert_eq!(chief.delete(&format!("/api/v1/users/{admin}")).await.status, 403);
    let reset = json!({ "action": "change_password", "username": "admin", "password": "Owned-By-Me-1" });
    assert_eq!(chief.post("/api/admin/users", reset).await.status, 403);
    assert_eq!(chief.post("/api/auth/password", json!({ "username": "admin", "new_password": "Owned-By-Me-1" })).await.status, 403);
    w.clock.advance_secs(601);
    let stale = owner.post("/api/v1/users", body.clone()).await;
    assert_eq!((stale.status, stale.json()["code"].clone()), (403, json!("step_up_required")));
    assert_eq!(owner.post("/api/auth/step-up", json!({ "password": "nope" })).await.status, 401);
    assert_eq!(owner.post("/api/auth/step-up", json!({ "password": PASSWORD })).await.status, 200);
    assert_eq!(owner.post("/api/v1/users", body).await.status, 201);
}

#[tokio::test]
async fn last_active_owner_can_neither_be_demoted_disabled_nor_deleted() {
    let w = World::new().await;
    let owner = w.owner().await;
    let id = w.uid(&owner, "admin").await;
    let path = format!("/api/v1/users/{id}");
    for body in [json!({ "role": "admin" }), json!({ "is_active": false }), json!({ "expires_at": "2030-01-01T00:00:00Z" })] {
        let reply = owner.put(&path, body.clone()).await;
        assert_eq!((reply.status, reply.json()["code"].clone()), (409, json!("last_owner")), "{body}");
    }
    assert_eq!(owner.delete(&path).await.status, 400, "own account");
    let by = Authority::command_line();
    let user = w.identity.user_by_name("admin").await.unwrap();
    assert_eq!(w.identity.delete_user(&by, user.id).await.unwrap_err().kind().status(), 409);
    let second = NewAccount::new("second", Secret::new(PASSWORD.to_owned()), Role::Owner);
    w.identity.create_user(&by, second).await.unwrap();
    assert_eq!(owner.put(&path, json!({ "role": "admin" })).await.status, 200);
}

#[tokio::test]
async fn change_of_rights_ends_other_sessions_and_acts_at_once() {
    let w = World::new().await;
    let owner = w.owner().await;
    let vic = w.user(&owner, "vic", "viewer").await;
    assert_eq!(vic.get("/api/admin/users").await.status, 403);
    let uid = w.uid(&owner, "vic").await;
    owner.put(&format!("/api/v1/users/{uid}"), json!({ "display_name": "Victor" })).await;
    assert_eq!(vic.get("/api/me").await.status, 200, "a name is no right");
    owner.put(&format!("/api/v1/users/{uid}"), json!({ "role": "admin" })).await;
    assert_eq!(vic.get("/api/me").await.status, 401);
    let vic = w.signed_in("vic", PASSWORD).await;
    assert_eq!(vic.get("/api/admin/users").await.status, 200);
    owner.put(&format!("/api/v1/users/{uid}"), json!({ "is_active": false })).await;
    assert_eq!(vic.get("/api/me").await.status, 401);
}

#[tokio::test]
async fn own_password_change_keeps_this_session_and_ends_the_others() {
    let w = World::new().await;
    let (here, there) = (w.owner().await, w.owner().await);
    let wrong = here.post("/api/profile/password", json!({ "current": "nope", "new": "Fresh-Horse-3" })).await;
    assert_eq!(wrong.status, 401);
    let weak = here.post("/api/profile/password", json!({ "current": PASSWORD, "new": "weak" })).await;
    assert_eq!((weak.status, weak.json()["error"].clone()), (400, json!("Password must be at least 8 characters")));
    assert_eq!(
        here.post("/api/profile/password", json!({ "current": PASSWORD, "new": "Fresh-Horse-3" })).await.json(),
        json!({ "status": "ok" })
    );
    assert_eq!(here.get("/api/me").await.status, 200);
    assert_eq!(there.get("/api/me").await.status, 401);
    assert_eq!(w.anyone.from_ip("10.5.0.1").post("/api/login", credentials("admin", PASSWORD)).await.status, 401);
    let uid = w.uid(&here, "admin").await;
    let body = json!({ "current_password": "Fresh-Horse-3", "new_password": PASSWORD });
    assert_eq!(here.put(&format!("/api/v1/users/{uid}/password"), body).await.status, 204);
}

#[tokio::test]
async fn ops_user_actions_follow_their_documented_texts() {
    let w = World::new().await;
    let owner = w.owner().await;
    let act = |body: serde_json::Value| owner.post("/api/admin/users", body);
    for (body, status, text) in [
        (json!({}), 400, "Invalid action"),
        (json!({ "action": "add", "username": "a" }), 400, "Missing username or password"),
        (json!({ "action": "add", "username": "a b", "password": PASSWORD }), 400, "Invalid username or role"),
        (json!({ "action": "add", "username": "ab", "password": PASSWORD, "role": "owner" }), 400, "Invalid username or role"),
        (json!({ "action": "add", "username": "ab", "password": "short" }), 400, "Password must be at least 8 characters"),
        (json!({ "action": "remove", "username": "ghost" }), 404, "User not found"),
        (json!({ "action": "change_password", "username": "ghost", "password": PASSWORD }), 404, "User not found"),
        (json!({ "action": "remove", "username": "admin" }), 409, "You cannot remove yourself"),
        (json!({ "action": "add", "username": "ADMIN", "password": PASSWORD }), 409, "User already exists"),
    ] {
        let reply = act(body.clone()).await;
        assert_eq!((reply.status, reply.json()["error"].clone()), (status, json!(text)), "{body}");
    }
    assert_eq!(
        act(json!({ "action": "add", "username": "olga", "password": PASSWORD, "role": "operator" })).await.json(),
        json!({ "status": "ok" })
    );
    assert_eq!(act(json!({ "action": "set_role", "username": "olga", "role": "admin" })).await.status, 200);
    let list = act(json!({ "action": "list" })).await.json();
    assert_eq!(list[0]["username"], "admin");
    assert_eq!((&list[0]["role"], &list[0]["global_role"]), (&json!("admin"), &json!("owner")));
    assert_eq!((&list[1]["role"], &list[1]["has_2fa"]), (&json!("admin"), &json!(false)));
    assert_eq!(act(json!({ "action": "remove", "username": "olga" })).await.status, 200);
}

#[tokio::test]
async fn command_line_resets_a_password_and_removes_a_second_factor() {
    let w = World::new().await;
    let owner = w.owner().await;
    let by = Authority::command_line();
    w.identity.reset_password(&by, "admin", "Brand-New-9").await.unwrap();
    assert_eq!(owner.get("/api/me").await.status, 401);
    w.signed_in("admin", "Brand-New-9").await;
    assert_eq!(w.identity.totp_disable_for(&by, "admin").await.unwrap_err().kind().status(), 409);
    assert_eq!(w.identity.reset_password(&by, "ghost", PASSWORD).await.unwrap_err().kind().status(), 404);
    assert_eq!(w.identity.every_user().await.unwrap().len(), 1);
}

#[tokio::test]
async fn account_asked_for_a_new_password_says_so_until_it_has_one() {
    let w = World::new().await;
    let owner = w.owner().await;
    let body = json!({ "username": "tom", "password": PASSWORD, "role": "viewer", "must_change_password": true });
    assert_eq!(owner.post("/api/v1/users", body).await.json()["must_change_password"], true);
    let tom = w.signed_in("tom", PASSWORD).await;
    assert_eq!(tom.get("/api/ui/me").await.json()["user"]["must_change_password"], true);
    let change = json!({ "current": PASSWORD, "new": "Fresh-Horse-3" });
    assert_eq!(tom.post("/api/profile/password", change).await.status, 200);
    assert_eq!(tom.get("/api/ui/me").await.json()["user"]["must_change_password"], false);
    let path = format!("/api/v1/users/{}", w.uid(&owner, "tom").await);
    assert_eq!(owner.put(&path, json!({ "must_change_password": true })).await.json()["must_change_password"], true);
    assert_eq!(tom.get("/api/ui/me").await.json()["user"]["must_change_password"], true, "the session goes on");
    let reset = owner.put(&path, json!({ "password": "Other-Horse-4", "must_change_password": true })).await;
    assert_eq!(reset.json()["must_change_password"], true);
}

#[tokio::test]
async fn forced_password_change_session_reaches_nothing_else_until_it_happened() {
    let w = World::new().await;
    let owner = w.owner().await;
    let body = json!({ "username": "tom", "password": PASSWORD, "role": "admin", "must_change_password": true });
    assert_eq!(owner.post("/api/v1/users", body).await.status, 201);
    let tom = w.signed_in("tom", PASSWORD).await;
    for path in ["/api/profile", "/api/users", "/api/v1/users", "/api/auth/sessions"] {
        let refused = tom.get(path).await;
        assert_eq!((refused.status, refused.json()["code"].clone()), (403, json!("password_change_required")), "{path}");
    }
    for path in ["/api/me", "/api/ui/me", "/api/v1/auth/me", "/api/auth/me"] {
        assert_eq!(tom.get(path).await.status, 200, "{path}");
    }
    let others = json!({ "username": "admin", "new_password": "Fresh-Horse-3" });
    assert_eq!(tom.post("/api/auth/password", others).await.json()["code"], "password_change_required");
    let change = |new: &str| json!({ "current_password": PASSWORD, "new_password": new });
    let same = tom.post("/api/auth/password", change(PASSWORD)).await;
    assert_eq!((same.status, same.json()["code"].clone()), (400, json!("password_unchanged")));
    assert_eq!(tom.post("/api/auth/password", change("Fresh-Horse-3")).await.status, 200);
    assert_eq!(tom.get("/api/users").await.status, 200);

    let path = format!("/api/v1/users/{}", w.uid(&owner, "tom").await);
    assert_eq!(owner.put(&path, json!({ "must_change_password": true })).await.status, 200);
    assert_eq!(tom.get("/api/users").await.status, 403, "an open session is asked too");
    let nodes = json!({ "current_password": "Fresh-Horse-3", "new_password": "Fresh-Horse-4" });
    assert_eq!(tom.put(&format!("{path}/password"), nodes).await.status, 204);
    assert_eq!(tom.get("/api/users").await.status, 200);
}

#[tokio::test]
async fn preview_of_an_address_list_names_whom_it_would_shut_out() {
    let w = World::new().await;
    let owner = w.owner().await;
    w.user(&owner, "vic", "viewer").await;
    let path = "/api/auth/ip-allowlist/preview";
    let own = owner.post(path, json!({ "entries": [] })).await.json();
    assert_eq!(own["includes_you"], true, "an empty list lets everybody in");
    let ip = own["your_ip"].as_str().unwrap().to_owned();
    let shown = owner.post(path, json!({ "entries": [ip, "nonsense"] })).await.json();
    assert_eq!((&shown["invalid"], &shown["includes_you"]), (&json!(["nonsense"]), &json!(true)));
    let of = |name: &str| shown["sessions"].as_array().unwrap().iter().find(|s| s["username"] == name).cloned().unwrap();
    assert_eq!((&of("admin")["allowed"], &of("vic")["allowed"]), (&json!(true), &json!(false)));
    assert_eq!(owner.post(path, json!({ "entries": ["203.0.113.0/24"] })).await.json()["includes_you"], false);
}

#[tokio::test]
async fn own_password_without_the_old_one_takes_a_step_up() {
    let w = World::new().await;
    let owner = w.owner().await;
    let olga = w.user(&owner, "olga", "admin").await;
    w.clock.advance_secs(601);
    for (client, name) in [(&owner, "admin"), (&olga, "olga")] {
        let body = json!({ "action": "change_password", "username": name, "password": "Taken-Over-1" });
        let refused = client.post("/api/admin/users", body.clone()).await;
        assert_eq!((refused.status, refused.json()["code"].clone()), (403, json!("step_up_required")), "{name}");
        assert_eq!(client.post("/api/auth/step-up", json!({ "password": PASSWORD })).await.status, 200);
        assert_eq!(client.post("/api/admin/users", body).await.status, 200, "{name}");
    }
}

#[tokio::test]
async fn disabled_account_stays_disabled_beside_another_change_on_each_engine() {
    for store in argos_store::testing::each_engine(&crate::world::migrations()).await {
        let w = World::on(store, Some(PASSWORD)).await;
        w.identity.ensure_first_user().await.unwrap();
        let owner = w.owner().await;
        w.user(&owner, "vic", "viewer").await;
        let path = format!("/api/v1/users/{}", w.uid(&owner, "vic").await);
        for round in 0..8 {
            assert_eq!(owner.put(&path, json!({ "is_active": true })).await.status, 200);
            let name = json!({ "display_name": format!("Vic {round}") });
            let (off, renamed) = tokio::join!(owner.put(&path, json!({ "is_active": false })), owner.put(&path, name));
            assert_eq!((off.status, renamed.status), (200, 200), "{} {}", off.text(), renamed.text());
            assert_eq!(owner.get(&path).await.json()["is_active"], false, "round {round}");
        }
    }
}

#[tokio::test]
async fn two_owners_who_demote_each_other_leave_one_on_each_engine() {
    for store in argos_store::testing::each_engine(&crate::world::migrations()).await {
        let w = World::on(store, Some(PASSWORD)).await;
        w.identity.ensure_first_user().await.unwrap();
        let admin = w.owner().await;
        let second = w.user(&admin, "second", "super_admin").await;
        let path = |uid: String| format!("/api/v1/users/{uid}");
        let (a, b) = (path(w.uid(&admin, "admin").await), path(w.uid(&admin, "second").await));
        let (one, two) = tokio::join!(admin.put(&b, json!({ "role": "viewer" })), second.put(&a, json!({ "role": "viewer" })));
        assert_eq!([one.status, two.status].iter().filter(|s| **s == 200).count(), 1, "{} {}", one.text(), two.text());
        let winner = if one.status == 200 { &admin } else { &second };
        assert_eq!(winner.get("/api/me").await.json()["global_role"], "owner");
    }
}
