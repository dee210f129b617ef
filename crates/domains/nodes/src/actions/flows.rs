//! Flows: translated for the generation of their node, sent step by step, and taken back in reverse when a step fails.

use std::sync::Arc;

use argos_audit::{Category, Entry};
use argos_kernel::{Actor, AppError, ErrorKind, Result};
use argos_nodewire::flow::{Generation, Issue, Part, Plan, Report, check, plan_delete, plan_put, restore_flow};
use argos_nodewire::redact;
use serde_json::{Value, json};

use super::commands::{ACTION_BYTES, Outcome, is_refusal, too_large, unknown_secret};
use crate::model::node::Node;
use crate::service::{Nodes, Session};
use crate::store::parts;

/// What a flow would do to its node.
pub(crate) struct Preview {
    pub(crate) report: Report,
    pub(crate) plan: Vec<Value>,
}

pub(super) fn id_of(flow: &Value) -> String {
    flow.get("id").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Puts the secrets of the node back where a client got them blanked.
pub(super) fn put_back(flow: &mut Value, config: &Value) -> Result<(), String> {
    restore_flow(flow, config)
}

fn may_fail(action: &Value) -> bool {
    matches!(action.get("type").and_then(Value::as_str), Some("delete_input" | "delete_output"))
}

impl Nodes {
    /// Judges a flow without sending anything. A node that is away is judged by what is known of it.
    pub(crate) async fn preview_flow(&self, node: &Node, flow: &Value) -> Result<Preview> {
        let session = self.session(&node.id);
        let config = match &session {
            Some(session) => self.config(session, false, self.command_limit()?).await.ok(),
            None => None,
        };
        let capabilities = session.as_ref().map_or_else(|| node.capabilities.clone(), |s| s.capabilities());
        let mut whole = flow.clone();
        let unknown = config.as_deref().and_then(|config| put_back(&mut whole, config).err());
        let mut report = check(&whole, config.as_deref(), &capabilities);
        report.errors.extend(unknown.map(|path| Issue { path, message: "The secret behind *** is not known; write it again".to_owned() }));
        let generation = Generation::of(config.as_deref(), &capabilities);
        // A step that is not needed is not in the plan. With the secrets of the node in hand that would tell whether a
        // guess is right, so the plan is made without them: a secret somebody writes counts as a new one.
        let mut shown = config.as_deref().cloned().unwrap_or_else(|| json!({}));
        redact(&mut shown);
        let plan = match plan_put(&shown, generation, flow) {
            Ok(plan) => plan.steps.into_iter().map(|s| s.action).collect(),
            Err(issue) => {
                report.errors.push(issue);
                Vec::new()
            }
        };
        Ok(Preview { report, plan })
    }

    /// Creates or changes a flow. `create`: one with this id must not be there.
    pub(crate) async fn put_flow(self: &Arc<Self>, actor: &Actor, node: &Node, mut flow: Value, create: bool) -> Result<Outcome> {
        if flow.to_string().len() > ACTION_BYTES {
            return Err(too_large("Flow config too large"));
        }
        let session = self.connected(&node.id)?;
        let _turn = self.turn_of(&session).await?;
        let config = self.config(&session, true, self.command_limit()?).await?;
        put_back(&mut flow, &config).map_err(|path| unknown_secret(&path))?;
        let capabilities = session.capabilities();
        let report = check(&flow, None, &capabilities);
        if let Some(first) = report.errors.first() {
            let errors: Vec<Value> = report.errors.iter().map(Issue::to_json).collect();
            let text = if first.path.is_empty() { first.message.clone() } else { format!("{}: {}", first.path, first.message) };
            return Err(AppError::bad_request(text).code("validation_error").with("field", first.path.clone()).with("errors", errors));
        }
        let exists = config.get("flows").and_then(Value::as_array).is_some_and(|l| l.iter().any(|f| id_of(f) == id_of(&flow)));
        if create && exists {
            return Err(AppError::conflict(format!("Flow '{}' already exists", id_of(&flow))).code("flow_exists").with("field", "id"));
        }
        let plan = plan_put(&config, Generation::of(Some(&config), &capabilities), &flow)
            .map_err(|issue| AppError::new(ErrorKind::Invalid, issue.message).code("validation_error").with("field", issue.path))?;
        let kind = if exists { "update_flow" } else { "create_flow" };
        self.run(actor, node, (&session, &config), plan, (kind, &id_of(&flow))).await
    }

    pub(crate) async fn remove_flow(self: &Arc<Self>, actor: &Actor, node: &Node, flow_id: &str) -> Result<Outcome> {
        let session = self.connected(&node.id)?;
        let _turn = self.turn_of(&session).await?;
        let config = self.config(&session, true, self.command_limit()?).await?;
        let ours = parts::of_node(&self.platform.store.state, &node.id).await?;
        let made = |part: Part, id: &str| ours.iter().any(|(p, own)| p == part.as_str() && own == id);
        let plan = plan_delete(&config, flow_id, made);
        self.run(actor, node, (&session, &config), plan, ("delete_flow", flow_id)).await
    }

    pub(super) async fn run(
        &self,
        actor: &Actor,
        node: &Node,
        (session, before): (&Session, &Value),
        plan: Plan,
        (kind, flow_id): (&str, &str),
    ) -> Result<Outcome> {
        let limit = self.command_limit()?;
        let mut done = Vec::new();
        let mut main = None;
        let mut removed = Vec::new();
        let db = &self.platform.store.state;
        // Kept before the node hears of the first step: whatever becomes of this process, there is a way back.
        let mut tx = db.begin().await?;
        let kept = self.keep_version(&mut tx, actor, node, before, kind).await?;
        tx.commit().await?;
        for step in plan.steps {
            match self.ask(session, &step.action, limit).await {
                Ok(outcome) => {
                    for part in [Part::Input, Part::Output] {
                        if step.action.get("type").and_then(Value::as_str) == Some(&format!("delete_{}", part.as_str())) {
                            let id = step.action.get(format!("{}_id", part.as_str())).and_then(Value::as_str);
                            removed.extend(id.map(|id| (part, id.to_owned())));
                        }
                    }
                    if step.action.get("type").and_then(Value::as_str).is_some_and(|t| t.ends_with("_flow")) {
                        main = Some(outcome);
                    } else {
                        main.get_or_insert(outcome);
                    }
                    done.extend(step.undo);
                }
                // The flow is as it was wanted; what is left over harms nobody.
                Err(error) if main.is_some() && may_fail(&step.action) => {
                    tracing::info!(%error, node = node.id, "a part of a flow was not removed");
                }
                Err(error) => {
                    if !is_refusal(&error) {
                        // Its answer is lost; it may have been carried out.
                        done.extend(step.undo);
                    }
                    let mut as_before = is_refusal(&error);
                    for undo in done.iter().rev() {
                        if let Err(error) = self.ask(session, undo, limit).await {
                            as_before = false;
                            tracing::warn!(%error, node = node.id, "a step was not taken back");
                        }
                    }
                    if as_before {
                        parts::drop_version(db, &kept).await?;
                    }
                    let action = json!({ "type": kind, "flow_id": flow_id });
                    self.note_command(actor, node, &action, Some(&error)).await?;
                    return Err(error);
                }
            }
        }
        let mut m = self.platform.audit.begin(actor).await?;
        for (part, id) in &plan.created {
            parts::keep(&mut m, &node.id, part.as_str(), id).await?;
        }
        // One that moved was removed and made again.
        for (part, id) in removed.iter().filter(|gone| !plan.created.contains(gone)) {
            parts::remove(&mut m, &node.id, part.as_str(), id).await?;
        }
        let entry =
            Entry::new("node.command", Category::Action).target("node", &node.id).after(json!({ "type": kind, "flow_id": flow_id }));
        m.commit(entry.describe(format!("Node {}: {kind} {flow_id}", node.name))).await?;
        main.ok_or_else(|| AppError::internal("a plan without a step"))
    }
}
