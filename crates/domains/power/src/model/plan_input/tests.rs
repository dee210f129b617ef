#![expect(clippy::needless_pass_by_value, reason = "documents are written inline")]

use serde_json::json;

use super::*;

fn read(stored: Option<&WantedPlan>, sent: Value) -> Result<WantedPlan> {
    merge(stored, sent.as_object().unwrap(), |id| id == "nut:a@h" || id == "b")
}

fn faults(sent: Value) -> Vec<String> {
    let mut sent = sent;
    if sent.get("name").is_none() {
        sent["name"] = json!("plan");
    }
    read(None, sent).unwrap_err().fields().iter().map(|f| f.loc[1..].join(".")).collect()
}

fn ssh(extra: Value) -> Value {
    let mut step = json!({"kind": "ssh", "host": "nas", "user": "root"});
    for (name, value) in extra.as_object().unwrap() {
        step[name] = value.clone();
    }
    step
}

#[test]
fn new_plan_takes_the_documented_defaults() {
    let plan =
        read(None, json!({"name": " rack ", "sources": [{"device_id": "b"}], "phases": [{"order": 10, "actions": [ssh(json!({}))]}]}))
            .unwrap();
    assert_eq!((plan.name.as_str(), plan.enabled, plan.armed), ("rack", true, false));
    let t = &plan.body.triggers;
    assert_eq!((t.battery_percent, t.runtime_seconds, t.on_battery_seconds, t.lost_polls), (Some(20.0), Some(600.0), 900, 3));
    assert_eq!((plan.body.restore.stable_seconds, plan.body.restore.min_charge_percent), (60, 50.0));
    let step = &plan.body.phases[0].actions[0];
    assert_eq!((step.id.as_str(), step.timeout_seconds, step.retries), ("s1", 60, 1));
    assert_eq!(step.action.command_text(), "sudo -n systemctl poweroff");
}

#[test]
fn secrets_are_taken_out_kept_cleared_and_never_mixed_between_steps() {
    let sent = json!({"name": "p", "phases": [{"order": 1, "actions": [ssh(json!({"password": "hunter2"})), {"kind": "webhook", "url": "https://x", "secret": "s"}]}]});
    let first = read(None, sent).unwrap();
    assert!(!serde_json::to_string(&first.body).unwrap().contains("hunter2"));
    assert_eq!(first.secrets[0], StepSecret { step: "s1".to_owned(), member: "password", value: Some(json!("hunter2")) });
    assert_eq!(first.body.phases[0].actions[0].secrets_set, ["password"]);

    let stored = WantedPlan { secrets: Vec::new(), ..first };
    let again = read(Some(&stored), json!({"phases": [{"order": 1, "actions": [ssh(json!({"id": "s1", "password": ""}))]}]})).unwrap();
    assert_eq!((again.secrets.len(), again.body.phases[0].actions[0].secrets_set.clone()), (0, vec!["password".to_owned()]));
    let cleared = read(Some(&stored), json!({"phases": [{"order": 1, "actions": [ssh(json!({"id": "s1", "password": null}))]}]})).unwrap();
    assert_eq!(cleared.secrets, [StepSecret { step: "s1".to_owned(), member: "password", value: None }]);
    // Another kind under the same id is another step, and so is a second step of one id.
    let other = read(
        Some(&stored),
        json!({"phases": [{"order": 1, "actions": [ssh(json!({"id": "s2"})), ssh(json!({"id": "s1"})), ssh(json!({"id": "s1"}))]}]}),
    )
    .unwrap();
    let ids: Vec<_> = other.body.steps().map(|(_, s)| (s.id.as_str(), s.secrets_set.len())).collect();
    assert_eq!((ids[0], ids[1].0), (("s3", 0), "s1"));
    assert_eq!(ids[2].0, "s4");
}

#[test]
fn pinned_key_stays_with_its_host_only() {
    let first = read(None, json!({"name": "p", "phases": [{"order": 1, "actions": [ssh(json!({"host_key": "SHA256:abc"}))]}]})).unwrap();
    let key = |sent: Value| match &read(Some(&first), json!({"phases": [{"order": 1, "actions": [sent]}]})).unwrap().body.phases[0].actions
        [0]
    .action
    {
        Action::Ssh { host_key, .. } => host_key.clone(),
        _ => None,
    };
    assert_eq!(key(ssh(json!({"id": "s1"}))).as_deref(), Some("SHA256:abc"));
    assert_eq!(key(ssh(json!({"id": "s1", "host": "other"}))), None);
}

