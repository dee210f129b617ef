//! `/api/ui/inventory`, `things`, `graph`, `links`, `search`, `undo`, `stream`, the saved views and drafts of `workspace`, `demo`, and `/api/dashboards`.

mod dashboards;
mod demo;
mod lists;
mod stream;
mod things;
mod view;
mod workspace;

use argos_web::Routes;

use crate::Inventory;

pub use view::ThingView;

/// Every route of this crate.
pub fn routes(inventory: Inventory) -> Routes {
    let routes = stream::declare(things::declare(lists::declare(Routes::new(inventory))));
    demo::declare(dashboards::declare(workspace::declare(routes))).done()
}
