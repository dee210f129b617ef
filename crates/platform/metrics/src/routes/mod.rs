//! Routes over the time series: the documented history views and the general query.

mod history;
mod query;
mod reports;
mod trend;
mod view;

use argos_web::Routes;

use crate::Metrics;

/// Everything this crate serves.
pub fn routes(metrics: Metrics) -> Routes {
    let declared = history::routes(metrics.clone()).join(trend::routes(metrics.clone())).join(reports::routes(metrics.clone()));
    declared.join(query::routes(metrics)).done()
}
