//! Pictures that show a person what differs and how much, and two pictures as one.

use crate::color::{DELTA_MAX, delta};
use crate::compare::{DIFFERENT, Diff, pale};
use crate::picture::{Picture, PictureError};

/// Colours of a difference that is just seen, up to one as large as can be.
const WARMTH: [[f32; 3]; 4] = [[40.0, 80.0, 255.0], [0.0, 190.0, 120.0], [255.0, 210.0, 0.0], [255.0, 0.0, 0.0]];
/// Between two pictures, in pixels.
const GAP: usize = 16;
const GAP_COLOR: [u8; 4] = [128, 128, 128, 255];
const PAPER: [u8; 4] = [255; 4];

impl Diff {
    /// The second picture, pale, with every pixel that differs as warm as its colours lie apart. What only one of them has differs
    /// as much as can be.
    pub fn heat(&self, first: &Picture, second: &Picture) -> Result<Picture, PictureError> {
        let width = self.width as usize;
        let mut rgba = Vec::with_capacity(self.marks.len() * 4);
        for (y, marks) in self.marks.chunks_exact(width.max(1)).enumerate() {
            let (before, after) = (row_of(first, y), row_of(second, y));
            for (x, mark) in marks.iter().enumerate() {
                let (a, b) = (before.get(x), after.get(x));
                rgba.extend_from_slice(&match (*mark, a, b) {
                    (DIFFERENT, Some(a), Some(b)) => warm((delta(*a, *b) / DELTA_MAX).sqrt()),
                    (DIFFERENT, ..) => warm(1.0),
                    (.., Some(b)) => pale(*b),
                    _ => PAPER,
                });
            }
        }
        Picture::new(self.width, self.height, rgba)
    }
}

/// The colour of a difference between 0 and 1.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "places in a short list and parts of a colour"
)]
fn warm(difference: f32) -> [u8; 4] {
    let place = difference.clamp(0.0, 1.0) * 3.0;
    let below = (place as usize).min(2);
    let (from, to, share) = (WARMTH[below], WARMTH[below + 1], place - below as f32);
    let part = |n: usize| (from[n] + (to[n] - from[n]) * share).round() as u8;
    [part(0), part(1), part(2), 255]
}

/// Two pictures beside each other, their tops level; neither is scaled.
pub fn beside(first: &Picture, second: &Picture) -> Result<Picture, PictureError> {
    let (left, right) = (first.width() as usize, second.width() as usize);
    let height = first.height().max(second.height());
    let width = u32::try_from(left + GAP + right).map_err(|_| PictureError::TooLarge(u32::MAX, height))?;
    // Before the memory is asked for.
    crate::picture::bytes_of(width, height)?;
    let mut rgba = Vec::with_capacity(width as usize * height as usize * 4);
    for y in 0..height as usize {
        add_row(&mut rgba, first, y);
        rgba.extend(GAP_COLOR.iter().cycle().take(GAP * 4));
        add_row(&mut rgba, second, y);
    }
    Picture::new(width, height, rgba)
}

/// A row of a picture; none below its end.
fn row_of(picture: &Picture, y: usize) -> &[[u8; 4]] {
    if y < picture.height() as usize { picture.row(y, picture.width() as usize) } else { &[] }
}

/// A row of a picture, or paper below its end.
fn add_row(rgba: &mut Vec<u8>, picture: &Picture, y: usize) {
    let width = picture.width() as usize;
    if y < picture.height() as usize {
        rgba.extend_from_slice(picture.row(y, width).as_flattened());
    } else {
        rgba.extend(PAPER.iter().cycle().take(width * 4));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{GAP, GAP_COLOR, PAPER, beside, warm};
    use crate::{Area, Options, Picture, compare};

    fn pixel(picture: &Picture, x: usize, y: usize) -> [u8; 4] {
        picture.row(y, x + 1)[x]
    }

    #[test]
    fn heat_is_warmer_where_more_differs_and_cold_where_nothing_does_or_nobody_looks() {
        let before = Picture::filled(40, 30, PAPER).unwrap();
        let mut after = Picture::filled(40, 40, PAPER).unwrap();
        let area = |x| Area { x, y: 10, width: 5, height: 5 };
        after.fill(area(0), [180, 180, 180, 255]);
        after.fill(area(10), [0, 0, 0, 255]);
        after.fill(area(20), [0, 0, 0, 255]);
        let diff = compare(&before, &after, &Options { ignored: vec![area(20)], ..Options::default() });
        let heat = diff.heat(&before, &after).unwrap();
        let [gray, black, ignored, below, same] = [(2, 12), (12, 12), (22, 12), (2, 35), (35, 12)].map(|(x, y)| pixel(&heat, x, y));
        assert_eq!((below, same), (warm(1.0), PAPER));
        assert!(black[0] == 255 && black[1] < 50 && black[2] == 0, "{black:?}");
        assert!(gray != PAPER && gray[0] < black[0] && gray[2] > black[2], "{gray:?}");
        assert!(ignored[0] == ignored[1] && ignored[1] == ignored[2], "what is ignored has no colour: {ignored:?}");
        assert_eq!((heat.width(), heat.height()), (40, 40));
    }

    proptest! {
        #[test]
        fn both_pictures_stand_whole_beside_each_other(
            (w, h, v, i) in (1u32..9, 1u32..9, 1u32..9, 1u32..9),
            (a, b) in (any::<[u8; 4]>(), any::<[u8; 4]>()),
        ) {
            let (first, second) = (Picture::filled(w, h, a).unwrap(), Picture::filled(v, i, b).unwrap());
            let both = beside(&first, &second).unwrap();
            let gap = u32::try_from(GAP).unwrap();
            prop_assert_eq!((both.width(), both.height()), (w + gap + v, h.max(i)));
            for y in 0..both.height() {
                for x in 0..both.width() {
                    let is_left = x < w;
                    let expected = match (is_left, x < w + gap) {
                        (true, _) => if y < h { a } else { PAPER },
                        (false, true) => GAP_COLOR,
                        _ => if y < i { b } else { PAPER },
                    };
                    prop_assert_eq!(pixel(&both, x as usize, y as usize), expected);
                }
            }
        }

        #[test]
        fn warmth_is_a_colour_for_any_number(n in any::<f32>()) {
            prop_assert_eq!(warm(n)[3], 255);
        }
    }
}
