//! Comparisons whose result is known, and rules that hold for any two pictures.

use proptest::prelude::*;

use crate::color::{delta, limit};
use crate::smoothing::is_smoothing_at_edge;
use crate::{Area, Options, Picture, compare};

const WHITE: [u8; 4] = [255, 255, 255, 255];
const BLACK: [u8; 4] = [0, 0, 0, 255];

fn white(width: u32, height: u32) -> Picture {
    Picture::filled(width, height, WHITE).unwrap()
}

fn paint(picture: &mut Picture, area: Area, color: [u8; 4]) {
    for y in area.y..area.y + area.height {
        for x in area.x..area.x + area.width {
            picture.set(x, y, color);
        }
    }
}

const fn area(x: u32, y: u32, width: u32, height: u32) -> Area {
    Area { x, y, width, height }
}

#[test]
fn square_on_a_page_is_found_with_its_place_and_percent() {
    let first = white(1440, 900);
    let mut second = first.clone();
    paint(&mut second, area(100, 200, 20, 20), [200, 0, 0, 255]);
    let diff = compare(&first, &second, &Options::default());
    assert_eq!((diff.different_pixels, diff.areas.as_slice()), (400, &[area(100, 200, 20, 20)][..]));
    assert_eq!(format!("{:.4}", diff.percent().unwrap()), "0.0309");
    let picture = diff.picture(&second).unwrap();
    assert_eq!((picture.pixel(110, 210), picture.pixel(10, 10)), ([255, 0, 0, 255], WHITE));
}

#[test]
fn colour_that_nobody_tells_apart_is_the_same() {
    let (first, second) = (white(10, 10), Picture::filled(10, 10, [250, 250, 250, 255]).unwrap());
    assert_eq!(compare(&first, &second, &Options::default()).different_pixels, 0);
    let strict = Options { threshold: 0.0, ..Options::default() };
    assert_eq!(compare(&first, &second, &strict).different_pixels, 100);
    // Transparent is white paper, whatever colour it hides.
    let hidden = Picture::filled(10, 10, [0, 0, 0, 0]).unwrap();
    assert_eq!(compare(&first, &hidden, &strict).different_pixels, 0);
}

#[test]
fn edge_that_is_smoothed_otherwise_is_told_apart() {
    // A dark half and a bright one, with a slope of one pixel between that is rendered darker the second time.
    let mut first = white(20, 20);
    paint(&mut first, area(0, 0, 10, 20), BLACK);
    let mut second = first.clone();
    for y in 1..19 {
        first.set(10, y, [160, 160, 160, 255]);
        second.set(10, y, [70, 70, 70, 255]);
    }
    let diff = compare(&first, &second, &Options::default());
    assert_eq!((diff.different_pixels, diff.smoothing_pixels), (0, 18));
    let all = compare(&first, &second, &Options { count_smoothing: true, ..Options::default() });
    assert_eq!((all.different_pixels, all.smoothing_pixels), (18, 0));
}

#[test]
fn ignored_area_counts_neither_as_different_nor_as_compared() {
    let first = white(100, 100);
    let mut second = first.clone();
    paint(&mut second, area(10, 10, 20, 20), BLACK);
    let ignore = |ignored| Options { ignored, ..Options::default() };
    let diff = compare(&first, &second, &ignore(vec![area(10, 10, 20, 20)]));
    assert_eq!((diff.different_pixels, diff.ignored_pixels, diff.percent()), (0, 400, Some(0.0)));
    let half = compare(&first, &second, &ignore(vec![area(0, 0, 20, 100), area(0, 0, 5, 5)]));
    assert_eq!((half.different_pixels, half.ignored_pixels, half.percent()), (200, 2000, Some(2.5)));
    let all = compare(&first, &second, &ignore(vec![area(0, 0, u32::MAX, u32::MAX)]));
    assert_eq!((all.different_pixels, all.percent()), (0, None));
}

