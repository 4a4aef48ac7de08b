//! Lines of a text, numbered, a few of which can be given back.

use std::collections::VecDeque;
use std::io::{self, BufRead, Read};

/// Most bytes of a line.
pub(super) const MAX_LINE: u64 = 1 << 24;

/// A line and its number, from 1.
pub(super) type Line = (u64, Vec<u8>);

/// What is wrong with a line.
pub(super) enum LineError {
    /// It cannot be read.
    Read(io::Error),
    /// It is longer than [`MAX_LINE`].
    Long(u64),
}

/// The lines of a text, whose ends are `\n`, `\r\n` or, of old, `\r`.
pub(super) struct Lines<R> {
    text: R,
    end: u8,
    number: u64,
    given_back: VecDeque<Line>,
}

impl<R: BufRead> Lines<R> {
    /// The lines of a text; what ends them is told by what is buffered of it.
    pub(super) fn new(mut text: R) -> io::Result<Self> {
        let start = text.fill_buf()?;
        let end = if start.contains(&b'\r') && !start.contains(&b'\n') {
            b'\r'
        } else {
            b'\n'
        };
        Ok(Self {
            text,
            end,
            number: 0,
            given_back: VecDeque::new(),
        })
    }

    /// The next line without its end; nothing behind the last.
    pub(super) fn next(&mut self) -> Result<Option<Line>, LineError> {
        if let Some(line) = self.given_back.pop_front() {
            return Ok(Some(line));
        }
        let mut line = Vec::new();
        let n_read = self
            .text
            .by_ref()
            .take(MAX_LINE)
            .read_until(self.end, &mut line)
            .map_err(LineError::Read)?;
        if n_read == 0 {
            return Ok(None);
        }
        self.number += 1;
        if line.last() == Some(&self.end) {
            line.pop();
        } else if n_read as u64 == MAX_LINE {
            return Err(LineError::Long(self.number));
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        Ok(Some((self.number, line)))
    }

    /// Gives lines back, which come next and in their order.
    pub(super) fn give_back(&mut self, lines: Vec<Line>) {
        for line in lines.into_iter().rev() {
            self.given_back.push_front(line);
        }
    }
}
