//! Creating, changing and removing shutdown plans: secrets are sealed, host keys are learnt where they are missing,
//! and everything that deserves a warning is said.

use std::sync::Arc;
use std::time::Duration;

use argos_audit::{Category, Entry};
use argos_kernel::{Actor, AppError, FieldError, Result, Severity, Uid};
use argos_net::{Class, NetError};
use argos_ssh::{Limits, Session};
use argos_store::Tx;
use serde_json::{Map, Value, json};

use super::observe::config_event;
use crate::model::plan::{Action, Plan, PlanBody};
use crate::model::plan_budget::{Budget, Charge, budget, warnings};
use crate::model::plan_diff::{Change, diff};
use crate::model::plan_input::{StepSecret, WantedPlan, merge};
use crate::model::plan_trigger::PlanWatch;
use crate::service::Power;
use crate::store::{plan_runs, plans};

const PLANS_MAX: usize = 100;
/// How long a save waits for hosts whose key is not known yet.
const LEARN: Duration = Duration::from_secs(4);

/// A plan with what was said about it.
pub(crate) struct Judged {
    pub(crate) plan: Plan,
    pub(crate) budget: Budget,
    pub(crate) warnings: Vec<String>,
}

pub(crate) fn plan_not_found() -> AppError {
    AppError::not_found("Shutdown plan not found.").code("plan_not_found")
}

/// A stored plan as if somebody wanted it.
pub(crate) fn wanted_of(p: &Plan) -> WantedPlan {
    WantedPlan { name: p.name.clone(), enabled: p.enabled, armed: p.armed, body: p.body.clone(), secrets: Vec::new() }
}

pub(crate) fn entry(verb: &str, plan: &Plan) -> Entry {
    let after = json!({ "name": plan.name, "enabled": plan.enabled, "armed": plan.armed, "plan": plan.body });
    Entry::new(format!("shutdown_plan.{verb}"), Category::Safety)
        .target("shutdown_plan", plan.id)
        .severity(Severity::Warning)
        .describe(format!("Shutdown plan {}: {verb}", plan.name))
        .after(after)
}

impl Power {
    /// The secrets of a plan or of a run of it: members by step.
    pub(crate) fn plan_secrets(&self, uid: &str, sealed: Option<&str>) -> Result<Map<String, Value>> {
        let Some(blob) = sealed else { return Ok(Map::new()) };
        let text = self.platform.vault.open_text(&Plan::aad(uid), blob)?;
        serde_json::from_str(text.reveal()).map_err(AppError::internal)
    }

    pub(crate) fn seal_plan(&self, plan: &mut Plan, changes: Vec<StepSecret>) -> Result<()> {
        let mut secrets = self.plan_secrets(&plan.uid, plan.secrets_enc.as_deref())?;
        for change in changes {
            let members = secrets.entry(change.step).or_insert_with(|| Value::Object(Map::new()));
            let Some(members) = members.as_object_mut() else { continue };
            match change.value {
                Some(value) => drop(members.insert(change.member.to_owned(), value)),
                None => drop(members.remove(change.member)),
            }
        }
        secrets.retain(|step, members| plan.body.find_step(step).is_some() && members.as_object().is_some_and(|m| !m.is_empty()));
        let text = Value::Object(secrets.clone()).to_string();
        let sealed = || self.platform.vault.seal(&Plan::aad(&plan.uid), text.as_bytes());
        plan.secrets_enc = if secrets.is_empty() { None } else { Some(sealed()?) };
        Ok(())
    }

