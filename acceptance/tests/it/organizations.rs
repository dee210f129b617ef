//! Platform 2.2 and the quality part C3, C4: organizations, members by invitation, projects; nothing of another
//! organization is even known to exist.

use std::time::Duration;

use argos_peers::{ArgosConfig, Client, MailServer, WebhookReceiver, mail, wait_for};
use serde_json::{Value, json};

use crate::stage::Stage;

/// The refusals of one address are counted; nothing here is about that.
fn stage() -> Stage {
    Stage::on(ArgosConfig::new().env("ARGOS_HTTP_RATE_LIMITING", "false"))
}

#[test]
fn invited_person_joins_by_link_and_sees_the_projects_of_that_organization_alone() {
    let stage = stage();
    let acme = stage.owner.post("/api/v1/organizations", json!({"name": "Acme"})).expect_status(200).json();
    let id = acme["id"].as_str().unwrap();
    assert_eq!((&acme["slug"], &acme["plan"], &acme["member_count"]), (&json!("acme"), &json!("free"), &json!(1)));
    let projects = format!("/api/v1/organizations/{id}/projects");
    let shop = stage.owner.post(&projects, json!({"name": "Shop", "app_url": "https://shop.example"})).expect_status(201).json();
    let shop = format!("/api/v1/projects/{}", shop["id"].as_str().unwrap());
    stage.add_user("mia", "viewer");
    let mia = stage.sign_in("mia");
    for path in [format!("/api/v1/organizations/{id}"), projects, shop.clone()] {
        let stranger = mia.get(&path);
        assert_eq!(stranger.status, 404, "{path}: {}", stranger.text());
    }
    let invited = stage.owner.post(&format!("/api/v1/organizations/{id}/members"), json!({"email": "mia@example.org"})).expect_status(200);
    assert_eq!(invited.json()["status"], "pending");
    let path = invited.json()["invite_path"].as_str().unwrap().to_owned();
    let token = path.strip_prefix("/invite/").unwrap();
    assert_eq!(stage.anonymous().get(&path).status, 200, "the page that accepts it");
    let shown = stage.anonymous().get(&format!("/api/v1/invitations/validate/{token}")).expect_status(200).json();
    assert_eq!((&shown["valid"], &shown["organization_name"]), (&json!(true), &json!("Acme")));
    mia.post(&format!("/api/v1/invitations/accept/{token}"), json!({})).expect_status(200);
    assert_eq!(mia.get(&shop).expect_status(200).json()["name"], "Shop");
    assert_eq!(mia.put(&shop, json!({"description": "ours"})).status, 200, "a member writes");
    assert_eq!(mia.put(&format!("/api/v1/organizations/{id}"), json!({"name": "Mine"})).status, 403);
    let uid = stage.owner.get(&format!("/api/v1/organizations/{id}/members")).json()[1]["user_id"].clone();
    stage.owner.delete(&format!("/api/v1/organizations/{id}/members/{}", uid.as_str().unwrap())).expect_status(200);
    assert_eq!(mia.get(&shop).status, 404, "at once");
}

#[test]
fn repeated_request_with_its_key_is_answered_once_across_a_restart() {
    let stage = stage();
    let keyed = stage.owner.with_header("Idempotency-Key", "once");
    let first = keyed.post("/api/v1/organizations", json!({"name": "Acme"})).expect_status(200);
    let Stage { argos, .. } = stage;
    let argos = argos.kill9().restart();
    let keyed = argos.admin().with_header("Idempotency-Key", "once");
    let again = keyed.post("/api/v1/organizations", json!({"name": "Acme"})).expect_status(200);
    assert_eq!((again.header("idempotency-replayed"), again.json()), (Some("true"), first.json()));
}

#[test]
fn address_list_that_shuts_its_writer_out_is_refused() {
    let stage = Stage::on(ArgosConfig::new().env("ARGOS_TRUSTED_PROXIES", "127.0.0.1"));
    let path = "/api/settings/auth.ip_allowlist";
    let inside = stage.owner.clone().with_header("X-Forwarded-For", "192.0.2.7");
    let refused = inside.put(path, json!({"value": "10.0.0.0/8"}));
    assert_eq!((refused.status, refused.json()["code"].clone()), (409, json!("would_lock_out")));
    inside.put(path, json!({"value": "192.0.2.0/24"})).expect_status(200);
    let outside = stage.owner.with_header("X-Forwarded-For", "203.0.113.9");
    argos_peers::wait_until("the list to act", std::time::Duration::from_secs(2), || outside.get("/api/me").status == 403);
    assert_eq!(inside.get("/api/me").status, 200);
    assert_eq!(outside.get("/healthz").status, 200, "probes are exempt");
}

