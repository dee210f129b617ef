//! The configuration as one document of sections: exported, planned with every difference, applied in one transaction.
//! Secrets are in it only sealed, passwords not at all. Sections that a document does not have are left alone.

use argos_audit::{Audit, Category, Entry};
use argos_identity::{Authority, Identity, PeoplePlan, Person};
use argos_kernel::{AppError, Clock, Result};
use argos_settings::{ImportMode, ImportPlan, Settings};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

const VERSION: &str = "1";

/// What a document may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Section {
    Settings,
    Identity,
}

impl Section {
    pub const ALL: [Self; 2] = [Self::Settings, Self::Identity];

    /// Reads a comma list; empty = all.
    pub fn list(text: &str) -> Result<Vec<Self>> {
        let words: Vec<&str> = text.split(',').map(str::trim).filter(|w| !w.is_empty()).collect();
        if words.is_empty() {
            return Ok(Self::ALL.to_vec());
        }
        let read = |word: &str| match word {
            "settings" => Ok(Self::Settings),
            "identity" => Ok(Self::Identity),
            other => {
                let e = AppError::bad_request(format!("unknown section `{other}`; there are settings and identity"));
                Err(e.code("invalid_parameter").with("field", "sections"))
            }
        };
        words.into_iter().map(read).collect()
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: String,
    #[serde(default)]
    exported_at: Option<String>,
    #[serde(default)]
    argos_version: Option<String>,
    sections: Sections,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sections {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    settings: Option<Map<String, Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    identity: Option<People>,
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
    /// The plan can be applied.
    pub ok: bool,
}

/// Exports and imports. Clones share everything.
#[derive(Clone)]
pub struct Portable {
    settings: Settings,
    identity: Identity,
    audit: Audit,
    version: &'static str,
}

impl Portable {
    pub fn new(settings: Settings, identity: Identity, audit: Audit, version: &'static str) -> Self {
        Self { settings, identity, audit, version }
    }

    /// The document as YAML or JSON.
    pub async fn export(&self, sections: &[Section], yaml: bool, clock: &dyn Clock) -> Result<String> {
        let mut out = Sections::default();
        if sections.contains(&Section::Settings) {
            out.settings = Some(self.settings.document()?);
        }
        if sections.contains(&Section::Identity) {
            out.identity = Some(People { users: self.identity.people().await? });
        }
        let document = Document {
            version: VERSION.to_owned(),
            exported_at: Some(clock.now().rfc3339()),
            argos_version: Some(self.version.to_owned()),
            sections: out,
        };
        if yaml {
            serde_saphyr::to_string(&document).map_err(AppError::internal)
        } else {
            serde_json::to_string_pretty(&document).map_err(AppError::internal)
        }
    }

    /// What the document would change; nothing is written.
    pub async fn plan(&self, by: &Authority, text: &str, mode: ImportMode) -> Result<Plan> {
        let document = parse(text)?;
        self.plan_of(by, &document, mode).await
    }

    async fn plan_of(&self, by: &Authority, document: &Document, mode: ImportMode) -> Result<Plan> {
        let settings = document.sections.settings.as_ref().map(|s| self.settings.plan_import(s, mode)).transpose()?.map(|(plan, _)| plan);
        let identity = match &document.sections.identity {
            Some(people) => Some(self.identity.plan_people(by, &people.users).await?),
            None => None,
        };
        let ok = settings.as_ref().is_none_or(|p| p.faults.is_empty()) && identity.as_ref().is_none_or(|p| p.faults.is_empty());
        Ok(Plan { settings, identity, ok })
    }

    /// Applies the document in one transaction, or names every fault and writes nothing.
    pub async fn apply(&self, by: &Authority, text: &str, mode: ImportMode) -> Result<Plan> {
        let document = parse(text)?;
        let plan = self.plan_of(by, &document, mode).await?;
        if let Some(settings) = &plan.settings {
            settings.refuse_faults()?;
        }
        if let Some(fault) = plan.identity.as_ref().and_then(|p| p.faults.first()) {
            return Err(AppError::bad_request(fault.clone()).code("invalid_user").with("field", "identity.users"));
        }
        let mut change = self.audit.begin(&by.actor).await?;
        let mut entries = vec![Entry::new("config.import", Category::Config).describe("Configuration imported").after(serde_json::json!({
            "settings": plan.settings.as_ref().map(|p| p.changes.len()),
            "users": plan.identity.as_ref().map(|p| p.creates.len()),
        }))];
        if let (Some(people), Some(planned)) = (&document.sections.identity, &plan.identity) {
            entries.extend(self.identity.add_people_in(&mut change, &people.users, planned).await?);
        }
        if let Some(settings) = &document.sections.settings {
            self.settings.import_in(&mut change, &by.actor, settings, mode).await?;
        }
        change.commit_all(entries).await?;
        Ok(plan)
    }
}

fn parse(text: &str) -> Result<Document> {
    let bad = |why: String| AppError::bad_request(why).code("invalid_document");
    // JSON is YAML, but its parser names faults better.
    let document: Document = if text.trim_start().starts_with('{') {
        serde_json::from_str(text).map_err(|e| bad(format!("The document cannot be read: {e}")))?
    } else {
        serde_saphyr::from_str(text).map_err(|e| bad(format!("The document cannot be read: {e}")))?
    };
    if document.version != VERSION {
        return Err(bad(format!("The document has version {}; this server reads version {VERSION}", document.version)));
    }
    Ok(document)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn document_is_read_from_yaml_and_json_and_other_versions_are_refused() {
        let yaml = "version: \"1\"\nsections:\n  settings:\n    jobs.max: 4\n  identity:\n    users:\n      - username: ada\n        role: viewer\n";
        let document = parse(yaml).unwrap();
        assert_eq!(document.sections.settings.unwrap()["jobs.max"], 4);
        assert_eq!(document.sections.identity.unwrap().users[0].username, "ada");
        assert!(parse(r#"{"version":"1","sections":{}}"#).is_ok());
        for (text, part) in [
            ("version: \"2\"\nsections: {}\n", "version 2"),
            ("[]", "cannot be read"),
            (r#"{"version":"1","sections":{"power":{}}}"#, "power"),
        ] {
            assert!(parse(text).err().unwrap().message().contains(part), "{text}");
        }
        assert_eq!(Section::list("identity, settings").unwrap(), [Section::Identity, Section::Settings]);
        assert_eq!(Section::list("").unwrap().len(), 2);
        assert!(Section::list("power").is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_a_document_or_an_error(text in ".{0,300}") {
            drop(parse(&text));
        }
    }
}
