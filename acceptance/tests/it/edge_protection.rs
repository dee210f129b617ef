//! Edge scenarios H6, H7 and H8: rate limits, sites of the local network, forward authentication; the rows and figures
//! that requests leave behind.

use std::time::Duration;

use argos_peers::argos::ADMIN_PASSWORD;
use argos_peers::{Client, EventStream, Nginx, wait_for, wait_until};
use serde_json::{Value, json};

use crate::edge_sites::{Edge, backend, config};
use crate::stage::assert_error;

const SOON: Duration = Duration::from_secs(20);

pub(crate) fn protect(edge: &Edge, site: &Value, body: Value) {
    let reply = edge.stage.owner.put(&format!("/api/hosts/{}/security", site["id"]), body).expect_status(200);
    assert_eq!(reply.header("x-argos-reconcile"), Some("ok"));
}

/// Changes members of a site.
pub(crate) fn change(edge: &Edge, site: &Value, members: &Value) {
    let mut body = json!({"domain": site["domain"], "tls_mode": "none", "enabled": true, "target_group_id": site["target_group_id"]});
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    edge.stage.owner.put(&format!("/api/hosts/{}", site["id"]), body).expect_status(200);
}

#[test]
fn sixth_request_is_turned_away_and_a_burst_is_told_once() {
    let (edge, nginx) = (Edge::start(), backend("one"));
    let site = edge.publish("app.test", &[nginx.port()]);
    let limit = json!({"rate_limit_enabled": true, "rate_limit_requests": 5, "rate_limit_window_seconds": 3600, "rate_limit_status": 503});
    protect(&edge, &site, limit);
    let statuses: Vec<u16> = (0..12).map(|_| edge.get("app.test", "/").status).collect();
    assert_eq!(statuses[..5], [200; 5]);
    assert_eq!(statuses[5..], [503; 7]);
    assert!(edge.get("app.test", "/").header("retry-after").is_some());
    let other = edge.site("app.test").with_header("X-Forwarded-For", "203.0.113.9").get("/");
    assert_eq!(other.status, 200, "another client has an own count");
    wait_until("the event", SOON, || edge.events("edge.rate_limit_triggered").len() == 1);
    assert_eq!(edge.events("edge.rate_limit_triggered")[0]["data"]["host_domain"], "app.test");

    let keyed = json!({"rate_limit_enabled": true, "rate_limit_requests": 1, "rate_limit_window_seconds": 3600, "rate_limit_key": "header", "rate_limit_header_name": "X-Key"});
    protect(&edge, &site, keyed);
    let with = |key: &str| edge.site("app.test").with_header("X-Key", key).get("/").status;
    assert_eq!([with("a"), with("a"), with("b"), with("b")], [200, 429, 200, 429]);
    protect(&edge, &site, json!({}));
    assert_eq!(edge.get("app.test", "/").status, 200, "an empty body is no limit");
    let bad = json!({"rate_limit_enabled": true});
    let refused = edge.stage.owner.put(&format!("/api/hosts/{}/security", site["id"]), bad);
    assert_eq!(assert_error(&refused, 400, "invalid_field")["field"], "rate_limit_requests");
}

#[test]
fn site_of_the_local_network_turns_others_away() {
    site_of_the_local_network(&Edge::start());
}

/// Scenario H7, with every engine.
pub(crate) fn site_of_the_local_network(edge: &Edge) {
    let nginx = backend("one");
    let site = edge.publish("app.test", &[nginx.port()]);
    change(edge, &site, &json!({"lan_only": true}));
    assert_eq!(edge.get("app.test", "/").status, 200, "this machine is local");
    let from = |chain: &str| edge.site("app.test").with_header("X-Forwarded-For", chain).get("/");
    let public = from("198.51.100.7");
    assert_eq!(public.status, 403, "a public client behind a trusted proxy");
    assert_eq!(public.text(), "Access denied: this host is restricted to local network\n");
    assert_eq!(from("192.168.1.9").status, 200);
    assert_eq!(from("192.168.1.9, 198.51.100.7").status, 403, "the last hop counts, what came before may be forged");

    edge.stage.owner.put("/api/settings/proxy.trusted_ranges", json!({"value": "10.0.0.0/8"})).expect_status(200);
    edge.stage.owner.put("/api/settings/access.lan_ranges", json!({"value": "192.168.0.0/16"})).expect_status(200);
    wait_until("the settings act", SOON, || from("192.168.1.9").status == 403);
}

