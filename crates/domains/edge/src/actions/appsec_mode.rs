//! The mode of CrowdSec's firewall in front of every site, as an external Caddy asks it. A mode counts once Caddy took it.

use argos_audit::{Category, Entry};
use argos_kernel::{Actor, AppError, Result, Timestamp};
use argos_settings::Write;
use serde_json::json;

use crate::model::bad;
use crate::service::Edge;

/// What may be wanted.
const MODES: [&str; 3] = ["detect", "block", "disabled"];

/// A mode that Caddy took.
pub(crate) struct Switched {
    pub(crate) previous: String,
    pub(crate) at: Timestamp,
}

impl Edge {
    /// Has Caddy ask the firewall of another mode. What it refuses is taken back.
    pub(crate) async fn set_appsec_mode(&self, actor: &Actor, mode: &str) -> Result<Switched> {
        if !MODES.contains(&mode) {
            return Err(bad("mode", "mode must be detect, block or disabled"));
        }
        if self.caddy.is_none() {
            let text = "no rule engine is built in yet; the mode cannot be changed";
            return Err(AppError::unavailable(text).code("appsec_unavailable"));
        }
        let _one = self.crowdsec.wishes.lock().await;
        let settings = &self.platform.settings;
        let previous = settings.text("appsec.mode")?;
        settings.set_many(actor, &[Write::text("appsec.mode", mode).by_owner()]).await?;
        if !self.reconcile(true).await {
            settings.set_many(actor, &[Write::text("appsec.mode", &previous).by_owner()]).await?;
            let why = self.standing().error.unwrap_or_default();
            return Err(AppError::internal(format!("the mode stays {previous}: {why}")).code("caddy_refused"));
        }
        let at = self.platform.clock.now();
        let writes = [
            Write::text("appsec.previous_mode", &previous).by_owner(),
            Write::text("appsec.last_mode_change_at", at.rfc3339()).by_owner(),
            Write::text("appsec.last_mode_change_by", &actor.name).by_owner(),
        ];
        let mut m = self.platform.audit.begin(actor).await?;
        settings.set_many_in(&mut m, actor, &writes).await?;
        let entry = Entry::new("appsec.mode", Category::Security).alias("appsec_mode_changed").target("appsec", "mode");
        let entry = entry.describe(format!("firewall of CrowdSec: {mode}"));
        m.commit(entry.before(json!({ "mode": previous })).after(json!({ "mode": mode }))).await?;
        Ok(Switched { previous, at })
    }
}
