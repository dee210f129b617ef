//! What maintenance withholds of events that reach people without an alert. Silences concern alerts only.

use argos_events::Event;
use argos_kernel::Result;
use serde_json::{Value, json};

use crate::Alerts;
use crate::engine::windows::effects;
use crate::model::matcher::Target;
use crate::model::state::Withheld;
use crate::model::window::{Period, Window};

/// Never withheld: who is asked or attacked, and the word that maintenance begins or ends.
const SPOKEN: [&str; 4] = ["security.", "approval.", "maintenance.", "secret."];

/// The windows of a moment.
pub struct Quiet {
    active: Vec<(Window, Period)>,
    host: Option<String>,
}

impl Alerts {
    /// What is quiet now. Must not be called inside a transaction: it waits for the engine.
    pub async fn quiet(&self) -> Result<Quiet> {
        let mut active = self.active_windows(self.0.clock.now()).await?;
        active.retain(|(window, _)| !window.is_silence());
        Ok(Quiet { active, host: self.host_name() })
    }
}

impl Quiet {
    /// Why nobody is told of the event: `maintenance`.
    pub fn withholds(&self, event: &Event) -> Option<&'static str> {
        if self.active.is_empty() || SPOKEN.iter().any(|prefix| event.kind.starts_with(prefix)) {
            return None;
        }
        let labels = labels_of(event);
        let target = Target { rule_id: "", group: "", severity: event.severity, labels: &labels, host: self.host.as_deref() };
        effects(&self.active, target).withheld.map(Withheld::as_str)
    }
}

/// What the event is about, as scopes and matchers see it.
pub(crate) fn labels_of(event: &Event) -> Value {
    let subject = event.subject_id.as_deref().or(event.subject_name.as_deref()).unwrap_or("argos");
    let name = event.subject_name.as_deref().unwrap_or(subject);
    let kind = event.subject_type.as_deref().unwrap_or("subject");
    let mut labels = json!({ kind: name });
    // Windows name power devices by the shorter word.
    if kind == "power_device" {
        labels["device"] = name.into();
    }
    labels
}
