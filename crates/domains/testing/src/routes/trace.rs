//! The parts of a trace, for whoever looks at it: its steps, the requests and the console page by page, and single documents
//! and pictures. The archive stays in its file.

use argos_kernel::{AppError, PageRequest, Result};
use argos_web::{Reply, Req, Routes};
use argos_webtest::TraceReader;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::Service;
use super::artifacts::own;
use crate::actions::artifacts::not_found;
use crate::model::artifact::Kind;
use crate::model::trace::{Asked, RequestLine, Span, Windows, is_document, is_picture, is_tree, line};
use crate::service::Testing;

/// What a document of a trace may do: look like the page did. It runs nothing, loads nothing and goes nowhere, and is shown in
/// frames of ours alone.
const DOCUMENT_POLICY: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'self'";

pub(super) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .get("/api/v1/artifacts/{id}/trace", "artifacts.trace", "What a trace tells of the steps, in their order.", steps)
        .param("limit", "1-500, default 200")
        .param("offset", "steps to skip")
        .reply::<TraceView>()
        .get("/api/v1/artifacts/{id}/trace/requests", "artifacts.trace_requests", "The requests of a trace, in their order.", requests)
        .param("q", "part of the address")
        .param("kind", "document, script, stylesheet, image, font, xhr, fetch, ..")
        .param("failed", "true: only those that came to nothing or were answered with an error")
        .param("step", "only those that began while this step was under way, counted from 0 over the whole trace")
        .param("from_ms", "only those that were under way then or later, in milliseconds since the epoch")
        .param("to_ms", "only those that began by then, in milliseconds since the epoch")
        .param("limit", "1-500, default 100")
        .param("offset", "requests to skip")
        .reply::<RequestsView>()
        .get("/api/v1/artifacts/{id}/trace/requests/{n}", "artifacts.trace_request", "One request with its headers.", request)
        .get("/api/v1/artifacts/{id}/trace/console", "artifacts.trace_console", "What the pages wrote, in the order of time.", console)
        .param("step", "only what was written while this step was under way, counted from 0 over the whole trace")
        .param("from_ms", "only what was written then or later, in milliseconds since the epoch")
        .param("to_ms", "only what was written by then, in milliseconds since the epoch")
        .param("limit", "1-1000, default 200")
        .param("offset", "lines to skip")
        .reply::<ConsoleView>()
        .get(
            "/api/v1/artifacts/{id}/trace/part",
            "artifacts.trace_part",
            "A document, a picture or an accessibility tree of a trace.",
            part,
        )
        .param("name", "such as dom/000-before.html, screenshots/000.jpg or axtree/000.json")
}

#[derive(Serialize, JsonSchema)]
struct TraceView {
    artifact_id: String,
    /// Of the test and its run: `status`, `run_id`, `test_id`, `app_url`.
    about: Value,
    /// Each with its `result`, the names of its parts (`before`, `after`, `screenshot`, `accessibility`) and `page`, which is the
    /// same for pages that a screen reader has nothing else of; null without a tree.
    steps: Vec<Value>,
    total: usize,
    /// Later documents and pictures did not fit into the trace.
    truncated: bool,
}

#[derive(Serialize, JsonSchema)]
struct RequestsView {
    requests: Vec<RequestLine>,
    /// How many are as asked for.
    total: usize,
    /// How many there are.
    all: usize,
    /// False when they did not fit into the trace.
    kept: bool,
    /// From the first to the end of the last, in milliseconds since the epoch; null without any.
    from_ms: Option<f64>,
    to_ms: Option<f64>,
}

#[derive(Serialize, JsonSchema)]
struct ConsoleView {
    /// Each with the `step` that was under way, counted from 0 over the whole trace; null after the last.
    lines: Vec<Value>,
    /// How many are as asked for.
    total: usize,
    /// How many there are.
    all: usize,
}

/// Does work with the trace of the request beside the tasks of the server: it reads a file.
async fn with_trace<T, W>(testing: &Testing, req: &Req, work: W) -> Result<T>
where
    T: Send + 'static,
    W: FnOnce(&mut TraceReader) -> std::io::Result<T> + Send + 'static,
{
    let artifact = own(testing, req, req.param("id")).await?;
    if artifact.kind != Kind::Trace {
        return Err(not_found());
    }
    let file = testing.file_of(&artifact.sha256);
    let read = tokio::task::spawn_blocking(move || TraceReader::open(&file).and_then(|mut trace| work(&mut trace)));
    read.await.map_err(AppError::internal)?.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => not_found(),
        _ => AppError::internal(format!("a trace cannot be read: {error}")),
    })
}

fn listed(document: &mut Value, name: &str) -> Vec<Value> {
    match document.get_mut(name).map(Value::take) {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    }
}

fn paged(req: &Req, usual: i64, max: i64) -> Result<PageRequest> {
    let q = req.query();
    Ok(PageRequest { limit: q.int_clamped("limit", usual, 1, max)?, offset: q.int_clamped("offset", 0, 0, i64::MAX)? })
}

fn place(page: PageRequest) -> (usize, usize) {
    (usize::try_from(page.offset).unwrap_or(usize::MAX), usize::try_from(page.limit).unwrap_or(0))
}

