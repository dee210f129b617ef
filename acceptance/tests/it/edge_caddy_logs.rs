//! Edge scenario H21: lines of Caddy's logs, none lost and none twice, across rotations and crashes of Argos.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use argos_peers::{Caddy, wait_for, wait_until};
use serde_json::{Value, json};

use crate::edge_caddy::config;
use crate::edge_sites::{Edge, backend};
use crate::stage::Stage;

const SOON: Duration = Duration::from_secs(30);
const LONG: Duration = Duration::from_secs(240);
const PARTS: usize = 5;
const LINES: usize = 20_000;

/// Seconds; rows of another season would be too old to keep.
fn unix_now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::SystemTime::UNIX_EPOCH).unwrap().as_secs()
}

/// Lines as Caddy writes them; each has a path of its own.
fn write(path: &Path, part: usize) {
    let began = unix_now() - 3_600;
    let mut text = String::new();
    for n in 0..LINES {
        let number = part * LINES + n;
        let at = format!("{}.{:03}", began + number as u64 / 1_000, number % 1_000);
        let status = if n % 10 == 0 { 502 } else { 200 };
        text.push_str(&format!(
            "{{\"level\":\"info\",\"ts\":{at},\"logger\":\"http.log.access\",\"msg\":\"handled request\",\"request\":{{\"remote_ip\":\"127.0.0.1\",\
             \"client_ip\":\"198.51.100.7\",\"proto\":\"HTTP/1.1\",\"method\":\"GET\",\"host\":\"app.test\",\"uri\":\"/{number}?q\",\"headers\":{{}}}},\
             \"duration\":0.002,\"size\":3,\"status\":{status}}}\n"
        ));
    }
    File::options().append(true).create(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
}

#[test]
fn hundred_thousand_lines_are_read_once_across_rotation_and_crashes() {
    let caddy = Caddy::start();
    let (path, mut stage) = (caddy.log_path("access"), Stage::on(config(&caddy)));
    let total = |stage: &Stage| {
        let page = stage.owner.get("/api/logs?source=caddy_access&limit=1").expect_status(200).json();
        usize::try_from(page["total_count"].as_i64().unwrap()).unwrap()
    };
    for part in 0..PARTS {
        write(&path, part);
        if part % 2 == 0 {
            // In the middle of reading.
            wait_until("some of them are there", LONG, || total(&stage) > part * LINES);
            stage = Stage::of(stage.argos.kill9().restart());
        }
        std::fs::rename(&path, path.with_file_name(format!("access-2026-11-21T18-00-0{part}.000.log"))).unwrap();
    }
    File::create(&path).unwrap();
    wait_until("all of them are there", LONG, || total(&stage) >= PARTS * LINES);
    assert_eq!(total(&stage), PARTS * LINES);
    let first = stage.owner.get("/api/logs?source=caddy_access&path=/77777&limit=5").expect_status(200).json();
    assert_eq!((&first["total_count"], &first["entries"][0]["duration_ms"]), (&json!(1), &json!(2.0)), "{first}");

    let stats = stage.owner.get("/api/logs/stats?source=caddy_access").expect_status(200).json();
    assert_eq!((&stats["total"], &stats["by_status_class"]["5xx"]), (&json!(PARTS * LINES), &json!(PARTS * LINES / 10)), "{stats}");
}

#[test]
fn requests_and_words_of_caddy_become_rows_of_their_site() {
    let caddy = Caddy::start();
    let mut edge = Edge { stage: Stage::on(config(&caddy)), http: caddy.http() };
    let nginx = backend("one");
    let site = edge.publish("app.test", &[nginx.port()]);
    let owner = &edge.stage.owner;
    let rule = json!({"action": {"type": "block"}, "matchers": [{"type": "path", "config": {"patterns": ["/secret*"]}}]});
    let rule = owner.post(&format!("/api/hosts/{}/rules", site["id"]), rule).expect_status(201).json();
    for _ in 0..12 {
        assert_eq!(edge.get("app.test", "/hello?x=1").status, 200);
    }
    assert_eq!(edge.get("app.test", "/secret/x").status, 403);
    let row = |path: &str| {
        let query = format!("/api/logs?source=caddy_access&host_id={}&path={path}", site["id"]);
        wait_for("the row", SOON, || owner.get(&query).expect_status(200).json()["entries"].as_array().and_then(|e| e.first().cloned()))
    };
    let hello = row("/hello");
    assert_eq!(
        (&hello["status"], &hello["host_domain"], &hello["remote_ip"]),
        (&json!(200), &json!("app.test"), &json!("127.0.0.1")),
        "{hello}"
    );
    assert_eq!(hello["upstream"], format!("127.0.0.1:{}", nginx.port()), "{hello}");
    let secret = row("/secret");
    assert_eq!((&secret["status"], &secret["rule_id"]), (&json!(403), &rule["id"]), "{secret}");
    assert_eq!(secret.get("upstream"), None, "{secret}");
    wait_until("live figures count them", SOON, || {
        let overview = owner.get("/api/security/overview").expect_status(200).json();
        overview["hosts"][0]["requests_per_second"].as_f64().is_some_and(|n| n > 0.0)
    });

    // What was found an hour ago and is read only now counts by its own time.
    let waf = json!({"transaction": {"unix_timestamp": (unix_now() - 3_600) * 1_000_000_000, "client_ip": "198.51.100.9",
        "request": {"method": "GET", "uri": "/?id=1", "headers": {"host": ["app.test"]}}, "response": {"status": 403}},
        "messages": [{"message": "SQL Injection Attack", "data": {"id": 942_100, "severity": 2}}]});
    std::fs::write(caddy.log_path("waf-audit"), format!("{waf}\nno json\n")).unwrap();
    let found: Value = wait_for("the finding", SOON, || {
        let page = owner.get("/api/logs?source=waf_audit").expect_status(200).json();
        page["entries"].as_array().and_then(|e| e.first().cloned())
    });
    assert_eq!(
        (&found["waf_rule_id"], &found["waf_severity"], &found["host_id"]),
        (&json!("942100"), &json!("CRITICAL"), &site["id"]),
        "{found}"
    );
    // An address that goes on is told of once.
    let mut log = File::options().append(true).open(caddy.log_path("waf-audit")).unwrap();
    for _ in 0..14 {
        writeln!(log, "{waf}").unwrap();
    }
    wait_until("the burst is told", SOON, || edge.events("edge.waf_attack_burst").len() == 1);
    assert_eq!(edge.events("edge.waf_attack_burst")[0]["data"]["remote_ip"], "198.51.100.9");
    let errors = || owner.get("/api/logs?source=caddy_error&limit=1").expect_status(200).json()["total_count"].as_i64();
    wait_until("Caddy's own words", SOON, || errors().is_some_and(|n| n > 0));

    // The rest of the same burst is read by another process, which knows what was told.
    edge.stage = Stage::of(edge.stage.argos.kill9().restart());
    for _ in 0..12 {
        writeln!(log, "{waf}").unwrap();
    }
    let findings = || edge.stage.owner.get("/api/logs?source=waf_audit&limit=1").expect_status(200).json()["total_count"].as_i64();
    wait_until("every finding is a row, once", SOON, || findings() == Some(27));
    // A burst of now comes after them in the log: when it is told, they were counted.
    let now = json!({"transaction": {"unix_timestamp": unix_now() * 1_000_000_000, "client_ip": "198.51.100.10",
        "request": {"method": "GET", "uri": "/", "headers": {"host": ["app.test"]}}, "response": {"status": 403}},
        "messages": [{"message": "SQL Injection Attack", "data": {"id": 942_100, "severity": 2}}]});
    for _ in 0..10 {
        writeln!(log, "{now}").unwrap();
    }
    let told = || {
        let all = edge.events("edge.waf_attack_burst");
        all.iter().map(|e| e["data"]["remote_ip"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    wait_until("the next burst is told", SOON, || told().len() > 1);
    assert_eq!(told(), ["198.51.100.9", "198.51.100.10"]);
}
