//! Re-encryption of channel configurations, for `argos vault rekey`.

use std::future::Future;
use std::pin::Pin;

use argos_kernel::Result;
use argos_vault::{ResealBatch, Resealer, Vault};

use crate::Notify;
use crate::store::channels;

pub(crate) struct ChannelSecrets(pub(crate) Notify);

impl Resealer for ChannelSecrets {
    fn name(&self) -> &'static str {
        "notification_channels.config_enc"
    }
    /// There are few channels: one step does them all.
    fn step<'a>(&'a self, vault: &'a Vault, _cursor: Option<String>) -> Pin<Box<dyn Future<Output = Result<ResealBatch>> + Send + 'a>> {
        Box::pin(async move {
            let mut tx = self.0.db().begin().await?;
            let mut resealed = 0;
            for channel in channels::list_in(&mut tx).await? {
                if let Some(blob) = vault.reseal(&channel.aad(), &channel.config_enc)? {
                    channels::reseal(&mut tx, channel.id, &blob, &channel.config_enc).await?;
                    resealed += 1;
                }
            }
            tx.commit().await?;
            Ok(ResealBatch { resealed, next: None })
        })
    }
}
