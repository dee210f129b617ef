//! Where a picture changed: pixels near to each other make one area.

/// A part of a picture in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Area {
    pub x: u32,
    pub y: u32,
    pub width: u32,
    pub height: u32,
}

impl Area {
    pub fn pixels(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    pub fn contains(&self, x: u32, y: u32) -> bool {
        x >= self.x && y >= self.y && x - self.x < self.width && y - self.y < self.height
    }
}

/// What a component spans: columns and rows, both ends in it.
#[derive(Clone, Copy)]
struct Span {
    left: usize,
    top: usize,
    right: usize,
    bottom: usize,
}

/// How far pixels may lie apart whose squares, grown by so much, still touch.
pub(crate) fn reach(grow: usize) -> usize {
    2 * grow + 1
}

/// The boxes around the runs of a picture, from its top and from the left, where those in reach of each other belong
/// together; the largest first.
pub(crate) fn areas(runs: &[Run], width: usize, reach: usize, max: usize) -> Vec<Area> {
    let mut parents: Vec<usize> = (0..runs.len()).collect();
    // The lowest run over each column. One above it that is still in reach belongs to the same component already.
    let mut lowest: Vec<usize> = vec![usize::MAX; width];
    let mut number = 0;
    for row in runs.chunk_by(|a, b| a.y == b.y) {
        let first = number;
        for run in row {
            let (mut x, end) = (run.left.saturating_sub(reach), (run.right + reach).min(width - 1));
            while x <= end {
                match runs.get(lowest[x]) {
                    Some(above) if above.y + reach >= run.y => {
                        let (a, b) = (root(&mut parents, lowest[x]), root(&mut parents, number));
                        parents[a.max(b)] = a.min(b);
                        x = above.right + 1;
                    }
                    _ => x += 1,
                }
            }
            number += 1;
        }
        for (number, run) in (first..).zip(row) {
            lowest[run.left..=run.right].fill(number);
        }
    }
    let mut spans: Vec<Option<Span>> = vec![None; runs.len()];
    for (number, run) in runs.iter().enumerate() {
        let span = &mut spans[root(&mut parents, number)];
        let old = span.unwrap_or(Span { left: run.left, top: run.y, right: run.right, bottom: run.y });
        *span = Some(Span {
            left: old.left.min(run.left),
            top: old.top.min(run.y),
            right: old.right.max(run.right),
            bottom: old.bottom.max(run.y),
        });
    }
    let mut areas: Vec<Area> = spans.into_iter().flatten().map(area).collect();
    areas.sort_by_key(|area| (std::cmp::Reverse(area.pixels()), area.y, area.x));
    areas.truncate(max);
    areas
}

#[expect(clippy::cast_possible_truncation, reason = "places in a picture whose sizes have 32 bits")]
fn area(span: Span) -> Area {
    let (width, height) = (span.right - span.left + 1, span.bottom - span.top + 1);
    Area { x: span.left as u32, y: span.top as u32, width: width as u32, height: height as u32 }
}

/// Different pixels of one row, nearer than the reach to each other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    pub(crate) left: usize,
    pub(crate) right: usize,
    pub(crate) y: usize,
}

/// Adds the runs of a row whose different pixels are these, from the left.
pub(crate) fn add_runs(runs: &mut Vec<Run>, y: usize, places: impl Iterator<Item = usize>, reach: usize) {
    for x in places {
        match runs.last_mut() {
            Some(run) if run.y == y && x - run.right <= reach => run.right = x,
            _ => runs.push(Run { left: x, right: x, y }),
        }
    }
}

fn root(parents: &mut [usize], mut number: usize) -> usize {
    while parents[number] != number {
        parents[number] = parents[parents[number]];
        number = parents[number];
    }
    number
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Area, add_runs, areas, reach};

    /// The same by looking at every two pixels.
    fn slowly(marks: &[u8], width: usize, reach: usize) -> Vec<Area> {
        let mut left: Vec<(usize, usize)> = (0..marks.len()).filter(|at| marks[*at] == 1).map(|at| (at % width, at / width)).collect();
        let mut found = Vec::new();
        while let Some(first) = left.pop() {
            let mut component = vec![first];
            let mut next = 0;
            while let Some(&(x, y)) = component.get(next) {
                let (near, far): (Vec<_>, Vec<_>) = left.into_iter().partition(|p| p.0.abs_diff(x) <= reach && p.1.abs_diff(y) <= reach);
                component.extend(near);
                left = far;
                next += 1;
            }
            let (columns, rows) = (component.iter().map(|p| p.0), component.iter().map(|p| p.1));
            let (x, y) = (columns.clone().min().unwrap(), rows.clone().min().unwrap());
            let size = |from: usize, to: usize| u32::try_from(to - from + 1).unwrap();
            let (width, height) = (size(x, columns.max().unwrap()), size(y, rows.max().unwrap()));
            found.push(Area { x: u32::try_from(x).unwrap(), y: u32::try_from(y).unwrap(), width, height });
        }
        found.sort_by_key(|area| (std::cmp::Reverse(area.pixels()), area.y, area.x));
        found
    }

    proptest! {
        #[test]
        fn areas_are_the_components_of_pixels_in_reach(
            marks in prop::collection::vec(prop::sample::select(vec![0_u8, 0, 0, 0, 0, 0, 0, 1, 2]), 24 * 20),
            grow in 0_usize..3,
        ) {
            let mut runs = Vec::new();
            for (y, row) in marks.chunks(24).enumerate() {
                add_runs(&mut runs, y, (0..24).filter(|x| row[*x] == 1), reach(grow));
            }
            let (fast, slow) = (areas(&runs, 24, reach(grow), usize::MAX), slowly(&marks, 24, reach(grow)));
            prop_assert_eq!(fast, slow);
        }
    }
}
