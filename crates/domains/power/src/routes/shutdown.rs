//! Shutdown plans and their runs (power spec C.5, D.8).

use argos_kernel::{AppError, FieldError, Result};
use argos_web::{Pager, Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::shutdown_view::{PlanStatusView, PlanView, PreviewView, RemovedView, RunView, StatusView, StepTestView, TestView};
use super::view::PageView;
use super::{Service, may_read};
use crate::actions::shutdown_plans::plan_not_found;
use crate::actions::shutdown_runs::run_not_found;
use crate::model::plan_input::PlanInput;
use crate::model::plan_run::{RunState, StepState};
use crate::service::Power;
use crate::store::{plan_runs, plans};

pub(crate) fn routes(power: Service) -> Routes {
    Routes::new(power)
        .get("/api/shutdown/status", "power.shutdown_status", "Every shutdown plan and where it stands.", status)
        .reply::<StatusView>()
        .get("/api/shutdown/plans", "power.list_plans", "Shutdown plans by name.", list)
        .reply::<Vec<PlanView>>()
        .post("/api/shutdown/plans", "power.create_plan", "Create a shutdown plan.", create)
        .body::<PlanInput>()
        .created::<PlanView>()
        .post("/api/shutdown/plans/preview", "power.preview_plan", "Budget, warnings and changes of a plan that is not stored.", preview)
        .body::<PlanInput>()
        .reply::<PreviewView>()
        .param("plan_id", "the stored plan it would change")
        .get("/api/shutdown/plans/{id}", "power.get_plan", "One shutdown plan.", get)
        .reply::<PlanView>()
        .put("/api/shutdown/plans/{id}", "power.update_plan", "Change a shutdown plan; absent members stay.", update)
        .body::<PlanInput>()
        .reply::<PlanView>()
        .delete("/api/shutdown/plans/{id}", "power.remove_plan", "Remove a shutdown plan; its runs stay.", remove)
        .reply::<RemovedView>()
        .post("/api/shutdown/plans/{id}/test", "power.test_plan", "Dry run: reachability and credentials of every step.", test)
        .reply::<TestView>()
        .post("/api/shutdown/plans/{id}/steps/{step}/test", "power.test_plan_step", "Whether one step is reached and let in.", test_step)
        .reply::<StepTestView>()
        .post("/api/shutdown/plans/{id}/start", "power.start_plan", "Start a shutdown plan now.", start)
        .body::<StartBody>()
        .reply::<RunView>()
        .get("/api/shutdown/runs", "power.list_runs", "Runs, newest first.", runs)
        .reply::<PageView<RunView>>()
        .param("page", "from 1")
        .param("page_size", "1-200, default 50")
        .param("plan_id", "only runs of this plan")
        .get("/api/shutdown/runs/{id}", "power.get_run", "One run with its steps.", run)
        .reply::<RunView>()
        .post("/api/shutdown/runs/{id}/cancel", "power.cancel_run", "Stop a run after its current phase, or keep its hosts down.", cancel)
        .reply::<RunView>()
        .post("/api/shutdown/runs/{id}/restore", "power.restore_run", "Start the hosts of a run again.", restore)
        .body::<RestoreBody>()
        .reply::<RunView>()
        .done()
}

#[derive(Deserialize, JsonSchema)]
struct StartBody {
    /// The name of the plan, typed by the one who starts it.
    confirm: String,
    reason: String,
    /// Act on paper only.
    #[serde(default)]
    dry_run: bool,
}

#[derive(Deserialize, JsonSchema)]
struct RestoreBody {
    /// Do not wait until the mains are good.
    #[serde(default)]
    force: bool,
}

fn plan_id(req: &Req) -> Result<i64> {
    req.param("id").parse().map_err(|_| plan_not_found())
}

fn run_id(req: &Req) -> Result<i64> {
    req.param("id").parse().map_err(|_| run_not_found())
}

fn plan_query(req: &Req) -> Result<Option<i64>> {
    let parse = |text: &str| text.parse::<i64>().map_err(|_| super::bad_query("plan_id", "plan_id must be a number"));
    req.query().filled("plan_id").map(parse).transpose()
}

async fn run_view(power: &Power, id: i64) -> Result<RunView> {
    let db = &power.platform.store.state;
    let run = plan_runs::find(db, id).await?.ok_or_else(run_not_found)?;
    Ok(RunView::of(power, run, plan_runs::steps(db, id).await?))
}

async fn status(power: Service, req: Req) -> Result<Reply> {
    may_read(&power, &req)?;
    let db = &power.platform.store.state;
    let open = plan_runs::open(db).await?;
    let mut views = Vec::new();
    for (plan, _) in plans::list(db).await? {
        let run = match open.iter().rev().find(|r| r.plan_id == plan.id) {
            Some(run) => Some(run_view(&power, run.id).await?),
            None => None,
        };
        views.push((plan.enabled && plan.armed, PlanStatusView::of(&power, &plan, run)));
    }
    let armed = views.iter().filter(|(armed, _)| *armed).count();
    let monitoring = !power.settings().bool("power.scanning_disabled")?;
    let trouble = power.shutdown.trouble().map(|t| t.text);
    Ok(Reply::json(&StatusView { monitoring, armed, trouble, plans: views.into_iter().map(|(_, v)| v).collect() }))
}

async fn list(power: Service, _req: Req) -> Result<Reply> {
    let all = plans::list(&power.platform.store.state).await?;
    Ok(Reply::json(&all.into_iter().map(|(plan, _)| PlanView::from(power.judged(plan))).collect::<Vec<_>>()))
}

async fn get(power: Service, req: Req) -> Result<Reply> {
    let plan = plans::find(&power.platform.store.state, plan_id(&req)?).await?.ok_or_else(plan_not_found)?;
    Ok(Reply::json(&PlanView::from(power.judged(plan))))
}

async fn create(power: Service, mut req: Req) -> Result<Reply> {
    let body: Map<String, Value> = req.json().await?;
    let saved = power.save_plan(&req.cx().actor(), None, &body).await?;
    Ok(Reply::created(&PlanView::from(saved)))
}

async fn preview(power: Service, mut req: Req) -> Result<Reply> {
    let body: Map<String, Value> = req.json().await?;
    let id = plan_query(&req)?;
    let (judged, changes) = power.preview_plan(id, &body).await?;
    Ok(Reply::json(&PreviewView { plan: PlanView::from(judged), changes }))
}

async fn update(power: Service, mut req: Req) -> Result<Reply> {
    let body: Map<String, Value> = req.json().await?;
    let saved = power.save_plan(&req.cx().actor(), Some(plan_id(&req)?), &body).await?;
    Ok(Reply::json(&PlanView::from(saved)))
}

async fn remove(power: Service, req: Req) -> Result<Reply> {
    let undo = power.remove_plan(&req.cx().actor(), plan_id(&req)?).await?;
    Ok(Reply::json(&RemovedView { undo }))
}

async fn test_step(power: Service, req: Req) -> Result<Reply> {
    let tested = power.test_step(&req.cx().actor(), plan_id(&req)?, req.param("step")).await?;
    Ok(Reply::json(&StepTestView::from(tested)))
}

async fn test(power: Service, req: Req) -> Result<Reply> {
    let (plan, run_id) = power.test_plan(&req.cx().actor(), plan_id(&req)?).await?;
    let steps = plan_runs::steps(&power.platform.store.state, run_id).await?;
    let ok = steps.iter().all(|s| s.state == StepState::Done);
    let (budget, warnings) = power.judge_plan(&plan.body);
    Ok(Reply::json(&TestView { ok, budget, warnings, run: run_view(&power, run_id).await? }))
}

async fn start(power: Service, mut req: Req) -> Result<Reply> {
    let body: StartBody = req.json().await?;
    let id = plan_id(&req)?;
    let plan = plans::find(&power.platform.store.state, id).await?.ok_or_else(plan_not_found)?;
    let mut faults = Vec::new();
    if body.confirm != plan.name {
        faults.push(FieldError::new("confirm", "confirm must be the name of the plan"));
    }
    if body.reason.trim().is_empty() || body.reason.chars().count() > 500 {
        faults.push(FieldError::new("reason", "reason must be 1 to 500 characters"));
    }
    if !faults.is_empty() {
        return Err(AppError::invalid(faults));
    }
    let run = power.start_plan(&req.cx().actor(), id, body.reason.trim(), body.dry_run).await?;
    Ok(Reply::json(&run_view(&power, run).await?))
}

async fn runs(power: Service, req: Req) -> Result<Reply> {
    may_read(&power, &req)?;
    let (request, page) = Pager::page_page_size(req.query())?;
    let plan = plan_query(&req)?;
    let db = &power.platform.store.state;
    let (rows, total) = plan_runs::list(db, plan, request).await?;
    let mut steps = plan_runs::steps_of(db, plan, &rows).await?;
    let items =
        rows.into_iter().map(|run| (steps.remove(&run.id).unwrap_or_default(), run)).map(|(s, run)| RunView::of(&power, run, s)).collect();
    Ok(Reply::json(&PageView { page, page_size: request.limit, total, items }))
}

async fn run(power: Service, req: Req) -> Result<Reply> {
    may_read(&power, &req)?;
    Ok(Reply::json(&run_view(&power, run_id(&req)?).await?))
}

async fn cancel(power: Service, req: Req) -> Result<Reply> {
    let id = run_id(&req)?;
    power.cancel_run(&req.cx().actor(), id).await?;
    Ok(Reply::json(&run_view(&power, id).await?))
}

async fn restore(power: Service, mut req: Req) -> Result<Reply> {
    let body: RestoreBody = req.json().await?;
    let id = run_id(&req)?;
    let state = plan_runs::find(&power.platform.store.state, id).await?.map(|r| r.state);
    if state != Some(RunState::Restoring) {
        power.ask_for_restore(&req.cx().actor(), id, body.force).await?;
    }
    Ok(Reply::json(&run_view(&power, id).await?))
}
