//! The client side of an SMTP session over any stream. Replies are bounded in lines and length; what a server sent
//! before STARTTLS is never read after it.

use std::fmt;

use data_encoding::BASE64;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::Mail;

const LINE_MAX: usize = 2_048;
const LINES_MAX: usize = 64;

/// What a server said: a code and the text of its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub code: u16,
    pub text: String,
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.text.replace('\n', " "))
    }
}

#[derive(Debug)]
pub enum SmtpError {
    Io(std::io::Error),
    /// The other side does not speak SMTP, or cannot do what is needed.
    Protocol(&'static str),
    /// The server said no, at the named step.
    Refused(&'static str, Reply),
}

impl SmtpError {
    /// Whether trying again later may help: a broken connection, or a 4xx reply.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Io(_) => true,
            Self::Protocol(_) => false,
            Self::Refused(_, reply) => (400..500).contains(&reply.code),
        }
    }
}

impl fmt::Display for SmtpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(e) => write!(f, "the mail connection failed: {e}"),
            Self::Protocol(why) => f.write_str(why),
            Self::Refused(step, reply) => write!(f, "the mail server refused {step}: {reply}"),
        }
    }
}

impl std::error::Error for SmtpError {}

impl From<std::io::Error> for SmtpError {
    fn from(e: std::io::Error) -> Self {
        Self::Io(e)
    }
}

/// How to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    Plain,
    Login,
}

/// An open session.
pub struct Conversation<S> {
    stream: S,
    buffer: Vec<u8>,
    /// Keywords of the EHLO reply, in upper case.
    offers: Vec<String>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Conversation<S> {
    /// Reads the greeting and introduces `own_name`.
    pub async fn start(stream: S, own_name: &str) -> Result<Self, SmtpError> {
        let mut own = Self { stream, buffer: Vec::new(), offers: Vec::new() };
        own.expect(220, "the connection").await?;
        own.hello(own_name).await?;
        Ok(own)
    }

    /// Goes on over the encrypted stream.
    pub async fn resume(stream: S, own_name: &str) -> Result<Self, SmtpError> {
        let mut own = Self { stream, buffer: Vec::new(), offers: Vec::new() };
        own.hello(own_name).await?;
        Ok(own)
    }

    async fn hello(&mut self, own_name: &str) -> Result<(), SmtpError> {
        let reply = self.command(&format!("EHLO {own_name}"), 250, "EHLO").await?;
        self.offers = reply.text.lines().skip(1).map(str::to_ascii_uppercase).collect();
        Ok(())
    }

    fn offers(&self, word: &str) -> bool {
        self.offers.iter().any(|o| o == word)
    }

    /// Asks for TLS and gives the stream back for the handshake. Bytes that came too early end the session.
    pub async fn starttls(mut self) -> Result<S, SmtpError> {
        if !self.offers("STARTTLS") {
            return Err(SmtpError::Protocol("the mail server does not offer STARTTLS"));
        }
        self.command("STARTTLS", 220, "STARTTLS").await?;
        if self.buffer.is_empty() { Ok(self.stream) } else { Err(SmtpError::Protocol("the mail server sent data before TLS")) }
    }

    pub async fn login(&mut self, how: Auth, user: &str, password: &str) -> Result<(), SmtpError> {
        match how {
            Auth::Plain => {
                let token = BASE64.encode(format!("\0{user}\0{password}").as_bytes());
                self.command(&format!("AUTH PLAIN {token}"), 235, "the sign-in").await?;
            }
            Auth::Login => {
                self.command("AUTH LOGIN", 334, "the sign-in").await?;
                self.command(&BASE64.encode(user.as_bytes()), 334, "the sign-in").await?;
                self.command(&BASE64.encode(password.as_bytes()), 235, "the sign-in").await?;
            }
        }
        Ok(())
    }

    /// Hands over one mail. Every recipient must be accepted. Returns what the server said to it.
    pub async fn send(&mut self, mail: &Mail) -> Result<Reply, SmtpError> {
        self.command(&format!("MAIL FROM:<{}>", mail.from.address), 250, "the sender").await?;
        for to in mail.recipients() {
            self.command(&format!("RCPT TO:<{}>", to.address), 250, "a recipient").await?;
        }
        self.command("DATA", 354, "the message").await?;
        let text = mail.to_text();
        let mut out = String::with_capacity(text.len() + 8);
        for line in text.split_inclusive("\r\n") {
            if line.starts_with('.') {
                out.push('.');
            }
            out.push_str(line);
        }
        out.push_str(".\r\n");
        self.stream.write_all(out.as_bytes()).await?;
        self.stream.flush().await?;
        self.expect(250, "the message").await
    }

    /// Says goodbye; what the server answers does not matter any more.
    pub async fn quit(mut self) {
        drop(self.command("QUIT", 221, "QUIT").await);
    }

    async fn command(&mut self, line: &str, code: u16, step: &'static str) -> Result<Reply, SmtpError> {
        self.stream.write_all(format!("{line}\r\n").as_bytes()).await?;
        self.stream.flush().await?;
        self.expect(code, step).await
    }

    async fn expect(&mut self, code: u16, step: &'static str) -> Result<Reply, SmtpError> {
        let reply = self.reply().await?;
        // A forwarded recipient (251, 252) is accepted too.
        if reply.code == code || (code == 250 && matches!(reply.code, 251 | 252)) {
            Ok(reply)
        } else {
            Err(SmtpError::Refused(step, reply))
        }
    }

    async fn reply(&mut self) -> Result<Reply, SmtpError> {
        let mut text = Vec::new();
        for _ in 0..LINES_MAX {
            let line = self.line().await?;
            let (code, last, rest) = parse_line(&line).ok_or(SmtpError::Protocol("the other side does not speak SMTP"))?;
            text.push(rest);
            if last {
                return Ok(Reply { code, text: text.join("\n") });
            }
        }
        Err(SmtpError::Protocol("the mail server's reply does not end"))
    }

    async fn line(&mut self) -> Result<Vec<u8>, SmtpError> {
        loop {
            if let Some(end) = self.buffer.iter().position(|b| *b == b'\n') {
                return Ok(self.buffer.drain(..=end).collect());
            }
            if self.buffer.len() > LINE_MAX {
                return Err(SmtpError::Protocol("the other side does not speak SMTP"));
            }
            let mut piece = [0_u8; 1024];
            let count = self.stream.read(&mut piece).await?;
            if count == 0 {
                return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into());
            }
            self.buffer.extend(piece.iter().take(count));
        }
    }
}

