//! The event routes through the whole web kit, as a caller sees them.

#![expect(clippy::unwrap_used, reason = "test code")]

use std::sync::Arc;

use argos_events::{AckAudit, Event, Events, MIGRATIONS, NewEvent, Source, routes};
use argos_kernel::{Actor, CredentialKind, ManualClock, Result, SeededRng, Severity, Shutdown, SystemClock, Tasks, Timestamp};
use argos_store::Tx;
use argos_store::testing::{TestStore, each_engine, sqlite};
use argos_web::testing::{Frames, TestClient};
use argos_web::{AuthFailure, Authenticator, BoxFuture, Caller, ClientInfo, Grants, Presented, Web};
use serde_json::json;

/// Tokens of 64 equal digits: `a` may do everything here, `b` sees node n1 only.
struct Door;

const ADA: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

impl Authenticator for Door {
    fn cached(&self, _: &Presented) -> Option<Arc<Caller>> {
        None
    }
    fn authenticate<'a>(&'a self, presented: &'a Presented, _: &'a ClientInfo) -> BoxFuture<'a, Result<Arc<Caller>, AuthFailure>> {
        Box::pin(async move {
            let Presented::Session { token, .. } = presented else { return Err(AuthFailure::Invalid) };
            let mut caller = Caller { username: "ada".to_owned(), credential: CredentialKind::Session, ..Caller::anonymous() };
            caller.user_uid = Some(ADA.parse().unwrap());
            match token.chars().next() {
                Some('a') => caller.grants = Grants::new(["events:read", "events:ack"]),
                Some('b') => {
                    caller.grants = Grants::new(["events:read"]);
                    caller.allowed_node_ids = Some(Arc::from(["n1".to_owned()]));
                }
                _ => return Err(AuthFailure::Invalid),
            }
            Ok(Arc::new(caller))
        })
    }
}

struct NoAudit;

impl AckAudit for NoAudit {
    fn record<'a>(&'a self, _: &'a mut Tx, _: &'a Actor, _: &'a Event, _: Option<&'a str>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async { Ok(()) })
    }
    fn record_many<'a>(&'a self, _: &'a mut Tx, _: &'a Actor, _: u64) -> BoxFuture<'a, Result<()>> {
        Box::pin(async { Ok(()) })
    }
}

async fn stage() -> (TestStore, Events, TestClient) {
    of(sqlite(MIGRATIONS).await)
}

fn of(t: TestStore) -> (TestStore, Events, TestClient) {
    let clock = ManualClock::at(Timestamp::from_secs(1_750_000_000));
    let events = Events::new(t.store.state.clone(), Arc::new(clock), Arc::new(SeededRng::new(3)));
    let rng = Arc::new(SeededRng::new(4));
    let tasks = Tasks::new(Arc::new(SystemClock), rng.clone(), Shutdown::new());
    let web = Web::builder()
        .mount(routes(events.clone(), Arc::new(NoAudit), tasks.clone()))
        .authenticator(Arc::new(Door))
        .build(Arc::new(SystemClock), rng, tasks)
        .unwrap();
    (t, events, TestClient::new(Arc::new(web)))
}

async fn fill(events: &Events) {
    for i in 0..5 {
        let e = NewEvent::new(Source::Ops, "alert.firing", format!("alert {i}")).severity(if i % 2 == 0 {
            Severity::Error
        } else {
            Severity::Info
        });
        events.announce(e).await.unwrap();
    }
    for node in ["n1", "n2"] {
        events.announce(NewEvent::new(Source::Nodes, "node.tunnel", node).severity(Severity::Info).node(node)).await.unwrap();
    }
}

