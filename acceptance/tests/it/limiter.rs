//! Platform 1.4 and ops scenario 2: the sign-in limiter, and the ways out of it.

use std::time::Duration;

use argos_peers::argos::ADMIN_PASSWORD;
use argos_peers::{Argos, ArgosConfig, Client, Response, wait_until};
use rustix::process::Signal;
use serde_json::json;

fn behind_a_proxy() -> ArgosConfig {
    ArgosConfig::new().env("ARGOS_TRUSTED_PROXIES", "127.0.0.1/32")
}

fn from(argos: &Argos, ip: &str) -> Client {
    argos.anonymous().with_header("X-Forwarded-For", ip)
}

fn login(client: &Client, password: &str) -> Response {
    client.post("/api/login", json!({"username": "admin", "password": password}))
}

#[track_caller]
fn exhaust(client: &Client) {
    for attempt in 1..=5 {
        let answer = login(client, "Wrong-Pass-1");
        assert_eq!(answer.status, 401, "attempt {attempt}: {}", answer.text());
        assert_eq!(answer.json()["error"], "Invalid credentials");
    }
}

#[test]
fn sixth_attempt_is_refused_even_with_the_right_password_and_other_addresses_work() {
    let argos = behind_a_proxy().start();
    let attacker = from(&argos, "198.51.100.7");
    exhaust(&attacker);
    let refused = login(&attacker, ADMIN_PASSWORD);
    assert_eq!(refused.status, 429, "{}", refused.text());
    let seconds: u64 = refused.header("retry-after").expect("Retry-After").parse().unwrap();
    assert!((1..=300).contains(&seconds), "{seconds}");
    assert_eq!(refused.json()["error"], format!("Too many login attempts. Try again in {seconds} seconds."));
    assert_eq!(login(&from(&argos, "198.51.100.8"), ADMIN_PASSWORD).status, 200);

    let edge = attacker.post("/api/auth/login", json!({"username": "admin", "password": ADMIN_PASSWORD}));
    assert_eq!(edge.status, 429, "one ban over all password routes");
    assert!(edge.json()["error"].as_str().unwrap().starts_with("too many failed attempts, try again in "), "{}", edge.text());
}

#[test]
fn ban_survives_a_crash() {
    let argos = behind_a_proxy().start();
    exhaust(&from(&argos, "198.51.100.7"));
    let argos = argos.kill9().restart();
    assert_eq!(login(&from(&argos, "198.51.100.7"), ADMIN_PASSWORD).status, 429);
    assert_eq!(login(&from(&argos, "198.51.100.8"), ADMIN_PASSWORD).status, 200);
}

#[test]
fn unban_on_the_machine_lifts_the_ban_of_a_running_server() {
    let argos = behind_a_proxy().start();
    let locked_out = from(&argos, "198.51.100.7");
    exhaust(&locked_out);
    assert_eq!(login(&locked_out, ADMIN_PASSWORD).status, 429);
    let output = argos.config().cli(&["unban", "--all"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    wait_until("the ban to be lifted", Duration::from_secs(10), || login(&locked_out, ADMIN_PASSWORD).status == 200);
}

#[test]
fn forwarded_address_of_an_untrusted_peer_is_not_believed() {
    let argos = Argos::start();
    for last in 1..=5 {
        assert_eq!(login(&from(&argos, &format!("198.51.100.{last}")), "Wrong-Pass-1").status, 401);
    }
    assert_eq!(login(&from(&argos, "198.51.100.99"), ADMIN_PASSWORD).status, 429);
}

#[test]
fn success_does_not_reset_the_count() {
    let argos = behind_a_proxy().start();
    let client = from(&argos, "198.51.100.7");
    for _ in 0..4 {
        assert_eq!(login(&client, "Wrong-Pass-1").status, 401);
    }
    assert_eq!(login(&client, ADMIN_PASSWORD).status, 200);
    assert_eq!(login(&client, "Wrong-Pass-1").status, 401);
    assert_eq!(login(&client, ADMIN_PASSWORD).status, 429);
}

/// Most of ten thousand guesses must be refused without hashing, and the server stays usable meanwhile.
#[test]
fn ten_thousand_wrong_passwords_from_four_addresses_leave_the_server_usable() {
    let argos = behind_a_proxy().start();
    let owner = from(&argos, "203.0.113.1").with_bearer(&argos.login("admin", ADMIN_PASSWORD));
    let guessers: Vec<Client> = (0..4).map(|worker| from(&argos, &format!("198.51.100.{worker}"))).collect();
    let guessed: usize = std::thread::scope(|scope| {
        let workers: Vec<_> = guessers
            .iter()
            .map(|client| scope.spawn(|| (0..2500).filter(|_| login(client, "Wrong-Pass-1").status == 401).count()))
            .collect();
        while !workers.iter().all(std::thread::ScopedJoinHandle::is_finished) {
            assert_eq!(owner.get("/api/me").status, 200, "a signed-in person works on");
            std::thread::sleep(Duration::from_millis(200));
        }
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    });
    assert!(guessed <= 4 * 5, "{guessed} guesses were judged from four addresses");
    assert_eq!(login(&from(&argos, "203.0.113.2"), ADMIN_PASSWORD).status, 200);
    argos.signal(Signal::HUP);
    assert_eq!(owner.get("/api/me").status, 200);
}
