//! Pictures people bring: recognised by their bytes, measured, and written again without what a camera or an editor
//! left inside (places, names, comments). Pixels are never decoded.

/// What browsers show in an `img`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Png,
    Jpeg,
    Gif,
    Webp,
}

impl Format {
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
        }
    }
    pub fn parse(content_type: &str) -> Option<Self> {
        [Self::Png, Self::Jpeg, Self::Gif, Self::Webp].into_iter().find(|f| f.content_type() == content_type)
    }
}

/// A picture that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    pub format: Format,
    pub bytes: Vec<u8>,
}

/// Why a picture is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Not one of the four formats, or cut off.
    Unknown,
    /// Wider or higher than [`SIDE_MAX`].
    TooLarge,
}

/// Wider or higher ones cost whoever shows them too much memory.
pub const SIDE_MAX: u32 = 4096;
const PNG_MAGIC: &[u8] = b"\x89PNG\r\n\x1a\n";
/// What a PNG needs to be shown; everything else is remarks.
const PNG_KEPT: [&[u8; 4]; 11] = [b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"acTL", b"fcTL", b"fdAT"];
const WEBP_KEPT: [&[u8; 4]; 6] = [b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF"];

/// Checks a picture and writes it again without remarks.
pub fn cleaned(bytes: &[u8]) -> Result<Picture, Fault> {
    let (format, size, clean) = if bytes.starts_with(PNG_MAGIC) {
        let (size, clean) = png(bytes).ok_or(Fault::Unknown)?;
        (Format::Png, size, clean)
    } else if bytes.starts_with(b"\xff\xd8\xff") {
        let (size, clean) = jpeg(bytes).ok_or(Fault::Unknown)?;
        (Format::Jpeg, size, clean)
    } else if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") {
        let side = |at: usize| Some(u32::from(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?)));
        let size = side(6).zip(side(8)).ok_or(Fault::Unknown)?;
        // The last byte of a whole one.
        (bytes.last() == Some(&0x3b)).then_some(()).ok_or(Fault::Unknown)?;
        (Format::Gif, size, bytes.to_vec())
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        let (size, clean) = webp(bytes).ok_or(Fault::Unknown)?;
        (Format::Webp, size, clean)
    } else {
        return Err(Fault::Unknown);
    };
    match size {
        (0, _) | (_, 0) => Err(Fault::Unknown),
        (w, h) if w > SIDE_MAX || h > SIDE_MAX => Err(Fault::TooLarge),
        _ => Ok(Picture { format, bytes: clean }),
    }
}

type Cleaned = Option<((u32, u32), Vec<u8>)>;

fn png(bytes: &[u8]) -> Cleaned {
    let (mut out, mut at, mut size) = (PNG_MAGIC.to_vec(), PNG_MAGIC.len(), None);
    loop {
        let length = u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?) as usize;
        let name = bytes.get(at + 4..at + 8)?;
        let whole = bytes.get(at..at.checked_add(12)?.checked_add(length)?)?;
        if name == b"IHDR" {
            let side = |from: usize| Some(u32::from_be_bytes(whole.get(from..from + 4)?.try_into().ok()?));
            size = Some((side(8)?, side(12)?));
        }
        if PNG_KEPT.iter().any(|kept| name == *kept) {
            out.extend_from_slice(whole);
        }
        at += whole.len();
        if name == b"IEND" {
            return Some((size?, out));
        }
    }
}

fn jpeg(bytes: &[u8]) -> Cleaned {
    let (mut out, mut at, mut size) = (vec![0xff, 0xd8], 2, None);
    loop {
        let marker = *bytes.get(at + 1).filter(|_| bytes.get(at) == Some(&0xff))?;
        let length = usize::from(u16::from_be_bytes(bytes.get(at + 2..at + 4)?.try_into().ok()?));
        let whole = bytes.get(at..at.checked_add(2)?.checked_add(length)?).filter(|_| length >= 2)?;
        let is_frame = matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc);
        if is_frame {
            let side = |from: usize| Some(u32::from(u16::from_be_bytes(whole.get(from..from + 2)?.try_into().ok()?)));
            size = Some((side(7)?, side(5)?));
        }
        // APP1 to APP15 and comments, but APP14, which tells how colours are stored.
        let is_remark = (matches!(marker, 0xe1..=0xef) && marker != 0xee) || marker == 0xfe;
        if !is_remark {
            out.extend_from_slice(whole);
        }
        at += whole.len();
        if marker == 0xda {
            let end = bytes.windows(2).rposition(|w| w == b"\xff\xd9")?;
            out.extend_from_slice(bytes.get(at..end + 2)?);
            return Some((size?, out));
        }
    }
}

