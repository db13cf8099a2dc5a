//! The Mersenne Twister MT19937 as CPython's `random` seeds and reads it. It must not know of distributions (see
//! `draws`). References: Matsumoto and Nishimura 1998; CPython `Modules/_randommodule.c`, `Lib/random.py`.

use super::error::{Result, TextError};
use super::int::MAX_BITS;
use num_bigint::{BigInt, BigUint, Sign};
use num_traits::{Signed, ToPrimitive, Zero};
use sha2::{Digest, Sha512};
use std::hash::{BuildHasher, RandomState};
use std::io::Read;

/// Words of state.
pub const WORDS: usize = 624;
/// How far ahead the recurrence looks.
const AHEAD: usize = 397;

/// What a generator is seeded from.
#[derive(Clone, Copy, Debug)]
pub enum Seed<'a> {
    /// `seed()`: entropy of the operating system.
    Entropy,
    /// `seed(5)`: the absolute value counts.
    Int(&'a BigInt),
    /// `seed("text")` or `seed(b"bytes")`: the bytes, of a str its UTF-8.
    Bytes(&'a [u8]),
    /// `seed(0.5)`: the hash of the float.
    Hash(i64),
}

/// A generator: equal seeds give equal sequences, those of CPython.
#[derive(Clone, Debug)]
pub struct Twister {
    words: [u32; WORDS],
    /// The next word to read; `WORDS` when all have been.
    index: usize,
    /// The second of a pair that `gauss` drew.
    pub(super) gauss_next: Option<f64>,
}

impl Twister {
    pub fn new(seed: Seed<'_>) -> Self {
        let mut twister = Twister { words: [0; WORDS], index: WORDS, gauss_next: None };
        twister.seed(seed);
        twister
    }

    /// `seed(a)`, version 2.
    pub fn seed(&mut self, seed: Seed<'_>) {
        match seed {
            Seed::Entropy => self.seed_words(&entropy()),
            Seed::Int(n) => self.seed_magnitude(n.magnitude()),
            Seed::Bytes(bytes) => {
                let mut whole = bytes.to_vec();
                whole.extend_from_slice(&Sha512::digest(bytes));
                self.seed_magnitude(&BigUint::from_bytes_be(&whole));
            }
            Seed::Hash(hash) => self.seed_magnitude(&BigUint::from(hash as u64)),
        }
        self.gauss_next = None;
    }

    fn seed_magnitude(&mut self, magnitude: &BigUint) {
        let words = magnitude.to_u32_digits();
        self.seed_words(if words.is_empty() { &[0] } else { &words });
    }

    /// The reference's `init_genrand`.
    fn seed_word(&mut self, seed: u32) {
        let mut last = seed;
        self.words[0] = seed;
        for (at, word) in self.words.iter_mut().enumerate().skip(1) {
            last = (last ^ last >> 30).wrapping_mul(1_812_433_253).wrapping_add(at as u32);
            *word = last;
        }
        self.index = WORDS;
    }

    /// The reference's `init_by_array`; `key` is not empty.
    fn seed_words(&mut self, key: &[u32]) {
        self.seed_word(19_650_218);
        let mut at = 1;
        for round in 0..WORDS.max(key.len()) {
            let from = round % key.len();
            let mixed = self.mixed(at, 1_664_525);
            self.words[at] = mixed.wrapping_add(key[from]).wrapping_add(from as u32);
            at = self.following(at);
        }
        for _ in 1..WORDS {
            self.words[at] = self.mixed(at, 1_566_083_941).wrapping_sub(at as u32);
            at = self.following(at);
        }
        self.words[0] = 0x8000_0000;
    }

    fn mixed(&self, at: usize, factor: u32) -> u32 {
        let before = self.words[at - 1];
        self.words[at] ^ (before ^ before >> 30).wrapping_mul(factor)
    }

    /// The position after `at`; the last word is copied to the first on the way round.
    fn following(&mut self, at: usize) -> usize {
        if at + 1 < WORDS {
            return at + 1;
        }
        self.words[0] = self.words[WORDS - 1];
        1
    }

    fn refill(&mut self) {
        for at in 0..WORDS {
            let joined = (self.words[at] & 0x8000_0000) | (self.words[(at + 1) % WORDS] & 0x7fff_ffff);
            let twist = if joined & 1 == 1 { 0x9908_b0df } else { 0 };
            self.words[at] = self.words[(at + AHEAD) % WORDS] ^ joined >> 1 ^ twist;
        }
        self.index = 0;
    }

    /// The next 32 bits.
    #[inline]
    pub fn next_u32(&mut self) -> u32 {
        if self.index >= WORDS {
            self.refill();
        }
        let mut word = self.words[self.index];
        self.index += 1;
        word ^= word >> 11;
        word ^= word << 7 & 0x9d2c_5680;
        word ^= word << 15 & 0xefc6_0000;
        word ^ word >> 18
    }

    /// `random()`: 53 random bits as a fraction below one.
    #[inline]
    pub fn random(&mut self) -> f64 {
        let high = f64::from(self.next_u32() >> 5);
        let low = f64::from(self.next_u32() >> 6);
        (high * 67_108_864.0 + low) / 9_007_199_254_740_992.0
    }

    /// `getrandbits(count)` for up to 64 bits.
    pub fn bits(&mut self, count: u32) -> u64 {
        match count {
            0 => 0,
            1..=32 => u64::from(self.next_u32() >> (32 - count)),
            _ => {
                let low = u64::from(self.next_u32());
                low | u64::from(self.next_u32() >> 64u32.saturating_sub(count)) << 32
            }
        }
    }

    /// `getrandbits(count)`.
    ///
    /// # Errors
    /// MemoryError for an absurd count.
    pub fn getrandbits(&mut self, count: u64) -> Result<BigInt> {
        if count <= 64 {
            return Ok(BigInt::from(self.bits(count as u32)));
        }
        if count > MAX_BITS {
            return Err(TextError::memory());
        }
        let mut words: Vec<u32> = (0..count.div_ceil(32)).map(|_| self.next_u32()).collect();
        if let (Some(last), spare @ 1..) = (words.last_mut(), (32 - count % 32) % 32) {
            *last >>= spare;
        }
        Ok(BigInt::from_biguint(Sign::Plus, BigUint::new(words)))
    }

    /// `randbytes(count)`.
    ///
    /// # Errors
    /// MemoryError for an absurd count.
    pub fn randbytes(&mut self, count: usize) -> Result<Vec<u8>> {
        let bits = self.getrandbits((count as u64).saturating_mul(8))?;
        let mut bytes = bits.magnitude().to_bytes_le();
        bytes.resize(count, 0);
        Ok(bytes)
    }

    /// A number below `n`, by rejection (`_randbelow_with_getrandbits`); 0 if `n` is 0.
    #[inline]
    pub fn below(&mut self, n: u64) -> u64 {
        let count = 64 - n.leading_zeros();
        loop {
            let drawn = self.bits(count);
            if drawn < n || n == 0 {
                return drawn;
            }
        }
    }

    /// [`Twister::below`] for a bound of any size; 0 if it is not positive.
    ///
    /// # Errors
    /// MemoryError for an absurd bound.
    pub fn below_big(&mut self, n: &BigInt) -> Result<BigInt> {
        if let Some(n) = n.to_u64() {
            return Ok(BigInt::from(self.below(n)));
        }
        if n.is_negative() {
            return Ok(BigInt::zero());
        }
        loop {
            let drawn = self.getrandbits(n.bits())?;
            if drawn < *n {
                return Ok(drawn);
            }
        }
    }

    /// The words and the position of `getstate()`.
    pub fn state(&self) -> (&[u32; WORDS], usize) {
        (&self.words, self.index)
    }

    /// The cached value of `getstate()[2]`.
    pub fn gauss_next(&self) -> Option<f64> {
        self.gauss_next
    }

    /// `setstate()`.
    ///
    /// # Errors
    /// ValueError for an impossible position.
    pub fn set_state(&mut self, words: &[u32; WORDS], index: usize, gauss_next: Option<f64>) -> Result<()> {
        if index > WORDS {
            return Err(TextError::value("invalid state"));
        }
        (self.words, self.index, self.gauss_next) = (*words, index, gauss_next);
        Ok(())
    }
}

/// Words of entropy from the operating system; where it has no such file, from the keys that std hashes with.
fn entropy() -> [u32; 16] {
    let mut bytes = [0u8; 64];
    let read = std::fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes));
    let mut words = [0; 16];
    for (word, chunk) in words.iter_mut().zip(bytes.chunks_exact(4)) {
        *word = match read {
            Ok(()) => u32::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]),
            Err(_) => RandomState::new().hash_one(std::time::SystemTime::now()) as u32,
        };
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_are_those_of_the_reference() {
        let mut twister = Twister::new(Seed::Int(&BigInt::from(42)));
        assert_eq!(twister.random(), 0.639_426_798_457_883_7);
        assert_eq!(twister.bits(8), 6);
        let mut twister = Twister::new(Seed::Bytes(b"hello"));
        assert_eq!(twister.random(), 0.353_775_440_473_072_2);
    }

    #[test]
    fn equal_seeds_give_equal_draws() {
        let mut first = Twister::new(Seed::Int(&BigInt::from(-7)));
        let mut second = Twister::new(Seed::Int(&BigInt::from(7)));
        assert_eq!(first.getrandbits(1000), second.getrandbits(1000));
        assert_eq!(first.below(1), 0);
        assert_eq!(second.below_big(&BigInt::from(1)), Ok(BigInt::zero()));
        let (words, index) = first.state();
        let words = *words;
        second.set_state(&words, index, None).unwrap();
        assert_eq!(first.random(), second.random());
    }
}
