//! Edge scenarios H14 and H15 with Debian's CrowdSec, and the databases of places they need: fetched, brought, asked.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use argos_peers::{CrowdSec, Nginx, mmdb, wait_for, wait_until};
use serde_json::{Value, json};

use crate::edge_sites::{Edge, backend, config};
use crate::stage::{Stage, assert_error};

const SOON: Duration = Duration::from_secs(40);
/// The first second of September 2026.
const BUILT: u64 = 1_788_220_800;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut child = Command::new("gzip").arg("-c").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut input, bytes) = (child.stdin.take().unwrap(), bytes.to_vec());
    let writer = std::thread::spawn(move || input.write_all(&bytes).unwrap());
    let out = child.wait_with_output().unwrap().stdout;
    writer.join().unwrap();
    out
}

/// A source with this country database under every name that is asked for, and a database of networks.
pub(crate) fn source(countries: &[(&str, &str, &str)]) -> Nginx {
    let country = gzip(&mmdb::countries(BUILT, countries));
    let network = gzip(&mmdb::networks(BUILT, &[("203.0.113.0/24", 64_500, "Example Net")]));
    Nginx::start(1, move |port, dir| {
        std::fs::write(dir.join("country.gz"), &country).unwrap();
        std::fs::write(dir.join("asn.gz"), &network).unwrap();
        let at = dir.display();
        format!(
            "server {{ listen 127.0.0.1:{port}; location ~ ^/dbip-country-lite- {{ alias {at}/country.gz; }} \
             location ~ ^/dbip-asn-lite- {{ alias {at}/asn.gz; }} }}"
        )
    })
}

pub(crate) fn with_source(source: &Nginx) -> Edge {
    let url = format!("http://127.0.0.1:{}", source.port());
    Edge::on(config().env("ARGOS_GEOIP_BASE_URL", &url).arg("--allow-private-targets"))
}

#[test]
fn places_are_fetched_and_told_with_bans() {
    let source = source(&[("203.0.113.0/24", "ES", "Spain")]);
    let edge = with_source(&source);
    let owner = &edge.stage.owner;
    let lookup = |ip: &str| owner.get(&format!("/api/geoip/lookup?ip={ip}"));
    assert_error(&lookup("203.0.113.9"), 503, "geoip_unavailable");
    assert_eq!(lookup("192.168.1.9").expect_status(200).json()["country_name"], "LAN");
    assert_error(&lookup("nobody"), 400, "invalid_field");
    assert_eq!(owner.get("/api/geoip/status").expect_status(200).json()["country_db_version"], Value::Null);

    let done = owner.post("/api/geoip/refresh", json!({})).expect_status(200).json();
    assert_eq!(
        (&done["ok"], &done["country_version"], &done["asn_version"]),
        (&json!(true), &json!("2026-09"), &json!("2026-09")),
        "{done}"
    );
    let found = lookup("203.0.113.9").expect_status(200).json();
    assert_eq!(
        (&found["country_code"], &found["asn"], &found["asn_org"]),
        (&json!("ES"), &json!(64_500), &json!("Example Net")),
        "{found}"
    );
    assert_eq!(lookup("198.51.100.1").json()["country_name"], "Unknown");
    let status = owner.get("/api/geoip/status").json();
    assert!(status["attribution"].as_str().unwrap().contains("DB-IP") && status["cache_size"] == 2, "{status}");

    drop(source);
    let failed = owner.post("/api/geoip/refresh", json!({})).expect_status(502).json();
    assert_eq!(
        (&failed["ok"], &failed["country_version"], failed["error"].is_string()),
        (&json!(false), &json!("2026-09"), true),
        "{failed}"
    );
    let stage = Stage::of(edge.stage.argos.kill9().restart());
    assert_eq!(stage.owner.get("/api/geoip/lookup?ip=203.0.113.9").expect_status(200).json()["country_code"], "ES", "kept on disk");
}

