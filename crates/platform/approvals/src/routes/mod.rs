//! The HTTP side: one inbox, two documented views.

mod inbox;
mod threads;

use std::sync::Arc;

use argos_web::Routes;

use crate::{Approvals, Organizations, Service};

/// The routes of the inbox.
pub fn routes(approvals: Approvals, organizations: Arc<dyn Organizations>) -> Routes {
    let routes = Routes::new(Arc::new(Service { approvals, organizations }));
    threads::declare(inbox::declare(routes)).done()
}
