//! One evaluation: of all rules on a new sample, or of the rules that mention the events that just came.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use argos_condition::Truth;
use argos_events::Event;
use argos_kernel::{Result, Timestamp};

use super::core::{Core, Plan};
use super::transition::Change;
use super::windows::effects;
use crate::Alerts;
use crate::alerts::{Live, TickReport};
use crate::model::attention::OpenFiring;
use crate::model::instance::{Place, Verdict};
use crate::model::matcher::Target;
use crate::model::rule::Autonomy;
use crate::model::rule::Compiled;
use crate::model::series::Catalogue;
use crate::model::state::{Effect, Hold, Phase, RuleState, Seen, Withheld, step};
use crate::model::window::{Period, Window};
use crate::store::firings;
use crate::store::states::StateRow;
use crate::stored::Question;
use crate::values::{EventCounts, NameIndex, Reading, event_questions};

/// What an evaluation knows besides values: the firings that are open, as the transitions of this run change them.
struct Run {
    open: HashMap<i64, OpenFiring>,
    now: Timestamp,
    report: TickReport,
    /// Maintenance and silences of the moment.
    windows: Vec<(Window, Period)>,
    /// The name of this machine.
    host: Option<String>,
}

impl Alerts {
    pub(crate) async fn evaluate_tick(&self, live: &Live, now: Timestamp) -> Result<TickReport> {
        let _turn = self.0.turn.lock().await;
        let (stored, catalogue) = (self.0.stored.get(), self.catalogue());
        if let Some(stored) = stored {
            // Long windows are read while rules can be looked at and edited.
            let questions = self.tick_questions(live, &catalogue, now).await?;
            stored.load(&questions, now).await;
        }
        let mut core = self.0.core.lock().await;
        core.refresh(&self.0.db, now).await?;
        core.note_watching(&self.0.db, now).await?;
        let rules = core.rules.clone();
        let plans: Vec<Arc<Plan>> = rules.iter().map(|rule| core.plan(rule, &live.index, &catalogue)).collect();
        let mut run = self.run(&mut core, now).await?;
        let mut remembered = remembered(&core);
        for (rule, plan) in rules.iter().zip(plans) {
            let counts = if rule.has_events() { self.count_events(rule, now).await? } else { EventCounts::default() };
            let reading = Reading { values: Some(&*live.values), index: &live.index, stored, events: &counts, now };
            let before = remembered.remove(&rule.rule.id).unwrap_or_default();
            self.judge(&mut core, rule, &plan, &reading, before, &mut run).await;
        }
        Ok(run.report)
    }

    /// What the rules will ask about the past.
    async fn tick_questions(&self, live: &Live, catalogue: &Arc<Catalogue>, now: Timestamp) -> Result<Vec<Question>> {
        let mut core = self.0.core.lock().await;
        core.refresh(&self.0.db, now).await?;
        let rules = core.rules.clone();
        Ok(rules.iter().flat_map(|rule| core.plan(rule, &live.index, catalogue).questions.clone()).collect())
    }

    /// Judges the rules that mention one of `events`, at once.
    pub(crate) async fn evaluate_events(&self, events: &[Event], now: Timestamp) -> Result<TickReport> {
        let mut core = self.0.core.lock().await;
        core.refresh(&self.0.db, now).await?;
        let mut run = self.run(&mut core, now).await?;
        let (live, empty, catalogue) = (self.live(), NameIndex::default(), self.catalogue());
        let index = live.as_ref().map_or(&empty, |l| &*l.index);
        let mut remembered = remembered(&core);
        for rule in core.rules.clone().iter().filter(|r| r.has_events()) {
            let mut counts = self.count_events(rule, now).await?;
            let mut questions = Vec::new();
            event_questions(rule.condition.expr(), &mut questions);
            let mut concerned = false;
            for (kind, over) in questions {
                let pattern = self.0.events.kinds().pattern(&kind);
                // A rule about alerts must not keep itself firing.
                let others = |e: &&Event| pattern.matches(&e.kind) && e.data.get("rule_id").and_then(|v| v.as_str()) != Some(&rule.rule.id);
                let n = events.iter().filter(others).count() as u64;
                concerned |= n > 0;
                if over.is_none() {
                    counts.0.insert((kind, None), n);
                }
            }
            if concerned {
                let values = live.as_ref().map(|l| &*l.values);
                let plan = core.plan(rule, index, &catalogue);
                let stored = self.0.stored.get();
                if let Some(stored) = stored {
                    stored.load(&plan.questions, now).await;
                }
                let reading = Reading { values, index, stored, events: &counts, now };
                let before = remembered.remove(&rule.rule.id).unwrap_or_default();
                self.judge(&mut core, rule, &plan, &reading, before, &mut run).await;
            }
        }
        Ok(run.report)
    }

    async fn run(&self, core: &mut Core, now: Timestamp) -> Result<Run> {
        core.windows.refresh(&self.0.db, self.zone()).await?;
        let (open, windows) = (self.open_now(core).await?, core.windows.active(now));
        Ok(Run { open, now, report: TickReport::default(), windows, host: self.host_name() })
    }