#[tokio::test]
async fn timeline_pages_filters_and_respects_node_scope() {
    let (_t, events, client) = stage().await;
    fill(&events).await;
    let a = client.bearer(&"a".repeat(64));
    let first = a.get("/api/ui/timeline?limit=3").await;
    assert_eq!(first.status, 200, "{}", first.text());
    let first = first.json();
    assert_eq!(
        first["items"].as_array().unwrap().iter().map(|e| e["message"].as_str().unwrap()).collect::<Vec<_>>(),
        ["n2", "n1", "alert 4"]
    );
    let second = a.get(&format!("/api/ui/timeline?limit=4&cursor={}", first["next"])).await.json();
    assert_eq!(second["items"].as_array().unwrap().len(), 4);
    assert_eq!(second["next"], json!(null));
    let errors = a.get("/api/ui/timeline?severity=error,critical&source=ops&q=ALERT&kind=alert.*").await.json();
    assert_eq!(errors["items"].as_array().unwrap().len(), 3);
    assert_eq!(errors["items"][0]["created_at"], "2025-06-15T15:06:40Z");
    assert_eq!(errors["items"][0]["acknowledged_by"], json!(null));
    let scoped = client.bearer(&"b".repeat(64)).get("/api/ui/timeline?source=nodes").await.json();
    assert_eq!(scoped["items"].as_array().unwrap().iter().map(|e| e["message"].as_str().unwrap()).collect::<Vec<_>>(), ["n1"]);
    for bad in ["severity=loud", "source=mars", "from=yesterday", "limit=x", "kind=a,b"] {
        let reply = a.get(&format!("/api/ui/timeline?{bad}")).await;
        assert_eq!(reply.status, 400, "{bad}: {}", reply.text());
    }
    assert_eq!(client.get("/api/ui/timeline").await.status, 401);
}

#[tokio::test]
async fn acknowledging_keeps_the_first_and_needs_its_permission() {
    let (_t, events, client) = stage().await;
    fill(&events).await;
    let a = client.bearer(&"a".repeat(64));
    let reply = a.post("/api/events/1/ack", json!({"note": "on it"})).await;
    assert_eq!((reply.status, reply.json()["acknowledged_by"].as_str(), reply.json()["note"].as_str()), (200, Some("ada"), Some("on it")));
    let again = a.call("POST", "/api/events/1/ack", None).await;
    assert_eq!((again.status, again.json()["note"].as_str()), (200, Some("on it")));
    let missing = a.post("/api/events/999/ack", json!({})).await;
    assert_eq!((missing.status, missing.json()["error"].as_str()), (404, Some("Event not found")));
    assert_eq!(a.call("POST", "/api/events/1/ack", Some("{".into())).await.status, 400);
    let denied = client.bearer(&"b".repeat(64)).post("/api/events/1/ack", json!({})).await;
    assert_eq!((denied.status, denied.json()["error"].as_str()), (403, Some("Permission denied: events:ack")));
}

#[tokio::test]
async fn kinds_are_listed_with_their_samples() {
    let (_t, _, client) = stage().await;
    let kinds = client.bearer(&"a".repeat(64)).get("/api/events/kinds").await.json();
    let failed = kinds.as_array().unwrap().iter().find(|k| k["kind"] == "auth.login_failed").unwrap().clone();
    assert_eq!(
        (&failed["aliases"], &failed["severity"], &failed["sample"]["username"]),
        (&json!(["login_failed"]), &json!("warning"), &json!("ada"))
    );
}

#[tokio::test]
async fn stream_replays_after_the_last_id_then_goes_on_live() {
    let (_t, events, client) = stage().await;
    fill(&events).await;
    let a = client.bearer(&"a".repeat(64)).with_header("last-event-id", "3");
    let (status, headers, body) = a.open("GET", "/api/events/stream?kind=alert.*,node.tunnel&severity=info,error", None).await;
    assert_eq!((status, headers["content-type"].to_str().unwrap()), (200, "text/event-stream"));
    let mut frames = Frames::of(body);
    assert_eq!(frames.next().await, "event: ready\ndata: {\"position\":3}\n\n");
    assert!(frames.next().await.starts_with("id: 4\nevent: event\ndata: {\"id\":4,"));
    for id in 5..=7 {
        assert!(frames.next().await.starts_with(&format!("id: {id}\n")));
    }
    events.announce(NewEvent::new(Source::Platform, "system.started", "not wanted")).await.unwrap();
    events.announce(NewEvent::new(Source::Ops, "alert.resolved", "wanted")).await.unwrap();
    assert!(frames.next().await.starts_with("id: 9\n"));
}

