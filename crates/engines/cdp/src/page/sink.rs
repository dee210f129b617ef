//! The events of a page's sessions: each changes the state, answers what must be answered (dialogs, paused requests,
//! new frames and workers) and is told to the listeners.

use std::sync::{Arc, Weak};

use serde::de::DeserializeOwned;

use super::PageInner;
use super::events::{ConsoleMessage, Dialog, FileChooser, PageEvent, ScriptError, cut};
use super::state::Attached;
use crate::connection::Sink;
use crate::json;
use crate::options::DialogPolicy;
use crate::protocol::network as n;
use crate::protocol::page as p;
use crate::protocol::runtime as r;
use crate::protocol::target::{AttachedToTarget, DetachedFromTarget};
use crate::session::{Ended, Session};

/// Dialogs one document may open between two inputs of ours before its script is ended.
const DIALOGS_MAX: usize = 20;

impl Sink for PageInner {
    fn on_event(self: Arc<Self>, session: &Session, method: &str, params: &str) {
        let handled = match method.split_once('.').map_or("", |(domain, _)| domain) {
            "Page" => self.page_event(session, method, params),
            "Network" => self.network_event(session, method, params),
            "Runtime" => self.runtime_event(session, method, params),
            "Target" => self.target_event(session, method, params),
            "Fetch" => {
                if let Some(context) = self.context.upgrade() {
                    context.fetch_event(session, method, params);
                }
                None
            }
            "Log" => self.log_event(params),
            _ => None,
        };
        if handled.is_some() {
            self.touch();
        }
    }

    fn on_end(self: Arc<Self>, session: &Session, ended: Ended) {
        let is_page = session.id() == self.session.id();
        {
            let mut state = self.state();
            state.session_ended(session);
            if let Some(id) = session.id() {
                state.attached.remove(id);
            }
            state.crashed |= is_page && ended == Ended::Crashed;
            state.closed |= is_page && ended == Ended::Closed;
        }
        if is_page {
            self.tell(if ended == Ended::Crashed { PageEvent::Crashed } else { PageEvent::Closed });
            if ended == Ended::Closed
                && let Some(context) = self.context.upgrade()
            {
                context.forget_page(&self.target_id);
            }
        }
        self.touch();
    }
}

/// The event, when it can be read; one that cannot is from a browser we do not know yet and is passed over.
fn read<T: DeserializeOwned>(params: &str) -> Option<T> {
    json::parse(params).ok()
}

impl PageInner {
    fn page_event(&self, session: &Session, method: &str, params: &str) -> Option<()> {
        match method {
            "Page.frameAttached" => {
                let event: p::FrameAttached = read(params)?;
                self.state().attach_frame(session, &event.frame_id, Some(&event.parent_frame_id));
            }
            "Page.frameDetached" => {
                let event: p::FrameDetached = read(params)?;
                // Swapped frames live on in another process.
                if event.reason != "swap" {
                    self.state().detach_frame(&event.frame_id);
                }
            }
            "Page.frameNavigated" => {
                let event: p::FrameNavigated = read(params)?;
                self.state().navigated(session, &event.frame);
                let url = event.frame.url + event.frame.url_fragment.as_deref().unwrap_or_default();
                self.tell(PageEvent::FrameNavigated { frame_id: event.frame.id, url, same_document: false });
            }
            "Page.navigatedWithinDocument" => {
                let event: p::NavigatedWithinDocument = read(params)?;
                self.state().navigated_within(&event.frame_id, &event.url);
                self.tell(PageEvent::FrameNavigated { frame_id: event.frame_id, url: event.url, same_document: true });
            }
            "Page.lifecycleEvent" => {
                let event: p::LifecycleEvent = read(params)?;
                self.state().lifecycle(&event.frame_id, event.loader_id, event.name);
            }
            "Page.javascriptDialogOpening" => self.dialog_opened(session, read(params)?),
            "Page.javascriptDialogClosed" => self.state().dialog_open = false,
            "Page.fileChooserOpened" => {
                let event: p::FileChooserOpened = read(params)?;
                let (multiple, node) = (event.mode == "selectMultiple", event.backend_node_id);
                self.tell(PageEvent::FileChooserOpened(FileChooser { frame_id: event.frame_id, multiple, node }));
            }
            "Page.screencastFrame" => {
                let event: p::ScreencastFrame = read(params)?;
                session.send(&p::ScreencastFrameAck { session_id: event.session_id });
                self.screencast_frame(event);
            }
            _ => return None,
        }
        Some(())
    }

