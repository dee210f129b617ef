//! When a plan acts (power spec D.8): from what its sources say to critical sources, groups, countdown and the order
//! to run. Pure: the caller brings samples and a time that never jumps. Nothing is judged on stale data; contact lost
//! while on mains never shuts anything down.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use argos_nut::Flags;
use serde::{Deserialize, Serialize};

use super::plan::{PlanBody, Triggers};

const SECOND: i64 = 1_000_000;
/// T5 looks at this much of the past, with at least so many samples, not before so long on battery.
const RATE_WINDOW: i64 = 300 * SECOND;
const RATE_SAMPLES: usize = 30;
const RATE_AFTER: i64 = 90 * SECOND;
/// T7 waits at least this long without an answer (NUT's DEADTIME).
const DEAD_TIME: i64 = 15 * SECOND;

/// What a source says now.
#[derive(Clone, Debug, Default)]
pub struct SourceView {
    /// Switched off, removed, or held back by maintenance: nothing is judged.
    pub monitored: bool,
    /// The last poll of this process was good.
    pub fresh: bool,
    /// Polls that failed in a row.
    pub lost_polls: i64,
    /// Tells samples apart.
    pub sample_at: i64,
    pub flags: Flags,
    pub battery_percent: Option<f64>,
    pub runtime_seconds: Option<f64>,
    /// A battery test or calibration runs.
    pub testing: bool,
    /// A forced shutdown is latched at our own NUT server.
    pub forced: bool,
}

/// Why a source is critical.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    Fsd,
    LowBattery,
    BatteryPercent,
    Runtime,
    DepletionRate,
    OnBatteryTime,
    LostOnBattery,
}

impl Reason {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fsd => "fsd",
            Self::LowBattery => "low_battery",
            Self::BatteryPercent => "battery_percent",
            Self::Runtime => "runtime",
            Self::DepletionRate => "depletion_rate",
            Self::OnBatteryTime => "on_battery_time",
            Self::LostOnBattery => "lost_on_battery",
        }
    }
}

/// A forced shutdown acts once: when it is first seen, not for as long as it is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Forced {
    #[default]
    No,
    New,
    Used,
}

/// What is remembered of a source between two looks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SourceWatch {
    seen: bool,
    /// The last supply that could be judged.
    on_battery: bool,
    since: i64,
    low_since: Option<i64>,
    forced: Forced,
    #[serde(skip)]
    last_sample: i64,
    /// Since when it has been silent, and how many polls had failed by then. Counted by this process only: what failed
    /// before a restart, or while nobody was asked, is no loss of contact.
    #[serde(skip)]
    silence: Option<(i64, i64)>,
    #[serde(skip)]
    charges: VecDeque<(i64, f64)>,
    #[serde(skip)]
    critical: Option<Reason>,
}

impl SourceWatch {
    pub fn critical(&self) -> Option<Reason> {
        self.critical
    }

    fn judge(&mut self, t: &Triggers, s: &SourceView, now: i64) {
        if !s.monitored {
            // What was last known of its supply stays, so that a run of this outage is not repeated.
            (self.critical, self.silence) = (None, None);
        } else if s.fresh {
            self.silence = Some((now, 0));
            self.take(s, now);
            self.critical = self.by_sample(t, s, now);
        } else {
            let (since, before) = *self.silence.get_or_insert((now, s.lost_polls));
            let lost = s.lost_polls.saturating_sub(before) >= t.lost_polls && now - since >= DEAD_TIME;
            if self.critical.is_none() && self.on_battery && t.lost_polls > 0 && lost {
                self.critical = Some(Reason::LostOnBattery);
            }
        }
    }

    /// A moment that lies ahead was written before the clock was put back: it counts from now.
    fn settle(&mut self, now: i64) {
        self.since = self.since.min(now);
        self.low_since = self.low_since.map(|at| at.min(now));
    }

    /// Remembers a good sample.
    fn take(&mut self, s: &SourceView, now: i64) {
        let first = !std::mem::replace(&mut self.seen, true);
        let forced = s.flags.has("FSD") || s.forced;
        self.forced = match (self.forced, forced) {
            (_, false) => Forced::No,
            // Shown from the start with the mains there: it was carried out, and we are the ones who came back.
            (Forced::No, true) if first && !s.flags.on_battery() => Forced::Used,
            (Forced::No, true) => Forced::New,
            (as_before, true) => as_before,
        };
        if s.flags.on_battery() {
            if !self.on_battery {
                (self.on_battery, self.since, self.low_since) = (true, now, None);
                self.charges.clear();
            }
            if !s.flags.has("LB") {
                self.low_since = None;
            } else if self.low_since.is_none() {
                self.low_since = Some(now);
            }
            if let Some(percent) = s.battery_percent.filter(|_| s.sample_at != self.last_sample) {
                self.charges.push_back((now, percent));
            }
            while self.charges.front().is_some_and(|(at, _)| now - at > RATE_WINDOW) {
                self.charges.pop_front();
            }
        } else if s.flags.on_mains() {
            (self.on_battery, self.low_since) = (false, None);
            self.charges.clear();
        }
        self.last_sample = s.sample_at;
    }

