//! One dashboard: how old each node's figures are in the moment a frame with them is there, on the clock the nodes stamped
//! them with.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use memchr::memmem::Finder;

use super::device::Fleet;
use super::link::{Link, TEXT};

/// What one dashboard saw.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) bytes: usize,
    /// Ages in milliseconds, one a node and frame.
    pub(super) ages: Vec<f64>,
    /// Frames with fewer nodes than there are.
    pub(super) short: usize,
}

pub(super) type Shared = Arc<Mutex<Seen>>;

pub(super) fn take(seen: &Shared) -> Seen {
    std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner))
}

pub(super) async fn watch(address: SocketAddr, bearer: String, fleet: Arc<Fleet>, nodes: usize, seen: Shared) -> Result<(), String> {
    let mut link = Link::open(address, None, "/ws/dashboard", &format!("Authorization: Bearer {bearer}")).await?;
    let (update, stamp) = (Finder::new(b"\"dashboard_update\""), Finder::new(b"\"sent_us\":"));
    loop {
        let (opcode, text) = link.next().await?;
        let now = fleet.now_us();
        if opcode != TEXT || update.find(text.get(..40).unwrap_or(&text)).is_none() {
            continue;
        }
        let sent = |at: usize| {
            let digits = text.get(at + 10..)?.iter().take_while(|b| b.is_ascii_digit());
            Some(digits.fold(0_u64, |n, digit| n * 10 + u64::from(digit - b'0')))
        };
        #[expect(clippy::cast_precision_loss, reason = "microseconds of one run")]
        let ages: Vec<f64> = stamp.find_iter(&text).filter_map(sent).map(|us| now.saturating_sub(us) as f64 / 1_000.0).collect();
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.bytes += text.len();
        seen.short += usize::from(ages.len() < nodes);
        seen.ages.extend(ages);
    }
}
