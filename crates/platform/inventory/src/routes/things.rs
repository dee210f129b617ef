//! One thing: its page, its timeline, what people add to it, its links, and taking changes back.

use argos_events::{EventView, Scope as EventScope};
use argos_kernel::{AppError, Result, Role, Timestamp};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::view::{LinkView, ThingDetail, ThingView};
use crate::Inventory;
use crate::model::link::LinkType;

pub(super) fn declare(routes: Routes<Inventory>) -> Routes<Inventory> {
    routes
        .get("/api/ui/things/{ref}", "inventory.get_thing", "A thing with facts, links and what its trouble follows from.", get)
        .reply::<ThingDetail>()
        .patch("/api/ui/things/{ref}", "inventory.annotate_thing", "Set tags and note of a thing.", annotate)
        .body::<AnnotateBody>()
        .reply::<AnnotatedView>()
        .get("/api/ui/things/{ref}/timeline", "inventory.thing_timeline", "State changes and events of a thing, newest first.", timeline)
        .param("before", "RFC 3339")
        .param("limit", "1-100, default 30")
        .reply::<Vec<MomentView>>()
        .post("/api/ui/links", "inventory.add_link", "Link two things by hand.", add_link)
        .body::<LinkBody>()
        .created::<LinkedView>()
        .patch(
            "/api/ui/links/{id}",
            "inventory.change_link",
            "Hide a wrong link or show it again; one set by hand is removed.",
            change_link,
        )
        .body::<LinkChange>()
        .reply::<UndoView>()
        .post("/api/ui/undo/{token}", "inventory.undo", "Take a change back, within a minute.", undo)
        .reply::<UndoneView>()
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AnnotateBody {
    /// Replaces the tags people set; at most 30.
    tags: Option<Vec<String>>,
    /// Empty clears it; at most 4000 characters.
    note: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct AnnotatedView {
    thing: ThingView,
    own_tags: Vec<String>,
    note: Option<String>,
    /// For `/api/ui/undo/{token}`, good for a minute.
    undo: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LinkBody {
    from: String,
    link: LinkType,
    to: String,
}

#[derive(Serialize, JsonSchema)]
struct LinkedView {
    link: LinkView,
    undo: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LinkChange {
    hidden: bool,
}

#[derive(Serialize, JsonSchema)]
struct UndoView {
    status: &'static str,
    undo: String,
}

#[derive(Serialize, JsonSchema)]
struct UndoneView {
    status: &'static str,
    /// What was taken back.
    action: String,
}

/// A change of the thing's state, or an event that names it.
#[derive(Serialize, JsonSchema)]
struct MomentView {
    /// RFC 3339.
    at: String,
    /// `appeared`, `status`, `gone` or `event`
    what: String,
    before: Option<String>,
    after: Option<String>,
    word: Option<String>,
    event: Option<EventView>,
}

async fn get(inventory: Inventory, req: Req) -> Result<Reply> {
    let scope = inventory.scope_of(&req.cx().caller);
    let thing = inventory.thing(&scope, req.param("ref")).await?;
    let links = inventory.links_of(&thing.reference).await?;
    let others: Vec<String> = links.iter().map(|l| if l.from == thing.reference { l.to.clone() } else { l.from.clone() }).collect();
    let known = inventory.things(&scope, &others).await?;
    let (causes, dependents) = inventory.causes_of(&scope, &thing.reference).await?;
    let view = |l: crate::model::link::Link, other: &str| {
        let other = known.iter().find(|t| t.reference == other).cloned().map(ThingView::from);
        LinkView::of(l, other)
    };
    let links = links.into_iter().zip(&others).map(|(l, other)| view(l, other)).collect();
    let actions = if req.cx().has("inventory:manage") { vec!["annotate", "link"] } else { Vec::new() };
    Ok(Reply::json(&ThingDetail {
        facts: thing.facts.clone(),
        own_tags: thing.own_tags.clone(),
        note: thing.note.clone(),
        source: thing.source.clone(),
        first_seen: thing.first_seen.rfc3339(),
        thing: thing.into(),
        links,
        causes: causes.into_iter().map(ThingView::from).collect(),
        dependents,
        actions,
    }))
}

async fn annotate(inventory: Inventory, mut req: Req) -> Result<Reply> {
    let scope = inventory.scope_of(&req.cx().caller);
    let reference = req.param("ref").to_owned();
    let body: AnnotateBody = req.json().await?;
    let (thing, undo) = inventory.annotate(&req.cx().actor(), &scope, &reference, body.tags, body.note).await?;
    Ok(Reply::json(&AnnotatedView { own_tags: thing.own_tags.clone(), note: thing.note.clone(), thing: thing.into(), undo }))
}

async fn timeline(inventory: Inventory, req: Req) -> Result<Reply> {
    let cx = req.cx();
    let scope = inventory.scope_of(&cx.caller);
    let thing = inventory.thing(&scope, req.param("ref")).await?;
    let bad = || AppError::bad_request("Invalid before parameter").code("invalid_parameter").with("field", "before");
    let before = req.query().filled("before").map(|t| Timestamp::parse_rfc3339(t).ok_or_else(bad)).transpose()?;
    let limit = req.query().int_clamped("limit", 30, 1, 100)?;
    // Events are shown to those who may read events; changes of the state belong to the thing.
    let nodes = cx.caller.allowed_node_ids.clone();
    let events = cx.has("events:read").then(|| EventScope { nodes, organizations: cx.caller.role == Some(Role::Owner), house: None });
    let (changes, events) = inventory.history(&thing, events, before, limit).await?;
    let mut moments: Vec<(Timestamp, i64, MomentView)> = Vec::with_capacity(changes.len() + events.len());
    for c in changes {
        let view = MomentView { at: c.at.rfc3339(), what: c.change, before: c.before, after: c.after, word: c.word, event: None };
        moments.push((c.at, c.id, view));
    }
    for e in events {
        let (at, id) = (e.created_at, e.id);
        let view = MomentView { at: at.rfc3339(), what: "event".to_owned(), before: None, after: None, word: None, event: Some(e.into()) };
        moments.push((at, id, view));
    }
    moments.sort_by_key(|(at, id, _)| std::cmp::Reverse((*at, *id)));
    moments.truncate(usize::try_from(limit).unwrap_or(0));
    Ok(Reply::json(&moments.into_iter().map(|(_, _, view)| view).collect::<Vec<_>>()))
}

async fn add_link(inventory: Inventory, mut req: Req) -> Result<Reply> {
    let body: LinkBody = req.json().await?;
    let scope = inventory.scope_of(&req.cx().caller);
    let (link, undo) = inventory.add_link(&req.cx().actor(), &scope, &body.from, body.link, &body.to).await?;
    Ok(Reply::created(&LinkedView { link: LinkView::of(link, None), undo }))
}

async fn change_link(inventory: Inventory, mut req: Req) -> Result<Reply> {
    let id: i64 = req.param_as("id")?;
    let body: LinkChange = req.json().await?;
    let scope = inventory.scope_of(&req.cx().caller);
    let undo = inventory.hide_link(&req.cx().actor(), &scope, id, body.hidden).await?;
    Ok(Reply::json(&UndoView { status: "ok", undo }))
}

async fn undo(inventory: Inventory, req: Req) -> Result<Reply> {
    let token = req.param("token").to_owned();
    let action = inventory.undo(req.cx().clone(), &token).await?;
    Ok(Reply::json(&UndoneView { status: "ok", action }))
}
