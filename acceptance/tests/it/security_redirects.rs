//! No address a stranger can send leads a signed-in browser elsewhere.

use argos_peers::argos::ADMIN_PASSWORD;
use serde_json::json;

use crate::oidc::{SignOn, ada, location};
use crate::stage::Stage;

const FOREIGN: [&str; 18] = [
    "https://evil.example/",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "\t//evil.example",
    "https:evil.example",
    "https:/evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,x",
    "http://127.0.0.1@evil.example/",
    "http://127.0.0.1.evil.example/",
    "http://evil.example#127.0.0.1",
    "http://evil.example\\@127.0.0.1/",
    "/%5c%5cevil.example",
    "/\r\nLocation: https://evil.example",
];

fn escaped(text: &str) -> String {
    text.bytes().map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// A path of this host that no browser reads as another one.
fn stays(target: &str) -> bool {
    let plain = target.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    target.starts_with('/') && !target.starts_with("//") && plain
}

#[test]
fn safe_redirect_for_a_foreign_address_is_home() {
    let stage = Stage::start();
    for wanted in FOREIGN {
        let answer = stage.anonymous().get(&format!("/api/auth/safe-redirect?rd={}", escaped(wanted))).expect_status(200).json();
        let url = answer["url"].as_str().expect("an address");
        assert!(stays(url), "{wanted:?} -> {url:?}");
    }
}

#[test]
fn form_login_with_a_foreign_next_goes_to_the_dashboard() {
    let stage = Stage::on(argos_peers::ArgosConfig::new().env("ARGOS_MAX_LOGIN_ATTEMPTS", "100"));
    for wanted in FOREIGN {
        let body = format!("username=admin&password={}&next={}", escaped(ADMIN_PASSWORD), escaped(wanted));
        let request = stage.owner.request("POST", "/api/v1/auth/login-form").header("Content-Type", "application/x-www-form-urlencoded");
        let answer = request.body(body).send();
        assert_eq!(answer.status, 303, "{wanted:?}: {}", answer.text());
        assert!(stays(answer.header("location").expect("a location")), "{wanted:?} -> {:?}", answer.header("location"));
    }
}

#[test]
fn single_sign_on_with_a_foreign_target_ends_at_home() {
    let it = SignOn::start("argos");
    // The provider's routes take thirty requests a minute, and a round trip is two.
    for wanted in FOREIGN.into_iter().step_by(2) {
        let answer = it.sign_in(&format!("?rd={}", escaped(wanted)), ada());
        assert!(stays(location(&answer)), "{wanted:?} -> {:?}", location(&answer));
        assert!(answer.cookie("argos_session").is_some());
    }
    let social = json!({"github": {"clientId": "social", "clientSecret": "s", "baseUrl": it.provider.issuer}});
    drop(it.stage.owner.put("/api/settings/social.providers", json!({"value": social})).expect_status(200));
    let left = it.stage.anonymous().get(&format!("/api/auth/social/github/login?rd={}", escaped("//evil.example"))).expect_status(307);
    assert!(left.header("location").is_some_and(|to| to.starts_with(&it.provider.issuer) && !to.contains("evil")));
}
