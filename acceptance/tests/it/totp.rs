//! Platform 1.5 and ops scenario 17: the second factor, its single use, and recovery.

use std::time::UNIX_EPOCH;

use argos_peers::Client;
use serde_json::json;

use crate::stage::{PASSWORD, Stage};

/// RFC 6238 with SHA-1, 6 digits and steps of 30 s.
fn code(secret: &str, step: u64) -> String {
    let bytes = data_encoding::BASE32_NOPAD.decode(secret.trim_end_matches('=').as_bytes()).expect("a base32 secret");
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &bytes);
    let tag = ring::hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let at = usize::from(tag[tag.len() - 1] & 0x0f);
    let word = u32::from_be_bytes([tag[at] & 0x7f, tag[at + 1], tag[at + 2], tag[at + 3]]);
    format!("{:06}", word % 1_000_000)
}

fn step() -> u64 {
    UNIX_EPOCH.elapsed().expect("a clock after 1970").as_secs() / 30
}

struct Enrolled {
    secret: String,
    recovery: Vec<String>,
    /// The first step whose code is not used yet.
    unused: u64,
}

fn enrol(client: &Client) -> Enrolled {
    let setup = client.post("/api/auth/totp/setup", json!({})).expect_status(200).json();
    let secret = setup["secret"].as_str().expect("a secret").to_owned();
    assert_eq!(secret.trim_end_matches('=').len(), 32, "20 bytes in base32");
    assert_eq!(setup["otpauth_url"], setup["provisioning_uri"]);
    let recovery: Vec<String> =
        setup["recovery_codes"].as_array().expect("codes").iter().filter_map(|code| code.as_str().map(str::to_owned)).collect();
    assert_eq!(recovery.len(), 10);
    let wrong = client.post("/api/auth/totp/enable", json!({"secret": secret, "code": "000000"}));
    assert_eq!(wrong.status, 400, "{}", wrong.text());
    assert_eq!(wrong.json()["error"], "Invalid TOTP code");
    let now = step();
    let enabled = client.post("/api/auth/totp/enable", json!({"secret": secret, "code": code(&secret, now)}));
    assert_eq!(enabled.expect_status(200).json()["status"], "ok");
    Enrolled { secret, recovery, unused: now + 1 }
}

#[test]
fn login_with_a_second_factor_takes_each_code_once() {
    let stage = Stage::start();
    let enrolled = enrol(&stage.person("vera", "viewer"));
    let login = |body| stage.anonymous().post("/api/login", body);

    let first = login(json!({"username": "vera", "password": PASSWORD})).expect_status(200).json();
    assert_eq!((&first["requires_2fa"], &first["username"]), (&json!(true), &json!("vera")));
    assert!(first.get("token").is_none(), "{first}");

    let with_code = json!({"username": "vera", "password": PASSWORD, "totp_code": code(&enrolled.secret, enrolled.unused)});
    let token = login(with_code.clone()).expect_status(200).json()["token"].as_str().expect("a token").to_owned();
    assert_eq!(stage.anonymous().with_bearer(&token).get("/api/me").status, 200);
    let again = login(with_code);
    assert_eq!(again.status, 401, "{}", again.text());
    assert_eq!(again.json()["error"], "Invalid 2FA code");
}

#[test]
fn web_login_with_a_second_factor_goes_through_a_challenge() {
    let stage = Stage::start();
    let enrolled = enrol(&stage.person("vera", "viewer"));
    let answer = stage.anonymous().post("/api/auth/login", json!({"username": "vera", "password": PASSWORD})).expect_status(200);
    assert_eq!(answer.header_all("set-cookie").count(), 0, "no cookie before the second factor");
    let body = answer.json();
    assert_eq!(body["requires_totp"], true);
    let challenge = body["challenge_id"].as_str().expect("a challenge").to_owned();
    let verify = |code: &str| stage.anonymous().post("/api/auth/totp/verify", json!({"challenge_id": challenge, "code": code}));
    assert_eq!(verify("000000").status, 401);
    let done = verify(&code(&enrolled.secret, enrolled.unused)).expect_status(200);
    assert!(done.cookie("argos_session").is_some_and(|session| session.len() == 64));

    // Five wrong codes lock her codes from this address, whatever comes then.
    let answer = stage.anonymous().post("/api/auth/login", json!({"username": "vera", "password": PASSWORD})).expect_status(200);
    let challenge = answer.json()["challenge_id"].clone();
    let verify = |code: &str| stage.anonymous().post("/api/auth/totp/verify", json!({"challenge_id": challenge, "code": code}));
    let statuses: Vec<u16> = (0..6).map(|_| verify("000000").status).collect();
    assert_eq!(
        statuses.iter().position(|status| *status == 429),
        Some(statuses.iter().filter(|status| **status == 401).count()),
        "{statuses:?}"
    );
    let locked = verify("000000");
    let seconds: i64 = locked.header("retry-after").and_then(|text| text.parse().ok()).unwrap_or_default();
    assert!(locked.status == 429 && (60..=1_800).contains(&seconds), "{seconds}");
    let recovery = json!({"challenge_id": challenge, "recovery_code": enrolled.recovery[0]});
    assert_eq!(stage.anonymous().post("/api/auth/totp/recovery", recovery).status, 429);
}

#[test]
fn recovery_code_signs_in_once() {
    let stage = Stage::start();
    let enrolled = enrol(&stage.person("vera", "viewer"));
    let recover = || {
        let login = stage.anonymous().post("/api/auth/login", json!({"username": "vera", "password": PASSWORD}));
        let challenge = login.expect_status(200).json()["challenge_id"].clone();
        let body = json!({"challenge_id": challenge, "recovery_code": enrolled.recovery[3]});
        stage.anonymous().post("/api/auth/totp/recovery", body)
    };
    assert!(recover().expect_status(200).cookie("argos_session").is_some());
    assert_eq!(recover().status, 401, "a recovery code is spent");
}

/// Edge scenario 10.
#[test]
fn recovery_code_used_from_two_browsers_at_the_same_moment_opens_one_session() {
    let stage = Stage::start();
    let enrolled = enrol(&stage.person("vera", "viewer"));
    let challenges: Vec<_> = (0..4)
        .map(|_| {
            let login = stage.anonymous().post("/api/auth/login", json!({"username": "vera", "password": PASSWORD}));
            login.expect_status(200).json()["challenge_id"].clone()
        })
        .collect();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let tries: Vec<_> = challenges
            .iter()
            .map(|challenge| {
                let (client, body) = (stage.anonymous(), json!({"challenge_id": challenge, "recovery_code": enrolled.recovery[0]}));
                scope.spawn(move || client.post("/api/auth/totp/recovery", body).status)
            })
            .collect();
        tries.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|s| **s == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|s| [200, 401].contains(s)), "{statuses:?}");
}

#[test]
fn lost_factor_is_removed_on_the_machine() {
    let stage = Stage::start();
    enrol(&stage.person("vera", "viewer"));
    let without = stage.argos.config().cli(&["disable-2fa", "--user", "vera"]);
    assert!(!without.status.success(), "it asks for --yes");
    let output = stage.argos.config().cli(&["disable-2fa", "--user", "vera", "--yes"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let _token = stage.argos.login("vera", PASSWORD);
}
