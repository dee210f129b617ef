//! What is offered to people has an effect: every registered kind of event is published by somebody, and every setting is
//! read by somebody. What waits for a part that is not built says so: a kind by `.planned()`, a setting by its line in
//! `contract/settings.unused.tsv`. Both lists are exact: a line goes when its part comes.

use std::collections::{BTreeMap, BTreeSet};

use super::{Findings, read};
use crate::steps::Failed;
use crate::workspace::Workspace;

/// Where kinds are described or read, not published.
const READERS: [&str; 4] = ["/model/pairs.rs", "notify/src/pipeline.rs", "/model/envelope.rs", "/model/event_types.rs"];
/// Settings whose key is put together while the program runs: how it begins, and the text in the code that proves it.
const COMPOSED: [(&str, &str); 3] = [
    ("oauth.", "format!(\"oauth.{}.{what}\""),
    ("ai.base_url.", "format!(\"ai.base_url.{}\""),
    ("power.alert.seed_", "format!(\"power.alert.seed_{kind}\""),
];

/// The texts of the product, without its tests.
fn sources(workspace: &Workspace) -> Result<Vec<(String, String)>, Failed> {
    let mut all = Vec::new();
    for path in workspace.files("crates", &[".rs"]) {
        let name = workspace.relative(&path).into_owned();
        if name.contains("/tests/") || name.ends_with("tests.rs") {
            continue;
        }
        let text = read(&path)?;
        let end = text.find("#[cfg(test)]\nmod tests").unwrap_or(text.len());
        all.push((name, text.get(..end).unwrap_or_default().to_owned()));
    }
    Ok(all)
}

/// The kinds that a text describes, and whether each waits for its part.
fn described(text: &str) -> BTreeMap<String, bool> {
    let mut kinds = BTreeMap::new();
    for part in text.split("Kind::new(").skip(1) {
        let Some(kind) = part.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next()) else { continue };
        kinds.insert(kind.to_owned(), part.contains(".planned()"));
    }
    kinds
}

pub(super) fn check(workspace: &Workspace, findings: &mut Findings) -> Result<(), Failed> {
    let sources = sources(workspace)?;
    kinds(&sources, findings);
    let contract = |name: &str| read(&workspace.root.join("contract").join(name));
    settings(&sources, &contract("settings.tsv")?, &contract("settings.unused.tsv")?, findings);
    Ok(())
}

fn kinds(sources: &[(String, String)], findings: &mut Findings) {
    let is_registry = |name: &str, text: &str| {
        (name.contains("events/") && name.ends_with("kinds.rs"))
            || (name.contains("identity/") && text.contains("pub const KINDS: &[Kind]"))
    };
    let registered: BTreeMap<String, bool> =
        sources.iter().filter(|(name, text)| is_registry(name, text)).flat_map(|(_, text)| described(text)).collect();
    if registered.len() < 50 {
        findings.fault("the registry of events was not found");
    }
    for (kind, planned) in &registered {
        let word = format!("\"{kind}\"");
        let tells = |(name, text): &&(String, String)| {
            !is_registry(name, text) && !READERS.iter().any(|r| name.ends_with(*r)) && text.contains(&word)
        };
        match (sources.iter().find(tells), planned) {
            (None, false) => findings.fault(format!("the event {kind} is offered and nobody publishes it")),
            (Some((name, _)), true) => findings.fault(format!("the event {kind} is planned, but {name} names it")),
            _ => {}
        }
    }
}

fn settings(sources: &[(String, String)], table: &str, unused: &str, findings: &mut Findings) {
    let unused: BTreeSet<&str> = unused.lines().skip(1).filter_map(|line| line.split('\t').next()).collect();
    for key in table.lines().skip(1).filter_map(|line| line.split('\t').next()).filter(|k| !k.is_empty()) {
        let word = COMPOSED
            .iter()
            .find(|(start, _)| key.starts_with(start))
            .map_or_else(|| format!("\"{key}\""), |(_, proof)| (*proof).to_owned());
        match (sources.iter().find(|(_, text)| text.contains(&word)), unused.contains(key)) {
            (None, false) => findings.fault(format!("the setting {key} is offered and nothing reads it")),
            (Some((name, _)), true) => findings.fault(format!("the setting {key} is listed as unused, but {name} names it")),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> (String, String) {
        (name.to_owned(), text.to_owned())
    }

    #[test]
    fn kind_that_nobody_publishes_is_a_fault_and_so_is_a_planned_one_that_somebody_does() {
        let registry: String = (0..60).map(|n| format!("Kind::new(\"filler.{n}\", x),\n")).collect();
        let told: String = (0..60).map(|n| format!("\"filler.{n}\" ")).collect();
        let of = |more: &str, code: &str| {
            let all = [file("events/kinds.rs", &format!("{registry}{more}")), file("a.rs", &format!("{told}{code}"))];
            let mut findings = Findings::default();
            kinds(&all, &mut findings);
            findings.faults
        };
        assert!(of("Kind::new(\n  \"a.b\", x),", "\"a.b\"").is_empty());
        assert_eq!(of("Kind::new(\"a.b\", x),", "").len(), 1);
        assert!(of("Kind::new(\"a.b\", x).planned(),", "").is_empty());
        assert_eq!(of("Kind::new(\"a.b\", x).planned(),", "\"a.b\"").len(), 1);
    }

    #[test]
    fn setting_without_a_reader_must_be_listed_as_unused_and_only_then() {
        let of = |code: &str, unused: &str| {
            let mut findings = Findings::default();
            settings(&[file("a.rs", code)], "key\tclass\na.b\tR\noauth.x.id\tR\n", unused, &mut findings);
            findings.faults.len()
        };
        let composed = "format!(\"oauth.{}.{what}\", x)";
        assert_eq!(of(&format!("\"a.b\" {composed}"), "# list\n"), 0);
        assert_eq!(of(composed, "# list\n"), 1);
        assert_eq!(of(composed, "# list\na.b\tnot built\n"), 0);
        assert_eq!(of(&format!("\"a.b\" {composed}"), "# list\na.b\tnot built\n"), 1);
    }
}
