//! A picture in memory, and PNG, bounded: a small file may claim a huge size.

use std::collections::HashMap;
use std::fmt;
use std::io::Cursor;
use std::ops::Range;

use crate::regions::Area;

/// Most pixels a picture may have: a page 1920 wide and 65 000 high.
const PIXELS_MAX: u64 = 125_000_000;
/// Most memory the decoder takes beside the picture.
const DECODER_BYTES_MAX: usize = 64 << 20;

/// Eight bits each of red, green, blue and alpha, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    width: u32,
    height: u32,
    rgba: Vec<u8>,
}

/// Why a picture cannot be read or written.
#[derive(Debug)]
pub enum PictureError {
    Png(String),
    /// None of the formats, or damaged.
    Format(String),
    /// Width and height.
    TooLarge(u32, u32),
    /// The bytes do not fill the size.
    Size {
        expected: usize,
        found: usize,
    },
}

impl fmt::Display for PictureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Png(why) => write!(f, "not a readable PNG: {why}"),
            Self::Format(why) => write!(f, "not a readable picture: {why}"),
            Self::TooLarge(width, height) => write!(f, "a picture of {width} x {height} pixels is too large"),
            Self::Size { expected, found } => write!(f, "the picture needs {expected} bytes and has {found}"),
        }
    }
}

impl std::error::Error for PictureError {}

pub(crate) fn bytes_of(width: u32, height: u32) -> Result<usize, PictureError> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels > PIXELS_MAX {
        return Err(PictureError::TooLarge(width, height));
    }
    usize::try_from(pixels * 4).map_err(|_| PictureError::TooLarge(width, height))
}

impl Picture {
    pub fn new(width: u32, height: u32, rgba: Vec<u8>) -> Result<Self, PictureError> {
        let expected = bytes_of(width, height)?;
        if rgba.len() != expected {
            return Err(PictureError::Size { expected, found: rgba.len() });
        }
        Ok(Self { width, height, rgba })
    }

    /// One colour all over.
    pub fn filled(width: u32, height: u32, color: [u8; 4]) -> Result<Self, PictureError> {
        let bytes = bytes_of(width, height)?;
        Ok(Self { width, height, rgba: color.repeat(bytes / 4) })
    }

    pub fn width(&self) -> u32 {
        self.width
    }

    pub fn height(&self) -> u32 {
        self.height
    }

    pub fn rgba(&self) -> &[u8] {
        &self.rgba
    }

    /// The first `pixels` of a row.
    pub(crate) fn row(&self, y: usize, pixels: usize) -> &[[u8; 4]] {
        self.pixels(y, 0..pixels)
    }

    /// Some pixels of a row.
    pub(crate) fn pixels(&self, y: usize, columns: Range<usize>) -> &[[u8; 4]] {
        let start = y * self.width as usize;
        &self.rgba.as_chunks::<4>().0[start + columns.start..start + columns.end]
    }

    pub(crate) fn pixel(&self, x: usize, y: usize) -> [u8; 4] {
        self.rgba.as_chunks::<4>().0[y * self.width as usize + x]
    }

    /// Outside the picture nothing happens.
    pub fn set(&mut self, x: u32, y: u32, color: [u8; 4]) {
        if x < self.width && y < self.height {
            let start = (y as usize * self.width as usize + x as usize) * 4;
            self.rgba[start..start + 4].copy_from_slice(&color);
        }
    }

    /// Paints an area in one colour; what lies outside the picture is left out.
    pub fn fill(&mut self, area: Area, color: [u8; 4]) {
        for y in area.y..area.y.saturating_add(area.height).min(self.height) {
            for x in area.x..area.x.saturating_add(area.width).min(self.width) {
                self.set(x, y, color);
            }
        }
    }

    /// The share of pixels that have the commonest colour, 0 to 1; 1 is a picture that shows nothing.
    #[must_use]
    pub fn commonest_share(&self) -> f64 {
        let mut counts: HashMap<[u8; 4], u64> = HashMap::new();
        for p in self.rgba.chunks_exact(4) {
            *counts.entry([p[0], p[1], p[2], p[3]]).or_default() += 1;
        }
        let (most, all) = (counts.values().max().copied().unwrap_or(0), self.rgba.len() / 4);
        #[expect(clippy::cast_precision_loss, reason = "both are counts of pixels")]
        let share = if all == 0 { 1.0 } else { most as f64 / all as f64 };
        share
    }

    /// Reads a PNG of any colour type; 16 bits become 8.
    pub fn from_png(bytes: &[u8]) -> Result<Self, PictureError> {
        let broken = |error: png::DecodingError| PictureError::Png(error.to_string());
        let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), png::Limits { bytes: DECODER_BYTES_MAX });
        decoder.set_transformations(png::Transformations::normalize_to_color8() | png::Transformations::ALPHA);
        let mut reader = decoder.read_info().map_err(broken)?;
        let (width, height) = (reader.info().width, reader.info().height);
        let expected = bytes_of(width, height)?;
        let size = reader.output_buffer_size().ok_or(PictureError::TooLarge(width, height))?;
        let mut data = vec![0; size];
        let frame = reader.next_frame(&mut data).map_err(broken)?;
        data.truncate(frame.buffer_size());
        let rgba = match frame.color_type {
            png::ColorType::Rgba => data,
            png::ColorType::GrayscaleAlpha => data.chunks_exact(2).flat_map(|p| [p[0], p[0], p[0], p[1]]).collect(),
            png::ColorType::Rgb => data.chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], 255]).collect(),
            png::ColorType::Grayscale => data.iter().flat_map(|&p| [p, p, p, 255]).collect(),
            png::ColorType::Indexed => return Err(PictureError::Png("its palette was not resolved".to_owned())),
        };
        if rgba.len() == expected { Ok(Self { width, height, rgba }) } else { Err(PictureError::Size { expected, found: rgba.len() }) }
    }

    pub fn to_png(&self) -> Result<Vec<u8>, PictureError> {
        let broken = |error: png::EncodingError| PictureError::Png(error.to_string());
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width, self.height);
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Fast);
        let mut writer = encoder.write_header().map_err(broken)?;
        writer.write_image_data(&self.rgba).map_err(broken)?;
        writer.finish().map_err(broken)?;
        Ok(bytes)
    }
}
