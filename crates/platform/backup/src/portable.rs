//! The configuration as one document of sections: exported, planned with every difference, applied in one transaction.
//! Secrets are in it only sealed, passwords not at all. Sections that a document does not have are left alone. Each
//! part hands over its own section; this module never knows what is in it.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use argos_audit::{Audit, Category, Entry, Mutation, PortableSection, SectionPermissions, SectionPlan};
use argos_events::Events;
use argos_identity::{Authority, Identity, PeoplePlan, Person};
use argos_kernel::{AppError, Clock, Result};
use argos_settings::{ImportMode, ImportPlan, Settings};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::nodes_part::NodesPart;

const VERSION: &str = "1";
const SETTINGS: &str = "settings";
const IDENTITY: &str = "identity";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: String,
    #[serde(default)]
    exported_at: Option<String>,
    #[serde(default)]
    argos_version: Option<String>,
    sections: Map<String, Value>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct People {
    users: Vec<Person>,
}

/// What an import would do, section by section; null = not in the document.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Plan {
    pub settings: Option<ImportPlan>,
    pub identity: Option<PeoplePlan>,
    /// The other sections of the document by name.
    pub sections: BTreeMap<String, SectionPlan>,
    /// The plan can be applied.
    pub ok: bool,
}

/// The sections a caller gets.
pub(crate) struct Chosen {
    pub(crate) sections: Vec<&'static str>,
    /// What is the instance's owner's to move is among them.
    pub(crate) takes_step_up: bool,
}

struct Shared {
    settings: Settings,
    identity: Identity,
    audit: Audit,
    events: Events,
    version: &'static str,
    others: RwLock<Vec<Arc<dyn PortableSection>>>,
    nodes: RwLock<Option<Arc<dyn NodesPart>>>,
}

/// Exports and imports. Clones share everything.
#[derive(Clone)]
pub struct Portable(Arc<Shared>);

impl Portable {
    pub fn new(settings: Settings, identity: Identity, audit: Audit, events: Events, version: &'static str) -> Self {
        Self(Arc::new(Shared { settings, identity, audit, events, version, others: RwLock::default(), nodes: RwLock::default() }))
    }

    /// Takes a section in. Sections are written in the order they came: a section may name objects of an earlier one.
    pub fn add(&self, section: Arc<dyn PortableSection>) {
        self.0.others.write().unwrap_or_else(PoisonError::into_inner).push(section);
    }

    /// Takes the part of media nodes in.
    pub fn set_nodes(&self, part: Arc<dyn NodesPart>) {
        *self.0.nodes.write().unwrap_or_else(PoisonError::into_inner) = Some(part);
    }

    pub(crate) fn nodes(&self) -> Option<Arc<dyn NodesPart>> {
        self.0.nodes.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn others(&self) -> Vec<Arc<dyn PortableSection>> {
        self.0.others.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Every section there is.
    pub fn sections(&self) -> Vec<&'static str> {
        [SETTINGS, IDENTITY].into_iter().chain(self.others().iter().map(|s| s.name())).collect()
    }

    /// Reads a comma list of sections; empty = all.
    pub fn choose(&self, text: &str) -> Result<Vec<&'static str>> {
        let known = self.sections();
        let words: Vec<&str> = text.split(',').map(str::trim).filter(|w| !w.is_empty()).collect();
        if words.is_empty() {
            return Ok(known);
        }
        let find = |word: &&str| known.iter().copied().find(|k| k == word).ok_or_else(|| unknown_section(word, &known));
        words.iter().map(find).collect()
    }

    /// The same for a caller: without a list, all that `may` allows. 403 for a section that is closed to the caller and
    /// named, or brought by `document`, which is to be written.
    pub(crate) fn choose_for(&self, text: &str, document: Option<&str>, may: impl Fn(&str) -> bool) -> Result<Chosen> {
        let takes = |p: SectionPermissions| if document.is_some() { p.import } else { p.export };
        let (sections, mut chosen) = (self.others(), self.choose(text)?);
        let brought = document.map(|text| self.parse(text)).transpose()?;
        for (name, permission) in sections.iter().filter_map(|s| Some((s.name(), takes(s.permissions()?)))).filter(|(_, p)| !may(p)) {
            let is_brought = brought.as_ref().is_some_and(|d| d.others.contains_key(name));
            if chosen.contains(&name) && (!text.trim().is_empty() || is_brought) {
                let error = AppError::forbidden(format!("Permission denied: {permission}")).code("permission_denied");
                return Err(error.with("permission", permission).with("field", "sections"));
            }
            chosen.retain(|chosen| *chosen != name);
        }
        let is_moved = |name| chosen.contains(&name) && brought.as_ref().is_none_or(|d| d.others.contains_key(name));
        let takes_step_up = sections.iter().any(|s| s.permissions().is_some() && is_moved(s.name()));
        Ok(Chosen { sections: chosen, takes_step_up })
    }

