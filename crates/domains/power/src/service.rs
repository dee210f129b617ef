//! The domain's state in memory: every device with what is remembered of it, the pollers that run, the cycle. The
//! tables are the truth; this is what the pollers work on.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use argos_kernel::{Result, Timestamp};
use argos_platform::Platform;
use argos_settings::Settings;
use tokio::sync::watch;

use crate::actions::energy::WHOLE;
use crate::actions::exporters::Exporters;
use crate::actions::metering::Meter;
use crate::actions::monitoring::Monitoring;
use crate::actions::points::PointSeries;
use crate::actions::rows::Rows;
use crate::actions::search::Searches;
use crate::actions::standing::Standings;
use crate::model::device::{Device, VoltageBand};
use crate::model::outlet::{Outlet, Phase};
use crate::model::reading::Variables;
use crate::model::snapshot::Snapshot;
use crate::model::state::{DeviceState, Limits};
use crate::shutdown::Shutdowns;
use crate::store::outlets::{Mark, OutletRow};
use crate::workers::cycle::Cycle;
use crate::workers::pollers::Pollers;
use crate::{store, workers};

/// What a device offers beside its values.
#[derive(Clone, Debug, Default)]
pub(crate) struct Details {
    /// Names of the variables that can be set.
    pub(crate) writable: Vec<String>,
    /// Commands and their descriptions.
    pub(crate) commands: Vec<(String, String)>,
}

/// A device at work.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    pub(crate) device: Device,
    pub(crate) state: DeviceState,
    /// The newest good sample of this process or, before the first, of the store.
    pub(crate) latest: Option<(Timestamp, Snapshot)>,
    pub(crate) variables: Arc<Variables>,
    pub(crate) details: Option<Arc<Details>>,
    pub(crate) outlets: Arc<Vec<Outlet>>,
    pub(crate) phases: Arc<Vec<Phase>>,
    /// When the outlets were read last.
    pub(crate) outlets_at: Option<Timestamp>,
    /// What people wrote about the outlets.
    pub(crate) marks: BTreeMap<String, Mark>,
    /// Outlets somebody is switching just now, and who.
    pub(crate) switching: BTreeMap<String, String>,
    /// The SNMP profile that was found.
    pub(crate) profile: Option<argos_powermib::Profile>,
    /// Whether this process polled it at all.
    pub(crate) polled: bool,
    /// Where its points go.
    pub(crate) series: PointSeries,
    /// What tells its poller apart; `None` when nobody polls it.
    pub(crate) poller_key: Option<Arc<str>>,
    pub(crate) energy: Meter,
    pub(crate) polls: PollCounts,
    /// Of the outlets that measure something.
    pub(crate) outlet_energy: BTreeMap<String, Meter>,
}

impl Live {
    /// The energy of what comes next does not join what was before.
    pub(crate) fn interrupt_energy(&mut self) {
        self.energy.interrupt();
        self.outlet_energy.values_mut().for_each(Meter::interrupt);
    }
}

/// Polls of a device since the start of the process.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct PollCounts {
    pub(crate) ok: u64,
    pub(crate) failed: u64,
    pub(crate) seconds: f64,
}

/// `online`, `stale`, `offline`, `disabled` or `unknown`.
pub(crate) fn status_word(live: &Live) -> &'static str {
    match live {
        l if !l.device.enabled => "disabled",
        l if l.state.offline => "offline",
        l if !l.polled => "unknown",
        l if l.state.missed > 0 => "stale",
        l if l.state.last_success.is_some() => "online",
        _ => "unknown",
    }
}

/// What the settings say about samples.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) limits: Limits,
    /// Samples further apart are not joined to energy.
    pub(crate) max_gap_us: i64,
    /// Rows go into the record.
    pub(crate) stores_rows: bool,
}

/// The domain. One per process.
pub struct Power {
    pub(crate) platform: Platform,
    live: Mutex<BTreeMap<String, Live>>,
    pub(crate) pollers: Pollers,
    pub(crate) cycle: Cycle,
    pub(crate) searches: Searches,
    pub(crate) exporters: Exporters,
    pub(crate) rows: Rows,
    pub(crate) monitoring: Mutex<Monitoring>,
    /// Tells how old `rules` is.
    settings_changes: watch::Receiver<u64>,
    rules: Mutex<Option<(u64, Rules)>>,
    /// Events of this part since the start, by kind.
    pub(crate) event_counts: Mutex<BTreeMap<String, u64>>,
    /// The last worked out standing of every device.
    pub(crate) standings: Mutex<Option<(Timestamp, Standings)>>,
    /// When alert providers were last tried out.
    pub(crate) alert_tested: Mutex<Option<tokio::time::Instant>>,
    /// Any device that is watched runs on battery: kept so that a poller need not look through all of them.
    on_battery: AtomicBool,
    /// Grows with every change worth showing.
    pub(crate) changes: watch::Sender<u64>,
    /// One writer of states at a time: the newest must be the last one written.
    pub(crate) remembering: tokio::sync::Mutex<()>,
    /// One writer of devices at a time.
    pub(crate) writing: tokio::sync::Mutex<()>,
    pub(crate) shutdown: Shutdowns,
}

impl Power {
    pub(crate) fn new(platform: &Platform) -> Self {
        Self {
            platform: platform.clone(),
            live: Mutex::default(),
            pollers: Pollers::default(),
            cycle: Cycle::default(),
            searches: Searches::default(),
            exporters: Exporters::default(),
            rows: Rows::default(),
            monitoring: Mutex::default(),
            settings_changes: platform.settings.watch(),
            rules: Mutex::default(),
            event_counts: Mutex::default(),
            standings: Mutex::default(),
            alert_tested: Mutex::default(),
            on_battery: AtomicBool::new(false),
            changes: watch::channel(0).0,
            remembering: tokio::sync::Mutex::default(),
            writing: tokio::sync::Mutex::default(),
            shutdown: Shutdowns::new(platform.clock.now()),
        }
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.platform.settings
    }

