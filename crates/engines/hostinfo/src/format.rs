//! Figures as short text for people: rates, sizes, spans, temperatures.
//!
//! Steps are 1024. What a caller shows for an unknown figure is its own choice, except for
//! temperatures, whose word is fixed.

/// Bytes per second with one decimal above a KB: `512 B/s`, `1.2 MB/s`.
#[must_use]
pub fn rate(bytes_per_s: f64) -> String {
    let (value, unit) = scale(bytes_per_s, &["B/s", "KB/s", "MB/s", "GB/s", "TB/s"]);
    if unit == "B/s" { format!("{value:.0} {unit}") } else { format!("{value:.1} {unit}") }
}

/// Bytes as `df -h` writes them, rounded to nearest: `512B`, `1.5T`, `500G`. One decimal below ten.
#[must_use]
pub fn size(bytes: u64) -> String {
    let (value, unit) = scale(bytes as f64, &["B", "K", "M", "G", "T", "P", "E"]);
    if unit == "B" || value >= 9.95 { format!("{value:.0}{unit}") } else { format!("{value:.1}{unit}") }
}

/// A span in days, hours and minutes: `3d 2h 14m`, `2h 14m`, `14m`.
#[must_use]
pub fn span(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    if days > 0 {
        format!("{days}d {hours}h {minutes}m")
    } else if hours > 0 {
        format!("{hours}h {minutes}m")
    } else {
        format!("{minutes}m")
    }
}

/// Whole degrees, `45°C`; `N/A` when unknown.
#[must_use]
pub fn celsius(degrees: Option<f64>) -> String {
    match degrees {
        // Adding zero turns -0 into 0.
        Some(degrees) => format!("{:.0}°C", degrees.round() + 0.0),
        None => "N/A".to_owned(),
    }
}

/// The three load averages, `0.52 0.61 0.58`.
#[must_use]
pub fn load(load: &crate::load::Load) -> String {
    format!("{:.2} {:.2} {:.2}", load.one, load.five, load.fifteen)
}

/// Divides by 1024 until the value, as it will be printed, is below the step.
fn scale<'a>(value: f64, units: &[&'a str]) -> (f64, &'a str) {
    /// 1023.95 would print as 1024.0 with one decimal.
    const STEP: f64 = 1023.95;
    let mut value = if value.is_finite() { value.max(0.0) } else { 0.0 };
    let mut unit = "";
    for (index, name) in units.iter().enumerate() {
        unit = name;
        if value < STEP || index + 1 == units.len() {
            break;
        }
        value /= 1024.0;
    }
    (value, unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_have_one_decimal() {
        for (bytes, text) in [
            (0.0, "0 B/s"),
            (1023.0, "1023 B/s"),
            (1024.0, "1.0 KB/s"),
            (1_258_291.2, "1.2 MB/s"),
            (1_048_575.9, "1.0 MB/s"),
            (3e18, "2728484.1 TB/s"),
        ] {
            assert_eq!(rate(bytes), text);
        }
    }

    #[test]
    fn sizes_are_short() {
        for (bytes, text) in [
            (0, "0B"),
            (999, "999B"),
            (1536, "1.5K"),
            (536_870_912_000, "500G"),
            (10_737_418_240, "10G"),
            (10_700_000_000, "10G"),
            (1_649_267_441_664, "1.5T"),
            (u64::MAX, "16E"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn spans_drop_leading_zeros() {
        for (seconds, text) in [(0, "0m"), (59, "0m"), (840, "14m"), (8040, "2h 14m"), (267_240, "3d 2h 14m"), (86_400, "1d 0h 0m")] {
            assert_eq!(span(seconds), text);
        }
    }

    #[test]
    fn temperatures_are_whole_degrees() {
        assert_eq!(celsius(Some(45.4)), "45°C");
        assert_eq!(celsius(Some(-0.2)), "0°C");
        assert_eq!(celsius(None), "N/A");
    }
}
