//! What the part of media nodes hands over for the document of the nodes interface: its objects without secrets, and how
//! they come in inside an open [`Mutation`].

use argos_audit::Mutation;
use argos_kernel::Result;
use argos_web::BoxFuture;
use serde_json::Value;

/// Nodes, tunnels and templates as they stand in the document.
#[derive(Clone, Debug, Default)]
pub struct NodesData {
    pub nodes: Vec<Value>,
    pub tunnels: Vec<Value>,
    pub templates: Vec<Value>,
}

/// What came in.
#[derive(Clone, Debug, Default)]
pub struct NodesTaken {
    pub nodes: usize,
    pub tunnels: usize,
    pub templates: usize,
    /// `(kind, id, reason)`
    pub skipped: Vec<(&'static str, String, String)>,
    /// `{node_id, name, registration_token}` of each node, shown once.
    pub tokens: Vec<Value>,
    /// Ids of nodes that went.
    pub removed: Vec<String>,
}

/// The part itself.
pub trait NodesPart: Send + Sync {
    fn export(&self) -> BoxFuture<'_, Result<NodesData>>;
    /// Writes inside `change`. `replace`: nodes and templates that the document does not name go.
    fn import<'a>(&'a self, change: &'a mut Mutation, wanted: &'a NodesData, replace: bool) -> BoxFuture<'a, Result<NodesTaken>>;
    /// What was written by [`NodesPart::import`] is committed: only now anything outside the tables may follow it.
    fn committed(&self, taken: &NodesTaken);
}
