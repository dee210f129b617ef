//! Recording a page of a browser of ours: the recorder runs in a world of its own in every document, which the page
//! cannot see, and hands its events over.

use argos_cdp::{CALL_TIMEOUT, CdpError, Events, Page};
use serde::Deserialize;
use serde_json::{Value, json};

use super::RECORDER;
use super::tabs::first_id;

/// The world the recorder lives in, and the name of its way out.
const WORLD: &str = "argos-recorder";
const BINDING: &str = "argosRecorded";

/// The events of a page, from the moment this was made.
pub struct Live(Events);

#[derive(Deserialize)]
struct Called {
    name: String,
    payload: String,
}

impl Live {
    /// Begins with the next document of the page.
    pub async fn begin(page: &Page) -> Result<Self, CdpError> {
        Self::begin_tab(page, 0).await
    }

    /// The same in another tab of what is recorded: its nodes have numbers no other tab has. A tab that somebody opened shows
    /// its document already, so that one is recorded too.
    pub async fn begin_tab(page: &Page, tab: i64) -> Result<Self, CdpError> {
        let session = page.session();
        let events = session.events();
        let binding = json!({ "name": BINDING, "executionContextName": WORLD });
        session.call_raw("Runtime.addBinding", &binding, CALL_TIMEOUT).await?;
        let begin =
            format!("argosRecorder({{ firstId: {}, emit: (events) => globalThis.{BINDING}(JSON.stringify(events)) }})", first_id(tab));
        let once =
            format!("if (window.top === window && !globalThis.argosRecords) {{ globalThis.argosRecords = true; {RECORDER}\n{begin}; }}");
        let script = json!({ "source": once, "worldName": WORLD, "runImmediately": tab > 0 });
        session.call_raw("Page.addScriptToEvaluateOnNewDocument", &script, CALL_TIMEOUT).await?;
        Ok(Self(events))
    }

    /// What was recorded next; `None` when the page is gone. What cannot be read is passed over.
    pub async fn next(&mut self) -> Option<Vec<Value>> {
        loop {
            let Ok(event) = self.0.next().await? else { continue };
            if event.method != "Runtime.bindingCalled" {
                continue;
            }
            let called: Option<Called> = serde_json::from_str(&event.params).ok();
            let events = called.filter(|called| called.name == BINDING).and_then(|called| argos_cdp::json::parse(&called.payload).ok());
            if let Some(events) = events {
                return Some(events);
            }
        }
    }
}
