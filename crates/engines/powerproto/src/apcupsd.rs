//! The network information server of apcupsd (TCP 3551): one question, frames of text lines back, an empty frame ends.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The question: a length and the word.
pub const STATUS_REQUEST: [u8; 8] = *b"\x00\x06status";

/// Most bytes of an answer; real ones have about two kilobytes.
const MAX_ANSWER: usize = 64 * 1024;

/// What apcupsd tells about its UPS.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Status {
    /// Status tokens in the alphabet of NUT, in its order.
    pub flags: Vec<&'static str>,
    /// apcupsd has lost its UPS (`COMMLOST`): all values are old.
    pub stale: bool,
    /// Model.
    pub model: Option<String>,
    /// Name of the UPS.
    pub name: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Firmware version.
    pub firmware: Option<String>,
    /// Input voltage, V.
    pub input_voltage: Option<f64>,
    /// Output voltage, V.
    pub output_voltage: Option<f64>,
    /// Load, % of the rated power.
    pub load_percent: Option<f64>,
    /// Battery charge, %.
    pub battery_percent: Option<f64>,
    /// Battery voltage, V.
    pub battery_voltage: Option<f64>,
    /// Time left on battery, s.
    pub runtime_seconds: Option<f64>,
    /// Internal temperature, °C.
    pub temperature_c: Option<f64>,
    /// Mains frequency, Hz.
    pub frequency_hz: Option<f64>,
    /// Rated active power, W.
    pub rated_watts: Option<f64>,
}

/// Why there is no status.
#[derive(Debug)]
pub enum Error {
    /// No connection or answer in time.
    Timeout,
    /// The connection failed.
    Io(std::io::Error),
    /// The answer is longer than any real one.
    TooLong,
    /// The answer is no status report.
    Malformed,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout => f.write_str("apcupsd did not answer in time"),
            Self::Io(error) => write!(f, "apcupsd: {error}"),
            Self::TooLong => f.write_str("apcupsd: the answer is too long"),
            Self::Malformed => f.write_str("apcupsd: the answer is no status report"),
        }
    }
}

impl std::error::Error for Error {}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

/// Collects the frames of an answer from bytes as they come.
#[derive(Debug, Default)]
pub struct Frames {
    pending: Vec<u8>,
    text: Vec<u8>,
    received: usize,
}

impl Frames {
    /// Takes received bytes; the whole text once the empty frame has come.
    ///
    /// # Errors
    /// When the answer is too long.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Option<String>, Error> {
        self.received += bytes.len();
        if self.received > MAX_ANSWER {
            return Err(Error::TooLong);
        }
        self.pending.extend_from_slice(bytes);
        while let Some((head, rest)) = self.pending.split_first_chunk::<2>() {
            let length = usize::from(u16::from_be_bytes(*head));
            if length == 0 {
                return Ok(Some(String::from_utf8_lossy(&self.text).into_owned()));
            }
            let Some(frame) = rest.get(..length) else { break };
            self.text.extend_from_slice(frame);
            self.text.push(b'\n');
            self.pending.drain(..2 + length);
        }
        Ok(None)
    }
}

impl Status {
    /// Reads the lines `KEY      : value`.
    ///
    /// # Errors
    /// When no line says the status.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut status = None;
        let mut found = Self::default();
        for line in text.lines() {
            let Some((key, value)) = line.split_once(':') else { continue };
            let value = value.trim();
            let text = || (!value.is_empty() && value != "N/A").then(|| value.to_owned());
            match key.trim() {
                "STATUS" => status = Some(value.to_owned()),
                "MODEL" => found.model = text(),
                "UPSNAME" => found.name = text(),
                "SERIALNO" => found.serial = text(),
                "FIRMWARE" => found.firmware = text(),
                "LINEV" => found.input_voltage = number(value),
                "OUTPUTV" => found.output_voltage = number(value),
                "LOADPCT" => found.load_percent = number(value).filter(|load| (0.0..=1000.0).contains(load)),
                "BCHARGE" => found.battery_percent = number(value).map(|charge| charge.clamp(0.0, 100.0)),
                "BATTV" => found.battery_voltage = number(value),
                // Minutes.
                "TIMELEFT" => found.runtime_seconds = number(value).map(|minutes| minutes * 60.0).filter(|left| *left >= 0.0),
                "ITEMP" => found.temperature_c = number(value),
                "LINEFREQ" => found.frequency_hz = number(value),
                "NOMPOWER" => found.rated_watts = number(value).filter(|watts| *watts > 0.0),
                _ => {}
            }
        }
        let status = status.ok_or(Error::Malformed)?;
        found.stale = status.split_whitespace().any(|word| word == "COMMLOST");
        found.flags = flags(&status);
        Ok(found)
    }
}

/// `STATUS` is words of its own with one of two: SHUTTING DOWN.
fn flags(status: &str) -> Vec<&'static str> {
    let mut flags = Vec::new();
    for word in status.split_whitespace() {
        let flag = match word {
            "ONLINE" => "OL",
            "ONBATT" => "OB",
            "LOWBATT" => "LB",
            "REPLACEBATT" => "RB",
            "OVERLOAD" => "OVER",
            "TRIM" => "TRIM",
            "BOOST" => "BOOST",
            "CAL" => "CAL",
            "SHUTTING" => "FSD",
            _ => continue,
        };
        if !flags.contains(&flag) {
            flags.push(flag);
        }
    }
    flags
}

