//! How different two colours look.

/// The largest difference there is: black against white.
pub(crate) const DELTA_MAX: f32 = 35_215.0;

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

pub(crate) fn luma([r, g, b]: [f32; 3]) -> f32 {
    r * 0.298_895_3 + g * 0.586_622_5 + b * 0.114_482_2
}

/// The squared difference in YIQ, each part weighted by how well it is seen.
#[inline]
pub(crate) fn delta(a: [u8; 4], b: [u8; 4]) -> f32 {
    let [r, g, blue] = if a[3] & b[3] == 255 {
        // The same in whole numbers, which floats hold exactly.
        let apart = |channel: usize| f32::from(i16::from(a[channel]) - i16::from(b[channel]));
        [apart(0), apart(1), apart(2)]
    } else {
        let (a, b) = (on_white(a), on_white(b));
        [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
    };
    let y = luma([r, g, blue]);
    let i = r * 0.595_977_8 - g * 0.274_176_1 - blue * 0.321_801_7;
    let q = r * 0.211_470_2 - g * 0.522_617_1 + blue * 0.311_146_9;
    0.5053 * y * y + 0.299 * i * i + 0.1957 * q * q
}

/// The luma on paper, for pictures without colour.
pub(crate) fn gray(pixel: [u8; 4]) -> f32 {
    luma(on_white(pixel))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{delta, luma, on_white};

    proptest! {
        #[test]
        fn delta_in_whole_numbers_is_the_one_of_the_formula(a in any::<[u8; 3]>(), b in any::<[u8; 3]>(), alpha in any::<[u8; 2]>()) {
            for [one, two] in [[255, 255], alpha] {
                let (a, b) = ([a[0], a[1], a[2], one], [b[0], b[1], b[2], two]);
                let (p, q) = (on_white(a), on_white(b));
                let d = [p[0] - q[0], p[1] - q[1], p[2] - q[2]];
                let y = luma(d);
                let i = d[0] * 0.595_977_8 - d[1] * 0.274_176_1 - d[2] * 0.321_801_7;
                let q = d[0] * 0.211_470_2 - d[1] * 0.522_617_1 + d[2] * 0.311_146_9;
                let expected = 0.5053 * y * y + 0.299 * i * i + 0.1957 * q * q;
                prop_assert_eq!(delta(a, b).to_bits(), expected.to_bits());
            }
        }
    }
}
