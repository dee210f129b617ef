//! Writes a zip archive to a file or into memory, entry by entry, so that none is held longer than it takes to write it. No archive of
//! ours comes near the old limits of the format; what does not fit is not written, and who tries is told.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

/// What an entry takes besides its content and twice its name, and the end of the archive, generously.
const ENTRY_BYTES: u64 = 128;
/// 1980-01-01, the first day a zip knows: the time of an entry says nothing here.
const DATE: u16 = 0x21;
const VERSION: u16 = 20;
/// Names are UTF-8.
const FLAGS: u16 = 0x0800;

/// An archive being written.
pub(crate) struct ZipFile<W: Write = BufWriter<File>> {
    out: W,
    written: u64,
    directory: Vec<u8>,
    entries: u16,
}

fn too_large() -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, "the archive is too large")
}

fn small(number: u64) -> io::Result<u32> {
    u32::try_from(number).map_err(|_| too_large())
}

impl ZipFile {
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        Ok(Self::onto(BufWriter::new(File::create(path)?)))
    }
}

impl<W: Write> ZipFile<W> {
    /// An archive that goes to `out`.
    pub(crate) fn onto(out: W) -> Self {
        Self { out, written: 0, directory: Vec::new(), entries: 0 }
    }

    /// Adds a file; pictures are stored as they are, everything else is compressed. False when the archive would be larger
    /// than `bytes_max` with it, directory and all; then nothing of it was written.
    pub(crate) fn add(&mut self, name: &str, content: &[u8], bytes_max: u64) -> io::Result<bool> {
        let mut crc = Crc::new();
        crc.update(content);
        let stored = name.ends_with(".png") || name.ends_with(".jpg");
        let (method, body) = if stored {
            (0_u16, content.to_vec())
        } else {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(content)?;
            (8, encoder.finish()?)
        };
        let entry = body.len() as u64 + 2 * name.len() as u64 + ENTRY_BYTES;
        if self.written + self.directory.len() as u64 + entry > bytes_max || self.entries == u16::MAX {
            return Ok(false);
        }
        let mut fields = Vec::new();
        for word in [VERSION, FLAGS, method, 0, DATE] {
            fields.extend_from_slice(&word.to_le_bytes());
        }
        for number in [crc.sum(), small(body.len() as u64)?, small(content.len() as u64)?] {
            fields.extend_from_slice(&number.to_le_bytes());
        }
        let name_length = u16::try_from(name.len()).map_err(|_| too_large())?;
        fields.extend_from_slice(&name_length.to_le_bytes());
        fields.extend_from_slice(&0_u16.to_le_bytes());

        let offset = small(self.written)?;
        self.put(b"PK\x03\x04")?;
        self.put(&fields)?;
        self.put(name.as_bytes())?;
        self.put(&body)?;

        self.directory.extend_from_slice(b"PK\x01\x02");
        self.directory.extend_from_slice(&VERSION.to_le_bytes());
        self.directory.extend_from_slice(&fields);
        // No comment, first disk, no attributes.
        self.directory.extend_from_slice(&[0; 10]);
        self.directory.extend_from_slice(&offset.to_le_bytes());
        self.directory.extend_from_slice(name.as_bytes());
        self.entries += 1;
        Ok(true)
    }

    /// Writes the directory; without it nobody can read the archive. Gives back what it went to.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        let (start, size) = (small(self.written)?, small(self.directory.len() as u64)?);
        let directory = std::mem::take(&mut self.directory);
        self.put(&directory)?;
        self.put(b"PK\x05\x06\0\0\0\0")?;
        let entries = self.entries.to_le_bytes();
        self.put(&entries)?;
        self.put(&entries)?;
        self.put(&size.to_le_bytes())?;
        self.put(&start.to_le_bytes())?;
        self.put(&[0, 0])?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.written += bytes.len() as u64;
        self.out.write_all(bytes)
    }
}
