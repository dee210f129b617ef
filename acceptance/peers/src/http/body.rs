//! Message framing of answers (RFC 9112 section 6).

use std::io::{BufRead, Read};

use super::{Head, read_line};

/// Undoes the message framing (RFC 9112 section 6): chunked, by length, or until close.
#[derive(Debug)]
pub struct BodyReader<R> {
    inner: R,
    framing: Framing,
}

#[derive(Debug)]
enum Framing {
    Length(u64),
    Chunk(u64),
    BetweenChunks { first: bool },
    UntilClose,
    Done,
}

impl<R: BufRead> BodyReader<R> {
    /// Reads the body that follows `head`.
    pub fn new(head: &Head, inner: R) -> Self {
        let chunked = head.header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked"));
        let length = head.header("content-length").and_then(|value| value.parse().ok());
        let framing = match (chunked, length) {
            (true, _) => Framing::BetweenChunks { first: true },
            (false, Some(length)) => Framing::Length(length),
            (false, None) => Framing::UntilClose,
        };
        Self { inner, framing }
    }

    /// The connection below.
    pub fn get_ref(&self) -> &R {
        &self.inner
    }

    fn next_chunk(&mut self, first: bool) -> std::io::Result<()> {
        if !first && !read_line(&mut self.inner)?.is_empty() {
            return Err(std::io::Error::other("a chunk is longer than it says"));
        }
        let line = read_line(&mut self.inner)?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = u64::from_str_radix(size, 16).map_err(|_| std::io::Error::other(format!("not a chunk size: {line:?}")))?;
        if size > 0 {
            self.framing = Framing::Chunk(size);
            return Ok(());
        }
        while !read_line(&mut self.inner)?.is_empty() {}
        self.framing = Framing::Done;
        Ok(())
    }
}

impl<R: BufRead> Read for BodyReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            match self.framing {
                Framing::Done | Framing::Length(0) => return Ok(0),
                Framing::Chunk(0) => self.framing = Framing::BetweenChunks { first: false },
                Framing::BetweenChunks { first } => self.next_chunk(first)?,
                Framing::UntilClose => return self.inner.read(buffer),
                Framing::Length(left) | Framing::Chunk(left) => {
                    let want = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
                    let count = self.inner.read(&mut buffer[..want])?;
                    if count == 0 && want > 0 {
                        return Err(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "the connection ended inside the body"));
                    }
                    let left = left - count as u64;
                    self.framing = if matches!(self.framing, Framing::Length(_)) { Framing::Length(left) } else { Framing::Chunk(left) };
                    return Ok(count);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BodyReader, Head};
    use std::io::{BufReader, Read};

    fn body(answer: &str) -> std::io::Result<String> {
        let mut reader = BufReader::new(answer.as_bytes());
        let head = Head::read(&mut reader)?;
        let mut text = String::new();
        BodyReader::new(&head, reader).read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn body_by_length_stops_there() {
        assert_eq!(body("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef").unwrap(), "abc");
    }

    #[test]
    fn body_in_chunks_is_joined() {
        let answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: 1\r\n\r\n";
        assert_eq!(body(answer).unwrap(), "abcde");
    }

    #[test]
    fn body_without_framing_runs_until_close() {
        assert_eq!(body("HTTP/1.1 200 OK\r\n\r\nall of it").unwrap(), "all of it");
    }

    #[test]
    fn body_cut_short_is_an_error() {
        assert!(body("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc").is_err());
        assert!(body("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc").is_err());
    }

    #[test]
    fn status_line_that_is_not_http_is_an_error() {
        assert!(body("ICY 200 OK\r\n\r\n").is_err());
    }
}
