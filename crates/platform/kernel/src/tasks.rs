//! Supervised background work. Every task is named, restarted with backoff when it fails or panics, visible in the
//! health registry, and ends on the one shutdown signal. Nothing else in Argos may call `tokio::spawn`.

use std::any::Any;
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::{AppError, Backoff, Clock, Rng, Timestamp};

/// A future behind a pointer: what crosses a crate boundary so often that each caller should not compile its own copy.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The one stop signal. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Shutdown(CancellationToken);

impl Shutdown {
    pub fn new() -> Self {
        Self::default()
    }
    pub fn trigger(&self) {
        self.0.cancel();
    }
    pub fn is_triggered(&self) -> bool {
        self.0.is_cancelled()
    }
    /// Resolves when the process shall stop.
    pub async fn wait(&self) {
        self.0.cancelled().await;
    }
    /// A signal that also fires with this one, but can be triggered alone.
    pub fn child(&self) -> Self {
        Self(self.0.child_token())
    }
    /// Waits `pause`; `false` when shutdown came first.
    pub async fn sleep(&self, pause: Duration) -> bool {
        tokio::select! {
            () = self.0.cancelled() => false,
            () = tokio::time::sleep(pause) => true,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskState {
    Running,
    /// Failed and waiting to be started again.
    Backoff,
    /// Ended by itself without an error.
    Finished,
}

/// What the health registry shows of one task.
#[derive(Clone, Debug)]
pub struct TaskStatus {
    pub state: TaskState,
    pub restarts: u64,
    pub last_error: Option<String>,
    pub since: Timestamp,
}

type Make = Box<dyn Fn(Shutdown) -> BoxFuture<'static, Result<(), AppError>> + Send + Sync>;

/// The work's result, or the words of its panic, which must not take the supervisor with it.
async fn caught<T>(mut work: BoxFuture<'_, T>) -> Result<T, String> {
    poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx))) {
        Ok(polled) => polled.map(Ok),
        Err(panic) => Poll::Ready(Err(words(&*panic))),
    })
    .await
}

fn words(panic: &(dyn Any + Send)) -> String {
    let said = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    said.map_or_else(|| "panicked".to_owned(), |said| format!("panicked: {said}"))
}

struct Shared {
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    shutdown: Shutdown,
    tracker: TaskTracker,
    status: Mutex<BTreeMap<String, TaskStatus>>,
}

/// Starts and watches background tasks. Clones share the registry.
#[derive(Clone)]
pub struct Tasks(Arc<Shared>);

impl Tasks {
    pub fn new(clock: Arc<dyn Clock>, rng: Arc<dyn Rng>, shutdown: Shutdown) -> Self {
        let status = Mutex::new(BTreeMap::new());
        Self(Arc::new(Shared { clock, rng, shutdown, tracker: TaskTracker::new(), status }))
    }
    pub fn shutdown(&self) -> &Shutdown {
        &self.0.shutdown
    }

    /// Runs `make()` for ever: an error or a panic is logged and the task starts again (0.5 s doubling to 60 s).
    /// A task that returns `Ok` is finished. It must return soon after the shutdown signal.
    pub fn supervise<F, Fut>(&self, name: impl Into<String>, make: F)
    where
        F: Fn(Shutdown) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), AppError>> + Send + 'static,
    {
        self.supervise_boxed(name.into(), Box::new(move |stop| Box::pin(make(stop))));
    }

    /// One copy for all callers: a task type of tokio's is some ten kilobytes of code.
    fn supervise_boxed(&self, name: String, make: Make) {
        let shared = Arc::clone(&self.0);
        shared.set(&name, TaskState::Running, None);
        self.detach(async move {
            let mut backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(60));
            loop {
                let started = tokio::time::Instant::now();
                let error = match caught(make(shared.shutdown.clone())).await {
                    Ok(Ok(())) => return shared.set(&name, TaskState::Finished, None),
                    Ok(Err(error)) => format!("{error:?}"),
                    Err(panic) => panic,
                };
                if shared.shutdown.is_triggered() {
                    return;
                }
                tracing::error!(task = name, error, "background task failed, restarting");
                shared.set(&name, TaskState::Backoff, Some(error));
                if started.elapsed() > Duration::from_secs(120) {
                    backoff.reset();
                }
                if !shared.shutdown.sleep(backoff.next(&*shared.rng)).await {
                    return;
                }
                shared.set(&name, TaskState::Running, None);
            }
        });
    }

    /// Runs one piece of work to its end (a connection, a delivery). A panic is logged, nothing is restarted.
    pub fn once<Fut>(&self, name: &'static str, work: Fut)
    where
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.once_boxed(name, Box::pin(work));
    }

    fn once_boxed(&self, name: &'static str, work: BoxFuture<'static, ()>) {
        self.detach(async move {
            if let Err(error) = caught(work).await {
                tracing::error!(task = name, error, "task failed");
            }
        });
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that spawns; everything it spawns is tracked")]
    fn detach<Fut: Future<Output = ()> + Send + 'static>(&self, work: Fut) {
        drop(tokio::spawn(self.0.tracker.track_future(work)));
    }

    /// Name and state of every supervised task.
    pub fn status(&self) -> Vec<(String, TaskStatus)> {
        let map = self.0.status.lock().unwrap_or_else(PoisonError::into_inner);
        map.iter().map(|(k, v)| (k.clone(), v.clone())).collect()
    }

    /// Waits until every task has ended; `false` when `limit` passed first.
    pub async fn join(&self, limit: Duration) -> bool {
        self.0.tracker.close();
        tokio::time::timeout(limit, self.0.tracker.wait()).await.is_ok()
    }
}

impl Shared {
    fn set(&self, name: &str, state: TaskState, error: Option<String>) {
        let mut map = self.status.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        let entry = map.entry(name.to_owned()).or_insert(TaskStatus { state, restarts: 0, last_error: None, since: now });
        if state == TaskState::Backoff {
            entry.restarts += 1;
        }
        entry.state = state;
        entry.since = now;
        if error.is_some() {
            entry.last_error = error;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::{SeededRng, SystemClock};

    fn tasks() -> Tasks {
        Tasks::new(Arc::new(SystemClock), Arc::new(SeededRng::new(1)), Shutdown::new())
    }

    #[tokio::test]
    async fn words_of_a_panic_are_kept() {
        let n = 3;
        assert_eq!(caught::<()>(Box::pin(async move { panic!("number {n}") })).await, Err("panicked: number 3".to_owned()));
        assert_eq!(caught::<()>(Box::pin(async { panic!("plain") })).await, Err("panicked: plain".to_owned()));
        assert_eq!(caught(Box::pin(async { 5 })).await, Ok(5));
    }

    #[tokio::test(start_paused = true)]
    async fn supervised_task_that_panics_is_started_again() {
        let t = tasks();
        let runs = Arc::new(AtomicU32::new(0));
        let seen = Arc::clone(&runs);
        t.supervise("wobbly", move |stop| {
            let seen = Arc::clone(&seen);
            async move {
                assert!(seen.fetch_add(1, Ordering::SeqCst) >= 2, "first two runs fail");
                stop.wait().await;
                Ok(())
            }
        });
        while runs.load(Ordering::SeqCst) < 3 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let status = t.status();
        assert_eq!(status[0].0, "wobbly");
        assert_eq!(status[0].1.restarts, 2);
        t.shutdown().trigger();
        assert!(t.join(Duration::from_secs(5)).await);
    }
}
