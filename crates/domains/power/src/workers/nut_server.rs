//! Our own NUT server: the listener, its limits, and one task per client. It follows the switch in the settings.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use argos_kernel::{AppError, ErrorKind, Result, Shutdown, Uid};
use argos_nut::{ErrorToken, LINE_BYTES_MAX, Session, Step, render_error};
use argos_web::ServerTls;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::actions::control::Request;
use crate::actions::facade::{Facade, Logins, facade_actor};
use crate::model::nut_users::NutUsers;
use crate::service::Power;

const CONNECTIONS_MAX: usize = 256;
const PER_ADDRESS_MAX: usize = 16;
const IDLE: Duration = Duration::from_secs(300);
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Whoever asks and does not read the answer for this long is let go.
const UNREAD: Duration = Duration::from_secs(30);
/// A wrong credential is answered this late.
const PENALTY: Duration = Duration::from_secs(1);

#[derive(Default)]
struct House {
    /// Shared with the shutdown plans, which wait until everybody has left.
    logins: Arc<Mutex<Logins>>,
    connected: Mutex<BTreeMap<u64, IpAddr>>,
}

fn lock<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes a connection from the house however it ends.
struct Guest {
    house: Arc<House>,
    id: u64,
}

impl Drop for Guest {
    fn drop(&mut self) {
        lock(&self.house.logins).remove(&self.id);
        lock(&self.house.connected).remove(&self.id);
    }
}

fn bind(power: &Power) -> Result<std::net::TcpListener> {
    let wanted = power.settings().boot().listener("nut_server.listen").ok_or_else(|| AppError::internal("nut_server.listen is off"))?;
    let listener = std::net::TcpListener::bind((wanted.bind_host(), wanted.port)).map_err(AppError::internal)?;
    listener.set_nonblocking(true).map_err(AppError::internal)?;
    power.platform.listeners.set("nut", listener.local_addr().map_err(AppError::internal)?);
    Ok(listener)
}

/// The listener of the start, bound before the ready line names it. A port that is taken does not keep the rest from
/// starting: the worker goes on trying.
pub(crate) fn bind_first(power: &Power) -> Option<std::net::TcpListener> {
    let enabled = power.settings().bool("nut_server.enabled").unwrap_or(false);
    let bound = enabled.then(|| bind(power))?;
    bound.map_err(|error| tracing::error!(?error, "the NUT server could not listen")).ok()
}

pub(crate) async fn run(power: Arc<Power>, mut first: Option<std::net::TcpListener>, stop: Shutdown) -> Result<()> {
    let mut changes = power.settings().watch();
    loop {
        if power.settings().bool("nut_server.enabled")? {
            let listener = first.take().map_or_else(|| bind(&power), Ok)?;
            serve(&power, listener, &stop).await?;
        }
        tokio::select! {
            () = stop.wait() => return Ok(()),
            changed = changes.changed() => if changed.is_err() { return Ok(()) },
        }
    }
}

fn users(power: &Power) -> Result<NutUsers> {
    let Some(path) = power.settings().boot().path("nut_server.users") else { return Ok(NutUsers::default()) };
    let text = std::fs::read_to_string(&path).map_err(|e| AppError::internal(format!("nut_server.users {}: {e}", path.display())))?;
    NutUsers::parse(&text).map_err(|e| AppError::internal(format!("nut_server.users {}: {e}", path.display())))
}

/// Serves until the process ends or the switch is turned off.
async fn serve(power: &Arc<Power>, listener: std::net::TcpListener, stop: &Shutdown) -> Result<()> {
    let listener = TcpListener::from_std(listener).map_err(AppError::internal)?;
    let users = Arc::new(users(power)?);
    let address = listener.local_addr().map_err(AppError::internal)?;
    let tls = super::nut_tls::certificate(power).map(Arc::new);
    if !address.ip().is_loopback() && tls.is_none() {
        tracing::warn!(%address, "the NUT server listens beyond this machine without encryption");
    }
    let fingerprint = tls.as_ref().map(|t| t.certificate().fingerprint_colons());
    tracing::info!(%address, fingerprint, "NUT server ready");
    let own = stop.child();
    let house = Arc::new(House { logins: Arc::clone(&power.shutdown.logins), ..House::default() });
    let mut changes = power.settings().watch();
    let mut next_id = 0_u64;
    loop {
        tokio::select! {
            () = stop.wait() => return Ok(()),
            changed = changes.changed() => {
                if changed.is_err() || !power.settings().bool("nut_server.enabled")? {
                    own.trigger();
                    return Ok(());
                }
            }
            accepted = listener.accept() => {
                let (stream, peer) = match accepted {
                    Ok(pair) => pair,
                    Err(error) => {
                        // Out of file descriptors, or a client gone already: give the system a moment, keep listening.
                        tracing::warn!(%error, "accept failed");
                        stop.sleep(Duration::from_millis(50)).await;
                        continue;
                    }
                };
                next_id += 1;
                if let Some(guest) = admit(&house, next_id, peer) {
                    let (power, users, own, tls) = (Arc::clone(power), Arc::clone(&users), own.clone(), tls.clone());
                    power.platform.tasks.clone().once("nut-client", async move {
                        if let Err(error) = talk(&power, (&users, tls.as_deref()), &guest, stream, peer, &own).await {
                            tracing::debug!(%error, %peer, "a NUT client went away");
                        }
                    });
                }
            }
        }
    }
}

