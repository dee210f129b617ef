//! `/api/ui/inventory`, `things`, `graph`, `links`, `search`, `undo`: what the interface reads of the inventory.

mod lists;
mod things;
mod view;

use argos_web::Routes;

use crate::Inventory;

pub use view::ThingView;

/// Every route of this crate.
pub fn routes(inventory: Inventory) -> Routes {
    things::declare(lists::declare(Routes::new(inventory))).done()
}
