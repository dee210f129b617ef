//! Quality scenario 1: a device signs in by a code that a person approves in a browser.

use std::time::{Duration, Instant};

use argos_peers::argos::ADMIN_PASSWORD;
use argos_peers::{Client, Response, wait_until};
use serde_json::{Value, json};

use crate::stage::Stage;

const FORM: &str = "application/x-www-form-urlencoded";

fn form(client: &Client, path: &str, body: &str) -> Response {
    client.request("POST", &format!("/api/v1/auth/{path}")).header("Content-Type", FORM).body(body).send()
}

#[test]
fn device_is_approved_in_a_browser_and_keeps_its_refresh_token() {
    let stage = Stage::start();
    let device = stage.anonymous();
    let grant = form(&device, "device/authorize", "client_id=cli&scope=read+write").expect_status(200).json();
    let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_else(|| panic!("{name} in {value}")).to_owned();
    let (device_code, user_code) = (text(&grant, "device_code"), text(&grant, "user_code"));
    assert!(text(&grant, "verification_uri_complete").ends_with(&format!("/device?code={user_code}")));
    let poll_body = format!("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&client_id=cli&device_code={device_code}");
    let poll = || form(&device, "device/token", &poll_body);
    assert_eq!(poll().expect_status(400).json()["error"], "authorization_pending");
    assert_eq!(poll().expect_status(400).json()["error"], "slow_down");

    let login = device.post("/api/auth/login", json!({"username": "admin", "password": ADMIN_PASSWORD})).expect_status(200);
    let cookie = format!("argos_session={}", login.cookie("argos_session").expect("a session"));
    let browser = stage.anonymous().with_header("Cookie", &cookie).with_header("Sec-Fetch-Site", "same-origin");
    let page = form(&browser, "device/verify", &format!("user_code={}", user_code.to_lowercase())).expect_status(200).text();
    assert!(page.contains(&user_code) && page.contains("cli"), "{page}");
    let csrf = page.split("name=\"csrf_token\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a token in the page");
    assert_eq!(form(&browser, "device/approve", &format!("user_code={user_code}&approve=true")).status, 403);
    let approved = form(&browser, "device/approve", &format!("user_code={user_code}&approve=true&csrf_token={csrf}"));
    assert_eq!(approved.expect_status(200).json()["status"], "approved");

    // The hasty poll above made the device wait ten seconds.
    let due = Instant::now() + Duration::from_secs(11);
    wait_until("the next poll is due", Duration::from_secs(20), || Instant::now() >= due);
    let pair = poll().expect_status(200).json();
    let me = |pair: &Value| stage.anonymous().with_bearer(&text(pair, "access_token")).get("/api/v1/auth/me").status;
    assert_eq!(me(&pair), 200);
    assert_eq!(poll().json()["error"], "invalid_grant");
    let refresh_body = format!("grant_type=refresh_token&refresh_token={}", text(&pair, "refresh_token"));
    for _ in 0..2 {
        let renewed = form(&device, "device/refresh", &refresh_body).expect_status(200).json();
        assert_eq!((&renewed["refresh_token"], me(&renewed)), (&pair["refresh_token"], 200));
    }
}
