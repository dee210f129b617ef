//! Shutdown plans in the configuration document. A plan is known by its name; the secrets of its steps go out sealed for
//! this installation, in the order of the steps, because a step's id is the server's own.

use argos_audit::{Mutation, SectionPlan};
use argos_kernel::{Result, Uid};
use serde_json::{Map, Value, json};

use super::portable::SEALED;
use super::shutdown_plans::{armable, not_running, wanted_of};
use crate::model::plan::{Plan, PlanBody};
use crate::model::plan_input::{StepSecret, merge};
use crate::service::Power;
use crate::store::{devices, plans};

fn aad(name: &str) -> String {
    format!("power_shutdown_plans.document:{name}")
}

/// What a person set up of a plan, without what the server gave it.
fn document(name: &str, enabled: bool, armed: bool, body: &PlanBody) -> Map<String, Value> {
    let mut out = serde_json::to_value(body).ok().and_then(|v| v.as_object().cloned()).unwrap_or_default();
    for phase in out.get_mut("phases").and_then(Value::as_array_mut).into_iter().flatten() {
        for step in phase.get_mut("actions").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(step) = step.as_object_mut() {
                step.remove("id");
                step.remove("secrets_set");
                step.retain(|_, v| !v.is_null() && *v != "");
            }
        }
    }
    out.insert("name".to_owned(), json!(name));
    out.insert("enabled".to_owned(), json!(enabled));
    out.insert("armed".to_owned(), json!(armed));
    out
}

impl Power {
    /// The secrets of a plan, by the place of their step; empty when there are none.
    fn ordered_secrets(&self, plan: &Plan) -> Result<Vec<Value>> {
        let secrets = self.plan_secrets(&plan.uid, plan.secrets_enc.as_deref())?;
        if secrets.is_empty() {
            return Ok(Vec::new());
        }
        Ok(plan.body.steps().map(|(_, s)| secrets.get(&s.id).cloned().unwrap_or_default()).collect())
    }

    pub(super) fn plan_document(&self, plan: &Plan) -> Result<Value> {
        let mut out = document(&plan.name, plan.enabled, plan.armed, &plan.body);
        let secrets = self.ordered_secrets(plan)?;
        if !secrets.is_empty() {
            let blob = self.platform.vault.seal(&aad(&plan.name), Value::from(secrets).to_string().as_bytes())?;
            out.insert("sealed".to_owned(), json!(format!("{SEALED}{blob}")));
        }
        Ok(Value::Object(out))
    }

    /// The secrets a document carries, by the place of their step; `None` when another installation sealed them.
    fn opened_steps(&self, name: &str, body: &Map<String, Value>) -> Option<Vec<Value>> {
        let blob = body.get("sealed")?.as_str()?.strip_prefix(SEALED)?;
        let plain = self.platform.vault.try_open(&aad(name), blob).ok()?;
        serde_json::from_slice(plain.reveal()).ok()
    }

    pub(super) async fn import_plan(&self, change: &mut Mutation, sent: &Map<String, Value>, out: &mut SectionPlan) -> Result<()> {
        let name = sent.get("name").and_then(Value::as_str).unwrap_or_default().trim().to_owned();
        let known: Vec<String> = devices::list_in(change).await?.into_iter().map(|d| d.id).collect();
        let stored = plans::list_in(change).await?.into_iter().find(|p| p.name == name);
        // Read as a new plan: the steps of the document take the place of those that are stored.
        let mut wanted = match merge(None, sent, |id| known.iter().any(|k| k == id)) {
            Ok(wanted) => wanted,
            Err(e) => {
                let why = e.fields().first().map_or_else(|| e.message().to_owned(), |f| format!("{}: {}", f.loc.join("."), f.msg));
                out.faults.push(format!("shutdown plan {name}: {why}"));
                return Ok(());
            }
        };
        let steps: Vec<(String, &'static str)> = wanted.body.steps().map(|(_, s)| (s.id.clone(), s.action.kind())).collect();
        let opened = self.opened_steps(&name, sent);
        match &opened {
            Some(secrets) => {
                for ((step, kind), members) in steps.iter().zip(secrets) {
                    let given =
                        |member: &'static str| Some(StepSecret { step: step.clone(), member, value: Some(members.get(member)?.clone()) });
                    wanted.secrets.extend(crate::model::plan::Action::secret_members(kind).iter().copied().filter_map(given));
                }
            }
            None if sent.contains_key("sealed") => {
                out.warnings.push(format!("shutdown plan {name}: its secrets were sealed by another installation; set them again"));
            }
            None => {}
        }
        for phase in &mut wanted.body.phases {
            for step in &mut phase.actions {
                step.secrets_set = wanted.secrets.iter().filter(|s| s.step == step.id).map(|s| s.member.to_owned()).collect();
            }
        }
        if wanted.armed && armable(&wanted).is_err() {
            wanted.armed = false;
            out.warnings.push(format!("shutdown plan {name}: it is not armed, because a host key is not known yet"));
        }
        if let Some(old) = &stored {
            let had = wanted_of(old);
            let same = document(&had.name, had.enabled, had.armed, &had.body)
                == document(&wanted.name, wanted.enabled, wanted.armed, &wanted.body);
            if same && opened.unwrap_or_default() == self.ordered_secrets(old)? {
                out.unchanged += 1;
                return Ok(());
            }
            if let Err(running) = not_running(change, old.id).await {
                out.faults.push(format!("shutdown plan {name}: {}", running.message()));
                return Ok(());
            }
        }
        let now = self.platform.clock.now();
        let secrets = std::mem::take(&mut wanted.secrets);
        let mut plan = Plan {
            id: stored.as_ref().map_or(0, |p| p.id),
            uid: stored.as_ref().map_or_else(|| Uid::mint(&*self.platform.clock, &*self.platform.rng).to_string(), |p| p.uid.clone()),
            name: wanted.name,
            enabled: wanted.enabled,
            armed: wanted.armed,
            body: wanted.body,
            secrets_enc: None,
            created_at: stored.as_ref().map_or(now, |p| p.created_at),
            updated_at: now,
        };
        self.seal_plan(&mut plan, secrets)?;
        if stored.is_some() {
            plans::update(change, &plan).await?;
            out.updates.push(format!("shutdown plan {name}"));
        } else {
            plans::insert(change, &plan).await?;
            out.creates.push(format!("shutdown plan {name}"));
        }
        Ok(())
    }

    /// Removes what the document does not name; a plan that runs stays.
    pub(super) async fn remove_unnamed_plans(&self, change: &mut Mutation, named: &[Value], out: &mut SectionPlan) -> Result<()> {
        for plan in plans::list_in(change).await? {
            if named.iter().any(|n| n.get("name").and_then(Value::as_str) == Some(plan.name.as_str())) {
                continue;
            }
            if let Err(running) = not_running(change, plan.id).await {
                out.faults.push(format!("shutdown plan {}: {}", plan.name, running.message()));
                continue;
            }
            plans::delete(change, plan.id).await?;
            out.removes.push(format!("shutdown plan {}", plan.name));
        }
        Ok(())
    }
}
