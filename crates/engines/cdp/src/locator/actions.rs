//! What a person does to an element. Each waits until it can be done; once an event was let through to the page it is
//! never sent again.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Locator, Need, Point, Spec};
use crate::deadline::Deadline;
use crate::error::CdpError;
use crate::page::{Click, Handle, file_names};
use crate::page::{Frame, Lost, Modifiers, MouseButton};
use crate::protocol::dom::SetFileInputFiles;

const CLICK: Need = Need { visible: true, enabled: true, editable: false, stable: true, hit: true };
const HOVER: Need = Need { enabled: false, ..CLICK };
const ATTACHED: Need = Need { visible: false, enabled: false, editable: false, stable: false, hit: false };
const FILL: Need = Need { visible: true, enabled: true, editable: true, stable: false, hit: false };
const SELECT: Need = Need { editable: false, ..FILL };

/// How an element is clicked.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ClickOptions {
    pub button: MouseButton,
    pub modifiers: Modifiers,
    /// From the corner of the element's padding box; its middle without.
    pub position: Option<(f64, f64)>,
    /// Does not wait until the element is visible, at rest and uncovered.
    pub force: bool,
}

/// Where something is dragged to.
#[derive(Clone, Debug)]
pub enum Target {
    Element(Locator),
    /// From the middle of what is dragged.
    Offset(f64, f64),
}

/// What is sent to a place.
#[derive(Clone, Copy)]
enum Gesture {
    Click(Click, Duration),
    Tap,
}

impl Locator {
    pub async fn click(&self, options: &ClickOptions, limit: Duration) -> Result<(), CdpError> {
        self.click_times(1, options, limit).await
    }

    pub async fn double_click(&self, options: &ClickOptions, limit: Duration) -> Result<(), CdpError> {
        self.click_times(2, options, limit).await
    }

    pub async fn right_click(&self, options: &ClickOptions, limit: Duration) -> Result<(), CdpError> {
        self.click_times(1, &ClickOptions { button: MouseButton::Right, ..*options }, limit).await
    }

    async fn click_times(&self, count: u32, options: &ClickOptions, limit: Duration) -> Result<(), CdpError> {
        let deadline = Deadline::within(limit);
        let click = Click { button: options.button, count, modifiers: options.modifiers };
        self.aim(options, Gesture::Click(click, limit), &deadline).await
    }

    pub async fn tap(&self, options: &ClickOptions, limit: Duration) -> Result<(), CdpError> {
        let deadline = Deadline::within(limit);
        self.aim(options, Gesture::Tap, &deadline).await
    }

    /// Puts the mouse over it.
    pub async fn hover(&self, options: &ClickOptions, limit: Duration) -> Result<(), CdpError> {
        let deadline = Deadline::within(limit);
        let (frame, point) = self.point(HOVER, options, false, &deadline).await?;
        frame.page().mouse_move(point.x, point.y).await
    }

    /// Finds the place, arms the guard in the document, sends the events, and tries again when they were stopped
    /// because something else was there by then.
    async fn aim(&self, options: &ClickOptions, gesture: Gesture, deadline: &Deadline) -> Result<(), CdpError> {
        loop {
            let (frame, point) = self.point(CLICK, options, !options.force, deadline).await?;
            match gesture {
                Gesture::Click(click, limit) => frame.page().click_at(point.x, point.y, click, limit).await?,
                Gesture::Tap => frame.page().tap_at(point.x, point.y).await?,
            }
            if options.force {
                return Ok(());
            }
            let missed = missed(&frame, deadline).await?;
            match missed {
                None => return Ok(()),
                Some(what) if deadline.left().is_zero() => {
                    let why = format!("is covered by {what}");
                    return Err(CdpError::NotActionable { locator: self.to_string(), why, after: deadline.after });
                }
                Some(_) => {}
            }
        }
    }

