//! The history, trend and query routes through the whole web kit.

use std::sync::Arc;

use argos_kernel::{CredentialKind, Result, SeededRng, Shutdown, SystemClock, Tasks};
use argos_metrics::{Kind, routes};
use argos_web::testing::TestClient;
use argos_web::{AuthFailure, Authenticator, BoxFuture, Caller, ClientInfo, Grants, Presented, Web};
use serde_json::{Value, json};

use crate::stage::{START, Stage};

struct Door;

impl Authenticator for Door {
    fn cached(&self, presented: &Presented) -> Option<Arc<Caller>> {
        let grants = match presented {
            Presented::Session { token, .. } if token.starts_with('a') => Grants::new(["history:read", "reports:create"]),
            _ => Grants::default(),
        };
        Some(Arc::new(Caller { username: "ada".to_owned(), credential: CredentialKind::Session, grants, ..Caller::anonymous() }))
    }
    fn authenticate<'a>(&'a self, _: &'a Presented, _: &'a ClientInfo) -> BoxFuture<'a, Result<Arc<Caller>, AuthFailure>> {
        Box::pin(async { Err(AuthFailure::Invalid) })
    }
}

fn client(s: &Stage) -> TestClient {
    let rng = Arc::new(SeededRng::new(4));
    let tasks = Tasks::new(Arc::new(SystemClock), rng.clone(), Shutdown::new());
    let web = Web::builder().mount(routes(s.metrics.clone())).authenticator(Arc::new(Door));
    TestClient::new(Arc::new(web.build(Arc::new(s.clock.clone()), rng, tasks).unwrap()))
}

pub(crate) async fn stage() -> (Stage, TestClient) {
    let s = Stage::sqlite().await;
    let client = client(&s).bearer(&"a".repeat(64));
    (s, client)
}

pub(crate) async fn local(s: &Stage, metric: &str, more: &[(&str, &str)]) -> argos_metrics::SeriesId {
    let labels: Vec<_> = [("host", "local")].into_iter().chain(more.iter().copied()).collect();
    s.series(metric, &labels, Kind::Gauge).await
}

#[tokio::test]
async fn history_without_the_permission_is_refused() {
    let s = Stage::sqlite().await;
    for path in [
        "/api/history/cpu_percent",
        "/api/history/multi?metrics=cpu_percent",
        "/api/metrics/correlate?metrics=cpu_percent",
        "/api/metrics/query?metric=x",
    ] {
        assert_eq!(client(&s).get(path).await.status, 401, "{path}");
        assert_eq!(client(&s).bearer(&"b".repeat(64)).get(path).await.status, 403, "{path}");
    }
}

/// Ops spec H 4.
#[tokio::test]
async fn history_of_two_samples_in_a_minute_is_their_mean_at_the_floored_minute() {
    let (s, client) = stage().await;
    let id = local(&s, "host_cpu_percent", &[]).await;
    s.put(id, 605, 10.0);
    s.put(id, 635, 20.0);
    for sealed in [false, true] {
        let expected = json!([{ "time": START + 600, "value": 15.0 }]);
        for path in [
            "/api/history/cpu_percent?range=1&resolution=60",
            "/api/history/cpuPercent?range_h=1",
            "/api/history/cpu_percent/?range=24&resolution=5",
        ] {
            assert_eq!(client.get(path).await.json(), expected, "{path} {sealed}");
        }
        let csv = client.get("/api/history/cpu_percent/export?range=1&resolution=60").await;
        assert!(csv.header("content-type").unwrap().starts_with("text/csv"));
        assert_eq!(csv.header("content-disposition"), Some("attachment; filename=\"noba-cpu_percent-1h.csv\""));
        assert_eq!(csv.text(), format!("timestamp_unix,datetime,value\n{},2026-01-01T00:10:00,15.0\n", START + 600));
        s.metrics.seal(true).await.unwrap();
    }
    // Seconds only up to an hour.
    let fine = client.get("/api/history/cpu_percent?range=1&resolution=5").await.json();
    assert_eq!(fine, json!([{ "time": START + 605, "value": 10.0 }, { "time": START + 635, "value": 20.0 }]));
    let coarse = client.get("/api/history/cpu_percent?range=169&resolution=60").await.json();
    assert_eq!(coarse, json!([{ "time": START, "value": 15.0 }]));
}

