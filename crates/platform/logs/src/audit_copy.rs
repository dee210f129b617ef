//! Copies each audit row into stream `audit`, so that the log filters find it (edge spec D8).
//!
//! `audit_id` of such a line is the audit row's id: the copy continues there after a restart. The audit log itself
//! stays the record; a copy lost with the telemetry file is made again.

use std::time::Duration;

use argos_audit::{Audit, AuditRow};
use argos_kernel::{Result, Severity, Shutdown, Tasks};

use crate::entry::{LogEntry, Source};
use crate::logs::Logs;

const EVERY: Duration = Duration::from_secs(1);
const PAGE: i64 = 500;

impl Logs {
    /// Starts the copying.
    pub fn follow_audit(&self, audit: &Audit, tasks: &Tasks) {
        let (logs, audit) = (self.clone(), audit.clone());
        tasks.supervise("logs.audit_copy", move |stop| run(logs.clone(), audit.clone(), stop));
    }

    /// Copies what is new; the number of rows.
    pub async fn copy_audit(&self, audit: &Audit) -> Result<usize> {
        let mut copied = 0;
        let mut last = self.last_audit_id().await?;
        loop {
            let rows = audit.after(last, PAGE).await?;
            let Some(newest) = rows.last().map(|r| r.id) else { return Ok(copied) };
            let lines: Vec<LogEntry> = rows.iter().map(line).collect();
            self.store(&lines).await?;
            copied += lines.len();
            last = newest;
        }
    }
}

async fn run(logs: Logs, audit: Audit, stop: Shutdown) -> Result<()> {
    loop {
        logs.copy_audit(&audit).await?;
        if !stop.sleep(EVERY).await {
            return logs.copy_audit(&audit).await.map(drop);
        }
    }
}

/// The documented form: message `<action> <resource>`, raw JSON with actor, action, resource and difference.
fn line(row: &AuditRow) -> LogEntry {
    let json = |text: &Option<String>| text.as_deref().and_then(|t| serde_json::from_str::<serde_json::Value>(t).ok());
    let resource = row.target_type.as_deref().unwrap_or(&row.category);
    let mut e = LogEntry::new(Source::Audit, row.at, Severity::Info, format!("{} {resource}", row.shown_action()));
    let mut diff = serde_json::Map::new();
    diff.insert("before".to_owned(), json(&row.before).unwrap_or_default());
    diff.insert("after".to_owned(), json(&row.after).unwrap_or_default());
    diff.insert("_source_ip".to_owned(), row.ip.clone().into());
    if let Some(chain) = &row.xff_chain {
        diff.insert("_xff_chain".to_owned(), chain.clone().into());
    }
    let raw = serde_json::json!({
        "user_id": row.actor_id, "user": row.actor_name, "action": row.shown_action(), "resource_type": row.target_type,
        "resource_id": row.target_id, "description": row.description, "diff": diff,
    });
    e.raw = Some(raw.to_string());
    e.remote_ip.clone_from(&row.ip);
    e.user_agent.clone_from(&row.user_agent);
    e.request_id.clone_from(&row.request_id);
    e.audit_id = Some(row.id);
    e.trim();
    e
}
