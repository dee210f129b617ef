//! `/api/ai/*` (ops-automation C.11), `/api/v1/ai/*` (nodes C.6), `/api/v1/users/me/provider-keys` (quality C.2), and the usage.

mod assistant;
mod keys;
mod nodes;
mod usage;

use argos_web::Routes;

use crate::Llm;

/// Every route of this crate.
pub fn routes(llm: Llm) -> Routes {
    let all = assistant::declare(Routes::new(llm));
    let all = keys::declare(all);
    let all = nodes::declare(all);
    usage::declare(all).done()
}