#[test]
fn protected_site_asks_for_a_session_and_tells_the_backend_who_comes() {
    protected_site_asks_for_a_session(&Edge::on(config().env("ARGOS_PANEL_DOMAIN", "panel.test")));
}

/// Scenario H8, with every engine.
pub(crate) fn protected_site_asks_for_a_session(edge: &Edge) {
    let nginx = backend("one");
    let site = edge.publish("app.test", &[nginx.port()]);
    let forged = edge.site("app.test").with_header("X-Auth-User", "root").get("/");
    assert!(forged.text().contains("user= "), "identity headers of clients never reach a backend: {}", forged.text());

    change(edge, &site, &json!({"auth_required": true}));
    let asked = edge.get("app.test", "/deep?a=1&b=2");
    assert_eq!(asked.status, 302);
    let location = asked.header("location").unwrap();
    assert_eq!(location, "https://panel.test/login?rd=http%3A%2F%2Fapp.test%2Fdeep%3Fa%3D1%26b%3D2");

    // A page's script follows no redirect to another origin; the site may want it told so.
    let script = || edge.site("app.test").with_header("Sec-Fetch-Mode", "cors").with_header("X-Argos-Auth-Json", "1").get("/data");
    assert_eq!(script().status, 302, "not unless the site asks for it");
    change(edge, &site, &json!({"auth_required": true, "auth_json": true}));
    let told = script();
    assert_eq!((told.status, told.header("content-type"), told.json()), (401, Some("application/json"), json!({"error": "unauthorized"})));
    assert_eq!(edge.site("app.test").request("POST", "/form").body("a=1").send().status, 401, "what is sent would be lost");
    assert_eq!(edge.get("app.test", "/deep").status, 302, "people are led to sign in");

    let login = edge.stage.anonymous().post("/api/auth/login", json!({"username": "admin", "password": ADMIN_PASSWORD})).expect_status(200);
    let (session, csrf) = (login.cookie("argos_session").unwrap(), login.cookie("csrf_token").unwrap());
    let cookie = format!("theme=dark; argos_session={session}");
    let signed_in = || edge.site("app.test").with_header("Cookie", &cookie).with_header("X-Auth-User", "root").get("/");
    let answer = signed_in();
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.text().contains("user=admin "), "the forged name is replaced: {}", answer.text());

    let forward =
        |client: Client| client.with_header("X-Forwarded-Host", "nas.test").with_header("X-Forwarded-Uri", "/x").get("/api/auth/forward");
    let told = forward(edge.stage.anonymous().with_header("Cookie", &cookie));
    assert_eq!((told.status, told.header("x-auth-user"), told.header("x-auth-provider")), (200, Some("admin"), Some("local")));
    let refused = forward(edge.stage.anonymous());
    assert_eq!((refused.status, refused.header("location")), (302, Some("https://panel.test/login?rd=https%3A%2F%2Fnas.test%2Fx")));

    let all = format!("argos_session={session}; csrf_token={csrf}");
    let logout =
        edge.stage.anonymous().with_header("Cookie", &all).with_header("X-CSRF-Token", &csrf).request("POST", "/api/auth/logout").send();
    assert_eq!(logout.status, 204, "{}", logout.text());
    assert_eq!(signed_in().status, 302, "a sign-out counts at once");
}

/// A relative address would lead the browser back to the site, for ever.
#[test]
fn protected_site_without_an_address_of_the_panel_says_which_setting_is_missing() {
    let (edge, nginx) = (Edge::start(), backend("one"));
    let site = edge.publish("app.home.test", &[nginx.port()]);
    let owner = &edge.stage.owner;
    let obstacles = || owner.get(&format!("/api/hosts/{}", site["id"])).expect_status(200).json()["sign_in_obstacles"].clone();
    assert_eq!(obstacles(), json!([]), "nobody has to sign in");
    change(&edge, &site, &json!({"auth_required": true}));
    assert_eq!(obstacles(), json!(["panel_address"]));
    let asked = edge.get("app.home.test", "/");
    assert_eq!((asked.status, asked.header("location")), (401, None), "{}", asked.text());
    assert!(asked.text().contains("http.public_url"), "{}", asked.text());
    let set = |key: &str, value: &str| drop(owner.put(&format!("/api/settings/{key}"), json!({"value": value})).expect_status(200));
    set("http.public_url", "http://argos.home.test");
    wait_until("people are led to the panel", SOON, || {
        edge.get("app.home.test", "/").header("location") == Some("http://argos.home.test/login?rd=http%3A%2F%2Fapp.home.test%2F")
    });
    assert_eq!(obstacles(), json!(["cookie_domain"]));
    owner.put("/api/auth/oidc/config", json!({"cookie_parent_domain": "home.test"})).expect_status(200);
    wait_until("nothing is in the way", SOON, || obstacles() == json!([]));
    set("http.public_url", "https://argos.home.test");
    wait_until("the session would not come along", SOON, || obstacles() == json!(["plain_http"]));
}

