//! Organizations, members, invitations and projects: who gets in, what a role gives where, and what nobody else sees.

use argos_store::testing::each_engine;
use argos_web::testing::TestClient;
use serde_json::{Value, json};

use crate::world::{PASSWORD, World};

async fn organization(by: &TestClient, name: &str) -> String {
    let made = by.post("/api/v1/organizations", json!({ "name": name })).await;
    assert_eq!(made.status, 200, "{}", made.text());
    made.json()["id"].as_str().unwrap().to_owned()
}

/// Invites an address; the token of the invitation.
async fn invite(by: &TestClient, id: &str, email: &str, role: &str) -> String {
    let made = by.post(&format!("/api/v1/organizations/{id}/members"), json!({ "email": email, "role": role })).await;
    assert_eq!(made.status, 200, "{}", made.text());
    assert_eq!((&made.json()["status"], &made.json()["user_id"]), (&json!("pending"), &json!(null)));
    made.json()["invite_path"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
}

/// Makes an account, invites it and lets it accept.
async fn member(w: &World, owner: &TestClient, id: &str, name: &str, role: &str) -> TestClient {
    let client = w.user(owner, name, "viewer").await;
    let token = invite(owner, id, &format!("{name}@example.org"), role).await;
    let joined = client.post(&format!("/api/v1/invitations/accept/{token}"), json!({})).await;
    assert_eq!(joined.status, 200, "{}", joined.text());
    client
}

fn names(list: &Value, field: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|o| o[field].as_str().unwrap_or("-").to_owned()).collect()
}

#[tokio::test]
async fn organization_lives_from_creation_to_purge_on_each_engine() {
    for store in each_engine(&crate::world::migrations()).await {
        let w = World::on(store, Some(PASSWORD)).await;
        w.identity.ensure_first_user().await.unwrap();
        let owner = w.owner().await;
        let id = organization(&owner, "Acme, Inc.").await;
        let again = owner.post("/api/v1/organizations", json!({ "name": "Acme Inc" })).await.json();
        assert!(again["slug"].as_str().unwrap().starts_with("acme-inc-"), "{again}");
        let path = format!("/api/v1/organizations/{id}");
        let org = owner.get(&path).await.json();
        assert_eq!((&org["slug"], &org["member_count"], &org["ai_budget_monthly"]), (&json!("acme-inc"), &json!(1), &json!(25.0)));
        assert_eq!(org["features"]["max_projects"], 3);
        let bad = owner.put(&path, json!({ "name": "x", "ai_budget_daily": -1 })).await;
        assert_eq!((bad.status, bad.json()["detail"].as_array().unwrap().len()), (422, 2));
        let changed = owner.put(&path, json!({ "name": "Acme", "domain": "acme.example", "logo_url": null, "nonsense": 1 })).await.json();
        assert_eq!((&changed["name"], &changed["domain"]), (&json!("Acme"), &json!("acme.example")));

        let vic = member(&w, &owner, &id, "vic", "viewer").await;
        let key = owner.with_header("x-organization-id", &id).post("/api/v1/api-keys", json!({ "name": "k", "scopes": ["read"] })).await;
        let key = w.anyone.bearer(key.json()["key"].as_str().unwrap());
        assert_eq!(names(&key.get("/api/v1/projects").await.json(), "name"), [""; 0]);
        assert_eq!(owner.delete("/api/v1/organizations/default").await.json()["code"], "default_organization");
        assert_eq!(owner.delete(&path).await.status, 200);
        assert_eq!((owner.get(&path).await.status, vic.get(&path).await.status), (404, 404));
        assert_eq!(key.get("/api/v1/projects").await.status, 401, "its keys end with it");
        w.clock.advance_secs(31 * 86_400);
        assert!(w.identity.purge().await.unwrap() > 0);
        let left: i64 = w.store.store.state.one(COUNT, argos_store::args![]).await.unwrap().get(0).unwrap();
        assert_eq!(left, 2, "the default one and the second Acme");
        assert_eq!(ALL.len(), 2);
    }
}

argos_store::statements! {
    state;
    COUNT = "test.organizations", "select count(*) from organizations";
    ACME = "test.acme", "select id from organizations where name = 'Acme'";
}

