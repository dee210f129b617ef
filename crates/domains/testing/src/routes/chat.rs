//! `/api/v1/stream/chat`: a chat about the tests of a project. Commands are read by rules; a model helps where the project
//! lets one hear of it.

use argos_kernel::Result;
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Deserialize;

use super::stream::{Subject, follow};
use super::{Service, only_project};
use crate::actions::chat::Message;
use crate::actions::tests::fault;
use crate::model::chat::MESSAGE_CHARS_MAX;
use crate::model::settings::is_web_address;

const THREAD_CHARS_MAX: usize = 100;

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .post("/api/v1/stream/chat", "chat.say", "Write in a chat about tests and hear what comes of it (SSE).", say)
        .body::<ChatBody>()
        .get("/api/v1/stream/chat/{thread_id}", "chat.stream", "What was said in a chat (SSE), resumable by Last-Event-ID.", stream)
}

#[derive(Deserialize, JsonSchema, Default)]
#[serde(default)]
struct ChatBody {
    /// 1-20000 characters: a command, such as `help`.
    message: String,
    /// 1-100 characters: what the client calls the thread; a new one begins with its first message.
    thread_id: String,
    /// Where tests begin that say nothing else.
    app_url: Option<String>,
    /// The only project of the organization without.
    project_id: Option<String>,
}

async fn say(testing: Service, mut req: Req) -> Result<Reply> {
    let body: ChatBody = req.json().await?;
    let text = body.message.trim();
    if text.is_empty() || text.chars().count() > MESSAGE_CHARS_MAX {
        return Err(fault("message", format!("message must be 1-{MESSAGE_CHARS_MAX} characters")));
    }
    let thread = body.thread_id.trim();
    if !(1..=THREAD_CHARS_MAX).contains(&thread.chars().count()) || thread.chars().any(char::is_control) {
        return Err(fault("thread_id", format!("thread_id must be 1-{THREAD_CHARS_MAX} characters")));
    }
    let app_url = body.app_url.as_deref().map(str::trim).filter(|u| !u.is_empty());
    if app_url.is_some_and(|u| !is_web_address(u)) {
        return Err(fault("app_url", "app_url must be an http or https address without credentials"));
    }
    let project = match &body.project_id {
        Some(id) => id.clone(),
        None => only_project(&testing, &req).await?,
    };
    let access = testing.project_for(&req, &project).await?;
    let message = Message { thread: thread.to_owned(), text: text.to_owned(), app_url: app_url.map(str::to_owned) };
    let (chat, before) = testing.chat(req.cx(), &access, message).await?;
    Ok(follow(testing, &req, Subject::Chat, chat.uid, before))
}

async fn stream(testing: Service, req: Req) -> Result<Reply> {
    let organization = testing.platform.identity.organization_of(&req).await?.organization.id;
    let chat = testing.chat_named(req.cx(), organization, req.param("thread_id")).await?;
    Ok(follow(testing, &req, Subject::Chat, chat.uid, 0))
}
