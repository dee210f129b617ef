//! What organizations set up and are told stays theirs: the instance neither reads, offers, counts nor changes it.

use std::sync::atomic::Ordering;

use argos_alerts::FiringChange;
use argos_events::{Filter, NewEvent, Scope, Source};
use argos_kernel::{Severity, Timestamp};
use argos_web::testing::{TestClient, TestReply};
use serde_json::{Value, json};

use crate::receiver::Receiver;
use crate::stage::{Stage, notice};

const CHANNELS: &str = "/api/v1/notifications/channels";
const RULES: &str = "/api/v1/notifications/rules";
const NOWHERE: &str = "https://hooks.example.test/abc";

fn made(reply: &TestReply) -> Value {
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.json()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// A webhook channel of the organization the client acts in; its id.
async fn hook(who: &TestClient, name: &str, url: &str) -> String {
    let body = json!({"name": name, "channel_type": "webhook", "config": {"url": url}, "rate_limit_per_hour": 0});
    text(&made(&who.post(CHANNELS, body).await)["id"])
}

async fn rule(who: &TestClient, channel: &str, event: &str) -> String {
    text(&made(&who.post(RULES, json!({"channel_id": channel, "event_type": event})).await)["id"])
}

async fn fail_a_run(s: &Stage, organization: i64, message: &str) {
    let event = NewEvent::new(Source::Quality, "test.run.failed", message).severity(Severity::Error).data(json!({"name": message}));
    s.events.announce(event.organization(organization)).await.unwrap();
}

/// What stands in the log of an organization. The client is a new one: it is asked more often than one may.
async fn log_of(s: &Stage, organization: i64) -> Vec<Value> {
    s.acting_in(organization).get("/api/v1/notifications/logs?limit=200").await.json().as_array().unwrap().clone()
}

/// Waits until the log of an organization has so many entries that are over.
async fn logged(s: &Stage, organization: i64, count: usize) -> Vec<Value> {
    for _ in 0..1000 {
        let all = log_of(s, organization).await;
        if all.len() >= count && all.iter().all(|l| l["status"] != "queued") {
            return all;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("{count} entries were expected: {:?}", log_of(s, organization).await);
}

/// The number by which the instance would know the newest channel or rule.
async fn number_of(s: &Stage, kind: &str) -> i64 {
    let rows = s.audit.after(0, 1000).await.unwrap();
    let newest = rows.iter().rev().find(|r| r.target_type.as_deref() == Some(kind)).unwrap();
    newest.target_id.as_deref().unwrap().parse().unwrap()
}

#[tokio::test]
async fn delivery_of_an_organization_is_read_by_it_alone_outlives_its_channel_and_goes_with_it() {
    for s in Stage::each().await {
        let receiver = Receiver::start(&s.tasks, &[]).await;
        let acme = s.acting_in(1);
        let channel = hook(&acme, "Builds", &receiver.url).await;
        rule(&acme, &channel, "test.run.failed").await;
        s.start().await;
        fail_a_run(&s, 2, "of the other one").await;
        fail_a_run(&s, 1, "checkout is broken").await;
        let told = logged(&s, 1, 1).await;
        assert_eq!((told.len(), &told[0]["status"], &told[0]["channel_id"]), (1, &json!("sent"), &json!(channel)), "{told:?}");
        assert!(receiver.got()[0].body.contains("checkout is broken"));
        let unseen = async |id: i64| {
            assert_eq!(s.bob().get("/api/notifications/recent-alerts").await.json(), json!([]));
            let page = s.oda().get("/api/notifications/deliveries?stats=1").await.json();
            assert_eq!(page, json!({"deliveries": [], "stats": {}}));
            assert_eq!(s.oda().get(&format!("/api/notifications/deliveries/{id}")).await.status, 404);
            assert_eq!(s.oda().post(&format!("/api/notifications/deliveries/{id}/retry"), json!({})).await.status, 404);
        };
        unseen(1).await;
        assert_eq!(acme.delete(&format!("{CHANNELS}/{channel}")).await.status, 200);
        let kept = logged(&s, 1, 1).await;
        assert_eq!((&kept[0]["id"], &kept[0]["channel_id"]), (&told[0]["id"], &Value::Null));
        assert!(log_of(&s, 2).await.is_empty());
        unseen(1).await;
        s.stop().await;
        s.purge(1).await;
        assert!(log_of(&s, 1).await.is_empty());
    }
}

#[tokio::test]
async fn message_of_an_organization_in_a_channel_of_the_instance_is_read_by_the_owner_alone() {
    for s in Stage::each().await {
        let receiver = Receiver::start(&s.tasks, &[]).await;
        let id = s.hook("everything", &receiver.url, json!({})).await;
        let body = json!({"name": "all", "channel_id": id, "event_type": "test.*"});
        assert_eq!(s.ada().post("/api/notifications/rules", body).await.status, 201);
        s.start().await;
        // The first organization is gone already: its event holds up nothing.
        fail_a_run(&s, 99, "of nobody any more").await;
        fail_a_run(&s, 1, "checkout is broken").await;
        receiver.wait(2).await;
        let deliveries =
            async |who: TestClient| who.get("/api/notifications/deliveries").await.json()["deliveries"].as_array().unwrap().len();
        assert_eq!((deliveries(s.ada()).await, deliveries(s.oda()).await), (0, 2));
        let recent = async |who: TestClient| who.get("/api/notifications/recent-alerts").await.json().as_array().unwrap().len();
        assert_eq!((recent(s.bob()).await, recent(s.ada()).await, recent(s.oda()).await), (0, 0, 2));
        assert_eq!(s.ada().get("/api/notifications/deliveries/1").await.status, 404);
        assert_eq!(s.oda().get("/api/notifications/deliveries/1").await.status, 200);
        s.stop().await;
    }
}

#[tokio::test]
async fn failure_of_a_channel_is_told_to_its_organization_and_to_nobody_else() {
    let s = Stage::sqlite().await;
    let refusing = Receiver::start(&s.tasks, &["404 Gone"; 10]).await;
    let hearing = Receiver::start(&s.tasks, &[]).await;
    let everything = s.hook("everything", NOWHERE, json!({"broadcast": false})).await;
    let body = json!({"name": "all", "channel_id": everything, "event_type": "notification.failed"});
    assert_eq!(s.ada().post("/api/notifications/rules", body).await.status, 201);
    let acme = s.acting_in(1);
    let payroll = hook(&acme, "Payroll tests", &refusing.url).await;
    rule(&acme, &payroll, "test.run.failed").await;
    let second = hook(&acme, "Second", &hearing.url).await;
    rule(&acme, &second, "notification.failed").await;
    s.start().await;
    for n in 0..10 {
        fail_a_run(&s, 1, &format!("run {n}")).await;
        // One by one: many at once would become one message.
        refusing.wait(n + 1).await;
        hearing.wait(n + 1).await;
    }
    let all = logged(&s, 1, 20).await;
    assert_eq!(all.iter().filter(|l| l["status"] == "failed").count(), 10, "{all:?}");
    assert!(hearing.got().iter().all(|g| g.body.contains("Payroll tests") && g.headers["x-argos-event"] == "notification.failed"));
    // Their rows would be of the same transactions as those of the second channel.
    assert_eq!(s.oda().get("/api/notifications/deliveries").await.json()["deliveries"], json!([]));
    let seen = Filter { scope: Scope { nodes: None, organizations: false, house: None }, ..Filter::default() };
    let shown = s.events.list(&seen, None, 100).await.unwrap();
    assert!(shown.iter().all(|e| e.kind != "notification.failed"), "{shown:?}");
    assert_eq!(s.oda().get("/api/notifications").await.json(), json!({"notifications": [], "unread_count": 0}));
    assert_eq!(acme.get(&format!("{CHANNELS}/{payroll}")).await.json()["verified"], false);
    s.stop().await;
}

#[tokio::test]
async fn channels_of_organizations_count_for_nothing_of_the_instance() {
    let s = Stage::sqlite().await;
    let acme = s.acting_in(1);
    let dead = { tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap() };
    let channel = hook(&acme, "Dead", &format!("http://{dead}/")).await;
    rule(&acme, &channel, "test.run.failed").await;
    assert_eq!(s.notify.enabled_channels().await.unwrap(), 0);
    s.start().await;
    fail_a_run(&s, 1, "one").await;
    while log_of(&s, 1).await.is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_eq!(s.notify.queue_depth().await.unwrap().pending, 0);
    assert!(s.notify.deliveries_since(Timestamp::from_secs(0)).await.unwrap().is_empty());
    s.stop().await;
}

#[tokio::test]
async fn instance_neither_offers_nor_finds_channels_and_rules_of_organizations() {
    for s in Stage::each().await {
        let (acme, a) = (s.acting_in(1), s.oda());
        let channel = hook(&acme, "Slack", NOWHERE).await;
        rule(&acme, &channel, "config_change").await;
        let (number, rule_number) = (number_of(&s, "notification_channel").await, number_of(&s, "notification_rule").await);
        let (channels, rules) = ("/api/notifications/channels", "/api/notifications/rules");
        assert_eq!((a.get(channels).await.json(), a.get(rules).await.json()), (json!([]), json!([])));
        for (base, id) in [(channels, number), (rules, rule_number)] {
            for (method, tail) in [("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/toggle")] {
                let reply = a.call(method, &format!("{base}/{id}{tail}"), Some("{}".into())).await;
                assert_eq!(reply.status, 404, "{method} {base}{tail}: {}", reply.text());
            }
        }
        assert_eq!(a.post(&format!("{channels}/{number}/test"), json!({})).await.status, 404);
        assert_eq!(a.post("/api/notifications/preview", json!({"channel_id": number})).await.status, 404);
        assert!(s.notify.consequences_of_channel(number).await.unwrap().is_empty());
        assert!(s.notify.consequences_of_rule(rule_number).await.unwrap().is_empty());
        // Nor is a rule of the instance led into one.
        let own = s.hook("own", NOWHERE, json!({})).await;
        let body = |channel: i64| json!({"name": "n", "channel_id": channel, "event_type": "*"});
        let refused = a.post(rules, body(number)).await;
        assert_eq!((refused.status, refused.json()["field"].as_str()), (400, Some("channel_id")), "{}", refused.text());
        let id = made(&a.post(rules, body(own)).await)["id"].as_i64().unwrap();
        assert_eq!(a.put(&format!("{rules}/{id}"), body(number)).await.status, 400);
        let names = s.notify.consequences_of_organization(1).await.unwrap();
        assert_eq!((names.len(), names[0].what, names[0].names.clone()), (1, "channels", vec!["Slack".to_owned()]));
    }
}

#[tokio::test]
async fn rules_are_counted_for_each_owner() {
    let s = Stage::sqlite().await;
    let (acme, other) = (s.acting_in(1), s.acting_in(2));
    let channel = hook(&acme, "Many", NOWHERE).await;
    let mut change = s.audit.begin(&argos_kernel::Actor::system()).await.unwrap();
    let number = number_of(&s, "notification_channel").await;
    change.exec(MANY, argos_store::args![number]).await.unwrap();
    change.commit(argos_audit::Entry::new("test.rules", argos_audit::Category::Config)).await.unwrap();
    assert_eq!(ALL.len(), 2);
    let full = acme.post(RULES, json!({"channel_id": channel, "event_type": "config_change"})).await;
    assert_eq!(full.status, 400, "{}", full.text());
    assert!(full.text().contains("already 2000 rules"), "{}", full.text());
    let theirs = hook(&other, "Few", NOWHERE).await;
    rule(&other, &theirs, "config_change").await;
    let own = s.hook("own", NOWHERE, json!({})).await;
    made(&s.ada().post("/api/notifications/rules", json!({"name": "n", "channel_id": own, "event_type": "*"})).await);
}

argos_store::statements! {
    state;
    MANY = "test.rules",
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000)
         insert into notification_rules (uid, name, channel_id, kinds, severities, host_ids, device_ids, node_ids, tags, throttle_s, enabled, origin,
           created_at, updated_at) select '01890000-0000-7000-8000-' || substr('00000000000' || i, -12), 'r', $1, '[]', '[]', '[]', '[]', '[]', '[]', 0, true, 'edge', 0, 0 from n";
    LETTERS = "test.letters", "select count(*) from personal_mail";
}

#[tokio::test]
async fn webhook_keeps_its_signature_when_only_its_address_changes() {
    let s = Stage::sqlite().await;
    let acme = s.acting_in(1);
    let made_with = async |name: &str, config: Value| {
        made(&acme.post(CHANNELS, json!({"name": name, "channel_type": "webhook", "config": config})).await)
    };
    let plain = made_with("plain", json!({"url": NOWHERE})).await;
    assert_eq!((&plain["config"]["signature_version"], &plain["rate_limit_per_hour"]), (&json!(2), &json!(100)));
    let old = made_with("old", json!({"url": NOWHERE, "signature_version": 1})).await;
    let path = format!("{CHANNELS}/{}", text(&old["id"]));
    let moved = acme.patch(&path, json!({"config": {"url": "https://new.example.test/"}})).await.json();
    assert_eq!((&moved["config"]["signature_version"], &moved["config"]["url"]), (&json!(1), &json!("https://new.example.test/")));
}

#[tokio::test]
async fn channel_is_made_in_the_organization_that_its_body_names() {
    let s = Stage::sqlite().await;
    let (acme, other) = (s.acting_in(1), s.acting_in(2));
    let body = |organization: &str, name: &str| json!({"organization_id": organization, "name": name, "channel_type": "webhook", "config": {"url": NOWHERE}});
    made(&other.post(CHANNELS, body("default", "of the default one")).await);
    made(&acme.post(CHANNELS, body("2", "of the second")).await);
    assert_eq!(acme.post(CHANNELS, body("9", "x")).await.status, 404);
    let names = async |who: &TestClient, query: &str| {
        let all = who.get(&format!("{CHANNELS}{query}")).await.json();
        all.as_array().unwrap().iter().map(|c| text(&c["name"])).collect::<Vec<_>>()
    };
    assert_eq!(
        (names(&acme, "").await, names(&other, "").await),
        (vec!["of the default one".to_owned()], vec!["of the second".to_owned()])
    );
    assert_eq!(names(&acme, "?organization_id=2").await, ["of the second"]);
}

#[tokio::test]
async fn refused_members_of_a_channel_and_a_rule_are_named_as_they_were_sent() {
    let s = Stage::sqlite().await;
    let acme = s.acting_in(1);
    let channel = hook(&acme, "c", NOWHERE).await;
    let body = |key: &str, value: Value| {
        let mut body = json!({"name": "x", "channel_type": "webhook", "config": {"url": NOWHERE}});
        body[key] = value;
        body
    };
    let rule = |key: &str, value: Value| {
        let mut body = json!({"channel_id": channel, "event_type": "config_change"});
        body[key] = value;
        body
    };
    let quiet = json!({"start": "25:00", "end": "06:00", "timezone": "UTC"});
    for (path, body, field) in [
        (CHANNELS, body("channel_type", json!("pigeon")), "channel_type"),
        (CHANNELS, body("channel_type", json!("mqtt")), "channel_type"),
        (CHANNELS, body("channel_type", json!("in_app")), "channel_type"),
        (CHANNELS, body("name", json!(" ")), "name"),
        (CHANNELS, body("name", json!("n".repeat(101))), "name"),
        (CHANNELS, body("config", json!({"url": NOWHERE, "template": "{{ .A"})), "config"),
        (CHANNELS, body("rate_limit_per_hour", json!(-1)), "rate_limit_per_hour"),
        (CHANNELS, body("quiet_hours", quiet), "quiet_hours"),
        (RULES, rule("message_template", json!("{{ .A")), "message_template"),
        (RULES, rule("priority", json!("loud")), "priority"),
        (RULES, rule("cooldown_minutes", json!(1441)), "cooldown_minutes"),
    ] {
        let reply = acme.post(path, body.clone()).await;
        assert_eq!(reply.status, 422, "{body}: {}", reply.text());
        assert!(reply.text().contains(field), "{body}: {}", reply.text());
    }
}

#[tokio::test]
async fn urgent_message_passes_the_quiet_hours_of_an_organizations_channel() {
    let clock = argos_kernel::ManualClock::at(Timestamp::parse_rfc3339("2026-01-10T22:30:00Z").unwrap());
    let s = Stage::at(std::sync::Arc::new(clock)).await;
    let receiver = Receiver::start(&s.tasks, &[]).await;
    let acme = s.acting_in(1);
    let quiet = json!({"start": "22:00", "end": "06:00", "timezone": "UTC"});
    let body = json!({"name": "night", "channel_type": "webhook", "config": {"url": receiver.url}, "quiet_hours": quiet});
    let channel = made(&acme.post(CHANNELS, body).await);
    assert_eq!(channel["quiet_hours"], quiet);
    let id = text(&channel["id"]);
    rule(&acme, &id, "test.run.completed").await;
    made(&acme.post(RULES, json!({"channel_id": id, "event_type": "test.run.failed", "priority": "urgent"})).await);
    s.start().await;
    let finished = NewEvent::new(Source::Quality, "test.run.completed", "calm").severity(Severity::Info);
    s.events.announce(finished.organization(1)).await.unwrap();
    fail_a_run(&s, 1, "loud").await;
    assert!(receiver.wait(1).await[0].body.contains("loud"));
    let mut all: Vec<_> = logged(&s, 1, 2).await.iter().map(|l| (text(&l["event_type"]), text(&l["status"]))).collect();
    all.sort_unstable();
    assert_eq!(all, [("test.failed".to_owned(), "sent".to_owned()), ("test.run.completed".to_owned(), "suppressed".to_owned())]);
    let path = format!("{CHANNELS}/{id}");
    assert_eq!(acme.patch(&path, json!({"enabled": true})).await.json()["quiet_hours"], quiet);
    assert_eq!(acme.patch(&path, json!({"quiet_hours": null})).await.json()["quiet_hours"], Value::Null);
    s.stop().await;
}

#[tokio::test]
async fn test_of_a_channel_stands_in_the_audit_log_of_its_organization() {
    let s = Stage::sqlite().await;
    let receiver = Receiver::start(&s.tasks, &[]).await;
    let acme = s.acting_in(1);
    let channel = hook(&acme, "Builds", &receiver.url).await;
    assert_eq!(acme.post(&format!("{CHANNELS}/{channel}/test"), json!({})).await.status, 200);
    let rows = s.audit.after(0, 100).await.unwrap();
    let tried = rows.iter().find(|r| r.action == "notification_channel.test").unwrap();
    assert_eq!(tried.organization_id, Some(1));
    s.tasks.shutdown().trigger();
}

#[tokio::test]
async fn bot_of_an_organization_writes_no_letters_of_the_instance() {
    let s = Stage::sqlite().await;
    let acme = s.acting_in(1);
    let body =
        json!({"name": "Slack", "channel_type": "slack", "config": {"webhook_url": NOWHERE, "bot_token": "xoxb-1", "channel": "#a"}});
    let bot = acme.post(CHANNELS, body).await;
    assert_eq!(bot.status, 201, "{}", bot.text());
    assert!(!s.notify.ways().await.unwrap().slack);
    let mut tx = s.t.store.state.begin().await.unwrap();
    let told = argos_notify::Told {
        event_id: 1,
        kind: "approval.requested",
        source: Source::Platform,
        severity: Severity::Warning,
        title: "t",
        message: "m",
    };
    let ways = argos_notify::Ways { email: true, slack: true };
    s.notify.tell_people(&mut tx, &[2], &told, ways).await.unwrap();
    let letters: i64 = tx.one(LETTERS, argos_store::args![]).await.unwrap().get(0).unwrap();
    assert_eq!(letters, 0);
}

#[tokio::test]
async fn deleted_organization_hears_nothing_while_it_waits_for_its_purge() {
    let s = Stage::sqlite().await;
    let receiver = Receiver::start(&s.tasks, &[]).await;
    s.hook("instance", &receiver.url, json!({})).await;
    for (who, organization) in [(s.acting_in(1), 1), (s.acting_in(2), 2)] {
        let channel = hook(&who, "Builds", &format!("{}?of={organization}", receiver.url)).await;
        rule(&who, &channel, "test.run.failed").await;
    }
    s.deleted.store(1, Ordering::Relaxed);
    s.start().await;
    fail_a_run(&s, 1, "of the deleted one").await;
    fail_a_run(&s, 2, "of the other one").await;
    let got = receiver.wait(1).await;
    assert!(got[0].line.contains("of=2") && got[0].body.contains("of the other one"), "{got:?}");
    s.tell(notice(FiringChange::Fired)).await;
    s.settled(1).await;
    assert_eq!(receiver.got().len(), 2, "one of the instance, one of the other organization");
    s.stop().await;
}
