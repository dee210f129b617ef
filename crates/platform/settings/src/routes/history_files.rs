//! Older states of the settings as files (ops-core C.3): read out of the versions that are kept anyway, at most one per
//! half hour in which something changed. Secrets leave sealed.

use std::collections::BTreeMap;

use argos_kernel::{AppError, Result, Timestamp};
use argos_store::args;
use argos_web::{Reply, Req};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{Settings, store};

const LIVE: &str = "config.yaml";
const BEFORE: &str = "config.yaml.bak.";
/// States shown beside the live one.
const KEPT: usize = 10;
/// One state per span, in seconds.
const SPAN_S: i64 = 1_800;

#[derive(Serialize, JsonSchema)]
pub(super) struct History {
    versions: Vec<Version>,
}

#[derive(Serialize, JsonSchema)]
struct Version {
    /// Unix seconds.
    timestamp: i64,
    iso: String,
    /// Bytes.
    size: usize,
    filename: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    current: Option<bool>,
}

fn yaml(document: Map<String, Value>) -> Result<String> {
    serde_saphyr::to_string(&Value::Object(document)).map_err(AppError::internal)
}

/// Of times in any order, the last of each span, newest first.
fn states(times: impl Iterator<Item = i64>) -> Vec<i64> {
    let mut last: BTreeMap<i64, i64> = BTreeMap::new();
    for at in times {
        let place = last.entry(at.div_euclid(SPAN_S)).or_insert(at);
        *place = at.max(*place);
    }
    last.into_values().rev().collect()
}

/// The moments of past states. The newest change is the live state, so it is none of them.
async fn moments(settings: &Settings) -> Result<Vec<i64>> {
    let rows = settings.0.db.query(store::CHANGE_TIMES, args![]).await?;
    let times: Vec<i64> = rows.iter().map(|r| r.get::<Timestamp>(0).map(Timestamp::secs)).collect::<Result<_, _>>()?;
    let newest = times.iter().max().copied();
    Ok(states(times.into_iter().filter(|t| Some(*t) != newest)).into_iter().take(KEPT).collect())
}

pub(super) async fn list(settings: Settings, req: Req) -> Result<Reply> {
    let now = req.cx().now();
    let live = yaml(settings.document()?)?;
    let view = |at: Timestamp, filename: String, size: usize, current: Option<bool>| Version {
        timestamp: at.secs(),
        iso: at.rfc3339(),
        size,
        filename,
        current,
    };
    let changed =
        settings.0.db.query(store::CHANGE_TIMES, args![]).await?.iter().map(|r| r.get::<Timestamp>(0)).collect::<Result<Vec<_>, _>>()?;
    let mut versions = vec![view(changed.into_iter().max().unwrap_or(now), LIVE.to_owned(), live.len(), Some(true))];
    for at in moments(&settings).await? {
        let at = Timestamp::from_secs(at);
        let text = yaml(settings.document_at(at).await?)?;
        versions.push(view(at, format!("{BEFORE}{}", at.secs()), text.len(), None));
    }
    Ok(Reply::json(&History { versions }))
}

pub(super) async fn download(settings: Settings, req: Req) -> Result<Reply> {
    let name = req.param("filename").to_owned();
    if name == LIVE {
        return Ok(Reply::bytes("application/x-yaml", yaml(settings.document()?)?).attachment(LIVE));
    }
    let at = name.strip_prefix(BEFORE).filter(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()));
    let at = at.and_then(|digits| digits.parse::<i64>().ok());
    let at = at.ok_or_else(|| AppError::bad_request("Invalid filename").code("invalid_filename").with("field", "filename"))?;
    if !moments(&settings).await?.contains(&at) {
        return Err(AppError::not_found("Version not found"));
    }
    let text = yaml(settings.document_at(Timestamp::from_secs(at)).await?)?;
    Ok(Reply::bytes("application/x-yaml", text).attachment(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_state_is_kept_per_half_hour_and_it_is_the_last() {
        assert_eq!(states([10, 1_799, 1_800, 1_801, 9_000].into_iter()), [9_000, 1_801, 1_799]);
        assert!(states(std::iter::empty()).is_empty());
    }
}
