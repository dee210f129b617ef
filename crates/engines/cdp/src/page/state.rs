//! What is known of a page: its frames, their documents and script worlds. Changed only by the events of its sessions,
//! in order, on the reading task; everybody else reads it.

use std::collections::{HashMap, VecDeque};

use super::events::{ConsoleMessage, ScriptError};
use crate::network::NetworkLog;
use crate::protocol::page::{FrameInfo, FrameTree};
use crate::protocol::runtime::ContextInfo;
use crate::session::Session;

/// The name of the world our script lives in, apart from the page's own.
pub(crate) const WORLD: &str = "argos";
/// Documents of a frame that are remembered, so that a navigation that was overtaken is recognised.
const LOADERS_MAX: usize = 16;
/// Lines of the console and errors that are kept.
const CONSOLE_MAX: usize = 1000;
/// Frames of a page; what more it makes is not followed.
const FRAMES_MAX: usize = 1000;

pub(crate) struct FrameState {
    pub(crate) parent: Option<String>,
    pub(crate) session: Session,
    pub(crate) url: String,
    pub(crate) name: String,
    /// The documents it had, the present one last.
    pub(crate) loaders: VecDeque<String>,
    /// Events of the present document: `DOMContentLoaded`, `load`, ..
    lifecycle: Vec<String>,
    lifecycle_loader: String,
    /// Grows with every new document and every navigation within one.
    pub(crate) navigations: u64,
    pub(crate) isolated: Option<i64>,
    pub(crate) main_world: Option<i64>,
}

impl FrameState {
    fn new(parent: Option<String>, session: Session) -> Self {
        Self {
            parent,
            session,
            url: String::new(),
            name: String::new(),
            loaders: VecDeque::new(),
            lifecycle: Vec::new(),
            lifecycle_loader: String::new(),
            navigations: 0,
            isolated: None,
            main_world: None,
        }
    }

    pub(crate) fn has(&self, lifecycle: &str) -> bool {
        self.lifecycle.iter().any(|name| name == lifecycle)
    }

    pub(crate) fn loader(&self) -> &str {
        self.loaders.back().map_or("", String::as_str)
    }

    fn committed(&mut self, info: &FrameInfo) {
        self.url = info.url.clone() + info.url_fragment.as_deref().unwrap_or_default();
        self.name = info.name.clone().unwrap_or_default();
        self.navigations += 1;
        if self.loader() != info.loader_id {
            self.loaders.push_back(info.loader_id.clone());
            if self.loaders.len() > LOADERS_MAX {
                self.loaders.pop_front();
            }
        }
        if self.lifecycle_loader != info.loader_id {
            self.lifecycle_loader.clone_from(&info.loader_id);
            self.lifecycle.clear();
        }
    }

    fn forget_worlds(&mut self) {
        self.isolated = None;
        self.main_world = None;
    }
}

/// A frame in a process of its own, or a worker.
pub(crate) struct Attached {
    pub(crate) target_id: String,
    pub(crate) kind: String,
    pub(crate) session: Session,
}

pub(crate) struct PageState {
    pub(crate) main: String,
    pub(crate) frames: HashMap<String, FrameState>,
    pub(crate) attached: HashMap<String, Attached>,
    pub(crate) network: NetworkLog,
    pub(crate) console: VecDeque<ConsoleMessage>,
    pub(crate) errors: VecDeque<ScriptError>,
    /// Lines of the console that were dropped.
    pub(crate) console_dropped: u64,
    /// Dialogs of the present document since the last input.
    pub(crate) dialogs: usize,
    pub(crate) dialog_open: bool,
    pub(crate) crashed: bool,
    pub(crate) closed: bool,
}

impl PageState {
    pub(crate) fn new(target_id: &str, session: Session, requests_max: Option<usize>) -> Self {
        // A page's main frame has the id of its target.
        let main = target_id.to_owned();
        let frames = HashMap::from([(main.clone(), FrameState::new(None, session))]);
        Self {
            main,
            frames,
            attached: HashMap::new(),
            network: NetworkLog::new(requests_max),
            console: VecDeque::new(),
            errors: VecDeque::new(),
            console_dropped: 0,
            dialogs: 0,
            dialog_open: false,
            crashed: false,
            closed: false,
        }
    }

    /// What `getFrameTree` told; events that came before it know better.
    pub(crate) fn seed(&mut self, session: &Session, tree: FrameTree) {
        let id = tree.frame.id.clone();
        self.attach_frame(session, &id, tree.frame.parent_id.as_deref());
        if let Some(frame) = self.frames.get_mut(&id)
            && frame.loaders.is_empty()
        {
            frame.committed(&tree.frame);
        }
        for child in tree.child_frames {
            self.seed(session, child);
        }
    }

