//! Names an element without holding it: it is looked for anew each time, so a page may redraw as it likes. Every action
//! waits until there is exactly one such element and it can be acted upon.

mod actions;
mod reading;
mod role;
mod selector;

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::deadline::Deadline;
use crate::error::CdpError;
use crate::page::{Frame, Handle, Lost};
use crate::protocol::dom::{DescribeNode, GetFrameOwner, ResolveNode};
use crate::protocol::runtime::Argument;

pub use actions::{ClickOptions, Target};
pub use reading::{ElementBox, ElementState, Wait};
pub use selector::frame_way;
use selector::{Part, Selector};

/// A way to an element; clones are cheap.
#[derive(Clone)]
pub struct Locator {
    frame: Frame,
    selector: Arc<Selector>,
    strict: bool,
}

/// What an element must be before something happens to it.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Need {
    pub(crate) visible: bool,
    pub(crate) enabled: bool,
    pub(crate) editable: bool,
    pub(crate) stable: bool,
    pub(crate) hit: bool,
}

/// A request to the script in the page.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Spec {
    parts: Vec<Part>,
    need: Need,
    scroll: bool,
    /// The place where an event would happen is wanted.
    point: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<Point>,
    strict: bool,
    timeout: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    op: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
}

/// A place in CSS pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Point {
    pub(crate) x: f64,
    pub(crate) y: f64,
}

/// What the script in the page answers.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Outcome {
    ok: bool,
    reason: Option<String>,
    why: Option<String>,
    count: usize,
    candidates: Vec<String>,
    pub(crate) point: Option<Point>,
    pub(crate) value: Value,
    pub(crate) ambiguous: Option<usize>,
}

#[derive(Deserialize)]
struct Around {
    point: Point,
    why: Option<String>,
}

/// Where an element was found, with what was said of it.
pub(crate) struct Found {
    pub(crate) frame: Frame,
    pub(crate) outcome: Outcome,
}

impl std::fmt::Debug for Locator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Locator({})", self.selector)
    }
}

impl std::fmt::Display for Locator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.selector.fmt(f)
    }
}

impl Locator {
    pub(crate) fn new(frame: Frame, selector: &str) -> Result<Self, CdpError> {
        Ok(Self { frame, selector: Arc::new(Selector::parse(selector)?), strict: true })
    }

    /// The other selector inside what this one names.
    pub fn locator(&self, selector: &str) -> Result<Self, CdpError> {
        let selector = Arc::new(self.selector.within(Selector::parse(selector)?));
        Ok(Self { selector, ..self.clone() })
    }

    /// The one at this place, from the end when negative.
    #[must_use]
    pub fn nth(&self, index: i64) -> Self {
        let selector = Arc::new(self.selector.with(Part::Nth { index }, &format!("nth={index}")));
        Self { selector, ..self.clone() }
    }

    #[must_use]
    pub fn first(&self) -> Self {
        self.nth(0)
    }

    #[must_use]
    pub fn last(&self) -> Self {
        self.nth(-1)
    }

    /// Only those that contain the text.
    #[must_use]
    pub fn with_text(&self, text: &str) -> Self {
        let selector = self.selector.with(Part::HasText { value: text.to_owned() }, &format!(":has-text({text:?})"));
        Self { selector: Arc::new(selector), ..self.clone() }
    }

    /// Whether several elements are an error (the default), or the first visible one is taken.
    #[must_use]
    pub fn strict(&self, strict: bool) -> Self {
        Self { strict, ..self.clone() }
    }

    fn spec(&self) -> Spec {
        Spec { strict: self.strict, ..Spec::default() }
    }

    /// Has the script in the page do `spec`, in the document that is there now or the next one.
    pub(crate) async fn run(&self, function: &str, spec: Spec, deadline: &Deadline) -> Result<Found, CdpError> {
        self.run_until(function, spec, deadline, deadline).await
    }

