//! Stored samples as a file and from one: CSV with the documented header or JSON lines.

use argos_audit::{Category, Entry};
use argos_events::{Event, Filter, Source};
use argos_kernel::{AppError, Result, Timestamp};
use argos_web::{Reply, Req, Routes};
use bytes::Bytes;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::{Service, bad_query, time};
use crate::model::export::csv;
use crate::model::import::{Rejected, samples};
use crate::routes::view::{SnapshotView, severity_word};
use crate::store::snapshots;

const BATCH: i64 = 1_000;
/// Samples of a file that are written together.
const GROUP: usize = 500;
/// Lines of a file that are named when they are not taken.
const REJECTED_MAX: usize = 1_000;

pub(crate) fn routes(power: Service) -> Routes {
    Routes::new(power)
        .get("/api/export/snapshots", "power.export_snapshots", "Stored samples as a file.", export)
        .param("format", "csv or json (one object a line)")
        .param("device_id", "only this device")
        .param("from", "RFC 3339")
        .param("to", "RFC 3339")
        .get("/api/export/events", "power.export_events", "Events as a file, newest first.", export_events)
        .param("format", "csv or json (one object a line)")
        .param("device_id", "only this device")
        .param("from", "RFC 3339")
        .param("to", "RFC 3339")
        .post(
            "/api/import/snapshots",
            "power.import_snapshots",
            "Samples from a CSV file or JSON lines; doing it again changes nothing.",
            import,
        )
        .reply::<ImportView>()
        .body_limit(64 << 20)
        .done()
}

async fn export(power: Service, req: Req) -> Result<Reply> {
    let q = req.query();
    let as_csv = match q.filled("format").unwrap_or("csv") {
        "csv" => true,
        "json" => false,
        _ => return Err(bad_query("format", "format must be csv or json")),
    };
    let filter = snapshots::Filter { device_id: q.filled("device_id").map(str::to_owned), from: time(q, "from")?, to: time(q, "to")? };
    let start = Some((Timestamp::from_micros(i64::MIN / 2), 0));
    let pieces = futures_util::stream::unfold((power, filter, start, as_csv), |(power, filter, after, first)| async move {
        let after = after?;
        let rows = match snapshots::ascending(&power.platform.store.telemetry, &filter, after, BATCH).await {
            Ok(rows) => rows,
            Err(error) => return Some((Err(std::io::Error::other(AppError::from(error))), (power, filter, None, false))),
        };
        let next = rows.last().map(|row| (row.at, row.id));
        Some((Ok(rows), (power, filter, next, first)))
    });
    let head = futures_util::stream::iter(as_csv.then(|| Ok(Bytes::from(csv::HEADER))));
    let body = futures_util::StreamExt::map(pieces, move |rows| {
        let rows = rows?;
        let text: String = if as_csv {
            rows.iter().map(|r| csv::line(r.at, &r.device_id, r.kind.as_str(), &r.values)).collect()
        } else {
            let json = |row| serde_json::to_string(&SnapshotView::from(row)).unwrap_or_default() + "\n";
            rows.into_iter().map(json).collect()
        };
        Ok(Bytes::from(text))
    });
    let (kind, name) = if as_csv { ("text/csv; charset=utf-8", "snapshots.csv") } else { ("application/x-ndjson", "snapshots.jsonl") };
    Ok(Reply::stream(kind, futures_util::StreamExt::chain(head, body)).attachment(name))
}

const EVENT_HEADER: &str = "id,timestamp,device_id,event_type,severity,message,note,metadata\r\n";

fn event_line(event: &Event) -> String {
    let kind = event.kind.strip_prefix("power.").unwrap_or(&event.kind);
    format!(
        "{},{},{},{},{},{},{},{}\r\n",
        event.id,
        event.created_at.rfc3339(),
        csv::cell(event.subject_id.as_deref().unwrap_or_default()),
        csv::cell(kind),
        severity_word(event.severity),
        csv::cell(&event.message),
        csv::cell(event.note.as_deref().unwrap_or_default()),
        csv::cell(&event.data.to_string())
    )
}

async fn export_events(power: Service, req: Req) -> Result<Reply> {
    let q = req.query();
    let as_csv = match q.filled("format").unwrap_or("csv") {
        "csv" => true,
        "json" => false,
        _ => return Err(bad_query("format", "format must be csv or json")),
    };
    let mut filter = Filter { sources: vec![Source::Power], from: time(q, "from")?, to: time(q, "to")?, ..Filter::default() };
    filter.subject_id = q.filled("device_id").map(str::to_owned);
    let pieces = futures_util::stream::unfold((power, filter, Some(i64::MAX)), move |(power, filter, before)| async move {
        let before = before?;
        let events = match power.platform.events.list(&filter, Some(before), BATCH).await {
            Ok(events) => events,
            Err(error) => return Some((Err(std::io::Error::other(error)), (power, filter, None))),
        };
        let next = events.last().map(|e| e.id);
        let text: String = if as_csv {
            events.iter().map(event_line).collect()
        } else {
            events.into_iter().map(|e| super::event_json(e).to_string() + "\n").collect()
        };
        Some((Ok(Bytes::from(text)), (power, filter, next)))
    });
    let head = futures_util::stream::iter(as_csv.then(|| Ok(Bytes::from(EVENT_HEADER))));
    let (kind, name) = if as_csv { ("text/csv; charset=utf-8", "events.csv") } else { ("application/x-ndjson", "events.jsonl") };
    Ok(Reply::stream(kind, futures_util::StreamExt::chain(head, pieces)).attachment(name))
}

#[derive(Serialize, JsonSchema)]
struct ImportView {
    imported: u64,
    duplicates: u64,
    rejected: Vec<Rejected>,
    /// How many more were refused than are listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    rejected_left: Option<u64>,
}

async fn import(power: Service, mut req: Req) -> Result<Reply> {
    let raw = req.bytes().await?;
    let text = std::str::from_utf8(&raw).map_err(|_| AppError::bad_request("The file is not UTF-8.").code("invalid_body"))?;
    let (mut imported, mut taken, mut left, mut rejected) = (0, 0, 0, Vec::new());
    let mut group = Vec::with_capacity(GROUP);
    let mut all = samples(text);
    loop {
        let next = all.next();
        if !group.is_empty() && (group.len() == GROUP || next.is_none()) {
            taken += group.len() as u64;
            imported += snapshots::insert_all(&power.platform.store.telemetry, &group).await?;
            group.clear();
        }
        match next {
            None => break,
            Some(Ok(sample)) => group.push(sample),
            Some(Err(line)) if rejected.len() < REJECTED_MAX => rejected.push(line),
            Some(Err(_)) => left += 1,
        }
    }
    let duplicates = taken - imported;
    let m = power.platform.audit.begin(&req.cx().actor()).await?;
    let after = json!({ "imported": imported, "duplicates": duplicates, "rejected": rejected.len() as u64 + left });
    let entry = Entry::new("power_snapshots.import", Category::Data).describe(format!("{imported} power samples imported"));
    m.commit(entry.after(after)).await?;
    Ok(Reply::json(&ImportView { imported, duplicates, rejected, rejected_left: (left > 0).then_some(left) }))
}
