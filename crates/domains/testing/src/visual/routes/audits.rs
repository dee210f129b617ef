//! The accessibility of an address, or of the address of a picture that was taken.

use argos_a11y::{Audit, Level, Severity};
use argos_kernel::Result;
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Service;
use super::body::Body;
use crate::actions::tests::fault;
use crate::visual::actions::audits::Judged;

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .post("/api/v1/visual/accessibility", "visual.accessibility", "Judge the accessibility of an address.", analyze)
        .body::<AuditBody>()
        .reply::<AuditView>()
        .post("/api/v1/visual/accessibility/analyze", "visual.accessibility_analyze", "The same.", analyze)
        .param("snapshot_id", "a picture whose address is judged")
        .param("wcag_level", "A, AA or AAA")
        .reply::<AuditView>()
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "documents the body; it is read member by member")]
struct AuditBody {
    /// An address, or `snapshot_id`: then its address is opened again on the same screen.
    url: Option<String>,
    snapshot_id: Option<String>,
    project_id: Option<String>,
    /// A, AA or AAA
    wcag_level: Option<String>,
    include_best_practices: Option<bool>,
    viewport: Option<Value>,
    /// A live browser whose sign-ins the page is opened with.
    session_id: Option<String>,
    /// Walk through the page with the Tab key.
    test_keyboard: Option<bool>,
}

#[derive(Serialize, JsonSchema)]
struct AuditView {
    success: bool,
    snapshot_id: String,
    screenshot_url: String,
    wcag_level: &'static str,
    /// `overall_score`, `level_compliance`, `issues`, `violations_by_severity`, `passed_criteria`, `incomplete`, `summary`
    accessibility: Value,
    analyzed_at: String,
}

fn document(audit: &Audit) -> Value {
    json!({
        "overall_score": audit.overall_score, "level_compliance": audit.level_compliance, "issues": audit.issues,
        "violations_by_severity": {
            "critical": audit.count(Severity::Critical), "major": audit.count(Severity::Major), "minor": audit.count(Severity::Minor),
        },
        "passed_criteria": audit.passed_criteria, "incomplete": audit.incomplete, "frames_skipped": audit.frames_skipped,
        "summary": audit.summary,
    })
}

async fn analyze(testing: Service, mut req: Req) -> Result<Reply> {
    let body = Body::of(&mut req, &["snapshot_id", "wcag_level", "url"]).await?;
    let level = match body.text("wcag_level", 10)? {
        None => Level::Aa,
        Some(word) => Level::parse(word).ok_or_else(|| fault("wcag_level", "wcag_level must be A, AA or AAA"))?,
    };
    let (project, order) = match body.text("snapshot_id", 100)? {
        Some(id) => {
            let (snapshot, access) = testing.snapshot_named(&req, id).await?;
            let mut order = body.order(snapshot.url)?;
            order.address.viewport = snapshot.viewport;
            order.address.signed_in = testing.signed_in(&req, body.session()?, &access.project).await?;
            (access.project, order)
        }
        None => {
            let mut order = body.order(body.url("url")?)?;
            let (project, signed_in) = testing.project_and_sign_ins(&req, body.text("project_id", 100)?, body.session()?).await?;
            order.address.signed_in = signed_in;
            (project, order)
        }
    };
    let judged = Judged { level, best_practices: body.flag("include_best_practices", true)?, keyboard: body.flag("test_keyboard", true)? };
    let (snapshot, audit) = testing.audit_address(req.cx(), &project, &order, judged).await?;
    Ok(Reply::json(&AuditView {
        success: true,
        snapshot_id: snapshot.uid.to_string(),
        screenshot_url: testing.signed(&snapshot.picture),
        wcag_level: level.as_str(),
        accessibility: document(&audit),
        analyzed_at: req.cx().now().rfc3339(),
    }))
}
