//! The rules of ours on a real Chromium: what they find, and what they leave to a person.

use std::time::Duration;

use argos_a11y::{Issue, Level, Options, audit};
use argos_cdp::{Browser, ContextOptions, LaunchOptions, LoadState};
use argos_peers::{Chromium, FixtureSite};

fn told<'a>(issues: &'a [Issue], rule: &str) -> Vec<(&'a str, Option<&'a str>)> {
    issues.iter().filter(|issue| issue.rule_id == rule).map(|issue| (issue.selector.as_str(), issue.criterion.as_deref())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pale_edges_are_faults_and_odd_orders_and_endless_motion_are_for_a_person_to_judge() {
    let site = FixtureSite::start();
    let program = Some(Chromium::find().unwrap().path);
    let launch = LaunchOptions { program, timeout: Duration::from_secs(60), ..LaunchOptions::default() };
    let browser = Browser::launch(&launch).await.unwrap();
    let page = browser.new_context(ContextOptions::default()).await.unwrap().new_page().await.unwrap();
    page.goto(&site.url("/edges.html"), LoadState::Load, Duration::from_secs(30)).await.unwrap();
    let options = Options { level: Level::Aa, best_practices: false, keyboard: true, narrow: None, scope: None, ignore_rules: Vec::new() };
    let found = audit(&page, &options).await.unwrap();
    assert_eq!(told(&found.issues, "non-text-contrast"), [("#pale", Some("1.4.11"))], "{:?}", found.issues);
    let open = &found.incomplete;
    assert_eq!(told(open, "non-text-contrast"), [("#bare", Some("1.4.11"))]);
    assert_eq!(told(open, "focus-order"), [("#before", Some("2.4.3")), ("#early", Some("2.4.3"))]);
    assert_eq!(told(open, "motion"), [("#moving", Some("2.2.2"))]);

    page.goto(&site.url("/sound.html"), LoadState::Load, Duration::from_secs(30)).await.unwrap();
    let sound = audit(&page, &options).await.unwrap();
    assert!(sound.issues.is_empty() && sound.passed_criteria.contains(&"1.4.11".to_owned()), "{sound:?}");
    assert!(!sound.incomplete.iter().any(|issue| ["focus-order", "motion", "non-text-contrast"].contains(&issue.rule_id.as_str())));
    browser.close().await;
}