    fn dialog_opened(&self, session: &Session, event: p::DialogOpening) {
        let count = {
            let mut state = self.state();
            state.dialogs += 1;
            state.dialog_open = true;
            state.dialogs
        };
        let policy = self.dialog_policy();
        let accepted = match (&policy, event.kind.as_str()) {
            (DialogPolicy::Ask, _) if count <= DIALOGS_MAX => None,
            (DialogPolicy::Accept(_), _) | (_, "beforeunload") => Some(true),
            _ => Some(false),
        };
        if let Some(accept) = accepted {
            let prompt_text = match policy {
                DialogPolicy::Accept(text) if event.kind == "prompt" => text.or_else(|| event.default_prompt.clone()),
                _ => None,
            };
            session.send(&p::HandleDialog { accept, prompt_text });
        }
        // A script that does nothing but open dialogs would do so for ever.
        if count >= DIALOGS_MAX {
            session.send(&r::TerminateExecution {});
            if count == DIALOGS_MAX {
                self.tell(PageEvent::DialogStorm { count });
            }
        }
        if count <= DIALOGS_MAX {
            let (kind, message, default_text, url) = (event.kind, event.message, event.default_prompt, event.url);
            self.tell(PageEvent::DialogOpened(Dialog { kind, message, default_text, url, accepted }));
        }
    }

    fn network_event(&self, session: &Session, method: &str, params: &str) -> Option<()> {
        match method {
            "Network.requestWillBeSent" => {
                let event: n::RequestWillBeSent = read(params)?;
                // It asks no network, and may be as long as a picture.
                if event.request.url.starts_with("data:") {
                    return None;
                }
                let (sent, redirected) = self.state().network.sent(session, event);
                if let Some(redirected) = redirected {
                    self.tell(PageEvent::ResponseReceived(redirected.clone()));
                    self.tell(PageEvent::RequestFinished(redirected));
                }
                self.tell(PageEvent::RequestSent(sent));
            }
            "Network.responseReceived" => {
                let exchange = self.state().network.received(session, read(params)?)?;
                self.tell(PageEvent::ResponseReceived(exchange));
            }
            "Network.loadingFinished" => {
                let exchange = self.state().network.finished(session, &read(params)?)?;
                self.tell(PageEvent::RequestFinished(exchange));
            }
            "Network.loadingFailed" => {
                let exchange = self.state().network.failed(session, &read(params)?)?;
                self.tell(PageEvent::RequestFailed(exchange));
            }
            "Network.webSocketCreated" => {
                let event: n::WebSocketCreated = read(params)?;
                self.tell(PageEvent::WebSocketOpened { url: event.url });
            }
            _ => return None,
        }
        Some(())
    }

    fn runtime_event(&self, session: &Session, method: &str, params: &str) -> Option<()> {
        match method {
            "Runtime.executionContextCreated" => {
                let event: r::ContextCreated = read(params)?;
                self.state().world_created(session, &event.context);
            }
            "Runtime.executionContextDestroyed" => {
                let event: r::ContextDestroyed = read(params)?;
                self.state().worlds_gone(session, Some(event.execution_context_id));
            }
            "Runtime.executionContextsCleared" => self.state().worlds_gone(session, None),
            "Runtime.consoleAPICalled" => self.console(ConsoleMessage::of(&read(params)?)),
            "Runtime.exceptionThrown" => {
                let event: r::ExceptionThrown = read(params)?;
                let error = ScriptError::of(&event.exception_details, event.timestamp);
                self.state().keep_error(error.clone());
                self.tell(PageEvent::ScriptError(error));
            }
            _ => return None,
        }
        Some(())
    }

    fn console(&self, message: ConsoleMessage) {
        self.state().keep_console(message.clone());
        self.tell(PageEvent::Console(message));
    }

    fn log_event(&self, params: &str) -> Option<()> {
        let event: p::LogEntryAdded = read(params)?;
        let entry = event.entry;
        let line = entry.line_number.map(|line| line + 1);
        self.console(ConsoleMessage { kind: entry.level, text: cut(entry.text), url: entry.url, line, at_ms: entry.timestamp });
        Some(())
    }

    fn target_event(self: &Arc<Self>, session: &Session, method: &str, params: &str) -> Option<()> {
        match method {
            "Target.attachedToTarget" => {
                let event: AttachedToTarget = read(params)?;
                let sink: Arc<dyn Sink> = self.clone();
                let sink: Weak<dyn Sink> = Arc::downgrade(&sink);
                let child = session.connection().open_session(&event.session_id, sink);
                let info = event.target_info;
                let is_frame = info.kind == "iframe";
                {
                    let mut state = self.state();
                    if is_frame {
                        state.adopt_frame(&info.target_id, &child);
                    }
                    let attached = Attached { target_id: info.target_id, kind: info.kind, session: child.clone() };
                    state.attached.insert(event.session_id, attached);
                }
                if is_frame {
                    self.prepare_frame(&child);
                } else {
                    self.prepare_worker(&child);
                    self.tell(PageEvent::WorkerStarted { url: info.url });
                }
            }
            "Target.detachedFromTarget" => {
                let event: DetachedFromTarget = read(params)?;
                session.connection().end_session(&event.session_id, Ended::Closed);
            }
            _ => return None,
        }
        Some(())
    }
}