/// Code, whether it is the last line, and the printable text.
fn parse_line(line: &[u8]) -> Option<(u16, bool, String)> {
    let digits = line.get(..3)?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let code = digits.iter().fold(0_u16, |n, d| n * 10 + u16::from(d - b'0'));
    let (last, rest) = match line.get(3) {
        Some(b'-') => (false, line.get(4..)?),
        Some(b' ') => (true, line.get(4..)?),
        Some(b'\r' | b'\n') => (true, &[][..]),
        _ => return None,
    };
    let text = String::from_utf8_lossy(rest).trim_end().chars().filter(|c| !c.is_control()).take(300).collect();
    (200..600).contains(&code).then_some((code, last, text))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::io::duplex;

    use super::*;

    async fn server_says(text: &'static str) -> Result<Conversation<tokio::io::DuplexStream>, SmtpError> {
        server(text).await.0
    }

    /// The server's end stays open.
    async fn server(text: &'static str) -> (Result<Conversation<tokio::io::DuplexStream>, SmtpError>, tokio::io::DuplexStream) {
        let (near, mut far) = duplex(1 << 16);
        far.write_all(text.as_bytes()).await.unwrap();
        (Conversation::start(near, "argos").await, far)
    }

    #[tokio::test]
    async fn greeting_and_offers_are_read() {
        let c = server_says("220 hi\r\n250-x\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n").await.unwrap();
        assert!(c.offers("STARTTLS"));
        let refused = server_says("554 go away\r\n").await.err().unwrap();
        assert_eq!(refused.to_string(), "the mail server refused the connection: 554 go away");
        assert!(!refused.is_transient() && server_says("421 later\r\n").await.err().unwrap().is_transient());
        assert!(server_says("HTTP/1.1 200 OK\r\n").await.err().unwrap().to_string().contains("SMTP"));
    }

    #[tokio::test]
    async fn data_sent_ahead_of_tls_ends_the_session() {
        let (c, _far) = server("220 hi\r\n250-x\r\n250 STARTTLS\r\n220 go\r\n250 injected\r\n").await;
        assert_eq!(c.unwrap().starttls().await.err().unwrap().to_string(), "the mail server sent data before TLS");
        let plain = server_says("220 hi\r\n250 x\r\n").await.unwrap();
        assert_eq!(plain.starttls().await.err().unwrap().to_string(), "the mail server does not offer STARTTLS");
    }

    proptest! {
        #[test]
        fn any_line_is_a_reply_or_none(line in prop::collection::vec(any::<u8>(), 0..40)) {
            if let Some((code, ..)) = parse_line(&line) {
                prop_assert!((200..600).contains(&code));
            }
        }
    }
}
