//! Two pictures with what the browser said of them, and what comes of comparing them.

use std::collections::HashSet;

use argos_imagediff::{Area, Options, Picture, PictureError, compare, similarity};

use super::difference::{Around, Difference, Kind, differences};
use super::layout::{Facts, Rect};
use super::record::{ChangeStory, Measured};
use super::wanted::Tolerance;

/// One side.
pub struct Side<'a> {
    pub picture: &'a Picture,
    pub facts: Option<&'a Facts>,
}

/// How the sides are compared. Rects are CSS pixels of the picture.
pub struct Manner<'a> {
    pub tolerance: Tolerance,
    pub ignored: &'a [Rect],
    pub learned: &'a HashSet<String>,
    pub scale: f64,
    /// Width and height of the view.
    pub view: (u32, u32),
}

/// What was found, with the picture of it when something differs.
pub struct Verdict {
    pub measured: Measured,
    pub picture: Option<Picture>,
}

/// The pixels of a rect, grown to whole ones.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what a picture may measure")]
pub fn area(rect: Rect, scale: f64) -> Area {
    let pixels = |n: f64| n.clamp(0.0, 1_000_000.0) as u32;
    let (left, top) = (pixels((rect.x * scale).floor()), pixels((rect.y * scale).floor()));
    let (right, bottom) = (pixels(((rect.x + rect.width) * scale).ceil()), pixels(((rect.y + rect.height) * scale).ceil()));
    Area { x: left, y: top, width: right.saturating_sub(left), height: bottom.saturating_sub(top) }
}

fn rect(area: Area, scale: f64) -> Rect {
    let css = |n: u32| f64::from(n) / scale;
    Rect { x: css(area.x), y: css(area.y), width: css(area.width), height: css(area.height) }
}

/// Four decimals, never rounded up to a whole hundred while a pixel differs.
fn matching(percent: f64) -> f64 {
    let rounded = ((100.0 - percent) * 10_000.0).round() / 10_000.0;
    if rounded >= 100.0 && percent > 0.0 { 99.9999 } else { rounded }
}

fn four(n: f64) -> f64 {
    (n * 10_000.0).round() / 10_000.0
}

/// As many digits as can be read; rounded down, so that a hundred means all.
fn share(percent: f64) -> String {
    if percent < 1.0 { format!("{percent:.4} %") } else { format!("{:.1} %", (percent * 10.0).floor() / 10.0) }
}

fn summary(matches: bool, same_size: bool, percent: f64, found: &[Difference]) -> String {
    let regressions = found.iter().filter(|d| d.is_regression).count();
    if matches && regressions == 0 {
        return if percent > 0.0 {
            format!("{} of the pixels differ, within what is tolerated", share(percent))
        } else {
            "Nothing differs".to_owned()
        };
    }
    let size = if same_size { "" } else { "; the sizes differ" };
    let first = found.iter().find(|d| d.kind != Kind::Dynamic).map_or_else(String::new, |d| format!(": {}", d.description));
    let places = if found.len() == 1 { "1 difference".to_owned() } else { format!("{} differences", found.len()) };
    let matter = if regressions == 1 { "1 matters".to_owned() } else { format!("{regressions} matter") };
    format!("{} of the pixels differ{size}; {places}, of which {matter}{first}", share(percent))
}

fn options(threshold: f64, ignored: &[Rect], scale: f64) -> Options {
    let ignored = ignored.iter().map(|r| area(*r, scale)).collect();
    #[expect(clippy::cast_possible_truncation, reason = "between 0 and 1")]
    let threshold = threshold as f32;
    Options { threshold, ignored, ..Options::default() }
}

/// How much the pixels differ that were found to differ; `None` when nobody wrote down what was left out.
pub fn heat(before: &Picture, after: &Picture, measured: &Measured) -> Option<Result<Picture, PictureError>> {
    let options = options(measured.threshold, measured.ignored.as_deref()?, measured.scale);
    Some(compare(before, after, &options).heat(before, after))
}

