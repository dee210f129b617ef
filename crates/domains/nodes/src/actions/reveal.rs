//! The secrets of one flow, shown to somebody who proved himself anew, and never without an audit row.

use argos_audit::{Category, Entry};
use argos_kernel::{Actor, AppError, Result};
use argos_nodewire::flow::joined;
use argos_nodewire::{Hidden, hidden};
use serde_json::{Value, json};

use crate::model::node::Node;
use crate::service::Nodes;

impl Nodes {
    /// What is blanked in the shown form of a flow, with its place in it. The row is written before anything is shown.
    pub(crate) async fn reveal_flow(&self, actor: &Actor, node: &Node, flow_id: &str) -> Result<Vec<Hidden>> {
        let session = self.connected(&node.id)?;
        let config = self.config(&session, false, self.command_limit()?).await?;
        let flow = joined(&config).into_iter().find(|f| f.get("id").and_then(Value::as_str) == Some(flow_id));
        let flow = flow.ok_or_else(|| AppError::not_found("Flow not found").code("flow_not_found"))?;
        let found = hidden(&flow);
        let paths: Vec<&str> = found.iter().map(|h| h.path.as_str()).collect();
        let entry = Entry::new("node.flow.reveal", Category::Security).target("node", &node.id);
        let entry = entry.describe(format!("Node {}: secrets of flow {flow_id} shown", node.name));
        self.platform.audit.note(actor, entry.after(json!({ "flow_id": flow_id, "paths": paths }))).await?;
        Ok(found)
    }
}
