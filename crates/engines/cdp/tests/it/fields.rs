//! Fields, boxes, lists and keys.

use std::time::Duration;

use argos_cdp::{CdpError, ClickOptions, Modifiers};

use crate::cases::case;
use crate::{CLICK, LONG, SHORT, Stage, at, log, text};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fields_take_what_is_given() {
    let stage = Stage::new().await;
    let page = stage.open("/forms.html").await;
    let value = async |selector: &str| at(&page, selector).value(LONG).await.unwrap().unwrap();
    for (selector, given, kept) in [
        ("#text", "naïve 😀 مرحبا", "naïve 😀 مرحبا"),
        ("#text", "", ""),
        ("#short", "abcdef", "abc"),
        ("#area", "two\nlines", "two\nlines"),
        ("#number", "-12.5", "-12.5"),
        ("#mail", "a@b.org", "a@b.org"),
        ("#date", "2026-02-28", "2026-02-28"),
        ("#range", "7", "7"),
        ("#color", "#A0B0C0", "#a0b0c0"),
    ] {
        case(&format!("fill {selector} with {given:?}"), async {
            at(&page, selector).fill(given, LONG).await.unwrap();
            assert_eq!(value(selector).await, kept);
        })
        .await;
    }
    case("fill an editable element", async {
        at(&page, "label=Rich").fill("new text", LONG).await.unwrap();
        assert_eq!(text(&page, "#rich").await, "new text");
    })
    .await;
    case("events of filling are the browser's own", async {
        page.evaluate::<i64>("events.length = 0").await.unwrap();
        at(&page, "#text").fill("x", LONG).await.unwrap();
        let events: Vec<String> = page.evaluate("events").await.unwrap();
        assert!(events.contains(&"input:text:true".to_owned()), "{events:?}");
    })
    .await;
    for (selector, given, why) in [
        ("#number", "many", "#number: an input of type number does not take \"many\""),
        ("#date", "31.12.", "#date: an input of type date does not take \"31.12.\""),
        ("#box", "x", "#box: an input of type checkbox cannot be filled"),
    ] {
        case(&format!("refuse {given:?} for {selector}"), async {
            let error = at(&page, selector).fill(given, SHORT).await.unwrap_err().to_string();
            assert!(error == why || error.ends_with("is not editable"), "{error}");
        })
        .await;
    }
    case("read-only field is not editable", async {
        let error = at(&page, "#fixed").fill("x", SHORT).await.unwrap_err().to_string();
        assert!(error.ends_with("it still is not editable"), "{error}");
    })
    .await;
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_boxes_and_lists_obey() {
    let stage = Stage::new().await;
    let page = stage.open("/forms.html").await;
    let value = async |selector: &str| at(&page, selector).value(LONG).await.unwrap().unwrap();
    case("type key by key", async {
        at(&page, "#text").clear(LONG).await.unwrap();
        page.evaluate::<i64>("events.length = 0").await.unwrap();
        at(&page, "#text").type_text("Ab é!", Duration::ZERO, LONG).await.unwrap();
        assert_eq!(value("#text").await, "Ab é!");
        let keys: Vec<String> = page.evaluate("events.filter((e) => e.startsWith('keydown'))").await.unwrap();
        assert_eq!(keys, ["keydown:text:A:true", "keydown:text:b:true", "keydown:text: :true", "keydown:text:!:true"]);
    })
    .await;
    case("press chords", async {
        at(&page, "#text").fill("replace me", LONG).await.unwrap();
        at(&page, "#text").press("Control+A", LONG).await.unwrap();
        page.press("Backspace").await.unwrap();
        page.press("Shift+x").await.unwrap();
        assert_eq!(value("#text").await, "X");
        at(&page, "#text").press("Enter", LONG).await.unwrap();
        assert_eq!(log(&page).await, "submitted");
    })
    .await;
    case("tab moves the focus", async {
        at(&page, "#text").focus(LONG).await.unwrap();
        page.press("Tab").await.unwrap();
        assert!(at(&page, "#short").state(LONG).await.unwrap().focused);
        at(&page, "#short").blur(LONG).await.unwrap();
        assert!(!at(&page, "#short").state(LONG).await.unwrap().focused);
    })
    .await;
    case("check and uncheck are idempotent", async {
        for selector in ["#box", "#switch", "role=checkbox[name=\"Box\"]"] {
            at(&page, selector).check(LONG).await.unwrap();
            at(&page, selector).check(LONG).await.unwrap();
            assert_eq!(at(&page, selector).state(LONG).await.unwrap().checked, Some(true));
            at(&page, selector).uncheck(LONG).await.unwrap();
            at(&page, selector).uncheck(LONG).await.unwrap();
            assert_eq!(at(&page, selector).state(LONG).await.unwrap().checked, Some(false));
        }
        at(&page, "label=Two").check(LONG).await.unwrap();
        assert_eq!(at(&page, "#r2").state(LONG).await.unwrap().checked, Some(true));
    })
    .await;
    case("box that does not obey", async {
        let error = at(&page, "label=Stubborn").check(SHORT).await.unwrap_err().to_string();
        assert!(error.ends_with("it still is not checked after the click"), "{error}");
        assert!(matches!(at(&page, "#text").check(SHORT).await.unwrap_err(), CdpError::Invalid(_)));
    })
    .await;
    case("choose by value, label and index", async {
        let list = at(&page, "label=List");
        assert_eq!(list.select(&["b"], LONG).await.unwrap(), ["b"]);
        assert_eq!(list.select(&["Alpha"], LONG).await.unwrap(), ["a"]);
        assert_eq!(list.select(&["index=1"], LONG).await.unwrap(), ["b"]);
        assert_eq!(at(&page, "#many").select(&["x", "z"], LONG).await.unwrap(), ["x", "z"]);
        assert_eq!(value("#many").await, "x,z");
        let error = list.select(&["Gamma"], SHORT).await.unwrap_err().to_string();
        assert_eq!(error, "label=List is there, but after 700 ms it still has no option \"Gamma\"");
    })
    .await;
    case("double and right click", async {
        page.evaluate::<i64>("events.length = 0").await.unwrap();
        at(&page, "#keys").double_click(&CLICK, LONG).await.unwrap();
        at(&page, "#keys").right_click(&CLICK, LONG).await.unwrap();
        let events: Vec<String> = page.evaluate("events.filter((e) => /dblclick|contextmenu/.test(e))").await.unwrap();
        assert_eq!(events, ["dblclick:keys:true", "contextmenu:keys:true"]);
    })
    .await;
    case("click at a place with a key held", async {
        page.evaluate::<serde_json::Value>("void (keys.onclick = (e) => { log.textContent = [e.offsetX, e.offsetY, e.shiftKey].join() })")
            .await
            .unwrap();
        let options = ClickOptions { position: Some((5.0, 7.0)), modifiers: Modifiers::SHIFT, ..CLICK };
        at(&page, "#keys").click(&options, LONG).await.unwrap();
        assert_eq!(log(&page).await, "5,7,true");
    })
    .await;
    stage.browser.close().await;
}
