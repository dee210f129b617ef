//! Several flows of a node changed together: judged and planned as one, sent as one, taken back as one.

use std::sync::Arc;

use argos_kernel::{Actor, AppError, Result};
use argos_nodewire::flow::{Batch, Generation, Issue, Part, Wanted, batch, released};
use argos_nodewire::redact;
use serde_json::{Value, json};

use super::CONFIG_BYTES;
use super::commands::{Outcome, too_large, unknown_secret};
use super::flows::{id_of, put_back};
use crate::model::node::Node;
use crate::service::Nodes;
use crate::store::parts;

/// Flows changed at once.
const FLOWS_MAX: usize = 50;

/// What somebody wants of the flows of a node.
pub(crate) struct Change {
    pub(crate) flows: Vec<Value>,
    pub(crate) remove: Vec<String>,
}

impl Change {
    fn judge_size(&self) -> Result<()> {
        if self.flows.is_empty() && self.remove.is_empty() {
            return Err(AppError::bad_request("Nothing is to change").code("invalid_field").with("field", "flows"));
        }
        if self.flows.len() + self.remove.len() > FLOWS_MAX {
            let text = format!("At most {FLOWS_MAX} flows are changed at once");
            return Err(AppError::bad_request(text).code("invalid_field").with("field", "flows"));
        }
        let bytes: usize = self.flows.iter().map(|f| f.to_string().len()).sum();
        if bytes > CONFIG_BYTES { Err(too_large("The flows are larger than 100 KB")) } else { Ok(()) }
    }
    fn wanted(&self) -> Wanted<'_> {
        Wanted { flows: &self.flows, remove: &self.remove }
    }
}

impl Nodes {
    /// What the change would do, without sending anything: reports of the flows as they would be, steps without secrets.
    pub(crate) async fn preview_flows(&self, node: &Node, change: &Change) -> Result<Batch> {
        change.judge_size()?;
        let session = self.connected(&node.id)?;
        let config = self.config(&session, false, self.command_limit()?).await?;
        let (capabilities, made) = (session.capabilities(), self.made_here(node).await?);
        let generation = Generation::of(Some(&config), &capabilities);
        let mut whole = change.flows.clone();
        let free = released(&config, &change.flows, &change.remove);
        let unknown: Vec<_> = whole.iter_mut().map(|flow| put_back(flow, &free).err()).collect();
        let judged = batch(&config, generation, &capabilities, Wanted { flows: &whole, remove: &change.remove }, &made);
        // As for one flow: made without the secrets, the steps do not tell whether a guess is right.
        let mut shown = (*config).clone();
        redact(&mut shown);
        let mut out = Batch { plan: batch(&shown, generation, &capabilities, change.wanted(), &made).plan, reports: judged.reports };
        for (flow, path) in change.flows.iter().zip(unknown).filter_map(|(flow, path)| Some((flow, path?))) {
            let message = "The secret behind *** is not known; write it again".to_owned();
            if let Some((_, report)) = out.reports.iter_mut().find(|(id, _)| *id == id_of(flow)) {
                report.errors.push(Issue { path, message });
            }
        }
        Ok(out)
    }

    /// Sends the change step by step; when one is refused, those before it are taken back.
    pub(crate) async fn apply_flows(self: &Arc<Self>, actor: &Actor, node: &Node, mut change: Change) -> Result<Outcome> {
        change.judge_size()?;
        let session = self.connected(&node.id)?;
        let _turn = self.turn_of(&session).await?;
        let config = self.config(&session, true, self.command_limit()?).await?;
        let free = released(&config, &change.flows, &change.remove);
        for (index, flow) in change.flows.iter_mut().enumerate() {
            put_back(flow, &free).map_err(|path| unknown_secret(&format!("flows[{index}].{path}")))?;
        }
        let (capabilities, made) = (session.capabilities(), self.made_here(node).await?);
        let planned = batch(&config, Generation::of(Some(&config), &capabilities), &capabilities, change.wanted(), made);
        if let Some((id, first)) = planned.reports.iter().find_map(|(id, report)| Some((id, report.errors.first()?))) {
            let text = format!("{id}: {} {}", first.path, first.message);
            let flows: Vec<Value> = planned
                .reports
                .iter()
                .map(|(id, r)| json!({ "id": id, "errors": r.errors.iter().map(Issue::to_json).collect::<Vec<_>>() }))
                .collect();
            return Err(AppError::bad_request(text).code("validation_error").with("field", first.path.clone()).with("flows", flows));
        }
        if planned.plan.steps.is_empty() {
            return Ok(Outcome { command_id: self.random_uuid(), data: None });
        }
        let ids: Vec<String> = change.flows.iter().map(id_of).chain(change.remove.iter().cloned()).collect();
        self.run(actor, node, (&session, &config), planned.plan, ("apply_flows", &ids.join(", "))).await
    }

    /// Whether an input or output was made here, and so goes with its flow.
    async fn made_here(&self, node: &Node) -> Result<impl Fn(Part, &str) -> bool + use<>> {
        let ours = parts::of_node(&self.platform.store.state, &node.id).await?;
        Ok(move |part: Part, id: &str| ours.iter().any(|(p, own)| p == part.as_str() && own == id))
    }
}
