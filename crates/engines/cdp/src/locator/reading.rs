//! What is asked of an element: its text, value, place and state; and waiting until a state is reached.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Locator, Need, Spec, await_change};
use crate::deadline::Deadline;
use crate::error::CdpError;
use crate::page::{Frame, Screenshot, value_of};
use crate::protocol::runtime::{Argument, CallFunctionOn};

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    Attached,
    Detached,
    Visible,
    /// Not visible, or not there at all.
    Hidden,
}

impl Wait {
    fn name(self) -> &'static str {
        match self {
            Self::Attached => "attached",
            Self::Detached => "detached",
            Self::Visible => "visible",
            Self::Hidden => "hidden",
        }
    }
}

/// How an element is right now.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ElementState {
    pub visible: bool,
    pub enabled: bool,
    pub editable: bool,
    /// `None` for what cannot be checked.
    pub checked: Option<bool>,
    pub focused: bool,
    /// Its tag, telling attributes and text, for messages.
    pub describe: String,
}

/// Where an element is, in CSS pixels of its document.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct ElementBox {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

impl Locator {
    async fn read<T: DeserializeOwned>(&self, what: &str, name: &str, limit: Duration) -> Result<T, CdpError> {
        let op = json!({ "name": "read", "what": what, "of": name });
        let spec = Spec { op: Some(op), ..self.spec() };
        let value = self.run("act", spec, &Deadline::within(limit)).await?.outcome.value;
        serde_json::from_value(value).map_err(|error| CdpError::Unreadable { method: what.to_owned(), why: error.to_string() })
    }

    /// The text as it is shown.
    pub async fn text(&self, limit: Duration) -> Result<String, CdpError> {
        self.read("text", "", limit).await
    }

    /// The value of a field; `None` for what has none.
    pub async fn value(&self, limit: Duration) -> Result<Option<String>, CdpError> {
        self.read::<Value>("value", "", limit).await.map(|value| match value {
            Value::String(text) => Some(text),
            Value::Array(values) => Some(values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")),
            Value::Null => None,
            other => Some(other.to_string()),
        })
    }

    pub async fn attribute(&self, name: &str, limit: Duration) -> Result<Option<String>, CdpError> {
        self.read("attribute", name, limit).await
    }

    /// A computed style.
    pub async fn style(&self, name: &str, limit: Duration) -> Result<String, CdpError> {
        self.read("style", name, limit).await
    }

    pub async fn html(&self, limit: Duration) -> Result<String, CdpError> {
        self.read("html", "", limit).await
    }

    pub async fn bounds(&self, limit: Duration) -> Result<ElementBox, CdpError> {
        self.read("box", "", limit).await
    }

    /// Where it is in the view of the page, however deep its frame is.
    pub async fn bounds_in_view(&self, limit: Duration) -> Result<ElementBox, CdpError> {
        let deadline = Deadline::within(limit);
        let spec = Spec { op: Some(json!({ "name": "read", "what": "box" })), ..self.spec() };
        let found = self.run("act", spec, &deadline).await?;
        let bounds: ElementBox = serde_json::from_value(found.outcome.value)
            .map_err(|error| CdpError::Unreadable { method: "box".to_owned(), why: error.to_string() })?;
        let corner = self.in_view(&found.frame, &bounds, &deadline).await?;
        Ok(ElementBox { x: corner.x, y: corner.y, ..bounds })
    }

    pub async fn state(&self, limit: Duration) -> Result<ElementState, CdpError> {
        self.read("state", "", limit).await
    }

    /// How many there are now.
    pub async fn count(&self) -> Result<usize, CdpError> {
        self.count_within(crate::session::CALL_TIMEOUT).await
    }

    /// The same; what its frames and documents may take to come is given.
    pub async fn count_within(&self, limit: Duration) -> Result<usize, CdpError> {
        self.texts_within(limit).await.map(|texts| texts.len())
    }

    /// The texts of all of them now.
    pub async fn texts(&self) -> Result<Vec<String>, CdpError> {
        self.texts_within(crate::session::CALL_TIMEOUT).await
    }

    /// The same; what its frames and documents may take to come is given.
    pub async fn texts_within(&self, limit: Duration) -> Result<Vec<String>, CdpError> {
        let deadline = Deadline::within(limit);
        let spec = Spec { op: Some(json!({ "name": "read", "what": "text" })), ..self.spec() };
        let value = self.run("readAll", spec, &deadline).await?.outcome.value;
        serde_json::from_value(value).map_err(|error| CdpError::Unreadable { method: "text".to_owned(), why: error.to_string() })
    }

    pub async fn wait_for(&self, state: Wait, limit: Duration) -> Result<(), CdpError> {
        let deadline = Deadline::within(limit);
        let strict = self.strict && matches!(state, Wait::Attached | Wait::Visible);
        loop {
            // What the accessibility tree named is looked for again after each change.
            let by_role = self.selector.has_role();
            let look = if by_role { Deadline::within(Duration::ZERO) } else { deadline };
            let spec = Spec { state: Some(state.name()), strict, ..self.spec() };
            match self.run_until("wait", spec, &deadline, &look).await {
                Err(CdpError::NotFound { .. } | CdpError::NotActionable { .. }) if by_role && !deadline.left().is_zero() => {
                    await_change(&self.innermost_frame(&deadline).await?, &deadline).await?;
                }
                Err(CdpError::NotActionable { locator, why, .. }) => return Err(CdpError::NotActionable { locator, why, after: limit }),
                Err(CdpError::NotFound { locator, .. }) => return Err(CdpError::NotFound { locator, after: limit }),
                other => return other.map(drop),
            }
        }
    }

    /// The frame its selector leads into, once it is there.
    pub async fn frame(&self, limit: Duration) -> Result<Frame, CdpError> {
        self.innermost_frame(&Deadline::within(limit)).await
    }

    /// Calls a function of the caller's with the element as `this` and `argument`, once there is one. It runs in our
    /// world: it sees the document, and no variable of the page's scripts.
    pub async fn evaluate<T: DeserializeOwned>(&self, function: &str, argument: &Value, limit: Duration) -> Result<T, CdpError> {
        let deadline = Deadline::within(limit);
        let found = self.run("act", Spec { need: Need::default(), ..self.spec() }, &deadline).await?;
        let element = self.element(&found.frame, &deadline).await?;
        let call = CallFunctionOn {
            function_declaration: function.to_owned(),
            object_id: Some(element.object_id.clone()),
            arguments: Some(vec![Argument::Value(argument.clone())]),
            return_by_value: true,
            await_promise: true,
            ..CallFunctionOn::default()
        };
        value_of("Runtime.callFunctionOn", element.session.call(&call).await?)
    }

    /// A picture of it, once it is visible and at rest.
    pub async fn screenshot(&self, what: &Screenshot, limit: Duration) -> Result<Vec<u8>, CdpError> {
        let deadline = Deadline::within(limit);
        let need = Need { visible: true, stable: true, ..Need::default() };
        let spec = Spec { need, scroll: true, op: Some(json!({ "name": "read", "what": "box" })), ..self.spec() };
        let found = self.run("act", spec, &deadline).await?;
        let bounds: ElementBox = serde_json::from_value(found.outcome.value)
            .map_err(|error| CdpError::Unreadable { method: "screenshot".to_owned(), why: error.to_string() })?;
        let corner = self.corner(&found.frame, &bounds, &deadline).await?;
        let clip = Some((corner.0, corner.1, bounds.width, bounds.height));
        self.frame.page().screenshot(&Screenshot { clip, ..*what }, deadline.left()).await
    }
}