/// Compares the present picture with the baseline.
pub fn judge(before: &Side<'_>, after: &Side<'_>, manner: &Manner<'_>) -> Verdict {
    let diff = compare(before.picture, after.picture, &options(manner.tolerance.threshold, manner.ignored, manner.scale));
    let percent = diff.percent().unwrap_or(0.0);
    let matches = percent <= manner.tolerance.threshold_percentage;
    let areas: Vec<Rect> = diff.areas.iter().map(|a| rect(*a, manner.scale)).collect();
    let around = Around {
        areas: &areas,
        ignored: manner.ignored,
        learned: manner.learned,
        viewport_area: f64::from(manner.view.0) * f64::from(manner.view.1),
    };
    let elements = |side: &Side<'_>| side.facts.map(|f| f.elements.clone()).unwrap_or_default();
    let found = differences(&elements(before), &elements(after), &around);
    let same_size = (before.picture.width(), before.picture.height()) == (after.picture.width(), after.picture.height());
    let delta = |pick: fn(&Facts) -> Option<f64>| Some(after.facts.and_then(pick)? - before.facts.and_then(pick)?);
    let measured = Measured {
        matches: Some(matches),
        match_percentage: Some(matching(percent)),
        diff_pixel_count: Some(diff.different_pixels),
        diff_percentage: Some(four(percent)),
        ssim: Some(four(similarity(before.picture, after.picture))),
        threshold: manner.tolerance.threshold,
        threshold_percentage: manner.tolerance.threshold_percentage,
        summary: summary(matches, same_size, percent, &found),
        differences: found,
        warnings: Vec::new(),
        lcp_delta: delta(|f| f.lcp_ms).map(four),
        cls_delta: delta(|f| f.cls).map(four),
        width: after.picture.width(),
        height: after.picture.height(),
        scale: manner.scale,
        ignored: Some(manner.ignored.to_vec()),
        taken: None,
        story: ChangeStory::default(),
    };
    let picture = if diff.different_pixels > 0 { diff.picture(after.picture).ok() } else { None };
    Verdict { measured, picture }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(width: u32, height: u32) -> Picture {
        Picture::filled(width, height, [255, 255, 255, 255]).unwrap()
    }

    fn manner<'a>(ignored: &'a [Rect], learned: &'a HashSet<String>, percent: f64) -> Manner<'a> {
        let tolerance = Tolerance { threshold: 0.1, threshold_percentage: percent };
        Manner { tolerance, ignored, learned, scale: 1.0, view: (1440, 900) }
    }

    fn sides<'a>(a: &'a Picture, b: &'a Picture) -> (Side<'a>, Side<'a>) {
        (Side { picture: a, facts: None }, Side { picture: b, facts: None })
    }

    fn gray(picture: &Picture) -> bool {
        picture.rgba().chunks_exact(4).all(|p| p[0] == p[1] && p[1] == p[2])
    }

    #[test]
    fn recoloured_square_is_400_pixels_and_an_ignored_region_makes_it_match() {
        let (before, mut after, none) = (page(1440, 900), page(1440, 900), HashSet::new());
        after.fill(Area { x: 100, y: 200, width: 20, height: 20 }, [200, 0, 0, 255]);
        let (a, b) = sides(&before, &after);
        let verdict = judge(&a, &b, &manner(&[], &none, 0.0));
        let m = &verdict.measured;
        assert_eq!(
            (m.matches, m.diff_pixel_count, m.diff_percentage, m.match_percentage),
            (Some(false), Some(400), Some(0.0309), Some(99.9691))
        );
        assert!(verdict.picture.is_some() && m.differences.len() == 1 && m.ssim.unwrap() < 1.0);
        let ignored = [Rect { x: 90.0, y: 190.0, width: 40.0, height: 40.0 }];
        let verdict = judge(&a, &b, &manner(&ignored, &none, 0.0));
        assert_eq!((verdict.measured.matches, verdict.measured.differences.len()), (Some(true), 0));
        // The heat is of what was compared; how an older comparison did it is unknown.
        let heat = |m: &Measured| heat(&before, &after, m).map(|picture| picture.unwrap());
        assert!(heat(&verdict.measured).is_some_and(|cold| cold.commonest_share() < 1.0 && gray(&cold)), "only pale");
        assert!(heat(m).is_some_and(|warm| !gray(&warm)) && heat(&Measured::default()).is_none());
    }

    #[test]
    fn longer_page_is_never_scaled_and_one_pixel_never_rounds_to_the_whole() {
        let (before, after, none) = (page(100, 100), page(100, 150), HashSet::new());
        let (a, b) = sides(&before, &after);
        let verdict = judge(&a, &b, &manner(&[], &none, 0.1));
        assert_eq!(verdict.measured.match_percentage, Some(66.6667));
        assert!(verdict.measured.summary.contains("sizes differ"), "{}", verdict.measured.summary);
        assert!((matching(0.000_000_1) - 99.9999).abs() < 1e-9 && (matching(0.0) - 100.0).abs() < 1e-9);
    }
}
