//! Every field that takes an address of something to be asked: the list must be complete, and what is on it leads the
//! server neither to this machine nor to what only this machine can reach, directly or by a redirect. That a name which
//! changes its address between check and connection leads nowhere is shown where all of them end, in the one client
//! (`argos-net`, `rebinding`).

use std::collections::BTreeSet;

use argos_peers::{ArgosConfig, WebhookReceiver};
use serde_json::{Value, json};

use crate::security_asking::{Asking, CHANNELS};
use crate::security_ssrf::{port_of, redirecting};
use crate::stage::Stage;
use crate::table;

/// Members of bodies whose names speak of an address, and what is done with it.
const BODIES: [(&str, &str, Use); 22] = [
    ("/api/auth/oidc", "issuer_url authorization_endpoint token_endpoint userinfo_endpoint jwks_uri", Use::Asked("oidc")),
    ("/api/crowdsec/connection", "lapi_url", Use::Asked("crowdsec")),
    ("/api/push/subscribe", "endpoint", Use::Asked("push")),
    ("/api/shutdown/plans", "url host", Use::Asked("shutdown")),
    ("/api/ui/edge/probe", "host", Use::Asked("probe")),
    ("/api/v1/ai/organization-keys", "base_url", Use::Asked("model_key")),
    ("/api/v1/users/me/provider-keys", "base_url", Use::Asked("model_key")),
    ("/api/hosts", "tls_acme_ca_url", Use::Client),
    ("/api/hosts", "host", Use::Operator),
    ("/api/target-groups", "host", Use::Operator),
    ("/api/devices", "host", Use::Operator),
    ("/api/v1/browser", "url", Use::Browser),
    ("/api/v1/discovery", "login_url page_url", Use::Browser),
    ("/api/v1/parameterized", "app_url", Use::Browser),
    ("/api/v1/recording/sessions", "url", Use::Browser),
    ("/api/v1/run", "app_url", Use::Browser),
    ("/api/v1/schedules", "app_url", Use::Browser),
    ("/api/v1/stream/test", "app_url", Use::Browser),
    ("/api/v1/tests", "app_url", Use::Browser),
    ("/api/v1/visual", "url current_url", Use::Browser),
    ("/api/v1/export", "base_url", Use::Text),
    ("/api/v1/recording/snippet", "upload_url", Use::Text),
];
/// The same of any route: texts that clients show or open.
const TEXTS: [&str; 6] = ["avatar_url", "logo_url", "linkedin_url", "website_url", "repository_url", "action_url"];
/// The address of a project is opened by a browser, wherever it is said.
const PROJECT: &str = "app_url";

/// Settings that hold an address.
const SETTINGS: [(&str, Use); 21] = [
    ("http.public_url", Use::Text),
    ("redis_url", Use::Text),
    ("database.url", Use::Operator),
    ("caddy.admin", Use::Client),
    ("appsec.", Use::Client),
    ("oidc.", Use::Asked("oidc")),
    ("ldap.url", Use::Asked("ldap")),
    ("oauth.", Use::Asked("oauth")),
    ("mqtt.url", Use::Asked("broker")),
    ("geoip.base_url", Use::Client),
    ("telegram.api", Use::Asked("vendor telegram")),
    ("slack.api", Use::Asked("vendor slack")),
    ("pushover.api", Use::Asked("vendor pushover")),
    ("pagerduty.api", Use::Asked("vendor pagerduty")),
    ("opsgenie.api", Use::Asked("vendor opsgenie")),
    ("acme.ca_url", Use::Client),
    ("panel.public_ip_detect_url", Use::Client),
    ("crowdsec.lapi_url", Use::Asked("crowdsec")),
    ("power.", Use::Asked("exporter")),
    ("llm.base_url", Use::Asked("model")),
    ("ai.base_url.", Use::Asked("model")),
];

/// What becomes of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    /// The server asks it, and [`Asking`] has it asked.
    Asked(&'static str),
    /// The server asks it by itself now and then, through the same client and as a class that is asked here.
    Client,
    /// A browser opens it, behind the same rules: `argos-testing`, `browser::proxy` and `browser::guard`.
    Browser,
    /// Backends, devices and services of whoever runs this server: exempt (platform spec 14).
    Operator,
    /// Written down for people or for other programs.
    Text,
}

