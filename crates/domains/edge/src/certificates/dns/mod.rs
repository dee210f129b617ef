//! Records of the DNS that prove a name is ours, written and taken away at the provider of the zone.
//!
//! Each provider adds one text and removes that text again, leaving others of the same name alone; doing it twice does
//! no harm. Errors are words for people and never hold a credential.

mod cloudflare;
mod exec;
mod rfc2136;
mod route53;

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use argos_kernel::{Clock, Rng};
use argos_net::Net;
use argos_platform::Platform;

use crate::model::dns_provider::Credentials;

pub(crate) use cloudflare::API as CLOUDFLARE;
pub(crate) use route53::API as ROUTE53;

/// Seconds that others may keep such a record; the least that providers take.
const TTL_S: u32 = 60;

/// What a provider is reached with.
pub(crate) struct Reach {
    pub(crate) net: Net,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rng: Arc<dyn Rng>,
    /// Where programs of the operator lie.
    pub(crate) hooks: PathBuf,
    /// Texts that stand now, by name: Route 53 replaces all texts of a name at once. One change at a time.
    pub(crate) standing: tokio::sync::Mutex<HashMap<String, BTreeSet<String>>>,
}

/// A change of one text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Add,
    Remove,
}

impl Reach {
    pub(crate) fn new(platform: &Platform) -> Self {
        Self {
            net: platform.net.clone(),
            clock: Arc::clone(&platform.clock),
            rng: Arc::clone(&platform.rng),
            hooks: platform.settings.boot().data_dir().join("dns-hooks"),
            standing: tokio::sync::Mutex::default(),
        }
    }

    /// Adds or removes a text at a provider.
    pub(crate) async fn change(
        &self,
        provider: &str,
        credentials: &Credentials,
        change: Change,
        record: &str,
        text: &str,
    ) -> Result<(), String> {
        let mut standing = self.standing.lock().await;
        let texts = standing.entry(record.to_owned()).or_default();
        match change {
            Change::Add => texts.insert(text.to_owned()),
            Change::Remove => texts.remove(text),
        };
        let left = texts.clone();
        if left.is_empty() {
            standing.remove(record);
        }
        let of = |key: &str| credentials.get(key).map_or("", String::as_str);
        match provider {
            "cloudflare" => cloudflare::Account::new(&self.net, credentials).change(change, record, text).await,
            "route53" => route53::Account::new(self, credentials).change(change, record, text, &left).await,
            "rfc2136" => rfc2136::change(self, credentials, change, record, text).await,
            "exec" => exec::change(&self.hooks, of("program"), change, record, text).await,
            other => Err(format!("there is no DNS provider {other}")),
        }
    }
}

/// The name and those above it, down to two labels: where its zone may begin.
fn zones(record: &str) -> impl Iterator<Item = &str> {
    let name = record.strip_prefix("_acme-challenge.").unwrap_or(record);
    std::iter::successors(Some(name), |name| name.split_once('.').map(|(_, rest)| rest)).take_while(|name| name.contains('.'))
}

#[cfg(test)]
mod tests {
    #[test]
    fn zones_are_looked_for_from_the_name_upwards() {
        let found: Vec<&str> = super::zones("_acme-challenge.a.b.example.org").collect();
        assert_eq!(found, ["a.b.example.org", "b.example.org", "example.org"]);
    }
}
