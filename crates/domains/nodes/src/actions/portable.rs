//! Media nodes, tunnels and templates as the section `nodes` of the configuration document. No secret goes out, so a node
//! that comes in registers anew. What is here already wins; where it differs from the document, the plan says so.

use argos_audit::{Mutation, PortableSection, SectionPlan, read_section};
use argos_backup::{NodesData, NodesPart};
use argos_kernel::{AppError, ErrorKind, Result};
use argos_web::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::actions::document::NodesSection;

/// What a node says of itself is no configuration.
const VOLATILE: [&str; 2] = ["status", "software_version"];

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    #[serde(default)]
    nodes: Vec<Map<String, Value>>,
    #[serde(default)]
    tunnels: Vec<Map<String, Value>>,
    #[serde(default)]
    templates: Vec<Map<String, Value>>,
}

/// The section of the configuration document.
pub(crate) struct PortableNodes {
    part: NodesSection,
}

impl PortableNodes {
    pub(crate) fn new(part: NodesSection) -> Self {
        Self { part }
    }
}

/// The members that people set; a tunnel's status is one of them when it is disabled.
fn lasting(kind: &str, value: &Value) -> Map<String, Value> {
    let mut map = value.as_object().cloned().unwrap_or_default();
    let is_off = kind == "tunnel" && map.get("status").is_some_and(|s| s == "disabled");
    map.retain(|name, value| !value.is_null() && (is_off || !VOLATILE.contains(&name.as_str())));
    map
}

fn text<'a>(map: &'a Map<String, Value>, name: &str) -> &'a str {
    map.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// What of one list is new, the same, different or gone.
fn compare(kind: &str, here: &[Value], wanted: &[Map<String, Value>], replace: bool, plan: &mut SectionPlan) {
    let here: Vec<Map<String, Value>> = here.iter().map(|v| lasting(kind, v)).collect();
    let stays = |h: &&Map<String, Value>| !replace || wanted.iter().any(|w| text(w, "id") == text(h, "id"));
    for w in wanted {
        let name = format!("{kind} {}", text(w, "name"));
        match here.iter().filter(stays).find(|h| text(h, "id") == text(w, "id") || text(h, "name") == text(w, "name")) {
            None => plan.creates.push(name),
            Some(h) if *h == lasting(kind, &Value::Object(w.clone())) => plan.unchanged += 1,
            Some(_) => plan.warnings.push(format!("{name}: it is here already and stays as it is here")),
        }
    }
    plan.removes.extend(here.iter().filter(|h| !stays(h)).map(|h| format!("{kind} {}", text(h, "name"))));
}

impl PortableNodes {
    async fn import_section(&self, change: &mut Mutation, wanted: &Value, replace: bool) -> Result<SectionPlan> {
        let section: Section = read_section("nodes", wanted)?;
        let here = self.part.export().await?;
        let mut plan = SectionPlan::default();
        compare("node", &here.nodes, &section.nodes, replace, &mut plan);
        let new_nodes = plan.creates.clone();
        compare("tunnel", &here.tunnels, &section.tunnels, replace, &mut plan);
        compare("template", &here.templates, &section.templates, replace, &mut plan);
        plan.warnings.extend(new_nodes.iter().map(|node| format!("{node}: it has to register anew; its page gives a token")));
        let values = |list: Vec<Map<String, Value>>| list.into_iter().map(Value::Object).collect();
        let data = NodesData { nodes: values(section.nodes), tunnels: values(section.tunnels), templates: values(section.templates) };
        match self.part.import(change, &data, replace).await {
            Ok(taken) => {
                for (kind, id, reason) in taken.skipped.iter().filter(|(_, _, reason)| reason != "exists") {
                    plan.warnings.push(format!("{kind} {id}: left out, {reason}"));
                }
                // A plan is rolled back, and with it what would follow.
                let part = self.part.clone();
                change.on_commit(move || part.committed(&taken));
            }
            Err(e) if matches!(e.kind(), ErrorKind::BadRequest | ErrorKind::Invalid | ErrorKind::Conflict) => {
                plan.faults.push(e.message().to_owned());
            }
            Err(e) => return Err(e),
        }
        Ok(plan)
    }
}

impl PortableSection for PortableNodes {
    fn name(&self) -> &'static str {
        "nodes"
    }

    fn export(&self) -> BoxFuture<'_, Result<Value>> {
        Box::pin(async {
            let data = self.part.export().await?;
            let list = |kind: &str, all: &[Value]| all.iter().map(|v| lasting(kind, v)).collect();
            let section = Section {
                nodes: list("node", &data.nodes),
                tunnels: list("tunnel", &data.tunnels),
                templates: list("template", &data.templates),
            };
            serde_json::to_value(section).map_err(AppError::internal)
        })
    }

    fn import<'a>(&'a self, change: &'a mut Mutation, wanted: &'a Value, replace: bool) -> BoxFuture<'a, Result<SectionPlan>> {
        Box::pin(self.import_section(change, wanted, replace))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn plan_names_what_is_new_the_same_different_and_gone() {
        let node =
            |id: &str, name: &str, more: &str| json!({"id": id, "name": name, "description": more, "status": "online", "metadata": null});
        let here = [node("1", "a", "x"), node("2", "b", "x"), node("3", "c", "x")];
        let wanted: Vec<Map<String, Value>> = [node("1", "a", "x"), node("9", "b", "y"), node("4", "d", "x")]
            .iter()
            .map(|v| {
                let mut map = lasting("node", v);
                map.remove("status");
                map
            })
            .collect();
        let mut merged = SectionPlan::default();
        compare("node", &here, &wanted, false, &mut merged);
        assert_eq!((merged.unchanged, &merged.creates, &merged.removes), (1, &vec!["node d".to_owned()], &Vec::new()));
        assert_eq!(merged.warnings.len(), 1, "b differs and stays");
        let mut replaced = SectionPlan::default();
        compare("node", &here, &wanted, true, &mut replaced);
        assert_eq!(
            (replaced.creates, replaced.removes),
            (vec!["node b".to_owned(), "node d".to_owned()], vec!["node b".to_owned(), "node c".to_owned()])
        );
    }

    proptest! {
        #[test]
        fn any_text_is_a_section_or_an_error(text in "[\\[\\]{}:,\"a-z0-9 ]{0,200}") {
            drop(serde_json::from_str::<Section>(&text));
        }
    }
}
