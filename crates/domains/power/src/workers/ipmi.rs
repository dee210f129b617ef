//! What a host draws, as its management controller measures it: the DCMI power reading over IPMI.

use std::sync::Arc;
use std::time::Duration;

use argos_powerproto::ipmi::{self, CipherSuite, Login};
use serde_json::{Map, Value};

use super::meters::{address, secrets};
use super::solo::Reader;
use crate::model::device::Device;
use crate::model::sample::Sample;
use crate::service::Power;

/// For the whole exchange: handshake, reading and goodbye.
const PATIENCE: Duration = Duration::from_secs(10);

/// Opens a session for every reading: a controller forgets an idle one before the next comes.
pub(crate) struct IpmiReader {
    pub(crate) power: Arc<Power>,
    /// Secrets that are not stored yet.
    pub(crate) trial: Option<Map<String, Value>>,
}

impl Reader for IpmiReader {
    type Fault = String;

    async fn read(&mut self, device: &Device, _: bool) -> Result<Sample, String> {
        let secrets = secrets(&self.power, device, self.trial.as_ref())?;
        let suite = device.connection_config.get("cipher_suite").map(|n| n.as_u64().and_then(CipherSuite::from_number));
        let login = Login {
            username: device.connection_text("username").unwrap_or_default().to_owned(),
            password: secrets.get("password").and_then(Value::as_str).unwrap_or_default().to_owned(),
            suite: suite.unwrap_or_else(|| Some(CipherSuite::default())).ok_or("cipher_suite must be 3 or 17")?,
        };
        let random = || self.power.platform.rng.bytes::<20>();
        let read = ipmi::power_reading(address(device).await?, &login, random, PATIENCE).await.map_err(|e| e.to_string())?;
        let watts = read.watts.ok_or("the management controller measures no power now")?;
        Ok(Sample { variables: [("ups.realpower".to_owned(), watts.to_string())].into(), ..Sample::default() })
    }
}