#[tokio::test]
async fn pending_member_has_no_right_until_the_invitation_is_accepted() {
    let w = World::new().await;
    let owner = w.owner().await;
    let id = organization(&owner, "Acme").await;
    let (path, members) = (format!("/api/v1/organizations/{id}"), format!("/api/v1/organizations/{id}/members"));
    let mia = w.user(&owner, "mia", "viewer").await;
    let token = invite(&owner, &id, "Mia@Example.org", "member").await;
    assert_eq!(mia.get(&path).await.status, 404);
    let twice = owner.post(&members, json!({ "email": "mia@example.org" })).await;
    assert_eq!((twice.status, twice.json()["code"].clone()), (400, json!("invitation_pending")));
    let shown = w.anyone.get(&format!("/api/v1/invitations/validate/{token}")).await.json();
    assert_eq!((&shown["valid"], &shown["organization_name"], &shown["role"]), (&json!(true), &json!("Acme"), &json!("member")));
    assert_eq!(w.anyone.get("/api/v1/invitations/validate/nope").await.json()["valid"], false);
    let accept = format!("/api/v1/invitations/accept/{token}");
    let joined = mia.post(&accept, json!({})).await.json();
    assert_eq!((&joined["organization_id"], &joined["role"]), (&json!(id), &json!("member")));
    assert_eq!(mia.get(&path).await.json()["name"], "Acme");
    assert_eq!(mia.post(&accept, json!({})).await.status, 410, "once");
    let list = owner.get(&members).await.json();
    assert_eq!((names(&list, "username"), names(&list, "status")), (vec!["admin".into(), "mia".into()], vec!["active".to_owned(); 2]));
    for action in ["org.create", "member.invite", "member.accept"] {
        assert!(w.audit_actions().await.contains(&action.to_owned()), "{action}");
    }
}