#[test]
fn what_one_picture_has_more_is_different() {
    let diff = compare(&white(100, 50), &white(90, 60), &Options::default());
    assert_eq!((diff.width, diff.height), (100, 60));
    assert_eq!(diff.different_pixels, 100 * 60 - 90 * 50);
    assert_eq!(compare(&white(0, 0), &white(3, 3), &Options::default()).different_pixels, 9);
    assert_eq!(compare(&white(0, 0), &white(0, 5), &Options::default()).percent(), None);
}

#[test]
fn changes_that_are_near_make_one_area() {
    let first = white(300, 300);
    let mut second = first.clone();
    for place in [area(10, 10, 5, 5), area(31, 10, 5, 5), area(100, 10, 5, 5), area(10, 100, 30, 30)] {
        paint(&mut second, place, BLACK);
    }
    let found = compare(&first, &second, &Options::default()).areas;
    assert_eq!(found, [area(10, 100, 30, 30), area(10, 10, 26, 5), area(100, 10, 5, 5)]);
    let largest = compare(&first, &second, &Options { areas_max: 1, ..Options::default() }).areas;
    assert_eq!(largest, [area(10, 100, 30, 30)]);
}

#[test]
fn png_that_claims_a_huge_size_is_refused() {
    let mut bytes = white(1, 1).to_png().unwrap();
    bytes[16..20].copy_from_slice(&0x7FFF_FFFF_u32.to_be_bytes());
    assert!(Picture::from_png(&bytes).is_err());
    assert!(Picture::from_png(b"GIF89a").is_err());
    assert!(Picture::new(2, 2, vec![0; 15]).is_err());
    assert!(Picture::filled(100_000, 100_000, WHITE).is_err());
}

fn pictures() -> impl Strategy<Value = Picture> {
    // Few colours, so that flats and edges come about.
    let color = prop::sample::select(vec![WHITE, BLACK, [128, 128, 128, 255], [255, 0, 0, 255], [0, 0, 255, 100]]);
    (0_u32..12, 0_u32..12).prop_flat_map(move |(width, height)| {
        prop::collection::vec(color.clone(), (width * height) as usize)
            .prop_map(move |pixels| Picture::new(width, height, pixels.concat()).unwrap())
    })
}

/// Different and smoothing pixels by the rule, pixel by pixel, and where the different ones begin and end.
fn plainly(a: &Picture, b: &Picture, options: &Options) -> (u64, u64, Option<Area>) {
    let size = (a.width().min(b.width()) as usize, a.height().min(b.height()) as usize);
    let (mut different, mut smoothing, mut places) = (0, 0, Vec::new());
    for (x, y) in (0..a.height().max(b.height())).flat_map(|y| (0..a.width().max(b.width())).map(move |x| (x, y))) {
        let at = (x as usize, y as usize);
        if options.ignored.iter().any(|area| area.contains(x, y)) {
            continue;
        }
        if at.0 < size.0 && at.1 < size.1 {
            if delta(a.pixel(at.0, at.1), b.pixel(at.0, at.1)) <= limit(options.threshold) {
                continue;
            }
            if !options.count_smoothing && (is_smoothing_at_edge(a, b, at, size) || is_smoothing_at_edge(b, a, at, size)) {
                smoothing += 1;
                continue;
            }
        }
        different += 1;
        places.push((x, y));
    }
    let (columns, rows) = (places.iter().map(|place| place.0), places.iter().map(|place| place.1));
    let ends = columns.clone().min().zip(columns.max()).zip(rows.clone().min().zip(rows.max()));
    (different, smoothing, ends.map(|((left, right), (top, bottom))| area(left, top, right - left + 1, bottom - top + 1)))
}

