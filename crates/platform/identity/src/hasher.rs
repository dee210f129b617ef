//! Slow hashing off the async threads, a few at a time: each Argon2id run takes 19 MiB and a core.

use std::sync::Arc;

use argos_kernel::{AppError, Result, Rng};
use tokio::sync::Semaphore;

use crate::model::password::{self, Verdict};

/// Costs as much as a real hash and fits no password: what unknown users are compared with.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdC4uLg$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes and verifies. Clones share the permits.
#[derive(Clone)]
pub(crate) struct Hasher {
    permits: Arc<Semaphore>,
    rng: Arc<dyn Rng>,
}

impl Hasher {
    pub(crate) fn new(rng: Arc<dyn Rng>) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self { permits: Arc::new(Semaphore::new(cores)), rng }
    }

    /// Compares a password with a stored hash; without one it takes as long and is wrong.
    pub(crate) async fn verify(&self, typed: &str, stored: Option<String>) -> Result<Verdict> {
        // Nobody has a longer password; hashing megabytes for a stranger would be a gift.
        let typed: String = if typed.len() <= password::PASSWORD_BYTES_MAX { typed.to_owned() } else { String::new() };
        let stored = stored.filter(|_| !typed.is_empty()).unwrap_or_else(|| NOBODY.to_owned());
        self.run(move || password::verify(&typed, &stored)).await
    }

    pub(crate) async fn hash(&self, typed: &str) -> Result<String> {
        let (typed, rng) = (typed.to_owned(), Arc::clone(&self.rng));
        self.run(move || password::hash(&typed, &*rng)).await?
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(AppError::internal)?;
        let done = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        });
        done.await.map_err(AppError::internal)
    }
}

#[cfg(test)]
mod tests {
    use argos_kernel::SystemRng;

    use super::*;

    #[tokio::test]
    async fn verify_without_a_stored_hash_is_wrong_for_any_password() {
        let hasher = Hasher::new(Arc::new(SystemRng::default()));
        for typed in ["", "Passw0rd", &"x".repeat(5000)] {
            assert_eq!(hasher.verify(typed, None).await.unwrap(), Verdict::Wrong);
        }
        let stored = hasher.hash("Passw0rd").await.unwrap();
        assert_eq!(hasher.verify("Passw0rd", Some(stored.clone())).await.unwrap(), Verdict::Right);
        assert_eq!(hasher.verify("", Some(stored)).await.unwrap(), Verdict::Wrong);
    }
}