#[tokio::test]
async fn history_parameters_are_checked() {
    let (s, client) = stage().await;
    let unknown = client.get("/api/history/nonsense").await;
    assert_eq!((unknown.status, unknown.json()["error"].as_str()), (400, Some("Unknown metric: nonsense")));
    assert_eq!(unknown.json()["detail"], unknown.json()["error"]);
    for path in ["/api/history/nonsense/export", "/api/history/nonsense/trend", "/api/metrics/correlate?metrics=nonsense"] {
        assert_eq!(client.get(path).await.status, 400, "{path}");
    }
    let text = client.get("/api/history/cpu_percent?range=abc").await;
    assert_eq!((text.status, text.json()["error"].as_str()), (400, Some("Invalid range parameter")));
    // Documented, without any series yet; out of range is clamped.
    assert_eq!(client.get("/api/history/cpu_percent?range=99999&resolution=0").await.json(), json!([]));
    let id = local(&s, "host_cpu_percent", &[]).await;
    s.put(id, 0, 1.0);
    assert_eq!(client.get("/api/history/cpu_percent?range=0&resolution=99999").await.json(), json!([{ "time": START, "value": 1.0 }]));
}

#[tokio::test]
async fn history_of_tagged_series_is_the_worst_or_the_chosen_one() {
    let (s, client) = stage().await;
    let (root, home) =
        (local(&s, "host_disk_percent", &[("mount", "/")]).await, local(&s, "host_disk_percent", &[("mount", "/home")]).await);
    let cert = s.series("cert_expiry_days", &[("host", "a.example")], Kind::Gauge).await;
    let other = s.series("cert_expiry_days", &[("host", "b.example")], Kind::Gauge).await;
    for (id, v) in [(root, 40.0), (home, 90.0), (cert, 3.0), (other, 80.0)] {
        s.put(id, 60, v);
    }
    let value = async |path: &str| client.get(path).await.json()[0]["value"].as_f64();
    assert_eq!(value("/api/history/disk_percent").await, Some(90.0));
    assert_eq!(value("/api/history/disk_percent?tag=%2F").await, Some(40.0));
    assert_eq!(value("/api/history/disk_percent?tag=nowhere").await, None);
    assert_eq!(value("/api/history/cert_expiry_days").await, Some(3.0));
    let net = s.series("net_if", &[("host", "web-1"), ("iface", "eth0"), ("dir", "rx")], Kind::Counter).await;
    s.put(net, 61, 5e9);
    assert_eq!(value("/api/history/net_if_web-1_eth0_rx").await, Some(5e9));
}

#[tokio::test]
async fn history_with_anomaly_marks_the_spike() {
    let (s, client) = stage().await;
    let id = local(&s, "host_cpu_percent", &[]).await;
    for i in 0..60 {
        s.put(id, i * 60, if i == 30 { 95.0 } else { 50.0 + f64::from(i as i32 % 3) });
        if i == 2 {
            let few = client.get("/api/history/cpu_percent?anomaly=1").await.json();
            assert!(few[0].get("anomaly").is_none(), "{few}");
        }
    }
    let points = client.get("/api/history/cpu_percent?anomaly=1&range=2").await.json();
    let odd: Vec<i64> =
        points.as_array().unwrap().iter().filter(|p| p["anomaly"] == json!(true)).map(|p| p["time"].as_i64().unwrap()).collect();
    assert_eq!(odd, [START + 1800]);
    assert!(points[30]["upper_band"].as_f64() > points[30]["lower_band"].as_f64());
    assert!(client.get("/api/history/cpu_percent?range=2").await.json()[0].get("upper_band").is_none());
}

#[tokio::test]
async fn history_multi_skips_unknown_names_and_needs_one() {
    let (s, client) = stage().await;
    let id = local(&s, "host_cpu_percent", &[]).await;
    s.put(id, 0, 5.0);
    let reply = client.get("/api/history/multi?metrics=cpu_percent,nonsense,mem_percent").await.json();
    assert_eq!(reply, json!({ "cpu_percent": [{ "time": START, "value": 5.0 }], "mem_percent": [] }));
    for path in ["/api/history/multi", "/api/history/multi?metrics=,", "/api/metrics/correlate"] {
        assert_eq!(client.get(path).await.status, 400, "{path}");
    }
}

#[tokio::test]
async fn correlate_puts_all_metrics_on_one_axis_with_nulls() {
    let (s, client) = stage().await;
    let (cpu, mem) = (local(&s, "host_cpu_percent", &[]).await, local(&s, "host_mem_percent", &[]).await);
    s.put(cpu, 10, 1.0);
    s.put(cpu, 130, 2.0);
    s.put(mem, 250, 3.0);
    let reply = client.get("/api/metrics/correlate?metrics=cpu_percent,mem_percent,swap_percent&hours=1").await.json();
    let times = |name: &str| reply[name].as_array().unwrap().iter().map(|p| p["time"].as_i64().unwrap()).collect::<Vec<_>>();
    let axis: Vec<i64> = (0..31).map(|i| START - 3360 + i * 120).collect();
    for name in ["cpu_percent", "mem_percent", "swap_percent"] {
        assert_eq!(times(name), axis, "{name}");
    }
    let tail = |name: &str| reply[name].as_array().unwrap()[27..].iter().map(|p| p["value"].clone()).collect::<Vec<Value>>();
    assert_eq!(tail("cpu_percent"), [json!(null), json!(1.0), json!(2.0), json!(null)]);
    assert_eq!(tail("mem_percent"), [json!(null), json!(null), json!(null), json!(3.0)]);
    assert!(reply["swap_percent"].as_array().unwrap().iter().all(|p| p["value"].is_null()));
}

