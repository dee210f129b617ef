//! Graceful ends: every connection of a thread hears of it, and the thread knows when the last one is over.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// The connections and tunnels of a thread.
#[derive(Default)]
pub(crate) struct Drain {
    is_draining: Cell<bool>,
    next: Cell<u64>,
    open: RefCell<HashMap<u64, Option<Waker>>>,
    /// Waits for the last one.
    last: RefCell<Option<Waker>>,
}

/// An open connection or tunnel.
pub(crate) struct Open {
    drain: Rc<Drain>,
    number: u64,
    is_registered: Cell<bool>,
}

impl Drain {
    pub(crate) fn open(self: &Rc<Self>) -> Open {
        let number = self.next.get();
        self.next.set(number + 1);
        self.open.borrow_mut().insert(number, None);
        Open { drain: Rc::clone(self), number, is_registered: Cell::new(false) }
    }

    /// Tells every connection to end after what it does now.
    pub(crate) fn begin(&self) {
        self.is_draining.set(true);
        let wakers: Vec<Waker> = self.open.borrow_mut().values_mut().filter_map(Option::take).collect();
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Until nothing is open.
    pub(crate) async fn wait(&self) {
        poll_fn(|cx| {
            if self.open.borrow().is_empty() {
                return Poll::Ready(());
            }
            *self.last.borrow_mut() = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

impl Open {
    /// Whether it should end soon. Costs nothing after the first time; a task's waker stays the same.
    pub(crate) fn is_draining(&self, cx: &Context<'_>) -> bool {
        if !self.is_registered.replace(true) {
            self.drain.open.borrow_mut().insert(self.number, Some(cx.waker().clone()));
        }
        self.drain.is_draining.get()
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut open = self.drain.open.borrow_mut();
        open.remove(&self.number);
        if open.is_empty()
            && let Some(last) = self.drain.last.borrow_mut().take()
        {
            last.wake();
        }
    }
}
