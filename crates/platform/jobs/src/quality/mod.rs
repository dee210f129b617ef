//! `/api/v1/schedules*`, `/api/v1/status/{job_id}` and `/api/v1/cancel/{job_id}`: runs of tests, in the documented
//! shapes, over the same schedules and jobs as everything else. It must never show one organization another's.

mod change;
mod expressions;
mod fields;
mod routes;
mod runs;
mod view;

pub(crate) use change::judge_payload;
pub use change::schedule_variables;
pub use routes::quality_routes;

/// The kind of job that runs tests. Whoever runs tests registers it; until then nothing of it can be scheduled.
pub const TEST_RUN: &str = "test_run";
