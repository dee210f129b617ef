//! What a step of a plan does: its kinds, the members of each, which of them are secret, and what people read of it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a step does. Members that hold secrets are blank wherever they are read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Action {
    /// Runs a command on a host.
    Ssh {
        host: String,
        #[serde(default = "ssh_port")]
        port: u16,
        user: String,
        #[serde(default = "poweroff")]
        command: String,
        /// The pinned fingerprint; learnt when the plan is saved or tested.
        #[serde(default)]
        host_key: Option<String>,
        #[serde(default)]
        password: String,
        /// A private key in any usual format.
        #[serde(default)]
        key: String,
        #[serde(default)]
        passphrase: String,
    },
    /// Sends an HTTP request.
    Http {
        url: String,
        #[serde(default = "post")]
        method: String,
        #[serde(default)]
        headers: BTreeMap<String, String>,
        #[serde(default)]
        body: String,
        /// Any 2xx when absent.
        #[serde(default)]
        expected_status: Option<u16>,
    },
    /// Tells a receiver about the run, signed when a secret is set.
    Webhook {
        url: String,
        #[serde(default)]
        secret: String,
    },
    /// Asks a management controller for a graceful shutdown.
    Redfish {
        /// `https://bmc.example`.
        url: String,
        user: String,
        #[serde(default)]
        password: String,
        #[serde(default = "yes")]
        tls_verify: bool,
        /// Turns the host off when it has not gone by itself within the timeout.
        #[serde(default)]
        force: bool,
    },
    /// The same of a controller that speaks IPMI over LAN.
    Ipmi {
        host: String,
        #[serde(default = "ipmi_port")]
        port: u16,
        user: String,
        #[serde(default)]
        password: String,
        /// 17, or 3 for old controllers.
        #[serde(default = "cipher_suite")]
        cipher_suite: u8,
        /// Turns the host off when it has not gone by itself within the timeout.
        #[serde(default)]
        force: bool,
    },
    /// Asks a Proxmox VE node to shut down; it stops its own guests in their order first.
    Proxmox {
        #[serde(flatten)]
        api: ProxmoxApi,
    },
    /// Shuts down one guest of a Proxmox VE node.
    Guest {
        #[serde(flatten)]
        api: ProxmoxApi,
        vmid: u32,
        #[serde(default)]
        guest: GuestKind,
        /// Stops it hard when it has not gone by itself within the timeout.
        #[serde(default)]
        force: bool,
    },
    /// Orders a forced shutdown at the NUT servers of the sources and waits for their clients to leave.
    NutFsd {
        #[serde(default = "hostsync")]
        hostsync_seconds: i64,
    },
    /// The same at our own NUT server.
    FacadeFsd {
        #[serde(default = "hostsync")]
        hostsync_seconds: i64,
    },
    /// Turns the UPSes off until the mains are back.
    UpsOff {
        /// The sources when empty.
        #[serde(default)]
        device_ids: Vec<String>,
        /// Only these outlets (`3`) or outlet groups (`group.1`) of the devices, instead of the whole UPS.
        #[serde(default)]
        outlets: Vec<String>,
        #[serde(default = "shutdown_return")]
        command: String,
        #[serde(default = "off_delay")]
        delay_seconds: i64,
    },
    /// Halts this machine with the command of the service's own configuration.
    Local {},
}

/// Where a Proxmox VE node is asked, and as whom.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProxmoxApi {
    /// `https://pve.example:8006`.
    pub url: String,
    pub node: String,
    /// `user@realm!name` of an API token.
    pub token_id: String,
    #[serde(default)]
    pub token: String,
    #[serde(default = "yes")]
    pub tls_verify: bool,
}

/// What a guest is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GuestKind {
    /// A virtual machine.
    #[default]
    Qemu,
    /// A container.
    Lxc,
}

impl GuestKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Qemu => "qemu",
            Self::Lxc => "lxc",
        }
    }
}

fn ssh_port() -> u16 {
    22
}
fn ipmi_port() -> u16 {
    623
}
fn cipher_suite() -> u8 {
    17
}
fn poweroff() -> String {
    "sudo -n systemctl poweroff".to_owned()
}
fn post() -> String {
    "POST".to_owned()
}
fn yes() -> bool {
    true
}
fn hostsync() -> i64 {
    15
}
fn shutdown_return() -> String {
    "shutdown.return".to_owned()
}
fn off_delay() -> i64 {
    20
}

impl Action {
    /// The API of a hypervisor, where a step has one.
    pub const fn proxmox(&self) -> Option<&ProxmoxApi> {
        match self {
            Self::Proxmox { api } | Self::Guest { api, .. } => Some(api),
            _ => None,
        }
    }

    /// The address a step is sent to over HTTP.
    pub fn url(&self) -> Option<&str> {
        match self {
            Self::Http { url, .. } | Self::Webhook { url, .. } | Self::Redfish { url, .. } => Some(url),
            _ => self.proxmox().map(|api| api.url.as_str()),
        }
    }

