//! An isolated set of cookies, storage and pages. Makes its pages, follows the ones they open, and carries what all of
//! them share: interception, downloads, permissions. Dropping the last handle closes everything in it.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use crate::browser::BrowserInner;
use crate::connection::Sink;
use crate::deadline::Deadline;
use crate::error::CdpError;
use crate::interception::{Blocked, Route};
use crate::options::{ContextOptions, DialogPolicy};
use crate::page::{Download, DownloadState, Page, PageEvent, PageInner};
use crate::protocol::browser::{CancelDownload, DownloadProgress, DownloadWillBegin, GrantPermissions, SetDownloadBehavior};
use crate::protocol::network::{ClearCookies, Cookie, CookieParam, GetCookies, SetCookies};
use crate::protocol::target::{AttachedToTarget, CreateBrowserContext, CreateTarget, DisposeBrowserContext};
use crate::session::{Ended, Session};
use crate::task;

/// How long a new page may take to be ready.
const PAGE_TIMEOUT: Duration = Duration::from_secs(30);
/// Downloads that are remembered.
const DOWNLOADS_MAX: usize = 200;

/// A handle to a context; clones are the same context.
#[derive(Clone)]
pub struct Context {
    pub(crate) inner: Arc<ContextInner>,
}

pub(crate) struct ContextInner {
    id: String,
    browser: Arc<BrowserInner>,
    pub(crate) options: Arc<ContextOptions>,
    /// The open pages, the oldest first.
    pages: Mutex<Vec<Arc<PageInner>>>,
    /// Service and shared workers: nobody's page, but their requests pass the guard too.
    workers: Mutex<HashMap<String, Session>>,
    downloads: Mutex<VecDeque<(String, Download)>>,
    pub(crate) dialogs: Mutex<DialogPolicy>,
    pub(crate) routes: Mutex<Vec<Route>>,
    pub(crate) intercepting: AtomicBool,
    pub(crate) deciding: AtomicUsize,
    pub(crate) blocked: Mutex<VecDeque<Blocked>>,
    /// Requests whose question for a password was answered.
    pub(crate) answered: Mutex<VecDeque<String>>,
    pub(crate) init_scripts: Mutex<Vec<String>>,
    changed: watch::Sender<u64>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Context {
    pub(crate) async fn create(browser: &Arc<BrowserInner>, options: ContextOptions) -> Result<Self, CdpError> {
        let root = browser.root();
        let create = CreateBrowserContext {
            dispose_on_detach: true,
            proxy_server: options.proxy.clone(),
            // Without this word the browser goes round the proxy for loopback.
            proxy_bypass_list: options.proxy.as_ref().map(|_| options.proxy_bypass.clone().unwrap_or_else(|| "<-loopback>".to_owned())),
        };
        let id = root.call(&create).await?.browser_context_id;
        let intercepting = options.guard.is_some() || options.credentials.is_some() || options.site_headers.is_some();
        let inner = Arc::new(ContextInner {
            id: id.clone(),
            browser: browser.clone(),
            dialogs: Mutex::new(options.dialogs.clone()),
            options: Arc::new(options),
            pages: Mutex::default(),
            workers: Mutex::default(),
            downloads: Mutex::default(),
            routes: Mutex::default(),
            intercepting: AtomicBool::new(intercepting),
            deciding: AtomicUsize::new(0),
            blocked: Mutex::default(),
            answered: Mutex::default(),
            init_scripts: Mutex::default(),
            changed: watch::Sender::new(0),
        });
        browser.contexts().insert(id.clone(), Arc::downgrade(&inner));
        let dir = inner.options.downloads_dir.as_ref().map(|dir| dir.to_string_lossy().into_owned());
        let downloads = SetDownloadBehavior {
            // Named by us: a page never chooses a path.
            behavior: if dir.is_some() { "allowAndName" } else { "deny" }.to_owned(),
            browser_context_id: Some(id.clone()),
            download_path: dir,
            events_enabled: Some(true),
        };
        root.call(&downloads).await?;
        if !inner.options.permissions.is_empty() {
            let permissions = inner.options.permissions.clone();
            root.call(&GrantPermissions { permissions, origin: None, browser_context_id: Some(id) }).await?;
        }
        Ok(Self { inner })
    }

    /// A new, empty page.
    pub async fn new_page(&self) -> Result<Page, CdpError> {
        let create =
            CreateTarget { url: "about:blank".to_owned(), browser_context_id: Some(self.inner.id.clone()), ..CreateTarget::default() };
        let target = self.inner.browser.root().call(&create).await?;
        self.page(&target.target_id).await
    }

    /// The page of a target, such as a popup, once it is ready.
    pub async fn page(&self, target_id: &str) -> Result<Page, CdpError> {
        let deadline = Deadline::within(PAGE_TIMEOUT);
        let mut changed = self.inner.changed.subscribe();
        let page = deadline
            .wait("a new page", async {
                loop {
                    changed.borrow_and_update();
                    let found = self.inner.page_inner(target_id);
                    if let Some(page) = found {
                        return Ok(page);
                    }
                    if let Some(gone) = self.inner.browser.root().connection().gone() {
                        return Err(gone);
                    }
                    tokio::select! {
                        _ = changed.changed() => {}
                        _ = self.inner.gone() => {}
                    }
                }
            })
            .await??;
        let page = Page::new(page, self.inner.clone());
        page.ready(&deadline).await?;
        Ok(page)
    }

    /// The open pages, the oldest first, those just opening too.
    pub fn pages(&self) -> Vec<Page> {
        self.inner.page_inners().into_iter().map(|page| Page::new(page, self.inner.clone())).collect()
    }

    /// Tells of each page that comes or goes.
    pub fn page_changes(&self) -> watch::Receiver<u64> {
        self.inner.changed.subscribe()
    }

    /// The headers every page is made to send.
    pub fn extra_headers(&self) -> &BTreeMap<String, String> {
        &self.inner.options.extra_headers
    }

    /// Where downloads are written, by the [`Download::guid`] of each; `None` when the context takes none.
    pub fn downloads_dir(&self) -> Option<&Path> {
        self.inner.options.downloads_dir.as_deref()
    }

    /// The size of a download that is refused.
    pub fn download_bytes_max(&self) -> Option<u64> {
        self.inner.options.download_bytes_max
    }

    /// What dialogs meet from now on.
    pub fn set_dialog_policy(&self, policy: DialogPolicy) {
        *lock(&self.inner.dialogs) = policy;
    }

    /// Runs in every document of every page made from now on, before its own scripts.
    pub fn add_init_script(&self, source: &str) {
        lock(&self.inner.init_scripts).push(source.to_owned());
    }

    pub async fn grant_permissions(&self, permissions: &[&str], origin: Option<&str>) -> Result<(), CdpError> {
        let permissions = permissions.iter().map(|&name| name.to_owned()).collect();
        let grant = GrantPermissions { permissions, origin: origin.map(str::to_owned), browser_context_id: self.id() };
        self.root().call(&grant).await.map(drop)
    }

    pub async fn cookies(&self) -> Result<Vec<Cookie>, CdpError> {
        Ok(self.root().call(&GetCookies { browser_context_id: self.id() }).await?.cookies)
    }

    pub async fn set_cookies(&self, cookies: Vec<CookieParam>) -> Result<(), CdpError> {
        self.root().call(&SetCookies { cookies, browser_context_id: self.id() }).await.map(drop)
    }

    pub async fn clear_cookies(&self) -> Result<(), CdpError> {
        self.root().call(&ClearCookies { browser_context_id: self.id() }).await.map(drop)
    }

    pub async fn cancel_download(&self, guid: &str) -> Result<(), CdpError> {
        self.root().call(&CancelDownload { guid: guid.to_owned(), browser_context_id: self.id() }).await.map(drop)
    }

    /// Closes all its pages and forgets its cookies and storage.
    pub async fn close(&self) -> Result<(), CdpError> {
        self.root().call(&DisposeBrowserContext { browser_context_id: self.inner.id.clone() }).await.map(drop)
    }

    fn id(&self) -> Option<String> {
        Some(self.inner.id.clone())
    }

    fn root(&self) -> &Session {
        self.inner.browser.root()
    }
}

impl ContextInner {
    async fn gone(&self) {
        self.browser.root().connection().watch_end().wait_for(|gone| *gone).await.ok();
    }

