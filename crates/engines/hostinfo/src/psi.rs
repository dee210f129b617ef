//! Pressure stall information from `/proc/pressure`: how long tasks waited for a resource.
//!
//! Kernels without PSI (before 4.20, or booted with it off) have no such files: then it is unknown.
//! Format: Documentation/accounting/psi.rst of the kernel.

use crate::text;
use crate::tree::Tree;
use serde::Serialize;

/// Share of time with stalled tasks over three windows, and the total since boot.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Stall {
    pub avg10_percent: f64,
    pub avg60_percent: f64,
    pub avg300_percent: f64,
    pub total_us: u64,
}

/// Stalls on one resource. `some`: at least one task waited. `full`: all runnable ones did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct ResourcePressure {
    pub some: Option<Stall>,
    pub full: Option<Stall>,
}

/// Pressure on the three resources; a resource whose file is missing is `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Pressure {
    pub cpu: Option<ResourcePressure>,
    pub memory: Option<ResourcePressure>,
    pub io: Option<ResourcePressure>,
}

impl ResourcePressure {
    /// Parses one file of `/proc/pressure`; `None` when it has neither line.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let mut pressure = Self::default();
        for line in text::lines(text) {
            if let Some(rest) = line.strip_prefix(b"some ") {
                pressure.some = parse_stall(rest);
            } else if let Some(rest) = line.strip_prefix(b"full ") {
                pressure.full = parse_stall(rest);
            }
        }
        (pressure.some.is_some() || pressure.full.is_some()).then_some(pressure)
    }
}

fn parse_stall(line: &[u8]) -> Option<Stall> {
    let (mut avg10, mut avg60, mut avg300, mut total) = (None, None, None, None);
    for (key, value) in text::fields(line).filter_map(|field| text::pair(field, b'=')) {
        match key {
            b"avg10" => avg10 = text::decimal(value),
            b"avg60" => avg60 = text::decimal(value),
            b"avg300" => avg300 = text::decimal(value),
            b"total" => total = text::number(value),
            _ => {}
        }
    }
    Some(Stall { avg10_percent: avg10?, avg60_percent: avg60?, avg300_percent: avg300?, total_us: total? })
}

pub(crate) fn sample(tree: &mut Tree) -> Option<Pressure> {
    let mut of = |resource: &str| ResourcePressure::parse(tree.read(format_args!("/proc/pressure/{resource}"))?);
    let pressure = Pressure { cpu: of("cpu"), memory: of("memory"), io: of("io") };
    (pressure != Pressure::default()).then_some(pressure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pressure_with_both_lines_is_read() {
        let text = b"some avg10=1.53 avg60=0.87 avg300=0.73 total=3842\n\
full avg10=0.00 avg60=0.13 avg300=0.21 total=1900\n";
        let io = ResourcePressure::parse(text).expect("pressure");
        let some = io.some.expect("some");
        assert_eq!((some.avg10_percent, some.avg300_percent, some.total_us), (1.53, 0.73, 3842));
        assert_eq!(io.full.map(|full| full.avg60_percent), Some(0.13));
    }

    #[test]
    fn pressure_of_an_old_cpu_file_has_no_full_line() {
        let text = b"some avg10=0.00 avg60=0.00 avg300=0.00 total=12\n";
        assert_eq!(ResourcePressure::parse(text).expect("pressure").full, None);
    }

    #[test]
    fn pressure_of_a_broken_file_is_none() {
        assert_eq!(ResourcePressure::parse(b"some avg10=0.00\n"), None);
        assert_eq!(ResourcePressure::parse(b""), None);
    }
}
