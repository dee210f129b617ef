//! What the pages of sites ask beside the documented routes: the live checks of a site before and after it is published,
//! who uses a pool, and what the firewall of a site would have refused.

use std::time::Duration;

use argos_peers::{Caddy, Pebble, PebbleConfig, wait_until};
use serde_json::{Value, json};

use crate::edge_caddy::config as with_caddy;
use crate::edge_sites::{Edge, address, backend, config};
use crate::stage::{Stage, assert_error};

const SOON: Duration = Duration::from_secs(30);

fn probe(edge: &Edge, body: Value) -> Value {
    edge.stage.owner.post("/api/ui/edge/probe", body).expect_status(200).json()
}

#[test]
fn published_site_is_asked_through_the_own_listener() {
    let (edge, nginx) = (Edge::on(config().env("ARGOS_ACME_CA_URL", "https://127.0.0.1:1/directory")), backend("one"));
    let plain = edge.publish("app.test", &[nginx.port()]);
    let found = probe(&edge, json!({"host_id": plain["id"]}));
    assert_eq!((&found["site"]["status"], &found["site"]["url"]), (&json!(200), &json!("http://app.test/")), "{found}");
    assert!(found["site"]["certificate"].is_null() && found["site"]["is_trusted"].is_null() && found["dns"].is_null(), "{found}");

    let pool = json!({"name": "secure", "targets": [{"host": "127.0.0.1", "port": nginx.port()}]});
    let body = json!({"domain": "*.secure.test", "tls_mode": "none", "target_group": pool});
    let wild = edge.stage.owner.post("/api/hosts", body).expect_status(201).json();
    assert_eq!(probe(&edge, json!({"host_id": wild["id"]}))["site"]["status"], 200, "a name below the star");
    let body = json!({"domain": "tls.test", "tls_mode": "auto", "tls_email": "a@example.org", "tls_challenge": "http", "target_group_id": wild["target_group_id"]});
    let secure = edge.stage.owner.post("/api/hosts", body).expect_status(201).json();
    let found = probe(&edge, json!({"host_id": secure["id"]}));
    let (site, shown) = (&found["site"], &found["site"]["certificate"]);
    assert_eq!((&site["url"], &site["status"], &site["is_trusted"]), (&json!("https://tls.test/"), &json!(200), &json!(false)), "{found}");
    assert_eq!((&shown["is_self_signed"], &shown["covers"]), (&json!(true), &json!(true)), "{found}");
    assert!(shown["days_left"].as_i64().is_some_and(|days| days > 300), "{found}");

    edge.stage.owner.post(&format!("/api/hosts/{}/toggle", plain["id"]), json!({})).expect_status(200);
    assert_eq!(probe(&edge, json!({"host_id": plain["id"]}))["site"]["status"], 404, "a disabled site is not served");
    assert_eq!(edge.stage.owner.post("/api/ui/edge/probe", json!({"host_id": 999})).status, 404);
    assert_eq!(edge.stage.person("vera", "viewer").post("/api/ui/edge/probe", json!({"host_id": plain["id"]})).status, 403);
}

#[test]
fn name_ports_and_challenge_are_looked_at_before_publishing() {
    let edge = Edge::start();
    let found = probe(&edge, json!({"domain": "nowhere.invalid", "challenge": true}));
    assert_eq!((&found["dns"]["addresses"], &found["dns"]["is_here"]), (&json!([]), &json!(false)), "{found}");
    let https = address(&edge.stage, "edge_https");
    assert_eq!(found["listeners"]["http"], json!({"address": edge.http.to_string(), "port": edge.http.port(), "is_open": true}), "{found}");
    assert_eq!(found["listeners"]["https"]["port"], https.port(), "{found}");
    assert!(found["challenge"]["status"].is_null() && found["challenge"]["error"].is_string(), "nobody finds it there: {found}");
    let found = probe(&edge, json!({"domain": "*.nowhere.invalid", "challenge": true}));
    assert!(found["challenge"].is_null(), "a wildcard is proved by DNS: {found}");
    assert!(probe(&edge, json!({"domain": "nowhere.invalid"}))["challenge"].is_null(), "it was not asked for");
    let refused = assert_error(&edge.stage.owner.post("/api/ui/edge/probe", json!({"domain": "no name"})), 400, "invalid_field");
    assert_eq!((&refused["field"], &refused["error"]), (&json!("domain"), &json!("domain must be a DNS name, as app.example.org")));
}

#[test]
fn backend_with_an_unknown_certificate_is_told_from_one_that_is_silent() {
    let (edge, pebble) = (Edge::start(), Pebble::start(&PebbleConfig::default()));
    let directory = pebble.directory();
    let port: u16 = directory.split(':').nth(2).and_then(|rest| rest.split('/').next()).unwrap().parse().unwrap();
    let ask = |port: u16, verify: bool| {
        let backend = json!({"protocol": "https", "host": "127.0.0.1", "port": port, "path": "/dir", "verify_tls": verify});
        probe(&edge, json!({"backend": backend}))["backend"].clone()
    };
    let checked = ask(port, true);
    assert_eq!((&checked["is_untrusted"], &checked["status"]), (&json!(true), &Value::Null), "{checked}");
    assert_eq!((&ask(port, false)["status"], &ask(port, false)["is_untrusted"]), (&json!(200), &json!(false)));
    let silent = ask(1, true);
    assert!(silent["is_untrusted"] == false && silent["error"].is_string(), "{silent}");
}

