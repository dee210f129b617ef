//! Keys that are views of other parts' rows (platform spec 11.3): read from there and written there, never stored here. No
//! value of theirs is ever without effect: where they cannot be written through, they are refused with the place to go to.

use std::sync::Arc;

use argos_kernel::{Actor, AppError, BoxFuture, Result};
use argos_web::OpCx;
use serde_json::{Value, json};

use crate::text::parse_text;
use crate::{Input, Settings, Spec, Write};

/// Each of them, with the route of the rows it shows.
pub const KEPT_ELSEWHERE: [(&str, &str); 2] =
    [("ops.alertRules", "/api/alert-rules"), ("ops.maintenanceWindows", "/api/maintenance-windows")];

/// The parts that keep them. They stand above this crate, so they come in as a trait.
pub trait Elsewhere: Send + Sync + 'static {
    /// The rows of a key, secrets masked, as they can be written back.
    fn read<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Value>>;
    /// Replaces the rows of each key, and writes settings, in one transaction.
    fn write<'a>(&'a self, actor: &'a Actor, kept: &'a [(&'static str, Value)], writes: &'a [Write]) -> BoxFuture<'a, Result<()>>;
}

/// The route of the rows that a key shows.
pub(crate) fn place_of(key: &str) -> Option<&'static str> {
    KEPT_ELSEWHERE.iter().find(|(kept, _)| *kept == key).map(|(_, place)| *place)
}

/// The right that changing the rows of a key asks for.
fn right_of(key: &str) -> &'static str {
    if key == "ops.alertRules" { "alerts:manage" } else { "maintenance:manage" }
}

/// Why such a key is not written like others.
pub(crate) fn told(place: &str) -> String {
    format!("is kept by {place}; write it there")
}

impl Settings {
    /// Names who keeps them. The first one given stays.
    pub fn set_elsewhere(&self, elsewhere: Arc<dyn Elsewhere>) {
        if self.0.elsewhere.set(elsewhere).is_err() {
            tracing::error!("who keeps the views among the settings was named twice");
        }
    }

    /// What a view shows now; `None` = the key is no view, or nobody keeps it here.
    pub(crate) async fn kept(&self, spec: &Spec) -> Result<Option<Value>> {
        match self.0.elsewhere.get().filter(|_| place_of(spec.key).is_some()) {
            Some(elsewhere) => elsewhere.read(spec.key).await.map(Some),
            None => Ok(None),
        }
    }

    /// Writes settings and views together, or nothing.
    pub(crate) async fn write_all(&self, cx: &OpCx, writes: Vec<Write>) -> Result<()> {
        let actor = &cx.actor();
        let (views, writes): (Vec<Write>, Vec<Write>) = writes.into_iter().partition(|w| place_of(&w.key).is_some());
        let mut changed = Vec::new();
        for write in views {
            let spec = crate::registry().find(&write.key).ok_or_else(|| AppError::internal("a view without a key"))?;
            let bad = |why: &str| AppError::bad_request(format!("{}: {why}", spec.key)).code("invalid_setting").with("field", spec.key);
            let value = match write.input {
                Input::Clear | Input::Json(Value::Null) => return Err(bad("must be a list")),
                Input::Text(text) => parse_text(spec, &text).map_err(|why| bad(&why))?,
                Input::Json(value) => value,
            };
            if !value.is_array() {
                return Err(bad("must be a list"));
            }
            // Clients write back the whole map: only what really changes needs the right that the rows ask for.
            // Where nobody keeps them they show nothing, and that comes back.
            if self.kept(spec).await?.unwrap_or_else(|| json!([])) != value {
                cx.require(right_of(spec.key))?;
                changed.push((spec.key, value));
            }
        }
        match self.0.elsewhere.get().filter(|_| !changed.is_empty()) {
            Some(elsewhere) => elsewhere.write(actor, &changed, &writes).await,
            // Without somebody who keeps them they are refused like any write that is not led through.
            None => {
                let refused = changed.into_iter().map(|(key, value)| Write::json(key, value));
                let all: Vec<Write> = writes.into_iter().chain(refused).collect();
                self.set_many(actor, &all).await.map(drop)
            }
        }
    }
}
