//! One page, as a visitor sees it: opened, waited for until it is at rest, read, and pictured.

use std::time::Duration;

use argos_cdp::{CdpError, Image, LoadState, Page as BrowserPage, PageEvent, Screenshot};
use argos_sitegraph::{PageSeen, Selector, category, danger, path_of};
use argos_webtest::selector::{ALTERNATIVES_MAX, ranked};
use futures_util::FutureExt;
use tokio::time::Instant;

use super::site::Site;
use crate::discovery::model::{Endpoint, FailedRequest, Findings, Mode};

/// Until no request is under way.
const IDLE: Duration = Duration::from_secs(10);
const PICTURE: Duration = Duration::from_secs(20);
/// Elements whose selectors are made sure of, and those of them that get alternatives.
const NAMED_MAX: usize = 200;
const ALTERNATIVES_FOR: usize = 40;
const MESSAGES_MAX: usize = 50;
const MESSAGE_CHARS_MAX: usize = 500;
/// Resolves when the document did not change for half a second, at the latest after five.
const AT_REST: &str = "new Promise((done) => { let timer; const over = () => { watch.disconnect(); done(true); }; const watch = new MutationObserver(() => { clearTimeout(timer); timer = setTimeout(over, 500); }); watch.observe(document, { subtree: true, childList: true, characterData: true }); timer = setTimeout(over, 500); setTimeout(over, 5000); })";
/// What the script of the first moment noted.
const NOTED: &str =
    "({ pushed: window.__argosPushed ?? [], lcp: window.__argosVitals?.lcp ?? null, cls: window.__argosVitals?.cls ?? null })";

#[derive(serde::Deserialize)]
struct Noted {
    pushed: Vec<String>,
    lcp: Option<f64>,
    cls: Option<f64>,
}

/// What came of opening an address.
pub(crate) struct Visit {
    pub(crate) status: Option<i64>,
    pub(crate) load_ms: i64,
    /// `None` when it is a file and no page.
    pub(crate) seen: Option<PageSeen>,
    pub(crate) findings: Findings,
    /// WebP.
    pub(crate) picture: Option<Vec<u8>>,
}

/// Waits until a page is at rest; a page that never is gets no more time.
pub(crate) async fn rest(page: &BrowserPage) {
    let frame = page.main_frame();
    let (idle, still) = tokio::join!(page.wait_for_load(LoadState::NetworkIdle, IDLE), frame.evaluate_apart::<bool>(AT_REST));
    // A page that polls is never idle, and one that goes on is read where it is.
    drop((idle, still));
}

/// Reads the page that is there now.
pub(crate) async fn look(page: &BrowserPage) -> Result<PageSeen, CdpError> {
    let script = include_str!("explore.js").replacen("LOOK", argos_webtest::LOOK.trim_end(), 1);
    let mut seen: PageSeen = page.main_frame().evaluate_apart(&script).await?;
    if let Ok(noted) = page.evaluate::<Noted>(NOTED).await {
        seen.pushed = noted.pushed;
        seen.lcp_ms = noted.lcp;
        seen.cls_score = noted.cls;
    }
    Ok(seen)
}

