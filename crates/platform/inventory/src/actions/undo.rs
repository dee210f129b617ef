//! Offers to take something back. A mutation writes its offer in its own transaction and answers with the token; whoever
//! holds it within a minute, and is the same user, may take the change back through a handler of the domain.

use std::sync::{Arc, Weak};

use argos_audit::{OfferUndo, UndoHandler};
use argos_kernel::{Actor, AppError, Result, hex};
use argos_store::Tx;
use argos_web::{BoxFuture, OpCx};
use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;

use crate::Inventory;
use crate::actions::annotate::Annotation;
use crate::inventory::Shared;
use crate::model::link::{LinkType, NewLink};
use crate::store::undo::{self, Offer};

/// How long an offer stands; the interface shows it for ten seconds.
const STANDS_S: i64 = 60;

pub(crate) const ANNOTATE: &str = "thing.annotate";
pub(crate) const LINK_ADDED: &str = "thing_link.add";
pub(crate) const LINK_HIDDEN: &str = "thing_link.hide";
pub(crate) const LINK_REMOVED: &str = "thing_link.remove";

fn digest(token: &str) -> String {
    hex(ring::digest::digest(&ring::digest::SHA256, token.as_bytes()).as_ref())
}

fn expired() -> AppError {
    AppError::not_found("This can no longer be taken back").code("undo_expired")
}

/// The keeper of offers for every part that changes something. It does not keep the inventory alive, which holds the log.
pub(crate) struct Keeper(pub(crate) Weak<Shared>);

impl OfferUndo for Keeper {
    fn offer<'a>(
        &'a self,
        tx: &'a mut Tx,
        actor: &'a Actor,
        action: &'static str,
        subject: &'a str,
        payload: &'a Value,
    ) -> BoxFuture<'a, Result<String>> {
        Box::pin(async move {
            let own = self.0.upgrade().ok_or_else(|| AppError::unavailable("The server stops"))?;
            Inventory(own).offer_undo(tx, actor, action, subject, payload).await
        })
    }
}

impl Inventory {
    /// Writes an offer in the transaction of the change; the token is for the reply. `subject` names what was changed: an
    /// offer does not stand while a newer one for the same does.
    pub async fn offer_undo(&self, tx: &mut Tx, actor: &Actor, action: &'static str, subject: &str, payload: &Value) -> Result<String> {
        let token = BASE64URL_NOPAD.encode(&self.0.rng.bytes::<18>());
        let until = self.0.clock.now().plus_secs(STANDS_S);
        let offer = Offer { action: action.to_owned(), subject: subject.to_owned(), payload: payload.to_string(), until };
        undo::add(tx, &digest(&token), &actor.name, &offer).await?;
        Ok(token)
    }

    /// Takes the change behind the token back. The offer is spent first: it works once. One that is refused stands again.
    pub(crate) async fn undo(&self, cx: OpCx, token: &str) -> Result<String> {
        let (digest, name) = (digest(token), cx.actor().name);
        let mut tx = self.0.db.begin().await?;
        let taken = undo::take(&mut tx, &digest, &name, self.0.clock.now()).await?;
        tx.commit().await?;
        let offer = taken.ok_or_else(expired)?;
        let handler = self.0.audit.undo_handler(&offer.action).ok_or_else(expired)?;
        let kept = serde_json::from_str(&offer.payload).map_err(AppError::internal)?;
        if let Err(refused) = handler(cx, kept).await {
            // It may be the only copy of what was deleted, and what stands in its way may be gone within the minute.
            let mut tx = self.0.db.begin().await?;
            undo::add(&mut tx, &digest, &name, &offer).await?;
            tx.commit().await?;
            return Err(refused);
        }
        Ok(offer.action)
    }

    pub(crate) fn offer_own_undos(&self) {
        self.own_undo(ANNOTATE, |own, actor, payload| {
            Box::pin(async move {
                let to: Annotation = serde_json::from_value(payload).map_err(AppError::internal)?;
                own.restore_annotation(&actor, to).await
            })
        });
        self.own_undo(LINK_ADDED, |own, actor, payload| {
            Box::pin(async move { own.restore_own_link(&actor, payload.as_i64().unwrap_or_default(), None).await })
        });
        self.own_undo(LINK_HIDDEN, |own, actor, payload| {
            let (id, hidden) = (payload["id"].as_i64().unwrap_or_default(), payload["hidden"] == true);
            Box::pin(async move { own.restore_link(&actor, id, hidden).await })
        });
        self.own_undo(LINK_REMOVED, |own, actor, payload| {
            Box::pin(async move {
                let text = |name: &str| payload[name].as_str().unwrap_or_default().to_owned();
                let link = LinkType::parse(&text("link")).ok_or_else(expired)?;
                let again = NewLink::new(text("from"), link, text("to"), format!("set by {}", actor.name));
                own.restore_own_link(&actor, 0, Some(again)).await
            })
        });
    }

    fn own_undo(&self, action: &'static str, run: fn(Inventory, Actor, Value) -> BoxFuture<'static, Result<()>>) {
        let own = Arc::downgrade(&self.0);
        let handler: UndoHandler = Arc::new(move |cx, payload| {
            let own = own.upgrade();
            Box::pin(async move {
                cx.require("inventory:manage")?;
                let own = own.ok_or_else(expired)?;
                run(Inventory(own), cx.actor(), payload).await
            })
        });
        self.0.audit.on_undo(action, handler);
    }
}
