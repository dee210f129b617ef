//! Rules of pictures: what is asked of a comparison, what differs, how it is kept. Pure.

pub mod analysis;
pub mod auto_approve;
pub mod color;
pub mod difference;
pub mod explain;
pub mod layout;
pub mod record;
pub mod shown;
pub mod verdict;
pub mod wanted;
