//! The thin part that does input and output: a connected UDP socket, one open question at a time, time-outs and retries.
//!
//! A connected socket takes datagrams from the agent's own address and port only.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};

use crate::credentials::Credentials;
use crate::error::{Error, ErrorStatus};
use crate::message::MAX_SIZE;
use crate::oid::Oid;
use crate::pdu::{Pdu, PduKind, VarBind};
use crate::session::{Incoming, Session};
use crate::value::Value;

/// Most variables asked for in one GET.
const GET_CHUNK: usize = 20;
/// Most times one question is sent anew because the session learnt something (discovery, clock, keys).
const MAX_TURNS: usize = 6;

/// Wait for the answer to a question that only finds out about keys.
const PROBE_TIMEOUT: Duration = Duration::from_millis(800);

/// Patience and appetite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Wait for one answer.
    pub timeout: Duration,
    /// Further attempts after the first.
    pub retries: u32,
    /// Longest time for one question with all its attempts.
    pub total: Duration,
    /// Rows asked for at once in a walk.
    pub max_repetitions: u16,
    /// Most rows of one walk.
    pub max_rows: usize,
}

impl Default for Timing {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(5), retries: 2, total: Duration::from_secs(15), max_repetitions: 20, max_rows: 2000 }
    }
}

/// What a walk found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Walk {
    /// The variables in their order.
    pub bindings: Vec<VarBind>,
    /// Whether the end of the subtree was reached; false after `max_rows` or when the agent's order ran backwards.
    pub complete: bool,
}

/// A manager talking to one agent.
#[derive(Debug)]
pub struct Client {
    socket: UdpSocket,
    session: Session,
    timing: Timing,
    started: Instant,
    /// Variables per GET that the agent can answer.
    chunk: usize,
    repetitions: u16,
}

