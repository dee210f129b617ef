use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{ConvertOptions, TabTurn, convert, interactions, mask, turn_to_tab};

#[expect(clippy::needless_pass_by_value, reason = "events are easier to read when they are written in place")]
fn element(id: i64, tag: &str, attributes: Value, children: Vec<Value>) -> Value {
    json!({ "id": id, "type": 2, "tagName": tag, "attributes": attributes, "childNodes": children })
}

fn text(id: i64, content: &str) -> Value {
    json!({ "id": id, "type": 3, "textContent": content })
}

fn page() -> Value {
    let body = element(
        3,
        "body",
        json!({}),
        vec![
            element(
                10,
                "label",
                json!({}),
                vec![text(11, "E-mail "), element(12, "input", json!({ "type": "email", "name": "email" }), vec![])],
            ),
            element(13, "input", json!({ "type": "password", "data-testid": "password" }), vec![]),
            element(
                14,
                "label",
                json!({}),
                vec![element(15, "input", json!({ "type": "checkbox", "name": "keep" }), vec![]), text(16, " Remember me")],
            ),
            element(17, "select", json!({ "id": "country" }), vec![]),
            element(18, "button", json!({ "class": "btn" }), vec![element(19, "span", json!({}), vec![text(20, "Save")])]),
            element(21, "button", json!({ "class": "btn" }), vec![text(22, "Save")]),
            element(23, "input", json!({ "name": "q" }), vec![]),
        ],
    );
    json!({ "id": 1, "type": 0, "childNodes": [element(2, "html", json!({}), vec![body])] })
}

#[expect(clippy::needless_pass_by_value, reason = "events are easier to read when they are written in place")]
fn event(kind: i64, at: i64, data: Value) -> Value {
    json!({ "type": kind, "timestamp": at, "data": data })
}

fn input(at: i64, id: i64, text: &str, checked: bool) -> Value {
    event(3, at, json!({ "source": 5, "id": id, "text": text, "isChecked": checked }))
}

fn click(at: i64, id: i64) -> Value {
    event(3, at, json!({ "source": 2, "type": 2, "id": id, "x": 1, "y": 1 }))
}

fn lines(events: &[Value], options: &ConvertOptions) -> Vec<String> {
    convert(events, options)
        .steps
        .iter()
        .map(|recorded| {
            let value = recorded.step.value.as_ref().map(crate::text::plain).unwrap_or_default();
            format!("{} {} {value}", recorded.step.action, recorded.step.target.as_deref().unwrap_or_default()).trim().replace("  ", " ")
        })
        .collect()
}

#[test]
fn what_a_person_did_becomes_steps() {
    let events = [
        event(4, 0, json!({ "href": "http://a.test/login?x=1", "width": 800, "height": 600 })),
        event(2, 1, json!({ "node": page() })),
        click(100, 12),
        input(150, 12, "a", false),
        input(200, 12, "ana@example.org", false),
        input(300, 13, "****", false),
        click(350, 15),
        input(351, 15, "on", true),
        input(400, 17, "es", false),
        event(
            3,
            410,
            json!({ "source": 0, "removes": [{ "parentId": 3, "id": 21 }], "adds": [{ "parentId": 3, "nextId": 18, "node": { "id": 30, "tagName": "button", "type": 2, "attributes": { "id": "new" } } }] }),
        ),
        click(450, 19),
        event(4, 600, json!({ "href": "http://a.test/home" })),
        event(2, 601, json!({ "node": page() })),
        input(700, 23, "fruit", false),
        event(4, 1200, json!({ "href": "http://a.test/search?q=fruit" })),
        event(2, 1201, json!({ "node": page() })),
        click(4201, 18),
    ];
    assert_eq!(
        lines(&events, &ConvertOptions::default()),
        [
            "goto http://a.test/login?x=1",
            "fill role=textbox[name=\"E-mail\"] {{test_email}}",
            "fill testid=\"password\" {{test_password}}",
            "check role=checkbox[name=\"Remember me\"]",
            "select id=\"country\" es",
            "click role=button[name=\"Save\"]",
            "wait_for_url /home",
            "fill input[name=\"q\"] fruit",
            "press_key input[name=\"q\"] Enter",
            "wait_for_url /search",
            "wait 3001",
            "click //html/body/button[1]",
        ]
    );
    let converted = convert(&events, &ConvertOptions { include_waits: false, generalize: false, ..ConvertOptions::default() });
    assert_eq!(converted.assertions[0].expected, Some(json!("/search")));
    let kept = converted.steps.iter().map(|recorded| recorded.step.to_json().to_string()).collect::<String>();
    assert!(kept.contains("ana@example.org") && kept.contains("{{test_password}}") && !kept.contains("****"));
    assert!((converted.duration_ms - 4201.0).abs() < 1e-9);
    assert!(convert(&[], &ConvertOptions::default()).warnings[0].contains("fewer than 2"));
}

