//! The log routes through the whole web kit.

use std::sync::Arc;

use argos_audit::{Audit, Filter};
use argos_kernel::{CredentialKind, PageRequest, Result, SeededRng, Severity, SystemClock};
use argos_logs::{LogEntry, Retention, Source, routes};
use argos_store::testing::sqlite;
use argos_web::testing::{Frames, TestClient};
use argos_web::{AuthFailure, Authenticator, BoxFuture, Caller, ClientInfo, Grants, Presented, Web};
use serde_json::json;

use super::{Stage, access, migrations, place};

/// A token of 64 `a` is an admin, any other a viewer.
struct Door;

impl Authenticator for Door {
    fn cached(&self, _: &Presented) -> Option<Arc<Caller>> {
        None
    }
    fn authenticate<'a>(&'a self, presented: &'a Presented, _: &'a ClientInfo) -> BoxFuture<'a, Result<Arc<Caller>, AuthFailure>> {
        Box::pin(async move {
            let admin = matches!(presented, Presented::Session { token, .. } if token.starts_with('a'));
            let grants = if admin {
                Grants::new(["logs:read", "logs:system", "logs:export", "logs:manage", "audit:read"])
            } else {
                Grants::new(["logs:read"])
            };
            Ok(Arc::new(Caller {
                username: if admin { "ada" } else { "vic" }.to_owned(),
                credential: CredentialKind::Session,
                grants,
                ..Caller::anonymous()
            }))
        })
    }
}

async fn stage() -> (Stage, Audit, TestClient, TestClient) {
    let s = Stage::of(sqlite(&migrations()).await);
    let rng = Arc::new(SeededRng::new(2));
    let audit = Audit::new(s.t.store.state.clone(), Arc::new(s.clock.clone()), rng.clone());
    let routes = routes(s.logs.clone(), audit.clone(), Arc::new(|| Retention { entries_max: 5, ..Retention::default() }));
    let web = Web::builder().mount(routes).authenticator(Arc::new(Door)).build(Arc::new(SystemClock), rng, s.tasks.clone()).unwrap();
    let client = TestClient::new(Arc::new(web));
    let lines: Vec<_> = (0..12).map(|i| access(&s, i)).collect();
    s.logs.store(&lines).await.unwrap();
    s.logs.store(&[s.line("own line")]).await.unwrap();
    (s, audit, client.bearer(&"a".repeat(64)), client.bearer(&"b".repeat(64)))
}

#[tokio::test]
async fn lists_have_the_documented_shape_and_hide_what_is_not_readable() {
    let (_s, _, admin, viewer) = stage().await;
    let reply = admin.get("/api/logs?limit=2&status=5xx").await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let body = reply.json();
    assert_eq!((&body["total_count"], &body["has_more"]), (&json!(4), &json!(true)));
    let first = &body["entries"][0];
    assert_eq!(
        (&first["timestamp"], &first["status"], &first["source"]),
        (&json!("2025-06-15T15:06:49Z"), &json!(500), &json!("caddy_access"))
    );
    assert!(first.get("waf_rule_id").is_none() && first.get("raw").is_none());
    assert_eq!(admin.get("/api/logs").await.json()["total_count"], 13);
    assert_eq!(viewer.get("/api/logs").await.json()["total_count"], 12);
    let denied = viewer.get("/api/logs?source=system").await;
    assert_eq!((denied.status, denied.json()["error"].as_str()), (403, Some("Permission denied: logs:system")));
    assert_eq!(viewer.get("/api/logs?source=system,waf_audit").await.json()["total_count"], 2);
    assert_eq!(admin.get("/api/logs?status=nonsense").await.json()["total_count"], 13);
    for bad in ["from=soon", "path=re:(", "source=mars", "host_id=x", "limit=x"] {
        assert_eq!(admin.get(&format!("/api/logs?{bad}")).await.status, 400, "{bad}");
    }
}

