//! Offers to take a change back. A mutation writes its offer in its own transaction; the token goes beside the reply of
//! the request. Who keeps the offers comes in as a trait, and how an action is taken back is registered here by the part
//! that knows it.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use argos_kernel::{Actor, AppError, Result};
use argos_store::Tx;
use argos_web::{BoxFuture, OpCx};
use serde_json::Value;

use crate::Audit;

/// Takes one change back; it checks the permission of the caller again and writes its own audit row.
pub type UndoHandler = Arc<dyn Fn(OpCx, Value) -> BoxFuture<'static, Result<()>> + Send + Sync>;

/// Who keeps the offers.
pub trait OfferUndo: Send + Sync {
    /// Writes an offer in the transaction of the change; the token is for whoever made it. `subject` names what was changed:
    /// the offer does not stand while a newer one for the same does.
    fn offer<'a>(
        &'a self,
        tx: &'a mut Tx,
        actor: &'a Actor,
        action: &'static str,
        subject: &'a str,
        payload: &'a Value,
    ) -> BoxFuture<'a, Result<String>>;
}

/// What every handle to the log shares.
#[derive(Default)]
pub(crate) struct Undos {
    keeper: OnceLock<Box<dyn OfferUndo>>,
    handlers: RwLock<HashMap<&'static str, UndoHandler>>,
}

impl Undos {
    /// `None` where nobody keeps offers.
    pub(crate) async fn offer(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        action: &'static str,
        subject: &str,
        payload: &Value,
    ) -> Result<Option<String>> {
        match self.keeper.get() {
            Some(keeper) => keeper.offer(tx, actor, action, subject, payload).await.map(Some),
            None => Ok(None),
        }
    }
}

impl Audit {
    /// Takes in who keeps the offers. The first one given stays.
    pub fn keep_offers(&self, keeper: impl OfferUndo + 'static) {
        if self.undos.keeper.set(Box::new(keeper)).is_err() {
            tracing::error!("a second keeper of offers to undo was refused");
        }
    }

    /// Registers how an action is taken back.
    pub fn on_undo(&self, action: &'static str, handler: UndoHandler) {
        self.undos.handlers.write().unwrap_or_else(PoisonError::into_inner).insert(action, handler);
    }

    /// As [`Self::on_undo`], by an owner that is not kept alive by it.
    pub fn undo_by<T: Send + Sync + 'static>(
        &self,
        action: &'static str,
        owner: &Arc<T>,
        run: fn(Arc<T>, OpCx, Value) -> BoxFuture<'static, Result<()>>,
    ) {
        let owner = Arc::downgrade(owner);
        self.on_undo(
            action,
            Arc::new(move |cx, payload| {
                let owner = owner.upgrade();
                Box::pin(async move { run(owner.ok_or_else(|| AppError::unavailable("The server stops"))?, cx, payload).await })
            }),
        );
    }

    /// How an action is taken back.
    pub fn undo_handler(&self, action: &str) -> Option<UndoHandler> {
        self.undos.handlers.read().unwrap_or_else(PoisonError::into_inner).get(action).cloned()
    }
}
