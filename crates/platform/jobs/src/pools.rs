//! How many jobs of each pool run at once, over all replicas (platform spec 7.2).

/// Pool and limit; settings change some of them at run time.
pub(crate) const DEFAULTS: [(&str, u32); 13] = [
    ("script", 3),
    ("workflow", 20),
    ("heal", 10),
    ("country", 1),
    ("backup", 1),
    ("quality_run", 4),
    ("discovery", 2),
    ("report", 2),
    ("import", 1),
    ("probe", 32),
    ("update", 1),
    // Retention, rollups, re-keying: never in the way of the others.
    ("maintenance", 2),
    ("network", 4),
];

/// What a pool not in the list may run at once.
pub(crate) const OTHER: u32 = 2;

/// A pool as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolLoad {
    pub running: i64,
    pub queued: i64,
    pub limit: u32,
}

impl PoolLoad {
    /// Whether a job queued now starts at once.
    pub fn has_room(&self) -> bool {
        self.running + self.queued < i64::from(self.limit)
    }
}
