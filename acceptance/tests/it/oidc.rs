//! Edge scenario 9 and ops scenario 18: single sign-on against a real OpenID provider.

use argos_peers::{ArgosConfig, Client, OidcProvider, Response, oidc_provider};
use serde_json::{Value, json};

use crate::stage::{PASSWORD, Stage};

pub(crate) struct SignOn {
    pub(crate) stage: Stage,
    pub(crate) provider: OidcProvider,
}

impl SignOn {
    pub(crate) fn start(client_id: &str) -> Self {
        let stage = Stage::on(ArgosConfig::new().env("ARGOS_NET_OUTBOUND_ALLOW", "127.0.0.1"));
        let callback = format!("{}/api/auth/oidc/callback", stage.argos.base());
        let provider = OidcProvider::start(std::slice::from_ref(&callback)).unwrap_or_else(|error| panic!("{error}"));
        let it = Self { stage, provider };
        let status = it.configure(json!({
            "enabled": true, "issuer_url": it.provider.issuer, "client_id": client_id, "client_secret": oidc_provider::CLIENT_SECRET,
        }));
        assert_eq!((&status["client_secret_set"], &status["redirect_uri"]), (&json!(true), &json!(callback)));
        assert!(!status.to_string().contains(oidc_provider::CLIENT_SECRET));
        it
    }

    fn configure(&self, change: Value) -> Value {
        self.stage.owner.put("/api/auth/oidc/config", change).expect_status(200).json()
    }

    /// A browser that leaves for the provider: its mark and where it is sent back to.
    pub(crate) fn leave(&self, query: &str) -> (String, String) {
        let left = self.stage.anonymous().get(&format!("/api/auth/oidc/login{query}")).expect_status(302);
        let mark = left.cookie("argos_sign_on").expect("a mark");
        let back = self.provider.walk(left.header("location").expect("a location"));
        let back = back.strip_prefix(&self.stage.argos.base()).expect("back to argos").to_owned();
        (mark, back)
    }

    pub(crate) fn come_back(&self, mark: &str, back: &str) -> Response {
        self.stage.anonymous().with_header("Cookie", &format!("argos_sign_on={mark}")).get(back)
    }

    /// The whole round trip.
    pub(crate) fn sign_in(&self, query: &str, person: Value) -> Response {
        self.provider.next_person(person);
        let (mark, back) = self.leave(query);
        self.come_back(&mark, &back)
    }
}

pub(crate) fn ada() -> Value {
    json!({"sub": "ada-7", "email": "Ada@Example.org", "email_verified": true, "preferred_username": "ada", "name": "Ada Lovelace"})
}

pub(crate) fn by_cookie(stage: &Stage, answer: &Response) -> Client {
    let session = answer.cookie("argos_session").expect("a session cookie");
    stage.anonymous().with_header("Cookie", &format!("argos_session={session}"))
}

pub(crate) fn location(answer: &Response) -> &str {
    assert_eq!(answer.status, 302, "{}", answer.text());
    answer.header("location").expect("a location")
}

#[test]
fn new_person_gets_an_account_and_keeps_it() {
    let it = SignOn::start("argos");
    let answer = it.sign_in("?rd=%2Finventory", ada());
    assert_eq!(location(&answer), "/inventory");
    let me = by_cookie(&it.stage, &answer).get("/api/profile").expect_status(200).json();
    assert_eq!((&me["username"], &me["role"]), (&json!("ada"), &json!("viewer")));
    let again = it.sign_in("?rd=https%3A%2F%2Fevil.example%2F", ada());
    assert_eq!(location(&again), "/", "a foreign address leads home");
    let users = it.stage.owner.get("/api/users").expect_status(200).json();
    let adas: Vec<&Value> = users.as_array().expect("a list").iter().filter(|u| u["created_via"] == "oidc").collect();
    assert_eq!(adas.len(), 1);
    assert_eq!((&adas[0]["email"], &adas[0]["has_password"]), (&json!("ada@example.org"), &json!(false)));
    let providers = it.stage.anonymous().get("/api/auth/providers").json();
    assert_eq!(providers, json!([{"id": "oidc", "name": "SSO", "url": "/api/auth/oidc/login"}]));
    assert_eq!(it.stage.anonymous().get("/api/auth/oidc/available").json()["enabled"], true);
}

#[test]
fn elliptic_signature_is_accepted_too() {
    let it = SignOn::start("argos-es");
    assert_eq!(location(&it.sign_in("?rd=/", ada())), "/");
}

#[test]
fn code_mode_hands_out_a_code_that_works_once() {
    let it = SignOn::start("argos");
    let answer = it.sign_in("", ada());
    let code = location(&answer).strip_prefix("/#oidc_code=").expect("a code").to_owned();
    let redeem = || it.stage.anonymous().post("/api/auth/oidc/exchange", json!({"code": code}));
    let token = redeem().expect_status(200).json();
    assert_eq!((&token["username"], &token["role"]), (&json!("ada"), &json!("viewer")));
    let client = it.stage.anonymous().with_bearer(token["token"].as_str().expect("a token"));
    assert_eq!(client.get("/api/me").status, 200);
    assert_eq!(redeem().status, 401);
    assert_eq!(it.stage.anonymous().post("/api/auth/exchange", json!({})).status, 400);
}

