//! WebSocket (RFC 6455) over TLS or in the clear, as a client: whole frames, read so that giving up in between loses nothing.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

trait Stream: AsyncRead + AsyncWrite + Send {}
impl<T: AsyncRead + AsyncWrite + Send> Stream for T {}

pub(super) const TEXT: u8 = 1;
pub(super) const CLOSE: u8 = 8;
pub(super) const PING: u8 = 9;
pub(super) const PONG: u8 = 10;

/// Trusts this one certificate, and shakes hands anew each time, as a node that was restarted does.
pub(super) fn trusting(pem: &[u8]) -> Result<TlsConnector, String> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(pem).map_err(|e| e.to_string())?).map_err(|e| e.to_string())?;
    let builder = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(|e| e.to_string())?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.resumption = rustls::client::Resumption::disabled();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// An open socket.
pub(super) struct Link {
    io: Pin<Box<dyn Stream>>,
    received: Vec<u8>,
}

impl Link {
    pub(super) async fn open(address: SocketAddr, tls: Option<&TlsConnector>, path: &str, header: &str) -> Result<Self, String> {
        let tcp = TcpStream::connect(address).await.map_err(|e| e.to_string())?;
        tcp.set_nodelay(true).map_err(|e| e.to_string())?;
        let io: Pin<Box<dyn Stream>> = match tls {
            Some(tls) => Box::pin(tls.connect(ServerName::from(address.ip()), tcp).await.map_err(|e| e.to_string())?),
            None => Box::pin(tcp),
        };
        let mut link = Self { io, received: Vec::new() };
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{header}\r\n\r\n"
        );
        link.write(request.as_bytes()).await?;
        let end = loop {
            if let Some(at) = link.received.windows(4).position(|w| w == b"\r\n\r\n") {
                break at + 4;
            }
            link.fill().await?;
        };
        let head: Vec<u8> = link.received.drain(..end).collect();
        if head.starts_with(b"HTTP/1.1 101") { Ok(link) } else { Err(String::from_utf8_lossy(&head).into_owned()) }
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.io.write_all(bytes).await.map_err(|e| e.to_string())?;
        self.io.flush().await.map_err(|e| e.to_string())
    }

    async fn fill(&mut self) -> Result<(), String> {
        match self.io.read_buf(&mut self.received).await {
            Ok(0) => Err("the connection ended".to_owned()),
            Ok(_) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// One masked frame; the mask is zero, so the bytes are those of the payload.
    pub(super) async fn send(&mut self, opcode: u8, payload: &[u8]) -> Result<(), String> {
        let mut out = Vec::with_capacity(payload.len() + 14);
        out.push(0x80 | opcode);
        match payload.len() {
            n @ 0..=125 => out.push(0x80 | u8::try_from(n).unwrap_or_default()),
            n => {
                out.push(0xff);
                out.extend_from_slice(&(n as u64).to_be_bytes());
            }
        }
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(payload);
        self.write(&out).await
    }

    /// The next frame: its opcode and payload. Nothing is lost when it is given up.
    pub(super) async fn next(&mut self) -> Result<(u8, Vec<u8>), String> {
        loop {
            if let Some((opcode, head, length)) = self.complete() {
                let payload = self.received.get(head..head + length).unwrap_or_default().to_vec();
                self.received.drain(..head + length);
                return Ok((opcode, payload));
            }
            self.fill().await?;
        }
    }

    /// Opcode, length of the head and of the payload, when all of a frame is there.
    fn complete(&self) -> Option<(u8, usize, usize)> {
        let (first, second) = (self.received.first()?, self.received.get(1)?);
        let number = |bytes: &[u8]| bytes.iter().fold(0_usize, |n, b| (n << 8) | usize::from(*b));
        let (head, length) = match second & 0x7f {
            126 => (4, number(self.received.get(2..4)?)),
            127 => (10, number(self.received.get(2..10)?)),
            n => (2, usize::from(n)),
        };
        (self.received.len() >= head + length).then_some((first & 0x0f, head, length))
    }
}