fn webp(bytes: &[u8]) -> Cleaned {
    let (mut body, mut at, mut size) = (Vec::new(), 12, None);
    while at < bytes.len() {
        let name: &[u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
        let length = u32::from_le_bytes(bytes.get(at + 4..at + 8)?.try_into().ok()?) as usize;
        let data = bytes.get(at + 8..at.checked_add(8)?.checked_add(length)?)?;
        let mut data = data.to_vec();
        match name {
            b"VP8X" => {
                let side = |from: usize| Some(u32::from_le_bytes([*data.get(from)?, *data.get(from + 1)?, *data.get(from + 2)?, 0]) + 1);
                size = Some((side(4)?, side(7)?));
                // No EXIF, no XMP, no colour profile follows any more.
                if let Some(flags) = data.first_mut() {
                    *flags &= !0x2c;
                }
            }
            b"VP8 " if size.is_none() => {
                let side = |from: usize| Some(u32::from(u16::from_le_bytes(data.get(from..from + 2)?.try_into().ok()?) & 0x3fff));
                size = Some((side(6)?, side(8)?));
            }
            b"VP8L" if size.is_none() => {
                let bits = u32::from_le_bytes(data.get(1..5)?.try_into().ok()?);
                size = Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1));
            }
            _ => {}
        }
        if WEBP_KEPT.contains(&name) {
            body.extend_from_slice(name);
            body.extend_from_slice(&(length as u32).to_le_bytes());
            body.extend_from_slice(&data);
            body.resize(body.len().next_multiple_of(2), 0);
        }
        at += 8 + length + length % 2;
    }
    let total = u32::try_from(body.len() + 4).ok()?;
    Some((size?, [b"RIFF", total.to_le_bytes().as_slice(), b"WEBP", &body].concat()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn png_of(width: u32, height: u32, remark: &str) -> Vec<u8> {
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, width, height);
        encoder.set_color(png::ColorType::Grayscale);
        if !remark.is_empty() {
            encoder.add_text_chunk("Author".to_owned(), remark.to_owned()).unwrap();
        }
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&vec![7; (width * height) as usize]).unwrap();
        writer.finish().unwrap();
        out
    }

    fn segment(marker: u8, data: &[u8]) -> Vec<u8> {
        [&[0xff, marker], u16::try_from(data.len() + 2).unwrap().to_be_bytes().as_slice(), data].concat()
    }

    fn jpeg_of(width: u16, height: u16) -> Vec<u8> {
        let frame = [&[8][..], &height.to_be_bytes(), &width.to_be_bytes(), &[1, 1, 0x11, 0]].concat();
        let parts: [Vec<u8>; 6] = [
            vec![0xff, 0xd8],
            segment(0xe0, b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0"),
            segment(0xe1, b"Exif\0\0 the place it was taken"),
            segment(0xfe, b"a comment"),
            segment(0xc0, &frame),
            [segment(0xda, &[1, 1, 0, 0, 63, 0]), vec![1, 2, 3, 0xff, 0xd9]].concat(),
        ];
        parts.concat()
    }

    #[test]
    fn remarks_are_left_out_and_the_picture_stays() {
        let plain = png_of(3, 2, "");
        assert_eq!(cleaned(&png_of(3, 2, "Ada")).unwrap(), Picture { format: Format::Png, bytes: plain.clone() });
        let clean = cleaned(&jpeg_of(30, 20)).unwrap();
        assert_eq!(clean.format, Format::Jpeg);
        let text = String::from_utf8_lossy(&clean.bytes).into_owned();
        assert!(!text.contains("place") && !text.contains("comment") && text.contains("JFIF"));
        assert_eq!(cleaned(&clean.bytes).unwrap(), clean, "a clean one stays as it is");
        let reader = png::Decoder::new(std::io::Cursor::new(plain)).read_info().unwrap();
        assert_eq!((reader.info().width, reader.info().height), (3, 2));
    }

    #[test]
    fn huge_cut_off_and_disguised_files_are_refused() {
        assert_eq!(cleaned(&jpeg_of(5000, 20)), Err(Fault::TooLarge));
        assert_eq!(cleaned(&jpeg_of(0, 20)), Err(Fault::Unknown));
        let png = png_of(3, 2, "");
        assert_eq!(cleaned(&png[..png.len() - 5]), Err(Fault::Unknown));
        for other in [&b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"[..], b"<html>", b"GIF89a", b"\xff\xd8\xff", b""] {
            assert_eq!(cleaned(other), Err(Fault::Unknown));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_behind_any_beginning_are_read_without_panic(kind in 0_usize..4, rest in proptest::collection::vec(any::<u8>(), 0..300)) {
            let start: [&[u8]; 4] = [PNG_MAGIC, b"\xff\xd8\xff", b"GIF89a", b"RIFF\0\0\0\0WEBP"];
            if let Ok(picture) = cleaned(&[start[kind], &rest].concat()) {
                prop_assert_eq!(cleaned(&picture.bytes), Ok(picture.clone()));
            }
        }

        #[test]
        fn changed_picture_is_read_without_panic(at in 0_usize..80, to in any::<u8>()) {
            let mut bytes = jpeg_of(30, 20);
            let at = at % bytes.len();
            bytes[at] = to;
            drop(cleaned(&bytes));
        }
    }
}
