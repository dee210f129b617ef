//! Whose things a caller may see. Every read takes one.

use std::sync::Arc;

use super::thing::Thing;

/// The kinds a caller may read, and the nodes in the caller's scope.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    pub kinds: Vec<&'static str>,
    /// `None` = every node.
    pub nodes: Option<Arc<[String]>>,
}

impl Scope {
    pub fn sees(&self, thing: &Thing) -> bool {
        let node = match (&self.nodes, &thing.node_uid) {
            (Some(nodes), Some(node)) => nodes.contains(node),
            _ => true,
        };
        node && self.kinds.contains(&thing.kind.as_str())
    }
}
