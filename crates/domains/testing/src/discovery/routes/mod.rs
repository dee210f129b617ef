//! `/api/v1/discovery/*`, one file per group. Handlers parse, call an action and render.

mod compare;
mod discover;
mod flows;
mod pages;
mod preview;
mod sessions;

use argos_web::Routes;

use crate::routes::Service;

pub(crate) fn routes(testing: &Service) -> Routes {
    let t = || std::sync::Arc::clone(testing);
    Routes::new(())
        .join(sessions::routes(t()))
        .join(pages::routes(t()))
        .join(flows::routes(t()))
        .join(preview::routes(t()))
        .join(compare::routes(t()))
        .join(discover::routes(t()))
        .done()
}
