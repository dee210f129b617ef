//! What tells a file from another one that got its number: its first bytes.

/// Bytes that are compared.
const BYTES_MAX: usize = 256;

/// The first bytes of a file, as far as they are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Head(Vec<u8>);

impl Head {
    /// Takes bytes that stand at this place of the file.
    pub(crate) fn take(&mut self, offset: u64, bytes: &[u8]) {
        if usize::try_from(offset).is_ok_and(|at| at == self.0.len()) {
            let room = BYTES_MAX - self.0.len();
            self.0.extend(bytes.iter().take(room));
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// FNV-1a, which is enough to tell lines with times apart.
    pub(crate) fn digest(&self) -> String {
        let hash = self.0.iter().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3));
        format!("{hash:016x}")
    }

    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(bytes.iter().take(BYTES_MAX).copied().collect())
    }
}
