//! What a node, a tunnel and the map of them are. Pure: no SQL, no HTTP, no clock.

pub(crate) mod lockout;
pub(crate) mod node;
pub(crate) mod rivals;
pub(crate) mod topology;
pub(crate) mod tunnel;
