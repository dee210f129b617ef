//! Pictures beside a question: what they are, and what each provider counts for them. Pure.

use std::sync::Arc;

use super::provider::Provider;

/// The longest side and the most bytes that every provider takes.
const SIDE_MAX: u32 = 8_000;
const BYTES_MAX: usize = 5 << 20;

/// A PNG or JPEG that goes with a turn. It is sent and nothing more: no log and no record has it.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    mime: &'static str,
    bytes: Arc<[u8]>,
    width: u32,
    height: u32,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({}, {}x{})", self.mime, self.width, self.height)
    }
}

impl Picture {
    /// Reads its size; `None` for what is neither PNG nor JPEG, or larger than providers take.
    pub fn new(bytes: Arc<[u8]>) -> Option<Self> {
        let (mime, (width, height)) = match (png_size(&bytes), jpeg_size(&bytes)) {
            (Some(size), _) => ("image/png", size),
            (None, Some(size)) => ("image/jpeg", size),
            (None, None) => return None,
        };
        let fits = (1..=SIDE_MAX).contains(&width) && (1..=SIDE_MAX).contains(&height) && bytes.len() <= BYTES_MAX;
        fits.then_some(Self { mime, bytes, width, height })
    }

    /// In pixels.
    pub fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    pub(crate) fn mime(&self) -> &'static str {
        self.mime
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Tokens it counts as, by what the provider published when this version was built. Of models that run elsewhere the
    /// dearest of the usual ways (a patch of 28 pixels) is taken: a budget may be left too early, never too late.
    pub(crate) fn tokens(&self, provider: Provider, model: &str) -> i64 {
        let (w, h) = (u64::from(self.width), u64::from(self.height));
        let tokens = match provider {
            Provider::Anthropic => (w * h).div_ceil(750).min(ANTHROPIC_MAX),
            Provider::Openai => openai(w, h, model),
            Provider::Gemini if w <= GEMINI_SMALL && h <= GEMINI_SMALL => GEMINI_TILE,
            Provider::Gemini => {
                let side = (w.min(h) * 2 / 3).max(1);
                w.div_ceil(side) * h.div_ceil(side) * GEMINI_TILE
            }
            Provider::Ollama | Provider::Groq | Provider::Together | Provider::OpenaiCompatible => w.div_ceil(28) * h.div_ceil(28),
        };
        i64::try_from(tokens).unwrap_or(i64::MAX)
    }
}

/// Larger ones are made smaller before they are counted.
const ANTHROPIC_MAX: u64 = 1_600;
const GEMINI_SMALL: u64 = 384;
const GEMINI_TILE: u64 = 258;
const OPENAI_PATCHES_MAX: u64 = 1_536;

/// Small models count patches of 32 pixels, each worth more than one token; the others tiles of 512, of a picture that was
/// made to fit 2048 by 768 before.
fn openai(w: u64, h: u64, model: &str) -> u64 {
    let patches = w.div_ceil(32) * h.div_ceil(32);
    if model.contains("4.1-nano") || model.contains("5-nano") {
        return patches.min(OPENAI_PATCHES_MAX) * 246 / 100;
    }
    if model.contains("4.1-mini") || model.contains("5-mini") {
        return patches.min(OPENAI_PATCHES_MAX) * 162 / 100;
    }
    let (base, tile) = if model.contains("4o-mini") { (2_833, 5_667) } else { (85, 170) };
    let (mut w, mut h) = (w, h);
    let long = w.max(h);
    if long > 2_048 {
        (w, h) = (w * 2_048 / long, h * 2_048 / long);
    }
    let short = w.min(h);
    if short > 768 {
        (w, h) = (w * 768 / short, h * 768 / short);
    }
    base + tile * w.max(1).div_ceil(512) * h.max(1).div_ceil(512)
}

fn be(bytes: &[u8]) -> Option<u32> {
    bytes.iter().try_fold(0_u32, |n, byte| Some(n.checked_mul(256)? + u32::from(*byte)))
}

fn png_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let rest = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n")?;
    (rest.get(4..8)? == b"IHDR").then_some(())?;
    Some((be(rest.get(8..12)?)?, be(rest.get(12..16)?)?))
}

