//! What a new page, frame or worker is told before its first line of script runs. All of it is sent at once, in order;
//! only then does the browser let it go on.

use std::sync::Arc;

use super::PageInner;
use super::state::WORLD;
use crate::error::CdpError;
use crate::options::Command;
use crate::protocol::Method;
use crate::protocol::network as n;
use crate::protocol::page as p;
use crate::protocol::runtime as r;
use crate::protocol::target::SetAutoAttach;
use crate::session::{CALL_TIMEOUT, RawPending, Session};
use crate::task;

/// Runs in a world of its own in every document; see there. One script in three parts.
const SCRIPT: &str =
    concat!(include_str!("../inject/finding.js"), include_str!("../inject/acting.js"), include_str!("../inject/waiting.js"));
/// Bodies of answers the browser keeps for us, all and one.
const BODIES_BYTES_MAX: u64 = 64 << 20;
const BODY_BYTES_MAX: u64 = 16 << 20;

/// Calls that were sent and whose answers decide whether the page is ready.
struct Sent<'a> {
    session: &'a Session,
    calls: Vec<RawPending>,
    failed: Option<CdpError>,
}

impl Sent<'_> {
    fn call<M: Method>(&mut self, params: &M) {
        self.raw(M::NAME, params);
    }

    fn raw(&mut self, method: &str, params: &impl serde::Serialize) {
        match self.session.submit_raw(method, params) {
            Ok(call) => self.calls.push(call),
            Err(error) => self.failed = Some(error),
        }
    }

    fn commands(&mut self, commands: &[Command]) {
        for (method, params) in commands {
            // Pages that share a process share the locale; the second override is refused and not needed.
            if *method == "Emulation.setLocaleOverride" {
                drop(self.session.submit_raw(method, params));
            } else {
                self.raw(method, params);
            }
        }
    }
}

async fn answers(calls: Vec<RawPending>) -> Result<(), CdpError> {
    for call in calls {
        call.within(CALL_TIMEOUT).await?;
    }
    Ok(())
}

impl PageInner {
    /// Readies the page; `ready` is set when everything was accepted.
    pub(crate) fn prepare(self: &Arc<Self>) {
        let (sent, tree) = self.send_page_setup();
        let page = self.clone();
        task::spawn(async move {
            let ready = async {
                let (calls, failed) = sent;
                let tree = tree?.within(CALL_TIMEOUT).await?;
                page.state().seed(&page.session, tree.frame_tree);
                page.touch();
                failed.map_or(Ok(()), Err)?;
                answers(calls).await
            };
            let ready = ready.await;
            page.ready.send_replace(Some(ready));
        });
    }

    #[expect(clippy::type_complexity, reason = "used once, right above")]
    fn send_page_setup(&self) -> ((Vec<RawPending>, Option<CdpError>), Result<crate::session::Pending<p::GetFrameTree>, CdpError>) {
        let mut sent = Sent { session: &self.session, calls: Vec::new(), failed: None };
        let options = &self.options;
        sent.call(&p::Enable {});
        let tree = self.session.submit(&p::GetFrameTree {});
        self.document_setup(&mut sent);
        sent.commands(&options.page_commands());
        sent.call(&p::EnableLog {});
        self.target_setup(&mut sent);
        ((sent.calls, sent.failed), tree)
    }

    /// A frame that moved into a process of its own.
    pub(super) fn prepare_frame(self: &Arc<Self>, session: &Session) {
        let mut sent = Sent { session, calls: Vec::new(), failed: None };
        sent.call(&p::Enable {});
        let tree = session.submit(&p::GetFrameTree {});
        self.document_setup(&mut sent);
        self.target_setup(&mut sent);
        let (page, session) = (self.clone(), session.clone());
        task::spawn(async move {
            // When it fails the frame is gone again, which its own event tells.
            if let Ok(tree) = tree
                && let Ok(tree) = tree.within(CALL_TIMEOUT).await
            {
                page.state().seed(&session, tree.frame_tree);
                page.touch();
            }
        });
    }

    pub(super) fn prepare_worker(&self, session: &Session) {
        let mut sent = Sent { session, calls: Vec::new(), failed: None };
        sent.call(&r::Enable {});
        self.target_setup(&mut sent);
    }

    fn document_setup(&self, sent: &mut Sent<'_>) {
        sent.call(&p::SetLifecycleEventsEnabled { enabled: true });
        sent.call(&r::Enable {});
        let script = p::AddScript { source: SCRIPT.to_owned(), world_name: Some(WORLD.to_owned()), run_immediately: Some(true) };
        sent.call(&script);
        for source in self.init_scripts() {
            sent.call(&p::AddScript { source, world_name: None, run_immediately: Some(true) });
        }
        sent.commands(&self.options.frame_commands());
    }

    fn target_setup(&self, sent: &mut Sent<'_>) {
        sent.call(&n::Enable {
            max_total_buffer_size: Some(BODIES_BYTES_MAX),
            max_resource_buffer_size: Some(BODY_BYTES_MAX),
            max_post_data_size: Some(64 << 10),
        });
        sent.commands(&self.options.network_commands(&self.user_agent));
        if let Some(context) = self.context.upgrade()
            && let Some(enable) = context.interception()
        {
            sent.call(&enable);
        }
        sent.call(&SetAutoAttach { auto_attach: true, wait_for_debugger_on_start: true, flatten: true, filter: None });
        sent.call(&r::RunIfWaitingForDebugger {});
    }
}
