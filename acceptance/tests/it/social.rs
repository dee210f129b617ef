//! Sign-in with social providers: OAuth against a real server that answers the profile calls in the providers' words.

use argos_peers::{ArgosConfig, Client, OidcProvider, Response, oidc_provider};
use serde_json::{Value, json};

use crate::stage::Stage;

struct Social {
    stage: Stage,
    provider: OidcProvider,
}

impl Social {
    fn start() -> Self {
        let stage = Stage::on(ArgosConfig::new().env("ARGOS_NET_OUTBOUND_ALLOW", "127.0.0.1"));
        let base = stage.argos.base();
        let ids = ["github", "google", "microsoft"];
        let callbacks: Vec<String> =
            ids.iter().flat_map(|id| ["callback", "link/callback"].map(|tail| format!("{base}/api/auth/social/{id}/{tail}"))).collect();
        let provider = OidcProvider::start(&callbacks).unwrap_or_else(|error| panic!("{error}"));
        let client = json!({"clientId": "social", "clientSecret": oidc_provider::CLIENT_SECRET, "baseUrl": provider.issuer});
        let value: serde_json::Map<String, Value> = ids.iter().map(|id| ((*id).to_owned(), client.clone())).collect();
        drop(stage.owner.put("/api/settings/social.providers", json!({"value": value})).expect_status(200));
        Self { stage, provider }
    }

    /// Leaves as `client` and comes back as somebody the provider knows.
    fn round_trip(&self, client: &Client, path: &str, person: Value) -> Response {
        self.provider.next_person(person);
        let left = client.get(path).expect_status(307);
        let mark = left.cookie("argos_sign_on").expect("a mark");
        let back = self.provider.walk(left.header("location").expect("a location"));
        let back = back.strip_prefix(&self.stage.argos.base()).expect("back to argos").to_owned();
        self.stage.anonymous().with_header("Cookie", &format!("argos_sign_on={mark}")).get(&back)
    }
}

fn ada() -> Value {
    json!({
        "sub": "ada-7", "number": 7, "login": "ada-l", "name": "Ada", "shown": "boss@example.org", "email": "ada@example.org",
        "email_verified": true,
        "emails": [
            {"email": "old@example.org", "primary": false, "verified": true},
            {"email": "Ada@example.org", "primary": true, "verified": true},
        ],
    })
}

#[test]
fn github_account_signs_in_with_its_verified_address() {
    let it = Social::start();
    let anyone = it.stage.anonymous();
    let answer = it.round_trip(&anyone, "/api/auth/social/github/login?rd=%2Finventory", ada());
    assert_eq!((answer.status, answer.header("location")), (302, Some("/inventory")), "{}", answer.text());
    let session = answer.cookie("argos_session").expect("a session");
    let client = anyone.clone().with_header("Cookie", &format!("argos_session={session}"));
    assert_eq!(client.get("/api/profile").json()["username"], "ada-l");
    let users = it.stage.owner.get("/api/users").json();
    let ada_row = users.as_array().expect("a list").iter().find(|u| u["username"] == "ada-l").expect("the account").clone();
    assert_eq!(
        (&ada_row["email"], &ada_row["created_via"], &ada_row["role"]),
        (&json!("ada@example.org"), &json!("social"), &json!("viewer"))
    );
    let ids: Vec<Value> = anyone.get("/api/auth/providers").json().as_array().expect("a list").iter().map(|p| p["id"].clone()).collect();
    assert_eq!(ids, ["google", "github", "microsoft"]);
    assert_eq!(client.get("/api/auth/linked-providers").json()[0]["provider"], "github");
    let token = client.with_header("Sec-Fetch-Site", "same-origin").delete("/api/auth/linked-providers/github");
    assert_eq!(token.status, 409, "the only way in stays: {}", token.text());
}

#[test]
fn exchange_code_is_handed_out_without_a_target() {
    let it = Social::start();
    let anyone = it.stage.anonymous();
    let answer = it.round_trip(&anyone, "/api/auth/social/google/login", ada());
    let code = answer.header("location").and_then(|l| l.strip_prefix("/#oidc_code=")).expect("a code").to_owned();
    let token = anyone.post("/api/auth/exchange", json!({"code": code})).expect_status(200).json();
    assert_eq!(token["username"], "ada");
}

