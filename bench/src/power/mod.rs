//! The power part: what watching four hundred devices costs, how fast two years of them are charted, and how soon an outage
//! is known.

mod chart;
mod outage;
mod watch;

use crate::Outcome;

/// One part, or all of them.
pub(crate) fn run(part: Option<&str>) -> Outcome {
    if part.is_none_or(|p| p == "watch") {
        watch::run()?;
    }
    if part.is_none_or(|p| p == "chart") {
        chart::run()?;
    }
    if part.is_none_or(|p| p == "outage") {
        outage::run()?;
    }
    Ok(())
}
