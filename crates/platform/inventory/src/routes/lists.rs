//! The list of things with its counts, and the search over all of them.

use argos_kernel::{AppError, Result};
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::Serialize;

use super::view::{LinkView, ThingView};
use crate::Inventory;
use crate::model::query::Filter;
use crate::model::status::Status;
use crate::store::lists::Sort;

const QUERY_MAX: usize = 200;

pub(super) fn declare(routes: Routes<Inventory>) -> Routes<Inventory> {
    routes
        .get("/api/ui/inventory", "inventory.list", "Every thing, filtered, sorted and paged, with counts.", list)
        .param("q", "words, \"quoted text\", kind:a,b kind:-a status:a,b status:-ok tag:a")
        .param("sort", "status (default), name, kind or since")
        .param("cursor", "next of the page before")
        .param("limit", "0-200, default 50")
        .reply::<InventoryView>()
        .get("/api/ui/search", "inventory.search", "Things by any beginning of a word, at most 50, grouped by kind.", search)
        .param("q", "what was typed")
        .reply::<SearchView>()
        .get("/api/ui/graph", "inventory.graph", "The things around one, and the links between them.", graph)
        .param("ref", "where to begin")
        .param("depth", "1-4 links, default 2")
        .reply::<GraphView>()
}

#[derive(Serialize, JsonSchema)]
struct InventoryView {
    items: Vec<ThingView>,
    facets: Facets,
    /// Things the filter leaves.
    total: i64,
    /// Grows with every change of the inventory.
    rev: i64,
    next: Option<i64>,
}

/// Counts of what texts and tags leave, whatever kinds and statuses are chosen.
#[derive(Serialize, JsonSchema)]
struct Facets {
    kinds: Vec<KindCount>,
    statuses: Vec<StatusCount>,
}

#[derive(Serialize, JsonSchema)]
struct KindCount {
    kind: String,
    count: i64,
}

#[derive(Serialize, JsonSchema)]
struct StatusCount {
    status: Status,
    count: i64,
}

#[derive(Serialize, JsonSchema)]
struct SearchView {
    /// The kind with the best hit first.
    groups: Vec<SearchGroup>,
    total: usize,
}

#[derive(Serialize, JsonSchema)]
struct SearchGroup {
    kind: String,
    items: Vec<ThingView>,
}

#[derive(Serialize, JsonSchema)]
struct GraphView {
    things: Vec<ThingView>,
    links: Vec<LinkView>,
}

fn text<'a>(req: &'a Req, name: &str) -> Result<&'a str> {
    let text = req.query().text(name).unwrap_or_default();
    if text.chars().count() > QUERY_MAX {
        return Err(AppError::bad_request(format!("{name} has at most {QUERY_MAX} characters"))
            .code("invalid_parameter")
            .with("field", name));
    }
    Ok(text)
}

async fn list(inventory: Inventory, req: Req) -> Result<Reply> {
    let q = req.query();
    let filter = Filter::parse(text(&req, "q")?)?;
    let word = q.filled("sort").unwrap_or("status");
    let sort = Sort::parse(word).ok_or_else(|| {
        AppError::bad_request(format!("sort: `{word}` is not understood")).code("invalid_parameter").with("field", "sort")
    })?;
    let limit = q.int_clamped("limit", 50, 0, 200)?;
    let scope = inventory.scope_of(&req.cx().caller);
    let page = inventory.page(&scope, &filter, sort, q.int("cursor")?, limit).await?;
    let (mut kinds, mut statuses): (Vec<KindCount>, Vec<StatusCount>) = (Vec::new(), Vec::new());
    for (kind, status, n) in page.counts {
        match kinds.iter_mut().find(|k| k.kind == kind) {
            Some(k) => k.count += n,
            None => kinds.push(KindCount { kind, count: n }),
        }
        match statuses.iter_mut().find(|s| s.status == status) {
            Some(s) => s.count += n,
            None => statuses.push(StatusCount { status, count: n }),
        }
    }
    kinds.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.kind.cmp(&b.kind)));
    statuses.sort_by_key(|s| s.status.rank());
    let items = page.items.into_iter().map(ThingView::from).collect();
    Ok(Reply::json(&InventoryView { items, facets: Facets { kinds, statuses }, total: page.total, rev: page.rev, next: page.next }))
}

async fn search(inventory: Inventory, req: Req) -> Result<Reply> {
    let scope = inventory.scope_of(&req.cx().caller);
    let hits = inventory.search(&scope, text(&req, "q")?).await?;
    let total = hits.len();
    let mut groups: Vec<SearchGroup> = Vec::new();
    for thing in hits {
        let view = ThingView::from(thing.clone());
        match groups.iter_mut().find(|g| g.kind == thing.kind) {
            Some(group) => group.items.push(view),
            None => groups.push(SearchGroup { kind: thing.kind, items: vec![view] }),
        }
    }
    Ok(Reply::json(&SearchView { groups, total }))
}

async fn graph(inventory: Inventory, req: Req) -> Result<Reply> {
    let scope = inventory.scope_of(&req.cx().caller);
    let reference = req.query().filled("ref").unwrap_or_default();
    let depth = usize::try_from(req.query().int_clamped("depth", 2, 1, 4)?).unwrap_or(2);
    let (things, links) = inventory.graph(&scope, reference, depth).await?;
    let things = things.into_iter().map(ThingView::from).collect();
    Ok(Reply::json(&GraphView { things, links: links.into_iter().map(|l| LinkView::of(l, None)).collect() }))
}
