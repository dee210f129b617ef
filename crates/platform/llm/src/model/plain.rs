//! Results without a model: what can be said of an alert, an incident or logs by counting and sorting alone.

use std::collections::HashMap;

/// An alert or incident in words, as the summaries need it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    pub(crate) title: String,
    pub(crate) severity: String,
    pub(crate) status: String,
    pub(crate) source: String,
    pub(crate) details: String,
    pub(crate) root_cause: Option<String>,
    pub(crate) started: String,
    pub(crate) ended: Option<String>,
    /// Oldest first: time and text.
    pub(crate) steps: Vec<(String, String)>,
}

/// A summary of an alert or incident.
pub(crate) fn of_facts(f: &Facts) -> String {
    let mut out = format!("**{}** ({}, {})\n\n- Source: {}\n- Began: {}\n", f.title, f.severity, f.status, f.source, f.started);
    match &f.ended {
        Some(at) => out.push_str(&format!("- Ended: {at}\n")),
        None => out.push_str("- Not ended yet\n"),
    }
    if let Some(cause) = &f.root_cause {
        out.push_str(&format!("- Root cause: {cause}\n"));
    }
    if !f.details.is_empty() {
        out.push_str(&format!("\n{}\n", super::prompt::cut(&f.details, 1_000)));
    }
    if !f.steps.is_empty() {
        out.push_str(&format!("\nWhat happened ({} steps):\n", f.steps.len()));
        for (at, text) in f.steps.iter().rev().take(10).rev() {
            out.push_str(&format!("- {at} {text}\n"));
        }
    }
    out
}

/// A summary of log lines: how many of each level, and the messages that repeat most.
pub(crate) fn of_logs(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    let level = |words: &[&str]| lines.iter().filter(|l| words.iter().any(|w| has_word(l, w))).count();
    let (errors, warnings) = (level(&["error", "err", "fatal", "critical", "panic"]), level(&["warn", "warning"]));
    let mut out = format!("{} lines, {errors} with errors, {warnings} with warnings.\n", lines.len());
    let mut groups: HashMap<String, (usize, &str)> = HashMap::new();
    for line in &lines {
        let group = groups.entry(shape(line)).or_insert((0, line));
        group.0 += 1;
    }
    let mut often: Vec<(usize, &str)> = groups.into_values().collect();
    often.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    if !often.is_empty() {
        out.push_str("\nMost frequent:\n");
        for (n, line) in often.into_iter().take(5) {
            out.push_str(&format!("- {n} x {}\n", super::prompt::cut(line, 200)));
        }
    }
    out
}

fn has_word(line: &str, word: &str) -> bool {
    line.split(|c: char| !c.is_alphanumeric()).any(|w| w.eq_ignore_ascii_case(word))
}

/// A line with its numbers taken out: lines of one shape say the same.
fn shape(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for c in line.chars() {
        if !c.is_ascii_digit() {
            out.push(c);
        } else if !out.ends_with('#') {
            out.push('#');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn logs_are_counted_by_level_and_shape() {
        let text = "10:00:01 ERROR disk 7 full\n10:00:02 ERROR disk 8 full\n\n10:00:03 warning slow\n10:00:04 terror is no error level";
        let said = of_logs(text);
        assert!(said.starts_with("4 lines, 3 with errors, 1 with warnings."), "{said}");
        assert!(said.contains("- 2 x 10:00:01 ERROR disk 7 full"), "{said}");
    }

    #[test]
    fn facts_are_told_in_order_without_invention() {
        let f = Facts {
            title: "Disk full".into(),
            severity: "error".into(),
            status: "open".into(),
            source: "host".into(),
            started: "t0".into(),
            steps: vec![("t0".into(), "fired".into()), ("t1".into(), "seen by ada".into())],
            ..Facts::default()
        };
        let said = of_facts(&f);
        assert!(said.contains("Not ended yet") && !said.contains("Root cause"), "{said}");
        assert!(said.find("fired").unwrap() < said.find("seen by ada").unwrap());
    }

    proptest! {
        #[test]
        fn any_logs_are_summed_up_without_panic(text in ".{0,300}") {
            prop_assert!(of_logs(&text).contains("lines"));
        }
    }
}
