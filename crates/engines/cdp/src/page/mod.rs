//! A page: its handle, what it shares with its sink, and waiting for its state to change. What it can do is spread over
//! the files of this folder, one concern each.

mod capture;
mod emulation;
mod events;
mod frame;
mod input;
mod keys;
mod navigation;
mod setup;
mod sink;
mod state;
mod whole;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{broadcast, watch};

pub use capture::{Image, Pdf, Screencast, ScreencastFrame as FilmFrame, ScreencastOptions, Screenshot};
pub use emulation::Authenticator;
pub use events::{ConsoleMessage, Dialog, Download, DownloadState, Expectation, FileChooser, PageEvent, PageEvents, ScriptError};
pub use frame::Frame;
pub(crate) use frame::{Handle, Lost, value_of};
pub(crate) use input::Click;
pub use input::MouseButton;
pub use keys::{Key, Modifiers};
pub use navigation::{LoadState, Navigation};
pub(crate) use state::PageState;

use crate::connection::Connection;
use crate::context::{Context, ContextInner};
use crate::deadline::Deadline;
use crate::error::CdpError;
use crate::network::Exchange;
use crate::options::{ContextOptions, DialogPolicy};
use crate::protocol::dom::SetFileInputFiles;
use crate::protocol::network::GetResponseBody;
use crate::protocol::page::{HandleDialog, ScreencastFrame, SetInterceptFileChooser};
use crate::protocol::target::{CloseTarget, TargetInfo};
use crate::session::Session;

/// Events of a page a listener may be behind.
const EVENTS_MAX: usize = 1024;
/// Pictures of a screencast that wait to be taken.
const SCREENCAST_MAX: usize = 16;

/// A handle to a page; clones are the same page.
#[derive(Clone)]
pub struct Page {
    pub(crate) inner: Arc<PageInner>,
    context: Arc<ContextInner>,
}

pub(crate) struct PageInner {
    pub(crate) target_id: String,
    pub(crate) session: Session,
    pub(crate) context: Weak<ContextInner>,
    pub(crate) options: Arc<ContextOptions>,
    user_agent: String,
    state: Mutex<PageState>,
    revision: watch::Sender<u64>,
    events: broadcast::Sender<PageEvent>,
    screencast: broadcast::Sender<Arc<ScreencastFrame>>,
    ready: watch::Sender<Option<Result<(), CdpError>>>,
    pub(crate) pointer: Mutex<input::Pointer>,
}

