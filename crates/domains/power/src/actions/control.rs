//! Setting variables and running commands of a device: on a connection of its own, with the credentials of the device,
//! confirmed by the driver where the server tracks it. Recorded before it is sent, and with its outcome.

use std::sync::Arc;
use std::time::Duration;

use argos_audit::{Category, Entry, Status};
use argos_kernel::{Actor, AppError, ErrorKind, FieldError, Result, Severity};
use argos_nut::{Client, ClientError, ErrorToken};
use argos_powermib::AgentError;
use serde_json::json;

use super::devices::not_found;
use super::observe::command_event;
use crate::model::device::{Device, Poller};
use crate::service::Power;
use crate::workers::snmp;

/// How long the driver may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Commands that can take power from somebody.
pub(crate) fn is_dangerous(command: &str) -> bool {
    command.starts_with("load.off")
        || command.starts_with("shutdown.")
        || command.starts_with("calibrate")
        || command.starts_with("bypass")
        || (command.starts_with("outlet.") && !command.ends_with("load.on"))
}

/// What is asked of a device.
#[derive(Clone, Debug)]
pub(crate) enum Request {
    Set { name: String, value: String },
    Run { command: String, value: Option<String> },
}

impl Request {
    fn text(&self) -> String {
        match self {
            Self::Set { name, .. } => format!("set {name}"),
            Self::Run { command, .. } => command.clone(),
        }
    }
    fn value(&self) -> Option<&str> {
        match self {
            Self::Set { value, .. } => Some(value),
            Self::Run { value, .. } => value.as_deref(),
        }
    }
}

impl Power {
    /// Sends a request to a device; the driver's own word when there is one.
    pub(crate) async fn control(self: &Arc<Self>, actor: &Actor, id: &str, request: &Request) -> Result<Option<String>> {
        let device = self.find_live(id).ok_or_else(not_found)?.device;
        if !matches!((device.poller, request), (Poller::Nut, _) | (Poller::Snmp, Request::Run { .. })) {
            return Err(AppError::conflict("This device takes no commands.").code("not_controllable"));
        }
        let entry = |status: Status, text: String| {
            Entry::new("power_device.command", Category::Safety)
                .target("power_device", id)
                .describe(text)
                .status(status)
                .severity(Severity::Warning)
                .after(json!({ "request": request.text(), "value": request.value() }))
        };
        let m = self.platform.audit.begin(actor).await?;
        m.commit(entry(Status::Pending, format!("{} asked of {}", request.text(), device.name))).await?;
        let outcome = self.send(&device, request).await;
        let mut m = self.platform.audit.begin(actor).await?;
        match &outcome {
            Ok(_) => {
                self.platform.events.publish(&mut m, command_event(&device, &request.text(), request.value(), actor)).await?;
                m.commit(entry(Status::Success, format!("{} done by {}", request.text(), device.name))).await?;
            }
            Err(error) => m.commit(entry(Status::Failure, format!("{} failed: {}", request.text(), error.message()))).await?,
        }
        outcome
    }

    pub(crate) async fn send(&self, device: &Device, request: &Request) -> Result<Option<String>> {
        if device.poller == Poller::Snmp {
            let told = match request {
                Request::Run { command, .. } => snmp::command(command),
                Request::Set { .. } => None,
            };
            let told = told.ok_or_else(|| AppError::invalid(vec![FieldError::new("command", "the device knows no such command")]))?;
            return self.tell_snmp(device, &told).await.map(|()| None).map_err(agent_refusal);
        }
        let target = self.target_of(device)?;
        let sending = async {
            let mut client = Client::connect(&target).await?;
            let ups = device.ups_name();
            let word = match request {
                Request::Set { name, value } => client.set_var(ups, name, value, PATIENCE).await?,
                Request::Run { command, value } => client.run(ups, command, value.as_deref(), PATIENCE).await?,
            };
            client.logout().await;
            Ok::<_, ClientError>(word)
        };
        sending.await.map_err(refusal)
    }
}

/// What an agent's refusal means for who asked.
pub(crate) fn agent_refusal(error: AgentError) -> AppError {
    match error {
        AgentError::Unsupported => AppError::conflict("This device takes no commands.").code("not_controllable"),
        AgentError::Snmp(argos_snmp::Error::Timeout) => {
            let text = "No answer in time: the agent is unreachable, or the write community is wrong.";
            AppError::new(ErrorKind::UpstreamTimeout, text)
        }
        other => AppError::new(ErrorKind::Upstream, other.to_string()).code("device_refused"),
    }
}

fn refusal(error: ClientError) -> AppError {
    let field = |name: &str, text: String| AppError::invalid(vec![FieldError::new(name, text)]);
    match error.token() {
        Some(ErrorToken::ReadOnly) => AppError::conflict("This variable cannot be changed.").code("read_only"),
        Some(ErrorToken::InvalidValue | ErrorToken::TooLong) => field("value", format!("the device refuses this value ({error})")),
        Some(ErrorToken::VarNotSupported) => AppError::not_found("The device has no such variable."),
        Some(ErrorToken::CmdNotSupported) => field("command", "the device knows no such command".to_owned()),
        _ => match error {
            ClientError::Timeout(what) => AppError::new(ErrorKind::UpstreamTimeout, format!("No answer in time: {what}")),
            ClientError::Invalid(text) => field("value", text),
            other => AppError::new(ErrorKind::Upstream, other.to_string()).code("device_refused"),
        },
    }
}
