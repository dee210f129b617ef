//! The bytes of the debugging pipe: JSON messages, each ended by a NUL. Knows nothing of calls or sessions.
//! A message that cannot be read is skipped and counted, never an end of the connection: the protocol grows with
//! every browser version.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};

/// Longest message taken; a screenshot of a huge page has some ten million bytes.
pub(crate) const MESSAGE_BYTES_MAX: u64 = 256 << 20;

/// A message of the browser: an answer when it has an id, else an event.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Incoming<'a> {
    pub(crate) id: Option<u64>,
    pub(crate) session_id: Option<String>,
    pub(crate) method: Option<String>,
    #[serde(borrow)]
    pub(crate) params: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) result: Option<&'a RawValue>,
    pub(crate) error: Option<Refusal>,
}

/// The error object of an answer.
#[derive(Deserialize)]
pub(crate) struct Refusal {
    #[serde(default)]
    pub(crate) code: i64,
    #[serde(default)]
    pub(crate) message: String,
    /// Says which parameter was wrong.
    pub(crate) data: Option<serde_json::Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outgoing<'a, P: Serialize> {
    id: u64,
    method: &'a str,
    params: &'a P,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<&'a str>,
}

/// The bytes of a call, its ending NUL with it.
pub(crate) fn encode<P: Serialize>(id: u64, session_id: Option<&str>, method: &str, params: &P) -> serde_json::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec(&Outgoing { id, method, params, session_id })?;
    bytes.push(0);
    Ok(bytes)
}

/// Reads the next message into `buffer`, without its NUL. False at the end, in the middle of a message too.
pub(crate) async fn read(reader: &mut (impl AsyncBufRead + Unpin), buffer: &mut Vec<u8>) -> std::io::Result<bool> {
    buffer.clear();
    reader.take(MESSAGE_BYTES_MAX).read_until(0, buffer).await?;
    match buffer.pop() {
        Some(0) => Ok(true),
        Some(_) if buffer.len() as u64 + 1 >= MESSAGE_BYTES_MAX => {
            Err(std::io::Error::new(std::io::ErrorKind::InvalidData, "the browser sent a message that is too long"))
        }
        _ => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Incoming, encode, read};

    #[test]
    fn call_is_encoded_as_the_protocol_wants_it() {
        let bytes = encode(7, Some("S"), "Page.navigate", &serde_json::json!({"url": "a\0b"})).unwrap();
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            "{\"id\":7,\"method\":\"Page.navigate\",\"params\":{\"url\":\"a\\u0000b\"},\"sessionId\":\"S\"}\0"
        );
    }

    #[test]
    fn message_with_unknown_fields_is_read() {
        let text = r#"{"method":"X.y","params":{"a":[1]},"sessionId":"s","future":{"deep":true}}"#;
        let message: Incoming<'_> = serde_json::from_str(text).unwrap();
        assert_eq!((message.method.as_deref(), message.params.unwrap().get()), (Some("X.y"), r#"{"a":[1]}"#));
    }

    proptest! {
        #[test]
        fn any_bytes_are_cut_at_every_nul_whatever_the_buffer(bytes in prop::collection::vec(prop_oneof![Just(0_u8), any::<u8>()], 0..200), size in 1_usize..40) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let parts = runtime.block_on(async {
                let mut reader = tokio::io::BufReader::with_capacity(size, &bytes[..]);
                let (mut parts, mut buffer) = (Vec::new(), Vec::new());
                while read(&mut reader, &mut buffer).await.unwrap() {
                    parts.push(buffer.clone());
                }
                parts
            });
            let mut expected: Vec<Vec<u8>> = bytes.split(|b| *b == 0).map(<[u8]>::to_vec).collect();
            expected.pop();
            prop_assert_eq!(parts, expected);
        }

        #[test]
        fn any_text_is_judged_without_a_panic(text in ".{0,80}") {
            let _judged = serde_json::from_str::<Incoming<'_>>(&text).is_ok();
        }
    }
}
