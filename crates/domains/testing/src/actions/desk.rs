//! The share of the tests in the inbox: pictures that differ, and proposals to mend tests. Each is seen and decided by who may
//! do so where it is kept.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use argos_kernel::{AppError, PageRequest, Result, Severity, Uid};
use argos_platform::{DeskPart, Queue, Said, Waiting, Word, absent};
use argos_web::{BoxFuture, Req};

use crate::actions::heal_review::Reviewer;
use crate::model::healing::{Scope, SuggestionStatus};
use crate::service::Testing;
use crate::store::suggestions;
use crate::visual::model::record::Status;
use crate::visual::store::comparisons;

const SEES_PICTURES: &str = "results:read";
const DECIDES_PICTURES: &str = "test:approve";
const SEES_FIXES: &str = "healing:read";
const DECIDES_FIXES: &str = "healing:approve";

/// Pictures that differ from what somebody approved.
pub(crate) struct Pictures(pub(crate) Weak<Testing>);
/// Proposals to mend tests.
pub(crate) struct Fixes(pub(crate) Weak<Testing>);

fn gone() -> AppError {
    AppError::unavailable("The server stops")
}

fn living(weak: &Weak<Testing>) -> Result<Arc<Testing>> {
    weak.upgrade().ok_or_else(gone)
}

/// Organizations in which the caller sees such things, everywhere or in some projects.
fn organizations(req: &Req, permission: &str) -> Vec<(i64, bool)> {
    let members = req.cx().caller.memberships.iter();
    let sees = members.filter(|m| m.grants.has(permission) || m.somewhere.has(permission));
    sees.map(|m| (m.organization_id, m.grants.has(permission))).collect()
}

/// What the caller may do in projects, each asked for once.
struct Projects<'a> {
    testing: &'a Testing,
    req: &'a Req,
    known: BTreeMap<i64, (bool, bool)>,
}

impl<'a> Projects<'a> {
    fn new(testing: &'a Testing, req: &'a Req) -> Self {
        Self { testing, req, known: BTreeMap::new() }
    }

    /// The lists to be read there: that of the organization, or one of each project the caller sees.
    async fn lists(&mut self, (organization, everywhere): (i64, bool), sees: &str, decides: &str) -> Result<Vec<Option<i64>>> {
        if everywhere {
            return Ok(vec![None]);
        }
        let mut own = Vec::new();
        for project in self.testing.platform.identity.projects_of(organization, None).await? {
            if self.rights(project.id, sees, decides).await?.0 {
                own.push(Some(project.id));
            }
        }
        Ok(own)
    }

    /// Whether the caller sees and decides there.
    async fn rights(&mut self, project: i64, sees: &str, decides: &str) -> Result<(bool, bool)> {
        if let Some(known) = self.known.get(&project) {
            return Ok(*known);
        }
        let access = self.testing.platform.identity.project_named(self.req, &project.to_string()).await;
        let rights = match access {
            Ok(p) => (p.require(sees).is_ok(), p.require(decides).is_ok()),
            Err(error) if error.kind().status() == 404 => (false, false),
            Err(error) => return Err(error),
        };
        self.known.insert(project, rights);
        Ok(rights)
    }
}

fn words(decides: bool) -> Vec<Word> {
    if decides { vec![Word::Approve, Word::Deny] } else { Vec::new() }
}

/// 403 of who sees a thing and may not decide it, 404 of who does not see it.
async fn may_decide(testing: &Testing, req: &Req, project: i64, sees: &str, decides: &str) -> Result<()> {
    let access = testing.platform.identity.project_named(req, &project.to_string()).await.map_err(|_| absent())?;
    access.require(sees).map_err(|_| absent())?;
    access.require(decides)
}

fn only_yes_or_no() -> AppError {
    AppError::bad_request("It is approved or denied").code("invalid_word").with("field", "word")
}