#[test]
fn pool_names_the_sites_that_use_it_by_default_and_by_rule() {
    let (edge, nginx) = (Edge::start(), backend("one"));
    let owner = &edge.stage.owner;
    let (site, other) = (edge.publish("app.test", &[nginx.port()]), edge.publish("other.test", &[nginx.port()]));
    let rule = json!({"action": {"type": "forward", "config": {"target_group_id": other["target_group_id"]}}, "matchers": [{"type": "path", "config": {"patterns": ["/b*"]}}]});
    let rule = owner.post(&format!("/api/hosts/{}/rules", site["id"]), rule).expect_status(201).json();
    let by_rule = json!({"host_id": site["id"], "domain": "app.test", "is_default": false, "rules": [rule["priority"]], "is_live": true});
    let by_default = json!({"host_id": other["id"], "domain": "other.test", "is_default": true, "rules": [], "is_live": true});
    let pool = owner.get(&format!("/api/target-groups/{}", other["target_group_id"])).expect_status(200).json();
    assert_eq!(pool["used_by"], json!([by_rule, by_default]), "{pool}");
    let all = owner.get("/api/target-groups").expect_status(200).json();
    let listed = all.as_array().unwrap().iter().find(|p| p["id"] == other["target_group_id"]).unwrap();
    assert_eq!(listed["used_by"], pool["used_by"]);
    // A rule that is off sends nothing there, and still keeps the pool.
    owner.post(&format!("/api/hosts/{}/rules/{}/toggle", site["id"], rule["id"]), json!({})).expect_status(200);
    let pool = owner.get(&format!("/api/target-groups/{}", other["target_group_id"])).expect_status(200).json();
    assert_eq!((&pool["used_by"][0]["is_live"], &pool["used_by"][0]["rules"]), (&json!(false), &json!([rule["priority"]])), "{pool}");
}

/// A request of which the firewall reports; only watched when `status` is below 400.
fn reported(n: u64, client: &str, uri: &str, status: u16, rules: &[(i64, &str, i64)]) -> Value {
    let now = std::time::SystemTime::now().duration_since(std::time::SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let messages: Vec<Value> =
        rules.iter().map(|(id, said, severity)| json!({"message": said, "data": {"id": id, "severity": severity}})).collect();
    json!({"transaction": {"id": format!("t{n}"), "unix_timestamp": (now - 60 + n) * 1_000_000_000, "client_ip": client, "is_interrupted": status >= 400,
        "request": {"method": "GET", "uri": uri, "headers": {"host": ["app.test"]}}, "response": {"status": status}}, "messages": messages})
}

#[test]
fn block_is_foretold_from_what_was_watched_and_follows_exclusions() {
    let caddy = Caddy::start();
    let edge = Edge { stage: Stage::on(with_caddy(&caddy)), http: caddy.http() };
    let (nginx, owner) = (backend("one"), &edge.stage.owner);
    let site = edge.publish("app.test", &[nginx.port()]);
    let url = format!("/api/ui/edge/firewall/{}", site["id"]);
    let day = || owner.get(&url).expect_status(200).json();
    let empty = day();
    assert_eq!((&empty["mode"], &empty["requests"], &empty["rules"]), (&json!("off"), &json!(0), &json!([])), "{empty}");
    owner.put(&format!("/api/hosts/{}/security", site["id"]), json!({"waf_enabled": true, "waf_mode": "detect"})).expect_status(200);

    let (sqli, sum) = ((942_100, "SQL Injection Attack", 2), (949_110, "Inbound Anomaly Score Exceeded (Total Score: 5)", 0));
    let lines = [
        reported(1, "127.0.0.1", "/search?q=1", 200, &[sqli, sum]),
        reported(2, "198.51.100.9", "/search?q=2", 200, &[sqli, sum]),
        reported(3, "198.51.100.9", "/other", 200, &[(920_350, "Host header is a numeric IP address", 4)]),
        reported(4, "198.51.100.9", "/login", 403, &[sqli, sum]),
    ];
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    std::fs::write(caddy.log_path("waf-audit"), text).unwrap();
    // A row for each of seven findings. The day is read once a minute for all who look, so it is asked when all are there.
    let reports = || owner.get("/api/logs?source=waf_audit&limit=1").expect_status(200).json()["total_count"].as_i64();
    wait_until("all of them are there", SOON, || reports() == Some(7));
    let found = day();
    let counts = |d: &Value| (d["refused"].clone(), d["would_refuse"].clone(), d["would_refuse_signed_in"].clone(), d["mode"].clone());
    assert_eq!(counts(&found), (json!(1), json!(2), json!(1), json!("detect")), "{found}");
    let rule = &found["rules"][0];
    assert_eq!((&rule["rule_id"], &rule["requests"], &rule["would_refuse"]), (&json!(942_100), &json!(3), &json!(2)), "{found}");
    assert_eq!(rule["paths"][0], json!({"path": "/search", "requests": 2}), "{found}");
    assert_eq!((&found["recent"][0]["path"], &found["recent"][0]["refused"]), (&json!("/login"), &json!(true)), "{found}");

    let exclusion = json!({"crs_rule_id": 942_100, "path_pattern": "/search", "reason": "false positive"});
    owner.post(&format!("/api/hosts/{}/security/exclusions", site["id"]), exclusion).expect_status(201);
    assert_eq!(counts(&day()), (json!(1), json!(0), json!(0), json!("detect")), "{}", day());
    assert_eq!(owner.get("/api/ui/edge/firewall/999").status, 404);
    assert!(found["watched_since"].is_string() && empty["watched_since"].is_null(), "{found}");
    // Where others are signed in is not for everybody.
    let seen = edge.stage.person("vera", "viewer").get(&url).expect_status(200).json();
    assert!(
        seen["would_refuse_signed_in"].is_null() && seen["clients"].as_array().unwrap().iter().all(|c| c["signed_in"].is_null()),
        "{seen}"
    );
}