    /// Says what a plan needs, what its triggers leave, and what else about it is odd.
    pub(crate) fn judge_plan(&self, body: &PlanBody) -> (Budget, Vec<String>) {
        let charge = |id: &String| {
            let (_, s) = self.find_live(id)?.latest?;
            Some(Charge { battery_percent: s.battery_percent, runtime_seconds: s.runtime_seconds })
        };
        let charges: Vec<Charge> = body.sources.iter().filter_map(|s| charge(&s.device_id)).collect();
        let budget = budget(body, &charges);
        let mut said = warnings(body, &budget);
        for source in body.sources.iter().filter(|s| self.find_live(&s.device_id).is_none()) {
            said.push(format!("there is no UPS {} any more: it is not watched", source.device_id));
        }
        if body.steps().any(|(_, s)| matches!(s.action, Action::Local {})) && self.halt_command().is_none() {
            said.push("this machine has no halt command in its service configuration".to_owned());
        }
        (budget, said)
    }

    pub(crate) fn judged(&self, plan: Plan) -> Judged {
        let (budget, warnings) = self.judge_plan(&plan.body);
        Judged { plan, budget, warnings }
    }

    /// Reads what a client sent; nothing is stored. `id`: the plan it would change, and what would change of it.
    pub(crate) async fn preview_plan(&self, id: Option<i64>, sent: &Map<String, Value>) -> Result<(Judged, Vec<Change>)> {
        let before = match id {
            Some(id) => Some(wanted_of(&plans::find(&self.platform.store.state, id).await?.ok_or_else(plan_not_found)?)),
            None => None,
        };
        let wanted = merge(before.as_ref(), sent, |id| self.find_live(id).is_some())?;
        self.check_targets(&wanted.body).await?;
        let changes = before.map(|before| diff(&before, &wanted)).unwrap_or_default();
        Ok((self.judged(self.new_plan(wanted)), changes))
    }

    fn new_plan(&self, wanted: WantedPlan) -> Plan {
        let now = self.platform.clock.now();
        Plan {
            id: 0,
            uid: Uid::mint(&*self.platform.clock, &*self.platform.rng).to_string(),
            name: wanted.name,
            enabled: wanted.enabled,
            armed: wanted.armed,
            body: wanted.body,
            secrets_enc: None,
            created_at: now,
            updated_at: now,
        }
    }

    /// Creates a plan (`id` is `None`) or merges what was sent over a stored one.
    pub(crate) async fn save_plan(self: &Arc<Self>, actor: &Actor, id: Option<i64>, sent: &Map<String, Value>) -> Result<Judged> {
        let db = &self.platform.store.state;
        let stored = match id {
            Some(id) => Some(plans::find(db, id).await?.ok_or_else(plan_not_found)?),
            None => None,
        };
        let before = stored.as_ref().map(wanted_of);
        let mut wanted = merge(before.as_ref(), sent, |id| self.find_live(id).is_some())?;
        self.check_targets(&wanted.body).await?;
        self.learn_host_keys(&mut wanted.body).await;
        armable(&wanted)?;
        let secrets = std::mem::take(&mut wanted.secrets);
        let armed_now = wanted.armed && !before.as_ref().is_some_and(|b| b.armed);
        let fresh = self.new_plan(wanted);
        let mut plan = match &stored {
            Some(old) => {
                Plan { id: old.id, uid: old.uid.clone(), secrets_enc: old.secrets_enc.clone(), created_at: old.created_at, ..fresh }
            }
            None => fresh,
        };
        self.seal_plan(&mut plan, secrets)?;
        // Only now: hosts were asked for their keys, and a plan that fires must not wait for them.
        let _turn = self.shutdown.writing.lock().await;
        let mut m = self.platform.audit.begin(actor).await?;
        not_running(&mut m, plan.id).await?;
        if let Some(old) = &stored
            && plans::find_in(&mut m, old.id).await?.as_ref() != Some(old)
        {
            return Err(AppError::conflict("The plan was changed meanwhile.").code("plan_changed"));
        }
        let all = plans::list_in(&mut m).await?;
        if all.iter().any(|p| p.name == plan.name && p.id != plan.id) {
            return Err(AppError::conflict(format!("A shutdown plan named {} exists.", plan.name))
                .code("plan_exists")
                .with("field", "name"));
        }
        let verb = if stored.is_some() { "update" } else { "create" };
        if stored.is_some() {
            plans::update(&mut m, &plan).await?;
        } else if all.len() >= PLANS_MAX {
            return Err(AppError::conflict(format!("at most {PLANS_MAX} shutdown plans")).code("too_many_plans"));
        } else {
            plan.id = plans::insert(&mut m, &plan).await?;
        }
        if armed_now {
            // An outage that goes on is judged anew by a plan that was armed in the middle of it.
            plans::remember(&mut m, plan.id, &PlanWatch::default()).await?;
        }
        let before =
            stored.as_ref().map_or(Value::Null, |p| json!({ "name": p.name, "enabled": p.enabled, "armed": p.armed, "plan": p.body }));
        let told = config_event(actor, &format!("shutdown plan {}", plan.name), if stored.is_some() { "changed" } else { "added" });
        self.platform.events.publish(&mut m, told.subject("shutdown_plan", plan.id, &plan.name)).await?;
        m.commit(entry(verb, &plan).before(before)).await?;
        if armed_now {
            self.shutdown.forget_watch(plan.id);
        }
        self.shutdown.kick.notify_one();
        self.changed();
        Ok(self.judged(plan))
    }

