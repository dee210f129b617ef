//! One task per device that is read by itself: over SNMP, HTTP, Modbus or apcupsd. Every protocol is a [`Reader`].

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use argos_kernel::Result;
use tokio::time::Instant;

use super::ipmi::IpmiReader;
use super::meters::{ApcupsdReader, HttpReader, ModbusReader, RedfishReader};
use super::pollers::{self, Polled, Run, Watched};
use super::snmp::SnmpReader;
use crate::model::device::{Device, Poller};
use crate::model::sample::Sample;
use crate::service::Power;

/// One poll of one device takes no longer.
const DEADLINE: Duration = Duration::from_secs(30);

/// How a device is read. Errors are texts for people.
pub(crate) trait Reader: Send {
    /// `full`: everything; else what changes from second to second.
    fn read(&mut self, device: &Device, full: bool) -> impl Future<Output = Result<Sample, String>> + Send;
}

struct Solo<R> {
    power: Arc<Power>,
    id: String,
    reader: R,
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
        let solo = Solo { power: Arc::clone(&own), id: id.clone(), reader: make(&own) };
        pollers::watch(Arc::clone(&own), solo, run.clone())
    });
}

impl<R: Reader> Watched for Solo<R> {
    async fn poll(&mut self, store: bool) -> Result<Vec<Polled>> {
        let Some(device) = self.power.lives().get(&self.id).map(|l| l.device.clone()) else { return Ok(Vec::new()) };
        let started = Instant::now();
        let read = tokio::time::timeout(DEADLINE, self.reader.read(&device, store)).await;
        let read = read.unwrap_or_else(|_| Err(format!("no answer within {} s", DEADLINE.as_secs())));
        let error = match read {
            Ok(sample) => self.power.observe(&self.id, sample, store).await.err().map(|e| format!("{e:?}")),
            Err(error) => {
                self.power.observe_failure(&self.id, &error).await?;
                Some(error)
            }
        };
        let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(vec![Polled { device_id: self.id.clone(), took_ms, error }])
    }

    fn period(&self) -> Result<Duration> {
        let device = self.power.lives().get(&self.id).map(|l| l.device.clone());
        pollers::period(&self.power, device.iter())
    }

    async fn close(&mut self) {}
}
