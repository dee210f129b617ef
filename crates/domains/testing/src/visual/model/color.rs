//! Colours as the browser writes them, and how different two of them look (CIE 1976 ΔE).

/// Red, green and blue of `rgb(1, 2, 3)` or `rgba(1, 2, 3, 0.5)`, laid on white paper.
pub fn parse(text: &str) -> Option<[f64; 3]> {
    let inner = text.strip_prefix("rgba(").or_else(|| text.strip_prefix("rgb("))?.strip_suffix(')')?;
    let mut numbers = inner.split([',', ' ', '/']).filter(|part| !part.is_empty()).map(|part| part.parse::<f64>().ok());
    let rgb = [numbers.next()??, numbers.next()??, numbers.next()??];
    let alpha = numbers.next().flatten().unwrap_or(1.0).clamp(0.0, 1.0);
    Some(rgb.map(|channel| 255.0 + (channel.clamp(0.0, 255.0) - 255.0) * alpha))
}

fn lab(rgb: [f64; 3]) -> [f64; 3] {
    let linear = rgb.map(|channel| {
        let c = channel / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    });
    let [r, g, b] = linear;
    let x = (0.412_456_4 * r + 0.357_576_1 * g + 0.180_437_5 * b) / 0.950_47;
    let y = 0.212_672_9 * r + 0.715_152_2 * g + 0.072_175 * b;
    let z = (0.019_333_9 * r + 0.119_192 * g + 0.950_304_1 * b) / 1.088_83;
    let [x, y, z] = [x, y, z].map(|t| if t > 0.008_856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 });
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

/// 0 for the same colour, 100 from black to white; `None` when one of them is no colour.
pub fn difference(before: &str, after: &str) -> Option<f64> {
    let (a, b) = (lab(parse(before)?), lab(parse(after)?));
    Some(a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn black_and_white_are_100_apart_and_equal_colours_0() {
        assert!((difference("rgb(0, 0, 0)", "rgb(255, 255, 255)").unwrap() - 100.0).abs() < 0.1);
        assert!(difference("rgb(1, 2, 3)", "rgba(1, 2, 3, 1)").unwrap() < 1e-9);
        assert!(difference("rgba(0, 0, 0, 0)", "rgb(255 255 255)").unwrap() < 1e-9, "nothing on paper is white");
        assert_eq!(difference("auto", "rgb(0, 0, 0)"), None);
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(text in "(rgba?\\()?\\PC{0,20}\\)?") {
            if let Some(rgb) = parse(&text) {
                prop_assert!(rgb.iter().all(|c| (0.0..=255.0).contains(c)));
            }
        }
    }
}