impl DeskPart for Pictures {
    fn kind(&self) -> &'static str {
        "picture"
    }

    fn waiting<'a>(&'a self, req: &'a Req, most: i64) -> BoxFuture<'a, Result<Queue>> {
        Box::pin(async move {
            let testing = living(&self.0)?;
            let (mut queue, mut projects) = (Queue::default(), Projects::new(&testing, req));
            for at in organizations(req, SEES_PICTURES) {
                for project_id in projects.lists(at, SEES_PICTURES, DECIDES_PICTURES).await? {
                    let organization_id = at.0;
                    let filter = comparisons::Filter {
                        organization_id,
                        project_id,
                        status: Some(Status::PendingReview),
                        superseded: Some(false),
                        ..comparisons::Filter::default()
                    };
                    let page = comparisons::list(&testing.platform.store.state, &filter, PageRequest { limit: most, offset: 0 }).await?;
                    queue.total += page.total;
                    for c in page.items {
                        let (sees, decides) = projects.rights(c.project_id, SEES_PICTURES, DECIDES_PICTURES).await?;
                        if !sees {
                            continue;
                        }
                        queue.items.push(Waiting {
                            id: c.uid.to_string(),
                            severity: Severity::Warning,
                            title: c.name,
                            detail: Some(c.measured.summary).filter(|text| !text.is_empty()),
                            at: c.compared_at,
                            by: None,
                            expires_at: None,
                            risk: None,
                            page: format!("/tests/visual?picture={}", c.uid),
                            words: words(decides),
                        });
                    }
                }
            }
            Ok(queue)
        })
    }

    fn decide<'a>(&'a self, req: &'a Req, id: &'a str, said: &'a Said) -> BoxFuture<'a, Result<String>> {
        Box::pin(async move {
            let (testing, cx) = (living(&self.0)?, req.cx());
            let uid: Uid = id.parse().map_err(|_| absent())?;
            let found = comparisons::find(&testing.platform.store.state, uid).await?.ok_or_else(absent)?;
            may_decide(&testing, req, found.project_id, SEES_PICTURES, DECIDES_PICTURES).await?;
            let now = match said.word {
                Word::Approve => testing.approve(cx, uid, None, said.comment.as_deref(), true).await?.comparison,
                Word::Deny => testing.reject(cx, uid, said.comment.as_deref().unwrap_or("rejected in the inbox")).await?,
                Word::Defer | Word::Read => return Err(only_yes_or_no()),
            };
            Ok(now.status.as_str().to_owned())
        })
    }
}

impl DeskPart for Fixes {
    fn kind(&self) -> &'static str {
        "test_fix"
    }

    fn waiting<'a>(&'a self, req: &'a Req, most: i64) -> BoxFuture<'a, Result<Queue>> {
        Box::pin(async move {
            let testing = living(&self.0)?;
            let (mut queue, mut projects) = (Queue::default(), Projects::new(&testing, req));
            for at in organizations(req, SEES_FIXES) {
                for project_id in projects.lists(at, SEES_FIXES, DECIDES_FIXES).await? {
                    let organization_id = at.0;
                    let filter = suggestions::Filter {
                        organization_id,
                        project_id,
                        status: Some(SuggestionStatus::Pending),
                        ..suggestions::Filter::default()
                    };
                    let page = suggestions::list(&testing.platform.store.state, &filter, PageRequest { limit: most, offset: 0 }).await?;
                    queue.total += page.total;
                    for s in page.items {
                        let (sees, decides) = projects.rights(s.project_id, SEES_FIXES, DECIDES_FIXES).await?;
                        if !sees {
                            continue;
                        }
                        queue.items.push(Waiting {
                            id: s.uid.to_string(),
                            severity: Severity::Info,
                            title: s.test_name,
                            detail: Some(format!("{} \u{2192} {}", s.old_value, s.new_value)),
                            at: s.created_at,
                            by: None,
                            expires_at: None,
                            risk: None,
                            page: format!("/tests/healing?id={}", s.uid),
                            words: words(decides),
                        });
                    }
                }
            }
            Ok(queue)
        })
    }

    fn decide<'a>(&'a self, req: &'a Req, id: &'a str, said: &'a Said) -> BoxFuture<'a, Result<String>> {
        Box::pin(async move {
            let (testing, cx) = (living(&self.0)?, req.cx());
            let uid: Uid = id.parse().map_err(|_| absent())?;
            let found = suggestions::find(&testing.platform.store.state, uid).await?.ok_or_else(absent)?;
            may_decide(&testing, req, found.project_id, SEES_FIXES, DECIDES_FIXES).await?;
            testing.require_approver(cx, &found).await?;
            let (by, comment) = (Reviewer::of(cx), said.comment.clone());
            let now = match said.word {
                Word::Approve => testing.apply_suggestion(&by, uid, Scope::default(), comment).await?,
                Word::Deny => testing.reject_suggestion(&by, uid, comment, false).await?,
                Word::Defer | Word::Read => return Err(only_yes_or_no()),
            };
            Ok(now.status.as_str().to_owned())
        })
    }
}
