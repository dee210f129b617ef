//! Times and tries of a site with a real external Caddy: it gives up and goes on when the site says so.

use std::io::Read as _;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use argos_peers::free_port;
use serde_json::{Value, json};

use crate::edge_caddy::Scene;
use crate::edge_sites::{Edge, backend};

/// What the sites here wait at most: times are whole seconds.
const WAIT: Duration = Duration::from_secs(1);
/// More than a site that says nothing waits for a connection, which is 5 s.
const LONG_CONNECT: Duration = Duration::from_secs(6);

/// A machine that is there and takes no connection: its queue is full.
struct Deaf {
    port: u16,
    _queue: (TcpListener, TcpStream),
}

impl Deaf {
    fn start() -> Self {
        let listener = argos_peers::listener();
        let address = listener.local_addr().unwrap();
        rustix::net::listen(&listener, 0).unwrap();
        let first = TcpStream::connect(address).unwrap();
        assert!(TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_err(), "its queue has one place");
        Self { port: address.port(), _queue: (listener, first) }
    }
}

/// A backend that takes requests and answers none.
struct Mute {
    port: u16,
    asked: Arc<AtomicUsize>,
}

impl Mute {
    fn start() -> Self {
        let listener = argos_peers::listener();
        let (port, asked) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&asked);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let count = Arc::clone(&count);
                std::thread::spawn(move || {
                    // No request here has a body: each ends with its head, in however many pieces that comes.
                    let (mut end, mut byte) = ([0; 4], [0]);
                    while matches!(stream.read(&mut byte), Ok(1)) {
                        end.rotate_left(1);
                        end[3] = byte[0];
                        if &end == b"\r\n\r\n" {
                            count.fetch_add(1, Ordering::SeqCst);
                        }
                    }
                });
            }
        });
        Self { port, asked }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// Publishes a site in front of these ports with these times and tries.
fn publish(edge: &Edge, domain: &str, ports: &[u16], delivery: &Value) {
    let site = edge.publish(domain, ports);
    let reply = edge.stage.owner.put(&format!("/api/hosts/{}/delivery", site["id"]), delivery.clone()).expect_status(200);
    assert_eq!(reply.header("x-argos-reconcile"), Some("ok"));
    // Caddy closes connections that reach it while it takes over a document. This one meets no site.
    assert_eq!(edge.get("none.test", "/").status, 404);
}

/// The status of an answer, and how long it took.
fn ask(edge: &Edge, domain: &str, method: &str) -> (u16, Duration) {
    let begun = Instant::now();
    let answer = edge.site(domain).request(method, "/").send();
    (answer.status, begun.elapsed())
}

#[test]
fn answer_that_does_not_come_is_504_in_the_time_of_the_site() {
    let (scene, mute) = (Scene::start(), Mute::start());
    publish(&scene.edge, "app.test", &[mute.port], &json!({"response_timeout_seconds": 1, "tries_max": 1}));
    for method in ["GET", "POST"] {
        let (status, took) = ask(&scene.edge, "app.test", method);
        assert!(status == 504 && took >= WAIT, "{method}: {status} after {took:?}");
    }
    assert_eq!(mute.asked(), 2, "it is asked once for each");
}

#[test]
fn request_that_may_have_acted_is_not_repeated_and_the_status_says_which_is() {
    let (scene, mute, good) = (Scene::start(), Mute::start(), backend("one"));
    publish(&scene.edge, "app.test", &[mute.port, good.port()], &json!({"response_timeout_seconds": 1, "tries_max": 2}));
    let status = scene.status();
    let said = |w: &str| w.starts_with("app.test: Caddy asks another target again for a GET");
    assert!(status["warnings"].as_array().unwrap().iter().filter_map(Value::as_str).any(said), "{status}");
    // In turn: one of two meets each.
    let posts = [ask(&scene.edge, "app.test", "POST").0, ask(&scene.edge, "app.test", "POST").0];
    assert!(posts == [200, 504] || posts == [504, 200], "{posts:?}");
    assert_eq!(mute.asked(), 1);
    let gets = [ask(&scene.edge, "app.test", "GET").0, ask(&scene.edge, "app.test", "GET").0];
    assert_eq!(gets, [200, 200]);
    assert!((2..=3).contains(&mute.asked()), "the next target was tried when the time was over, and none twice: {}", mute.asked());
}

#[test]
fn target_that_takes_no_connection_is_502_in_the_time_of_the_site() {
    let (scene, deaf) = (Scene::start(), Deaf::start());
    publish(&scene.edge, "app.test", &[deaf.port], &json!({"connect_timeout_seconds": LONG_CONNECT.as_secs(), "tries_max": 1}));
    let (status, took) = ask(&scene.edge, "app.test", "GET");
    assert!(status == 502 && took >= LONG_CONNECT, "{status} after {took:?}");
}

#[test]
fn so_many_targets_are_tried_as_the_site_says() {
    let (scene, deaf, good) = (Scene::start(), Deaf::start(), backend("one"));
    let times = |tries: u32| json!({"connect_timeout_seconds": 1, "tries_max": tries});
    publish(&scene.edge, "one.test", &[deaf.port, good.port()], &times(1));
    let once = [ask(&scene.edge, "one.test", "POST").0, ask(&scene.edge, "one.test", "POST").0];
    assert!(once == [200, 502] || once == [502, 200], "each meets one of them: {once:?}");

    publish(&scene.edge, "two.test", &[deaf.port, good.port()], &times(2));
    let twice = [ask(&scene.edge, "two.test", "POST"), ask(&scene.edge, "two.test", "POST")];
    assert_eq!(twice.map(|(status, _)| status), [200, 200], "{twice:?}");
    assert!(twice.iter().any(|(_, took)| *took >= WAIT), "one of them met the target that takes no connection first: {twice:?}");
}

#[test]
fn dead_target_is_502_and_passed_over_where_there_is_another() {
    // Nobody listens there.
    let (scene, good, gone) = (Scene::start(), backend("one"), free_port());
    publish(&scene.edge, "alone.test", &[gone], &json!({"tries_max": 1}));
    assert_eq!(ask(&scene.edge, "alone.test", "GET").0, 502);
    publish(&scene.edge, "both.test", &[gone, good.port()], &json!({"tries_max": 2}));
    let both = [ask(&scene.edge, "both.test", "POST").0, ask(&scene.edge, "both.test", "POST").0];
    assert_eq!(both, [200, 200]);
}
