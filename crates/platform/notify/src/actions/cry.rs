//! A message that cannot wait for the store: sent at once to the channels of a part, past queue, rules and limits, and
//! recorded nowhere. For one case only: what must be told is that nothing can be written.

use std::time::Duration;

use argos_kernel::{Result, Severity};
use serde_json::Value;

use crate::Notify;
use crate::model::envelope::Envelope;
use crate::store::channels;

const LIMIT: Duration = Duration::from_secs(10);

impl Notify {
    /// How many channels took it.
    pub async fn cry(&self, origin: &str, kind: &str, message: &str, data: &Value) -> Result<usize> {
        let targets = channels::list(self.db()).await?.into_iter().filter(|c| c.origin == origin && c.enabled);
        let envelope = Envelope {
            kind: kind.to_owned(),
            severity: Severity::Critical,
            host_id: None,
            host_domain: None,
            timestamp: self.now().rfc3339(),
            message: message.to_owned(),
            data: data.clone(),
        };
        let sent = targets.map(|channel| {
            let (envelope, uid) = (&envelope, self.mint().to_string());
            async move { tokio::time::timeout(LIMIT, self.send(&channel, envelope, &uid)).await.is_ok_and(|(_, out)| out.error().is_none()) }
        });
        Ok(futures_util::future::join_all(sent).await.into_iter().filter(|taken| *taken).count())
    }
}