    /// Where the element is in the page's view, once it is there and nothing is over it.
    async fn point(&self, need: Need, options: &ClickOptions, arm: bool, deadline: &Deadline) -> Result<(Frame, Point), CdpError> {
        let need = if options.force { ATTACHED } else { need };
        let position = options.position.map(|(x, y)| Point { x, y });
        let op = arm.then(|| json!({ "name": "arm" }));
        loop {
            let spec = Spec { need, scroll: true, point: true, position, op: op.clone(), ..self.spec() };
            let found = self.run("act", spec, deadline).await?;
            let Some(point) = found.outcome.point else {
                return Err(CdpError::Unreadable { method: "the search for a place".to_owned(), why: "there is none".to_owned() });
            };
            match self.to_page(&found.frame, point, need.hit, deadline).await? {
                Ok(point) => return Ok((found.frame, point)),
                Err(why) if deadline.left().is_zero() => {
                    return Err(CdpError::NotActionable { locator: self.to_string(), why, after: deadline.after });
                }
                Err(_) => super::await_change(&found.frame, deadline).await?,
            }
        }
    }

    async fn simple(&self, need: Need, op: Value, limit: Duration) -> Result<Value, CdpError> {
        let spec = Spec { need, scroll: need.visible, op: Some(op), ..self.spec() };
        Ok(self.run("act", spec, &Deadline::within(limit)).await?.outcome.value)
    }

    /// Sets the value of a field, a text area or an editable element, as if it had been pasted over the old one.
    pub async fn fill(&self, value: &str, limit: Duration) -> Result<(), CdpError> {
        self.simple(FILL, json!({ "name": "fill", "value": value }), limit).await.map(drop)
    }

    pub async fn clear(&self, limit: Duration) -> Result<(), CdpError> {
        self.fill("", limit).await
    }

    pub async fn focus(&self, limit: Duration) -> Result<(), CdpError> {
        self.simple(ATTACHED, json!({ "name": "focus" }), limit).await.map(drop)
    }

    pub async fn blur(&self, limit: Duration) -> Result<(), CdpError> {
        self.simple(ATTACHED, json!({ "name": "blur" }), limit).await.map(drop)
    }

    pub async fn select_text(&self, limit: Duration) -> Result<(), CdpError> {
        self.simple(Need { visible: true, ..ATTACHED }, json!({ "name": "select_text" }), limit).await.map(drop)
    }

    /// Focuses it and writes key by key, with a pause after each.
    pub async fn type_text(&self, text: &str, delay: Duration, limit: Duration) -> Result<(), CdpError> {
        self.focus(limit).await?;
        self.frame.page().type_text(text, delay).await
    }

    /// Focuses it and presses a key or a chord.
    pub async fn press(&self, chord: &str, limit: Duration) -> Result<(), CdpError> {
        self.focus(limit).await?;
        self.frame.page().press(chord).await
    }

    /// Chooses options by value, else label, else `index=n`; gives the values chosen.
    pub async fn select(&self, values: &[&str], limit: Duration) -> Result<Vec<String>, CdpError> {
        let value = self.simple(SELECT, json!({ "name": "choose", "values": values }), limit).await?;
        serde_json::from_value(value).map_err(|error| CdpError::Unreadable { method: "select".to_owned(), why: error.to_string() })
    }

    pub async fn check(&self, limit: Duration) -> Result<(), CdpError> {
        self.set_checked(true, limit).await
    }

    pub async fn uncheck(&self, limit: Duration) -> Result<(), CdpError> {
        self.set_checked(false, limit).await
    }

    /// Clicks a box, switch or radio button unless it is as wanted already, and sees that it became so.
    async fn set_checked(&self, wanted: bool, limit: Duration) -> Result<(), CdpError> {
        let deadline = Deadline::within(limit);
        let read = json!({ "name": "read", "what": "state" });
        let state = self.simple(ATTACHED, read.clone(), deadline.left()).await?;
        match state["checked"].as_bool() {
            Some(checked) if checked == wanted => return Ok(()),
            Some(_) => {}
            None => return Err(CdpError::Invalid(format!("{self}: {} cannot be checked", state["describe"].as_str().unwrap_or_default()))),
        }
        self.click(&ClickOptions::default(), deadline.left()).await?;
        loop {
            let state = self.simple(ATTACHED, read.clone(), deadline.left()).await?;
            if state["checked"].as_bool() == Some(wanted) {
                return Ok(());
            }
            if deadline.left().is_zero() {
                let why = format!("is {} checked after the click", if wanted { "not" } else { "still" });
                return Err(CdpError::Unheeded { locator: self.to_string(), why, after: limit });
            }
            super::await_change(&self.innermost_frame(&deadline).await?, &deadline).await?;
        }
    }