    async fn open_now(&self, core: &Core) -> Result<HashMap<i64, OpenFiring>> {
        let firing = core.states.values().any(|s| matches!(s.state.phase, Phase::Firing(_)));
        let open = if firing { firings::all_open(&self.0.db).await? } else { Vec::new() };
        Ok(open.into_iter().map(|f| (f.id, f)).collect())
    }

    /// `before` = the instances of the rule that are remembered.
    async fn judge(&self, core: &mut Core, rule: &Arc<Compiled>, plan: &Plan, reading: &Reading<'_>, before: Vec<String>, run: &mut Run) {
        for instance in &plan.instances {
            let verdict = instance.judge(&reading.of(instance));
            self.advance(core, rule, &instance.place, &verdict, run).await;
        }
        if before.is_empty() {
            return;
        }
        // Instances that are gone (an unmounted disk) are unknown, and end like a false condition.
        let judged: HashSet<&str> = plan.instances.iter().map(|i| i.place.fingerprint.as_str()).collect();
        for fingerprint in before.into_iter().filter(|f| !judged.contains(f.as_str())) {
            let verdict = Verdict { truth: Truth::Unknown, clear: rule.clear.as_ref().map(|_| Truth::Unknown), value: None };
            self.advance(core, rule, &Place::gone(fingerprint), &verdict, run).await;
        }
    }

    async fn advance(&self, core: &mut Core, rule: &Arc<Compiled>, place: &Place, verdict: &Verdict, run: &mut Run) {
        run.report.evaluated += 1;
        let key = place.fingerprint.clone();
        let known = core.states.get(&key);
        let (before, firing_id) = known.map_or((RuleState::default(), None), |s| (s.state.clone(), s.firing_id));
        let open = firing_id.and_then(|id| run.open.get(&id)).cloned();
        // What it was opened with says more than what is left of an instance that is gone.
        let labels = open.as_ref().map_or(&place.labels, |f| &f.labels);
        let target =
            Target { rule_id: &rule.rule.id, group: &rule.rule.group, severity: rule.rule.severity, labels, host: run.host.as_deref() };
        let planned = effects(&run.windows, target);
        if planned.autonomy == Some(Autonomy::Disabled) && firing_id.is_none() {
            return;
        }
        let hold = Hold {
            acknowledged: open.as_ref().is_some_and(|f| f.acknowledged_by.is_some()),
            silenced: open.as_ref().is_some_and(|f| f.is_silenced(run.now)),
            withheld: planned
                .withheld
                .or_else(|| covered(rule, labels, open.as_ref(), &run.open))
                .or_else(|| core.is_flapping(&key, run.now).then_some(Withheld::Flapping)),
        };
        let seen = Seen { truth: verdict.truth, clear: verdict.clear, hold };
        let (after, done) = step(&before, seen, run.now, &rule.timing);
        let mut row = StateRow { rule_id: rule.rule.id.clone(), fingerprint: key, state: after, firing_id };
        if done.is_empty() && row.state.same_durable(&before) {
            remember(core, row);
            return;
        }
        let change = Change { rule, place, value: verdict.value, effects: &done, open: open.as_ref(), now: run.now, planned };
        match self.store_change(&mut row, &change).await {
            Ok(opened) => {
                run.open.extend(opened.into_iter().map(|f| (f.id, f)));
                if done.iter().any(|e| matches!(e, Effect::Fire { .. })) {
                    run.report.fired += 1;
                    core.note_fire(&row.fingerprint, run.now);
                }
                if done.iter().any(|e| matches!(e, Effect::Resolve { .. })) {
                    run.report.resolved += 1;
                    firing_id.and_then(|id| run.open.remove(&id));
                }
                remember(core, row);
            }
            Err(error) => {
                // Memory keeps the state before, so the next tick tries again.
                tracing::error!(rule = rule.rule.id, error = ?error, "a change of an alert could not be stored");
                run.report.failed += 1;
            }
        }
    }
}

/// The remembered instances, by rule: built once per evaluation, because each rule asks for its own.
fn remembered(core: &Core) -> HashMap<String, Vec<String>> {
    let mut by_rule: HashMap<String, Vec<String>> = HashMap::new();
    for state in core.states.values() {
        by_rule.entry(state.rule_id.clone()).or_default().push(state.fingerprint.clone());
    }
    by_rule
}

fn remember(core: &mut Core, row: StateRow) {
    if row.state.is_blank() {
        core.states.remove(&row.fingerprint);
    } else {
        core.states.insert(row.fingerprint.clone(), row);
    }
}

/// Whether an open firing says it already: one this rule depends on, or a louder one of the same group and instance.
fn covered(rule: &Compiled, labels: &serde_json::Value, own: Option<&OpenFiring>, open: &HashMap<i64, OpenFiring>) -> Option<Withheld> {
    if !rule.rule.depends_on.is_empty() && open.values().any(|f| f.explains(&rule.rule.depends_on, labels)) {
        return Some(Withheld::Dependency);
    }
    if rule.rule.group.is_empty() || !rule.rule.builtin {
        return None;
    }
    let louder = match own {
        Some(own) => open.values().any(|f| f.covers(own)),
        None => open.values().any(|f| f.group == rule.rule.group && f.labels == *labels && f.severity >= rule.rule.severity),
    };
    louder.then_some(Withheld::Duplicate)
}
