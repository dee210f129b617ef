//! The messages of the bridge: requests out, answers and console lines in. Pure.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::model::settings::is_web_address;

/// What an extension can be asked.
pub const ACTIONS: [&str; 20] = [
    "navigate",
    "click",
    "fill",
    "type",
    "hover",
    "select",
    "pressKey",
    "scroll",
    "evaluate",
    "screenshot",
    "getPageInfo",
    "querySelector",
    "querySelectorAll",
    "waitForSelector",
    "createTab",
    "closeTab",
    "getTabs",
    "getActiveTab",
    "getConsoleLogs",
    "getNetworkRequests",
];

/// Longest text of a console line.
const LINE_CHARS_MAX: usize = 2_000;
const CAPABILITIES_MAX: usize = 50;

/// Whether an `Origin` is that of a Chromium extension: its id is 32 letters from a to p.
pub fn is_extension(origin: &str) -> bool {
    let id = origin.strip_prefix("chrome-extension://").map(|id| id.strip_suffix('/').unwrap_or(id));
    id.is_some_and(|id| id.len() == 32 && id.bytes().all(|b| (b'a'..=b'p').contains(&b)))
}

/// What is wrong with a request, as (member, words).
pub fn fault(action: &str, params: &Map<String, Value>) -> Option<(&'static str, String)> {
    if !ACTIONS.contains(&action) {
        return Some(("action", format!("action must be one of {}", ACTIONS.join(", "))));
    }
    let url = params.get("url").and_then(Value::as_str);
    let opens = action == "navigate" || action == "createTab" && params.contains_key("url");
    (opens && !url.is_some_and(is_web_address)).then(|| ("params.url", "params.url must be an http or https address".to_owned()))
}

/// A request as it is sent.
pub fn request(id: &str, action: &str, tab: Option<i64>, params: &Map<String, Value>) -> String {
    json!({ "requestId": id, "action": action, "tabId": tab, "params": params }).to_string()
}

/// A line a page wrote to its console.
#[derive(Clone, Debug, PartialEq)]
pub struct ConsoleLine {
    pub tab: Option<i64>,
    pub level: String,
    pub text: String,
}

/// What an extension says.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    Hello {
        capabilities: Vec<String>,
    },
    /// The error says why it was not done.
    Answer {
        id: String,
        said: Result<Value, String>,
    },
    Console(ConsoleLine),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    request_id: Value,
    #[serde(default)]
    success: bool,
    #[serde(default)]
    data: Value,
    #[serde(default)]
    error: Value,
    #[serde(default)]
    capabilities: Vec<Value>,
    #[serde(default)]
    tab_id: Option<i64>,
    #[serde(default)]
    level: Value,
    #[serde(default)]
    args: Vec<Value>,
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn cut(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || *c == '\n').take(LINE_CHARS_MAX).collect()
}

/// Reads one message; `None` of what nobody knows.
pub fn heard(text: &str) -> Option<Heard> {
    let message: Message = serde_json::from_str(text).ok()?;
    match message.kind.as_str() {
        "connected" => {
            let named = message.capabilities.iter().filter_map(Value::as_str).map(cut).filter(|name| !name.is_empty());
            Some(Heard::Hello { capabilities: named.take(CAPABILITIES_MAX).collect() })
        }
        "response" => {
            let id = plain(&message.request_id);
            let why = || if message.error.is_null() { "the extension does not say why".to_owned() } else { cut(&plain(&message.error)) };
            Some(Heard::Answer { id, said: if message.success { Ok(message.data) } else { Err(why()) } })
        }
        "consoleLog" => {
            let text = message.args.iter().map(plain).collect::<Vec<_>>().join(" ");
            Some(Heard::Console(ConsoleLine { tab: message.tab_id, level: cut(&plain(&message.level)), text: cut(&text) }))
        }
        _ => None,
    }
}

/// The text an `evaluate` came to, however the extension wraps it.
pub fn text_of(data: &Value) -> Option<&str> {
    data.as_str().or_else(|| ["result", "value"].into_iter().find_map(|name| data.get(name)?.as_str()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_extensions_of_chromium_come_in() {
        let id = "abcdefghijklmnopabcdefghijklmnop";
        assert!(is_extension(&format!("chrome-extension://{id}")) && is_extension(&format!("chrome-extension://{id}/")));
        let bad = [
            "",
            "null",
            "https://example.org",
            "chrome-extension://",
            "chrome-extension://abc",
            "chrome-extension://zbcdefghijklmnopabcdefghijklmnop",
        ];
        for origin in bad
            .iter()
            .map(|b| (*b).to_owned())
            .chain([format!("http://chrome-extension://{id}"), format!("chrome-extension://{id}.example.org")])
        {
            assert!(!is_extension(&origin), "{origin}");
        }
    }

    #[test]
    fn request_is_one_that_exists_and_goes_to_the_web() {
        let with = |url: &str| json!({ "url": url }).as_object().cloned().unwrap();
        assert_eq!(fault("click", &Map::new()), None);
        assert_eq!(fault("navigate", &with("https://shop.example/")), None);
        assert_eq!(fault("createTab", &Map::new()), None);
        assert_eq!(fault("navigate", &with("file:///etc/passwd")).unwrap().0, "params.url");
        assert_eq!(fault("format", &Map::new()).unwrap().0, "action");
    }

    #[test]
    fn messages_are_read_as_they_are_documented() {
        let hello = heard(r#"{"type":"connected","timestamp":1,"capabilities":["click",7,"fill"]}"#);
        assert_eq!(hello, Some(Heard::Hello { capabilities: vec!["click".into(), "fill".into()] }));
        let answer = |text: &str| match heard(text) {
            Some(Heard::Answer { id, said }) => (id, said),
            other => panic!("{other:?}"),
        };
        assert_eq!(answer(r#"{"type":"response","requestId":"a","success":true,"data":{"x":1}}"#), ("a".into(), Ok(json!({ "x": 1 }))));
        assert_eq!(
            answer(r#"{"type":"response","requestId":7,"success":false,"error":"no such tab"}"#),
            ("7".into(), Err("no such tab".into()))
        );
        let line = heard(r#"{"type":"consoleLog","tabId":3,"level":"error","args":["a",{"b":1}],"timestamp":1}"#);
        assert_eq!(line, Some(Heard::Console(ConsoleLine { tab: Some(3), level: "error".into(), text: "a {\"b\":1}".into() })));
        assert_eq!((text_of(&json!("x")), text_of(&json!({ "result": "y" })), text_of(&json!(1))), (Some("x"), Some("y"), None));
    }

    proptest! {
        #[test]
        fn any_message_is_read_or_left(text in "\\PC{0,200}", kind in "connected|response|consoleLog|x", value in any::<String>()) {
            drop(heard(&text));
            let message = json!({ "type": kind, "requestId": value, "args": [value, null, [value]], "level": value, "error": value });
            if let Some(Heard::Console(line)) = heard(&message.to_string()) {
                prop_assert!(line.text.chars().count() <= LINE_CHARS_MAX);
            }
        }

        #[test]
        fn any_origin_is_judged(origin in "\\PC{0,60}") {
            prop_assert!(!is_extension(&origin) || origin.starts_with("chrome-extension://"));
        }
    }
}
