//! The second factor: enrolment, both login forms, replay, recovery, locks, the duty to have one.

use argos_identity::model::totp;
use argos_kernel::{Clock, Timestamp};
use argos_web::testing::TestClient;
use serde_json::{Value, json};

use crate::world::{PASSWORD, World, browser, credentials};

argos_store::statements! {
    state;
    PASSKEY = "t.passkey",
        "insert into webauthn_credentials (uid, user_id, credential_id, public_key, sign_count, transports, aaguid, name, backed_up, created_at)
         values ($1, 1, 'c', 'k', 0, '[]', '', 'laptop', false, $2)";
    NAMED_PASSKEY = "t.named_passkey",
        "insert into webauthn_credentials (uid, user_id, credential_id, public_key, sign_count, transports, aaguid, name, backed_up, created_at)
         values ($1, 1, $2, 'k', 0, '[]', '', 'key', false, $3)";
}

struct Enrolled {
    secret: Vec<u8>,
    recovery: Vec<String>,
}

impl Enrolled {
    fn code(&self, w: &World) -> String {
        totp::code(&self.secret, totp::step_of(w.clock.now()))
    }
}

/// Turns the second factor of `client` on and moves the clock past the code that was used.
async fn enrol(w: &World, client: &TestClient) -> Enrolled {
    let setup = client.post("/api/auth/totp/setup", json!({})).await;
    assert_eq!(setup.status, 200, "{}", setup.text());
    let body = setup.json();
    let secret = totp::decode_secret(body["secret"].as_str().unwrap()).unwrap();
    let recovery = body["recovery_codes"].as_array().unwrap().iter().map(|c| c.as_str().unwrap().to_owned()).collect();
    let enrolled = Enrolled { secret, recovery };
    let activated = client.post("/api/auth/totp/activate", json!({ "code": enrolled.code(w) })).await;
    assert_eq!((activated.status, activated.json()), (200, json!({ "ok": true })), "{}", activated.text());
    w.clock.advance_secs(60);
    enrolled
}

