//! How different two colours look, and which pixels only smooth an edge.

use std::ops::Range;

use crate::picture::Picture;

/// The largest difference there is: black against white.
const DELTA_MAX: f32 = 35_215.0;

/// The limit that a threshold between 0 and 1 stands for.
pub(crate) fn limit(threshold: f32) -> f32 {
    DELTA_MAX * threshold * threshold
}

/// Red, green and blue on white paper.
fn on_white(pixel: [u8; 4]) -> [f32; 3] {
    let [r, g, b, a] = pixel.map(f32::from);
    if pixel[3] == 255 {
        return [r, g, b];
    }
    let alpha = a / 255.0;
    [r, g, b].map(|channel| 255.0 + (channel - 255.0) * alpha)
}

fn luma([r, g, b]: [f32; 3]) -> f32 {
    r * 0.298_895_3 + g * 0.586_622_5 + b * 0.114_482_2
}

/// The squared difference in YIQ, each part weighted by how well it is seen.
pub(crate) fn delta(a: [u8; 4], b: [u8; 4]) -> f32 {
    let (a, b) = (on_white(a), on_white(b));
    let [r, g, blue] = [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
    let y = luma([r, g, blue]);
    let i = r * 0.595_977_8 - g * 0.274_176_1 - blue * 0.321_801_7;
    let q = r * 0.211_470_2 - g * 0.522_617_1 + blue * 0.311_146_9;
    0.5053 * y * y + 0.299 * i * i + 0.1957 * q * q
}

/// The luma on paper, for pictures without colour.
pub(crate) fn gray(pixel: [u8; 4]) -> f32 {
    luma(on_white(pixel))
}

/// The neighbours of a pixel inside `size`, itself among them: columns, rows, and whether it stands at an edge.
fn around((x, y): (usize, usize), (width, height): (usize, usize)) -> (Range<usize>, Range<usize>, bool) {
    let columns = x.saturating_sub(1)..(x + 2).min(width);
    let rows = y.saturating_sub(1)..(y + 2).min(height);
    let at_edge = columns.len() < 3 || rows.len() < 3;
    (columns, rows, at_edge)
}

/// Whether the pixel lies on a slope between a darker and a brighter flat, in both pictures: then it smooths an edge.
/// `size` is what both pictures have.
pub(crate) fn is_smoothing(picture: &Picture, other: &Picture, at: (usize, usize), size: (usize, usize)) -> bool {
    let own = picture.pixel(at.0, at.1);
    let here = gray(own);
    let (columns, rows, at_edge) = around(at, size);
    let mut same = usize::from(at_edge);
    let (mut darkest, mut brightest) = ((0.0, at), (0.0, at));
    for y in rows {
        for (x, &pixel) in columns.clone().zip(picture.pixels(y, columns.clone())) {
            if (x, y) == at {
                continue;
            }
            let difference = if pixel == own { 0.0 } else { here - gray(pixel) };
            if difference == 0.0 {
                same += 1;
                // More than two of its own kind: it is part of a flat.
                if same > 2 {
                    return false;
                }
            } else if difference < darkest.0 {
                darkest = (difference, (x, y));
            } else if difference > brightest.0 {
                brightest = (difference, (x, y));
            }
        }
    }
    if darkest.0 == 0.0 || brightest.0 == 0.0 {
        return false;
    }
    [darkest.1, brightest.1].into_iter().any(|place| is_flat(picture, place, size) && is_flat(other, place, size))
}

/// Whether more than two neighbours have the very same colour.
fn is_flat(picture: &Picture, at: (usize, usize), size: (usize, usize)) -> bool {
    let here = picture.pixel(at.0, at.1);
    let (columns, rows, at_edge) = around(at, size);
    // Itself is one of those it equals.
    let same: usize = rows.map(|y| picture.pixels(y, columns.clone()).iter().filter(|pixel| **pixel == here).count()).sum();
    usize::from(at_edge) + same > 3
}
