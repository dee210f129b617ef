//! Publishing to an MQTT 3.1.1 broker with quality of service 1: one message and done, or a session that stays open,
//! leaves a last will and may listen to topics. It neither connects nor encrypts: the caller hands over a stream.
//! Packets read are bounded, and so are the messages that wait to be taken.

mod broker;
mod packet;

use std::collections::VecDeque;
use std::fmt;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};

pub use broker::Broker;
use packet::{connect_packet, message, packet, put_text, read_packet};

/// Longest topic, client id and user name.
const TEXT_MAX: usize = 60_000;
/// Messages that wait to be taken; more push the oldest out.
const INBOX_MAX: usize = 64;

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

/// A message that somebody published under a topic that was subscribed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub topic: String,
    pub payload: Vec<u8>,
    /// It was kept by the broker from before the subscription.
    pub retained: bool,
}

/// Who opens a session.
#[derive(Clone, Debug)]
pub struct Connect<'a> {
    pub client_id: &'a str,
    /// User name and password.
    pub login: Option<(&'a str, &'a str)>,
    /// The broker gives the session up after one and a half times this without a packet.
    pub keep_alive_seconds: u16,
    /// Topic and payload the broker publishes, retained, when the session ends without a goodbye.
    pub will: Option<(&'a str, &'a [u8])>,
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

/// An open session. Everything it sends is confirmed before the call returns.
#[derive(Debug)]
pub struct Session<S> {
    stream: S,
    last_id: u16,
    /// Read, but no whole packet yet.
    unread: Vec<u8>,
    inbox: VecDeque<Message>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Session<S> {
    /// Introduces itself and waits for the broker's yes.
    pub async fn open(mut stream: S, connect: &Connect<'_>) -> Result<Self, MqttError> {
        if connect.will.is_some_and(|(topic, _)| !is_topic(topic)) {
            return Err(MqttError::Protocol("the topic cannot be published to"));
        }
        stream.write_all(&connect_packet(connect)).await?;
        stream.flush().await?;
        let mut unread = Vec::new();
        match read_packet(&mut stream, &mut unread).await? {
            (0x20, body) => match body.get(1) {
                Some(0) => Ok(Self { stream, last_id: 0, unread, inbox: VecDeque::new() }),
                Some(code) => Err(MqttError::Refused(*code)),
                None => Err(MqttError::Protocol("the other side does not speak MQTT")),
            },
            _ => Err(MqttError::Protocol("the other side does not speak MQTT")),
        }
    }

    /// Publishes and returns once the broker has confirmed it.
    pub async fn publish(&mut self, topic: &str, payload: &[u8], retain: bool) -> Result<(), MqttError> {
        if !is_topic(topic) {
            return Err(MqttError::Protocol("the topic cannot be published to"));
        }
        let id = self.next_id();
        let mut body = Vec::with_capacity(topic.len() + payload.len() + 4);
        put_text(&mut body, topic.as_bytes());
        body.extend(id);
        body.extend(payload);
        self.stream.write_all(&packet(0x32 | u8::from(retain), &body)).await?;
        self.stream.flush().await?;
        match self.answer().await? {
            (0x40, body) if body == id => Ok(()),
            _ => Err(MqttError::Protocol("the broker did not confirm the message")),
        }
    }

    fn next_id(&mut self) -> [u8; 2] {
        // Zero is no packet id.
        self.last_id = self.last_id.checked_add(1).unwrap_or(1);
        self.last_id.to_be_bytes()
    }

    /// Asks for what is published under a filter, which may hold the wildcards `+` and `#`.
    pub async fn subscribe(&mut self, filter: &str) -> Result<(), MqttError> {
        if filter.is_empty() || filter.len() > TEXT_MAX || filter.contains('\0') {
            return Err(MqttError::Protocol("the filter cannot be subscribed to"));
        }
        let id = self.next_id();
        let mut body = id.to_vec();
        put_text(&mut body, filter.as_bytes());
        body.push(0);
        self.stream.write_all(&packet(0x82, &body)).await?;
        self.stream.flush().await?;
        match self.answer().await? {
            (0x90, body) if body.get(..2) == Some(&id) && body.get(2) == Some(&0) => Ok(()),
            (0x90, _) => Err(MqttError::Refused(5)),
            _ => Err(MqttError::Protocol("the broker did not confirm the subscription")),
        }
    }

    /// The next message under a subscribed filter. May be given up and called again.
    pub async fn receive(&mut self) -> Result<Message, MqttError> {
        loop {
            if let Some(message) = self.inbox.pop_front() {
                return Ok(message);
            }
            match read_packet(&mut self.stream, &mut self.unread).await? {
                (head, body) if head & 0xF0 == 0x30 => self.keep(head, &body)?,
                _ => return Err(MqttError::Protocol("the broker answers what was not asked")),
            }
        }
    }

    /// The next packet that is no message; messages wait meanwhile.
    async fn answer(&mut self) -> Result<(u8, Vec<u8>), MqttError> {
        loop {
            let (head, body) = read_packet(&mut self.stream, &mut self.unread).await?;
            if head & 0xF0 != 0x30 {
                return Ok((head & 0xF0, body));
            }
            self.keep(head, &body)?;
        }
    }

    fn keep(&mut self, head: u8, body: &[u8]) -> Result<(), MqttError> {
        let message = message(head, body).ok_or(MqttError::Protocol("the broker sent a message that is not one"))?;
        if self.inbox.len() >= INBOX_MAX {
            self.inbox.pop_front();
        }
        self.inbox.push_back(message);
        Ok(())
    }

    /// Shows that the session lives and learns that the broker does.
    pub async fn ping(&mut self) -> Result<(), MqttError> {
        self.stream.write_all(&packet(0xC0, &[])).await?;
        self.stream.flush().await?;
        match self.answer().await? {
            (0xD0, _) => Ok(()),
            _ => Err(MqttError::Protocol("the broker did not answer")),
        }
    }

    /// Says goodbye: the broker drops the last will.
    pub async fn close(mut self) -> Result<(), MqttError> {
        self.stream.write_all(&packet(0xE0, &[])).await?;
        self.stream.flush().await?;
        Ok(())
    }
}

/// Publishes one message in a session of its own and returns once the broker has confirmed it.
pub async fn publish<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, p: &Publish<'_>) -> Result<(), MqttError> {
    if !is_topic(p.topic) {
        return Err(MqttError::Protocol("the topic cannot be published to"));
    }
    let connect = Connect { client_id: p.client_id, login: p.login, keep_alive_seconds: 30, will: None };
    let mut session = Session::open(stream, &connect).await?;
    session.publish(p.topic, p.payload, p.retain).await?;
    session.close().await
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::io::{AsyncReadExt, duplex};

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

