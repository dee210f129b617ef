//! Dialogs, popups, files, console, pictures, and what the page believes of its device.

use std::path::PathBuf;

use argos_cdp::protocol::web_authn::AuthenticatorOptions;
use argos_cdp::{
    CdpError, ClickOptions, ColorScheme, ContextOptions, DialogPolicy, DownloadState, Geolocation, Image, LoadState, PageEvent, Pdf,
    Screencast, ScreencastOptions, Screenshot, Viewport,
};
use serde_json::Value;

use crate::cases::case;
use crate::{LONG, Stage, click, log};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dialogs_are_answered_and_popups_followed() {
    let stage = Stage::new().await;
    let page = stage.open("/dialogs.html").await;
    let context = page.context();
    case("dismissed by default", async {
        let dialog = page.expect_dialog();
        click(&page, "#alert").await;
        let dialog = dialog.within(LONG).await.unwrap();
        assert_eq!((dialog.kind.as_str(), dialog.message.as_str(), dialog.accepted), ("alert", "Hello", Some(false)));
        click(&page, "#confirm").await;
        assert_eq!(log(&page).await, "confirm false");
        click(&page, "#prompt").await;
        assert_eq!(log(&page).await, "prompt null");
    })
    .await;
    case("accepted, with and without a text", async {
        context.set_dialog_policy(DialogPolicy::Accept(None));
        click(&page, "#confirm").await;
        assert_eq!(log(&page).await, "confirm true");
        click(&page, "#prompt").await;
        assert_eq!(log(&page).await, "prompt nobody");
        context.set_dialog_policy(DialogPolicy::Accept(Some("Ana".to_owned())));
        click(&page, "#prompt").await;
        assert_eq!(log(&page).await, "prompt Ana");
    })
    .await;
    case("left to the caller", async {
        context.set_dialog_policy(DialogPolicy::Ask);
        let dialog = page.expect_dialog();
        let answer = async {
            assert_eq!(dialog.within(LONG).await.unwrap().default_text.as_deref(), Some("nobody"));
            page.answer_dialog(true, Some("Eva")).await.unwrap();
        };
        tokio::join!(click(&page, "#prompt"), answer);
        assert_eq!(log(&page).await, "prompt Eva");
        context.set_dialog_policy(DialogPolicy::Dismiss);
    })
    .await;
    case("leaving a page that objects", async {
        click(&page, "#leave").await;
        page.goto(&stage.site.url("/dialogs.html"), LoadState::Load, LONG).await.unwrap();
        assert_eq!(log(&page).await, "-");
    })
    .await;
    case("storm is ended", async {
        let storm = page.expect("the storm", |event| match event {
            PageEvent::DialogStorm { count } => Some(*count),
            _ => None,
        });
        // Each dialog takes the browser its time, a second on a busy machine.
        page.locator("#storm").unwrap().click(&ClickOptions::default(), LONG * 4).await.unwrap();
        assert_eq!(storm.within(LONG * 4).await.unwrap(), 20);
        page.goto(&stage.site.url("/shop.html"), LoadState::Load, LONG).await.unwrap();
        assert_eq!(page.title().await.unwrap(), "Shop");
    })
    .await;
    case("popup is a page of the context", async {
        let page = stage.open("/dialogs.html").await;
        let popup = page.expect_popup();
        click(&page, "#popup").await;
        let popup = page.context().page(&popup.within(LONG).await.unwrap()).await.unwrap();
        popup.locator("#which").unwrap().with_text("I am popup").wait_for(argos_cdp::Wait::Visible, LONG).await.unwrap();
        assert_eq!(page.context().pages().len(), 2);
        popup.close().await.unwrap();
        assert_eq!(page.context().pages().len(), 1);
    })
    .await;
    case("console and errors of scripts", async {
        let page = stage.open("/dialogs.html").await;
        let line = page.expect("the line", |event| match event {
            PageEvent::Console(message) if message.text.starts_with("half") => Some(message.clone()),
            _ => None,
        });
        page.evaluate::<Value>("void (console.warn('half \\ud83d', { a: 1 }, 7), setTimeout(() => { throw new Error('boom') }))")
            .await
            .unwrap();
        let line = line.within(LONG).await.unwrap();
        assert_eq!((line.kind.as_str(), line.text.as_str()), ("warning", "half \u{FFFD} Object 7"));
        page.wait_for_function("true", LONG).await.unwrap();
        page.evaluate::<Value>("fetch('/status').then(() => null)").await.unwrap();
        let errors = page.script_errors();
        assert!(errors[0].message.starts_with("Error: boom"), "{errors:?}");
        assert!(page.console().iter().any(|message| message.text.contains("503")), "{:?}", page.console());
        let error = page.evaluate::<Value>("nobody.there").await.unwrap_err();
        assert!(error.to_string().starts_with("the script failed: ReferenceError: nobody is not defined"), "{error}");
    })
    .await;
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_go_both_ways() {
    let stage = Stage::new().await;
    let dir = tempfile::tempdir().unwrap();
    let downloads = dir.path().join("downloads");
    std::fs::create_dir(&downloads).unwrap();
    let options = ContextOptions { downloads_dir: Some(downloads.clone()), download_bytes_max: Some(100_000), ..ContextOptions::default() };
    let page = stage.context(options).await.new_page().await.unwrap();
    page.goto(&stage.site.url("/files.html"), LoadState::Load, LONG).await.unwrap();
    let write = |name: &str| -> PathBuf {
        let path = dir.path().join(name);
        std::fs::write(&path, format!("<{name}>")).unwrap();
        path
    };
    case("upload, hostile names too", async {
        let names = ["plain.txt", "ünï 😀.txt", "; rm -rf $(x) `y` 'q' \"d\".txt", "-rf", "line\nbreak"];
        let files: Vec<PathBuf> = names.iter().map(|name| write(name)).collect();
        page.locator("#many").unwrap().upload(&files, LONG).await.unwrap();
        let expected = names.map(|name| format!("{name}=<{name}>")).join("|");
        page.wait_for_function("log.textContent.includes('break>')", LONG).await.unwrap();
        assert_eq!(log(&page).await.replace(['\r', '\n'], " "), expected.replace('\n', " "));
        page.locator("label=One").unwrap().upload(&files[..1], LONG).await.unwrap();
        page.wait_for_function("log.textContent === 'plain.txt=<plain.txt>'", LONG).await.unwrap();
        page.locator("label=One").unwrap().upload(&[], LONG).await.unwrap();
        page.wait_for_function("one.files.length === 0", LONG).await.unwrap();
    })
    .await;
    case("page that asks for a file of its own accord", async {
        page.intercept_file_choosers().await.unwrap();
        let chooser = page.expect("the chooser", |event| match event {
            PageEvent::FileChooserOpened(chooser) => Some(chooser.clone()),
            _ => None,
        });
        click(&page, "#ask").await;
        let chooser = chooser.within(LONG).await.unwrap();
        let files = [write("a.txt"), write("b.txt")];
        assert_eq!(page.choose_files(&chooser, &files).await.unwrap_err().to_string(), "the page takes one file");
        page.choose_files(&chooser, &files[1..]).await.unwrap();
        page.wait_for_function("log.textContent === 'asked b.txt'", LONG).await.unwrap();
    })
    .await;
    case("upload that cannot be", async {
        let missing = page.locator("#one").unwrap().upload(&[dir.path().join("missing")], LONG).await.unwrap_err();
        assert!(missing.to_string().ends_with("missing is not a file"), "{missing}");
        let file = write("x.txt");
        assert!(matches!(page.locator("#download").unwrap().upload(&[file], LONG).await.unwrap_err(), CdpError::Invalid(_)));
    })
    .await;
    for (link, name, bytes) in [("#download", "report.txt", 1000), ("#hostile", "evil.sh", 10), ("#blob", "made.txt", 9)] {
        case(&format!("download {link}"), async {
            let download = page.expect_download();
            click(&page, link).await;
            let download = download.within(LONG).await.unwrap();
            assert_eq!(download.state, DownloadState::Completed);
            // The browser writes underscores for separators on its own.
            assert!(download.suggested_name.ends_with(name), "{}", download.suggested_name);
            assert!(!download.suggested_name.contains(['/', '\\']));
            assert_eq!(std::fs::read(downloads.join(&download.guid)).unwrap().len(), bytes);
        })
        .await;
    }
    case("address that is a download", async {
        let download = page.expect_download();
        let navigation = page.goto(&stage.site.url("/download?name=a.txt&size=5"), LoadState::Load, LONG).await.unwrap();
        assert!(navigation.download);
        assert_eq!(download.within(LONG).await.unwrap().received_bytes, 5);
        assert_eq!(page.title().await.unwrap(), "Files");
    })
    .await;
    case("download that is too large does not stay", async {
        let download = page.expect_download();
        click(&page, "#big").await;
        let download = download.within(LONG).await.unwrap();
        assert_eq!(download.state, DownloadState::Canceled);
    })
    .await;
    case("without a directory there are no downloads", async {
        let page = stage.open("/files.html").await;
        let download = page.expect_download();
        click(&page, "#download").await;
        assert_eq!(download.within(LONG).await.unwrap().state, DownloadState::Canceled);
    })
    .await;
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn page_believes_in_its_device() {
    let stage = Stage::new().await;
    case("phone in Berlin at night", async {
        let options = ContextOptions {
            viewport: Some(Viewport::mobile(390, 844, 3.0)),
            user_agent: Some("Phone/1".to_owned()),
            locale: Some("de-DE".to_owned()),
            timezone: Some("Europe/Berlin".to_owned()),
            color_scheme: Some(ColorScheme::Dark),
            reduced_motion: true,
            geolocation: Some(Geolocation { latitude: 52.5, longitude: 13.4, accuracy_m: 10.0 }),
            permissions: vec!["geolocation".to_owned()],
            ..ContextOptions::default()
        };
        let context = stage.context(options).await;
        let page = context.new_page().await.unwrap();
        page.goto(&stage.site.url("/network.html"), LoadState::Load, LONG).await.unwrap();
        let told: Value = page
            .evaluate(
                "({ width: screen.width, scale: devicePixelRatio, touch: navigator.maxTouchPoints, agent: navigator.userAgent, language: navigator.language,
                    zone: Intl.DateTimeFormat().resolvedOptions().timeZone, number: (1234.5).toLocaleString(), dark: matchMedia('(prefers-color-scheme: dark)').matches,
                    still: matchMedia('(prefers-reduced-motion: reduce)').matches })",
            )
            .await
            .unwrap();
        let expected = serde_json::json!({ "width": 390, "scale": 3, "touch": 5, "agent": "Phone/1", "language": "de-DE",
            "zone": "Europe/Berlin", "number": "1.234,5", "dark": true, "still": true });
        assert_eq!(told, expected);
        let place = "new Promise((done, fail) => navigator.geolocation.getCurrentPosition((p) => done(p.coords.latitude), (e) => fail(new Error(e.message))))";
        assert!((page.evaluate::<f64>(place).await.unwrap() - 52.5).abs() < 1e-9);
        let echoed: String = page.evaluate("ask('/echo')").await.unwrap();
        assert!(echoed.contains("user-agent: Phone/1") && echoed.contains("accept-language: de-DE"), "{echoed}");
        page.set_viewport(&Viewport::desktop(800, 600)).await.unwrap();
        page.wait_for_function("innerWidth === 800 && devicePixelRatio === 1", LONG).await.unwrap();
        let second = context.new_page().await.unwrap();
        assert_eq!(second.evaluate::<String>("navigator.language").await.unwrap(), "de-DE");
    })
    .await;
    case("time zone that does not exist", async {
        let context = stage.context(ContextOptions { timezone: Some("Mars/Olympus".to_owned()), ..ContextOptions::default() }).await;
        let error = context.new_page().await.err().unwrap();
        assert!(error.to_string().contains("Emulation.setTimezoneOverride was refused"), "{error}");
    })
    .await;
    case("tap of a finger", async {
        let context = stage.context(ContextOptions { viewport: Some(Viewport::mobile(390, 844, 2.0)), ..ContextOptions::default() }).await;
        let page = context.new_page().await.unwrap();
        page.goto(&stage.site.url("/inner.html"), LoadState::Load, LONG).await.unwrap();
        page.locator("text=Inner button").unwrap().tap(&ClickOptions::default(), LONG).await.unwrap();
        page.locator("text=Inner clicked").unwrap().wait_for(argos_cdp::Wait::Visible, LONG).await.unwrap();
    })
    .await;
    case("script before every document, and none at all", async {
        let context = stage.context(ContextOptions::default()).await;
        context.add_init_script("globalThis.early = document.readyState;");
        let page = context.new_page().await.unwrap();
        page.goto(&stage.site.url("/frames.html"), LoadState::Load, LONG).await.unwrap();
        assert_eq!(page.evaluate::<String>("early").await.unwrap(), "loading");
        let context = stage.context(ContextOptions { javascript_disabled: true, ..ContextOptions::default() }).await;
        let page = context.new_page().await.unwrap();
        page.goto(&stage.site.url("/shop.html"), LoadState::Load, LONG).await.unwrap();
        assert_eq!(page.locator(".card").unwrap().count().await.unwrap(), 0);
    })
    .await;
    case("passkey without a device", async {
        let page = stage.page().await;
        let localhost = stage.site.url("/shop.html").replace("127.0.0.1", "localhost");
        page.goto(&localhost, LoadState::Load, LONG).await.unwrap();
        let keys = page.add_authenticator(AuthenticatorOptions::default()).await.unwrap();
        let made: String = page
            .evaluate(
                "navigator.credentials.create({ publicKey: { challenge: new Uint8Array(16), rp: { name: 'Shop' }, user: { id: new Uint8Array(4), name: 'ana', displayName: 'Ana' },
                    pubKeyCredParams: [{ type: 'public-key', alg: -7 }] } }).then((c) => c.type)",
            )
            .await
            .unwrap();
        assert_eq!((made.as_str(), keys.credentials().await.unwrap().len()), ("public-key", 1));
        keys.remove().await.unwrap();
    })
    .await;
    stage.browser.close().await;
}

