//! Edge scenario H3: rules of a site, their order, and what they would do with a request that was made up. And who a client is
//! when a load balancer says so.

use std::time::Duration;

use argos_peers::wait_until;
use serde_json::{Value, json};

use crate::edge_sites::{Edge, backend, config};
use crate::stage::assert_error;

const SOON: Duration = Duration::from_secs(20);

#[test]
fn rules_decide_in_their_order_and_a_new_order_changes_the_winner() {
    rules_decide_in_their_order(&Edge::start());
}

/// The same words mean the same with every engine.
pub(crate) fn rules_decide_in_their_order(edge: &Edge) {
    let (one, two) = (backend("one"), backend("two"));
    let owner = &edge.stage.owner;
    let site = edge.publish("app.test", &[one.port()]);
    let other = owner.post("/api/target-groups", json!({"name": "two", "targets": [{"host": "127.0.0.1", "port": two.port()}]}));
    let other = other.expect_status(201).json()["id"].clone();
    let rules = format!("/api/hosts/{}/rules", site["id"]);
    let path = |p: &str| json!([{"type": "path", "config": {"patterns": [p]}}]);
    let add = |action: Value, matchers: Value| {
        owner.post(&rules, json!({"action": action, "matchers": matchers})).expect_status(201).json()["id"].as_i64().unwrap()
    };
    let redirect = add(
        json!({"type": "redirect", "config": {"status_code": 301, "target": "https://new.test{http.request.uri.path}"}}),
        path("/old*"),
    );
    let teapot = add(json!({"type": "fixed_response", "config": {"status_code": 418, "body": "tea"}}), path("/tea"));
    let block = add(json!({"type": "block"}), path("/secret*"));
    let strip = add(json!({"type": "rewrite", "config": {"strip_prefix": "/api"}}), path("/api/*"));
    let matchers = json!([{"type": "header", "config": {"name": "X-Beta", "value": "^y", "mode": "regex"}}]);
    let forward = add(json!({"type": "forward", "config": {"target_group_id": other}}), matchers);

    let old = edge.get("app.test", "/old/page?a=1&b=2");
    assert_eq!((old.status, old.header("location")), (301, Some("https://new.test/old/page?a=1&b=2")), "the query stays");
    assert_eq!((edge.get("app.test", "/tea").status, edge.get("app.test", "/tea").text()), (418, "tea".to_owned()));
    assert_eq!((edge.get("app.test", "/secret/x").status, edge.get("app.test", "/secret/x").text()), (403, String::new()));
    assert!(edge.get("app.test", "/api/users").text().starts_with("one /users"), "the prefix is gone");
    let beta = edge.site("app.test").with_header("X-Beta", "yes").get("/page");
    assert!(beta.text().starts_with("two /page"), "{}", beta.text());
    assert!(edge.get("app.test", "/page").text().starts_with("one /page"));

    // Before anything is saved it is known which rule would decide.
    let would = |body: Value| owner.post(&format!("{rules}/try"), body).expect_status(200).json();
    let tried = would(json!({"path": "/x/../tea?a=1"}));
    assert_eq!((&tried["rule_id"], &tried["sent_path"], &tried["pool"]), (&json!(teapot), &json!("/tea"), &Value::Null), "{tried}");
    let tried = would(json!({"path": "/page", "headers": {"x-beta": "yes"}}));
    assert_eq!((&tried["rule_id"], &tried["pool"]), (&json!(forward), &json!("two")), "{tried}");
    let draft = json!({"priority": 5, "action": {"type": "block"}, "matchers": path("/te*")});
    assert_eq!(would(json!({"path": "/tea", "rule": draft}))["rule_id"], 0, "the one that is being written");
    let instead = would(json!({"path": "/tea", "rule": {"action": {"type": "block"}, "matchers": path("/coffee")}, "rule_id": teapot}));
    assert_eq!((&instead["rule_id"], &instead["pool"]), (&Value::Null, &json!("app.test")), "{instead}");
    for (field, body) in [("path", json!({"path": "/../x"})), ("client_ip", json!({"path": "/", "client_ip": "x"}))] {
        assert_eq!(assert_error(&owner.post(&format!("{rules}/try"), body), 400, "invalid_field")["field"], field);
    }
    let one_rule = format!("{rules}/{teapot}");
    let mut limited = owner.get(&one_rule).expect_status(200).json();
    let limited = limited.as_object_mut().unwrap();
    limited.retain(|name, _| ["priority", "enabled", "action", "matchers"].contains(&name.as_str()));
    limited.insert("requests_at_once_max".to_owned(), json!(-1));
    assert_eq!(assert_error(&owner.put(&one_rule, json!(limited)), 400, "invalid_field")["field"], "requests_at_once_max");
    limited.insert("requests_at_once_max".to_owned(), json!(9));
    assert_eq!(owner.put(&one_rule, json!(limited)).expect_status(200).json()["requests_at_once_max"], 9);

    let beta_tea = || edge.site("app.test").with_header("X-Beta", "yes").get("/tea").status;
    assert_eq!(beta_tea(), 418);
    let order = json!({"rule_ids": [forward, redirect, teapot, block, strip]});
    let list = owner.post(&format!("{rules}/reorder"), order).expect_status(200).json();
    assert_eq!(list.as_array().unwrap().iter().map(|r| r["priority"].as_i64().unwrap()).collect::<Vec<_>>(), [10, 20, 30, 40, 50]);
    assert_eq!(beta_tea(), 200, "the forward comes first now");
    assert_error(&owner.post(&format!("{rules}/reorder"), json!({"rule_ids": [forward]})), 400, "invalid_field");

    owner.post(&format!("{rules}/{forward}/toggle"), json!({})).expect_status(200);
    assert_eq!(beta_tea(), 418, "a disabled rule does not count");
    let taken = json!({"priority": 20, "action": {"type": "block"}, "matchers": path("/*")});
    assert_error(&owner.post(&rules, taken), 409, "already_exists");
    let bad = json!({"action": {"type": "redirect", "config": {"status_code": 301, "target": "{env.HOME}"}}, "matchers": path("/*")});
    assert_error(&owner.post(&rules, bad), 400, "invalid_field");
    assert_error(&owner.delete(&format!("/api/target-groups/{other}")), 409, "in_use");
    owner.delete(&format!("{rules}/{forward}")).expect_status(204);
    owner.delete(&format!("/api/target-groups/{other}")).expect_status(204);
}

