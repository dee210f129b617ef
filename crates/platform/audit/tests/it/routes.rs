//! The audit routes, and the audit row of an acknowledged event, through the whole web kit.

use std::sync::Arc;

use argos_audit::{Audit, Category, Entry, Filter, Order, Status, routes};
use argos_events::{Events, NewEvent, Source};
use argos_kernel::{CredentialKind, ManualClock, PageRequest, Result, SeededRng, Shutdown, SystemClock, Tasks, Timestamp};
use argos_store::testing::{TestStore, sqlite};
use argos_web::testing::TestClient;
use argos_web::{AuthFailure, Authenticator, BoxFuture, Caller, ClientInfo, Grants, Presented, Web};
use serde_json::json;

struct Door;

impl Authenticator for Door {
    fn cached(&self, _: &Presented) -> Option<Arc<Caller>> {
        None
    }
    fn authenticate<'a>(&'a self, _: &'a Presented, _: &'a ClientInfo) -> BoxFuture<'a, Result<Arc<Caller>, AuthFailure>> {
        let grants = Grants::new(["audit:read", "automations:read", "events:read", "events:ack"]);
        Box::pin(async move {
            Ok(Arc::new(Caller { username: "ada".to_owned(), credential: CredentialKind::Session, grants, ..Caller::anonymous() }))
        })
    }
}

async fn stage() -> (TestStore, Audit, Events, TestClient) {
    let t = sqlite(&[argos_events::MIGRATIONS, argos_audit::MIGRATIONS].concat()).await;
    let clock = Arc::new(ManualClock::at(Timestamp::from_secs(1_750_000_000)));
    let rng = Arc::new(SeededRng::new(4));
    let events = Events::new(t.store.state.clone(), clock.clone(), rng.clone());
    let audit = Audit::new(t.store.state.clone(), clock, rng.clone());
    let tasks = Tasks::new(Arc::new(SystemClock), rng.clone(), Shutdown::new());
    let event_routes = argos_events::routes(events.clone(), Arc::new(audit.clone()), tasks.clone());
    let web = Web::builder().mount(routes(audit.clone())).mount(event_routes);
    let web = web.authenticator(Arc::new(Door)).build(Arc::new(SystemClock), rng, tasks).unwrap();
    let client = TestClient::new(Arc::new(web)).bearer(&"a".repeat(64));
    (t, audit, events, client)
}

#[tokio::test]
async fn list_and_export_have_the_documented_shapes() {
    let (_t, audit, _, client) = stage().await;
    for (who, what) in [("bob", "first"), ("=cmd()", "second, with comma")] {
        let entry = Entry::new("user.create", Category::Auth).alias("user_add").describe(what);
        audit.note(&super::actor(who), entry).await.unwrap();
    }
    let reply = client.get("/api/audit?limit=1&user=bob").await;
    assert_eq!((reply.status, reply.header("x-total-count")), (200, Some("1")), "{}", reply.text());
    let row = reply.json()[0].clone();
    assert_eq!((&row["time"], &row["username"], &row["action"]), (&json!(1_750_000_000), &json!("bob"), &json!("user_add")));
    assert_eq!((&row["details"], &row["ip"]), (&json!("first"), &json!("192.0.2.9")));
    assert_eq!(client.get("/api/audit?from=1750000001").await.json(), json!([]));
    assert_eq!(client.get("/api/audit?sort=username&dir=asc").await.json()[0]["username"], "=cmd()");
    assert_eq!(client.get("/api/audit?limit=abc").await.status, 400);

    let csv = client.post("/api/audit/export", json!({"sort": "time", "dir": "asc"})).await;
    assert!(csv.header("content-type").unwrap().starts_with("text/csv"));
    assert_eq!(
        csv.text(),
        "timestamp,username,action,details,ip\r\n1750000000,bob,user_add,first,192.0.2.9\r\n1750000000,'=cmd(),user_add,\"second, with comma\",192.0.2.9\r\n"
    );
    assert_eq!(client.get("/api/audit/verify").await.json(), json!({"rows": 3, "ok": true, "broken_at": null}));
    let json = client.post("/api/audit/export", json!({"sort": "time", "dir": "asc", "format": "json"})).await.json();
    let actions: Vec<_> = json.as_array().unwrap().iter().map(|r| r["canonical"].as_str().unwrap()).collect();
    assert_eq!(actions, ["user.create", "user.create", "audit.export"], "the export before is in it, its own record is not");
    assert_eq!(client.post("/api/audit/export", json!({"format": "xml"})).await.status, 400);
}