    pub(crate) fn lives(&self) -> MutexGuard<'_, BTreeMap<String, Live>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks anew whether a watched device runs on battery.
    pub(crate) fn note_supply(&self, lives: &BTreeMap<String, Live>) {
        let any = lives.values().any(|l| l.device.enabled && l.state.on_battery);
        self.on_battery.store(any, Ordering::Relaxed);
    }

    pub(crate) fn is_on_battery(&self) -> bool {
        self.on_battery.load(Ordering::Relaxed)
    }

    pub(crate) fn find_live(&self, id: &str) -> Option<Live> {
        self.lives().get(id).cloned()
    }

    pub(crate) fn changed(&self) {
        self.changes.send_modify(|n| *n += 1);
    }

    /// What every sample is judged and kept by. Read from the settings when one of them changes, not for every poll.
    pub(crate) fn rules(&self) -> Result<Rules> {
        let now = *self.settings_changes.borrow();
        let mut known = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, rules)) = *known
            && at == now
        {
            return Ok(rules);
        }
        let s = self.settings();
        let limits = Limits {
            load_percent: s.f64("power.threshold_load_percent")?,
            temperature_c: s.f64("power.threshold_temp_celsius")?,
            battery_low_percent: s.f64("power.battery_low_percent")?,
            battery_low_seconds: None,
            shutdown_floor_percent: s.f64("power.shutdown_battery_floor_pct")?,
            missed_polls: u32::try_from(s.i64("power.device_offline_missed_polls")?).unwrap_or(u32::MAX),
            offline_grace_seconds: s.i64("power.offline_grace_seconds")?,
            on_battery_debounce_seconds: s.i64("power.on_battery_debounce_seconds")?,
            voltage_band_percent: VoltageBand::Normal.percent(),
        };
        let max_gap_s = s.i64("power.energy_max_gap_seconds")?.max(3 * 60 * s.i64("power.poll_interval_minutes")?);
        let stores_rows = s.list("power.enabled_exporters")?.iter().any(|e| e == "sqlite");
        Ok(known.insert((now, Rules { limits, max_gap_us: max_gap_s * 1_000_000, stores_rows })).1)
    }

    /// The limits of a device: its own where it has some, else the settings.
    pub(crate) fn limits(&self, device: &Device) -> Result<Limits> {
        let common = self.rules()?.limits;
        let own = &device.thresholds;
        Ok(Limits {
            load_percent: own.load_percent.unwrap_or(common.load_percent),
            temperature_c: own.temperature_c.unwrap_or(common.temperature_c),
            battery_low_percent: own.battery_percent.unwrap_or(common.battery_low_percent),
            battery_low_seconds: own.runtime_seconds,
            voltage_band_percent: own.voltage_band.map_or(common.voltage_band_percent, VoltageBand::percent),
            ..common
        })
    }

    /// Reads the devices again and starts or stops pollers accordingly.
    pub(crate) async fn reload(self: &Arc<Self>) -> Result<()> {
        let db = &self.platform.store.state;
        let devices = store::devices::list(db).await?;
        let mut states = store::states::all(db).await?;
        let mut totals: HashMap<String, BTreeMap<String, Meter>> = HashMap::new();
        for (id, outlet, total) in store::energy::totals(db).await? {
            totals.entry(id).or_default().insert(outlet, Meter::with(total));
        }
        let mut outlets: HashMap<String, Vec<OutletRow>> = HashMap::new();
        for row in store::outlets::list(db).await? {
            outlets.entry(row.device_id.clone()).or_default().push(row);
        }
        let known: Vec<String> = self.lives().keys().cloned().collect();
        let mut stored = HashMap::new();
        for device in devices.iter().filter(|d| !known.contains(&d.id)) {
            if let Some(row) = store::snapshots::latest(&self.platform.store.telemetry, Some(&device.id)).await? {
                stored.insert(device.id.clone(), (row.at, row.values));
            }
        }
        {
            let mut lives = self.lives();
            lives.retain(|id, _| devices.iter().any(|d| d.id == *id));
            for device in devices {
                if let Some(live) = lives.get_mut(&device.id) {
                    live.poller_key = workers::pollers::key(&device).map(Into::into);
                    if !device.enabled {
                        live.interrupt_energy();
                    }
                    live.device = device;
                    continue;
                }
                let id = device.id.clone();
                let mut meters = totals.remove(&id).unwrap_or_default();
                let rows = outlets.remove(&id).unwrap_or_default();
                let live = Live {
                    state: states.remove(&id).unwrap_or_default().settled(self.shutdown.now()),
                    latest: stored.remove(&id),
                    variables: Arc::default(),
                    details: None,
                    outlets_at: rows.iter().map(|r| r.updated_at).max(),
                    marks: rows.iter().map(|r| (r.outlet.id.clone(), r.mark.clone())).collect(),
                    switching: BTreeMap::new(),
                    outlets: Arc::new(rows.into_iter().map(|r| r.outlet).collect()),
                    phases: Arc::default(),
                    profile: None,
                    polled: false,
                    series: PointSeries::default(),
                    poller_key: workers::pollers::key(&device).map(Into::into),
                    energy: meters.remove(WHOLE).unwrap_or_default(),
                    outlet_energy: meters,
                    polls: PollCounts::default(),
                    device,
                };
                lives.insert(id, live);
            }
            self.note_supply(&lives);
        }
        workers::pollers::reconcile(self)?;
        self.changed();
        Ok(())
    }
}
