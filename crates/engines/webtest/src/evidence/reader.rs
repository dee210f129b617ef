//! Reads a trace part by part: the record of its steps, a document or a picture, the requests one after the other. Never
//! the whole archive, and never more of a part than its limit: an archive may have been made by anybody.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use flate2::read::DeflateDecoder;
use serde_json::Value;

/// What is read of a document or a picture, unpacked.
const PART_BYTES_MAX: u64 = 32 << 20;
/// What is read of the record of the steps and of the console, unpacked.
const RECORD_BYTES_MAX: u64 = 64 << 20;
/// What is read of the archive of requests, unpacked; it is never held.
const REQUESTS_BYTES_MAX: u64 = 1 << 30;
/// Names of an archive.
const ENTRIES_MAX: usize = 65_535;
/// Where the end of the directory is looked for: it may be followed by a comment.
const TAIL_BYTES: u64 = 22 + 65_535;

struct Entry {
    deflated: bool,
    /// Of the content.
    checksum: u32,
    packed: u64,
    offset: u64,
}

/// A trace that lies in a file.
pub struct TraceReader<R: Read + Seek = BufReader<File>> {
    file: R,
    entries: HashMap<String, Entry>,
}

fn broken(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

impl TraceReader {
    /// # Errors
    /// The file cannot be read or is no archive.
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::of(BufReader::new(File::open(path)?))
    }
}

impl<R: Read + Seek> TraceReader<R> {
    /// # Errors
    /// It cannot be read or is no archive.
    pub fn of(mut file: R) -> io::Result<Self> {
        let size = file.seek(SeekFrom::End(0))?;
        let tail_at = size.saturating_sub(TAIL_BYTES);
        file.seek(SeekFrom::Start(tail_at))?;
        let mut tail = Vec::new();
        (&mut file).take(TAIL_BYTES).read_to_end(&mut tail)?;
        let end = tail.windows(4).rposition(|window| window == b"PK\x05\x06").ok_or_else(|| broken("no end of a directory"))?;
        let short = || broken("the directory is cut short");
        let count = usize::from(u16_at(&tail, end + 10).ok_or_else(short)?).min(ENTRIES_MAX);
        let length = u64::from(u32_at(&tail, end + 12).ok_or_else(short)?);
        let start = u64::from(u32_at(&tail, end + 16).ok_or_else(short)?);
        if start.saturating_add(length) > size {
            return Err(broken("the directory lies outside the archive"));
        }
        file.seek(SeekFrom::Start(start))?;
        let mut directory = Vec::new();
        (&mut file).take(length).read_to_end(&mut directory)?;
        let mut entries = HashMap::new();
        let mut at = 0;
        for _ in 0..count {
            let (name, entry, next) = entry_at(&directory, at).ok_or_else(short)?;
            entries.insert(name, entry);
            at = next;
        }
        Ok(Self { file, entries })
    }

    /// Unpacks a part; nothing when there is none of this name.
    fn unpack(&mut self, name: &str, bytes_max: u64) -> io::Result<Option<Box<dyn Read + '_>>> {
        let Some(entry) = self.entries.get(name) else { return Ok(None) };
        let mut head = [0; 30];
        self.file.seek(SeekFrom::Start(entry.offset))?;
        self.file.read_exact(&mut head)?;
        if !head.starts_with(b"PK\x03\x04") {
            return Err(broken("a part does not lie where the directory says"));
        }
        let skipped = |at| i64::from(u16_at(&head, at).unwrap_or(0));
        self.file.seek(SeekFrom::Current(skipped(26) + skipped(28)))?;
        let packed = (&mut self.file).take(entry.packed);
        Ok(Some(if entry.deflated { Box::new(DeflateDecoder::new(packed).take(bytes_max)) } else { Box::new(packed.take(bytes_max)) }))
    }

    /// The checksum (CRC-32) of a part as the directory has it: parts with the same content have the same one. Nothing is
    /// unpacked for it.
    pub fn checksum(&self, name: &str) -> Option<u32> {
        self.entries.get(name).map(|entry| entry.checksum)
    }

    /// A document or a picture.
    ///
    /// # Errors
    /// The archive is broken, or the part is larger than anything a run keeps.
    pub fn part(&mut self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let Some(content) = self.unpack(name, PART_BYTES_MAX + 1)? else { return Ok(None) };
        let mut bytes = Vec::new();
        BufReader::new(content).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > PART_BYTES_MAX { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(Some(bytes)) }
    }

    fn record(&mut self, name: &str) -> io::Result<Option<Value>> {
        let Some(content) = self.unpack(name, RECORD_BYTES_MAX)? else { return Ok(None) };
        Ok(Some(serde_json::from_reader(BufReader::new(content))?))
    }

    /// The record of the steps: `about`, `steps`, `truncated`.
    ///
    /// # Errors
    /// The archive is broken or has none.
    pub fn steps(&mut self) -> io::Result<Value> {
        self.record("trace.json")?.ok_or_else(|| broken("it has no record of steps"))
    }

    /// What the pages said, in the order of time; an empty list where it did not fit into the trace.
    ///
    /// # Errors
    /// The archive is broken.
    pub fn console(&mut self) -> io::Result<Value> {
        Ok(self.record("console.json")?.unwrap_or_else(|| Value::Array(Vec::new())))
    }

    /// Hands over each request with its place, as it stands in the archive of requests; false when there is no such archive.
    ///
    /// # Errors
    /// The archive is broken.
    pub fn requests(&mut self, each: &mut dyn FnMut(usize, Value)) -> io::Result<bool> {
        let Some(content) = self.unpack("network.har", REQUESTS_BYTES_MAX)? else { return Ok(false) };
        super::stream::entries(BufReader::new(content), each)?;
        Ok(true)
    }
}

