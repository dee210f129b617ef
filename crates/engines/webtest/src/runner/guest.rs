//! Steps in a page that somebody else opened and keeps: they begin where the page stands, and leave it as it is then.

use argos_cdp::{Browser, Page};
use serde_json::{Map, Value};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::perform_on;
use super::stage::Stage;
use crate::options::RunOptions;
use crate::outcome::{Observer, Outcome};
use crate::plan::Plan;

/// Does the plan in `page`, whose context has its size, its login and its guard already: what `options` say of these goes for
/// nothing. The other pages of the context are its tabs. Nothing is closed at the end, also when the future is dropped. What the steps
/// saved is in the outcome without its secrets, and beside it with them: for the next steps in the page and for nobody else.
pub async fn run_in(
    (browser, page): (&Browser, &Page),
    plan: &Plan,
    options: &RunOptions,
    observer: &dyn Observer,
    cancel: &CancellationToken,
) -> (Outcome, Map<String, Value>) {
    let (stage, arrivals) = Stage::adopt(page);
    Box::pin(perform_on(&stage, arrivals, (browser, plan, options), observer, cancel, Instant::now())).await
}
