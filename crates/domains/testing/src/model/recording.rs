//! Recordings of what people did on a page: where one stands, its limits, the token that lets a page send one, and the
//! snippet that records. Pure.

use argos_kernel::{Timestamp, Uid, hex};
use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::test::words;

/// Events and bytes of one recording.
pub const EVENTS_MAX: i64 = 50_000;
pub const BYTES_MAX: i64 = 50 << 20;
/// How long an upload token is good, in seconds.
pub const TOKEN_S: i64 = 86_400;
pub const NAME_MAX: usize = 255;

/// Where a recording stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RecordingStatus {
    Recording,
    Completed,
    Converted,
}

words!(RecordingStatus: Recording = "recording", Completed = "completed", Converted = "converted");

/// A recording without its events.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    pub id: i64,
    pub uid: Uid,
    pub organization_id: i64,
    pub project_id: i64,
    pub project_uid: Uid,
    /// The test it became.
    pub test_uid: Option<Uid>,
    pub name: String,
    pub url: Option<String>,
    pub status: RecordingStatus,
    /// `session`, `upload`, `snippet` or `live`.
    pub source: String,
    /// What a page calls its own recording.
    pub client_key: Option<String>,
    pub metadata: Map<String, Value>,
    /// Nodes that hold a password, and the field that was written into last.
    pub masked: Masked,
    pub events_count: i64,
    pub interaction_count: i64,
    pub bytes: i64,
    /// Of the first and the last event, milliseconds since the epoch.
    pub first_ms: Option<f64>,
    pub last_ms: Option<f64>,
    pub created_by: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What has to be known to take the next events in.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Masked {
    pub fields: std::collections::BTreeSet<i64>,
    pub last: Option<i64>,
}

impl Recording {
    /// From the first event to the last; unknown without any.
    pub fn duration_ms(&self) -> Option<i64> {
        #[expect(clippy::cast_possible_truncation, reason = "the length of a recording")]
        Some((self.last_ms? - self.first_ms?).max(0.0) as i64)
    }

    /// Opening the page and one for each thing a person did.
    pub fn estimated_steps(&self) -> i64 {
        if self.events_count == 0 { 0 } else { self.interaction_count + 1 }
    }
}

/// When the events begin and end, in milliseconds since the epoch.
pub fn span(events: &[Value]) -> Option<(f64, f64)> {
    let times = events.iter().filter_map(|e| e.get("timestamp")?.as_f64()).filter(|t| t.is_finite());
    times.fold(None, |span, t| Some(span.map_or((t, t), |(a, b): (f64, f64)| (a.min(t), b.max(t)))))
}

/// The address the first document of some events had.
pub fn first_href(events: &[Value]) -> Option<&str> {
    let metas = events.iter().filter(|e| e.get("type").and_then(Value::as_i64) == Some(4));
    metas.filter_map(|e| e.get("data")?.get("href")?.as_str()).find(|href| href.starts_with("http"))
}

/// A token that lets a page send recordings of a project until it expires, and nothing else.
pub fn upload_token(secret: &[u8], project_id: i64, expires_at: i64) -> String {
    let body = format!("{project_id}.{expires_at}");
    format!("rut_{}", BASE64URL_NOPAD.encode(format!("{body}.{}", signature(secret, &body)).as_bytes()))
}

/// The project of an upload token that is good now.
pub fn project_of_token(secret: &[u8], token: &str, now: Timestamp) -> Option<i64> {
    let raw = BASE64URL_NOPAD.decode(token.strip_prefix("rut_")?.as_bytes()).ok()?;
    let text = String::from_utf8(raw).ok()?;
    let (body, signed) = text.rsplit_once('.')?;
    let (project, expires) = body.split_once('.')?;
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret);
    let given = data_encoding::HEXLOWER.decode(signed.as_bytes()).ok()?;
    ring::hmac::verify(&key, body.as_bytes(), &given).ok()?;
    let good = expires.parse::<i64>().ok()? > now.secs();
    project.parse().ok().filter(|_| good)
}

