//! Power scenarios H12-H15: SNMP agents of UPSes and PDUs (recordings behind the simulator, Net-SNMP for users), read,
//! switched and refused.

use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use argos_peers::snmpd::snmptrap;
use argos_peers::{ArgosConfig, Client, SnmpUser, Snmpd, Snmpsim, SnmpsimUser, free_port, wait_for, wait_until};
use serde_json::{Value, json};

use crate::stage::{Stage, assert_error};

pub(crate) const SOON: Duration = Duration::from_secs(25);

pub(crate) fn recordings() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/engines/powermib/tests/data")
}

pub(crate) fn alone() -> ArgosConfig {
    ArgosConfig::new().env("NUT_AUTO_DISCOVER", "false").env("NUT_PORT", "9").env("STATUS_POLL_SECONDS", "2")
}

fn device(id: &str, kind: &str, port: u16, config: &Value) -> Value {
    json!({"id": id, "name": id, "type": kind, "poller": "snmp", "host": "127.0.0.1", "port": port, "poll_seconds": 2,
        "connection_config": config})
}

fn latest(client: &Client, id: &str) -> Value {
    wait_for(id, SOON, || {
        let found = client.get(&format!("/api/snapshots/latest?device_id={id}")).expect_status(200).json();
        (!found.is_null()).then_some(found)
    })
}

#[test]
fn cards_and_pdus_are_recognised_and_read_as_documented() {
    let agents = Snmpsim::start(&recordings(), None).unwrap();
    let stage = Stage::on(alone());
    let port = agents.address().port();
    for (id, kind) in [("apc_ups", "ups"), ("rfc1628", "ups"), ("apc_rpdu2", "pdu")] {
        let created = stage.owner.post("/api/devices", device(id, kind, port, &json!({"community": id}))).expect_status(201);
        assert!(!created.text().contains(&format!("\"community\":\"{id}\"")), "{}", created.text());
        assert_eq!(created.json()["secrets_set"], json!(["community"]));
    }
    let anyone = stage.anonymous();
    let ups = latest(&anyone, "apc_ups");
    for (field, value) in [
        ("battery_percent", json!(97.4)),
        ("load_percent", json!(28.3)),
        ("power_watts", json!(756.0)),
        ("voltage", json!(231.4)),
        ("runtime_seconds", json!(2460.0)),
        ("temperature_c", json!(31.2)),
        ("energy_kwh", json!(8123.45)),
        ("ups_status", json!("OL")),
        ("power_source", json!("measured")),
    ] {
        assert_eq!(ups[field], value, "{field}: {ups}");
    }
    let three = latest(&anyone, "rfc1628");
    for (field, value) in [
        ("ups_status", json!("OB LB")),
        ("power_watts", json!(7160.0)),
        ("load_percent", json!(22.0)),
        ("output_voltage", json!(231.0)),
        ("current_amps", json!(32.9)),
        ("runtime_seconds", json!(180.0)),
    ] {
        assert_eq!(three[field], value, "{field}: {three}");
    }
    let event = wait_for("the outage it began with", SOON, || {
        anyone.get("/api/events?device_id=rfc1628&event_type=on_battery").json()["items"].as_array()?.first().cloned()
    });
    assert_eq!(event["metadata"]["initial"], true);
    let pdu = latest(&anyone, "apc_rpdu2");
    assert_eq!((&pdu["power_watts"], &pdu["energy_kwh"], &pdu["ups_status"]), (&json!(1410.0), &json!(12345.6), &Value::Null), "{pdu}");
    let shown = anyone.get("/api/devices/apc_ups").expect_status(200).json();
    let told = (&shown["model"], &shown["serial"], &shown["status"], &shown["profile"]);
    assert_eq!(told, (&json!("Smart-UPS 3000"), &json!("AS0000000001"), &json!("online"), &json!("apc_ups")));
    let commands = anyone.get("/api/devices/apc_ups/commands").expect_status(200).json();
    assert!(commands.as_array().unwrap().iter().any(|c| c["name"] == "test.battery.start"), "{commands}");
    let variables = anyone.get("/api/devices/apc_ups/variables").expect_status(200).json();
    assert_eq!((&variables["ups.test.result"]["value"], &variables["battery.charge"]["value"]), (&json!("passed"), &json!("97.4")));
}

