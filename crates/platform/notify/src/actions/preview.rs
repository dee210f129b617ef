//! Rendering without sending: a sample event through a stored or a drafted configuration.

use argos_events::Kinds;
use argos_kernel::{Result, Severity};
use serde_json::{Map, Value, json};

use super::bad;
use crate::Notify;
use crate::model::channel::{ChannelKind, Config};
use crate::model::envelope::{Envelope, documented_name, shown_severity};
use crate::model::template;
use crate::model::wire::{Notice, parcel};

#[derive(Clone, Debug, Default)]
pub(crate) struct PreviewInput {
    pub(crate) channel_id: Option<i64>,
    pub(crate) kind: Option<String>,
    pub(crate) config: Option<Map<String, Value>>,
    pub(crate) template: Option<String>,
    pub(crate) event_type: Option<String>,
}

impl Notify {
    /// What would be sent, secrets blanked, and the event it was made of.
    pub(crate) async fn preview(&self, input: &PreviewInput) -> Result<(String, Value)> {
        let stored = match input.channel_id {
            Some(id) => Some(self.get_channel(id).await?),
            None => None,
        };
        let kind = match (&stored, &input.kind) {
            (Some(channel), _) => channel.kind,
            (None, word) => ChannelKind::parse(word.as_deref().unwrap_or_default()).map_err(|e| bad(e).with("field", "type"))?,
        };
        let old = stored.as_ref().map(|c| self.open_config(c)).transpose()?;
        let given = input.config.clone().unwrap_or_default();
        let config = match (&input.config, old) {
            (None, Some(old)) => old,
            (_, old) => Config::read(kind, &given, old.as_ref()).map_err(|e| bad(e).with("field", "config"))?,
        };
        let text = input.template.clone().or_else(|| stored.as_ref().map(|c| c.template.clone())).unwrap_or_default();
        template::check(&text).map_err(|e| bad(e).with("field", "template"))?;
        let envelope = sample(self.events().kinds(), input.event_type.as_deref().unwrap_or("login_failed"))?;
        let providers = (self.0.parts.providers)();
        let notice = Notice {
            envelope: &envelope,
            template: &text,
            origin: stored.as_ref().map_or("edge", |c| c.origin.as_str()),
            delivery: "00000000-0000-7000-8000-000000000000",
            now_s: self.now().secs(),
            providers: &providers,
        };
        let (rendered, _) = parcel(&config, &notice).map_err(|e| bad(e).with("field", "template"))?;
        let rendered = blanked(rendered, &config.secrets());
        Ok((rendered, serde_json::to_value(&envelope).unwrap_or_default()))
    }
}

/// A drafted secret is not known to the redactor yet.
fn blanked(text: String, secrets: &[String]) -> String {
    secrets.iter().filter(|s| s.len() >= 4).fold(text, |t, s| t.replace(s.as_str(), "***"))
}

fn sample(kinds: &Kinds, word: &str) -> Result<Envelope> {
    let kind = kinds.find(word).ok_or_else(|| bad(format!("unknown event type '{}'", word.escape_debug())).with("field", "event_type"))?;
    Ok(Envelope {
        kind: documented_name(kinds, kind.kind),
        severity: shown_severity(kind.severity).max(Severity::Info),
        host_id: None,
        host_domain: Some("test.example".to_owned()),
        timestamp: "2026-01-02T03:04:05Z".to_owned(),
        message: kind.description.to_owned(),
        data: serde_json::from_str(kind.sample).unwrap_or_else(|_| json!({})),
    })
}
