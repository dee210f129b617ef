//! The kinds of hosts a plan turns off: guests and nodes of a hypervisor, machines with a controller, outlets; and how it
//! is seen that one is really off, and really back.

use std::net::TcpListener;
use std::time::Duration;

use argos_peers::ipmi_sim::IPMI_USER;
use argos_peers::redfish_service::{REDFISH_USER, RedfishService};
use argos_peers::{IpmiSim, PROXMOX_TOKEN, ProxmoxApi, wait_until};
use serde_json::{Value, json};

use crate::shutdown::{DEVICE, Host, SOON, Site, states, triggers, ups};

fn proxmox(api: &ProxmoxApi, kind: &str, more: &Value) -> Value {
    let mut step = json!({"kind": kind, "url": api.url(), "node": "pve", "token_id": PROXMOX_TOKEN.0, "token": PROXMOX_TOKEN.1, "timeout_seconds": 20});
    for (name, value) in more.as_object().unwrap() {
        step[name] = value.clone();
    }
    step
}

fn test(site: &Site, plan: i64) -> Value {
    site.stage.owner.post(&format!("/api/shutdown/plans/{plan}/test"), json!({})).expect_status(200).json()
}

fn start(site: &Site, plan: i64, name: &str) {
    site.stage.owner.post(&format!("/api/shutdown/plans/{plan}/start"), json!({"confirm": name, "reason": "drill"})).expect_status(200);
}

#[test]
fn guests_of_a_hypervisor_stop_before_it_and_come_back() {
    let (site, api) = (Site::new(|c| c), ProxmoxApi::start());
    let guests = json!([
        proxmox(&api, "guest", &json!({"vmid": 100, "restore": {"kind": "guest"}})),
        proxmox(&api, "guest", &json!({"vmid": 101, "guest": "lxc", "restore": {"kind": "guest"}})),
    ]);
    let missing = proxmox(&api, "guest", &json!({"vmid": 999, "retries": 0}));
    let plan = site.plan(json!({"name": "pve", "armed": true, "sources": [{"device_id": DEVICE}], "triggers": triggers(&json!({})),
        "phases": [{"order": 10, "verify_seconds": 10, "actions": guests}, {"order": 20, "actions": [missing]}],
        "restore": {"stable_seconds": 1, "min_charge_percent": 50, "boot_timeout_seconds": 20}}));
    let tested = test(&site, plan);
    let said: Vec<&str> = tested["run"]["steps"].as_array().unwrap().iter().map(|s| s["state"].as_str().unwrap()).collect();
    assert_eq!(said, ["done", "done", "failed"], "{tested}");
    assert!(api.told().is_empty(), "a test orders nothing");

    site.nut.set("rack1", &ups("OB LB DISCHRG", 15));
    let run = site.wait_run("halted", Duration::from_secs(60));
    assert_eq!(states(&run, "shutdown"), ["10 done", "10 done", "20 failed"], "{run}");
    assert_eq!(api.running(), [false, false]);
    site.nut.set("rack1", &ups("OL CHRG", 60));
    let run = site.wait_run("restored", Duration::from_secs(60));
    assert_eq!((states(&run, "restore"), api.running()), (vec!["10 done".to_owned(), "10 done".to_owned()], [true, true]), "{run}");
    let shown = site.stage.owner.get(&format!("/api/shutdown/plans/{plan}")).expect_status(200).text() + &run.to_string();
    assert!(!shown.contains(PROXMOX_TOKEN.1), "the token is never shown again");
}

#[test]
fn hypervisor_is_off_when_its_interface_is_gone() {
    let (site, api) = (Site::new(|c| c), ProxmoxApi::start());
    let plan = site.plan(json!({"name": "pve", "sources": [{"device_id": DEVICE}],
        "phases": [{"order": 10, "verify_seconds": 10, "actions": [proxmox(&api, "proxmox", &json!({}))]}]}));
    start(&site, plan, "pve");
    let run = site.wait_run("halted", Duration::from_secs(60));
    assert_eq!((states(&run, "shutdown"), api.told()), (vec!["10 done".to_owned()], vec!["node shutdown".to_owned()]), "{run}");
}

