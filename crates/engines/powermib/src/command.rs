//! Commands: which variables to SET with which values. Whether somebody may is not decided here.

use argos_snmp::{Oid, Value};

use crate::profile::Profile;

/// Something to do with an outlet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// Power it.
    On,
    /// Cut it.
    Off,
    /// Off and on again.
    Cycle,
}

/// Something a device can be told to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Switch the outlet with this id (as in [`crate::Outlet`]).
    Outlet(String, Switch),
    /// Start the short battery test.
    BatteryTest,
    /// Cut the UPS's output, at once.
    UpsOff,
    /// Power the UPS's output.
    UpsOn,
    /// Cut the output while on battery and power it again when mains are back.
    SleepUntilMains,
}

pub(crate) fn bindings(profile: Profile, command: &Command) -> Option<Vec<(Oid, Value)>> {
    let set = |tail: &[u32], value: i64| Some(vec![(profile.oid(tail), Value::Integer(value))]);
    match (profile, command) {
        (_, Command::Outlet(id, switch)) => outlet(profile, id, *switch).map(|binding| vec![binding]),
        // upsTestId := upsTestQuickBatteryTest (UPS-MIB).
        (Profile::Rfc1628, Command::BatteryTest) => Some(vec![(profile.oid(&[7, 1, 0]), Value::Oid(profile.oid(&[7, 7, 4])))]),
        // upsShutdownType := output(1), then upsShutdownAfterDelay or upsStartupAfterDelay := 0 s (UPS-MIB).
        (Profile::Rfc1628, Command::UpsOff) => {
            Some(vec![(profile.oid(&[8, 1, 0]), Value::Integer(1)), (profile.oid(&[8, 2, 0]), Value::Integer(0))])
        }
        (Profile::Rfc1628, Command::UpsOn) => set(&[8, 3, 0], 0),
        // upsAdvTestDiagnostics, upsAdvControlUpsOff, upsAdvControlTurnOnUPS, upsBasicControlConserveBattery (PowerNet-MIB);
        // CPS-MIB has the same numbers.
        (Profile::ApcUps | Profile::CyberpowerUps, Command::BatteryTest) => set(&[7, 2, 2, 0], 2),
        (Profile::ApcUps | Profile::CyberpowerUps, Command::UpsOff) => set(&[6, 2, 1, 0], 2),
        (Profile::ApcUps | Profile::CyberpowerUps, Command::UpsOn) => set(&[6, 2, 6, 0], 2),
        (Profile::ApcUps | Profile::CyberpowerUps, Command::SleepUntilMains) => set(&[6, 1, 1, 0], 2),
        // xupsTestBattery := startTest(1), xupsControlOutputOffDelay, xupsControlOutputOnDelay (XUPS-MIB).
        (Profile::EatonXups, Command::BatteryTest) => set(&[8, 1, 0], 1),
        (Profile::EatonXups, Command::UpsOff) => set(&[9, 1, 0], 0),
        (Profile::EatonXups, Command::UpsOn) => set(&[9, 2, 0], 0),
        _ => None,
    }
}

fn outlet(profile: Profile, id: &str, switch: Switch) -> Option<(Oid, Value)> {
    let row = id.split('.').map(|part| part.parse().ok()).collect::<Option<Vec<u32>>>()?;
    let numbers = |on: i64, off: i64, cycle: i64| match switch {
        Switch::On => on,
        Switch::Off => off,
        Switch::Cycle => cycle,
    };
    let (column, value): (&[u32], i64) = match profile {
        // rPDU2OutletSwitchedControlCommand, rPDUOutletControlOutletCommand (PowerNet-MIB).
        Profile::ApcRpdu2 => (&[9, 2, 4, 1, 5], numbers(1, 2, 3)),
        Profile::ApcRpdu => (&[3, 3, 1, 1, 4], numbers(1, 2, 3)),
        // ePDUOutletControlOutletCommand (CPS-MIB).
        Profile::CyberpowerPdu => (&[3, 3, 1, 1, 4], numbers(1, 2, 3)),
        // outletControlOffCmd, outletControlOnCmd, outletControlRebootCmd := delay 0 s (EATON-EPDU-MIB).
        Profile::EatonEpdu => match switch {
            Switch::Off => (&[6, 6, 1, 3], 0),
            Switch::On => (&[6, 6, 1, 4], 0),
            Switch::Cycle => (&[6, 6, 1, 5], 0),
        },
        // switchingOperation (PDU2-MIB).
        Profile::Raritan => (&[4, 1, 2, 1, 2], numbers(1, 0, 2)),
        // outletControlAction (Sentry3-MIB), st4OutletControlAction (Sentry4-MIB).
        Profile::Sentry3 => (&[2, 3, 1, 11], numbers(1, 2, 3)),
        Profile::Sentry4 => (&[8, 5, 1, 2], numbers(1, 2, 3)),
        _ => return None,
    };
    let cells = match profile {
        Profile::EatonEpdu | Profile::Raritan | Profile::Sentry4 => 2..=3,
        Profile::Sentry3 => 3..=3,
        _ => 1..=1,
    };
    cells.contains(&row.len()).then(|| (profile.oid(&[column, &row].concat()), Value::Integer(value)))
}
