//! A log file that is read while it grows, is rotated or is cut. The owner keeps the position with the lines in one
//! transaction, so that none is lost and none is read twice.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::head::Head;

/// Bytes read at one time.
const CHUNK: usize = 256 << 10;
/// A longer line is left out.
const LINE_MAX: usize = 1 << 20;

/// Where reading goes on, also in another process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// The file's number.
    pub inode: u64,
    /// Bytes that were read.
    pub offset: u64,
    /// How many first bytes of the file `head` stands for.
    pub head_len: u64,
    /// Digest of the first bytes: a number is used again, a beginning is not.
    pub head: String,
}

/// Lines that were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    pub lines: Vec<String>,
    /// Where reading goes on after them; `None` while there is no file.
    pub position: Option<Position>,
    /// Nothing more is there now.
    pub is_end: bool,
}

/// Reads one log with its rotated parts.
#[derive(Debug)]
pub struct Follower {
    path: PathBuf,
    resume: Option<Position>,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    file: File,
    inode: u64,
    /// Where the first byte of `rest` stands.
    offset: u64,
    /// Read, and no whole line yet.
    rest: Vec<u8>,
    /// Inside a line that is too long.
    skipping: bool,
    head: Head,
}

impl Open {
    fn at(path: &Path, offset: u64, head: Head) -> io::Result<Self> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(offset))?;
        let inode = file.metadata()?.ino();
        Ok(Self { file, inode, offset, rest: Vec::new(), skipping: false, head })
    }

    fn position(&self) -> Position {
        Position { inode: self.inode, offset: self.offset, head_len: self.head.len() as u64, head: self.head.digest() }
    }

    /// Reads on; whether there was anything.
    fn fill(&mut self) -> io::Result<bool> {
        let mut chunk = vec![0; CHUNK];
        let n = self.file.read(&mut chunk)?;
        let bytes = chunk.get(..n).unwrap_or_default();
        self.head.take(self.offset + self.rest.len() as u64, bytes);
        self.rest.extend_from_slice(bytes);
        Ok(n > 0)
    }

    /// Takes whole lines out of what was read.
    fn take(&mut self, lines: &mut Vec<String>, max: usize) {
        let mut used = 0;
        while lines.len() < max {
            let Some(end) = self.rest.iter().skip(used).position(|b| *b == b'\n') else { break };
            let line = self.rest.get(used..used + end).unwrap_or_default();
            if !std::mem::take(&mut self.skipping) && line.len() <= LINE_MAX && !line.is_empty() {
                lines.push(String::from_utf8_lossy(line).into_owned());
            }
            used += end + 1;
        }
        if lines.len() < max && self.rest.len() - used > LINE_MAX {
            self.skipping = true;
            used = self.rest.len();
        }
        self.rest.drain(..used);
        self.offset += used as u64;
    }
}

fn inode(path: &Path) -> Option<u64> {
    fs::metadata(path).ok().filter(fs::Metadata::is_file).map(|m| m.ino())
}

/// Whether the file begins as it did.
fn begins_so(path: &Path, position: &Position) -> bool {
    let Ok(length) = usize::try_from(position.head_len) else { return false };
    let mut first = Vec::new();
    let read = File::open(path).and_then(|f| f.take(position.head_len).read_to_end(&mut first));
    read.is_ok_and(|n| n == length) && Head::of(&first).digest() == position.head
}

