//! Which pixels only smooth an edge. Asked for every pixel that differs, so those of a row are judged together, in steps that
//! each hand on the places which need the next: nobody can foresee which those are, so a branch for each pixel would cost more
//! than the steps do. At the edges of the picture pixels are looked at one by one, after the same rule.

use std::ops::Range;

use crate::color::{gray, luma};
use crate::picture::Picture;

/// Places in a row, or what is known of them; the memory is kept from row to row.
#[derive(Default)]
pub(crate) struct List<T> {
    items: Vec<T>,
    count: usize,
}

impl<T: Copy + Default> List<T> {
    /// Empties the list, and makes room.
    pub(crate) fn clear(&mut self, room: usize) {
        self.count = 0;
        if self.items.len() <= room {
            self.items.resize(room + 1, T::default());
        }
    }

    /// Written in any case, and kept or not without a branch.
    #[inline]
    pub(crate) fn put(&mut self, item: T, kept: bool) {
        self.items[self.count] = item;
        self.count += usize::from(kept);
    }

    /// [`Self::put`] of what is made in its place, for what is too large to be moved: `make` says whether it is kept.
    #[inline]
    fn put_made(&mut self, make: impl FnOnce(&mut T) -> bool) {
        let kept = make(&mut self.items[self.count]);
        self.count += usize::from(kept);
    }

    pub(crate) fn items(&self) -> &[T] {
        &self.items[..self.count]
    }
}

/// Finds the pixels that smooth an edge, in the part of this size that two pictures have in common.
pub(crate) struct Smoothing {
    size: (usize, usize),
    /// Places that are no part of a flat.
    lonely: List<usize>,
    /// Those of them between a darker and a brighter one.
    slopes: List<(usize, Slope)>,
}

impl Smoothing {
    pub(crate) fn new(size: (usize, usize)) -> Self {
        Self { size, lonely: List::default(), slopes: List::default() }
    }

    /// Says of the `places` in a row, which are in order, which lie on a slope of the picture between a darker and a brighter
    /// flat that both pictures have.
    pub(crate) fn each_in_row(
        &mut self,
        (picture, other): (&Picture, &Picture),
        y: usize,
        places: &[usize],
        mut smooths: impl FnMut(usize),
    ) {
        let inside = places.partition_point(|x| *x == 0)..places.partition_point(|x| x + 2 < self.size.0);
        let inside = if y == 0 || y + 1 >= self.size.1 { 0..0 } else { inside.start..inside.end.max(inside.start) };
        for &x in places[..inside.start].iter().chain(&places[inside.end..]) {
            if is_smoothing_at_edge(picture, other, (x, y), self.size) {
                smooths(x);
            }
        }
        if !inside.is_empty() {
            self.each_inside((picture, other), y, &places[inside], smooths);
        }
    }

    /// The same for places that stand at no edge, nor next to the right one.
    fn each_inside(&mut self, (picture, other): (&Picture, &Picture), y: usize, places: &[usize], mut smooths: impl FnMut(usize)) {
        let rows = rows(picture, y, self.size.0);
        self.lonely.clear(places.len());
        for &x in places {
            // More than two of its own kind: it is part of a flat.
            self.lonely.put(x, equals(&block(rows, x)) <= 3);
        }
        self.slopes.clear(places.len());
        for &x in self.lonely.items() {
            self.slopes.put_made(|(place, slope)| {
                *place = x;
                slope.set(&block(rows, x))
            });
        }
        for (x, slope) in self.slopes.items() {
            let flat = |end: f32| {
                let (column, row) = slope.place(end);
                let place = (x + column - 1, y + row - 1);
                is_flat(picture, place, self.size) && is_flat(other, place, self.size)
            };
            if flat(slope.lowest) || flat(slope.highest) {
                smooths(*x);
            }
        }
    }
}

/// The rows around one that has both.
fn rows(picture: &Picture, y: usize, width: usize) -> [&[[u8; 4]]; 3] {
    [y - 1, y, y + 1].map(|y| picture.row(y, width))
}

/// A pixel and its neighbours, three rows of four: four numbers are computed at a time, and the last of each row, no
/// neighbour any more, is never looked at.
type Block = [[u32; 4]; 3];

/// The block around a place that has a neighbour on the left and two on the right.
#[inline]
fn block(rows: [&[[u8; 4]]; 3], x: usize) -> Block {
    rows.map(|row| {
        let row = &row[x - 1..x + 3];
        [row[0], row[1], row[2], row[3]].map(u32::from_le_bytes)
    })
}

/// How many of the block have the colour of its middle, that among them.
#[inline]
fn equals(block: &Block) -> u32 {
    let own = block[1][1];
    let mut equals = [0; 4];
    for row in block {
        for lane in 0..4 {
            equals[lane] += u32::from(row[lane] == own);
        }
    }
    equals[0] + equals[1] + equals[2]
}

/// How much darker the pixel is than each of its block, and the least and the most of it.
#[derive(Clone, Copy, Default)]
struct Slope {
    differences: [[f32; 4]; 3],
    lowest: f32,
    highest: f32,
}

impl Slope {
    /// The one of a block, and whether there is one.
    #[inline]
    fn set(&mut self, block: &Block) -> bool {
        let grays = grays(block);
        let here = grays[1][1];
        self.differences = grays.map(|row| row.map(|other| here - other));
        // Plainer than the ones of the language, which look after what is no number.
        let (less, more) = (|a: f32, b: f32| if b < a { b } else { a }, |a: f32, b: f32| if b > a { b } else { a });
        let (mut lowest, mut highest, mut same) = ([0.0; 4], [0.0; 4], [0; 4]);
        for row in &self.differences {
            for lane in 0..4 {
                lowest[lane] = less(lowest[lane], row[lane]);
                highest[lane] = more(highest[lane], row[lane]);
                same[lane] += u32::from(row[lane] == 0.0);
            }
        }
        self.lowest = less(less(lowest[0], lowest[1]), lowest[2]);
        self.highest = more(more(highest[0], highest[1]), highest[2]);
        // There is a darker and a brighter one, and the pixel is one of at most three that look like it.
        (self.lowest < 0.0) & (self.highest > 0.0) & (same[0] + same[1] + same[2] <= 3)
    }

