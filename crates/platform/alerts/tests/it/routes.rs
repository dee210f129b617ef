//! The routes as callers see them.

use std::sync::Arc;

use argos_alerts::routes;
use argos_kernel::{CredentialKind, Result, SeededRng, Shutdown, SystemClock, Tasks};
use argos_web::testing::TestClient;
use argos_web::{AuthFailure, Authenticator, BoxFuture, Caller, ClientInfo, Grants, Membership, Presented, Web};
use serde_json::{Value, json};

use crate::stage::Stage;

/// Tokens of 64 equal digits: `a` may do everything here, `b` only reads.
struct Door;

/// The organization that `a` belongs to and `b` does not.
pub(crate) const HOUSE: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

impl Authenticator for Door {
    fn cached(&self, _: &Presented) -> Option<Arc<Caller>> {
        None
    }
    fn authenticate<'a>(&'a self, presented: &'a Presented, _: &'a ClientInfo) -> BoxFuture<'a, Result<Arc<Caller>, AuthFailure>> {
        Box::pin(async move {
            let Presented::Session { token, .. } = presented else { return Err(AuthFailure::Invalid) };
            let grants = match &token[..1] {
                "a" | "c" => Grants::new([
                    "alerts:read",
                    "alerts:manage",
                    "events:ack",
                    "monitors:read",
                    "incidents:read",
                    "incidents:write",
                    "maintenance:read",
                    "maintenance:manage",
                    "maintenance:operate",
                    "remediation:read",
                    "status:manage",
                ]),
                _ => Grants::new(["alerts:read"]),
            };
            let house = Membership {
                organization_id: 1,
                organization_uid: HOUSE.parse().unwrap(),
                is_default: true,
                role: "viewer",
                grants: Grants::default(),
                somewhere: Grants::default(),
            };
            let memberships: Arc<[Membership]> = if token.starts_with('a') { Arc::from([house]) } else { Arc::default() };
            let caller =
                Caller { username: "ada".to_owned(), credential: CredentialKind::Session, grants, memberships, ..Caller::anonymous() };
            Ok(Arc::new(caller))
        })
    }
}

pub(crate) fn anonymous(s: &Stage) -> TestClient {
    let rng = Arc::new(SeededRng::new(4));
    let tasks = Tasks::new(Arc::new(SystemClock), rng.clone(), Shutdown::new());
    let builder = Web::builder().mount(routes(s.alerts.clone())).authenticator(Arc::new(Door));
    TestClient::new(Arc::new(builder.build(Arc::new(s.clock.clone()), rng, tasks).unwrap()))
}

/// May do everything.
pub(crate) fn client(s: &Stage) -> TestClient {
    anonymous(s).bearer(&"a".repeat(64))
}

pub(crate) fn reader(s: &Stage) -> TestClient {
    anonymous(s).bearer(&"b".repeat(64))
}

/// May do everything and belongs to no organization.
pub(crate) fn stranger(s: &Stage) -> TestClient {
    anonymous(s).bearer(&"c".repeat(64))
}

