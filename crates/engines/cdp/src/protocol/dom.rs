//! `DOM`, `DOMSnapshot` and `Accessibility`.

use serde_json::Value;

use super::{Done, methods, read};

methods! {
    "DOM.describeNode", DescribeNode {} opt { object_id: String, backend_node_id: i64 } -> Described;
    "DOM.resolveNode", ResolveNode {} opt { backend_node_id: i64, execution_context_id: i64 } -> Resolved;
    "DOM.getFrameOwner", GetFrameOwner { frame_id: String } -> FrameOwner;
    "DOM.setFileInputFiles", SetFileInputFiles { files: Vec<String> } opt { object_id: String, backend_node_id: i64 } -> Done;
    "DOMSnapshot.captureSnapshot", CaptureSnapshot { computed_styles: Vec<String>, include_paint_order: bool, include_dom_rects: bool } -> Value;
    "Accessibility.getFullAXTree", GetFullAxTree {} opt { frame_id: String, depth: i64 } -> AxNodes;
    "Accessibility.queryAXTree", QueryAxTree {} opt { object_id: String, accessible_name: String, role: String } -> AxNodes;
}

read! {
    Described { node: Node }
    Node { backend_node_id: i64, node_name: String, frame_id: Option<String>, attributes: Vec<String> }
    Resolved { object: super::runtime::RemoteObject }
    FrameOwner { backend_node_id: i64 }
    AxNodes { nodes: Vec<AxNode> }
    /// A node of the accessibility tree.
    AxNode {
        node_id: String,
        ignored: bool,
        role: Option<AxValue>,
        name: Option<AxValue>,
        description: Option<AxValue>,
        value: Option<AxValue>,
        properties: Vec<AxProperty>,
        parent_id: Option<String>,
        child_ids: Vec<String>,
        #[serde(rename = "backendDOMNodeId")]
        backend_dom_node_id: Option<i64>,
        frame_id: Option<String>,
    }
    AxValue { value: Option<Value> }
    AxProperty { name: String, value: AxValue }
}

impl AxNode {
    fn text(value: Option<&AxValue>) -> &str {
        value.and_then(|v| v.value.as_ref()).and_then(Value::as_str).unwrap_or_default()
    }

    pub fn role_text(&self) -> &str {
        Self::text(self.role.as_ref())
    }

    pub fn name_text(&self) -> &str {
        Self::text(self.name.as_ref())
    }

    pub fn property(&self, name: &str) -> Option<&Value> {
        self.properties.iter().find(|p| p.name == name).and_then(|p| p.value.value.as_ref())
    }
}
