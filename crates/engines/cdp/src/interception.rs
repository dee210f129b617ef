//! Requests that wait for a decision: the guard first, then the routes, the last one added first. Every hop of a
//! redirect asks again. What the guard refuses is never sent; too many waiting requests fail instead of piling up.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard, PoisonError};

use data_encoding::BASE64;

use crate::context::{Context, ContextInner};
use crate::error::CdpError;
use crate::json;
use crate::protocol::fetch as f;
use crate::session::Session;
use crate::task;

/// Requests of a context whose decision is under way.
const DECIDING_MAX: usize = 1024;
const BLOCKED_MAX: usize = 200;

/// A request that waits.
#[derive(Clone, Debug)]
pub struct PausedRequest {
    pub url: String,
    pub method: String,
    pub headers: BTreeMap<String, String>,
    pub body: Option<String>,
    /// `Document`, `Script`, `XHR`, ..
    pub kind: String,
    pub frame_id: String,
}

/// What becomes of a request.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// The next route decides; without one it is sent as it is.
    Pass,
    /// Sent, with these changes.
    Continue(Changes),
    /// Answered here; the network never sees it.
    Fulfil(Answer),
    /// Fails with a reason of the protocol: `Failed`, `Aborted`, `TimedOut`, `ConnectionRefused`, `InternetDisconnected`, ..
    Fail(String),
}

/// Changes to a request that is sent.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    pub url: Option<String>,
    pub method: Option<String>,
    pub body: Option<Vec<u8>>,
    /// Replaces all headers.
    pub headers: Option<Vec<(String, String)>>,
}

/// An answer made up here.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(body: &str) -> Self {
        Self { status: 200, headers: vec![("content-type".to_owned(), "application/json".to_owned())], body: body.as_bytes().to_vec() }
    }
}

type Judging = Pin<Box<dyn Future<Output = Verdict> + Send>>;

/// A rule of [`Context::route`].
#[derive(Clone)]
pub(crate) struct Route {
    id: u64,
    decide: Arc<dyn Fn(PausedRequest) -> Judging + Send + Sync>,
}

/// One of the decisions under way, however it ends.
struct Deciding(Arc<ContextInner>);

impl Drop for Deciding {
    fn drop(&mut self) {
        self.0.deciding.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A request the guard refused.
#[derive(Clone, Debug)]
pub struct Blocked {
    pub url: String,
    pub frame_id: String,
    pub reason: String,
    /// The frame itself was to go there.
    pub document: bool,
    /// Counted from 1 over the life of the context.
    pub number: u64,
}

fn headers(list: Vec<(String, String)>) -> Vec<f::Header> {
    list.into_iter().map(|(name, value)| f::Header { name, value }).collect()
}

/// Headers as the browser tells them.
fn listed(headers: &crate::protocol::network::Headers) -> Vec<(String, String)> {
    headers.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned())).collect()
}

impl Context {
    /// Lets `decide` judge every request of the context; gives the number to take the rule away by.
    pub async fn route<F, D>(&self, decide: F) -> Result<u64, CdpError>
    where
        F: Fn(PausedRequest) -> D + Send + Sync + 'static,
        D: Future<Output = Verdict> + Send + 'static,
    {
        let id = {
            let mut routes = self.inner.routes();
            let id = routes.last().map_or(1, |route| route.id + 1);
            routes.push(Route { id, decide: Arc::new(move |request| Box::pin(decide(request))) });
            id
        };
        if !self.inner.intercepting.swap(true, Ordering::SeqCst) {
            self.inner.start_intercepting().await?;
        }
        Ok(id)
    }

    /// Takes a rule away.
    pub fn unroute(&self, id: u64) {
        self.inner.routes().retain(|route| route.id != id);
    }

    /// What the guard refused lately.
    pub fn blocked(&self) -> Vec<Blocked> {
        self.inner.blocked().iter().cloned().collect()
    }
}

impl ContextInner {
    fn routes(&self) -> MutexGuard<'_, Vec<Route>> {
        self.routes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn blocked(&self) -> MutexGuard<'_, std::collections::VecDeque<Blocked>> {
        self.blocked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a new session is told when requests are intercepted.
    pub(crate) fn interception(&self) -> Option<f::Enable> {
        self.intercepting.load(Ordering::SeqCst).then(|| f::Enable {
            patterns: vec![f::Pattern { url_pattern: "*".to_owned(), request_stage: "Request".to_owned() }],
            handle_auth_requests: self.options.credentials.is_some(),
        })
    }