    pub(crate) fn user_agent(&self) -> &str {
        &self.browser.version.user_agent
    }

    pub(crate) fn page_attached(self: &Arc<Self>, session: &Session, event: AttachedToTarget) {
        let info = event.target_info;
        let page = PageInner::attach(self, session.connection(), &event.session_id, &info);
        let opener = info.opener_id.as_ref().and_then(|id| self.page_inner(id));
        {
            let mut pages = lock(&self.pages);
            match pages.iter_mut().find(|known| known.target_id == info.target_id) {
                Some(known) => *known = page.clone(),
                None => pages.push(page.clone()),
            }
        }
        page.prepare();
        if let Some(opener) = opener {
            opener.tell(PageEvent::Popup { target_id: info.target_id });
        }
        self.changed.send_modify(|revision| *revision += 1);
    }

    pub(crate) fn worker_attached(self: &Arc<Self>, session: &Session, event: AttachedToTarget) {
        let sink: Arc<dyn Sink> = self.clone();
        let worker = session.connection().open_session(&event.session_id, Arc::downgrade(&sink));
        if let Some(enable) = self.interception() {
            worker.send(&enable);
        }
        for (method, params) in self.options.network_commands(self.user_agent()) {
            drop(worker.submit_raw(method, &params));
        }
        worker.send(&crate::protocol::runtime::RunIfWaitingForDebugger {});
        lock(&self.workers).insert(event.session_id, worker);
    }

