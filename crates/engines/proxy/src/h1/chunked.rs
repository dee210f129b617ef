//! The chunked coding of an answer (RFC 9112, 7.1), read strictly: lines end in CR LF, sizes are digits.

use bytes::{Buf as _, Bytes, BytesMut};
use http::header::{HeaderMap, HeaderName, HeaderValue};

use super::has_bare_lf;

/// Bytes of a size line with its extensions.
const LINE_MAX: usize = 4 << 10;
/// Bytes of the extensions of a whole body: each byte of it could bring some.
const EXTENSIONS_MAX: usize = 16 << 10;
/// Bytes of each line that count for nothing: blanks that pad a size, a short word.
const EXTENSION_FREE: usize = 16;
/// Bytes of all trailers.
const TRAILERS_MAX: usize = 16 << 10;
/// Lines of trailers.
const TRAILER_LINES_MAX: usize = 64;

/// Where the decoder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Size,
    Data(u64),
    /// The line end after a chunk's bytes.
    DataEnd,
    Trailers,
    End,
}

/// The decoder.
#[derive(Debug)]
pub(crate) struct Chunked {
    at: At,
    /// Bytes of extensions so far.
    extensions: usize,
}

/// What the decoder made of the bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Data(Bytes),
    Trailers(HeaderMap),
    /// More must be read first.
    More,
    End,
}

/// The body is not in the chunked coding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadChunk;

impl Chunked {
    pub(crate) fn new() -> Self {
        Self { at: At::Size, extensions: 0 }
    }

    pub(crate) fn is_end(&self) -> bool {
        self.at == At::End
    }

    /// Takes the next part from the front of what was read.
    pub(crate) fn next(&mut self, read: &mut BytesMut) -> Result<Part, BadChunk> {
        loop {
            match self.at {
                At::Size => {
                    let Some(line) = line(read, LINE_MAX)? else { return Ok(Part::More) };
                    let (size, extension) = size(&line)?;
                    // Each byte of the body pays for some: a long body in small parts may say something with each.
                    let paid = usize::try_from(size).unwrap_or(usize::MAX).saturating_mul(2).saturating_add(EXTENSION_FREE);
                    self.extensions = (self.extensions + extension).saturating_sub(paid);
                    if self.extensions > EXTENSIONS_MAX {
                        return Err(BadChunk);
                    }
                    self.at = match size {
                        0 => At::Trailers,
                        size => At::Data(size),
                    };
                }
                At::Data(left) => {
                    if read.is_empty() {
                        return Ok(Part::More);
                    }
                    let taken = usize::try_from(left).unwrap_or(usize::MAX).min(read.len());
                    let data = read.split_to(taken).freeze();
                    let left = left - taken as u64;
                    self.at = if left == 0 { At::DataEnd } else { At::Data(left) };
                    self.look_for_end(read);
                    return Ok(Part::Data(data));
                }
                At::DataEnd => match read.get(..2) {
                    Some(b"\r\n") => {
                        read.advance(2);
                        self.at = At::Size;
                    }
                    Some(_) => return Err(BadChunk),
                    None => return Ok(Part::More),
                },
                At::Trailers => {
                    let Some(trailers) = trailers(read)? else { return Ok(Part::More) };
                    self.at = At::End;
                    if !trailers.is_empty() {
                        return Ok(Part::Trailers(trailers));
                    }
                }
                At::End => return Ok(Part::End),
            }
        }
    }

    /// Most bodies end without trailers, and their end comes with the last bytes: then it is known at once.
    fn look_for_end(&mut self, read: &mut BytesMut) {
        const END: &[u8] = b"\r\n0\r\n\r\n";
        if self.at == At::DataEnd && read.starts_with(END) {
            read.advance(END.len());
            self.at = At::End;
        }
    }
}

/// Takes a line without its end.
fn line(read: &mut BytesMut, max: usize) -> Result<Option<Bytes>, BadChunk> {
    let Some(end) = read.iter().take(max).position(|b| *b == b'\n') else {
        return if read.len() < max { Ok(None) } else { Err(BadChunk) };
    };
    let line = read.split_to(end + 1).freeze();
    line.strip_suffix(b"\r\n").map(|text| Some(line.slice_ref(text))).ok_or(BadChunk)
}

/// The size in a line, and how many bytes follow it; what they say is no concern of ours.
fn size(line: &[u8]) -> Result<(u64, usize), BadChunk> {
    let digits = line.split(|b| *b == b';').next().unwrap_or_default().trim_ascii_end();
    if digits.is_empty() || digits.len() > 16 || !digits.iter().all(u8::is_ascii_hexdigit) || line.contains(&b'\r') {
        return Err(BadChunk);
    }
    let digits = std::str::from_utf8(digits).map_err(|_| BadChunk)?;
    Ok((u64::from_str_radix(digits, 16).map_err(|_| BadChunk)?, line.len() - digits.len()))
}