#[test]
fn agent_is_tried_before_it_is_stored_and_its_faults_are_named() {
    let agents = Snmpsim::start(&recordings(), None).unwrap();
    let stage = Stage::on(alone().env("SNMP_COMMUNITY", "cyberpower_ups").env("SNMP_TIMEOUT", "1").env("SNMP_RETRIES", "0"));
    let port = agents.address().port();
    let test = |config: Value| stage.owner.post("/api/devices/test", device("x", "ups", port, &config));
    let good = test(json!({})).expect_status(200).json();
    assert_eq!((&good["device_type"], good["model"].is_string()), (&json!("ups"), true), "{good}");
    assert_eq!((&good["ok"], &good["profile"], &good["snapshot"]["power_watts"]), (&json!(true), &json!("cyberpower_ups"), &json!(322.0)));
    let table = json!({"community": "apc_ups", "profile": "custom", "oids": {
        "power_watts": {"oid": "1.3.6.1.4.1.318.1.1.1.4.2.8.0"},
        "ups_status": {"oid": "1.3.6.1.4.1.318.1.1.1.4.1.1.0", "enum": {"2": "OL"}},
    }});
    let own = test(table).expect_status(200).json();
    assert_eq!(
        (&own["profile"], &own["snapshot"]["ups_status"], &own["snapshot"]["power_watts"]),
        (&json!("custom"), &json!("OL"), &json!(756.0))
    );
    let silent = test(json!({"community": "nobody"})).expect_status(200).json();
    assert_eq!((&silent["ok"], silent["error"].as_str().unwrap().contains("community")), (&json!(false), true), "{silent}");
    let wrong = test(json!({"version": "4", "timeout": 90, "profile": "boat", "v3_auth_key": "short"}));
    assert_eq!(wrong.status, 422);
    let named: Vec<Value> = wrong.json()["detail"].as_array().unwrap().iter().map(|f| f["loc"][1].clone()).collect();
    for member in ["version", "timeout", "profile", "v3_auth_key"] {
        assert!(named.contains(&json!(format!("connection_config.{member}"))), "{named:?}");
    }
    assert_eq!(stage.owner.get("/api/devices").json(), json!([]));
}

const AUTH: &str = "authentication";
const PRIVACY: &str = "encryption";

fn user(name: &str, auth: (&str, &str), privacy: (&str, &str)) -> Value {
    json!({"version": "3", "v3_username": name, "v3_auth_protocol": auth.0, "v3_auth_key": auth.1, "v3_priv_protocol": privacy.0,
        "v3_priv_key": privacy.1, "timeout": 2, "profile": "custom",
        "oids": {"runtime_seconds": {"oid": "1.3.6.1.2.1.1.3.0", "scale": 0.01}}})
}