    async fn start_intercepting(&self) -> Result<(), CdpError> {
        let Some(enable) = self.interception() else { return Ok(()) };
        let mut sessions = self.worker_sessions();
        for page in self.page_inners() {
            sessions.extend(page.sessions());
        }
        let calls: Vec<_> = sessions.iter().filter_map(|session| session.submit(&enable).ok()).collect();
        for call in calls {
            match call.within(crate::session::CALL_TIMEOUT).await {
                // A page or worker that closed meanwhile needs no rule, and some workers know no requests.
                Ok(_) | Err(CdpError::TargetClosed { .. } | CdpError::Protocol { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    pub(crate) fn fetch_event(self: &Arc<Self>, session: &Session, method: &str, params: &str) {
        match method {
            "Fetch.requestPaused" => {
                if let Ok(event) = json::parse::<f::RequestPaused>(params) {
                    self.paused(session, event);
                }
            }
            "Fetch.authRequired" => {
                if let Ok(event) = json::parse::<f::AuthRequired>(params) {
                    self.asked_for_password(session, event);
                }
            }
            _ => {}
        }
    }

    fn paused(self: &Arc<Self>, session: &Session, event: f::RequestPaused) {
        if self.deciding.fetch_add(1, Ordering::SeqCst) >= DECIDING_MAX {
            self.deciding.fetch_sub(1, Ordering::SeqCst);
            session.send(&f::FailRequest { request_id: event.request_id, error_reason: "Failed".to_owned() });
            return;
        }
        let (context, session) = (Deciding(self.clone()), session.clone());
        task::spawn(async move {
            let request_id = event.request_id.clone();
            match context.0.dressed_verdict(event).await {
                Verdict::Pass => session.send(&f::ContinueRequest { request_id, ..f::ContinueRequest::default() }),
                Verdict::Continue(changes) => session.send(&f::ContinueRequest {
                    request_id,
                    url: changes.url,
                    method: changes.method,
                    post_data: changes.body.map(|body| BASE64.encode(&body)),
                    headers: changes.headers.map(headers),
                }),
                Verdict::Fulfil(answer) => session.send(&f::FulfillRequest {
                    request_id,
                    response_code: answer.status,
                    response_headers: headers(answer.headers),
                    body: BASE64.encode(&answer.body),
                }),
                Verdict::Fail(error_reason) => session.send(&f::FailRequest { request_id, error_reason }),
            }
        });
    }

    /// The verdict, with the headers of the site where the request goes there.
    async fn dressed_verdict(&self, event: f::RequestPaused) -> Verdict {
        let Some(site) = &self.options.site_headers else { return self.verdict(event).await };
        let (url, own) = (event.request.url.clone(), listed(&event.request.headers));
        let changes = match self.verdict(event).await {
            Verdict::Pass => Changes::default(),
            Verdict::Continue(changes) => changes,
            other => return other,
        };
        let others = changes.headers.clone().unwrap_or(own);
        let headers = site.on(changes.url.as_deref().unwrap_or(&url), others).or(changes.headers);
        Verdict::Continue(Changes { headers, ..changes })
    }

    async fn verdict(&self, event: f::RequestPaused) -> Verdict {
        if let Err(reason) = self.judge(&event.request.url).await {
            return self.refuse((event.request.url, event.frame_id, event.resource_type == "Document"), reason);
        }
        let routes: Vec<Route> = self.routes().iter().rev().cloned().collect();
        if routes.is_empty() {
            return Verdict::Pass;
        }
        let request = PausedRequest {
            url: event.request.url,
            method: event.request.method,
            headers: listed(&event.request.headers).into_iter().collect(),
            body: event.request.post_data,
            kind: event.resource_type,
            frame_id: event.frame_id,
        };
        for route in routes {
            match (route.decide)(request.clone()).await {
                Verdict::Pass => {}
                // A route may send the request elsewhere; that place is judged like any other.
                Verdict::Continue(Changes { url: Some(url), .. }) if let Err(reason) = self.judge(&url).await => {
                    return self.refuse((url, request.frame_id, request.kind == "Document"), reason);
                }
                verdict => return verdict,
            }
        }
        Verdict::Pass
    }

    async fn judge(&self, url: &str) -> Result<(), String> {
        match &self.options.guard {
            Some(guard) => guard.decide(url).await,
            None => Ok(()),
        }
    }

    fn refuse(&self, (url, frame_id, document): (String, String, bool), reason: String) -> Verdict {
        let mut blocked = self.blocked();
        let number = blocked.back().map_or(0, |last| last.number) + 1;
        blocked.push_back(Blocked { url, frame_id, reason, document, number });
        if blocked.len() > BLOCKED_MAX {
            blocked.pop_front();
        }
        Verdict::Fail("BlockedByClient".to_owned())
    }

    fn asked_for_password(&self, session: &Session, event: f::AuthRequired) {
        let challenge = &event.auth_challenge;
        let credentials = self.options.credentials.as_ref().filter(|credentials| {
            let right_place = credentials.origin.as_ref().is_none_or(|origin| *origin == challenge.origin);
            // Asked again for the same request: they were wrong.
            right_place && !self.already_answered(&event.request_id)
        });
        let auth_challenge_response = match credentials {
            Some(credentials) => f::AuthResponse {
                response: "ProvideCredentials".to_owned(),
                username: Some(credentials.username.clone()),
                password: Some(credentials.password.clone()),
            },
            None => f::AuthResponse { response: "CancelAuth".to_owned(), ..f::AuthResponse::default() },
        };
        session.send(&f::ContinueWithAuth { request_id: event.request_id, auth_challenge_response });
    }

    fn already_answered(&self, request_id: &str) -> bool {
        let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        if answered.iter().any(|id| id == request_id) {
            return true;
        }
        answered.push_back(request_id.to_owned());
        if answered.len() > BLOCKED_MAX {
            answered.pop_front();
        }
        false
    }
}
