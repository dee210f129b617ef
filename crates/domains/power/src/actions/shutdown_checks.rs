//! Whether a host is really there: by the check of its step, by the port of its kind, or by what its controller says.
//! What cannot be told is `None`; nothing is concluded from it.

use std::time::Duration;

use argos_net::process::Limits;
use argos_net::{Class, NetError, Request as Http};
use serde_json::{Map, Value};

use crate::model::plan::{Action, CheckKind, HostCheck, Step};
use crate::service::Power;

/// How long a host may take to answer when it is only asked whether it is there.
const PROBE: Duration = Duration::from_secs(3);

/// Where the kind of a step leads to, when it is a connection.
pub(crate) fn door(action: &Action) -> Option<(String, u16)> {
    match action {
        Action::Ssh { host, port, .. } => Some((host.clone(), *port)),
        Action::Proxmox { api } => host_and_port(&api.url),
        _ => None,
    }
}

/// Host and port of a URL.
pub(crate) fn host_and_port(url: &str) -> Option<(String, u16)> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?.rsplit('@').next()?;
    let default = if scheme == "http" { 80 } else { 443 };
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => Some((host.to_owned(), port.parse().ok()?)),
        _ => Some((authority.to_owned(), default)),
    }
}

/// Whether there is a way to see the host of a step at all.
pub(crate) fn is_visible(step: &Step) -> bool {
    step.check.is_some()
        || door(&step.action).is_some()
        || matches!(step.action, Action::Redfish { .. } | Action::Ipmi { .. } | Action::Guest { .. })
}

/// What a failed connection says about the other side.
fn silent(error: &NetError) -> Option<bool> {
    match error {
        NetError::Connect(_) | NetError::Timeout => Some(false),
        // It answered, in another way than was asked for.
        NetError::Tls(_) | NetError::Protocol(_) | NetError::TooLarge(_) | NetError::Status(_) => Some(true),
        NetError::InvalidUrl | NetError::Blocked(_) | NetError::Dns(_) | NetError::Request(_) => None,
    }
}

impl Power {
    /// Whether the host of a step is there; `None`: nobody can tell.
    pub(crate) async fn is_up(&self, step: &Step, secrets: &Map<String, Value>) -> Option<bool> {
        if let Some(check) = &step.check {
            return self.checked(check, &step.action).await;
        }
        if let Some((host, port)) = door(&step.action) {
            return self.answers(&host, port).await;
        }
        match &step.action {
            Action::Redfish { .. } => match self.redfish_system(step, secrets).await.ok()?.1.as_str() {
                "Off" => Some(false),
                "On" | "PoweringOff" | "PoweringOn" | "Paused" => Some(true),
                _ => None,
            },
            Action::Ipmi { .. } => self.ipmi_is_on(step, secrets, PROBE).await.ok(),
            Action::Guest { .. } => self.guest_status(step, secrets).await.ok().map(|status| status != "stopped"),
            _ => None,
        }
    }

    async fn checked(&self, check: &HostCheck, action: &Action) -> Option<bool> {
        let own = if let Action::Ssh { host, .. } = action { host.as_str() } else { "" };
        let host = if check.host.is_empty() { own } else { &check.host };
        match check.kind {
            CheckKind::Tcp => self.answers(host, check.port?).await,
            CheckKind::Ping => ping(host).await,
            CheckKind::Http => {
                let asked = self.platform.net.send(Http::get(Class::Integration, &check.url).timeout(PROBE)).await;
                asked.map_or_else(|e| silent(&e), |response| Some(response.status < 500))
            }
        }
    }

    /// Whether a host accepts connections.
    async fn answers(&self, host: &str, port: u16) -> Option<bool> {
        match tokio::time::timeout(PROBE, self.platform.net.connect(Class::Integration, host, port)).await {
            Ok(Ok(_)) => Some(true),
            Ok(Err(error)) => silent(&error),
            Err(_) => Some(false),
        }
    }
}

/// One ICMP echo.
async fn ping(host: &str) -> Option<bool> {
    let limits = Limits { timeout: PROBE + Duration::from_secs(1), output_bytes: 4_096 };
    let output = argos_net::process::run("ping", ["-n", "-c", "1", "-W", "2", "--", host], limits).await.ok()?;
    match output.status {
        Some(0) => Some(true),
        // No reply; anything else (no such program, no permission, an unknown name) is ping's own trouble.
        Some(1) => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_told_apart_from_what_nobody_can_tell() {
        assert_eq!(silent(&NetError::Connect("refused".to_owned())), Some(false));
        assert_eq!(silent(&NetError::Timeout), Some(false));
        assert_eq!(silent(&NetError::Tls("expired".to_owned())), Some(true));
        assert_eq!(silent(&NetError::Dns("no resolver".to_owned())), None, "the resolver may be what failed");
    }

    #[test]
    fn host_and_port_of_urls_are_found() {
        for (url, wanted) in [
            ("https://pve:8006/x", Some(("pve".to_owned(), 8006))),
            ("http://u:p@[::1]:81/", Some(("[::1]".to_owned(), 81))),
            ("https://[::1]", Some(("[::1]".to_owned(), 443))),
            ("http://a?b:c", Some(("a".to_owned(), 80))),
            ("nothing", None),
        ] {
            assert_eq!(host_and_port(url), wanted, "{url}");
        }
    }
}
