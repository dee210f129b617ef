//! The account a decision is about: read before the decision, held while it is written. What was judged of it - a
//! password, a code, a token - must still be so when a session follows from it.

use argos_audit::Mutation;
use argos_kernel::{AppError, Result};
use argos_store::Tx;

use super::invalid_credentials;
use crate::model::user::{User, UserSecrets};
use crate::service::Identity;
use crate::store::users;

impl Identity {
    /// The user of an id, or 401: the row is gone while its session was still believed.
    pub(crate) async fn account(&self, user_id: i64) -> Result<(User, UserSecrets)> {
        let found = users::find(&self.0.db, users::By::Id(user_id)).await?;
        found.ok_or_else(|| AppError::unauthenticated("Authentication required"))
    }

    /// Holds an account until the end of `change`; 401 when it was changed since `seen` was read: its password, its
    /// factors or its rights may be others now.
    pub(crate) async fn hold(&self, change: &mut Mutation, seen: &User) -> Result<()> {
        let found = users::lock(change, users::By::Id(seen.id)).await?;
        let same = found.is_some_and(|(user, _)| user.updated_at == seen.updated_at && user.may_sign_in(self.now()));
        if same { Ok(()) } else { Err(invalid_credentials()) }
    }

    /// Verified callers are forgotten the moment the change is durable.
    pub(crate) fn evict_on_commit(&self, tx: &mut Tx) {
        let cache = std::sync::Arc::clone(&self.0.cache);
        tx.on_commit(move || cache.evict());
    }
}
