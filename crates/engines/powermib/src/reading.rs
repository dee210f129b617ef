//! The one shape every profile is read into. Units are in the names; unknown is `None`, never 0.

/// Status flags in the alphabet of NUT (`ups.status`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flag {
    /// On mains.
    Ol,
    /// On battery.
    Ob,
    /// Battery low.
    Lb,
    /// Battery must be replaced.
    Rb,
    /// Battery charging.
    Chrg,
    /// Battery discharging.
    Dischrg,
    /// Bypass.
    Bypass,
    /// Calibrating.
    Cal,
    /// Output off.
    Off,
    /// Overloaded.
    Over,
    /// Lowering the mains voltage.
    Trim,
    /// Raising the mains voltage.
    Boost,
    /// Economy mode.
    Eco,
}

impl Flag {
    /// The token of `ups.status`.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Self::Ol => "OL",
            Self::Ob => "OB",
            Self::Lb => "LB",
            Self::Rb => "RB",
            Self::Chrg => "CHRG",
            Self::Dischrg => "DISCHRG",
            Self::Bypass => "BYPASS",
            Self::Cal => "CAL",
            Self::Off => "OFF",
            Self::Over => "OVER",
            Self::Trim => "TRIM",
            Self::Boost => "BOOST",
            Self::Eco => "ECO",
        }
    }
}

/// State of an outlet; unknown is `None` around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutletState {
    /// Powered.
    On,
    /// Not powered.
    Off,
}

/// Who the device says it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// Maker.
    pub manufacturer: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Firmware version.
    pub firmware: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Name given by its owner.
    pub name: Option<String>,
}

/// One phase, line, inlet or cord.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Phase {
    /// Row index in the device's own table, dotted.
    pub id: String,
    /// Volts.
    pub voltage: Option<f64>,
    /// Amperes.
    pub current_amps: Option<f64>,
    /// Watts.
    pub power_watts: Option<f64>,
    /// Percent of what it may carry.
    pub load_percent: Option<f64>,
}

/// One outlet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outlet {
    /// Row index in the device's own table, dotted: what [`crate::Command`] takes.
    pub id: String,
    /// Name given by its owner.
    pub name: Option<String>,
    /// State.
    pub state: Option<OutletState>,
    /// Amperes.
    pub current_amps: Option<f64>,
    /// Watts.
    pub power_watts: Option<f64>,
    /// Meter, kWh.
    pub energy_kwh: Option<f64>,
}

/// What a device measured at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// Who it is; empty in a status poll.
    pub identity: Identity,
    /// Status flags; empty for PDUs and when the device does not say.
    pub flags: Vec<Flag>,
    /// Active power of the device, W: its own total, else the sum of phases, else of outlets.
    pub power_watts: Option<f64>,
    /// The power is amperes times volts, not measured.
    pub power_estimated: bool,
    /// Apparent power, VA.
    pub apparent_va: Option<f64>,
    /// Power factor, 0 to 1.
    pub power_factor: Option<f64>,
    /// Load, percent; above 100 is an overload.
    pub load_percent: Option<f64>,
    /// Input voltage, V; the mean of several phases.
    pub input_voltage: Option<f64>,
    /// Output voltage, V; the mean of several phases.
    pub output_voltage: Option<f64>,
    /// Current, A: output of a UPS, input of a PDU; the sum of several phases.
    pub current_amps: Option<f64>,
    /// Frequency, Hz: of the input when known.
    pub frequency_hz: Option<f64>,
    /// Battery charge, 0 to 100 %.
    pub battery_percent: Option<f64>,
    /// Battery voltage, V.
    pub battery_voltage: Option<f64>,
    /// Time left on battery, s.
    pub runtime_seconds: Option<f64>,
    /// Temperature, °C.
    pub temperature_c: Option<f64>,
    /// Relative humidity, %.
    pub humidity_percent: Option<f64>,
    /// Meter of the device, kWh.
    pub energy_kwh: Option<f64>,
    /// Rated active power, W.
    pub rated_watts: Option<f64>,
    /// Rated apparent power, VA.
    pub rated_va: Option<f64>,
    /// Number of outlets.
    pub outlet_count: Option<u32>,
    /// Phases, lines, inlets or cords.
    pub phases: Vec<Phase>,
    /// Outlets.
    pub outlets: Vec<Outlet>,
    /// How the last battery test ended, in words; `in progress` while one runs.
    pub test_result: Option<String>,
    /// Names of alarms; `partial` when a total misses a part that gave no value.
    pub alarms: Vec<String>,
}

impl Reading {
    /// The flags as `ups.status`; `None` without flags.
    #[must_use]
    pub fn status(&self) -> Option<String> {
        let tokens: Vec<_> = self.flags.iter().map(|flag| flag.token()).collect();
        (!tokens.is_empty()).then(|| tokens.join(" "))
    }

    /// Whether it holds any measurement at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self { identity: self.identity.clone(), ..Self::default() }
    }

    pub(crate) fn raise(&mut self, flag: Flag) {
        if !self.flags.contains(&flag) {
            self.flags.push(flag);
        }
    }

    pub(crate) fn alarm(&mut self, name: &str) {
        if !self.alarms.iter().any(|known| known == name) {
            self.alarms.push(name.to_owned());
        }
    }

    /// Fills what is still unknown from phases and outlets, and removes what cannot be true.
    pub(crate) fn finish(mut self) -> Self {
        let watts: Vec<_> = self.phases.iter().map(|phase| phase.power_watts).collect();
        if self.power_watts.is_none() {
            self.power_watts = sum(&watts);
            if self.power_watts.is_some() && watts.contains(&None) {
                self.alarm("partial");
            }
        }
        if self.power_watts.is_none() {
            let outlets: Vec<_> = self.outlets.iter().map(|outlet| outlet.power_watts).collect();
            self.power_watts = sum(&outlets);
            if self.power_watts.is_some() && outlets.contains(&None) {
                self.alarm("partial");
            }
        }
        if self.current_amps.is_none() {
            self.current_amps = sum(&self.phases.iter().map(|phase| phase.current_amps).collect::<Vec<_>>());
        }
        if self.load_percent.is_none() {
            self.load_percent = self.phases.iter().filter_map(|phase| phase.load_percent).reduce(f64::max);
        }
        if self.outlet_count.is_none() && !self.outlets.is_empty() {
            self.outlet_count = u32::try_from(self.outlets.len()).ok();
        }
        let not_negative = |value: Option<f64>| value.filter(|value| *value >= 0.0);
        self.power_watts = not_negative(self.power_watts);
        self.current_amps = not_negative(self.current_amps);
        self.load_percent = not_negative(self.load_percent).filter(|load| *load <= 1000.0);
        self.runtime_seconds = not_negative(self.runtime_seconds);
        self.energy_kwh = not_negative(self.energy_kwh);
        self.battery_percent = self.battery_percent.map(|charge| charge.clamp(0.0, 100.0));
        self.power_estimated &= self.power_watts.is_some();
        self
    }
}

/// Sum of the known values; `None` when none is known.
pub(crate) fn sum(values: &[Option<f64>]) -> Option<f64> {
    values.iter().flatten().copied().reduce(|total, value| total + value)
}

/// Mean of the known values.
pub(crate) fn mean(values: &[Option<f64>]) -> Option<f64> {
    let known = values.iter().flatten().count();
    sum(values).map(|total| total / known as f64)
}