/// The events of a tab as they are recorded there: its nodes have numbers of their own.
fn of_tab(tab: i64, event: &Value) -> Value {
    match event {
        Value::Object(members) => {
            let shifted = |(name, value): (&String, &Value)| {
                let id = value.as_i64().filter(|_| matches!(name.as_str(), "id" | "parentId"));
                (name.clone(), id.map_or_else(|| of_tab(tab, value), |id| json!(id + tab * 1_000_000_000)))
            };
            Value::Object(members.iter().map(shifted).collect())
        }
        Value::Array(list) => list.iter().map(|value| of_tab(tab, value)).collect(),
        other => other.clone(),
    }
}

fn turned(tab: i64, by_person: bool, closed: bool, at: f64) -> Value {
    turn_to_tab(TabTurn { tab, by_person, closed }, at)
}

#[test]
fn what_is_done_in_several_tabs_becomes_steps_that_go_from_tab_to_tab() {
    let arrived = |at: i64, path: &str| event(4, at, json!({ "href": format!("http://a.test{path}") }));
    let mut events = vec![arrived(0, "/"), event(2, 1, json!({ "node": page() })), click(10, 18)];
    // A page opens a window that goes on by itself; nothing was done in it yet.
    events.push(turned(1, false, false, 20.0));
    events.extend([arrived(21, "/wait"), arrived(30, "/pay"), event(2, 31, json!({ "node": page() }))].iter().map(|e| of_tab(1, e)));
    // The first one goes on meanwhile.
    events.push(turned(0, false, false, 32.0));
    events.push(event(3, 33, json!({ "source": 0, "removes": [], "adds": [] })));
    events.push(turned(1, false, false, 34.0));
    events.extend([input(40, 23, "card", false), click(50, 18)].iter().map(|e| of_tab(1, e)));
    // It closes itself, and the first one says so.
    events.push(turned(1, false, true, 60.0));
    events.push(turned(0, false, false, 61.0));
    events.extend([arrived(70, "/paid"), event(2, 71, json!({ "node": page() })), click(80, 19)]);
    // A tab that a person opens, uses and closes.
    events.push(turned(2, true, false, 90.0));
    events.extend([arrived(91, "/help"), event(2, 92, json!({ "node": page() })), click(95, 18)].iter().map(|e| of_tab(2, e)));
    events.push(turned(2, true, true, 99.0));
    events.push(turned(0, false, false, 100.0));
    events.push(click(110, 21));
    let options = ConvertOptions { include_waits: false, ..ConvertOptions::default() };
    assert_eq!(
        lines(&events, &options),
        [
            "goto http://a.test/",
            "click //html/body/button[1]",
            "switch_tab new",
            "fill input[name=\"q\"] card",
            "click //html/body/button[1]",
            "switch_tab 0",
            "wait_for_url /paid",
            "click //html/body/button[1]",
            "new_tab http://a.test/help",
            "click //html/body/button[1]",
            "close_tab",
            "click //html/body/button[2]",
        ]
    );
    assert_eq!(convert(&events, &options).assertions[0].expected, Some(json!("/paid")), "of the tab it ends in");
}

