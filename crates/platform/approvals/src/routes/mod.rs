//! The HTTP side: one inbox, two documented views.

mod inbox;
mod threads;

use std::sync::Arc;

use argos_web::Routes;

use crate::Approvals;

/// The routes of the inbox.
pub fn routes(approvals: Approvals) -> Routes {
    let routes = Routes::new(Arc::new(approvals));
    threads::declare(inbox::declare(routes)).done()
}
