//! The profiles: their names, how a device is recognised, what each asks for, and the way to its reader.

use argos_snmp::{Oid, Value};

use crate::answers::Answers;
use crate::command::Command;
use crate::profiles::{apc_pdu, apc_ups, cyberpower, eaton, raritan, rfc1628, sentry};
use crate::reading::Reading;

/// What one poll asks for: single variables and subtrees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wants {
    /// Variables to GET.
    pub scalars: Vec<Oid>,
    /// Subtrees to walk.
    pub tables: Vec<Oid>,
}

/// How much one poll asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Status, charge, runtime, load, power: cheap, for every few seconds.
    Status,
    /// Everything.
    Full,
}

/// A family of devices that answer the same variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Profile {
    /// UPS-MIB of RFC 1628.
    Rfc1628,
    /// PowerNet-MIB `ups`.
    ApcUps,
    /// PowerNet-MIB `rPDU2`.
    ApcRpdu2,
    /// PowerNet-MIB `rPDU`.
    ApcRpdu,
    /// PowerNet-MIB `ePDU`.
    ApcEasypdu,
    /// CPS-MIB `ups`.
    CyberpowerUps,
    /// CPS-MIB `ePDU2`.
    CyberpowerPdu2,
    /// CPS-MIB `ePDU`.
    CyberpowerPdu,
    /// XUPS-MIB.
    EatonXups,
    /// EATON-EPDU-MIB.
    EatonEpdu,
    /// PDU2-MIB.
    Raritan,
    /// Sentry3-MIB.
    Sentry3,
    /// Sentry4-MIB.
    Sentry4,
}

/// `sysObjectID.0` of SNMPv2-MIB.
pub const SYS_OBJECT_ID: [u32; 9] = [1, 3, 6, 1, 2, 1, 1, 2, 0];

const ENTERPRISES: [u32; 6] = [1, 3, 6, 1, 4, 1];

impl Profile {
    /// Every profile, vendors before the standard: the order in which an unknown device is tried.
    pub const ALL: [Self; 13] = [
        Self::ApcUps,
        Self::ApcRpdu2,
        Self::ApcRpdu,
        Self::ApcEasypdu,
        Self::CyberpowerUps,
        Self::CyberpowerPdu2,
        Self::CyberpowerPdu,
        Self::EatonEpdu,
        Self::EatonXups,
        Self::Raritan,
        Self::Sentry4,
        Self::Sentry3,
        Self::Rfc1628,
    ];