    pub const KINDS: [&'static str; 11] =
        ["ssh", "guest", "proxmox", "redfish", "ipmi", "http", "webhook", "nut_fsd", "facade_fsd", "ups_off", "local"];
    /// Kinds that are documented and cannot be carried out, with what they lack.
    pub const LACKING: [(&'static str, &'static str); 1] =
        [("agent", "no agents are enrolled with this server; use an ssh step for the host")];

    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Ssh { .. } => "ssh",
            Self::Http { .. } => "http",
            Self::Webhook { .. } => "webhook",
            Self::Redfish { .. } => "redfish",
            Self::Ipmi { .. } => "ipmi",
            Self::Proxmox { .. } => "proxmox",
            Self::Guest { .. } => "guest",
            Self::NutFsd { .. } => "nut_fsd",
            Self::FacadeFsd { .. } => "facade_fsd",
            Self::UpsOff { .. } => "ups_off",
            Self::Local {} => "local",
        }
    }

    /// Members of a kind that are never shown again.
    pub fn secret_members(kind: &str) -> &'static [&'static str] {
        match kind {
            "ssh" => &["password", "key", "passphrase"],
            "http" => &["headers"],
            "webhook" => &["secret"],
            "redfish" | "ipmi" => &["password"],
            "proxmox" | "guest" => &["token"],
            _ => &[],
        }
    }

    /// After such a step there is no way back: everybody was told, or the power goes.
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::NutFsd { .. } | Self::FacadeFsd { .. } | Self::UpsOff { .. } | Self::Local {})
    }

    /// The host it acts on, for people.
    pub fn target(&self) -> String {
        match self {
            Self::Ssh { host, port, user, .. } | Self::Ipmi { host, port, user, .. } => format!("{user}@{host}:{port}"),
            Self::Http { url, .. } | Self::Webhook { url, .. } | Self::Redfish { url, .. } => without_userinfo(url),
            Self::Proxmox { api } => format!("node {} at {}", api.node, without_userinfo(&api.url)),
            Self::Guest { api, vmid, guest, .. } => format!("{} {vmid} on {}", guest.as_str(), api.node),
            Self::NutFsd { .. } => "the NUT servers of the sources".to_owned(),
            Self::FacadeFsd { .. } => "our NUT server".to_owned(),
            Self::UpsOff { device_ids, outlets, .. } => {
                let devices = if device_ids.is_empty() { "the sources".to_owned() } else { device_ids.join(", ") };
                if outlets.is_empty() { devices } else { format!("outlets {} of {devices}", outlets.join(", ")) }
            }
            Self::Local {} => "this machine".to_owned(),
        }
    }

    /// Exactly what is done, for the dry run and the record. Never holds a secret.
    pub fn command_text(&self) -> String {
        match self {
            Self::Ssh { command, .. } => command.clone(),
            Self::Http { url, method, .. } => format!("{method} {}", without_userinfo(url)),
            Self::Webhook { url, .. } => format!("POST {}", without_userinfo(url)),
            Self::Redfish { .. } => "ComputerSystem.Reset GracefulShutdown".to_owned(),
            Self::Ipmi { force, .. } => format!("chassis power soft{}", if *force { ", then off" } else { "" }),
            Self::Proxmox { api } => format!("POST /nodes/{}/status command=shutdown", api.node),
            Self::Guest { api, vmid, guest, force } => {
                let how = if *force { " forceStop=1" } else { "" };
                format!("POST /nodes/{}/{}/{vmid}/status/shutdown{how}", api.node, guest.as_str())
            }
            Self::NutFsd { hostsync_seconds } => format!("FSD upstream, wait up to {hostsync_seconds} s for the clients"),
            Self::FacadeFsd { hostsync_seconds } => format!("FSD, wait up to {hostsync_seconds} s for the clients"),
            Self::UpsOff { outlets, .. } if !outlets.is_empty() => "off until the mains are back".to_owned(),
            Self::UpsOff { command, delay_seconds, .. } => format!("{command} after {delay_seconds} s"),
            Self::Local {} => "the halt command of the service".to_owned(),
        }
    }

    /// Two plans whose steps have the same key act on the same host in the same way and share the result.
    pub fn share_key(&self) -> Option<String> {
        match self {
            Self::Ssh { host, port, command, .. } => Some(format!("ssh|{}|{port}|{command}", host.to_lowercase())),
            Self::Redfish { url, .. } => Some(format!("redfish|{}", url.to_lowercase())),
            Self::Ipmi { host, port, .. } => Some(format!("ipmi|{}|{port}", host.to_lowercase())),
            Self::Proxmox { api } => Some(format!("proxmox|{}|{}", api.url.to_lowercase(), api.node)),
            Self::Guest { api, vmid, .. } => Some(format!("guest|{}|{}|{vmid}", api.url.to_lowercase(), api.node)),
            _ => None,
        }
    }
}

fn without_userinfo(url: &str) -> String {
    match (url.find("://"), url.find('@')) {
        (Some(scheme), Some(at)) if !url.get(scheme + 3..at).unwrap_or("/").contains('/') => {
            format!("{}{}", url.get(..scheme + 3).unwrap_or_default(), url.get(at + 1..).unwrap_or_default())
        }
        _ => url.to_owned(),
    }
}
