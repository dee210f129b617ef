//! Edge scenario H12: certificates from Pebble by each kind of proof, uploaded ones, and what people see when it fails.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use argos_peers::bind9::{KEY_NAME, KEY_SECRET};
use argos_peers::scripted_http::Asked;
use argos_peers::{ArgosConfig, Bind9, Client, Nginx, Pebble, PebbleConfig, Response, ScriptedHttp, free_port, wait_for, wait_until};
use serde_json::{Value, json};

use crate::edge_sites::{address, backend};
use crate::stage::{Stage, assert_error};

pub(crate) const SOON: Duration = Duration::from_secs(40);

/// A server whose authority is Pebble.
pub(crate) struct Scene {
    pub(crate) stage: Stage,
    pebble: Pebble,
    nginx: Nginx,
}

impl Scene {
    fn start(dns: Option<SocketAddr>) -> Self {
        Self::of(PebbleConfig { dns, ..PebbleConfig::default() })
    }

    pub(crate) fn of(wanted: PebbleConfig) -> Self {
        let (http, https) = (free_port(), free_port());
        let pebble = Pebble::start(&PebbleConfig { http_port: http, tls_port: https, ..wanted });
        let config = ArgosConfig::new()
            .env("ARGOS_EDGE_HTTP", &format!("127.0.0.1:{http}"))
            .env("ARGOS_EDGE_HTTPS", &format!("127.0.0.1:{https}"))
            .env("ARGOS_ACME_CA_URL", &pebble.directory())
            .env("SSL_CERT_FILE", &pebble.trust_file().display().to_string())
            .env("NUT_AUTO_DISCOVER", "false")
            .arg("--allow-private-targets");
        Self { stage: Stage::on(config), pebble, nginx: backend("one") }
    }

    fn https(&self) -> SocketAddr {
        address(&self.stage, "edge_https")
    }

    /// Publishes a site that has its certificate from the authority.
    pub(crate) fn publish(&self, domain: &str, challenge: &str, provider: &str) -> i64 {
        let pool = json!({"name": domain, "targets": [{"host": "127.0.0.1", "port": self.nginx.port()}]});
        let body = json!({"domain": domain, "tls_mode": "auto", "tls_email": "ops@example.org", "tls_challenge": challenge,
            "tls_dns_provider": provider, "target_group": pool});
        self.stage.owner.post("/api/hosts", body).expect_status(201).json()["id"].as_i64().unwrap()
    }

    fn certificate(&self, host: i64) -> Value {
        let list = self.stage.owner.get("/api/certs").expect_status(200).json();
        list.as_array().unwrap().iter().find(|c| c["host_id"] == host).cloned().unwrap_or(Value::Null)
    }

    #[track_caller]
    pub(crate) fn wait(&self, host: i64, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        wait_for(&format!("{what}; last: {}", self.certificate(host)), SOON, || Some(self.certificate(host)).filter(|c| is_it(c)))
    }

    #[track_caller]
    pub(crate) fn wait_issued(&self, host: i64) -> Value {
        self.wait(host, "a certificate", |c| c["status"] == "ok" && c["ordering"] == false)
    }

    fn events(&self, kind: &str) -> usize {
        let page = self.stage.owner.get("/api/ui/timeline?limit=200").expect_status(200).json();
        page["items"].as_array().unwrap().iter().filter(|e| e["kind"] == kind).count()
    }

    /// Stops it as a crash would and starts it again.
    fn crash(self) -> Self {
        let Self { stage, pebble, nginx } = self;
        Self { stage: Stage::of(stage.argos.kill9().restart()), pebble, nginx }
    }
}

fn openssl(args: &[&str], input: &[u8]) -> String {
    use std::io::Write;
    let mut child = Command::new("openssl").args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    String::from_utf8_lossy(&child.wait_with_output().unwrap().stdout).into_owned()
}

