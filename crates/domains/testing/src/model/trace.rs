//! What is shown of the requests of a trace, and which step each of them belongs to. Pure.

use argos_kernel::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// A request of a trace. Times are milliseconds; what is not known is null.
#[derive(Serialize, JsonSchema, Debug, PartialEq)]
pub struct RequestLine {
    /// Its place in the archive of requests.
    pub n: usize,
    pub method: String,
    pub url: String,
    /// `document`, `script`, `xhr`, ..
    pub kind: String,
    /// Null when nothing was answered.
    pub status: Option<i64>,
    pub error: Option<String>,
    pub mime: Option<String>,
    /// On the wire.
    pub bytes: Option<f64>,
    /// Since the epoch.
    pub started_ms: Option<f64>,
    pub duration_ms: Option<f64>,
    /// Until the first byte of the answer came.
    pub wait_ms: Option<f64>,
    pub receive_ms: Option<f64>,
    /// The step that was under way when it began, counted from 0 over the whole trace; null after the last.
    pub step: Option<usize>,
}

/// Until when requests, and what pages write, belong to each step, in the order of steps.
#[derive(Debug, Default, PartialEq)]
pub struct Windows(Vec<Option<f64>>);

impl Windows {
    /// Reads them from the record of the steps.
    pub fn of(steps: &[Value]) -> Self {
        Self(steps.iter().map(|step| step.get("requests_until_ms").and_then(Value::as_f64)).collect())
    }

    /// The first step that had seen what began then.
    pub fn step(&self, began_ms: f64) -> Option<usize> {
        // The ends are whole milliseconds.
        self.0.iter().position(|until| until.is_some_and(|until| began_ms < until + 1.0))
    }
}

/// Which requests are asked for.
#[derive(Debug, Default)]
pub struct Asked {
    /// Part of the address, in lower case.
    pub text: Option<String>,
    pub kind: Option<String>,
    pub failed: bool,
    pub step: Option<usize>,
    pub span: Span,
}

/// Moments of a trace, in milliseconds since the epoch; without an end, all of them on that side.
#[derive(Clone, Copy, Debug, Default)]
pub struct Span {
    pub from_ms: Option<f64>,
    pub to_ms: Option<f64>,
}

impl Span {
    /// Whether what lasted from one moment to another touches it; what has no known moment touches only the whole.
    pub fn touches(self, began_ms: Option<f64>, lasted_ms: f64) -> bool {
        match began_ms {
            Some(began) => self.from_ms.is_none_or(|from| began + lasted_ms >= from) && self.to_ms.is_none_or(|to| began <= to),
            None => self.from_ms.is_none() && self.to_ms.is_none(),
        }
    }
}

impl Asked {
    pub fn matches(&self, line: &RequestLine) -> bool {
        let failed = line.error.is_some() || line.status.is_none_or(|status| status >= 400);
        self.text.as_deref().is_none_or(|text| line.url.to_lowercase().contains(text))
            && self.kind.as_deref().is_none_or(|kind| line.kind == kind)
            && (!self.failed || failed)
            && self.step.is_none_or(|step| line.step == Some(step))
            && self.span.touches(line.started_ms, line.duration_ms.unwrap_or(0.0))
    }
}

/// The line of an entry of an archive of requests.
pub fn line(n: usize, entry: &Value, windows: &Windows) -> RequestLine {
    let text = |place: &str| entry.pointer(place).and_then(Value::as_str).filter(|t| !t.is_empty()).map(str::to_owned);
    // Such archives write -1 for what is not known.
    let number = |place: &str| entry.pointer(place).and_then(Value::as_f64).filter(|n| *n >= 0.0);
    #[expect(clippy::cast_precision_loss, reason = "microseconds of this century")]
    let started_ms = text("/startedDateTime").and_then(|t| Timestamp::parse_rfc3339(&t)).map(|at| at.micros() as f64 / 1_000.0);
    RequestLine {
        n,
        method: text("/request/method").unwrap_or_default(),
        url: text("/request/url").unwrap_or_default(),
        kind: text("/_resourceType").unwrap_or_else(|| "other".to_owned()),
        status: entry.pointer("/response/status").and_then(Value::as_i64).filter(|status| *status > 0),
        error: text("/response/_error"),
        mime: text("/response/content/mimeType"),
        bytes: number("/response/bodySize"),
        started_ms,
        duration_ms: number("/time"),
        wait_ms: number("/timings/wait"),
        receive_ms: number("/timings/receive"),
        step: started_ms.and_then(|began| windows.step(began)),
    }
}

