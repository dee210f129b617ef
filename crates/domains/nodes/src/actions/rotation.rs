//! A new secret for a node. It persists the new one but goes on with the old in memory until it restarts, so both are
//! good until the new one is used.

use std::sync::Arc;

use argos_kernel::{Actor, AppError, Result};
use serde_json::json;

use super::commands::is_refusal;
use super::nodes::{entry, not_found};
use crate::model::node::pending_place;
use crate::service::{Nodes, hold};
use crate::store::nodes;

impl Nodes {
    /// Sends a new secret; the rotation is complete when the node comes back with it.
    pub(crate) async fn rotate_secret(self: &Arc<Self>, actor: &Actor, id: &str) -> Result<&'static str> {
        let session = self.connected(id)?;
        let _turn = self.turn_of(&session).await?;
        let mut m = self.platform.audit.begin(actor).await?;
        let stored = nodes::find_in(&mut m, id).await?.ok_or_else(not_found)?;
        let mut now = stored.clone();
        now.process_started_at = hold(&session.told).process_started_at.or(stored.process_started_at);
        if now.is_relay() && now.may_be_the_registering_process() {
            let text = "A relay can take a new secret only after it was restarted since its registration";
            return Err(AppError::conflict(text).code("rotation_deferred"));
        }
        let place = pending_place(id);
        // A secret that is under way is sent again: the node may hold it already.
        let under_way = stored.pending_secret_enc.as_ref();
        let secret = match under_way {
            Some(sealed) => self.platform.vault.open_text(&place, sealed)?.into_inner(),
            None => argos_kernel::hex(&self.platform.rng.bytes::<32>()),
        };
        if under_way.is_none() {
            let sealed = self.platform.vault.seal(&place, secret.as_bytes())?;
            nodes::set_pending(&mut m, id, Some(&sealed)).await?;
        }
        m.commit(entry("node.rotate_secret", &stored)).await?;
        let action = json!({ "type": "rotate_secret", "new_secret": secret });
        let Err(error) = self.ask(&session, &action, self.command_limit()?).await else { return Ok("pending") };
        if is_refusal(&error) {
            let mut m = self.platform.audit.begin(actor).await?;
            // One that was under way before may be what the node has on its disk, whatever it says now.
            if under_way.is_none() {
                nodes::set_pending(&mut m, id, None).await?;
            }
            m.commit(entry("node.rotate_secret", &stored).status(argos_audit::Status::Failure)).await?;
        }
        Err(error)
    }
}