/// Names that speak of an address.
fn is_address(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with("url")
        || name.ends_with("uri")
        || name.ends_with("_endpoint")
        || matches!(name.as_str(), "host" | "endpoint" | "server" | "broker")
}

/// The leaves of a schema.
fn leaves(document: &Value, schema: &Value, deep: usize, out: &mut BTreeSet<String>) {
    if deep > 8 {
        return;
    }
    if let Some(name) = schema["$ref"].as_str().and_then(|r| r.rsplit('/').next()) {
        leaves(document, &document["components"]["schemas"][name], deep + 1, out);
    }
    for key in ["allOf", "anyOf", "oneOf"] {
        schema[key].as_array().into_iter().flatten().for_each(|one| leaves(document, one, deep + 1, out));
    }
    for (name, one) in schema["properties"].as_object().into_iter().flatten() {
        out.insert(name.clone());
        leaves(document, one, deep + 1, out);
    }
    if schema["items"].is_object() {
        leaves(document, &schema["items"], deep + 1, out);
    }
}

#[test]
fn every_field_that_takes_an_address_is_known_here() {
    let stage = Stage::start();
    let document = stage.anonymous().get("/openapi.json").expect_status(200).json();
    let (mut unknown, mut seen) = (Vec::new(), 0);
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("methods") {
            let mut names = BTreeSet::new();
            leaves(&document, &operation["requestBody"]["content"]["application/json"]["schema"], 0, &mut names);
            for name in names.iter().filter(|n| is_address(n) && !TEXTS.contains(&n.as_str()) && *n != PROJECT) {
                seen += 1;
                if !BODIES.iter().any(|(route, fields, _)| path.starts_with(route) && fields.split(' ').any(|f| f == name)) {
                    unknown.push(format!("{method} {path}: {name}"));
                }
            }
        }
    }
    // What waits for its part is read by nothing; `cargo xtask tidy` demands that list to be exact.
    let unread: Vec<String> = table::rows("settings.unused.tsv").into_iter().map(|row| row[0].clone()).collect();
    for row in table::rows("settings.tsv").into_iter().filter(|row| row[3] == "url" && !unread.contains(&row[0])) {
        seen += 1;
        let is_view = row[6].starts_with("view of channel");
        if !is_view && !SETTINGS.iter().any(|(known, _)| row[0].starts_with(known)) {
            unknown.push(format!("setting {}", row[0]));
        }
    }
    let kinds = stage.owner.get("/api/notifications/channel-types").expect_status(200).json();
    for field in channel_addresses(&kinds) {
        seen += 1;
        if !CHANNELS.iter().any(|(kind, name, _)| *kind == field.0 && *name == field.1) {
            unknown.push(format!("channel {}: {}", field.0, field.1));
        }
    }
    assert!(unknown.is_empty(), "say what becomes of these addresses, and have them asked:\n{}", unknown.join("\n"));
    assert!(seen > 70, "only {seen} fields were looked at");
}

/// Kind and name of each field of a channel that holds an address.
fn channel_addresses(kinds: &Value) -> Vec<(String, String)> {
    let of = |kind: &Value| {
        let name = kind["type"].as_str().expect("a kind").to_owned();
        let fields = kind["fields"].as_array().expect("fields").iter();
        let named = fields.filter(|f| f["kind"] == "url" || matches!(f["name"].as_str(), Some("smtp_host" | "broker")));
        named.map(|f| (name.clone(), f["name"].as_str().unwrap_or_default().to_owned())).collect::<Vec<_>>()
    };
    kinds.as_array().expect("kinds").iter().flat_map(of).collect()
}