#[tokio::test]
async fn trend_of_a_filling_disk_says_when_it_is_full() {
    let (s, client) = stage().await;
    let id = local(&s, "host_disk_percent", &[("mount", "/")]).await;
    let few = client.get("/api/history/disk_percent/trend").await;
    assert_eq!((few.status, few.json()), (200, json!({ "error": "Insufficient data" })));
    // One percent an hour from 50.
    for i in 0..24 {
        s.put(id, i * 300, 50.0 + i as f64 / 12.0);
    }
    let reply = client.get("/api/history/disk_percent/trend?range=24&project=2").await.json();
    assert_eq!(reply["slope"], json!(0.00027778));
    assert_eq!(reply["r_squared"], json!(1.0));
    assert_eq!(reply["trend"].as_array().unwrap().len(), 24);
    assert_eq!(reply["trend"][0], json!({ "time": START, "value": 50.0 }));
    let projection = reply["projection"].as_array().unwrap();
    assert_eq!((projection.len(), &projection[0]), (24, &json!({ "time": START + 24 * 300, "value": 52.0 })));
    assert_eq!(reply["full_at"], "2026-01-03T02:00:00Z");
    // The same line of a temperature never fills.
    let temp = local(&s, "host_temp_celsius", &[("sensor", "cpu")]).await;
    for i in 0..24 {
        s.put(temp, i * 300, 50.0 + i as f64 / 12.0);
    }
    assert_eq!(client.get("/api/history/cpu_temp/trend?range=24&project=1").await.json()["full_at"], json!(null));
    // A year and a month fit too.
    assert_eq!(client.get("/api/history/disk_percent/trend?range=8760").await.json()["error"], "Insufficient data");
    assert_eq!(client.get("/api/history/disk_percent/trend?range=744&project=1").await.json()["trend"].as_array().unwrap().len(), 24);
}

#[tokio::test]
async fn query_evaluates_any_series_on_any_grid() {
    let (s, client) = stage().await;
    let id = s.series("odd.metric", &[("mount", "/a,b"), ("host", "x")], Kind::Counter).await;
    for i in 0..=12 {
        s.put(id, i * 5, f64::from(i as i32) * 50.0);
    }
    let path = format!(
        "/api/metrics/query?metric=odd.metric&labels=%7B%22mount%22%3A%22%2Fa%2Cb%22%7D&from={START}&to={}&step=30&agg=rate",
        START + 60
    );
    let reply = client.get(&path).await.json();
    assert_eq!((&reply["metric"], &reply["step"]), (&json!("odd.metric"), &json!(30.0)));
    assert_eq!(reply["series"][0]["labels"], json!({ "host": "x", "mount": "/a,b" }));
    assert_eq!(reply["series"][0]["points"], json!([[START, 10.0], [START + 30, 10.0]]));
    let none = client.get("/api/metrics/query?metric=odd.metric&labels=host=y").await.json();
    assert_eq!(none["series"], json!([]));
    let iso = client
        .get("/api/metrics/query?metric=odd.metric&from=2026-01-01T00:00:00Z&to=2026-01-01T00:01:01Z&agg=count&labels=host=x")
        .await
        .json();
    assert_eq!((iso["step"].as_f64(), iso["series"][0]["points"].as_array().unwrap().len()), (Some(1.0), 61));
    for bad in [
        "",
        "?metric=nothing",
        "?metric=odd.metric&agg=median",
        "?metric=odd.metric&step=0",
        "?metric=odd.metric&from=x",
        "?metric=odd.metric&labels=x",
        "?metric=odd.metric&labels=%7B",
        "?metric=odd.metric&from=100&to=50",
    ] {
        let reply = client.get(&format!("/api/metrics/query{bad}")).await;
        assert_eq!(reply.status, 400, "{bad}: {}", reply.text());
    }
    let list = client.get("/api/metrics/series?metric=odd.metric").await.json();
    assert_eq!(
        list,
        json!({ "series": [{ "metric": "odd.metric", "labels": { "host": "x", "mount": "/a,b" }, "unit": "%", "source": "test" }] })
    );
}