    /// Column and row in the block of the first, as they are read, with this difference.
    #[inline]
    fn place(&self, of: f32) -> (usize, usize) {
        let mut places = 0_u32;
        for (n, row) in self.differences.iter().enumerate() {
            for (lane, difference) in row.iter().take(3).enumerate() {
                places |= u32::from(*difference == of) << (4 * n + lane);
            }
        }
        let place = places.trailing_zeros() as usize;
        (place % 4, place / 4)
    }
}

/// The luma of each on paper.
#[inline]
fn grays(block: &Block) -> [[f32; 4]; 3] {
    const OPAQUE: u32 = 0xFF00_0000;
    let all = |n: usize| block[0][n] & block[1][n] & block[2][n];
    if all(0) & all(1) & all(2) & OPAQUE == OPAQUE {
        // Eight bits are a float without rounding, by way of a signed number in one instruction.
        #[expect(clippy::cast_possible_wrap, clippy::cast_precision_loss, reason = "eight bits")]
        let channel = |pixel: u32, shift: u32| ((pixel >> shift) & 0xFF) as i32 as f32;
        block.map(|row| row.map(|pixel| luma([channel(pixel, 0), channel(pixel, 8), channel(pixel, 16)])))
    } else {
        block.map(|row| row.map(|pixel| gray(pixel.to_le_bytes())))
    }
}

/// Whether more than two neighbours have the very same colour.
#[inline]
fn is_flat(picture: &Picture, (x, y): (usize, usize), size: (usize, usize)) -> bool {
    if x == 0 || y == 0 || x + 2 >= size.0 || y + 1 >= size.1 {
        return is_flat_at_edge(picture, (x, y), size);
    }
    equals(&block(rows(picture, y, size.0), x)) > 3
}

/// The neighbours of a pixel inside `size`, itself among them: columns, rows, and whether it stands at an edge.
fn around((x, y): (usize, usize), (width, height): (usize, usize)) -> (Range<usize>, Range<usize>, bool) {
    let columns = x.saturating_sub(1)..(x + 2).min(width);
    let rows = y.saturating_sub(1)..(y + 2).min(height);
    let at_edge = columns.len() < 3 || rows.len() < 3;
    (columns, rows, at_edge)
}

/// Whether the pixel lies on a slope between a darker and a brighter flat, in both pictures: then it smooths an edge. Pixel by
/// pixel: right everywhere.
pub(crate) fn is_smoothing_at_edge(picture: &Picture, other: &Picture, at: (usize, usize), size: (usize, usize)) -> bool {
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
    [darkest.1, brightest.1].into_iter().any(|place| is_flat_at_edge(picture, place, size) && is_flat_at_edge(other, place, size))
}

/// [`is_flat`], pixel by pixel.
fn is_flat_at_edge(picture: &Picture, at: (usize, usize), size: (usize, usize)) -> bool {
    let here = picture.pixel(at.0, at.1);
    let (columns, rows, at_edge) = around(at, size);
    // Itself is one of those it equals.
    let same: usize = rows.map(|y| picture.pixels(y, columns.clone()).iter().filter(|pixel| **pixel == here).count()).sum();
    usize::from(at_edge) + same > 3
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pictures() -> impl Strategy<Value = (Picture, Picture)> {
        // Few grays, so that slopes between flats come about; colours whose luma is nearly theirs, and paper that shows through.
        let colors = [
            [255, 255, 255, 255],
            [160, 160, 160, 255],
            [90, 90, 90, 255],
            [0, 0, 0, 255],
            [161, 160, 158, 255],
            [0, 0, 255, 255],
            [0, 0, 0, 120],
            [40, 0, 0, 0],
        ];
        let picture = |opaque: usize| {
            prop::collection::vec(prop::sample::select(colors[..opaque].to_vec()), 9 * 8)
                .prop_map(|pixels| Picture::new(9, 8, pixels.concat()).unwrap())
        };
        prop_oneof![(picture(4), picture(4)), (picture(3), picture(3)), (picture(8), picture(8))]
    }

    proptest! {
        #[test]
        fn pixel_smooths_an_edge_the_same_whether_looked_at_together_or_one_by_one(
            (a, b) in pictures(), asked in prop::collection::vec(any::<bool>(), 9),
        ) {
            for size in [(9, 8), (7, 5), (2, 3), (1, 1)] {
                let mut smoothing = Smoothing::new(size);
                for y in 0..size.1 {
                    let places: Vec<usize> = (0..size.0).filter(|x| asked[*x]).collect();
                    let mut found = Vec::new();
                    smoothing.each_in_row((&a, &b), y, &places, |x| found.push(x));
                    for (x, asked) in asked.iter().enumerate().take(size.0) {
                        let at = (x, y);
                        let plain = *asked && is_smoothing_at_edge(&a, &b, at, size);
                        prop_assert_eq!(found.contains(&x), plain, "at {:?} of {:?}", at, size);
                        prop_assert_eq!(is_flat(&a, at, size), is_flat_at_edge(&a, at, size), "at {:?} of {:?}", at, size);
                    }
                }
            }
        }
    }
}