/// The digits and the rest of a name like `000-before.html`.
fn numbered(name: &str) -> Option<&str> {
    let rest = name.trim_start_matches(|c: char| c.is_ascii_digit());
    (rest.len() < name.len()).then_some(rest)
}

/// Whether it names a document of a trace.
pub fn is_document(name: &str) -> bool {
    name.strip_prefix("dom/").and_then(numbered).is_some_and(|rest| matches!(rest, "-before.html" | "-after.html"))
}

/// Whether it names an accessibility tree of a trace.
pub fn is_tree(name: &str) -> bool {
    name.strip_prefix("axtree/").and_then(numbered) == Some(".json")
}

/// The type of a picture of a trace; none when it names none.
pub fn is_picture(name: &str) -> Option<&'static str> {
    match name.strip_prefix("screenshots/").and_then(numbered)? {
        ".png" => Some("image/png"),
        ".jpg" => Some("image/jpeg"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn entry(at: &str, url: &str, status: i64) -> Value {
        json!({ "startedDateTime": at, "time": 12.5, "_resourceType": "fetch", "request": { "method": "GET", "url": url },
                "response": { "status": status, "bodySize": -1, "content": { "mimeType": "" } }, "timings": { "wait": 10, "receive": -1 } })
    }

    #[test]
    fn request_belongs_to_the_step_that_had_seen_it_and_unknown_is_null() {
        let windows = Windows::of(&[
            json!({ "requests_until_ms": 1_893_456_000_100_i64 }),
            json!({}),
            json!({ "requests_until_ms": 1_893_456_000_200_i64 }),
        ]);
        let of = |at: &str| line(7, &entry(at, "https://shop/API", 0), &windows);
        let first = of("2030-01-01T00:00:00.100Z");
        assert_eq!((first.step, first.n, first.status, first.bytes, first.mime.as_deref()), (Some(0), 7, None, None, None));
        assert_eq!((first.duration_ms, first.wait_ms, first.receive_ms), (Some(12.5), Some(10.0), None));
        assert_eq!((of("2030-01-01T00:00:00.101Z").step, of("2030-01-01T00:00:01.000Z").step, of("never").step), (Some(2), None, None));
        let asked = |text: &str, step| Asked { text: Some(text.to_owned()), step, failed: true, ..Asked::default() };
        assert!(
            asked("shop/api", Some(0)).matches(&first)
                && !asked("shop/api", Some(2)).matches(&first)
                && !asked("cart", None).matches(&first)
        );
        let answered = line(0, &entry("2030-01-01T00:00:00Z", "https://shop/API", 200), &windows);
        assert!(!asked("shop", None).matches(&answered) && Asked::default().matches(&answered));
    }

    #[test]
    fn only_names_of_a_trace_are_parts() {
        assert!(is_document("dom/000-before.html") && is_document("dom/1234-after.html"));
        assert!(is_tree("axtree/000.json") && !is_tree("axtree/tree.json") && !is_tree("axtree/000.json/.."));
        assert_eq!((is_picture("screenshots/001.jpg"), is_picture("screenshots/001.png")), (Some("image/jpeg"), Some("image/png")));
        for other in
            ["dom/before.html", "dom/000-before.html/..", "trace.json", "dom/../000-before.html", "screenshots/000.svg", "network.har"]
        {
            assert!(!is_document(other) && is_picture(other).is_none() && !is_tree(other), "{other}");
        }
    }

    #[test]
    fn span_is_touched_by_what_was_under_way_in_it() {
        let span = Span { from_ms: Some(100.0), to_ms: Some(200.0) };
        let touched = [(Some(50.0), 49.0), (Some(50.0), 50.0), (Some(200.0), 5.0), (Some(201.0), 0.0), (None, 0.0)];
        assert_eq!(touched.map(|(began, lasted)| span.touches(began, lasted)), [false, true, true, false, false]);
        assert!(Span::default().touches(None, 0.0) && Span { from_ms: Some(1.0), to_ms: None }.touches(Some(2.0), 0.0));
    }

    proptest! {
        #[test]
        fn whatever_an_entry_is_it_becomes_a_line(text in "\\PC{0,40}", number in any::<f64>()) {
            let entry = json!({ "startedDateTime": text, "time": number, "request": text, "response": { "status": number, "_error": number } });
            let line = line(0, &entry, &Windows::default());
            prop_assert!(line.step.is_none() && line.duration_ms.is_none_or(|n| n >= 0.0));
        }
    }
}
