//! Sites under another name, and names that the engine would not take: one that got past the API would keep every later
//! change of every site from being served.

use argos_peers::Nginx;
use serde_json::{Value, json};

use crate::edge_certificates::{pair, upload};
use crate::edge_sites::{Edge, backend};
use crate::stage::assert_error;

/// A site in front of one backend, and a change of it.
fn scene() -> (Edge, Nginx, Value) {
    let (edge, nginx) = (Edge::start(), backend("one"));
    let site = edge.publish("app.test", &[nginx.port()]);
    (edge, nginx, site)
}

/// Whether what is changed now is served.
fn takes_changes(edge: &Edge, nginx: &Nginx) {
    edge.publish("next.test", &[nginx.port()]);
    assert_eq!(edge.get("next.test", "/").status, 200);
}

#[test]
fn site_is_not_renamed_away_from_its_rules_neither_forth_nor_back() {
    let (edge, nginx, site) = scene();
    let (owner, at) = (&edge.stage.owner, format!("/api/hosts/{}", site["id"]));
    let about = |name: &str| json!({"action": {"type": "block"}, "matchers": [{"type": "host_header", "config": {"values": [name]}}]});
    let rule = owner.post(&format!("{at}/rules"), about("app.test")).expect_status(201).json();
    let rename = |to: &str| owner.put(&at, json!({"domain": to, "tls_mode": "none", "enabled": true}));
    let refused = assert_error(&rename("new.test"), 400, "invalid_field");
    assert_eq!(refused["field"], "domain");
    assert!(refused["error"].as_str().unwrap().contains("\"app.test\": is not a name of new.test"), "{refused}");
    assert_eq!(edge.get("app.test", "/").status, 403, "it goes on as it was");

    owner.delete(&format!("{at}/rules/{}", rule["id"])).expect_status(204);
    let renamed = rename("new.test").expect_status(200);
    assert_eq!((renamed.header("x-argos-reconcile"), edge.get("new.test", "/").status), (Some("ok"), 200));
    owner.post(&format!("{at}/rules"), about("new.test")).expect_status(201);
    let token = renamed.header("x-argos-undo").unwrap();
    assert_error(&owner.post(&format!("/api/ui/undo/{token}"), json!({})), 409, "changed_since");
    takes_changes(&edge, &nginx);
}

#[test]
fn deleted_rule_does_not_return_to_a_site_that_was_renamed() {
    let (edge, nginx, site) = scene();
    let (owner, at) = (&edge.stage.owner, format!("/api/hosts/{}", site["id"]));
    let rule = json!({"action": {"type": "block"}, "matchers": [{"type": "host_header", "config": {"values": ["app.test"]}}]});
    let rule = owner.post(&format!("{at}/rules"), rule).expect_status(201).json();
    let deleted = owner.delete(&format!("{at}/rules/{}", rule["id"])).expect_status(204);
    owner.put(&at, json!({"domain": "new.test", "tls_mode": "none", "enabled": true})).expect_status(200);
    let token = deleted.header("x-argos-undo").unwrap();
    assert_error(&owner.post(&format!("/api/ui/undo/{token}"), json!({})), 409, "changed_since");
    takes_changes(&edge, &nginx);
}

#[test]
fn uploaded_certificate_stays_under_a_name_it_is_not_for() {
    let (edge, _nginx, site) = scene();
    let (owner, dir) = (&edge.stage.owner, tempfile::tempdir().unwrap());
    let (cert, key) = pair(dir.path(), "app.test", "90");
    let at = format!("/api/manual-certs/{}", site["id"]);
    upload(owner, &at, &[("cert_pem", &cert), ("key_pem", &key)]).expect_status(200);
    let body = json!({"domain": "new.test", "tls_mode": "manual", "enabled": true});
    let renamed = owner.put(&format!("/api/hosts/{}", site["id"]), body).expect_status(200);
    assert_eq!(renamed.header("x-argos-reconcile"), Some("ok"));
    let (cert, key) = pair(dir.path(), "new.test", "90");
    upload(owner, &at, &[("cert_pem", &cert), ("key_pem", &key)]).expect_status(200);
}

#[test]
fn rule_that_is_off_lets_its_site_be_renamed_and_stays_off() {
    let (edge, nginx, site) = scene();
    let (owner, at) = (&edge.stage.owner, format!("/api/hosts/{}", site["id"]));
    let rule =
        json!({"enabled": false, "action": {"type": "block"}, "matchers": [{"type": "host_header", "config": {"values": ["app.test"]}}]});
    let rule = owner.post(&format!("{at}/rules"), rule).expect_status(201).json();
    owner.put(&at, json!({"domain": "new.test", "tls_mode": "none", "enabled": true})).expect_status(200);
    assert_error(&owner.post(&format!("{at}/rules/{}/toggle", rule["id"]), json!({})), 400, "invalid_field");
    // The whole site returns with it.
    let deleted = owner.delete(&at).expect_status(204);
    owner.post(&format!("/api/ui/undo/{}", deleted.header("x-argos-undo").unwrap()), json!({})).expect_status(200);
    let rules = owner.get(&format!("{at}/rules")).expect_status(200).json();
    assert_eq!((&rules[0]["id"], &rules[0]["enabled"]), (&rule["id"], &json!(false)), "{rules}");
    takes_changes(&edge, &nginx);
}

#[test]
fn site_that_is_off_takes_any_name_and_is_not_switched_on_against_its_rules() {
    let (edge, nginx, site) = scene();
    let (owner, at) = (&edge.stage.owner, format!("/api/hosts/{}", site["id"]));
    let rule = json!({"action": {"type": "block"}, "matchers": [{"type": "host_header", "config": {"values": ["app.test"]}}]});
    owner.post(&format!("{at}/rules"), rule).expect_status(201);
    let put = |enabled: bool| owner.put(&at, json!({"domain": "new.test", "tls_mode": "none", "enabled": enabled}));
    put(false).expect_status(200);
    for refused in [put(true), owner.post(&format!("{at}/toggle"), json!({}))] {
        assert_eq!(assert_error(&refused, 400, "invalid_field")["field"], "domain");
    }
    takes_changes(&edge, &nginx);
}

#[test]
fn pools_that_the_engine_would_refuse_are_refused_at_once() {
    let (edge, nginx, _) = scene();
    let owner = &edge.stage.owner;
    let pool = |host: &str, path: &str| {
        let targets = json!([{"host": host, "port": 80}]);
        owner
            .post("/api/target-groups", json!({"name": "bad", "health_check_enabled": true, "health_check_path": path, "targets": targets}))
    };
    for (host, path, field) in [("web-.lan", "/", "host"), ("a.-b.lan", "/", "host"), ("a.lan", "/<x>", "health_check_path")] {
        assert_eq!(assert_error(&pool(host, path), 400, "invalid_field")["field"], field, "{host} {path}");
    }
    takes_changes(&edge, &nginx);
}