/// Width and height out of the head of a PNG.
fn size(png: &[u8]) -> (u32, u32) {
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}

async fn next(film: &mut Screencast) -> Vec<u8> {
    film.next().await.unwrap().unwrap().image
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pictures_are_taken() {
    let stage = Stage::new().await;
    let context = stage.context(ContextOptions { viewport: Some(Viewport::desktop(500, 400)), ..ContextOptions::default() }).await;
    let page = context.new_page().await.unwrap();
    page.goto(&stage.site.url("/actionability.html"), LoadState::Load, LONG).await.unwrap();
    case("view, whole page, part and element", async {
        let take = async |what: Screenshot| page.screenshot(&what, LONG).await.unwrap();
        assert_eq!(size(&take(Screenshot::default()).await), (500, 400));
        let (width, height) = size(&take(Screenshot { full_page: true, ..Screenshot::default() }).await);
        assert!(width == 500 && height > 4000, "{width}x{height}");
        assert_eq!(size(&take(Screenshot { clip: Some((10.0, 3000.0, 30.0, 20.0)), ..Screenshot::default() }).await), (30, 20));
        page.main_frame().evaluate::<serde_json::Value>("scrollTo(0, 1000)").await.unwrap();
        let view = take(Screenshot { scale: Some(0.5), ..Screenshot::default() }).await;
        assert_eq!(size(&view), (250, 200));
        let bounds = page.locator("#scroller").unwrap().bounds(LONG).await.unwrap();
        let element = page.locator("#scroller").unwrap().screenshot(&Screenshot::default(), LONG).await.unwrap();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size in pixels")]
        let expected = (bounds.width as u32, bounds.height as u32);
        assert_eq!(size(&element), expected);
        assert_eq!(take(Screenshot { image: Image::Jpeg(70), ..Screenshot::default() }).await[..2], [0xFF, 0xD8]);
        assert_eq!(take(Screenshot { image: Image::Webp(70), ..Screenshot::default() }).await[..4], *b"RIFF");
        let error = page.screenshot(&Screenshot { clip: Some((0.0, 0.0, 0.0, 5.0)), ..Screenshot::default() }, LONG).await.unwrap_err();
        assert_eq!(error.to_string(), "clip: width and height must be more than 0");
        assert!(page.screenshot(&Screenshot { scale: Some(0.0), ..Screenshot::default() }, LONG).await.is_err());
    })
    .await;
    case("paper", async {
        let pdf = page.pdf(&Pdf { background: true, pages: Some("1".to_owned()), ..Pdf::default() }, LONG).await.unwrap();
        assert!(pdf.starts_with(b"%PDF-") && pdf.len() > 1000);
        assert!(page.pdf(&Pdf { pages: Some("99".to_owned()), ..Pdf::default() }, LONG).await.is_err());
    })
    .await;
    case("film", async {
        let mut film = page.screencast(&ScreencastOptions::default()).await.unwrap();
        let first = tokio::time::timeout(LONG, next(&mut film)).await.unwrap();
        assert_eq!(first[..2], [0xFF, 0xD8]);
        page.evaluate::<Value>("void (document.body.style.background = 'tomato')").await.unwrap();
        let changed = async { while next(&mut film).await == first {} };
        tokio::time::timeout(LONG, changed).await.unwrap();
    })
    .await;
    case("trees and traces", async {
        let tree = page.main_frame().accessibility_tree(LONG).await.unwrap();
        assert!(tree.iter().any(|node| node.role_text() == "button" && node.name_text() == "Far"));
        let snapshot = page.dom_snapshot(&["color"], LONG).await.unwrap();
        assert!(snapshot["strings"].as_array().unwrap().iter().any(|text| text == "Moving"));
        let tracing = stage.browser.start_tracing(&["devtools.timeline"]).await.unwrap();
        page.reload(LoadState::Load, LONG).await.unwrap();
        let trace = tracing.stop(64 << 20, LONG).await.unwrap();
        let trace: Value = serde_json::from_slice(&trace).unwrap();
        assert!(!trace["traceEvents"].as_array().unwrap().is_empty());
    })
    .await;
    assert_eq!(stage.browser.unreadable_messages(), 0);
    stage.browser.close().await;
}
