//! Stored samples as a file and from one: CSV with the documented header or JSON lines.

use argos_audit::{Category, Entry};
use argos_kernel::{AppError, Result, Timestamp};
use argos_web::{Reply, Req, Routes};
use bytes::Bytes;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::{Service, bad_query, time};
use crate::model::import::{Rejected, parse};
use crate::model::snapshot::SnapshotRow;
use crate::routes::view::SnapshotView;
use crate::store::snapshots;

const HEADER: &str = "timestamp,device_id,device_type,power_watts,load_percent,voltage,battery_percent,runtime_seconds,current_amps,\
                      frequency_hz,temperature_c,ups_status,input_voltage,output_voltage,outlet_count\r\n";
const BATCH: i64 = 1_000;

pub(crate) fn routes(power: Service) -> Routes {
    Routes::new(power)
        .get("/api/export/snapshots", "power.export_snapshots", "Stored samples as a file.", export)
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

/// A text cell (RFC 4180); what a spreadsheet would take for a formula is made harmless.
pub(super) fn cell(text: &str) -> String {
    let safe = if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text.to_owned() };
    if safe.contains(['"', ',', '\r', '\n']) { format!("\"{}\"", safe.replace('"', "\"\"")) } else { safe }
}

fn line(row: &SnapshotRow) -> String {
    let n = |value: Option<f64>| value.map(|v| v.to_string()).unwrap_or_default();
    let (s, e) = (&row.values, &row.values.extras);
    format!(
        "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\r\n",
        row.at.rfc3339(),
        cell(&row.device_id),
        row.kind.as_str(),
        n(s.power_watts),
        n(s.load_percent),
        n(s.voltage),
        n(s.battery_percent),
        n(s.runtime_seconds),
        n(e.current_amps),
        n(e.frequency_hz),
        n(s.temperature_c),
        cell(s.ups_status.as_deref().unwrap_or_default()),
        n(e.input_voltage),
        n(e.output_voltage),
        n(e.outlet_count)
    )
}

async fn export(power: Service, req: Req) -> Result<Reply> {
    let q = req.query();
    let csv = match q.filled("format").unwrap_or("csv") {
        "csv" => true,
        "json" => false,
        _ => return Err(bad_query("format", "format must be csv or json")),
    };
    let filter = snapshots::Filter { device_id: q.filled("device_id").map(str::to_owned), from: time(q, "from")?, to: time(q, "to")? };
    let start = Some((Timestamp::from_micros(i64::MIN / 2), 0));
    let pieces = futures_util::stream::unfold((power, filter, start, csv), |(power, filter, after, first)| async move {
        let after = after?;
        let rows = match snapshots::ascending(&power.platform.store.telemetry, &filter, after, BATCH).await {
            Ok(rows) => rows,
            Err(error) => return Some((Err(std::io::Error::other(AppError::from(error))), (power, filter, None, false))),
        };
        let next = rows.last().map(|row| (row.at, row.id));
        Some((Ok(rows), (power, filter, next, first)))
    });
    let head = futures_util::stream::iter(csv.then(|| Ok(Bytes::from(HEADER))));
    let body = futures_util::StreamExt::map(pieces, move |rows| {
        let rows = rows?;
        let text: String = if csv {
            rows.iter().map(line).collect()
        } else {
            let json = |row| serde_json::to_string(&SnapshotView::from(row)).unwrap_or_default() + "\n";
            rows.into_iter().map(json).collect()
        };
        Ok(Bytes::from(text))
    });
    let (kind, name) = if csv { ("text/csv; charset=utf-8", "snapshots.csv") } else { ("application/x-ndjson", "snapshots.jsonl") };
    Ok(Reply::stream(kind, futures_util::StreamExt::chain(head, body)).attachment(name))
}

#[derive(Serialize, JsonSchema)]
struct ImportView {
    imported: u64,
    duplicates: u64,
    rejected: Vec<Rejected>,
}

async fn import(power: Service, mut req: Req) -> Result<Reply> {
    let raw = req.bytes().await?;
    let text = std::str::from_utf8(&raw).map_err(|_| AppError::bad_request("The file is not UTF-8.").code("invalid_body"))?;
    let (samples, rejected) = parse(text);
    let mut imported = 0;
    for group in samples.chunks(500) {
        imported += snapshots::insert_all(&power.platform.store.telemetry, group).await?;
    }
    let duplicates = samples.len() as u64 - imported;
    let m = power.platform.audit.begin(&req.cx().actor()).await?;
    let after = json!({ "imported": imported, "duplicates": duplicates, "rejected": rejected.len() });
    let entry = Entry::new("power_snapshots.import", Category::Data).describe(format!("{imported} power samples imported"));
    m.commit(entry.after(after)).await?;
    Ok(Reply::json(&ImportView { imported, duplicates, rejected }))
}
