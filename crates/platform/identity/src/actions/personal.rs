//! What belongs to one person alone: the picture, and the summary of what the account did and what opens it.

use argos_audit::{Category, Entry, Filter, Order};
use argos_kernel::{AppError, PageRequest, Result, Timestamp};
use argos_web::OpCx;
use serde_json::{Value, json};

use super::Document;
use crate::model::api_key::ApiKey;
use crate::model::image::{self, Fault};
use crate::model::user::User;
use crate::service::Identity;
use crate::store::{api_keys, avatars};

/// Newest of one's own records shown.
const RECENT: i64 = 50;

/// One line of one's own history.
pub(crate) struct Done {
    pub(crate) at: Timestamp,
    pub(crate) action: String,
    pub(crate) description: String,
    pub(crate) ip: Option<String>,
    pub(crate) status: String,
}

impl Identity {
    /// Takes a picture; the address it is shown at.
    pub(crate) async fn put_avatar(&self, cx: &OpCx, bytes: &[u8]) -> Result<String> {
        let picture = image::cleaned(bytes).map_err(|fault| {
            let text = match fault {
                Fault::Unknown => "file must be a JPEG, PNG, WebP or GIF picture".to_owned(),
                Fault::TooLarge => format!("file must be at most {0} x {0} pixels", image::SIDE_MAX),
            };
            AppError::bad_request(text).code("invalid_image").with("field", "file")
        })?;
        let (user, _) = self.account(cx.user_id()?).await?;
        let now = self.now();
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        avatars::put(&mut change, user.id, picture.format.content_type(), picture.bytes, now).await?;
        change.commit(Entry::new("profile.avatar", Category::Data).target("user", &user.username)).await?;
        let url = format!("/api/v1/users/{}/avatar?v={}", user.uid, now.secs());
        self.remember_avatar(cx, user.id, json!(url)).await?;
        Ok(url)
    }

    /// Removes the picture; nothing happens without one.
    pub(crate) async fn delete_avatar(&self, cx: &OpCx) -> Result<()> {
        let (user, _) = self.account(cx.user_id()?).await?;
        let mut change = self.0.audit.begin(&cx.actor()).await?;
        if avatars::delete(&mut change, user.id).await? {
            change.commit(Entry::new("profile.avatar_delete", Category::Data).target("user", &user.username)).await?;
            self.remember_avatar(cx, user.id, Value::Null).await?;
        }
        Ok(())
    }

    async fn remember_avatar(&self, cx: &OpCx, user_id: i64, url: Value) -> Result<()> {
        let mut profile = self.document(user_id, Document::Profile).await?.map(|(map, _)| map).unwrap_or_default();
        profile.insert("avatar_url".to_owned(), url);
        self.put_document(cx, Document::Profile, &profile).await.map(drop)
    }

    /// What the signed-in user did of late, newest first.
    pub(crate) async fn own_history(&self, user: &User) -> Result<Vec<Done>> {
        let filter = Filter { actor: Some(user.username.clone()), ..Filter::default() };
        let rows = self.0.audit.slice(&filter, Order::NEWEST, PageRequest { limit: RECENT, offset: 0 }).await?;
        // A name may have been somebody else's before.
        let done = rows.into_iter().filter(|r| r.actor_id == Some(user.id)).map(|r| Done {
            at: r.at,
            action: r.action,
            description: r.description,
            ip: r.ip,
            status: r.status,
        });
        Ok(done.collect())
    }

    /// Keys that act as this user.
    pub(crate) async fn own_keys(&self, user_id: i64) -> Result<Vec<ApiKey>> {
        Ok(api_keys::of_owner(&self.0.db, user_id).await?)
    }
}