#[test]
fn account_is_linked_used_and_unlinked_by_its_owner() {
    let it = Social::start();
    let vera = it.stage.person("vera", "operator");
    let answer = it.round_trip(&vera, "/api/auth/social/microsoft/link", ada());
    assert_eq!(answer.header("location"), Some("/#/settings/auth?linked=true"), "{}", answer.text());
    let signed_in = it.round_trip(&it.stage.anonymous(), "/api/auth/social/microsoft/login?rd=/", ada());
    let session = signed_in.cookie("argos_session").expect("a session");
    let client = it.stage.anonymous().with_header("Cookie", &format!("argos_session={session}"));
    assert_eq!(client.get("/api/profile").json()["username"], "vera");
    let other = it.stage.person("otto", "viewer");
    let taken = it.round_trip(&other, "/api/auth/social/microsoft/link", ada());
    assert_eq!(taken.header("location"), Some("/settings/account?link_error=identity_taken"));
    assert_eq!(vera.delete("/api/auth/linked-providers/microsoft").status, 200);
    assert_eq!(vera.get("/api/auth/linked-providers").json(), json!([]));
    assert_eq!(vera.delete("/api/auth/linked-providers/microsoft").status, 404);
}

#[test]
fn unknown_providers_and_foreign_states_are_refused() {
    let it = Social::start();
    let anyone = it.stage.anonymous();
    let answer = anyone.get("/api/auth/social/facebook/login");
    assert_eq!((answer.status, answer.json()["error"].clone()), (400, json!("Provider 'facebook' not configured")));
    assert_eq!(anyone.get("/api/auth/social/github/link").status, 401);
    let json = anyone.with_header("Accept", "application/json").get("/api/auth/social/github/callback?state=x&code=y");
    assert_eq!(json.status, 400, "{}", json.text());
}

#[test]
fn test_of_a_provider_tells_whether_it_knows_the_client() {
    let it = Social::start();
    let test = || it.stage.owner.post("/api/auth/social/github/test", json!({})).expect_status(200).json();
    let known = test();
    assert_eq!((&known["reachable"], &known["client_known"]), (&json!(true), &json!(true)), "{known}");
    let set = |secret: &str, base: &str| {
        let value = json!({"github": {"clientId": "social", "clientSecret": secret, "baseUrl": base}});
        drop(it.stage.owner.put("/api/settings/social.providers", json!({"value": value})).expect_status(200));
    };
    set("another-secret", &it.provider.issuer);
    let unknown = test();
    assert_eq!((&unknown["reachable"], &unknown["client_known"]), (&json!(true), &json!(false)), "{unknown}");
    set("another-secret", &format!("http://127.0.0.1:{}", argos_peers::free_port()));
    assert_eq!(test()["reachable"], false);
    assert_eq!(it.stage.owner.post("/api/auth/social/google/test", json!({})).status, 400, "no client is stored");
}

#[test]
fn same_number_at_another_server_is_another_person() {
    let mut it = Social::start();
    let anyone = it.stage.anonymous();
    let name = |it: &Social| {
        let answer = it.round_trip(&anyone, "/api/auth/social/github/login?rd=/", ada());
        let session = answer.cookie("argos_session").unwrap_or_else(|| panic!("{} {:?}", answer.status, answer.header("location")));
        anyone.clone().with_header("Cookie", &format!("argos_session={session}")).get("/api/profile").json()["username"].clone()
    };
    assert_eq!(name(&it), "ada-l");
    let callback = format!("{}/api/auth/social/github/callback", it.stage.argos.base());
    it.provider = OidcProvider::start(&[callback]).unwrap_or_else(|error| panic!("{error}"));
    let client = json!({"clientId": "social", "clientSecret": oidc_provider::CLIENT_SECRET, "baseUrl": it.provider.issuer});
    drop(it.stage.owner.put("/api/settings/social.providers", json!({"value": {"github": client}})).expect_status(200));
    assert_ne!(name(&it), "ada-l", "another server counts its people from one as well");
}
