//! `/api/ui/inventory`, `things`, `graph`, `links`, `search`, `undo`, `stream`, and the saved views and drafts of `workspace`.

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
    workspace::declare(stream::declare(things::declare(lists::declare(Routes::new(inventory))))).done()
}
