//! Active health checks: a thread of its own probes every backend of pools that want it, whatever the load of the others.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::header::{HOST, HeaderValue, USER_AGENT};
use http::{Request, StatusCode, Uri};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::body::RequestBody;
use crate::connect::{begin_h2, connect};
use crate::health::ActiveCheck;
use crate::pool::Target;
use crate::report::HealthChange;
use crate::wire::{NoAnswer, Wire};
use crate::worker::Worker;

/// A running check.
struct Running {
    target: Arc<Target>,
    check: ActiveCheck,
    task: JoinHandle<()>,
}

/// Keeps the checks in step with the snapshot until the sender is gone.
pub(crate) async fn run(worker: Rc<Worker>, mut generation: watch::Receiver<u64>) {
    let mut running: HashMap<u64, Running> = HashMap::new();
    loop {
        // 0 is the end.
        if *generation.borrow_and_update() == 0 {
            return;
        }
        follow(&worker, &mut running);
        if generation.changed().await.is_err() {
            return;
        }
    }
}

/// Ends checks nobody wants any more and starts those that are new.
fn follow(worker: &Rc<Worker>, running: &mut HashMap<u64, Running>) {
    let snapshot = worker.snapshot();
    let wanted = snapshot.pools.values().filter_map(|pool| pool.config.active.as_ref().map(|check| (pool, check)));
    let wanted: HashMap<u64, (Arc<Target>, &ActiveCheck)> =
        wanted.flat_map(|(pool, check)| pool.targets.iter().map(move |t| (t.key, (Arc::clone(t), check)))).collect();
    running.retain(|key, run| {
        let stays = wanted.get(key).is_some_and(|(_, check)| **check == run.check);
        if !stays {
            run.task.abort();
            // What the old check said is no verdict any more: nobody would ever take it back.
            run.target.forget_probes();
        }
        stays
    });
    for (key, (target, check)) in wanted {
        running.entry(key).or_insert_with(|| {
            let check = check.clone();
            let task = tokio::task::spawn_local(watch_target(Rc::clone(worker), Arc::clone(&target), check.clone()));
            Running { target, check, task }
        });
    }
}

async fn watch_target(worker: Rc<Worker>, target: Arc<Target>, check: ActiveCheck) {
    // The first probe comes soon, but not all at one instant.
    let spread = |worker: &Worker, span: Duration| span.mul_f64(f64::from(u32::try_from(worker.lot() % 1000).unwrap_or(0)) / 1000.0);
    tokio::time::sleep(spread(&worker, check.interval.min(Duration::from_secs(1)))).await;
    loop {
        let outcome = tokio::time::timeout(check.timeout, probe(&worker, &target, &check)).await;
        let outcome = outcome.unwrap_or_else(|_| Err("did not answer in time".to_owned()));
        let (good, status, reason) = match outcome {
            Ok(status) => (check.expect.accepts(status), Some(status.as_u16()), format!("answered {}", status.as_u16())),
            Err(reason) => (false, None, reason),
        };
        target.probed(status, (!good).then(|| format!("it {reason}")));
        if let Some(health) = target.condition.probed(good, &check, worker.shared.now_ms()) {
            let (pool_id, target_id, name) = (target.pool, target.id, Arc::clone(&target.name));
            worker.shared.reporter.health(HealthChange { pool_id, target_id, target: name, health, reason: format!("it {reason}") });
        }
        let jitter = spread(&worker, check.interval / 10);
        tokio::time::sleep(check.interval.saturating_sub(check.interval / 20) + jitter).await;
    }
}

/// Asks once, on a connection of its own.
async fn probe(worker: &Worker, target: &Target, check: &ActiveCheck) -> Result<StatusCode, String> {
    let stream = connect(worker, target, check.timeout).await.map_err(|e| format!("could not be reached: {e}"))?;
    let mut request = Request::new(RequestBody::Empty);
    *request.method_mut() = check.method.clone();
    request.headers_mut().insert(USER_AGENT, HeaderValue::from_static("argos-health-check"));
    let path = check.path.parse::<http::uri::PathAndQuery>().map_err(|_| "has no valid path".to_owned())?;
    if target.protocol.is_h2() {
        let mut parts = target.base.clone().into_parts();
        parts.path_and_query = Some(path);
        *request.uri_mut() = Uri::from_parts(parts).map_err(|_| "has no valid address".to_owned())?;
        let mut sender = begin_h2(stream).await.map_err(|e| e.to_string())?;
        return sender.send_request(request).await.map(|r| r.status()).map_err(|e| format!("sent no valid answer: {e}"));
    }
    *request.uri_mut() = Uri::from(path);
    request.headers_mut().insert(HOST, target.authority.clone());
    request.headers_mut().insert(http::header::CONNECTION, HeaderValue::from_static("close"));
    let answer = Wire::new(stream).send(&mut request, Instant::now(), check.timeout).await;
    answer.map(|answer| answer.status).map_err(|failure| match failure {
        NoAnswer::TimedOut => "did not answer in time".to_owned(),
        NoAnswer::Closed | NoAnswer::Unsent => "closed the connection without an answer".to_owned(),
        NoAnswer::Bad | NoAnswer::Ambiguous => "sent no valid answer".to_owned(),
    })
}