#[test]
fn delivery_of_a_site_is_compressed_limited_and_has_its_own_error_pages() {
    let text = "hello ".repeat(200);
    let nginx = Nginx::start(1, |port, _| {
        format!(
            "client_max_body_size 0;\nserver {{ listen 127.0.0.1:{port}; default_type text/plain; location / {{ return 200 '{text}'; }} }}"
        )
    });
    let edge = Edge::start();
    let site = edge.publish("app.test", &[nginx.port()]);
    let (owner, path) = (&edge.stage.owner, format!("/api/hosts/{}/delivery", site["id"]));
    let before = owner.get(&path).expect_status(200).json();
    assert_eq!((&before["compression"], &before["updated_at"], &before["error_pages"]), (&json!(false), &Value::Null, &json!([])));
    let zipped = || edge.site("app.test").with_header("Accept-Encoding", "gzip").get("/");
    assert_eq!(zipped().header("content-encoding"), None);
    let wanted = json!({
        "compression": true, "request_body_bytes_max": 10, "hsts_max_age_seconds": 300,
        "error_pages": [{"status": 503, "body": "<h1>Back soon</h1>"}],
    });
    let reply = owner.put(&path, wanted).expect_status(200);
    assert_eq!(
        (reply.header("x-argos-reconcile"), &reply.json()["error_pages"][0]["content_type"]),
        (Some("ok"), &json!("text/html; charset=utf-8"))
    );
    let answer = zipped();
    assert_eq!((answer.header("content-encoding"), answer.header("vary")), (Some("gzip"), Some("Accept-Encoding")));
    assert!(answer.body.len() < text.len() / 4, "{} bytes", answer.body.len());
    let asked = |accepted: &str| edge.site("app.test").with_header("Accept-Encoding", accepted).get("/");
    assert_eq!(asked("gzip, deflate, br, zstd").header("content-encoding"), Some("zstd"));
    assert_eq!(asked("gzip, deflate, br").header("content-encoding"), Some("br"));
    let gzip_only = json!({"compression": true, "compression_codings": ["gzip"], "request_body_bytes_max": 10, "error_pages": [{"status": 503, "body": "<h1>Back soon</h1>"}]});
    owner.put(&path, gzip_only).expect_status(200);
    assert_eq!((asked("gzip, zstd").header("content-encoding"), asked("zstd").header("content-encoding")), (Some("gzip"), None));
    assert_eq!(edge.get("app.test", "/").text(), text, "those who do not ask get it plain");
    assert_eq!(edge.get("app.test", "/").header("strict-transport-security"), None, "not over plain HTTP");
    let post = |body: &str| edge.site("app.test").request("POST", "/").body(body).send().status;
    assert_eq!((post("ten bytes."), post("eleven byte")), (200, 413));
    let target = owner.get(&format!("/api/target-groups/{}", site["target_group_id"])).json()["targets"][0]["id"].clone();
    owner.post(&format!("/api/target-groups/{}/targets/{target}/toggle", site["target_group_id"]), json!({})).expect_status(200);
    let page = edge.get("app.test", "/");
    assert_eq!(
        (page.status, page.header("content-type"), page.text()),
        (503, Some("text/html; charset=utf-8"), "<h1>Back soon</h1>".to_owned())
    );
    let strict = json!({"request_header_bytes_max": 4_096, "connect_timeout_seconds": 1, "response_timeout_seconds": 5, "tries_max": 1});
    let kept = owner.put(&path, strict).expect_status(200).json();
    assert_eq!((&kept["idle_timeout_seconds"], &kept["tries_max"]), (&json!(0), &json!(1)), "{kept}");
    assert_eq!(edge.site("app.test").with_header("X-Large", &"a".repeat(5_000)).get("/").status, 431);
    for member in ["hsts_max_age_seconds", "connect_timeout_seconds", "request_header_bytes_max", "tries_max"] {
        let wrong = Value::Object([(member.to_owned(), json!(-1))].into_iter().collect());
        assert_eq!(assert_error(&owner.put(&path, wrong), 400, "invalid_field")["field"], member);
    }
    assert_error(&owner.put(&path, json!({"colour": 1})), 400, "invalid_field");
    assert_error(&owner.get("/api/hosts/77/delivery"), 404, "not_found");
    let viewer = edge.stage.person("vera", "viewer");
    assert_eq!((viewer.get(&path).status, viewer.put(&path, json!({})).status), (200, 403));
}

