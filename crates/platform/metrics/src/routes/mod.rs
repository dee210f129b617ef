//! Routes over the time series: the documented history views and the general query.

mod history;
mod query;

use argos_web::Routes;

use crate::Metrics;

/// Everything this crate serves.
pub fn routes(metrics: Metrics) -> Routes {
    let service = metrics;
    Routes::new(service.clone()).join(history::routes(service.clone())).join(query::routes(service)).done()
}
