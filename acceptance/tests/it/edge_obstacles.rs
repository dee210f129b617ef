//! One faulty site or pool among others: rows that an older release took and this engine refuses. They go on as they were, or
//! are left out; everything else is served and goes on changing, and whoever looks hears what is refused and by whose change.

use serde_json::{Value, json};

use crate::edge_sites::{Edge, address, backend};
use crate::stage::{Stage, sql};

/// The same server again, after statements on its stopped store.
fn with_rows(edge: Edge, statements: &str) -> Edge {
    let stopped = edge.stage.argos.stop();
    sql(&stopped.config, &format!("{statements}; update edge_revision set revision = revision + 1"));
    let stage = Stage::of(stopped.restart());
    let http = address(&stage, "edge_http");
    Edge { stage, http }
}

fn status(edge: &Edge) -> Value {
    edge.stage.owner.get("/api/caddy/status").expect_status(200).json()
}

/// Has a rule be about a name that its site does not have.
const MISFIT: &str = "update edge_rules set matchers = replace(matchers, 'app.test', 'old.test')";

#[test]
fn refused_site_goes_on_as_it_was_and_keeps_nothing_else_from_being_served() {
    let (edge, nginx) = (Edge::start(), backend("one"));
    let (site, other) = (edge.publish("app.test", &[nginx.port()]), edge.publish("other.test", &[nginx.port()]));
    let matchers = json!([{"type": "host_header", "config": {"values": ["app.test"]}}, {"type": "path", "config": {"patterns": ["/no*"]}}]);
    let at = format!("/api/hosts/{}", site["id"]);
    let rule = json!({"action": {"type": "block"}, "matchers": matchers});
    let rule = edge.stage.owner.post(&format!("{at}/rules"), rule).expect_status(201).json();

    let edge = with_rows(edge, MISFIT);
    assert_eq!((edge.get("app.test", "/").status, edge.get("app.test", "/no").status), (200, 403), "it has its rule of before");
    let seen = status(&edge);
    let obstacle = &seen["obstacles"][0];
    assert_eq!((&seen["ok"], &seen["sites"], seen["obstacles"].as_array().unwrap().len()), (&json!(true), &json!(2), 1), "{seen}");
    assert_eq!((&obstacle["kind"], &obstacle["id"], &obstacle["name"]), (&json!("site"), &site["id"], &json!("app.test")), "{seen}");
    assert_eq!(obstacle["goes_on"], true, "{seen}");
    assert!(obstacle["reason"].as_str().unwrap().contains("`old.test` is not served by app.test"), "{seen}");
    assert!(obstacle["refused"]["cause"].is_null(), "nobody here changed it: {seen}");
    let component = edge.stage.owner.get("/api/ui/components").expect_status(200).text();
    assert!(component.contains("app.test: it goes on as it was before"), "{component}");

    let owner = &edge.stage.owner;
    let change = |at: &str| owner.post(&format!("{at}/toggle"), json!({})).expect_status(200);
    let other_at = format!("/api/hosts/{}", other["id"]);
    assert_eq!(change(&other_at).header("x-argos-reconcile"), Some("ok"), "another site changes all the same");
    assert_eq!((edge.get("other.test", "/").status, edge.get("app.test", "/no").status), (404, 403));
    edge.publish("next.test", &[nginx.port()]);
    assert_eq!(edge.get("next.test", "/").status, 200);
    // A start finds the form of before among what was kept with the newer state.
    let edge = with_rows(edge, "select 1");
    assert_eq!((edge.get("next.test", "/").status, edge.get("app.test", "/no").status), (200, 403));
    let owner = &edge.stage.owner;
    let put = json!({"domain": "app.test", "tls_mode": "none", "enabled": true, "lan_only": true});
    assert_eq!(owner.put(&at, put).expect_status(200).header("x-argos-reconcile"), Some("failed"), "this one is not served");

    let rule_at = format!("{at}/rules/{}", rule["id"]);
    assert_eq!(owner.delete(&rule_at).expect_status(204).header("x-argos-reconcile"), Some("ok"));
    assert_eq!((edge.get("app.test", "/no").status, status(&edge)["obstacles"].clone()), (200, json!([])), "it is as it is wanted");
}

