//! The grid of a chart: how many bins of which length, and samples summed up in them. Pure.

use std::collections::BTreeMap;

/// Fields that can be charted.
pub const FIELDS: [&str; 15] = [
    "power_watts",
    "load_percent",
    "voltage",
    "battery_percent",
    "runtime_seconds",
    "temperature_c",
    "current_amps",
    "frequency_hz",
    "input_voltage",
    "output_voltage",
    "apparent_va",
    "power_factor",
    "humidity_percent",
    "battery_voltage",
    "on_battery",
];

/// Most bins of an answer.
pub const BINS_MAX: i64 = 500;
/// Steps that rollups answer exactly from a minute on.
const STEPS: [i64; 17] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400];

/// Bins of whole steps, the first at or before the beginning, the last ending at or after the end. Unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    pub from: i64,
    pub to: i64,
    pub step: i64,
}

/// What a bin holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    pub average: f64,
    pub least: f64,
    pub most: f64,
}

impl Grid {
    /// With the given step, else the shortest usual one that stays within the bounds. The error names the parameter.
    pub fn new(from: i64, to: i64, step: Option<i64>) -> Result<Self, (&'static str, String)> {
        if to <= from || from < 0 {
            return Err(("from", "from must be before to".to_owned()));
        }
        let whole = |step: i64| Self { from: from.div_euclid(step) * step, to: (to + step - 1).div_euclid(step) * step, step };
        let fits = |grid: &Self| grid.bins() <= BINS_MAX;
        match step {
            Some(step) if step < 1 || !fits(&whole(step)) => {
                Err(("step", format!("step must be at least 1 and make at most {BINS_MAX} points of the range")))
            }
            Some(step) => Ok(whole(step)),
            None => {
                let usual = STEPS.into_iter().map(whole).find(fits);
                let days = (to - from) / (BINS_MAX - 2) / 86_400 + 1;
                Ok(usual.unwrap_or_else(|| whole(days * 86_400)))
            }
        }
    }
    pub fn bins(&self) -> i64 {
        (self.to - self.from) / self.step
    }
    pub fn starts(self) -> impl Iterator<Item = i64> {
        (0..self.bins()).map(move |n| self.from + n * self.step)
    }

    /// The bins that samples fall into, by their place.
    pub fn summarise(&self, samples: impl Iterator<Item = (i64, f64)>) -> BTreeMap<usize, Summary> {
        let mut sums: BTreeMap<usize, (f64, f64, Summary)> = BTreeMap::new();
        for (at, value) in samples.filter(|(at, _)| (self.from..self.to).contains(at)) {
            let Ok(place) = usize::try_from((at - self.from) / self.step) else { continue };
            let sum = sums.entry(place).or_insert((0.0, 0.0, Summary { average: value, least: value, most: value }));
            (sum.0, sum.1) = (sum.0 + value, sum.1 + 1.0);
            (sum.2.least, sum.2.most) = (sum.2.least.min(value), sum.2.most.max(value));
        }
        sums.into_iter().map(|(place, (total, count, s))| (place, Summary { average: total / count, ..s })).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn step_is_the_shortest_usual_one() {
        assert_eq!(Grid::new(0, 3_600, None).unwrap().step, 10);
        assert_eq!(Grid::new(0, 86_400, None).unwrap().step, 300);
        assert_eq!(Grid::new(0, 730 * 86_400, None).unwrap().step, 2 * 86_400);
        assert_eq!(Grid::new(5, 95, Some(60)).unwrap(), Grid { from: 0, to: 120, step: 60 });
        assert_eq!(Grid::new(10, 10, None).unwrap_err().0, "from");
        assert_eq!(Grid::new(0, 86_400, Some(1)).unwrap_err().0, "step");
    }

    #[test]
    fn bins_hold_average_least_and_most_and_stay_empty_without_samples() {
        let grid = Grid { from: 0, to: 180, step: 60 };
        let bins = grid.summarise([(0, 1.0), (59, 3.0), (120, 5.0), (180, 9.0), (-1, 9.0)].into_iter());
        assert_eq!(bins.get(&0), Some(&Summary { average: 2.0, least: 1.0, most: 3.0 }));
        assert_eq!((bins.get(&1), bins.len()), (None, 2));
    }

    proptest! {
        #[test]
        fn any_range_has_at_most_five_hundred_bins_that_cover_it(from in 0_i64..4_000_000_000, length in 1_i64..2_000_000_000) {
            let grid = Grid::new(from, from + length, None).unwrap();
            prop_assert!((1..=BINS_MAX).contains(&grid.bins()), "{grid:?}");
            prop_assert!(grid.from <= from && grid.to >= from + length);
        }
    }
}
