//! Browsers: which are there, who has one, and what they may ask of the network.

mod ailment;
pub(crate) mod dress;
pub(crate) mod film;
pub(crate) mod guard;
mod keeper;
pub(crate) mod live;
pub(crate) mod pool;
pub(crate) mod proxy;
mod proxy_head;
pub(crate) mod signed_in;
mod touching;
