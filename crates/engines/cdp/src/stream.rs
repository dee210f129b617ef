//! Reading what the browser hands over as a stream (traces, long PDFs), with a bound.

use data_encoding::BASE64;

use crate::error::CdpError;
use crate::protocol::browser::{CloseStream, ReadStream};
use crate::session::Session;

pub(crate) async fn read_stream(session: &Session, handle: String, bytes_max: usize) -> Result<Vec<u8>, CdpError> {
    let mut bytes = Vec::new();
    let result = loop {
        let part = match session.call(&ReadStream { handle: handle.clone(), size: Some(1 << 20) }).await {
            Ok(part) => part,
            Err(error) => break Err(error),
        };
        if part.base64_encoded {
            bytes.extend(decode("IO.read", &part.data)?);
        } else {
            bytes.extend_from_slice(part.data.as_bytes());
        }
        if bytes.len() > bytes_max {
            break Err(CdpError::Invalid(format!("it has more than {bytes_max} bytes")));
        }
        if part.eof {
            break Ok(bytes);
        }
    };
    session.send(&CloseStream { handle });
    result
}

pub(crate) fn decode(method: &str, text: &str) -> Result<Vec<u8>, CdpError> {
    BASE64.decode(text.as_bytes()).map_err(|error| CdpError::Unreadable { method: method.to_owned(), why: error.to_string() })
}
