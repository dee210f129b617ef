//! Which pixels of two pictures a person sees differ, how many, and where. Colours are compared in YIQ after Kotsarenko
//! and Ramos ("Measuring perceived color difference using YIQ NTSC transmission color space in mobile applications",
//! 2010); pixels that only smooth an edge are told apart after Vyšniauskas ("Anti-aliased pixel and intensity slope
//! detector", 2009). Pictures are never scaled: where one is larger, what it has more counts as different.

mod color;
mod compare;
mod foreign;
mod picture;
mod regions;
mod show;
mod similarity;
mod smoothing;

pub use compare::{Diff, Options, compare};
pub use picture::{Picture, PictureError};
pub use regions::Area;
pub use show::beside;
pub use similarity::similarity;

#[cfg(test)]
mod tests;
