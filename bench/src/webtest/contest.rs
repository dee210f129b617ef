//! The same tests on both runners, in turn, so that what else the machine does meets both.

use argos_peers::{Chromium, FixtureSite};
use serde_json::Value;

use super::{again, number, script};
use crate::{Outcome, report};

/// Each runner is started so often.
const ROUNDS: usize = 3;

pub(crate) fn run() -> Outcome {
    let (chromium, site) = (Chromium::find()?.path.display().to_string(), FixtureSite::start());
    let args = [chromium.as_str(), &site.url("")];
    let (mut ours, mut peers) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(again("webtest.ours", &args)?);
        peers.push(script("peer.mjs", include_str!("peer.mjs"), &args)?);
    }
    for (name, field, unit) in [
        ("webtest.shop", "shop_ms", "ms for 12 steps"),
        ("webtest.shop_cpu", "shop_cpu_ms", "ms outside Chromium"),
        ("webtest.fifty", "fifty_ms", "ms for 50 tests in 4 contexts"),
        ("webtest.fifty_cpu", "fifty_cpu_ms", "ms outside Chromium"),
        ("webtest.rss", "rss_mib", "MiB"),
    ] {
        report::against(name, median(&ours, field)?, unit, "Playwright", median(&peers, field)?);
    }
    Ok(())
}

fn median(rounds: &[Value], field: &str) -> Outcome<f64> {
    let mut values = rounds.iter().map(|round| number(round, field)).collect::<Outcome<Vec<f64>>>()?;
    values.sort_by(f64::total_cmp);
    Ok(values[values.len() / 2])
}