#[test]
fn banned_country_is_turned_away_until_it_is_revoked() {
    // More ranges than one alert takes, none of which can be joined with its neighbour.
    let ranges: Vec<String> = (0..600_u32).map(|n| format!("{}/32", std::net::Ipv4Addr::from_bits(0xCB00_0000 + 2 * n))).collect();
    let mut countries: Vec<(&str, &str, &str)> = ranges.iter().map(|r| (r.as_str(), "BR", "Brazil")).collect();
    countries.push(("198.51.100.0/24", "ES", "Spain"));
    let source = source(&countries);
    let mut crowdsec = CrowdSec::start();
    crowdsec.add_bouncer("argos", "0123456789abcdef0123456789abcdef");
    crowdsec.add_machine("argos", "machine-password-of-argos");
    let (edge, nginx) = (with_source(&source), backend("one"));
    edge.publish("app.test", &[nginx.port()]);
    let owner = &edge.stage.owner;
    let expand = |cc: &str, duration: &str| {
        owner.post(&format!("/api/security/countries/{cc}/expand"), json!({"duration": duration, "reason": "attacks"}))
    };
    assert_error(&expand("BR", "168h"), 503, "machine_credentials_missing");
    let body = json!({"lapi_url": crowdsec.url(), "bouncer_api_key": "0123456789abcdef0123456789abcdef", "machine_user": "argos", "machine_password": "machine-password-of-argos"});
    owner.put("/api/crowdsec/connection", body).expect_status(200);
    owner.post("/api/geoip/refresh", json!({})).expect_status(200);
    assert_error(&expand("BRA", "168h"), 400, "invalid_field");
    assert_error(&expand("BR", ""), 400, "invalid_field");
    assert_error(&expand("BR", "30m"), 400, "invalid_field");

    let job = expand("br", "168h").expect_status(202).json();
    assert_eq!((&job["state"], &job["country_code"]), (&json!("pending"), &json!("BR")), "{job}");
    let finished = |id: &Value| {
        let url = format!("/api/security/jobs/{id}");
        wait_for("the job ends", SOON, || Some(owner.get(&url).expect_status(200).json()).filter(|j| j["completed_at"].is_string()))
    };
    let done = finished(&job["id"]);
    assert_eq!(
        (&done["state"], &done["chunks_total"], &done["chunks_done"], &done["cidr_committed"]),
        (&json!("completed"), &json!(2), &json!(2), &json!(600)),
        "{done}"
    );
    let asks = |ip: &str| edge.site("app.test").with_header("X-Forwarded-For", ip).get("/").status;
    wait_until("the country is turned away", SOON, || asks("203.0.0.4") == 403);
    assert_eq!((asks("203.0.0.5"), asks("198.51.100.7")), (200, 200));
    let listed = owner.get("/api/security/countries?fields=summary").expect_status(200).json();
    assert_eq!(
        (&listed[0]["state"], &listed[0]["cidr_count"], &listed[0]["cidrs"]),
        (&json!("active"), &json!(600), &Value::Null),
        "{listed}"
    );
    // The stream of decisions brings them in parts.
    let mirrored = || owner.get("/api/security/dashboard-stats").json()["top_countries"][0]["decisions_active"] == 600;
    wait_until("every decision is mirrored", SOON, mirrored);

    let found = owner.get("/api/security/decisions?limit=100").json();
    for decision in found["decisions"].as_array().unwrap() {
        owner.delete(&format!("/api/security/decisions/{}", decision["id"])).expect_status(200);
    }
    wait_until("the drift is told", SOON + SOON, || owner.get("/api/security/countries").json()[0]["state"] == "drifted");
    let gone = owner.delete("/api/security/countries/BR").expect_status(200).json();
    assert_eq!((&gone["country_code"], gone["removed_decision_count"].as_i64().unwrap() >= 500), (&json!("BR"), true), "{gone}");
    assert_eq!((asks("203.0.0.4"), owner.get("/api/security/countries").json()), (200, json!([])));
    assert_eq!(owner.delete("/api/security/countries/BR").expect_status(200).json()["removed_decision_count"], 0);

    let unknown = finished(&expand("ZZ", "24h").expect_status(202).json()["id"]);
    assert_eq!((&unknown["state"], &unknown["error_message"]), (&json!("failed"), &json!("country not found")), "{unknown}");
    crowdsec.stop();
    let failed = finished(&expand("ES", "24h").expect_status(202).json()["id"]);
    assert_eq!(failed["state"], "failed", "{failed}");
    assert!(failed["error_message"].as_str().unwrap().contains("lapi"), "{failed}");
    assert_eq!(owner.get("/api/security/jobs?country=es").expect_status(200).json().as_array().unwrap().len(), 1);
}

