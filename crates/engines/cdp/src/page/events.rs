//! What happens on a page, for whoever listens: a bounded stream (a slow listener loses the oldest and is told how
//! many), and waiting for one thing that an action is about to cause.

use std::time::Duration;

use tokio::sync::broadcast;

use crate::deadline::Deadline;
use crate::error::CdpError;
use crate::network::Exchange;
use crate::protocol::runtime::{ConsoleCalled, ExceptionDetails, RemoteObject};

/// Longest line of the console that is kept.
const TEXT_BYTES_MAX: usize = 20_000;

/// Something that happened on a page.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum PageEvent {
    Console(ConsoleMessage),
    /// A script of the page threw and nobody caught it.
    ScriptError(ScriptError),
    DialogOpened(Dialog),
    /// So many dialogs followed one input that the script was ended.
    DialogStorm {
        count: usize,
    },
    RequestSent(Exchange),
    ResponseReceived(Exchange),
    RequestFinished(Exchange),
    RequestFailed(Exchange),
    WebSocketOpened {
        url: String,
    },
    /// A page that this one opened; [`crate::Context::page`] gives it.
    Popup {
        target_id: String,
    },
    DownloadChanged(Download),
    /// Only after [`crate::Page::intercept_file_choosers`].
    FileChooserOpened(FileChooser),
    FrameNavigated {
        frame_id: String,
        url: String,
        same_document: bool,
    },
    WorkerStarted {
        url: String,
    },
    Crashed,
    Closed,
}

/// A line of the page's console.
#[derive(Clone, Debug, PartialEq)]
pub struct ConsoleMessage {
    /// `log`, `warning`, `error`, ..
    pub kind: String,
    pub text: String,
    pub url: Option<String>,
    pub line: Option<i64>,
    /// Milliseconds since the epoch.
    pub at_ms: f64,
}

/// An exception nobody caught.
#[derive(Clone, Debug, PartialEq)]
pub struct ScriptError {
    pub message: String,
    pub url: Option<String>,
    pub line: i64,
    pub at_ms: f64,
}

/// A dialog and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialog {
    /// `alert`, `confirm`, `prompt` or `beforeunload`.
    pub kind: String,
    pub message: String,
    pub default_text: Option<String>,
    pub url: String,
    /// What the policy answered; `None` when it is left to [`crate::Page::answer_dialog`].
    pub accepted: Option<bool>,
}

/// A page that asks for files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChooser {
    pub frame_id: String,
    pub multiple: bool,
    /// The browser's name for the field.
    pub(crate) node: Option<i64>,
}

/// A file that a page gives away.
#[derive(Clone, Debug, PartialEq)]
pub struct Download {
    /// The name of the file in the downloads directory: the page chooses no path of ours.
    pub guid: String,
    pub url: String,
    /// What the page calls it, made harmless: no folder, no control character, not hidden.
    pub suggested_name: String,
    pub received_bytes: u64,
    pub state: DownloadState,
}

/// How far a download is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DownloadState {
    InProgress,
    Completed,
    Canceled,
}

impl ConsoleMessage {
    pub(crate) fn of(event: &ConsoleCalled) -> Self {
        let frame = event.stack_trace.as_ref().and_then(|trace| trace.call_frames.first());
        Self {
            kind: event.kind.clone(),
            text: cut(event.args.iter().map(text_of).collect::<Vec<_>>().join(" ")),
            url: frame.map(|frame| frame.url.clone()),
            line: frame.map(|frame| frame.line_number + 1),
            at_ms: event.timestamp,
        }
    }
}

impl ScriptError {
    pub(crate) fn of(details: &ExceptionDetails, at_ms: f64) -> Self {
        Self { message: cut(details.message()), url: details.url.clone(), line: details.line_number + 1, at_ms }
    }
}

/// What a page writes is kept, so it is cut.
pub(crate) fn cut(mut text: String) -> String {
    if text.len() > TEXT_BYTES_MAX {
        text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
        text.push('…');
    }
    text
}

fn text_of(object: &RemoteObject) -> String {
    match (&object.value, &object.unserializable_value, &object.description) {
        (Some(serde_json::Value::String(text)), _, _) => text.clone(),
        (Some(value), _, _) => value.to_string(),
        (None, Some(text), _) | (None, None, Some(text)) => text.clone(),
        (None, None, None) => object.kind.clone(),
    }
}

/// The stream of a page's events from the moment it was asked for.
pub struct PageEvents(pub(crate) broadcast::Receiver<PageEvent>);

impl PageEvents {
    /// The next event; how many were lost when the reader was too slow; `None` when the page is gone.
    pub async fn next(&mut self) -> Option<Result<PageEvent, u64>> {
        match self.0.recv().await {
            Ok(event) => Some(Ok(event)),
            Err(broadcast::error::RecvError::Lagged(lost)) => Some(Err(lost)),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

/// Finds what is waited for in an event.
type Pick<T> = Box<dyn FnMut(&PageEvent) -> Option<T> + Send>;

/// Waits for something that was not yet caused when it was made, so it cannot be missed.
pub struct Expectation<T> {
    events: PageEvents,
    what: String,
    pick: Pick<T>,
}

impl<T> Expectation<T> {
    pub(crate) fn new(events: PageEvents, what: &str, pick: impl FnMut(&PageEvent) -> Option<T> + Send + 'static) -> Self {
        Self { events, what: what.to_owned(), pick: Box::new(pick) }
    }

    pub async fn within(mut self, limit: Duration) -> Result<T, CdpError> {
        let deadline = Deadline::within(limit);
        loop {
            match deadline.wait(&self.what, self.events.next()).await? {
                Some(Ok(PageEvent::Crashed)) => return Err(CdpError::TargetCrashed { method: self.what }),
                Some(Ok(event)) => {
                    if let Some(found) = (self.pick)(&event) {
                        return Ok(found);
                    }
                    if matches!(event, PageEvent::Closed) {
                        return Err(CdpError::TargetClosed { method: self.what });
                    }
                }
                // What was lost may have been it; waiting goes on and ends at the limit.
                Some(Err(_)) => {}
                None => return Err(CdpError::TargetClosed { method: self.what }),
            }
        }
    }
}
