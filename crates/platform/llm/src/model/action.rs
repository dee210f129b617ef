//! `[ACTION:command:host:params]` in an answer: proposals, read and judged, never run here.

use schemars::JsonSchema;
use serde::Serialize;

/// Commands a proposal may name.
pub(crate) const COMMANDS: [&str; 9] =
    ["exec", "restart_service", "update_agent", "set_interval", "ping", "get_logs", "check_service", "network_test", "package_updates"];

/// One proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Action {
    pub(crate) cmd: String,
    pub(crate) hostname: String,
    /// The same as `hostname`.
    pub(crate) host: String,
    pub(crate) params: String,
    /// Command and host are known.
    pub(crate) valid: bool,
}

/// Every proposal in `text`; `knows` tells known hosts.
pub(crate) fn actions(text: &str, knows: impl Fn(&str) -> bool) -> Vec<Action> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("[ACTION:") {
        let Some((inside, more)) = after.split_once(']') else { break };
        rest = more;
        let mut parts = inside.splitn(3, ':').map(str::trim);
        if let (Some(cmd), Some(host)) = (parts.next().filter(|c| !c.is_empty()), parts.next().filter(|h| !h.is_empty())) {
            let valid = COMMANDS.contains(&cmd) && knows(host);
            let (cmd, host, params) = (cmd.to_owned(), host.to_owned(), parts.next().unwrap_or_default().to_owned());
            out.push(Action { cmd, hostname: host.clone(), host, params, valid });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tags_become_proposals_and_unknown_ones_are_not_valid() {
        let text = "Try [ACTION:restart_service:web-1:nginx] then [ACTION: ping : db ] or [ACTION:rm:web-1:/] [ACTION:] [ACTION:x";
        let found = actions(text, |h| h == "web-1");
        let short: Vec<(&str, &str, &str, bool)> = found.iter().map(|a| (&*a.cmd, &*a.hostname, &*a.params, a.valid)).collect();
        assert_eq!(short, [("restart_service", "web-1", "nginx", true), ("ping", "db", "", false), ("rm", "web-1", "/", false)]);
    }

    proptest! {
        #[test]
        fn any_text_yields_proposals_without_panic(text in ".{0,200}") {
            prop_assert!(actions(&text, |_| true).iter().all(|a| !a.cmd.is_empty() && !a.hostname.is_empty()));
        }
    }
}