impl Client {
    /// Makes a client; nothing is sent yet.
    ///
    /// # Errors
    /// When the credentials break a rule or the machine has no socket.
    pub async fn connect(agent: SocketAddr, credentials: Credentials, timing: Timing) -> Result<Self, Error> {
        let mut seed = [0; 16];
        getrandom::fill(&mut seed).map_err(|error| Error::Io(std::io::Error::other(error.to_string())))?;
        // Stretching passphrases takes milliseconds of computation.
        let session = tokio::task::spawn_blocking(move || Session::new(credentials, seed))
            .await
            .map_err(|error| Error::Io(std::io::Error::other(error)))??;
        let any: SocketAddr = if agent.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0_u16; 8], 0).into() };
        let socket = UdpSocket::bind(any).await?;
        socket.connect(agent).await?;
        let repetitions = timing.max_repetitions.max(1);
        Ok(Self { socket, session, timing, started: Instant::now(), chunk: GET_CHUNK, repetitions })
    }

    /// Changes the wait for one answer and the further attempts of the questions from now on.
    pub fn set_patience(&mut self, timeout: Duration, retries: u32) {
        self.timing.timeout = timeout;
        self.timing.retries = retries;
    }

    /// Asks for instances; the answer has one variable for each, in the same order, absent ones as
    /// [`Value::NoSuchInstance`] or one of its kin.
    ///
    /// # Errors
    /// When the agent does not answer or refuses.
    pub async fn get(&mut self, oids: &[Oid]) -> Result<Vec<VarBind>, Error> {
        let mut found = Vec::with_capacity(oids.len());
        let mut rest = oids;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(self.chunk.min(rest.len()));
            match self.get_chunk(now).await {
                Ok(bindings) => {
                    found.extend(bindings);
                    rest = later;
                }
                Err(Error::Status { status: ErrorStatus::TooBig, .. }) if now.len() > 1 => self.chunk = now.len() / 2,
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    /// Asks for what comes after each identifier.
    ///
    /// # Errors
    /// When the agent does not answer or refuses.
    pub async fn get_next(&mut self, oids: &[Oid]) -> Result<Vec<VarBind>, Error> {
        Ok(self.ask(request(PduKind::GetNext, 0, 0, oids)).await?.bindings)
    }

    /// Asks for up to `repetitions` variables after the identifier (v2c and v3).
    ///
    /// # Errors
    /// When the agent does not answer or refuses.
    pub async fn get_bulk(&mut self, oid: &Oid, repetitions: u16) -> Result<Vec<VarBind>, Error> {
        Ok(self.ask(request(PduKind::GetBulk, 0, i32::from(repetitions), std::slice::from_ref(oid))).await?.bindings)
    }

    /// Collects everything below `root`, by GETBULK, under v1 by GETNEXT.
    ///
    /// # Errors
    /// When the agent does not answer or refuses.
    pub async fn walk(&mut self, root: &Oid) -> Result<Walk, Error> {
        let mut walk = Walk::default();
        let mut at = root.clone();
        loop {
            let batch = match self.step(&at).await {
                Ok(batch) => batch,
                Err(Error::Status { status: ErrorStatus::NoSuchName, .. }) => Vec::new(),
                Err(Error::Status { status: ErrorStatus::TooBig | ErrorStatus::GenErr, .. }) if self.repetitions > 1 => {
                    self.repetitions = (self.repetitions / 2).max(1);
                    continue;
                }
                Err(error) => return Err(error),
            };
            if batch.is_empty() {
                walk.complete = true;
                return Ok(walk);
            }
            for binding in batch {
                if binding.value == Value::EndOfMibView || !binding.oid.is_under(root.components()) {
                    walk.complete = true;
                    return Ok(walk);
                }
                if binding.oid <= at || walk.bindings.len() >= self.timing.max_rows {
                    return Ok(walk);
                }
                at = binding.oid.clone();
                walk.bindings.push(binding);
            }
        }
    }

    /// Changes instances.
    ///
    /// # Errors
    /// When the agent does not answer or refuses; the status says why.
    pub async fn set(&mut self, bindings: Vec<VarBind>) -> Result<Vec<VarBind>, Error> {
        Ok(self.ask(Pdu { kind: PduKind::Set, request_id: 0, status: 0, index: 0, bindings }).await?.bindings)
    }

    async fn step(&mut self, at: &Oid) -> Result<Vec<VarBind>, Error> {
        if self.session.is_v1() { self.get_next(std::slice::from_ref(at)).await } else { self.get_bulk(at, self.repetitions).await }
    }

    async fn get_chunk(&mut self, oids: &[Oid]) -> Result<Vec<VarBind>, Error> {
        let mut asked = oids.to_vec();
        let mut answered = Vec::new();
        while !asked.is_empty() {
            match self.ask(request(PduKind::Get, 0, 0, &asked)).await {
                Ok(answer) => {
                    answered = answer.bindings;
                    break;
                }
                // v1 answers nothing at all when one variable is missing, and names its position.
                Err(Error::Status { status: ErrorStatus::NoSuchName, index }) if (1..=asked.len()).contains(&index) => {
                    asked.remove(index - 1);
                }
                Err(error) => return Err(error),
            }
        }
        if answered.len() == oids.len() && answered.iter().zip(oids).all(|(binding, oid)| binding.oid == *oid) {
            return Ok(answered);
        }
        let value = |oid: &Oid| answered.iter().find(|binding| binding.oid == *oid).map(|binding| binding.value.clone());
        Ok(oids.iter().map(|oid| VarBind { oid: oid.clone(), value: value(oid).unwrap_or(Value::NoSuchObject) }).collect())
    }

    /// Sends one question until it is answered, refused or given up.
    async fn ask(&mut self, mut pdu: Pdu) -> Result<Pdu, Error> {
        self.session.number(&mut pdu);
        let deadline = Instant::now() + self.timing.total;
        let mut refused = false;
        for attempt in 0..=self.timing.retries {
            let until = (Instant::now() + self.timing.timeout).min(deadline);
            match self.attempt(&pdu, until).await {
                Ok(Some(answer)) => {
                    return match ErrorStatus::from_code(answer.status) {
                        None => Ok(answer),
                        Some(status) => Err(Error::Status { status, index: usize::try_from(answer.index).unwrap_or(0) }),
                    };
                }
                Ok(None) => {}
                Err(Error::Refused) => refused = true,
                Err(error) => return Err(error),
            }
            if Instant::now() >= deadline {
                break;
            }
            let keys_changed = attempt == 0 && !refused && self.session.try_other_keys();
            if !refused && !keys_changed {
                self.probe_privacy().await?;
            }
            if attempt + 1 == self.timing.retries {
                // An agent that was replaced by another one drops messages for the old engine.
                self.session.forget_engine();
            }
        }
        Err(if refused { Error::Refused } else { Error::Timeout })
    }

    /// Finds out whether the agent is silent because of the privacy key.
    async fn probe_privacy(&mut self) -> Result<(), Error> {
        let Some(datagram) = self.session.privacy_probe(self.started.elapsed()) else { return Ok(()) };
        self.socket.send(&datagram).await?;
        let until = Instant::now() + PROBE_TIMEOUT.min(self.timing.timeout);
        let nothing = request(PduKind::Get, 0, 0, &[]);
        while let Some(bytes) = self.receive(until).await? {
            self.session.incoming(&bytes, &nothing, self.started.elapsed())?;
        }
        Ok(())
    }

    /// One attempt; `None` when it timed out.
    async fn attempt(&mut self, pdu: &Pdu, until: Instant) -> Result<Option<Pdu>, Error> {
        for _ in 0..MAX_TURNS {
            let datagram = self.session.outgoing(pdu, self.started.elapsed());
            self.socket.send(&datagram).await?;
            loop {
                let Some(bytes) = self.receive(until).await? else { return Ok(None) };
                match self.session.incoming(&bytes, pdu, self.started.elapsed())? {
                    Incoming::Answer(answer) => return Ok(Some(answer)),
                    Incoming::SendAgain => break,
                    Incoming::Ignored => {}
                }
            }
        }
        Err(Error::Untrusted("the agent keeps asking for another engine id or clock"))
    }

    /// The next datagram of the agent; `None` when the time is up.
    async fn receive(&self, until: Instant) -> Result<Option<Vec<u8>>, Error> {
        loop {
            let Ok(ready) = timeout_at(until, self.socket.readable()).await else { return Ok(None) };
            ready?;
            let taken = BUFFER.with_borrow_mut(|buffer| {
                let size = self.socket.try_recv(buffer)?;
                Ok::<_, std::io::Error>(buffer.get(..size).unwrap_or_default().to_vec())
            });
            match taken {
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                other => return other.map(Some).map_err(Error::Io),
            }
        }
    }
}

thread_local! {
    /// One for all clients of a thread: hundreds of agents would hold the largest datagram's room each otherwise.
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; MAX_SIZE]);
}

fn request(kind: PduKind, status: i32, index: i32, oids: &[Oid]) -> Pdu {
    let bindings = oids.iter().map(|oid| VarBind { oid: oid.clone(), value: Value::Null }).collect();
    Pdu { kind, request_id: 0, status, index, bindings }
}
