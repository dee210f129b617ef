//! The settings that are views of alert rules and maintenance windows (platform spec 11.3). No rule of its own: reading and
//! writing is what the configuration document does with the same rows.

use argos_alerts::Alerts;
use argos_audit::{Audit, Category, Entry, PortableSection};
use argos_kernel::{Actor, AppError, Result};
use argos_settings::{Elsewhere, Settings, Write};
use argos_web::BoxFuture;
use serde_json::{Value, json};

const RULES: &str = "ops.alertRules";
const WINDOWS: &str = "ops.maintenanceWindows";

pub(crate) struct KeptByAlerts {
    alerts: Alerts,
    audit: Audit,
    pub(crate) settings: Settings,
}

/// The list of a document's section that a key shows.
fn list_of(key: &str) -> &'static str {
    if key == WINDOWS { "windows" } else { "rules" }
}

impl KeptByAlerts {
    pub(crate) fn new(alerts: &Alerts, audit: &Audit, settings: &Settings) -> Self {
        Self { alerts: alerts.clone(), audit: audit.clone(), settings: settings.clone() }
    }

    async fn replace(&self, actor: &Actor, kept: &[(&'static str, Value)], writes: &[Write]) -> Result<()> {
        let section = Value::Object(kept.iter().map(|(key, value)| (list_of(key).to_owned(), value.clone())).collect());
        let held = self.alerts.hold().await;
        let mut change = self.audit.begin(actor).await?;
        let plan = self.alerts.import(&mut change, &section, true).await?;
        // What an action needs is here already, or it will not be: other than in a document, that is a fault.
        let undoable = plan.warnings.iter().filter(|w| w.contains(": Invalid action."));
        let faults: Vec<&str> = plan.faults.iter().chain(undoable).map(String::as_str).collect();
        if !faults.is_empty() {
            let of_windows = faults.iter().any(|fault| fault.starts_with("windows"));
            let field = if of_windows { WINDOWS } else { RULES };
            let text = faults.join("; ");
            return Err(AppError::bad_request(format!("{field}: {text}")).code("invalid_setting").with("field", field));
        }
        self.settings.set_many_in(&mut change, actor, writes).await?;
        let keys: Vec<&str> = kept.iter().map(|(key, _)| *key).collect();
        let entry = Entry::new("alert_rule.replace_all", Category::Config).target("settings", keys.join(","));
        let done = json!({ "created": plan.creates, "updated": plan.updates, "removed": plan.removes });
        change.commit(entry.describe("Alert rules and maintenance windows replaced through the settings").after(done)).await?;
        drop(held);
        self.alerts.imported().await
    }
}

impl Elsewhere for KeptByAlerts {
    fn read<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Value>> {
        Box::pin(async move { Ok(self.alerts.export().await?[list_of(key)].take()) })
    }
    fn write<'a>(&'a self, actor: &'a Actor, kept: &'a [(&'static str, Value)], writes: &'a [Write]) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.replace(actor, kept, writes))
    }
}