    pub async fn scroll_into_view(&self, limit: Duration) -> Result<(), CdpError> {
        let spec = Spec { need: Need { stable: true, ..ATTACHED }, scroll: true, ..self.spec() };
        self.run("act", spec, &Deadline::within(limit)).await.map(drop)
    }

    /// Scrolls what is in it, in CSS pixels.
    pub async fn scroll_by(&self, x: f64, y: f64, limit: Duration) -> Result<(), CdpError> {
        self.simple(ATTACHED, json!({ "name": "scroll_by", "x": x, "y": y }), limit).await.map(drop)
    }

    /// Drags it with the mouse.
    pub async fn drag_to(&self, target: &Target, limit: Duration) -> Result<(), CdpError> {
        let deadline = Deadline::within(limit);
        let (frame, _) = self.point(HOVER, &ClickOptions::default(), false, &deadline).await?;
        let to = match target {
            Target::Element(locator) => Some(locator.point(HOVER, &ClickOptions::default(), false, &deadline).await?.1),
            Target::Offset(..) => None,
        };
        // Looking for the target may have scrolled.
        let (_, from) = self.point(HOVER, &ClickOptions::default(), false, &deadline).await?;
        let to = match (to, target) {
            (_, Target::Offset(x, y)) => Point { x: from.x + x, y: from.y + y },
            (Some(to), _) => to,
            (None, _) => from,
        };
        frame.page().drag_between(&frame, (from.x, from.y), (to.x, to.y), &deadline).await
    }

    /// Gives files to a file input, or takes them away with none. The paths are this machine's.
    pub async fn upload(&self, files: &[std::path::PathBuf], limit: Duration) -> Result<(), CdpError> {
        if files.is_empty() {
            // The protocol takes no empty list for an answer.
            return self.simple(ATTACHED, json!({ "name": "clear_files" }), limit).await.map(drop);
        }
        let paths = file_names(files)?;
        let deadline = Deadline::within(limit);
        let found = self.run("act", Spec { need: ATTACHED, ..self.spec() }, &deadline).await?;
        let element = self.element(&found.frame, &deadline).await?;
        let set = SetFileInputFiles { files: paths, object_id: Some(element.object_id.clone()), backend_node_id: None };
        element.session.call(&set).await.map(drop).map_err(|error| match error {
            CdpError::Protocol { message, .. } => CdpError::Invalid(format!("{self}: {message}")),
            other => other,
        })
    }

    /// A hold on the element itself.
    pub(super) async fn element(&self, frame: &Frame, deadline: &Deadline) -> Result<Handle, CdpError> {
        let gone = || CdpError::NotFound { locator: self.to_string(), after: deadline.after };
        let taken = async {
            let (target, parts) = self.resolve_roles(frame, &self.selector.parts, true, deadline).await?;
            let parts = serde_json::to_value(parts).unwrap_or_default();
            let function = "function (parts) { return argos.find(parts, this)[0] ?? null; }";
            let object = target.as_ref().map(|handle| handle.object_id.as_str());
            frame.handle(function, object, vec![crate::protocol::runtime::Argument::Value(parts)], deadline).await
        };
        match taken.await {
            Ok(element) => Ok(element),
            Err(Lost::World(_) | Lost::For(CdpError::Unreadable { .. })) => Err(gone()),
            Err(Lost::For(error)) => Err(error),
        }
    }
}

/// What an event met instead of the element, when it was stopped. A document that went away took the event with it.
async fn missed(frame: &Frame, deadline: &Deadline) -> Result<Option<String>, CdpError> {
    #[derive(serde::Deserialize)]
    struct Disarmed {
        missed: Option<String>,
    }
    if frame.present_world().is_none() {
        return Ok(None);
    }
    match frame.call::<_, Disarmed>("disarm", &json!({}), None, deadline).await {
        Ok(disarmed) => Ok(disarmed.missed),
        Err(Lost::World(_) | Lost::For(CdpError::TargetClosed { .. })) => Ok(None),
        Err(Lost::For(error)) => Err(error),
    }
}
