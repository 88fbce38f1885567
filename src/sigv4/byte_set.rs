//! Sets of bytes, which check a text with one look-up for each byte.

/// A set of bytes, made at compile time.
pub(super) struct ByteSet([bool; 256]);

impl ByteSet {
    /// ASCII letters and digits, and these bytes.
    pub(super) const fn alphanumeric_and(others: &[u8]) -> Self {
        let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        Self([false; 256]).with(letters, true).with(b"0123456789", true).with(others, true)
    }

    /// The ASCII characters that are neither white space nor control characters, but not these bytes.
    pub(super) const fn graphic_except(others: &[u8]) -> Self {
        let mut set = Self([false; 256]);
        let mut byte = 0_u8;
        while byte < 128 {
            set.0[byte as usize] = byte.is_ascii_graphic();
            byte += 1;
        }
        set.with(others, false)
    }

    const fn with(mut self, bytes: &[u8], is_in_set: bool) -> Self {
        let mut index = 0;
        while index < bytes.len() {
            self.0[bytes[index] as usize] = is_in_set;
            index += 1;
        }
        self
    }

    /// Whether the byte is in the set.
    pub(super) fn contains(&self, byte: u8) -> bool {
        self.0[usize::from(byte)]
    }

    /// Whether the text consists of bytes of the set. An empty one does.
    pub(super) fn contains_all(&self, text: &str) -> bool {
        // Folded rather than searched: without an early exit, a byte takes half the instructions.
        text.bytes().fold(true, |all, byte| all & self.contains(byte))
    }
}