/// SHA-256 of the certificate that a name is served with, and its issuer.
pub(crate) fn served(https: SocketAddr, name: &str) -> (String, String) {
    let said = openssl(&["s_client", "-connect", &https.to_string(), "-servername", name], b"");
    let read = openssl(&["x509", "-noout", "-fingerprint", "-sha256", "-issuer"], said.as_bytes());
    let fingerprint = read.lines().find_map(|l| l.split_once("Fingerprint=")).map(|(_, f)| f.replace(':', "").to_lowercase());
    (fingerprint.unwrap_or_default(), read.lines().find(|l| l.starts_with("issuer")).unwrap_or_default().to_owned())
}

/// A self-signed pair.
pub(crate) fn pair(dir: &Path, name: &str, days: &str) -> (String, String) {
    pair_by(dir, name, days, &|words| {
        openssl(words, b"");
    })
}

/// One whose days were over years ago.
fn expired_pair(dir: &Path, name: &str) -> (String, String) {
    let faketime = argos_peers::packages::require("faketime", &["faketime"], || argos_peers::process::find_program(&["faketime"], &[]));
    let faketime = faketime.unwrap();
    pair_by(dir, name, "10", &|words| {
        argos_peers::process::run(&faketime, &[&["2020-01-01", "openssl"], words].concat(), &[]).unwrap();
    })
}

fn pair_by(dir: &Path, name: &str, days: &str, run: &dyn Fn(&[&str])) -> (String, String) {
    let at = |end: &str| dir.join(format!("{name}.{end}")).display().to_string();
    let (cert, key, subject, extension) = (at("crt"), at("key"), format!("/CN={name}"), format!("subjectAltName=DNS:{name}"));
    let new = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", &subject];
    let words: Vec<&str> = new.into_iter().chain(["-days", days, "-addext", &extension, "-out", &cert, "-keyout", &key]).collect();
    run(&words);
    (std::fs::read_to_string(cert).unwrap(), std::fs::read_to_string(key).unwrap())
}

pub(crate) fn upload(client: &Client, path: &str, parts: &[(&str, &str)]) -> Response {
    let part = |(name, text): &(&str, &str)| format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n");
    let body: String = parts.iter().map(part).collect::<String>() + "--edge--\r\n";
    client.request("POST", path).header("Content-Type", "multipart/form-data; boundary=edge").body(body).send()
}

#[test]
fn site_by_http_is_issued_redirected_and_comes_back_after_a_crash() {
    let scene = Scene::start(None);
    let host = scene.publish("app.test", "http", "");
    let shown = scene.wait_issued(host);
    assert!(shown["issuer"].as_str().unwrap().contains("Pebble"), "{shown}");
    let steps: Vec<&str> = shown["steps"].as_array().unwrap().iter().map(|s| s["step"].as_str().unwrap()).collect();
    assert_eq!(steps, ["order", "proof", "proven", "finalize"]);
    assert_eq!(
        (&shown["challenge"], &shown["failures"], &shown["last_renewal_event"]["success"]),
        (&json!("http"), &json!(0), &json!(true))
    );
    wait_until("the new certificate is served", SOON, || served(scene.https(), "app.test").1.contains("Pebble"));
    assert_eq!(served(scene.https(), "app.test").0, shown["fingerprint_sha256"].as_str().unwrap());
    assert_eq!((scene.events("edge.cert_issued"), scene.events("edge.cert_renewed")), (1, 0));

    let plain = Client::new(address(&scene.stage, "edge_http"));
    let redirect = plain.request("GET", "/x?y=1").header("Host", "app.test").send();
    assert_eq!((redirect.status, redirect.header("location")), (308, Some("https://app.test/x?y=1")));
    let owner = &scene.stage.owner;
    let pool = owner.get(&format!("/api/hosts/{host}")).json()["target_group_id"].clone();
    let open =
        owner.post("/api/hosts", json!({"domain": "open.test", "tls_mode": "none", "target_group_id": pool})).expect_status(201).json();
    assert_eq!(plain.request("GET", "/").header("Host", "open.test").send().status, 200);
    assert_eq!(scene.certificate(open["id"].as_i64().unwrap()), Value::Null);
    assert_error(&owner.post(&format!("/api/certs/{}/renew", open["id"]), json!({})), 400, "not_auto");
    assert_eq!(owner.post("/api/certs/999/renew", json!({})).status, 404);

    let queued = owner.post(&format!("/api/certs/{host}/renew?force=true"), json!({})).expect_status(202).json();
    assert_eq!((&queued["queued"], &queued["domain"]), (&json!(true), &json!("app.test")));
    let renewed = scene.wait(host, "a renewal", |c| c["fingerprint_sha256"] != shown["fingerprint_sha256"]);
    assert_eq!(scene.events("edge.cert_renewed"), 1);

    let scene = scene.crash();
    assert_eq!(served(scene.https(), "app.test").0, renewed["fingerprint_sha256"].as_str().unwrap());
    let dump = std::fs::read(scene.stage.argos.data_dir().join("argos.db")).unwrap_or_default();
    assert!(!String::from_utf8_lossy(&dump).contains("PRIVATE KEY"), "keys are sealed");
}

