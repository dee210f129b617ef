//! The packets of the standard, written and read. What a broker sends is bounded.

use tokio::io::{AsyncRead, AsyncReadExt};

use crate::{Connect, Message, MqttError, TEXT_MAX, is_topic};

const PACKET_MAX: usize = 4_096;

pub(crate) fn connect_packet(p: &Connect<'_>) -> Vec<u8> {
    let mut body = Vec::new();
    put_text(&mut body, b"MQTT");
    // Clean session; user name and password when given; a will is retained and of quality of service 1.
    let flags = 0x02 | if p.login.is_some() { 0xC0 } else { 0 } | if p.will.is_some() { 0x2C } else { 0 };
    body.extend([4, flags]);
    body.extend(p.keep_alive_seconds.to_be_bytes());
    put_text(&mut body, p.client_id.as_bytes());
    if let Some((topic, payload)) = p.will {
        put_text(&mut body, topic.as_bytes());
        put_text(&mut body, payload);
    }
    if let Some((user, password)) = p.login {
        put_text(&mut body, user.as_bytes());
        put_text(&mut body, password.as_bytes());
    }
    packet(0x10, &body)
}

pub(crate) fn put_text(out: &mut Vec<u8>, text: &[u8]) {
    let text = text.get(..TEXT_MAX).unwrap_or(text);
    out.extend(u16::try_from(text.len()).unwrap_or(u16::MAX).to_be_bytes());
    out.extend(text);
}

pub(crate) fn packet(head: u8, body: &[u8]) -> Vec<u8> {
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

/// The next packet. What was read of it stays in `unread` when the call is given up half-way, so nothing is lost.
pub(crate) async fn read_packet<S: AsyncRead + Unpin>(stream: &mut S, unread: &mut Vec<u8>) -> Result<(u8, Vec<u8>), MqttError> {
    loop {
        if let Some(found) = split_packet(unread)? {
            return Ok(found);
        }
        if stream.read_buf(unread).await? == 0 {
            return Err(MqttError::Io(std::io::ErrorKind::UnexpectedEof.into()));
        }
    }
}

/// Takes a whole packet off the front: its first byte and its body.
fn split_packet(unread: &mut Vec<u8>) -> Result<Option<(u8, Vec<u8>)>, MqttError> {
    let Some((head, rest)) = unread.split_first() else { return Ok(None) };
    let mut length = 0_usize;
    for (n, digit) in rest.iter().take(4).enumerate() {
        length |= usize::from(digit & 0x7F) << (7 * n);
        if digit & 0x80 == 0 {
            if length > PACKET_MAX {
                return Err(FOREIGN);
            }
            let start = n + 2;
            let Some(body) = unread.get(start..start + length) else { return Ok(None) };
            let found = (*head, body.to_vec());
            unread.drain(..start + length);
            return Ok(Some(found));
        }
    }
    if rest.len() < 4 { Ok(None) } else { Err(FOREIGN) }
}

const FOREIGN: MqttError = MqttError::Protocol("the other side does not speak MQTT");

/// A message of quality of service 0, as it is sent to a subscriber of that quality.
pub(crate) fn message(head: u8, body: &[u8]) -> Option<Message> {
    if head & 0x06 != 0 {
        return None;
    }
    let (length, rest) = body.split_first_chunk::<2>()?;
    let (topic, payload) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    let topic = String::from_utf8(topic.to_vec()).ok().filter(|topic| is_topic(topic))?;
    Some(Message { topic, payload: payload.to_vec(), retained: head & 1 == 1 })
}
