//! Mix-ups on the way back from a provider: answers of another flow, another provider, another browser.

use argos_peers::{ArgosConfig, OidcProvider, oidc_provider};
use serde_json::json;

use crate::oidc::{SignOn, ada, by_cookie, location};
use crate::stage::{Stage, assert_error};

/// The value of a query parameter.
fn query<'a>(address: &'a str, name: &str) -> &'a str {
    let pairs = address.split_once('?').map_or("", |(_, query)| query);
    pairs.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).unwrap_or_default()
}

fn back_with(code: &str, state: &str, issuer: &str) -> String {
    format!("/api/auth/oidc/callback?code={code}&state={state}&iss={issuer}")
}

#[test]
fn code_of_another_flow_of_the_same_browser_is_refused() {
    let it = SignOn::start("argos");
    it.provider.next_person(ada());
    let (mark, first) = it.leave("?rd=/");
    it.provider.next_person(ada());
    let (other_mark, second) = it.leave("?rd=/");
    let crossed = back_with(query(&second, "code"), query(&first, "state"), query(&first, "iss"));
    assert_eq!(location(&it.come_back(&mark, &crossed)), "/login?oidc_error=callback", "the code belongs to another verifier");
    let crossed = back_with(query(&first, "code"), query(&second, "state"), query(&second, "iss"));
    assert_eq!(location(&it.come_back(&mark, &crossed)), "/login?oidc_error=state_not_found", "the state belongs to another browser");
    let (mark, honest) = it.leave("?rd=/");
    assert_eq!(location(&it.come_back(&mark, &honest)), "/");
    drop(other_mark);
}

#[test]
fn token_made_for_another_nonce_is_refused() {
    let it = SignOn::start("argos");
    it.provider.next_person(ada());
    let left = it.stage.anonymous().get("/api/auth/oidc/login?rd=/").expect_status(302);
    let (mark, asked) = (left.cookie("argos_sign_on").expect("a mark"), left.header("location").expect("a location"));
    // Everything else is of this flow: state, verifier, issuer.
    let back = it.provider.walk(&asked.replace(query(asked, "nonce"), "of-another-flow"));
    let back = back.strip_prefix(&it.stage.argos.base()).expect("back to argos");
    let answer = it.come_back(&mark, back);
    assert!(location(&answer).starts_with("/login?oidc_error=") && answer.cookie("argos_session").is_none(), "{}", location(&answer));
}

#[test]
fn answer_that_names_another_issuer_or_none_is_refused() {
    let it = SignOn::start("argos");
    it.provider.next_person(ada());
    let (mark, back) = it.leave("?rd=/");
    assert!(!query(&back, "iss").is_empty(), "the provider names itself: {back}");
    let foreign = back_with(query(&back, "code"), query(&back, "state"), "https%3A%2F%2Fevil.example");
    assert_eq!(location(&it.come_back(&mark, &foreign)), "/login?oidc_error=callback");
    let (mark, back) = it.leave("?rd=/");
    let nameless = format!("/api/auth/oidc/callback?code={}&state={}", query(&back, "code"), query(&back, "state"));
    assert_eq!(location(&it.come_back(&mark, &nameless)), "/login?oidc_error=callback", "it says that it names itself");
}

#[test]
fn state_of_one_provider_is_worth_nothing_at_another() {
    let it = SignOn::start("argos");
    let social = json!({"github": {"clientId": "social", "clientSecret": "s", "baseUrl": it.provider.issuer}});
    drop(it.stage.owner.put("/api/settings/social.providers", json!({"value": social})).expect_status(200));
    it.provider.next_person(ada());
    let (mark, back) = it.leave("?rd=/");
    for path in ["/api/auth/social/github/callback", "/api/auth/social/github/link/callback"] {
        let crossed = format!("{path}?code={}&state={}", query(&back, "code"), query(&back, "state"));
        let answer = it.come_back(&mark, &crossed);
        assert!(answer.status == 401 || location(&answer) == "/login?oidc_error=state_not_found", "{path}: {}", answer.text());
        assert!(answer.cookie("argos_session").is_none(), "{path}");
    }
}

#[test]
fn error_of_a_provider_reaches_the_login_page_as_a_plain_word() {
    let it = SignOn::start("argos");
    let answer = it.stage.anonymous().get("/api/auth/oidc/callback?error=%3Cscript%3E%22%0d%0aSet-Cookie:x&state=y");
    assert_eq!(location(&answer), "/login?oidc_error=scriptSetCookiex");
    assert_eq!(answer.header_all("set-cookie").count(), 0);
    it.stage.owner.put("/api/auth/oidc/config", json!({"enabled": false})).expect_status(200);
    for query in ["error=denied&state=y", "state=y&code=z", ""] {
        assert_error(&it.stage.anonymous().get(&format!("/api/auth/oidc/callback?{query}")), 404, "oidc_disabled");
    }
}

#[test]
fn same_subject_at_another_provider_is_another_person() {
    let mut it = SignOn::start("argos");
    let name = |it: &SignOn, person| {
        let answer = it.sign_in("?rd=/", person);
        assert_eq!(location(&answer), "/");
        by_cookie(&it.stage, &answer).get("/api/profile").expect_status(200).json()["username"].clone()
    };
    assert_eq!(name(&it, ada()), "ada");
    let first = it.provider.issuer.clone();
    let callback = format!("{}/api/auth/oidc/callback", it.stage.argos.base());
    let other = OidcProvider::start(&[callback]).unwrap_or_else(|error| panic!("{error}"));
    let before = std::mem::replace(&mut it.provider, other);
    let move_to = |issuer: &str| {
        let change = json!({"issuer_url": issuer, "client_secret": oidc_provider::CLIENT_SECRET});
        drop(it.stage.owner.put("/api/auth/oidc/config", change).expect_status(200));
    };
    move_to(&it.provider.issuer);
    // The same subject and even the same verified address: another provider vouches for them.
    assert_eq!(name(&it, ada()), "ada-oidc", "never the account of the first provider's person");
    assert_eq!(name(&it, ada()), "ada-oidc", "and the same one again");
    // Back at the first one, in another spelling of its address, everybody is who they were.
    move_to(&format!("{first}/"));
    it.provider = before;
    assert_eq!(name(&it, ada()), "ada");
}

#[test]
fn address_of_a_tool_sent_to_somebody_else_does_not_bind_that_persons_account() {
    let config = ArgosConfig::new().env("ARGOS_NET_OUTBOUND_ALLOW", "127.0.0.1").env("ARGOS_TRUSTED_PROXIES", "127.0.0.1");
    let stage = Stage::on(config);
    let provider = crate::tools::github(&stage);
    let from = |client: argos_peers::Client, address: &str| client.with_header("X-Forwarded-For", address);
    let mallory = from(stage.person("mallory", "viewer"), "203.0.113.66");
    let begun = mallory.get("/api/v1/oauth/github/authorize?scopes=openid").expect_status(200).json();
    // The victim follows the address that mallory sent, and comes back from an address of its own.
    provider.next_person(json!({"sub": "victim", "number": 9, "login": "victim", "name": "V", "email": "v@example.org", "emails": []}));
    let back = provider.walk(begun["authorize_url"].as_str().expect("an address"));
    let back = back.strip_prefix(&stage.argos.base()).expect("back to argos").to_owned();
    let landed = from(stage.anonymous(), "198.51.100.7").get(&back);
    assert!(landed.header("location").unwrap_or_default().contains("error=invalid_state"), "{:?}", landed.header("location"));
    assert_eq!(mallory.get("/api/v1/oauth/github/status").json()["connected"], false);
}