#[test]
fn refused_site_that_was_never_served_is_left_out() {
    let (edge, nginx) = (Edge::start(), backend("one"));
    let site = edge.publish("app.test", &[nginx.port()]);
    edge.publish("other.test", &[nginx.port()]);
    let rule = json!({"action": {"type": "block"}, "matchers": [{"type": "host_header", "config": {"values": ["app.test"]}}]});
    let at = format!("/api/hosts/{}", site["id"]);
    let rule = edge.stage.owner.post(&format!("{at}/rules"), rule).expect_status(201).json();
    let edge = with_rows(edge, &format!("{MISFIT}; delete from edge_snapshot"));
    assert_eq!((edge.get("app.test", "/").status, edge.get("other.test", "/").status), (404, 200));
    let seen = status(&edge);
    assert_eq!((&seen["obstacles"][0]["goes_on"], &seen["sites"]), (&json!(false), &json!(1)), "{seen}");
    let toggle = format!("{at}/rules/{}/toggle", rule["id"]);
    assert_eq!(edge.stage.owner.post(&toggle, json!({})).expect_status(200).header("x-argos-reconcile"), Some("ok"));
    assert_eq!((edge.get("app.test", "/").status, status(&edge)["obstacles"].clone()), (200, json!([])));
}

#[test]
fn refused_pool_goes_on_and_the_change_that_is_refused_is_named() {
    let (edge, nginx) = (Edge::start(), backend("one"));
    let site = edge.publish("app.test", &[nginx.port()]);
    let pool = format!("/api/target-groups/{}", site["target_group_id"]);
    let target = json!({"host": "gone.lan", "port": 80, "enabled": false});
    let target = edge.stage.owner.post(&format!("{pool}/targets"), target).expect_status(201).json();
    let edge = with_rows(edge, "update edge_targets set host = 'no host' where host = 'gone.lan'");
    let owner = &edge.stage.owner;
    assert_eq!(status(&edge)["obstacles"], json!([]), "what is off is not asked of the engine");

    let ola = edge.stage.person("ola", "operator");
    let switched = ola.post(&format!("{pool}/targets/{}/toggle", target["id"]), json!({})).expect_status(200);
    assert_eq!(switched.header("x-argos-reconcile"), Some("failed"));
    assert_eq!(edge.get("app.test", "/").status, 200, "the pool goes on without it");
    let seen = status(&edge);
    let (obstacle, cause) = (&seen["obstacles"][0], &seen["obstacles"][0]["refused"]["cause"]);
    assert_eq!(
        (&obstacle["kind"], &obstacle["id"], &obstacle["goes_on"]),
        (&json!("pool"), &site["target_group_id"], &json!(true)),
        "{seen}"
    );
    assert_eq!((&cause["actor"], &cause["description"]), (&json!("ola"), &json!("target no host:80 changed")), "{seen}");
    let rows = owner.get("/api/audit?limit=50").expect_status(200).json();
    let row = rows.as_array().unwrap().iter().find(|row| row["id"] == cause["audit_id"]).unwrap();
    assert_eq!((&row["username"], &row["canonical"]), (&json!("ola"), &json!("target.toggle")), "{row}");
    assert!(cause["at"].as_str().is_some_and(|at| at.ends_with('Z')), "{cause}");
    // Somebody else's change of something else neither takes the blame nor fails.
    edge.publish("next.test", &[nginx.port()]);
    assert_eq!(status(&edge)["obstacles"][0], *obstacle);
    let hidden = edge.stage.person("vera", "viewer").get("/api/caddy/status").expect_status(200).json();
    assert!(hidden["obstacles"][0]["refused"]["cause"].is_null() && hidden["obstacles"][0]["reason"].is_string(), "{hidden}");

    let taken_back = ola.post(&format!("/api/ui/undo/{}", switched.header("x-argos-undo").unwrap()), json!({}));
    taken_back.expect_status(200);
    assert_eq!(status(&edge)["obstacles"], json!([]));
}