#[test]
fn users_read_and_wrong_keys_are_told_as_such() {
    let users = [("shaaes", "SHA", "AES"), ("sha256aes256", "SHA-256", "AES-256"), ("md5des", "MD5", "DES")];
    let agent =
        Snmpd::start(&users.map(|(name, auth, privacy)| SnmpUser { name, auth: Some((auth, AUTH)), privacy: Some((privacy, PRIVACY)) }))
            .unwrap();
    let port = agent.address().port();
    let stage = Stage::on(alone().env("ARGOS_POWER_OFFLINE_GRACE_SECONDS", "2"));
    let test = |config: &Value| stage.owner.post("/api/devices/test", device("x", "ups", port, config)).expect_status(200).json();
    for (name, auth, privacy) in [("shaaes", "SHA", "AES"), ("sha256aes256", "SHA256", "AES256"), ("md5des", "MD5", "DES")] {
        let read = test(&user(name, (auth, AUTH), (privacy, PRIVACY)));
        assert_eq!(read["ok"], true, "{name}: {read}");
        assert!(read["snapshot"]["runtime_seconds"].as_f64().is_some(), "{read}");
    }
    for (config, word) in [
        (user("shaaes", ("SHA", "wrong-key-here"), ("AES", PRIVACY)), "authentication protocol or key"),
        (user("shaaes", ("SHA", AUTH), ("AES", "wrong-key-here")), "privacy protocol or key"),
        (user("nobody", ("SHA", AUTH), ("AES", PRIVACY)), "does not know the user"),
    ] {
        let began = Instant::now();
        let refused = test(&config);
        assert!(refused["error"].as_str().is_some_and(|e| e.contains(word)), "{refused}");
        assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
    }
    let wrong = user("shaaes", ("SHA", "wrong-key-here"), ("AES", PRIVACY));
    let created = stage.owner.post("/api/devices", device("card", "ups", port, &wrong)).expect_status(201);
    assert!(!created.text().contains("wrong-key-here") && !created.text().contains(PRIVACY), "{}", created.text());
    let offline = wait_for("offline", SOON, || {
        stage.anonymous().get("/api/events?event_type=device_offline").json()["items"].as_array()?.first().cloned()
    });
    assert!(offline["metadata"]["last_error"].as_str().unwrap().contains("authentication"), "{offline}");
    let right = json!({"connection_config": {"v3_auth_key": AUTH}});
    stage.owner.put("/api/devices/card", right).expect_status(200);
    wait_until("online with the right key", SOON, || stage.anonymous().get("/api/devices/card").json()["status"] == "online");
}

#[test]
fn context_of_a_user_names_the_device_behind_a_shared_agent() {
    let user = SnmpsimUser { name: "reader", auth: ("SHA", AUTH), privacy: Some(("AES", PRIVACY)) };
    let agents = Snmpsim::start(&recordings(), Some(user)).unwrap();
    let stage = Stage::on(
        alone()
            .env("SNMP_VERSION", "3")
            .env("SNMP_V3_USERNAME", "reader")
            .env("SNMP_V3_AUTH_PROTOCOL", "SHA")
            .env("SNMP_V3_AUTH_KEY", AUTH)
            .env("SNMP_V3_PRIV_PROTOCOL", "AES")
            .env("SNMP_V3_PRIV_KEY", PRIVACY),
    );
    let body = device("eaton", "ups", agents.address().port(), &json!({"v3_context": "eaton_xups"}));
    stage.owner.post("/api/devices", body).expect_status(201);
    let read = latest(&stage.anonymous(), "eaton");
    assert_eq!((&read["ups_status"], &read["power_watts"]), (&json!("OL BYPASS CHRG LB"), &json!(840.0)), "{read}");
}

/// A rack PDU whose third outlet really switches: a file is its relay.
fn switching_pdu(dir: &Path) -> Snmpsim {
    let (relay, script) = (dir.join("relay"), dir.join("switch.sh"));
    std::fs::write(&relay, "2").unwrap();
    // What is set: 1 on, 2 off, 3 off and on again.
    let lines = format!("[ \"$1\" = 1 ] && case \"$2\" in 2) printf 2 > {0};; *) printf 1 > {0};; esac\ncat {0}\n", relay.display());
    std::fs::write(&script, lines).unwrap();
    let base = "1.3.6.1.4.1.318.1.1.26.9.2";
    let recording = std::fs::read_to_string(recordings().join("apc_rpdu2.snmprec")).unwrap();
    let real = |line: &str| match line.split('|').next() {
        Some(oid) if oid == format!("{base}.3.1.5.3") => format!("{oid}|2:subprocess|/bin/cat {}", relay.display()),
        Some(oid) if oid == format!("{base}.4.1.5.3") => {
            format!("{oid}|2:subprocess|/bin/sh {} @SETFLAG@ @ORIGVALUE@", script.display())
        }
        _ => line.to_owned(),
    };
    std::fs::write(dir.join("pdu.snmprec"), recording.lines().map(|l| real(l) + "\n").collect::<String>()).unwrap();
    Snmpsim::start(dir, None).unwrap()
}