#[tokio::test]
async fn one_line_is_shown_to_those_who_may_read_its_source() {
    let (_s, _, admin, viewer) = stage().await;
    let page = admin.get("/api/logs?order=asc&limit=13").await.json();
    for entry in page["entries"].as_array().unwrap() {
        let path = format!("/api/logs/{}", entry["id"]);
        assert_eq!(admin.get(&path).await.json(), *entry);
        assert_eq!(viewer.get(&path).await.status, if entry["source"] == "system" { 404 } else { 200 }, "{entry}");
    }
    for (path, status) in [("/api/logs/0", 404), ("/api/logs/999999", 404), ("/api/logs/x", 400)] {
        assert_eq!(admin.get(path).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn lines_keep_where_their_client_was_and_one_line_says_where_it_is() {
    let (s, _, admin, viewer) = stage().await;
    let before = viewer.get("/api/logs?limit=1").await.json()["entries"][0].clone();
    assert_eq!((before.get("country_code"), viewer.get("/api/logs/stats").await.json()["by_country"].clone()), (None, json!({})));
    s.logs.set_locate(Arc::new(place));
    let lines: Vec<_> = [3, 4, 5].map(|i| access(&s, i)).into();
    s.logs.store(&lines).await.unwrap();
    let spanish = viewer.get("/api/logs?country=es,br").await.json();
    let line = &spanish["entries"][0];
    assert_eq!((&spanish["total_count"], &line["country_code"], &line["asn"]), (&json!(1), &json!("ES"), &json!(64_503)), "{spanish}");
    assert!(line.get("geo").is_none());
    assert_eq!(admin.get("/api/logs/stats?source=caddy_access,waf_audit").await.json()["by_country"], json!({"ES": 1}));
    let geo = viewer.get(&format!("/api/logs/{}", line["id"])).await.json()["geo"].clone();
    assert_eq!(
        (&geo["ip"], &geo["is_private"], &geo["country_name"], geo.get("asn_org")),
        (&line["remote_ip"], &json!(false), &json!("Spain"), None),
        "{geo}"
    );
    assert_eq!(viewer.get(&format!("/api/logs/{}", before["id"])).await.json().get("country_code"), None, "an old line stays as it was");
}

#[tokio::test]
async fn figures_add_up_and_presets_work_as_filters() {
    let (_s, _, admin, viewer) = stage().await;
    let stats = viewer.get("/api/logs/stats").await.json();
    assert_eq!(stats["total"], 12);
    assert_eq!(stats["by_status_class"], json!({"2xx": 3, "3xx": 3, "4xx": 2, "5xx": 4, "other": 0}));
    assert_eq!(stats["by_source"], json!({"caddy_access": 10, "waf_audit": 2}));
    assert_eq!((&stats["p95_duration_ms"], &stats["avg_duration_ms"]), (&json!(1500.0), &json!(250.42)));
    // What another caller was told is not what this one is told.
    assert_eq!(admin.get("/api/logs/stats").await.json()["total"], 13);
    let series = viewer.get("/api/logs/timeseries?bucket_seconds=10").await.json();
    assert_eq!(series["points"].as_array().unwrap().iter().map(|p| p["total"].as_u64().unwrap()).collect::<Vec<_>>(), [10, 2]);
    for preset in admin.get("/api/logs/presets").await.json().as_array().unwrap() {
        let filters = preset["filters"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(k, v)| format!("{k}={}", v.as_str().map_or_else(|| v.to_string(), str::to_owned)));
        let reply = admin.get(&format!("/api/logs?{}", filters.collect::<Vec<_>>().join("&"))).await;
        assert_eq!(reply.status, 200, "{preset}");
    }
    assert_eq!(admin.get("/api/logs?min_duration_ms=1000").await.json()["total_count"], 2);
}

#[tokio::test]
async fn export_is_ascending_formula_safe_csv() {
    let (s, _, admin, viewer) = stage().await;
    let mut evil = LogEntry::new(Source::CaddyError, s.logs.queue().now(), Severity::Error, "=cmd|' /C calc'!A0");
    evil.user_agent = Some("a,\"b\"".to_owned());
    s.logs.store(&[evil]).await.unwrap();
    let csv = admin.get("/api/logs/export.csv?source=caddy_error").await;
    assert!(csv.header("content-disposition").unwrap().contains("argos-logs-"));
    assert_eq!(
        csv.text(),
        "timestamp,source,level,host_id,host_domain,rule_id,remote_ip,method,path,status,duration_ms,size_bytes,user_agent,upstream,message\r\n\
         2025-06-15T15:06:40Z,caddy_error,error,,,,,,,,,,\"a,\"\"b\"\"\",,'=cmd|' /C calc'!A0\r\n"
    );
    assert_eq!(viewer.get("/api/logs/export.csv").await.status, 403);
}

#[tokio::test]
async fn stream_begins_after_the_newest_line_and_three_are_enough() {
    let (s, _, admin, _) = stage().await;
    let (status, headers, body) = admin.open("GET", "/api/logs/stream?source=system", None).await;
    assert_eq!(
        (status, headers["content-type"].to_str().unwrap(), headers["x-accel-buffering"].to_str().unwrap()),
        (200, "text/event-stream", "no")
    );
    let mut frames = Frames::of(body);
    assert_eq!(frames.next().await, ": connected\n\n");
    s.logs.store(&[access(&s, 3), s.line("fresh")]).await.unwrap();
    let (named, plain) = (frames.next().await, frames.next().await);
    assert!(named.starts_with("id: 15\nevent: entry\ndata: {\"id\":15,") && named.contains("\"fresh\""), "{named}");
    assert!(plain.starts_with("id: 15\ndata: {\"id\":15,") && plain.contains("\"fresh\""), "{plain}");
    let more = [admin.open("GET", "/api/logs/stream", None).await, admin.open("GET", "/api/logs/stream", None).await];
    assert_eq!(admin.open("GET", "/api/logs/stream", None).await.0, 429);
    drop(more);
    assert_eq!(admin.open("GET", "/api/logs/stream", None).await.0, 200);
}

#[tokio::test]
async fn purge_runs_the_retention_and_is_audited() {
    let (_s, audit, admin, viewer) = stage().await;
    assert_eq!(viewer.post("/api/logs/purge", json!({})).await.status, 403);
    assert_eq!(admin.post("/api/logs/purge", json!({})).await.json(), json!({"removed": 7}));
    let rows = audit.list(&Filter::default(), argos_audit::Order::NEWEST, PageRequest { limit: 5, offset: 0 }).await.unwrap();
    assert_eq!((rows.total, rows.items[0].action.as_str()), (1, "logs.purge"));
}