fn admit(house: &Arc<House>, id: u64, peer: SocketAddr) -> Option<Guest> {
    let mut connected = lock(&house.connected);
    let same = connected.values().filter(|ip| **ip == peer.ip()).count();
    if connected.len() >= CONNECTIONS_MAX || same >= PER_ADDRESS_MAX {
        return None;
    }
    connected.insert(id, peer.ip());
    drop(connected);
    Some(Guest { house: Arc::clone(house), id })
}

/// A connection, encrypted or not.
trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

async fn talk(
    power: &Arc<Power>,
    (users, tls): (&NutUsers, Option<&ServerTls>),
    guest: &Guest,
    stream: TcpStream,
    peer: SocketAddr,
    stop: &Shutdown,
) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut wire: BufReader<Box<dyn Wire>> = BufReader::new(Box::new(stream));
    let mut session = Session::new().offering_tls(tls.is_some());
    let ip = peer.ip().to_string();
    loop {
        let mut line = Vec::new();
        let most = u64::try_from(LINE_BYTES_MAX).unwrap_or(u64::MAX);
        let idle = if session.login().is_some() { Duration::from_secs(86_400) } else { IDLE };
        let mut limited = (&mut wire).take(most);
        let reading = tokio::time::timeout(idle, limited.read_until(b'\n', &mut line));
        let n = tokio::select! {
            () = stop.wait() => return Ok(()),
            n = reading => n.map_err(|_| std::io::ErrorKind::TimedOut)??,
        };
        if n == 0 || line.last() != Some(&b'\n') {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        let step = {
            let facade = Facade { power, users, logins: lock(&guest.house.logins).clone() };
            session.handle(&text, &facade)
        };
        if let (Step::StartTls, Some(tls)) = (&step, tls) {
            // What came along with the request was not encrypted and must not pass for it.
            if !wire.buffer().is_empty() {
                return Ok(());
            }
            wire.write_all(b"OK STARTTLS\n").await?;
            wire.flush().await?;
            let shaken = tokio::time::timeout(HANDSHAKE, tls.accept(wire.into_inner())).await;
            wire = BufReader::new(Box::new(shaken.map_err(|_| std::io::ErrorKind::TimedOut)??));
            session.encrypted();
            continue;
        }
        let closes = matches!(step, Step::Close(_));
        let lines = act(power, guest, &mut session, step, &ip).await;
        let answer = lines.join("\n") + "\n";
        let writing = async {
            wire.write_all(answer.as_bytes()).await?;
            wire.flush().await
        };
        tokio::time::timeout(UNREAD, writing).await.map_err(|_| std::io::ErrorKind::TimedOut)??;
        if closes {
            return Ok(());
        }
    }
}

async fn act(power: &Arc<Power>, guest: &Guest, session: &mut Session, step: Step, ip: &str) -> Vec<String> {
    let user = session.username().unwrap_or_default().to_owned();
    let (ups, request) = match step {
        Step::Reply(lines) | Step::Close(lines) => return lines,
        Step::StartTls => return vec![render_error(ErrorToken::FeatureNotConfigured)],
        Step::Refuse(line) => {
            tokio::time::sleep(PENALTY).await;
            return vec![line];
        }
        Step::Login(ups) => {
            lock(&guest.house.logins).insert(guest.id, (ups, ip.to_owned()));
            return vec!["OK".to_owned()];
        }
        Step::Fsd(ups) => {
            return vec![match power.force_shutdown(&ups, &user, ip).await {
                Ok(()) => "OK FSD-SET".to_owned(),
                Err(error) => {
                    tracing::error!(?error, ups, "a forced shutdown could not be recorded");
                    render_error(ErrorToken::SetFailed)
                }
            }];
        }
        Step::Set(ups, name, value) => (ups, Request::Set { name, value }),
        Step::Run(ups, command, value) => (ups, Request::Run { command, value }),
    };
    let failed = if matches!(request, Request::Set { .. }) { ErrorToken::SetFailed } else { ErrorToken::InstcmdFailed };
    let Some(live) = power.find_served(&ups) else { return vec![render_error(ErrorToken::UnknownUps)] };
    vec![match power.control(&facade_actor(&user, ip), &live.device.id, &request).await {
        Ok(_) => session.succeeded(Uid::mint(&*power.platform.clock, &*power.platform.rng).to_string()),
        Err(error) if error.kind() == ErrorKind::Conflict => render_error(ErrorToken::ReadOnly),
        Err(error) if error.kind() == ErrorKind::Invalid => render_error(ErrorToken::InvalidValue),
        Err(_) => render_error(failed),
    }]
}
