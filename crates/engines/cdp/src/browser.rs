//! A browser: started, asked how it is, ended. Knows its contexts and gives every new page to the one it belongs to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use serde_json::json;

use crate::connection::{Connection, Sink};
use crate::context::{Context, ContextInner};
use crate::error::CdpError;
use crate::json;
use crate::launch::LaunchOptions;
use crate::options::ContextOptions;
use crate::process::Process;
use crate::protocol::browser::{
    Close, DownloadProgress, DownloadWillBegin, EndTracing, GetVersion, StartTracing, TracingComplete, Version,
};
use crate::protocol::runtime::RunIfWaitingForDebugger;
use crate::protocol::target::{AttachedToTarget, DetachFromTarget, DetachedFromTarget, SetAutoAttach};
use crate::session::{Ended, Session};
use crate::stream::read_stream;

/// How long a browser that was asked to close may take before it is killed.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// A running browser. The last handle to it, its contexts and its pages ends it.
#[derive(Clone)]
pub struct Browser {
    pub(crate) inner: Arc<BrowserInner>,
}

pub(crate) struct BrowserInner {
    root: Session,
    process: Process,
    pub(crate) version: Version,
    contexts: Mutex<HashMap<String, Weak<ContextInner>>>,
}

impl Browser {
    /// Starts a browser with a profile of its own.
    pub async fn launch(options: &LaunchOptions) -> Result<Self, CdpError> {
        let started = match Self::start(options).await {
            // It ended by itself, before it was asked for anything.
            Err(CdpError::BrowserGone(_)) => Self::start(options).await,
            first => first,
        };
        let (root, process, version) = started.map_err(|error| match error {
            CdpError::BrowserGone(how) => CdpError::Launch(how),
            other => other,
        })?;
        let inner = Arc::new(BrowserInner { root, process, version, contexts: Mutex::default() });
        let sink: Arc<dyn Sink> = inner.clone();
        inner.root.state().set_sink(Arc::downgrade(&sink));
        let attach = SetAutoAttach { auto_attach: true, wait_for_debugger_on_start: true, flatten: true, filter: None };
        inner.root.call(&attach).await?;
        Ok(Self { inner })
    }

    /// A browser that has answered once.
    async fn start(options: &LaunchOptions) -> Result<(Session, Process, Version), CdpError> {
        let (process, pipe) = Process::start(options.start()?)?;
        let connection = Connection::start(pipe.reader, pipe.writer, process.finish());
        let root = connection.root();
        let version = root.call_within(&GetVersion {}, options.timeout).await.map_err(|error| match error {
            gone @ CdpError::BrowserGone(_) => gone,
            other => CdpError::Launch(other.to_string()),
        })?;
        Ok((root, process, version))
    }

    /// Product, user agent and so on.
    pub fn version(&self) -> &Version {
        &self.inner.version
    }

    /// The session of the browser itself, for what has no method here.
    pub fn session(&self) -> &Session {
        &self.inner.root
    }

    /// The leader of its process group.
    pub fn pid(&self) -> u32 {
        self.inner.process.pid()
    }

    /// An isolated set of cookies, storage and pages.
    pub async fn new_context(&self, options: ContextOptions) -> Result<Context, CdpError> {
        Context::create(&self.inner, options).await
    }

    /// Whether it still answers; an error when it is gone or hangs.
    pub async fn ping(&self, limit: Duration) -> Result<(), CdpError> {
        self.inner.root.call_within(&GetVersion {}, limit).await.map(drop)
    }

    pub fn is_alive(&self) -> bool {
        self.inner.root.connection().gone().is_none()
    }

    /// Resolves when the browser is gone, with how it ended.
    pub async fn gone(&self) -> CdpError {
        let connection = self.inner.root.connection();
        // The sender lives in the connection we hold.
        connection.watch_end().wait_for(|gone| *gone).await.ok();
        connection.gone().unwrap_or(CdpError::Overloaded)
    }

    /// Messages of the browser that could not be read.
    pub fn unreadable_messages(&self) -> u64 {
        self.inner.root.connection().unreadable()
    }

    /// Asks it to close, waits, and kills it when it does not. Everything of it is gone afterwards.
    pub async fn close(&self) {
        self.inner.root.send(&Close {});
        let ended = self.inner.process.ended();
        tokio::pin!(ended);
        if tokio::time::timeout(CLOSE_TIMEOUT, &mut ended).await.is_err() {
            self.inner.process.kill();
            ended.await;
        }
        self.hang_up().await;
    }