#[test]
fn requests_leave_rows_counts_and_live_lines() {
    let (edge, nginx) = (Edge::start(), backend("one"));
    let site = edge.publish("app.test", &[nginx.port()]);
    let owner = &edge.stage.owner;
    let mut tail = EventStream::open(owner.request("GET", &format!("/api/logs/stream?source=caddy_access&host_id={}", site["id"])));
    edge.get("app.test", "/first?secret=1");
    let line: Value = serde_json::from_str(&tail.next_event(SOON).data).unwrap();
    assert_eq!((&line["path"], &line["status"], &line["host_domain"]), (&json!("/first"), &json!(200), &json!("app.test")));
    assert_eq!(edge.get("app.test", "/gone").status, 200);
    assert_eq!(edge.get("other.test", "/").status, 404);
    let logs = format!("/api/logs?source=caddy_access&host_id={}&order=asc", site["id"]);
    let rows = wait_for("two rows", SOON, || Some(owner.get(&logs).json()).filter(|p| p["total_count"] == 2));
    let row = &rows["entries"][0];
    assert_eq!((&row["method"], &row["remote_ip"]), (&json!("GET"), &json!("127.0.0.1")));
    assert_eq!(row["upstream"], json!(format!("127.0.0.1:{}", nginx.port())));
    assert!(row["duration_ms"].as_f64().unwrap() > 0.0 && row["size_bytes"].as_i64().unwrap() > 0);
    let mut one = owner.get(&format!("/api/logs/{}", row["id"])).expect_status(200).json();
    let geo = one.as_object_mut().unwrap().remove("geo").unwrap();
    assert_eq!((&one, &geo["is_private"], &geo["country_name"]), (row, &json!(true), &json!("LAN")));
    assert_error(&owner.get("/api/logs/999999999"), 404, "not_found");

    let traffic = owner.get(&format!("/api/dashboard/traffic?range=1h&host_id={}", site["id"])).expect_status(200).json();
    assert_eq!(traffic["timeseries"].as_array().unwrap().len(), 60, "empty buckets are there too");
    let sum: i64 = traffic["timeseries"].as_array().unwrap().iter().map(|b| b["c2xx"].as_i64().unwrap()).sum();
    assert_eq!((sum, &traffic["top_hosts"][0]["count"]), (2, &json!(2)));
    assert!(traffic["response_times"].as_array().unwrap().iter().any(|b| b["p95_ms"].as_f64().is_some_and(|ms| ms > 0.0)));
    assert_error(&owner.get("/api/dashboard/traffic?range=2h"), 400, "invalid_field");
    let overview = owner.get("/api/dashboard/overview").expect_status(200).json();
    assert_eq!((&overview["total_requests_24h"], &overview["active_hosts"]), (&json!(3), &json!(1)), "{overview}");
    assert_eq!(overview["certs_expiring_soon"], 0);
    let attacks = owner.get("/api/dashboard/security?range=6h").expect_status(200).json();
    assert_eq!(
        (attacks["waf_timeseries"].as_array().unwrap().len(), &attacks["granularity"], &attacks["rate_limit_hits"]),
        (72, &json!("5m"), &json!(0))
    );
    assert_error(&owner.get("/api/dashboard/security?range=1y"), 400, "invalid_field");
    let health = owner.get("/api/dashboard/health").expect_status(200).json();
    assert_eq!((&health["certs"], health.get("last_backup")), (&json!([]), None), "{health}");
    assert_eq!((&health["caddy_status"], &health["target_groups"][0]["status"]), (&json!("ok"), &json!("ok")), "{health}");
    wait_until("the site in the inventory", SOON, || {
        owner.get("/api/ui/things/site:1").json()["name"] == json!("app.test")
            || owner.get("/api/ui/search?q=app.test").text().contains("site:")
    });
}

