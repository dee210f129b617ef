//! The one order of points: by time, each time once.

use crate::Point;

/// Sorts by time; of points with one time the last in the list stays.
#[must_use]
pub fn ascending(mut points: Vec<Point>) -> Vec<Point> {
    if points.windows(2).all(|w| w[0].t < w[1].t) {
        return points;
    }
    // Stable, so twins keep their order of arrival.
    points.sort_by_key(|p| p.t);
    let mut out: Vec<Point> = Vec::with_capacity(points.len());
    for point in points {
        match out.last_mut() {
            Some(last) if last.t == point.t => *last = point,
            _ => out.push(point),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascending_of_twins_keeps_the_last_arrival() {
        let points = [(5, 1.0), (3, 2.0), (5, 3.0), (3, 4.0), (9, 5.0)].map(|(t, v)| Point::new(t, v));
        let expected = [(3, 4.0), (5, 3.0), (9, 5.0)].map(|(t, v)| Point::new(t, v));
        assert_eq!(ascending(points.to_vec()), expected);
        assert_eq!(ascending(expected.to_vec()), expected);
    }
}
