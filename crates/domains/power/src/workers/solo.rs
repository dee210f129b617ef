//! One task per device that is read by itself: over SNMP, HTTP, Modbus or apcupsd. Every protocol is a [`Reader`].

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use argos_kernel::Result;
use tokio::time::Instant;

use super::ipmi::IpmiReader;
use super::meters::{ApcupsdReader, HttpReader, ModbusReader, RedfishReader};
use super::pollers::{self, Met, Polled, Run, Watched};
use super::snmp::SnmpReader;
use crate::model::device::{Device, Poller};
use crate::model::sample::Sample;
use crate::model::state::Failure;
use crate::service::Power;

/// One poll of one device takes no longer.
const DEADLINE: Duration = Duration::from_secs(30);

/// How a device is read.
pub(crate) trait Reader: Send {
    /// A text for people, or with what else is known.
    type Fault: Into<Failure> + Send;
    /// `full`: everything; else what changes from second to second.
    fn read(&mut self, device: &Device, full: bool) -> impl Future<Output = Result<Sample, Self::Fault>> + Send;
}

struct Solo<R> {
    power: Arc<Power>,
    id: String,
    reader: R,
    met: Met,
}

/// Starts the task of a device.
pub(crate) fn start(power: &Arc<Power>, device: &Device, run: Run) {
    match device.poller {
        Poller::Snmp => supervise(power, device, run, |power| SnmpReader::new(Arc::clone(power))),
        Poller::Apcupsd => supervise(power, device, run, |_| ApcupsdReader),
        Poller::Modbus => supervise(power, device, run, |_| ModbusReader::default()),
        Poller::Http => supervise(power, device, run, |power| HttpReader { power: Arc::clone(power), trial: None }),
        Poller::Redfish => {
            supervise(power, device, run, |power| RedfishReader { power: Arc::clone(power), trial: None, found: None });
        }
        Poller::Ipmi => supervise(power, device, run, |power| IpmiReader { power: Arc::clone(power), trial: None }),
        // A NUT server has a task of its own.
        Poller::Nut => {}
    }
}

fn supervise<R: Reader + 'static>(power: &Arc<Power>, device: &Device, run: Run, make: fn(&Arc<Power>) -> R) {
    let name = format!("power-{} {}:{} {}", device.poller.as_str(), device.host, device.port, device.id);
    let (own, id) = (Arc::clone(power), device.id.clone());
    power.platform.tasks.supervise(name, move |_| {
        let solo = Solo { power: Arc::clone(&own), id: id.clone(), reader: make(&own), met: Met::default() };
        pollers::watch(Arc::clone(&own), solo, run.clone())
    });
}

impl<R: Reader> Watched for Solo<R> {
    async fn poll(&mut self, store: bool) -> Result<Vec<Polled>> {
        let Some(device) = self.power.lives().get(&self.id).map(|l| l.device.clone()) else { return Ok(Vec::new()) };
        let started = Instant::now();
        let read = tokio::time::timeout(DEADLINE, self.reader.read(&device, store)).await;
        let read = match read {
            Ok(read) => read.map_err(Into::into),
            Err(_) => Err(Failure::from(format!("no answer within {} s", DEADLINE.as_secs()))),
        };
        self.met = if read.as_ref().is_err_and(|f: &Failure| f.refused) { Met::Refusal } else { Met::Answers };
        let error = match read {
            Ok(sample) => self.power.observe(&self.id, sample, store).await.err().map(|e| format!("{e:?}")),
            Err(failure) => {
                self.power.observe_failure(&self.id, &failure).await?;
                Some(failure.text)
            }
        };
        let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(vec![Polled { device_id: self.id.clone(), took_ms, error }])
    }

    fn period(&self) -> Result<Duration> {
        let lives = self.power.lives();
        let own = lives.get(&self.id);
        let watch = pollers::period(&self.power, own.iter().map(|l| &l.device))?;
        let patient = own.is_some_and(|l| l.state.offline && !l.state.on_battery);
        Ok(pollers::pause(watch, self.met, patient, &*self.power.platform.rng))
    }

    async fn close(&mut self) {}
}
