//! The HTTP side of the log store (edge spec C11). Lines of sources the caller may not read are not there for it.

mod cache;
mod tail;
mod view;

use std::sync::Arc;
use std::time::Duration;

use argos_audit::{Audit, Category, Entry, csv};
use argos_kernel::{AppError, ErrorKind, Result, Severity, Timestamp};
use argos_web::{OpCx, Pager, Query, Reply, Req, Routes};
use bytes::Bytes;
use schemars::JsonSchema;
use serde::Serialize;

use crate::entry::{LogEntry, Source};
use crate::filter::{IpMatch, LogFilter, PathMatch, parse_statuses};
use crate::logs::{Logs, Order, Retention};
use crate::routes::cache::Cache;
use crate::routes::tail::Tails;
use crate::routes::view::{EntryView, ListView, PresetView, presets};
use crate::stats::{SeriesView, StatsView, auto_bucket};
use crate::walk::Walk;

const EXPORT_ROWS_MAX: i64 = 100_000;
const STATS_FRESH: Duration = Duration::from_secs(10);
const SERIES_FRESH: Duration = Duration::from_secs(30);

/// The retention the settings ask for now.
pub type RetentionNow = Arc<dyn Fn() -> Retention + Send + Sync>;

pub(crate) struct Service {
    logs: Logs,
    audit: Audit,
    retention: RetentionNow,
    cache: Cache,
    tails: Tails,
}

/// The routes of the log store.
pub fn routes(logs: Logs, audit: Audit, retention: RetentionNow) -> Routes {
    let service = Service { logs, audit, retention, cache: Cache::default(), tails: Tails::default() };
    Routes::new(Arc::new(service))
        .get("/api/logs", "logs.list", "Log lines.", list_lines)
        .reply::<ListView>()
        .param("from", "RFC 3339 or Unix seconds")
        .param("to", "RFC 3339 or Unix seconds")
        .param("source", "comma list: caddy_access, caddy_error, waf_audit, audit, agent, job, system")
        .param("level", "comma list")
        .param("status", "200, 4xx, 500-504 or a comma list of these")
        .param("path", "substring or re:<regex>")
        .param("remote_ip", "substring or network")
        .param("country", "comma list of two-letter codes")
        .param("q", "text in path, user agent, message or raw")
        .param("limit", "1-1000, default 100")
        .param("offset", "lines to skip")
        .param("order", "desc (default) or asc")
        .get("/api/logs/{id}", "logs.get", "One line.", get_line)
        .reply::<EntryView>()
        .get("/api/logs/presets", "logs.presets", "Ready-made filters.", list_presets)
        .reply::<Vec<PresetView>>()
        .get("/api/logs/stats", "logs.stats", "Totals of the lines that match.", get_stats)
        .reply::<StatsView>()
        .get("/api/logs/timeseries", "logs.timeseries", "Lines per time bucket.", get_series)
        .reply::<SeriesView>()
        .param("bucket_seconds", "10-86400")
        .get("/api/logs/stream", "logs.stream", "New lines as they are stored (SSE).", stream_lines)
        .get("/api/logs/export.csv", "logs.export", "The lines that match as CSV.", export_lines)
        .post("/api/logs/purge", "logs.purge", "Run the retention now.", purge_lines)
        .reply::<PurgedView>()
        .done()
}

#[derive(Serialize, JsonSchema)]
struct PurgedView {
    removed: u64,
}

async fn list_lines(service: Arc<Service>, req: Req) -> Result<Reply> {
    let q = req.query();
    let filter = filter_of(&service.logs, q, req.cx())?;
    let page = Pager::limit_offset(q, 100, 1_000)?;
    let order = if q.filled("order").is_some_and(|o| o.eq_ignore_ascii_case("asc")) { Order::Oldest } else { Order::Newest };
    let found = service.logs.list(&filter, order, page).await?;
    let entries: Vec<EntryView> = found.items.into_iter().map(EntryView::from).collect();
    let shown = page.offset.saturating_add(i64::try_from(entries.len()).unwrap_or(i64::MAX));
    Ok(Reply::json(&ListView { entries, total_count: found.total, has_more: shown < found.total }))
}