    /// The same, with an earlier end for the script than for everything around it.
    pub(crate) async fn run_until(
        &self,
        function: &str,
        mut spec: Spec,
        deadline: &Deadline,
        script: &Deadline,
    ) -> Result<Found, CdpError> {
        loop {
            let frame = self.innermost_frame(deadline).await?;
            let (target, parts) = match self.resolve_roles(&frame, &self.selector.parts, function == "act", deadline).await {
                Ok(resolved) => resolved,
                Err(Lost::World(id)) => {
                    self.next_document(&frame, id, deadline).await?;
                    continue;
                }
                Err(Lost::For(error)) => return Err(error),
            };
            spec.parts = parts;
            spec.timeout = millis(script.left());
            let object = target.as_ref().map(|handle| handle.object_id.as_str());
            match frame.call::<_, Outcome>(function, &spec, object, deadline).await {
                Ok(outcome) if outcome.reason.as_deref() == Some("detached") && !deadline.left().is_zero() => {}
                Ok(outcome) if outcome.ok => return Ok(Found { frame, outcome }),
                Ok(outcome) => return Err(self.refused(outcome, deadline.after)),
                Err(Lost::World(id)) => self.next_document(&frame, id, deadline).await?,
                Err(Lost::For(error)) => return Err(error),
            }
        }
    }

    /// After a document was lost: the next one, or an error that names what was looked for.
    async fn next_document(&self, frame: &Frame, lost: i64, deadline: &Deadline) -> Result<(), CdpError> {
        frame.world_after(lost, deadline).await.map_err(|error| match error {
            CdpError::Timeout { .. } => CdpError::NotFound { locator: self.to_string(), after: deadline.after },
            // A frame that was replaced is looked for again, from the outside.
            error => error,
        })
    }

    fn refused(&self, outcome: Outcome, after: Duration) -> CdpError {
        let locator = self.to_string();
        match (outcome.reason.as_deref(), outcome.why) {
            (Some("ambiguous"), _) => CdpError::Ambiguous { locator, count: outcome.count, candidates: outcome.candidates },
            (Some("invalid"), Some(why)) => CdpError::Invalid(format!("{locator}: {why}")),
            (_, Some(why)) => CdpError::NotActionable { locator, why, after },
            (_, None) => CdpError::NotFound { locator, after },
        }
    }

    /// Goes through the frames the selector names.
    async fn innermost_frame(&self, deadline: &Deadline) -> Result<Frame, CdpError> {
        let mut frame = self.frame.clone();
        for parts in &self.selector.frames {
            frame = self.enter(&frame, parts, deadline).await?;
        }
        Ok(frame)
    }

    async fn enter(&self, outer: &Frame, parts: &[Part], deadline: &Deadline) -> Result<Frame, CdpError> {
        loop {
            match self.content_frame(outer, parts, deadline).await {
                Ok(Some(id)) => {
                    let known = |state: &mut crate::page::PageState| state.frames.contains_key(&id).then_some(Ok(()));
                    outer.page().inner.wait_for("the frame", deadline, known).await?;
                    return Ok(outer.page().frame(&id));
                }
                Ok(None) => {}
                Err(Lost::World(id)) => {
                    self.next_document(outer, id, deadline).await?;
                    continue;
                }
                Err(Lost::For(error)) => return Err(error),
            }
            if deadline.left().is_zero() {
                return Err(CdpError::NotFound { locator: self.to_string(), after: deadline.after });
            }
            await_change(outer, deadline).await?;
        }
    }

    /// The frame inside the one element the parts name; `None` when there is none yet.
    async fn content_frame(&self, outer: &Frame, parts: &[Part], deadline: &Deadline) -> Result<Option<String>, Lost> {
        let (target, parts) = self.resolve_roles(outer, parts, true, deadline).await?;
        let parts = serde_json::to_value(parts).map_err(|error| Lost::For(CdpError::Invalid(error.to_string())))?;
        let function = "function (parts) { const found = argos.find(parts, this); if (found.length > 1) throw new Error(`${found.length} elements`); return found; }";
        let object = target.as_ref().map(|handle| handle.object_id.as_str());
        let found = outer.handle(function, object, vec![Argument::Value(parts)], deadline).await.map_err(|lost| match lost {
            Lost::For(CdpError::Script(text)) => Lost::For(CdpError::Invalid(format!("{self}: its frame cannot be found: {text}"))),
            other => other,
        })?;
        let element = outer.handle("function () { return this[0] ?? document; }", Some(&found.object_id), Vec::new(), deadline).await?;
        let describe = DescribeNode { object_id: Some(element.object_id.clone()), backend_node_id: None };
        let node = element.session.call(&describe).await.map_err(|error| lost(error, element.context_id))?.node;
        if node.node_name == "#document" {
            return Ok(None);
        }
        match node.frame_id {
            Some(id) => Ok(Some(id)),
            None => Err(Lost::For(CdpError::Invalid(format!("{self}: {} is no frame", node.node_name.to_lowercase())))),
        }
    }