#[test]
fn password_of_a_tab_stays_hidden_when_another_tab_shows_its_document() {
    let mut events = vec![event(2, 1, json!({ "node": page() })), turned(1, false, false, 2.0)];
    events.push(of_tab(1, &event(2, 3, json!({ "node": page() }))));
    events.push(turned(0, false, false, 4.0));
    events.extend([input(5, 13, "correct horse", false), of_tab(1, &input(6, 13, "battery staple", false)), input(7, 23, "plain", false)]);
    mask(&mut events, &mut BTreeSet::new());
    let kept = json!(events).to_string();
    assert!(!kept.contains("horse") && !kept.contains("staple") && kept.contains("plain"));
}

#[test]
fn texts_of_people_become_variables_that_keep_their_values() {
    let events = [
        event(4, 0, json!({ "href": "http://a.test/" })),
        event(2, 1, json!({ "node": page() })),
        input(10, 12, "an", false),
        input(20, 12, "ana@example.org", false),
        input(30, 23, "a sentence of more than twenty letters", false),
        event(5, 40, json!({ "tag": "argos.key", "payload": { "id": 23, "key": "Enter" } })),
        event(4, 60, json!({ "href": "http://a.test/found" })),
    ];
    let converted = convert(&events, &ConvertOptions { include_waits: false, ..ConvertOptions::default() });
    let values: Vec<_> = converted.values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(values, [("test_email", "ana@example.org"), ("test_text", "a sentence of more than twenty letters")]);
    let actions: Vec<_> = converted.steps.iter().map(|recorded| recorded.step.action.name()).collect();
    assert_eq!(actions, ["goto", "fill", "fill", "press_key", "wait_for_url"]);
}

#[test]
fn heading_of_the_page_a_recording_ends_on_is_asserted_while_it_says_nothing_of_somebody() {
    let home = |heading: &str, more: Value| json!({ "id": 1, "type": 0, "childNodes": [element(2, "body", json!({}), vec![element(3, "h1", more, vec![text(4, heading)])])] });
    let asserted = |heading: &str, more: Value| {
        let events = [
            event(4, 0, json!({ "href": "http://a.test/" })),
            event(2, 1, json!({ "node": page() })),
            input(10, 12, "ana@example.org", false),
            click(20, 18),
            event(4, 60, json!({ "href": "http://a.test/home" })),
            event(2, 61, json!({ "node": home(heading, more) })),
        ];
        let found = convert(&events, &ConvertOptions::default()).assertions;
        found.get(1).map(|claim| claim.target.clone().unwrap_or_default())
    };
    assert_eq!(asserted(" Your  account ", json!({})).as_deref(), Some("role=heading[name=\"Your account\"]"));
    for (heading, more) in [("Welcome ana@example.org", json!({})), ("Order 4711", json!({})), ("Menu", json!({ "aria-hidden": "true" }))] {
        assert_eq!(asserted(heading, more), None, "{heading}");
    }
}

#[test]
fn label_around_a_field_is_named_without_what_is_in_the_field() {
    let option = element(42, "option", json!({ "value": "es" }), vec![text(43, "Spain")]);
    let select = element(41, "select", json!({}), vec![option]);
    let date = element(45, "input", json!({ "type": "date", "name": "delivery" }), vec![]);
    let label = element(40, "label", json!({}), vec![text(44, "Country "), select]);
    let events = [
        event(2, 0, json!({ "node": { "id": 1, "type": 0, "childNodes": [label, date] } })),
        input(10, 41, "es", false),
        input(20, 45, "2030-01-31", false),
    ];
    let expected = ["select role=combobox[name=\"Country\"] es", "fill input[name=\"delivery\"] 2030-01-31"];
    assert_eq!(lines(&events, &ConvertOptions::default()), expected);
}