#[test]
fn invitation_goes_by_mail_where_there_is_a_mail_server_and_its_link_works() {
    let server = MailServer::start("starttls");
    let config = ArgosConfig::new().arg("--allow-private-targets").env("SSL_CERT_FILE", &server.certificate());
    let stage = Stage::on(config.env("ARGOS_HTTP_RATE_LIMITING", "false"));
    let id =
        stage.owner.post("/api/v1/organizations", json!({"name": "Acme"})).expect_status(200).json()["id"].as_str().unwrap().to_owned();
    let invite = |email: &str| {
        let body = json!({"email": email, "message": "Welcome on board"});
        stage.owner.post(&format!("/api/v1/organizations/{id}/members"), body).expect_status(200).json()
    };
    assert_eq!(invite("first@example.test")["mail"], "not_configured");
    let set = |key: &str, value: serde_json::Value| {
        drop(stage.owner.put(&format!("/api/settings/{key}"), json!({"value": value})).expect_status(200));
    };
    set("smtp.from", json!("Argos <argos@example.test>"));
    set("smtp.port", json!(server.port()));
    set("smtp.security", json!("starttls"));
    set("smtp.user", json!(mail::USER));
    set("smtp.password", json!(mail::PASSWORD));
    set("smtp.host", json!("localhost"));
    set("http.public_url", json!("https://argos.example.test"));
    let invited = invite("ops@example.test");
    assert_eq!(invited["mail"], "sent", "{invited}");
    let got = &server.wait(1, Duration::from_secs(5))[0];
    assert_eq!((&got["subject"], &got["to"][0]), (&json!("admin invites you to Acme"), &json!("ops@example.test")));
    let text = got["text"].as_str().unwrap().replace("=\r\n", "").replace("=\n", "");
    let link = format!("https://argos.example.test{}", invited["invite_path"].as_str().unwrap());
    assert!(text.contains(&link) && text.contains("Welcome on board"), "{text}");
    let token = link.rsplit('/').next().unwrap();
    assert_eq!(stage.anonymous().get(&format!("/api/v1/invitations/validate/{token}")).json()["valid"], true);
    let refused = invite("nobody@example.test");
    assert_eq!(refused["mail"], "failed");
    assert!(refused["invite_path"].as_str().is_some_and(|path| path.starts_with("/invite/")), "the link is there all the same");
    assert!(!stage.argos.log().contains(token), "the log does not hold the link");
}