#[test]
fn exclusions_and_own_rules_are_kept_and_judged() {
    let (edge, nginx) = (Edge::start(), backend("one"));
    let site = edge.publish("app.test", &[nginx.port()]);
    let owner = &edge.stage.owner;
    let base = format!("/api/hosts/{}/security", site["id"]);
    let body = json!({"crs_rule_id": 942100, "path_pattern": "/search"});
    let wrong = owner.post(&format!("{base}/exclusions"), body.clone()).expect_status(201);
    owner.post(&format!("/api/ui/undo/{}", wrong.header("x-argos-undo").unwrap()), json!({})).expect_status(200);
    assert_error(&owner.delete(&format!("{base}/exclusions/{}", wrong.json()["id"])), 404, "not_found");
    let made = owner.post(&format!("{base}/exclusions"), body.clone()).expect_status(201).json();
    assert_eq!((&made["enabled"], &made["path_pattern"]), (&json!(true), &json!("/search")));
    assert_error(&owner.post(&format!("{base}/exclusions"), body), 409, "already_exists");
    assert_error(&owner.post(&format!("{base}/exclusions"), json!({"crs_rule_id": 1, "path_pattern": "x"})), 400, "invalid_field");
    let toggled = owner.post(&format!("{base}/exclusions/{}/toggle", made["id"]), json!({})).expect_status(200).json();
    assert_eq!(toggled["enabled"], false);
    let core = owner.get("/api/crs/rules").expect_status(200).json();
    let found = core.as_array().unwrap().iter().find(|rule| rule["id"] == 942_100).cloned().unwrap_or_default();
    assert!(found["description"].as_str().is_some_and(|text| text.contains("libinjection")), "without a directory too: {found}");
    protect(&edge, &site, json!({"waf_enabled": true, "waf_mode": "detect"}));
    let warnings = owner.get("/api/caddy/status").expect_status(200).json()["warnings"].clone();
    assert!(warnings[0].as_str().is_some_and(|text| text.starts_with("app.test: its firewall inspects nothing")), "{warnings}");

    let own = |text: &str| owner.post(&format!("{base}/custom-rules"), json!({"name": "mine", "secrule": text}));
    let rule = own("SecRule REQUEST_URI \"@contains /old\" \"id:100001,phase:1,deny\"").expect_status(201).json();
    for bad in ["SecRuleEngine Off", "SecAction \"id:100001,pass\"", "SecAction \"id:1,pass\"", "SecAction \"id:100002,exec:/bin/x\""] {
        let refused = assert_error(&own(bad), 400, "invalid_field");
        assert!(refused["error"].as_str().unwrap().starts_with("secrule invalid: "), "{refused}");
    }
    let all = owner.get(&base).expect_status(200).json();
    assert_eq!((all["exclusions"].as_array().unwrap().len(), all["custom_rules"].as_array().unwrap().len()), (1, 1));
    owner.delete(&format!("{base}/custom-rules/{}", rule["id"])).expect_status(204);
    owner.delete(&format!("{base}/exclusions/{}", made["id"])).expect_status(204);
    assert_error(&owner.delete(&format!("{base}/exclusions/{}", made["id"])), 404, "not_found");
    assert_error(&owner.get("/api/hosts/77/security"), 404, "not_found");
    assert_eq!(owner.get("/api/appsec/status").expect_status(200).json()["mode"], "unavailable");
}

#[test]
fn viewers_see_sites_and_change_nothing() {
    let (edge, nginx) = (Edge::start(), backend("one"));
    let site = edge.publish("app.test", &[nginx.port()]);
    let viewer = edge.stage.person("vera", "viewer");
    viewer.get("/api/hosts").expect_status(200);
    assert_eq!(viewer.post(&format!("/api/hosts/{}/toggle", site["id"]), json!({})).status, 403);
    assert_eq!(viewer.delete(&format!("/api/hosts/{}", site["id"])).status, 403);
    assert_eq!(viewer.put(&format!("/api/hosts/{}/security", site["id"]), json!({})).status, 403);
    assert_eq!(edge.get("app.test", "/").status, 200);
}

