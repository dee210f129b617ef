//! The thin part that talks: finds the profile of a device, polls it, sends commands. One question at a time.
//!
//! Variables that a device does not have are left out of its polls for six hours. What a status poll does not ask keeps
//! the value of the last full one.

use std::collections::HashMap;
use std::time::Duration;

use argos_snmp::{Client, Error, Oid, Value, VarBind};
use tokio::time::Instant;

use crate::answers::Answers;
use crate::command::Command;
use crate::profile::{Depth, Profile, SYS_OBJECT_ID};
use crate::reading::Reading;

/// How long a missing variable stays forgotten.
const MISSING_FOR: Duration = Duration::from_secs(6 * 3600);

/// Why a device could not be read or told.
#[derive(Debug)]
pub enum AgentError {
    /// The agent did not answer, or refused.
    Snmp(Error),
    /// The agent answers, but fits no profile.
    NoProfile,
    /// Devices of this profile cannot do what was asked.
    Unsupported,
}

impl std::fmt::Display for AgentError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Snmp(error) => error.fmt(f),
            Self::NoProfile => f.write_str("the agent answers, but no UPS or PDU profile fits it"),
            Self::Unsupported => f.write_str("devices of this profile cannot do that"),
        }
    }
}

impl std::error::Error for AgentError {}

impl From<Error> for AgentError {
    fn from(error: Error) -> Self {
        Self::Snmp(error)
    }
}

/// A UPS or PDU behind an SNMP agent.
#[derive(Debug)]
pub struct Agent {
    client: Client,
    profile: Profile,
    sys_object_id: Option<Oid>,
    missing: HashMap<Oid, Instant>,
    answers: Answers,
}

impl Agent {
    /// Finds the profile of the device behind `client`.
    ///
    /// # Errors
    /// When it does not answer or fits no profile.
    pub async fn detect(mut client: Client) -> Result<Self, AgentError> {
        let sys_object_id = sys_object_id(&mut client).await?;
        for profile in Profile::candidates(sys_object_id.as_ref()) {
            if client.get(&profile.probes()).await?.iter().any(|binding| Profile::fits(&binding.value)) {
                return Ok(Self { client, profile, sys_object_id, missing: HashMap::new(), answers: Answers::default() });
            }
        }
        Err(AgentError::NoProfile)
    }

    /// Takes the profile as given.
    #[must_use]
    pub fn with_profile(client: Client, profile: Profile) -> Self {
        Self { client, profile, sys_object_id: None, missing: HashMap::new(), answers: Answers::default() }
    }

    /// The profile in use.
    #[must_use]
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// Whether another device answers at the address than the one that was recognised: then detect anew.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn is_replaced(&mut self) -> Result<bool, AgentError> {
        let now = sys_object_id(&mut self.client).await?;
        Ok(self.sys_object_id.is_some() && now != self.sys_object_id)
    }

    /// Changes the patience of the questions from now on.
    pub fn set_patience(&mut self, timeout: Duration, retries: u32) {
        self.client.set_patience(timeout, retries);
    }

    /// Polls the device. A status poll gives the values of the last full poll beside the fresh ones.
    ///
    /// # Errors
    /// When it does not answer or refuses.
    pub async fn poll(&mut self, depth: Depth) -> Result<Reading, AgentError> {
        let now = Instant::now();
        self.missing.retain(|_, since| now.duration_since(*since) < MISSING_FOR);
        let wants = self.profile.wants(depth);
        let scalars: Vec<Oid> = wants.scalars.into_iter().filter(|oid| !self.missing.contains_key(oid)).collect();
        let tables: Vec<Oid> = wants.tables.into_iter().filter(|oid| !self.missing.contains_key(oid)).collect();
        // Everything is asked before anything is taken: an agent that falls silent in between changes nothing.
        let found = self.client.get(&scalars).await?;
        let mut walks = Vec::with_capacity(tables.len());
        for table in tables {
            let walk = self.client.walk(&table).await?;
            walks.push((table, walk.bindings));
        }
        if depth == Depth::Full {
            self.answers = Answers::default();
        }
        for binding in found {
            if matches!(binding.value, Value::NoSuchObject | Value::NoSuchInstance) {
                self.answers.remove(&binding.oid);
                self.missing.insert(binding.oid, now);
            } else {
                self.answers.put(binding);
            }
        }
        for (table, rows) in walks {
            if rows.is_empty() && !self.comes_and_goes(&table) {
                self.missing.insert(table.clone(), now);
            }
            self.answers.remove_below(&table);
            self.answers.extend(rows);
        }
        Ok(self.profile.read(&self.answers))
    }

    /// Carries out a command. The client's credentials need the right to write.
    ///
    /// # Errors
    /// When devices of this profile cannot do it, or this one refuses.
    pub async fn command(&mut self, command: &Command) -> Result<(), AgentError> {
        let bindings = self.profile.command(command).ok_or(AgentError::Unsupported)?;
        self.client.set(bindings.into_iter().map(|(oid, value)| VarBind { oid, value }).collect()).await?;
        Ok(())
    }

    /// Alarm tables are empty in good times.
    fn comes_and_goes(&self, table: &Oid) -> bool {
        match self.profile {
            Profile::Rfc1628 => *table == self.profile.oid(&[6, 2, 1, 2]),
            Profile::EatonXups => *table == self.profile.oid(&[7, 2, 1, 2]),
            _ => false,
        }
    }
}

async fn sys_object_id(client: &mut Client) -> Result<Option<Oid>, AgentError> {
    let found = client.get(&[SYS_OBJECT_ID.into()]).await?;
    Ok(found.into_iter().find_map(|binding| binding.value.as_oid().cloned()))
}
