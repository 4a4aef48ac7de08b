//! Tables and vectors of a FlatBuffer, every place checked before it is read.

use super::ModelError;

/// The bytes of a FlatBuffer within a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Buffer<'a> {
    pub(super) bytes: &'a [u8],
    /// Place of the first of them in the file.
    pub(super) start: usize,
}

/// A table: fields by slot, each of which may be absent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table<'a> {
    buffer: Buffer<'a>,
    at: usize,
    /// Offsets of its fields, two bytes each.
    slots: &'a [u8],
}

/// A vector of fields of one width.
#[derive(Debug, Clone, Copy)]
pub(super) struct Vector<'a> {
    buffer: Buffer<'a>,
    at: usize,
    bytes: &'a [u8],
}

/// A slot of a table and what it holds, for messages.
pub(super) type Field = (usize, &'static str);

impl<'a> Buffer<'a> {
    /// The table with which everything begins.
    pub(super) fn root(self, what: &'static str) -> Result<Table<'a>, ModelError> {
        self.table_at(self.follow(0, what)?, what)
    }

    fn slice(self, at: usize, length: usize, what: &'static str) -> Result<&'a [u8], ModelError> {
        let end = at.checked_add(length);
        end.and_then(|end| self.bytes.get(at..end))
            .ok_or(ModelError::Outside {
                what,
                at: self.start.saturating_add(at),
                length,
                end: self.start + self.bytes.len(),
            })
    }

    fn array<const N: usize>(self, at: usize, what: &'static str) -> Result<[u8; N], ModelError> {
        let mut array = [0; N];
        array.copy_from_slice(self.slice(at, N, what)?);
        Ok(array)
    }

    /// A number at a place.
    pub(super) fn number(self, at: usize, what: &'static str) -> Result<u32, ModelError> {
        self.array(at, what).map(u32::from_le_bytes)
    }

    /// Where an offset leads.
    fn follow(self, at: usize, what: &'static str) -> Result<usize, ModelError> {
        Ok(at.saturating_add(self.number(at, what)? as usize))
    }

    fn table_at(self, at: usize, what: &'static str) -> Result<Table<'a>, ModelError> {
        let back = i32::from_le_bytes(self.array(at, what)?);
        let distance = back.unsigned_abs() as usize;
        let place = if back < 0 {
            at.saturating_add(distance)
        } else {
            at.checked_sub(distance).ok_or_else(|| ModelError::Value {
                what,
                expected: "within the model".into(),
                found: format!("{} bytes before it", distance - at),
                at: Some(self.start + at),
            })?
        };
        let length = usize::from(u16::from_le_bytes(self.array(place, what)?));
        let slots = self
            .slice(place, length, what)?
            .get(4..)
            .unwrap_or_default();
        Ok(Table {
            buffer: self,
            at,
            slots,
        })
    }

    fn vector_at(
        self,
        at: usize,
        width: usize,
        what: &'static str,
    ) -> Result<Vector<'a>, ModelError> {
        let length = (self.number(at, what)? as usize).saturating_mul(width);
        Ok(Vector {
            buffer: self,
            at: at + 4,
            bytes: self.slice(at + 4, length, what)?,
        })
    }
}

impl<'a> Table<'a> {
    /// Place of a field, nothing if it is absent.
    fn place(&self, slot: usize) -> Option<usize> {
        let offset = self.slots.get(2 * slot..2 * slot + 2)?;
        let offset = usize::from(u16::from_le_bytes([offset[0], offset[1]]));
        (offset > 0).then(|| self.at + offset)
    }

    /// Bytes of a number, nothing where it has its default.
    pub(super) fn number<const N: usize>(
        &self,
        (slot, what): Field,
    ) -> Result<Option<[u8; N]>, ModelError> {
        self.place(slot)
            .map(|at| self.buffer.array(at, what))
            .transpose()
    }

    pub(super) fn table(&self, (slot, what): Field) -> Result<Option<Self>, ModelError> {
        let Some(at) = self.place(slot) else {
            return Ok(None);
        };
        let at = self.buffer.follow(at, what)?;
        self.buffer.table_at(at, what).map(Some)
    }

    /// A vector of elements of so many bytes; an absent one is empty.
    pub(super) fn vector(
        &self,
        (slot, what): Field,
        width: usize,
    ) -> Result<Vector<'a>, ModelError> {
        let Some(at) = self.place(slot) else {
            return Ok(Vector {
                buffer: self.buffer,
                at: self.at,
                bytes: &[],
            });
        };
        self.buffer
            .vector_at(self.buffer.follow(at, what)?, width, what)
    }

    /// A text, nothing where it is absent.
    pub(super) fn text(&self, field: Field) -> Result<Option<String>, ModelError> {
        let Some(_) = self.place(field.0) else {
            return Ok(None);
        };
        Ok(Some(
            String::from_utf8_lossy(self.vector(field, 1)?.bytes).into_owned(),
        ))
    }
}

impl<'a> Vector<'a> {
    /// Place of its first element in the file.
    pub(super) fn place(&self) -> usize {
        self.buffer.start + self.at
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(super) fn n_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Elements of `N` bytes, which must be its width.
    pub(super) fn elements<const N: usize>(self) -> impl ExactSizeIterator<Item = [u8; N]> + 'a {
        self.bytes.as_chunks::<N>().0.iter().copied()
    }

    /// Tables that a vector of offsets leads to.
    pub(super) fn tables(
        self,
        what: &'static str,
    ) -> impl Iterator<Item = Result<Table<'a>, ModelError>> {
        (0..self.bytes.len() / 4).map(move |i| {
            let at = self.buffer.follow(self.at + 4 * i, what)?;
            self.buffer.table_at(at, what)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table at 12 with an `i32` of 7 in slot 1, its slots at 4.
    const BYTES: [u8; 20] = [12, 0, 0, 0, 8, 0, 8, 0, 0, 0, 4, 0, 8, 0, 0, 0, 7, 0, 0, 0];

    fn root(bytes: &[u8]) -> Result<Table<'_>, ModelError> {
        Buffer { bytes, start: 100 }.root("the root")
    }

    #[test]
    fn fields_are_found_by_slot() {
        let table = root(&BYTES).unwrap();
        assert_eq!(
            table.number((1, "seven")).unwrap().map(i32::from_le_bytes),
            Some(7)
        );
        assert_eq!(table.number::<4>((0, "absent")).unwrap(), None);
        assert_eq!(table.number::<4>((9, "beyond the slots")).unwrap(), None);
        assert!(table.vector((0, "absent"), 4).unwrap().is_empty());
    }

    #[test]
    fn what_lies_outside_is_told_with_its_place() {
        let table = root(&BYTES).unwrap();
        let error = table.number::<8>((1, "seven")).unwrap_err().to_string();
        assert_eq!(
            error,
            "seven lies at bytes 116 to 124, but the model ends at byte 120"
        );
        for length in 0..17 {
            let number = root(&BYTES[..length]).and_then(|table| table.number::<4>((1, "seven")));
            assert!(
                matches!(number, Err(ModelError::Outside { .. })),
                "{length}"
            );
        }
        let mut before = BYTES;
        before[12] = 13;
        let error = root(&before).unwrap_err().to_string();
        assert_eq!(
            error,
            "the root must be within the model, not 1 bytes before it (byte 112)"
        );
    }
}
