//! Dynamic updates of text records at a name server of one's own (RFC 2136), signed with a shared key (RFC 8945).
//!
//! One message and its answer over a TCP stream that the caller opened; ids and times are the caller's. Answers are
//! bounded, their signature is checked, and no byte of them can make this crate panic.

mod message;
mod name;
mod tsig;

use std::fmt;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use message::{Message, RecordType};
pub use name::{Name, NameError};
pub use tsig::{Algorithm, Key};

/// What shall become of a text record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Add {
        name: Name,
        ttl_s: u32,
        text: String,
    },
    /// This text only; others of the same name stay.
    Remove {
        name: Name,
        text: String,
    },
}

/// Why the server did not do it.
#[derive(Debug)]
pub enum UpdateError {
    /// The connection broke.
    Io(std::io::Error),
    /// It answered something that is no answer to the question.
    Malformed(&'static str),
    /// It refused, with the name of the code (RFC 2136 2.2, RFC 8945 3).
    Refused(&'static str),
    /// The answer is not signed by the shared key.
    BadSignature,
}

impl fmt::Display for UpdateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "the connection to the name server broke: {error}"),
            Self::Malformed(what) => write!(f, "the name server answered {what}"),
            Self::Refused(code) => write!(f, "the name server refused: {code}"),
            Self::BadSignature => f.write_str("the answer of the name server is not signed by the key"),
        }
    }
}

impl std::error::Error for UpdateError {}

impl From<std::io::Error> for UpdateError {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

/// Changes records of `zone` in one step.
///
/// # Errors
/// When the server refuses, the key above all, or cannot be understood.
pub async fn update<S>(stream: &mut S, zone: &Name, changes: &[Change], key: &Key, id: u16, now_unix_s: u64) -> Result<(), UpdateError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut message = message::update(id, zone, changes);
    let mac = tsig::sign(&mut message, key, now_unix_s);
    let answer = exchange(stream, &message).await?;
    let read = Message::read(&answer).ok_or(UpdateError::Malformed("no DNS message"))?;
    if read.id != id || !read.is_answer {
        return Err(UpdateError::Malformed("another question"));
    }
    if let Some(code) = read.tsig_error().or_else(|| message::refusal(read.code)) {
        return Err(UpdateError::Refused(code));
    }
    if tsig::verify(&answer, &read, key, &mac, now_unix_s) { Ok(()) } else { Err(UpdateError::BadSignature) }
}

/// The zone that a name lies in, as this server knows it: the nearest name above with a start of authority.
///
/// # Errors
/// When the server is not the authority of any name above.
pub async fn zone_of<S>(stream: &mut S, name: &Name, id: u16) -> Result<Name, UpdateError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut candidate = Some(name.clone());
    while let Some(zone) = candidate {
        let answer = exchange(stream, &message::query(id, &zone, RecordType::Soa)).await?;
        let read = Message::read(&answer).filter(|read| read.id == id && read.is_answer).ok_or(UpdateError::Malformed("no DNS message"))?;
        if read.answers.iter().any(|record| record.kind == RecordType::Soa as u16 && record.name == zone) {
            return Ok(zone);
        }
        candidate = zone.parent();
    }
    Err(UpdateError::Refused("it is not the authority of any name above"))
}

/// One message and its answer, each after its length (RFC 7766 8).
async fn exchange<S>(stream: &mut S, message: &[u8]) -> Result<Vec<u8>, UpdateError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let length = u16::try_from(message.len()).map_err(|_| UpdateError::Malformed("nothing: the change is too large for one message"))?;
    let mut framed = length.to_be_bytes().to_vec();
    framed.extend_from_slice(message);
    stream.write_all(&framed).await?;
    stream.flush().await?;
    let mut answer = vec![0; usize::from(stream.read_u16().await?)];
    stream.read_exact(&mut answer).await?;
    Ok(answer)
}