fn span(req: &Req) -> Result<Span> {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of this century")]
    let moment = |name| req.query().int(name).map(|ms| ms.map(|ms| ms as f64));
    Ok(Span { from_ms: moment("from_ms")?, to_ms: moment("to_ms")? })
}

async fn steps(testing: Service, req: Req) -> Result<Reply> {
    let (offset, limit) = place(paged(&req, 200, 500)?);
    let read = with_trace(&testing, &req, |trace| {
        let mut record = trace.steps()?;
        let mut steps = listed(&mut record, "steps");
        for step in steps.iter_mut().filter_map(Value::as_object_mut) {
            let page = step.get("accessibility").and_then(Value::as_str).and_then(|name| trace.checksum(name));
            step.insert("page".to_owned(), page.map(|sum| format!("{sum:08x}")).into());
        }
        Ok((record, steps))
    });
    let (mut record, steps) = read.await?;
    Ok(Reply::json(&TraceView {
        artifact_id: req.param("id").to_owned(),
        about: record["about"].take(),
        total: steps.len(),
        steps: steps.into_iter().skip(offset).take(limit).collect(),
        truncated: record["truncated"] == true,
    }))
}

async fn requests(testing: Service, req: Req) -> Result<Reply> {
    let (offset, limit) = place(paged(&req, 100, 500)?);
    let q = req.query();
    let asked = Asked {
        text: q.filled("q").map(str::to_lowercase),
        kind: q.filled("kind").map(str::to_lowercase),
        failed: q.filled("failed") == Some("true"),
        step: q.int("step")?.and_then(|n| usize::try_from(n).ok()),
        span: span(&req)?,
    };
    let view = with_trace(&testing, &req, move |trace| {
        let windows = Windows::of(&listed(&mut trace.steps()?, "steps"));
        let mut view = RequestsView { requests: Vec::new(), total: 0, all: 0, kept: true, from_ms: None, to_ms: None };
        let mut each = |n, entry: Value| {
            view.all += 1;
            let line = line(n, &entry, &windows);
            if let Some(began) = line.started_ms {
                view.from_ms = Some(view.from_ms.map_or(began, |known| known.min(began)));
                let end = began + line.duration_ms.unwrap_or(0.0);
                view.to_ms = Some(view.to_ms.map_or(end, |known| known.max(end)));
            }
            if asked.matches(&line) {
                if view.total >= offset && view.requests.len() < limit {
                    view.requests.push(line);
                }
                view.total += 1;
            }
        };
        let kept = trace.requests(&mut each)?;
        view.kept = kept;
        Ok(view)
    });
    Ok(Reply::json(&view.await?))
}

async fn request(testing: Service, req: Req) -> Result<Reply> {
    let n: usize = req.param("n").parse().map_err(|_| not_found())?;
    let found = with_trace(&testing, &req, move |trace| {
        let mut found = None;
        trace.requests(&mut |at, entry| {
            if at == n {
                found = Some(entry);
            }
        })?;
        Ok(found)
    });
    Ok(Reply::json(&found.await?.ok_or_else(not_found)?))
}

async fn console(testing: Service, req: Req) -> Result<Reply> {
    let (offset, limit) = place(paged(&req, 200, 1_000)?);
    let (asked, span) = (req.query().int("step")?.and_then(|n| usize::try_from(n).ok()), span(&req)?);
    let read = with_trace(&testing, &req, |trace| Ok((Windows::of(&listed(&mut trace.steps()?, "steps")), trace.console()?)));
    let (windows, lines) = read.await?;
    let Value::Array(mut lines) = lines else { return Ok(Reply::json(&ConsoleView { lines: Vec::new(), total: 0, all: 0 })) };
    let all = lines.len();
    for said in &mut lines {
        let step = said.get("at_ms").and_then(Value::as_f64).and_then(|at| windows.step(at));
        if let Some(said) = said.as_object_mut() {
            said.insert("step".to_owned(), step.into());
        }
    }
    lines.retain(|said| asked.is_none_or(|step| said["step"] == step) && span.touches(said["at_ms"].as_f64(), 0.0));
    let total = lines.len();
    Ok(Reply::json(&ConsoleView { lines: lines.into_iter().skip(offset).take(limit).collect(), total, all }))
}

async fn part(testing: Service, req: Req) -> Result<Reply> {
    let name = req.query().filled("name").unwrap_or_default().to_owned();
    let (document, picture, tree) = (is_document(&name), is_picture(&name), is_tree(&name));
    if !document && !tree && picture.is_none() {
        return Err(not_found());
    }
    let bytes = with_trace(&testing, &req, move |trace| trace.part(&name)).await?.ok_or_else(not_found)?;
    // A trace never changes: its parts neither.
    let cached = |reply: Reply| reply.header("cache-control", "private, max-age=900").header("referrer-policy", "no-referrer");
    if tree {
        return Ok(cached(Reply::bytes("application/json", bytes)));
    }
    Ok(cached(match picture {
        Some(mime) => Reply::bytes(mime, bytes).header("content-security-policy", "sandbox; default-src 'none'"),
        None => Reply::bytes("text/html; charset=utf-8", bytes)
            .header("content-security-policy", DOCUMENT_POLICY)
            .header("x-frame-options", "SAMEORIGIN"),
    }))
}
