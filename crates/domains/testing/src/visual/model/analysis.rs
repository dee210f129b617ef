//! Rules that tell whether a page looks like it came up at all, without anything to compare it with.

use schemars::JsonSchema;
use serde::Serialize;

use super::layout::Facts;

/// From this share of one colour on a page is blank.
const BLANK: f64 = 0.99;
/// Texts that servers and frameworks show instead of a page.
const ERROR_TEXTS: [&str; 12] = [
    "internal server error",
    "application error",
    "something went wrong",
    "bad gateway",
    "service unavailable",
    "gateway time-out",
    "page not found",
    "404 not found",
    "unhandled exception",
    "traceback (most recent call last)",
    "cannot get /",
    "this site can’t be reached",
];

/// One finding.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Finding {
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// critical, major or minor
    pub severity: &'static str,
    pub description: String,
    pub location: Option<String>,
}

/// An element somebody expects on the page.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Expected {
    pub name: String,
    pub found: bool,
}

/// What the rules say.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Analysis {
    pub page_loaded: bool,
    /// 0 to 100
    pub score: u32,
    pub issues: Vec<Finding>,
    pub expected_elements: Vec<Expected>,
    pub summary: String,
}

/// Judges a page. `commonest` is the share of its commonest colour; `expected` are texts or selectors.
pub fn analyze(facts: &Facts, commonest: f64, expected: &[String]) -> Analysis {
    let mut issues = Vec::new();
    let mut add = |kind, severity, description: String, location: Option<String>| {
        issues.push(Finding { kind, severity, description, location });
    };
    let blank = commonest >= BLANK && facts.text.trim().is_empty();
    if blank {
        add("blank_page", "critical", "The page is blank".to_owned(), None);
    }
    if let Some(status) = facts.http_status.filter(|s| *s >= 400) {
        add("http_error", "critical", format!("The server answered {status}"), Some(facts.url.clone()));
    }
    let text = facts.text.to_lowercase();
    if let Some(found) = ERROR_TEXTS.iter().find(|e| text.contains(**e)) {
        // An article may speak of errors; a page that says nothing else is one.
        let severity = if text.chars().count() < 500 { "critical" } else { "minor" };
        add("error_text", severity, format!("The page says “{found}”"), None);
    }
    for src in &facts.broken_images {
        add("broken_image", "major", "A picture does not load".to_owned(), Some(src.clone()));
    }
    for issue in &facts.issues {
        let severity = match issue.severity {
            4.. => "critical",
            3 => "major",
            _ => "minor",
        };
        let kind = match issue.kind.as_str() {
            "overflow" => "overflow",
            "overlap" => "overlap",
            "truncation" => "truncation",
            _ => continue,
        };
        add(kind, severity, issue.description.clone(), Some(issue.selector.clone()));
    }
    for line in &facts.console_errors {
        add("console_error", "minor", line.clone(), None);
    }
    let is_there = |name: &String| {
        let wanted = name.to_lowercase();
        text.contains(&wanted) || facts.title.to_lowercase().contains(&wanted) || facts.elements.iter().any(|e| e.selector == *name)
    };
    let expected_elements: Vec<Expected> = expected.iter().map(|name| Expected { name: name.clone(), found: is_there(name) }).collect();
    for missing in expected_elements.iter().filter(|e| !e.found) {
        issues.push(Finding {
            kind: "missing_element",
            severity: "major",
            description: format!("{} is not there", missing.name),
            location: None,
        });
    }
    let cost: u32 = issues
        .iter()
        .map(|i| {
            if i.severity == "critical" {
                40
            } else if i.severity == "major" {
                15
            } else {
                3
            }
        })
        .sum();
    let page_loaded = !blank && facts.http_status.is_none_or(|s| s < 400);
    let summary = match issues.len() {
        0 => "The page came up and no rule objects".to_owned(),
        n => format!("{n} issues, the first: {}", issues.first().map_or("", |i| &i.description)),
    };
    Analysis { page_loaded, score: 100_u32.saturating_sub(cost), issues, expected_elements, summary }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_and_failed_pages_are_told_and_a_good_one_has_100() {
        let good = Facts { text: "Welcome to the shop".into(), title: "Shop".into(), http_status: Some(200), ..Facts::default() };
        let found = analyze(&good, 0.8, &["welcome".into(), "Basket".into()]);
        assert_eq!((found.page_loaded, found.score, found.issues.len()), (true, 85, 1));
        assert_eq!(found.expected_elements.iter().map(|e| e.found).collect::<Vec<_>>(), [true, false]);
        assert_eq!(analyze(&good, 0.8, &[]).score, 100);
        assert!(!analyze(&Facts::default(), 1.0, &[]).page_loaded);
        let failed = Facts { text: "Internal Server Error".into(), http_status: Some(500), ..Facts::default() };
        assert_eq!(analyze(&failed, 0.9, &[]).score, 20);
    }
}