impl Follower {
    /// Goes on at a position, else at the beginning of the file as it is.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, resume: Option<Position>) -> Self {
        Self { path: path.into(), resume, open: None }
    }

    /// Rotated parts that are not compressed, oldest first.
    fn parts(&self) -> Vec<PathBuf> {
        let name = self.path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let stem = self.path.file_stem().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let end = self.path.extension().map(|e| format!(".{}", e.to_string_lossy())).unwrap_or_default();
        let is_part = |other: &str| {
            let dated = other.strip_prefix(&stem).and_then(|rest| rest.strip_prefix('-')).is_some_and(|rest| rest.ends_with(&end));
            let counted = other.strip_prefix(&name).and_then(|rest| rest.strip_prefix('.'));
            dated || counted.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
        };
        let Some(Ok(entries)) = self.path.parent().map(fs::read_dir) else { return Vec::new() };
        let found = entries.filter_map(Result::ok).filter(|e| is_part(&e.file_name().to_string_lossy()));
        let mut dated: Vec<(SystemTime, PathBuf)> =
            found.filter_map(|e| Some((e.metadata().ok().filter(fs::Metadata::is_file)?.modified().ok()?, e.path()))).collect();
        dated.sort();
        dated.into_iter().map(|(_, path)| path).collect()
    }

    /// Opens the file in which reading goes on.
    fn find(&mut self) -> io::Result<Option<Open>> {
        let fresh = |path: &Path| Open::at(path, 0, Head::default());
        let Some(position) = self.resume.clone() else {
            return if inode(&self.path).is_some() { fresh(&self.path).map(Some) } else { Ok(None) };
        };
        let parts = self.parts();
        let all = parts.iter().chain(std::iter::once(&self.path));
        let same: Vec<&PathBuf> = all.filter(|p| inode(p) == Some(position.inode) && begins_so(p, &position)).collect();
        if let Some(path) = same.first() {
            let mut first = Vec::new();
            File::open(path)?.take(position.head_len).read_to_end(&mut first)?;
            let is_cut = fs::metadata(path)?.len() < position.offset;
            return if is_cut { fresh(path).map(Some) } else { Open::at(path, position.offset, Head::of(&first)).map(Some) };
        }
        // It is gone, so every part that is left came after it. A file that was cut in place has its number still.
        let is_cut = inode(&self.path) == Some(position.inode);
        match parts.first().filter(|_| !is_cut) {
            Some(oldest) => fresh(oldest).map(Some),
            None if inode(&self.path).is_some() => fresh(&self.path).map(Some),
            None => Ok(None),
        }
    }

    /// The file that came after the one that is read, once that one is complete.
    fn successor(&self, open: &Open) -> Option<PathBuf> {
        if inode(&self.path) == Some(open.inode) {
            return None;
        }
        let parts = self.parts();
        let place = parts.iter().position(|p| inode(p) == Some(open.inode));
        let next = place.map_or_else(|| parts.first(), |at| parts.get(at + 1));
        next.cloned().or_else(|| inode(&self.path).is_some().then(|| self.path.clone()))
    }

    /// Reads at most so many lines. Blocks.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn read(&mut self, max: usize) -> io::Result<Batch> {
        let mut lines = Vec::new();
        loop {
            let mut open = match self.open.take() {
                Some(open) => open,
                None => match self.find()? {
                    Some(open) => open,
                    None => return Ok(Batch { lines, position: None, is_end: true }),
                },
            };
            open.take(&mut lines, max);
            while lines.len() < max && open.fill()? {
                open.take(&mut lines, max);
            }
            if lines.len() >= max {
                return Ok(self.kept(open, lines, false));
            }
            // Its end. What comes now depends on whether Caddy still writes there.
            if open.file.metadata()?.len() < open.offset {
                open = Open { offset: 0, rest: Vec::new(), skipping: false, head: Head::default(), ..open };
                open.file.seek(SeekFrom::Start(0))?;
                self.open = Some(open);
                continue;
            }
            let Some(next) = self.successor(&open) else { return Ok(self.kept(open, lines, true)) };
            // Something may have come between the end and the new name.
            if open.fill()? {
                self.open = Some(open);
                continue;
            }
            if !open.rest.is_empty() && !open.skipping {
                lines.push(String::from_utf8_lossy(&open.rest).into_owned());
            }
            match Open::at(&next, 0, Head::default()) {
                Ok(opened) => self.open = Some(opened),
                // Rotated away in this moment: the old place is found again.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    let mut whole = open;
                    whole.offset += whole.rest.len() as u64;
                    whole.rest.clear();
                    return Ok(self.kept(whole, lines, false));
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn kept(&mut self, open: Open, lines: Vec<String>, is_end: bool) -> Batch {
        let position = Some(open.position());
        self.resume.clone_from(&position);
        self.open = Some(open);
        Batch { lines, position, is_end }
    }
}

#[cfg(test)]
#[path = "files_tests.rs"]
mod tests;
