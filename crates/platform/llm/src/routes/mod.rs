//! `/api/ai/*` (ops-automation C.11), `/api/v1/ai/*` (nodes C.6), one's own keys and usage under
//! `/api/v1/users/me` (quality C.2), and the usage of everybody.

mod assistant;
mod keys;
mod mine;
mod nodes;
mod usage;

use argos_web::Routes;

use crate::Llm;

/// Every route of this crate.
pub fn routes(llm: Llm) -> Routes {
    let all = assistant::declare(Routes::new(llm));
    let all = keys::declare(all);
    let all = mine::declare(nodes::declare(all));
    usage::declare(all).done()
}
