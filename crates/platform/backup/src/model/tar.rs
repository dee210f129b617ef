//! The part of the tar format (POSIX ustar) that backups need: regular files with plain names, written and read as
//! streams. Reading refuses everything else, so that no archive can place, link or own anything.

use std::io::{self, Read, Write};

const BLOCK: usize = 512;
/// Longest names of the two fields that hold a path: its end, and the folders before it.
const NAME_MAX: usize = 100;
const FOLDERS_MAX: usize = 155;

/// One file of an archive as its header describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) name: String,
    pub(crate) size: u64,
}

fn bad(text: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text.into())
}

/// Names are relative, printable, stay inside and fit into a header: `a/b.c`.
pub(crate) fn is_plain_name(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-+@=~/".contains(&b))
        && name.split('/').all(|part| !part.is_empty() && part != "." && part != "..")
        && split(name).is_some()
}

/// The folders and the end of a name, each short enough for its field.
fn split(name: &str) -> Option<(&str, &str)> {
    if name.len() <= NAME_MAX {
        return Some(("", name));
    }
    let mut slashes = name.match_indices('/').map(|(at, _)| at);
    let fits = |at: &usize| *at <= FOLDERS_MAX && name.len() - at - 1 <= NAME_MAX;
    slashes.rfind(fits).and_then(|at| Some((name.get(..at)?, name.get(at + 1..)?)))
}

