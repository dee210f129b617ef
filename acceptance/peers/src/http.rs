//! A small blocking HTTP/1.1 client: one connection per request, no redirects, no cookies, no
//! retries, so that a test sees exactly what the server answered.

mod body;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

pub use body::BodyReader;

use crate::process::Process;
use crate::wait::try_wait_for;

/// Longest time a request may take between two reads.
const READ_TIMEOUT: Duration = Duration::from_secs(60);
/// Largest answer that is kept.
const BODY_BYTES_MAX: u64 = 64 << 20;

/// Speaks to one server, with headers that go along with every request.
#[derive(Clone, Debug)]
pub struct Client {
    address: SocketAddr,
    headers: Vec<(String, String)>,
}

impl Client {
    /// A client of the server at `address` without any credential.
    #[must_use]
    pub fn new(address: SocketAddr) -> Self {
        Self { address, headers: Vec::new() }
    }

    /// The server's address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same client with one more header on every request.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same client with `Authorization: Bearer`.
    #[must_use]
    pub fn with_bearer(self, token: &str) -> Self {
        self.with_header("Authorization", &format!("Bearer {token}"))
    }

    /// The token that [`Client::with_bearer`] set.
    #[must_use]
    pub fn bearer(&self) -> Option<&str> {
        self.headers.iter().rev().find_map(|(name, value)| value.strip_prefix("Bearer ").filter(|_| name == "Authorization"))
    }

    /// Starts a request.
    pub fn request(&self, method: &str, target: &str) -> Request<'_> {
        Request { client: self, method: method.to_owned(), target: target.to_owned(), headers: self.headers.clone(), body: None }
    }

    /// `GET target`.
    ///
    /// # Panics
    /// When the server does not answer in HTTP.
    #[track_caller]
    #[must_use]
    pub fn get(&self, target: &str) -> Response {
        self.request("GET", target).send()
    }

    /// `POST target` with a JSON body.
    ///
    /// # Panics
    /// When the server does not answer in HTTP.
    #[track_caller]
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "reads as `post(path, json!({..}))` at every call")]
    pub fn post(&self, target: &str, body: Value) -> Response {
        self.request("POST", target).json(&body).send()
    }

    /// `PUT target` with a JSON body.
    ///
    /// # Panics
    /// When the server does not answer in HTTP.
    #[track_caller]
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "reads as `put(path, json!({..}))` at every call")]
    pub fn put(&self, target: &str, body: Value) -> Response {
        self.request("PUT", target).json(&body).send()
    }

    /// `DELETE target`.
    ///
    /// # Panics
    /// When the server does not answer in HTTP.
    #[track_caller]
    #[must_use]
    pub fn delete(&self, target: &str) -> Response {
        self.request("DELETE", target).send()
    }
}

/// A request being built.
#[derive(Debug)]
#[must_use]
pub struct Request<'a> {
    client: &'a Client,
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