    /// The document as YAML or JSON.
    pub async fn export(&self, sections: &[&str], yaml: bool, clock: &dyn Clock) -> Result<String> {
        let mut out = Map::new();
        if sections.contains(&SETTINGS) {
            out.insert(SETTINGS.to_owned(), Value::Object(self.0.settings.document()?));
        }
        if sections.contains(&IDENTITY) {
            out.insert(IDENTITY.to_owned(), json!(People { users: self.0.identity.people().await? }));
        }
        for section in self.others().iter().filter(|s| sections.contains(&s.name())) {
            out.insert(section.name().to_owned(), section.export().await?);
        }
        let document = Document {
            version: VERSION.to_owned(),
            exported_at: Some(clock.now().rfc3339()),
            argos_version: Some(self.0.version.to_owned()),
            sections: out,
        };
        if yaml {
            serde_saphyr::to_string(&document).map_err(AppError::internal)
        } else {
            serde_json::to_string_pretty(&document).map_err(AppError::internal)
        }
    }

    /// What the document would change in these sections (see [`Self::choose`]). The sections are written and rolled
    /// back, so a plan says what an import does.
    pub async fn plan(&self, by: &Authority, text: &str, sections: &[&str], mode: ImportMode) -> Result<Plan> {
        let document = self.parse(text)?.only(sections);
        self.run(by, &document, Modes::both(mode), false).await
    }

    /// Applies these sections of the document in one transaction, or names every fault and writes nothing.
    pub async fn apply(&self, by: &Authority, text: &str, sections: &[&str], mode: ImportMode) -> Result<Plan> {
        let document = self.parse(text)?.only(sections);
        self.run(by, &document, Modes::both(mode), true).await
    }

    pub(crate) async fn run(&self, by: &Authority, document: &Sections, mode: Modes, write: bool) -> Result<Plan> {
        let settings = document.settings.as_ref().map(|s| self.0.settings.plan_import(s, mode.settings)).transpose()?.map(|(plan, _)| plan);
        let identity = match &document.people {
            Some(people) => Some(self.0.identity.plan_people(by, people).await?),
            None => None,
        };
        let mut plan = Plan { settings, identity, ..Plan::default() };
        let parts: Vec<_> = self.others().into_iter().filter(|s| document.others.contains_key(s.name())).collect();
        let mut held = Vec::new();
        for part in &parts {
            held.push(part.hold().await);
        }
        let mut change = self.0.audit.begin(&by.actor).await?;
        // People first: the other sections name them.
        let added = match (&document.people, &plan.identity) {
            (Some(people), Some(planned)) => self.0.identity.add_people_in(&mut change, people, planned).await?,
            _ => Vec::new(),
        };
        for part in &parts {
            if let Some(wanted) = document.others.get(part.name()) {
                let done = part.import(&mut change, wanted, mode.others == ImportMode::Replace).await?;
                plan.sections.insert(part.name().to_owned(), done);
            }
        }
        plan.ok = plan.settings.as_ref().is_none_or(|p| p.faults.is_empty())
            && plan.identity.as_ref().is_none_or(|p| p.faults.is_empty())
            && plan.sections.values().all(|p| p.faults.is_empty());
        if !write {
            return Ok(plan);
        }
        plan.refuse_faults()?;
        self.write(by, document, &plan, mode.settings, (change, added)).await?;
        drop(held);
        for part in &parts {
            part.imported().await?;
        }
        Ok(plan)
    }

    /// `change` holds everything but the settings; the entries are of the people in it.
    async fn write(
        &self,
        by: &Authority,
        document: &Sections,
        plan: &Plan,
        mode: ImportMode,
        (mut change, added): (Mutation, Vec<Entry>),
    ) -> Result<()> {
        let sizes: Map<String, Value> = plan
            .sections
            .iter()
            .map(|(name, p)| (name.clone(), json!({ "created": p.creates, "updated": p.updates, "removed": p.removes })))
            .collect();
        let mut entries = vec![Entry::new("config.import", Category::Config).describe("Configuration imported").after(json!({
            "settings": plan.settings.as_ref().map(|p| p.changes.len()),
            "users": plan.identity.as_ref().map(|p| p.creates.len()),
            "sections": sizes,
        }))];
        entries.extend(added);
        if let Some(settings) = &document.settings {
            self.0.settings.import_in(&mut change, &by.actor, settings, mode).await?;
        }
        change.commit_all(entries).await
    }

