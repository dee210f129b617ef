//! Putting back what was deleted by mistake: a rule as it was, a window or silence under its own uid. The alerts that ended
//! with it stay ended; what is still true fires anew.

use argos_kernel::{Actor, AppError, Result};
use argos_store::Tx;
use argos_web::OpCx;
use serde_json::{Map, Value};

use super::portable_windows::document as window_document;
use super::rules::document as rule_document;
use crate::Alerts;
use crate::model::rule::AlertRule;
use crate::model::window::Window;

const RULE: &str = "alert_rule.delete";
const WINDOW: &str = "maintenance_window.delete";
pub(super) const COMPONENT: &str = "status_component.put_back";

type Undo = fn(Alerts, OpCx, Map<String, Value>) -> argos_web::BoxFuture<'static, Result<()>>;

impl Alerts {
    /// How the inventory takes a deletion of this crate back.
    pub(crate) fn offer_undos(&self) {
        self.offer_component_undo();
        self.undo_of(RULE, |alerts, cx, rule| {
            Box::pin(async move {
                cx.require("alerts:manage")?;
                alerts.create_rule(&cx.actor(), &rule).await.map(drop)
            })
        });
        self.undo_of(WINDOW, |alerts, cx, window| {
            Box::pin(async move {
                let window = alerts.read_removed(&window)?;
                cx.require(if window.is_silence() { "alerts:manage" } else { "maintenance:manage" })?;
                alerts.create_window(&cx.actor(), window).await.map(drop)
            })
        });
    }

    /// Puts a component of the status page back as it was, under its own number.
    pub(super) fn offer_component_undo(&self) {
        self.undo_of(COMPONENT, |alerts, cx, kept| {
            Box::pin(async move {
                cx.require("status:manage")?;
                alerts.put_component_back(&cx.actor(), Value::Object(kept)).await
            })
        });
    }

    fn undo_of(&self, action: &'static str, run: Undo) {
        let own = std::sync::Arc::downgrade(&self.0);
        let handler = std::sync::Arc::new(move |cx: OpCx, payload: Value| -> argos_web::BoxFuture<'static, Result<()>> {
            let own = own.upgrade();
            Box::pin(async move {
                let alerts = Self(own.ok_or_else(|| AppError::unavailable("The server stops"))?);
                let Value::Object(payload) = payload else { return Err(AppError::internal("an offer to undo is no object")) };
                run(alerts, cx, payload).await
            })
        });
        self.0.audit.on_undo(action, handler);
    }

    /// The token that puts a deleted rule back; `None` without an inventory.
    pub(crate) async fn offer_rule(&self, tx: &mut Tx, actor: &Actor, rule: &AlertRule) -> Result<Option<String>> {
        self.offer(tx, actor, RULE, ("alert_rule", &rule.id), &rule_document(rule)).await
    }

    pub(crate) async fn offer_window(&self, tx: &mut Tx, actor: &Actor, window: &Window) -> Result<Option<String>> {
        self.offer(tx, actor, WINDOW, ("maintenance_window", &window.uid), &window_document(window)).await
    }

    async fn offer(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        action: &'static str,
        (kind, id): (&str, &str),
        payload: &Value,
    ) -> Result<Option<String>> {
        match self.0.inventory.get() {
            Some(inventory) => inventory.offer_undo(tx, actor, action, &format!("{kind}:{id}"), payload).await.map(Some),
            None => Ok(None),
        }
    }
}