#[tokio::test]
async fn node_events_are_filtered_counted_and_acknowledged_within_the_scope() {
    for t in each_engine(MIGRATIONS).await {
        let (_t, events, client) = of(t);
        let (a, b) = (client.bearer(&"a".repeat(64)), client.bearer(&"b".repeat(64)));
        let node = |uid: &str, kind: &str, level: Severity, data: serde_json::Value| {
            let event = NewEvent::new(Source::Nodes, kind, format!("{kind} of {uid}")).severity(level).node(uid).data(data);
            event.subject("node", uid, format!("Studio {uid}"))
        };
        events.announce(node("n1", "node.flow", Severity::Error, json!({"flow_id": "f1", "error_code": "port_conflict"}))).await.unwrap();
        events.announce(node("n1", "node.srt", Severity::Info, json!({"input_id": "i1"}))).await.unwrap();
        events.announce(node("n2", "node.flow", Severity::Warning, json!({}))).await.unwrap();
        events.announce(NewEvent::new(Source::Platform, "system.started", "up").severity(Severity::Warning)).await.unwrap();
        events.announce(NewEvent::new(Source::Ops, "alert.firing", "not of a node")).await.unwrap();
        let ids = async |c: &TestClient, query: &str| {
            let page = c.get(&format!("/api/v1/events?{query}")).await;
            assert_eq!(page.status, 200, "{query}: {}", page.text());
            page.json().as_array().unwrap().iter().map(|e| e["id"].as_i64().unwrap()).collect::<Vec<_>>()
        };
        for (query, want) in [
            ("", vec![4, 3, 2, 1]),
            ("severity=critical", vec![1]),
            ("category=flow", vec![3, 1]),
            ("category=system.started", vec![4]),
            ("flow_id=f1&error_code=port_conflict", vec![1]),
            ("input_id=i1", vec![2]),
            ("node_id=n2", vec![3]),
            ("search=STUDIO%20n1", vec![2, 1]),
            ("search=%25", vec![]),
            ("before_id=3", vec![2, 1]),
            ("per_page=2&page=2", vec![2, 1]),
            ("acknowledged=true", vec![]),
        ] {
            assert_eq!(ids(&a, query).await, want, "{query}");
        }
        assert_eq!(ids(&b, "").await, [4, 2, 1]);
        assert_eq!(b.get("/api/v1/events?node_id=n2").await.status, 403);
        for bad in [format!("search={}", "x".repeat(257)), "from=noon".to_owned(), "acknowledged=maybe".to_owned()] {
            assert_eq!(a.get(&format!("/api/v1/events?{bad}")).await.status, 400, "{bad}");
        }
        let first = a.get("/api/v1/events?node_id=n1&category=flow").await.json()[0].clone();
        assert_eq!(
            first,
            json!({
                "id": 1, "node_id": "n1", "node_name": "Studio n1", "severity": "critical", "category": "flow",
                "message": "node.flow of n1", "details": {"flow_id": "f1", "error_code": "port_conflict"}, "flow_id": "f1",
                "input_id": null, "output_id": null, "error_code": "port_conflict", "node_time": null,
                "created_at": "2025-06-15T15:06:40Z", "acknowledged": false, "acknowledged_by": null,
            })
        );
        let open = async |c: &TestClient| c.get("/api/v1/events/count").await.json()["count"].clone();
        assert_eq!((open(&a).await, open(&b).await), (json!(3), json!(2)));
        for (path, status) in [("/api/v1/events/1/ack", 200), ("/api/v1/events/1/ack", 200), ("/api/v1/events/5/ack", 404)] {
            let reply = a.call("POST", path, None).await;
            assert_eq!((reply.status, reply.text().is_empty()), (status, status == 200), "{path}");
        }
        assert_eq!((open(&a).await, ids(&a, "acknowledged=true").await), (json!(2), vec![1]));
        let by =
            async |id: i64| a.get(&format!("/api/v1/events?before_id={}&per_page=1", id + 1)).await.json()[0]["acknowledged_by"].clone();
        assert_eq!(by(1).await, json!(ADA), "the user, not a name that may change");
        let many = async |body: serde_json::Value| a.post("/api/v1/events/ack", body).await.json()["acknowledged"].clone();
        assert_eq!(many(json!({"ids": [1, 2, 5]})).await, json!(1), "one was acknowledged, one is of no node");
        assert_eq!(by(2).await, json!(ADA));
        assert_eq!(many(json!({"filter": {"severity": "warning"}})).await, json!(2));
        assert_eq!((open(&a).await, a.post("/api/v1/events/ack", json!({})).await.status), (json!(0), 400));
    }
}
