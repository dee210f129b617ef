//! UPSes and PDUs over SNMP: which variables a device family answers, what their numbers mean, which ones switch it.
//!
//! [`Profile`] is pure: [`Profile::wants`] says what to ask, [`Profile::read`] turns [`Answers`] into one [`Reading`],
//! [`Profile::command`] says what to SET. [`Agent`] joins it with an SNMP client. Units are in the field names; unknown is
//! `None`; status flags are those of NUT. The crate decides nothing: no thresholds, no events, no permission.
//!
//! | profile | MIB | status | power | phases | outlets | meter | environment | commands |
//! |---|---|---|---|---|---|---|---|---|
//! | `rfc1628` | UPS-MIB | flags, alarms | W | yes | – | – | °C | test, off, on |
//! | `apc_ups` | PowerNet `ups` | flags | W, VA | – | – | kWh | °C | test, off, on, sleep |
//! | `apc_rpdu2` | PowerNet `rPDU2` | load state | W, VA, PF | yes | state, W, A, kWh | kWh | °C, %RH | outlets |
//! | `apc_rpdu` | PowerNet `rPDU` | load state | W or A × V (marked) | A | state | – | – | outlets |
//! | `apc_easypdu` | PowerNet `ePDU` | – | W | yes | state | – | – | – |
//! | `cyberpower_ups` | CPS `ups` | flags | W | – | – | kWh | °C | test, off, on, sleep |
//! | `cyberpower_pdu` | CPS `ePDU` | load state | W, VA, PF | yes | state | – | – | outlets |
//! | `cyberpower_pdu2` | CPS `ePDU2` | – | W, VA, PF, A | – | – | kWh | – | – |
//! | `eaton_xups` | XUPS | flags, alarms | W (sum of phases) | yes | – | – | °C | test, off, on |
//! | `eaton_epdu` | EATON-EPDU | – | W, VA | yes | state, W, A, kWh | kWh | – | outlets |
//! | `raritan` | PDU2 | – | W, VA, PF | inlets | state, W, A, kWh | kWh | – | outlets |
//! | `sentry3` | Sentry3 | – | W, VA, PF | infeeds | state, W, A, kWh | kWh | – | outlets |
//! | `sentry4` | Sentry4 | cord state | W, VA, PF | yes | state, W, A, kWh | kWh | °C | outlets |

mod agent;
mod answers;
mod command;
mod profile;
mod profiles;
mod reading;

pub use agent::{Agent, AgentError};
pub use answers::Answers;
pub use command::{Command, Switch};
pub use profile::{Depth, Profile, SYS_OBJECT_ID, Wants};
pub use reading::{Flag, Identity, Outlet, OutletState, Phase, Reading};
