//! The mode of CrowdSec's firewall in front of every site, as the data plane asks it. A mode counts once it was taken.

use std::sync::Arc;

use argos_audit::{Category, Entry};
use argos_crowdsec::ALERTS_MAX;
use argos_kernel::{Actor, AppError, Result, Timestamp};
use argos_settings::Write;
use serde_json::json;

use crate::crowdsec::{Connection, upstream};
use crate::model::bad;
use crate::model::firewall::{Findings, Modes, Window, count};
use crate::service::Edge;

/// What may be wanted.
const MODES: [&str; 3] = ["detect", "block", "disabled"];

/// A mode that was taken.
pub(crate) struct Switched {
    pub(crate) previous: String,
    pub(crate) at: Timestamp,
}

impl Edge {
    /// The mode, or `unavailable` where no firewall can be asked.
    pub(crate) fn appsec_mode(&self) -> Result<String> {
        if self.has_firewall()? { self.platform.settings.text("appsec.mode") } else { Ok("unavailable".to_owned()) }
    }

    /// What the firewall found, counted at most every half minute.
    pub(crate) async fn firewall_findings(&self, window: Window, mode: &str) -> Result<Arc<Findings>> {
        let (settings, connection) = (&self.platform.settings, self.crowdsec_connection()?);
        let since = settings.opt_text("appsec.last_mode_change_at")?.and_then(|at| Timestamp::parse_rfc3339(&at));
        let modes = Modes { current: mode.to_owned(), previous: settings.opt_text("appsec.previous_mode")?.zip(since) };
        let minutes = u32::try_from(window.seconds / 60).unwrap_or(u32::MAX);
        let counted = async {
            let alerts = self.crowdsec.machine(&connection)?.alerts(minutes).await.map_err(|error| upstream(&error))?;
            Ok(count(&alerts, alerts.len() >= ALERTS_MAX, window, &modes, self.platform.clock.now()))
        };
        self.findings.of(window.word, counted).await
    }

    /// Has the data plane ask the firewall of another mode. What it refuses is taken back.
    pub(crate) async fn set_appsec_mode(&self, actor: &Actor, mode: &str) -> Result<Switched> {
        if !MODES.contains(&mode) {
            return Err(bad("mode", "mode must be detect, block or disabled"));
        }
        if !self.has_firewall()? {
            let text = if Connection::is_set_up(&self.platform.settings)? {
                "no process of Argos serves sites: there are no requests to ask the firewall about"
            } else {
                "CrowdSec is not set up: without the key of a bouncer there is no firewall to ask"
            };
            return Err(AppError::unavailable(text).code("appsec_unavailable"));
        }
        let _one = self.crowdsec.wishes.lock().await;
        let settings = &self.platform.settings;
        let previous = settings.text("appsec.mode")?;
        settings.set_many(actor, &[Write::text("appsec.mode", mode).by_owner()]).await?;
        if !self.reconcile(true).await {
            settings.set_many(actor, &[Write::text("appsec.mode", &previous).by_owner()]).await?;
            let why = self.standing().error.unwrap_or_default();
            let code = if self.caddy.is_some() { "caddy_refused" } else { "engine_refused" };
            return Err(AppError::internal(format!("the mode stays {previous}: {why}")).code(code));
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
        self.findings.forget().await;
        Ok(Switched { previous, at })
    }
}