    /// Kills it now and waits until nothing of it is left.
    pub async fn kill(&self) {
        self.inner.process.kill();
        self.inner.process.ended().await;
        self.hang_up().await;
    }

    /// The same for a reason, which whoever uses it is told.
    pub async fn kill_for(&self, why: &str) {
        self.inner.process.kill_for(why);
        self.kill().await;
    }

    /// Memory that only its processes have, in bytes; `None` where the system does not tell. Blocks: it reads a file for each
    /// process of the machine.
    pub fn memory_bytes(&self) -> Option<u64> {
        self.inner.process.memory_bytes()
    }

    /// Waits until the connection has seen that nobody speaks any more, so that who closed it finds it closed. A process that
    /// left the group may hold the other end.
    async fn hang_up(&self) {
        drop(tokio::time::timeout(CLOSE_TIMEOUT, self.gone()).await);
    }

    /// Records what the browser does until [`Tracing::stop`]; one recording at a time.
    pub async fn start_tracing(&self, categories: &[&str]) -> Result<Tracing, CdpError> {
        let trace_config = json!({ "includedCategories": categories, "recordMode": "recordUntilFull" });
        self.inner.root.call(&StartTracing { transfer_mode: "ReturnAsStream".to_owned(), trace_config }).await?;
        Ok(Tracing { root: self.inner.root.clone() })
    }
}

/// A recording under way.
pub struct Tracing {
    root: Session,
}

impl Tracing {
    /// The trace as JSON, in the form trace viewers read; at most `bytes_max` of it.
    pub async fn stop(self, bytes_max: usize, limit: Duration) -> Result<Vec<u8>, CdpError> {
        let mut events = self.root.events();
        self.root.call(&EndTracing {}).await?;
        let stream = async {
            while let Some(event) = events.next().await {
                if let Ok(event) = event
                    && let Some(complete) = event.read::<TracingComplete>()
                {
                    return complete.stream;
                }
            }
            None
        };
        let stream = tokio::time::timeout(limit, stream).await.map_err(|_| CdpError::timeout("Tracing.end", limit))?;
        let handle = stream.ok_or_else(|| CdpError::Unreadable { method: "Tracing.end".to_owned(), why: "no trace came".to_owned() })?;
        read_stream(&self.root, handle, bytes_max).await
    }
}

impl BrowserInner {
    pub(crate) fn root(&self) -> &Session {
        &self.root
    }

    pub(crate) fn contexts(&self) -> MutexGuard<'_, HashMap<String, Weak<ContextInner>>> {
        self.contexts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn each_context(&self, mut tell: impl FnMut(&Arc<ContextInner>)) {
        let contexts: Vec<_> = self.contexts().values().filter_map(Weak::upgrade).collect();
        contexts.iter().for_each(&mut tell);
    }

    fn attached(&self, session: &Session, event: AttachedToTarget) {
        let context = event.target_info.browser_context_id.as_ref().and_then(|id| self.contexts().get(id).and_then(Weak::upgrade));
        match context {
            Some(context) if event.target_info.kind == "page" => context.page_attached(session, event),
            Some(context) => context.worker_attached(session, event),
            None => {
                // Nobody's page: the browser's own, or one of a context that was just disposed of.
                let connection = session.connection();
                let foreign = connection.open_session(&event.session_id, Weak::<Self>::new());
                foreign.send(&RunIfWaitingForDebugger {});
                session.send(&DetachFromTarget { session_id: event.session_id });
            }
        }
    }
}

impl Sink for BrowserInner {
    fn on_event(self: Arc<Self>, session: &Session, method: &str, params: &str) {
        match method {
            "Target.attachedToTarget" => {
                if let Ok(event) = json::parse(params) {
                    self.attached(session, event);
                }
            }
            "Target.detachedFromTarget" => {
                if let Ok(event) = json::parse::<DetachedFromTarget>(params) {
                    session.connection().end_session(&event.session_id, Ended::Closed);
                }
            }
            "Browser.downloadWillBegin" => {
                if let Ok(event) = json::parse::<DownloadWillBegin>(params) {
                    self.each_context(|context| context.download_began(&event));
                }
            }
            "Browser.downloadProgress" => {
                if let Ok(event) = json::parse::<DownloadProgress>(params) {
                    self.each_context(|context| context.download_progressed(&event));
                }
            }
            _ => {}
        }
    }

    fn on_end(self: Arc<Self>, _: &Session, _: Ended) {}
}