    /// The name in configurations.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rfc1628 => "rfc1628",
            Self::ApcUps => "apc_ups",
            Self::ApcRpdu2 => "apc_rpdu2",
            Self::ApcRpdu => "apc_rpdu",
            Self::ApcEasypdu => "apc_easypdu",
            Self::CyberpowerUps => "cyberpower_ups",
            Self::CyberpowerPdu2 => "cyberpower_pdu2",
            Self::CyberpowerPdu => "cyberpower_pdu",
            Self::EatonXups => "eaton_xups",
            Self::EatonEpdu => "eaton_epdu",
            Self::Raritan => "raritan",
            Self::Sentry3 => "sentry3",
            Self::Sentry4 => "sentry4",
        }
    }

    /// The profile of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| profile.name() == name)
    }

    /// Whether devices of this profile are UPSes, not PDUs.
    #[must_use]
    pub fn is_ups(self) -> bool {
        matches!(self, Self::Rfc1628 | Self::ApcUps | Self::CyberpowerUps | Self::EatonXups)
    }

    /// What one raw unit of the device's 32-bit energy counter is worth in kWh.
    #[must_use]
    pub fn energy_unit_kwh(self) -> Option<f64> {
        match self {
            Self::ApcUps => Some(0.01),
            Self::ApcRpdu2 | Self::CyberpowerUps | Self::CyberpowerPdu2 | Self::Sentry3 | Self::Sentry4 => Some(0.1),
            Self::EatonEpdu | Self::Raritan => Some(0.001),
            Self::Rfc1628 | Self::ApcRpdu | Self::ApcEasypdu | Self::CyberpowerPdu | Self::EatonXups => None,
        }
    }

    /// The same of the counters of its outlets.
    #[must_use]
    pub fn outlet_energy_unit_kwh(self) -> Option<f64> {
        match self {
            Self::ApcRpdu2 => Some(0.1),
            Self::EatonEpdu | Self::Raritan | Self::Sentry3 | Self::Sentry4 => Some(0.001),
            _ => None,
        }
    }

    /// Profiles to try on a device with this `sysObjectID`, best first: those of the vendor, then the standard; for an
    /// unknown vendor the standard, then all others.
    #[must_use]
    pub fn candidates(sys_object_id: Option<&Oid>) -> Vec<Self> {
        let vendor: &[Self] = match sys_object_id.and_then(|oid| oid.index_under(&ENTERPRISES)) {
            Some([318, ..]) => &[Self::ApcUps, Self::ApcRpdu2, Self::ApcRpdu, Self::ApcEasypdu],
            Some([3808, ..]) => &[Self::CyberpowerUps, Self::CyberpowerPdu2, Self::CyberpowerPdu],
            Some([534, ..]) => &[Self::EatonEpdu, Self::EatonXups],
            Some([13742, ..]) => &[Self::Raritan],
            Some([1718, ..]) => &[Self::Sentry4, Self::Sentry3],
            _ => &[],
        };
        let mut candidates = vendor.to_vec();
        candidates.push(Self::Rfc1628);
        if vendor.is_empty() {
            candidates.extend(Self::ALL.into_iter().filter(|profile| *profile != Self::Rfc1628));
        }
        candidates
    }

    /// Variables of which one must exist for the profile to fit.
    #[must_use]
    pub fn probes(self) -> Vec<Oid> {
        let tails: &[&[u32]] = match self {
            Self::Rfc1628 => &[&[4, 1, 0], &[2, 1, 0]],
            Self::ApcUps => &[&[1, 1, 1, 0]],
            Self::ApcRpdu2 => &[&[4, 3, 1, 5, 1]],
            Self::ApcRpdu => &[&[1, 5, 0]],
            Self::ApcEasypdu => &[&[2, 1, 1, 4, 1]],
            Self::CyberpowerUps => &[&[1, 1, 1, 0]],
            Self::CyberpowerPdu2 => &[&[3, 4, 1, 18, 1]],
            Self::CyberpowerPdu => &[&[1, 5, 0]],
            Self::EatonXups => &[&[1, 2, 0]],
            Self::EatonEpdu => &[&[1, 2, 1, 2, 0]],
            Self::Raritan => &[&[3, 2, 1, 1, 3, 1]],
            Self::Sentry3 => &[&[1, 1, 0]],
            Self::Sentry4 => &[&[1, 1, 2, 0]],
        };
        tails.iter().map(|tail| self.oid(tail)).collect()
    }

    /// Whether the answer to a probe says that the device has the variable with something in it.
    #[must_use]
    pub fn fits(value: &Value) -> bool {
        !value.is_absent() && !matches!(value, Value::OctetString(bytes) if bytes.is_empty())
    }

    /// The subtree of the vendor's MIB that the profile lives in.
    #[must_use]
    pub fn base(self) -> &'static [u32] {
        match self {
            Self::Rfc1628 => &rfc1628::BASE,
            Self::ApcUps => &apc_ups::BASE,
            Self::ApcRpdu2 => &apc_pdu::RPDU2,
            Self::ApcRpdu => &apc_pdu::RPDU,
            Self::ApcEasypdu => &apc_pdu::EPDU,
            Self::CyberpowerUps => &cyberpower::UPS,
            Self::CyberpowerPdu2 => &cyberpower::PDU2,
            Self::CyberpowerPdu => &cyberpower::PDU,
            Self::EatonXups => &eaton::XUPS,
            Self::EatonEpdu => &eaton::EPDU,
            Self::Raritan => &raritan::BASE,
            Self::Sentry3 => &sentry::SENTRY3,
            Self::Sentry4 => &sentry::SENTRY4,
        }
    }

    /// What to ask for.
    #[must_use]
    pub fn wants(self, depth: Depth) -> Wants {
        let list = match self {
            Self::Rfc1628 => rfc1628::LIST,
            Self::ApcUps => apc_ups::LIST,
            Self::ApcRpdu2 => apc_pdu::RPDU2_LIST,
            Self::ApcRpdu => apc_pdu::RPDU_LIST,
            Self::ApcEasypdu => apc_pdu::EPDU_LIST,
            Self::CyberpowerUps => cyberpower::UPS_LIST,
            Self::CyberpowerPdu2 => cyberpower::PDU2_LIST,
            Self::CyberpowerPdu => cyberpower::PDU_LIST,
            Self::EatonXups => eaton::XUPS_LIST,
            Self::EatonEpdu => eaton::EPDU_LIST,
            Self::Raritan => raritan::LIST,
            Self::Sentry3 => sentry::SENTRY3_LIST,
            Self::Sentry4 => sentry::SENTRY4_LIST,
        };
        let select = |always: &[&[u32]], more: &[&[u32]]| {
            let more = if depth == Depth::Full { more } else { &[] };
            always.iter().chain(more).map(|tail| self.oid(tail)).collect()
        };
        Wants { scalars: select(list.status_scalars, list.scalars), tables: select(list.status_tables, list.tables) }
    }

    /// Turns answers into a reading; what was not asked for or not answered stays unknown.
    #[must_use]
    pub fn read(self, answers: &Answers) -> Reading {
        let reading = match self {
            Self::Rfc1628 => rfc1628::read(answers),
            Self::ApcUps => apc_ups::read(answers),
            Self::ApcRpdu2 => apc_pdu::read_rpdu2(answers),
            Self::ApcRpdu => apc_pdu::read_rpdu(answers),
            Self::ApcEasypdu => apc_pdu::read_epdu(answers),
            Self::CyberpowerUps => cyberpower::read_ups(answers),
            Self::CyberpowerPdu2 => cyberpower::read_pdu2(answers),
            Self::CyberpowerPdu => cyberpower::read_pdu(answers),
            Self::EatonXups => eaton::read_xups(answers),
            Self::EatonEpdu => eaton::read_epdu(answers),
            Self::Raritan => raritan::read(answers),
            Self::Sentry3 => sentry::read3(answers),
            Self::Sentry4 => sentry::read4(answers),
        };
        reading.finish()
    }

    /// The variables to SET for a command; `None` when devices of this profile cannot do it.
    #[must_use]
    pub fn command(self, command: &Command) -> Option<Vec<(Oid, Value)>> {
        crate::command::bindings(self, command)
    }

    pub(crate) fn oid(self, tail: &[u32]) -> Oid {
        Oid::joined(self.base(), tail)
    }
}

/// The variables of a profile, relative to its base.
#[derive(Clone, Copy)]
pub(crate) struct List {
    pub(crate) status_scalars: &'static [&'static [u32]],
    pub(crate) status_tables: &'static [&'static [u32]],
    pub(crate) scalars: &'static [&'static [u32]],
    pub(crate) tables: &'static [&'static [u32]],
}
