//! What projects and people prefer of every run they ask for, whichever way they ask.

use argos_identity::Project;
use argos_kernel::{AppError, Result};
use argos_web::OpCx;
use serde_json::{Map, Value};

use crate::service::Testing;

/// Where a run keeps what of its request was left out.
pub(crate) const WARNINGS: &str = "warnings";

/// 400 unless it is the browser there is.
pub(crate) fn available(browser: &str, whose: &str, field: &'static str) -> Result<()> {
    if browser == "chromium" {
        return Ok(());
    }
    let text = format!("{whose} {browser} is not available here; chromium is.");
    Err(AppError::bad_request(text).code("browser_not_available").with("field", field))
}

/// What is preferred.
#[derive(Debug, Default)]
pub(crate) struct Preferred {
    /// The wait of a step.
    pub(crate) step_timeout_ms: Option<u64>,
    /// What of it cannot be had.
    pub(crate) warning: Option<String>,
}

/// Notes of a run what of its request was left out.
pub(crate) fn note(metadata: &mut Map<String, Value>, warnings: impl IntoIterator<Item = String>) {
    let warnings: Vec<Value> = warnings.into_iter().map(Value::String).collect();
    if !warnings.is_empty() {
        metadata.insert(WARNINGS.to_owned(), Value::Array(warnings));
    }
}

impl Testing {
    /// What a person who asks set for own tests (a program has nothing of its own). 400 when the browser that the project
    /// prefers is not here; that of a person is only told of. With a browser that was `asked` for nobody's preference counts.
    pub(crate) async fn preferred(&self, cx: &OpCx, project: &Project, asked: Option<&str>) -> Result<Preferred> {
        let caller = &cx.caller;
        let own = match caller.user_id.filter(|_| caller.api_key_id.is_none()) {
            Some(user) => self.platform.identity.own_test_defaults(user).await?,
            None => Map::new(),
        };
        let mut warning = None;
        if asked.is_none() {
            let values = self.platform.identity.project_values(project).await?;
            let word = |map: &Map<String, Value>| map.get("default_browser").and_then(Value::as_str).map(str::to_owned);
            match (word(&values.settings), word(&own)) {
                (Some(browser), _) => available(&browser, "The project's default_browser", "default_browser")?,
                (None, Some(browser)) if browser != "chromium" => {
                    warning = Some(format!("Your own default_browser {browser} is not available here; chromium is used"));
                }
                (None, _) => {}
            }
        }
        Ok(Preferred { step_timeout_ms: own.get("default_timeout").and_then(Value::as_u64), warning })
    }
}
