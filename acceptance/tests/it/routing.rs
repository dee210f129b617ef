//! Platform 3.1 to 3.6: errors, headers, paths and methods are the same whatever a route does.

use argos_peers::{Argos, ArgosConfig};
use serde_json::json;

use crate::stage::{Stage, assert_error};

#[test]
fn unknown_route_is_404_with_its_code() {
    let stage = Stage::start();
    for path in ["/api/no-such-thing", "/api/v1/no/such/thing", "/api/", "/ws/nothing", "/api/stats/nothing"] {
        assert_error(&stage.anonymous().get(path), 404, "route_not_found");
        assert_error(&stage.owner.request("POST", path).json(&json!({})).send(), 404, "route_not_found");
    }
}

#[test]
fn wrong_method_is_405_and_names_the_right_ones() {
    let stage = Stage::start();
    let answer = stage.owner.request("PATCH", "/api/me").json(&json!({})).send();
    assert_eq!(answer.status, 405, "{}", answer.text());
    let allow: Vec<String> = answer.header("allow").expect("Allow").split(',').map(|each| each.trim().to_owned()).collect();
    assert!(allow.contains(&"GET".to_owned()) && allow.contains(&"HEAD".to_owned()), "{allow:?}");
    assert!(answer.json()["code"].is_string());
}

#[test]
fn head_is_get_without_a_body() {
    let stage = Stage::start();
    for path in ["/api/me", "/healthz", "/openapi.json"] {
        let (get, head) = (stage.owner.get(path), stage.owner.request("HEAD", path).send());
        assert_eq!((head.status, head.header("content-type")), (get.status, get.header("content-type")), "{path}");
        assert!(head.body.is_empty());
    }
}

#[test]
fn one_trailing_slash_is_ignored_and_no_more() {
    let stage = Stage::start();
    assert_eq!(stage.owner.get("/api/me/").status, 200);
    assert_eq!(stage.owner.get("/api/me//").status, 404);
}

#[test]
fn encoded_slash_stays_inside_its_segment_and_dots_are_no_way_up() {
    let stage = Stage::start();
    let answer = stage.owner.get("/api/history/cpu%2Fpercent");
    assert_eq!(answer.status, 400, "an unknown metric, not another route: {}", answer.text());
    assert_eq!(stage.owner.get("/api/history/cpu%5Fpercent?range=1").status, 200, "decoded once");
    assert_eq!(stage.owner.get("/api/history/cpu%255Fpercent?range=1").status, 400, "not twice");
    for path in ["/api/../api/me", "/api/%2e%2e/api/me", "/assets/../../etc/passwd", "/..%2f..%2fetc%2fpasswd", "/%2e%2e/%2e%2e/etc/passwd"]
    {
        let answer = stage.owner.get(path);
        assert!(!answer.text().contains("root:"), "{path}");
        assert!(
            answer.status == 404 || answer.status == 400 || answer.status == 200 && answer.text().contains("<!doctype"),
            "{path}: {}",
            answer.status
        );
    }
    for path in ["/api/%zz", "/api/history/%", "/api/history/%ff%fe", "/api/history/%00"] {
        assert!((400..500).contains(&stage.owner.get(path).status), "{path}");
    }
}

#[test]
fn security_headers_stand_on_every_reply() {
    let stage = Stage::start();
    let csp = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; \
               connect-src 'self'; worker-src 'self'; object-src 'none'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'";
    let expected = [
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("X-XSS-Protection", "0"),
        ("Referrer-Policy", "strict-origin-when-cross-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-site"),
        ("Content-Security-Policy", csp),
        ("X-API-Version", "2.10.0"),
    ];
    let replies = ["/api/me", "/api/no-such-thing", "/", "/healthz", "/login"].map(|path| (path, stage.owner.get(path)));
    let refused = ("401", stage.anonymous().get("/api/me"));
    let broken = ("400", stage.owner.request("POST", "/api/login").body("{").send());
    for (name, reply) in replies.into_iter().chain([refused, broken]) {
        for (header, value) in expected {
            assert_eq!(reply.header(header), Some(value), "{header} of {name}");
        }
        let policy = reply.header("Permissions-Policy").unwrap_or_default().to_owned();
        for feature in ["accelerometer", "camera", "geolocation", "gyroscope", "magnetometer", "microphone", "payment", "usb"] {
            assert!(policy.contains(&format!("{feature}=()")), "{feature} in {policy:?} of {name}");
        }
        assert!(reply.header("strict-transport-security").is_none(), "plain http: {name}");
        assert!(reply.header("server").is_none_or(|value| !value.contains('.')), "no version of the server: {name}");
    }
}

#[test]
fn api_replies_are_not_stored_and_the_shell_is_revalidated() {
    let stage = Stage::start();
    assert_eq!(stage.owner.get("/api/me").header("cache-control"), Some("no-store"));
    assert_eq!(stage.anonymous().get("/").header("cache-control"), Some("no-cache"));
}