async fn get_line(service: Arc<Service>, req: Req) -> Result<Reply> {
    let id = req.param_as::<i64>("id")?;
    let found = if id > 0 { service.logs.find(id).await? } else { None };
    // A line that may not be read is none.
    let found = found.filter(|entry| entry.source.permission().is_none_or(|p| req.cx().has(p)));
    let entry = found.ok_or_else(|| AppError::not_found("log entry not found"))?;
    let address = entry.remote_ip.as_deref().and_then(|ip| ip.parse().ok());
    let place = address.and_then(|address| service.logs.place(address));
    Ok(Reply::json(&EntryView::from(entry).at(place, req.cx().now())))
}

async fn list_presets(_: Arc<Service>, req: Req) -> Result<Reply> {
    Ok(Reply::json(&presets(req.cx().now())))
}

async fn get_stats(service: Arc<Service>, req: Req) -> Result<Reply> {
    let filter = filter_of(&service.logs, req.query(), req.cx())?;
    let key = cache_key("stats", &req, &filter);
    if let Some(body) = service.cache.get(&key, STATS_FRESH) {
        return Ok(Reply::raw_json(body));
    }
    answer(&service.cache, key, &service.logs.stats(&filter).await?)
}

async fn get_series(service: Arc<Service>, req: Req) -> Result<Reply> {
    let q = req.query();
    let filter = filter_of(&service.logs, q, req.cx())?;
    let key = cache_key("series", &req, &filter);
    if let Some(body) = service.cache.get(&key, SERIES_FRESH) {
        return Ok(Reply::raw_json(body));
    }
    let auto = auto_bucket(filter.from, filter.to.unwrap_or_else(|| req.cx().now()));
    let bucket = q.int_clamped("bucket_seconds", auto, 10, 86_400)?;
    answer(&service.cache, key, &service.logs.series(&filter, bucket).await?)
}

fn answer<T: Serialize>(cache: &Cache, key: String, value: &T) -> Result<Reply> {
    let body = Bytes::from(serde_json::to_vec(value).map_err(AppError::internal)?);
    cache.put(key, body.clone());
    Ok(Reply::raw_json(body))
}

/// The question and what its asker may see.
fn cache_key(what: &str, req: &Req, filter: &LogFilter) -> String {
    format!("{what}|{:?}|{:?}", filter.sources, req.query().pairs())
}

async fn stream_lines(service: Arc<Service>, req: Req) -> Result<Reply> {
    let mut filter = filter_of(&service.logs, req.query(), req.cx())?;
    (filter.from, filter.to) = (None, None);
    let seat = service.tails.take(&req.cx().caller.username)?;
    let tail = service.logs.tail(filter).await?;
    let reply = Reply::stream("text/event-stream", tail::frames(tail, seat));
    Ok(reply.header("cache-control", "no-cache").header("x-accel-buffering", "no"))
}

async fn export_lines(service: Arc<Service>, req: Req) -> Result<Reply> {
    let filter = filter_of(&service.logs, req.query(), req.cx())?;
    if service.logs.count(&filter).await? > EXPORT_ROWS_MAX {
        let text = format!("More than {EXPORT_ROWS_MAX} rows match; narrow the filters");
        return Err(AppError::new(ErrorKind::TooLarge, text).code("too_many_rows"));
    }
    let name = format!("argos-logs-{}.csv", req.cx().now().datetime().format("%Y%m%dT%H%M%SZ"));
    let walk = Walk::new(service.logs.clone(), filter, Order::Oldest);
    let pieces = futures_util::stream::try_unfold((walk, true), |(mut walk, first)| async move {
        let lines = walk.next().await.map_err(std::io::Error::other)?;
        let Some(lines) = lines else { return Ok(None) };
        let mut out = String::new();
        if first {
            csv::push_row(&mut out, view::CSV_COLUMNS);
        }
        for line in lines {
            view::push_csv(&mut out, &line);
        }
        Ok(Some((Bytes::from(out), (walk, false))))
    });
    Ok(Reply::stream("text/csv; charset=utf-8", pieces).attachment(&name))
}

