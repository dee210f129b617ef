//! What differs, in words: by rules, by a model where one is set up.

use argos_kernel::Result;
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use super::Service;
use super::body::Body;
use crate::visual::model::explain::Explanation;

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .post("/api/v1/visual/ai/explain", "visual.explain", "What differs, in words.", explain)
        .param("comparison_id", "required")
        .reply::<ExplanationView>()
}

#[derive(Serialize, JsonSchema)]
struct ExplanationView {
    success: bool,
    comparison_id: String,
    explanation: Explanation,
    /// `rules` or `model`
    source: &'static str,
    /// Why no model wrote it; null when one did.
    reason: Option<String>,
    generated_at: String,
}

async fn explain(testing: Service, mut req: Req) -> Result<Reply> {
    let body = Body::of(&mut req, &["comparison_id"]).await?;
    let (comparison, _) = testing.comparison_named(&req, body.required("comparison_id", 100)?).await?;
    let (explanation, reason) = testing.explain(req.cx(), &comparison).await?;
    Ok(Reply::json(&ExplanationView {
        success: true,
        comparison_id: comparison.uid.to_string(),
        explanation,
        source: if reason.is_none() { "model" } else { "rules" },
        reason,
        generated_at: req.cx().now().rfc3339(),
    }))
}
