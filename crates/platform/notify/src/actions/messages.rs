//! The messages of a caller, for lists that show more than messages.

use argos_kernel::{AppError, Result, Role, Severity, Timestamp};
use argos_web::OpCx;

use crate::Notify;
use crate::store::inbox::{self, Reader};

/// An unread message.
#[derive(Clone, Debug)]
pub struct Message {
    pub id: i64,
    /// Kind of the event it tells of.
    pub kind: String,
    pub severity: Severity,
    pub title: String,
    pub text: String,
    pub at: Timestamp,
    /// Where more of it is shown.
    pub page: Option<String>,
}

/// Read marks belong to the user, or to the key that has no user session.
pub(crate) fn reader(cx: &OpCx) -> Reader {
    let caller = &cx.caller;
    let mark = match (caller.api_key_id, caller.user_id) {
        (Some(key), _) => format!("key:{key}"),
        (None, Some(user)) => format!("user:{user}"),
        (None, None) => format!("name:{}", caller.username),
    };
    let own = caller.memberships.iter().map(|m| m.organization_id.to_string()).collect::<Vec<_>>().join(",");
    let organizations = (caller.role != Some(Role::Owner)).then_some(own);
    Reader { user_id: caller.user_id, role: caller.role, organizations, mark }
}

impl Notify {
    /// The caller's unread messages, the newest `most`, and how many there are.
    pub async fn unread(&self, cx: &OpCx, most: i64) -> Result<(Vec<Message>, i64)> {
        let (items, total) = inbox::list(self.db(), &reader(cx), true, most).await?;
        let message = |i: inbox::InboxItem| Message {
            id: i.id,
            severity: Severity::parse_lenient(&i.level),
            kind: i.kind,
            title: i.title,
            text: i.message,
            at: i.created_at,
            page: i.action_url,
        };
        Ok((items.into_iter().map(message).collect(), total))
    }

    /// 404 for a message that is not the caller's.
    pub async fn mark_read(&self, cx: &OpCx, id: i64) -> Result<()> {
        let mut tx = self.db().begin().await?;
        if !inbox::mark_read(&mut tx, &reader(cx), id, cx.now()).await? {
            return Err(AppError::not_found("Notification not found"));
        }
        Ok(tx.commit().await?)
    }
}
