//! A host through a management controller that speaks IPMI: soft off, off by force when it may, and on again. Nothing but
//! the state of the chassis says whether an order was carried out.

use std::net::SocketAddr;
use std::time::Duration;

use argos_net::Class;
use argos_powerproto::ipmi::{self, CipherSuite, Login, PowerOrder};
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::shutdown_kinds::{Did, Fault, Said, text, words};
use crate::model::plan::{Action, Step};
use crate::service::Power;

/// One session: handshake, command and goodbye.
const SESSION: Duration = Duration::from_secs(10);
/// How often the controller is asked whether the host is off.
const LOOK: Duration = Duration::from_secs(2);
/// What is kept back for the order by force.
const FORCE: Duration = Duration::from_secs(10);

impl Power {
    async fn controller(&self, step: &Step, secrets: &Map<String, Value>) -> Result<(SocketAddr, Login), String> {
        let Action::Ipmi { host, port, user, cipher_suite, .. } = &step.action else { return Err("not an ipmi step".to_owned()) };
        let login = Login {
            username: user.clone(),
            password: text(secrets, "password").unwrap_or_default().to_owned(),
            suite: CipherSuite::from_number(u64::from(*cipher_suite)).ok_or("cipher_suite must be 3 or 17")?,
        };
        let found = self.platform.net.resolve(Class::Integration, host, *port).await.map_err(words)?;
        Ok((found.into_iter().next().ok_or_else(|| format!("{host} has no address"))?, login))
    }

    pub(crate) async fn ipmi_is_on(&self, step: &Step, secrets: &Map<String, Value>, patience: Duration) -> Result<bool, String> {
        let (address, login) = self.controller(step, secrets).await?;
        ipmi::chassis_is_on(address, &login, self.platform.rng.bytes(), patience).await.map_err(words)
    }

    async fn ipmi_order(&self, step: &Step, secrets: &Map<String, Value>, order: PowerOrder, patience: Duration) -> Result<(), String> {
        let (address, login) = self.controller(step, secrets).await?;
        ipmi::order(address, &login, order, self.platform.rng.bytes(), patience).await.map_err(words)
    }

    /// Orders a soft shutdown; with `force`, the power goes when the host has not gone by itself in time.
    pub(crate) async fn ipmi_off(&self, step: &Step, secrets: &Map<String, Value>, force: bool, left: Duration) -> Did {
        let until = Instant::now() + left.saturating_sub(FORCE.min(left / 2));
        if !self.ipmi_is_on(step, secrets, SESSION.min(left)).await? {
            return Ok("was off already".to_owned());
        }
        self.ipmi_order(step, secrets, PowerOrder::Soft, SESSION).await?;
        if !force {
            return Ok("soft off ordered".to_owned());
        }
        while Instant::now() < until {
            // A controller that is busy for a moment says nothing about the host.
            if self.ipmi_is_on(step, secrets, SESSION.min(until.saturating_duration_since(Instant::now()))).await == Ok(false) {
                return Ok("off".to_owned());
            }
            tokio::time::sleep(LOOK.min(until.saturating_duration_since(Instant::now()))).await;
        }
        let forced = self.ipmi_order(step, secrets, PowerOrder::Off, SESSION).await;
        forced.map(|()| "off by force".to_owned()).map_err(Fault::after_told)
    }

    pub(crate) async fn ipmi_on(&self, step: &Step, secrets: &Map<String, Value>) -> Said {
        if self.ipmi_is_on(step, secrets, SESSION).await? {
            return Ok("was on already".to_owned());
        }
        self.ipmi_order(step, secrets, PowerOrder::On, SESSION).await.map(|()| "on ordered".to_owned())
    }

    /// Whether the controller is there and the user may give orders.
    pub(crate) async fn check_ipmi(&self, step: &Step, secrets: &Map<String, Value>) -> Said {
        let (address, login) = self.controller(step, secrets).await?;
        ipmi::may_order(address, &login, self.platform.rng.bytes(), SESSION).await.map_err(words)?;
        let on = ipmi::chassis_is_on(address, &login, self.platform.rng.bytes(), SESSION).await.map_err(words)?;
        Ok(format!("login works, the chassis is {}", if on { "on" } else { "off" }))
    }
}
