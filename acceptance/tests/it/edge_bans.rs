//! Edge scenario H13 with Debian's CrowdSec: bans reach the data plane, are made and lifted from here, survive a crash and
//! go on while CrowdSec is away.

use std::time::Duration;

use argos_peers::{CrowdSec, Nginx, wait_for, wait_until};
use serde_json::{Value, json};

use crate::edge_sites::{Edge, backend};
use crate::stage::{Stage, assert_error};

const SOON: Duration = Duration::from_secs(40);
pub(crate) const KEY: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const PASSWORD: &str = "machine-password-of-argos";

/// A CrowdSec with a bouncer and an account for us.
pub(crate) fn crowdsec() -> CrowdSec {
    let crowdsec = CrowdSec::start();
    crowdsec.add_bouncer("argos", KEY);
    crowdsec.add_machine("argos", PASSWORD);
    crowdsec
}

/// A site behind a data plane that hears a CrowdSec.
struct Scene {
    edge: Edge,
    crowdsec: CrowdSec,
    nginx: Nginx,
}

impl Scene {
    fn start() -> Self {
        let crowdsec = crowdsec();
        let scene = Self { edge: Edge::start(), crowdsec, nginx: backend("one") };
        scene.edge.publish("app.test", &[scene.nginx.port()]);
        scene
    }

    fn connect(&self) {
        let body = json!({"lapi_url": self.crowdsec.url(), "bouncer_api_key": KEY, "machine_user": "argos", "machine_password": PASSWORD});
        self.edge.stage.owner.put("/api/crowdsec/connection", body).expect_status(200);
        self.wait_state("connected");
    }

    #[track_caller]
    fn wait_state(&self, wanted: &str) -> Value {
        let status = || self.edge.stage.owner.get("/api/crowdsec/status").expect_status(200).json();
        wait_for(&format!("state {wanted}; last {}", status()), SOON, || Some(status()).filter(|s| s["state"] == wanted))
    }

    fn asks(&self, ip: &str) -> u16 {
        self.edge.site("app.test").with_header("X-Forwarded-For", ip).get("/").status
    }

    fn decisions(&self, query: &str) -> Value {
        self.edge.stage.owner.get(&format!("/api/security/decisions{query}")).expect_status(200).json()
    }

    /// Stops it as a crash would and starts it again.
    fn crash(self) -> Self {
        let Self { edge, crowdsec, nginx } = self;
        let stage = Stage::of(edge.stage.argos.kill9().restart());
        let http = crate::edge_sites::address(&stage, "edge_http");
        Self { edge: Edge { stage, http }, crowdsec, nginx }
    }
}

