//! How bytes reach the computation: a range of something whose length is known.

use std::io;

/// Something that can be read at any place, from any thread.
pub trait RangeRead: Send + Sync {
    /// Its length in bytes.
    fn len(&self) -> u64;

    /// Fills `out` with the bytes from `offset` on.
    ///
    /// # Errors
    /// What the source says; [`io::ErrorKind::UnexpectedEof`] beyond its end.
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()>;

    /// Says that it will be read again soon, and in how many bytes of memory what was read may be
    /// kept until then; 0 when it will not. A source for which reading costs little keeps nothing.
    #[expect(unused_variables, reason = "named for who implements it")]
    fn keep(&self, bytes: u64) {}

    /// Whether there is nothing in it.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl RangeRead for Vec<u8> {
    fn len(&self) -> u64 {
        self.as_slice().len() as u64
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).ok();
        let end = start.and_then(|start| start.checked_add(out.len()));
        let range = start.zip(end).and_then(|(start, end)| self.get(start..end));
        out.copy_from_slice(range.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

/// Storage outside memory for what does not fit into it: written once, then read.
pub trait Scratch: Send + Sync {
    /// Stores bytes at an offset; what lies between written ranges is undefined.
    ///
    /// # Errors
    /// What the store says, a full disk among it.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// Fills `out` with the bytes from `offset` on.
    ///
    /// # Errors
    /// What the store says.
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()>;
}

/// Reads a source from place to place, with read-ahead (prefetch) where reading is sequential.
pub(crate) struct Window<'a> {
    source: &'a dyn RangeRead,
    start: u64,
    bytes: Vec<u8>,
    /// Where a sequential reader would go on.
    expected: u64,
}

/// Bytes read ahead of a sequential reader.
const AHEAD: u64 = 1 << 20;

impl<'a> Window<'a> {
    pub(crate) fn new(source: &'a dyn RangeRead) -> Self {
        Self {
            source,
            start: 0,
            bytes: Vec::new(),
            expected: u64::MAX,
        }
    }

    /// The bytes `offset .. offset + length`, which must lie within the source.
    pub(crate) fn read(&mut self, offset: u64, length: usize) -> io::Result<&[u8]> {
        let end = offset
            .checked_add(length as u64)
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        if offset < self.start || end > self.start + self.bytes.len() as u64 {
            // A small gap between arrays is still sequential.
            let is_next = offset >= self.expected && offset - self.expected <= AHEAD / 8;
            let wanted = if is_next {
                end.max(offset + AHEAD).min(self.source.len())
            } else {
                end
            };
            let size = index(wanted.max(end) - offset);
            self.bytes.resize(size, 0);
            self.start = offset;
            if let Err(error) = self.source.read_at(offset, &mut self.bytes) {
                self.bytes.clear();
                return Err(error);
            }
        }
        self.expected = end;
        let start = index(offset - self.start);
        Ok(&self.bytes[start..start + length])
    }
}

impl std::fmt::Debug for Window<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            start,
            bytes,
            expected,
            ..
        } = self;
        write!(
            f,
            "Window {{ start: {start}, length: {}, expected: {expected} }}",
            bytes.len()
        )
    }
}

/// A number of bytes or peaks, or a place among them, as an index into memory: both have 64 bits.
///
/// Whether so much can be held is for the allocator to say; nothing is cut off here.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a machine of fewer bits is refused when compiling"
)]
pub const fn index(n: u64) -> usize {
    const {
        assert!(usize::BITS >= u64::BITS, "a machine of 64 bits is needed");
    }
    n as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_reads_any_order() {
        let source: Vec<u8> = (0..=255).cycle().take(100_000).collect();
        let mut window = Window::new(&source);
        for offset in [0_usize, 10, 20, 99_990, 5, 15, 50_000, 50_010, 3] {
            assert_eq!(
                window.read(offset as u64, 10).unwrap(),
                &source[offset..offset + 10]
            );
        }
        assert!(window.read(99_995, 10).is_err());
        assert!(window.read(u64::MAX, 10).is_err());
    }
}
