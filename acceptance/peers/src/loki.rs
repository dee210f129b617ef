//! A receiver of Loki pushes: neither Debian nor a registry here offers the server, so this one takes
//! what Loki's push API documents, refuses what it would refuse, and can be away for a while.

use std::time::Duration;

use serde_json::Value;

use crate::wait::wait_until;
use crate::webhook::WebhookReceiver;

/// One line of one stream.
#[derive(Clone, Debug, PartialEq)]
pub struct LokiEntry {
    /// Labels of its stream.
    pub labels: Value,
    /// Nanoseconds of the Unix epoch.
    pub nanos: i128,
    /// The line, which is JSON here.
    pub line: Value,
}

/// The receiver; it stops when dropped.
#[derive(Debug)]
pub struct LokiReceiver(WebhookReceiver);

impl LokiReceiver {
    /// Starts a receiver on a free loopback port.
    #[must_use]
    pub fn start() -> Self {
        Self(WebhookReceiver::start())
    }

    /// What `LOKI_URL` is set to.
    #[must_use]
    pub fn url(&self) -> String {
        self.0.url("")
    }

    /// Answers the next `count` pushes with `status`.
    pub fn fail_next(&self, count: usize, status: u16) {
        self.0.fail_next(count, status);
    }

    /// Every entry of every push that was taken.
    ///
    /// # Panics
    /// When a push is not what Loki's API documents.
    #[must_use]
    pub fn entries(&self) -> Vec<LokiEntry> {
        let mut all = Vec::new();
        for push in self.0.received().into_iter().filter(|r| (200..300).contains(&r.answered)) {
            assert_eq!((push.method.as_str(), push.target.as_str()), ("POST", "/loki/api/v1/push"));
            assert_eq!(push.header("content-type"), Some("application/json"));
            for stream in push.json()["streams"].as_array().expect("a list of streams") {
                let labels = stream["stream"].clone();
                let named = |name: &String| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
                let labelled = labels.as_object().is_some_and(|map| !map.is_empty() && map.iter().all(|(k, v)| named(k) && v.is_string()));
                assert!(labelled, "labels are names and texts: {labels}");
                let mut before = 0;
                for value in stream["values"].as_array().expect("a list of values") {
                    let nanos: i128 = value[0].as_str().expect("a time as text").parse().expect("nanoseconds");
                    assert!(nanos >= before, "entries of a stream come in the order of time");
                    before = nanos;
                    let line = value[1].as_str().expect("a line as text");
                    all.push(LokiEntry { labels: labels.clone(), nanos, line: serde_json::from_str(line).unwrap_or_else(|_| line.into()) });
                }
            }
        }
        all
    }

    /// Waits until an entry fits.
    ///
    /// # Panics
    /// When none comes within `limit`.
    #[track_caller]
    #[must_use]
    pub fn wait(&self, what: &str, limit: Duration, fits: impl Fn(&LokiEntry) -> bool) -> LokiEntry {
        let find = || self.entries().into_iter().find(|e| fits(e));
        wait_until(what, limit, || find().is_some());
        find().expect("found a moment ago")
    }
}