#[test]
fn document_moves_sites_to_another_server() {
    let (edge, nginx) = (Edge::start(), backend("one"));
    let site = edge.publish("app.test", &[nginx.port()]);
    let owner = &edge.stage.owner;
    let forward = json!({
        "name": "Beta", "action": {"type": "forward", "config": {"target_group_id": site["target_group_id"]}},
        "matchers": [{"type": "header", "config": {"name": "X-Beta", "value": "1"}}],
    });
    owner.post(&format!("/api/hosts/{}/rules", site["id"]), forward).expect_status(201);
    let teapot = json!({
        "action": {"type": "fixed_response", "config": {"status_code": 418}}, "matchers": [{"type": "path", "config": {"patterns": ["/tea"]}}],
    });
    owner.post(&format!("/api/hosts/{}/rules", site["id"]), teapot).expect_status(201);
    protect(&edge, &site, json!({"rate_limit_enabled": true, "rate_limit_requests": 900, "rate_limit_window_seconds": 10}));
    let exclusion = json!({"crs_rule_id": 942100, "reason": "search"});
    owner.post(&format!("/api/hosts/{}/security/exclusions", site["id"]), exclusion).expect_status(201);
    let delivery = json!({"compression": true, "error_pages": [{"status": 502, "body": "<h1>Back soon</h1>"}]});
    owner.put(&format!("/api/hosts/{}/delivery", site["id"]), delivery).expect_status(200);
    let providers = |of: &Client| {
        let token = json!({"enabled": true, "credentials": {"api_token": "cf-token-of-the-zone"}});
        of.put("/api/dns-providers/cloudflare", token).expect_status(200);
    };
    providers(owner);
    owner.put("/api/dns-providers/exec", json!({"enabled": true, "credentials": {"program": "update-dns"}})).expect_status(200);
    owner.post("/api/security/whitelist", json!({"scope": "range", "value": "203.0.113.0/24", "reason": "office"})).expect_status(201);
    let yaml = owner.get("/api/config/export.yaml").expect_status(200).text();
    assert!(yaml.contains("app.test") && yaml.contains("Beta") && yaml.contains("203.0.113.0/24"), "{yaml}");
    assert!(!yaml.contains("cf-token-of-the-zone") && !yaml.contains("ENC:"), "{yaml}");

    let again = owner.post("/api/config/import/validate", json!({"yaml": yaml, "mode": "merge"})).expect_status(200).json();
    assert_eq!((&again["creates"], &again["conflicts"], &again["counts"]["hosts"]), (&json!([]), &json!([]), &json!(1)), "{again}");

    let other = Edge::start();
    let imported = other.stage.owner.post("/api/config/import/apply", json!({"yaml": yaml, "mode": "replace"})).expect_status(200).json();
    let made = json!(["DNS provider cloudflare", "DNS provider exec", "allowed 203.0.113.0/24", "pool app.test", "site app.test"]);
    assert_eq!(imported["creates"], made, "{imported}");
    assert_eq!(imported["warnings"], json!(["DNS provider cloudflare: switched off until its secrets are given"]), "{imported}");
    wait_until("the site is served", SOON, || other.get("app.test", "/tea").status == 418);
    assert!(other.get("app.test", "/").text().starts_with("one /"));
    let moved = other.stage.owner.get("/api/hosts").json();
    let security = other.stage.owner.get(&format!("/api/hosts/{}/security", moved[0]["id"])).json();
    assert_eq!((&security["rate_limit_requests"], &security["exclusions"][0]["crs_rule_id"]), (&json!(900), &json!(942100)));
    let delivered = other.stage.owner.get(&format!("/api/hosts/{}/delivery", moved[0]["id"])).json();
    assert_eq!((&delivered["compression"], &delivered["error_pages"][0]["status"]), (&json!(true), &json!(502)));
    providers(&other.stage.owner);
    let strip = |text: &str| text.lines().filter(|l| !l.starts_with("exported_at")).map(str::to_owned).collect::<Vec<_>>();
    let back = other.stage.owner.get("/api/config/export.yaml").expect_status(200).text();
    assert_eq!(strip(&back), strip(&yaml), "the round trip loses nothing");

    // Protection that came after the document was written goes with it, on request.
    let fresh = Edge::start();
    let apply =
        |yaml: &str| fresh.stage.owner.post("/api/config/import/apply", json!({"yaml": yaml, "mode": "replace"})).expect_status(200);
    let without: String = yaml.split("host_security:").next().unwrap_or_default().to_owned();
    apply(&without);
    let id = fresh.stage.owner.get("/api/hosts").json()[0]["id"].clone();
    let security = || fresh.stage.owner.get(&format!("/api/hosts/{id}/security")).expect_status(200).json();
    protect(&fresh, &json!({"id": id}), json!({"rate_limit_enabled": true, "rate_limit_requests": 3, "rate_limit_window_seconds": 60}));
    fresh.stage.owner.post(&format!("/api/hosts/{id}/security/exclusions"), json!({"crs_rule_id": 942_100})).expect_status(201);
    apply(&without);
    assert_eq!((&security()["rate_limit_enabled"], &security()["exclusions"]), (&json!(false), &json!([])));
}