    pub(crate) fn attach_frame(&mut self, session: &Session, id: &str, parent: Option<&str>) {
        if let Some(frame) = self.frames.get_mut(id) {
            if frame.parent.is_none() && id != self.main {
                frame.parent = parent.map(str::to_owned);
            }
        } else if self.frames.len() < FRAMES_MAX {
            self.frames.insert(id.to_owned(), FrameState::new(parent.map(str::to_owned), session.clone()));
        }
    }

    pub(crate) fn navigated(&mut self, session: &Session, info: &FrameInfo) {
        self.attach_frame(session, &info.id, info.parent_id.as_deref());
        let Some(frame) = self.frames.get_mut(&info.id) else { return };
        frame.committed(info);
        if frame.session.id() != session.id() {
            frame.session = session.clone();
            frame.forget_worlds();
        }
        if info.id == self.main {
            self.dialogs = 0;
        }
        self.network.committed(&info.id, info.id == self.main, &info.loader_id);
        // The children of the old document are gone with it.
        let children: Vec<String> = self.children(&info.id);
        for child in children {
            self.detach_frame(&child);
        }
    }

    pub(crate) fn navigated_within(&mut self, id: &str, url: &str) {
        if let Some(frame) = self.frames.get_mut(id) {
            url.clone_into(&mut frame.url);
            frame.navigations += 1;
        }
    }

    pub(crate) fn lifecycle(&mut self, id: &str, loader_id: String, name: String) {
        let Some(frame) = self.frames.get_mut(id) else { return };
        if frame.lifecycle_loader != loader_id {
            frame.lifecycle_loader = loader_id;
            frame.lifecycle.clear();
        }
        if name == "init" {
            frame.lifecycle.clear();
        }
        if !frame.has(&name) {
            frame.lifecycle.push(name);
        }
    }

    pub(crate) fn children(&self, id: &str) -> Vec<String> {
        self.frames.iter().filter(|(_, frame)| frame.parent.as_deref() == Some(id)).map(|(child, _)| child.clone()).collect()
    }

    pub(crate) fn detach_frame(&mut self, id: &str) {
        for child in self.children(id) {
            self.detach_frame(&child);
        }
        if id != self.main {
            self.frames.remove(id);
            self.network.frame_gone(id);
        }
    }

    /// The frame moved into a process of its own.
    pub(crate) fn adopt_frame(&mut self, id: &str, session: &Session) {
        if let Some(frame) = self.frames.get_mut(id) {
            frame.session = session.clone();
            frame.forget_worlds();
        } else if self.frames.len() < FRAMES_MAX {
            self.frames.insert(id.to_owned(), FrameState::new(None, session.clone()));
        }
    }

    /// A session ended: frames that lived in it go back to their parent's, or are detached by an event of their own.
    pub(crate) fn session_ended(&mut self, session: &Session) {
        self.network.session_ended(session);
        let orphans: Vec<(String, Option<String>)> = self
            .frames
            .iter()
            .filter(|(_, frame)| frame.session.id() == session.id())
            .map(|(id, frame)| (id.clone(), frame.parent.clone()))
            .collect();
        for (id, parent) in orphans {
            let parent_session = parent.and_then(|parent| self.frames.get(&parent)).map(|frame| frame.session.clone());
            if let (Some(parent_session), Some(frame)) = (parent_session, self.frames.get_mut(&id)) {
                frame.session = parent_session;
                frame.forget_worlds();
            }
        }
    }

    pub(crate) fn world_created(&mut self, session: &Session, context: &ContextInfo) {
        let Some(frame) = context.aux_data.frame_id.as_ref().and_then(|id| self.frames.get_mut(id)) else { return };
        if frame.session.id() != session.id() {
            return;
        }
        if context.aux_data.is_default {
            frame.main_world = Some(context.id);
        } else if context.name == WORLD {
            frame.isolated = Some(context.id);
        }
    }

    /// One world went, or all of a session.
    pub(crate) fn worlds_gone(&mut self, session: &Session, id: Option<i64>) {
        for frame in self.frames.values_mut().filter(|frame| frame.session.id() == session.id()) {
            if id.is_none() || frame.isolated == id {
                frame.isolated = None;
            }
            if id.is_none() || frame.main_world == id {
                frame.main_world = None;
            }
        }
    }

    pub(crate) fn keep_console(&mut self, message: ConsoleMessage) {
        self.console.push_back(message);
        if self.console.len() > CONSOLE_MAX {
            self.console.pop_front();
            self.console_dropped += 1;
        }
    }

    pub(crate) fn keep_error(&mut self, error: ScriptError) {
        self.errors.push_back(error);
        if self.errors.len() > CONSOLE_MAX {
            self.errors.pop_front();
        }
    }
}
