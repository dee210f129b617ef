//! What a person who looks at a live browser sends, and how it is asked for. Pure.

use argos_kernel::FieldError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::settings::is_web_address;

/// Longest text of one message.
pub const TEXT_MAX: usize = 2_000;
/// Tabs of one session; what opens more has them closed.
pub const TABS_MAX: usize = 10;
const COOKIES_MAX: usize = 200;
const ORIGINS_MAX: usize = 50;
/// Of everything that is stored.
const STORED_BYTES_MAX: usize = 1 << 20;
/// Largest side of a view, in CSS pixels.
const SIDE_MAX: u32 = 3_840;

/// What is done to the page. Places are CSS pixels of its view.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Touch {
    Mouse {
        event: MouseEvent,
        x: f64,
        y: f64,
        #[serde(default)]
        button: Button,
    },
    Wheel {
        x: f64,
        y: f64,
        delta_x: f64,
        delta_y: f64,
    },
    /// A key or chord such as `Enter` or `Control+A`.
    Key {
        key: String,
    },
    Text {
        text: String,
    },
    Goto {
        url: String,
    },
    Back,
    Reload,
    /// Shows another tab, by its place.
    Tab {
        index: usize,
    },
    NewTab,
    CloseTab {
        index: usize,
    },
    /// The recording is over; the browser stays.
    Stop,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MouseEvent {
    Move,
    Down,
    Up,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Button {
    #[default]
    Left,
    Middle,
    Right,
}

impl Touch {
    /// Reads one message; the error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let touch: Self = serde_json::from_str(text).map_err(|e| e.to_string())?;
        let near = |n: &f64| n.is_finite() && n.abs() <= 100_000.0;
        let fits = match &touch {
            Self::Mouse { x, y, .. } => near(x) && near(y),
            Self::Wheel { x, y, delta_x, delta_y } => [x, y, delta_x, delta_y].into_iter().all(near),
            Self::Key { key } => (1..=40).contains(&key.chars().count()),
            Self::Text { text } => text.chars().count() <= TEXT_MAX,
            Self::Goto { url } => is_web_address(url),
            Self::Tab { index } | Self::CloseTab { index } => *index < TABS_MAX,
            Self::Back | Self::Reload | Self::NewTab | Self::Stop => true,
        };
        if fits { Ok(touch) } else { Err("a member is out of its limits".to_owned()) }
    }
}

/// How a browser session is wanted.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Wish {
    pub url: Option<String>,
    /// Only `chromium`.
    pub browser: Option<String>,
    pub viewport: Option<View>,
    pub record_video: bool,
    #[serde(rename = "recordVideo")]
    pub record_video_too: bool,
    pub auth: Auth,
    /// Only true: browsers here have no screen.
    pub headless: Option<bool>,
    /// Milliseconds without anything done after which it ends: 10000-3600000.
    pub timeout_ms: Option<u64>,
    pub project_id: Option<String>,
    pub user_agent: Option<String>,
    pub locale: Option<String>,
    pub timezone: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
pub struct View {
    pub width: u32,
    pub height: u32,
}

/// What the session brings along; values are never shown.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Auth {
    /// Members `name`, `value`, and `url` or `domain` with `path`.
    pub cookies: Vec<Map<String, Value>>,
    pub headers: std::collections::BTreeMap<String, String>,
    /// What a browser kept: cookies, and what pages of each origin stored.
    pub storage_state: Option<StorageState>,
}

