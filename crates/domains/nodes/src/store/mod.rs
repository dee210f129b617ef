//! SQL of the tables `nodes` and `node_*`, and nothing else.

pub(crate) mod links;
pub(crate) mod nodes;
pub(crate) mod parts;
pub(crate) mod sealed;
pub(crate) mod tunnels;
pub(crate) mod views;

#[cfg(test)]
mod links_tests;
#[cfg(test)]
mod tests;