#[test]
fn outlets_are_shown_switched_confirmed_and_protected() {
    let config = alone();
    let dir = config.scratch().join("pdu");
    std::fs::create_dir(&dir).unwrap();
    let agents = switching_pdu(&dir);
    let stage = Stage::on(config);
    stage.owner.post("/api/devices", device("rack", "pdu", agents.address().port(), &json!({"community": "pdu"}))).expect_status(201);
    let anyone = stage.anonymous();
    let outlets = || anyone.get("/api/devices/rack/outlets").expect_status(200).json();
    let list = wait_for("outlets", SOON, || outlets().as_array().filter(|l| l.len() == 3).cloned());
    let read: Vec<(&Value, &Value, &Value)> = list.iter().map(|o| (&o["state"], &o["power_watts"], &o["current_amps"])).collect();
    let (on, off) = (json!("on"), json!("off"));
    assert_eq!(read, [(&on, &json!(245.0), &json!(1.1)), (&on, &json!(1165.0), &json!(5.2)), (&off, &json!(0.0), &json!(0.0))]);
    wait_until("metered outlets", SOON, || outlets().as_array().unwrap().iter().all(|o| o["kwh_total"].is_number()));
    stage.owner.put("/api/config", json!({"enabled_exporters": ["sqlite", "energy"]})).expect_status(200);
    let energy = |query: &str| anyone.get(&format!("/api/energy{query}")).expect_status(200).json();
    let metered: Vec<Value> = energy("?outlets=true").as_array().unwrap().iter().map(|t| t["outlet"].clone()).collect();
    assert_eq!(metered, [Value::Null, json!("1"), json!("2"), json!("3")]);
    assert_eq!(energy("").as_array().unwrap().len(), 1, "the whole device alone, as published clients know it");
    let metrics = anyone.get("/metrics").expect_status(200).text();
    assert!(metrics.contains("argus_outlet_energy_kwh_total{device_id=\"rack\",outlet=\"2\"}"), "{metrics}");
    assert!(metrics.contains("argus_polls_total{device_id=\"rack\",result=\"ok\"}"), "{metrics}");
    assert!(metrics.contains("argus_outlet_load_watts{device_id=\"rack\",outlet=\"2\"} 1165\n"), "{metrics}");
    assert!(metrics.contains("argus_outlet_state{device_id=\"rack\",outlet=\"3\"} 0\n"), "{metrics}");

    let toggle = "/api/devices/rack/outlets/3/toggle";
    assert_eq!(stage.owner.post(toggle, json!({})).status, 422, "not confirmed");
    assert_eq!(stage.anonymous().post(toggle, json!({"confirm": "rack"})).status, 401);
    let switched = stage.owner.post(toggle, json!({"confirm": "rack"})).expect_status(200).json();
    assert_eq!((&switched["state"], &switched["name"]), (&json!("on"), &json!("spare")), "{switched}");
    assert_eq!(std::fs::read_to_string(dir.join("relay")).unwrap(), "1");
    let event =
        wait_for("the event", SOON, || anyone.get("/api/events?event_type=outlet_changed").json()["items"].as_array()?.first().cloned());
    assert_eq!((&event["metadata"]["to"], &event["metadata"]["actor"]), (&json!("on"), &json!("admin")), "{event}");
    let trail = stage.owner.get("/api/audit?limit=50").expect_status(200).text();
    assert!(trail.contains("power_outlet.switch") && trail.contains("spare"), "{trail}");

    let shielded = stage.owner.put("/api/devices/rack/outlets/3", json!({"protected": true, "label": "router"})).expect_status(200).json();
    assert_eq!((&shielded["protected"], &shielded["label"]), (&json!(true), &json!("router")));
    assert_error(&stage.owner.post(toggle, json!({"confirm": "rack", "state": "off"})), 409, "outlet_protected");
    assert_eq!(outlets()[2]["state"], "on");
    stage.owner.put("/api/devices/rack/outlets/3", json!({"protected": false})).expect_status(200);
    let later = json!({"confirm": "rack", "state": "off", "delay_seconds": 1});
    let ordered = stage.owner.post(toggle, later).expect_status(200).json();
    assert!(ordered["job_id"].as_i64().is_some() && ordered["state"] == "on", "{ordered}");
    wait_until("the later switch", SOON, || outlets()[2]["state"] == "off");
    assert_error(&stage.owner.post("/api/devices/rack/outlets/9/toggle", json!({"confirm": "rack"})), 404, "outlet_not_found");

    // Switched at the device itself.
    std::fs::write(dir.join("relay"), "1").unwrap();
    wait_until("the change from outside", SOON, || outlets()[2]["state"] == "on");
    let events = anyone.get("/api/events?event_type=outlet_changed").json();
    assert_eq!((&events["total"], &events["items"][0]["metadata"]["actor"]), (&json!(3), &Value::Null), "{events}");

    let restarted = stage.argos.stop().restart();
    let kept = wait_for("the devices", SOON, || {
        let answer = restarted.anonymous().get("/api/devices/rack/outlets");
        (answer.status == 200).then(|| answer.json())
    });
    assert_eq!((&kept[2]["label"], &kept[2]["protected"], &kept[2]["state"]), (&json!("router"), &json!(false), &json!("on")), "{kept}");
}