#[test]
fn ban_of_crowdsec_turns_its_address_away_until_it_is_lifted() {
    let scene = Scene::start();
    let owner = &scene.edge.stage.owner;
    assert_eq!(owner.get("/api/crowdsec/status").json()["state"], "not_configured");
    assert_error(&owner.post("/api/security/decisions", json!({"value": "203.0.113.9"})), 503, "machine_credentials_missing");
    scene.connect();
    assert_eq!(scene.asks("203.0.113.9"), 200);

    scene.crowdsec.cscli(&["decisions", "add", "--ip", "203.0.113.9", "--duration", "4h", "--reason", "too curious"]);
    scene.crowdsec.cscli(&["decisions", "add", "--range", "198.51.100.0/24", "--duration", "4h"]);
    scene.crowdsec.cscli(&["decisions", "add", "--scope", "Country", "--value", "BR", "--duration", "4h"]);
    wait_until("the ban acts", SOON, || scene.asks("203.0.113.9") == 403);
    wait_until("the ban of the range acts", SOON, || scene.asks("198.51.100.77") == 403);
    assert_eq!(scene.asks("203.0.113.10"), 200);
    let found = scene.decisions("?q=CURIOUS");
    assert_eq!(
        (&found["total"], &found["decisions"][0]["value"], &found["decisions"][0]["type"]),
        (&json!(1), &json!("203.0.113.9"), &json!("ban"))
    );
    assert!(found["decisions"][0]["duration"].as_str().unwrap().starts_with("3h5"), "{found}");
    assert_eq!(scene.decisions("?scope=range&limit=9999")["decisions"][0]["value"], "198.51.100.0/24");
    wait_until("the country is listed", SOON, || scene.decisions("?scope=Country")["total"] == 1);
    wait_until("the event", SOON, || scene.edge.events("edge.threat_ip_banned").iter().any(|e| e["data"]["ip"] == "203.0.113.9"));
    let updates = || scene.edge.events("edge.threat_intel_updated").into_iter().map(|e| e["data"].clone()).collect::<Vec<_>>();
    let sum = |member: &str| updates().iter().filter_map(|data| data[member].as_i64()).sum::<i64>();
    wait_until("each new ban is counted once", SOON, || sum("added_count") == 3);
    assert_eq!((updates().last().unwrap()["total"].clone(), sum("removed_count")), (json!(3), 0), "{:?}", updates());
    let beside = owner.get("/api/security/audit-log?sources=audit,bouncer&q=203.0.113.9").expect_status(200).json();
    let told = |r: &&Value| r["source"] == "bouncer" && r["action"] == "ip_banned" && r["source_ip"] == "203.0.113.9";
    assert_eq!(beside["entries"].as_array().into_iter().flatten().filter(told).count(), 1, "{beside}");

    let id = &found["decisions"][0]["id"];
    assert_eq!(owner.delete(&format!("/api/security/decisions/{id}")).expect_status(200).json(), json!({"id": id, "deleted": 1}));
    assert_eq!(scene.asks("203.0.113.9"), 200, "lifted at once");
    assert_eq!(owner.delete("/api/security/decisions/4711").expect_status(200).json()["deleted"], 0);
    let rows = owner.get("/api/audit?limit=20").text();
    assert!(rows.contains("security.unban_by_id"), "{rows}");
    // What was lifted here is known here; what others lift is heard of.
    scene.crowdsec.cscli(&["decisions", "delete", "--range", "198.51.100.0/24"]);
    wait_until("the update says that one is gone", SOON, || sum("removed_count") == 1);
}

#[test]
fn ban_by_hand_is_judged_acts_at_once_and_is_lifted_with_its_ranges() {
    let scene = Scene::start();
    scene.connect();
    let owner = &scene.edge.stage.owner;
    let ban = |value: &str| owner.post("/api/security/decisions", json!({"value": value, "duration_hours": 2, "reason": "by hand"}));
    assert_error(&ban("127.0.0.1"), 409, "would_lock_out");
    assert_error(&ban("10.0.0.0/8"), 409, "private_network");
    assert_error(&ban("nobody"), 400, "invalid_field");
    assert_error(&owner.post("/api/security/decisions", json!({"value": "203.0.113.9", "duration_hours": 0})), 400, "invalid_field");
    let made = ban("203.0.113.9").expect_status(201).json();
    assert_eq!((&made["scope"], &made["duration_hours"]), (&json!("Ip"), &json!(2)));
    assert_eq!(scene.asks("203.0.113.9"), 403, "it acts when the answer is there");
    ban("203.0.113.0/24").expect_status(201);
    assert_eq!(scene.asks("203.0.113.200"), 403);
    let preview = owner.get("/api/security/decisions/preview?value=203.0.113.9").expect_status(200).json();
    assert_eq!((&preview["allowed"], preview["covering"].as_array().unwrap().len()), (&json!(true), 2), "{preview}");
    let told = scene.crowdsec.decisions();
    assert_eq!(told.as_array().unwrap().len(), 2, "CrowdSec keeps them: {told}");

    let done = owner.post("/api/security/decisions/unban-ip", json!({"ip": "203.0.113.9"})).expect_status(200).json();
    assert_eq!((&done["unbanned"], &done["whitelisted"]), (&json!(1), &json!(true)), "{done}");
    assert_eq!(done["covering"][0]["value"], "203.0.113.0/24");
    assert_eq!((scene.asks("203.0.113.9"), scene.asks("203.0.113.200")), (200, 403), "the range stays, the address gets through");
    let allowed = owner.get("/api/security/whitelist").json()["entries"][0].clone();
    assert_eq!((&allowed["scope"], &allowed["value"]), (&json!("ip"), &json!("203.0.113.9")));
    assert_error(&ban("203.0.113.9"), 409, "allowed");
    let removed = owner.delete(&format!("/api/security/whitelist/{}", allowed["id"])).expect_status(200).json();
    assert_eq!((&removed["deleted"], scene.asks("203.0.113.9")), (&json!(true), 403));
    let done = owner.post("/api/security/decisions/unban-ip", json!({"ip": "203.0.113.9", "lift_ranges": true})).expect_status(200).json();
    assert_eq!((&done["unbanned"], scene.asks("203.0.113.200")), (&json!(1), 200), "{done}");
}

