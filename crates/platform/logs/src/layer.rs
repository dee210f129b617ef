//! Argos' own log into its own log store: a `tracing` layer that feeds stream `system`.
//!
//! Lines about storing lines are left out (they still go to stderr): otherwise a failing store would feed itself.

use std::fmt::Debug;

use argos_audit::{MASK, is_secret_name};
use argos_kernel::Severity;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use crate::entry::{LogEntry, Source};
use crate::queue::LogQueue;

/// Targets whose lines would follow from writing lines.
const SILENT: [&str; 3] = ["argos_logs", "argos_store", "tokio_postgres"];

/// Add it to the subscriber next to the stderr output.
pub struct LogLayer(LogQueue);

impl LogLayer {
    pub fn new(queue: LogQueue) -> Self {
        Self(queue)
    }
}

/// The request a span belongs to.
struct RequestId(String);

#[derive(Default)]
struct Fields {
    message: String,
    request_id: Option<String>,
    rest: Map<String, Value>,
}

impl Fields {
    fn set(&mut self, field: &Field, value: Value) {
        let name = field.name();
        match (name, &value) {
            ("message", Value::String(text)) => self.message.clone_from(text),
            ("request_id", Value::String(text)) => self.request_id = Some(text.clone()),
            _ if is_secret_name(name) => drop(self.rest.insert(name.to_owned(), Value::from(MASK))),
            _ => drop(self.rest.insert(name.to_owned(), value)),
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.set(field, Value::from(format!("{value:?}")));
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, Value::from(value));
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, Value::from(value));
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, Value::from(value));
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, Value::from(value));
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, Value::from(value));
    }
}

const fn severity(level: Level) -> Severity {
    match level {
        Level::ERROR => Severity::Error,
        Level::WARN => Severity::Warning,
        Level::INFO => Severity::Info,
        _ => Severity::Debug,
    }
}

impl<S: Subscriber + for<'s> LookupSpan<'s>> Layer<S> for LogLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let (Some(span), Some(request)) = (context.span(id), fields.request_id) {
            span.extensions_mut().replace(RequestId(request));
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        values.record(&mut fields);
        if let (Some(span), Some(request)) = (context.span(id), fields.request_id) {
            span.extensions_mut().replace(RequestId(request));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let target = event.metadata().target();
        if SILENT.iter().any(|s| target.starts_with(s)) {
            return;
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut entry = LogEntry::new(Source::System, self.0.now(), severity(*event.metadata().level()), fields.message);
        for (name, value) in &fields.rest {
            let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            entry.message.push_str(&format!(" {name}={shown}"));
        }
        let spans = || context.event_scope(event).into_iter().flatten();
        entry.request_id = fields.request_id.or_else(|| spans().find_map(|s| s.extensions().get::<RequestId>().map(|r| r.0.clone())));
        entry.unit = Some(target.to_owned());
        if !fields.rest.is_empty() {
            entry.raw = Some(Value::Object(fields.rest).to_string());
        }
        self.0.push(entry);
    }
}
