//! One line a figure: `name value unit`, and how it stands to a peer's figure.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the figures are this program's result")]

/// Prints a figure.
pub(crate) fn figure(name: &str, value: f64, unit: &str) {
    println!("{name} {} {unit}", short(value));
}

/// Prints a figure with its ratio to a peer's, both in `unit`.
pub(crate) fn against(name: &str, value: f64, unit: &str, peer: &str, of_peer: f64) {
    println!("{name} {} {unit} ({} x {peer}, {} {unit})", short(value), short(value / of_peer), short(of_peer));
}

/// Prints what another process of the benchmark reads.
pub(crate) fn line(text: &str) {
    println!("{text}");
}

/// Prints why something was not measured.
pub(crate) fn problem(text: &str) {
    eprintln!("{text}");
}

/// The middle one of several figures.
pub(crate) fn median(figures: &mut [f64]) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// About four significant digits.
fn short(value: f64) -> String {
    let digits = match value.abs() {
        v if v >= 1000.0 => 0,
        v if v >= 100.0 => 1,
        v if v >= 10.0 => 2,
        v if v >= 1.0 => 3,
        _ => 4,
    };
    format!("{value:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn short_figures_keep_four_digits() {
        assert_eq!([0.12345, 1.23456, 12.3456, 123.456, 1_234_567.8].map(short), ["0.1235", "1.235", "12.35", "123.5", "1234568"]);
    }
}
