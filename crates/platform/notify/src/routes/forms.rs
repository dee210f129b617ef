//! What a form of a channel needs: the types with their fields, and a preview of what would be sent.

use argos_kernel::{AppError, Result};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Notify;
use crate::actions::preview::PreviewInput;
use crate::model::catalogue::form;
use crate::model::channel::ChannelKind;

pub(super) fn declare(routes: Routes<Notify>) -> Routes<Notify> {
    routes
        .get("/api/notifications/channel-types", "notify.list_channel_types", "Channel types and the fields of their configuration.", types)
        .reply::<Vec<ChannelTypeView>>()
        .post("/api/notifications/preview", "notify.preview", "What a channel would send about a sample event; nothing is sent.", preview)
        .body::<PreviewBody>()
        .reply::<PreviewView>()
}

#[derive(JsonSchema, Serialize)]
struct ChannelTypeView {
    r#type: &'static str,
    fields: Vec<FieldView>,
}

#[derive(JsonSchema, Serialize, Deserialize)]
struct FieldView {
    name: String,
    /// text, url, int, bool, enum or list
    kind: String,
    secret: bool,
    required: bool,
    default: Value,
    options: Vec<String>,
    min: Option<i64>,
    max: Option<i64>,
}

#[derive(JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
struct PreviewBody {
    /// Of a channel that exists; its configuration fills in what `config` leaves out.
    #[serde(default)]
    channel_id: Option<i64>,
    /// Needed without `channel_id`.
    #[serde(default)]
    r#type: Option<String>,
    #[serde(default)]
    config: Option<Map<String, Value>>,
    /// Empty or absent = the default of the type.
    #[serde(default)]
    template: Option<String>,
    /// A documented event; a failed sign-in when absent.
    #[serde(default)]
    event_type: Option<String>,
}

#[derive(JsonSchema, Serialize)]
struct PreviewView {
    /// Secrets blanked.
    rendered: String,
    /// The event it was made of.
    event: Value,
}

async fn types(_notify: Notify, _req: Req) -> Result<Reply> {
    let fields = |kind| -> Result<Vec<FieldView>> {
        let lines = form(kind).into_iter().map(serde_json::from_value).collect::<std::result::Result<_, _>>();
        lines.map_err(|e| AppError::internal(format!("a channel form has another shape: {e}")))
    };
    let all = ChannelKind::ALL.iter().map(|(kind, word)| Ok(ChannelTypeView { r#type: word, fields: fields(*kind)? }));
    Ok(Reply::json(&all.collect::<Result<Vec<_>>>()?))
}

async fn preview(notify: Notify, mut req: Req) -> Result<Reply> {
    let b: PreviewBody = req.json().await?;
    let input = PreviewInput { channel_id: b.channel_id, kind: b.r#type, config: b.config, template: b.template, event_type: b.event_type };
    let (rendered, event) = notify.preview(&input).await?;
    Ok(Reply::json(&PreviewView { rendered, event }))
}
