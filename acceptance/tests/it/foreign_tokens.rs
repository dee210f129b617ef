//! Access tokens signed by other issuers, checked against keys that a server publishes.

use argos_peers::{ArgosConfig, OidcProvider, Response};
use serde_json::{Value, json};

use crate::stage::Stage;

struct House {
    stage: Stage,
    provider: OidcProvider,
}

impl House {
    fn start() -> Self {
        let stage = Stage::on(ArgosConfig::new().env("ARGOS_NET_OUTBOUND_ALLOW", "127.0.0.1"));
        let provider = OidcProvider::start(&[]).unwrap_or_else(|error| panic!("{error}"));
        let it = Self { stage, provider };
        it.set("auth.jwt_issuers", &json!([format!("{}/issuer", it.provider.issuer)]));
        it
    }
    fn set(&self, key: &str, value: &Value) {
        drop(self.stage.owner.put(&format!("/api/settings/{key}"), json!({"value": value})).expect_status(200));
    }
    fn ask(&self, token: &str) -> Response {
        self.stage.anonymous().with_bearer(token).get("/api/v1/auth/me")
    }
    fn status(&self, wanted: &Value) -> u16 {
        self.ask(&self.provider.access_token(wanted)).status
    }
}

#[test]
fn token_of_a_listed_issuer_is_its_own_account_within_three_scopes() {
    let it = House::start();
    let token = it.provider.access_token(&json!({"claims": {"primary_email": "Robot@Example.org", "name": "Robot", "org_role": "owner"}}));
    let me = it.ask(&token).expect_status(200).json();
    assert_eq!((&me["username"], &me["role"], &me["auth_method"]), (&json!("robot"), &json!("viewer"), &json!("jwt")));
    assert_eq!(me["scopes"], json!(["read", "write", "execute"]));
    let client = it.stage.anonymous().with_bearer(&token);
    assert_eq!(client.get("/api/events").status, 200);
    assert_eq!(client.post("/api/auth/totp/setup", json!({})).status, 403, "it may not change how somebody signs in");
    let users = it.stage.owner.get("/api/users").json();
    let made: Vec<&Value> = users.as_array().expect("a list").iter().filter(|u| u["username"] == "robot").collect();
    assert_eq!((made.len(), &made[0]["has_password"]), (1, &json!(false)));
    let uid = made[0]["uid"].as_str().expect("a uid");
    drop(it.stage.owner.put(&format!("/api/v1/users/{uid}"), json!({"is_active": false})).expect_status(200));
    assert_eq!(it.ask(&token).status, 401, "the account was disabled");
}

#[test]
fn token_with_a_wrong_issuer_audience_or_time_is_refused() {
    let it = House::start();
    assert_eq!(it.status(&json!({})), 200);
    assert_eq!(it.status(&json!({"claims": {"iss": it.provider.issuer}})), 401);
    assert_eq!(it.status(&json!({"claims": {"iss": "https://evil.example"}})), 401);
    assert_eq!(it.status(&json!({"claims": {"exp": 1_600_000_000}})), 401);
    assert_eq!(it.status(&json!({"without": ["exp"]})), 401);
    assert_eq!(it.status(&json!({"claims": {"nbf": 4_000_000_000_u64}})), 401);
    assert_eq!(it.status(&json!({"without": ["sub"]})), 401);
    assert_eq!(it.status(&json!({"claims": {"aud": "another-app"}})), 401);
    assert_eq!(it.status(&json!({"claims": {"aud": ["argos-api"]}})), 200);
    it.set("auth.jwt_audiences", &json!(["house"]));
    assert_eq!(it.status(&json!({"claims": {"aud": "house"}})), 200);
    assert_eq!(it.status(&json!({"claims": {"jti": "2"}})), 401, "an audience is asked for now");
    it.set("auth.jwt_issuers", &json!([]));
    assert_eq!(it.status(&json!({"claims": {"aud": "house", "jti": "3"}})), 401);
}

#[test]
fn rotated_key_is_found_and_unknown_keys_do_not_make_us_ask_again_and_again() {
    let it = House::start();
    let old = it.provider.access_token(&json!({"claims": {"jti": "old"}}));
    assert_eq!(it.ask(&old).status, 200);
    for number in 0..5 {
        assert_eq!(it.status(&json!({"kid": format!("made-up-{number}")})), 401);
    }
    assert_eq!(it.provider.times_asked(), 1, "keys fetched a moment ago are not fetched again for a made-up key");
}
