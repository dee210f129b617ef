//! This process among those that share one PostgreSQL: it hears what the others change, and exactly one of them leads.
//! The leader alone runs what must happen once; everything else runs everywhere. With SQLite this process leads.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use argos_kernel::Shutdown;
use argos_platform::{ComponentStatus, Platform};
use argos_store::{Engine, Signal};
use argos_web::Web;
use tokio::sync::watch;

use crate::announced;

/// How long a start waits for the first answer who leads.
const FIRST_ANSWER: Duration = Duration::from_secs(4);
/// So often the lock must be another's before a process that led believes it: the server may still hold it for the
/// session this process just lost.
const MISSES: u32 = 3;
const COUNT_EVERY: Duration = Duration::from_secs(5);

/// Clones share it.
#[derive(Clone)]
pub(crate) struct Replicas {
    /// `None` until the first answer.
    leads: watch::Receiver<Option<bool>>,
    /// Another process leads although this one did.
    deposed: Shutdown,
}

impl Replicas {
    /// Starts to hear; returns when it is known who leads, or after a while.
    pub(crate) async fn join(platform: &Platform) -> Self {
        let (told, leads) = watch::channel(None);
        let deposed = Shutdown::new();
        // 0: this process never led. Else one more than the answers since that another leads.
        let (told, misses) = (Arc::new(told), Arc::new(AtomicU32::new(0)));
        let (p, out) = (platform.clone(), deposed.clone());
        platform.tasks.supervise("replica-signals", move |stop| {
            let (p, told, misses, out) = (p.clone(), Arc::clone(&told), Arc::clone(&misses), out.clone());
            async move {
                let heard = |signal: Signal| match signal {
                    Signal::Connected => wake_all(&p),
                    Signal::Changed(topic) => wake(&p, &topic),
                    Signal::Leads(leads) => {
                        let before = misses.load(Ordering::SeqCst);
                        misses.store(if leads { 1 } else { before.saturating_add(before.min(1)) }, Ordering::SeqCst);
                        if !leads && before >= MISSES {
                            tracing::error!("another replica leads now; this one starts anew");
                            out.trigger();
                        }
                        if !leads && before > 0 {
                            return;
                        }
                        if told.send_replace(Some(leads)) != Some(leads) && p.store.engine() == Engine::Postgres {
                            let detail = if leads { "leader" } else { "follower" };
                            tracing::info!(role = detail, "replica");
                            p.health.report("replica", ComponentStatus::Healthy, None, Some(detail.to_owned()));
                        }
                    }
                };
                let name = announced::own_name(&p.settings.boot());
                Ok(p.store.state.hear(&name, &stop, heard).await?)
            }
        });
        let mut first = leads.clone();
        let known = tokio::time::timeout(FIRST_ANSWER, first.wait_for(Option::is_some)).await;
        if known.is_err() {
            tracing::warn!("it is not known yet which replica leads");
        }
        Self { leads, deposed }
    }

    /// Divides the limits of callers by the number of processes that live.
    pub(crate) fn share_limits(platform: &Platform, web: &Arc<Web>) {
        if platform.store.engine() == Engine::Sqlite {
            return;
        }
        let (db, web, identity) = (platform.store.state.clone(), Arc::clone(web), platform.identity.clone());
        platform.tasks.supervise("replica-count", move |stop| {
            let (db, web, identity) = (db.clone(), Arc::clone(&web), identity.clone());
            async move {
                loop {
                    let processes = db.processes().await?;
                    web.share_limits(processes);
                    identity.share_limits(processes);
                    if !stop.sleep(COUNT_EVERY).await {
                        return Ok(());
                    }
                }
            }
        });
    }

    pub(crate) fn leads(&self) -> bool {
        *self.leads.borrow() == Some(true)
    }

    /// Resolves when this process leads.
    pub(crate) async fn lead(&self) {
        let mut leads = self.leads.clone();
        if leads.wait_for(|l| *l == Some(true)).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Resolves when another process took the lead over.
    pub(crate) async fn deposed(&self) {
        self.deposed.wait().await;
    }
}

fn wake(p: &Platform, topic: &str) {
    match topic {
        "events" => p.events.wake(),
        "jobs" => p.jobs.wake(),
        "settings" => p.settings.wake(),
        "logs" => p.logs.wake(),
        "callers" => p.identity.evict_callers(),
        own => p.signals.ring(own),
    }
}

/// What was said while nobody listened may be missed, so everybody looks.
fn wake_all(p: &Platform) {
    for topic in ["events", "jobs", "settings", "logs", "callers"] {
        wake(p, topic);
    }
    p.signals.ring_all();
}
