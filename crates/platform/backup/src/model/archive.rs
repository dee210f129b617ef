//! Packing and unpacking an archive: tar, gzip, and the passphrase around it. Blocking; callers run it aside.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use argos_kernel::{Rng, Secret, Timestamp, hex};
use flate2::read::GzDecoder;
use ring::digest::{Context, SHA256};

use crate::model::cipher::{MAGIC, Opener, Sealer};
use crate::model::gzip;
use crate::model::metadata::{FILE, FileEntry, Metadata};
use crate::model::tar::{self, Header};

const ENTRIES_MAX: usize = 250_000;
/// Some 230 bytes describe a file.
const METADATA_BYTES_MAX: u64 = 64 << 20;
const COPY_BYTES: usize = 256 << 10;

fn bad(text: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text.into())
}

/// Size and SHA-256 of a finished file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
}

/// Counts and hashes a file inside an archive. Archives of format 1 say SHA-256, which is slower many times over.
struct Content<W> {
    inner: W,
    blake3: blake3::Hasher,
    sha256: Option<Context>,
    bytes: u64,
}

impl<W> Content<W> {
    fn new(inner: W, with_sha256: bool) -> Self {
        Self { inner, blake3: blake3::Hasher::new(), sha256: with_sha256.then(|| Context::new(&SHA256)), bytes: 0 }
    }
    fn entry(self, name: String) -> FileEntry {
        let (blake3, sha256) = (self.blake3.finalize(), self.sha256.map(|c| hex(c.finish().as_ref())));
        FileEntry { name, size: self.bytes, sha256, blake3: Some(hex(blake3.as_bytes())) }
    }
}

impl<W: Write> Write for Content<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        let written = bytes.get(..count).unwrap_or_default();
        self.blake3.update(written);
        if let Some(sha256) = &mut self.sha256 {
            sha256.update(written);
        }
        self.bytes += count as u64;
        Ok(count)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Hashes and counts what passes.
struct Hashing<W> {
    inner: W,
    context: Context,
    bytes: u64,
}

