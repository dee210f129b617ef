//! The comparison itself: rows that are the same byte for byte cost nothing more.

use crate::color::{delta, gray, is_smoothing, limit};
use crate::picture::{Picture, PictureError};
use crate::regions::{Area, areas};

/// How strict the comparison is, and what it leaves out.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// From which difference on a pixel counts, 0 (every) to 1 (none).
    pub threshold: f32,
    /// Pixels that only smooth an edge count too.
    pub count_smoothing: bool,
    /// Areas nobody compares.
    pub ignored: Vec<Area>,
    /// Changes this near to each other make one area.
    pub dilation: u32,
    /// Areas reported, the largest.
    pub areas_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { threshold: 0.1, count_smoothing: false, ignored: Vec::new(), dilation: 8, areas_max: 50 }
    }
}

/// What differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Diff {
    /// The size both pictures fit in.
    pub width: u32,
    pub height: u32,
    pub different_pixels: u64,
    /// Pixels that differ but only smooth an edge.
    pub smoothing_pixels: u64,
    /// Pixels in ignored areas.
    pub ignored_pixels: u64,
    /// Where it differs, the largest first.
    pub areas: Vec<Area>,
    /// One byte a pixel: what it is.
    marks: Vec<u8>,
}

const SAME: u8 = 0;
const DIFFERENT: u8 = 1;
const SMOOTHING: u8 = 2;

impl Diff {
    /// Different pixels out of a hundred that were compared; `None` when all are ignored.
    pub fn percent(&self) -> Option<f64> {
        let compared = u64::from(self.width) * u64::from(self.height) - self.ignored_pixels;
        // A picture has far fewer pixels than a double counts exactly.
        #[expect(clippy::cast_precision_loss, reason = "both are counts of pixels")]
        (compared > 0).then(|| self.different_pixels as f64 * 100.0 / compared as f64)
    }

    /// The second picture, pale, with what differs in red and what smooths an edge in yellow.
    pub fn picture(&self, second: &Picture) -> Result<Picture, PictureError> {
        let (width, shared) = (self.width as usize, self.width.min(second.width()) as usize);
        let mut rgba = vec![255; self.marks.len() * 4];
        for (y, (row, marks)) in rgba.chunks_exact_mut(width.max(1) * 4).zip(self.marks.chunks_exact(width.max(1))).enumerate() {
            let below = if y < second.height() as usize { second.row(y, shared) } else { &[] };
            for (x, (color, mark)) in row.as_chunks_mut::<4>().0.iter_mut().zip(marks).enumerate() {
                *color = match *mark {
                    DIFFERENT => [255, 0, 0, 255],
                    SMOOTHING => [255, 220, 0, 255],
                    _ => below.get(x).map_or(*color, |pixel| pale(*pixel)),
                };
            }
        }
        Picture::new(self.width, self.height, rgba)
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 255")]
fn pale(pixel: [u8; 4]) -> [u8; 4] {
    let value = (255.0 + (gray(pixel) - 255.0) * 0.15) as u8;
    [value, value, value, 255]
}

/// Compares two pictures of any sizes.
pub fn compare(first: &Picture, second: &Picture, options: &Options) -> Diff {
    let (width, height) = (first.width().max(second.width()) as usize, first.height().max(second.height()) as usize);
    let common = (first.width().min(second.width()) as usize, first.height().min(second.height()) as usize);
    let mut marks = vec![SAME; width * height];
    let ignored = Ignored::new(&options.ignored, width, height);
    let limit = limit(options.threshold);
    let (mut different, mut smoothing) = (0, 0);
    // The rows where something is different.
    let mut changed = Vec::new();
    for y in 0..height {
        let before = different;
        let marks = &mut marks[y * width..(y + 1) * width];
        let shared = if y < common.1 { common.0 } else { 0 };
        let rows = (shared > 0).then(|| (first.row(y, shared), second.row(y, shared))).filter(|(a, b)| a != b);
        if let Some((a, b)) = rows {
            for (x, (&a, &b)) in a.iter().zip(b).enumerate() {
                if a == b || ignored.has(x, y) || delta(a, b) <= limit {
                    continue;
                }
                let smooths = !options.count_smoothing
                    && (is_smoothing(first, second, (x, y), common) || is_smoothing(second, first, (x, y), common));
                marks[x] = if smooths { SMOOTHING } else { DIFFERENT };
                *if smooths { &mut smoothing } else { &mut different } += 1;
            }
        }
        for (x, mark) in marks.iter_mut().enumerate().skip(shared) {
            if !ignored.has(x, y) {
                *mark = DIFFERENT;
                different += 1;
            }
        }
        if different > before {
            changed.push(y);
        }
    }
    let areas = areas(&marks, DIFFERENT, width, &changed, options.dilation as usize, options.areas_max);
    // Both come from 32 bits.
    #[expect(clippy::cast_possible_truncation, reason = "the larger of two 32-bit sizes")]
    let (width, height) = (width as u32, height as u32);
    Diff { width, height, different_pixels: different, smoothing_pixels: smoothing, ignored_pixels: ignored.count, areas, marks }
}

/// The ignored areas as a mask, when there are any.
struct Ignored {
    mask: Vec<bool>,
    width: usize,
    count: u64,
}

impl Ignored {
    fn new(areas: &[Area], width: usize, height: usize) -> Self {
        let mut mask = if areas.is_empty() { Vec::new() } else { vec![false; width * height] };
        for area in areas {
            let clamp = |from: u32, size: u32, max: usize| (from as usize).min(max)..(from as usize + size as usize).min(max);
            let columns = clamp(area.x, area.width, width);
            for y in clamp(area.y, area.height, height) {
                mask[y * width..(y + 1) * width][columns.clone()].fill(true);
            }
        }
        let count = mask.iter().filter(|ignored| **ignored).count() as u64;
        Self { mask, width, count }
    }

    fn has(&self, x: usize, y: usize) -> bool {
        self.count > 0 && self.mask[y * self.width + x]
    }
}
