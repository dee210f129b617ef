//! Platform 1.3: the session cookie, its attributes, and the token that unsafe methods need beside it.

use argos_peers::argos::ADMIN_PASSWORD;
use argos_peers::{Argos, ArgosConfig, Client, Response};
use serde_json::json;

use crate::stage::assert_error;

struct Browser {
    session: String,
    csrf: String,
    client: Client,
}

impl Browser {
    fn sign_in(argos: &Argos) -> Self {
        let answer = login(&argos.anonymous()).expect_status(200);
        let session = answer.cookie("argos_session").expect("the session cookie");
        let csrf = answer.cookie("csrf_token").expect("the csrf cookie");
        let cookie = format!("argos_session={session}; csrf_token={csrf}");
        Self { session, csrf, client: argos.anonymous().with_header("Cookie", &cookie) }
    }

    /// An unsafe request that needs no permission beyond being oneself.
    fn write(&self, headers: &[(&str, &str)]) -> Response {
        let body = json!({"preferences": {"theme": "dark"}});
        let request = self.client.request("PUT", "/api/user/preferences").json(&body);
        headers.iter().fold(request, |request, (name, value)| request.header(name, value)).send()
    }
}

fn login(client: &Client) -> Response {
    client.post("/api/auth/login", json!({"username": "admin", "password": ADMIN_PASSWORD}))
}

fn attributes(answer: &Response, name: &str) -> Vec<String> {
    let line = answer.header_all("set-cookie").find(|line| line.starts_with(&format!("{name}="))).expect("the cookie");
    line.split(';').skip(1).map(|part| part.trim().to_lowercase()).collect()
}

#[test]
fn web_login_sets_both_cookies_with_their_attributes() {
    let argos = Argos::start();
    let answer = login(&argos.anonymous()).expect_status(200);
    let body = answer.json();
    assert_eq!(body["username"], "admin");
    assert!(body.get("token").is_none(), "a web login answers no token: {body}");
    let session = answer.cookie("argos_session").unwrap();
    assert!(session.len() == 64 && session.bytes().all(|byte| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase()), "{session}");
    let of_session = attributes(&answer, "argos_session");
    for expected in ["httponly", "samesite=lax", "path=/", "max-age=604800"] {
        assert!(of_session.iter().any(|each| each == expected), "argos_session lacks {expected}: {of_session:?}");
    }
    assert!(!of_session.iter().any(|each| each == "secure"), "plain http: {of_session:?}");
    let of_csrf = attributes(&answer, "csrf_token");
    assert!(!of_csrf.iter().any(|each| each == "httponly"), "scripts read the csrf token: {of_csrf:?}");
    assert_eq!(answer.cookie("csrf_token").unwrap().len(), 32);
}

#[test]
fn cookies_behind_a_trusted_https_proxy_are_secure() {
    let argos = ArgosConfig::new().env("ARGOS_TRUSTED_PROXIES", "127.0.0.1").start();
    let proxied = argos.anonymous().with_header("X-Forwarded-Proto", "https").with_header("X-Forwarded-For", "192.0.2.9");
    let answer = login(&proxied).expect_status(200);
    for name in ["argos_session", "csrf_token"] {
        assert!(attributes(&answer, name).iter().any(|each| each == "secure"), "{name}");
    }
    assert_eq!(answer.header("strict-transport-security"), Some("max-age=31536000; includeSubDomains"));
}

#[test]
fn api_login_sets_no_cookie() {
    let argos = Argos::start();
    let answer = argos.anonymous().post("/api/login", json!({"username": "admin", "password": ADMIN_PASSWORD}));
    assert_eq!(answer.header_all("set-cookie").count(), 0);
}

#[test]
fn unsafe_method_by_cookie_needs_the_token_or_the_same_origin() {
    let argos = Argos::start();
    let browser = Browser::sign_in(&argos);
    assert_eq!(browser.client.get("/api/auth/me").expect_status(200).json()["username"], "admin");
    assert_error(&browser.write(&[]), 403, "csrf_failed");
    assert_error(&browser.write(&[("X-CSRF-Token", "00000000000000000000000000000000")]), 403, "csrf_failed");
    assert_error(&browser.write(&[("X-CSRF-Token", "0"), ("Sec-Fetch-Site", "same-origin")]), 403, "csrf_failed");
    assert_error(&browser.write(&[("Sec-Fetch-Site", "cross-site")]), 403, "csrf_failed");
    browser.write(&[("X-CSRF-Token", &browser.csrf)]).expect_status(200);
    browser.write(&[("Sec-Fetch-Site", "same-origin")]).expect_status(200);
}

#[test]
fn csrf_token_of_another_session_is_refused() {
    let argos = Argos::start();
    let (one, other) = (Browser::sign_in(&argos), Browser::sign_in(&argos));
    assert_ne!(one.csrf, other.csrf);
    assert_error(&one.write(&[("X-CSRF-Token", &other.csrf)]), 403, "csrf_failed");
}

#[test]
fn session_in_a_header_needs_no_csrf_token() {
    let argos = Argos::start();
    let browser = Browser::sign_in(&argos);
    let client = argos.anonymous().with_bearer(&browser.session);
    client.put("/api/user/preferences", json!({"preferences": {}})).expect_status(200);
}

#[test]
fn login_from_another_site_is_refused() {
    let argos = Argos::start();
    for path in ["/api/auth/login", "/api/login", "/api/v1/auth/login"] {
        let foreign = argos.anonymous().with_header("Sec-Fetch-Site", "cross-site");
        let answer = foreign.post(path, json!({"username": "admin", "password": ADMIN_PASSWORD}));
        assert_eq!(answer.status, 403, "{path}: {}", answer.text());
    }
}

#[test]
fn logout_clears_the_cookies_and_ends_the_session() {
    let argos = Argos::start();
    let browser = Browser::sign_in(&argos);
    let answer = browser.client.request("POST", "/api/auth/logout").header("X-CSRF-Token", &browser.csrf).send();
    assert_eq!(answer.status, 204, "{}", answer.text());
    assert_eq!(answer.cookie("argos_session").as_deref(), Some(""));
    assert_eq!(answer.cookie("csrf_token").as_deref(), Some(""));
    assert!(attributes(&answer, "argos_session").iter().any(|each| each == "max-age=0"));
    assert_eq!(browser.client.get("/api/auth/me").status, 401);
    assert_eq!(argos.anonymous().with_bearer(&browser.session).get("/api/me").status, 401);
}
