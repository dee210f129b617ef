//! The last step of a plan: the UPSes, or some of their outlets, are turned off until the mains are back.

use std::sync::Arc;

use argos_kernel::{Actor, AppError};

use super::control::Request;
use super::shutdown_kinds::Said;
use crate::model::device::{Device, Poller};
use crate::model::outlet::{OutletState, Switch};
use crate::model::plan_run::Run;
use crate::service::Power;
use crate::store::states;

/// The commands that turn an outlet or an outlet group off, best first: the first comes back by itself with the mains.
fn outlet_commands(outlet: &str) -> [String; 2] {
    [format!("outlet.{outlet}.shutdown.return"), Switch::Off.nut_command(outlet)]
}

impl Power {
    fn devices_to_turn_off(&self, run: &Run, ids: &[String]) -> Result<Vec<Device>, String> {
        let sources: Vec<String> = run.body.sources.iter().map(|s| s.device_id.clone()).collect();
        let ids = if ids.is_empty() { &sources } else { ids };
        ids.iter().map(|id| self.find_live(id).map(|l| l.device).ok_or_else(|| format!("there is no device {id}"))).collect()
    }

    /// Turns off each of the devices; one that refuses does not keep the others on.
    pub(crate) async fn turn_off(self: &Arc<Self>, run: &Run, ids: &[String], command: &str, delay: i64) -> Said {
        let mut faults = Vec::new();
        for device in self.devices_to_turn_off(run, ids)? {
            if let Err(error) = self.turn_device_off(&device, command, delay).await {
                faults.push(format!("{}: {}", device.name, error.message()));
            }
        }
        if faults.is_empty() { Ok(format!("{command} accepted")) } else { Err(faults.join("; ")) }
    }

    async fn turn_device_off(self: &Arc<Self>, device: &Device, command: &str, delay: i64) -> Result<(), AppError> {
        let actor = Actor::system();
        let details = self.find_live(&device.id).and_then(|l| l.details);
        if details.is_some_and(|d| d.writable.iter().any(|w| w == "ups.delay.shutdown")) {
            let set = Request::Set { name: "ups.delay.shutdown".to_owned(), value: delay.to_string() };
            self.control(&actor, &device.id, &set).await?;
        }
        let off = Request::Run { command: command.to_owned(), value: None };
        self.control(&actor, &device.id, &off).await?;
        self.note_going_off(&device.id).await
    }

    /// Remembers that the UPS was told to go: when it falls silent now, that ended the outage.
    async fn note_going_off(&self, id: &str) -> Result<(), AppError> {
        let _turn = self.remembering.lock().await;
        let Some(mut state) = self.find_live(id).map(|l| l.state) else { return Ok(()) };
        state.shutdown_latched = true;
        let mut tx = self.platform.store.state.begin().await?;
        states::put(&mut tx, id, &state, self.platform.clock.now()).await?;
        tx.commit().await?;
        if let Some(live) = self.lives().get_mut(id) {
            live.state.shutdown_latched = true;
        }
        Ok(())
    }

    fn knows_command(&self, device: &Device, command: &str) -> bool {
        self.find_live(&device.id).and_then(|l| l.details).is_some_and(|d| d.commands.iter().any(|(c, _)| c == command))
    }

    /// Whether an outlet of this device is switched by a poll that shows it, rather than by a command of its driver.
    fn shows_outlet(&self, device: &Device, outlet: &str) -> bool {
        self.find_live(&device.id).is_some_and(|l| l.outlets.iter().any(|o| o.id == outlet && o.switchable))
    }

    /// Switches outlets or outlet groups off. A driver that knows how is asked to bring them back with the mains.
    pub(crate) async fn turn_outlets_off(self: &Arc<Self>, run: &Run, ids: &[String], outlets: &[String]) -> Said {
        self.check_off(run, ids, outlets, "")?;
        let actor = Actor::system();
        for device in self.devices_to_turn_off(run, ids)? {
            for outlet in outlets {
                let place = |e: AppError| format!("{}, outlet {outlet}: {}", device.name, e.message());
                let known = outlet_commands(outlet).into_iter().find(|c| device.poller == Poller::Nut && self.knows_command(&device, c));
                match known {
                    Some(command) => {
                        self.control(&actor, &device.id, &Request::Run { command, value: None }).await.map(drop).map_err(place)?;
                    }
                    None => self.switch_outlet(&actor, &device.id, outlet, Switch::Off).await.map_err(place)?,
                }
            }
        }
        Ok(format!("{} off", if outlets.len() == 1 { "the outlet is" } else { "the outlets are" }))
    }

    /// Whether the devices know what would be asked of them.
    pub(crate) fn check_off(&self, run: &Run, ids: &[String], outlets: &[String], command: &str) -> Said {
        for device in self.devices_to_turn_off(run, ids)? {
            if outlets.is_empty() && !self.knows_command(&device, command) {
                return Err(format!("{} does not know the command {command}", device.name));
            }
            for outlet in outlets {
                let commands = outlet_commands(outlet);
                if !self.shows_outlet(&device, outlet) && !commands.iter().any(|c| self.knows_command(&device, c)) {
                    return Err(format!("{} has no outlet {outlet} that can be switched", device.name));
                }
                let marked = self.find_live(&device.id).and_then(|l| l.marks.get(outlet).map(|m| m.protected)).unwrap_or(false);
                if marked {
                    return Err(format!("outlet {outlet} of {} is protected", device.name));
                }
            }
        }
        Ok(if outlets.is_empty() { "the UPS knows the command".to_owned() } else { "the outlets can be switched".to_owned() })
    }

    /// Switches on the outlet that feeds a host.
    pub(crate) async fn outlet_on(self: &Arc<Self>, device: &str, outlet: &str) -> Said {
        let state = self.find_live(device).and_then(|l| l.outlets.iter().find(|o| o.id == outlet).map(|o| o.state));
        if state == Some(OutletState::On) {
            return Ok("the outlet was on already".to_owned());
        }
        self.switch_outlet(&Actor::system(), device, outlet, Switch::On).await.map_err(|e| e.message().to_owned())?;
        Ok("the outlet is on".to_owned())
    }
}
