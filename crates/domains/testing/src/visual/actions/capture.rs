//! Taking a picture of an address and keeping it as a snapshot.

use std::sync::Arc;
use std::time::Duration;

use argos_audit::{Category, Entry};
use argos_identity::{Project, ProjectAccess};
use argos_kernel::{AppError, Result, Uid};
use argos_web::{OpCx, Req};
use serde_json::{Value, json};

use super::files::{Owner, SNAPSHOTS};
use crate::actions::sessions;
use crate::browser::signed_in::SignedIn;
use crate::service::Testing;
use crate::visual::model::record::{Snapshot, Taken};
use crate::visual::model::wanted::Region;
use crate::visual::page::shot::{self, Shot, Wanted};
use crate::visual::page::visit::{Address, shot_fault};
use crate::visual::store::snapshots;

/// How long one picture may take.
const SHOT_TIMEOUT: Duration = Duration::from_secs(30);

pub(crate) fn snapshot_not_found() -> AppError {
    AppError::not_found("Snapshot not found")
}

/// What is wanted of a picture of an address.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) address: Address,
    pub(crate) name: Option<String>,
    pub(crate) full_page: bool,
    pub(crate) mask: Vec<String>,
    pub(crate) hide: Vec<String>,
    pub(crate) ignore: Vec<Region>,
    /// Look for responsive faults.
    pub(crate) issues: bool,
}

impl Order {
    /// A picture of an address, taken as told.
    pub(crate) fn of(address: Address, taken: Taken) -> Self {
        let Taken { full_page, mask_selectors: mask, hide_selectors: hide, signed_in: _ } = taken;
        Self { address, name: None, full_page, mask, hide, ignore: Vec::new(), issues: true }
    }
}

impl Testing {
    /// The project a request names; without a name the oldest of the organization the request acts in.
    pub(crate) async fn project_or_first(&self, req: &Req, named: Option<&str>) -> Result<ProjectAccess> {
        if let Some(named) = named.filter(|n| !n.is_empty()) {
            return self.project_for(req, named).await;
        }
        let organization = self.platform.identity.organization_of(req).await?.organization.id;
        let projects = self.platform.identity.projects_of(organization, Some(true)).await?;
        let first = projects.iter().min_by_key(|p| p.id);
        let first = first.ok_or_else(|| crate::actions::tests::fault("project_id", "project_id is required: there is no project yet"))?;
        self.project_for(req, &first.id.to_string()).await
    }

    /// A copy of the sign-ins of the live browser a request names: one of this project, or one of its organization that
    /// belongs to no project.
    pub(crate) async fn signed_in(&self, req: &Req, named: Option<&str>, project: &Project) -> Result<Option<Arc<SignedIn>>> {
        let Some(named) = named else { return Ok(None) };
        let session = sessions::named(self, req, named).await?;
        if session.organization_id != project.organization_id || session.project_id.is_some_and(|id| id != project.id) {
            let text = "session_id names a browser of another project";
            return Err(AppError::bad_request(text).code("session_of_another_project").with("field", "session_id"));
        }
        session.used(req.cx().now());
        Ok(Some(Arc::new(SignedIn::of(&session).await?)))
    }

    /// The project a request names, else that of the live browser it names, else the first; and the sign-ins of that browser.
    pub(crate) async fn project_and_sign_ins(
        &self,
        req: &Req,
        project: Option<&str>,
        session: Option<&str>,
    ) -> Result<(Project, Option<Arc<SignedIn>>)> {
        let of_session = match (project, session) {
            (None, Some(session)) => sessions::named(self, req, session).await?.project_id.map(|id| id.to_string()),
            _ => None,
        };
        let project = self.project_or_first(req, project.or(of_session.as_deref())).await?.project;
        let signed_in = self.signed_in(req, session, &project).await?;
        Ok((project, signed_in))
    }

    /// A snapshot the caller may see; the permission of the route is judged in its project.
    pub(crate) async fn snapshot_named(&self, req: &Req, text: &str) -> Result<(Snapshot, ProjectAccess)> {
        let uid: Uid = text.parse().map_err(|_| snapshot_not_found())?;
        let found = snapshots::find(&self.platform.store.state, uid).await?.ok_or_else(snapshot_not_found)?;
        let project = self.platform.identity.project_named(req, &found.project_id.to_string()).await.map_err(|_| snapshot_not_found())?;
        project.require(req.cx().rule().permission())?;
        Ok((found, project))
    }