#[test]
fn channel_of_an_organization_hears_its_own_events_alone_and_nobody_else_reads_them() {
    let receiver = WebhookReceiver::start();
    let stage = Stage::on(ArgosConfig::new().env("ARGOS_HTTP_RATE_LIMITING", "false").arg("--allow-private-targets"));
    let acting = |name: &str, organization: &str| -> (Client, Client, String) {
        let who = stage.person(name, "viewer");
        let made = who.post("/api/v1/organizations", json!({"name": organization})).expect_status(200).json();
        let id = made["id"].as_str().unwrap().to_owned();
        (who.clone(), who.with_header("X-Organization-ID", &id), id)
    };
    let ((bare_ada, ada, own), (bare_eve, eve, _)) = (acting("ada", "Acme"), acting("eve", "Other"));
    let channels = "/api/v1/notifications/channels";
    let hook = |name: &str, path: &str| json!({"name": name, "channel_type": "webhook", "config": {"url": receiver.url(path), "secret": "shared-with-them"}});
    let made = ada.post(channels, hook("Builds", "/acme")).expect_status(201);
    let (id, made) = (made.json()["id"].as_str().unwrap().to_owned(), made.json());
    assert_eq!((&made["organization_id"], &made["project_id"], &made["verified"]), (&json!(own), &json!(null), &json!(false)), "{made}");
    assert_eq!((&made["config"]["secret"], &made["rate_limit_per_hour"]), (&json!("***"), &json!(100)), "{made}");
    ada.post(&format!("{channels}/{id}/test"), json!({})).expect_status(200);
    assert_eq!(ada.get(&format!("{channels}/{id}")).expect_status(200).json()["verified"], true);
    let broker = json!({"name": "x", "channel_type": "mqtt", "config": {"topic": "t"}});
    assert_eq!(ada.post(channels, broker).status, 422, "the broker is the instance's");

    let rules = "/api/v1/notifications/rules";
    let rule =
        |channel: &str, event: &str| json!({"channel_id": channel, "event_type": event, "priority": "urgent", "cooldown_minutes": 0});
    let told = ada.post(rules, rule(&id, "config_change")).expect_status(201).json();
    assert_eq!((&told["name"], &told["priority"], &told["conditions"]), (&json!("config_change"), &json!("urgent"), &json!({})), "{told}");
    assert_eq!(ada.post(rules, rule(&id, "no.such.event")).status, 422);
    assert_eq!(eve.post(rules, rule(&id, "config_change")).status, 400, "of another organization");
    let rule_path = format!("{rules}/{}", told["id"].as_str().unwrap());
    let change = |who: &Client, body: Value| who.request("PATCH", &format!("{channels}/{id}")).json(&body).send();
    for answer in [
        eve.get(&format!("{channels}/{id}")),
        change(&eve, json!({"enabled": false})),
        eve.delete(&format!("{channels}/{id}")),
        eve.post(&format!("{channels}/{id}/test"), json!({})),
        eve.get(&rule_path),
        eve.delete(&rule_path),
    ] {
        assert_eq!(answer.status, 404, "{}", answer.text());
    }
    assert_eq!((eve.get(channels).json(), eve.get(rules).json()), (json!([]), json!([])));

    // The instance and another organization change something first; the own change is the last that could be told.
    stage.owner.put("/api/settings/jobs.max", json!({"value": "4"})).expect_status(200);
    eve.post(channels, hook("Foreign", "/other")).expect_status(201);
    change(&ada, json!({"name": "All builds"})).expect_status(200);
    let last = wait_for("the own change", Duration::from_secs(60), || {
        receiver.received().iter().map(argos_peers::webhook::Received::json).find(|told| told["data"]["action"] == "update")
    });
    assert_eq!((&last["priority"], &last["organization_id"]), (&json!("urgent"), &json!(own)), "{last}");
    for heard in receiver.received() {
        let text = String::from_utf8_lossy(&heard.body).into_owned();
        assert!(!text.contains("Foreign") && !text.contains("jobs.max"), "{text}");
    }
    // A row says so after the receiver has answered.
    let logs = wait_for("the record", Duration::from_secs(60), || {
        let logs = ada.get("/api/v1/notifications/logs?status=sent").expect_status(200).json();
        logs.as_array().is_some_and(|all| !all.is_empty()).then_some(logs)
    });
    assert!(logs.as_array().unwrap().iter().all(|l| l["channel_id"] == json!(id) && l["response_code"] == 200), "{logs}");
    assert_eq!(eve.get("/api/v1/notifications/logs").expect_status(200).json(), json!([]));

    // The instance neither reads what was told nor is offered the channels.
    let shown = stage.owner.get("/api/notifications/deliveries").expect_status(200).json();
    assert_eq!(shown["deliveries"], json!([]));
    assert_eq!(stage.owner.get("/api/notifications/channels").expect_status(200).json(), json!([]));
    // Who names an organization in the body alone acts there, if it is his.
    let named = |who: &Client, name: &str| {
        let mut body = hook(name, "/named");
        body["organization_id"] = json!(own);
        who.post(channels, body)
    };
    assert_eq!(named(&bare_ada, "Named").expect_status(201).json()["organization_id"], json!(own));
    assert_eq!(named(&bare_eve, "Stolen").status, 404);

    ada.delete(&format!("/api/v1/organizations/{own}")).expect_status(200);
    // Nobody acts there any more.
    assert_eq!((ada.get(channels).status, ada.get(&format!("{channels}/{id}")).status), (403, 403));
    assert_eq!(eve.get(channels).expect_status(200).json().as_array().unwrap().len(), 1);
}
