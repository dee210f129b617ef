//! Keeps the replies of keyed requests for 24 hours, sealed: some of them show a secret once.

use argos_kernel::{AppError, Result};
use argos_web::{Attempt, BoxFuture, KeptReply, ReplayStore, Seen};
use serde::{Deserialize, Serialize};

use crate::service::Identity;
use crate::store::replays;

const KEPT_S: i64 = 86_400;
/// A request that has not ended by then died with its process.
const STALE_S: i64 = 120;

#[derive(Serialize, Deserialize)]
struct Stored {
    status: u16,
    content_type: Option<String>,
    body: Vec<u8>,
}

impl Identity {
    /// The hashes of an attempt: of who asked what with which key, and of the body.
    fn hashes(&self, attempt: &Attempt) -> (String, String) {
        let key = self.token_hash_text(&format!("replay\n{}\n{}\n{}", attempt.principal, attempt.route, attempt.key));
        let body = ring::digest::digest(&ring::digest::SHA256, &attempt.body);
        (key, argos_kernel::hex(body.as_ref()))
    }

    async fn begin_attempt(&self, attempt: &Attempt) -> Result<Seen> {
        let (key, body) = self.hashes(attempt);
        let now = self.now();
        if replays::claim(&self.0.db, &key, &body, now, now.plus_secs(KEPT_S), now.minus_secs(STALE_S)).await? {
            return Ok(Seen::New);
        }
        Ok(match replays::find(&self.0.db, &key).await? {
            Some((of, _)) if of != body => Seen::OtherBody,
            Some((_, Some(sealed))) => {
                let open = self.0.vault.open(&aad(&key), &sealed)?;
                let stored: Stored = serde_json::from_slice(open.reveal()).map_err(AppError::internal)?;
                Seen::Kept(KeptReply { status: stored.status, content_type: stored.content_type, body: stored.body })
            }
            _ => Seen::Running,
        })
    }

    async fn end_attempt(&self, attempt: &Attempt, reply: Option<KeptReply>) -> Result<()> {
        let (key, _) = self.hashes(attempt);
        let Some(reply) = reply else { return Ok(replays::forget(&self.0.db, &key).await?) };
        let stored = Stored { status: reply.status, content_type: reply.content_type, body: reply.body };
        let text = serde_json::to_vec(&stored).map_err(AppError::internal)?;
        let sealed = self.0.vault.seal(&aad(&key), &text)?;
        Ok(replays::keep(&self.0.db, &key, &sealed).await?)
    }
}

/// The place a reply is sealed for.
fn aad(key: &str) -> String {
    format!("idempotency_keys.reply_enc:{key}")
}

impl ReplayStore for Identity {
    fn begin<'a>(&'a self, attempt: &'a Attempt) -> BoxFuture<'a, Result<Seen>> {
        Box::pin(self.begin_attempt(attempt))
    }
    fn end<'a>(&'a self, attempt: &'a Attempt, reply: Option<KeptReply>) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.end_attempt(attempt, reply))
    }
}