    /// Opens an address and takes its picture.
    pub(crate) async fn photograph(&self, project: &Project, order: &Order) -> Result<Shot> {
        let visit = Box::pin(self.visit(project, &order.address)).await?;
        let v = &order.address.viewport;
        let wanted = Wanted {
            whole: order.full_page,
            element: None,
            ignore: order.ignore.clone(),
            mask: order.mask.clone(),
            hide: order.hide.clone(),
            issues: order.issues.then(|| v.is_mobile()),
            scale: v.device_scale_factor,
            limit: SHOT_TIMEOUT,
        };
        let taken = Box::pin(shot::take(&visit.page, &wanted)).await;
        let status = visit.status;
        visit.end().await;
        let mut shot = taken.map_err(|e| shot_fault(&e))?;
        shot.facts.http_status = status;
        if let Some(status) = status.filter(|s| *s >= 400) {
            shot.warnings.push(format!("http_error: the server answered {status}"));
        }
        Ok(shot)
    }

    /// Takes a picture of an address and keeps it.
    pub(crate) async fn capture(&self, cx: &OpCx, project: &Project, order: &Order) -> Result<(Snapshot, Shot)> {
        let shot = Box::pin(self.photograph(project, order)).await?;
        let snapshot = self.keep_snapshot(cx, project, order, &shot).await?;
        Ok((snapshot, shot))
    }

    /// The same of a page that came up: a picture of an error is nothing anybody wants approved.
    pub(crate) async fn capture_sound(&self, cx: &OpCx, project: &Project, order: &Order) -> Result<(Snapshot, Shot)> {
        let shot = Box::pin(self.photograph(project, order)).await?;
        if let Some(status) = shot.facts.http_status.filter(|s| *s >= 400) {
            let text = format!("{} answered with HTTP {status}; its picture was not taken for the approved one", order.address.url);
            return Err(AppError::bad_request(text).code("page_failed").with("status", status));
        }
        let snapshot = self.keep_snapshot(cx, project, order, &shot).await?;
        Ok((snapshot, shot))
    }

    pub(crate) async fn keep_snapshot(&self, cx: &OpCx, project: &Project, order: &Order, shot: &Shot) -> Result<Snapshot> {
        let uid = Uid::mint(&**cx.clock(), &**cx.rng());
        let owner = Owner { organization_id: project.organization_id, project_id: project.id, uid };
        let facts = serde_json::to_value(&shot.facts).map_err(AppError::internal)?;
        let picture = self.keep_png(owner, "snapshot", &shot.png, SNAPSHOTS).await?;
        let said = self.keep_document(owner, "facts", &facts, SNAPSHOTS).await?;
        let snapshot = Snapshot {
            uid,
            organization_id: project.organization_id,
            project_id: project.id,
            project_uid: project.uid,
            name: order.name.clone(),
            url: order.address.url.clone(),
            browser: "chromium".to_owned(),
            viewport: order.address.viewport.clone(),
            picture: picture.id.clone(),
            facts: said.id.clone(),
            metadata: metadata(order, shot),
            captured_at: cx.now(),
        };
        let mut change = self.platform.audit.begin(&cx.actor()).await?;
        self.note_visual(&mut change, owner, &[&picture, &said]).await?;
        snapshots::insert(&mut change, &snapshot).await?;
        let entry = Entry::new("visual.capture", Category::Action)
            .organization(project.organization_id)
            .target("snapshot", uid)
            .describe(format!("Picture of {} taken", snapshot.url));
        change.commit(entry).await?;
        Ok(snapshot)
    }
}

/// What is told of a snapshot beside its picture.
pub(crate) fn metadata(order: &Order, shot: &Shot) -> Value {
    json!({
        "name": order.name, "title": shot.facts.title, "full_page": order.full_page, "http_status": shot.facts.http_status,
        "width": shot.picture.width(), "height": shot.picture.height(), "lcp_ms": shot.facts.lcp_ms, "cls": shot.facts.cls,
        "mask_selectors": order.mask, "hide_selectors": order.hide, "signed_in": order.address.signed_in.is_some(), "elements": shot.facts.elements.len(), "console_errors": shot.facts.console_errors.len(), "warnings": shot.warnings,
    })
}