fn signature(secret: &[u8], body: &str) -> String {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret);
    hex(ring::hmac::sign(&key, body.as_bytes()).as_ref())
}

/// How the snippet is put into a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SnippetFormat {
    #[default]
    Inline,
    Npm,
    React,
    Gtm,
}

/// The words beside a snippet.
pub fn instructions(format: SnippetFormat) -> &'static str {
    match format {
        SnippetFormat::Inline => {
            "Put this before </head> of the pages that are to be recorded. window.argusStopRecording() ends the recording."
        }
        SnippetFormat::Npm => "Call this once where your application starts. The promise gives a function that ends the recording.",
        SnippetFormat::React => "Put <ArgosRecorder /> once near the root of your application.",
        SnippetFormat::Gtm => "Add a Custom HTML tag with this text to the container, with the trigger All Pages.",
    }
}

/// Text that stands safely within a script of an HTML page.
fn literal(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

/// What is put into a page so that it records: `script` is the address of the recorder, `send` where it sends to.
pub fn snippet(format: SnippetFormat, script: &str, send: &str, options: &Map<String, Value>) -> String {
    let mut config = options.clone();
    config.insert("send".to_owned(), Value::from(send));
    let (config, script) = (literal(&Value::Object(config)), literal(&json!(script)));
    let load = format!(
        "var s=document.createElement('script');s.src={script};s.async=true;s.onload=function(){{window.argosRecord({config})}};document.head.appendChild(s)"
    );
    match format {
        SnippetFormat::Inline | SnippetFormat::Gtm => format!("<script>(function(){{{load}}})()</script>"),
        SnippetFormat::Npm => format!(
            "export function record() {{\n  return new Promise((done) => {{\n    const s = document.createElement('script');\n    s.src = {script};\n    s.onload = () => {{ window.argosRecord({config}); done(window.argusStopRecording); }};\n    document.head.appendChild(s);\n  }});\n}}\n"
        ),
        SnippetFormat::React => format!(
            "import {{ useEffect }} from 'react';\n\nexport function ArgosRecorder() {{\n  useEffect(() => {{\n    {load};\n    return () => window.argusStopRecording?.();\n  }}, []);\n  return null;\n}}\n"
        ),
    }
}

/// The recorder as pages load it: records, and sends what it has every ten seconds, at a thousand events, and when the
/// page goes away.
pub fn page_script() -> String {
    format!("{}\n{}", argos_webtest::record::RECORDER, argos_webtest::record::PAGE)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_700_000_000);

    #[test]
    fn token_is_good_for_its_project_until_it_expires() {
        let token = upload_token(b"secret", 7, NOW.secs() + 60);
        assert_eq!(project_of_token(b"secret", &token, NOW), Some(7));
        assert_eq!(project_of_token(b"secret", &token, NOW.plus_secs(60)), None);
        assert_eq!(project_of_token(b"other", &token, NOW), None);
        let forged = format!("rut_{}", BASE64URL_NOPAD.encode(format!("8.{}.{}", NOW.secs() + 60, signature(b"x", "8")).as_bytes()));
        assert_eq!(project_of_token(b"secret", &forged, NOW), None);
    }

    #[test]
    fn snippet_cannot_be_left_by_what_it_holds() {
        let options = Map::from_iter([("blockClass".to_owned(), json!("</script><script>alert(1)"))]);
        for format in [SnippetFormat::Inline, SnippetFormat::Npm, SnippetFormat::React, SnippetFormat::Gtm] {
            let text = snippet(format, "https://argos.example/recorder.js", "https://argos.example/api?ut=x", &options);
            assert!(text.contains("recorder.js") && !text.contains("</script><script>"), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_no_token_of_ours(text in ".{0,80}", tail in "[A-Za-z0-9_-]{0,80}") {
            prop_assert_eq!(project_of_token(b"secret", &text, NOW), None);
            prop_assert_eq!(project_of_token(b"secret", &format!("rut_{tail}"), NOW), None);
        }
    }
}
