//! One message to an MQTT 3.1.1 broker with quality of service 1: connect, publish, wait for the receipt, disconnect.
//! It neither connects nor encrypts: the caller hands over a stream. Packets read are bounded.

use std::fmt;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Longest topic, client id and user name.
const TEXT_MAX: usize = 60_000;
const PACKET_MAX: usize = 4_096;

/// What is published and as whom.
#[derive(Clone, Debug)]
pub struct Publish<'a> {
    pub client_id: &'a str,
    /// User name and password.
    pub login: Option<(&'a str, &'a str)>,
    pub topic: &'a str,
    pub payload: &'a [u8],
    pub retain: bool,
}

#[derive(Debug)]
pub enum MqttError {
    Io(std::io::Error),
    Protocol(&'static str),
    /// The broker's return code.
    Refused(u8),
}

impl MqttError {
    /// Whether trying again later may help.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Io(_) | Self::Refused(3))
    }
}

impl fmt::Display for MqttError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(e) => write!(f, "the broker connection failed: {e}"),
            Self::Protocol(why) => f.write_str(why),
            Self::Refused(code) => {
                let why = match code {
                    1 => "it does not speak MQTT 3.1.1",
                    2 => "the client id",
                    3 => "it is not available",
                    4 => "user name or password",
                    5 => "not authorized",
                    _ => "no reason given",
                };
                write!(f, "the broker refused the connection: {why}")
            }
        }
    }
}

impl std::error::Error for MqttError {}

impl From<std::io::Error> for MqttError {
    fn from(e: std::io::Error) -> Self {
        Self::Io(e)
    }
}

/// Whether a message may be published under it: not empty, no wildcard, no NUL.
pub fn is_topic(text: &str) -> bool {
    !text.is_empty() && text.len() <= TEXT_MAX && !text.contains(['+', '#', '\0'])
}

/// Publishes and returns once the broker has confirmed it.
pub async fn publish<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, p: &Publish<'_>) -> Result<(), MqttError> {
    if !is_topic(p.topic) {
        return Err(MqttError::Protocol("the topic cannot be published to"));
    }
    stream.write_all(&connect_packet(p)).await?;
    stream.flush().await?;
    match read_packet(stream).await? {
        (0x20, body) => match body.get(1) {
            Some(0) => {}
            Some(code) => return Err(MqttError::Refused(*code)),
            None => return Err(MqttError::Protocol("the other side does not speak MQTT")),
        },
        _ => return Err(MqttError::Protocol("the other side does not speak MQTT")),
    }
    let mut body = Vec::new();
    put_text(&mut body, p.topic.as_bytes());
    body.extend([0, 1]);
    body.extend(p.payload);
    stream.write_all(&packet(0x32 | u8::from(p.retain), &body)).await?;
    stream.flush().await?;
    match read_packet(stream).await? {
        (0x40, body) if body == [0, 1] => {}
        _ => return Err(MqttError::Protocol("the broker did not confirm the message")),
    }
    stream.write_all(&packet(0xE0, &[])).await?;
    stream.flush().await?;
    Ok(())
}

fn connect_packet(p: &Publish<'_>) -> Vec<u8> {
    let mut body = Vec::new();
    put_text(&mut body, b"MQTT");
    // Clean session; user name and password when given. Keep-alive 30 s.
    let flags = 0x02 | if p.login.is_some() { 0xC0 } else { 0 };
    body.extend([4, flags, 0, 30]);
    put_text(&mut body, p.client_id.as_bytes());
    if let Some((user, password)) = p.login {
        put_text(&mut body, user.as_bytes());
        put_text(&mut body, password.as_bytes());
    }
    packet(0x10, &body)
}

fn put_text(out: &mut Vec<u8>, text: &[u8]) {
    let text = text.get(..TEXT_MAX).unwrap_or(text);
    out.extend(u16::try_from(text.len()).unwrap_or(u16::MAX).to_be_bytes());
    out.extend(text);
}

fn packet(head: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![head];
    let mut left = body.len();
    loop {
        let digit = u8::try_from(left % 128).unwrap_or(0);
        left /= 128;
        out.push(if left > 0 { digit | 0x80 } else { digit });
        if left == 0 {
            break;
        }
    }
    out.extend(body);
    out
}

async fn read_packet<S: AsyncRead + Unpin>(stream: &mut S) -> Result<(u8, Vec<u8>), MqttError> {
    let head = stream.read_u8().await?;
    let mut length = 0_usize;
    for shift in [0, 7, 14, 21] {
        let digit = stream.read_u8().await?;
        length |= usize::from(digit & 0x7F) << shift;
        if digit & 0x80 == 0 {
            if length > PACKET_MAX {
                break;
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await?;
            return Ok((head & 0xF0, body));
        }
    }
    Err(MqttError::Protocol("the other side does not speak MQTT"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::io::duplex;

    use super::*;

    const P: Publish<'_> = Publish { client_id: "argos-1", login: Some(("u", "p")), topic: "a/b", payload: b"{}", retain: true };

    async fn broker_says(bytes: Vec<u8>) -> (Result<(), MqttError>, Vec<u8>) {
        let (mut near, mut far) = duplex(1 << 16);
        far.write_all(&bytes).await.unwrap();
        far.shutdown().await.unwrap();
        let result = publish(&mut near, &P).await;
        drop(near);
        let mut sent = Vec::new();
        far.read_to_end(&mut sent).await.unwrap();
        (result, sent)
    }

    #[tokio::test]
    async fn message_is_confirmed_and_the_bytes_are_those_of_the_standard() {
        let (result, sent) = broker_says(vec![0x20, 2, 0, 0, 0x40, 2, 0, 1]).await;
        result.unwrap();
        let mut expected = vec![0x10, 25, 0, 4, b'M', b'Q', b'T', b'T', 4, 0xC2, 0, 30, 0, 7];
        expected.extend(b"argos-1\0\x01u\0\x01p");
        expected.extend([0x33, 9, 0, 3, b'a', b'/', b'b', 0, 1, b'{', b'}', 0xE0, 0]);
        assert_eq!(sent, expected);
    }

    #[tokio::test]
    async fn refusals_name_their_reason() {
        let (result, _) = broker_says(vec![0x20, 2, 0, 5]).await;
        assert_eq!(result.unwrap_err().to_string(), "the broker refused the connection: not authorized");
        let (result, _) = broker_says(b"HTTP/1.1 400".to_vec()).await;
        assert!(result.is_err());
        assert!(!is_topic("a/+") && !is_topic("") && is_topic("argos/alerts"));
    }

    proptest! {
        #[test]
        fn any_answer_is_judged_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let confirmed = runtime.block_on(broker_says(bytes.clone())).0.is_ok();
            prop_assert!(!confirmed || bytes.contains(&0x40));
        }

        #[test]
        fn lengths_are_written_as_the_standard_reads_them(length in 0_usize..300_000) {
            let p = packet(0x30, &vec![0; length]);
            let digits = p.iter().skip(1).position(|b| b & 0x80 == 0).unwrap() + 1;
            prop_assert_eq!(p.len(), 1 + digits + length);
        }
    }
}