#[test]
fn trap_with_the_right_credentials_makes_us_ask_at_once_and_is_an_event() {
    let agents = Snmpsim::start(&recordings(), None).unwrap();
    let users =
        Snmpsim::start(&recordings(), Some(SnmpsimUser { name: "reader", auth: ("SHA", AUTH), privacy: Some(("AES", PRIVACY)) })).unwrap();
    let traps = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let stage = Stage::on(alone().env("SNMP_TRAP_LISTEN", &traps.to_string()));
    // Watched once an hour: whatever comes sooner comes from a trap.
    let rarely = |id: &str, port: u16, config: &Value| {
        let mut body = device(id, "ups", port, config);
        body["poll_seconds"] = json!(3600);
        stage.owner.post("/api/devices", body).expect_status(201);
        latest(&stage.anonymous(), id);
    };
    rarely("card", agents.address().port(), &json!({"community": "apc_ups"}));
    let v3 = json!({"version": "3", "v3_username": "reader", "v3_auth_protocol": "SHA", "v3_priv_protocol": "AES", "v3_context": "eaton_xups",
        "v3_auth_key": AUTH, "v3_priv_key": PRIVACY});
    rarely("user", users.address().port(), &v3);
    let seen = |id: &str| stage.anonymous().get(&format!("/api/devices/{id}")).expect_status(200).json()["last_seen"].clone();
    let events = || stage.anonymous().get("/api/events?event_type=snmp_trap").expect_status(200).json()["items"].clone();
    let count = || events().as_array().unwrap().len();
    let (card, user) = (seen("card"), seen("user"));

    // Another community, another key.
    snmptrap(&["-v", "2c", "-c", "public"], traps, &["", "1.3.6.1.2.1.33.2.1"]).unwrap();
    let with = |key: &'static str| {
        ["-v", "3", "-e", "0x8000000001020304", "-u", "reader", "-l", "authPriv", "-a", "SHA", "-A", AUTH, "-x", "AES", "-X", key]
    };
    snmptrap(&with("another-privacy-key"), traps, &["", "1.3.6.1.4.1.534.1.11.4.0.3"]).unwrap();
    // A datagram that is none.
    UdpSocket::bind(("127.0.0.1", 0)).unwrap().send_to(b"\x30\x82\xff\xff", traps).unwrap();

    snmptrap(&["-v", "2c", "-c", "apc_ups"], traps, &["", "1.3.6.1.4.1.318.0.5"]).unwrap();
    wait_until("the poll", SOON, || seen("card") != card);
    wait_until("the event", SOON, || count() == 1);
    let told = events()[0].clone();
    assert_eq!((&told["device_id"], &told["metadata"]), (&json!("card"), &json!({"oid": "1.3.6.1.4.1.318.0.5", "trap": "on_battery"})));
    assert_eq!(seen("user"), user, "only the device of the credentials is asked");

    // The first version names the same trap otherwise, and a flood is told once.
    for _ in 0..5 {
        snmptrap(&["-v", "1", "-c", "apc_ups"], traps, &["1.3.6.1.4.1.318", "127.0.0.1", "6", "7", ""]).unwrap();
    }
    wait_until("the second event", SOON, || count() == 2);
    assert_eq!(events()[0]["metadata"]["trap"], "low_battery");
    // An inform is sent again until it is answered; the sender fails when it never is.
    let inform =
        |community: &str| snmptrap(&["-v", "2c", "-c", community, "-Ci", "-r", "1", "-t", "1"], traps, &["", "1.3.6.1.4.1.318.0.9"]);
    inform("apc_ups").unwrap();
    assert!(inform("public").is_err(), "whoever has no right to ask gets no answer");
    wait_until("the event of the inform", SOON, || count() == 3);
    snmptrap(&with(PRIVACY), traps, &["", "1.3.6.1.2.1.33.2.3"]).unwrap();
    wait_until("the poll of the user", SOON, || seen("user") != user);
    wait_until("the fourth event", SOON, || count() == 4);
    assert_eq!((&events()[0]["device_id"], &events()[0]["metadata"]["trap"]), (&json!("user"), &json!("alarm_added")));
    // The sender of an inform asks for our engine and clock, and gets an answer it can verify.
    let inform = |key: &'static str, oid: &'static str| {
        let whom =
            ["-v", "3", "-u", "reader", "-l", "authPriv", "-a", "SHA", "-A", AUTH, "-x", "AES", "-X", key, "-Ci", "-r", "1", "-t", "1"];
        snmptrap(&whom, traps, &["", oid])
    };
    inform(PRIVACY, "1.3.6.1.2.1.33.2.4").unwrap();
    wait_until("the event of the user's inform", SOON, || count() == 5);
    assert_eq!((&events()[0]["device_id"], &events()[0]["metadata"]["trap"]), (&json!("user"), &json!("alarm_removed")));
    assert!(inform("another-privacy-key", "1.3.6.1.2.1.33.2.1").is_err());
}

#[test]
fn phases_are_shown_and_kept_beside_the_snapshots() {
    let agents = Snmpsim::start(&recordings(), None).unwrap();
    let stage = Stage::on(alone());
    stage.owner.post("/api/devices", device("hall", "ups", agents.address().port(), &json!({"community": "rfc1628"}))).expect_status(201);
    latest(&stage.anonymous(), "hall");
    let now = wait_for("phases", SOON, || {
        let found = stage.anonymous().get("/api/devices/hall/phases?from=2020-01-01T00:00:00Z").expect_status(200).json();
        (found["history"].as_array()?.len() >= 3 && found["phases"] != json!([])).then_some(found)
    });
    assert_eq!(now["phases"].as_array().unwrap().len(), 3, "{now}");
    assert_eq!((&now["phases"][2]["power_watts"], &now["phases"][2]["load_percent"]), (&json!(2710.0), &json!(22.0)), "{now}");
    assert_eq!(now["history"][0]["voltage"], 231.0, "{now}");
}
