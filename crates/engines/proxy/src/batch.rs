//! Access records on their way to the owner and back. They are dropped by the thread that made them: to free what another
//! thread allocated takes the lock of that thread's heap, and a reader that loses its core while it holds the lock stops
//! the serving thread for as long.

use std::cell::RefCell;
use std::ops::Deref;

use tokio::sync::mpsc;

use crate::report::AccessRecord;

/// Records that go to the owner in one message.
pub(crate) const BATCH: usize = 256;
/// Batches that were read and wait for their thread. It takes them every time it hands one over.
const READ_MAX: usize = 16;

/// Records of finished requests. Dropping it gives them back to the thread that made them.
#[derive(Debug)]
pub struct Batch {
    records: Vec<AccessRecord>,
    home: mpsc::Sender<Vec<AccessRecord>>,
}

impl Deref for Batch {
    type Target = [AccessRecord];

    fn deref(&self) -> &Self::Target {
        &self.records
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        // Their thread may be gone, or not have come to take the others: then they end here.
        self.home.try_send(std::mem::take(&mut self.records)).ok();
    }
}

/// The batches of one thread.
pub(crate) struct Batches {
    open: RefCell<Vec<AccessRecord>>,
    home: mpsc::Sender<Vec<AccessRecord>>,
    read: RefCell<mpsc::Receiver<Vec<AccessRecord>>>,
}

impl Batches {
    pub(crate) fn new() -> Self {
        let (home, read) = mpsc::channel(READ_MAX);
        Self { open: RefCell::default(), home, read: RefCell::new(read) }
    }

    /// Adds a record; the batch when it is full now.
    pub(crate) fn add(&self, record: AccessRecord) -> Option<Batch> {
        let mut open = self.open.borrow_mut();
        if open.capacity() == 0 {
            *open = self.emptied();
        }
        open.push(record);
        (open.len() >= BATCH).then(|| self.closed(&mut open))
    }

    /// What there is, if there is anything. What was read is freed.
    pub(crate) fn rest(&self) -> Option<Batch> {
        let mut read = self.read.borrow_mut();
        while read.try_recv().is_ok() {}
        let mut open = self.open.borrow_mut();
        (!open.is_empty()).then(|| self.closed(&mut open))
    }

    fn closed(&self, open: &mut Vec<AccessRecord>) -> Batch {
        Batch { records: std::mem::take(open), home: self.home.clone() }
    }

    fn emptied(&self) -> Vec<AccessRecord> {
        match self.read.borrow_mut().try_recv() {
            Ok(mut records) => {
                records.clear();
                records
            }
            Err(_) => Vec::with_capacity(BATCH),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use http::{Method, StatusCode, Uri, Version};

    use super::{BATCH, Batches, READ_MAX};
    use crate::report::{AccessRecord, Outcome};

    fn record(host: &Arc<str>) -> AccessRecord {
        AccessRecord {
            started: Instant::now(),
            duration: Duration::ZERO,
            host_id: None,
            host: Some(Arc::clone(host)),
            rule_id: None,
            client: [127, 0, 0, 1].into(),
            method: Method::GET,
            uri: Uri::from_static("/"),
            version: Version::HTTP_11,
            tls: false,
            status: StatusCode::OK,
            bytes: 0,
            user_agent: None,
            upstream: None,
            outcome: Outcome::Answered,
        }
    }

    #[test]
    fn records_are_freed_by_the_thread_that_made_them() {
        let (host, batches) = (Arc::from("app.test"), Batches::new());
        let left = || Arc::strong_count(&host) - 1;
        assert!((1..BATCH).all(|_| batches.add(record(&host)).is_none()));
        let full = batches.add(record(&host)).unwrap();
        assert_eq!((full.len(), left()), (BATCH, BATCH));
        std::thread::spawn(move || drop(full)).join().unwrap();
        assert_eq!(left(), BATCH, "the reader freed none of them");
        assert!(batches.add(record(&host)).is_none());
        assert_eq!(left(), 1, "the next batch is where they were");
        drop(batches.rest().unwrap());
        assert_eq!(left(), 1);
        assert!(batches.rest().is_none());
        assert_eq!(left(), 0);
    }

    #[test]
    fn batches_nobody_takes_back_end_where_they_are_read() {
        let (host, batches) = (Arc::from("app.test"), Batches::new());
        let left = || Arc::strong_count(&host) - 1;
        let read: Vec<_> = (0..=READ_MAX)
            .map(|_| {
                batches.add(record(&host));
                batches.rest().unwrap()
            })
            .collect();
        drop(read);
        assert_eq!(left(), READ_MAX, "one found no room");
        batches.add(record(&host));
        let late = batches.rest().unwrap();
        drop(batches);
        assert_eq!(left(), 1, "the thread is gone with what it was given back");
        drop(late);
        assert_eq!(left(), 0);
    }
}