async fn purge_lines(service: Arc<Service>, req: Req) -> Result<Reply> {
    let removed = service.logs.prune((service.retention)()).await?;
    let entry =
        Entry::new("logs.purge", Category::Data).alias("logs_purge").target("logs", "all").describe(format!("{removed} log lines removed"));
    service.audit.note(&req.cx().actor(), entry).await?;
    Ok(Reply::json(&PurgedView { removed }))
}

/// The documented filters, narrowed to the sources the caller may read.
fn filter_of(logs: &Logs, q: &Query, cx: &OpCx) -> Result<LogFilter> {
    let bad = |field: &str| AppError::bad_request(format!("Invalid {field} parameter")).code("invalid_parameter").with("field", field);
    let time = |name: &str| match q.filled(name) {
        None => Ok(None),
        Some(text) => {
            text.parse().ok().map(Timestamp::from_secs).or_else(|| Timestamp::parse_rfc3339(text)).map(Some).ok_or_else(|| bad(name))
        }
    };
    let ints = |name: &str| q.list(name).into_iter().map(|w| w.parse::<i64>().map_err(|_| bad(name))).collect::<Result<Vec<_>>>();
    let words = |name: &str| q.list(name).into_iter().map(str::to_owned).collect::<Vec<_>>();
    let readable = Source::ALL.into_iter().filter(|s| s.permission().is_none_or(|p| cx.has(p)));
    let wanted = q.list("source");
    // Asking for nothing readable must not read as asking for everything.
    let sources: Vec<Source> = readable.filter(|s| wanted.is_empty() || wanted.contains(&s.as_str())).collect();
    if sources.is_empty() {
        let hidden = wanted.iter().filter_map(|w| Source::parse(w)).find_map(Source::permission);
        return hidden.map_or_else(|| Err(bad("source")), |permission| cx.require(permission).and_then(|()| Err(bad("source"))));
    }
    let host_ids = ints("host_id")?;
    Ok(LogFilter {
        from: time("from")?,
        to: time("to")?,
        sources,
        levels: q.list("level").into_iter().map(Severity::parse_lenient).collect(),
        methods: q.list("method").into_iter().map(str::to_ascii_uppercase).collect(),
        host_names: logs.site_names(&host_ids),
        host_ids,
        rule_ids: ints("rule_id")?,
        waf_rule_ids: words("waf_rule_id"),
        waf_severities: words("waf_severity"),
        // An invalid expression is ignored, as documented.
        statuses: q.filled("status").and_then(parse_statuses).unwrap_or_default(),
        path: q.filled("path").map(|p| PathMatch::parse(p).ok_or_else(|| bad("path"))).transpose()?,
        remote_ip: q.filled("remote_ip").map(IpMatch::parse),
        text: q.filled("q").map(str::to_owned),
        stream: q.filled("stream").map(str::to_owned),
        duration_ms_min: q.int("min_duration_ms")?,
        countries: q.list("country").into_iter().map(str::to_ascii_uppercase).collect(),
    })
}

impl LogEntry {
    /// The frames of one line: a named event and the same again without a name, for clients of either kind.
    fn frames(self) -> String {
        let id = self.id;
        let json = serde_json::to_string(&EntryView::from(self)).unwrap_or_default();
        format!("id: {id}\nevent: entry\ndata: {json}\n\nid: {id}\ndata: {json}\n\n")
    }
}
