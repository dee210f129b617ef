//! The assistant of the operators: chat, what is behind an alert, an incident, a piece of log. Without a model the
//! answer is the documented error, and beside it what can be said by counting.

use argos_kernel::{AppError, Result};
use argos_web::{Reply, Req, Routes, SseEvent};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::mpsc;

use crate::actions::subject::facts;
use crate::llm::{Answer, Asker, Llm, NoModel, Prompt};
use crate::model::action::{Action, actions};
use crate::model::plain;
use crate::model::prompt::{LOGS_CHARS, cut, fenced, system};
use crate::model::wire::Turn;

const MESSAGE_CHARS: usize = 20_000;
const HISTORY_MAX: usize = 20;
/// Pieces of a stream that wait for a slow reader.
const PIECES: usize = 64;

pub(super) fn declare(routes: Routes<Llm>) -> Routes<Llm> {
    routes
        .get("/api/ai/status", "llm.status", "Whether a model is set up.", status)
        .reply::<StatusView>()
        .post("/api/ai/chat", "llm.chat", "Ask the assistant; with Accept: text/event-stream the answer comes in pieces.", chat)
        .body::<ChatBody>()
        .reply::<AnswerView>()
        .post("/api/ai/analyze-alert/{alert_id}", "llm.analyze_alert", "What is behind an alert.", analyze_alert)
        .reply::<AnswerView>()
        .post("/api/ai/analyze-logs", "llm.analyze_logs", "What a piece of log says.", analyze_logs)
        .body::<LogsBody>()
        .reply::<AnswerView>()
        .post("/api/ai/summarize-incident/{id}", "llm.summarize_incident", "An incident in a few sentences.", summarize_incident)
        .reply::<AnswerView>()
        .post("/api/ai/test", "llm.test", "Ask the configured model one word.", test)
        .reply::<TestView>()
}

#[derive(Serialize, JsonSchema)]
struct StatusView {
    enabled: bool,
    provider: &'static str,
    model: Option<String>,
    /// Enabled, with a key where one is needed.
    configured: bool,
    /// Why nothing can be asked.
    reason: Option<String>,
    /// The model runs on the administrator's own machines.
    local: bool,
}

#[derive(Deserialize, JsonSchema)]
struct ChatBody {
    /// At most 20 000 characters.
    message: String,
    /// The last 20 turns count.
    #[serde(default)]
    #[schemars(with = "Vec<serde_json::Value>")]
    history: Vec<serde_json::Value>,
}

#[derive(Deserialize, JsonSchema)]
struct LogsBody {
    /// Cut to 8000 characters.
    logs: String,
}

#[derive(Serialize, JsonSchema)]
struct AnswerView {
    response: String,
    /// Proposals; a person decides about each.
    actions: Vec<Action>,
    provider: &'static str,
    model: String,
}

#[derive(Serialize, JsonSchema)]
struct TestView {
    status: &'static str,
    response: String,
}

const FAILED: &str = "LLM request failed";

fn view(answer: Answer) -> AnswerView {
    let host = host();
    let actions = actions(&answer.text, |h| host.as_deref() == Some(h));
    AnswerView { response: answer.text, actions, provider: answer.provider.as_str(), model: answer.model }
}

fn host() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    Some(name.trim().to_owned()).filter(|n| !n.is_empty())
}

async fn status(llm: Llm, req: Req) -> Result<Reply> {
    let configured = llm.provider()?;
    let enabled = llm.is_enabled()?;
    let plan = llm.chat_plan(&Asker::of(req.cx())).await?;
    let reason = match &plan {
        _ if !enabled => Some(NoModel::Disabled.reason()),
        Err(why) => Some(why.reason()),
        Ok(_) => None,
    };
    let (provider, model) = match plan {
        Ok(plan) => (plan.provider, Some(plan.model)),
        Err(_) => (configured, llm.model(configured, None)?),
    };
    let local = provider.is_local();
    Ok(Reply::json(&StatusView { enabled, provider: provider.as_str(), model, configured: reason.is_none(), reason, local }))
}

async fn system_of(llm: &Llm, req: &Req) -> Result<String> {
    let state = llm.state(req.cx()).await?;
    Ok(system(host().as_deref(), &state))
}

async fn chat(llm: Llm, mut req: Req) -> Result<Reply> {
    let body: ChatBody = req.json().await?;
    let chars = body.message.chars().count();
    if body.message.trim().is_empty() || chars > MESSAGE_CHARS {
        let text = if chars > MESSAGE_CHARS {
            format!("message has at most {MESSAGE_CHARS} characters")
        } else {
            "message is required".to_owned()
        };
        return Err(AppError::bad_request(text).code("invalid_field").with("field", "message"));
    }
    // Other roles than user and assistant are left out, not refused.
    let kept: Vec<Turn> = body.history.into_iter().filter_map(|t| serde_json::from_value(t).ok()).collect();
    let surplus = kept.len().saturating_sub(HISTORY_MAX);
    let mut turns: Vec<Turn> = kept.into_iter().skip(surplus).map(|t| Turn { content: cut(&t.content, MESSAGE_CHARS), ..t }).collect();
    turns.push(Turn::user(body.message));
    let prompt = Prompt { feature: "chat", system: system_of(&llm, &req).await?, turns, ..Prompt::default() };
    let asker = Asker::of(req.cx());
    if req.header("accept").is_some_and(|a| a.contains("text/event-stream")) {
        return streamed(llm, asker, prompt).await;
    }
    match llm.ask(&asker, prompt).await? {
        Ok(answer) => Ok(Reply::json(&view(answer))),
        Err(why) => Err(why.into_error(FAILED)),
    }
}