#[test]
fn site_by_tls_alpn_is_issued() {
    let scene = Scene::start(None);
    let host = scene.publish("app.test", "tls-alpn", "");
    scene.wait_issued(host);
    wait_until("the new certificate is served", SOON, || served(scene.https(), "app.test").1.contains("Pebble"));
}

#[test]
fn wildcard_is_issued_by_a_record_that_is_taken_away_again() {
    let bind = Bind9::start("app.test");
    let scene = Scene::start(Some(bind.address()));
    let owner = &scene.stage.owner;
    let path = "/api/dns-providers/rfc2136";
    let fields = json!({"server": bind.address().to_string(), "key_name": KEY_NAME, "key_secret": KEY_SECRET});
    assert_error(&owner.put(path, json!({"enabled": true})), 400, "invalid_field");
    let missing = owner.put(path, json!({"credentials": {"server": "x"}}));
    assert_eq!(assert_error(&missing, 400, "invalid_field")["field"], "credentials.key_name");
    let set = owner.put(path, json!({"enabled": true, "credentials": fields})).expect_status(200);
    assert!(!set.text().contains(KEY_SECRET) && set.json()["configured"] == true, "{}", set.text());
    let kept = json!({"server": bind.address().to_string(), "key_name": KEY_NAME, "key_secret": "__UNCHANGED__"});
    owner.put(path, json!({"credentials": kept})).expect_status(200);
    assert_eq!(owner.get("/api/dns-providers/nobody").status, 404);

    let host = scene.publish("*.app.test", "dns", "rfc2136");
    let shown = scene.wait_issued(host);
    assert_eq!((&shown["domain"], &shown["dns_provider"]), (&json!("*.app.test"), &json!("rfc2136")));
    wait_until("the wildcard is served", SOON, || served(scene.https(), "shop.app.test").1.contains("Pebble"));
    assert!(bind.texts("_acme-challenge.app.test").is_empty(), "nothing is left in the zone");
}