#[tokio::test]
async fn invitation_is_refused_for_another_address_after_its_time_and_when_taken_back() {
    let w = World::new().await;
    let owner = w.owner().await;
    let id = organization(&owner, "Acme").await;
    let body = json!({ "username": "nora", "password": PASSWORD, "role": "viewer", "email": "nora@example.org" });
    owner.post("/api/v1/users", body).await;
    let nora = w.signed_in("nora", PASSWORD).await;
    let other = invite(&owner, &id, "other@example.org", "viewer").await;
    let wrong = nora.post(&format!("/api/v1/invitations/accept/{other}"), json!({})).await;
    assert_eq!((wrong.status, wrong.json()["code"].clone()), (403, json!("email_mismatch")));
    let list = format!("/api/v1/invitations/organizations/{id}/invitations");
    let open = owner.get(&list).await.json();
    let invite_id = open["invitations"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!((&open["total"], &open["invitations"][0]["status"]), (&json!(1), &json!("pending")));
    assert_eq!(owner.delete(&format!("{list}/{invite_id}")).await.status, 200);
    assert_eq!(owner.delete(&format!("{list}/{invite_id}")).await.status, 400);
    assert_eq!(w.anyone.get(&format!("/api/v1/invitations/validate/{other}")).await.json()["error"], "Invitation was revoked");
    assert_eq!(owner.get(&format!("/api/v1/organizations/{id}/members")).await.json().as_array().unwrap().len(), 1);
    let mine = invite(&owner, &id, "NORA@example.org", "viewer").await;
    w.clock.advance_secs(7 * 86_400 + 1);
    let nora = w.signed_in("nora", PASSWORD).await;
    assert_eq!(nora.post(&format!("/api/v1/invitations/accept/{mine}"), json!({})).await.status, 410);
    w.identity.purge().await.unwrap();
    let owner = w.owner().await;
    assert_eq!(owner.get(&list).await.json()["invitations"][0]["status"], "expired");
    invite(&owner, &id, "nora@example.org", "viewer").await;
}

#[tokio::test]
async fn account_is_made_with_an_invitation_only_when_the_inviter_may_make_accounts() {
    let w = World::new().await;
    let owner = w.owner().await;
    let id = organization(&owner, "Acme").await;
    let token = invite(&owner, &id, "new@example.org", "admin").await;
    let register = |token: &str, name: &str, password: &str| {
        let path = format!("/api/v1/invitations/register/{token}");
        let body = json!({ "username": name, "password": password });
        let client = w.anyone.from_ip("10.8.0.9");
        async move { client.post(&path, body).await }
    };
    assert_eq!(register(&token, "newbie", "short").await.status, 400);
    assert_eq!(register(&token, "newbie", PASSWORD).await.status, 200);
    assert_eq!(register(&token, "newbie2", PASSWORD).await.status, 410);
    let newbie = w.signed_in("newbie", PASSWORD).await;
    let mine = newbie.get("/api/v1/users/me/organizations").await.json();
    assert_eq!(
        (names(&mine, "name"), names(&mine, "role")),
        (vec!["Default".into(), "Acme".into()], vec!["viewer".into(), "admin".into()])
    );
    assert_eq!(newbie.get("/api/me").await.json()["role"], "viewer", "the role on the instance stays the lowest");
    let second = invite(&newbie, &id, "two@example.org", "viewer").await;
    let refused = register(&second, "second", PASSWORD).await;
    assert_eq!((refused.status, refused.json()["code"].clone()), (403, json!("registration_not_allowed")));
    let default = invite(&owner, "default", "three@example.org", "admin").await;
    assert_eq!(register(&default, "three", PASSWORD).await.status, 200);
    let three = w.signed_in("three", PASSWORD).await;
    assert_eq!(names(&three.get("/api/v1/users/me/organizations").await.json(), "role"), ["admin"]);
    let grants = three.get("/api/me").await.json()["grants"].to_string();
    assert!(
        grants.contains("org:write") && !grants.contains("audit:read"),
        "{grants}: the instance's audit is not an organization's to give"
    );
}

#[tokio::test]
async fn roles_are_judged_in_the_organization_of_the_request() {
    let w = World::new().await;
    let owner = w.owner().await;
    let (acme, other) = (organization(&owner, "Acme").await, organization(&owner, "Other").await);
    let ada = member(&w, &owner, &acme, "ada", "admin").await;
    let max = member(&w, &owner, &acme, "max", "member").await;
    let path = |id: &str, rest: &str| format!("/api/v1/organizations/{id}{rest}");
    assert_eq!(ada.put(&path(&acme, ""), json!({ "domain": "a.example" })).await.status, 200);
    let default = ada.put(&path("default", ""), json!({ "domain": "a.example" })).await;
    assert_eq!((default.status, default.json()["error"].clone()), (403, json!("Permission denied: org:write")), "a viewer there");
    assert_eq!(ada.get(&path(&other, "")).await.status, 404, "no member");
    assert_eq!(ada.delete(&path(&acme, "")).await.status, 403);
    assert_eq!(max.put(&path(&acme, ""), json!({ "domain": "b.example" })).await.status, 403);
    let create = json!({ "name": "key", "scopes": ["read"] });
    assert_eq!(ada.post("/api/v1/api-keys", create.clone()).await.status, 403, "no right in the default organization");
    assert_eq!(ada.with_header("x-organization-id", &acme).post("/api/v1/api-keys", create.clone()).await.status, 200);
    let foreign = ada.with_header("x-organization-id", &other).post("/api/v1/api-keys", create).await;
    assert_eq!((foreign.status, foreign.json()["error"].clone()), (403, json!("Access denied to this organization")));
    assert_eq!(ada.get(&format!("/api/v1/api-keys?org_id={acme}")).await.json().as_array().unwrap().len(), 1);
    let switched = ada.post(&format!("/api/v1/users/me/organizations/{acme}/switch"), json!({})).await;
    assert_eq!(switched.json()["organization_name"], "Acme");
    assert_eq!(ada.get("/api/v1/api-keys").await.json().as_array().unwrap().len(), 1, "the chosen one without a header");
    assert_eq!(ada.get("/api/v1/users/me").await.json()["default_organization_id"], json!(acme));
}

#[tokio::test]
async fn only_owners_change_roles_and_the_last_owner_stays() {
    let w = World::new().await;
    let owner = w.owner().await;
    let boss = w.user(&owner, "boss", "viewer").await;
    let id = organization(&boss, "Acme").await;
    let ada = member_of(&w, &owner, &boss, &id, "ada", "admin").await;
    let bob = member_of(&w, &owner, &boss, &id, "bob", "admin").await;
    let (boss_id, ada_id, bob_id) = (w.uid(&owner, "boss").await, w.uid(&owner, "ada").await, w.uid(&owner, "bob").await);
    let members = format!("/api/v1/organizations/{id}/members");
    let role = |of: &str| format!("{members}/{of}/role");
    assert_eq!(ada.put(&role(&bob_id), json!({ "role": "viewer" })).await.status, 403);
    assert_eq!(boss.put(&role(&bob_id), json!({ "role": "owner" })).await.status, 422);
    assert_eq!(boss.put(&role(&boss_id), json!({ "role": "viewer" })).await.status, 400);
    assert_eq!(ada.delete(&format!("{members}/{bob_id}")).await.status, 403, "an administrator removes no administrator");
    assert_eq!(ada.delete(&format!("{members}/{boss_id}")).await.status, 400);
    assert_eq!(boss.put(&role(&bob_id), json!({ "role": "viewer" })).await.status, 200);
    assert_eq!(bob.get(&members).await.status, 200);
    assert_eq!(bob.post(&members, json!({ "email": "x@example.org" })).await.status, 403, "acts at once");
    assert_eq!(ada.delete(&format!("{members}/{bob_id}")).await.status, 200);
    assert_eq!(bob.get(&members).await.status, 404);
    let leave = format!("/api/v1/organizations/{id}/leave");
    assert_eq!(boss.post(&leave, json!({})).await.json()["code"], "last_owner");
    let transfer = format!("/api/v1/organizations/{id}/transfer");
    for (to, status) in [(&boss_id, 400), (&bob_id, 400), (&ada_id, 200)] {
        assert_eq!(boss.post(&transfer, json!({ "new_owner_user_id": to })).await.status, status, "{to}");
    }
    assert_eq!(boss.post(&leave, json!({})).await.status, 200);
    assert_eq!(boss.get(&members).await.status, 404);
    assert_eq!(owner.put(&format!("/api/v1/organizations/{id}"), json!({ "domain": "o.example" })).await.status, 200);
    assert!(w.audit_actions().await.contains(&"org.override".to_owned()), "the instance's owner acts on record");
}

/// As [`member`], invited by somebody who may not make accounts.
async fn member_of(w: &World, maker: &TestClient, inviter: &TestClient, id: &str, name: &str, role: &str) -> TestClient {
    let client = w.user(maker, name, "viewer").await;
    let token = invite(inviter, id, &format!("{name}@example.org"), role).await;
    assert_eq!(client.post(&format!("/api/v1/invitations/accept/{token}"), json!({})).await.status, 200);
    client
}

#[tokio::test]
async fn somebody_without_an_organization_gets_a_personal_one_once() {
    let w = World::new().await;
    w.set_policy(|p| p.auto_join_default = false);
    let owner = w.owner().await;
    let pia = w.user(&owner, "pia", "viewer").await;
    let first = pia.get("/api/v1/users/me/organizations").await.json();
    let again = pia.get("/api/v1/users/me/organizations").await.json();
    assert_eq!(first, again);
    assert_eq!((names(&first, "name"), names(&first, "role")), (vec!["pia's Workspace".into()], vec!["owner".into()]));
    assert_eq!(first[0]["is_personal"], true);
}

#[tokio::test]
async fn organizations_and_projects_have_the_names_that_other_clients_use() {
    let w = World::new().await;
    let owner = w.owner().await;
    let acme = organization(&owner, "Acme").await;
    let (orgs, teams) = (format!("/api/v1/orgs/{acme}"), format!("/api/v1/teams/organizations/{acme}"));
    assert_eq!(names(&owner.get("/api/v1/orgs").await.json(), "name"), ["Acme", "Default"]);
    assert_eq!(names(&owner.get("/api/v1/teams/organizations").await.json(), "name"), ["Acme", "Default"]);
    let one = owner.get(&orgs).await.json();
    assert_eq!((&one["slug"], one.get("sso_enabled"), one.get("stripe_customer_id")), (&json!("acme"), None, None));
    let made = owner.post(&format!("{orgs}/projects"), json!({ "name": "Shop" })).await;
    let project = made.json();
    assert_eq!((made.status, &project["org_id"], project.get("organization_id")), (201, &json!(acme), None));
    assert_eq!(owner.get(&format!("{orgs}/projects")).await.json()[0]["org_id"], json!(acme));
    let path = format!("projects/{}", project["id"].as_str().unwrap());
    assert_eq!(owner.get(&format!("{orgs}/{path}")).await.json()["name"], "Shop");
    assert_eq!(owner.get(&format!("/api/v1/orgs/default/{path}")).await.status, 404, "it is of another organization");
    let eve = w.user(&owner, "eve", "viewer").await;
    for path in [orgs, teams.clone(), format!("{teams}/members")] {
        assert_eq!(eve.get(&path).await.status, 404, "{path}");
    }
    let invited = owner.post(&format!("{teams}/members/invite"), json!({ "email": "nora@example.org" })).await;
    assert_eq!((invited.status, &invited.json()["status"]), (200, &json!("pending")));
    assert_eq!(owner.get(&format!("{teams}/members")).await.json().as_array().unwrap().len(), 2);
    assert_eq!(owner.patch(&teams, json!({ "name": "Acme Ltd" })).await.json()["name"], "Acme Ltd");
    assert_eq!(owner.delete(&teams).await.status, 200);
    assert_eq!(names(&owner.get("/api/v1/organizations").await.json(), "name"), ["Default"]);
}

#[tokio::test]
async fn change_of_a_project_that_is_refused_in_part_changes_nothing() {
    let w = World::new().await;
    let owner = w.owner().await;
    let acme = organization(&owner, "Acme").await;
    let made = owner.post(&format!("/api/v1/organizations/{acme}/projects"), json!({ "name": "Shop" })).await.json();
    let path = format!("/api/v1/projects/{}", made["id"].as_str().unwrap());
    // A member may change a project and not its settings.
    let max = member(&w, &owner, &acme, "max", "member").await;
    let refused = max.put(&path, json!({ "name": "Stall", "settings": { "retries": 1 } })).await;
    assert_eq!((refused.status, &refused.json()["error"]), (403, &json!("Permission denied: project:manage_settings")));
    for body in [json!({ "name": "Stall", "settings": { "retries": 99 } }), json!({ "name": "Stall", "settings": 1 })] {
        assert_eq!(owner.put(&path, body).await.status, 422);
    }
    assert_eq!(owner.put(&path, json!({ "name": "Stall", "is_active": "no" })).await.status, 422);
    assert_eq!(owner.get(&path).await.json()["name"], "Shop");
}

#[tokio::test]
async fn projects_are_seen_and_changed_by_their_own_people_alone() {
    let w = World::new().await;
    let owner = w.owner().await;
    let acme = organization(&owner, "Acme").await;
    let max = member(&w, &owner, &acme, "max", "member").await;
    let vic = member(&w, &owner, &acme, "vic", "viewer").await;
    let eve = w.user(&owner, "eve", "viewer").await;
    let in_acme = max.with_header("x-organization-id", &acme);
    let bad = in_acme.post("/api/v1/projects", json!({ "name": "Shop", "app_url": "ftp://x" })).await;
    assert_eq!((bad.status, bad.json()["detail"][0]["loc"][1].clone()), (422, json!("app_url")));
    let made = in_acme.post("/api/v1/projects", json!({ "name": "Shop", "settings": { "retries": 2 } })).await.json();
    assert_eq!((&made["organization_id"], &made["is_active"], &made["last_run_at"]), (&json!(acme), &json!(true), &json!(null)));
    let path = format!("/api/v1/projects/{}", made["id"].as_str().unwrap());
    for method in ["GET", "PUT", "DELETE"] {
        let body = (method == "PUT").then(|| "{}".into());
        let refused = eve.call(method, &path, body).await.status;
        assert!([403, 404].contains(&refused), "{method} {refused}");
    }
    assert_eq!(eve.get(&path).await.status, 404, "not even that it exists");
    assert_eq!(names(&vic.get("/api/v1/projects").await.json(), "name"), ["Shop"]);
    assert_eq!(names(&eve.get("/api/v1/projects").await.json(), "name"), [""; 0]);
    assert_eq!(vic.put(&path, json!({ "name": "Mine" })).await.status, 403);
    assert_eq!(max.put(&path, json!({ "is_active": false })).await.json()["is_active"], false);
    assert_eq!(names(&max.get("/api/v1/projects?is_active=true").await.json(), "name"), [""; 0]);
    let vic_id = w.uid(&owner, "vic").await;
    let seat = format!("{path}/members/{vic_id}");
    assert_eq!(max.put(&seat, json!({ "role": "developer" })).await.status, 403);
    assert_eq!(owner.put(&seat, json!({ "role": "developer" })).await.status, 200);
    assert_eq!(vic.put(&path, json!({ "name": "Ours" })).await.json()["name"], "Ours", "a developer here");
    // Who leads one project is told nothing of the others.
    assert_eq!(owner.put(&seat, json!({ "role": "maintainer" })).await.status, 200);
    let id = w.identity.user_by_name("vic").await.unwrap().id;
    let organization: i64 = w.store.store.state.one(ACME, argos_store::args![]).await.unwrap().get(0).unwrap();
    assert!(!w.identity.members_who_may(organization, "healing:approve").await.unwrap().contains(&id));
    assert!(w.identity.members_who_may(organization, "project:read").await.unwrap().contains(&id));
    assert_eq!(owner.put(&seat, json!({ "role": "developer" })).await.status, 200);
    assert_eq!(owner.get(&format!("{path}/members")).await.json()[0]["role"], "developer");
    let eve_id = w.uid(&owner, "eve").await;
    assert_eq!(owner.put(&format!("{path}/members/{eve_id}"), json!({ "role": "viewer" })).await.status, 400);
    assert_eq!(owner.delete(&seat).await.status, 200);
    assert_eq!(vic.put(&path, json!({ "name": "Gone" })).await.status, 403);
    assert_eq!(max.delete(&path).await.status, 403);
    assert_eq!(owner.delete(&path).await.status, 200);
    assert_eq!(owner.get(&path).await.status, 404);
}

#[tokio::test]
async fn project_settings_merge_and_never_show_a_secret() {
    let w = World::new().await;
    let owner = w.owner().await;
    let made = owner.post("/api/v1/projects", json!({ "name": "Shop" })).await.json();
    let path = format!("/api/v1/projects/{}/settings", made["id"].as_str().unwrap());
    assert_eq!(owner.get(&path).await.json()["settings"]["locale"], "en-US");
    let body = json!({ "base_url": { "staging": "https://s.example" }, "secrets": { "token": "t0p-s3cret" }, "team": "blue" });
    let put = owner.put(&path, body).await;
    assert_eq!(put.json()["settings"]["secrets"], json!({ "token": "***" }));
    let shown = owner.get(&path).await;
    assert!(!shown.text().contains("t0p-s3cret"));
    assert_eq!(shown.json()["settings"]["custom"], json!({ "team": "blue" }));
    assert_eq!(owner.put(&path, shown.json()).await.status, 200, "what is shown can be sent back");
    let bad = owner.put(&path, json!({ "retries": 11 })).await;
    assert_eq!((bad.status, bad.json()["detail"][0]["msg"].clone()), (422, json!("retries must be between 0 and 10")));
    let actions = w.audit_actions().await;
    assert!(actions.contains(&"project.settings_change".to_owned()));
}

#[tokio::test]
async fn plan_limits_bite_only_while_the_setting_says_so() {
    let w = World::new().await;
    let owner = w.owner().await;
    for n in 0..4 {
        assert_eq!(owner.post("/api/v1/projects", json!({ "name": format!("P{n}") })).await.status, 200);
    }
    w.set_policy(|p| p.enforce_plan_limits = true);
    let full = owner.post("/api/v1/projects", json!({ "name": "One more" })).await;
    assert_eq!((full.status, full.json()["code"].clone()), (400, json!("max_projects")));
}

#[tokio::test]
async fn organization_handed_over_while_the_heir_is_removed_keeps_an_owner_on_each_engine() {
    for store in each_engine(&crate::world::migrations()).await {
        let w = World::on(store, Some(PASSWORD)).await;
        w.identity.ensure_first_user().await.unwrap();
        let owner = w.owner().await;
        for round in 0..4 {
            let id = organization(&owner, &format!("Acme {round}")).await;
            let name = format!("heir{round}");
            drop(member(&w, &owner, &id, &name, "member").await);
            let uid = w.uid(&owner, &name).await;
            let path = format!("/api/v1/organizations/{id}");
            let (given, removed) = (format!("{path}/transfer"), format!("{path}/members/{uid}"));
            let (given, removed) = tokio::join!(owner.post(&given, json!({ "new_owner_user_id": uid })), owner.delete(&removed));
            let members = owner.get(&format!("{path}/members")).await.json();
            let owners = members.as_array().unwrap().iter().filter(|m| m["role"] == "owner").count();
            assert_eq!(owners, 1, "{} {}: {members}", given.text(), removed.text());
        }
    }
}