/// Writes the header of a file; exactly `size` bytes and [`padding`] must follow.
pub(crate) fn write_header(out: &mut impl Write, header: &Header, mtime_secs: i64) -> io::Result<()> {
    let (folders, end) = split(&header.name)
        .filter(|_| is_plain_name(&header.name))
        .ok_or_else(|| bad(format!("{:?} is no name for an archive", header.name)))?;
    let mut block = [0_u8; BLOCK];
    let mut put = |at: usize, bytes: &[u8]| {
        if let Some(place) = block.get_mut(at..at + bytes.len()) {
            place.copy_from_slice(bytes);
        }
    };
    put(0, end.as_bytes());
    put(345, folders.as_bytes());
    put(100, b"0000600\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    if header.size < 1 << 33 {
        put(124, format!("{:011o}\0", header.size).as_bytes());
    } else {
        // Base 256, as GNU tar writes what does not fit into eleven octal digits.
        put(124, &[0x80, 0, 0, 0]);
        put(128, &header.size.to_be_bytes());
    }
    put(136, format!("{:011o}\0", mtime_secs.max(0)).as_bytes());
    put(148, b"        ");
    put(156, b"0");
    put(257, b"ustar\x0000");
    let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
    if let Some(place) = block.get_mut(148..156) {
        place.copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
    out.write_all(&block)
}

/// Zero bytes that fill the last block of a file.
pub(crate) fn padding(size: u64) -> usize {
    let rest = usize::try_from(size % BLOCK as u64).unwrap_or(0);
    (BLOCK - rest) % BLOCK
}

/// The two empty blocks that end an archive.
pub(crate) fn write_end(out: &mut impl Write) -> io::Result<()> {
    out.write_all(&[0_u8; BLOCK * 2])
}

/// The next header; `None` at the end of the archive. The caller reads the content and its padding.
pub(crate) fn read_header(input: &mut impl Read) -> io::Result<Option<Header>> {
    let mut block = [0_u8; BLOCK];
    input.read_exact(&mut block).map_err(|e| match e.kind() {
        io::ErrorKind::UnexpectedEof => bad("the archive ends too early"),
        _ => e,
    })?;
    if block.iter().all(|b| *b == 0) {
        return Ok(None);
    }
    let field = |from: usize, to: usize| block.get(from..to).unwrap_or_default();
    let text = |from: usize, to: usize| {
        let bytes = field(from, to);
        let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
        String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).trim().to_owned()
    };
    let octal = |from: usize, to: usize| u64::from_str_radix(&text(from, to), 8).map_err(|_| bad("a header of the archive is damaged"));
    let sum: u64 = block.iter().enumerate().map(|(i, b)| if (148..156).contains(&i) { 32 } else { u64::from(*b) }).sum();
    if octal(148, 156)? != sum {
        return Err(bad("a header of the archive is damaged"));
    }
    if !matches!(block[156], b'0' | 0) {
        return Err(bad("the archive holds something that is no regular file"));
    }
    let size = if block[124] & 0x80 == 0 {
        octal(124, 136)?
    } else {
        u64::from_be_bytes(field(128, 136).try_into().map_err(|_| bad("a header of the archive is damaged"))?)
    };
    let (folders, end) = (text(345, 500), text(0, 100));
    let name = if folders.is_empty() { end } else { format!("{folders}/{end}") };
    if !is_plain_name(&name) {
        return Err(bad("the archive holds a name that is not allowed"));
    }
    Ok(Some(Header { name, size }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn header_of_any_size_comes_back_and_is_a_tar_header() {
        for size in [0, 1, 511, 512, 8_589_934_591, 8_589_934_592, 1 << 41] {
            let header = Header { name: "caddy/certificates/a.crt".to_owned(), size };
            let mut out = Vec::new();
            write_header(&mut out, &header, 1_700_000_000).unwrap();
            assert_eq!(out.len(), 512);
            assert_eq!(read_header(&mut out.as_slice()).unwrap(), Some(header));
            // Any changed byte that counts is noticed.
            out[130] ^= 1;
            assert!(read_header(&mut out.as_slice()).is_err());
        }
    }

    #[test]
    fn long_name_of_a_certificate_comes_back_whole() {
        let host = "a-rather-long-name-of-a-host-behind-the-proxy.department.example.com";
        let name = format!("caddy/certificates/acme-v02.api.letsencrypt.org-directory/{host}/{host}.crt");
        assert!(name.len() > NAME_MAX);
        let mut out = Vec::new();
        write_header(&mut out, &Header { name: name.clone(), size: 5 }, 0).unwrap();
        assert_eq!(read_header(&mut out.as_slice()).unwrap().unwrap().name, name);
        assert!(!is_plain_name(&"x".repeat(NAME_MAX + 1)) && !is_plain_name(&format!("a/{}", "x".repeat(300))));
    }

    #[test]
    fn names_that_leave_the_directory_are_refused() {
        for name in ["/etc/passwd", "../x", "a/../b", "a//b", ".", "", "a\0b", "a b"] {
            assert!(!is_plain_name(name), "{name}");
            assert!(write_header(&mut Vec::new(), &Header { name: name.to_owned(), size: 1 }, 0).is_err());
        }
    }

    #[test]
    fn link_in_an_archive_is_refused() {
        let mut out = Vec::new();
        write_header(&mut out, &Header { name: "argos.db".to_owned(), size: 0 }, 0).unwrap();
        out[156] = b'2';
        let sum: u32 = out.iter().enumerate().map(|(i, b)| if (148..156).contains(&i) { 32 } else { u32::from(*b) }).sum();
        out[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        assert!(read_header(&mut out.as_slice()).unwrap_err().to_string().contains("no regular file"));
    }

    proptest! {
        #[test]
        fn any_plain_name_comes_back(name in "[a-z]{1,60}(/[a-z.]{1,60}){0,5}") {
            let mut out = Vec::new();
            if write_header(&mut out, &Header { name: name.clone(), size: 1 }, 0).is_ok() {
                prop_assert_eq!(read_header(&mut out.as_slice()).unwrap().unwrap().name, name);
            } else {
                prop_assert!(!is_plain_name(&name));
            }
        }

        #[test]
        fn any_bytes_are_a_header_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..1200)) {
            if let Ok(Some(header)) = read_header(&mut bytes.as_slice()) {
                prop_assert!(is_plain_name(&header.name));
            }
        }
    }
}
