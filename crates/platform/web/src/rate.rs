//! Rate tiers: token buckets over 60 seconds per principal and tier, in memory (platform spec 3.3).
//! The login tiers are judged by the identity crate, which keeps them in the store.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::Instant;

use crate::{Tier, WebConfig};

const SHARDS: usize = 16;
const WINDOW_S: f64 = 60.0;
/// A shard of this size drops the principals that are back at their full allowance, and then everybody: whoever can choose
/// addresses must not make it grow, nor make every request search it.
const SHARD_MAX: usize = 16_384;
/// Failed authentications per address and minute before it is told to wait.
const FAILED_AUTH_MAX: u32 = 20;

enum Bucket {
    Tokens { left: f64, at: Instant },
    Sliding { hits: VecDeque<Instant> },
}

type Shard = Mutex<HashMap<(String, Tier), Bucket>>;

pub(crate) struct RateLimiter {
    shards: [Shard; SHARDS],
    /// Processes that share every limit.
    processes: AtomicU32,
}

/// What the headers say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    /// Seconds until the allowance is whole again.
    pub(crate) reset_s: u64,
    pub(crate) allowed: bool,
}

fn limit_of(tier: Tier, config: &WebConfig) -> Option<u32> {
    let lifted = !config.rate_limiting;
    Some(match tier {
        Tier::Exempt | Tier::Open | Tier::Login | Tier::Login5 => return None,
        Tier::Std | Tier::Action | Tier::Heavy | Tier::Ai | Tier::PerMinute(_) if lifted => return None,
        Tier::Std => 1200,
        Tier::Action | Tier::Stream => 60,
        Tier::Heavy | Tier::Sso => 30,
        Tier::Ai => 20,
        Tier::Power => config.power_per_minute.max(1),
        Tier::PerMinute(n) | Tier::Hook(n) => n,
        Tier::Agent => 240,
    })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded by the limit, which is a u32")]
fn whole(x: f64) -> u32 {
    x.max(0.0) as u32
}

impl RateLimiter {
    pub(crate) fn new() -> Self {
        Self { shards: std::array::from_fn(|_| Mutex::new(HashMap::new())), processes: AtomicU32::new(1) }
    }

    pub(crate) fn share(&self, processes: u32) {
        self.processes.store(processes.max(1), Ordering::Relaxed);
    }

    /// This process's part of a limit.
    fn part_of(&self, limit: u32) -> u32 {
        limit.div_ceil(self.processes.load(Ordering::Relaxed)).max(1)
    }

    fn shard(&self, principal: &str) -> &Shard {
        let mut hasher = DefaultHasher::new();
        principal.hash(&mut hasher);
        let index = usize::try_from(hasher.finish() % SHARDS as u64).unwrap_or(0);
        self.shards.get(index).unwrap_or(&self.shards[0])
    }

    /// Takes one request from the allowance; `None` when the tier has none.
    pub(crate) fn take(&self, principal: &str, tier: Tier, config: &WebConfig) -> Option<Verdict> {
        let limit = self.part_of(limit_of(tier, config)?);
        let mut map = self.shard(principal).lock().unwrap_or_else(PoisonError::into_inner);
        make_room(&mut map);
        Some(if tier == Tier::Power { sliding(&mut map, principal, tier, limit) } else { tokens(&mut map, principal, tier, limit, 1.0) })
    }

    /// What `take` would answer, without taking.
    pub(crate) fn look(&self, principal: &str, tier: Tier, config: &WebConfig) -> Option<Verdict> {
        let limit = self.part_of(limit_of(tier, config)?);
        let mut map = self.shard(principal).lock().unwrap_or_else(PoisonError::into_inner);
        make_room(&mut map);
        let seen = tokens(&mut map, principal, tier, limit, 0.0);
        Some(Verdict { allowed: seen.remaining > 0, ..seen })
    }

    /// Counts a failed authentication; `Some(seconds)` when the address has to wait.
    pub(crate) fn failed_auth(&self, address: &str) -> Option<u64> {
        let key = format!("failed-auth:{address}");
        let mut map = self.shard(&key).lock().unwrap_or_else(PoisonError::into_inner);
        make_room(&mut map);
        let v = tokens(&mut map, &key, Tier::Open, self.part_of(FAILED_AUTH_MAX), 1.0);
        (!v.allowed).then_some(v.reset_s.max(1))
    }
}

/// What is counted of a peer that proves who it is after its socket stands: its name when it succeeds, the address it
/// came from when it does not, or when nobody said how it ended. At its limit the address gets no socket until a part of
/// a minute went by.
pub struct Knock {
    pub(crate) limiter: Arc<RateLimiter>,
    pub(crate) config: Arc<WebConfig>,
    pub(crate) tier: Tier,
    pub(crate) address: String,
    pub(crate) ended: bool,
}

impl Knock {
    /// Counts a peer that proved itself; false when it came too often within a minute.
    #[must_use]
    pub fn accepted(mut self, peer: &str) -> bool {
        self.ended = true;
        self.limiter.take(&format!("peer:{peer}"), self.tier, &self.config).is_none_or(|v| v.allowed)
    }
    /// Counts nothing: it did not come to a proof, for a reason that is ours.
    pub fn forgiven(mut self) {
        self.ended = true;
    }
}

impl Drop for Knock {
    fn drop(&mut self) {
        if !self.ended {
            self.limiter.take(&self.address, self.tier, &self.config);
        }
    }
}

fn make_room(map: &mut HashMap<(String, Tier), Bucket>) {
    if map.len() < SHARD_MAX {
        return;
    }
    let now = Instant::now();
    map.retain(|_, b| match b {
        Bucket::Tokens { at, .. } => now.duration_since(*at).as_secs_f64() < WINDOW_S,
        Bucket::Sliding { hits } => hits.back().is_some_and(|h| now.duration_since(*h).as_secs_f64() < WINDOW_S),
    });
    // With this many at once the next search would come at once as well.
    if map.len() > SHARD_MAX / 2 {
        map.clear();
    }
}

fn tokens(map: &mut HashMap<(String, Tier), Bucket>, principal: &str, tier: Tier, limit: u32, cost: f64) -> Verdict {
    let now = Instant::now();
    let full = f64::from(limit);
    let bucket = map.entry((principal.to_owned(), tier)).or_insert(Bucket::Tokens { left: full, at: now });
    let mut left = match bucket {
        Bucket::Tokens { left, at } => (*left + now.duration_since(*at).as_secs_f64() * full / WINDOW_S).min(full),
        Bucket::Sliding { .. } => full,
    };
    let allowed = left >= cost;
    if allowed {
        left -= cost;
    }
    *bucket = Bucket::Tokens { left, at: now };
    let missing = if allowed { full - left } else { cost - left };
    Verdict { limit, remaining: whole(left), reset_s: u64::from(whole((missing * WINDOW_S / full).ceil())), allowed }
}

/// Counts the last 60 s exactly; a refused request does not extend the wait.
fn sliding(map: &mut HashMap<(String, Tier), Bucket>, principal: &str, tier: Tier, limit: u32) -> Verdict {
    let now = Instant::now();
    let bucket = map.entry((principal.to_owned(), tier)).or_insert_with(|| Bucket::Sliding { hits: VecDeque::new() });
    let Bucket::Sliding { hits } = bucket else {
        return Verdict { limit, remaining: 0, reset_s: 60, allowed: false };
    };
    while hits.front().is_some_and(|h| now.duration_since(*h).as_secs_f64() >= WINDOW_S) {
        hits.pop_front();
    }
    let used = u32::try_from(hits.len()).unwrap_or(u32::MAX);
    let allowed = used < limit;
    if allowed {
        hits.push_back(now);
    }
    Verdict { limit, remaining: limit.saturating_sub(used + u32::from(allowed)), reset_s: 60, allowed }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn buckets_empty_and_refill() {
        let (r, c) = (RateLimiter::new(), WebConfig::default());
        for i in 0..20 {
            let v = r.take("user:1", Tier::Ai, &c).unwrap();
            assert!(v.allowed, "request {i}");
        }
        assert!(!r.take("user:1", Tier::Ai, &c).unwrap().allowed);
        assert!(r.take("user:2", Tier::Ai, &c).unwrap().allowed);
        tokio::time::advance(Duration::from_secs(4)).await;
        assert!(r.take("user:1", Tier::Ai, &c).unwrap().allowed);
    }

    #[tokio::test(start_paused = true)]
    async fn power_tier_slides_and_refusals_do_not_extend() {
        let (r, c) = (RateLimiter::new(), WebConfig { power_per_minute: 2, ..WebConfig::default() });
        assert!(r.take("k", Tier::Power, &c).unwrap().allowed);
        tokio::time::advance(Duration::from_secs(30)).await;
        assert!(r.take("k", Tier::Power, &c).unwrap().allowed);
        assert!(!r.take("k", Tier::Power, &c).unwrap().allowed);
        tokio::time::advance(Duration::from_secs(31)).await;
        assert!(r.take("k", Tier::Power, &c).unwrap().allowed);
    }

    #[tokio::test(start_paused = true)]
    async fn endless_addresses_stay_within_bounds() {
        let (r, c) = (RateLimiter::new(), WebConfig::default());
        for n in 0..SHARDS * SHARD_MAX * 2 {
            r.take(&format!("ip:{n}"), Tier::Sso, &c);
            r.failed_auth(&n.to_string());
        }
        let largest = r.shards.iter().map(|s| s.lock().unwrap().len()).max().unwrap();
        assert!(largest <= SHARD_MAX, "{largest}");
    }

    #[tokio::test(start_paused = true)]
    async fn limit_is_divided_by_the_processes_that_share_it() {
        let (r, c) = (RateLimiter::new(), WebConfig { power_per_minute: 4, ..WebConfig::default() });
        r.share(3);
        let taken = |tier| (0..100).take_while(|_| r.take("user:1", tier, &c).unwrap().allowed).count();
        assert_eq!((taken(Tier::Ai), taken(Tier::Power)), (7, 2), "20 and 4 by three, rounded up");
        r.share(1);
        tokio::time::advance(Duration::from_secs(61)).await;
        let taken = |tier| (0..100).take_while(|_| r.take("user:1", tier, &c).unwrap().allowed).count();
        assert_eq!((taken(Tier::Ai), taken(Tier::Power)), (20, 4));
    }

    #[tokio::test(start_paused = true)]
    async fn peers_behind_one_address_have_allowances_of_their_own_and_it_pays_for_failures() {
        let (limiter, config) = (Arc::new(RateLimiter::new()), Arc::new(WebConfig::default()));
        let knock = |address: &str| Knock {
            limiter: Arc::clone(&limiter),
            config: Arc::clone(&config),
            tier: Tier::Agent,
            address: address.to_owned(),
            ended: false,
        };
        let may_enter = |address: &str| limiter.look(address, Tier::Agent, &config).unwrap().allowed;
        for n in 0..3_000 {
            assert!(may_enter("ip:a") && knock("ip:a").accepted(&n.to_string()));
        }
        assert_eq!((0..300).filter(|_| knock("ip:a").accepted("restless")).count(), 240);
        assert!(may_enter("ip:a"), "success of others costs the address nothing");
        knock("ip:a").forgiven();
        assert_eq!(limiter.look("ip:a", Tier::Agent, &config).unwrap().remaining, 240);
        (0..240).for_each(|_| drop(knock("ip:a")));
        assert!(!may_enter("ip:a") && may_enter("ip:b"));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(may_enter("ip:a"));
    }

    #[test]
    fn lifted_tiers_have_no_limit() {
        let c = WebConfig { rate_limiting: false, ..WebConfig::default() };
        assert_eq!(limit_of(Tier::Std, &c), None);
        assert_eq!(limit_of(Tier::Sso, &c), Some(30));
    }
}
