//! Small documents of one user: preferences and layouts. Each is one JSON object of at most 64 KiB.

use argos_audit::{Category, Entry};
use argos_kernel::{AppError, ErrorKind, Result, Timestamp};
use argos_web::OpCx;
use serde_json::{Map, Value};

use crate::service::Identity;
use crate::store::kv::{self, Key};
use crate::store::users;

/// The largest document, in bytes of JSON.
const DOCUMENT_BYTES_MAX: usize = 65_536;

/// Which document of the signed-in user.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Document {
    /// `/api/user/preferences`.
    Preferences,
    /// `/api/dashboard`: the card layout.
    Layout,
    /// `/api/v1/users/me`.
    Profile,
    /// `/api/v1/users/me/ai-config`.
    AiConfig,
}

impl Document {
    const fn key(self, user_id: i64) -> Key {
        let (namespace, key) = match self {
            Self::Preferences => ("ops", "preferences"),
            Self::Layout => ("ops", "layout"),
            Self::Profile => ("quality", "profile"),
            Self::AiConfig => ("quality", "ai_config"),
        };
        Key { user_id, namespace, key }
    }
    const fn action(self) -> &'static str {
        match self {
            Self::Preferences => "preferences.update",
            Self::Layout => "dashboard_layout.update",
            Self::Profile => "profile.update",
            Self::AiConfig => "ai_config.update",
        }
    }
}

impl Identity {
    /// The document and when it was written; `None` when there is none.
    pub(crate) async fn document(&self, user_id: i64, document: Document) -> Result<Option<(Map<String, Value>, Timestamp)>> {
        let Some((text, at)) = kv::get(&self.0.db, document.key(user_id)).await? else { return Ok(None) };
        Ok(Some((serde_json::from_str(&text).map_err(AppError::internal)?, at)))
    }

    /// What somebody set as the defaults of own tests; what was never set is not in there.
    pub async fn own_test_defaults(&self, user_id: i64) -> Result<Map<String, Value>> {
        let profile = self.document(user_id, Document::Profile).await?.map(|(document, _)| document).unwrap_or_default();
        Ok(profile.get("test_defaults").and_then(Value::as_object).cloned().unwrap_or_default())
    }

    /// Replaces the document.
    pub(crate) async fn put_document(&self, cx: &OpCx, document: Document, value: &Map<String, Value>) -> Result<Timestamp> {
        self.change_document(cx, document, |stored| stored.clone_from(value)).await.map(|(_, at)| at)
    }

    /// Changes members of the document while nobody else does; returns what it holds now.
    pub(crate) async fn change_document(
        &self,
        cx: &OpCx,
        document: Document,
        edit: impl FnOnce(&mut Map<String, Value>) + Send,
    ) -> Result<(Map<String, Value>, Timestamp)> {
        let key = document.key(cx.user_id()?);
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        // A document that is not there yet cannot be held, so its user is.
        users::lock(&mut change, users::By::Id(key.user_id)).await?;
        let mut stored = match kv::get_in(&mut change, key).await? {
            Some(text) => serde_json::from_str(&text).map_err(AppError::internal)?,
            None => Map::new(),
        };
        edit(&mut stored);
        let text = serde_json::to_string(&stored).map_err(AppError::internal)?;
        if text.len() > DOCUMENT_BYTES_MAX {
            return Err(AppError::new(ErrorKind::TooLarge, format!("At most {DOCUMENT_BYTES_MAX} bytes are stored")));
        }
        let now = self.now();
        kv::put(&mut change, key, &text, now).await?;
        change.commit(Entry::new(document.action(), Category::Data).target("user", &cx.caller.username)).await?;
        Ok((stored, now))
    }

    /// Removes the document; nothing happens when there is none.
    pub(crate) async fn delete_document(&self, cx: &OpCx, document: Document) -> Result<()> {
        let user_id = cx.user_id()?;
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        if !kv::delete(&mut change, document.key(user_id)).await? {
            return Ok(());
        }
        let action = document.action().replace(".update", ".delete");
        change.commit(Entry::new(action, Category::Data).target("user", &cx.caller.username)).await
    }
}