fn ids(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().filter(|r| r["builtin"] == false).map(|r| r["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn created_rule_is_listed_with_defaults_and_its_unknown_metrics() {
    for s in Stage::each().await {
        let c = client(&s);
        s.tick(&[("cpu_percent", 1.0)]).await;
        let made = c.post("/api/alert-rules", json!({"condition": "cpu_percent > 90 AND nonsense > 1", "runbook": "x"})).await;
        assert_eq!((made.status, &made.json()["unknown_metrics"]), (200, &json!(["nonsense"])));
        let id = made.json()["id"].as_str().unwrap().to_owned();
        assert_eq!((id.len(), made.json()["status"].as_str()), (8, Some("ok")));
        let list = c.get("/api/alert-rules").await.json();
        let rule = list.as_array().unwrap().iter().find(|r| r["id"] == id.as_str()).unwrap().clone();
        assert_eq!(rule["runbook"], "x");
        assert_eq!(
            (rule["cooldown"].as_i64(), rule["severity"].as_str(), rule["state"].as_str()),
            (Some(300), Some("warning"), Some("ok"))
        );
        assert_eq!(rule["unknown_metrics"], json!(["nonsense"]));
        assert_eq!(list[0]["builtin"], true);
        // The whole object can be sent back.
        assert_eq!(c.put(&format!("/api/alert-rules/{id}"), rule.clone()).await.status, 200);
        let test = c.get(&format!("/api/alert-rules/test/{id}")).await.json();
        assert_eq!((test["result"].as_bool(), &test["values"]), (Some(false), &json!({"cpu_percent": 1.0, "nonsense": null})));
        assert_eq!(test["available_metrics"], json!(["cpu_percent"]));
    }
}

#[tokio::test]
async fn faults_are_answered_in_the_documented_words() {
    let s = Stage::sqlite().await;
    let c = client(&s);
    let check = |reply: argos_web::testing::TestReply, status: u16, text: &str| {
        assert_eq!((reply.status, reply.json()["error"].as_str(), reply.json()["detail"].as_str()), (status, Some(text), Some(text)));
    };
    check(c.call("POST", "/api/alert-rules", None).await, 400, "Condition is required");
    let fragment = "Invalid condition fragment: 'b' — expected 'metric operator number' (e.g. cpuPercent > 90)";
    check(c.post("/api/alert-rules", json!({"condition": "a > 1 AND b"})).await, 400, fragment);
    check(c.post("/api/alert-rules", json!({"id": "test", "condition": "a > 1"})).await, 400, "Invalid rule id");
    assert_eq!(c.post("/api/alert-rules", json!({"id": "r", "condition": "a > 1"})).await.status, 200);
    check(c.post("/api/alert-rules", json!({"id": "r", "condition": "a > 1"})).await, 409, "Rule 'r' already exists");
    check(c.put("/api/alert-rules/nope", json!({})).await, 404, "Rule not found");
    check(c.delete("/api/alert-rules/nope").await, 404, "Rule not found");
    check(c.get("/api/alert-rules/test/nope").await, 404, "Rule not found");
    check(c.put("/api/alert-rules", json!({})).await, 400, "rules must be a list");
    check(c.delete("/api/alert-rules/cpu_high").await, 400, "Built-in rules cannot be deleted; disable them instead");
    check(c.get("/api/alert-history?limit=x").await, 400, "Invalid limit parameter");
    check(c.get("/api/alert-history?from=x").await, 400, "Invalid from parameter");
    assert_eq!(reader(&s).post("/api/alert-rules", json!({"condition": "a > 1"})).await.status, 403);
    assert_eq!(anonymous(&s).get("/api/alert-rules").await.status, 401);
}

#[tokio::test]
async fn batch_replaces_all_or_nothing() {
    for s in Stage::each().await {
        let c = client(&s);
        for id in ["one", "two"] {
            c.post("/api/alert-rules", json!({"id": id, "condition": "a > 1"})).await;
        }
        let bad = c.put("/api/alert-rules", json!({"rules": [{"id": "three", "condition": "a > 1"}, {"condition": ">"}]})).await;
        assert_eq!(bad.status, 400);
        assert!(bad.json()["error"].as_str().unwrap().starts_with("Rule #2: Invalid condition fragment: '>'"), "{}", bad.text());
        assert_eq!(ids(&c.get("/api/alert-rules").await.json()), ["one", "two"]);
        let twice =
            c.put("/api/alert-rules", json!({"rules": [{"id": "x", "condition": "a > 1"}, {"id": "x", "condition": "a > 1"}]})).await;
        assert_eq!(twice.json()["error"], "Rule #2: duplicate id 'x'");
        let rules = json!({"rules": [{"id": "three", "condition": "a > 3"}, {"id": "two", "condition": "a > 2"}, {"id": "cpu_high", "enabled": false}]});
        let good = c.put("/api/alert-rules", rules).await;
        assert_eq!((good.status, good.json()["count"].as_i64()), (200, Some(3)));
        let list = c.get("/api/alert-rules").await.json();
        assert_eq!(ids(&list), ["three", "two"]);
        let cpu = list.as_array().unwrap().iter().find(|r| r["id"] == "cpu_high").unwrap();
        assert_eq!((cpu["enabled"].as_bool(), cpu["state"].as_str()), (Some(false), Some("disabled")));
    }
}

#[tokio::test]
async fn secrets_of_actions_are_masked_for_readers_and_survive_the_mask() {
    let s = Stage::sqlite().await;
    let c = client(&s);
    let action = json!({"type": "webhook", "params": {"url": "https://x", "api_key": "k3y-of-mine"}});
    c.post("/api/alert-rules", json!({"id": "m", "condition": "a > 1", "action": action})).await;
    let find = |list: Value| list.as_array().unwrap().iter().find(|r| r["id"] == "m").unwrap().clone();
    let seen = find(reader(&s).get("/api/alert-rules").await.json());
    assert_eq!(seen["action"], json!({"type": "webhook", "params": {"url": "https://x", "api_key": "***"}}));
    assert_eq!(c.put("/api/alert-rules/m", seen.clone()).await.status, 200);
    assert_eq!(c.put("/api/alert-rules", json!({"rules": [seen]})).await.status, 200);
    assert_eq!(find(c.get("/api/alert-rules").await.json())["action"]["params"]["api_key"], "k3y-of-mine");
}

#[tokio::test]
async fn sla_is_a_bare_number_and_null_when_nothing_is_known() {
    for s in Stage::each().await {
        let c = client(&s);
        c.post("/api/alert-rules", json!({"id": "r", "condition": "cpu_percent > 50"})).await;
        assert_eq!(c.get("/api/sla/r").await.json(), json!(100.0));
        assert_eq!(c.get("/api/sla/nobody").await.text(), "null");
        s.tick(&[("cpu_percent", 60.0)]).await;
        s.clock.advance_secs(26);
        s.tick(&[("cpu_percent", 1.0)]).await;
        s.tick(&[("cpu_percent", 1.0)]).await;
        assert_eq!(c.get("/api/sla/r?window=1").await.json(), json!(99.0));
        assert_eq!(c.get("/api/sla/r?window=99999").await.json(), json!(99.9999));
    }
}

#[tokio::test]
async fn attention_lists_the_worst_first_and_takes_ack_and_silence() {
    let s = Stage::sqlite().await;
    let c = client(&s);
    s.tick(&[("cpu_percent", 78.0), ("disks.percent[/]", 95.0)]).await;
    let page = c.get("/api/ui/attention").await.json();
    let problems = page["problems"].as_array().unwrap();
    assert_eq!(problems.iter().map(|p| p["rule_id"].as_str().unwrap()).collect::<Vec<_>>(), ["disk_critical", "cpu_high"]);
    assert_eq!(problems[0]["children"][0]["rule_id"], "disk_high");
    assert_eq!((problems[0]["severity"].as_str(), problems[0]["actions"].clone()), (Some("error"), json!(["ack", "silence"])));
    assert_eq!((problems[0]["since"].as_str(), problems[1]["value"].as_f64()), (Some("2025-06-15T16:00:05Z"), Some(78.0)));
    // Eight built-in rules, three of them firing.
    assert_eq!(page["well"], 5);
    let disk = problems[0]["firing_id"].as_i64().unwrap();
    assert_eq!(reader(&s).post(&format!("/api/ui/attention/{disk}/ack"), json!({})).await.status, 403);
    assert_eq!(c.post(&format!("/api/ui/attention/{disk}/ack"), json!({})).await.status, 200);
    assert_eq!(c.post(&format!("/api/ui/attention/{disk}/ack"), json!({})).await.json()["acknowledged_by"], "ada");
    let silenced = c.post(&format!("/api/ui/attention/{disk}/silence"), json!({"minutes": 30})).await.json();
    assert_eq!(silenced["silenced_until"], "2025-06-15T16:30:05Z");
    let page = c.get("/api/ui/attention").await.json();
    assert_eq!((page["problems"][1]["state"].as_str(), page["problems"][1]["rule_id"].as_str()), (Some("silenced"), Some("disk_critical")));
    assert_eq!(c.post(&format!("/api/ui/attention/{disk}/silence"), json!({"minutes": 99999})).await.status, 400);
    assert_eq!(c.post("/api/ui/attention/9999/ack", json!({})).await.status, 404);
    assert_eq!(c.post("/api/ui/attention/x/ack", json!({})).await.status, 400);
}

#[tokio::test]
async fn preview_counts_what_would_have_fired() {
    let s = Stage::sqlite().await;
    let c = reader(&s);
    // 95 between minute 10 and 20 of every hour, else 20.
    let now = argos_kernel::Clock::now(&s.clock).secs();
    let value = |ago: i64| (ago, if (600..1200).contains(&((now - ago) % 3600)) { 95.0 } else { 20.0 });
    let cpu = crate::stage::spec("host_cpu_percent", &[("host", "local")], argos_metrics::Kind::Gauge);
    for hours in (0..8).rev() {
        s.points(&cpu, &(hours * 240..(hours + 1) * 240).rev().map(|n| value(n * 60)).collect::<Vec<_>>()).await;
    }
    let reply = c.post("/api/alert-rules/preview", json!({"condition": "cpuPercent > 90", "for_s": 120, "hours": 24})).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let found = reply.json();
    assert_eq!((found["firings"].as_i64(), found["step_s"].as_i64(), found["hours"].as_i64()), (Some(24), Some(60), Some(24)));
    let first = &found["intervals"][0];
    assert_eq!((first["from"].as_i64().unwrap() % 3600, first["peak"].as_f64()), (720, Some(95.0)));
    let none = c.post("/api/alert-rules/preview", json!({"condition": "cpuPercent > 90", "for_s": 900, "hours": 9999})).await.json();
    assert_eq!((none["firings"].as_i64(), none["hours"].as_i64()), (Some(0), Some(168)));
    assert_eq!(c.post("/api/alert-rules/preview", json!({"condition": ">"})).await.status, 400);
}
