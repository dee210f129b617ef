//! What a person who looks at a live browser sends, and how it is asked for. Pure.

use argos_kernel::FieldError;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::settings::is_web_address;

/// Longest text of one message.
pub const TEXT_MAX: usize = 2_000;
/// Largest stored values a session begins with.
const STORAGE_BYTES_MAX: usize = 1 << 20;
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
            Self::Back | Self::Reload | Self::Stop => true,
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
    /// Only `true`: it is looked at through its `live_url`.
    pub headless: Option<bool>,
    pub record_video: bool,
    #[serde(rename = "recordVideo")]
    pub record_video_too: bool,
    pub auth: Auth,
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
    pub storage_state: StorageState,
}

/// What a browser kept of an earlier visit, as Playwright writes it.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct StorageState {
    pub cookies: Vec<Map<String, Value>>,
    pub origins: Vec<OriginState>,
}

/// What one origin kept.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct OriginState {
    pub origin: String,
    #[serde(default, rename = "localStorage")]
    pub local_storage: Vec<Kept>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct Kept {
    pub name: String,
    pub value: String,
}

impl StorageState {
    /// What puts the stored values in place before a document of their origin runs; what a page wrote since stays.
    pub fn script(&self) -> Option<String> {
        let kept: Map<String, Value> = self
            .origins
            .iter()
            .map(|o| (o.origin.clone(), o.local_storage.iter().map(|k| Value::from(vec![k.name.as_str(), k.value.as_str()])).collect()))
            .collect();
        (!kept.is_empty()).then(|| {
            let kept = Value::Object(kept);
            format!(
                "for (const [name, value] of ({kept})[location.origin] ?? []) if (localStorage.getItem(name) === null) localStorage.setItem(name, value);"
            )
        })
    }
}

impl Wish {
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
        check(
            !self.record_video && !self.record_video_too,
            "record_video",
            "is not available for live sessions; runs of tests have videos",
        );
        check(self.headless != Some(false), "headless", "must be true: a session is looked at through its live_url");
        check(self.auth.cookies.len() + self.auth.storage_state.cookies.len() <= 200, "auth.cookies", "must be at most 200");
        let kept = self.auth.storage_state.origins.iter().flat_map(|o| &o.local_storage);
        let bytes: usize = kept.map(|k| k.name.len() + k.value.len()).sum();
        check(bytes <= STORAGE_BYTES_MAX, "auth.storage_state", "must hold at most 1 MB");
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
    }

    #[test]
    fn every_fault_of_a_wish_names_its_field() {
        let wish: Wish =
            serde_json::from_str(r#"{"url":"ftp://x","viewport":{"width":1,"height":1},"timeout_ms":1,"record_video":true}"#).unwrap();
        assert_eq!(wish.faults().len(), 4, "{:?}", wish.faults());
        assert!(Wish::default().faults().is_empty());
    }

    #[test]
    fn stored_values_become_a_script_of_their_origin() {
        let state: StorageState = serde_json::from_str(
            r#"{"cookies":[],"origins":[{"origin":"https://a.test","localStorage":[{"name":"to\"ken","value":"</script>"}]}]}"#,
        )
        .unwrap();
        let script = state.script().unwrap();
        assert!(script.contains(r#"{"https://a.test":[["to\"ken","</script>"]]}"#), "{script}");
        assert_eq!(StorageState::default().script(), None);
    }

    proptest! {
        #[test]
        fn any_message_is_refused_or_within_limits(text in ".{0,200}", kind in "mouse|wheel|key|text|goto", number in any::<f64>()) {
            drop(Touch::parse(&text));
            let message = serde_json::json!({ "type": kind, "event": "move", "x": number, "y": 0, "delta_x": 0, "delta_y": 0, "key": text, "text": text, "url": text });
            if let Ok(Touch::Goto { url }) = Touch::parse(&message.to_string()) {
                prop_assert!(is_web_address(&url));
            }
        }
    }
}
