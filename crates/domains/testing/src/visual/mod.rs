//! Pictures of pages against what somebody approved, and the accessibility of pages.
//!
//! It owns the tables `testing_baselines*`, `testing_comparisons` and `testing_snapshots`. A picture that nobody approved is
//! never compared as if somebody had: it waits in the review queue. Rooms as in the crate: `model` pure rules, `store` SQL,
//! `actions` use cases, `page` what is asked of a browser, `routes` HTTP.

pub(crate) mod actions;
pub mod model;
pub(crate) mod page;
pub(crate) mod routes;
pub(crate) mod store;