    fn parse(&self, text: &str) -> Result<Sections> {
        let document = parse(text)?;
        let known = self.sections();
        let mut sections = Sections { others: document.sections, ..Sections::default() };
        if let Some(unknown) = sections.others.keys().find(|name| !known.contains(&name.as_str())) {
            return Err(unknown_section(unknown, &known).code("invalid_document"));
        }
        sections.settings = match sections.others.shift_remove(SETTINGS) {
            None | Some(Value::Null) => None,
            Some(Value::Object(map)) => Some(map),
            Some(_) => return Err(unreadable("settings must be a mapping")),
        };
        sections.people = match sections.others.shift_remove(IDENTITY) {
            None | Some(Value::Null) => None,
            Some(value) => Some(serde_json::from_value::<People>(value).map_err(|e| unreadable(&e.to_string()))?.users),
        };
        Ok(sections)
    }

    /// One section as it would be exported.
    pub(crate) async fn section(&self, name: &str) -> Result<Value> {
        match self.others().iter().find(|s| s.name() == name) {
            Some(section) => section.export().await,
            None => Ok(Value::Null),
        }
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }
    pub(crate) fn identity(&self) -> &Identity {
        &self.0.identity
    }
    pub(crate) fn audit(&self) -> &Audit {
        &self.0.audit
    }
    pub(crate) fn events(&self) -> &Events {
        &self.0.events
    }
    pub(crate) fn version(&self) -> &'static str {
        self.0.version
    }
}

/// A document that carries only some of the settings must not reset the others.
#[derive(Clone, Copy)]
pub(crate) struct Modes {
    pub(crate) settings: ImportMode,
    pub(crate) others: ImportMode,
}

impl Modes {
    const fn both(mode: ImportMode) -> Self {
        Self { settings: mode, others: mode }
    }
}

/// A document taken apart.
#[derive(Default)]
pub(crate) struct Sections {
    pub(crate) settings: Option<Map<String, Value>>,
    pub(crate) people: Option<Vec<Person>>,
    pub(crate) others: Map<String, Value>,
}

impl Sections {
    /// Leaves out what is not named.
    fn only(mut self, names: &[&str]) -> Self {
        self.settings = self.settings.filter(|_| names.contains(&SETTINGS));
        self.people = self.people.filter(|_| names.contains(&IDENTITY));
        self.others.retain(|name, _| names.contains(&name.as_str()));
        self
    }
}

impl Plan {
    /// 400 that names every fault.
    fn refuse_faults(&self) -> Result<()> {
        if let Some(settings) = &self.settings {
            settings.refuse_faults()?;
        }
        if let Some(fault) = self.identity.as_ref().and_then(|p| p.faults.first()) {
            return Err(AppError::bad_request(fault.clone()).code("invalid_user").with("field", "identity.users"));
        }
        for (name, plan) in &self.sections {
            if !plan.faults.is_empty() {
                return Err(AppError::bad_request(plan.faults.join("; ")).code("invalid_section").with("field", name.clone()));
            }
        }
        Ok(())
    }
}

fn unknown_section(word: &str, known: &[&str]) -> AppError {
    AppError::bad_request(format!("unknown section `{}`; there are {}", word.escape_debug(), known.join(", ")))
        .code("invalid_parameter")
        .with("field", "sections")
}

fn unreadable(why: &str) -> AppError {
    AppError::bad_request(format!("The document cannot be read: {why}")).code("invalid_document")
}

fn parse(text: &str) -> Result<Document> {
    // JSON is YAML, but its parser names faults better.
    let document: Document = if text.trim_start().starts_with('{') {
        serde_json::from_str(text).map_err(|e| unreadable(&e.to_string()))?
    } else {
        serde_saphyr::from_str(text).map_err(|e| unreadable(&e.to_string()))?
    };
    if document.version != VERSION {
        let text = format!("The document has version {}; this server reads version {VERSION}", document.version);
        return Err(AppError::bad_request(text).code("invalid_document"));
    }
    Ok(document)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn document_is_read_from_yaml_and_json_and_other_versions_are_refused() {
        let yaml = "version: \"1\"\nsections:\n  settings:\n    jobs.max: 4\n  power:\n    devices: []\n";
        let document = parse(yaml).unwrap();
        assert_eq!((&document.sections["settings"]["jobs.max"], document.sections.len()), (&json!(4), 2));
        assert!(parse(r#"{"version":"1","sections":{}}"#).is_ok());
        for (text, part) in [
            ("version: \"2\"\nsections: {}\n", "version 2"),
            ("[]", "cannot be read"),
            (r#"{"version":"1","sections":{},"more":1}"#, "more"),
        ] {
            assert!(parse(text).err().unwrap().message().contains(part), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_document_or_an_error(text in ".{0,300}") {
            drop(parse(&text));
        }
    }
}