impl<W> Hashing<W> {
    fn new(inner: W) -> Self {
        Self { inner, context: Context::new(&SHA256), bytes: 0 }
    }
    fn sum(self) -> Sum {
        Sum { bytes: self.bytes, sha256: hex(self.context.finish().as_ref()) }
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.context.update(bytes.get(..count).unwrap_or_default());
        self.bytes += count as u64;
        Ok(count)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// A new file that only its owner may read.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

/// The checksum of a file.
pub(crate) fn sum_of(path: &Path) -> io::Result<Sum> {
    let mut hashing = Hashing::new(io::sink());
    io::copy(&mut BufReader::with_capacity(COPY_BYTES, File::open(path)?), &mut hashing)?;
    Ok(hashing.sum())
}

/// What goes into an archive.
pub(crate) struct Contents<'a> {
    /// Name inside, and the file itself.
    pub(crate) files: Vec<(String, PathBuf)>,
    pub(crate) passphrase: Option<Secret<String>>,
    pub(crate) at: Timestamp,
    /// Completes the description, which stands last: asked once the files are written, with their sums.
    pub(crate) describe: &'a mut dyn FnMut(Vec<FileEntry>) -> io::Result<Metadata>,
    /// Asked between pieces.
    pub(crate) stopped: &'a (dyn Fn() -> bool + Sync),
}

/// Writes the archive durably at `path`; its sum, and the description inside.
pub(crate) fn pack(path: &Path, mut contents: Contents<'_>, rng: &dyn Rng) -> io::Result<(Sum, Metadata)> {
    let out = Hashing::new(BufWriter::with_capacity(COPY_BYTES, create_private(path)?));
    let (hashing, metadata) = match contents.passphrase.take() {
        None => {
            let (metadata, out) = gzip::compress(out, |gz| write_tar(gz, contents))?;
            (out, metadata)
        }
        Some(passphrase) => {
            let (metadata, sealer) = gzip::compress(Sealer::new(out, &passphrase, rng)?, |gz| write_tar(gz, contents))?;
            (sealer.finish()?, metadata)
        }
    };
    let Hashing { inner, context, bytes } = hashing;
    let file = inner.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    Ok((Sum { bytes, sha256: hex(context.finish().as_ref()) }, metadata))
}

/// The files in their order, hashed as they pass, then the description (edge spec E10).
fn write_tar(out: &mut impl Write, contents: Contents<'_>) -> io::Result<Metadata> {
    let (mut buffer, mut entries) = (vec![0_u8; COPY_BYTES], Vec::with_capacity(contents.files.len()));
    for (name, path) in contents.files {
        let mut file = File::open(path)?;
        let size = file.metadata()?.len();
        tar::write_header(out, &Header { name: name.clone(), size }, contents.at.secs())?;
        let (mut left, mut content) = (size, Content::new(&mut *out, false));
        while left > 0 {
            if (contents.stopped)() {
                return Err(io::Error::new(io::ErrorKind::Interrupted, "stopped"));
            }
            let room = usize::try_from(left).unwrap_or(COPY_BYTES).min(COPY_BYTES);
            let piece = buffer.get_mut(..room).unwrap_or_default();
            file.read_exact(piece)?;
            content.write_all(piece)?;
            left -= room as u64;
        }
        entries.push(content.entry(name));
        pad(out, size)?;
    }
    let metadata = (contents.describe)(entries)?;
    let document = serde_json::to_vec_pretty(&metadata)?;
    tar::write_header(out, &Header { name: FILE.to_owned(), size: document.len() as u64 }, contents.at.secs())?;
    out.write_all(&document)?;
    pad(out, document.len() as u64)?;
    tar::write_end(out)?;
    Ok(metadata)
}

fn pad(out: &mut impl Write, size: u64) -> io::Result<()> {
    out.write_all([0_u8; 512].get(..tar::padding(size)).unwrap_or_default())
}

/// Whether the archive needs a passphrase.
pub(crate) fn is_encrypted(path: &Path) -> io::Result<bool> {
    let mut first = [0_u8; MAGIC.len()];
    let mut file = File::open(path)?;
    Ok(file.read_exact(&mut first).is_ok() && &first == MAGIC)
}

fn plain(path: &Path, passphrase: Option<&Secret<String>>) -> io::Result<Box<dyn Read>> {
    let file = BufReader::with_capacity(COPY_BYTES, File::open(path)?);
    if !is_encrypted(path)? {
        return Ok(Box::new(GzDecoder::new(file)));
    }
    let passphrase =
        passphrase.ok_or_else(|| io::Error::new(io::ErrorKind::PermissionDenied, "the backup is encrypted: its passphrase is needed"))?;
    Ok(Box::new(GzDecoder::new(Opener::new(file, passphrase)?)))
}

/// Reads only the metadata. It stands last, in older archives first.
pub(crate) fn read_metadata(path: &Path, passphrase: Option<&Secret<String>>) -> io::Result<Metadata> {
    let mut input = plain(path, passphrase)?;
    for _ in 0..ENTRIES_MAX {
        let Some(header) = tar::read_header(&mut input)? else { break };
        if header.name == FILE && header.size <= METADATA_BYTES_MAX {
            return metadata(&mut input, header.size);
        }
        skip(&mut input, header.size + tar::padding(header.size) as u64)?;
    }
    Err(bad("metadata.json is missing: this is no backup of Argos"))
}

fn skip(input: &mut impl Read, bytes: u64) -> io::Result<()> {
    if io::copy(&mut input.take(bytes), &mut io::sink())? == bytes { Ok(()) } else { Err(bad("the archive ends too early")) }
}

fn metadata(input: &mut impl Read, size: u64) -> io::Result<Metadata> {
    let mut text = Vec::new();
    input.take(size).read_to_end(&mut text)?;
    serde_json::from_slice(&text).map_err(|e| bad(format!("metadata.json cannot be read: {e}")))
}

/// Unpacks into `dir` and checks every file against the metadata. At most `bytes_max` bytes are written.
pub(crate) fn unpack(path: &Path, passphrase: Option<&Secret<String>>, dir: &Path, bytes_max: u64) -> io::Result<Metadata> {
    read_through(path, passphrase, (bytes_max, true), |name| {
        // The name is a plain relative one; folders become part of the file name's path below `dir`.
        let place = dir.join(name);
        if let Some(parent) = place.parent() {
            std::fs::create_dir_all(parent)?;
        }
        Ok(BufWriter::with_capacity(COPY_BYTES, create_private(&place)?))
    })
}

/// Reads a whole archive that was just written and checks every file against the metadata; nothing is written.
pub(crate) fn check(path: &Path, passphrase: Option<&Secret<String>>) -> io::Result<Metadata> {
    read_through(path, passphrase, (u64::MAX, false), |_| Ok(io::sink()))
}

/// `old_sums`: the archive may be of format 1. What is needed is known only at its end, where the description stands.
fn read_through<W: Write>(
    path: &Path,
    passphrase: Option<&Secret<String>>,
    (bytes_max, old_sums): (u64, bool),
    mut place: impl FnMut(&str) -> io::Result<W>,
) -> io::Result<Metadata> {
    let mut input = plain(path, passphrase)?;
    let (mut found, mut document, mut left) = (Vec::new(), None, bytes_max);
    let mut buffer = vec![0_u8; COPY_BYTES];
    while let Some(header) = tar::read_header(&mut input)? {
        if found.len() >= ENTRIES_MAX {
            return Err(bad("the archive holds too many files"));
        }
        left = left.checked_sub(header.size).ok_or_else(|| bad("the archive is larger than allowed when unpacked"))?;
        if header.name == FILE && document.is_none() && header.size <= METADATA_BYTES_MAX {
            document = Some(metadata(&mut input, header.size)?);
        } else {
            let mut out = Content::new(place(&header.name)?, old_sums);
            copy(&mut input, &mut out, header.size, &mut buffer)?;
            out.flush()?;
            found.push(out.entry(header.name));
        }
        skip(&mut input, tar::padding(header.size) as u64)?;
    }
    // What follows the end: the second empty block, and the checksum of the compression.
    io::copy(&mut (&mut input).take(1 << 20), &mut io::sink())?;
    let document = document.ok_or_else(|| bad("metadata.json is missing: this is no backup of Argos"))?;
    compare(&document, &found)?;
    Ok(document)
}

/// Exactly `size` bytes, in large pieces: the hash works on many blocks at once.
fn copy(input: &mut impl Read, out: &mut impl Write, size: u64, buffer: &mut [u8]) -> io::Result<()> {
    let mut left = size;
    while left > 0 {
        let room = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let piece = buffer.get_mut(..room).unwrap_or_default();
        input
            .read_exact(piece)
            .map_err(|e| if e.kind() == io::ErrorKind::UnexpectedEof { bad("the archive ends too early") } else { e })?;
        out.write_all(piece)?;
        left -= room as u64;
    }
    Ok(())
}

/// Every described file is there as described, and nothing else: a file nobody signed could be read with the databases.
fn compare(document: &Metadata, found: &[FileEntry]) -> io::Result<()> {
    let mut named: HashMap<&str, &FileEntry> = HashMap::with_capacity(found.len());
    for file in found {
        if named.insert(&file.name, file).is_some() {
            return Err(bad(format!("{} is in the archive twice", file.name)));
        }
    }
    for wanted in &document.files {
        match named.remove(wanted.name.as_str()) {
            Some(file) if file.is_as(wanted) => {}
            Some(_) => return Err(bad(format!("{} is damaged: its checksum differs", wanted.name))),
            None => return Err(bad(format!("{} is missing in the archive", wanted.name))),
        }
    }
    if let Some(extra) = named.keys().min() {
        return Err(bad(format!("{extra} is in the archive but not described")));
    }
    if !document.files.iter().any(|f| f.name == crate::model::metadata::STATE_FILE) {
        return Err(bad("argos.db is missing in the archive"));
    }
    Ok(())
}

#[cfg(test)]
#[path = "archive_tests.rs"]
mod tests;
