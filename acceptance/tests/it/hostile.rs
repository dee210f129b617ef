//! Clients that do not play by the rules: none of them may hold, crash or fool the server.

use std::time::{Duration, Instant};

use argos_peers::raw::{End, RawConnection, status_of};
use argos_peers::{Argos, wait_until};
use serde_json::{Value, json};

use crate::stage::Stage;

/// A small deterministic generator: the seed is printed by the failing assertion.
struct Noise(u64);

impl Noise {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below as u64) as usize
    }
}

fn alive(argos: &mut Argos) {
    assert!(argos.is_running());
    assert_eq!(argos.anonymous().get("/readyz").status, 200);
}

#[test]
fn malformed_requests_are_refused_without_harm() {
    let mut argos = Argos::start();
    let cases: [&[u8]; 12] = [
        b"\r\n\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nBroken Header\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST /api/login HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n{}",
        b"POST /api/login HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        b"POST /api/login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"POST /api/login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnonsense nonsense nonsense",
    ];
    for case in cases {
        let status = status_of(argos.address(), case, Duration::from_secs(3)).unwrap();
        assert!(
            status.is_none_or(|status| (400..=505).contains(&status) && status != 500),
            "{:?}: {status:?}",
            String::from_utf8_lossy(case)
        );
    }
    let endless = [b"GET /".as_slice(), &vec![b'a'; 256 << 10], b" HTTP/1.1\r\nHost: a\r\n\r\n"].concat();
    let status = status_of(argos.address(), &endless, Duration::from_secs(5)).unwrap();
    assert!(status.is_none_or(|status| matches!(status, 400 | 414 | 431)), "an endless path: {status:?}");
    let headers = [b"GET / HTTP/1.1\r\nHost: a\r\n".to_vec(), b"X-Filler: y\r\n".repeat(20_000), b"\r\n".to_vec()].concat();
    let status = status_of(argos.address(), &headers, Duration::from_secs(5)).unwrap();
    assert!(status.is_none_or(|status| matches!(status, 400 | 431)), "endless headers: {status:?}");
    alive(&mut argos);
}

#[test]
fn length_and_chunks_together_smuggle_no_second_request() {
    let mut argos = Argos::start();
    let request = b"POST /api/login HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let mut connection = RawConnection::open(argos.address()).unwrap();
    connection.send(request).unwrap();
    let (answer, _) = connection.read_to_end(Duration::from_secs(3));
    let answers = String::from_utf8_lossy(&answer).matches("HTTP/1.1 ").count();
    assert!(answers <= 1, "{answers} answers on a connection that is to be closed:\n{}", String::from_utf8_lossy(&answer));
    alive(&mut argos);
}

#[test]
fn slow_clients_are_dropped_while_others_are_served() {
    let stage = Stage::start();
    let mut slow: Vec<RawConnection> = (0..200).filter_map(|_| RawConnection::open(stage.argos.address()).ok()).collect();
    for connection in &mut slow {
        drop(connection.send(b"POST /api/login HTTP/1.1\r\nHost: a\r\nX-Slow: "));
    }
    let began = Instant::now();
    assert_eq!(stage.owner.get("/api/me").status, 200);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?} beside 200 half requests", began.elapsed());
    let mut dribbling = RawConnection::open(stage.argos.address()).unwrap();
    drop(dribbling.send(b"GET /api/me HTTP/1.1\r\n"));
    let began = Instant::now();
    wait_until("a client that dribbles its header to be dropped", Duration::from_secs(60), || {
        dribbling.send(b"a").is_err() || matches!(dribbling.read_to_end(Duration::from_secs(1)).1, End::Closed)
    });
    assert!(began.elapsed() < Duration::from_secs(60));
    for connection in &mut slow {
        let (_, end) = connection.read_to_end(Duration::from_secs(30));
        assert_eq!(end, End::Closed, "a half request is still open");
    }
}

#[test]
fn body_that_never_comes_is_given_up() {
    let stage = Stage::start();
    let mut connection = RawConnection::open(stage.argos.address()).unwrap();
    connection.send(b"POST /api/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{").unwrap();
    let (_, end) = connection.read_to_end(Duration::from_secs(75));
    assert_eq!(end, End::Closed);
}

#[test]
fn wrong_types_never_make_a_server_error() {
    let mut stage = Stage::start();
    let values = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1e308),
        json!(""),
        json!([]),
        json!({}),
        json!([[1]]),
        json!("\u{0}\u{202e}"),
        json!("x".repeat(5000)),
    ];
    let targets: [(&str, &str, &[&str]); 9] = [
        ("POST", "/api/login", &["username", "password", "totp_code"]),
        ("POST", "/api/auth/login", &["username", "password"]),
        ("POST", "/api/admin/users", &["action", "username", "password", "role"]),
        ("POST", "/api/alert-rules", &["condition", "severity", "channels", "cooldown", "escalation", "action", "enabled", "id"]),
        ("PUT", "/api/alert-rules", &["rules"]),
        ("PUT", "/api/user/preferences", &["preferences"]),
        ("POST", "/api/admin/api-keys", &["name", "role", "expires_days"]),
        ("POST", "/api/dashboard", &["card_order", "card_vis", "card_theme"]),
        ("PUT", "/api/settings/session.max_per_user", &["value"]),
    ];
    for (method, path, members) in targets {
        for value in &values {
            for member in members {
                let mut body = json!({"condition": "mem_percent > 999", "action": "list", "name": "x"});
                body[*member] = value.clone();
                // Sign-in routes ban after a few failures: that is an answer too.
                let answer = stage.owner.request(method, path).json(&body).send();
                assert!(answer.status < 500, "{method} {path} with {member} = {value:.60}: {} {}", answer.status, answer.text());
            }
        }
        for whole in [json!([]), json!("text"), json!(7), Value::Null] {
            let answer = stage.owner.request(method, path).json(&whole).send();
            assert!(answer.status < 500, "{method} {path} with the body {whole}: {}", answer.status);
        }
    }
    alive(&mut stage.argos);
}

#[test]
fn mutated_json_bodies_never_make_a_server_error() {
    let mut stage = Stage::start();
    let seed = 0x5eed_0a59_0a59_5eed_u64;
    let mut noise = Noise(seed);
    let good = json!({"condition": "cpu_percent > 10 AND NOT (mem_percent < 5)", "severity": "warning", "escalation": [{"delay_minutes": 5, "channels": ["a"]}]});
    for round in 0..300 {
        let mut bytes = good.to_string().into_bytes();
        for _ in 0..=noise.next(4) {
            let at = noise.next(bytes.len());
            match noise.next(3) {
                0 => bytes[at] = noise.next(256) as u8,
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, b"{}[]\",:\\0e-\xff"[noise.next(12)]),
            }
        }
        let answer =
            stage.owner.request("POST", "/api/alert-rules/preview").header("Content-Type", "application/json").body(bytes.clone()).send();
        assert!(answer.status < 500, "seed {seed:#x} round {round}: {} for {}", answer.status, String::from_utf8_lossy(&bytes));
    }
    alive(&mut stage.argos);
}

#[test]
fn connections_without_a_word_do_not_use_up_the_server() {
    let mut stage = Stage::start();
    let silent: Vec<RawConnection> = (0..600).filter_map(|_| RawConnection::open(stage.argos.address()).ok()).collect();
    assert!(silent.len() >= 500, "only {} connections were accepted", silent.len());
    for _ in 0..10 {
        assert_eq!(stage.owner.get("/api/me").status, 200);
    }
    drop(silent);
    alive(&mut stage.argos);
}