#[test]
fn state_belongs_to_one_browser_and_one_use() {
    let it = SignOn::start("argos");
    it.provider.next_person(ada());
    let (mark, back) = it.leave("?rd=/");
    assert_eq!(location(&it.stage.anonymous().get(&back)), "/login?oidc_error=state_not_found", "another browser");
    assert_eq!(location(&it.come_back(&mark, &back)), "/login?oidc_error=state_not_found", "used up by the first try");
    let (mark, back) = it.leave("?rd=/");
    assert_eq!(location(&it.come_back(&mark, &back)), "/");
    assert_eq!(location(&it.come_back(&mark, &back)), "/login?oidc_error=state_not_found", "replayed");
    let json = it.stage.anonymous().with_header("Accept", "application/json").get("/api/auth/oidc/callback?state=x&code=y");
    assert_eq!(json.status, 400, "{}", json.text());
}

#[test]
fn people_who_may_not_come_in_are_told_why() {
    let it = SignOn::start("argos");
    let reason = |person: Value| location(&it.sign_in("?rd=/", person)).to_owned();
    let with = |change: Value| {
        let mut person = ada();
        person.as_object_mut().expect("an object").extend(change.as_object().expect("an object").clone());
        person
    };
    assert_eq!(reason(with(json!({"email_verified": false}))), "/login?oidc_error=email_unverified");
    assert_eq!(reason(with(json!({"refuses": true}))), "/login?oidc_error=access_denied");
    it.configure(json!({"allowed_domains": [" Other.example "], "allowed_emails": []}));
    assert_eq!(reason(ada()), "/login?oidc_error=not_allowed");
    it.configure(json!({"allowed_emails": ["ADA@example.org"]}));
    assert_eq!(reason(ada()), "/");
    it.configure(json!({"auto_provision": false, "allowed_emails": [], "allowed_domains": []}));
    assert_eq!(reason(with(json!({"sub": "eve", "email": "eve@example.org"}))), "/login?oidc_error=no_auto_provision");
    assert_eq!(reason(ada()), "/", "who has an account keeps it");
}

#[test]
fn provider_never_takes_over_an_account_with_a_password() {
    let it = SignOn::start("argos");
    let uid =
        it.stage.owner.post("/api/v1/users", json!({"username": "ada", "password": PASSWORD, "role": "admin", "email": "ada@example.org"}));
    assert_eq!(uid.status, 201, "{}", uid.text());
    let answer = it.sign_in("?rd=/", ada());
    let me = by_cookie(&it.stage, &answer).get("/api/profile").json();
    assert_eq!((&me["username"], &me["role"]), (&json!("ada-oidc"), &json!("viewer")));
}

#[test]
fn wrong_settings_are_refused_and_tested() {
    let stage = Stage::on(ArgosConfig::new().env("ARGOS_NET_OUTBOUND_ALLOW", "127.0.0.1"));
    let put = |body: Value| stage.owner.put("/api/auth/oidc/config", body);
    assert_eq!(put(json!({"enabled": true})).status, 400);
    let gone = format!("http://127.0.0.1:{}", argos_peers::free_port());
    assert_eq!(put(json!({"enabled": true, "issuer_url": gone})).json()["field"], "issuer_url");
    assert_eq!(stage.anonymous().get("/api/auth/oidc/login").status, 404);
    assert_eq!(stage.owner.post("/api/auth/oidc/test", json!({})).status, 400);
    assert_eq!(stage.owner.post("/api/auth/oidc/test", json!({"issuer_url": gone})).status, 502);
    let provider = OidcProvider::start(&[format!("{}/api/auth/oidc/callback", stage.argos.base())]).unwrap_or_else(|e| panic!("{e}"));
    let found = stage.owner.post("/api/auth/oidc/test", json!({"issuer_url": provider.issuer})).expect_status(200).json();
    assert_eq!(found["issuer"], provider.issuer.as_str());
    assert!(found["token_endpoint"].as_str().is_some_and(|url| url.starts_with(&provider.issuer)));
    assert_eq!(stage.person("vera", "viewer").get("/api/auth/oidc/status").status, 403);
}

#[test]
fn provider_without_a_document_is_reached_at_its_usual_and_at_named_endpoints() {
    let it = SignOn::start("argos");
    let plain = format!("{}/plain", it.provider.issuer);
    it.configure(json!({"issuer_url": plain}));
    assert_eq!(it.stage.owner.post("/api/auth/oidc/test", json!({})).json()["userinfo_endpoint"], format!("{plain}/userinfo").as_str());
    assert_eq!(location(&it.sign_in("?rd=/", ada())), "/");
    let named = json!({
        "issuer_url": it.provider.issuer, "authorization_endpoint": format!("{}/auth", it.provider.issuer),
        "token_endpoint": format!("{}/token", it.provider.issuer), "jwks_uri": format!("{}/jwks", it.provider.issuer),
        "userinfo_endpoint": format!("{}/me", it.provider.issuer),
    });
    let status = it.configure(named);
    assert_eq!(status["jwks_uri"], format!("{}/jwks", it.provider.issuer).as_str());
    assert_eq!(location(&it.sign_in("?rd=/", ada())), "/");
    let gone = format!("http://127.0.0.1:{}/token", argos_peers::free_port());
    it.configure(json!({"token_endpoint": gone}));
    assert_eq!(location(&it.sign_in("?rd=/", ada())), "/login?oidc_error=callback", "the named endpoint is the one that is asked");
    let half = it.stage.owner.put("/api/auth/oidc/config", json!({"token_endpoint": ""}));
    assert_eq!((half.status, half.json()["field"].clone()), (400, json!("authorization_endpoint")));
    it.configure(json!({"authorization_endpoint": "", "token_endpoint": "", "userinfo_endpoint": "", "jwks_uri": ""}));
    assert_eq!(location(&it.sign_in("?rd=/", ada())), "/");
}