    /// Where a point of a frame's view is in the view of the page, and whether anything covers the frames on the way.
    pub(crate) async fn to_page(
        &self,
        frame: &Frame,
        mut point: Point,
        hit: bool,
        deadline: &Deadline,
    ) -> Result<Result<Point, String>, CdpError> {
        let mut inner = frame.clone();
        while let Some(outer) = inner.parent() {
            match around(&outer, &inner, point, hit, deadline).await {
                Ok(Around { why: Some(why), .. }) if hit => return Ok(Err(why)),
                Ok(around) => point = around.point,
                Err(Lost::World(_)) => return Ok(Err("is gone with its document".to_owned())),
                Err(Lost::For(error)) => return Err(error),
            }
            inner = outer;
        }
        Ok(Ok(point))
    }

    /// The corner of an element's box in the view of the page, however deep its frame is.
    pub(crate) async fn in_view(&self, frame: &Frame, bounds: &ElementBox, deadline: &Deadline) -> Result<Point, CdpError> {
        let inner = scrolled(frame, deadline).await?;
        let point = Point { x: bounds.x - inner.x, y: bounds.y - inner.y };
        Ok(self.to_page(frame, point, false, deadline).await?.unwrap_or(point))
    }

    /// The corner of an element's box in the page's own document, however deep its frame is.
    pub(crate) async fn corner(&self, frame: &Frame, bounds: &ElementBox, deadline: &Deadline) -> Result<(f64, f64), CdpError> {
        let point = self.in_view(frame, bounds, deadline).await?;
        let outer = scrolled(&frame.page().main_frame(), deadline).await?;
        Ok((point.x + outer.x, point.y + outer.y))
    }
}

/// How far a document is scrolled.
async fn scrolled(frame: &Frame, deadline: &Deadline) -> Result<Point, CdpError> {
    frame.evaluate_isolated("({ x: scrollX, y: scrollY })", deadline).await
}

async fn around(outer: &Frame, inner: &Frame, point: Point, hit: bool, deadline: &Deadline) -> Result<Around, Lost> {
    let (session, context_id) = outer.isolated_world(deadline).await.map_err(Lost::For)?;
    let owner = session.call(&GetFrameOwner { frame_id: inner.id().to_owned() }).await.map_err(|e| lost(e, context_id))?;
    let resolve = ResolveNode { backend_node_id: Some(owner.backend_node_id), execution_context_id: Some(context_id) };
    let object = session.call(&resolve).await.map_err(|e| lost(e, context_id))?.object;
    let Some(object_id) = object.object_id else { return Err(Lost::World(context_id)) };
    let element = Handle { session, object_id, context_id };
    let argument = serde_json::json!({ "x": point.x, "y": point.y, "hit": hit });
    outer.call("around", &argument, Some(&element.object_id), deadline).await
}

/// A node that is gone counts as a document that is gone: the search begins anew.
fn lost(error: CdpError, context_id: i64) -> Lost {
    let gone = error.is_context_lost()
        || matches!(&error, CdpError::Protocol { message, .. } if message.contains("node") || message.contains("Frame"));
    if gone { Lost::World(context_id) } else { Lost::For(error) }
}

/// Waits for the next change of a document, at most a quarter of a second: styles change without one.
pub(crate) async fn await_change(frame: &Frame, deadline: &Deadline) -> Result<(), CdpError> {
    let timeout = millis(deadline.left().min(Duration::from_millis(250)));
    match frame.call::<_, bool>("changed", &serde_json::json!({ "timeout": timeout }), None, deadline).await {
        Ok(_) => Ok(()),
        Err(Lost::World(id)) => frame.world_after(id, deadline).await,
        Err(Lost::For(error)) => Err(error),
    }
}

pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
