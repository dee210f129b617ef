//! What waits for a caller: who sees which questions, and their list for pages that show more than approvals.

use argos_kernel::{AppError, Result, Role};
use argos_web::OpCx;

use super::decide::{Word, absent, may_decide, may_deny};
use crate::model::{Approval, Decision, Status};
use crate::{Approvals, store};

/// An open question, and what the caller may say to it.
#[derive(Clone, Debug)]
pub struct Asked {
    pub approval: Approval,
    pub may_approve: bool,
    /// Refuse it or put it off.
    pub may_deny: bool,
}

/// Decisions of an organization need `healing:approve` there.
pub(crate) fn is_visible(cx: &OpCx, a: &Approval) -> bool {
    let Some(organization) = a.organization_id else { return true };
    let member = cx.caller.memberships.iter().find(|m| m.organization_id == organization);
    cx.caller.role == Some(Role::Owner) || member.is_some_and(|m| m.grants.has("healing:approve"))
}

/// The organizations whose decisions the caller sees, as the store takes them; `None` = all.
pub(crate) fn seen(cx: &OpCx) -> Option<String> {
    let own = cx.caller.memberships.iter().filter(|m| m.grants.has("healing:approve"));
    (cx.caller.role != Some(Role::Owner)).then(|| own.map(|m| m.organization_id.to_string()).collect::<Vec<_>>().join(","))
}

impl Approvals {
    /// Open questions the caller sees, the newest `most`, and how many there are; none for who may not read them.
    pub async fn waiting(&self, cx: &OpCx, most: i64) -> Result<(Vec<Asked>, i64)> {
        if !cx.has("approvals:read") {
            return Ok((Vec::new(), 0));
        }
        let seen = seen(cx);
        let page = store::list(&self.0.db, Some(Status::Pending), seen.as_deref(), most, 0).await?;
        let total = store::open(&self.0.db, seen.as_deref()).await?;
        let decides = cx.has("approvals:decide");
        let asked = |a: Approval| Asked { may_approve: decides && may_decide(cx, &a), may_deny: decides && may_deny(cx, &a), approval: a };
        Ok((page.into_iter().map(asked).collect(), total))
    }

    /// Decides in one word: `approve`, `deny` or `defer`.
    pub async fn answer(&self, cx: &OpCx, id: i64, word: &str, comment: Option<String>) -> Result<Approval> {
        cx.require("approvals:decide")?;
        let decision =
            Decision::parse(word).ok_or_else(|| AppError::bad_request("word must be approve, deny or defer").with("field", "word"))?;
        let found = self.find(store::By::Id(id)).await?.filter(|a| is_visible(cx, a)).ok_or_else(absent)?;
        let word = Word { decision, comment, modifications: None, audit_alias: "approval_decide", option: None };
        self.decide(cx, found.id, &word).await
    }
}