#[test]
fn faults_name_their_place() {
    assert_eq!(faults(json!({"name": ""})), ["name"]);
    assert_eq!(faults(json!({"sources": [{"device_id": "gone"}]})), ["sources.0.device_id"]);
    assert_eq!(
        faults(json!({"sources": [{"device_id": "b"}], "groups": [{"name": "default", "min_healthy": 2}]})),
        ["groups.0.min_healthy"]
    );
    assert_eq!(faults(json!({"triggers": {"grace_seconds": 601}})), ["triggers.grace_seconds"]);
    assert_eq!(faults(json!({"triggers": {"grace": 1}})), ["triggers"]);
    assert_eq!(faults(json!({"restore": {"min_charge_percent": 101}})), ["restore.min_charge_percent"]);
    assert_eq!(faults(json!({"armed": true})), ["armed", "armed"]);
    let action = |step: Value| faults(json!({"phases": [{"order": 1, "actions": [step]}]}));
    assert_eq!(action(json!({"kind": "ssh", "host": "h"})), ["phases.0.actions.0"]);
    assert_eq!(action(ssh(json!({"host": "a b"}))), ["phases.0.actions.0.host"]);
    assert_eq!(action(ssh(json!({"command": "a\nb"}))), ["phases.0.actions.0.command"]);
    assert_eq!(action(ssh(json!({"host_key": "md5"}))), ["phases.0.actions.0.host_key"]);
    assert_eq!(action(ssh(json!({"restore": {"kind": "wol", "mac": "xx"}}))), ["phases.0.actions.0.restore"]);
    assert_eq!(action(json!({"kind": "ups_off", "delay_seconds": 5})), ["phases.0.actions.0.delay_seconds"]);
    assert_eq!(action(json!({"kind": "http", "url": "file:///etc/passwd"})), ["phases.0.actions.0.url"]);
}

#[test]
fn kinds_that_cannot_be_carried_out_are_refused_with_what_they_lack() {
    for (kind, lacks) in Action::LACKING {
        let error = read(None, json!({"name": "p", "phases": [{"order": 1, "actions": [{"kind": kind}]}]})).unwrap_err();
        assert_eq!(error.fields()[0].msg, format!("a step of kind {kind} cannot be carried out: {lacks}"));
    }
    let error = read(None, json!({"name": "p", "phases": [{"order": 1, "actions": [{"kind": "telepathy"}]}]})).unwrap_err();
    assert!(error.fields()[0].msg.starts_with("kind must be one of ssh, guest"));
}

#[test]
fn members_of_hypervisors_checks_and_wakes_are_judged_at_their_place() {
    let action = |step: Value| faults(json!({"phases": [{"order": 1, "actions": [step]}]}));
    let guest = |more: Value| {
        let mut step =
            json!({"kind": "guest", "url": "https://pve:8006", "node": "pve", "token_id": "argos@pve!off", "token": "t", "vmid": 100});
        for (name, value) in more.as_object().unwrap() {
            step[name] = value.clone();
        }
        step
    };
    let plan =
        read(None, json!({"name": "p", "phases": [{"order": 1, "actions": [guest(json!({"restore": {"kind": "guest"}}))]}]})).unwrap();
    let step = &plan.body.phases[0].actions[0];
    assert_eq!((step.secrets_set.clone(), step.action.target().as_str()), (vec!["token".to_owned()], "qemu 100 on pve"));
    assert!(!serde_json::to_string(&plan.body).unwrap().contains("\"t\""), "the token is taken out");
    for (more, member) in [
        (json!({"vmid": 1}), "vmid"),
        (json!({"node": "a/b"}), "node"),
        (json!({"token_id": "root@pam"}), "token_id"),
        (json!({"url": "pve"}), "url"),
        (json!({"check": {"kind": "ping"}}), "check"),
        (json!({"check": {"kind": "tcp", "host": "h"}}), "check"),
        (json!({"check": {"kind": "ping", "host": "-f"}}), "check"),
        (json!({"check": {"kind": "http", "url": "x"}}), "check"),
        (json!({"restore": {"kind": "redfish"}}), "restore"),
        (json!({"restore": {"kind": "outlet", "device_id": "nobody", "outlet": "1"}}), "restore"),
        (json!({"restore": {"kind": "outlet", "device_id": "b", "outlet": "1\n2"}}), "restore"),
    ] {
        assert_eq!(action(guest(more)), [format!("phases.0.actions.0.{member}")]);
    }
    assert_eq!(action(ssh(json!({"restore": {"kind": "guest"}}))), ["phases.0.actions.0.restore"]);
    for (member, value) in [("host", json!("a b")), ("port", json!(0)), ("user", json!("n".repeat(17))), ("cipher_suite", json!(1))] {
        let mut step = json!({"kind": "ipmi", "host": "bmc", "user": "admin", "password": "t", "restore": {"kind": "ipmi"}});
        step[member] = value;
        assert_eq!(action(step), [format!("phases.0.actions.0.{member}")]);
    }
    assert_eq!(action(ssh(json!({"restore": {"kind": "ipmi"}}))), ["phases.0.actions.0.restore"]);
    assert_eq!(action(json!({"kind": "ups_off", "outlets": ["1 2"]})), ["phases.0.actions.0.outlets"]);
    assert!(read(None, json!({"name": "p", "phases": [{"order": 1, "actions": [ssh(json!({"check": {"kind": "ping"}})), {"kind": "ups_off", "outlets": ["group.1"]}]}]})).is_ok());
}

proptest::proptest! {
    #[test]
    fn any_members_are_read_or_refused(name in "(name|phases|sources|triggers|groups|restore|armed)", text in "[\\[\\]{}\":,a-z0-9]{0,40}") {
        let value: Value = serde_json::from_str(&text).unwrap_or(Value::String(text));
        let sent = json!({ name: value });
        if let Ok(plan) = read(None, sent) {
            proptest::prop_assert!(!plan.name.is_empty());
        }
    }
}
