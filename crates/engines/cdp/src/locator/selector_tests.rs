//! The language of selectors.

use proptest::prelude::*;

use super::{Part, Role, Selector};

fn parts(text: &str) -> Vec<Part> {
    Selector::parse(text).unwrap().parts
}

fn css(value: &str) -> Part {
    Part::Css { value: value.to_owned() }
}

fn text(value: &str, exact: bool) -> Part {
    Part::Text { value: value.to_owned(), exact }
}

#[test]
fn every_form_is_read() {
    let attribute = |names: &[&str], value: &str, exact| Part::Attribute {
        names: names.iter().map(|&n| n.to_owned()).collect(),
        value: value.to_owned(),
        exact,
    };
    let cases = [
        ("#a > .b", vec![css("#a > .b")]),
        ("css=div", vec![css("div")]),
        ("login", vec![Part::Bare { value: "login".to_owned() }]),
        ("//a[@x]", vec![Part::Xpath { value: "//a[@x]".to_owned() }]),
        ("(//a)[2]", vec![Part::Xpath { value: "(//a)[2]".to_owned() }]),
        ("xpath=//a", vec![Part::Xpath { value: "//a".to_owned() }]),
        ("text=Save", vec![text("Save", false)]),
        ("text=\"Save\"", vec![text("Save", true)]),
        ("\"Save\"", vec![text("Save", true)]),
        ("text=Don't >> nth=0", vec![text("Don't", false), Part::Nth { index: 0 }]),
        ("text=\"a >> b\" >> span.x", vec![text("a >> b", true), css("span.x")]),
        ("label=Name", vec![Part::Label { value: "Name".to_owned(), exact: false }]),
        ("placeholder='E-mail'", vec![attribute(&["placeholder"], "E-mail", true)]),
        ("id=a", vec![attribute(&["id"], "a", true)]),
        ("a[href=\"x=y\"]", vec![css("a[href=\"x=y\"]")]),
        ("div.card:has-text(\"a (b)\") button.x", vec![css("div.card"), Part::HasText { value: "a (b)".to_owned() }, css("button.x")]),
        ("li:has-text(x) > a.y:visible", vec![css("li"), Part::HasText { value: "x".to_owned() }, css(":scope > a.y"), Part::Visible]),
        (":visible", vec![css("*"), Part::Visible]),
        ("nth=-1", vec![Part::Nth { index: -1 }]),
    ];
    for (selector, expected) in cases {
        assert_eq!(parts(selector), expected, "{selector}");
    }
}

#[test]
fn role_has_a_name_and_states() {
    let role = |role: &str, name: Option<(&str, bool)>, states: &[(&str, &str)]| {
        vec![Part::Role(Role {
            role: role.to_owned(),
            name: name.map(|(name, exact)| (name.to_owned(), exact)),
            states: states.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect(),
        })]
    };
    assert_eq!(parts("role=button"), role("button", None, &[]));
    assert_eq!(parts("role=button[name=\"Save ] x\"]"), role("button", Some(("Save ] x", true)), &[]));
    assert_eq!(parts("role=button[name=save]"), role("button", Some(("save", false)), &[]));
    assert_eq!(parts("role=button[name=\"save\" i]"), role("button", Some(("save", false)), &[]));
    assert_eq!(parts("role=button[name*=\"sav\"]"), role("button", Some(("sav", false)), &[]));
    assert_eq!(parts("role=heading[level=2][name='X']"), role("heading", Some(("X", true)), &[("level", "2")]));
    assert_eq!(parts("role=checkbox[checked]"), role("checkbox", None, &[("checked", "true")]));
    for wrong in ["role=", "role=[x]", "role=a[b", "role=a]"] {
        assert!(Selector::parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn frame_ends_the_way_to_it() {
    let selector = Selector::parse("#box >> frame=iframe.a >> frame=\"#b\" >> text=Hi").unwrap();
    assert_eq!(selector.frames, [vec![css("#box"), css("iframe.a")], vec![css("#b")]]);
    assert_eq!(selector.parts, [text("Hi", false)]);
    assert_eq!(parts("frame=#a"), [css(":root")]);
}

#[test]
fn empty_part_is_named() {
    for wrong in ["", "a >> ", ">> a", "a >>>> b"] {
        let error = Selector::parse(wrong).unwrap_err().to_string();
        assert_eq!(error, format!("the selector {wrong:?} has an empty part"));
    }
    assert!(Selector::parse("nth=x").is_err());
    assert!(Selector::parse("a:has-text(\"x").is_err());
}

#[test]
fn selector_within_another_goes_through_its_frames() {
    let inner = Selector::parse("#c >> frame=#d >> text=e").unwrap();
    let joined = Selector::parse("frame=#a >> #b").unwrap().within(inner);
    assert_eq!(joined, Selector::parse("frame=#a >> #b >> #c >> frame=#d >> text=e").unwrap());
}

proptest! {
    #[test]
    fn any_text_is_a_selector_or_an_error(text in ".{0,80}") {
        let _read = Selector::parse(&text).is_ok();
    }

    #[test]
    fn text_of_such_characters_is_read_without_a_panic(text in "[a-z\"'=\\[\\]()>: \\\\éب]{0,40}") {
        let _read = Selector::parse(&text).is_ok();
        let _has_text = Selector::parse(&format!("a:has-text({text})")).is_ok();
        let _role = Selector::parse(&format!("role=button[name={text}]")).is_ok();
        let framed = format!("frame={text} >> {text}");
        let (way, own) = super::frame_way(&framed);
        prop_assert_eq!(format!("{}{}", way, own), framed);
    }

    #[test]
    fn quoted_text_comes_back_as_it_was(value in "[^\"\\\\]{1,30}") {
        prop_assert_eq!(parts(&format!("text=\"{value}\"")), [text(&value, true)]);
    }
}

#[test]
fn way_into_frames_ends_behind_the_last_of_them() {
    for (text, way, own) in [
        ("#a >> text=\"x >> y\"", "", "#a >> text=\"x >> y\""),
        ("frame=#a >> #box >> frame=\"#b >> c\" >> text=Hi", "frame=#a >> #box >> frame=\"#b >> c\" >>", " text=Hi"),
        ("frame=#a", "frame=#a", ""),
    ] {
        assert_eq!(super::frame_way(text), (way, own));
    }
}
