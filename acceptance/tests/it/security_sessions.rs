//! Sessions and forgery: nobody chooses somebody else's session, and no foreign page acts with it.

use argos_peers::argos::ADMIN_PASSWORD;
use argos_peers::{ArgosConfig, Client, Response};
use serde_json::json;

use crate::stage::{PASSWORD, Stage};
use crate::table::{self, Access};

fn cookie(client: &Client, session: &str) -> Client {
    client.clone().with_header("Cookie", &format!("argos_session={session}"))
}

fn web_login(client: &Client, username: &str, password: &str) -> Response {
    client.post("/api/auth/login", json!({"username": username, "password": password})).expect_status(200)
}

#[test]
fn session_planted_before_a_login_is_not_the_session_after_it() {
    let stage = Stage::start();
    let made_up = "a".repeat(64);
    let answer = web_login(&cookie(&stage.anonymous(), &made_up), "admin", ADMIN_PASSWORD);
    let session = answer.cookie("argos_session").expect("a session");
    assert_ne!(session, made_up);
    assert_eq!(cookie(&stage.anonymous(), &made_up).get("/api/auth/me").status, 401);
    assert_eq!(cookie(&stage.anonymous(), &session).get("/api/auth/me").status, 200);
}

#[test]
fn session_of_an_attacker_in_the_browser_of_a_victim_stays_the_attackers() {
    let stage = Stage::start();
    stage.add_user("mallory", "viewer");
    let planted = web_login(&stage.anonymous(), "mallory", PASSWORD).cookie("argos_session").expect("a session");
    let own = web_login(&cookie(&stage.anonymous(), &planted), "admin", ADMIN_PASSWORD).cookie("argos_session").expect("a session");
    assert_ne!(own, planted);
    assert_eq!(cookie(&stage.anonymous(), &planted).get("/api/auth/me").json()["username"], "mallory");
    assert_eq!(cookie(&stage.anonymous(), &own).get("/api/auth/me").json()["username"], "admin");
}

#[test]
fn every_unsafe_route_by_cookie_without_the_header_is_403() {
    let stage = Stage::on(ArgosConfig::new().env("ARGOS_HTTP_RATE_LIMITING", "false"));
    let document = stage.anonymous().get("/openapi.json").expect_status(200).json();
    let served = |row: &Access| document["paths"][&row.path].get(row.method.to_lowercase()).is_some();
    let session = web_login(&stage.anonymous(), "admin", ADMIN_PASSWORD).cookie("argos_session").expect("a session");
    let client = cookie(&stage.anonymous(), &session);
    let unsafe_rows: Vec<Access> = table::all()
        .into_iter()
        .filter(|row| matches!(row.method.as_str(), "POST" | "PUT" | "PATCH" | "DELETE") && served(row))
        .filter(|row| row.takes("session") && !row.takes("public") && !row.takes("signature") && !row.takes("triggerkey"))
        .collect();
    assert!(unsafe_rows.len() > 80, "only {} unsafe routes are served", unsafe_rows.len());
    let faults: Vec<String> = table::probe_all(&unsafe_rows, |_, row| {
        let answer = client.request(&row.method, &table::concrete(&row.path)).json(&json!({})).send();
        let refused = answer.status == 403 && answer.json()["code"] == "csrf_failed";
        (!refused).then(|| format!("{} {}: {} {}", row.method, row.path, answer.status, answer.text()))
    })
    .into_iter()
    .flatten()
    .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_eq!(client.get("/api/auth/me").status, 200, "the session lives: none of it was done");
}
