//! IPMI over LAN, as far as power needs it: an RMCP+ session (IPMI 2.0 chapter 13) with cipher suite 3 or 17, one command
//! after the other; the DCMI power reading (DCMI 1.5 section 6.6.1) and the power of the chassis (IPMI 2.0 chapter 28).
//!
//! The password never leaves: both sides prove that they know it. A controller that proves the wrong one is refused before
//! anything is sent to it.

mod wire;

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};

use wire::{Handshake, Keys};

/// Tries of one request; a datagram may be lost.
const TRIES: u32 = 3;
/// Largest datagram of a controller.
const DATAGRAM_MAX: usize = 1_024;
const CHASSIS: u8 = 0x00;
const APP: u8 = 0x06;
const GROUP_EXTENSION: u8 = 0x2C;
const DCMI: u8 = 0xDC;
/// Completion codes.
const UNKNOWN_COMMAND: u8 = 0xC1;
const PRIVILEGE_TOO_LOW: u8 = 0xD4;

/// What a session may do. A controller lets a user have no more than it grants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    User = 2,
    Operator = 3,
    Administrator = 4,
}

/// Algorithms of a session: those every controller has, and those of newer ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CipherSuite {
    /// RAKP-HMAC-SHA1, HMAC-SHA1-96, AES-CBC-128.
    Three,
    /// RAKP-HMAC-SHA256, HMAC-SHA256-128, AES-CBC-128.
    #[default]
    Seventeen,
}

impl CipherSuite {
    /// By its number in configurations.
    pub fn from_number(number: u64) -> Option<Self> {
        match number {
            3 => Some(Self::Three),
            17 => Some(Self::Seventeen),
            _ => None,
        }
    }
}

/// An order to the chassis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PowerOrder {
    /// At once, whatever runs.
    Off = 0,
    On = 1,
    /// Asks the operating system to shut down.
    Soft = 5,
}

/// Who asks.
#[derive(Clone, Default)]
pub struct Login {
    /// At most 16 bytes.
    pub username: String,
    /// At most 20 bytes.
    pub password: String,
    pub suite: CipherSuite,
}