/// The state of a browser as its tools write it down.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct StorageState {
    pub cookies: Vec<Map<String, Value>>,
    pub origins: Vec<OriginState>,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct OriginState {
    pub origin: String,
    #[serde(rename = "localStorage")]
    pub local_storage: Vec<Stored>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Stored {
    pub name: String,
    pub value: String,
}

impl Auth {
    /// The cookies of both lists. One that never ends is one of the session.
    pub fn all_cookies(&self) -> Vec<Map<String, Value>> {
        let kept = self.storage_state.iter().flat_map(|s| &s.cookies).cloned().map(|mut cookie| {
            if cookie.get("expires").and_then(Value::as_f64).is_some_and(|at| at < 0.0) {
                cookie.remove("expires");
            }
            cookie
        });
        self.cookies.iter().cloned().chain(kept).collect()
    }

    /// The script that gives each origin what it stored, before its own scripts run, unless it is there already.
    pub fn storage_script(&self) -> Option<String> {
        let origins = self.storage_state.as_ref().map(|s| s.origins.as_slice()).filter(|o| !o.is_empty())?;
        let kept: Map<String, Value> =
            origins.iter().map(|o| (o.origin.trim_end_matches('/').to_owned(), serde_json::json!(o.local_storage))).collect();
        let kept = Value::Object(kept);
        Some(format!(
            "(() => {{ const kept = {kept}[location.origin]; try {{ for (const {{ name, value }} of kept ?? []) \
             if (localStorage.getItem(name) === null) localStorage.setItem(name, value); }} catch {{ /* no storage here */ }} }})();"
        ))
    }

    fn storage_fits(&self) -> bool {
        let Some(state) = &self.storage_state else { return true };
        let bytes: usize = state.origins.iter().flat_map(|o| &o.local_storage).map(|s| s.name.len() + s.value.len()).sum();
        let named = state.origins.iter().all(|o| is_web_address(&o.origin));
        state.cookies.len() <= COOKIES_MAX && state.origins.len() <= ORIGINS_MAX && bytes <= STORED_BYTES_MAX && named
    }
}

impl Wish {
    pub fn films(&self) -> bool {
        self.record_video || self.record_video_too
    }

    /// Everything that is wrong with it.
    pub fn faults(&self) -> Vec<FieldError> {
        let mut faults = Vec::new();
        let mut check = |fits: bool, field: &str, why: &str| {
            if !fits {
                faults.push(FieldError::new(field, format!("{field} {why}")));
            }
        };
        check(self.url.as_deref().is_none_or(is_web_address), "url", "must be an http or https address");
        let side = |n: u32| (200..=SIDE_MAX).contains(&n);
        check(self.viewport.is_none_or(|v| side(v.width) && side(v.height)), "viewport", "must have sides of 200-3840 pixels");
        check(self.timeout_ms.is_none_or(|ms| (10_000..=3_600_000).contains(&ms)), "timeout_ms", "must be 10000-3600000");
        check(!self.films() || self.project_id.is_some(), "record_video", "needs project_id: the video is kept with the project");
        check(self.auth.cookies.len() <= COOKIES_MAX, "auth.cookies", "must be at most 200");
        check(self.headless != Some(false), "headless", "must be true: browsers here have no screen");
        check(self.auth.storage_fits(), "auth.storage_state", "must be at most 200 cookies and 1 MiB of 50 http or https origins");
        faults
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn messages_are_read_and_held_within_limits() {
        let click = Touch::parse(r#"{"type":"mouse","event":"down","x":10,"y":20.5}"#).unwrap();
        assert_eq!(click, Touch::Mouse { event: MouseEvent::Down, x: 10.0, y: 20.5, button: Button::Left });
        assert!(Touch::parse(r#"{"type":"goto","url":"file:///etc/passwd"}"#).is_err());
        assert!(Touch::parse(r#"{"type":"mouse","event":"down","x":1e300,"y":0}"#).is_err());
        assert_eq!(Touch::parse(r#"{"type":"stop"}"#), Ok(Touch::Stop));
        assert_eq!(Touch::parse(r#"{"type":"closetab","index":1}"#), Ok(Touch::CloseTab { index: 1 }));
        assert!(Touch::parse(r#"{"type":"tab","index":10}"#).is_err() && Touch::parse(r#"{"type":"tab","index":-1}"#).is_err());
    }

    #[test]
    fn every_fault_of_a_wish_names_its_field() {
        let wish: Wish =
            serde_json::from_str(r#"{"url":"ftp://x","viewport":{"width":1,"height":1},"timeout_ms":1,"record_video":true}"#).unwrap();
        assert_eq!(wish.faults().len(), 4, "{:?}", wish.faults());
        assert!(Wish::default().faults().is_empty());
        let wish: Wish =
            serde_json::from_str(r#"{"headless":false,"auth":{"storage_state":{"origins":[{"origin":"file:///x"}]}}}"#).unwrap();
        assert_eq!(wish.faults().len(), 2, "{:?}", wish.faults());
    }

    #[test]
    fn state_of_a_browser_is_cookies_and_what_origins_stored() {
        let text = r#"{"cookies":[{"name":"a","value":"1","url":"http://x"}],"storage_state":{"cookies":[{"name":"b","value":"2","domain":"x","expires":-1}],
            "origins":[{"origin":"http://x/","localStorage":[{"name":"t","value":"</script>'\"\\"}]}]}}"#;
        let auth: Auth = serde_json::from_str(text).unwrap();
        let cookies = auth.all_cookies();
        assert!(cookies.len() == 2 && !cookies[1].contains_key("expires"), "{cookies:?}");
        let script = auth.storage_script().unwrap();
        assert!(script.contains(r#"{"http://x":[{"name":"t","value":"</script>'\"\\"}]}[location.origin]"#), "{script}");
        assert!(Auth::default().storage_script().is_none());
    }

    proptest! {
        #[test]
        fn any_message_is_refused_or_within_limits(text in ".{0,200}", kind in "mouse|wheel|key|text|goto|tab|closetab|newtab", number in any::<f64>()) {
            drop(Touch::parse(&text));
            let message = serde_json::json!({ "type": kind, "event": "move", "x": number, "y": 0, "delta_x": 0, "delta_y": 0, "key": text, "text": text, "url": text, "index": number });
            if let Ok(Touch::Goto { url }) = Touch::parse(&message.to_string()) {
                prop_assert!(is_web_address(&url));
            }
        }
    }
}