/// The number in front of a unit (`12.0 Percent`).
fn number(value: &str) -> Option<f64> {
    value.split_whitespace().next()?.parse().ok().filter(|number: &f64| number.is_finite())
}

/// Asks the server for the status of its UPS, all within `limit`.
///
/// # Errors
/// When it does not answer, or with something else.
pub async fn fetch(server: SocketAddr, limit: Duration) -> Result<Status, Error> {
    timeout(limit, exchange(server)).await.map_err(|_| Error::Timeout)?
}

async fn exchange(server: SocketAddr) -> Result<Status, Error> {
    let mut stream = TcpStream::connect(server).await?;
    stream.write_all(&STATUS_REQUEST).await?;
    let mut frames = Frames::default();
    let mut buffer = [0; 4096];
    loop {
        let received = stream.read(&mut buffer).await?;
        if received == 0 {
            return Err(Error::Malformed);
        }
        if let Some(text) = frames.push(buffer.get(..received).unwrap_or_default())? {
            return Status::parse(&text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Error, Frames, Status};
    use proptest::prelude::*;

    const REPORT: &str = "APC      : 001,036,0879\nSTATUS   : ONBATT LOWBATT SHUTTING DOWN\nUPSNAME  : rack\nMODEL    : Back-UPS\nLINEV    : 0.0 Volts\n\
        LOADPCT  : 12.0 Percent\nBCHARGE  : 9.0 Percent\nTIMELEFT : 2.5 Minutes\nITEMP    : N/A\nNOMPOWER : 540 Watts\nSTARTTIME: 2026-01-01 10:00:00\n";

    #[test]
    fn report_on_battery_reads_flags_units_and_unknowns() {
        let status = Status::parse(REPORT).unwrap();
        assert_eq!(status.flags, ["OB", "LB", "FSD"]);
        assert_eq!((status.load_percent, status.battery_percent, status.runtime_seconds), (Some(12.0), Some(9.0), Some(150.0)));
        assert_eq!((status.input_voltage, status.output_voltage, status.temperature_c), (Some(0.0), None, None));
        assert_eq!((status.rated_watts, status.stale), (Some(540.0), false));
    }

    #[test]
    fn report_of_a_lost_ups_is_stale_without_flags() {
        let status = Status::parse("STATUS   : COMMLOST \n").unwrap();
        assert!(status.stale && status.flags.is_empty());
        assert!(matches!(Status::parse("hello\n"), Err(Error::Malformed)));
    }

    #[test]
    fn answer_without_end_is_given_up() {
        let mut frames = Frames::default();
        let endless = [0, 1, b'x'].repeat(30_000);
        assert!(matches!(frames.push(&endless), Err(Error::TooLong)));
    }

    #[test]
    fn report_of_apcupsd_3_14_14_reads_every_value() {
        // Recorded from Debian's apcupsd with its SNMP driver; times left out.
        let recorded = "APC      : 001,029,0686\nVERSION  : 3.14.14 (31 May 2016) debian\nUPSNAME  : rack 1\nDRIVER   : SNMP UPS Driver\n\
            MODEL    : Smart-UPS 3000\nSTATUS   : ONLINE \nLINEV    : 231.0 Volts\nLOADPCT  : 28.0 Percent\nBCHARGE  : 97.0 Percent\n\
            TIMELEFT : 41.0 Minutes\nMBATTCHG : 10 Percent\nOUTPUTV  : 230.0 Volts\nITEMP    : 31.0 C\nBATTV    : 54.0 Volts\n\
            LINEFREQ : 50.0 Hz\nXOFFBATT : N/A\nSERIALNO : AS0000000001\nFIRMWARE : UPS 09.8\nEND APC  : 2026-01-01 10:00:00 +0000  \n";
        let status = Status::parse(recorded).unwrap();
        assert_eq!((status.flags.as_slice(), status.stale), (&["OL"][..], false));
        assert_eq!((status.input_voltage, status.output_voltage, status.frequency_hz), (Some(231.0), Some(230.0), Some(50.0)));
        assert_eq!((status.runtime_seconds, status.temperature_c, status.battery_voltage), (Some(2460.0), Some(31.0), Some(54.0)));
        assert_eq!((status.serial.as_deref(), status.firmware.as_deref()), (Some("AS0000000001"), Some("UPS 09.8")));
        assert_eq!(status.rated_watts, None);
    }

    proptest! {
        #[test]
        fn answer_in_any_pieces_reads_the_same(cuts in prop::collection::vec(1_usize..40, 1..200)) {
            let mut bytes = Vec::new();
            for line in REPORT.lines() {
                bytes.extend((line.len() as u16 + 1).to_be_bytes());
                bytes.extend(line.as_bytes());
                bytes.push(b'\n');
            }
            bytes.extend([0, 0]);
            let mut frames = Frames::default();
            let mut rest = bytes.as_slice();
            let mut text = None;
            for cut in cuts.into_iter().cycle() {
                let (piece, later) = rest.split_at(cut.min(rest.len()));
                text = frames.push(piece).unwrap();
                rest = later;
                if rest.is_empty() {
                    break;
                }
            }
            prop_assert_eq!(Status::parse(&text.unwrap()).unwrap(), Status::parse(REPORT).unwrap());
        }

        #[test]
        fn answer_of_any_bytes_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..500), text in "\\PC{0,200}") {
            let _judged = Frames::default().push(&bytes);
            let _judged = Status::parse(&text);
        }
    }
}
