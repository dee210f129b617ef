//! Accounts at other tools: OAuth 2 with a real server, tokens bound to the person who left, never shown, never in clear.

use argos_peers::{ArgosConfig, OidcProvider, oidc_provider};
use serde_json::json;

use crate::stage::Stage;

/// A real server in the place of GitHub, and the settings that lead there.
pub(crate) fn github(stage: &Stage) -> OidcProvider {
    let callback = format!("{}/api/v1/oauth/github/callback", stage.argos.base());
    let provider = OidcProvider::start(&[callback]).unwrap_or_else(|error| panic!("{error}"));
    for (key, value) in [
        ("client_id", "social".to_owned()),
        ("client_secret", oidc_provider::CLIENT_SECRET.to_owned()),
        ("authorize_url", format!("{}/login/oauth/authorize", provider.issuer)),
        ("token_url", format!("{}/login/oauth/access_token", provider.issuer)),
    ] {
        drop(stage.owner.put(&format!("/api/settings/oauth.github.{key}"), json!({ "value": value })).expect_status(200));
    }
    provider
}

#[test]
fn account_at_a_tool_is_connected_shown_and_forgotten() {
    let stage = Stage::on(ArgosConfig::new().env("ARGOS_NET_OUTBOUND_ALLOW", "127.0.0.1"));
    let refused = stage.owner.get("/api/v1/oauth/github/authorize");
    assert_eq!((refused.status, refused.json()["error"].as_str()), (400, Some("GitHub OAuth not configured")), "{}", refused.text());
    assert_eq!(stage.owner.get("/api/v1/oauth/gitlab/authorize").status, 422);
    let is_configured = || stage.owner.get("/api/v1/oauth/github/status").expect_status(200).json()["configured"].clone();
    assert_eq!(is_configured(), false);
    let provider = github(&stage);
    assert_eq!(is_configured(), true);
    let leave = || {
        provider
            .next_person(json!({"sub": "ada-7", "number": 7, "login": "ada-l", "name": "Ada", "email": "ada@example.org", "emails": []}));
        let begun = stage.owner.get("/api/v1/oauth/github/authorize?scopes=openid,email").expect_status(200).json();
        let back = provider.walk(begun["authorize_url"].as_str().expect("an address"));
        back.strip_prefix(&stage.argos.base()).expect("back to argos").to_owned()
    };
    assert_eq!(stage.owner.get("/api/v1/oauth/github/status").json()["connected"], false);
    let anyone = stage.anonymous();
    let back = leave();
    let landed = anyone.get(&back);
    let target = landed.header("location").unwrap_or_default().to_owned();
    assert_eq!((landed.status, target.ends_with("/settings/integrations?success=true&platform=github")), (302, true), "{target}");
    // A state is good once.
    let again = anyone.get(&back);
    assert!(again.header("location").unwrap_or_default().contains("error=invalid_state"), "{:?}", again.header("location"));
    let status = stage.owner.get("/api/v1/oauth/github/status").json();
    assert_eq!(
        (&status["connected"], &status["account_name"], &status["account_id"]),
        (&json!(true), &json!("ada-l"), &json!("7")),
        "{status}"
    );
    assert_eq!(stage.owner.get("/api/v1/oauth/status").json().as_array().map(Vec::len), Some(4));
    // Nobody else has it.
    let vera = stage.person("vera", "viewer");
    assert_eq!(vera.get("/api/v1/oauth/github/status").json()["connected"], false);
    // The form of a page that finishes by itself.
    let back = leave();
    let query = back.split_once('?').expect("a query").1.to_owned();
    let form = anyone.request("POST", "/api/v1/oauth/github/callback").header("Accept", "application/json");
    let done = form.header("Content-Type", "application/x-www-form-urlencoded").body(query).send();
    assert_eq!((done.status, &done.json()["account_name"]), (200, &json!("ada-l")), "{}", done.text());
    let gone = stage.owner.delete("/api/v1/oauth/github/disconnect");
    assert_eq!((gone.status, gone.json()["success"].as_bool()), (200, Some(true)), "{}", gone.text());
    assert_eq!(stage.owner.delete("/api/v1/oauth/github/disconnect").status, 404);
    let cancelled = anyone.get("/api/v1/oauth/github/callback?error=access_denied&state=x");
    assert!(cancelled.header("location").unwrap_or_default().contains("error=access_denied"));
}

#[test]
fn token_of_a_tool_is_renewed_before_it_ends() {
    let unlimited = ArgosConfig::new().env("ARGOS_NET_OUTBOUND_ALLOW", "127.0.0.1").env("ARGOS_HTTP_RATE_LIMITING", "false");
    let stage = Stage::on(unlimited);
    let provider = github(&stage);
    // Its token lives for twenty seconds, so it is due after ten.
    provider.next_person(
        json!({"sub": "ada-7", "number": 7, "login": "ada-l", "name": "Ada", "email": "a@example.org", "emails": [], "lives": 20}),
    );
    let begun = stage.owner.get("/api/v1/oauth/github/authorize?scopes=openid").expect_status(200).json();
    let back = provider.walk(begun["authorize_url"].as_str().expect("an address"));
    let landed = stage.anonymous().get(back.strip_prefix(&stage.argos.base()).expect("back to argos"));
    assert!(landed.header("location").unwrap_or_default().contains("success=true"), "{:?}", landed.header("location"));
    let status = || stage.owner.get("/api/v1/oauth/github/status").expect_status(200).json();
    let first = status()["token_expires_at"].clone();
    argos_peers::wait_until("a new token", std::time::Duration::from_secs(45), || status()["token_expires_at"] != first);
    let now = status();
    assert_eq!((&now["connected"], &now["account_name"], &now["needs_reconnect"]), (&json!(true), &json!("ada-l"), &json!(false)), "{now}");
}