    #[tokio::test]
    async fn session_leaves_a_will_numbers_its_messages_and_pings() {
        let (near, mut far) = duplex(1 << 16);
        far.write_all(&[0x20, 2, 0, 0, 0x40, 2, 0, 1, 0x40, 2, 0, 2, 0xD0, 0]).await.unwrap();
        let connect = Connect { client_id: "c", login: None, keep_alive_seconds: 60, will: Some(("s", b"off")) };
        let mut session = Session::open(near, &connect).await.unwrap();
        session.publish("a", b"1", true).await.unwrap();
        session.publish("a", b"2", false).await.unwrap();
        session.ping().await.unwrap();
        session.close().await.unwrap();
        let mut sent = Vec::new();
        far.read_to_end(&mut sent).await.unwrap();
        let mut expected = vec![0x10, 21, 0, 4, b'M', b'Q', b'T', b'T', 4, 0x02 | 0x04 | 0x08 | 0x20, 0, 60, 0, 1, b'c'];
        expected.extend(b"\0\x01s\0\x03off");
        expected.extend([0x33, 6, 0, 1, b'a', 0, 1, b'1', 0x32, 6, 0, 1, b'a', 0, 2, b'2', 0xC0, 0, 0xE0, 0]);
        assert_eq!(sent, expected);
    }

    #[tokio::test]
    async fn messages_that_come_between_wait_and_a_given_up_read_loses_nothing() {
        let (near, mut far) = duplex(1 << 16);
        let message = [0x31, 7, 0, 3, b'a', b'/', b'b', b'h', b'i'];
        far.write_all(&[0x20, 2, 0, 0, 0x90, 3, 0, 1, 0]).await.unwrap();
        let connect = Connect { client_id: "c", login: None, keep_alive_seconds: 60, will: None };
        let mut session = Session::open(near, &connect).await.unwrap();
        session.subscribe("a/+").await.unwrap();
        far.write_all(&message).await.unwrap();
        far.write_all(&[0x40, 2, 0, 2]).await.unwrap();
        session.publish("x", b"", false).await.unwrap();
        let wanted = Message { topic: "a/b".to_owned(), payload: b"hi".to_vec(), retained: true };
        assert_eq!(session.receive().await.unwrap(), wanted);
        far.write_all(&message[..4]).await.unwrap();
        tokio::select! {
            biased;
            _ = session.receive() => panic!("half a message"),
            () = std::future::ready(()) => {}
        }
        far.write_all(&message[4..]).await.unwrap();
        assert_eq!(session.receive().await.unwrap(), wanted);
        far.write_all(&[0x32, 9, 0, 3, b'a', b'/', b'b', 0, 1, b'h', b'i']).await.unwrap();
        assert!(session.receive().await.is_err(), "quality 1 was not asked for");
    }

    proptest! {
        #[test]
        fn any_bytes_after_the_greeting_are_messages_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(async {
                let (near, mut far) = duplex(1 << 12);
                far.write_all(&[0x20, 2, 0, 0]).await.unwrap();
                far.write_all(&bytes).await.unwrap();
                far.shutdown().await.unwrap();
                let connect = Connect { client_id: "c", login: None, keep_alive_seconds: 60, will: None };
                let mut session = Session::open(near, &connect).await.unwrap();
                while let Ok(message) = session.receive().await {
                    assert!(is_topic(&message.topic));
                }
            });
        }

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
