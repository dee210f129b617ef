//! Structural similarity after Wang, Bovik, Sheikh and Simoncelli ("Image quality assessment: from error visibility to
//! structural similarity", 2004), on luma with a Gaussian window of 11 by 11. Only the part around what differs is
//! computed: elsewhere both windows are the same and the value is 1.

use crate::color::gray;
use crate::picture::Picture;

const RADIUS: usize = 5;
const SIGMA: f64 = 1.5;
const C1: f64 = 6.5025;
const C2: f64 = 58.5225;

fn window() -> [f64; 2 * RADIUS + 1] {
    let mut window = [0.0; 2 * RADIUS + 1];
    let mut distance = -f64::from(u8::try_from(RADIUS).unwrap_or(5));
    for weight in &mut window {
        *weight = (-distance * distance / (2.0 * SIGMA * SIGMA)).exp();
        distance += 1.0;
    }
    let sum: f64 = window.iter().sum();
    window.map(|weight| weight / sum)
}

/// Columns and rows of the common part whose windows see a difference; ends excluded.
fn touched(first: &Picture, second: &Picture, width: usize, height: usize) -> Option<(usize, usize, usize, usize)> {
    let (mut left, mut right, mut top, mut bottom) = (width, 0, height, 0);
    for y in 0..height {
        let (a, b) = (first.row(y, width), second.row(y, width));
        if a == b {
            continue;
        }
        (top, bottom) = (top.min(y), y + 1);
        for (x, (a, b)) in a.iter().zip(b).enumerate() {
            if a != b {
                (left, right) = (left.min(x), right.max(x + 1));
            }
        }
    }
    (right > 0).then(|| {
        let (left, top) = (left.saturating_sub(RADIUS), top.saturating_sub(RADIUS));
        (left, (right + RADIUS).min(width), top, (bottom + RADIUS).min(height))
    })
}

/// The index of one window from the weighted means of a, b, a², b² and ab.
fn index([a, b, aa, bb, ab]: [f64; 5]) -> f64 {
    let (variance_a, variance_b, covariance) = (aa - a * a, bb - b * b, ab - a * b);
    ((2.0 * a * b + C1) * (2.0 * covariance + C2)) / ((a * a + b * b + C1) * (variance_a + variance_b + C2))
}

