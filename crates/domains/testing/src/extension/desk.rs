//! The share of the bridge in the inbox: extensions that wait for somebody to decide.

use std::sync::{Arc, Weak};

use argos_kernel::{AppError, CredentialKind, Result, Severity, Uid};
use argos_platform::{DeskPart, Queue, Said, Waiting, Word, absent};
use argos_web::{BoxFuture, Req};

use super::actions::sees_waiting;
use super::store::{self, Standing};
use crate::actions::data_tests::ASKS;
use crate::service::Testing;

/// Extensions that connected and that nobody decided about.
pub(crate) struct Extensions(pub(crate) Weak<Testing>);

impl Extensions {
    fn testing(&self) -> Result<Arc<Testing>> {
        self.0.upgrade().ok_or_else(|| AppError::unavailable("The server stops"))
    }
}

/// Keys of programs decide nothing, as at the routes of the bridge.
fn by_person(req: &Req) -> bool {
    req.cx().caller.credential != CredentialKind::ApiKey
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
            // They are seen by the instance's administrators; who decides holds the permission of the organization as well.
            let identity = &testing.platform.identity;
            let decides = by_person(req) && identity.organization_of(req).await.is_ok_and(|access| access.has(ASKS));
            let words = if decides { vec![Word::Approve, Word::Deny] } else { Vec::new() };
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
                words: words.clone(),
            });
            Ok(Queue { items: shown.collect(), total })
        })
    }

    fn decide<'a>(&'a self, req: &'a Req, id: &'a str, said: &'a Said) -> BoxFuture<'a, Result<String>> {
        Box::pin(async move {
            if !sees_waiting(req) || !by_person(req) {
                return Err(absent());
            }
            let testing = self.testing()?;
            let uid: Uid = id.parse().map_err(|_| absent())?;
            let found = store::find(&testing.platform.store.state, uid).await?.filter(|e| e.standing == Standing::Pending);
            let found = found.ok_or_else(absent)?;
            let access = testing.platform.identity.organization_of(req).await?;
            access.require(ASKS)?;
            let organization = access.organization.id;
            let standing = match said.word {
                Word::Approve => Standing::Approved,
                Word::Deny => Standing::Denied,
                Word::Defer | Word::Read => {
                    return Err(AppError::bad_request("It is approved or denied").code("invalid_word").with("field", "word"));
                }
            };
            let now = testing.decide_extension(req.cx(), &found, organization, standing).await?;
            Ok(now.standing.as_str().to_owned())
        })
    }
}
