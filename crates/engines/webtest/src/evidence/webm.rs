//! A film as WebM that every browser plays, without an encoder of ours: a lossy WebP picture is one key frame of VP8, so
//! the browser's own pictures are put behind each other in a container. Each frame is complete, so any place can be
//! shown at once; what it costs is size, which is bounded.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

/// A film grows no further than this.
const BYTES_MAX: u64 = 200 << 20;
/// Place of the duration's eight bytes after the start of the segment's content.
const SEGMENT: &[u8] = &[0x18, 0x53, 0x80, 0x67, 0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];

/// A film being written.
pub(crate) struct WebmFile {
    out: File,
    written: u64,
    duration_at: u64,
    frames: u64,
    last: Duration,
    bytes_max: u64,
}

/// An element of EBML: its id, its size in eight bytes, its content.
fn element(id: &[u8], content: &[u8]) -> Vec<u8> {
    let mut bytes = id.to_vec();
    let size = content.len() as u64 | 0x0100_0000_0000_0000;
    bytes.extend_from_slice(&size.to_be_bytes());
    bytes.extend_from_slice(content);
    bytes
}

fn number(id: &[u8], value: u64) -> Vec<u8> {
    element(id, &value.to_be_bytes())
}

/// The VP8 frame of a lossy WebP picture, with its width and height; `None` for anything else.
pub(crate) fn frame_of(webp: &[u8]) -> Option<(&[u8], u16, u16)> {
    if webp.get(..4)? != b"RIFF" || webp.get(8..12)? != b"WEBP" {
        return None;
    }
    let mut at = 12;
    loop {
        let kind = webp.get(at..at + 4)?;
        let size = u32::from_le_bytes(webp.get(at + 4..at + 8)?.try_into().ok()?) as usize;
        let content = webp.get(at + 8..(at + 8).checked_add(size)?)?;
        if kind == b"VP8 " {
            // A key frame has its start code and its size right at the beginning.
            let is_key = content.first()? & 1 == 0 && content.get(3..6)? == [0x9D, 0x01, 0x2A];
            let side = |at: usize| Some(u16::from_le_bytes(content.get(at..at + 2)?.try_into().ok()?) & 0x3FFF);
            return is_key.then_some((content, side(6)?, side(8)?));
        }
        at += 8 + size + size % 2;
    }
}

impl WebmFile {
    /// Begins a film of this size.
    pub(crate) fn create(path: &Path, width: u16, height: u16) -> io::Result<Self> {
        let mut head = element(
            &[0x1A, 0x45, 0xDF, 0xA3],
            &[
                number(&[0x42, 0x86], 1),
                number(&[0x42, 0xF7], 1),
                number(&[0x42, 0xF2], 4),
                number(&[0x42, 0xF3], 8),
                element(&[0x42, 0x82], b"webm"),
                number(&[0x42, 0x87], 2),
                number(&[0x42, 0x85], 2),
            ]
            .concat(),
        );
        head.extend_from_slice(SEGMENT);
        let scale = number(&[0x2A, 0xD7, 0xB1], 1_000_000);
        let names = [element(&[0x4D, 0x80], b"Argos"), element(&[0x57, 0x41], b"Argos")].concat();
        // The duration comes last in its parent, so its content ends where the parent does.
        let info = element(&[0x15, 0x49, 0xA9, 0x66], &[scale, names, element(&[0x44, 0x89], &0_f64.to_be_bytes())].concat());
        head.extend_from_slice(&info);
        let duration_at = head.len() as u64 - 8;
        let picture = [number(&[0xB0], width.into()), number(&[0xBA], height.into())].concat();
        let track = [
            number(&[0xD7], 1),
            number(&[0x73, 0xC5], 1),
            number(&[0x9C], 0),
            number(&[0x83], 1),
            element(&[0x86], b"V_VP8"),
            element(&[0xE0], &picture),
        ]
        .concat();
        head.extend_from_slice(&element(&[0x16, 0x54, 0xAE, 0x6B], &element(&[0xAE], &track)));
        let mut out = File::create(path)?;
        out.write_all(&head)?;
        Ok(Self { out, written: head.len() as u64, duration_at, frames: 0, last: Duration::ZERO, bytes_max: BYTES_MAX })
    }

    /// Adds a picture that is shown from `at` on; false when the film is full.
    pub(crate) fn add(&mut self, frame: &[u8], at: Duration) -> io::Result<bool> {
        let at = at.max(self.last);
        let millis = u64::try_from(at.as_millis()).unwrap_or(u64::MAX);
        // Track 1, no time after the cluster's own, a key frame.
        let block = [&[0x81, 0, 0, 0x80], frame].concat();
        let cluster = element(&[0x1F, 0x43, 0xB6, 0x75], &[number(&[0xE7], millis), element(&[0xA3], &block)].concat());
        if self.written + cluster.len() as u64 > self.bytes_max {
            return Ok(false);
        }
        self.out.write_all(&cluster)?;
        self.written += cluster.len() as u64;
        self.frames += 1;
        self.last = at;
        Ok(true)
    }

    /// Ends the film at `at`; false when it has no frame.
    pub(crate) fn finish(mut self, at: Duration) -> io::Result<bool> {
        let millis = at.max(self.last).as_secs_f64() * 1000.0;
        self.out.seek(SeekFrom::Start(self.duration_at))?;
        self.out.write_all(&millis.to_be_bytes())?;
        Ok(self.frames > 0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use std::time::Duration;

    use super::{WebmFile, frame_of};

    #[test]
    fn film_is_full_before_it_is_larger_than_it_may_be() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("film.webm");
        let mut film = WebmFile::create(&path, 10, 10).unwrap();
        // The picture alone would fit; what is around it does not.
        film.bytes_max = film.written + 1000 + 10;
        assert!(!film.add(&[0; 1000], Duration::ZERO).unwrap());
        assert!(film.add(&[0; 900], Duration::ZERO).unwrap());
        let most = film.bytes_max;
        assert!(film.finish(Duration::ZERO).unwrap() && std::fs::metadata(&path).unwrap().len() <= most);
    }

    #[test]
    fn frame_is_taken_out_of_a_picture() {
        let frame = [0x10, 0, 0, 0x9D, 0x01, 0x2A, 0x00, 0x05, 0xD0, 0x02, 7];
        let mut webp = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\0\0\0\0\0\0VP8 \x0b\0\0\0".to_vec();
        webp.extend_from_slice(&frame);
        assert_eq!(frame_of(&webp), Some((frame.as_slice(), 1280, 720)));
        assert_eq!(frame_of(b"RIFF\0\0\0\0WEBPVP8L\x01\0\0\0\0\0"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_picture_or_not(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            frame_of(&bytes);
            let named = [b"RIFF\0\0\0\0WEBP".as_slice(), &bytes].concat();
            frame_of(&named);
        }
    }
}
