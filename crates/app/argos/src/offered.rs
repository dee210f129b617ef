//! Work of the product itself that a person may put on a schedule. No rule of its own: each kind calls its owner.

use argos_audit::Audit;
use argos_jobs::{JobContext, Jobs, KindSpec, Verdict};
use argos_kernel::{AppError, Result};
use argos_platform::Platform;
use argos_web::BoxFuture;
use serde_json::{Value, json};

/// Keeps this work apart from scripts and backups.
const POOL: &str = "upkeep";
const DAYS: (i64, i64) = (1, 3_650);

/// Makes the kinds known to the queue, and to the alert rules what they may have done.
pub(crate) fn register(p: &Platform) {
    crate::rule_actions::offer(p);
    let audit = p.audit.clone();
    let spec =
        KindSpec { schedulable: Some("Check the hash chain of the audit log from its first row to its last"), ..KindSpec::new(POOL) };
    p.jobs.register("audit.verify", spec, move |_: JobContext| -> BoxFuture<'static, Verdict> {
        let audit = audit.clone();
        Box::pin(async move { verify(&audit).await })
    });
    let jobs = p.jobs.clone();
    let spec = KindSpec {
        schedulable: Some("Remove the records of jobs that finished more than `days` days ago"),
        modifiable: &["days"],
        check: Some(check_prune),
        ..KindSpec::new(POOL)
    };
    p.jobs.register("jobs.prune", spec, move |ctx: JobContext| -> BoxFuture<'static, Verdict> {
        let jobs = jobs.clone();
        Box::pin(async move { prune(&jobs, &ctx).await })
    });
}

async fn verify(audit: &Audit) -> Verdict {
    match audit.verify().await {
        Ok(v) if v.ok => Verdict::Done(json!({ "ok": true, "rows": v.rows })),
        Ok(v) => Verdict::fail(match v.broken_at {
            Some(id) => format!("the audit log does not fit together at row {id}"),
            None => "the end of the audit log is missing".to_owned(),
        }),
        Err(error) => Verdict::retry(error.message().to_owned()),
    }
}

fn days_of(payload: &Value) -> Option<i64> {
    payload["days"].as_i64().filter(|d| (DAYS.0..=DAYS.1).contains(d))
}

fn check_prune(payload: &Value) -> Result<()> {
    let text = format!("payload.days must be a number from {} to {}", DAYS.0, DAYS.1);
    days_of(payload).map(drop).ok_or_else(|| AppError::bad_request(text).code("invalid_payload").with("field", "payload.days"))
}

async fn prune(jobs: &Jobs, ctx: &JobContext) -> Verdict {
    let Some(days) = days_of(&ctx.job().payload) else { return Verdict::fail("payload.days is missing") };
    match jobs.prune(days, days.max(365)).await {
        Ok(removed) => Verdict::Done(json!({ "removed": removed, "days": days })),
        Err(error) => Verdict::retry(error.message().to_owned()),
    }
}