#[test]
fn wishes_for_crowdsec_are_written_and_drift_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let (shared, state) = (dir.path().join("shared"), dir.path().join("state"));
    std::fs::create_dir_all(state.join("scenarios")).unwrap();
    std::fs::create_dir_all(state.join("appsec-rules")).unwrap();
    std::fs::create_dir(&shared).unwrap();
    let hub = dir.path().join("hub/scenarios/crowdsecurity");
    std::fs::create_dir_all(&hub).unwrap();
    std::fs::write(hub.join("http-probing.yaml"), "name: x\n").unwrap();
    std::os::unix::fs::symlink(hub.join("http-probing.yaml"), state.join("scenarios/http-probing.yaml")).unwrap();
    std::fs::write(shared.join("argos-scenarios-index.json"), r#"{"crowdsecurity/http-probing": "Finds probing"}"#).unwrap();
    let rule = "- SecAction \"id:900110,setvar:tx.inbound_anomaly_score_threshold=15,setvar:tx.outbound_anomaly_score_threshold=4\"";
    std::fs::write(state.join("appsec-rules/argos-tuning.yaml"), rule).unwrap();
    let parsers = state.join("parsers/s01-parse");
    std::fs::create_dir_all(&parsers).unwrap();
    std::os::unix::fs::symlink("/hub/parsers/s01-parse/crowdsecurity/http-logs.yaml", parsers.join("http-logs.yaml")).unwrap();
    std::fs::write(parsers.join("mine.yaml"), "name: mine\n").unwrap();
    let path = |p: &std::path::Path| p.display().to_string();
    let edge = Edge::on(config().env("ARGOS_SHARED_DIR", &path(&shared)).env("ARGOS_CROWDSEC_STATE_DIR", &path(&state)));
    let owner = &edge.stage.owner;
    let patch = |url: &str, body: Value| owner.request("PATCH", url).json(&body).send();

    let authors = owner.get("/api/threats/scenarios").expect_status(200).json();
    assert_eq!((&authors[0]["name"], &authors[0]["parsers"]), (&json!("crowdsecurity"), &json!(["crowdsecurity/http-logs"])), "{authors}");
    assert_eq!((&authors[1]["name"], &authors[1]["parsers"]), (&json!("local"), &json!(["mine"])), "{authors}");
    let all = owner.get("/api/security/scenarios").expect_status(200).json();
    let first = &all["scenarios"][0];
    assert_eq!(
        (&first["canonical_name"], &first["disabled"], &first["description"]),
        (&json!("crowdsecurity/http-probing"), &json!(false), &json!("Finds probing"))
    );
    let switch = |disabled: bool| {
        patch("/api/security/scenarios/crowdsecurity%2Fhttp-probing", json!({"disabled": disabled})).expect_status(200).json()
    };
    assert_eq!((&switch(true)["changed"], &switch(true)["changed"]), (&json!(true), &json!(false)));
    assert!(std::fs::read_to_string(shared.join("argos-disabled-scenarios.txt")).unwrap().ends_with("\ncrowdsecurity/http-probing\n"));
    assert_error(&patch("/api/security/scenarios/a%20b", json!({"disabled": true})), 400, "invalid_field");
    // Wishes of one moment: none replaces another.
    std::thread::scope(|threads| {
        for n in 0..8 {
            threads.spawn(move || patch(&format!("/api/security/scenarios/mine%2Fs{n}"), json!({"disabled": true})).expect_status(200));
        }
    });
    let listed = owner.get("/api/security/scenarios").expect_status(200).json();
    assert_eq!(listed["disabled_count"], 9, "{listed}");
    let file = std::fs::read_to_string(shared.join("argos-disabled-scenarios.txt")).unwrap();
    assert_eq!(file.lines().filter(|line| line.starts_with("mine/s")).count(), 8, "{file}");
    for n in 0..8 {
        patch(&format!("/api/security/scenarios/mine%2Fs{n}"), json!({"disabled": false})).expect_status(200);
    }

    assert_error(&patch("/api/security/appsec-tuning", json!({"inbound_threshold": 101})), 400, "invalid_field");
    assert_error(&patch("/api/security/appsec-tuning", json!({})), 400, "invalid_field");
    let tuned = patch("/api/security/appsec-tuning", json!({"inbound_threshold": 22})).expect_status(200).json();
    assert_eq!((&tuned["inbound_threshold"], &tuned["outbound_threshold"]), (&json!(22), &json!(4)));
    assert!(
        std::fs::read_to_string(shared.join("argos-appsec-tuning.txt")).unwrap().contains("inbound_threshold=22\noutbound_threshold=4\n")
    );

    let kept = |key: &str| {
        let shown = owner.get(&format!("/api/settings/{key}")).expect_status(200).json()["value"].clone();
        shown.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok()).unwrap_or(shown)
    };
    wait_until("it is kept for the other processes", Duration::from_secs(60), || {
        kept("appsec.scenarios.drift_state")["drift_detected"] == true && kept("appsec.tuning.drift_state")["actual_inbound"] == 15
    });
    // A shared directory that was emptied is filled again.
    std::fs::remove_file(shared.join("argos-disabled-scenarios.txt")).unwrap();
    owner.put("/api/settings/access.lan_ranges", json!({"value": "192.168.0.0/16"})).expect_status(200);
    wait_until("the wishes are back", Duration::from_secs(60), || {
        shared.join("argos-disabled-scenarios.txt").is_file() && shared.join("argos-whitelist-entries.txt").is_file()
    });
    let drift = owner.get("/api/security/drift").expect_status(200).json();
    assert_eq!(
        (&drift["scenarios"]["drift_detected"], &drift["scenarios"]["actually_enabled"]),
        (&json!(true), &json!(["crowdsecurity/http-probing"]))
    );
    assert_eq!((&drift["appsec_tuning"]["drift_detected"], &drift["appsec_tuning"]["actual_inbound"]), (&json!(true), &json!(15)));
    std::fs::remove_file(state.join("scenarios/http-probing.yaml")).unwrap();
    std::fs::write(state.join("appsec-rules/argos-tuning.yaml"), rule.replace("=15", "=22")).unwrap();
    let drift = owner.get("/api/security/drift").expect_status(200).json();
    assert_eq!(
        (&drift["scenarios"]["drift_detected"], &drift["appsec_tuning"]["drift_detected"]),
        (&json!(false), &json!(false)),
        "{drift}"
    );
    assert_eq!(owner.get("/api/security/scenarios").json()["scenarios"][0]["path"], "", "switched off and gone is still listed");

    owner.post("/api/security/whitelist", json!({"scope": "range", "value": "198.51.100.0/24"})).expect_status(201);
    assert!(std::fs::read_to_string(shared.join("argos-whitelist-entries.txt")).unwrap().ends_with("\nrange 198.51.100.0/24\n"));
}

