//! The packets of the standard, written and read. What a broker sends is bounded.

use tokio::io::{AsyncRead, AsyncReadExt};

use crate::{Connect, MqttError, TEXT_MAX};

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

pub(crate) async fn read_packet<S: AsyncRead + Unpin>(stream: &mut S) -> Result<(u8, Vec<u8>), MqttError> {
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
