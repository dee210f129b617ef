//! `/api/v1/ai/query` and `/analyze` in the nodes family: a failed provider is 200 with `success:false`.

use argos_kernel::{AppError, Result};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::llm::{Asker, Llm, NoModel, Prompt};
use crate::model::prompt::{fenced, system};
use crate::model::provider::Provider;
use crate::model::wire::Turn;

const PROMPT_CHARS: usize = 10_000;

pub(super) fn declare(routes: Routes<Llm>) -> Routes<Llm> {
    routes
        .post("/api/v1/ai/analyze", "llm.node_analyze", "What is behind what somebody describes.", analyze)
        .body::<AnalyzeBody>()
        .reply::<Envelope>()
        .post("/api/v1/ai/query", "llm.node_query", "A question in plain words.", query)
        .body::<QueryBody>()
        .reply::<Envelope>()
}

#[derive(Deserialize, JsonSchema)]
struct AnalyzeBody {
    /// At most 10 000 characters.
    description: String,
    provider: Option<String>,
    node_id: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
struct QueryBody {
    /// At most 10 000 characters.
    query: String,
    provider: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Envelope {
    success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

fn refused(text: impl Into<String>, field: &str) -> AppError {
    AppError::bad_request(text).code("invalid_field").with("field", field).with("success", false)
}

async fn ask(
    llm: Llm,
    req: &Req,
    feature: &'static str,
    text: &str,
    field: &str,
    (provider, node): (Option<&str>, Option<&str>),
    question: String,
) -> Result<Reply> {
    if text.trim().is_empty() {
        return Err(refused(format!("{field} is required"), field));
    }
    if text.chars().count() > PROMPT_CHARS {
        return Err(refused(format!("{field} has at most {PROMPT_CHARS} characters"), field));
    }
    let provider =
        provider.map(|p| Provider::parse(p).ok_or_else(|| refused(format!("Unknown provider '{p}'"), "provider"))).transpose()?;
    let state = llm.state(req.cx()).await?;
    let question = match llm.fleet_facts(&req.cx().caller, node, question.chars().count()).await? {
        Some(facts) => format!("{}\n\n{question}", fenced("Media nodes", &facts)),
        None => question,
    };
    let prompt = Prompt { feature, system: system(None, &state), turns: vec![Turn::user(question)], provider, ..Prompt::default() };
    let said = llm.ask(&Asker::of(req.cx()), prompt).await?;
    let envelope = match said {
        Ok(answer) => Envelope { success: true, response: Some(answer.text), error: None },
        Err(NoModel::NotConfigured(why)) => return Err(AppError::bad_request(why).code("llm_not_configured").with("success", false)),
        Err(why) => Envelope { success: false, response: None, error: Some(why.reason()) },
    };
    Ok(Reply::json(&envelope))
}

async fn analyze(llm: Llm, mut req: Req) -> Result<Reply> {
    let body: AnalyzeBody = req.json().await?;
    if let (Some(node), Some(nodes)) = (&body.node_id, &req.cx().caller.allowed_node_ids)
        && !nodes.contains(node)
    {
        return Err(AppError::forbidden("Permission denied: node scope").code("node_scope"));
    }
    let about = body.node_id.as_deref().map(|n| format!("Node {n}. ")).unwrap_or_default();
    let question = format!(
        "Name likely causes of this anomaly and what to check.\n\n{}",
        fenced("Description", &format!("{about}{}", body.description))
    );
    ask(llm, &req, "analyze", &body.description, "description", (body.provider.as_deref(), body.node_id.as_deref()), question).await
}

async fn query(llm: Llm, mut req: Req) -> Result<Reply> {
    let body: QueryBody = req.json().await?;
    ask(llm, &req, "query", &body.query, "query", (body.provider.as_deref(), None), body.query.clone()).await
}
