//! A frame of a page, in whatever process it lives, and scripts in it: in the page's own world or in ours beside it.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Page;
use crate::deadline::Deadline;
use crate::error::CdpError;
use crate::locator::Locator;
use crate::protocol::dom::{AxNode, GetFullAxTree};
use crate::protocol::runtime::{Argument, CallFunctionOn, Evaluate, Evaluated, ReleaseObject};
use crate::session::{CALL_TIMEOUT, Session};

/// A handle to a frame; it stays the same over navigations.
#[derive(Clone)]
pub struct Frame {
    page: Page,
    id: String,
}

/// One of the two worlds of a document.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum World {
    Main,
    Isolated,
}

impl Page {
    pub fn main_frame(&self) -> Frame {
        let id = self.inner.state().main.clone();
        Frame { page: self.clone(), id }
    }

    pub fn frames(&self) -> Vec<Frame> {
        let ids: Vec<String> = self.inner.state().frames.keys().cloned().collect();
        ids.into_iter().map(|id| Frame { page: self.clone(), id }).collect()
    }

    /// The frame whose name or address `wanted` accepts.
    pub fn find_frame(&self, mut wanted: impl FnMut(&str, &str) -> bool) -> Option<Frame> {
        let state = self.inner.state();
        let found = state.frames.iter().find(|(_, frame)| wanted(&frame.name, &frame.url)).map(|(id, _)| id.clone());
        drop(state);
        found.map(|id| Frame { page: self.clone(), id })
    }

    pub(crate) fn frame(&self, id: &str) -> Frame {
        Frame { page: self.clone(), id: id.to_owned() }
    }

    pub fn url(&self) -> String {
        self.main_frame().url()
    }

    pub async fn title(&self) -> Result<String, CdpError> {
        self.main_frame().evaluate("document.title").await
    }

    /// The markup of the present document.
    pub async fn content(&self) -> Result<String, CdpError> {
        let script =
            "(document.doctype ? new XMLSerializer().serializeToString(document.doctype) : '') + document.documentElement.outerHTML";
        self.main_frame().evaluate(script).await
    }

    /// Evaluates an expression in the page's own world; a promise is awaited.
    pub async fn evaluate<T: DeserializeOwned>(&self, expression: &str) -> Result<T, CdpError> {
        self.main_frame().evaluate(expression).await
    }

    /// Waits until an expression is true, looked at in every frame the browser paints.
    pub async fn wait_for_function(&self, expression: &str, limit: Duration) -> Result<(), CdpError> {
        self.main_frame().wait_for_function(expression, limit).await
    }

    pub fn locator(&self, selector: &str) -> Result<Locator, CdpError> {
        self.main_frame().locator(selector)
    }
}

impl Frame {
    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn page(&self) -> &Page {
        &self.page
    }

    /// Empty when it is gone.
    pub fn url(&self) -> String {
        self.page.inner.state().frames.get(&self.id).map(|frame| frame.url.clone()).unwrap_or_default()
    }

    pub fn name(&self) -> String {
        self.page.inner.state().frames.get(&self.id).map(|frame| frame.name.clone()).unwrap_or_default()
    }

    pub fn parent(&self) -> Option<Self> {
        let parent = self.page.inner.state().frames.get(&self.id)?.parent.clone()?;
        Some(self.page.frame(&parent))
    }

    pub fn locator(&self, selector: &str) -> Result<Locator, CdpError> {
        Locator::new(self.clone(), selector)
    }

    /// The accessibility tree of its document, as a screen reader would have it, the root first.
    pub async fn accessibility_tree(&self, limit: Duration) -> Result<Vec<AxNode>, CdpError> {
        let session = self.page.inner.state().frames.get(&self.id).map(|frame| frame.session.clone());
        let session = session.ok_or_else(|| CdpError::TargetClosed { method: "the accessibility tree".to_owned() })?;
        let query = GetFullAxTree { frame_id: Some(self.id.clone()), depth: None };
        Ok(session.call_within(&query, limit).await?.nodes)
    }

    pub async fn evaluate<T: DeserializeOwned>(&self, expression: &str) -> Result<T, CdpError> {
        self.evaluate_in(World::Main, expression, &Deadline::within(CALL_TIMEOUT)).await
    }

