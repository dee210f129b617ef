//! Signed tokens that are not ours, not meant for this, or not valid any more. The test knows the signing secret, so
//! that even a perfect signature is not enough.

use argos_peers::{ArgosConfig, Client};
use data_encoding::BASE64URL_NOPAD;
use ring::hmac;
use serde_json::{Value, json};

use crate::stage::Stage;

const SECRET: &str = "the-signing-secret-of-this-test-0123456789";

fn part(value: &Value) -> String {
    BASE64URL_NOPAD.encode(value.to_string().as_bytes())
}

fn signed(header: &Value, claims: &Value, secret: &str) -> String {
    let text = format!("{}.{}", part(header), part(claims));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), text.as_bytes());
    format!("{text}.{}", BASE64URL_NOPAD.encode(tag.as_ref()))
}

fn read(token: &str, index: usize) -> Value {
    let text = token.split('.').nth(index).expect("three parts");
    serde_json::from_slice(&BASE64URL_NOPAD.decode(text.as_bytes()).expect("base64url")).expect("JSON")
}

struct House {
    stage: Stage,
    access: String,
    refresh: String,
}

impl House {
    fn start() -> Self {
        let stage = Stage::on(ArgosConfig::new().env("ARGOS_JWT_SECRET", SECRET));
        let body = json!({"username": "admin", "password": argos_peers::argos::ADMIN_PASSWORD, "tokens": true});
        let pair = stage.anonymous().post("/api/v1/auth/login", body).expect_status(200).json();
        let text = |name: &str| pair[name].as_str().expect("a token").to_owned();
        let (access, refresh) = (text("access_token"), text("refresh_token"));
        Self { stage, access, refresh }
    }
    fn by(&self, token: &str) -> Client {
        self.stage.anonymous().with_bearer(token)
    }
    fn status(&self, token: &str) -> u16 {
        self.by(token).get("/api/auth/me").status
    }
    fn with(&self, change: &Value) -> Value {
        let mut claims = read(&self.access, 1);
        claims.as_object_mut().expect("an object").extend(change.as_object().expect("an object").clone());
        claims
    }
}

#[test]
fn token_without_or_with_a_foreign_signature_is_401() {
    let it = House::start();
    let (header, claims) = (read(&it.access, 0), read(&it.access, 1));
    assert_eq!(it.status(&it.access), 200);
    assert_eq!(signed(&header, &claims, SECRET), it.access, "the test signs as the server does");
    for alg in ["none", "None", "NONE", "", "HS384", "RS256", "ES256"] {
        let mut other = header.clone();
        other["alg"] = json!(alg);
        let unsigned = format!("{}.{}.", part(&other), part(&claims));
        assert_eq!(it.status(&unsigned), 401, "{alg} without a signature");
        assert_eq!(it.status(&signed(&other, &claims, SECRET)), 401, "{alg} over our signature");
    }
    assert_eq!(it.status(&signed(&header, &claims, "another-secret-that-is-long-enough-000")), 401);
    for trick in [json!({"jwk": {"kty": "oct", "k": "AA"}}), json!({"jku": "http://127.0.0.1/keys"}), json!({"kid": "../../dev/null"})] {
        let mut other = header.clone();
        other.as_object_mut().expect("an object").extend(trick.as_object().expect("an object").clone());
        assert_eq!(it.status(&signed(&other, &claims, "")), 401, "{trick}");
    }
}

#[test]
fn token_with_changed_claims_is_401_even_when_signed_with_the_right_secret() {
    let it = House::start();
    let header = read(&it.access, 0);
    let changes = [
        json!({"exp": 1_600_000_000}),
        json!({"exp": 4_000_000_000_i64}),
        json!({"iss": "somebody"}),
        json!({"aud": "another-app"}),
        json!({"type": "refresh"}),
        json!({"scopes": ["*"]}),
        json!({"sub": "01890000-0000-7000-8000-000000000001"}),
        json!({"jti": "01890000-0000-7000-8000-000000000001"}),
        json!({"role": "owner"}),
    ];
    for change in changes {
        assert_eq!(it.status(&signed(&header, &it.with(&change), SECRET)), 401, "{change}");
    }
    assert_eq!(it.status(&it.access), 200);
}

#[test]
fn token_of_the_wrong_kind_or_after_logout_is_401() {
    let it = House::start();
    assert_eq!(it.status(&it.refresh), 401, "a refresh token is no credential");
    let as_refresh = it.stage.anonymous().post("/api/v1/auth/refresh", json!({"refresh_token": it.access}));
    assert!(matches!(as_refresh.status, 400 | 401), "an access token renews nothing: {}", as_refresh.text());
    drop(it.by(&it.access).post("/api/v1/auth/logout", json!({})).expect_status(200));
    assert_eq!(it.status(&it.access), 401);
    let late = it.stage.anonymous().post("/api/v1/auth/refresh", json!({"refresh_token": it.refresh}));
    assert!(matches!(late.status, 400 | 401), "the family has ended: {}", late.text());
}
