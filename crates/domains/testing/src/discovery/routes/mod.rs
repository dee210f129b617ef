//! `/api/v1/discovery/*`, one file per group. Handlers parse, call an action and render.

mod compare;
mod discover;
mod flows;
mod mesh;
mod pages;
mod patterns;
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
        .join(patterns::routes(t()))
        .join(mesh::routes(t()))
        .done()
}