/// Why a controller could not be read.
#[derive(Debug)]
pub enum Error {
    Io(std::io::Error),
    Timeout,
    /// User name, password or privilege.
    Authentication(&'static str),
    /// The controller refuses the session for another reason: its status code.
    Session(u8),
    /// The completion code of a command.
    Command(u8),
    /// The controller does not know what was asked for.
    Unsupported(&'static str),
    Malformed(&'static str),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(e) => write!(f, "connection failed: {e}"),
            Self::Timeout => f.write_str("the management controller does not answer"),
            Self::Authentication(why) => write!(f, "authentication: {why}"),
            Self::Session(0x04..=0x07 | 0x10 | 0x11) => f.write_str("the management controller does not offer this cipher suite"),
            Self::Session(0x01) => f.write_str("the management controller has no room for another session"),
            Self::Session(code) => write!(f, "the management controller refuses the session (code 0x{code:02x})"),
            Self::Unsupported(what) => write!(f, "the management controller knows no {what}"),
            Self::Command(PRIVILEGE_TOO_LOW) => f.write_str("authentication: the user lacks the privilege"),
            Self::Command(code) => write!(f, "the management controller refuses the command (code 0x{code:02x})"),
            Self::Malformed(why) => write!(f, "not an IPMI answer: {why}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<std::io::Error> for Error {
    fn from(e: std::io::Error) -> Self {
        Self::Io(e)
    }
}

/// What the platform draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PowerReading {
    /// `None` while the controller measures nothing.
    pub watts: Option<u16>,
    pub least_watts: u16,
    pub most_watts: u16,
    pub average_watts: u16,
}

impl PowerReading {
    /// Reads the answer behind the completion code.
    pub fn parse(data: &[u8]) -> Result<Self, Error> {
        let number = |at: usize| data.get(at..at + 2).and_then(|b| b.try_into().ok()).map(u16::from_le_bytes);
        let all = (number(1), number(3), number(5), number(7));
        let (Some(&DCMI), (Some(now), Some(least), Some(most), Some(average))) = (data.first(), all) else {
            return Err(Error::Malformed("a power reading is longer"));
        };
        // Bit 6 of the last byte: the measurement is active. Short answers of old controllers have no such byte.
        let active = data.get(17).is_none_or(|state| state & 0x40 != 0);
        Ok(Self { watts: active.then_some(now), least_watts: least, most_watts: most, average_watts: average })
    }
}

/// Reads what a controller's platform draws. A controller that shows it to administrators only is asked again as one, if
/// the user is one. `random`: fresh bytes for each session.
///
/// # Errors
/// When it does not answer within `patience`, refuses the login, or measures nothing.
pub async fn power_reading(
    address: SocketAddr,
    login: &Login,
    mut random: impl FnMut() -> [u8; 20] + Send,
    patience: Duration,
) -> Result<PowerReading, Error> {
    let ask = [DCMI, 0x01, 0x00, 0x00];
    let mut read = once(address, login, Level::User, random(), patience, (GROUP_EXTENSION, 0x02, &ask)).await;
    if matches!(read, Err(Error::Command(PRIVILEGE_TOO_LOW))) {
        read = once(address, login, Level::Administrator, random(), patience, (GROUP_EXTENSION, 0x02, &ask)).await;
    }
    match read {
        Err(Error::Command(UNKNOWN_COMMAND)) => Err(Error::Unsupported("DCMI power reading")),
        read => PowerReading::parse(&read?),
    }
}

/// Whether the chassis is on.
///
/// # Errors
/// When the controller does not answer within `patience` or refuses the login.
pub async fn chassis_is_on(address: SocketAddr, login: &Login, random: [u8; 20], patience: Duration) -> Result<bool, Error> {
    let status = once(address, login, Level::User, random, patience, (CHASSIS, 0x01, &[])).await?;
    status.first().map(|state| state & 1 != 0).ok_or(Error::Malformed("a chassis status is longer"))
}

/// Whether the user may give orders to the chassis; nothing is ordered.
///
/// # Errors
/// When the controller does not answer within `patience`, refuses the login, or the user is no operator.
pub async fn may_order(address: SocketAddr, login: &Login, random: [u8; 20], patience: Duration) -> Result<(), Error> {
    Session::open(address, login, Level::Operator, random, patience).await?.close().await;
    Ok(())
}

/// Gives an order to the chassis.
///
/// # Errors
/// When the controller does not answer within `patience`, refuses the login, or the user is no operator.
pub async fn order(address: SocketAddr, login: &Login, order: PowerOrder, random: [u8; 20], patience: Duration) -> Result<(), Error> {
    once(address, login, Level::Operator, random, patience, (CHASSIS, 0x02, &[order as u8])).await.map(drop)
}

/// One command in a session of its own: a controller forgets an idle one before the next comes. `command`: function,
/// number and data.
async fn once(
    address: SocketAddr,
    login: &Login,
    level: Level,
    random: [u8; 20],
    patience: Duration,
    (function, command, data): (u8, u8, &[u8]),
) -> Result<Vec<u8>, Error> {
    let mut session = Session::open(address, login, level, random, patience).await?;
    let answer = session.command(function, command, data).await;
    session.close().await;
    answer
}

/// An open session.
struct Session {
    socket: UdpSocket,
    keys: Keys,
    until: Instant,
    sequence: u32,
    message: u8,
}

async fn exchange(socket: &UdpSocket, request: &[u8], until: Instant, mut fits: impl FnMut(&[u8]) -> bool) -> Result<Vec<u8>, Error> {
    let mut buffer = [0; DATAGRAM_MAX];
    let each = until.saturating_duration_since(Instant::now()) / TRIES;
    for _ in 0..TRIES {
        socket.send(request).await?;
        let patience = Instant::now() + each;
        while let Ok(received) = timeout_at(patience, socket.recv(&mut buffer)).await {
            let bytes = buffer.get(..received?).unwrap_or_default();
            if fits(bytes) {
                return Ok(bytes.to_vec());
            }
        }
    }
    Err(Error::Timeout)
}

impl Session {
    async fn open(address: SocketAddr, login: &Login, level: Level, random: [u8; 20], patience: Duration) -> Result<Self, Error> {
        let any: SocketAddr = if address.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0_u16; 8], 0).into() };
        let socket = UdpSocket::bind(any).await?;
        socket.connect(address).await?;
        let until = Instant::now() + patience;
        let mut handshake = Handshake::new(login, level, random)?;
        let answer = exchange(&socket, &handshake.open_session(), until, |b| wire::is_payload(b, 0x11)).await?;
        handshake.session_opened(&answer)?;
        let answer = exchange(&socket, &handshake.rakp1(), until, |b| wire::is_payload(b, 0x13)).await?;
        handshake.challenged(&answer)?;
        let answer = exchange(&socket, &handshake.rakp3(), until, |b| wire::is_payload(b, 0x15)).await?;
        let keys = handshake.agreed(&answer)?;
        let mut session = Self { socket, keys, until, sequence: 0, message: 0 };
        // A session begins with the privilege of a user, whatever it was opened for.
        if level != Level::User
            && let Err(error) = session.command(APP, 0x3B, &[level as u8]).await
        {
            session.close().await;
            return Err(match error {
                Error::Command(_) => Error::Command(PRIVILEGE_TOO_LOW),
                other => other,
            });
        }
        Ok(session)
    }

    /// The data behind the completion code.
    async fn command(&mut self, function: u8, command: u8, data: &[u8]) -> Result<Vec<u8>, Error> {
        self.sequence += 1;
        self.message = (self.message + 1) & 0x3F;
        let request = self.keys.seal(self.sequence, &wire::request(function, command, self.message, data));
        let (keys, message) = (&self.keys, self.message);
        let mut found = None;
        exchange(&self.socket, &request, self.until, |bytes| {
            found = keys.open(bytes).and_then(|payload| wire::response(&payload, function, command, message));
            found.is_some()
        })
        .await?;
        match found.unwrap_or_default().split_first() {
            Some((0, data)) => Ok(data.to_vec()),
            Some((code, _)) => Err(Error::Command(*code)),
            None => Err(Error::Malformed("an answer without a completion code")),
        }
    }

    /// Says goodbye; a controller that does not hear it forgets the session by itself.
    async fn close(mut self) {
        let id = self.keys.managed_session().to_le_bytes();
        self.until = self.until.min(Instant::now() + Duration::from_secs(1));
        drop(self.command(APP, 0x3C, &id).await);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_has_the_documented_layout() {
        // 344 W now, 12 to 418 W, 230 W on average, active.
        let data = [0xDC, 0x58, 0x01, 0x0C, 0, 0xA2, 0x01, 0xE6, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0x40];
        let read = PowerReading::parse(&data).unwrap();
        assert_eq!(read, PowerReading { watts: Some(344), least_watts: 12, most_watts: 418, average_watts: 230 });
        let mut idle = data;
        idle[17] = 0;
        assert_eq!(PowerReading::parse(&idle).unwrap().watts, None);
        assert!(PowerReading::parse(&data[..8]).is_err() && PowerReading::parse(&[0; 18]).is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_answer_is_a_reading_or_a_fault(data in proptest::collection::vec(proptest::arbitrary::any::<u8>(), 0..40)) {
            drop(PowerReading::parse(&data));
        }
    }
}
