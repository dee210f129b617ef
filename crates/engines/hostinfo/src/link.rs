//! Traffic counters of network interfaces from `/proc/net/dev`.
//!
//! One line is one interface; what the interface is otherwise, `network` knows. Columns: proc_pid_net(5).

use crate::interval::Interval;
use crate::text;
use serde::Serialize;

/// Counters of one interface since it appeared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct LinkCounters {
    pub rx_bytes: u64,
    pub rx_packets: u64,
    pub rx_errors: u64,
    pub rx_drops: u64,
    pub tx_bytes: u64,
    pub tx_packets: u64,
    pub tx_errors: u64,
    pub tx_drops: u64,
}

/// The same counters per second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct LinkRates {
    pub rx_bytes_per_s: Option<f64>,
    pub rx_packets_per_s: Option<f64>,
    pub rx_errors_per_s: Option<f64>,
    pub rx_drops_per_s: Option<f64>,
    pub tx_bytes_per_s: Option<f64>,
    pub tx_packets_per_s: Option<f64>,
    pub tx_errors_per_s: Option<f64>,
    pub tx_drops_per_s: Option<f64>,
}

/// Parses one line of `/proc/net/dev` into name and counters; headers are `None`.
#[must_use]
pub fn parse_line(line: &[u8]) -> Option<(&str, LinkCounters)> {
    // An alias such as `eth0:1` has a colon of its own: the last one ends the name.
    let colon = line.iter().rposition(|&byte| byte == b':')?;
    let (name, rest) = line.split_at(colon);
    let name = std::str::from_utf8(name.trim_ascii()).ok().filter(|name| !name.is_empty())?;
    let mut fields = text::fields(rest.get(1..)?);
    let mut next = || fields.next().and_then(text::number::<u64>);
    let (rx_bytes, rx_packets, rx_errors, rx_drops) = (next()?, next()?, next()?, next()?);
    for _ in 0..4 {
        next()?; // fifo, frame, compressed, multicast
    }
    let (tx_bytes, tx_packets, tx_errors, tx_drops) = (next()?, next()?, next()?, next()?);
    let counters = LinkCounters { rx_bytes, rx_packets, rx_errors, rx_drops, tx_bytes, tx_packets, tx_errors, tx_drops };
    Some((name, counters))
}

impl LinkCounters {
    /// Per second since an earlier reading.
    pub(crate) fn rates(&self, before: &Self, interval: Option<Interval>) -> LinkRates {
        let rate = |before, after| interval.and_then(|interval| interval.rate(before, after));
        LinkRates {
            rx_bytes_per_s: rate(before.rx_bytes, self.rx_bytes),
            rx_packets_per_s: rate(before.rx_packets, self.rx_packets),
            rx_errors_per_s: rate(before.rx_errors, self.rx_errors),
            rx_drops_per_s: rate(before.rx_drops, self.rx_drops),
            tx_bytes_per_s: rate(before.tx_bytes, self.tx_bytes),
            tx_packets_per_s: rate(before.tx_packets, self.tx_packets),
            tx_errors_per_s: rate(before.tx_errors, self.tx_errors),
            tx_drops_per_s: rate(before.tx_drops, self.tx_drops),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_of_a_busy_interface_is_read() {
        let line =
            b"  eth0: 244913415    6909    1    2    0     0          0         3   574801    4414    4    5    0     0       0          0";
        let (name, counters) = parse_line(line).expect("line");
        assert_eq!(name, "eth0");
        assert_eq!((counters.rx_bytes, counters.rx_packets), (244_913_415, 6909));
        assert_eq!((counters.rx_errors, counters.rx_drops), (1, 2));
        assert_eq!((counters.tx_bytes, counters.tx_errors, counters.tx_drops), (574_801, 4, 5));
    }

    #[test]
    fn line_without_space_after_the_colon_and_alias_names_are_read() {
        let line = b"eth0:1:10 1 0 0 0 0 0 0 20 2 0 0 0 0 0 0";
        assert_eq!(parse_line(line).map(|(name, counters)| (name, counters.rx_bytes)), Some(("eth0:1", 10)));
    }

    #[test]
    fn header_lines_are_none() {
        assert_eq!(parse_line(b"Inter-|   Receive                |  Transmit"), None);
        assert_eq!(parse_line(b" face |bytes    packets errs drop"), None);
    }
}