    /// T1 to T6, in the documented order.
    fn by_sample(&self, t: &Triggers, s: &SourceView, now: i64) -> Option<Reason> {
        if t.fsd && self.forced == Forced::New {
            return Some(Reason::Fsd);
        }
        // Neither on battery nor on mains (off, bypass, starting): nothing is judged.
        if !s.flags.on_battery() || s.flags.has("WAIT") {
            return None;
        }
        let on_battery = now - self.since;
        if t.low_battery && self.low_since.is_some_and(|since| now - since >= t.lb_hold_seconds * SECOND) {
            return Some(Reason::LowBattery);
        }
        let testing = s.testing || s.flags.has("CAL") || s.flags.has("TEST");
        if on_battery >= t.stabilise_seconds * SECOND && !testing {
            if below(s.battery_percent, t.battery_percent) {
                return Some(Reason::BatteryPercent);
            }
            if below(s.runtime_seconds, t.runtime_seconds) && !meaningless_runtime(s) {
                return Some(Reason::Runtime);
            }
            let limit = t.percent_per_minute.filter(|l| *l > 0.0);
            if on_battery >= RATE_AFTER && limit.zip(self.rate()).is_some_and(|(limit, rate)| rate > limit) {
                return Some(Reason::DepletionRate);
            }
        }
        (t.on_battery_seconds > 0 && on_battery >= t.on_battery_seconds * SECOND).then_some(Reason::OnBatteryTime)
    }

    /// Points of charge lost per minute.
    #[expect(clippy::cast_precision_loss, reason = "microseconds of five minutes")]
    fn rate(&self) -> Option<f64> {
        let ((from, before), (to, after)) = (self.charges.front()?, self.charges.back()?);
        let minutes = (to - from) as f64 / (60 * SECOND) as f64;
        (self.charges.len() >= RATE_SAMPLES && minutes > 0.0).then(|| (before - after) / minutes)
    }
}

fn below(value: Option<f64>, limit: Option<f64>) -> bool {
    limit.filter(|l| *l > 0.0).zip(value).is_some_and(|(limit, value)| value <= limit)
}

/// Many devices say 0 seconds for "I do not know".
fn meaningless_runtime(s: &SourceView) -> bool {
    s.runtime_seconds.is_none_or(|r| r <= 0.0) && s.battery_percent.is_none_or(|p| p > 50.0)
}

/// Where a plan stands before it runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    #[default]
    Idle,
    OnBattery,
    Countdown,
    /// It ran in this outage and does not act again before the mains were back.
    Fired,
}

/// What is remembered of a plan between two looks; written before anything follows from it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PlanWatch {
    pub stage: Stage,
    pub since: i64,
    /// When the countdown ends.
    pub deadline: Option<i64>,
    pub reason: Option<Reason>,
    pub sources: BTreeMap<String, SourceWatch>,
}

/// What follows from a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Nothing,
    /// A countdown began.
    Countdown(Reason),
    /// The mains came back during the countdown.
    Cancelled,
    /// Run the plan now.
    Fire(Reason),
}

impl PlanWatch {
    /// Takes over what an earlier process remembered.
    pub fn settle(&mut self, body: &PlanBody, now: i64) {
        self.since = self.since.min(now);
        self.deadline = self.deadline.map(|at| at.min(now + body.triggers.grace_seconds * SECOND));
        self.sources.values_mut().for_each(|s| s.settle(now));
    }

    /// Nobody asks the sources now; silence is counted anew when somebody does.
    pub fn pause(&mut self) {
        self.sources.values_mut().for_each(|s| s.silence = None);
    }

    /// Looks at every source. `busy`: the plan runs already.
    pub fn judge(&mut self, body: &PlanBody, views: &BTreeMap<String, SourceView>, busy: bool, now: i64) -> Verdict {
        self.sources.retain(|id, _| body.sources.iter().any(|s| s.device_id == *id));
        for source in &body.sources {
            let watch = self.sources.entry(source.device_id.clone()).or_default();
            watch.judge(&body.triggers, views.get(&source.device_id).unwrap_or(&SourceView::default()), now);
        }
        let verdict = self.step(body, views, busy, now);
        if self.stage == Stage::Fired {
            for watch in self.sources.values_mut().filter(|w| w.forced == Forced::New) {
                watch.forced = Forced::Used;
            }
        }
        verdict
    }