/// Finds selectors for the elements and asks the page whether each names one alone.
pub(crate) async fn name(page: &BrowserPage, seen: &mut PageSeen) -> Result<(), CdpError> {
    // Elements of a frame follow each other.
    let mut way = (Vec::new(), Some(String::new()));
    for (number, element) in seen.elements.iter_mut().enumerate() {
        element.category = category(element).to_owned();
        if number >= NAMED_MAX || !element.selectors.is_empty() {
            continue;
        }
        if way.0 != element.frames {
            let into = match argos_webtest::way_into(page, &element.frames).await {
                Err(error) if error.is_fatal() => return Err(error),
                // A frame that is gone names nothing any more.
                into => into.ok().flatten(),
            };
            way = (element.frames.clone(), into);
        }
        let Some(into) = &way.1 else { continue };
        let most = if number < ALTERNATIVES_FOR { ALTERNATIVES_MAX.min(2) + 1 } else { 1 };
        for candidate in ranked(&element.fingerprint) {
            if element.selectors.len() >= most {
                break;
            }
            let selector = format!("{into}{}", candidate.selector);
            let Ok(locator) = page.locator(&selector) else { continue };
            match locator.count().await {
                Ok(1) => {
                    element.selectors.push(Selector {
                        selector,
                        strategy: candidate.strategy.to_owned(),
                        confidence: candidate.confidence,
                    });
                }
                Err(error) if error.is_fatal() => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}

impl Site {
    /// Opens an address in a page of its own. The error is one of the page (it may be tried again) unless it is fatal.
    pub(crate) async fn visit(&self, url: &str, limit: Duration, mode: Mode, picture: bool) -> Result<Visit, CdpError> {
        let page = self.page().await?;
        let visited = self.visit_in(&page, url, limit, mode, picture).await;
        self.leave(page).await;
        visited
    }

    async fn visit_in(&self, page: &BrowserPage, url: &str, limit: Duration, mode: Mode, picture: bool) -> Result<Visit, CdpError> {
        let began = Instant::now();
        let mut events = page.events();
        let navigation = page.goto(url, LoadState::Load, limit).await?;
        let load_ms = i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
        let response = navigation.response.and_then(|e| e.response);
        let status = response.as_ref().map(|r| r.status);
        // What says that a page is missing is shown, whatever it is written in.
        let html = response.as_ref().is_none_or(|r| r.mime_type.contains("html") || r.status >= 400);
        if navigation.download || !html {
            return Ok(Visit { status, load_ms, seen: None, findings: Findings::default(), picture: None });
        }
        rest(page).await;
        let mut seen = look(page).await?;
        let pictured = Box::pin(async {
            if !picture {
                return Ok(None);
            }
            let what = Screenshot { image: Image::Webp(55), ..Screenshot::default() };
            page.screenshot(&what, PICTURE).await.map(Some)
        });
        // Neither changes the page, and the browser paints while it is asked.
        let (picture, named) = tokio::join!(pictured, Box::pin(name(page, &mut seen)));
        let picture = picture?;
        named?;
        let mut findings = findings(page, &seen);
        if mode.touches() {
            // What goes through a socket cannot be judged: every click may write.
            match why_untouched(std::iter::from_fn(|| events.next().now_or_never().flatten())) {
                Some(why) => findings.left_alone.push(format!("every control of {}: {why}", path_of(&page.url()))),
                None => self.touch(page, &mut seen, &mut findings).await?,
            }
        }
        Ok(Visit { status, load_ms, seen: Some(seen), findings, picture })
    }
}

/// Why the controls of a page that said this are not tried: it holds a socket, or nobody can say.
fn why_untouched<E>(events: impl Iterator<Item = Result<PageEvent, E>>) -> Option<&'static str> {
    let mut missed = false;
    for event in events {
        match event {
            Ok(PageEvent::WebSocketOpened { .. }) => return Some("the page talks through a WebSocket"),
            Ok(_) => {}
            Err(_) => missed = true,
        }
    }
    missed.then_some("the page did too much to say whether it talks through a WebSocket")
}

fn cut(text: &str) -> String {
    text.chars().take(MESSAGE_CHARS_MAX).collect()
}

/// What the page said and asked, and what on it must not be triggered.
fn findings(page: &BrowserPage, seen: &PageSeen) -> Findings {
    let mut console: Vec<String> = page.console().iter().filter(|m| m.kind == "error").map(|m| cut(&m.text)).collect();
    console.extend(page.script_errors().iter().map(|e| cut(&e.message)));
    console.truncate(MESSAGES_MAX);
    let (exchanges, _) = page.exchanges();
    let bad = |e: &&argos_cdp::Exchange| {
        let refused = e.status().is_some_and(|s| s >= 400) && !e.is_document();
        refused || e.failure.as_deref().is_some_and(|f| !f.contains("ABORTED") && !f.contains("BLOCKED_BY_CLIENT"))
    };
    let failed = |e: &argos_cdp::Exchange| FailedRequest {
        method: e.request.method.clone(),
        url: cut(e.url()),
        kind: e.kind.clone(),
        status: e.status(),
        error: e.failure.clone(),
    };
    let asked = |e: &argos_cdp::Exchange| Endpoint { method: e.request.method.clone(), url: cut(e.url()), status: e.status() };
    let alone = seen.elements.iter().filter_map(|e| {
        let why = danger(&[e.name(), e.href.as_deref().map(path_of).unwrap_or_default().as_str()], e.kind == "link")?;
        (e.kind != "field").then(|| format!("{}: {why}", cut(e.name())))
    });
    Findings {
        console_errors: console,
        failed_requests: exchanges.iter().filter(bad).take(MESSAGES_MAX).map(failed).collect(),
        endpoints: exchanges.iter().filter(|e| matches!(e.kind.as_str(), "XHR" | "Fetch")).take(MESSAGES_MAX).map(asked).collect(),
        tried: Vec::new(),
        left_alone: alone.take(MESSAGES_MAX).collect(),
    }
}

#[cfg(test)]
mod tests {
    use argos_cdp::{Browser, ContextOptions, LaunchOptions};
    use argos_peers::{Chromium, FixtureSite};
    use argos_sitegraph::{FlowKind, flows};

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_is_in_shadow_roots_and_frames_of_the_same_site_is_seen_and_named() {
        let site = FixtureSite::start();
        let program = Some(Chromium::find().unwrap().path);
        let launch = LaunchOptions { program, timeout: Duration::from_secs(60), ..LaunchOptions::default() };
        let browser = Browser::launch(&launch).await.unwrap();
        let page = browser.new_context(ContextOptions::default()).await.unwrap().new_page().await.unwrap();
        page.goto(&site.url("/embedded.html"), LoadState::Load, Duration::from_secs(30)).await.unwrap();
        let mut seen = look(&page).await.unwrap();
        name(&page, &mut seen).await.unwrap();

        let forms: Vec<_> = seen.forms.iter().map(|f| (f.method.as_str(), f.framed, f.action.is_some())).collect();
        assert_eq!(forms, [("post", false, true), ("get", true, false)], "what the form in the frame leads to is no page");
        assert_eq!((seen.password_fields, seen.links.len()), (1, 2), "{:?}", seen.links);
        let told: Vec<_> = seen.elements.iter().map(|e| (e.name(), e.form, e.submits, e.in_header)).collect();
        assert_eq!(
            told,
            [
                ("E-mail", Some(0), false, false),
                ("Password", Some(0), false, false),
                ("Sign in", Some(0), true, false),
                ("About", None, false, false),
                ("Words", Some(1), false, false),
                ("Find", Some(1), true, false),
                ("More", None, false, false),
            ]
        );
        for (number, element) in seen.elements.iter().enumerate() {
            let selector = element.primary().unwrap();
            assert_eq!(selector.starts_with("frame=iframe[id=\"side\"] >> "), number > 2, "{selector}");
            assert_eq!(page.locator(selector).unwrap().count().await.unwrap(), 1);
        }
        let found = flows(&site.url(""), &[seen]);
        assert!(found[0].kind == FlowKind::Authentication && found[0].steps.len() == 5, "{found:?}");
        browser.close().await;
    }

    #[test]
    fn socket_is_told_only_where_there_is_one() {
        let opened = || Ok::<_, ()>(PageEvent::WebSocketOpened { url: "ws://s.example/".into() });
        let other = || Ok(PageEvent::DialogStorm { count: 1 });
        assert_eq!(why_untouched([other(), other()].into_iter()), None);
        assert_eq!(why_untouched([other(), opened()].into_iter()), Some("the page talks through a WebSocket"));
        let unknown = why_untouched([Err(()), other()].into_iter()).unwrap();
        assert!(unknown.contains("too much"), "{unknown}");
        assert_eq!(why_untouched([Err(()), opened()].into_iter()), Some("the page talks through a WebSocket"), "the socket is sure");
    }
}
