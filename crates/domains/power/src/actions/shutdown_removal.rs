//! Taking shutdown plans away, and putting one back that was taken away by mistake; taking devices away from plans.

use std::sync::Arc;

use argos_kernel::{Actor, AppError, Result};
use argos_store::Tx;
use argos_web::BoxFuture;
use serde_json::{Value, json};

use super::observe::config_event;
use super::shutdown_plans::{entry, not_running, plan_not_found};
use crate::model::plan::{Plan, PlanBody};
use crate::service::Power;
use crate::store::{devices, plan_runs, plans};

const UNDO: &str = "shutdown_plan.delete";

impl Power {
    /// Removes a plan; the token takes it back for a minute.
    pub(crate) async fn remove_plan(self: &Arc<Self>, actor: &Actor, id: i64) -> Result<String> {
        let _turn = self.shutdown.writing.lock().await;
        let mut m = self.platform.audit.begin(actor).await?;
        let plan = plans::find_in(&mut m, id).await?.ok_or_else(plan_not_found)?;
        not_running(&mut m, id).await?;
        plans::delete(&mut m, id).await?;
        // Sealed secrets stay sealed for the same uid.
        let payload = json!({ "uid": plan.uid, "name": plan.name, "enabled": plan.enabled, "armed": plan.armed, "body": plan.body,
            "secrets_enc": plan.secrets_enc, "created_at": plan.created_at.micros() });
        let token = self.platform.inventory.offer_undo(&mut m, actor, UNDO, &format!("shutdown_plan:{id}"), &payload).await?;
        let told = config_event(actor, &format!("shutdown plan {}", plan.name), "removed");
        self.platform.events.publish(&mut m, told.subject("shutdown_plan", plan.id, &plan.name)).await?;
        m.commit(entry("delete", &plan)).await?;
        self.shutdown.forget_watch(id);
        self.changed();
        Ok(token)
    }

    /// Lets a removed plan be put back.
    pub(crate) fn offer_plan_undo(self: &Arc<Self>) {
        let own = Arc::downgrade(self);
        let handler = Arc::new(move |cx: argos_web::OpCx, payload: Value| -> BoxFuture<'static, Result<()>> {
            let own = own.upgrade();
            Box::pin(async move {
                cx.require("power:manage")?;
                own.ok_or_else(|| AppError::internal("the power domain has ended"))?.put_plan_back(&cx.actor(), &payload).await
            })
        });
        self.platform.audit.on_undo(UNDO, handler);
    }

    async fn put_plan_back(self: &Arc<Self>, actor: &Actor, payload: &Value) -> Result<()> {
        let text = |name: &str| payload.get(name).and_then(Value::as_str).map(str::to_owned);
        let flag = |name: &str| payload.get(name) == Some(&Value::Bool(true));
        let body: PlanBody = serde_json::from_value(payload.get("body").cloned().unwrap_or_default()).map_err(AppError::internal)?;
        let whole = body.sources.iter().all(|s| self.find_live(&s.device_id).is_some());
        let mut plan = Plan {
            id: 0,
            uid: text("uid").ok_or_else(plan_not_found)?,
            name: text("name").ok_or_else(plan_not_found)?,
            enabled: flag("enabled"),
            // Without all of its sources it must be looked at first.
            armed: flag("armed") && whole,
            body,
            secrets_enc: text("secrets_enc"),
            created_at: argos_kernel::Timestamp::from_micros(payload.get("created_at").and_then(Value::as_i64).unwrap_or_default()),
            updated_at: self.platform.clock.now(),
        };
        let _turn = self.shutdown.writing.lock().await;
        let mut m = self.platform.audit.begin(actor).await?;
        if plans::list_in(&mut m).await?.iter().any(|p| p.name == plan.name) {
            return Err(AppError::conflict(format!("A shutdown plan named {} exists.", plan.name)).code("plan_exists"));
        }
        plan.id = plans::insert(&mut m, &plan).await?;
        plan_runs::adopt(&mut m, plan.id, &plan.uid).await?;
        m.commit(entry("restore", &plan)).await?;
        self.shutdown.kick.notify_one();
        self.changed();
        Ok(())
    }

    /// Refuses to take devices away from plans; with `force` those plans are disarmed instead.
    pub(crate) async fn release_from_plans(&self, tx: &mut Tx, ids: &[&str], force: bool) -> Result<Vec<String>> {
        let uses = |p: &Plan| ids.iter().any(|id| p.body.uses(id));
        let users: Vec<Plan> = plans::list_in(tx).await?.into_iter().filter(uses).collect();
        let names: Vec<String> = users.iter().map(|p| p.name.clone()).collect();
        if !users.is_empty() && !force {
            let text = format!("Shutdown plans use this device: {}. Repeat with force=true to disarm them.", names.join(", "));
            return Err(AppError::conflict(text).code("device_in_plan").with("plans", json!(names)));
        }
        for plan in users {
            let now = self.platform.clock.now();
            plans::update(tx, &Plan { armed: false, updated_at: now, ..plan }).await?;
        }
        Ok(names)
    }

    pub(crate) async fn plan_devices_gone(&self, tx: &mut Tx, wanted: &[String]) -> Result<()> {
        let stored = devices::list_in(tx).await?;
        let gone: Vec<&str> = stored.iter().map(|d| d.id.as_str()).filter(|id| !wanted.iter().any(|w| w == id)).collect();
        self.release_from_plans(tx, &gone, false).await.map(drop)
    }
}
