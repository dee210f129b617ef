//! The test of a plan: every step is checked at once, nothing is done, and missing host keys are pinned.

use std::sync::Arc;

use argos_audit::{Category, Entry};
use argos_kernel::{Actor, Result};
use serde_json::json;

use super::shutdown_plans::plan_not_found;
use super::shutdown_runs::{Begin, run_not_found};
use crate::model::plan::Plan;
use crate::model::plan_run::Mode;
use crate::service::Power;
use crate::store::{plan_runs, plans};

impl Power {
    /// Tests a plan; the plan as it is now and the run that holds the outcome.
    pub(crate) async fn test_plan(self: &Arc<Self>, actor: &Actor, id: i64) -> Result<(Plan, i64)> {
        let db = &self.platform.store.state;
        let mut plan = plans::find(db, id).await?.ok_or_else(plan_not_found)?;
        let before = plan.body.clone();
        self.learn_host_keys(&mut plan.body).await;
        if plan.body != before {
            let mut m = self.platform.audit.begin(actor).await?;
            plans::update(&mut m, &plan).await?;
            let entry = Entry::new("shutdown_plan.pin", Category::Security).target("shutdown_plan", plan.id);
            m.commit(entry.describe(format!("Host keys of shutdown plan {} pinned", plan.name)).after(json!({ "plan": plan.body })))
                .await?;
        }
        let watch = self.shutdown.watch(id).unwrap_or_default();
        let begin = Begin { plan: &plan, mode: Mode::Test, trigger: "test", reason: None, saw_battery: false };
        let run_id = self.begin_run(actor, begin, &watch).await?;
        let run = plan_runs::find(db, run_id).await?.ok_or_else(run_not_found)?;
        let phases = run.body.orders().into_iter().map(|order| self.run_phase(&run, order));
        for outcome in futures_util::future::join_all(phases).await {
            outcome?;
        }
        self.end_test(&run).await?;
        Ok((plan, run_id))
    }
}
