//! What waits for a person: decisions, and messages nobody read.

use argos_approvals::{Approval, Approvals, Asked};
use argos_kernel::{AppError, CredentialKind, Result, Severity};
use argos_notify::{Message, Notify};
use argos_platform::{DeskPart, Queue, Said, Waiting, Word, absent};
use argos_web::{BoxFuture, Caller, Req};

pub(super) struct Questions(pub(super) Approvals);

pub(super) struct Messages {
    pub(super) notify: Notify,
    pub(super) approvals: Approvals,
}

fn page_of(a: &Approval) -> String {
    format!("/inbox/approvals?id={}", a.id)
}

fn question(asked: Asked) -> Waiting {
    let a = asked.approval;
    let mut words = Vec::new();
    words.extend(asked.may_approve.then_some(Word::Approve));
    words.extend(asked.may_deny.then_some(Word::Deny));
    // What never ends cannot be put off.
    words.extend((asked.may_deny && a.can_be_deferred()).then_some(Word::Defer));
    Waiting {
        id: a.id.to_string(),
        severity: if a.stage == "admin" { Severity::Critical } else { Severity::Warning },
        page: page_of(&a),
        title: a.description,
        detail: a.target,
        at: a.requested_at,
        by: Some(a.requested_by),
        expires_at: a.expires_at,
        risk: a.risk,
        words,
    }
}

impl DeskPart for Questions {
    fn kind(&self) -> &'static str {
        "approval"
    }

    fn waiting<'a>(&'a self, req: &'a Req, most: i64) -> BoxFuture<'a, Result<Queue>> {
        Box::pin(async move {
            let (asked, total) = self.0.waiting(req.cx(), most).await?;
            Ok(Queue { items: asked.into_iter().map(question).collect(), total })
        })
    }

    fn decide<'a>(&'a self, req: &'a Req, id: &'a str, said: &'a Said) -> BoxFuture<'a, Result<String>> {
        Box::pin(async move {
            let id = id.parse().map_err(|_| absent())?;
            let word = match said.word {
                Word::Approve => "approve",
                Word::Deny => "deny",
                Word::Defer => "defer",
                Word::Read => return Err(wrong("An approval is approved, denied or put off")),
            };
            let now = self.0.answer(req.cx(), id, word, said.comment.clone()).await?;
            Ok(now.status.as_str().to_owned())
        })
    }
}

fn wrong(text: &str) -> AppError {
    AppError::bad_request(text.to_owned()).code("invalid_word").with("field", "word")
}

fn message(m: Message) -> Waiting {
    Waiting {
        id: m.id.to_string(),
        severity: m.severity,
        detail: Some(m.text).filter(|text| !text.is_empty() && *text != m.title),
        title: m.title,
        at: m.at,
        by: None,
        expires_at: None,
        risk: None,
        page: m.page.filter(|page| page.starts_with('/')).unwrap_or_else(|| "/inbox?tab=messages".to_owned()),
        words: vec![Word::Read],
    }
}

/// People read what is theirs; a key reads what its scopes name, as at `/api/notifications`.
fn may_read(caller: &Caller) -> bool {
    caller.credential != CredentialKind::ApiKey || caller.grants.has("notifications:read")
}

impl DeskPart for Messages {
    fn kind(&self) -> &'static str {
        "message"
    }

    fn waiting<'a>(&'a self, req: &'a Req, most: i64) -> BoxFuture<'a, Result<Queue>> {
        Box::pin(async move {
            if !may_read(&req.cx().caller) {
                return Ok(Queue::default());
            }
            let (all, total) = self.notify.unread(req.cx(), most).await?;
            let (open, _) = self.approvals.waiting(req.cx(), most).await?;
            // The question waits beside the message that tells of it.
            let shown_beside = |m: &Message| m.page.as_deref().is_some_and(|page| open.iter().any(|o| page_of(&o.approval) == page));
            let before = all.len();
            let items: Vec<Waiting> = all.into_iter().filter(|m| !shown_beside(m)).map(message).collect();
            let twice = i64::try_from(before - items.len()).unwrap_or(0);
            Ok(Queue { items, total: total - twice })
        })
    }

    fn decide<'a>(&'a self, req: &'a Req, id: &'a str, said: &'a Said) -> BoxFuture<'a, Result<String>> {
        Box::pin(async move {
            if !may_read(&req.cx().caller) {
                return Err(absent());
            }
            if said.word != Word::Read {
                return Err(wrong("A message is read"));
            }
            self.notify.mark_read(req.cx(), id.parse().map_err(|_| absent())?).await?;
            Ok("read".to_owned())
        })
    }
}

#[cfg(test)]
mod tests {
    use argos_web::Grants;

    use super::*;

    #[test]
    fn key_reads_messages_when_a_scope_of_it_says_so() {
        let of =
            |credential, grants: &[&'static str]| Caller { credential, grants: Grants::new(grants.iter().copied()), ..Caller::anonymous() };
        assert!(!may_read(&of(CredentialKind::ApiKey, &["metrics:read"])));
        assert!(may_read(&of(CredentialKind::ApiKey, &["notifications:read"])));
        assert!(may_read(&of(CredentialKind::Session, &[])));
    }
}