impl PageInner {
    pub(crate) fn attach(context: &Arc<ContextInner>, connection: &Arc<Connection>, session_id: &str, info: &TargetInfo) -> Arc<Self> {
        Arc::new_cyclic(|page: &Weak<Self>| {
            let session = connection.open_session(session_id, page.clone());
            Self {
                target_id: info.target_id.clone(),
                state: Mutex::new(PageState::new(&info.target_id, session.clone(), context.options.requests_max)),
                session,
                context: Arc::downgrade(context),
                options: context.options.clone(),
                user_agent: context.user_agent().to_owned(),
                revision: watch::Sender::new(0),
                events: broadcast::channel(EVENTS_MAX).0,
                screencast: broadcast::channel(SCREENCAST_MAX).0,
                ready: watch::Sender::new(None),
                pointer: Mutex::default(),
            }
        })
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, PageState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes everybody who waits for a state.
    fn touch(&self) {
        self.revision.send_modify(|revision| *revision += 1);
    }

    pub(crate) fn tell(&self, event: PageEvent) {
        // Nobody may be listening.
        self.events.send(event).ok();
    }

    fn screencast_frame(&self, frame: ScreencastFrame) {
        self.screencast.send(Arc::new(frame)).ok();
    }

    fn dialog_policy(&self) -> DialogPolicy {
        self.context
            .upgrade()
            .map_or(DialogPolicy::Dismiss, |context| context.dialogs.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    fn init_scripts(&self) -> Vec<String> {
        self.context.upgrade().map_or_else(Vec::new, |context| context.init_scripts.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    pub(crate) fn has_frame(&self, id: &str) -> bool {
        self.state().frames.contains_key(id)
    }

    /// Its own session and those of its frames and workers.
    pub(crate) fn sessions(&self) -> Vec<Session> {
        let state = self.state();
        state.attached.values().map(|attached| attached.session.clone()).chain([self.session.clone()]).collect()
    }

    /// Waits until `pick` finds something in the state. A page that ends or crashes ends the waiting.
    pub(crate) async fn wait_for<T>(
        &self,
        what: &str,
        deadline: &Deadline,
        mut pick: impl FnMut(&mut PageState) -> Option<Result<T, CdpError>>,
    ) -> Result<T, CdpError> {
        let mut revision = self.revision.subscribe();
        let waiting = async {
            loop {
                revision.borrow_and_update();
                {
                    let mut state = self.state();
                    if let Some(found) = pick(&mut state) {
                        return found;
                    }
                    if state.crashed {
                        return Err(CdpError::TargetCrashed { method: what.to_owned() });
                    }
                    if state.closed {
                        return Err(CdpError::TargetClosed { method: what.to_owned() });
                    }
                }
                // The sender lives in what we borrow.
                revision.changed().await.ok();
            }
        };
        deadline.wait(what, waiting).await?
    }
}

impl Page {
    pub(crate) fn new(inner: Arc<PageInner>, context: Arc<ContextInner>) -> Self {
        Self { inner, context }
    }

    pub(crate) async fn ready(&self, deadline: &Deadline) -> Result<(), CdpError> {
        let mut ready = self.inner.ready.subscribe();
        let ready = deadline.wait("a new page", ready.wait_for(Option::is_some)).await?;
        // The sender lives in the page we hold.
        ready.map_or(Ok(()), |ready| ready.clone().unwrap_or(Ok(())))
    }

    /// Waits until it can be used: a page that another one opens is known before.
    pub async fn wait_until_open(&self, limit: Duration) -> Result<(), CdpError> {
        self.ready(&Deadline::within(limit)).await
    }

    /// The browser's name for it.
    pub fn target_id(&self) -> &str {
        &self.inner.target_id
    }

    /// Its session, for what has no method here.
    pub fn session(&self) -> &Session {
        &self.inner.session
    }

    pub fn context(&self) -> Context {
        Context { inner: self.context.clone() }
    }

    /// Everything that happens from now on.
    pub fn events(&self) -> PageEvents {
        PageEvents(self.inner.events.subscribe())
    }

    /// Prepares to wait for something that the caller is about to cause.
    pub fn expect<T>(&self, what: &str, pick: impl FnMut(&PageEvent) -> Option<T> + Send + 'static) -> Expectation<T> {
        Expectation::new(self.events(), what, pick)
    }

    /// The answer to a request whose address `wanted` accepts.
    pub fn expect_response(&self, mut wanted: impl FnMut(&Exchange) -> bool + Send + 'static) -> Expectation<Exchange> {
        self.expect("the response", move |event| match event {
            PageEvent::ResponseReceived(exchange) if wanted(exchange) => Some(exchange.clone()),
            _ => None,
        })
    }

    /// The end of a request, whether its answer came whole or not.
    pub fn expect_end(&self, of: &Exchange) -> Expectation<Exchange> {
        let id = of.request_id.clone();
        self.expect("the end of the request", move |event| match event {
            PageEvent::RequestFinished(exchange) | PageEvent::RequestFailed(exchange) if exchange.request_id == id => {
                Some(exchange.clone())
            }
            _ => None,
        })
    }

    /// The target of the next page this one opens.
    pub fn expect_popup(&self) -> Expectation<String> {
        self.expect("the popup", |event| match event {
            PageEvent::Popup { target_id } => Some(target_id.clone()),
            _ => None,
        })
    }

    /// The end of the next download, whatever it is.
    pub fn expect_download(&self) -> Expectation<Download> {
        self.expect("the download", |event| match event {
            PageEvent::DownloadChanged(download) if download.state != DownloadState::InProgress => Some(download.clone()),
            _ => None,
        })
    }

    /// The next dialog.
    pub fn expect_dialog(&self) -> Expectation<Dialog> {
        self.expect("the dialog", |event| match event {
            PageEvent::DialogOpened(dialog) => Some(dialog.clone()),
            _ => None,
        })
    }

    /// Answers a dialog that the policy left open.
    pub async fn answer_dialog(&self, accept: bool, prompt_text: Option<&str>) -> Result<(), CdpError> {
        self.inner.session.call(&HandleDialog { accept, prompt_text: prompt_text.map(str::to_owned) }).await.map(drop)
    }

    /// From now on a page that asks for files tells so instead of opening a window nobody sees.
    pub async fn intercept_file_choosers(&self) -> Result<(), CdpError> {
        self.inner.session.call(&SetInterceptFileChooser { enabled: true }).await.map(drop)
    }

    /// Gives files of this machine to a page that asked for them.
    pub async fn choose_files(&self, chooser: &FileChooser, files: &[std::path::PathBuf]) -> Result<(), CdpError> {
        if !chooser.multiple && files.len() > 1 {
            return Err(CdpError::Invalid("the page takes one file".to_owned()));
        }
        let session = self.inner.state().frames.get(&chooser.frame_id).map(|frame| frame.session.clone());
        let session = session.ok_or_else(|| CdpError::TargetClosed { method: "the frame".to_owned() })?;
        let set = SetFileInputFiles { files: file_names(files)?, object_id: None, backend_node_id: chooser.node };
        session.call(&set).await.map(drop)
    }

    /// What it asked of the network so far, and how many older exchanges are no longer kept.
    pub fn exchanges(&self) -> (Vec<Exchange>, u64) {
        let state = self.inner.state();
        (state.network.exchanges(), state.network.dropped())
    }

    /// When the last request of those that are kept began, in seconds since the epoch.
    pub fn last_request_at(&self) -> Option<f64> {
        self.inner.state().network.last_started()
    }

    /// When the newest request was sent, on the clock of [`Exchange::sent`].
    pub fn last_request_sent(&self) -> Option<f64> {
        self.inner.state().network.last_sent()
    }

    /// Forgets the exchanges so far.
    pub fn clear_exchanges(&self) {
        self.inner.state().network.clear();
    }

    /// The body of an answer, as long as the browser keeps it.
    pub async fn body(&self, exchange: &Exchange) -> Result<Vec<u8>, CdpError> {
        let body = exchange.session.call(&GetResponseBody { request_id: exchange.request_id.clone() }).await?;
        if body.base64_encoded { crate::stream::decode("Network.getResponseBody", &body.body) } else { Ok(body.body.into_bytes()) }
    }

    /// The lines of its console so far.
    pub fn console(&self) -> Vec<ConsoleMessage> {
        self.inner.state().console.iter().cloned().collect()
    }

    /// What its scripts threw so far.
    pub fn script_errors(&self) -> Vec<ScriptError> {
        self.inner.state().errors.iter().cloned().collect()
    }

    /// The frames in processes of their own and the workers: kind and target.
    pub fn attached(&self) -> Vec<(String, String)> {
        self.inner.state().attached.values().map(|attached| (attached.kind.clone(), attached.target_id.clone())).collect()
    }

    pub fn is_crashed(&self) -> bool {
        self.inner.state().crashed
    }

    pub fn is_closed(&self) -> bool {
        self.inner.state().closed
    }

    /// Closes it without asking it.
    pub async fn close(&self) -> Result<(), CdpError> {
        let root = self.inner.session.connection().root();
        match root.call(&CloseTarget { target_id: self.inner.target_id.clone() }).await {
            Ok(_) => {}
            // It is gone, which is what was wanted.
            Err(CdpError::Protocol { message, .. }) if message.contains("No target") => return Ok(()),
            Err(error) => return Err(error),
        }
        let deadline = Deadline::within(Duration::from_secs(10));
        self.inner.wait_for("the end of the page", &deadline, |state| state.closed.then_some(Ok(()))).await
    }
}

/// Paths as the browser takes them, each of a file that is there.
pub(crate) fn file_names(files: &[std::path::PathBuf]) -> Result<Vec<String>, CdpError> {
    files
        .iter()
        .map(|file| match file.to_str() {
            _ if !file.is_file() => Err(CdpError::Invalid(format!("{} is not a file", file.display()))),
            Some(name) => Ok(name.to_owned()),
            None => Err(CdpError::Invalid(format!("{} is no name the browser takes", file.display()))),
        })
        .collect()
}
