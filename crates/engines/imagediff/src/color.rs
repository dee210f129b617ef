//! How different two colours look, and which pixels only smooth an edge.

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

/// The neighbours of a pixel inside `width` and `height`, and whether it stands at an edge.
fn neighbours(x: usize, y: usize, width: usize, height: usize) -> (impl Iterator<Item = (usize, usize)>, bool) {
    let columns = x.saturating_sub(1)..=(x + 1).min(width - 1);
    let rows = y.saturating_sub(1)..=(y + 1).min(height - 1);
    let at_edge = x == 0 || y == 0 || x + 1 == width || y + 1 == height;
    (rows.flat_map(move |ny| columns.clone().map(move |nx| (nx, ny))).filter(move |&place| place != (x, y)), at_edge)
}

/// Whether the pixel lies on a slope between a darker and a brighter flat, in both pictures: then it smooths an edge.
pub(crate) fn is_smoothing(picture: &Picture, other: &Picture, x: usize, y: usize, width: usize, height: usize) -> bool {
    let here = gray(picture.pixel(x, y));
    let (places, at_edge) = neighbours(x, y, width, height);
    let mut same = usize::from(at_edge);
    let (mut darkest, mut brightest) = ((0.0, (x, y)), (0.0, (x, y)));
    for place in places {
        let difference = here - gray(picture.pixel(place.0, place.1));
        if difference == 0.0 {
            same += 1;
            // More than two of its own kind: it is part of a flat.
            if same > 2 {
                return false;
            }
        } else if difference < darkest.0 {
            darkest = (difference, place);
        } else if difference > brightest.0 {
            brightest = (difference, place);
        }
    }
    if darkest.0 == 0.0 || brightest.0 == 0.0 {
        return false;
    }
    [darkest.1, brightest.1].into_iter().any(|(px, py)| is_flat(picture, px, py, width, height) && is_flat(other, px, py, width, height))
}

/// Whether more than two neighbours have the very same colour.
fn is_flat(picture: &Picture, x: usize, y: usize, width: usize, height: usize) -> bool {
    let here = picture.pixel(x, y);
    let (places, at_edge) = neighbours(x, y, width, height);
    usize::from(at_edge) + places.filter(|&(px, py)| picture.pixel(px, py) == here).count() > 2
}
