//! A gzip file written by two threads at once: pieces are deflated on their own, each ending on a whole byte, and stand
//! one after the other in one member, so that every reader of gzip reads it. Blocking; callers run it aside.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use flate2::{Compress, Compression, Crc, FlushCompress};

/// Fast before small: a store of gigabytes is packed while the server serves.
const LEVEL: Compression = Compression::new(1);
const PIECE: usize = 1 << 20;
const WORKERS: usize = 2;
/// Pieces that wait for a worker, and for the file, per worker.
const WAITING: usize = 2;
/// RFC 1952: deflate, no time, fastest, unknown system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255];
/// An empty last block (RFC 1951, 3.2.6).
const END: [u8; 2] = [3, 0];

struct Deflated {
    bytes: Vec<u8>,
    crc: Crc,
}

/// Compresses what `fill` writes into `out`; what `fill` returned, and `out`.
pub(crate) fn compress<W: Write + Send, T>(out: W, fill: impl FnOnce(&mut Pieces) -> io::Result<T>) -> io::Result<(T, W)> {
    std::thread::scope(|scope| {
        let (mut inlets, mut outlets) = (Vec::new(), Vec::new());
        for _ in 0..WORKERS {
            let ((inlet, pieces), (done, outlet)) = (sync_channel(WAITING), sync_channel(WAITING));
            scope.spawn(move || work(&pieces, &done));
            inlets.push(inlet);
            outlets.push(outlet);
        }
        let writing = scope.spawn(move || write(out, &outlets));
        let mut pieces = Pieces { inlets, piece: Vec::with_capacity(PIECE), next: 0 };
        let filled = fill(&mut pieces).and_then(|t| pieces.send().map(|()| t));
        drop(pieces);
        // A file that cannot be written is the reason of everything else that failed.
        let out = writing.join().map_err(|_| io::Error::other("the archive was not written"))??;
        Ok((filled?, out))
    })
}

/// Where plain bytes go.
pub(crate) struct Pieces {
    inlets: Vec<SyncSender<Vec<u8>>>,
    piece: Vec<u8>,
    /// Pieces sent so far.
    next: usize,
}

impl Pieces {
    fn send(&mut self) -> io::Result<()> {
        if self.piece.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.piece, Vec::with_capacity(PIECE));
        let inlet = self.inlets.get(self.next % WORKERS).ok_or(io::ErrorKind::BrokenPipe)?;
        self.next += 1;
        inlet.send(piece).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(PIECE - self.piece.len());
        self.piece.extend_from_slice(bytes.get(..taken).unwrap_or_default());
        if self.piece.len() == PIECE {
            self.send()?;
        }
        Ok(taken)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Ends with its pieces, or when nobody takes what it made.
fn work(pieces: &Receiver<Vec<u8>>, done: &SyncSender<io::Result<Deflated>>) {
    for piece in pieces {
        if done.send(deflate(&piece)).is_err() {
            return;
        }
    }
}

fn deflate(piece: &[u8]) -> io::Result<Deflated> {
    let mut crc = Crc::new();
    crc.update(piece);
    let (mut made, mut bytes) = (Compress::new(LEVEL, false), Vec::with_capacity(piece.len() / 2));
    loop {
        if bytes.len() == bytes.capacity() {
            bytes.reserve(PIECE / 4);
        }
        let read = usize::try_from(made.total_in()).unwrap_or(usize::MAX);
        made.compress_vec(piece.get(read..).unwrap_or_default(), &mut bytes, FlushCompress::Sync)?;
        // With room left over, everything is out and flushed.
        if bytes.len() < bytes.capacity() {
            return Ok(Deflated { bytes, crc });
        }
    }
}

/// Takes the pieces in their order, from one worker after the other.
fn write<W: Write>(mut out: W, outlets: &[Receiver<io::Result<Deflated>>]) -> io::Result<W> {
    let mut crc = Crc::new();
    out.write_all(&HEADER)?;
    for outlet in outlets.iter().cycle() {
        let Ok(deflated) = outlet.recv() else { break };
        let deflated = deflated?;
        out.write_all(&deflated.bytes)?;
        crc.combine(&deflated.crc);
    }
    out.write_all(&END)?;
    out.write_all(&crc.sum().to_le_bytes())?;
    out.write_all(&crc.amount().to_le_bytes())?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;
    use proptest::prelude::*;

    use super::*;

    fn packed(plain: &[u8]) -> Vec<u8> {
        compress(Vec::new(), |out| out.write_all(plain)).unwrap().1
    }

    fn unpacked(gz: &[u8]) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        GzDecoder::new(gz).read_to_end(&mut out)?;
        Ok(out)
    }

    #[test]
    fn any_length_comes_back_through_an_ordinary_reader() {
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 7] {
            // Half of it does not compress at all.
            let plain: Vec<u8> = (0..length as u64)
                .map(|i| if i % 9000 < 4500 { (i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8 } else { b'a' })
                .collect();
            assert_eq!(unpacked(&packed(&plain)).unwrap(), plain, "{length}");
        }
    }

    #[test]
    fn file_that_cannot_be_written_is_told_and_ends_every_thread() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let failed = compress(Full, |out| (0..50).try_for_each(|_| out.write_all(&[7; PIECE])));
        assert_eq!(failed.err().unwrap().kind(), io::ErrorKind::StorageFull);
    }

    #[test]
    fn source_that_breaks_off_is_told() {
        let failed = compress(Vec::new(), |_| Err::<(), _>(io::ErrorKind::UnexpectedEof.into()));
        assert_eq!(failed.err().unwrap().kind(), io::ErrorKind::UnexpectedEof);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(30))]
        #[test]
        fn any_bytes_in_any_portions_come_back(parts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..5000), 0..30)) {
            let gz = compress(Vec::new(), |out| parts.iter().try_for_each(|p| out.write_all(p))).unwrap().1;
            prop_assert_eq!(unpacked(&gz).unwrap(), parts.concat());
        }
    }
}
