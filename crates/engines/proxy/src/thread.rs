//! The engine's threads: one runtime each, sockets of its own on shared addresses, so that the kernel spreads connections.
//! Only a new connection may be handed from thread to thread, and only before anything of it was read.

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, TcpKeepalive, Type};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;
use tokio_rustls::TlsAcceptor;

use crate::config::ListenerConfig;
use crate::crew::{Guest, Guests};
use crate::worker::{Shared, Worker};

/// What a serving thread is told.
pub(crate) enum Command {
    Listen(u64, ListenerConfig, TcpListener),
    Close(u64),
    Drain,
    Stop,
}

/// Commands that may wait: every listener of a reload.
const COMMANDS_MAX: usize = 256;
/// Records wait at most this long for their batch.
const FLUSH: Duration = Duration::from_millis(200);
/// How often kept connections are looked at.
const SWEEP_FLUSHES: u32 = 25;

/// A socket on an address that other sockets of ours may share.
pub(crate) fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(!address.ip().is_unspecified())?;
    }
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    // Accepted connections inherit it: a tunnel whose client is gone without a word ends some day.
    socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(Duration::from_secs(60)).with_interval(Duration::from_secs(15)))?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(4096)?;
    Ok(socket.into())
}

/// Starts a serving thread.
pub(crate) fn serve(
    n: usize,
    shared: Arc<Shared>,
    acceptor: TlsAcceptor,
    guests: Guests,
) -> io::Result<(mpsc::Sender<Command>, JoinHandle<()>)> {
    let (commands, inbox) = mpsc::channel(COMMANDS_MAX);
    let mut seed = [0u8; 8];
    getrandom::fill(&mut seed).map_err(io::Error::other)?;
    let runtime = || Builder::new_current_thread().enable_io().enable_time().build_local(LocalOptions::default());
    let thread = std::thread::Builder::new().name(format!("proxy-{n}")).spawn(move || {
        // A thread without a runtime cannot serve; its closed inbox tells.
        let Ok(runtime) = runtime() else { return };
        let worker = Worker::new(shared, u64::from_le_bytes(seed));
        runtime.block_on(work(n, worker, acceptor, inbox, guests));
    })?;
    Ok((commands, thread))
}

/// Starts the thread of the health checks.
pub(crate) fn check(shared: Arc<Shared>, generation: watch::Receiver<u64>) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name("proxy-health".to_owned()).spawn(move || {
        let Ok(runtime) = Builder::new_current_thread().enable_io().enable_time().build_local(LocalOptions::default()) else { return };
        runtime.block_on(crate::checker::run(Worker::new(shared, 1), generation));
    })
}

async fn work(n: usize, worker: Rc<Worker>, acceptor: TlsAcceptor, mut inbox: mpsc::Receiver<Command>, guests: Guests) {
    let mut listeners: HashMap<u64, AbortHandle> = HashMap::new();
    let welcoming = tokio::task::spawn_local(welcome(Rc::clone(&worker), acceptor.clone(), guests));
    let mut flush = tokio::time::interval(FLUSH);
    flush.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut ticks = 0u32;
    loop {
        tokio::select! {
            command = inbox.recv() => match command {
                Some(Command::Listen(id, config, socket)) => {
                    // Only a runtime without I/O refuses a socket.
                    let Ok(socket) = tokio::net::TcpListener::from_std(socket) else { continue };
                    let accept = accept(n, Rc::clone(&worker), Arc::new(config), acceptor.clone(), socket);
                    listeners.insert(id, tokio::task::spawn_local(accept).abort_handle());
                }
                Some(Command::Close(id)) => {
                    if let Some(task) = listeners.remove(&id) {
                        task.abort();
                    }
                }
                Some(Command::Drain) => break,
                Some(Command::Stop) | None => return worker.flush(),
            },
            _ = flush.tick() => {
                worker.moment.read();
                worker.set_date();
                worker.flush();
                ticks += 1;
                if ticks.is_multiple_of(SWEEP_FLUSHES) {
                    worker.sweep();
                }
            }
        }
    }
    listeners.values().for_each(AbortHandle::abort);
    welcoming.abort();
    let limit = worker.snapshot().limits.drain_timeout;
    worker.drain.begin();
    let drained = tokio::time::timeout(limit, worker.drain.wait());
    let mut drained = std::pin::pin!(drained);
    loop {
        tokio::select! {
            // What is not over by then is cut off with the runtime; its records go with the worker.
            _ = &mut drained => return worker.flush(),
            _ = flush.tick() => worker.flush(),
        }
    }
}

async fn accept(n: usize, worker: Rc<Worker>, config: Arc<ListenerConfig>, acceptor: TlsAcceptor, socket: tokio::net::TcpListener) {
    loop {
        match socket.accept().await {
            Ok((tcp, peer)) => {
                let guest = Guest { listener: Arc::clone(&config), peer, seat: worker.shared.crew.seat(n) };
                if let Some((tcp, guest)) = keep_or_hand(n, &worker, tcp, guest) {
                    tokio::task::spawn_local(crate::connection::run(Rc::clone(&worker), acceptor.clone(), tcp, guest));
                }
            }
            // Out of descriptors or memory: what is open must end first.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

/// A connection that this thread serves itself: the seat is its own, or the other thread takes no more.
fn keep_or_hand(n: usize, worker: &Worker, tcp: TcpStream, guest: Guest) -> Option<(TcpStream, Guest)> {
    if guest.seat.is_with(n) {
        return Some((tcp, guest));
    }
    // Taken from the poller of this thread. One that cannot be is of no use to anybody.
    let tcp = tcp.into_std().ok()?;
    let (tcp, guest) = worker.shared.crew.hand(tcp, guest).err()?;
    Some((TcpStream::from_std(tcp).ok()?, guest.moved(&worker.shared.crew, n)))
}

/// Serves what other threads accepted.
async fn welcome(worker: Rc<Worker>, acceptor: TlsAcceptor, mut guests: Guests) {
    while let Some((tcp, guest)) = guests.recv().await {
        if let Ok(tcp) = TcpStream::from_std(tcp) {
            tokio::task::spawn_local(crate::connection::run(Rc::clone(&worker), acceptor.clone(), tcp, guest));
        }
    }
}
