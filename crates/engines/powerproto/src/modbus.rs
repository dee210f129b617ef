//! A Modbus/TCP client that only reads registers: one question at a time, every answer bounds-checked.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Most registers of one question.
pub const COUNT_MAX: u16 = 125;
/// Answers to older questions that are read past before the connection is given up.
const OLD_ANSWERS: usize = 4;

/// Which registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// Function 3.
    Holding,
    /// Function 4.
    Input,
}

impl Table {
    fn function(self) -> u8 {
        match self {
            Self::Holding => 3,
            Self::Input => 4,
        }
    }
}

/// Why there are no registers.
#[derive(Debug)]
pub enum Error {
    /// No connection or answer in time.
    Timeout,
    /// The connection failed.
    Io(std::io::Error),
    /// The device refuses: the exception's number.
    Exception(u8),
    /// The answer does not fit the question.
    Malformed,
}

impl Error {
    /// The device does not have these registers (illegal function, address, value; device failure).
    #[must_use]
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Exception(1..=4))
    }

    /// The device asks to be asked again.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Exception(6))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout => f.write_str("the Modbus device did not answer in time"),
            Self::Io(error) => write!(f, "Modbus: {error}"),
            Self::Exception(code) => write!(f, "the Modbus device answers exception {code}"),
            Self::Malformed => f.write_str("the Modbus answer does not fit the question"),
        }
    }
}

impl std::error::Error for Error {}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

/// A question as it is sent.
#[must_use]
pub fn request(transaction: u16, unit: u8, table: Table, address: u16, count: u16) -> [u8; 12] {
    let ([t0, t1], [a0, a1], [c0, c1]) = (transaction.to_be_bytes(), address.to_be_bytes(), count.to_be_bytes());
    [t0, t1, 0, 0, 0, 6, unit, table.function(), a0, a1, c0, c1]
}

/// The length of what follows the first six bytes of an answer, and its transaction.
///
/// # Errors
/// When it is no answer of Modbus/TCP.
pub fn head(bytes: [u8; 6]) -> Result<(u16, usize), Error> {
    let [t0, t1, p0, p1, l0, l1] = bytes;
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    if (p0, p1) != (0, 0) || !(3..=254).contains(&length) {
        return Err(Error::Malformed);
    }
    Ok((u16::from_be_bytes([t0, t1]), length))
}

/// The registers in the rest of an answer.
///
/// # Errors
/// When the device refuses or the answer is to something else.
pub fn body(bytes: &[u8], unit: u8, table: Table, count: u16) -> Result<Vec<u16>, Error> {
    match bytes {
        [answering, function, code, ..] if *answering == unit && *function == table.function() | 0x80 => Err(Error::Exception(*code)),
        [answering, function, length, data @ ..]
            if *answering == unit
                && *function == table.function()
                && usize::from(*length) == data.len()
                && data.len() == usize::from(count) * 2 =>
        {
            Ok(data.chunks_exact(2).map(|pair| pair.iter().fold(0, |n, byte| n << 8 | u16::from(*byte))).collect())
        }
        _ => Err(Error::Malformed),
    }
}

/// A connection to a device.
#[derive(Debug)]
pub struct Client {
    stream: TcpStream,
    unit: u8,
    limit: Duration,
    transaction: u16,
}

impl Client {
    /// Connects; every later question has the same time limit.
    ///
    /// # Errors
    /// When nothing answers there.
    pub async fn connect(device: SocketAddr, unit: u8, limit: Duration) -> Result<Self, Error> {
        let stream = timeout(limit, TcpStream::connect(device)).await.map_err(|_| Error::Timeout)??;
        stream.set_nodelay(true)?;
        Ok(Self { stream, unit, limit, transaction: 0 })
    }

    /// Reads `count` registers from `address` on. After any error but an exception the connection is of no use.
    ///
    /// # Errors
    /// When the device refuses, is silent or talks nonsense.
    pub async fn read(&mut self, table: Table, address: u16, count: u16) -> Result<Vec<u16>, Error> {
        let count = count.clamp(1, COUNT_MAX);
        let limit = self.limit;
        timeout(limit, self.exchange(table, address, count)).await.map_err(|_| Error::Timeout)?
    }

    async fn exchange(&mut self, table: Table, address: u16, count: u16) -> Result<Vec<u16>, Error> {
        self.transaction = self.transaction.wrapping_add(1);
        self.stream.write_all(&request(self.transaction, self.unit, table, address, count)).await?;
        for _ in 0..OLD_ANSWERS {
            let mut start = [0; 6];
            self.stream.read_exact(&mut start).await?;
            let (transaction, length) = head(start)?;
            let mut rest = vec![0; length];
            self.stream.read_exact(&mut rest).await?;
            if transaction == self.transaction {
                return body(&rest, self.unit, table, count);
            }
        }
        Err(Error::Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn question_and_answer_are_those_of_the_specification() {
        assert_eq!(request(1, 1, Table::Holding, 130, 2), [0, 1, 0, 0, 0, 6, 1, 3, 0, 130, 0, 2]);
        assert_eq!(head([0, 1, 0, 0, 0, 7]).unwrap(), (1, 7));
        assert_eq!(body(&[1, 3, 4, 0, 5, 0x12, 0x34], 1, Table::Holding, 2).unwrap(), [5, 0x1234]);
    }

    #[test]
    fn refusal_and_foreign_answers_are_told_apart() {
        assert!(body(&[1, 0x83, 2], 1, Table::Holding, 2).unwrap_err().is_absent());
        assert!(body(&[1, 0x84, 6], 1, Table::Input, 2).unwrap_err().is_busy());
        for wrong in [&[2, 3, 2, 0, 5][..], &[1, 4, 2, 0, 5], &[1, 3, 4, 0, 5], &[1, 3, 2, 0], &[]] {
            assert!(matches!(body(wrong, 1, Table::Holding, 1), Err(Error::Malformed)), "{wrong:?}");
        }
        assert!(head([0, 1, 0, 1, 0, 7]).is_err() && head([0, 1, 0, 0, 1, 7]).is_err());
    }

    proptest! {
        #[test]
        fn answer_of_any_bytes_is_the_asked_number_of_registers_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..80), count in 1_u16..40) {
            if let Ok(registers) = body(&bytes, 1, Table::Holding, count) {
                prop_assert_eq!(registers.len(), usize::from(count));
            }
        }
    }
}