#[tokio::test]
async fn action_view_shows_executed_actions_with_their_facts() {
    let (_t, audit, _, client) = stage().await;
    let run = Entry::new("action.restart_service", Category::Action)
        .alias("restart_service")
        .target("service", "nginx")
        .trigger("workflow")
        .status(Status::Failure)
        .duration_ms(1234)
        .after(json!({"trigger_id": "w1", "params": {"service": "nginx"}, "outcome": "error", "error": "timeout"}));
    audit.note(&super::actor("ada"), run).await.unwrap();
    audit.note(&super::actor("ada"), Entry::new("user.create", Category::Auth)).await.unwrap();
    let rows = client.get("/api/action-audit?trigger_type=workflow&outcome=error").await.json();
    assert_eq!(rows.as_array().unwrap().len(), 1);
    assert_eq!(
        (&rows[0]["action_type"], &rows[0]["target"], &rows[0]["outcome"]),
        (&json!("restart_service"), &json!("nginx"), &json!("error"))
    );
    assert_eq!((&rows[0]["duration_s"], &rows[0]["trigger_id"], &rows[0]["approved_by"]), (&json!(1.23), &json!("w1"), &json!(null)));
    assert_eq!(client.get("/api/action-audit?trigger_type=manual").await.json(), json!([]));
}

#[tokio::test]
async fn acknowledging_an_event_writes_one_row_however_often() {
    let (_t, audit, events, client) = stage().await;
    events.announce(NewEvent::new(Source::Ops, "alert.firing", "cpu")).await.unwrap();
    for _ in 0..2 {
        assert_eq!(client.post("/api/events/1/ack", json!({"note": "mine"})).await.status, 200);
    }
    let rows = audit.list(&Filter::default(), Order::NEWEST, PageRequest { limit: 10, offset: 0 }).await.unwrap();
    assert_eq!(rows.total, 1);
    assert_eq!(
        (rows.items[0].action.as_str(), rows.items[0].target_id.as_deref(), rows.items[0].actor_name.as_str()),
        ("event.ack", Some("1"), "ada")
    );
}

#[tokio::test]
async fn nightly_round_raises_an_alert_for_a_broken_chain_and_keeps_the_evidence() {
    let (t, audit, events, _) = stage().await;
    for i in 0..3 {
        audit.note(&super::actor("ada"), Entry::new(format!("thing.n{i}"), Category::Data)).await.unwrap();
    }
    assert!(audit.maintain(&events, 365).await.unwrap().ok);
    let text = "update audit_log set actor_name = 'eve' where id = 2";
    let stmt = argos_store::Stmt { name: "t", sqlite: text, postgres: text, part: argos_store::Part::State };
    t.store.state.exec(stmt, Vec::new()).await.unwrap();
    assert_eq!(audit.maintain(&events, 0).await.unwrap().broken_at, Some(2));
    audit.maintain(&events, 0).await.unwrap();
    assert_eq!(events.newest().await.unwrap(), 1, "the same break is told once a day");
    let alert = events.find("1").await.unwrap().unwrap();
    assert_eq!((alert.kind.as_str(), alert.data["broken_at"].as_i64()), ("security.alert", Some(2)));
    assert_eq!(audit.verify().await.unwrap().rows, 2);
}