    /// Addresses that may never be reached are refused when the plan is saved; sending judges them again.
    async fn check_targets(&self, body: &PlanBody) -> Result<()> {
        let mut faults = Vec::new();
        for (p, phase) in body.phases.iter().enumerate() {
            for (a, step) in phase.actions.iter().enumerate() {
                let Some(url) = step.action.url() else { continue };
                let own = matches!(step.action, Action::Http { .. } | Action::Webhook { .. });
                let class = if own { Class::Admin } else { Class::Integration };
                if let Err(error @ (NetError::Blocked(_) | NetError::InvalidUrl)) = self.platform.net.check_url(class, url, &[]).await {
                    let mut fault = FieldError::new("url", error.to_string());
                    fault.loc = ["body", "phases", &p.to_string(), "actions", &a.to_string(), "url"].map(str::to_owned).to_vec();
                    faults.push(fault);
                }
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(AppError::invalid(faults)) }
    }

    /// Pins the keys of hosts that answer now. A key that is pinned already is never replaced.
    pub(crate) async fn learn_host_keys(&self, body: &mut PlanBody) {
        let unknown = body.phases.iter_mut().flat_map(|p| &mut p.actions).filter_map(|s| match &mut s.action {
            Action::Ssh { host, port, host_key: pin @ None, .. } => Some((host.clone(), *port, pin)),
            _ => None,
        });
        let learning = unknown.map(|(host, port, pin)| async move {
            let asked = async {
                let stream = self.platform.net.connect(Class::Integration, &host, port).await.ok()?;
                Session::learn_host_key(stream, Limits::default()).await.ok()
            };
            *pin = tokio::time::timeout(LEARN, asked).await.ok().flatten();
        });
        futures_util::future::join_all(learning).await;
    }
}

/// What is armed must be able to act: every host known by its key.
pub(crate) fn armable(wanted: &WantedPlan) -> Result<()> {
    let unknown = wanted.body.steps().find_map(|(_, s)| match &s.action {
        Action::Ssh { host, host_key: None, .. } => Some(host),
        _ => None,
    });
    match unknown {
        Some(host) if wanted.armed => {
            let text = format!("the host key of {host} is not pinned; save or test the plan while the host is up, then arm it");
            Err(AppError::invalid(vec![FieldError::new("armed", text)]))
        }
        _ => Ok(()),
    }
}

/// A plan that runs is not changed under its own feet.
pub(crate) async fn not_running(tx: &mut Tx, plan: i64) -> Result<()> {
    if plan != 0 && plan_runs::open_in(tx).await?.iter().any(|r| r.plan_id == plan && r.state.is_busy()) {
        return Err(AppError::conflict("The shutdown plan is running.").code("run_in_progress"));
    }
    Ok(())
}
