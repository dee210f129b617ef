//! What counts lines is written with them.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Mutex};

use argos_logs::{Counter, LogEntry, LogFilter};
use argos_store::{Part, Stmt, Value};

use crate::stages;

/// Remembers what it was asked, and has something written that no store takes when it is told to.
#[derive(Default)]
struct Tally {
    asked: Mutex<Vec<usize>>,
    stored: AtomicUsize,
    fails: AtomicBool,
}

impl Counter for Tally {
    fn count(&self, lines: &[LogEntry]) -> Vec<(Stmt, Vec<Value>)> {
        const NONSENSE: &str = "insert into no_such_table values (1)";
        self.asked.lock().unwrap().push(lines.len());
        let bad = Stmt { name: "test.bad", sqlite: NONSENSE, postgres: NONSENSE, part: Part::Telemetry };
        if self.fails.load(Relaxed) { vec![(bad, Vec::new())] } else { Vec::new() }
    }

    fn stored(&self) {
        self.stored.fetch_add(1, Relaxed);
    }

    fn lost(&self, _: &[LogEntry]) {}
}

#[tokio::test]
async fn lines_and_what_counts_them_are_stored_together_or_not_at_all() {
    for stage in stages().await {
        let tally = Arc::new(Tally::default());
        stage.logs.set_counter(Arc::clone(&tally) as _);
        let lines = [stage.line("one"), stage.line("two")];
        tally.fails.store(true, Relaxed);
        assert!(stage.logs.store(&lines).await.is_err());
        assert_eq!((stage.logs.count(&LogFilter::default()).await.unwrap(), tally.stored.load(Relaxed)), (0, 0));
        tally.fails.store(false, Relaxed);
        stage.logs.store(&lines).await.unwrap();
        assert_eq!((stage.logs.count(&LogFilter::default()).await.unwrap(), tally.stored.load(Relaxed)), (2, 1));
        assert_eq!(*tally.asked.lock().unwrap(), [2, 2], "asked again for what was not stored");
    }
}

#[tokio::test]
async fn why_lines_are_not_stored_is_told_until_they_are() {
    for stage in stages().await {
        let tally = Arc::new(Tally::default());
        stage.logs.set_counter(Arc::clone(&tally) as _);
        tally.fails.store(true, Relaxed);
        let mut tail = stage.logs.tail(LogFilter::default()).await.unwrap();
        stage.logs.queue().push(stage.line("one"));
        stage.logs.start(&stage.tasks);
        while stage.logs.trouble().is_none() {
            tokio::task::yield_now().await;
        }
        tally.fails.store(false, Relaxed);
        assert_eq!(tail.next().await.unwrap()[0].message, "one", "it is tried again");
        while stage.logs.trouble().is_some() {
            tokio::task::yield_now().await;
        }
        stage.stop().await;
    }
}
