//! Pictures that come from elsewhere: PNG, JPEG or WebP, told apart by how they begin, refused by their size before they are
//! unpacked.

use std::io::Cursor;

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::picture::{Picture, PictureError};

fn unreadable(why: &impl std::fmt::Display) -> PictureError {
    PictureError::Format(why.to_string())
}

/// Four bytes a pixel out of three.
fn opaque(rgb: &[u8]) -> Vec<u8> {
    rgb.chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], 255]).collect()
}

/// Whether `width` times `height` pixels are allowed.
fn admit(width: u32, height: u32, pixels_max: u64) -> Result<(), PictureError> {
    if u64::from(width) * u64::from(height) > pixels_max { Err(PictureError::TooLarge(width, height)) } else { Ok(()) }
}

impl Picture {
    /// Reads a PNG, JPEG or WebP of at most `pixels_max` pixels; of one that moves, the first picture.
    ///
    /// # Errors
    /// When it is none of these, damaged, or larger.
    pub fn read(bytes: &[u8], pixels_max: u64) -> Result<Self, PictureError> {
        match bytes {
            [0x89, b'P', b'N', b'G', ..] => {
                // Width and height stand at a fixed place.
                let side = |at: usize| bytes.get(at..at + 4).map_or(0, |b| b.iter().fold(0, |n, b| (n << 8) | u32::from(*b)));
                admit(side(16), side(20), pixels_max)?;
                Self::from_png(bytes)
            }
            [0xFF, 0xD8, 0xFF, ..] => jpeg(bytes, pixels_max),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => webp(bytes, pixels_max),
            _ => Err(unreadable(&"it begins like none of PNG, JPEG and WebP")),
        }
    }
}

fn jpeg(bytes: &[u8], pixels_max: u64) -> Result<Picture, PictureError> {
    let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::RGB).set_max_width(65_535).set_max_height(65_535);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|e| unreadable(&e))?;
    let info = decoder.info().ok_or_else(|| unreadable(&"it has no size"))?;
    let (width, height) = (u32::from(info.width), u32::from(info.height));
    admit(width, height, pixels_max)?;
    let rgb = decoder.decode().map_err(|e| unreadable(&e))?;
    Picture::new(width, height, opaque(&rgb))
}

/// Refuses lossy pictures inside a WebP that are larger than allowed: they are unpacked before anybody compares them with the
/// canvas. Those of an animation stand in a frame each.
fn admit_inside(mut rest: &[u8], outermost: bool, pixels_max: u64) -> Result<(), PictureError> {
    while let Some((head, body)) = rest.split_first_chunk::<8>() {
        let [a, b, c, d, size @ ..] = *head;
        let size = usize::try_from(u32::from_le_bytes(size)).unwrap_or(usize::MAX);
        let chunk = body.get(..size).unwrap_or(body);
        match &[a, b, c, d] {
            // Three bytes of tag, three of signature, then both sides; the upper two bits of each are no part of it.
            b"VP8 " => {
                if let Some([w, x, h, y]) = chunk.get(6..10) {
                    let side = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3FFF);
                    admit(side(*w, *x), side(*h, *y), pixels_max)?;
                }
            }
            b"ANMF" if outermost => admit_inside(chunk.get(16..).unwrap_or_default(), false, pixels_max)?,
            _ => {}
        }
        // Chunks begin at even places.
        rest = body.get(size.saturating_add(size & 1)..).unwrap_or_default();
    }
    Ok(())
}

fn webp(bytes: &[u8], pixels_max: u64) -> Result<Picture, PictureError> {
    admit_inside(bytes.get(12..).unwrap_or_default(), true, pixels_max)?;
    let mut decoder = image_webp::WebPDecoder::new(Cursor::new(bytes)).map_err(|e| unreadable(&e))?;
    let (width, height) = decoder.dimensions();
    admit(width, height, pixels_max)?;
    let size = decoder.output_buffer_size().ok_or(PictureError::TooLarge(width, height))?;
    let mut data = vec![0; size];
    decoder.read_image(&mut data).map_err(|e| unreadable(&e))?;
    Picture::new(width, height, if decoder.has_alpha() { data } else { opaque(&data) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 4 by 4, red, as Chromium writes it.
    const JPEG: &[u8] = include_bytes!("../fixtures/red.jpg");
    const WEBP: &[u8] = include_bytes!("../fixtures/red.webp");

    #[test]
    fn picture_is_read_in_each_format_and_refused_when_it_is_too_large() {
        let png = Picture::filled(4, 4, [255, 0, 0, 255]).unwrap().to_png().unwrap();
        for bytes in [JPEG, WEBP, &png] {
            let picture = Picture::read(bytes, 16).unwrap();
            assert_eq!((picture.width(), picture.height()), (4, 4));
            let [r, g, b, a] = picture.pixel(2, 2);
            // Both lose a little.
            assert!(r > 240 && g < 16 && b < 16 && a == 255, "{r} {g} {b} {a}");
            assert!(matches!(Picture::read(bytes, 15), Err(PictureError::TooLarge(4, 4))));
            assert!(Picture::read(&bytes[..bytes.len() / 2], 16).is_err() || bytes == JPEG, "half of it");
        }
        assert!(Picture::read(b"GIF89a", 16).is_err());
    }

    /// A chunk of a WebP.
    fn chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let size = u32::try_from(body.len()).unwrap().to_le_bytes();
        [name.as_slice(), &size, body, if body.len() % 2 == 1 { &[0] } else { &[] }].concat()
    }

    #[test]
    fn webp_is_refused_by_the_picture_inside_it_whatever_its_canvas_says() {
        // A key frame of 16383 x 16383 on a canvas of 1 x 1, alone and in an animation.
        let lossy = chunk(b"VP8 ", &[0x10, 0, 0, 0x9D, 0x01, 0x2A, 0xFF, 0x3F, 0xFF, 0x3F, 0]);
        let framed = chunk(b"ANMF", &[[0; 16].as_slice(), &lossy].concat());
        for (flags, inside) in [(0, lossy), (2, [chunk(b"ANIM", &[0; 6]), framed].concat())] {
            let body = [b"WEBP".as_slice(), &chunk(b"VP8X", &[flags, 0, 0, 0, 0, 0, 0, 0, 0, 0]), &inside].concat();
            let read = Picture::read(&chunk(b"RIFF", &body), 1_000_000);
            assert!(matches!(read, Err(PictureError::TooLarge(16_383, 16_383))), "{read:?}");
        }
    }

    proptest! {
        #[test]
        fn damaged_picture_is_read_or_refused(which in 0_usize..2, at in any::<prop::sample::Index>(), bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let mut damaged = [JPEG, WEBP][which].to_vec();
            let from = at.index(damaged.len());
            for (place, byte) in damaged.iter_mut().skip(from).zip(&bytes) {
                *place = *byte;
            }
            if let Ok(picture) = Picture::read(&damaged, 10_000) {
                prop_assert!(u64::from(picture.width()) * u64::from(picture.height()) <= 10_000);
            }
        }
    }
}
