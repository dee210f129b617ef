//! JUnit XML of a run, as build servers read it. Pure.

use super::result::{ResultStatus, TestResult};
use super::run::Run;

/// Text for an attribute or an element; characters XML cannot hold are dropped.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            '\u{fffe}' | '\u{ffff}' => {}
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of a run")]
fn seconds(ms: i64) -> String {
    format!("{:.3}", ms as f64 / 1_000.0)
}

/// One suite with a case for each test.
pub fn report(run: &Run, results: &[TestResult]) -> String {
    let count = |status: ResultStatus| results.iter().filter(|r| r.status == status).count();
    let skipped = count(ResultStatus::Skipped) + count(ResultStatus::Cancelled);
    let time = seconds(run.duration_ms().unwrap_or_else(|| results.iter().map(|r| r.duration_ms).sum()));
    let numbers = format!(
        "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{skipped}\" time=\"{time}\"",
        results.len(),
        count(ResultStatus::Failed),
        count(ResultStatus::Error),
    );
    let name = escape(&run.name);
    let at = run.started_at.unwrap_or(run.created_at).datetime().format("%Y-%m-%dT%H:%M:%S");
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"{name}\" {numbers}>\n  <testsuite name=\"{name}\" id=\"{}\" timestamp=\"{at}\" hostname=\"{}\" {numbers}>\n",
        run.uid,
        escape(&run.app_url)
    );
    for result in results {
        out.push_str(&case(run, result));
    }
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}

fn case(run: &Run, result: &TestResult) -> String {
    let message = result.error_message.as_deref().unwrap_or_default();
    let fault = |element: &str| {
        let code = result.error_code.as_deref().unwrap_or("failed");
        let step = result.body.failed_step_index.map_or_else(String::new, |n| format!("step {}: ", n + 1));
        format!(
            "      <{element} type=\"{}\" message=\"{}\">{}{}</{element}>\n",
            escape(code),
            escape(message),
            escape(&step),
            escape(message)
        )
    };
    let inner = match result.status {
        ResultStatus::Passed => String::new(),
        ResultStatus::Failed => fault("failure"),
        ResultStatus::Error => fault("error"),
        ResultStatus::Skipped | ResultStatus::Cancelled => format!("      <skipped message=\"{}\"/>\n", escape(message)),
    };
    let properties = format!(
        "      <properties><property name=\"attempts\" value=\"{}\"/><property name=\"flaky\" value=\"{}\"/><property name=\"healed\" value=\"{}\"/></properties>\n",
        result.attempts, result.flaky, result.healed
    );
    format!(
        "    <testcase name=\"{}\" classname=\"{}\" time=\"{}\">\n{properties}{inner}    </testcase>\n",
        escape(&result.test_name),
        escape(&run.name),
        seconds(result.duration_ms)
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn escaped_text_holds_no_markup(text in "\\PC*|[\\x00-\\x7f]*") {
            let out = escape(&text);
            prop_assert!(!out.contains(['<', '>', '"', '\0']));
            prop_assert!(out.split('&').skip(1).all(|t| ["amp;", "lt;", "gt;", "quot;", "#10;", "#9;"].iter().any(|e| t.starts_with(e))));
        }
    }
}
