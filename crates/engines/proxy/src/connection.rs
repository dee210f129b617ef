//! One client connection: who it is from, TLS, then HTTP/1.1 or HTTP/2 until it ends.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::{Buf as _, Bytes, BytesMut};
use http::{HeaderValue, Request};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::SockRef;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::MissedTickBehavior;
use tokio_rustls::TlsAcceptor;

use crate::activity::{Activity, Judgement};
use crate::client;
use crate::config::{Limits, ListenerConfig};
use crate::crew::Guest;
use crate::drain::Open;
use crate::headers::is_trusted;
use crate::inbound::Inbound;
use crate::proxy_protocol::{self, Preamble};
use crate::runtime::LocalExecutor;
use crate::service::{Peer, serve};
use crate::snapshot::Snapshot;
use crate::stream::Stream;
use crate::tls::ACME;
use crate::worker::{Shared, Worker};

/// Counts a connection while it lasts.
struct Counted(Arc<Shared>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Serves a connection to its end. Whatever breaks it has nobody to be told.
pub(crate) async fn run(worker: Rc<Worker>, acceptor: TlsAcceptor, tcp: TcpStream, guest: Guest) {
    let Guest { listener, peer, seat } = guest;
    let counted = Counted(Arc::clone(&worker.shared));
    let snapshot = worker.snapshot();
    let limits = &snapshot.limits;
    if worker.shared.connections.fetch_add(1, Ordering::Relaxed) >= limits.connections_max {
        worker.shared.turned_away.fetch_add(1, Ordering::Relaxed);
        return;
    }
    // With the second the kernel ends a connection whose client takes nothing of what was sent.
    if tcp.set_nodelay(true).is_err() || SockRef::from(&tcp).set_tcp_user_timeout(Some(limits.stall_timeout)).is_err() {
        return;
    }
    let open = worker.open();
    let begun = {
        let begun = tokio::time::timeout(limits.header_timeout, begin(&worker, &snapshot, &listener, &acceptor, tcp, peer));
        let mut begun = Box::pin(begun);
        // One that has not begun anything when its thread drains is not waited for.
        poll_fn(|cx| match begun.as_mut().poll(cx) {
            Poll::Pending if open.is_draining(cx) => Poll::Ready(Ok(Ok(None))),
            other => other,
        })
        .await
    };
    // A configuration that is replaced goes, though connections from its time stay.
    let limits = snapshot.limits.clone();
    drop(snapshot);
    if let Ok(Ok(Some(begun))) = begun {
        if begun.is_h2 {
            h2(&worker, &limits, begun, &open).await;
        } else {
            client::run(&worker, &limits, begun.stream, &begun.peer, &open).await;
        }
    }
    drop((counted, seat));
}

/// A connection ready for HTTP.
struct Begun {
    stream: Stream,
    peer: Rc<Peer>,
    is_h2: bool,
}

async fn begin(
    worker: &Worker,
    snapshot: &Snapshot,
    listener: &ListenerConfig,
    acceptor: &TlsAcceptor,
    tcp: TcpStream,
    peer: SocketAddr,
) -> io::Result<Option<Begun>> {
    let mut address = peer.ip().to_canonical();
    let mut stream = Stream::Tcp(tcp);
    if is_trusted(address, &listener.proxy_protocol) {
        let Stream::Tcp(tcp) = stream else { return Ok(None) };
        let (source, early) = preamble(tcp).await?;
        address = source.map_or(address, |s| s.ip().to_canonical());
        stream = early;
    }
    let is_proxy = is_trusted(address, &snapshot.trusted);
    let place = if is_proxy { None } else { worker.shared.clients.admit(address, snapshot.limits.client_connections_max) };
    if !is_proxy && place.is_none() {
        worker.shared.turned_away.fetch_add(1, Ordering::Relaxed);
        return Ok(None);
    }
    let value = HeaderValue::from_str(&address.to_string()).map_err(io::Error::other)?;
    let peer = Rc::new(Peer { address, value, tls: listener.tls, activity: Activity::new(worker.moment.clone()), _place: place });
    // A banned address gets its answer after the handshake, unless many come.
    if listener.tls && worker.shared.bans.load().contains(address) && !worker.greets_banned() {
        return Ok(None);
    }
    if listener.tls {
        let mut tls = acceptor.accept(stream).await?;
        let protocol = tls.get_ref().1.alpn_protocol();
        if protocol == Some(ACME) {
            // The handshake itself was the answer.
            tls.shutdown().await?;
            return Ok(None);
        }
        let is_h2 = protocol == Some(b"h2");
        return Ok(Some(Begun { stream: Stream::Server(Box::new(tls)), peer, is_h2 }));
    }
    let (stream, is_h2) = match stream {
        Stream::Tcp(tcp) => begins_with_h2(tcp).await?,
        Stream::Early(early, tcp) => whole_preface(early, tcp).await?,
        stream => (stream, false),
    };
    Ok(Some(Begun { stream, peer, is_h2 }))
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Looks whether a plain connection begins with the preface of HTTP/2.
async fn begins_with_h2(tcp: TcpStream) -> io::Result<(Stream, bool)> {
    let mut seen = [0u8; PREFACE.len()];
    let n = tcp.peek(&mut seen).await?;
    let seen = seen.get(..n).unwrap_or_default();
    if n == 0 || n == PREFACE.len() || !PREFACE.starts_with(seen) {
        return Ok((Stream::Tcp(tcp), seen == PREFACE));
    }
    whole_preface(Bytes::new(), tcp).await
}

/// The same where the begin was read already, or has to be: a part of the preface is here, and the rest may never come.
async fn whole_preface(early: Bytes, mut tcp: TcpStream) -> io::Result<(Stream, bool)> {
    if early.len() >= PREFACE.len() {
        let is_h2 = early.starts_with(PREFACE);
        return Ok((Stream::Early(early, tcp), is_h2));
    }
    let mut read = BytesMut::with_capacity(512);
    read.extend_from_slice(&early);
    while read.len() < PREFACE.len() && PREFACE.starts_with(&read) && tcp.read_buf(&mut read).await? > 0 {}
    let is_h2 = read.starts_with(PREFACE);
    Ok((Stream::Early(read.freeze(), tcp), is_h2))
}

/// Reads the PROXY header; what came after it is put back in front of the stream.
async fn preamble(mut tcp: TcpStream) -> io::Result<(Option<SocketAddr>, Stream)> {
    let mut read = BytesMut::with_capacity(512);
    loop {
        match proxy_protocol::parse(&read) {
            Preamble::Header(source, length) => {
                read.advance(length);
                return Ok((source, Stream::Early(read.freeze(), tcp)));
            }
            Preamble::Bad => return Err(io::ErrorKind::InvalidData.into()),
            Preamble::Partial if tcp.read_buf(&mut read).await? == 0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            Preamble::Partial => {}
        }
    }
}

async fn h2(worker: &Rc<Worker>, limits: &Limits, begun: Begun, open: &Open) {
    let Begun { stream, peer, .. } = begun;
    let (idle_max, stall_max, watched) = (limits.header_timeout, limits.stall_timeout, Rc::clone(&peer));
    let mut look = tokio::time::interval((idle_max.min(stall_max) / 2).max(Duration::from_millis(10)));
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut judge = |cx: &mut Context<'_>| {
        let mut judgement = Judgement::Busy;
        while look.poll_tick(cx).is_ready() {
            judgement = watched.activity.judge(Instant::now(), idle_max, stall_max);
        }
        judgement
    };
    // Streams run as tasks of their own, so they own what they need.
    let own = Rc::clone(worker);
    let service = service_fn(move |request: Request<Incoming>| {
        let (parts, body) = request.into_parts();
        let serving = serve(Rc::clone(&own), Rc::clone(&peer), parts, Inbound::H2(body), None);
        async { Ok::<_, Infallible>(serving.await) }
    });
    let mut builder = http2::Builder::new(LocalExecutor);
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.h2_streams_max)
        .max_header_list_size(u32::try_from(limits.header_bytes_max).unwrap_or(u32::MAX))
        .max_pending_accept_reset_streams(20)
        .max_local_error_reset_streams(256)
        .initial_stream_window_size(1 << 20)
        .initial_connection_window_size(4 << 20)
        .keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(10))
        .enable_connect_protocol();
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let mut is_told = false;
    poll_fn(|cx| {
        let judgement = judge(cx);
        if judgement == Judgement::Stalled {
            return Poll::Ready(());
        }
        // The library keeps to the limit it was given: a client that may send more now is asked to open another one.
        let is_outgrown = || worker.snapshot().limits.header_bytes_max > limits.header_bytes_max;
        if !is_told && (judgement == Judgement::Idle || open.is_draining(cx) || is_outgrown()) {
            is_told = true;
            connection.as_mut().graceful_shutdown();
        }
        // Whatever ended it has nobody to be told.
        connection.as_mut().poll(cx).map(drop)
    })
    .await;
}