#[test]
fn guest_that_is_deaf_is_stopped_hard_only_where_that_is_allowed() {
    let (site, api) = (Site::new(|c| c), ProxmoxApi::start());
    api.make_deaf();
    let gentle = proxmox(&api, "guest", &json!({"vmid": 100, "timeout_seconds": 8, "retries": 0}));
    let hard = proxmox(&api, "guest", &json!({"vmid": 101, "guest": "lxc", "force": true}));
    let plan = site.plan(json!({"name": "pve", "sources": [{"device_id": DEVICE}], "phases": [{"order": 10, "actions": [gentle, hard]}]}));
    start(&site, plan, "pve");
    let run = site.wait_run("halted", Duration::from_secs(60));
    assert_eq!((states(&run, "shutdown"), api.running()), (vec!["10 failed".to_owned(), "10 done".to_owned()], [true, false]), "{run}");
    assert!(run["steps"][0]["result"].as_str().unwrap().contains("still runs"), "{run}");
    api.take_privilege();
    let tested = test(&site, plan);
    assert!(tested["run"]["steps"][0]["result"].as_str().unwrap().contains("lacks VM.PowerMgmt"), "{tested}");
}

#[test]
fn machine_with_a_controller_goes_by_itself_or_by_force_and_is_switched_on_again() {
    let (site, polite, deaf) = (Site::new(|c| c), RedfishService::start(), RedfishService::start());
    deaf.make_deaf();
    let step = |service: &RedfishService, more: Value| {
        let mut step = json!({"kind": "redfish", "url": format!("http://{}", service.address()), "user": REDFISH_USER.0, "password": REDFISH_USER.1,
            "timeout_seconds": 12, "restore": {"kind": "redfish"}});
        for (name, value) in more.as_object().unwrap() {
            step[name] = value.clone();
        }
        step
    };
    let wrong = step(&polite, json!({"password": "nope", "retries": 0, "restore": null}));
    site.plan(json!({"name": "bmc", "armed": true, "sources": [{"device_id": DEVICE}], "triggers": triggers(&json!({})),
        "phases": [{"order": 10, "verify_seconds": 5, "actions": [step(&polite, json!({})), step(&deaf, json!({"force": true}))]},
            {"order": 20, "actions": [wrong]}],
        "restore": {"stable_seconds": 1, "min_charge_percent": 50, "boot_timeout_seconds": 20}}));
    site.nut.set("rack1", &ups("OB LB DISCHRG", 15));
    let run = site.wait_run("halted", Duration::from_secs(90));
    assert_eq!(states(&run, "shutdown"), ["10 done", "10 done", "20 failed"], "{run}");
    assert_eq!(
        (polite.resets(), deaf.resets()),
        (vec!["GracefulShutdown".to_owned()], vec!["GracefulShutdown".to_owned(), "ForceOff".to_owned()])
    );
    site.nut.set("rack1", &ups("OL CHRG", 60));
    let run = site.wait_run("restored", Duration::from_secs(60));
    assert_eq!(states(&run, "restore"), ["10 done", "10 done"], "{run}");
    assert_eq!((polite.resets().last().unwrap().as_str(), deaf.resets().last().unwrap().as_str()), ("On", "On"));
}

#[test]
fn machine_with_an_ipmi_controller_goes_by_itself_or_by_force_and_comes_back_even_when_its_step_failed() {
    let site = Site::new(|c| c);
    let [polite, deaf, stuck] = [(); 3].map(|()| IpmiSim::start().unwrap());
    deaf.make_deaf();
    stuck.make_stuck();
    let step = |controller: &IpmiSim, more: Value| {
        let mut step = json!({"kind": "ipmi", "host": "127.0.0.1", "port": controller.address().port(), "user": IPMI_USER.0,
            "password": IPMI_USER.1, "cipher_suite": 3, "timeout_seconds": 12, "retries": 0, "restore": {"kind": "ipmi"}});
        for (name, value) in more.as_object().unwrap() {
            step[name] = value.clone();
        }
        step
    };
    let forced = json!({"force": true});
    let wrong = step(&polite, json!({"password": "nope", "restore": null}));
    let plan = site.plan(json!({"name": "bmc", "armed": true, "sources": [{"device_id": DEVICE}], "triggers": triggers(&json!({})),
        "phases": [{"order": 10, "actions": [step(&polite, json!({})), step(&deaf, forced.clone()), step(&stuck, forced)]},
            {"order": 20, "actions": [wrong]}],
        "restore": {"stable_seconds": 1, "min_charge_percent": 50, "boot_timeout_seconds": 20}}));
    let tested = test(&site, plan);
    assert_eq!(states(&tested["run"], "shutdown"), ["10 done", "10 done", "10 done", "20 failed"], "{tested}");
    assert!(tested["run"]["steps"][0]["result"].as_str().unwrap().contains("the chassis is on"), "{tested}");
    assert!(polite.orders().is_empty() && deaf.orders().is_empty(), "a test orders nothing");

    site.nut.set("rack1", &ups("OB LB DISCHRG", 15));
    let run = site.wait_run("halted", Duration::from_secs(90));
    assert_eq!(states(&run, "shutdown"), ["10 done", "10 done", "10 failed", "20 failed"], "{run}");
    assert_eq!((polite.orders(), deaf.orders()), (vec!["shutdown 1".to_owned()], vec!["shutdown 1".to_owned(), "power 0".to_owned()]));
    assert_eq!(stuck.orders(), ["shutdown 1", "power 0"]);
    site.nut.set("rack1", &ups("OL CHRG", 60));
    let run = site.wait_run("restored", Duration::from_secs(60));
    // The stuck one was told to go, so it is looked after too.
    assert_eq!(states(&run, "restore"), ["10 done", "10 done", "10 done"], "{run}");
    assert_eq!((polite.orders().last().unwrap().as_str(), deaf.orders().last().unwrap().as_str()), ("power 1", "power 1"));
    let shown = site.stage.owner.get(&format!("/api/shutdown/plans/{plan}")).expect_status(200).text() + &run.to_string();
    assert!(!shown.contains(IPMI_USER.1), "the password is never shown again");
}