#[test]
fn bans_heard_last_survive_a_crash_while_crowdsec_is_away() {
    let mut scene = Scene::start();
    scene.connect();
    scene.crowdsec.cscli(&["decisions", "add", "--ip", "203.0.113.9", "--duration", "4h"]);
    wait_until("the ban acts", SOON, || scene.asks("203.0.113.9") == 403);
    scene.crowdsec.stop();
    let mut scene = scene.crash();
    assert_eq!((scene.asks("203.0.113.9"), scene.asks("203.0.113.10")), (403, 200), "known before the first request");
    let status = scene.wait_state("disconnected");
    assert!(status["error"].as_str().unwrap().contains("no answer"), "{status}");
    wait_until("one event", SOON, || scene.edge.events("edge.crowdsec_down").len() == 1);
    let page = scene.decisions("");
    assert_eq!((&page["total"], page["error"].is_string()), (&json!(1), true), "{page}");
    assert_error(&scene.edge.stage.owner.post("/api/security/decisions", json!({"value": "203.0.113.77"})), 502, "crowdsec_unreachable");

    scene.crowdsec.resume();
    scene.wait_state("connected");
    wait_until("the recovery is told", SOON, || scene.edge.events("edge.crowdsec_recovered").len() == 1);
    let reply = scene.edge.stage.owner.post("/api/security/decisions", json!({"value": "203.0.113.77"}));
    reply.expect_status(201);
    assert_eq!(scene.asks("203.0.113.77"), 403, "a new login after the key of the tokens changed");

    scene.edge.stage.owner.put("/api/crowdsec/connection", json!({"enabled": false})).expect_status(200);
    wait_until("nobody is turned away", SOON, || scene.asks("203.0.113.77") == 200);
}

#[test]
fn connection_is_tested_with_clear_words_and_keeps_its_secrets() {
    let scene = Scene::start();
    let owner = &scene.edge.stage.owner;
    let test = || owner.post("/api/crowdsec/test", json!({})).expect_status(200).json();
    assert_eq!((&test()["bouncer"]["state"], &test()["machine"]["state"]), (&json!("missing"), &json!("missing")));
    let bad = json!({"lapi_url": scene.crowdsec.url(), "bouncer_api_key": "wrong-key-0123456789", "machine_user": "argos", "machine_password": "wrong-password"});
    let status = owner.put("/api/crowdsec/connection", bad).expect_status(200);
    assert!(!status.text().contains("wrong-"), "{}", status.text());
    assert_eq!(status.json()["bouncer_api_key"], "__UNCHANGED__");
    let tested = test();
    assert_eq!((&tested["bouncer"]["code"], &tested["machine"]["code"]), (&json!("credentials_refused"), &json!("credentials_refused")));
    let purged = owner.post("/api/crowdsec/regenerate-credentials", json!({})).expect_status(200).json();
    assert_eq!(purged["status"], "purged", "{purged}");
    assert_eq!(owner.get("/api/crowdsec/status").json()["machine_user"], "");
    owner.put("/api/crowdsec/connection", json!({"lapi_url": "http://127.0.0.1:1"})).expect_status(200);
    assert_eq!(test()["bouncer"]["code"], "crowdsec_unreachable");
    assert_error(&owner.put("/api/crowdsec/connection", json!({"lapi_url": "not a url"})), 400, "invalid_setting");
    scene.connect();
    assert_eq!(test()["bouncer"]["state"], "ok");
    let again =
        owner.put("/api/crowdsec/connection", json!({"bouncer_api_key": "__UNCHANGED__", "machine_password": ""})).expect_status(200);
    assert_eq!(again.json()["machine_user"], "argos");
    assert_eq!(test()["machine"]["state"], "ok", "placeholders keep what is stored");
    assert_eq!(owner.post("/api/crowdsec/regenerate-credentials", json!({})).json()["status"], "valid");

    // An account that is refused at the start is left over from another CrowdSec.
    owner.put("/api/crowdsec/connection", json!({"machine_password": "wrong-password"})).expect_status(200);
    let scene = scene.crash();
    let owner = &scene.edge.stage.owner;
    wait_until("it is forgotten", SOON, || owner.get("/api/crowdsec/status").json()["machine_user"] == "");
    wait_until("it is told", SOON, || scene.edge.events("edge.crowdsec_creds_stale").len() == 1);
    let is_configured =
        |on: bool| owner.get("/api/settings/crowdsec.bouncer_configured").expect_status(200).json()["value"] == json!(on.to_string());
    wait_until("its key was taken", SOON, || is_configured(true));
    owner.put("/api/crowdsec/connection", json!({"enabled": false})).expect_status(200);
    wait_until("nobody is asked any more", SOON, || is_configured(false));
}