#[test]
fn passwords_are_taken_out_wherever_they_stand() {
    let secret = "hunter2-not-to-be-kept";
    let field = json!({ "id": 13, "type": 2, "tagName": "input", "attributes": { "type": "password", "value": secret }, "childNodes": [] });
    let mut events = vec![
        event(2, 0, json!({ "node": { "id": 1, "type": 0, "childNodes": [field] } })),
        input(1, 13, secret, false),
        event(3, 2, json!({ "source": 0, "attributes": [{ "id": 13, "attributes": { "value": secret, "type": "text" } }] })),
        input(3, 13, secret, false),
        event(
            3,
            4,
            json!({ "source": 0, "adds": [{ "parentId": 1, "node": { "id": 40, "attributes": { "autocomplete": "new-password" } } }] }),
        ),
    ];
    let mut fields = BTreeSet::new();
    mask(&mut events, &mut fields);
    let mut later = vec![input(5, 40, secret, false), input(6, 41, "kept", false)];
    mask(&mut later, &mut fields);
    let kept = json!([events, later]).to_string();
    assert!(!kept.contains(secret) && kept.contains("kept"), "{kept}");
    let mut last = None;
    assert_eq!((interactions(&events, &mut last), interactions(&later, &mut last)), (1, 2), "typing on is one thing done");
}

#[test]
fn scroll_is_of_what_was_scrolled_and_a_new_document_begins_at_its_own_place() {
    let list = element(3, "body", json!({}), vec![element(30, "ul", json!({ "id": "rows" }), vec![])]);
    let page = json!({ "id": 1, "type": 0, "childNodes": [element(2, "html", json!({}), vec![list])] });
    let shown = |at: i64, top: i64| event(2, at, json!({ "node": page, "initialOffset": { "left": 0, "top": top } }));
    let scroll = |at: i64, id: i64, y: i64| event(3, at, json!({ "source": 3, "id": id, "x": 0, "y": y }));
    let events = [
        event(4, 0, json!({ "href": "http://a.test/" })),
        shown(1, 0),
        scroll(10, 1, 600),
        scroll(20, 30, 150),
        scroll(30, 1, 650),
        shown(40, 650),
        scroll(50, 1, 800),
        scroll(60, 99, 50),
    ];
    assert_eq!(
        lines(&events, &ConvertOptions { include_scrolls: true, ..ConvertOptions::default() })[1..],
        ["scroll 0,600", "scroll id=\"rows\" 0,150", "scroll 0,150"]
    );
}

#[test]
fn files_and_drags_are_never_lost_without_a_word() {
    let form = element(
        3,
        "body",
        json!({}),
        vec![
            element(30, "input", json!({ "id": "photo", "type": "file" }), vec![]),
            element(31, "div", json!({ "id": "zone" }), vec![text(32, "Zone")]),
        ],
    );
    let page = json!({ "id": 1, "type": 0, "childNodes": [element(2, "html", json!({}), vec![form])] });
    let drag = |at: i64, payload: Value| event(5, at, json!({ "tag": "argos.drag", "payload": payload }));
    let events = [
        event(4, 0, json!({ "href": "http://a.test/" })),
        event(2, 1, json!({ "node": page })),
        input(10, 30, "C:\\fakepath\\me.png", false),
        input(20, 30, "you.png", false),
        drag(30, json!({ "id": 31, "x": 40, "y": -3 })),
        input(40, 30, "a.png\nb.png", false),
        input(45, 30, "", false),
        drag(50, json!({ "id": null, "to": 31 })),
        event(3, 60, json!({ "source": 12, "positions": [] })),
    ];
    let converted = convert(&events, &ConvertOptions { include_waits: false, ..ConvertOptions::default() });
    let values: Vec<_> = converted.steps[1..].iter().map(|s| (s.step.action.name(), s.step.value.clone().unwrap())).collect();
    assert_eq!(
        values,
        [("upload", json!("{{test_file}}")), ("drag", json!("40,-3")), ("upload", json!(["{{test_file_2}}", "{{test_file_3}}"]))]
    );
    assert_eq!(converted.values["test_file"], "you.png");
    assert!(
        converted.warnings.iter().filter(|w| w.contains("dragged") || w.contains("dropped") || w.contains("chosen")).count() >= 4,
        "{:?}",
        converted.warnings
    );
}

