//! Down-sampling for charts: at most two points a pixel column, its minimum and its maximum, so no spike is lost.

use crate::Point;

/// The points of `[from, to)` reduced to the smallest and the largest of each of `width` pixel columns, in time order.
///
/// Ranges that already fit (at most `2 * width` points) come back whole. NaN points are left out; a column without
/// points stays empty. Input must ascend by time.
#[must_use]
pub fn minmax_downsample(points: &[Point], from: i64, to: i64, width: usize) -> Vec<Point> {
    if width == 0 || to <= from {
        return Vec::new();
    }
    let low = points.partition_point(|p| p.t < from);
    let high = points.partition_point(|p| p.t < to).max(low);
    let inside = &points[low..high];
    if inside.len() <= 2 * width {
        return inside.iter().copied().filter(|p| !p.v.is_nan()).collect();
    }
    let span = i128::from(to) - i128::from(from);
    let column_of = |t: i64| (i128::from(t) - i128::from(from)) * width as i128 / span;
    let mut out = Vec::with_capacity(2 * width);
    let mut open: Option<(i128, Point, Point)> = None;
    for &point in inside.iter().filter(|p| !p.v.is_nan()) {
        let column = column_of(point.t);
        match &mut open {
            Some((current, least, most)) if *current == column => {
                if point.v < least.v {
                    *least = point;
                }
                if point.v > most.v {
                    *most = point;
                }
            }
            _ => {
                close(open.replace((column, point, point)), &mut out);
            }
        }
    }
    close(open, &mut out);
    out
}

fn close(column: Option<(i128, Point, Point)>, out: &mut Vec<Point>) {
    let Some((_, least, most)) = column else {
        return;
    };
    let (first, second) = if least.t <= most.t { (least, most) } else { (most, least) };
    out.push(first);
    if second.t != first.t {
        out.push(second);
    }
}
