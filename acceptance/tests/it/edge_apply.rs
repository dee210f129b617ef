//! Edge scenario H17 and the account that CrowdSec leaves for us: what is wanted of CrowdSec is carried out by the script that the product ships, beside a real CrowdSec
//! with a real hub; and what a CrowdSec without a firewall cannot do is said.

use std::path::Path;
use std::time::Duration;

use argos_peers::{CrowdSec, wait_for, wait_until};
use serde_json::{Value, json};

use crate::edge_bans::KEY;
use crate::edge_protection::change;
use crate::edge_sites::{Edge, backend, config};

const SOON: Duration = Duration::from_secs(20);
const PROBING: &str = "crowdsecurity/http-probing";

/// Whether CrowdSec has the scenario in use.
fn runs(crowdsec: &CrowdSec) -> bool {
    let text = crowdsec.cscli(&["scenarios", "list", "-o", "json"]);
    let all: Value = serde_json::from_str(text.trim()).unwrap_or_else(|error| panic!("{error}: {text}"));
    all["scenarios"].as_array().unwrap().iter().any(|s| s["name"] == PROBING && s["status"] == "enabled")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn wishes_are_carried_out_by_the_script_and_the_drift_is_gone() {
    let crowdsec = CrowdSec::with_hub();
    crowdsec.cscli(&["scenarios", "install", PROBING]);
    let (conf, dir) = (crowdsec.config_dir(), tempfile::tempdir().unwrap());
    let own_profiles = read(&conf.join("profiles.yaml"));
    // Debian's CrowdSec has no firewall; with this directory the scores are written as for one that has.
    std::fs::create_dir(conf.join("appsec-rules")).unwrap();
    let path = |path: &Path| path.display().to_string();
    let edge = Edge::on(config().env("ARGOS_SHARED_DIR", &path(dir.path())).env("ARGOS_CROWDSEC_STATE_DIR", &path(&conf)));
    let owner = &edge.stage.owner;
    let reply = owner.get("/api/security/apply-script").expect_status(200);
    assert!(reply.header("content-disposition").is_some_and(|d| d.contains("setup-appsec.sh")));
    let script = dir.path().join("setup-appsec.sh");
    std::fs::write(&script, reply.text()).unwrap();
    let apply = || crowdsec.run_script(&script, dir.path());

    let (said, status) = apply();
    assert!(status == "2" && said.contains("left out: the firewall; this CrowdSec has none"), "{status}: {said}");
    assert!(runs(&crowdsec));
    let patch = |url: &str, body: Value| owner.request("PATCH", url).json(&body).send().expect_status(200);
    let switch = |disabled: bool| patch("/api/security/scenarios/crowdsecurity%2Fhttp-probing", json!({"disabled": disabled}));
    switch(true);
    patch("/api/security/appsec-tuning", json!({"inbound_threshold": 22}));
    owner.post("/api/security/whitelist", json!({"scope": "ip", "value": "198.51.100.42"})).expect_status(201);
    owner.post("/api/security/whitelist", json!({"scope": "range", "value": "203.0.113.0/24"})).expect_status(201);
    let nginx = backend("one");
    let site = edge.publish("app.test", &[nginx.port()]);
    change(&edge, &site, &json!({"true_detect_mode": true}));
    let managed = dir.path().join("argos-managed-profiles.yaml");
    wait_until("the profile is wished for", SOON, || read(&managed).contains("app.test"));
    let drift = || owner.get("/api/security/drift").expect_status(200).json();
    let applied = |drift: &Value| drift["applied"].clone();
    let found = |drift: Value| (drift["scenarios"]["drift_detected"].clone(), drift["appsec_tuning"]["drift_detected"].clone());
    assert_eq!(found(drift()), (json!(true), json!(true)));
    let before = drift();
    assert_eq!((&before["whitelist"]["missing"], &before["whitelist"]["drift_detected"]), (&json!(2), &json!(true)), "{before}");
    assert_eq!((&before["profiles"]["expected"], &before["profiles"]["actual"]), (&json!(["app.test"]), &json!([])), "{before}");

    let (said, _) = apply();
    assert_eq!(found(drift()), (json!(false), json!(false)), "{said}");
    let after = drift();
    assert_eq!((&after["whitelist"]["drift_detected"], &after["whitelist"]["expected"]), (&json!(false), &json!(2)), "{after}");
    assert_eq!((&after["profiles"]["drift_detected"], &after["profiles"]["actual"]), (&json!(false), &json!(["app.test"])), "{after}");
    assert_eq!((&applied(&drift())["current"], &applied(&drift())["watching"]), (&json!(true), &json!(false)));
    assert!(!runs(&crowdsec), "{said}");
    let allowed = read(&conf.join("parsers/s02-enrich/argos-whitelist.yaml"));
    assert!(allowed.contains("  ip:\n    - \"198.51.100.42\"\n  cidr:\n") && allowed.ends_with("    - \"203.0.113.0/24\"\n"), "{allowed}");
    let profiles = read(&conf.join("profiles.yaml"));
    assert!(profiles.starts_with("# >>>>> argos-managed") && profiles.contains("[\"app.test\"]"), "{profiles}");
    assert!(profiles.ends_with(&own_profiles), "a profile of the operator stays as it is: {profiles}");
    let scenarios = owner.get("/api/security/scenarios").expect_status(200).json();
    let probing = scenarios["scenarios"].as_array().unwrap().iter().find(|s| s["canonical_name"] == PROBING).unwrap();
    assert!(probing["description"].as_str().is_some_and(|d| !d.is_empty()), "its description comes from CrowdSec: {probing}");
    // CrowdSec itself takes the new profile.
    wait_until("it read its configuration again", SOON, || crowdsec.log().contains("Reload is finished"));
    wait_until("it serves again", SOON, || std::net::TcpStream::connect(crowdsec.url().trim_start_matches("http://")).is_ok());
    assert!(crowdsec.decisions().as_array().is_none_or(Vec::is_empty), "{}", crowdsec.log());

    let (said, _) = apply();
    assert!(said.contains("all is as wanted"), "a second time nothing is to do: {said}");
    switch(false);
    change(&edge, &site, &json!({"true_detect_mode": false}));
    wait_until("the wish is withdrawn", SOON, || !read(&managed).contains("app.test"));
    let open = drift();
    assert_eq!(applied(&open)["current"], false, "a wish is open");
    assert_eq!(
        (&open["scenarios"]["still_disabled"], &open["scenarios"]["drift_detected"]),
        (&json!(["http-probing"]), &json!(true)),
        "{open}"
    );
    assert_eq!(open["profiles"]["drift_detected"], true, "{open}");
    let (said, _) = apply();
    assert!(runs(&crowdsec), "{said}");
    assert_eq!(read(&conf.join("profiles.yaml")), own_profiles);

    // A watcher carries the next wish out by itself, and Argos hears of it.
    let watcher = crowdsec.watch_script(&script, dir.path());
    switch(true);
    let noted = wait_for("the watcher applies it", Duration::from_secs(60), || {
        Some(applied(&drift())).filter(|a| a["current"] == true && a["watching"] == true && !runs(&crowdsec))
    });
    assert_eq!(noted["complete"], false, "this CrowdSec has no firewall: {noted}");
    drop(watcher);
    // With its container the watcher ends; that it watched once does not make it watch.
    let sign = std::fs::File::options().write(true).open(dir.path().join("argos-apply-watch")).unwrap();
    sign.set_modified(std::time::UNIX_EPOCH).unwrap();
    assert_eq!(applied(&drift())["watching"], false);
}

#[test]
fn the_script_says_where_it_must_run_and_touches_nothing_else() {
    let (crowdsec, dir) = (CrowdSec::with_hub(), tempfile::tempdir().unwrap());
    let edge = Edge::start();
    let script = dir.path().join("setup-appsec.sh");
    std::fs::write(&script, edge.stage.owner.get("/api/security/apply-script").expect_status(200).text()).unwrap();
    let (said, status) = crowdsec.run_script(&script, &dir.path().join("nowhere"));
    assert!(status == "1" && said.contains("mount the shared directory"), "{status}: {said}");
    // Wishes are data: what is no address and no name of a scenario does nothing.
    let shared = dir.path().join("shared");
    std::fs::create_dir(&shared).unwrap();
    std::fs::write(shared.join("argos-whitelist-entries.txt"), "ip $(touch x)\nip 1\" evil\nrange 203.0.113.0/24\n").unwrap();
    std::fs::write(shared.join("argos-disabled-scenarios.txt"), "../profiles\n../../config\n").unwrap();
    let profiles = read(&crowdsec.config_dir().join("profiles.yaml"));
    let (said, _) = crowdsec.run_script(&script, &shared);
    let allowed = read(&crowdsec.config_dir().join("parsers/s02-enrich/argos-whitelist.yaml"));
    assert!(!allowed.contains("touch") && !allowed.contains("evil") && allowed.contains("203.0.113.0/24"), "{said}: {allowed}");
    assert_eq!(read(&crowdsec.config_dir().join("profiles.yaml")), profiles);
}

#[test]
fn machine_account_in_the_shared_directory_is_taken_once_and_its_file_goes() {
    let (crowdsec, dir) = (CrowdSec::start(), tempfile::tempdir().unwrap());
    let file = dir.path().join("crowdsec-machine-credentials.yaml");
    crowdsec.add_bouncer("argos", KEY);
    crowdsec.cscli(&["machines", "add", "argos", "--auto", "-u", &crowdsec.url(), "-f", &file.display().to_string()]);
    let config = config().env("ARGOS_SHARED_DIR", &dir.path().display().to_string()).env("ARGOS_CROWDSEC_BOUNCER_API_KEY", KEY);
    let edge = Edge::on(config);
    let owner = &edge.stage.owner;
    let status = || owner.get("/api/crowdsec/status").expect_status(200).json();
    wait_until("CrowdSec takes the account", SOON, || status()["machine_ok"] == true);
    wait_until("the file is gone", SOON, || !file.exists());
    assert!(owner.get("/api/audit?limit=20").text().contains("crowdsec.credentials_imported"));
    // Another one is not asked for.
    std::fs::write(&file, "login: other\npassword: other\n").unwrap();
    wait_until("the second file is gone", SOON, || !file.exists());
    let tested = owner.post("/api/crowdsec/test", json!({})).expect_status(200).json();
    assert_eq!(tested["machine"]["state"], "ok", "{tested}");
}