    /// The same in our world, which no script of the page can have changed.
    pub(crate) async fn evaluate_isolated<T: DeserializeOwned>(&self, expression: &str, deadline: &Deadline) -> Result<T, CdpError> {
        self.evaluate_in(World::Isolated, expression, deadline).await
    }

    async fn evaluate_in<T: DeserializeOwned>(&self, world: World, expression: &str, deadline: &Deadline) -> Result<T, CdpError> {
        let (session, context_id) = self.world(world, deadline).await?;
        let evaluate = Evaluate {
            expression: expression.to_owned(),
            return_by_value: true,
            await_promise: true,
            context_id: Some(context_id),
            user_gesture: Some(true),
        };
        value_of("Runtime.evaluate", session.call(&evaluate).await?)
    }

    pub async fn wait_for_function(&self, expression: &str, limit: Duration) -> Result<(), CdpError> {
        let deadline = Deadline::within(limit);
        let poll = format!(
            "new Promise((done, fail) => {{ const test = () => (\n{expression}\n); const look = () => {{ try {{ if (test()) return done(true); }} catch (e) {{ return fail(e); }} requestAnimationFrame(look); }}; look(); }})"
        );
        loop {
            let (session, context_id) = self.world(World::Main, &deadline).await?;
            let evaluate = Evaluate {
                expression: poll.clone(),
                return_by_value: true,
                await_promise: true,
                context_id: Some(context_id),
                user_gesture: None,
            };
            match deadline.wait("the condition", session.call_within(&evaluate, limit)).await? {
                Ok(evaluated) => return value_of::<Value>("Runtime.evaluate", evaluated).map(drop),
                // The page went on; the condition is asked of the next document.
                Err(error) if error.is_context_lost() => self.other_world(World::Main, context_id, &deadline).await?,
                Err(CdpError::Timeout { .. }) => return Err(CdpError::timeout("the condition", limit)),
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits for the next change of the document, at most a quarter of a second (styles change without one) and never
    /// beyond `limit`; a document that went away is one.
    pub async fn wait_for_change(&self, limit: Duration) -> Result<(), CdpError> {
        crate::locator::await_change(self, &Deadline::within(limit)).await
    }

    /// The same as [`Self::evaluate`] in our world: it sees the document, and no variable of the page's scripts.
    pub async fn evaluate_apart<T: DeserializeOwned>(&self, expression: &str) -> Result<T, CdpError> {
        self.evaluate_isolated(expression, &Deadline::within(CALL_TIMEOUT)).await
    }

    /// The world's session and number, once there is one.
    pub(crate) async fn world(&self, world: World, deadline: &Deadline) -> Result<(Session, i64), CdpError> {
        let pick = |state: &mut super::PageState| match state.frames.get(&self.id) {
            None => Some(Err(CdpError::TargetClosed { method: "the frame".to_owned() })),
            Some(frame) => {
                let context = if world == World::Main { frame.main_world } else { frame.isolated };
                context.map(|context| Ok((frame.session.clone(), context)))
            }
        };
        self.page.inner.wait_for("the document", deadline, pick).await
    }

    /// Waits until the world that was lost is really forgotten, so that the next try finds the new one.
    pub(crate) async fn world_after(&self, lost: i64, deadline: &Deadline) -> Result<(), CdpError> {
        self.other_world(World::Isolated, lost, deadline).await
    }

    async fn other_world(&self, world: World, lost: i64, deadline: &Deadline) -> Result<(), CdpError> {
        let pick = |state: &mut super::PageState| match state.frames.get(&self.id) {
            None => Some(Err(CdpError::TargetClosed { method: "the frame".to_owned() })),
            Some(frame) => {
                let context = if world == World::Main { frame.main_world } else { frame.isolated };
                context.is_some_and(|context| context != lost).then_some(Ok(()))
            }
        };
        self.page.inner.wait_for("the next document", deadline, pick).await
    }

    pub(crate) async fn isolated_world(&self, deadline: &Deadline) -> Result<(Session, i64), CdpError> {
        self.world(World::Isolated, deadline).await
    }

    /// Our world of the present document, when there is one at this moment.
    pub(crate) fn present_world(&self) -> Option<i64> {
        self.page.inner.state().frames.get(&self.id)?.isolated
    }

    /// Calls `argos[function](argument)` in our world. Says which world it was when that world is lost.
    pub(crate) async fn call<A: Serialize, R: DeserializeOwned>(
        &self,
        function: &str,
        argument: &A,
        target: Option<&str>,
        deadline: &Deadline,
    ) -> Result<R, Lost> {
        let (session, context_id) = self.world(World::Isolated, deadline).await.map_err(Lost::For)?;
        let argument = serde_json::to_value(argument).map_err(|error| Lost::For(CdpError::Invalid(error.to_string())))?;
        let mut call = CallFunctionOn {
            function_declaration: format!("function (argument) {{ return argos.{function}(argument, this); }}"),
            return_by_value: true,
            await_promise: true,
            arguments: Some(vec![Argument::Value(argument)]),
            user_gesture: Some(true),
            ..CallFunctionOn::default()
        };
        match target {
            Some(object_id) => call.object_id = Some(object_id.to_owned()),
            None => call.execution_context_id = Some(context_id),
        }
        // The script keeps the deadline itself and says more than a timeout here could.
        let limit = deadline.left() + Duration::from_secs(5);
        match session.call_within(&call, limit).await {
            Ok(evaluated) => value_of("Runtime.callFunctionOn", evaluated).map_err(Lost::For),
            Err(error) if error.is_context_lost() => Err(Lost::World(context_id)),
            Err(error) => Err(Lost::For(error)),
        }
    }

    /// A question without an argument; a document that went away says no.
    pub(crate) async fn ask(&self, function: &str, deadline: &Deadline) -> Result<bool, CdpError> {
        match self.call(function, &Value::Null, None, deadline).await {
            Ok(answer) => Ok(answer),
            Err(Lost::World(_)) => Ok(false),
            Err(Lost::For(error)) => Err(error),
        }
    }

    /// Calls a function in our world and keeps what it returns there.
    pub(crate) async fn handle(
        &self,
        function_declaration: &str,
        this: Option<&str>,
        arguments: Vec<Argument>,
        deadline: &Deadline,
    ) -> Result<Handle, Lost> {
        let (session, context_id) = self.world(World::Isolated, deadline).await.map_err(Lost::For)?;
        let call = CallFunctionOn {
            function_declaration: function_declaration.to_owned(),
            arguments: Some(arguments),
            object_id: this.map(str::to_owned),
            execution_context_id: this.is_none().then_some(context_id),
            ..CallFunctionOn::default()
        };
        match session.call(&call).await {
            Ok(Evaluated { exception_details: Some(details), .. }) => Err(Lost::For(CdpError::Script(details.message()))),
            Ok(Evaluated { result, .. }) => match result.object_id {
                Some(object_id) => Ok(Handle { session, object_id, context_id }),
                None => Err(Lost::For(CdpError::Unreadable { method: "Runtime.callFunctionOn".to_owned(), why: "no object".to_owned() })),
            },
            Err(error) if error.is_context_lost() => Err(Lost::World(context_id)),
            Err(error) => Err(Lost::For(error)),
        }
    }
}

/// Why a script did not answer.
pub(crate) enum Lost {
    /// Its document went away; the next one may be asked.
    World(i64),
    For(CdpError),
}

/// An object of a document, released when dropped.
pub(crate) struct Handle {
    pub(crate) session: Session,
    pub(crate) object_id: String,
    pub(crate) context_id: i64,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.session.send(&ReleaseObject { object_id: std::mem::take(&mut self.object_id) });
    }
}

pub(crate) fn value_of<T: DeserializeOwned>(method: &str, evaluated: Evaluated) -> Result<T, CdpError> {
    if let Some(details) = evaluated.exception_details {
        return Err(CdpError::Script(details.message()));
    }
    let value = evaluated.result.value.unwrap_or(Value::Null);
    serde_json::from_value(value).map_err(|error| CdpError::Unreadable { method: method.to_owned(), why: error.to_string() })
}
