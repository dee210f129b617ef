//! The application firewall of CrowdSec in front of the built-in engine: its word counts, what it is told is what backends get,
//! and when it is away the setting decides. The firewall is a fake of documented facts, because Debian's CrowdSec has none.

use std::time::Duration;

use argos_peers::{AppSec, Client, ScriptedHttp, wait_for, wait_until};
use serde_json::{Value, json};

use crate::edge_bans::{KEY, PASSWORD};
use crate::edge_protection::protect;
use crate::edge_sites::{Edge, backend, config};
use crate::stage::assert_error;

const SOON: Duration = Duration::from_secs(60);
const ATTACK: &str = "/rpc2?user=root";

/// A local API whose one alert is of the firewall, as version 1.6 lists it.
fn lapi() -> ScriptedHttp {
    ScriptedHttp::start(|asked| match asked.target.split('?').next().unwrap_or_default() {
        "/v1/watchers/login" => (200, r#"{"code":200,"expire":"2099-01-01T00:00:00Z","token":"aaa.bbb.ccc"}"#.to_owned()),
        "/v1/alerts" => {
            let meta = json!([{"key": "target_uri", "value": "/rpc2?a"}, {"key": "target_fqdn", "value": "app.test"}]);
            let alert = json!({
                "id": 7, "kind": "waf", "scenario": "crowdsecurity/vpatch-CVE-2023-1", "message": "rpc2", "created_at": "2099-01-01T00:00:00Z",
                "source": {"scope": "Ip", "value": "198.51.100.7"}, "decisions": null, "events": [{"meta": meta}],
            });
            (200, json!([alert, {"id": 8, "scenario": "crowdsecurity/ssh-bf", "source": {"value": "198.51.100.8"}}]).to_string())
        }
        "/v1/decisions/stream" => (200, r#"{"new":null,"deleted":null}"#.to_owned()),
        _ => (200, "null".to_owned()),
    })
}

#[test]
fn word_of_the_firewall_counts_and_without_one_the_setting_decides() {
    let (lapi, watch, block, nginx) = (lapi(), AppSec::detecting(KEY), AppSec::blocking(KEY), backend("one"));
    let edge = Edge::on(config().env("ARGOS_APPSEC_BLOCK_URL", &block.url()).env("ARGOS_APPSEC_DETECT_URL", &watch.url()));
    let site = edge.publish("app.test", &[nginx.port()]);
    let owner = &edge.stage.owner;
    let switch = |mode: &str| owner.request("PATCH", "/api/appsec/mode").json(&json!({"mode": mode})).send();
    assert_error(&switch("block"), 503, "appsec_unavailable");
    let connect = |account: Value| {
        let mut body = json!({"lapi_url": lapi.url(), "bouncer_api_key": KEY});
        body.as_object_mut().unwrap().extend(account.as_object().unwrap().clone());
        owner.put("/api/crowdsec/connection", body).expect_status(200);
    };
    connect(json!({}));
    let status = || owner.get("/api/appsec/status").expect_status(200).json();
    let asks = |path: &str| edge.get("app.test", path).status;
    let attack = || asks(ATTACK);

    // Watching: the request passes, and the firewall knew all of it but the session.
    let client = edge.site("app.test").with_header("Cookie", &format!("a=1; argos_session={}", "ab".repeat(32)));
    let client = client.with_header("X-Forwarded-For", "203.0.113.9").with_header("User-Agent", "curl/8");
    let client = client.with_header("X-Crowdsec-Appsec-Ip", "127.0.0.1");
    wait_until("the firewall is asked", SOON, || client.get(ATTACK).status == 200 && !watch.asked_about("rpc2").is_empty());
    let told = watch.asked_about("rpc2").pop().expect("the firewall was asked");
    let header =
        |name: &str| told.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str()).collect::<Vec<_>>();
    for (name, value) in [("ip", "203.0.113.9"), ("uri", ATTACK), ("host", "app.test"), ("verb", "GET"), ("user-agent", "curl/8")] {
        assert_eq!(header(&format!("x-crowdsec-appsec-{name}")), [value], "{told:?}");
    }
    assert_eq!((header("cookie"), header("user-agent")), (vec!["a=1"], vec!["curl/8"]));
    let now = status();
    assert_eq!(
        (&now["mode"], &now["reachable"], now["collections_installed"].as_array().map(Vec::len)),
        (&json!("detect"), &json!(true), Some(3))
    );

    // Blocking: at the edge, by address and by body; others pass, with long bodies too.
    assert_error(&switch("ponder"), 400, "invalid_field");
    assert_eq!(switch("block").expect_status(200).json()["previous"], "detect");
    assert_eq!((attack(), asks("/hello")), (403, 200));
    let post = |client: &Client, body: &str| client.request("POST", "/login").body(body.to_owned()).send().status;
    let visitor = edge.site("app.test");
    let long = "x".repeat(700_000);
    assert_eq!((post(&visitor, "user=' OR '1'='1"), post(&visitor, "user=root"), post(&visitor, &long)), (403, 200, 200));
    let seen = block.asked_about("/login");
    assert_eq!((seen.len(), seen[2].method.as_str(), seen[2].body.len()), (3, "POST", 512 << 10), "the begin of a long body is told");
    wait_until("a row says so", SOON, || {
        owner.get("/api/logs?q=refused%20by%20the%20firewall").expect_status(200).json()["total_count"].as_i64() == Some(2)
    });
    let attacks = owner.get("/api/dashboard/security?range=1h").expect_status(200).json();
    assert_eq!(
        (&attacks["top_attack_ips"][0]["remote_ip"], &attacks["top_attack_ips"][0]["count"]),
        (&json!("127.0.0.1"), &json!(2)),
        "{attacks}"
    );

    // What it is told is what the backend gets, and nothing that it cannot read: one request is not its fate for the others.
    for path in ["/x/../rpc2", "/x/%2e%2e/rpc2", "//rpc2"] {
        assert_eq!(asks(path), 403, "{path}");
    }
    assert_eq!(asks("/%zz"), 400, "it passes, and nginx does not want it");
    assert_eq!(block.asked_about("zz")[0].header("x-crowdsec-appsec-uri"), Some("/%25zz"));
    assert_eq!((asks("/fails-a-rule"), asks("/fails-a-rule"), attack()), (200, 200, 403));

    // A site may be left out.
    let protection = |exempt: bool| protect(&edge, &site, json!({"appsec_exempt": exempt}));
    protection(true);
    assert_eq!((attack(), owner.get(&format!("/api/hosts/{}/security", site["id"])).json()["appsec_exempt"].clone()), (200, json!(true)));
    protection(false);
    assert_eq!(attack(), 403);

    // Away: requests pass unseen, and it is told once; then the other way round.
    wait_until("its absence would be news", SOON, || status()["reachable"] == true);
    let port = block.port();
    drop(block);
    assert_eq!((attack(), attack()), (200, 200), "the setting lets them pass");
    wait_until("it is told", SOON, || edge.events("edge.appsec_unavailable").len() == 1);
    let away = wait_for("the status says so", SOON, || Some(status()).filter(|s| s["reachable"] == false));
    assert!(away["error"].as_str().is_some_and(|e| !e.is_empty()) && away["collections_installed"] == json!([]), "{away}");
    owner.put("/api/settings/appsec.fail_open", json!({"value": "false"})).expect_status(200);
    wait_until("nothing passes unseen", SOON, || asks("/hello") == 503);
    let block = AppSec::blocking_at(port, KEY);
    wait_until("it is asked again", SOON, || asks("/hello") == 200);
    assert_eq!(attack(), 403);

    // A key that it does not know is no health.
    connect(json!({"bouncer_api_key": "another"}));
    let refused = status();
    assert_eq!((&refused["reachable"], &refused["error"]), (&json!(false), &json!("the credentials are not accepted")));
    connect(json!({}));
    wait_until("requests are judged again", SOON, || asks("/hello") == 200);

    // Off: it is not asked any more.
    switch("disabled").expect_status(200);
    let before = block.asked_about("").len();
    assert_eq!((attack(), block.asked_about("").len()), (200, before));
    assert_eq!(status()["reachable"], Value::Null);

    // What it found, as CrowdSec tells.
    let metrics = || owner.get("/api/appsec/metrics?window=1h").expect_status(200).json();
    assert_eq!(metrics()["degraded"]["code"], "machine_credentials_missing");
    connect(json!({"machine_user": "argos", "machine_password": PASSWORD}));
    let found = metrics();
    assert_eq!((&found["total_hits"], &found["window"], found.get("degraded")), (&json!(1), &json!("1h0m0s"), None), "{found}");
    assert_eq!(
        (&found["by_category"][0]["category"], &found["top_paths"][0]["path"], &found["top_ips"][0]["ip"]),
        (&json!("cve"), &json!("/rpc2"), &json!("198.51.100.7")),
        "{found}"
    );
}

#[test]
fn what_the_firewall_refuses_is_an_attack_on_its_site_and_many_are_a_burst() {
    let (lapi, block, nginx) = (lapi(), AppSec::blocking(KEY), backend("one"));
    let edge = Edge::on(config().env("ARGOS_APPSEC_BLOCK_URL", &block.url()));
    let site = edge.publish("app.test", &[nginx.port()]);
    let owner = &edge.stage.owner;
    owner.put("/api/crowdsec/connection", json!({"lapi_url": lapi.url(), "bouncer_api_key": KEY})).expect_status(200);
    owner.request("PATCH", "/api/appsec/mode").json(&json!({"mode": "block"})).send().expect_status(200);
    let visitor = edge.site("app.test").with_header("X-Forwarded-For", "198.51.100.9");
    wait_until("it blocks", SOON, || visitor.get("/hello").status == 200 && visitor.get(ATTACK).status == 403);
    for _ in 1..10 {
        assert_eq!(visitor.get(ATTACK).status, 403);
    }
    wait_until("the burst is told", SOON, || edge.events("edge.waf_attack_burst").len() == 1);
    let told = edge.events("edge.waf_attack_burst").remove(0);
    assert_eq!((&told["data"]["remote_ip"], &told["data"]["host_id"]), (&json!("198.51.100.9"), &site["id"]), "{told}");

    let page = wait_for("each refusal has a row", SOON, || {
        let page = owner.get("/api/logs?source=waf_audit").expect_status(200).json();
        (page["total_count"] == 10).then_some(page)
    });
    let row = &page["entries"][0];
    for (member, value) in [
        ("host_domain", json!("app.test")),
        ("remote_ip", json!("198.51.100.9")),
        ("path", json!("/rpc2")),
        ("method", json!("GET")),
        ("status", json!(403)),
        ("waf_severity", json!("ERROR")),
    ] {
        assert_eq!(row[member], value, "{member} of {row}");
    }
    let overview = owner.get("/api/security/overview").expect_status(200).json();
    let of_site = &overview["hosts"][0];
    assert_eq!((&overview["blocked_24h_total"], &of_site["blocked_24h"]), (&json!(10), &json!(10)), "{overview}");
    assert!(of_site["last_triggered_at"].is_string() && overview["alerts_critical_24h"] == 0, "how bad it was is not known: {overview}");
    let attacks = owner.get("/api/dashboard/security?range=1h").expect_status(200).json();
    let blocked: i64 = attacks["waf_timeseries"].as_array().unwrap().iter().filter_map(|at| at["blocked"].as_i64()).sum();
    assert_eq!((blocked, &attacks["top_attack_ips"][0]["count"]), (10, &json!(10)), "each is counted once: {attacks}");
    let rows = owner.get("/api/security/audit-log?sources=waf&limit=50").expect_status(200).text();
    assert_eq!(rows.matches("waf_blocked").count(), 10, "{rows}");
}