/// The entry of the directory that begins there, and where the next one does.
fn entry_at(directory: &[u8], at: usize) -> Option<(String, Entry, usize)> {
    if directory.get(at..at + 4)? != b"PK\x01\x02" {
        return None;
    }
    let length = |place: usize| u16_at(directory, at + place).map(usize::from);
    let (name, extra, comment) = (length(28)?, length(30)?, length(32)?);
    let name_end = at + 46 + name;
    let text = String::from_utf8(directory.get(at + 46..name_end)?.to_vec()).ok()?;
    let entry = Entry {
        deflated: u16_at(directory, at + 10)? == 8,
        checksum: u32_at(directory, at + 16)?,
        packed: u64::from(u32_at(directory, at + 20)?),
        offset: u64::from(u32_at(directory, at + 42)?),
    };
    Some((text, entry, name_end + extra + comment))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::evidence::zip::ZipFile;

    fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = ZipFile::onto(Vec::new());
        for (name, content) in parts {
            assert!(zip.add(name, content, 1 << 20).unwrap());
        }
        zip.finish().unwrap()
    }

    #[test]
    fn parts_come_back_as_they_were_written_and_requests_one_by_one() {
        let har =
            json!({ "log": { "version": "1.2", "creator": { "entries": 5 }, "entries": [{ "time": 1 }, { "time": 2 }], "pages": [] } });
        let bytes = archive(&[
            ("dom/000-before.html", b"<p>hello</p>"),
            ("dom/000-after.html", b"<p>hello</p>"),
            ("screenshots/000.png", b"\x89PNG"),
            ("trace.json", br#"{"steps":[1,2]}"#),
            ("network.har", har.to_string().as_bytes()),
        ]);
        let mut trace = TraceReader::of(Cursor::new(bytes)).unwrap();
        assert_eq!(trace.part("dom/000-before.html").unwrap().as_deref(), Some(&b"<p>hello</p>"[..]));
        assert_eq!(trace.part("screenshots/000.png").unwrap().as_deref(), Some(&b"\x89PNG"[..]));
        assert!(trace.part("dom/001-before.html").unwrap().is_none());
        let [same, again, other] = ["dom/000-before.html", "dom/000-after.html", "trace.json"].map(|name| trace.checksum(name));
        assert!(same.is_some() && same == again && same != other && trace.checksum("dom/001-before.html").is_none());
        assert_eq!(trace.steps().unwrap()["steps"], json!([1, 2]));
        assert_eq!(trace.console().unwrap(), json!([]));
        let mut seen = Vec::new();
        assert!(trace.requests(&mut |n, entry| seen.push((n, entry["time"].clone()))).unwrap());
        assert_eq!(seen, [(0, json!(1)), (1, json!(2))]);
    }

    proptest! {
        #[test]
        fn whatever_the_bytes_are_it_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            if let Ok(mut trace) = TraceReader::of(Cursor::new(bytes)) {
                drop((trace.steps(), trace.console(), trace.requests(&mut |_, _| ())));
            }
        }

        #[test]
        fn archive_with_a_wrong_byte_is_read_or_refused(at in 0_usize..400, byte in any::<u8>()) {
            let mut bytes = archive(&[("trace.json", br#"{"steps":[]}"#), ("network.har", br#"{"log":{"entries":[{}]}}"#)]);
            let place = at % bytes.len();
            bytes[place] = byte;
            if let Ok(mut trace) = TraceReader::of(Cursor::new(bytes)) {
                drop((trace.steps(), trace.part("trace.json"), trace.requests(&mut |_, _| ())));
            }
        }
    }
}