#[test]
fn person_who_is_banned_is_told_and_lifts_it() {
    let scene = Scene::start();
    scene.connect();
    let owner = &scene.edge.stage.owner;
    assert_eq!(owner.get("/api/security/check-self").expect_status(200).json()["any_banned"], false);
    scene.crowdsec.cscli(&["decisions", "add", "--ip", "127.0.0.1", "--duration", "4h"]);
    let check =
        wait_for("the ban is told", SOON, || Some(owner.get("/api/security/check-self").json()).filter(|c| c["any_banned"] == true));
    assert_eq!((&check["banned"], &check["banned_ips"][0]["source"]), (&json!(true), &json!("current_session")), "{check}");
    owner.post("/api/security/decisions/unban-ip", json!({"ip": "127.0.0.1"})).expect_status(200);
    assert_eq!(owner.get("/api/security/check-self").json()["any_banned"], false);
    let stats = owner.get("/api/security/dashboard-stats").expect_status(200).json();
    assert_eq!((&stats["bans_total"], &stats["whitelist_entries"]), (&json!(0), &json!(0)), "{stats}");

    let add = |scope: &str, value: &str| owner.post("/api/security/whitelist", json!({"scope": scope, "value": value, "reason": "office"}));
    assert_eq!(add("range", "198.51.100.7/24").expect_status(201).json()["value"], "198.51.100.0/24");
    assert_error(&add("range", "198.51.100.0/24"), 409, "already_exists");
    assert_error(&add("ip", "198.51.100.0/24"), 400, "invalid_field");
    assert_error(&add("country", "BR"), 400, "invalid_field");
    assert_eq!(owner.delete("/api/security/whitelist/99").expect_status(200).json()["deleted"], false);
}

#[test]
fn older_names_of_bans_do_the_same() {
    let scene = Scene::start();
    let owner = &scene.edge.stage.owner;
    let status = owner.get("/api/threats/status").expect_status(200).json();
    assert_eq!((&status["state"], &status["bouncer_ok"]), (&json!("not_configured"), &Value::Null), "{status}");
    assert_eq!(owner.get("/api/threats/scenarios").expect_status(200).json(), json!([]));
    scene.connect();
    assert_error(&owner.post("/api/threats/decisions", json!({"ip": "203.0.113.0/24"})), 400, "invalid_field");
    let made =
        owner.post("/api/threats/decisions", json!({"ip": "203.0.113.9", "duration_hours": 2, "reason": "probing"})).expect_status(201);
    assert_eq!((&made.json()["ip"], &made.json()["duration_hours"]), (&json!("203.0.113.9"), &json!(2)));
    wait_until("the ban acts", SOON, || scene.asks("203.0.113.9") == 403);
    let listed = |query: &str| owner.get(&format!("/api/threats/decisions{query}")).expect_status(200).json();
    assert_eq!(
        (&listed("?search=203.0.113")[0]["value"], &listed("?type=captcha"), &listed("?origin=nobody")),
        (&json!("203.0.113.9"), &json!([]), &json!([]))
    );
    let stats = owner.get("/api/threats/stats").expect_status(200).json();
    assert_eq!(
        (&stats["range"], &stats["active_decisions"], &stats["by_scope"]["Ip"]),
        (&json!("current"), &json!(1), &json!(1)),
        "{stats}"
    );
    assert_eq!(owner.get("/api/threats/status").json()["state"], "connected");
    assert_eq!(owner.delete("/api/threats/decisions?ip=203.0.113.9").expect_status(200).json(), json!({"ip": "203.0.113.9", "removed": 1}));
    wait_until("the ban is lifted", SOON, || scene.asks("203.0.113.9") == 200);
    let viewer = scene.edge.stage.person("vera", "viewer");
    assert_eq!((viewer.get("/api/threats/stats").status, viewer.delete("/api/threats/decisions?ip=203.0.113.9").status), (200, 403));
}
