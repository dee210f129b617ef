//! The share of the bridge in the inbox: extensions that wait for somebody to decide.

use std::sync::{Arc, Weak};

use argos_kernel::{AppError, Result, Severity, Uid};
use argos_platform::{DeskPart, Queue, Said, Waiting, Word, absent};
use argos_web::{BoxFuture, Req};

use super::actions::sees_waiting;
use super::store::{self, Standing};
use crate::service::Testing;

/// Extensions that connected and that nobody decided about.
pub(crate) struct Extensions(pub(crate) Weak<Testing>);

impl Extensions {
    fn testing(&self) -> Result<Arc<Testing>> {
        self.0.upgrade().ok_or_else(|| AppError::unavailable("The server stops"))
    }
}

impl DeskPart for Extensions {
    fn kind(&self) -> &'static str {
        "extension"
    }

    fn waiting<'a>(&'a self, req: &'a Req, most: i64) -> BoxFuture<'a, Result<Queue>> {
        Box::pin(async move {
            if !sees_waiting(req) {
                return Ok(Queue::default());
            }
            let testing = self.testing()?;
            let found = store::waiting(&testing.platform.store.state).await?;
            let total = i64::try_from(found.len()).unwrap_or(i64::MAX);
            let shown = found.into_iter().take(usize::try_from(most).unwrap_or(0)).map(|e| Waiting {
                id: e.uid.to_string(),
                severity: Severity::Warning,
                title: e.origin,
                detail: Some("It may see and control the tabs of the browser it is in, and be asked to from here.".to_owned()),
                at: e.created_at,
                by: None,
                expires_at: None,
                risk: Some("high".to_owned()),
                page: "/tests/recordings?record=new".to_owned(),
                words: vec![Word::Approve, Word::Deny],
            });
            Ok(Queue { items: shown.collect(), total })
        })
    }

    fn decide<'a>(&'a self, req: &'a Req, id: &'a str, said: &'a Said) -> BoxFuture<'a, Result<String>> {
        Box::pin(async move {
            if !sees_waiting(req) {
                return Err(absent());
            }
            let testing = self.testing()?;
            let uid: Uid = id.parse().map_err(|_| absent())?;
            let found = store::find(&testing.platform.store.state, uid).await?.filter(|e| e.standing == Standing::Pending);
            found.ok_or_else(absent)?;
            let organization = testing.platform.identity.organization_of(req).await?.organization.id;
            let standing = match said.word {
                Word::Approve => Standing::Approved,
                Word::Deny => Standing::Denied,
                Word::Defer | Word::Read => {
                    return Err(AppError::bad_request("It is approved or denied").code("invalid_word").with("field", "word"));
                }
            };
            let now = testing.decide_extension(req.cx(), uid, organization, standing).await?;
            Ok(now.standing.as_str().to_owned())
        })
    }
}