#[test]
fn large_picture_shared_among_processors_is_judged_as_pixel_by_pixel() {
    let mut first = white(1_203, 1_011);
    let mut state = 7_u32;
    let mut random = |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % below
    };
    for _ in 0..4_000 {
        let gray = u8::try_from(random(256)).unwrap();
        let (x, y) = (random(1_200), random(1_000));
        first.fill(area(x, y, 1 + random(6), 1 + random(6)), [gray, gray, u8::try_from(random(256)).unwrap(), 255]);
    }
    // Everything moved by three rows and a column.
    let mut second = white(1_201, 1_014);
    for (x, y) in (0..1_011).flat_map(|y| (0..1_200).map(move |x| (x, y))) {
        second.set(x + 1, y + 3, first.pixel(x as usize, y as usize));
    }
    // So near counts as one area that all of them are in one.
    let ignored = vec![area(300, 200, 90, 700), area(1_190, 0, 40, 40)];
    let options = Options { dilation: 600, ignored, ..Options::default() };
    let diff = compare(&first, &second, &options);
    let (different, smoothing, bounds) = plainly(&first, &second, &options);
    assert!(different > 10_000 && smoothing > 100, "{different} {smoothing}");
    assert_eq!((diff.different_pixels, diff.smoothing_pixels, diff.areas), (different, smoothing, Vec::from_iter(bounds)));
}

proptest! {
    #[test]
    fn pictures_are_judged_together_as_pixel_by_pixel(
        a in pictures(), b in pictures(), threshold in 0.0_f32..0.6, count_smoothing: bool, hidden in prop::option::of((0_u32..9, 0_u32..9)),
    ) {
        let ignored = hidden.map(|(x, y)| area(x, y, 4, 3)).into_iter().collect();
        let options = Options { threshold, count_smoothing, ignored, dilation: 12, ..Options::default() };
        let diff = compare(&a, &b, &options);
        let expected = plainly(&a, &b, &options);
        prop_assert_eq!((diff.different_pixels, diff.smoothing_pixels, diff.areas.first().copied()), expected);
    }

    #[test]
    fn picture_comes_back_from_its_png(picture in pictures()) {
        // A PNG has at least one pixel.
        prop_assume!(picture.width() > 0 && picture.height() > 0);
        prop_assert_eq!(Picture::from_png(&picture.to_png().unwrap()).unwrap(), picture);
    }

    #[test]
    fn picture_is_the_same_as_itself(picture in pictures(), threshold in 0.0_f32..1.0) {
        let diff = compare(&picture, &picture, &Options { threshold, ..Options::default() });
        prop_assert_eq!((diff.different_pixels, diff.smoothing_pixels, diff.areas.len()), (0, 0, 0));
    }

    #[test]
    fn order_of_the_pictures_does_not_matter(a in pictures(), b in pictures()) {
        let (one, two) = (compare(&a, &b, &Options::default()), compare(&b, &a, &Options::default()));
        prop_assert_eq!(one, two);
    }

    #[test]
    fn higher_threshold_finds_no_more(a in pictures(), b in pictures(), low in 0.0_f32..1.0, more in 0.0_f32..1.0) {
        let count = |threshold| compare(&a, &b, &Options { threshold, count_smoothing: true, ..Options::default() }).different_pixels;
        prop_assert!(count(low) >= count(low + more));
    }

    #[test]
    fn areas_of_any_two_pictures_hold_every_different_pixel(a in pictures(), b in pictures(), dilation in 0_u32..4) {
        let diff = compare(&a, &b, &Options { dilation, ..Options::default() });
        let shown = diff.picture(&b).unwrap();
        let red: Vec<(u32, u32)> = (0..shown.height()).flat_map(|y| (0..shown.width()).map(move |x| (x, y)))
            .filter(|&(x, y)| shown.pixel(x as usize, y as usize) == [255, 0, 0, 255]).collect();
        prop_assert_eq!(red.len() as u64, diff.different_pixels);
        for (x, y) in red {
            prop_assert!(diff.areas.iter().any(|area| area.contains(x, y)));
        }
    }

    #[test]
    fn any_bytes_are_a_picture_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200), at in 8_usize..60, byte in any::<u8>()) {
        let _any = Picture::from_png(&bytes).is_ok();
        let mut png = white(3, 3).to_png().unwrap();
        if let Some(place) = png.get_mut(at) {
            *place = byte;
        }
        let _changed = Picture::from_png(&png).is_ok();
    }
}