    fn step(&mut self, body: &PlanBody, views: &BTreeMap<String, SourceView>, busy: bool, now: i64) -> Verdict {
        let supplied = self.is_supplied(body);
        if self.stage == Stage::Fired {
            if supplied && !busy {
                self.enter(Stage::Idle, now);
            }
            return Verdict::Nothing;
        }
        let reason = self.fires(body);
        if reason.is_some() && busy {
            self.enter(Stage::Fired, now);
            return Verdict::Nothing;
        }
        match (self.stage, reason) {
            (Stage::Idle | Stage::OnBattery, Some(reason)) if reason == Reason::Fsd || body.triggers.grace_seconds == 0 => {
                self.fire(reason, now)
            }
            (Stage::Idle | Stage::OnBattery, Some(reason)) => {
                self.enter(Stage::Countdown, now);
                (self.reason, self.deadline) = (Some(reason), Some(now + body.triggers.grace_seconds * SECOND));
                Verdict::Countdown(reason)
            }
            (Stage::Countdown, Some(Reason::Fsd)) => self.fire(Reason::Fsd, now),
            (Stage::Countdown, _) if supplied => {
                self.enter(Stage::Idle, now);
                Verdict::Cancelled
            }
            (Stage::Countdown, _) if self.deadline.is_some_and(|at| now >= at) && self.is_known(views) => {
                let reason = self.reason.unwrap_or(Reason::LowBattery);
                self.fire(reason, now)
            }
            (Stage::Idle, None) if self.sources.values().any(|w| w.on_battery) => {
                self.enter(Stage::OnBattery, now);
                Verdict::Nothing
            }
            (Stage::OnBattery, None) if !self.sources.values().any(|w| w.on_battery) => {
                self.enter(Stage::Idle, now);
                Verdict::Nothing
            }
            _ => Verdict::Nothing,
        }
    }

    fn enter(&mut self, stage: Stage, now: i64) {
        (self.stage, self.since, self.deadline, self.reason) = (stage, now, None, None);
    }

    fn fire(&mut self, reason: Reason, now: i64) -> Verdict {
        self.enter(Stage::Fired, now);
        self.reason = Some(reason);
        Verdict::Fire(reason)
    }

    /// Somebody started the plan by hand.
    pub fn started(&mut self, now: i64) {
        self.enter(Stage::Fired, now);
    }

    /// The first group with too few healthy sources, by the reason of its worst source.
    fn fires(&self, body: &PlanBody) -> Option<Reason> {
        groups(body).into_iter().find_map(|group| {
            let watches = || members(body, &group).filter_map(|id| self.sources.get(id));
            let healthy = watches().filter(|w| w.critical.is_none()).count();
            let short = i64::try_from(healthy).unwrap_or(i64::MAX) < body.min_healthy(&group);
            if short { watches().filter_map(SourceWatch::critical).min() } else { None }
        })
    }

    /// Whether every group has enough sources that are not on battery as far as they last said.
    pub fn is_supplied(&self, body: &PlanBody) -> bool {
        groups(body).into_iter().all(|group| {
            let fed = members(body, &group).filter(|id| self.sources.get(*id).is_none_or(|w| !w.on_battery)).count();
            i64::try_from(fed).unwrap_or(i64::MAX) >= body.min_healthy(&group)
        })
    }

    /// A source on battery answers, or has been silent for as long as T7 asks: the countdown does not end on a guess.
    fn is_known(&self, views: &BTreeMap<String, SourceView>) -> bool {
        let known = |(id, w): (&String, &SourceWatch)| {
            w.on_battery && (w.critical == Some(Reason::LostOnBattery) || views.get(id).is_some_and(|v| v.fresh))
        };
        self.sources.iter().any(known)
    }

    /// Whether any source said last that it runs on its battery.
    pub fn is_on_battery(&self) -> bool {
        self.sources.values().any(|w| w.on_battery)
    }
}

fn groups(body: &PlanBody) -> BTreeSet<String> {
    body.sources.iter().map(|s| s.group.clone()).collect()
}

fn members<'a>(body: &'a PlanBody, group: &'a str) -> impl Iterator<Item = &'a String> {
    body.sources.iter().filter(move |s| s.group == group).map(|s| &s.device_id)
}

#[cfg(test)]
mod tests;
