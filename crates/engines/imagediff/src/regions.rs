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

/// The boxes around what is `wanted`, where pixels whose grown squares touch belong together; the largest first.
pub(crate) fn areas(marks: &[u8], wanted: u8, width: usize, height: usize, grow: usize, max: usize) -> Vec<Area> {
    let mut runs: Vec<Run> = Vec::new();
    let mut parents: Vec<usize> = Vec::new();
    // Runs of rows that may still touch one below.
    let mut open = 0;
    let reach = 2 * grow + 1;
    for y in 0..height {
        let row = &marks[y * width..(y + 1) * width];
        while runs.get(open).is_some_and(|run| run.y + reach < y) {
            open += 1;
        }
        let above = open..runs.len();
        for (left, right) in row_runs(row, wanted, reach) {
            let number = runs.len();
            runs.push(Run { left, right, y });
            parents.push(number);
            for other in above.clone() {
                if runs[other].left <= right + reach && left <= runs[other].right + reach {
                    let (a, b) = (root(&mut parents, other), root(&mut parents, number));
                    parents[a.max(b)] = a.min(b);
                }
            }
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

/// Marked pixels of one row, nearer than the reach to each other.
struct Run {
    left: usize,
    right: usize,
    y: usize,
}

fn row_runs(row: &[u8], wanted: u8, reach: usize) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (x, _) in row.iter().enumerate().filter(|(_, mark)| **mark == wanted) {
        match runs.last_mut() {
            Some((_, right)) if x - *right <= reach => *right = x,
            _ => runs.push((x, x)),
        }
    }
    runs
}

fn root(parents: &mut [usize], mut number: usize) -> usize {
    while parents[number] != number {
        parents[number] = parents[parents[number]];
        number = parents[number];
    }
    number
}