impl Request<'_> {
    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets a JSON body and its content type.
    pub fn json(mut self, body: &Value) -> Self {
        self.headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
        self.body = Some(body.to_string().into_bytes());
        self
    }

    /// Sets a body; the content type is the caller's business.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sends it and reads the whole answer.
    ///
    /// # Panics
    /// When the server does not answer in HTTP.
    #[track_caller]
    #[must_use]
    pub fn send(self) -> Response {
        let what = format!("{} {}", self.method, self.target);
        self.try_send().unwrap_or_else(|error| panic!("{what}: {error}"))
    }

    /// Sends it and reads the whole answer.
    ///
    /// # Errors
    /// When the connection fails or the answer is not HTTP.
    pub fn try_send(self) -> std::io::Result<Response> {
        let head_only = self.method == "HEAD";
        let (head, reader) = self.open()?;
        let mut body = Vec::new();
        if !head_only && !matches!(head.status, 204 | 304) {
            BodyReader::new(&head, reader).take(BODY_BYTES_MAX).read_to_end(&mut body)?;
        }
        Ok(Response { status: head.status, headers: head.headers, body })
    }

    /// Sends it and returns the head of the answer and the connection behind it, for streams.
    ///
    /// # Errors
    /// When the connection fails or the answer is not HTTP.
    pub fn open(self) -> std::io::Result<(Head, BufReader<TcpStream>)> {
        let mut stream = TcpStream::connect_timeout(&self.client.address, Duration::from_secs(10))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(READ_TIMEOUT))?;
        stream.set_write_timeout(Some(READ_TIMEOUT))?;
        let mut head = format!("{} {} HTTP/1.1\r\nConnection: close\r\n", self.method, self.target);
        if !self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            head.push_str(&format!("Host: {}\r\n", self.client.address));
        }
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if let Some(body) = &self.body {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        } else if matches!(self.method.as_str(), "POST" | "PUT" | "PATCH") {
            head.push_str("Content-Length: 0\r\n");
        }
        head.push_str("\r\n");
        let sent = stream.write_all(head.as_bytes()).and_then(|()| self.body.as_ref().map_or(Ok(()), |body| stream.write_all(body)));
        let mut reader = BufReader::new(stream);
        // A server may refuse (413) and close before it took the whole body: its answer counts.
        match (Head::read(&mut reader), sent) {
            (Ok(head), _) => Ok((head, reader)),
            (Err(_), Err(error)) | (Err(error), Ok(())) => Err(error),
        }
    }
}

/// Status line and headers of an answer.
#[derive(Debug)]
pub struct Head {
    /// Status code.
    pub status: u16,
    /// Header names as sent, with values.
    pub headers: Vec<(String, String)>,
}

impl Head {
    fn read(reader: &mut impl BufRead) -> std::io::Result<Self> {
        let line = read_line(reader)?;
        let status = line
            .strip_prefix("HTTP/1.1 ")
            .or_else(|| line.strip_prefix("HTTP/1.0 "))
            .and_then(|rest| rest.get(..3))
            .and_then(|code| code.parse().ok())
            .ok_or_else(|| std::io::Error::other(format!("not an HTTP status line: {line:?}")))?;
        let mut headers = Vec::new();
        loop {
            let line = read_line(reader)?;
            if line.is_empty() {
                return Ok(Self { status, headers });
            }
            let (name, value) = line.split_once(':').ok_or_else(|| std::io::Error::other(format!("not a header: {line:?}")))?;
            headers.push((name.to_owned(), value.trim().to_owned()));
        }
    }

    /// First value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        find_header(&self.headers, name)
    }
}

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Header names as sent, with values.
    pub headers: Vec<(String, String)>,
    /// Decoded body.
    pub body: Vec<u8>,
}

impl Response {
    /// First value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        find_header(&self.headers, name)
    }

    /// All values of a header.
    pub fn header_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The value of a cookie that this answer sets.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.header_all("set-cookie").find_map(|line| {
            let (key, rest) = line.split_once('=')?;
            (key == name).then(|| rest.split(';').next().unwrap_or_default().to_owned())
        })
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is not JSON, showing it.
    #[track_caller]
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("status {} with a body that is not JSON ({error}): {}", self.status, self.text()))
    }

    /// This answer, when its status is `expected`.
    ///
    /// # Panics
    /// When it is another one, showing the body.
    #[track_caller]
    pub fn expect_status(self, expected: u16) -> Self {
        assert_eq!(self.status, expected, "unexpected status, body: {}", self.text());
        self
    }
}

fn find_header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

fn read_line(reader: &mut impl BufRead) -> std::io::Result<String> {
    let mut line = Vec::new();
    reader.take(64 << 10).read_until(b'\n', &mut line)?;
    if !line.ends_with(b"\n") {
        return Err(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "the connection ended inside a line"));
    }
    Ok(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned())
}

/// Waits until a server answers 200 under `path`; `false` when its process ended before.
pub(crate) fn wait_ready(process: &mut Process, address: SocketAddr, path: &str) -> bool {
    let client = Client::new(address);
    try_wait_for(Duration::from_secs(60), || {
        if process.try_exit().is_some() {
            return Some(false);
        }
        client.request("GET", path).try_send().is_ok_and(|answer| answer.status == 200).then_some(true)
    }) == Some(true)
}
