//! Runs futures of a connection on the thread that accepted it.

use std::future::Future;

/// Spawns on this thread's runtime.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LocalExecutor;

impl<F> hyper::rt::Executor<F> for LocalExecutor
where
    F: Future + 'static,
{
    fn execute(&self, future: F) {
        tokio::task::spawn_local(async move {
            drop(future.await);
        });
    }
}
