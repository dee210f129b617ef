//! What came over the links, counted for the expositions. A frame counts once: as taken in, or under the reason why not.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use argos_platform::Family;

use crate::service::Nodes;

/// Why a frame was not taken in.
#[derive(Clone, Copy)]
pub(crate) enum Dropped {
    /// Not JSON, too deep, or without a type.
    Unreadable,
    /// More than is kept of figures and health.
    TooLarge,
    /// No JPEG, or one more than is kept of a node.
    Picture,
    /// An event that the store refused.
    NotStored,
    /// Of a type that is not known here.
    UnknownType,
}

const REASONS: [(Dropped, &str); 5] = [
    (Dropped::Unreadable, "unreadable"),
    (Dropped::TooLarge, "too_large"),
    (Dropped::Picture, "picture"),
    (Dropped::NotStored, "not_stored"),
    (Dropped::UnknownType, "unknown_type"),
];

/// Frames since the start of the process.
#[derive(Default)]
pub(crate) struct Traffic {
    taken: AtomicU64,
    dropped: [AtomicU64; REASONS.len()],
}

impl Traffic {
    /// Counts so many frames that had the same outcome.
    pub(crate) fn count(&self, outcome: Result<(), Dropped>, frames: u64) {
        let counter = match outcome {
            Ok(()) => &self.taken,
            Err(reason) => &self.dropped[reason as usize],
        };
        counter.fetch_add(frames, Ordering::Relaxed);
    }

    #[expect(clippy::cast_precision_loss, reason = "counters shown as floats, as the format does")]
    fn families(&self, connected: usize, dashboards: usize) -> Vec<Family> {
        let value = |of: &AtomicU64| Some(of.load(Ordering::Relaxed) as f64);
        let dropped = Family::counter("argos_nodes_frames_dropped_total", "Frames of media nodes that were not taken in");
        vec![
            Family::gauge("argos_peers_connected", "Machines that connect by themselves and are connected to this process")
                .with(&[("kind", "node")], Some(connected as f64)),
            Family::gauge("argos_nodes_dashboards", "Dashboards of media nodes open at this process").with(&[], Some(dashboards as f64)),
            Family::counter("argos_nodes_frames_total", "Frames of media nodes taken in").with(&[], value(&self.taken)),
            REASONS.iter().fold(dropped, |f, (reason, word)| f.with(&[("reason", word)], value(&self.dropped[*reason as usize]))),
        ]
    }
}

/// Has the counters shown by every exposition.
pub(crate) fn observe(nodes: &Arc<Nodes>) {
    // The platform holds the source, and the domain the platform.
    let weak = Arc::downgrade(nodes);
    let families =
        move || weak.upgrade().map(|nodes| nodes.traffic.families(nodes.connections(), nodes.news.receiver_count())).unwrap_or_default();
    nodes.platform.observed.add(families);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frame_counts_once_and_under_its_own_reason() {
        let traffic = Traffic::default();
        traffic.count(Ok(()), 1);
        for (frames, (reason, _)) in (1..).zip(REASONS) {
            traffic.count(Err(reason), frames);
        }
        let families = traffic.families(7, 3);
        assert_eq!([0, 1, 2].map(|n: usize| families[n].samples[0].value), [7.0, 3.0, 1.0]);
        let dropped: Vec<_> = families[3].samples.iter().map(|s| (s.labels[0].1.as_str(), s.value)).collect();
        assert_eq!(dropped, [("unreadable", 1.0), ("too_large", 2.0), ("picture", 3.0), ("not_stored", 4.0), ("unknown_type", 5.0)]);
    }
}
