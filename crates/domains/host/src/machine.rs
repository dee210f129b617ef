//! The live state of this machine in memory: the newest sample and its rendering, short histories, probe answers.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use argos_hostinfo::{Moment, Sample, Sampler, Wants};
use argos_kernel::{AppError, Result};
use argos_platform::Platform;
use bytes::Bytes;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::model::probes::Probes;
use crate::model::processes::ProcessTick;
use crate::model::snapshot::{STALLED_AFTER_S, Snapshot};
use crate::model::values::{Texts, Values, flatten, texts};

/// Ticks in `cpu_history`.
const CPU_HISTORY: usize = 20;
/// Entries of `/api/processes/history`.
const PROCESS_HISTORY: usize = 60;

/// One tick, ready to be sent.
pub(crate) struct Tick {
    pub(crate) sample: Sample,
    pub(crate) snapshot: Snapshot,
    /// The rendered snapshot, shared by every reader.
    pub(crate) json: Bytes,
    pub(crate) value: serde_json::Value,
    pub(crate) values: Values,
    pub(crate) texts: Texts,
    pub(crate) at: Instant,
}

/// This machine.
pub struct Machine {
    pub(crate) platform: Platform,
    sampler: Mutex<Sampler>,
    started: Instant,
    newest: ArcSwapOption<Tick>,
    ticks: watch::Sender<u64>,
    cpu_history: Mutex<VecDeque<f64>>,
    process_history: Mutex<VecDeque<ProcessTick>>,
    probes: Mutex<Probes>,
    /// The last SMART answer and when it was read.
    pub(crate) smart: tokio::sync::Mutex<Option<(Instant, serde_json::Value)>>,
}

fn lock<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Machine {
    pub(crate) fn new(platform: &Platform) -> Self {
        Self {
            platform: platform.clone(),
            sampler: Mutex::new(Sampler::new(Path::new("/"))),
            started: Instant::now(),
            newest: ArcSwapOption::empty(),
            ticks: watch::channel(0).0,
            cpu_history: Mutex::default(),
            process_history: Mutex::default(),
            probes: Mutex::default(),
            smart: tokio::sync::Mutex::default(),
        }
    }

    /// Reads the machine. Blocking: call it on a thread for blocking work.
    pub(crate) fn sample(&self) -> Sample {
        let at = Moment { monotonic: self.started.elapsed(), wall_unix_s: self.platform.clock.now().secs() };
        lock(&self.sampler).sample(&Wants::default(), at)
    }

    /// Every socket, read now. Blocking.
    pub(crate) fn sockets(&self) -> Option<argos_hostinfo::socket::Sockets> {
        lock(&self.sampler).sockets()
    }

    /// Makes the next tick read governor and other slow facts again.
    pub(crate) fn forget_facts(&self) {
        lock(&self.sampler).forget_facts();
    }

    /// Renders a sample and makes it the newest tick.
    pub(crate) fn publish(&self, sample: Sample, alerts: Vec<crate::AlertLine>) -> Arc<Tick> {
        let history: Vec<f64> = {
            let mut history = lock(&self.cpu_history);
            history.extend(sample.cpu.as_ref().and_then(argos_hostinfo::cpu::Cpu::percent).map(crate::model::parts::tenth));
            let surplus = history.len().saturating_sub(CPU_HISTORY);
            history.drain(..surplus);
            history.iter().copied().collect()
        };
        if sample.processes.is_some() {
            let mut ticks = lock(&self.process_history);
            ticks.push_back(crate::model::processes::tick(&sample));
            let surplus = ticks.len().saturating_sub(PROCESS_HISTORY);
            ticks.drain(..surplus);
        }
        let snapshot = Snapshot::build(&sample, &lock(&self.probes), &history, alerts);
        let value = serde_json::to_value(&snapshot).unwrap_or_default();
        let json = Bytes::from(value.to_string());
        let (values, texts) = (flatten(&value), texts(&value));
        let tick = Arc::new(Tick { sample, snapshot, json, value, values, texts, at: Instant::now() });
        self.newest.store(Some(Arc::clone(&tick)));
        self.ticks.send_modify(|n| *n += 1);
        tick
    }

    pub(crate) fn set_probes(&self, probes: Probes) {
        *lock(&self.probes) = probes;
    }
    pub(crate) fn probes(&self) -> Probes {
        lock(&self.probes).clone()
    }
    pub(crate) fn process_history(&self) -> Vec<ProcessTick> {
        lock(&self.process_history).iter().cloned().collect()
    }

    /// The newest tick; 503 before the first.
    pub(crate) fn newest(&self) -> Result<Arc<Tick>> {
        self.newest.load_full().ok_or_else(|| AppError::unavailable("No data yet").code("no_data_yet"))
    }

    /// Changes once per tick.
    pub(crate) fn ticks(&self) -> watch::Receiver<u64> {
        self.ticks.subscribe()
    }
}

impl Tick {
    pub(crate) fn age(&self) -> Duration {
        self.at.elapsed()
    }
    /// The JSON as it is to be sent now: a fresh tick as rendered, a late one with its pulse and state.
    pub(crate) fn json_now(&self) -> Bytes {
        let pulse = self.age().as_secs_f64();
        if pulse <= STALLED_AFTER_S {
            return self.json.clone();
        }
        let mut late = self.snapshot.clone();
        late.collector_pulse = crate::model::parts::tenth(pulse);
        late.collector_status = "stalled";
        serde_json::to_vec(&late).map_or_else(|_| self.json.clone(), Bytes::from)
    }
}

impl Machine {
    /// A list setting; an unreadable one is logged and counts as empty.
    pub(crate) fn setting_list(&self, key: &str) -> Vec<String> {
        readable(self.platform.settings.list(key), key)
    }
    /// A text setting that may be empty.
    pub(crate) fn setting_text(&self, key: &str) -> Option<String> {
        readable(self.platform.settings.opt_text(key), key)
    }
}

fn readable<T: Default>(value: Result<T>, key: &str) -> T {
    value.unwrap_or_else(|error| {
        tracing::error!(?error, key, "a setting could not be read");
        T::default()
    })
}
