//! Injected randomness: the operating system's in production, a seeded stream in tests.

use std::sync::Mutex;

use ring::rand::SecureRandom;

/// A source of random bytes. `SystemRng` is cryptographically secure; `SeededRng` is for tests only.
pub trait Rng: Send + Sync + 'static {
    fn fill(&self, out: &mut [u8]);
}

impl dyn Rng {
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut out = [0_u8; N];
        self.fill(&mut out);
        out
    }
    /// A uniform integer below `bound` (0 when `bound` is 0); rejection sampling, no modulo bias.
    pub fn below(&self, bound: u64) -> u64 {
        if bound == 0 {
            return 0;
        }
        let limit = u64::MAX - u64::MAX % bound;
        loop {
            let n = u64::from_le_bytes(self.bytes());
            if n < limit {
                return n % bound;
            }
        }
    }
}

/// The operating system's generator.
#[derive(Debug)]
pub struct SystemRng(ring::rand::SystemRandom);

impl Default for SystemRng {
    fn default() -> Self {
        Self(ring::rand::SystemRandom::new())
    }
}

impl Rng for SystemRng {
    fn fill(&self, out: &mut [u8]) {
        self.0.fill(out).expect("the operating system's random generator answers");
    }
}

/// A reproducible stream (SplitMix64); never use it for secrets.
#[derive(Debug)]
pub struct SeededRng(Mutex<u64>);

impl SeededRng {
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }
}

impl Rng for SeededRng {
    fn fill(&self, out: &mut [u8]) {
        let mut state = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for chunk in out.chunks_mut(8) {
            *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = *state;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            let bytes = (z ^ (z >> 31)).to_le_bytes();
            chunk.copy_from_slice(&bytes[..chunk.len()]);
        }
    }
}

/// Lower-case hexadecimal text.
pub fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeded_streams_with_the_same_seed_are_equal() {
        let (a, b): (Box<dyn Rng>, Box<dyn Rng>) = (Box::new(SeededRng::new(42)), Box::new(SeededRng::new(42)));
        assert_eq!(a.bytes::<20>(), b.bytes::<20>());
    }

    #[test]
    fn below_stays_under_its_bound() {
        let rng: Box<dyn Rng> = Box::new(SeededRng::new(1));
        assert!((0..1000).all(|_| rng.below(7) < 7));
        assert_eq!(rng.below(0), 0);
    }
}
