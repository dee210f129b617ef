//! Going somewhere: by address, back, forward, again.

use std::time::Duration;

use argos_cdp::{CdpError, LoadState, Navigation};
use serde_json::json;

use super::Runner;
use super::perform::{option_text, text_value};
use super::step::Done;
use crate::failure::{ErrorCode, Failure};
use crate::plan::{Action, Step};

/// How far a document must be.
pub(crate) fn load_state(name: Option<&str>) -> Result<LoadState, Failure> {
    match name.map(str::trim).unwrap_or_default() {
        "" | "load" => Ok(LoadState::Load),
        "domcontentloaded" => Ok(LoadState::DomContentLoaded),
        "networkidle" => Ok(LoadState::NetworkIdle),
        "commit" => Ok(LoadState::Commit),
        other => Err(Failure::script(format!("wait_until: {other} is none of load, domcontentloaded, networkidle, commit"))),
    }
}

/// A navigation that takes too long is one that failed.
pub(crate) fn navigation_failure(error: CdpError) -> Failure {
    match error {
        CdpError::Timeout { .. } => Failure::new(ErrorCode::Timeout, error.to_string()),
        CdpError::Protocol { ref message, .. } if message.contains("navigate") => {
            Failure::new(ErrorCode::NavigationError, error.to_string())
        }
        error => Failure::from(error),
    }
}

impl Runner<'_> {
    pub(crate) fn navigation_limit(&self, step: &Step) -> Duration {
        step.timeout_ms.or(step.execution.timeout_ms).map_or(self.options.navigation_timeout, Duration::from_millis)
    }

    pub(crate) async fn navigate(&mut self, step: &Step) -> Result<Done, Failure> {
        let limit = self.navigation_limit(step);
        let until = load_state(option_text(step, "wait_until").as_deref())?;
        let page = self.page()?;
        self.frame = None;
        match step.action {
            Action::Reload => page.reload(until, limit).await.map(|_| Done::default()).map_err(navigation_failure),
            Action::GoBack | Action::GoForward => {
                let went =
                    if step.action == Action::GoBack { page.go_back(until, limit).await } else { page.go_forward(until, limit).await };
                if went.map_err(navigation_failure)? {
                    Ok(Done::default())
                } else {
                    Err(Failure::new(ErrorCode::NavigationError, format!("{}: there is no such page in the history", step.action)))
                }
            }
            _ => {
                let text = step.target.clone().unwrap_or_else(|| text_value(step));
                let address = self.address(&text)?;
                let navigation = page.goto(&address, until, limit).await.map_err(navigation_failure)?;
                Ok(Done::with(arrived(&page.url(), &navigation)))
            }
        }
    }

    pub(crate) async fn reload(&mut self) -> Result<(), Failure> {
        let page = self.page()?;
        page.reload(LoadState::Load, self.options.navigation_timeout).await.map(drop).map_err(navigation_failure)
    }
}

fn arrived(url: &str, navigation: &Navigation) -> serde_json::Value {
    json!({ "url": url, "status": navigation.response.as_ref().and_then(argos_cdp::Exchange::status), "download": navigation.download })
}