#[test]
fn requests_are_kept_with_their_country_and_refusals_counted_by_it() {
    let source = source(&[("203.0.113.0/24", "ES", "Spain")]);
    let (edge, nginx) = (with_source(&source), backend("one"));
    let site = edge.publish("app.test", &[nginx.port()]);
    let owner = &edge.stage.owner;
    let asks = |ip: &str| edge.site("app.test").with_header("X-Forwarded-For", ip).get("/door").status;
    assert_eq!(asks("198.51.100.7"), 200);
    let rows = |query: &str| owner.get(&format!("/api/logs?source=caddy_access{query}")).expect_status(200).json();
    let first = wait_for("the first row", SOON, || rows("")["entries"].get(0).cloned());
    assert_eq!(first.get("country_code"), None, "nobody knows: {first}");

    owner.post("/api/geoip/refresh", json!({})).expect_status(200);
    let limit = json!({"rate_limit_enabled": true, "rate_limit_requests": 1, "rate_limit_window_seconds": 3600});
    owner.put(&format!("/api/hosts/{}/security", site["id"]), limit).expect_status(200);
    let statuses: Vec<u16> = (0..4).map(|_| asks("203.0.113.9")).collect();
    assert_eq!((statuses, asks("198.51.100.1"), asks("127.0.0.1")), (vec![200, 429, 429, 429], 200, 200));
    wait_until("the rows", SOON, || rows("")["total_count"] == 7);
    let spanish = rows("&country=es");
    let row = &spanish["entries"][0];
    assert_eq!((&spanish["total_count"], &row["country_code"], &row["asn"]), (&json!(4), &json!("ES"), &json!(64_500)), "{spanish}");
    assert_eq!(owner.get(&format!("/api/logs/{}", row["id"])).json()["geo"]["asn_org"], "Example Net");
    assert_eq!(owner.get("/api/logs/stats?source=caddy_access").json()["by_country"], json!({"ES": 4}));

    let board = owner.get("/api/dashboard/security?range=1h").expect_status(200).json();
    let attacker = &board["top_attack_ips"][0];
    assert_eq!((&attacker["remote_ip"], &attacker["count"], &attacker["distinct_hosts"]), (&json!("203.0.113.9"), &json!(3), &json!(1)));
    assert_eq!(attacker["geo"]["country_code"], "ES", "{board}");
    assert_eq!(board["by_country"], json!([{"country_code": "ES", "country_name": "Spain", "count": 3}]));
    assert_eq!((&board["rate_limit_hits"], &board["private_hits"], &board["unknown_hits"]), (&json!(3), &json!(0), &json!(0)));
    assert_eq!(board["top_attacked_paths"][0]["path"], "/door");
    let traffic = owner.get("/api/dashboard/traffic?range=1h").expect_status(200).json();
    assert_eq!(
        (&traffic["by_country"][0]["count"], &traffic["private_requests"], &traffic["unknown_requests"]),
        (&json!(4), &json!(1), &json!(2))
    );
}
