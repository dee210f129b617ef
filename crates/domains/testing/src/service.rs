//! The domain's state in memory: the browsers, the files of artifacts, and who listens to which run. The tables are the
//! truth; everything here can be lost.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use argos_identity::{ProjectFigures, ProjectTests};
use argos_kernel::{AppError, BoxFuture, Result, Secret, Uid};
use argos_platform::Platform;
use argos_settings::Settings;
use argos_store::Tx;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::browser::live::Sessions;
use crate::browser::pool::Pool;
use crate::extension::bridge::Bridge;

/// Comparisons of pictures under way at once; the others wait.
const COMPARISONS_MAX: usize = 2;

/// The domain. One per process.
pub struct Testing {
    pub(crate) platform: Platform,
    pub(crate) pool: Arc<Pool>,
    /// Comparisons at once: each holds three pictures, and each picture up to half a gigabyte.
    comparing: Arc<Semaphore>,
    /// Browsers people drive.
    pub(crate) sessions: Sessions,
    /// Browsers of their own that people let be driven.
    pub(crate) bridge: Bridge,
    /// The number of the last event of each run that is followed or under way here.
    live: Mutex<HashMap<Uid, watch::Sender<i64>>>,
}

impl ProjectTests for Testing {
    fn figures<'a>(&'a self, projects: &'a [i64]) -> BoxFuture<'a, Result<Vec<ProjectFigures>>> {
        Box::pin(async move { Ok(crate::store::tests::figures(&self.platform.store.state, projects).await?) })
    }
    fn end<'a>(&'a self, tx: &'a mut Tx, project: i64) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            // Schedules first: what they queue meanwhile is seen by neither.
            self.platform.schedules.remove_of_project(tx, project).await?;
            self.platform.jobs.cancel_of_project(tx, project).await
        })
    }
}

/// The right to have the pictures of one comparison in memory. It goes with the work, which does not end when its caller
/// leaves.
pub(crate) type PictureTurn = OwnedSemaphorePermit;

impl Testing {
    /// Waits for it. Who has one must not wait for another.
    pub(crate) async fn picture_turn(&self) -> Result<PictureTurn> {
        Arc::clone(&self.comparing).acquire_owned().await.map_err(AppError::internal)
    }

    pub(crate) fn new(platform: &Platform) -> Self {
        Self {
            platform: platform.clone(),
            pool: Arc::new(Pool::new(platform)),
            comparing: Arc::new(Semaphore::new(COMPARISONS_MAX)),
            sessions: Sessions::default(),
            bridge: Bridge::default(),
            live: Mutex::default(),
        }
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.platform.settings
    }

    /// Where artifacts lie.
    pub(crate) fn artifacts_dir(&self) -> PathBuf {
        self.settings().boot().data_dir().join("artifacts")
    }

    /// The key that signs addresses of artifacts, the same on every replica.
    pub(crate) fn media_secret(&self) -> Secret<Vec<u8>> {
        match self.settings().boot().secret("media_secret") {
            Some(own) => Secret::new(own.reveal().as_bytes().to_vec()),
            None => Secret::new(self.platform.vault.derive("media").reveal().to_vec()),
        }
    }

    fn lives(&self) -> MutexGuard<'_, HashMap<Uid, watch::Sender<i64>>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hears when a run of this process says something.
    pub(crate) fn follow(&self, run: Uid) -> watch::Receiver<i64> {
        self.lives().entry(run).or_insert_with(|| watch::channel(0).0).subscribe()
    }

    /// Wakes whoever follows a run.
    pub(crate) fn said(&self, run: Uid, seq: i64) {
        if let Some(sender) = self.lives().get(&run) {
            sender.send_replace(seq);
        }
    }

    /// Forgets the runs nobody follows.
    pub(crate) fn forget_unheard(&self) {
        self.lives().retain(|_, sender| sender.receiver_count() > 0);
    }
}