async fn challenge(w: &World, from: &TestClient) -> String {
    let _ = w;
    let reply = from.post("/api/auth/login", credentials("admin", PASSWORD)).await;
    let body = reply.json();
    assert_eq!((reply.status, &body["requires_totp"]), (200, &json!(true)), "{}", reply.text());
    assert!(reply.set_cookie("argos_session").is_none());
    body["challenge_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn enrolment_shows_the_documented_union_and_its_status() {
    let w = World::new().await;
    let owner = w.owner().await;
    let setup = owner.post("/api/auth/totp/setup", json!({})).await.json();
    assert_eq!(setup["secret"].as_str().unwrap().len(), 32);
    assert_eq!(setup["otpauth_url"], setup["provisioning_uri"]);
    assert!(setup["otpauth_url"].as_str().unwrap().starts_with("otpauth://totp/argos-edge:admin?algorithm=SHA1"));
    assert!(setup["qr_png_base64"].as_str().unwrap().starts_with("iVBOR"));
    assert_eq!(setup["recovery_codes"].as_array().unwrap().len(), 10);
    assert_eq!(owner.get("/api/auth/totp/status").await.json()["setup_pending"], true);
    assert_eq!(owner.post("/api/auth/totp/activate", json!({ "code": "000000x" })).await.status, 401);
    let wrong = owner.post("/api/auth/totp/enable", json!({ "secret": "AAAA", "code": "123456" })).await;
    assert_eq!((wrong.status, wrong.json()["error"].clone()), (400, json!("Invalid TOTP code")));

    let again = owner.post("/api/auth/totp/setup", json!({})).await.json();
    assert_ne!(again["secret"], setup["secret"]);
    let secret = again["secret"].as_str().unwrap();
    let code = totp::code(&totp::decode_secret(secret).unwrap(), totp::step_of(w.clock.now()));
    let enabled = owner.post("/api/auth/totp/enable", json!({ "secret": secret, "code": code })).await;
    assert_eq!((enabled.status, enabled.json()), (200, json!({ "status": "ok" })));
    let status = owner.get("/api/auth/totp/status").await.json();
    assert_eq!((&status["enabled"], &status["recovery_codes_remaining"]), (&json!(true), &json!(10)));
    assert_eq!(owner.post("/api/auth/totp/setup", json!({})).await.status, 409);
    assert_eq!(owner.post("/api/auth/totp/activate", json!({ "code": code })).await.status, 409);
}

#[tokio::test]
async fn browser_login_takes_the_code_once_and_never_the_same_step_twice() {
    let w = World::new().await;
    let enrolled = enrol(&w, &w.owner().await).await;
    let id = challenge(&w, &w.anyone).await;
    assert_eq!(id.len(), 32);
    let wrong = w.anyone.post("/api/auth/totp/verify", json!({ "challenge_id": id, "code": "12345" })).await;
    assert_eq!((wrong.status, wrong.json()["error"].clone()), (401, json!("invalid code")));
    let code = enrolled.code(&w);
    let ok = w.anyone.post("/api/auth/totp/verify", json!({ "challenge_id": id, "code": code })).await;
    assert_eq!((ok.status, ok.json()["username"].clone()), (200, json!("admin")), "the challenge survives a wrong code");
    assert_eq!(browser(&w.anyone, &ok).0.get("/api/auth/me").await.status, 200);
    let used = w.anyone.post("/api/auth/totp/verify", json!({ "challenge_id": id, "code": code })).await;
    assert_eq!(used.json()["error"], "challenge not found or expired");
    let second = challenge(&w, &w.anyone).await;
    let replay = w.anyone.post("/api/auth/totp/verify", json!({ "challenge_id": second, "code": code })).await;
    assert_eq!((replay.status, replay.json()["error"].clone()), (401, json!("invalid code")));
    w.clock.advance_secs(301);
    let late = w.anyone.post("/api/auth/totp/verify", json!({ "challenge_id": second, "code": enrolled.code(&w) })).await;
    assert_eq!(late.json()["error"], "challenge not found or expired");
}

#[tokio::test]
async fn header_logins_take_the_code_with_the_password() {
    let w = World::new().await;
    let enrolled = enrol(&w, &w.owner().await).await;
    let missing = w.anyone.post("/api/login", credentials("admin", PASSWORD)).await;
    assert_eq!((missing.status, missing.json()), (200, json!({ "username": "admin", "requires_2fa": true })));
    let body = |code: &str| json!({ "username": "admin", "password": PASSWORD, "totp_code": code });
    let wrong = w.anyone.post("/api/login", body("000000")).await;
    assert_eq!((wrong.status, wrong.json()["error"].clone()), (401, json!("Invalid 2FA code")));
    assert_eq!(w.anyone.post("/api/login", body(&enrolled.code(&w))).await.status, 200);
    let nodes = w.anyone.post("/api/v1/auth/login", credentials("admin", PASSWORD)).await;
    assert_eq!((nodes.status, nodes.json()["requires_totp"].clone()), (401, json!(true)));
    w.clock.advance_secs(60);
    let id = nodes.json()["challenge_id"].as_str().unwrap().to_owned();
    let done = w.anyone.post("/api/auth/totp/verify", json!({ "challenge_id": id, "code": enrolled.code(&w) })).await;
    assert_eq!(done.status, 200);
}

#[tokio::test]
async fn five_wrong_codes_lock_the_pair_for_half_an_hour() {
    let w = World::new().await;
    let enrolled = enrol(&w, &w.owner().await).await;
    let id = challenge(&w, &w.anyone).await;
    for _ in 0..5 {
        assert_eq!(w.anyone.post("/api/auth/totp/verify", json!({ "challenge_id": id, "code": "000000" })).await.status, 401);
    }
    let right = json!({ "challenge_id": id, "code": enrolled.code(&w) });
    let locked = w.anyone.post("/api/auth/totp/verify", right.clone()).await;
    assert_eq!((locked.status, locked.header("retry-after")), (429, Some("1800")));
    let recovery = w.anyone.post("/api/auth/totp/recovery", json!({ "challenge_id": id, "recovery_code": enrolled.recovery[0] })).await;
    assert_eq!(recovery.status, 429);
    let told =
        w.audit_rows().await.into_iter().filter_map(|row| row.alias).filter(|alias| alias.contains("rate_limit")).collect::<Vec<_>>();
    assert_eq!(told, ["totp_rate_limit_hit"], "on record once, as what it is");
    assert_eq!(w.anyone.from_ip("10.4.0.1").post("/api/auth/totp/verify", right).await.status, 200, "the lock is for the pair");
}

#[tokio::test]
async fn recovery_code_works_once_even_when_used_twice_at_once() {
    let w = World::new().await;
    let enrolled = enrol(&w, &w.owner().await).await;
    let (a, b) = (challenge(&w, &w.anyone).await, challenge(&w, &w.anyone).await);
    let code = enrolled.recovery[4].to_uppercase().replace('-', " ");
    let body = |id: &str| json!({ "challenge_id": id, "recovery_code": code });
    let (first, second) =
        tokio::join!(w.anyone.post("/api/auth/totp/recovery", body(&a)), w.anyone.post("/api/auth/totp/recovery", body(&b)));
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
    let won = if first.status == 200 { first } else { second };
    assert_eq!(won.json()["recovery_codes_remaining"], 9);
    assert!(won.set_cookie("argos_session").is_some());
}

#[tokio::test]
async fn disabling_needs_password_and_code_or_a_fresh_step_up() {
    let w = World::new().await;
    let owner = w.owner().await;
    let enrolled = enrol(&w, &owner).await;
    let disable = |body: Value| owner.post("/api/auth/totp/disable", body);
    assert_eq!(disable(json!({ "password": PASSWORD })).await.status, 400);
    assert_eq!(disable(json!({ "password": "nope", "code": enrolled.code(&w) })).await.status, 401);
    assert_eq!(disable(json!({ "username": "nobody" })).await.status, 404);
    let done = disable(json!({ "password": PASSWORD, "code": enrolled.recovery[0] })).await;
    assert_eq!((done.status, done.json()), (200, json!({ "ok": true, "status": "ok" })));
    assert_eq!(disable(json!({ "password": PASSWORD, "code": "123456" })).await.status, 409);

    let enrolled = enrol(&w, &owner).await;
    w.clock.advance_secs(700);
    let stale = disable(json!({})).await;
    assert_eq!((stale.status, stale.json()["code"].clone()), (403, json!("step_up_required")));
    assert_eq!(owner.post("/api/auth/step-up", json!({ "code": enrolled.code(&w) })).await.status, 200);
    assert_eq!(owner.post("/api/auth/totp/disable", json!({})).await.status, 200);
    let reply = w.anyone.post("/api/auth/login", credentials("admin", PASSWORD)).await;
    let (page, csrf) = browser(&w.anyone, &reply);
    assert_eq!(page.with_header("x-csrf-token", &csrf).post("/api/auth/totp/disable", json!({})).await.status, 400);
}

#[tokio::test]
async fn administrators_disable_for_others_and_end_their_sessions() {
    let w = World::new().await;
    let owner = w.owner().await;
    let vic = w.user(&owner, "vic", "viewer").await;
    enrol(&w, &vic).await;
    assert_eq!(vic.post("/api/auth/totp/disable", json!({ "username": "admin" })).await.status, 403);
    assert_eq!(owner.post("/api/auth/totp/disable", json!({ "username": "vic" })).await.status, 200);
    assert_eq!(vic.get("/api/me").await.status, 401);
    w.signed_in("vic", PASSWORD).await;
}

#[tokio::test]
async fn codes_can_go_where_a_factor_is_required_only_while_a_passkey_stays() {
    let w = World::new().await;
    let owner = w.owner().await;
    enrol(&w, &owner).await;
    w.set_policy(|p| p.require_2fa = true);
    let disable = || owner.post("/api/auth/totp/disable", json!({}));
    assert_eq!(disable().await.json()["code"], "totp_required");
    let row = argos_store::args!["01890000-0000-7000-8000-000000000001", w.clock.now()];
    assert_eq!((ALL.len(), w.store.store.state.exec(PASSKEY, row).await.unwrap()), (2, 1));
    assert_eq!(disable().await.status, 200);
    assert_eq!(owner.get("/api/auth/totp/status").await.json()["enabled"], false);
}

#[tokio::test]
async fn recovery_codes_are_regenerated_against_the_password() {
    let w = World::new().await;
    let owner = w.owner().await;
    let path = "/api/auth/totp/recovery/regenerate";
    assert_eq!(owner.post(path, json!({ "password": PASSWORD })).await.status, 409);
    let enrolled = enrol(&w, &owner).await;
    assert_eq!(owner.post(path, json!({ "password": "nope" })).await.status, 401);
    let codes = owner.post(path, json!({ "password": PASSWORD })).await.json()["codes"].clone();
    assert_eq!(codes.as_array().unwrap().len(), 10);
    let id = challenge(&w, &w.anyone).await;
    let old = w.anyone.post("/api/auth/totp/recovery", json!({ "challenge_id": id, "recovery_code": enrolled.recovery[0] })).await;
    assert_eq!(old.status, 401);
    let new = w.anyone.post("/api/auth/totp/recovery", json!({ "challenge_id": id, "recovery_code": codes[0] })).await;
    assert_eq!(new.status, 200);
}

#[tokio::test]
async fn required_second_factor_opens_a_session_that_can_only_set_it_up() {
    let w = World::new().await;
    w.set_policy(|p| p.require_2fa = true);
    let reply = w.anyone.post("/api/login", credentials("admin", PASSWORD)).await.json();
    assert_eq!(reply["requires_2fa_setup"], true);
    let client = w.anyone.bearer(reply["token"].as_str().unwrap());
    assert_eq!(client.get("/api/me").await.json()["requires_2fa_setup"], true);
    let refused = client.get("/api/profile").await;
    assert_eq!((refused.status, refused.json()["requires_2fa_setup"].clone()), (403, json!(true)));
    enrol(&w, &client).await;
    assert_eq!(client.get("/api/profile").await.status, 200);
    assert!(Timestamp::from_secs(0) < w.clock.now());
}

#[tokio::test]
async fn challenge_dies_with_the_password_it_was_given_for() {
    let w = World::new().await;
    let owner = w.owner().await;
    let enrolled = enrol(&w, &owner).await;
    let id = challenge(&w, &w.anyone).await;
    let body = json!({ "current_password": PASSWORD, "new_password": "Another-Horse-2" });
    assert_eq!(owner.post("/api/auth/password", body).await.status, 200);
    let late = w.anyone.post("/api/auth/totp/verify", json!({ "challenge_id": id, "code": enrolled.code(&w) })).await;
    assert_eq!((late.status, late.json()["code"].clone()), (401, json!("challenge_expired")), "{}", late.text());
}

#[tokio::test]
async fn two_last_passkeys_removed_at_once_leave_one_where_one_is_required() {
    for store in argos_store::testing::each_engine(&crate::world::migrations()).await {
        let w = World::on(store, Some(PASSWORD)).await;
        w.identity.ensure_first_user().await.unwrap();
        let owner = w.owner().await;
        let mut paths = Vec::new();
        for credential in ["one", "two"] {
            let uid = argos_kernel::Uid::mint(&w.clock, &argos_kernel::SystemRng::default());
            let args = argos_store::args![uid, credential, w.clock.now()];
            w.store.store.state.exec(NAMED_PASSKEY, args).await.unwrap();
            paths.push(format!("/api/auth/passkeys/{uid}"));
        }
        w.set_policy(|p| p.require_2fa = true);
        let (one, two) = tokio::join!(owner.delete(&paths[0]), owner.delete(&paths[1]));
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses[1], 409, "{} {}", one.text(), two.text());
        assert_eq!(owner.get("/api/auth/passkeys").await.json().as_array().unwrap().len(), 1);
    }
}