#[test]
fn request_id_is_echoed_when_valid_and_made_when_not() {
    let argos = Argos::start();
    let with =
        |id: &str| argos.anonymous().with_header("X-Request-Id", id).get("/healthz").header("x-request-id").unwrap_or_default().to_owned();
    assert_eq!(with("trace.me_1-23456"), "trace.me_1-23456");
    for bad in ["short", "with space in it", "x".repeat(129).as_str(), "semi;colon;here"] {
        let made = with(bad);
        assert_ne!(made, bad);
        assert_eq!(made.len(), 36, "a UUID: {made}");
        assert_eq!(&made[14..15], "7", "version 7: {made}");
    }
}

#[test]
fn body_that_is_no_json_is_refused_in_the_words_of_its_family() {
    let stage = Stage::start();
    let ops = stage.owner.request("POST", "/api/admin/users").body("{\"action\":").send();
    assert_eq!((ops.status, ops.json()["error"].as_str()), (400, Some("Invalid JSON")), "{}", ops.text());
    let edge = stage.anonymous().request("POST", "/api/auth/login").header("Content-Type", "application/json").body("[").send();
    assert_eq!((edge.status, edge.json()["error"].as_str()), (400, Some("invalid json body")), "{}", edge.text());
    assert_eq!(
        stage
            .owner
            .request("POST", "/api/alert-rules")
            .header("Content-Type", "text/plain")
            .body("{\"condition\":\"mem_percent > 999\"}")
            .send()
            .status,
        200
    );
}

#[test]
fn body_over_the_limit_is_413_by_length_and_by_chunks() {
    let stage = Stage::start();
    let large = format!("{{\"condition\":\"{}\"}}", "x".repeat(65 * 1024));
    let answer = stage.owner.request("POST", "/api/alert-rules").header("Content-Type", "application/json").body(large).send();
    assert_eq!(answer.status, 413, "{}", answer.text());
    assert!(answer.json()["code"].is_string());
    let anonymous = stage.anonymous().request("POST", "/api/alert-rules").body("x".repeat(2 << 20)).send();
    assert_eq!(anonymous.status, 413, "size is judged before the credential");
}

#[test]
fn rate_limit_headers_stand_on_api_replies_and_429_says_when() {
    let stage = Stage::start();
    let answer = stage.owner.get("/api/me");
    let limit: u32 = answer.header("x-ratelimit-limit").expect("X-RateLimit-Limit").parse().unwrap();
    let left: u32 = answer.header("x-ratelimit-remaining").expect("X-RateLimit-Remaining").parse().unwrap();
    assert_eq!(limit, 1200);
    assert!(left < limit);
    assert!(answer.header("x-ratelimit-reset").is_some());
    let heavy = json!({"condition": "mem_percent > 1"});
    let refused = (0..40).map(|_| stage.owner.post("/api/alert-rules/preview", heavy.clone())).find(|answer| answer.status == 429);
    let refused = refused.expect("a heavy route refuses the 31st call of a minute");
    assert!(refused.header("retry-after").is_some_and(|seconds| seconds.parse::<u32>().is_ok()));
    assert_eq!(refused.json()["error"], "Rate limit exceeded");
    assert_eq!(stage.owner.get("/api/me").status, 200, "other routes go on");
}

#[test]
fn cors_is_off_unless_an_origin_is_named() {
    let argos = Argos::start();
    let answer = argos.anonymous().with_header("Origin", "https://evil.example").get("/api/health");
    assert!(answer.header("access-control-allow-origin").is_none());
    let argos = ArgosConfig::new().env("ARGOS_HTTP_CORS_ORIGINS", "https://friend.example").start();
    let ask = |origin: &str| {
        let answer = argos.anonymous().with_header("Origin", origin).get("/api/health");
        answer.header("access-control-allow-origin").map(str::to_owned)
    };
    assert_eq!(ask("https://friend.example").as_deref(), Some("https://friend.example"));
    assert_eq!(ask("https://evil.example"), None);
}

#[test]
fn pages_are_the_shell_and_guarded_pages_ask_to_sign_in() {
    let argos = Argos::start();
    let page = |path: &str| argos.anonymous().with_header("Accept", "text/html").get(path);
    for path in ["/", "/login", "/machines/local"] {
        assert_eq!(page(path).status, 200, "{path}");
    }
    let guarded = page("/dashboard");
    assert_eq!((guarded.status, guarded.header("location")), (307, Some("/login?next=/dashboard")), "{}", guarded.text());
}

#[test]
fn json_nested_too_deep_is_refused() {
    let stage = Stage::start();
    let deep = format!("{{\"preferences\":{}{}}}", "[".repeat(5000), "]".repeat(5000));
    let answer = stage.owner.request("PUT", "/api/user/preferences").header("Content-Type", "application/json").body(deep).send();
    assert_eq!(answer.status, 400, "{}", answer.text());
}
