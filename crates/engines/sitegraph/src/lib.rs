//! The rules of exploring a website: one form for each address, which addresses are visited and which never, what a page
//! is, what its fields want to hear, which ways lead through the site and the tests they make. Pure: it opens no page and
//! asks no server; who visits the pages hands over what was seen.

mod address;
mod category;
mod coverage;
mod fields;
mod flow;
mod frontier;
mod generate;
mod journeys;
mod page_type;
mod pattern;
mod robots;
mod safety;
mod scope;
mod seen;
mod sitemap;

pub use address::{host_of, normalise, origin_of, path_of, relative, resolved, sibling, template};
pub use category::category;
pub use coverage::{Coverage, coverage};
pub use fields::{FieldKind, Sample, kind_of, sample};
pub use flow::{Flow, FlowStep, Kind as FlowKind};
pub use frontier::{Frontier, Queued, Strategy};
pub use generate::{document, parameterized, step_json};
pub use journeys::flows;
pub use page_type::{PageType, page_type};
pub use pattern::Pattern;
pub use robots::Robots;
pub use safety::{danger, opens_something};
pub use scope::{Refusal, Scope};
pub use seen::{Element, Form, Link, PageSeen, Selector, short_hash, structure_hash};
pub use sitemap::{Sitemap, sitemap};
