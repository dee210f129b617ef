//! Finding elements, waiting until they can be acted upon, and acting.

use std::time::Duration;

use argos_cdp::{CdpError, ClickOptions, LoadState, Target, Wait};

use crate::cases::case;
use crate::{CLICK, LONG, SHORT, Stage, at, click, log, text};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shop_is_used_as_a_person_would() {
    let stage = Stage::new().await;
    case("order with role, label, placeholder, test id and text", async {
        let page = stage.open("/shop.html").await;
        at(&page, "placeholder=find a product").fill("an", LONG).await.unwrap();
        assert_eq!(at(&page, ".card").count().await.unwrap(), 1);
        click(&page, "role=button[name=\"Add Banana\"]").await;
        at(&page, "label=Search").fill("", LONG).await.unwrap();
        click(&page, "testid=add-fig").await;
        click(&page, ".card:has-text(\"Cherry\") >> role=button").await;
        assert_eq!(text(&page, "role=status").await, "3 items");
        at(&page, "label=\"Name\"").fill("Ana \"Ñ\" <b>", LONG).await.unwrap();
        at(&page, "name=email").fill("ana@example.org", LONG).await.unwrap();
        assert_eq!(at(&page, "label=Country").select(&["Spain"], LONG).await.unwrap(), ["es"]);
        click(&page, "text=Place order").await;
        at(&page, "text=Accept the terms first").wait_for(Wait::Visible, LONG).await.unwrap();
        at(&page, "role=checkbox[name=\"I accept the terms\"]").check(LONG).await.unwrap();
        click(&page, "\"Place order\"").await;
        let thanks = at(&page, "role=alert").with_text("Thank you");
        thanks.wait_for(Wait::Visible, LONG).await.unwrap();
        assert_eq!(thanks.text(LONG).await.unwrap(), "Thank you, Ana \"Ñ\" <b> (es): Banana, Fig, Cherry");
    })
    .await;
    case("link leads to another document", async {
        let page = stage.open("/shop.html").await;
        click(&page, "role=link[name=shop]").await;
        page.wait_for_url(|url| url.ends_with("/spa.html"), LONG).await.unwrap();
        at(&page, "role=heading[name=\"Page home\"]").wait_for(Wait::Visible, LONG).await.unwrap();
    })
    .await;
    case("routes of a single page application", async {
        let page = stage.open("/spa.html").await;
        click(&page, "text=About").await;
        click(&page, "role=button[name=\"Click about\"]").await;
        at(&page, "text=Clicked about").wait_for(Wait::Visible, LONG).await.unwrap();
        click(&page, "text=Slow").await;
        click(&page, "text=Click slow").await;
        assert!(page.go_back(LoadState::Commit, LONG).await.unwrap());
        click(&page, "text=Click about").await;
        assert!(page.url().ends_with("page=about"));
        assert!(page.go_forward(LoadState::Commit, LONG).await.unwrap());
        page.wait_for_function("document.title === 'SPA slow'", LONG).await.unwrap();
        assert!(!page.go_forward(LoadState::Load, LONG).await.unwrap());
    })
    .await;
    case("row of a virtual list far below", async {
        let page = stage.open("/list.html").await;
        at(&page, "#list").scroll_by(0.0, 150_000.0, LONG).await.unwrap();
        click(&page, "\"Row 5004\"").await;
        assert_eq!(log(&page).await, "Row 5004");
        assert!(at(&page, "#list button").count().await.unwrap() < 30);
    })
    .await;
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn actions_wait_until_they_can_be_done() {
    let stage = Stage::new().await;
    let waits = [
        ("hidden button that appears", "late()", "#late", "clicked late"),
        ("disabled button that is enabled", "enable()", "#disabled", "clicked disabled"),
        ("covered button that is uncovered", "uncover()", "#covered", "clicked covered"),
        ("button that moves and comes to rest", "move()", "#moving", "clicked moving"),
        ("button that is not there yet", "grow()", "#born", "clicked born"),
        ("button that is replaced all the time", "replace()", "#replaced", "clicked replaced"),
        ("overlay that slips in at the last moment", "slip()", "#moving", "clicked moving"),
        ("button far below", "late()", "#far", "clicked far"),
        ("button in a box that scrolls", "late()", "#inside", "clicked inside"),
        ("button found by its role that appears", "late()", "role=button[name=\"Late\"]", "clicked late"),
    ];
    for (name, command, selector, said) in waits {
        case(name, async {
            let page = stage.open("/actionability.html").await;
            page.evaluate::<serde_json::Value>(&format!("void commands.{command}")).await.unwrap();
            click(&page, selector).await;
            assert_eq!(log(&page).await, said);
        })
        .await;
    }
    let refusals = [
        ("button that stays disabled", "#disabled", "is not enabled"),
        ("button of a disabled fieldset", "#in-fieldset", "is not enabled"),
        ("button that says it is disabled", "#aria", "is not enabled"),
        ("button that stays hidden", "#late", "is not visible"),
        ("button that stays covered", "#hopeless", "is covered by <div id=\"forever\" class=\"veil\">"),
    ];
    for (name, selector, why) in refusals {
        case(name, async {
            let page = stage.open("/actionability.html").await;
            let error = at(&page, selector).click(&CLICK, SHORT).await.unwrap_err();
            assert_eq!(error.to_string(), format!("{selector} is there, but after 700 ms it still {why}"));
            assert_eq!(log(&page).await, "-");
        })
        .await;
    }
    case("two buttons where one is meant", async {
        let page = stage.open("/actionability.html").await;
        let CdpError::Ambiguous { count, candidates, .. } = at(&page, "text=Save").click(&CLICK, SHORT).await.unwrap_err() else {
            panic!()
        };
        assert_eq!(
            (count, candidates),
            (2, vec!["<button class=\"save\">Save".to_owned(), "<button id=\"second\" class=\"save\">Save".to_owned()])
        );
        assert!(matches!(at(&page, "role=button[name=\"Save\"]").click(&CLICK, SHORT).await.unwrap_err(), CdpError::Ambiguous { .. }));
        at(&page, "text=Save").nth(1).click(&CLICK, LONG).await.unwrap();
        assert_eq!(log(&page).await, "clicked second");
        at(&page, "text=Save").strict(false).click(&CLICK, LONG).await.unwrap();
        assert_eq!(log(&page).await, "clicked ");
        click(&page, "role=button[name=\"Save\"] >> nth=-1").await;
        assert_eq!(log(&page).await, "clicked second");
    })
    .await;
    case("nothing there is told with the selector", async {
        let page = stage.open("/actionability.html").await;
        for selector in ["#nobody", "role=slider"] {
            let error = at(&page, selector).click(&CLICK, SHORT).await.unwrap_err();
            assert_eq!(error.to_string(), format!("no element is {selector} after 700 ms"));
        }
        let error = at(&page, "a[").click(&CLICK, LONG).await.unwrap_err();
        assert_eq!(error.to_string(), "a[: 'a[' is not a valid selector.");
    })
    .await;
    case("force does not wait", async {
        let page = stage.open("/actionability.html").await;
        at(&page, "#hopeless").click(&ClickOptions { force: true, ..CLICK }, LONG).await.unwrap();
        assert_eq!(log(&page).await, "-");
    })
    .await;
    case("hover opens a menu", async {
        let page = stage.open("/actionability.html").await;
        at(&page, "#menu-opener").hover(&CLICK, LONG).await.unwrap();
        click(&page, "#menu").await;
        assert_eq!(log(&page).await, "clicked menu");
    })
    .await;
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn states_are_waited_for() {
    let stage = Stage::new().await;
    case("visible, hidden, attached, detached", async {
        let page = stage.open("/actionability.html").await;
        at(&page, "#late").wait_for(Wait::Hidden, LONG).await.unwrap();
        at(&page, "#late").wait_for(Wait::Attached, LONG).await.unwrap();
        page.evaluate::<serde_json::Value>("void (commands.late(), commands.uncover())").await.unwrap();
        at(&page, "#late").wait_for(Wait::Visible, LONG).await.unwrap();
        at(&page, "#cover").wait_for(Wait::Detached, LONG).await.unwrap();
        at(&page, "#cover").wait_for(Wait::Hidden, LONG).await.unwrap();
        let error = at(&page, "#far").wait_for(Wait::Detached, SHORT).await.unwrap_err();
        assert_eq!(error.to_string(), "#far is there, but after 700 ms it still is not detached");
        let error = at(&page, "#cover").wait_for(Wait::Visible, SHORT).await.unwrap_err();
        assert_eq!(error.to_string(), "no element is #cover after 700 ms");
    })
    .await;
    case("states of what a role names", async {
        let page = stage.open("/actionability.html").await;
        page.evaluate::<serde_json::Value>("void commands.grow()").await.unwrap();
        at(&page, "role=button[name=\"Born\"]").wait_for(Wait::Visible, LONG).await.unwrap();
        page.evaluate::<serde_json::Value>("void setTimeout(() => born.remove(), 200)").await.unwrap();
        at(&page, "role=button[name=\"Born\"]").wait_for(Wait::Detached, LONG).await.unwrap();
        let disabled = at(&page, "role=button[disabled]").texts().await.unwrap();
        assert!(disabled.contains(&"Disabled".to_owned()) && !disabled.contains(&"Far".to_owned()), "{disabled:?}");
    })
    .await;
    case("function over a navigation", async {
        let page = stage.open("/spa.html").await;
        let shop = stage.site.url("/shop.html");
        page.evaluate::<serde_json::Value>(&format!("void setTimeout(() => location.href = '{shop}', 200)")).await.unwrap();
        page.wait_for_function("document.title === 'Shop'", LONG).await.unwrap();
        let error = page.wait_for_function("false", SHORT).await.unwrap_err();
        assert_eq!(error.to_string(), "the condition took longer than 700 ms");
        assert!(matches!(page.wait_for_function("nobody.there", LONG).await.unwrap_err(), CdpError::Script(_)));
    })
    .await;
    case("action over a navigation", async {
        let page = stage.open("/spa.html").await;
        let shop = stage.site.url("/shop.html");
        page.evaluate::<serde_json::Value>(&format!("void setTimeout(() => location.href = '{shop}', 200)")).await.unwrap();
        click(&page, "testid=add-date").await;
        assert_eq!(text(&page, "#cart").await, "1 items");
    })
    .await;
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn selectors_find_what_they_name() {
    let stage = Stage::new().await;
    let page = stage.open("/forms.html").await;
    for (selector, found) in [
        ("text=grüße", "Grüße 👋🏽"),
        ("text=مرحبا", "مرحبا بالعالم"),
        ("text=much white space", "much white space"),
        ("\"Second item\"", "Second item"),
        ("li:has-text(\"third\")", "Third item"),
        ("ul >> li >> nth=-1", "Third item"),
        ("ul >> nth=0 >> text=First", "First item"),
        ("//li[2]", "Second item"),
        ("xpath=(//li)[1]", "First item"),
        ("title=world wide", "WWW"),
        ("id=emoji", "Grüße 👋🏽"),
        ("li:visible >> nth=1", "Second item"),
        ("Second item", "Second item"),
        ("role=button", "Send"),
        ("role=listitem >> nth=1", "Second item"),
        ("role=list >> role=listitem >> nth=2", "Third item"),
        ("css=ul > li:first-child", "First item"),
    ] {
        case(selector, async { assert_eq!(text(&page, selector).await, found) }).await;
    }
    case("alternative text, counts and attributes", async {
        assert_eq!(at(&page, "alt=cat").attribute("width", LONG).await.unwrap().as_deref(), Some("20"));
        assert_eq!(at(&page, "alt=cat").attribute("nothing", LONG).await.unwrap(), None);
        assert_eq!(at(&page, "li").count().await.unwrap(), 3);
        assert_eq!(at(&page, "video").count().await.unwrap(), 0);
        assert_eq!(at(&page, "li").texts().await.unwrap(), ["First item", "Second item", "Third item"]);
        assert_eq!(at(&page, "#keys").style("display", LONG).await.unwrap(), "block");
        assert!(at(&page, "#emoji").html(LONG).await.unwrap().starts_with("<p id=\"emoji\">"));
        assert!(at(&page, "#emoji").bounds(LONG).await.unwrap().width > 100.0);
    })
    .await;
    let page = stage.open("/shadow.html").await;
    case("through open shadow roots", async {
        at(&page, "label=Deep name").fill("you", LONG).await.unwrap();
        assert_eq!(text(&page, "output").await, "Hello you");
        click(&page, "my-panel button.inner").await;
        assert_eq!(text(&page, "role=button").await, "Pressed");
        assert_eq!(text(&page, "my-panel >> my-field >> output").await, "Hello you");
        assert_eq!(at(&page, "text=Slotted text").count().await.unwrap(), 1);
        at(&page, "role=textbox[name=\"Deep name\"]").fill("me", LONG).await.unwrap();
        assert_eq!(text(&page, "my-panel my-field output").await, "Hello me");
    })
    .await;
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn elements_named_in_other_scripts_and_directions_are_found_and_used() {
    const BODY: &str = r#"<div dir="rtl" lang="ar"><button id="حفظ" data-testid="زر-الحفظ">حفظ الطلب</button><label>الاسم <input id="field"></label></div>
        <button dir="rtl" aria-label="שמור הזמנה">✓</button><button title="日本語">保存する</button><button id="👍" class="дело">Готово ✅</button><button>e&#x301;te&#x301;</button>"#;
    let stage = Stage::new().await;
    let page = stage.open("/forms.html").await;
    let body = serde_json::to_string(BODY).unwrap();
    let filled =
        format!("void (document.body.innerHTML = {body}, document.onclick = (event) => {{ window.said = event.target.textContent; }})");
    page.evaluate::<serde_json::Value>(&filled).await.unwrap();
    for (selector, said) in [
        ("text=حفظ", "حفظ الطلب"),
        ("role=button[name=\"حفظ الطلب\"]", "حفظ الطلب"),
        ("testid=زر-الحفظ", "حفظ الطلب"),
        ("#حفظ", "حفظ الطلب"),
        ("[dir=rtl] button:has-text(\"الطلب\")", "حفظ الطلب"),
        ("role=button[name=\"שמור הזמנה\"]", "✓"),
        ("label=שמור", "✓"),
        ("title=日本語", "保存する"),
        ("//button[contains(., '保存')]", "保存する"),
        ("text=\"保存する\"", "保存する"),
        ("id=👍", "Готово ✅"),
        (".дело", "Готово ✅"),
        ("text=ГОТОВО", "Готово ✅"),
        ("text=\"e\u{301}te\u{301}\"", "e\u{301}te\u{301}"),
    ] {
        case(selector, async {
            click(&page, selector).await;
            assert_eq!(page.evaluate::<String>("said").await.unwrap(), said, "{selector}");
        })
        .await;
    }
    case("field of the other direction takes what is written", async {
        at(&page, "label=الاسم").fill("مرحبا 123 שלום", LONG).await.unwrap();
        at(&page, "role=textbox[name=\"الاسم\"]").type_text(" بك", Duration::ZERO, LONG).await.unwrap();
        assert_eq!(at(&page, "#field").value(LONG).await.unwrap().as_deref(), Some("مرحبا 123 שלום بك"));
    })
    .await;
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_of_this_and_of_another_origin_are_entered() {
    let stage = Stage::new().await;
    for (frame, said) in [("#same", "I am same"), ("#cross", "I am cross"), ("iframe[name=cross]", "I am cross")] {
        case(&format!("frame {frame}"), async {
            let page = stage.open("/frames.html").await;
            let inside = |selector: &str| at(&page, &format!("frame={frame} >> {selector}"));
            assert_eq!(inside("#which").text(LONG).await.unwrap(), said);
            inside("role=button[name=\"Inner button\"]").click(&CLICK, LONG).await.unwrap();
            inside("text=Inner clicked").wait_for(Wait::Visible, LONG).await.unwrap();
            inside("label=Inner name").fill("ünï", LONG).await.unwrap();
            assert_eq!(inside("#name").value(LONG).await.unwrap().as_deref(), Some("ünï"));
            inside("#name").type_text("!", Duration::ZERO, LONG).await.unwrap();
            assert_eq!(inside("#name").value(LONG).await.unwrap().as_deref(), Some("ünï!"));
            inside("#below").click(&CLICK, LONG).await.unwrap();
            assert_eq!(inside("#below").text(LONG).await.unwrap(), "Below clicked");
        })
        .await;
    }
    case("frame of another origin is a process of its own", async {
        let page = stage.open("/frames.html").await;
        at(&page, "frame=#cross >> #which").wait_for(Wait::Visible, LONG).await.unwrap();
        assert!(page.attached().iter().any(|(kind, _)| kind == "iframe"), "{:?}", page.attached());
        let cross = page.find_frame(|name, _| name == "cross").unwrap();
        assert_eq!(cross.evaluate::<String>("document.title").await.unwrap(), "Inner");
        cross.goto(&stage.site.url("/inner.html?moved"), LoadState::Load, LONG).await.unwrap();
        assert_eq!(cross.evaluate::<String>("which.textContent").await.unwrap(), "I am moved");
        at(&page, "frame=#cross >> #which").wait_for(Wait::Visible, LONG).await.unwrap();
    })
    .await;
    case("frame that is silent is left out of the whole page", async {
        let page = stage.open("/frames.html").await;
        at(&page, "frame=#cross >> #which").wait_for(Wait::Visible, LONG).await.unwrap();
        let cross = page.find_frame(|name, _| name == "cross").unwrap();
        let busy = tokio::time::timeout(SHORT, cross.evaluate::<serde_json::Value>("(() => { for (;;); })()")).await;
        assert!(busy.is_err(), "{busy:?}");
        let say = "function (count, ...given) { return `${document.title} ${location.search} ${given.filter((text) => typeof text === 'string')}`; }";
        let told = page.tell_whole(say, &|text| text, Duration::from_secs(6)).await.unwrap();
        assert!(told.starts_with("Frames") && !told.contains("cross"), "{told}");
    })
    .await;
    case("frame that goes away and comes back", async {
        let page = stage.open("/frames.html").await;
        page.evaluate::<serde_json::Value>("void (document.getElementById('same').remove(), setTimeout(() => document.body.insertAdjacentHTML('beforeend', '<iframe id=same src=/inner.html?back></iframe>'), 200))").await.unwrap();
        assert_eq!(text(&page, "frame=#same >> #which").await, "I am back");
        assert_eq!(page.frames().len(), 3);
    })
    .await;
    case("element that is no frame is told", async {
        let page = stage.open("/frames.html").await;
        let error = at(&page, "frame=h1 >> a").click(&CLICK, SHORT).await.unwrap_err();
        assert_eq!(error.to_string(), "frame=h1 >> a: h1 is no frame");
    })
    .await;
    stage.browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn things_are_dragged() {
    let stage = Stage::new().await;
    case("drag and drop of the browser", async {
        let page = stage.open("/drag.html").await;
        at(&page, "#item").drag_to(&Target::Element(at(&page, "#to")), LONG).await.unwrap();
        at(&page, "#to >> #item").wait_for(Wait::Attached, LONG).await.unwrap();
        assert_eq!(page.title().await.unwrap(), "Dropped");
    })
    .await;
    case("knob that follows the pointer", async {
        let page = stage.open("/drag.html").await;
        at(&page, "#knob").drag_to(&Target::Offset(150.0, 0.0), LONG).await.unwrap();
        assert_eq!(at(&page, "#knob").style("left", LONG).await.unwrap(), "170px");
    })
    .await;
    case("wheel scrolls", async {
        let page = stage.open("/actionability.html").await;
        page.mouse_move(400.0, 100.0).await.unwrap();
        page.wheel(0.0, 500.0).await.unwrap();
        page.wait_for_function("scrollY > 400", LONG).await.unwrap();
    })
    .await;
    stage.browser.close().await;
}