fn trailers(read: &mut BytesMut) -> Result<Option<HeaderMap>, BadChunk> {
    let mut lines = [httparse::EMPTY_HEADER; TRAILER_LINES_MAX];
    let (length, lines) = match httparse::parse_headers(read, &mut lines) {
        Ok(httparse::Status::Complete((length, lines))) if length <= TRAILERS_MAX => (length, lines),
        Ok(httparse::Status::Partial) if read.len() < TRAILERS_MAX => return Ok(None),
        _ => return Err(BadChunk),
    };
    let mut trailers = HeaderMap::with_capacity(lines.len());
    if read.get(..length).is_none_or(has_bare_lf) {
        return Err(BadChunk);
    }
    for line in lines {
        let name = HeaderName::from_bytes(line.name.as_bytes()).map_err(|_| BadChunk)?;
        trailers.append(name, HeaderValue::from_bytes(line.value).map_err(|_| BadChunk)?);
    }
    read.advance(length);
    Ok(Some(trailers))
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use proptest::prelude::*;

    use super::{BadChunk, Chunked, Part};

    /// Decodes what arrives in pieces; says what came out, whether it ended, and what was left.
    fn decode(pieces: &[&[u8]]) -> Result<(Vec<u8>, bool, Vec<u8>), BadChunk> {
        let (mut chunked, mut read, mut out) = (Chunked::new(), BytesMut::new(), Vec::new());
        for piece in pieces {
            read.extend_from_slice(piece);
            loop {
                match chunked.next(&mut read)? {
                    Part::Data(data) => out.extend_from_slice(&data),
                    Part::Trailers(trailers) => out.extend_from_slice(format!("{trailers:?}").as_bytes()),
                    Part::More | Part::End => break,
                }
            }
        }
        Ok((out, chunked.is_end(), read.to_vec()))
    }

    #[test]
    fn bodies_are_decoded_to_their_end_and_no_further() {
        let whole = b"5;x=y\r\nhello\r\nA\r\n, world!!!\r\n0\r\n\r\nrest";
        assert_eq!(decode(&[whole]), Ok((b"hello, world!!!".to_vec(), true, b"rest".to_vec())));
        let bytes: Vec<&[u8]> = whole.chunks(1).collect();
        assert_eq!(decode(&bytes), Ok((b"hello, world!!!".to_vec(), true, b"rest".to_vec())));
        let trailers = decode(&[b"1\r\na\r\n0\r\nX-Sum: 1\r\n\r\n"]).unwrap();
        assert_eq!((String::from_utf8(trailers.0).unwrap(), trailers.1), ("a{\"x-sum\": \"1\"}".to_owned(), true));
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for body in [
            "5\nhello",
            "g\r\n",
            "+5\r\n",
            "0x5\r\n",
            "\r\n",
            "-1\r\n",
            "5 5\r\n",
            "fffffffffffffffff\r\n",
            "1\r\naXX",
            "5\r;\n\r\n",
            "0\r\n\n",
            "0\r\nX: 1\n\r\n",
        ] {
            assert_eq!(decode(&[body.as_bytes()]).err(), Some(BadChunk), "{body:?}");
        }
        assert!(decode(&["1".repeat(5000).as_bytes()]).is_err());
        let extended = format!("1;{}\r\na\r\n", "x".repeat(1000));
        assert!(decode(&[extended.repeat(16).as_bytes()]).is_ok());
        assert!(decode(&[extended.repeat(18).as_bytes()]).is_err(), "extensions without end");
        // Servers that pad their sizes, or say a word with each part, are heard to their end.
        for part in ["4   \r\nabcd\r\n", "4;a=bcdef\r\nabcd\r\n"] {
            let long = format!("{}0\r\n\r\n", part.repeat(10_000));
            assert_eq!(decode(&[long.as_bytes()]).map(|(data, is_end, _)| (data.len(), is_end)), Ok((40_000, true)), "{part}");
        }
    }

    proptest! {
        #[test]
        fn a_body_comes_out_as_it_went_in_however_it_is_cut(data in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 0..6), cut in 1..50usize) {
            let mut wire = Vec::new();
            for chunk in &data {
                wire.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                wire.extend_from_slice(chunk);
                wire.extend_from_slice(b"\r\n");
            }
            wire.extend_from_slice(b"0\r\n\r\n");
            let pieces: Vec<&[u8]> = wire.chunks(cut).collect();
            prop_assert_eq!(decode(&pieces), Ok((data.concat(), true, Vec::new())));
        }

        #[test]
        fn any_bytes_are_decoded_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            drop(decode(&[&bytes]));
        }
    }
}
