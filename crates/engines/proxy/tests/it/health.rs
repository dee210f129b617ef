//! Probes and failed requests take backends out and bring them back.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use argos_peers::wait_until;
use argos_proxy::{ActiveCheck, Health, HealthChange, PassiveCheck};
use http::Method;

use crate::stage::{Backend, LIMIT, Stage, config, status};

#[test]
fn probes_take_a_backend_out_and_bring_it_back_and_report_each_change_once() {
    let is_well = Arc::new(AtomicBool::new(true));
    let well = Arc::clone(&is_well);
    let backend = Backend::start(move |head, stream| {
        let ok = well.load(Ordering::Relaxed) || !head.starts_with("get /healthz");
        let line = if ok { "200 OK" } else { "500 Oops" };
        stream.write_all(format!("HTTP/1.1 {line}\r\nContent-Length: 2\r\n\r\nok").as_bytes()).is_ok()
    });
    let mut wanted = config(backend.port);
    let time = Duration::from_millis(50);
    let expect = "200-299".parse().unwrap();
    wanted.pools[0].active =
        Some(ActiveCheck { path: "/healthz".to_owned(), method: Method::GET, expect, interval: time, timeout: LIMIT, fails: 2, passes: 2 });
    let mut stage = Stage::start(&wanted);
    let health = |stage: &Stage| stage.proxy.statuses()[0].health;
    wait_until("the first good probe", LIMIT, || health(&stage) == Health::Healthy);
    is_well.store(false, Ordering::Relaxed);
    wait_until("two failed probes", LIMIT, || health(&stage) == Health::Unhealthy);
    assert_eq!(status(&stage.get("/", "")), 503);
    is_well.store(true, Ordering::Relaxed);
    wait_until("two good probes", LIMIT, || health(&stage) == Health::Healthy);
    assert_eq!(status(&stage.get("/", "")), 200);
    let changes: Vec<HealthChange> = std::iter::from_fn(|| stage.reports.health.try_recv().ok()).collect();
    let told: Vec<_> = changes.iter().map(|c| (c.health, c.reason.as_str())).collect();
    assert_eq!(told, [(Health::Unhealthy, "it answered 500"), (Health::Healthy, "it answered 200")]);
    assert!(backend.seen()[0].contains("user-agent: argos-health-check"));
}

#[test]
fn failed_requests_put_a_backend_aside_and_say_why() {
    let mut wanted = config(argos_peers::free_port());
    wanted.pools[0].passive = Some(PassiveCheck { fails: 2, ..PassiveCheck::default() });
    let mut stage = Stage::start(&wanted);
    assert_eq!([(); 3].map(|()| status(&stage.get("/", ""))), [502, 502, 503]);
    let change = stage.reports.health.try_recv().unwrap();
    assert_eq!((change.pool_id, change.target_id, change.health), (1, 1, Health::Unhealthy));
    assert!(change.reason.starts_with("it could not be reached"), "{}", change.reason);
}

#[test]
fn a_backend_that_a_check_took_out_is_back_when_the_check_is_taken_away_or_changed() {
    let backend = Backend::start(|head, stream| {
        let line = if head.starts_with("get /broken") { "500 Oops" } else { "200 OK" };
        stream.write_all(format!("HTTP/1.1 {line}\r\nContent-Length: 2\r\n\r\nok").as_bytes()).is_ok()
    });
    let mut wanted = config(backend.port);
    let check = |path: &str| {
        let (path, expect, interval) = (path.to_owned(), "200".parse().unwrap(), Duration::from_millis(50));
        Some(ActiveCheck { path, method: Method::GET, expect, interval, timeout: LIMIT, fails: 1, passes: 9 })
    };
    wanted.pools[0].active = check("/broken");
    let stage = Stage::start(&wanted);
    for next in [None, check("/well")] {
        let health = || stage.proxy.statuses()[0].health;
        wait_until("the check to take it out", LIMIT, || health() == Health::Unhealthy);
        wanted.pools[0].active = next;
        stage.proxy.reload(&wanted).unwrap();
        wait_until("it is fit again", LIMIT, || status(&stage.get("/", "")) == 200);
        wanted.pools[0].active = check("/broken");
        stage.proxy.reload(&wanted).unwrap();
    }
}