#[test]
fn order_goes_on_after_a_crash_in_its_middle() {
    let bind = Bind9::start("app.test");
    let scene = Scene::start(Some(bind.address()));
    let hooks = scene.stage.argos.data_dir().join("dns-hooks");
    std::fs::create_dir_all(&hooks).unwrap();
    let script = format!(
        "#!/bin/sh\nwhile [ ! -e {0}/go ]; do sleep 0.1; done\nkill -0 $PPID || exit 0\nverb=add; [ $1 = cleanup ] && verb=delete\n\
         printf 'server 127.0.0.1 {1}\\nkey hmac-sha256:{KEY_NAME} {KEY_SECRET}\\nupdate %s %s 60 TXT \"%s\"\\nsend\\n' $verb $2 $3 | nsupdate\n",
        hooks.display(),
        bind.address().port()
    );
    std::fs::write(hooks.join("hook"), script).unwrap();
    std::fs::set_permissions(hooks.join("hook"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let body = json!({"enabled": true, "credentials": {"program": "hook"}});
    scene.stage.owner.put("/api/dns-providers/exec", body).expect_status(200);
    let host = scene.publish("app.test", "dns", "exec");
    scene.wait(host, "the proof", |c| c["steps"].as_array().unwrap().iter().any(|s| s["step"] == "proof"));
    let scene = scene.crash();
    assert_eq!(scene.certificate(host)["ordering"], true);
    std::fs::write(hooks.join("go"), "").unwrap();
    scene.wait_issued(host);
    assert_eq!(scene.pebble.log().matches("Added order").count(), 1, "one order only: {}", scene.pebble.log());
    wait_until("the zone is clean", SOON, || bind.texts("_acme-challenge.app.test").is_empty());
}

#[test]
fn authority_that_is_down_is_named_and_the_site_serves_on() {
    let mut scene = Scene::start(None);
    scene.pebble.stop();
    let host = scene.publish("app.test", "http", "");
    let shown = scene.wait(host, "a failure", |c| c["failures"].as_i64() >= Some(1));
    assert_eq!((&shown["status"], &shown["error_code"], &shown["days_left"]), (&json!("unknown"), &json!("unreachable"), &Value::Null));
    assert!(shown["last_renewal_event"]["message"].as_str().unwrap().contains("cannot be reached"), "{shown}");
    assert!(shown["next_attempt_at"].is_string());
    assert_eq!(scene.events("edge.cert_renewal_failed"), 1);
    assert_eq!(served(scene.https(), "app.test").0.len(), 64, "it is served with a certificate of our own");
    scene.pebble.resume();
    scene.stage.owner.post(&format!("/api/certs/{host}/renew"), json!({})).expect_status(202);
    scene.wait_issued(host);

    // An authority that lost its memory: the account is opened anew, and the old certificate is served meanwhile.
    scene.pebble.stop();
    scene.pebble.resume();
    let before = scene.certificate(host)["fingerprint_sha256"].clone();
    scene.stage.owner.post(&format!("/api/certs/{host}/renew?force=true"), json!({})).expect_status(202);
    scene.wait(host, "a renewal", |c| c["fingerprint_sha256"] != before);
}

#[test]
fn uploaded_certificate_is_judged_served_replaced_and_removed() {
    let scene = Scene::start(None);
    let dir = scene.stage.argos.config().scratch().to_owned();
    let host = scene.publish("app.test", "http", "");
    scene.wait_issued(host);
    let owner = &scene.stage.owner;
    let path = format!("/api/manual-certs/{host}");
    let (cert, key) = pair(&dir, "app.test", "90");
    let (other, other_key) = pair(&dir, "other.test", "90");
    let (old, old_key) = expired_pair(&dir, "app.test");
    for (parts, field, text) in [
        (vec![("cert_pem", ""), ("key_pem", key.as_str())], "cert_pem", "empty"),
        (vec![("cert_pem", cert.as_str()), ("key_pem", other_key.as_str())], "key_pem", "does not belong"),
        (vec![("cert_pem", other.as_str()), ("key_pem", other_key.as_str())], "cert_pem", "does not cover app.test"),
        (vec![("cert_pem", old.as_str()), ("key_pem", old_key.as_str())], "cert_pem", "expired at 2020-01-11"),
        (vec![("cert_pem", cert.as_str()), ("key_pem", key.as_str()), ("chain_pem", key.as_str())], "chain_pem", "only CERTIFICATE"),
    ] {
        let refused = assert_error(&upload(owner, &path, &parts), 400, "invalid_field");
        assert!(refused["field"] == field && refused["error"].as_str().unwrap().contains(text), "{refused}");
        let checked = upload(owner, &format!("{path}/check"), &parts).expect_status(200).json();
        assert_eq!((&checked["ok"], &checked["field"]), (&json!(false), &json!(field)), "{checked}");
    }
    assert_eq!(owner.get(&path).status, 404);
    let good = [("cert_pem", cert.as_str()), ("key_pem", key.as_str())];
    let checked = upload(owner, &format!("{path}/check"), &good).expect_status(200).json();
    assert_eq!((&checked["ok"], &checked["cert"]["sans"]), (&json!(true), &json!(["app.test"])));
    assert_eq!(owner.get("/api/manual-certs").json(), json!([]), "a check keeps nothing");
    let done = upload(owner, &path, &good).expect_status(200);
    assert!(!done.text().contains("PRIVATE"), "{}", done.text());
    assert_eq!((&done.json()["host"]["tls_mode"], &done.json()["cert"]["issuer"]), (&json!("manual"), &json!("app.test")));
    let first = done.json()["cert"]["fingerprint_sha256"].as_str().unwrap().to_owned();
    assert_eq!(served(scene.https(), "app.test").0, first, "served at once");
    let (second_cert, second_key) = pair(&dir, "app.test", "20");
    let done = upload(owner, &path, &[("cert_pem", &second_cert), ("key_pem", &second_key)]).expect_status(200).json();
    assert_eq!(done["warnings"][0], "the certificate ends in 19 days");
    let second = done["cert"]["fingerprint_sha256"].as_str().unwrap().to_owned();
    assert!(second != first && served(scene.https(), "app.test").0 == second);
    wait_until("its end is told once, for the nearest threshold", SOON, || scene.events("edge.manual_cert_expiring_soon") == 1);
    let file = owner.get(&format!("{path}/download")).expect_status(200);
    assert!(file.header("content-disposition").unwrap().contains(&format!("manual-cert-{host}.pem")) && !file.text().contains("PRIVATE"));

    let lines = format!("/api/logs?source=caddy_error&q=certificate&host_id={host}");
    wait_until("the engine says so", SOON, || owner.get(&lines).expect_status(200).json()["entries"][0]["level"] == "info");
    let scene = scene.crash();
    assert_eq!(served(scene.https(), "app.test").0, second);
    let owner = &scene.stage.owner;
    assert_error(&owner.delete(&format!("{path}?revert=manual")), 400, "invalid_field");
    let member = |members: Value| {
        let mut body = json!({"domain": "app.test", "enabled": true, "tls_mode": "manual"});
        body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        owner.put(&format!("/api/hosts/{host}"), body).expect_status(200);
    };
    member(json!({"tls_challenge": "dns", "tls_dns_provider": "route53"}));
    let refused = assert_error(&owner.delete(&path), 400, "invalid_field");
    assert!(refused["field"] == "revert" && refused["error"].as_str().unwrap().contains("route53 is not ready"), "{refused}");
    member(json!({"tls_mode": "none"}));
    assert_eq!((owner.get(&path).status, owner.get("/api/manual-certs").json()), (404, json!([])), "it goes with the mode");
    upload(owner, &path, &good).expect_status(200);
    let gone = owner.delete(&format!("{path}?revert=none")).expect_status(200).json();
    assert_eq!((&gone["ok"], &gone["host"]["tls_mode"]), (&json!(true), &json!("none")));
    assert_eq!(owner.delete(&path).status, 404);
    let viewer = scene.stage.person("vera", "viewer");
    assert_eq!((viewer.get("/api/manual-certs").status, viewer.get(&format!("{path}/download")).status), (200, 403));
    assert_eq!(upload(&viewer, &path, &good).status, 403);
}

/// Writes into the zone what a provider's API was told.
fn nsupdate(port: u16, verb: &str, record: &str, text: &str) {
    let line = format!("server 127.0.0.1 {port}\nkey hmac-sha256:{KEY_NAME} {KEY_SECRET}\nupdate {verb} {record} 60 TXT {text}\nsend\n");
    let mut child = Command::new("nsupdate").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::io::Write::write_all(child.stdin.as_mut().unwrap(), line.as_bytes()).unwrap();
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success(), "{line}");
}

#[test]
fn cloudflare_is_told_with_its_token_and_cleaned_up() {
    let bind = Bind9::start("app.test");
    let port = bind.address().port();
    let kept = std::sync::Mutex::new(String::new());
    let api = ScriptedHttp::start(move |asked: &Asked| {
        let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
        let result = match (asked.method.as_str(), asked.target.as_str()) {
            _ if asked.header("authorization") != Some("Bearer cf-token") => {
                return (403, json!({"success": false, "errors": [{"code": 9109, "message": "Invalid access token"}]}).to_string());
            }
            ("GET", "/zones?name=app.test") => json!([{"id": "zone1", "name": "app.test"}]),
            ("GET", target) if target.starts_with("/zones?name=") => json!([]),
            ("POST", "/zones/zone1/dns_records") => {
                nsupdate(port, "add", body["name"].as_str().unwrap(), body["content"].as_str().unwrap());
                body["content"].as_str().unwrap().clone_into(&mut kept.lock().unwrap());
                json!({"id": "record1"})
            }
            ("GET", _) => json!([{"id": "record0", "content": "\"another\""}, {"id": "record1", "content": *kept.lock().unwrap()}]),
            ("DELETE", "/zones/zone1/dns_records/record1") => {
                nsupdate(port, "delete", "_acme-challenge.shop.app.test", &kept.lock().unwrap());
                json!({"id": "record1"})
            }
            _ => return (404, "{}".to_owned()),
        };
        (200, json!({"success": true, "errors": [], "result": result}).to_string())
    });
    let scene = Scene::start(Some(bind.address()));
    let set = |token: &str| {
        let body = json!({"enabled": true, "credentials": {"api_token": token, "api_url": api.url()}});
        scene.stage.owner.put("/api/dns-providers/cloudflare", body).expect_status(200);
    };
    set("wrong");
    let host = scene.publish("shop.app.test", "dns", "cloudflare");
    let shown = scene.wait(host, "a failure", |c| c["failures"].as_i64() >= Some(1));
    assert_eq!(shown["error_code"], "dns_provider");
    assert!(shown["last_renewal_event"]["message"].as_str().unwrap().contains("Invalid access token"), "{shown}");
    set("cf-token");
    scene.stage.owner.post(&format!("/api/certs/{host}/renew"), json!({})).expect_status(202);
    scene.wait_issued(host);
    let made = api.asked().into_iter().find(|a| a.method == "POST").unwrap();
    let body: Value = serde_json::from_str(&made.body).unwrap();
    assert_eq!((&body["type"], &body["name"]), (&json!("TXT"), &json!("_acme-challenge.shop.app.test")));
    assert!(!scene.stage.argos.log().contains("cf-token"), "no token in the log");
    wait_until("the zone is clean", SOON, || bind.texts("_acme-challenge.shop.app.test").is_empty());
}

#[test]
fn route53_is_told_by_signed_requests() {
    let bind = Bind9::start("app.test");
    let port = bind.address().port();
    let api = ScriptedHttp::start(move |asked: &Asked| {
        let signature = asked.header("authorization").unwrap_or_default();
        let scope = "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/";
        if !signature.starts_with(scope)
            || !signature.contains("/us-east-1/route53/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date")
        {
            return (403, "<ErrorResponse><Error><Message>The request is not signed</Message></Error></ErrorResponse>".to_owned());
        }
        if asked.target.starts_with("/2013-04-01/hostedzonesbyname?dnsname=") {
            return (200, "<ListHostedZonesByNameResponse><HostedZones><HostedZone><Id>/hostedzone/Z1ABC</Id><Name>app.test.</Name></HostedZone></HostedZones></ListHostedZonesByNameResponse>".to_owned());
        }
        let between = |from: &str, to: &str| {
            asked.body.split_once(from).and_then(|(_, rest)| rest.split_once(to)).map(|(text, _)| text.to_owned()).unwrap_or_default()
        };
        let verb = if between("<Action>", "<") == "UPSERT" { "add" } else { "delete" };
        nsupdate(port, verb, &between("<Name>", "<"), &between("<Value>", "<"));
        (200, "<ChangeResourceRecordSetsResponse/>".to_owned())
    });
    let scene = Scene::start(Some(bind.address()));
    let credentials = json!({"access_key_id": "AKIAEXAMPLE", "secret_access_key": "aws-secret", "api_url": api.url()});
    scene.stage.owner.put("/api/dns-providers/route53", json!({"enabled": true, "credentials": credentials})).expect_status(200);
    let host = scene.publish("*.app.test", "dns", "route53");
    scene.wait_issued(host);
    let changes: Vec<Asked> = api.asked().into_iter().filter(|a| a.method == "POST").collect();
    assert!(changes.iter().all(|a| a.target == "/2013-04-01/hostedzone/Z1ABC/rrset") && changes.len() == 2, "{changes:?}");
    assert!(bind.texts("_acme-challenge.app.test").is_empty());
}