/// Of the first frame header, past everything that stands before it.
fn jpeg_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut rest = bytes.strip_prefix(b"\xFF\xD8")?;
    loop {
        rest = rest.strip_prefix(b"\xFF")?;
        let (marker, after) = rest.split_first()?;
        match marker {
            // Any number of these may fill the place before a marker.
            0xFF => continue,
            // Frame headers, but not the tables (C4, CC) and the extension (C8) between them.
            0xC0..=0xCF if !matches!(marker, 0xC4 | 0xC8 | 0xCC) => return Some((be(after.get(5..7)?)?, be(after.get(3..5)?)?)),
            _ => {
                let length = usize::try_from(be(after.get(..2)?)?).ok().filter(|n| *n >= 2)?;
                rest = after.get(length..)?;
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(crate) fn png(width: u32, height: u32) -> Picture {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        bytes.extend([width.to_be_bytes(), height.to_be_bytes()].concat());
        Picture::new(bytes.into()).unwrap()
    }

    #[test]
    fn size_is_read_and_what_no_provider_takes_is_no_picture() {
        assert_eq!((png(1280, 720).size(), png(1280, 720).mime()), ((1280, 720), "image/png"));
        let jpeg = b"\xFF\xD8\xFF\xE0\0\x04ab\xFF\xFF\xC4\0\x02\xFF\xC0\0\x11\x08\x02\xD0\x05\0";
        let jpeg = Picture::new(jpeg.as_slice().into()).unwrap();
        assert_eq!((jpeg.size(), jpeg.mime()), ((1280, 720), "image/jpeg"));
        assert_eq!(format!("{jpeg:?}"), "Picture(image/jpeg, 1280x720)", "nothing of it is ever written");
        let mut wide = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        wide.extend([8_001_u32.to_be_bytes(), 1_u32.to_be_bytes()].concat());
        for bad in [wide, b"GIF89a\0\0".to_vec(), b"\xFF\xD8\xFF\xD9".to_vec(), vec![]] {
            assert_eq!(Picture::new(bad.into()), None);
        }
    }

    #[test]
    fn pictures_count_as_each_provider_publishes() {
        let (view, small, large) = (png(1280, 720), png(300, 200), png(2048, 4096));
        let of = |p: &Picture, provider, model| p.tokens(provider, model);
        assert_eq!((of(&view, Provider::Anthropic, "claude-haiku-4-5"), of(&large, Provider::Anthropic, "x")), (1_229, 1_600));
        // The vendor's own examples: 1024x1024 is 765, 2048x4096 is 1105.
        assert_eq!((of(&png(1024, 1024), Provider::Openai, "gpt-4o"), of(&large, Provider::Openai, "gpt-4o")), (765, 1_105));
        assert_eq!(of(&view, Provider::Openai, "gpt-4o-mini"), 2_833 + 6 * 5_667);
        assert_eq!(of(&png(1024, 1024), Provider::Openai, "gpt-4.1-mini"), 1_658);
        // The vendor's own example: 960x540 is six tiles.
        assert_eq!((of(&small, Provider::Gemini, "x"), of(&png(960, 540), Provider::Gemini, "x")), (258, 6 * 258));
        assert_eq!(of(&view, Provider::Ollama, "qwen2.5vl"), 46 * 26);
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_picture_or_none(head in prop::sample::select(vec![&b"\x89PNG\r\n\x1a\n"[..], b"\xFF\xD8\xFF", b""]), body in proptest::collection::vec(any::<u8>(), 0..80)) {
            if let Some(picture) = Picture::new([head, &body].concat().into()) {
                let (w, h) = picture.size();
                prop_assert!((1..=SIDE_MAX).contains(&w) && (1..=SIDE_MAX).contains(&h));
            }
        }

        #[test]
        fn every_size_counts_as_some_tokens(w in 1_u32..=SIDE_MAX, h in 1_u32..=SIDE_MAX) {
            for provider in Provider::ALL {
                for model in ["gpt-4o", "gpt-4o-mini", "gpt-4.1-mini", "x"] {
                    prop_assert!((1..=10_000_000).contains(&png(w, h).tokens(provider, model)));
                }
            }
        }
    }
}
