//! Finds the public address of this machine, so that nobody bans it from here and people see when it is banned.

use std::net::IpAddr;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use argos_kernel::{Actor, Result, Shutdown};
use argos_net::{Class, Request};
use argos_settings::Write;
use serde_json::{Value, json};

use crate::service::Edge;
use crate::store::hosts;

const PAUSE: Duration = Duration::from_secs(3_600);
const RETRY: Duration = Duration::from_secs(300);
/// How often is looked whether a first site came.
const LOOK: Duration = Duration::from_secs(60);

/// The address that an answer holds: bare, or the member `ip` of a document.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let member = serde_json::from_str::<Value>(text).ok().and_then(|v| v.get("ip")?.as_str().map(str::to_owned));
    member.as_deref().unwrap_or(text).trim().parse().ok()
}

impl Edge {
    async fn find_public_ip(&self, url: &str) -> Result<bool> {
        let asked = self.platform.net.send(Request::get(Class::Admin, url).timeout(Duration::from_secs(10)).bytes_max(1_024)).await;
        let found = match asked.and_then(argos_net::Response::success) {
            Ok(answer) => address(&answer.text()).ok_or_else(|| "the answer holds no address".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        let before = self.platform.settings.json("panel.public_ip_self")?;
        let at = self.platform.clock.now();
        let now = at.rfc3339();
        *self.public_ip_checked.lock().unwrap_or_else(PoisonError::into_inner) = Some(at);
        let is_found = found.is_ok();
        let after = match found {
            Ok(ip) => json!({ "ip": ip.to_string(), "last_at": now, "last_error": null }),
            Err(why) => json!({ "ip": before.get("ip"), "last_at": before.get("last_at"), "last_error": why }),
        };
        // Only news are written: every write is a version of the setting.
        if before.get("ip") != after.get("ip") || before.get("last_error") != after.get("last_error") {
            self.platform.settings.set_many(&Actor::system(), &[Write::json("panel.public_ip_self", after).by_owner()]).await?;
        }
        Ok(is_found)
    }
}

pub(super) async fn run(edge: Arc<Edge>, stop: Shutdown) -> Result<()> {
    loop {
        let url = edge.platform.settings.opt_text("panel.public_ip_detect_url")?;
        // Asked of the store: the process that leads need not serve.
        let has_sites = hosts::list(&edge.platform.store.state).await?.iter().any(|host| host.enabled);
        let pause = match url.filter(|_| has_sites) {
            None => LOOK,
            Some(url) => {
                if edge.find_public_ip(&url).await? {
                    PAUSE
                } else {
                    RETRY
                }
            }
        };
        if !stop.sleep(pause).await {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::address;
    use proptest::prelude::*;

    #[test]
    fn address_is_found_bare_and_in_a_document() {
        assert_eq!(address("203.0.113.1\n"), "203.0.113.1".parse().ok());
        assert_eq!(address(r#"{"ip":"2001:db8::1"}"#), "2001:db8::1".parse().ok());
        assert_eq!((address("<html>"), address("{}"), address("")), (None, None, None));
    }

    proptest! {
        #[test]
        fn any_answer_is_an_address_or_none(text in ".{0,80}") {
            let found = address(&text).map(|ip| ip.to_string());
            prop_assert_eq!(found.as_deref().and_then(address), address(&text));
        }
    }
}