/// `delta` events with text, then one `done` with the whole answer or one `failed` with the reason.
async fn streamed(llm: Llm, asker: Asker, prompt: Prompt) -> Result<Reply> {
    if !llm.is_enabled()? {
        return Err(NoModel::Disabled.into_error(FAILED));
    }
    if let Err(why) = llm.chat_plan(&asker).await? {
        return Err(why.into_error(FAILED));
    }
    let (pieces, mut arriving) = mpsc::channel(PIECES);
    let (ended, outcome) = tokio::sync::oneshot::channel();
    let asking = async move {
        let said = llm.stream(&asker, prompt, pieces).await;
        drop(ended.send(said));
    };
    let mut asking = Some(Box::pin(asking));
    let mut outcome = Some(outcome);
    let events = futures_util::stream::poll_fn(move |cx| {
        use std::task::Poll;
        if let Some(work) = asking.as_mut()
            && work.as_mut().poll(cx).is_ready()
        {
            asking = None;
        }
        match arriving.poll_recv(cx) {
            Poll::Ready(Some(text)) => Poll::Ready(Some(SseEvent::json(&json!({ "text": text })).event("delta"))),
            Poll::Pending => Poll::Pending,
            // The text is whole; the outcome is still being written down.
            Poll::Ready(None) if asking.is_some() => Poll::Pending,
            Poll::Ready(None) => {
                let said = outcome.take().and_then(|mut o| o.try_recv().ok());
                Poll::Ready(said.map(last_event))
            }
        }
    });
    Ok(Reply::sse(events))
}

fn last_event(said: Result<std::result::Result<Answer, NoModel>>) -> SseEvent {
    match said {
        Ok(Ok(answer)) => SseEvent::json(&view(answer)).event("done"),
        Ok(Err(why)) => SseEvent::json(&json!({ "error": FAILED, "reason": why.code(), "reason_text": why.reason() })).event("failed"),
        Err(error) => {
            tracing::error!(?error, "an answer could not be accounted for");
            SseEvent::json(&json!({ "error": "Internal server error", "reason": "internal" })).event("failed")
        }
    }
}

/// Asks about a subject; without a model the documented error carries what can be said by counting.
async fn about(llm: Llm, req: &Req, feature: &'static str, question: String, summary: String) -> Result<Reply> {
    let prompt = Prompt { feature, system: system_of(&llm, req).await?, turns: vec![Turn::user(question)], ..Prompt::default() };
    match llm.ask(&Asker::of(req.cx()), prompt).await? {
        Ok(answer) => Ok(Reply::json(&view(answer))),
        Err(why) => Err(why.into_error(FAILED).with("summary", summary)),
    }
}

async fn analyze_alert(llm: Llm, req: Req) -> Result<Reply> {
    let id: i64 = req.param_as("alert_id")?;
    req.cx().require("alerts:read")?;
    let brief = llm.0.alerts.brief_firing(&req.cx().caller, id).await?.ok_or_else(|| AppError::not_found("Alert not found"))?;
    let summary = plain::of_facts(&facts(brief));
    let question = format!("An alert fired. Name the likely cause and what to do now.\n\n{}", fenced("Alert", &summary));
    about(llm, &req, "analyze_alert", question, summary).await
}

async fn summarize_incident(llm: Llm, req: Req) -> Result<Reply> {
    let id: i64 = req.param_as("id")?;
    req.cx().require("incidents:read")?;
    let brief = llm.0.alerts.brief_incident(&req.cx().caller, id).await?.ok_or_else(|| AppError::not_found("Incident not found"))?;
    let summary = plain::of_facts(&facts(brief));
    let question = format!("Write a short report of incident {id}: root cause, impact, next steps.\n\n{}", fenced("Incident", &summary));
    about(llm, &req, "summarize_incident", question, summary).await
}

async fn analyze_logs(llm: Llm, mut req: Req) -> Result<Reply> {
    let body: LogsBody = req.json().await?;
    if body.logs.trim().is_empty() {
        return Err(AppError::bad_request("logs is required").code("invalid_field").with("field", "logs"));
    }
    let logs = cut(&body.logs, LOGS_CHARS);
    let summary = llm.0.vault.redactor().text(&plain::of_logs(&body.logs)).into_owned();
    let question = format!("What is wrong in these logs, and what fixes it?\n\n{}", fenced("Logs", &logs));
    about(llm, &req, "analyze_logs", question, summary).await
}

async fn test(llm: Llm, req: Req) -> Result<Reply> {
    let prompt = Prompt { feature: "test", turns: vec![Turn::user("Reply with the word ok.")], ..Prompt::default() };
    match llm.ask(&Asker::of(req.cx()), prompt).await? {
        Ok(answer) => Ok(Reply::json(&TestView { status: "ok", response: cut(&answer.text, 500) })),
        Err(why) => Err(why.into_error("LLM connection test failed")),
    }
}
