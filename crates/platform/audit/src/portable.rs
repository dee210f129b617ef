//! What a part hands over so that its configuration moves with the one document: how it reads itself out, and how it
//! writes itself inside an open [`Mutation`]. A plan is an import that is rolled back, so both say the same.

use argos_kernel::{AppError, Result, Uid};
use argos_store::Tx;
use argos_web::BoxFuture;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Mutation;

/// What an import does to one section. Texts name objects as people know them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SectionPlan {
    pub creates: Vec<String>,
    pub updates: Vec<String>,
    pub removes: Vec<String>,
    /// Objects of the document that are there already, as they are.
    pub unchanged: usize,
    /// What will be different from the document.
    pub warnings: Vec<String>,
    /// Why nothing is written.
    pub faults: Vec<String>,
}

impl SectionPlan {
    /// Whether applying it would write anything.
    pub fn is_empty(&self) -> bool {
        self.creates.is_empty() && self.updates.is_empty() && self.removes.is_empty()
    }
}

/// What a section takes.
#[derive(Clone, Copy, Debug)]
pub struct SectionPermissions {
    pub export: &'static str,
    pub import: &'static str,
}

/// A part of the configuration document.
pub trait PortableSection: Send + Sync {
    /// Its member of the document.
    fn name(&self) -> &'static str;
    /// What a caller must hold to take it out and to write it, besides the right to the document: for what is not the
    /// instance's alone.
    fn permissions(&self) -> Option<SectionPermissions> {
        None
    }
    /// Everything a person set up, secrets sealed.
    fn export(&self) -> BoxFuture<'_, Result<Value>>;
    /// What must be held before the transaction begins, so that locks are always taken in one order.
    fn hold(&self) -> BoxFuture<'_, Box<dyn Send + '_>> {
        Box::pin(async { Box::new(()) as Box<dyn Send> })
    }
    /// Writes the section inside `change`. `replace`: what the document does not name goes.
    fn import<'a>(&'a self, change: &'a mut Mutation, wanted: &'a Value, replace: bool) -> BoxFuture<'a, Result<SectionPlan>>;
    /// After the commit: what is remembered follows.
    fn imported(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async { Ok(()) })
    }
}

/// An organization as a document names it, for parts that keep its number only.
#[derive(Clone, Debug)]
pub struct House {
    pub id: i64,
    pub slug: String,
    /// Number and public id of each of its projects.
    pub projects: Vec<(i64, Uid)>,
}

impl House {
    /// The number of one of its projects.
    pub fn project(&self, uid: Uid) -> Option<i64> {
        self.projects.iter().find(|(_, own)| *own == uid).map(|(id, _)| *id)
    }
    /// The public id of one of its projects.
    pub fn project_uid(&self, id: i64) -> Option<Uid> {
        self.projects.iter().find(|(own, _)| *own == id).map(|(_, uid)| *uid)
    }
}

/// Who knows them. Most parts stand below who keeps organizations, so it comes in as a trait.
pub trait Houses: Send + Sync {
    /// Every organization that is not deleted as it is inside `tx`, by slug.
    fn houses<'a>(&'a self, tx: &'a mut Tx) -> BoxFuture<'a, Result<Vec<House>>>;
}

/// Each organization that a section names with what it says of it. One that is not there, or is named twice, is a fault.
pub fn of_houses<'a, T>(houses: &'a [House], wanted: Vec<(String, T)>, plan: &mut SectionPlan) -> Vec<(&'a House, T)> {
    let mut found: Vec<(&House, T)> = Vec::new();
    for (at, (slug, said)) in wanted.into_iter().enumerate() {
        match houses.iter().find(|house| house.slug == slug) {
            None => plan.faults.push(format!("organizations[{at}]: there is no organization {slug}")),
            Some(_) if found.iter().any(|(house, _)| house.slug == slug) => {
                plan.faults.push(format!("organizations[{at}]: {slug} is there twice"));
            }
            Some(house) => found.push((house, said)),
        }
    }
    found
}

/// Reads the section `name` of a document; the error says what is wrong with it.
pub fn read_section<S: DeserializeOwned>(name: &str, wanted: &Value) -> Result<S> {
    let bad = |why: serde_json::Error| AppError::bad_request(format!("The section {name} cannot be read: {why}")).code("invalid_document");
    serde_json::from_value(wanted.clone()).map_err(bad)
}

/// A property test of a section's shapes: any text is a section whose entries are read or refused, or an error. The caller
/// has `proptest` among its own dependencies.
#[macro_export]
macro_rules! section_property {
    ($section:ty, $entries:expr, $entry:ty) => {
        proptest::proptest! {
            #[test]
            fn any_text_is_a_section_or_an_error(text in "[\\[\\]{}:,\"a-z0-9_ ]{0,200}") {
                let entries: fn($section) -> Vec<serde_json::Value> = $entries;
                for value in serde_json::from_str::<$section>(&text).map(entries).into_iter().flatten() {
                    drop(serde_json::from_value::<$entry>(value));
                }
            }
        }
    };
}