/// -1 to 1, 1 for the same pictures. What only one of them has counts as 0.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts of pixels")]
pub fn similarity(first: &Picture, second: &Picture) -> f64 {
    let (width, height) = (first.width().min(second.width()) as usize, first.height().min(second.height()) as usize);
    let union = first.width().max(second.width()) as usize * first.height().max(second.height()) as usize;
    if union == 0 {
        return 1.0;
    }
    let Some((left, right, top, bottom)) = touched(first, second, width, height) else {
        return (width * height) as f64 / union as f64;
    };
    let window = window();
    // What the windows see: the part and a margin around it, at the edge of the picture its last pixel again.
    let (columns, rows) = (right - left, bottom - top);
    let clamp = |at: usize, from: usize, max: usize| (from + at).saturating_sub(RADIUS).min(max - 1);
    // Rows already summed sideways. A row of the part needs eleven of them, so the twelfth takes the place of the first:
    // a long page costs no more memory than a short one.
    let mut across = vec![[0.0_f64; 5]; columns * window.len()];
    let mut total = (width * height - columns * rows) as f64;
    for seen_row in 0..rows + 2 * RADIUS {
        let y = clamp(seen_row, top, height);
        let line: Vec<(f64, f64)> = (0..columns + 2 * RADIUS)
            .map(|x| clamp(x, left, width))
            .map(|x| (f64::from(gray(first.pixel(x, y))), f64::from(gray(second.pixel(x, y)))))
            .collect();
        let place = seen_row % window.len() * columns;
        for (sums, seen) in across[place..place + columns].iter_mut().zip(line.windows(window.len())) {
            *sums = [0.0; 5];
            for (weight, &(a, b)) in window.iter().zip(seen) {
                for (sum, value) in sums.iter_mut().zip([a, b, a * a, b * b, a * b]) {
                    *sum += weight * value;
                }
            }
        }
        let Some(above) = seen_row.checked_sub(2 * RADIUS) else { continue };
        for x in 0..columns {
            let mut sums = [0.0; 5];
            for (step, weight) in window.iter().enumerate() {
                for (sum, value) in sums.iter_mut().zip(across[(above + step) % window.len() * columns + x]) {
                    *sum += weight * value;
                }
            }
            total += index(sums);
        }
    }
    total / union as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{RADIUS, index, similarity, window};
    use crate::{Area, Picture, color};

    fn gray(width: u32, height: u32, value: u8) -> Picture {
        Picture::filled(width, height, [value, value, value, 255]).unwrap()
    }

    #[test]
    fn same_picture_is_1_and_a_longer_one_loses_what_it_has_more() {
        let picture = gray(30, 20, 128);
        assert!((similarity(&picture, &picture) - 1.0).abs() < 1e-12);
        assert!((similarity(&picture, &gray(30, 40, 128)) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn flat_pictures_differ_by_their_brightness_alone() {
        // (2ab + C1) / (a² + b² + C1) of luma, which is 0.99999999 of the value.
        let expected = (2.0 * 100.0 * 200.0 + 6.5025) / (10_000.0 + 40_000.0 + 6.5025);
        assert!((similarity(&gray(40, 40, 100), &gray(40, 40, 200)) - expected).abs() < 1e-3);
    }

    #[test]
    fn small_change_on_a_large_picture_is_what_the_whole_computation_says() {
        let first = gray(60, 60, 255);
        let mut second = first.clone();
        second.fill(Area { x: 20, y: 20, width: 5, height: 5 }, [0, 0, 0, 255]);
        let (value, back) = (similarity(&first, &second), similarity(&second, &first));
        assert!(value < 1.0 && value > 0.8, "{value}");
        assert!((value - back).abs() < 1e-9);
    }

    /// The definition: each pixel with its whole window, kept nowhere.
    fn by_definition(first: &Picture, second: &Picture) -> f64 {
        let (width, height) = (first.width() as usize, first.height() as usize);
        let (window, mut total) = (window(), 0.0);
        for (x, y) in (0..height).flat_map(|y| (0..width).map(move |x| (x, y))) {
            let mut sums = [0.0; 5];
            for (row, column) in (0..window.len()).flat_map(|row| (0..window.len()).map(move |column| (row, column))) {
                let (px, py) = ((x + column).saturating_sub(RADIUS).min(width - 1), (y + row).saturating_sub(RADIUS).min(height - 1));
                let (a, b) = (f64::from(color::gray(first.pixel(px, py))), f64::from(color::gray(second.pixel(px, py))));
                for (sum, value) in sums.iter_mut().zip([a, b, a * a, b * b, a * b]) {
                    *sum += window[row] * window[column] * value;
                }
            }
            total += index(sums);
        }
        total / f64::from(first.width() * first.height())
    }

    proptest! {
        #[test]
        fn rows_that_are_forgotten_on_the_way_are_not_missed(bytes in proptest::collection::vec(any::<u8>(), 9 * 40), top in 0_u32..30) {
            let first = Picture::new(9, 40, bytes.iter().flat_map(|b| [*b, *b, *b, 255]).collect()).unwrap();
            let mut second = first.clone();
            second.fill(Area { x: 2, y: top, width: 3, height: 9 }, [90, 10, 10, 255]);
            second.set(8, 39, [1, 2, 3, 255]);
            prop_assert!((similarity(&first, &second) - by_definition(&first, &second)).abs() < 1e-9);
        }

        #[test]
        fn value_stays_in_its_range(bytes in proptest::collection::vec(any::<u8>(), 2 * 15 * 15 * 4)) {
            let (a, b) = bytes.split_at(15 * 15 * 4);
            let (a, b) = (Picture::new(15, 15, a.to_vec()).unwrap(), Picture::new(15, 15, b.to_vec()).unwrap());
            let value = similarity(&a, &b);
            prop_assert!((-1.0..=1.000_001).contains(&value), "{value}");
        }
    }
}
