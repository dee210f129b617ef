//! The browser's side of an exploration: one context whose traffic is judged. The main document never leaves the site, no
//! form is posted but that of signing in, and while controls are tried nothing but reading requests passes.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use argos_cdp::{CdpError, Changes, Context, ContextOptions, Credentials, Page, PausedRequest, Verdict, Viewport};
use argos_kernel::{AppError, Result, Tasks};
use argos_sitegraph::{Scope, origin_of};

use crate::browser::guard::Reach;
use crate::browser::pool::Lease;
use crate::browser::proxy::Proxy;
use crate::discovery::model::Auth;

/// Size of the window; pictures are as large.
pub(crate) const VIEW: (u32, u32) = (1280, 800);

/// What the browser is allowed to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Manner {
    /// Pages load as for anybody; no document is posted.
    Looking = 0,
    /// The account is given to the site.
    SigningIn = 1,
    /// Controls are tried: only reading requests pass.
    Touching = 2,
}

struct Traffic {
    scope: Scope,
    headers: BTreeMap<String, String>,
    manner: AtomicU8,
    /// Main frames of our own pages.
    mains: Mutex<HashSet<String>>,
}

/// A browser with a context for one exploration.
pub(crate) struct Site {
    lease: Lease,
    context: Context,
    traffic: Arc<Traffic>,
    /// Targets of the pages that were opened here, while they are open.
    own: tokio::sync::Mutex<HashSet<String>>,
    _proxy: Proxy,
}

/// Requests that only read.
fn reads(method: &str) -> bool {
    matches!(method.to_ascii_uppercase().as_str(), "GET" | "HEAD" | "OPTIONS")
}

impl Traffic {
    fn decide(&self, request: PausedRequest) -> Verdict {
        let manner = self.manner.load(Ordering::Acquire);
        let document = request.kind == "Document";
        let main = document && self.mains.lock().unwrap_or_else(PoisonError::into_inner).contains(&request.frame_id);
        let signing_in = manner == Manner::SigningIn as u8;
        let touching = manner == Manner::Touching as u8;
        let own = self.scope.is_own(&request.url);
        let leaves = (main || (document && touching)) && !own && !signing_in;
        let writes = !reads(&request.method) && ((document && !signing_in) || touching);
        if leaves || writes {
            return Verdict::Fail("Aborted".to_owned());
        }
        if self.headers.is_empty() || !own {
            return Verdict::Pass;
        }
        let mut headers = request.headers;
        headers.extend(self.headers.clone());
        Verdict::Continue(Changes { headers: Some(headers.into_iter().collect()), ..Changes::default() })
    }
}

/// What cannot go on without another browser.
pub(crate) fn lost(error: &CdpError) -> AppError {
    AppError::unavailable(error.to_string()).code("browser_crashed")
}

impl Site {
    /// `dressed` is what the project says of its browsers: its language, time zone and place.
    pub(crate) async fn open(
        tasks: &Tasks,
        lease: Lease,
        reach: &Reach,
        (scope, auth): (&Scope, Option<&Auth>),
        dressed: ContextOptions,
    ) -> Result<Self> {
        let origin = origin_of(scope.start());
        let basic = auth.filter(|a| a.kind == "basic");
        let credentials = basic
            .and_then(|a| Some(Credentials { username: a.user()?.to_owned(), password: a.password()?.to_owned(), origin: origin.clone() }));
        let proxy = Proxy::open(tasks, reach).await?;
        let options = ContextOptions {
            viewport: Some(Viewport::desktop(VIEW.0, VIEW.1)),
            reduced_motion: true,
            guard: Some(reach.guard()),
            proxy: Some(proxy.address()),
            credentials,
            ..dressed
        };
        let context = lease.browser().new_context(options).await.map_err(|e| lost(&e))?;
        context.add_init_script(include_str!("pushed.js"));
        let mut headers = auth.map(|a| a.custom_headers.clone()).unwrap_or_default();
        if let Some(auth) = auth {
            match auth.kind.as_str() {
                "bearer" | "oauth" => headers.extend(auth.token().map(|t| ("Authorization".to_owned(), format!("Bearer {t}")))),
                "header" => headers.extend(auth.credentials.clone()),
                "cookie" => set_cookies(&context, auth, scope).await?,
                _ => {}
            }
        }
        let traffic = Arc::new(Traffic { scope: scope.clone(), headers, manner: AtomicU8::new(0), mains: Mutex::default() });
        let judge = Arc::clone(&traffic);
        let decide = move |request: PausedRequest| {
            let judge = Arc::clone(&judge);
            async move { judge.decide(request) }
        };
        context.route(decide).await.map_err(|e| lost(&e))?;
        Ok(Self { lease, context, traffic, own: tokio::sync::Mutex::default(), _proxy: proxy })
    }

    pub(crate) fn set(&self, manner: Manner) {
        self.traffic.manner.store(manner as u8, Ordering::Release);
    }

    /// A page of our own. [`Site::leave`] ends it.
    pub(crate) async fn page(&self) -> Result<Page, CdpError> {
        // Held until it is known as ours, or another visit would close it as somebody else's.
        let mut own = self.own.lock().await;
        let page = self.context.new_page().await?;
        own.insert(page.target_id().to_owned());
        self.traffic.mains.lock().unwrap_or_else(PoisonError::into_inner).insert(page.main_frame().id().to_owned());
        Ok(page)
    }

    /// Closes what pages opened beside our own.
    pub(crate) async fn close_others(&self) {
        let own = self.own.lock().await;
        let others: Vec<Page> = self.context.pages().into_iter().filter(|page| !own.contains(page.target_id())).collect();
        drop(own);
        for other in others {
            // It may have closed itself.
            drop(other.close().await);
        }
    }

    /// Closes a page of our own with what was opened beside it.
    pub(crate) async fn leave(&self, page: Page) {
        self.close_others().await;
        self.own.lock().await.remove(page.target_id());
        self.traffic.mains.lock().unwrap_or_else(PoisonError::into_inner).remove(page.main_frame().id());
        // A page that is gone is closed.
        drop(page.close().await);
    }

    /// Ends the context and gives the browser back; one that crashed is thrown away.
    pub(crate) async fn close(self, crashed: bool) {
        if crashed {
            self.lease.discard().await;
        } else {
            // Dropping the context closes it as well.
            drop(self.context.close().await);
        }
    }
}

async fn set_cookies(context: &Context, auth: &Auth, scope: &Scope) -> Result<()> {
    let cookie = |(name, value): (&String, &String)| argos_cdp::protocol::network::CookieParam {
        name: name.clone(),
        value: value.clone(),
        url: Some(scope.start().to_owned()),
        ..argos_cdp::protocol::network::CookieParam::default()
    };
    let cookies = auth.credentials.iter().map(cookie).collect();
    context.set_cookies(cookies).await.map_err(|e| AppError::bad_request(format!("the browser refused the cookies: {e}")))
}
