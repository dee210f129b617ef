//! Bytes that are put together and written away, again and again in the same memory.

/// What is still to be written.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    bytes: Vec<u8>,
    written: usize,
}

impl Outgoing {
    #[inline]
    pub(crate) fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Makes room for what comes in several parts.
    pub(crate) fn reserve(&mut self, room: usize) {
        self.bytes.reserve(room);
    }

    pub(crate) fn rest(&self) -> &[u8] {
        self.bytes.get(self.written..).unwrap_or_default()
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len() - self.written
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.written == self.bytes.len()
    }

    /// So many bytes more were written.
    pub(crate) fn advance(&mut self, written: usize) {
        self.written += written.min(self.len());
        if self.is_empty() {
            self.bytes.clear();
            self.written = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Outgoing;

    #[test]
    fn what_was_put_comes_out_once_in_its_order() {
        let mut out = Outgoing::default();
        out.put(b"hello");
        out.advance(2);
        out.put(b", you");
        assert_eq!((out.rest(), out.len(), out.is_empty()), (&b"llo, you"[..], 8, false));
        out.advance(99);
        out.put(b"x");
        assert_eq!((out.rest(), out.len()), (&b"x"[..], 1));
    }
}
