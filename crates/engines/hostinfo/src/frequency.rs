//! Processor frequency and governor from cpufreq in sysfs.
//!
//! Virtual machines usually have no cpufreq: then only the current frequency may be known, from
//! `/proc/cpuinfo`. Format: Documentation/admin-guide/pm/cpufreq.rst of the kernel.

use crate::text;
use crate::tree::Tree;
use serde::Serialize;
use std::sync::Arc;

/// Frequencies in MHz. Policies (groups of cores that switch together) may differ.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Frequency {
    /// Mean over the policies.
    pub current_mhz: Option<f64>,
    /// Lowest of the policies' hardware minimum.
    pub min_mhz: Option<f64>,
    /// Highest of the policies' hardware maximum.
    pub max_mhz: Option<f64>,
    /// Governor of the first policy, such as `performance`.
    pub governor: Option<Arc<str>>,
    /// Governors the first policy offers.
    pub governors: Vec<String>,
}

/// Reads all policies. The current frequency can cost an interrupt per core: not for every tick.
pub(crate) fn sample(tree: &mut Tree) -> Option<Frequency> {
    const BASE: &str = "/sys/devices/system/cpu/cpufreq";
    let mut policies = tree.names(format_args!("{BASE}"));
    policies.retain(|name| name.starts_with("policy"));

    let mut frequency = Frequency::default();
    let (mut sum, mut count) = (0.0, 0_u32);
    for policy in &policies {
        let mut mhz = |file: &str| tree.number::<u64>(format_args!("{BASE}/{policy}/{file}")).map(|khz| khz as f64 / 1000.0);
        if let Some(current) = mhz("scaling_cur_freq") {
            sum += current;
            count += 1;
        }
        frequency.min_mhz = least(frequency.min_mhz, mhz("cpuinfo_min_freq"));
        frequency.max_mhz = most(frequency.max_mhz, mhz("cpuinfo_max_freq"));
    }
    if let Some(policy) = policies.first() {
        frequency.governor = tree.words(format_args!("{BASE}/{policy}/scaling_governor"));
        let offered = tree.read(format_args!("{BASE}/{policy}/scaling_available_governors"));
        frequency.governors = offered.map(list).unwrap_or_default();
    }
    frequency.current_mhz =
        if count > 0 { Some(sum / f64::from(count)) } else { tree.read(format_args!("/proc/cpuinfo")).and_then(parse_cpuinfo_mhz) };
    (frequency != Frequency::default()).then_some(frequency)
}

/// Mean of the `cpu MHz` lines of `/proc/cpuinfo`, which x86 prints.
#[must_use]
pub fn parse_cpuinfo_mhz(text: &[u8]) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0_u32);
    for line in text::lines(text).filter(|line| line.starts_with(b"cpu MHz")) {
        let (_, value) = text::pair(line, b':')?;
        sum += text::decimal(value)?;
        count += 1;
    }
    (count > 0).then(|| sum / f64::from(count))
}

fn list(text: &[u8]) -> Vec<String> {
    text::fields(text).filter_map(text::words).collect()
}

fn least(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    a.into_iter().chain(b).reduce(f64::min)
}

fn most(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    a.into_iter().chain(b).reduce(f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpuinfo_mhz_is_the_mean() {
        let text = b"model name\t: X\ncpu MHz\t\t: 2000.0\n\ncpu MHz\t\t: 3000.0\n";
        assert_eq!(parse_cpuinfo_mhz(text), Some(2500.0));
        assert_eq!(parse_cpuinfo_mhz(b"BogoMIPS : 3\n"), None);
    }
}
