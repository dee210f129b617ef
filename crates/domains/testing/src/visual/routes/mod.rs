//! `/api/v1/visual`: pictures, baselines, comparisons, decisions, audits. Handlers parse, call an action and render.

mod audits;
mod baselines;
mod body;
mod capture;
mod comparisons;
mod explain;
mod review;
mod several;
mod view;

use std::sync::Arc;

use argos_web::Routes;

use crate::service::Testing;

type Service = Arc<Testing>;

pub(crate) fn routes(testing: &Service) -> Routes {
    let t = || Arc::clone(testing);
    Routes::new(())
        .join(capture::routes(t()))
        .join(baselines::routes(t()))
        .join(comparisons::routes(t()))
        .join(review::routes(t()))
        .join(audits::routes(t()))
        .join(explain::routes(t()))
        .join(several::routes(t()))
        .done()
}
