//! One log line, whatever its stream, and its mapping. Texts are cut before they are queued, so that a queue of
//! bounded length is also bounded in bytes.

use argos_kernel::{Severity, Timestamp};
use argos_store::{Row, StoreError, Value, args};

const MESSAGE_CHARS_MAX: usize = 10_000;
const RAW_CHARS_MAX: usize = 16_000;
const FIELD_CHARS_MAX: usize = 2_000;

/// Where lines come from (platform spec 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    CaddyAccess,
    CaddyError,
    WafAudit,
    /// A copy of each audit row.
    Audit,
    /// Lines of a machine's agent.
    Agent,
    /// Output of a job.
    Job,
    /// Argos' own log.
    System,
}

impl Source {
    pub const ALL: [Self; 7] = [Self::CaddyAccess, Self::CaddyError, Self::WafAudit, Self::Audit, Self::Agent, Self::Job, Self::System];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CaddyAccess => "caddy_access",
            Self::CaddyError => "caddy_error",
            Self::WafAudit => "waf_audit",
            Self::Audit => "audit",
            Self::Agent => "agent",
            Self::Job => "job",
            Self::System => "system",
        }
    }
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == word)
    }
}

/// A log line. `None` = the line does not say.
#[derive(Clone, Debug, PartialEq)]
pub struct LogEntry {
    /// 0 until it is stored.
    pub id: i64,
    pub at: Timestamp,
    /// The source, with `:<name>` for agents and jobs.
    pub stream: String,
    pub source: Source,
    pub level: Severity,
    pub host_id: Option<i64>,
    pub host_domain: Option<String>,
    pub rule_id: Option<i64>,
    pub remote_ip: Option<String>,
    pub method: Option<String>,
    pub path: Option<String>,
    pub status: Option<i64>,
    pub duration_ms: Option<f64>,
    pub size_bytes: Option<i64>,
    pub user_agent: Option<String>,
    pub upstream: Option<String>,
    pub message: String,
    pub raw: Option<String>,
    pub waf_rule_id: Option<String>,
    pub waf_rule_message: Option<String>,
    pub waf_severity: Option<String>,
    pub waf_anomaly_score: Option<i64>,
    pub agent: Option<String>,
    pub node: Option<String>,
    pub job_id: Option<i64>,
    pub unit: Option<String>,
    pub request_id: Option<String>,
    /// The audit row this line is a copy of.
    pub audit_id: Option<i64>,
    /// Where the client was when the line was stored: two capital letters.
    pub country_code: Option<String>,
    /// The number of the network it came from.
    pub asn: Option<i64>,
}

impl LogEntry {
    /// A line of a stream without a name of its own.
    pub fn new(source: Source, at: Timestamp, level: Severity, message: impl Into<String>) -> Self {
        Self {
            id: 0,
            at,
            stream: source.as_str().to_owned(),
            source,
            level,
            host_id: None,
            host_domain: None,
            rule_id: None,
            remote_ip: None,
            method: None,
            path: None,
            status: None,
            duration_ms: None,
            size_bytes: None,
            user_agent: None,
            upstream: None,
            message: message.into(),
            raw: None,
            waf_rule_id: None,
            waf_rule_message: None,
            waf_severity: None,
            waf_anomaly_score: None,
            agent: None,
            node: None,
            job_id: None,
            unit: None,
            request_id: None,
            audit_id: None,
            country_code: None,
            asn: None,
        }
    }
    /// Output of a job: stream `job:<id>`.
    pub fn of_job(job_id: i64, at: Timestamp, level: Severity, message: impl Into<String>) -> Self {
        let mut e = Self::new(Source::Job, at, level, message);
        e.stream = format!("job:{job_id}");
        e.job_id = Some(job_id);
        e
    }
    /// A line of an agent: stream `agent:<host>`.
    pub fn of_agent(host: &str, at: Timestamp, level: Severity, message: impl Into<String>) -> Self {
        let mut e = Self::new(Source::Agent, at, level, message);
        e.stream = format!("agent:{host}");
        e.agent = Some(host.to_owned());
        e
    }

    /// Cuts texts to what is stored; NUL goes (PostgreSQL stores none).
    pub(crate) fn trim(&mut self) {
        trim(&mut self.message, MESSAGE_CHARS_MAX);
        trim(&mut self.stream, FIELD_CHARS_MAX);
        if let Some(raw) = &mut self.raw {
            trim(raw, RAW_CHARS_MAX);
        }
        for text in [
            &mut self.host_domain,
            &mut self.remote_ip,
            &mut self.method,
            &mut self.path,
            &mut self.user_agent,
            &mut self.upstream,
            &mut self.waf_rule_id,
            &mut self.waf_rule_message,
            &mut self.waf_severity,
            &mut self.agent,
            &mut self.node,
            &mut self.unit,
            &mut self.request_id,
            &mut self.country_code,
        ] {
            if let Some(t) = text {
                trim(t, FIELD_CHARS_MAX);
            }
            if text.as_ref().is_some_and(String::is_empty) {
                *text = None;
            }
        }
    }

    pub(crate) fn into_args(self) -> Vec<Value> {
        let e = self;
        args![
            e.at,
            e.stream,
            e.source.as_str(),
            e.level,
            e.host_id,
            e.host_domain,
            e.rule_id,
            e.remote_ip,
            e.method,
            e.path,
            e.status,
            e.duration_ms,
            e.size_bytes,
            e.user_agent,
            e.upstream,
            e.message,
            e.raw,
            e.waf_rule_id,
            e.waf_rule_message,
            e.waf_severity,
            e.waf_anomaly_score,
            e.agent,
            e.node,
            e.job_id,
            e.unit,
            e.request_id,
            e.audit_id,
            e.country_code,
            e.asn,
        ]
    }

    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        let source: String = row.get(3)?;
        Ok(Self {
            id: row.get(0)?,
            at: row.get(1)?,
            stream: row.get(2)?,
            source: Source::parse(&source).ok_or(StoreError::Column { index: 3, wanted: "a log source" })?,
            level: row.get(4)?,
            host_id: row.get(5)?,
            host_domain: row.get(6)?,
            rule_id: row.get(7)?,
            remote_ip: row.get(8)?,
            method: row.get(9)?,
            path: row.get(10)?,
            status: row.get(11)?,
            duration_ms: row.get(12)?,
            size_bytes: row.get(13)?,
            user_agent: row.get(14)?,
            upstream: row.get(15)?,
            message: row.get(16)?,
            raw: row.get(17)?,
            waf_rule_id: row.get(18)?,
            waf_rule_message: row.get(19)?,
            waf_severity: row.get(20)?,
            waf_anomaly_score: row.get(21)?,
            agent: row.get(22)?,
            node: row.get(23)?,
            job_id: row.get(24)?,
            unit: row.get(25)?,
            request_id: row.get(26)?,
            audit_id: row.get(27)?,
            country_code: row.get(28)?,
            asn: row.get(29)?,
        })
    }
}

fn trim(text: &mut String, max: usize) {
    if text.contains('\0') {
        text.retain(|c| c != '\0');
    }
    if let Some((end, _)) = text.char_indices().nth(max) {
        text.truncate(end);
    }
}