#[test]
fn what_was_scrolled_before_a_snapshot_is_not_scrolled_again() {
    let page = |scrolled: Value| {
        let list = element(30, "ul", json!({ "id": "list", "rr_scrollTop": scrolled }), vec![]);
        json!({ "id": 1, "type": 0, "childNodes": [element(2, "html", json!({}), vec![element(3, "body", json!({}), vec![list])])] })
    };
    let scroll = |at: i64, y: i64| event(3, at, json!({ "source": 3, "id": 30, "x": 0, "y": y }));
    let events = [
        event(4, 0, json!({ "href": "http://a.test/" })),
        event(2, 1, json!({ "node": page(json!(null)) })),
        scroll(10, 300),
        event(2, 20, json!({ "node": page(json!(300)) })),
        scroll(30, 400),
    ];
    let options = ConvertOptions { include_scrolls: true, include_waits: false, ..ConvertOptions::default() };
    assert_eq!(lines(&events, &options)[1..], ["scroll id=\"list\" 0,300", "scroll id=\"list\" 0,100"]);
}

#[test]
fn scrolls_keep_their_direction() {
    let scroll = |at: i64, y: i64| event(3, at, json!({ "source": 3, "id": 1, "x": 0, "y": y }));
    let events = [event(4, 0, json!({ "href": "http://a.test/" })), scroll(10, 50), scroll(20, 400), scroll(30, 100)];
    assert_eq!(
        lines(&events, &ConvertOptions { include_scrolls: true, ..ConvertOptions::default() })[1..],
        ["scroll 0,400", "scroll 0,-300"]
    );
}

fn hostile() -> impl Strategy<Value = Value> {
    let small = -2..6i64;
    let node = (small.clone(), prop_oneof![Just("input"), Just("button"), Just(""), Just("html")], any::<String>())
        .prop_map(|(id, tag, text)| json!({ "id": id, "type": 2, "tagName": tag, "attributes": { "id": text, "type": 7 }, "childNodes": [{ "id": id, "textContent": text }, null, { "id": 3 }] }));
    let data = (0..6i64, 0..11i64, small.clone(), any::<String>(), node, small).prop_map(|(source, kind, id, text, node, parent)| {
        json!({ "source": source, "type": kind, "id": id, "text": text, "isChecked": true, "href": format!("http://{text}"), "node": node, "x": 1e308, "y": -1e308,
            "adds": [{ "parentId": parent, "nextId": id, "node": node }], "removes": [{ "id": parent }], "attributes": [{ "id": id, "attributes": { "id": null, "name": text } }], "texts": [{ "id": id, "value": 4 }] })
    });
    let recorded = (0..8i64, any::<f64>(), data).prop_map(|(kind, at, data)| json!({ "type": kind, "timestamp": at, "data": data }));
    let tab = prop_oneof![-1..4i64, any::<i64>()];
    let turned = (tab, any::<bool>(), any::<bool>()).prop_map(|(tab, by_person, closed)| turned(tab, by_person, closed, 1.0));
    prop_oneof![4 => recorded, 1 => turned]
}

proptest! {
    #[test]
    fn hostile_events_become_steps_that_can_be_read(events in prop::collection::vec(hostile(), 0..40)) {
        let options = ConvertOptions { include_scrolls: true, ..ConvertOptions::default() };
        let mut masked = events.clone();
        mask(&mut masked, &mut BTreeSet::new());
        let converted = convert(&events, &options);
        let steps: Vec<Value> = converted.steps.iter().map(|recorded| recorded.step.to_json()).collect();
        let read = crate::plan::Plan::parse(&json!({ "steps": steps }));
        prop_assert!(read.is_ok(), "{:?}", read);
    }
}
