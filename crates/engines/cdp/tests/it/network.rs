//! Requests: what is seen of them, what is done to them, what the guard refuses.

use std::sync::atomic::Ordering;

use argos_cdp::{
    Answer, CdpError, Changes, ContextOptions, Credentials, Guard, LoadState, NetworkConditions, PageEvent, SiteHeaders, Verdict, har,
};

use crate::cases::case;
use crate::{LONG, SHORT, Stage, log};

async fn ask(page: &argos_cdp::Page, url: &str) -> String {
    page.evaluate(&format!("ask('{url}')")).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn navigation_tells_what_came_of_it() {
    let stage = Stage::new().await;
    let page = stage.page().await;
    let url = |path: &str| stage.site.url(path);
    case("document with its answer", async {
        let navigation = page.goto(&url("/shop.html"), LoadState::Load, LONG).await.unwrap();
        let response = navigation.response.unwrap();
        assert_eq!((response.status(), response.is_document()), (Some(200), true));
        assert_eq!(page.title().await.unwrap(), "Shop");
        assert!(page.content().await.unwrap().starts_with("<!DOCTYPE html><html lang=\"en\">"));
    })
    .await;
    case("error page of the server is a document", async {
        let navigation = page.goto(&url("/status"), LoadState::Load, LONG).await.unwrap();
        assert_eq!(navigation.response.unwrap().status(), Some(503));
    })
    .await;
    case("redirect ends at its target", async {
        let navigation = page.goto(&url("/redirect?to=/shop.html"), LoadState::Load, LONG).await.unwrap();
        assert_eq!(navigation.response.unwrap().url(), url("/shop.html"));
        assert_eq!(page.url(), url("/shop.html"));
    })
    .await;
    case("fragment stays in the document", async {
        let navigation = page.goto(&url("/shop.html#order"), LoadState::Load, LONG).await.unwrap();
        assert!(navigation.response.is_none());
        assert_eq!(page.url(), url("/shop.html#order"));
    })
    .await;
    case("refused, broken and never answered", async {
        let error = page.goto("http://127.0.0.1:1/", LoadState::Load, LONG).await.unwrap_err();
        assert!(matches!(&error, CdpError::Navigation { reason, .. } if reason.starts_with("net::ERR_")), "{error}");
        assert!(matches!(page.goto(&url("/break"), LoadState::Load, LONG).await.unwrap_err(), CdpError::Navigation { .. }));
        assert!(matches!(page.goto(&url("/never"), LoadState::Load, SHORT).await.unwrap_err(), CdpError::Timeout { .. }));
        assert!(matches!(page.goto("not an address", LoadState::Load, LONG).await.unwrap_err(), CdpError::Protocol { .. }));
        page.goto(&url("/shop.html"), LoadState::Load, LONG).await.unwrap();
    })
    .await;
    case("reload, and silence of the network", async {
        page.goto(&url("/spa.html?page=slow"), LoadState::NetworkIdle, LONG).await.unwrap();
        assert_eq!(page.title().await.unwrap(), "SPA slow");
        page.reload(LoadState::DomContentLoaded, LONG).await.unwrap();
        page.wait_for_load(LoadState::NetworkIdle, LONG).await.unwrap();
        assert_eq!(page.title().await.unwrap(), "SPA slow");
    })
    .await;
    case("page under a strict policy is still ours to ask", async {
        page.goto(&url("/csp.html"), LoadState::Load, LONG).await.unwrap();
        page.wait_for_function("document.title === 'CSP'", LONG).await.unwrap();
        page.locator("role=button[name=\"Strict\"]").unwrap().click(&argos_cdp::ClickOptions::default(), LONG).await.unwrap();
    })
    .await;
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exchanges_are_recorded() {
    let stage = Stage::new().await;
    let page = stage.open("/network.html").await;
    case("server that fails twice", async {
        page.locator("#flaky").unwrap().click(&argos_cdp::ClickOptions::default(), LONG).await.unwrap();
        page.wait_for_function("log.textContent !== '-'", LONG).await.unwrap();
        assert_eq!(log(&page).await, "loaded after 3");
        assert_eq!(stage.site.hits.load(Ordering::SeqCst), 3);
        let (exchanges, dropped) = page.exchanges();
        let statuses: Vec<_> = exchanges.iter().filter(|e| e.url().ends_with("/flaky")).map(|e| e.status().unwrap()).collect();
        assert_eq!((statuses, dropped), (vec![500, 500, 200], 0));
    })
    .await;
    case("response that is waited for, and its body", async {
        let expected = page.expect_response(|exchange| exchange.url().ends_with("/echo"));
        let finished = page.expect("the end", |event| match event {
            PageEvent::RequestFinished(exchange) if exchange.url().ends_with("/echo") => Some(()),
            _ => None,
        });
        page.evaluate::<String>("ask('/echo', { method: 'POST', body: 'grüße' })").await.unwrap();
        let exchange = expected.within(LONG).await.unwrap();
        finished.within(LONG).await.unwrap();
        assert_eq!((exchange.status(), exchange.request.method.as_str()), (Some(200), "POST"));
        assert!(String::from_utf8(page.body(&exchange).await.unwrap()).unwrap().ends_with("grüße"));
        let error = page.expect_response(|_| false).within(SHORT).await.unwrap_err();
        assert_eq!(error.to_string(), "the response took longer than 700 ms");
    })
    .await;
    case("what is in the address itself asks no network", async {
        page.evaluate::<serde_json::Value>("fetch('data:text/plain,x').then(() => null)").await.unwrap();
        assert!(page.exchanges().0.iter().all(|exchange| !exchange.url().starts_with("data:")));
    })
    .await;
    case("archive", async {
        let (exchanges, _) = page.exchanges();
        let last = exchanges.iter().map(|e| e.started_at).reduce(f64::max);
        assert!(last.is_some() && page.last_request_at() == last);
        let archive = har(&exchanges, ("Argos", "1"), &stage.browser.version().product);
        let entries = archive["log"]["entries"].as_array().unwrap();
        let document = entries.iter().find(|e| e["_resourceType"] == "document").unwrap();
        assert_eq!(document["response"]["status"], 200);
        assert_eq!(document["serverIPAddress"], "127.0.0.1");
        assert!(document["startedDateTime"].as_str().unwrap().starts_with("20"));
        let post = entries.iter().find(|e| e["request"]["method"] == "POST").unwrap();
        assert_eq!(post["request"]["postData"]["text"], "grüße");
        page.clear_exchanges();
        assert_eq!((page.exchanges().0.len(), page.last_request_at()), (0, None));
    })
    .await;
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_are_answered_changed_and_failed() {
    let stage = Stage::new().await;
    let page = stage.open("/network.html").await;
    let context = page.context();
    case("rule that comes after the page", async {
        let id = context
            .route(|request| async move {
                match request.url.split_once("/api/").map(|(_, rest)| rest.to_owned()).as_deref() {
                    Some("made") => Verdict::Fulfil(Answer::json("{\"made\":true}")),
                    Some("fails") => Verdict::Fail("ConnectionRefused".to_owned()),
                    Some("moved") => Verdict::Continue(Changes {
                        url: Some(request.url.replace("/api/moved", "/echo")),
                        headers: Some(vec![("x-extra".to_owned(), "changed".to_owned())]),
                        ..Changes::default()
                    }),
                    _ => Verdict::Pass,
                }
            })
            .await
            .unwrap();
        assert_eq!(ask(&page, "/api/made").await, "200 {\"made\":true}");
        assert_eq!(ask(&page, "/api/fails").await, "failed: Failed to fetch");
        assert!(ask(&page, "/api/moved").await.contains("x-extra: changed"));
        assert_eq!(ask(&page, "/slow?ms=1").await, "200 slow");
        context.unroute(id);
        assert_eq!(ask(&page, "/api/made").await, "404 not here");
    })
    .await;
    case("headers, cookies and credentials", async {
        let options = ContextOptions {
            extra_headers: [("X-Extra".to_owned(), "always".to_owned())].into(),
            credentials: Some(Credentials { username: "user".to_owned(), password: "pass".to_owned(), origin: Some(stage.site.origin()) }),
            ..ContextOptions::default()
        };
        let context = stage.context(options).await;
        let page = context.new_page().await.unwrap();
        let navigation = page.goto(&stage.site.url("/secret"), LoadState::Load, LONG).await.unwrap();
        assert_eq!(navigation.response.unwrap().status(), Some(200));
        page.goto(&stage.site.url("/cookie"), LoadState::Load, LONG).await.unwrap();
        assert_eq!(context.cookies().await.unwrap()[0].name, "visited");
        page.goto(&stage.site.url("/network.html"), LoadState::Load, LONG).await.unwrap();
        let echoed = ask(&page, "/echo").await;
        assert!(echoed.contains("x-extra: always") && echoed.contains("cookie: visited=yes"), "{echoed}");
        context.clear_cookies().await.unwrap();
        assert!(!ask(&page, "/echo").await.contains("visited"));
    })
    .await;
    case("headers of a site go nowhere else", async {
        let site_headers = SiteHeaders { origin: stage.site.origin(), headers: [("X-Extra".to_owned(), "token".to_owned())].into() };
        let context = stage.context(ContextOptions { site_headers: Some(site_headers), ..ContextOptions::default() }).await;
        let page = context.new_page().await.unwrap();
        let said = async |url: &str| {
            page.goto(url, LoadState::Load, LONG).await.unwrap();
            page.evaluate::<String>("document.body.innerText").await.unwrap()
        };
        page.goto(&stage.site.url("/cookie"), LoadState::Load, LONG).await.unwrap();
        let own = said(&stage.site.url("/echo")).await;
        assert!(own.contains("x-extra: token") && own.contains("cookie: visited=yes") && own.contains("user-agent:"), "{own}");
        let elsewhere = stage.site.url("/echo").replace("127.0.0.1", "localhost");
        for url in [elsewhere.clone(), stage.site.url(&format!("/redirect?to={elsewhere}"))] {
            let foreign = said(&url).await;
            assert!(foreign.contains("user-agent:") && !foreign.contains("x-extra"), "{url}: {foreign}");
        }
    })
    .await;
    case("wrong credentials end with the answer of the server", async {
        let credentials = Some(Credentials { username: "user".to_owned(), password: "wrong".to_owned(), origin: None });
        let page = stage.context(ContextOptions { credentials, ..ContextOptions::default() }).await.new_page().await.unwrap();
        let navigation = page.goto(&stage.site.url("/secret"), LoadState::Load, LONG).await.unwrap();
        assert_eq!(navigation.response.unwrap().status(), Some(401));
    })
    .await;
    case("contexts know nothing of each other", async {
        let (one, two) = (stage.context(ContextOptions::default()).await, stage.context(ContextOptions::default()).await);
        let page = one.new_page().await.unwrap();
        page.goto(&stage.site.url("/cookie"), LoadState::Load, LONG).await.unwrap();
        assert_eq!((one.cookies().await.unwrap().len(), two.cookies().await.unwrap().len()), (1, 0));
        one.close().await.unwrap();
        assert!(matches!(page.evaluate::<i64>("1").await.unwrap_err(), CdpError::TargetClosed { .. }));
    })
    .await;
    case("everything goes through the proxy, loopback too", async {
        let proxied =
            stage.context(ContextOptions { proxy: Some(stage.site.origin()), ..ContextOptions::default() }).await.new_page().await.unwrap();
        for address in ["http://shop.invalid/shop.html", "http://127.0.0.1:1234/shop.html"] {
            proxied.goto(address, LoadState::Load, LONG).await.unwrap();
            assert_eq!((proxied.title().await.unwrap().as_str(), proxied.url().as_str()), ("Shop", address));
        }
    })
    .await;
    case("offline and back", async {
        let offline = NetworkConditions { offline: true, latency_ms: 0.0, download: None, upload: None };
        page.set_network(&offline).await.unwrap();
        assert_eq!(ask(&page, "/slow?ms=1").await, "failed: Failed to fetch");
        page.set_network(&NetworkConditions { offline: false, ..offline }).await.unwrap();
        assert_eq!(ask(&page, "/slow?ms=1").await, "200 slow");
    })
    .await;
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guard_refuses_addresses_wherever_they_come_from() {
    let stage = Stage::new().await;
    let origin = stage.site.origin();
    let allowed = origin.clone();
    let guard = Guard::new(move |url| {
        let fine = url.starts_with(&allowed);
        async move { if fine { Ok(()) } else { Err("a private address".to_owned()) } }
    });
    let context = stage.context(ContextOptions { guard: Some(guard), ..ContextOptions::default() }).await;
    let page = context.new_page().await.unwrap();
    let forbidden = origin.replace("127.0.0.1", "localhost") + "/shop.html";
    let blocked =
        |error: &CdpError| matches!(error, CdpError::Blocked { url, reason } if *url == forbidden && reason == "a private address");
    case("address itself", async {
        let error = page.goto(&forbidden, LoadState::Load, LONG).await.unwrap_err();
        assert!(blocked(&error), "{error}");
    })
    .await;
    case("redirect of the server", async {
        let to = forbidden.replace('/', "%2F").replace(':', "%3A");
        let error = page.goto(&stage.site.url(&format!("/redirect?to={to}")), LoadState::Load, LONG).await.unwrap_err();
        assert!(blocked(&error), "{error}");
    })
    .await;
    case("request of a script, of a worker, of a frame and of a popup", async {
        page.goto(&stage.site.url("/network.html"), LoadState::Load, LONG).await.unwrap();
        assert!(ask(&page, &forbidden).await.starts_with("failed"));
        let worker = format!(
            "new Promise((done) => {{ const w = new Worker(URL.createObjectURL(new Blob(['fetch(\"{forbidden}\", {{mode: \"no-cors\"}}).then(() => postMessage(\"through\"), () => postMessage(\"refused\"))']))); w.onmessage = (e) => done(e.data); w.onerror = () => done('refused'); }})"
        );
        assert_eq!(page.evaluate::<String>(&worker).await.unwrap(), "refused");
        let before = context.blocked().len();
        page.evaluate::<serde_json::Value>(&format!("new Promise((done) => {{ const f = document.createElement('iframe'); f.onload = done; f.src = '{forbidden}'; document.body.append(f); }}).then(() => null)")).await.unwrap();
        assert_eq!(context.blocked().len(), before + 1);
        let popup = page.expect_popup();
        page.evaluate::<serde_json::Value>(&format!("void window.open('{forbidden}')")).await.unwrap();
        let popup = context.page(&popup.within(LONG).await.unwrap()).await.unwrap();
        popup.wait_for_url(|url| url.starts_with("chrome-error:"), LONG).await.unwrap();
        assert_eq!(context.blocked().len(), before + 2);
    })
    .await;
    stage.browser.close().await;
}