/// A load balancer in front that speaks the PROXY protocol, switched on and off while the server runs.
#[test]
fn balancer_names_the_client_with_a_proxy_header() {
    let nginx = backend("one");
    let port = argos_peers::free_port();
    let edge = Edge::on(config().env("ARGOS_EDGE_HTTP", &format!("127.0.0.1:{port}")));
    let site = edge.publish("app.test", &[nginx.port()]);
    let set = |ranges: serde_json::Value| {
        let answer = edge.stage.owner.put("/api/settings/edge.proxy_protocol_ranges", json!({"value": ranges.to_string()}));
        answer.expect_status(200);
    };
    let said = |head: &str| {
        let mut connection = argos_peers::raw::RawConnection::open(edge.http).unwrap();
        // One that must not come so may be turned away before it has said all.
        drop(connection.send(format!("{head}GET /x HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n").as_bytes()));
        String::from_utf8_lossy(&connection.read_to_end(SOON).0).into_owned()
    };
    let header = "PROXY TCP4 203.0.113.7 127.0.0.1 5000 80\r\n";
    assert!(said("").starts_with("HTTP/1.1 200") && said(header).starts_with("HTTP/1.1 400"), "a stranger names nobody");
    set(json!(["127.0.0.1/32"]));
    wait_until("the header is read", SOON, || said(header).starts_with("HTTP/1.1 200"));
    assert_eq!(said(""), "", "from there nothing else is taken");
    let found = edge.stage.owner.post("/api/ui/edge/probe", json!({"host_id": site["id"]})).expect_status(200).json()["site"].clone();
    let why = found["error"].as_str().unwrap_or_default();
    assert!(
        found["is_asked"] == false && found["status"].is_null() && why.contains("PROXY protocol"),
        "it is not said to be silent: {found}"
    );
    let rows = format!("/api/logs?source=caddy_access&host_id={}&remote_ip=203.0.113.7", site["id"]);
    wait_until("the client is on record", SOON, || {
        edge.stage.owner.get(&rows).expect_status(200).json()["total_count"].as_i64() >= Some(1)
    });
    set(json!([]));
    wait_until("anybody may come again", SOON, || said("").starts_with("HTTP/1.1 200"));
}