    pub(crate) fn forget_page(&self, target_id: &str) {
        lock(&self.pages).retain(|page| page.target_id != target_id);
        self.changed.send_modify(|revision| *revision += 1);
    }

    pub(crate) fn page_inners(&self) -> Vec<Arc<PageInner>> {
        lock(&self.pages).clone()
    }

    fn page_inner(&self, target_id: &str) -> Option<Arc<PageInner>> {
        lock(&self.pages).iter().find(|page| page.target_id == target_id).cloned()
    }

    pub(crate) fn worker_sessions(&self) -> Vec<Session> {
        lock(&self.workers).values().cloned().collect()
    }

    pub(crate) fn download_began(&self, event: &DownloadWillBegin) {
        let Some(page) = self.page_inners().into_iter().find(|page| page.has_frame(&event.frame_id)) else { return };
        let download = Download {
            guid: event.guid.clone(),
            url: event.url.clone(),
            suggested_name: harmless_name(&event.suggested_filename),
            received_bytes: 0,
            state: DownloadState::InProgress,
        };
        let mut downloads = lock(&self.downloads);
        downloads.push_back((page.target_id.clone(), download.clone()));
        if downloads.len() > DOWNLOADS_MAX {
            downloads.pop_front();
        }
        drop(downloads);
        page.tell(PageEvent::DownloadChanged(download));
    }

    pub(crate) fn download_progressed(&self, event: &DownloadProgress) {
        let over;
        let (target_id, download) = {
            let mut downloads = lock(&self.downloads);
            let Some((target_id, download)) = downloads.iter_mut().find(|(_, download)| download.guid == event.guid) else { return };
            // Bytes are whole and never negative.
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count that JSON carries as a double")]
            {
                download.received_bytes = event.received_bytes as u64;
            }
            over = self.options.download_bytes_max.is_some_and(|max| download.received_bytes > max);
            download.state = match event.state.as_str() {
                // It was quicker than our refusal.
                "completed" if over => DownloadState::Canceled,
                "completed" => DownloadState::Completed,
                "canceled" => DownloadState::Canceled,
                _ => DownloadState::InProgress,
            };
            (target_id.clone(), download.clone())
        };
        if over && event.state == "inProgress" {
            self.browser.root().send(&CancelDownload { guid: download.guid.clone(), browser_context_id: Some(self.id.clone()) });
        }
        if over
            && event.state == "completed"
            && let Some(dir) = &self.options.downloads_dir
        {
            let file = dir.join(&download.guid);
            // A file that is gone already is what was wanted.
            task::spawn(async move { drop(tokio::fs::remove_file(file).await) });
        }
        let page = self.page_inner(&target_id);
        if let Some(page) = page
            && download.state != DownloadState::InProgress
        {
            page.tell(PageEvent::DownloadChanged(download));
        }
    }
}

impl Sink for ContextInner {
    fn on_event(self: Arc<Self>, session: &Session, method: &str, params: &str) {
        if method.starts_with("Fetch.") {
            self.fetch_event(session, method, params);
        }
    }

    fn on_end(self: Arc<Self>, session: &Session, _: Ended) {
        if let Some(id) = session.id() {
            lock(&self.workers).remove(id);
        }
    }
}

impl Drop for ContextInner {
    fn drop(&mut self) {
        self.browser.contexts().remove(&self.id);
        self.browser.root().send(&DisposeBrowserContext { browser_context_id: self.id.clone() });
    }
}

/// A file name out of what a page wrote: one segment, printable, not hidden, at most 200 characters.
fn harmless_name(suggested: &str) -> String {
    let last = suggested.rsplit(['/', '\\']).next().unwrap_or_default();
    // Marks that turn the reading direction make `exe.fdp` look like a PDF.
    let marks = |c: char| matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let clean: String = last.chars().filter(|c| !c.is_control() && !marks(*c)).take(200).collect();
    let clean = clean.trim_start_matches(['.', ' ']).trim_end_matches(['.', ' ']);
    if clean.is_empty() { "download".to_owned() } else { clean.to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::harmless_name;

    #[test]
    fn hostile_names_become_harmless() {
        let cases = [
            ("../../etc/passwd", "passwd"),
            ("..\\..\\boot.ini", "boot.ini"),
            (".bashrc", "bashrc"),
            ("a\0b\nc.txt", "abc.txt"),
            ("invoice\u{202E}fdp.exe", "invoicefdp.exe"),
            ("..", "download"),
            ("", "download"),
            ("Übersicht 2026.pdf", "Übersicht 2026.pdf"),
        ];
        for (suggested, expected) in cases {
            assert_eq!(harmless_name(suggested), expected, "{suggested:?}");
        }
    }

    proptest! {
        #[test]
        fn any_suggested_name_is_one_visible_segment(suggested in any::<String>()) {
            let name = harmless_name(&suggested);
            prop_assert!(!name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '\0']));
            prop_assert!(name.chars().count() <= 200);
        }
    }
}
