//! The job that bans a country, when something comes between: a crash, whoever changes his mind, a CrowdSec that refuses.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use argos_peers::scripted_http::Asked;
use argos_peers::{Client, CrowdSec, Nginx, ScriptedHttp, wait_for, wait_until};
use serde_json::{Value, json};

use crate::edge_countries::{source, with_source};
use crate::edge_sites::Edge;
use crate::stage::Stage;

const SOON: Duration = Duration::from_secs(40);

/// Stands before CrowdSec and holds the second report of ranges back until it is opened.
struct Gate {
    http: ScriptedHttp,
    open: Arc<AtomicBool>,
    reports: Arc<AtomicUsize>,
    answered: Arc<AtomicUsize>,
}

/// What is said to a report in place of CrowdSec, by its number.
type Say = fn(usize) -> Option<(u16, String)>;

impl Gate {
    fn before(crowdsec: &CrowdSec) -> Self {
        Self::new(crowdsec, false, |_| None)
    }

    /// Open from the beginning, with an answer of its own for some reports.
    fn saying(crowdsec: &CrowdSec, say: Say) -> Self {
        Self::new(crowdsec, true, say)
    }

    fn new(crowdsec: &CrowdSec, open: bool, say: Say) -> Self {
        let real: SocketAddr = crowdsec.url().trim_start_matches("http://").parse().unwrap();
        let (open, reports, answered) = (Arc::new(AtomicBool::new(open)), Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let (is_open, count, done) = (Arc::clone(&open), Arc::clone(&reports), Arc::clone(&answered));
        let http = ScriptedHttp::start(move |asked: &Asked| {
            let is_report = asked.method == "POST" && asked.target.starts_with("/v1/alerts");
            if is_report {
                let number = count.fetch_add(1, Ordering::SeqCst) + 1;
                if let Some(answer) = say(number) {
                    return answer;
                }
                if number == 2 {
                    wait_until("the gate is opened", SOON, || is_open.load(Ordering::SeqCst));
                }
            }
            let answer = forwarded(&Client::new(real), asked);
            done.fetch_add(usize::from(is_report), Ordering::SeqCst);
            (answer.status, answer.text())
        });
        Self { http, open, reports, answered }
    }

    fn is_reached(&self) -> bool {
        self.reports.load(Ordering::SeqCst) >= 2
    }

    fn answered(&self) -> usize {
        self.answered.load(Ordering::SeqCst)
    }

    fn open(&self) {
        self.open.store(true, Ordering::SeqCst);
    }
}

/// CrowdSec's answer. It keeps its data in a file that its own work may hold locked for a moment; that is asked again here,
/// so that reports are counted as if it never were.
fn forwarded(client: &Client, asked: &Asked) -> argos_peers::http::Response {
    let own = ["host", "content-length", "connection"];
    let kept: Vec<_> = asked.headers.iter().filter(|(name, _)| !own.contains(&name.to_lowercase().as_str())).collect();
    wait_for("CrowdSec answers", SOON, || {
        let mut request = client.request(&asked.method, &asked.target);
        for (name, value) in &kept {
            request = request.header(name, value);
        }
        let sent = if asked.body.is_empty() { request.try_send() } else { request.body(asked.body.clone()).try_send() };
        sent.ok().filter(|answer| answer.status < 500)
    })
}

/// A country of three reports, none of whose ranges can be joined with its neighbour.
fn large_country() -> Nginx {
    let ranges: Vec<String> = (0..1_100_u32).map(|n| format!("{}/32", std::net::Ipv4Addr::from_bits(0xCB00_0000 + 2 * n))).collect();
    source(&ranges.iter().map(|r| (r.as_str(), "BR", "Brazil")).collect::<Vec<_>>())
}

/// A server whose job for a country of three reports stands in the second one.
fn in_the_middle(source: &Nginx, crowdsec: &CrowdSec, gate: &Gate) -> (Edge, Value) {
    crowdsec.add_bouncer("argos", "0123456789abcdef0123456789abcdef");
    crowdsec.add_machine("argos", "machine-password-of-argos");
    let edge = with_source(source);
    let owner = &edge.stage.owner;
    let body = json!({"lapi_url": gate.http.url(), "bouncer_api_key": "0123456789abcdef0123456789abcdef", "machine_user": "argos", "machine_password": "machine-password-of-argos"});
    owner.put("/api/crowdsec/connection", body).expect_status(200);
    owner.post("/api/geoip/refresh", json!({})).expect_status(200);
    let job = owner.post("/api/security/countries/BR/expand", json!({"duration": "24h"})).expect_status(202).json();
    wait_until("the second report is under way", SOON, || gate.is_reached());
    (edge, job["id"].clone())
}

fn ended(stage: &Stage, job: &Value) -> Value {
    let url = format!("/api/security/jobs/{job}");
    wait_for("the job ends", Duration::from_secs(120), || {
        Some(stage.owner.get(&url).expect_status(200).json()).filter(|j| j["completed_at"].is_string())
    })
}

#[test]
fn expansion_that_a_crash_cut_off_goes_on_with_the_part_it_was_at() {
    let (source, crowdsec) = (large_country(), CrowdSec::start());
    let gate = Gate::before(&crowdsec);
    let (edge, job) = in_the_middle(&source, &crowdsec, &gate);
    let stopped = edge.stage.argos.kill9();
    gate.open();
    let stage = Stage::of(stopped.restart());
    let done = ended(&stage, &job);
    let told = (&done["state"], &done["chunks_total"], &done["chunks_done"], &done["cidr_committed"]);
    assert_eq!(told, (&json!("completed"), &json!(3), &json!(3), &json!(1_100)), "{done}");
    assert_eq!(gate.reports.load(Ordering::SeqCst), 4, "the part that was under way comes twice, no other");
    let decisions = || stage.owner.get("/api/security/decisions?origin=argos-country-BR&limit=1").json()["total"].as_i64();
    wait_until("every range is banned", SOON, || decisions().is_some_and(|n| n >= 1_100));
}

#[test]
fn expansion_that_is_cancelled_takes_back_what_it_reported() {
    let (source, crowdsec) = (large_country(), CrowdSec::start());
    let gate = Gate::before(&crowdsec);
    let (edge, job) = in_the_middle(&source, &crowdsec, &gate);
    let owner = &edge.stage.owner;
    // It ends though CrowdSec has not answered, and what CrowdSec takes after that goes too.
    owner.delete("/api/security/countries/BR").expect_status(200);
    let done = ended(&edge.stage, &job);
    assert_eq!(done["state"], "failed", "{done}");
    let decisions = || owner.get("/api/security/decisions?origin=argos-country-BR&limit=1").json()["total"].as_i64();
    gate.open();
    wait_until("the late report arrives", SOON, || gate.answered() >= 2);
    assert!(gate.reports.load(Ordering::SeqCst) == 2, "nothing more is reported");
    wait_until("nothing is banned", Duration::from_secs(120), || {
        crowdsec.decisions().as_array().is_none_or(Vec::is_empty) && decisions() == Some(0)
    });
    assert_eq!(owner.get("/api/security/countries").json(), json!([]));
}

#[test]
fn part_that_crowdsec_refuses_is_tried_again_then_left_out() {
    let (source, crowdsec) = (large_country(), CrowdSec::start());
    // The second part: not now, then not at all.
    let gate = Gate::saying(&crowdsec, |report| match report {
        2 => Some((503, r#"{"message":"not now"}"#.to_owned())),
        3 => Some((400, r#"{"message":"no"}"#.to_owned())),
        _ => None,
    });
    let (edge, job) = in_the_middle(&source, &crowdsec, &gate);
    let done = ended(&edge.stage, &job);
    let told = (&done["state"], &done["chunks_total"], &done["chunks_done"], &done["chunks_failed"], &done["cidr_committed"]);
    assert_eq!(told, (&json!("completed"), &json!(3), &json!(2), &json!(1), &json!(600)), "{done}");
    assert_eq!(gate.reports.load(Ordering::SeqCst), 4, "the refused part comes twice, no other");
    let listed = edge.stage.owner.get("/api/security/countries").expect_status(200).json();
    let cidrs: Vec<&str> = listed[0]["cidrs"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let of = |n: u32| format!("{}/32", std::net::Ipv4Addr::from_bits(0xCB00_0000 + 2 * n));
    assert_eq!((cidrs.len(), cidrs.contains(&of(0).as_str()), cidrs.contains(&of(700).as_str())), (600, true, false));
    assert!(cidrs.contains(&of(1_099).as_str()), "the last part is banned");
}