fn config(redirect: Option<u16>, asked_at_start: &str) -> ArgosConfig {
    let config = ArgosConfig::new()
        .env("ARGOS_TELEGRAM_API", asked_at_start)
        .env("ARGOS_HTTP_RATE_LIMITING", "false")
        .env("ARGOS_POWER_ALERT_ALLOW_INSECURE", "true")
        .env("ARGOS_LLM_ENABLED", "true")
        .env("ARGOS_LLM_PROVIDER", "openai")
        .env("ARGOS_LLM_API_KEY", "sk-test-abcdefghijklmnop");
    match redirect {
        Some(port) => config.env("ARGOS_NET_OUTBOUND_ALLOW", &format!("127.0.0.1:{port}")),
        None => config,
    }
}

#[test]
fn no_field_leads_to_this_machine_or_to_what_only_it_can_reach() {
    let target = WebhookReceiver::start();
    let stage = Stage::on(config(None, &target.url("")));
    let mut asking = Asking { stage: &stage, http_only: false, said: Vec::new() };
    asking.since_the_start();
    for spelling in ["http://127.0.0.1:{}", "http://localhost:{}", "http://2130706433:{}", "http://[::ffff:127.0.0.1]:{}"] {
        asking.strictly(&spelling.replace("{}", &port_of(&target)));
    }
    for never in ["http://169.254.169.254", "http://[fd00:ec2::254]", "http://metadata.google.internal"] {
        asking.strictly(never);
        asking.leniently(never);
    }
    asking.leniently(&format!("http://[::ffff:127.0.0.1]:{}", port_of(&target)));
    let reached: Vec<&(String, String)> = asking.said.iter().filter(|(_, said)| is_success(said)).collect();
    assert!(reached.is_empty(), "{reached:?}");
    assert!(target.received().is_empty(), "{:?}", target.received());
    let ways: BTreeSet<&str> = asking.said.iter().map(|(way, _)| way.as_str()).collect();
    for (.., what) in BODIES {
        assert!(!matches!(what, Use::Asked(way) if !ways.contains(way)), "{what:?} was not asked: {ways:?}");
    }
    for (key, what) in SETTINGS {
        assert!(!matches!(what, Use::Asked(way) if !ways.contains(way)), "{key} was not asked");
    }
}

#[test]
fn backend_may_be_private_and_is_never_what_only_this_machine_can_reach() {
    let stage = Stage::start();
    let group = |name: &str, host: &str| {
        let body = json!({"name": name, "targets": [{"host": host, "port": 80}]});
        stage.owner.post("/api/target-groups", body)
    };
    assert_eq!(group("private", "10.1.2.3").status, 201, "sites are published from private networks");
    for never in ["169.254.169.254", "fd00:ec2::254", "fe80::1", "::ffff:169.254.169.254", "metadata.google.internal", "0.0.0.0"] {
        let refused = group("never", never);
        assert_eq!(refused.status, 400, "{never}: {}", refused.text());
    }
}

/// What the tests of channels, models, exporters and targets answer when they reached somebody.
fn is_success(said: &str) -> bool {
    let said: Value = serde_json::from_str(said).unwrap_or(Value::Null);
    said["success"] == true || said["ok"] == true || said["status"] == "ok"
}

#[test]
fn no_field_is_led_on_by_a_redirect() {
    let target = WebhookReceiver::start();
    for to in [target.url("/secret"), "http://169.254.169.254/latest".to_owned()] {
        let (port, asked) = redirecting(to.clone());
        let stage = Stage::on(config(Some(port), &format!("http://127.0.0.1:{port}")));
        let mut asking = Asking { stage: &stage, http_only: true, said: Vec::new() };
        let url = format!("http://127.0.0.1:{port}");
        asking.strictly(&url);
        asking.since_the_start();
        if !to.contains("127.0.0.1") {
            asking.leniently(&url);
        }
        let reached: Vec<&(String, String)> = asking.said.iter().filter(|(_, said)| is_success(said)).collect();
        assert!(reached.is_empty(), "{to}: {reached:?}");
        // Everything that speaks HTTP asked the address it was allowed to ask.
        assert!(asked.load(std::sync::atomic::Ordering::SeqCst) >= asking.said.len() / 2, "{to}: {:?}", asking.said);
    }
    assert!(target.received().is_empty(), "{:?}", target.received());
}
