//! The comparison itself: what is the same byte for byte costs nothing more, and large pictures are shared among processors.

use std::num::NonZero;
use std::sync::LazyLock;

use crate::color::{delta, gray, limit};
use crate::picture::{Picture, PictureError};
use crate::regions::{Area, Run, add_runs, areas, reach};
use crate::smoothing::{List, Smoothing};

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
    pub(crate) marks: Vec<u8>,
}

const SAME: u8 = 0;
pub(crate) const DIFFERENT: u8 = 1;
const SMOOTHING: u8 = 2;

/// Pixels looked at together.
const BLOCK: usize = 32;
/// Rows a worker takes at a time.
const BAND_ROWS: usize = 16;
/// Some hundred microseconds of comparing.
const PIXELS_PER_WORKER: usize = 500_000;
const WORKERS_MAX: usize = 4;

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
pub(crate) fn pale(pixel: [u8; 4]) -> [u8; 4] {
    // Most of a page is its paper.
    if pixel == [255; 4] {
        return pixel;
    }
    let value = (255.0 + (gray(pixel) - 255.0) * 0.15) as u8;
    [value, value, value, 255]
}

/// Compares two pictures of any sizes.
pub fn compare(first: &Picture, second: &Picture, options: &Options) -> Diff {
    let (width, height) = (first.width().max(second.width()) as usize, first.height().max(second.height()) as usize);
    let common = (first.width().min(second.width()) as usize, first.height().min(second.height()) as usize);
    let mut marks = vec![SAME; width * height];
    let ignored = Ignored::new(&options.ignored, width, height);
    let task = Task {
        first,
        second,
        common,
        limit: limit(options.threshold),
        count_smoothing: options.count_smoothing,
        ignored: &ignored,
        reach: reach(options.dilation as usize),
    };
    let mut bands: Vec<Vec<(usize, &mut [u8])>> = Vec::new();
    bands.resize_with(workers(width * height), Vec::new);
    let count = bands.len();
    // In turn, for what differs often lies close together.
    for (n, band) in marks.chunks_mut((width * BAND_ROWS).max(1)).enumerate() {
        bands[n % count].push((n * BAND_ROWS, band));
    }
    let found = task.judge_all(bands, width);
    let areas = areas(&found.runs, width, task.reach, options.areas_max);
    // Both come from 32 bits.
    #[expect(clippy::cast_possible_truncation, reason = "the larger of two 32-bit sizes")]
    let (width, height) = (width as u32, height as u32);
    let (different_pixels, smoothing_pixels) = (found.different, found.smoothing);
    Diff { width, height, different_pixels, smoothing_pixels, ignored_pixels: ignored.count, areas, marks }
}

/// Threads for so many pixels: one while starting another would take longer than it saves.
fn workers(pixels: usize) -> usize {
    static PROCESSORS: LazyLock<usize> = LazyLock::new(|| std::thread::available_parallelism().map_or(1, NonZero::get));
    if pixels < PIXELS_PER_WORKER * 2 { 1 } else { (*PROCESSORS).min(pixels / PIXELS_PER_WORKER).min(WORKERS_MAX) }
}

/// What one comparison looks at.
struct Task<'a> {
    first: &'a Picture,
    second: &'a Picture,
    /// The size both have.
    common: (usize, usize),
    limit: f32,
    count_smoothing: bool,
    ignored: &'a Ignored,
    /// How far different pixels of one area may lie apart.
    reach: usize,
}

/// What a part of the rows has.
#[derive(Default)]
struct Found {
    different: u64,
    smoothing: u64,
    /// Where, from the top and from the left.
    runs: Vec<Run>,
}

impl Task<'_> {
    /// Judges each worker's bands, each of which begins at a row and holds the marks of `width` pixels a row.
    fn judge_all(&self, mut bands: Vec<Vec<(usize, &mut [u8])>>, width: usize) -> Found {
        let own = bands.pop().unwrap_or_default();
        std::thread::scope(|scope| {
            let others: Vec<_> = bands.into_iter().map(|bands| scope.spawn(move || self.judge_bands(bands, width))).collect();
            let mut found = self.judge_bands(own, width);
            for other in others {
                let other = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                found.different += other.different;
                found.smoothing += other.smoothing;
                found.runs.extend(other.runs);
            }
            // Quick for what consists of a few ordered parts; within a row they keep their order.
            found.runs.sort_by_key(|run| run.y);
            found
        })
    }

    fn judge_bands(&self, bands: Vec<(usize, &mut [u8])>, width: usize) -> Found {
        let mut found = Found::default();
        let mut judge = Judge { task: self, smoothing: Smoothing::new(self.common), unequal: List::default(), different: List::default() };
        for (top, band) in bands {
            for (y, marks) in (top..).zip(band.chunks_exact_mut(width)) {
                judge.row(y, marks, &mut found);
            }
        }
        found
    }
}

/// One worker.
struct Judge<'a> {
    task: &'a Task<'a>,
    smoothing: Smoothing,
    /// Places of a row whose bytes are not the same.
    unequal: List<usize>,
    /// Those of them that a person sees differ.
    different: List<usize>,
}

impl Judge<'_> {
    fn row(&mut self, y: usize, marks: &mut [u8], found: &mut Found) {
        let task = self.task;
        let shared = if y < task.common.1 { task.common.0 } else { 0 };
        if shared > 0 {
            let (a, b) = (task.first.row(y, shared), task.second.row(y, shared));
            if a != b {
                self.common((a, b), y, marks, found);
            }
        }
        for (x, mark) in marks.iter_mut().enumerate().skip(shared) {
            if !task.ignored.has(x, y) {
                *mark = DIFFERENT;
                found.different += 1;
            }
        }
        add_runs(&mut found.runs, y, (shared..marks.len()).filter(|x| marks[*x] == DIFFERENT), task.reach);
    }

    /// What both pictures have of a row.
    fn common(&mut self, (a, b): (&[[u8; 4]], &[[u8; 4]]), y: usize, marks: &mut [u8], found: &mut Found) {
        let task = self.task;
        self.unequal.clear(a.len());
        // A block at a time: most of a row that differs somewhere is the same.
        for (n, (a, b)) in a.chunks(BLOCK).zip(b.chunks(BLOCK)).enumerate() {
            if a != b {
                for (x, (a, b)) in (n * BLOCK..).zip(a.iter().zip(b)) {
                    self.unequal.put(x, a != b);
                }
            }
        }
        self.different.clear(a.len());
        for &x in self.unequal.items() {
            self.different.put(x, delta(a[x], b[x]) > task.limit && !task.ignored.has(x, y));
        }
        let different = self.different.items();
        for &x in different {
            marks[x] = DIFFERENT;
        }
        let mut smoothing = 0;
        if !task.count_smoothing {
            self.smoothing.each_in_row((task.first, task.second), y, different, |x| marks[x] = SMOOTHING);
            // The rest may smooth an edge of the other.
            self.unequal.clear(different.len());
            for &x in different {
                self.unequal.put(x, marks[x] == DIFFERENT);
            }
            self.smoothing.each_in_row((task.second, task.first), y, self.unequal.items(), |x| marks[x] = SMOOTHING);
            smoothing = different.iter().map(|x| u64::from(marks[*x] == SMOOTHING)).sum();
        }
        found.smoothing += smoothing;
        found.different += different.len() as u64 - smoothing;
        add_runs(&mut found.runs, y, different.iter().copied().filter(|x| marks[*x] == DIFFERENT), task.reach);
    }
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
