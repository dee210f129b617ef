//! What a part hands over so that its configuration moves with the one document: how it reads itself out, and how it
//! writes itself inside an open [`Mutation`]. A plan is an import that is rolled back, so both say the same.

use argos_kernel::Result;
use argos_web::BoxFuture;
use schemars::JsonSchema;
use serde::Serialize;
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