#[test]
fn check_of_a_step_decides_whether_its_host_is_off_and_it_comes_back_all_the_same() {
    let site = Site::new(|c| c);
    let mut host = Host::new();
    // Something of the host goes on answering after its SSH server has ended.
    let lives_on = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let mut step = host.step(0, 20);
    step["check"] = json!({"kind": "tcp", "port": lives_on.local_addr().unwrap().port()});
    let plan = site.plan(json!({"name": "rack", "sources": [{"device_id": DEVICE}],
        "phases": [{"order": 10, "verify_seconds": 2, "actions": [step]}], "restore": {"stable_seconds": 0, "min_charge_percent": 0, "boot_timeout_seconds": 20}}));
    start(&site, plan, "rack");
    let run = site.wait_run("halted", Duration::from_secs(60));
    assert_eq!(states(&run, "shutdown"), ["10 failed"], "{run}");
    assert!(run["steps"][0]["result"].as_str().unwrap().contains("still answers after 2 s"), "{run}");
    // It was told, so it is one of those that come back.
    site.stage.owner.post(&format!("/api/shutdown/runs/{}/restore", run["id"]), json!({"force": true})).expect_status(200);
    wait_until("the wake-up", SOON, || host.was_woken());
    host.sshd.resume().unwrap();
    assert_eq!(states(&site.wait_run("restored", SOON), "restore"), ["10 done"]);
}

#[test]
fn outlets_are_switched_off_instead_of_the_ups_and_feed_their_host_again() {
    let (site, pdu) = (Site::new(|c| c), RedfishService::start());
    let config = json!({"username": REDFISH_USER.0, "password": REDFISH_USER.1, "scheme": "http"});
    let owner = &site.stage.owner;
    let device = json!({"id": "pdu", "name": "pdu", "type": "pdu", "poller": "redfish", "host": "127.0.0.1", "port": pdu.address().port(), "connection_config": config});
    owner.post("/api/devices", device).expect_status(201);
    let outlet =
        |id: &str| pdu.document(&format!("/redfish/v1/PowerEquipment/RackPDUs/1/Outlets/{id}"))["PowerState"].as_str().unwrap().to_owned();
    wait_until("the outlets", SOON, || owner.get("/api/devices/pdu/outlets").json().as_array().is_some_and(|l| l.len() == 2));
    let off = json!({"kind": "ups_off", "device_ids": ["pdu"], "outlets": ["A1"], "restore": {"kind": "outlet", "device_id": "pdu", "outlet": "A1"}});
    let unknown = json!({"kind": "ups_off", "device_ids": ["pdu"], "outlets": ["A9"], "retries": 0});
    let plan = site.plan(json!({"name": "pdu", "sources": [{"device_id": DEVICE}],
        "phases": [{"order": 10, "actions": [off, unknown]}], "restore": {"stable_seconds": 0, "min_charge_percent": 0}}));
    let tested = test(&site, plan);
    assert_eq!(states(&tested["run"], "shutdown"), ["10 done", "10 failed"], "{tested}");
    assert_eq!(outlet("A1"), "On");
    start(&site, plan, "pdu");
    let run = site.wait_run("halted", Duration::from_secs(60));
    assert_eq!((states(&run, "shutdown"), outlet("A1")), (vec!["10 done".to_owned(), "10 failed".to_owned()], "Off".to_owned()), "{run}");
    owner.post(&format!("/api/shutdown/runs/{}/restore", run["id"]), json!({"force": true})).expect_status(200);
    site.wait_run("restored", Duration::from_secs(60));
    assert_eq!(outlet("A1"), "On");
}
