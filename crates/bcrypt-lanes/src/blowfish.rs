//! Blowfish as bcrypt uses it: `N` independent ciphers ("lanes") in step on one core.
#![expect(clippy::inline_always, reason = "calls between the rounds would cost more than the rounds")]

use std::sync::atomic::{Ordering, compiler_fence};

use zeroize::Zeroize;

use super::pi::PI;

/// Where the tables start in the words of a lane, behind the subkeys.
const TABLES: usize = 18;

/// From here on the lanes' halves do not all fit in the registers of x86-64.
const CROWDED: usize = 4;

/// `N` ciphers. They start from public numbers and are keyed in place, so that no secret is left
/// where a value was moved from.
pub struct Blowfish<const N: usize> {
    /// The subkeys and tables of each lane: 4 KB, so that six stay in the first-level cache.
    words: [[u32; PI.len()]; N],
    /// The halves that a round does not look up. Between two encryptions, the right halves are in
    /// the first place.
    waiting: [[u32; 2]; N],
}

impl<const N: usize> Blowfish<N> {
    /// Before any key.
    pub const fn new() -> Self {
        Self { words: [PI; N], waiting: [[0; 2]; N] }
    }

    /// Takes a key for each lane into the subkeys, and then replaces all subkeys and tables by what
    /// the cipher makes of zeros.
    // Not inlined: seen through a pointer, the waiting halves stay in memory.
    #[inline(never)]
    pub fn expand(&mut self, keys: &[[u32; 18]; N]) {
        self.replace(keys, |_, _, _| ());
    }

    /// The same, with the words of a salt mixed in.
    #[inline(never)]
    pub fn expand_salted(&mut self, keys: &[[u32; 18]; N], salts: &[[u32; 18]; N]) {
        self.replace(keys, |pair, left, right| {
            let half = pair % 2 * 2;
            for lane in 0..N {
                left[lane] ^= salts[lane][half];
                right[lane] ^= salts[lane][half + 1];
            }
        });
    }

    /// Key schedule, where `before` may change a block before it is encrypted.
    #[inline(always)]
    fn replace(&mut self, keys: &[[u32; 18]; N], before: impl Fn(usize, &mut [u32; N], &mut [u32; N])) {
        for (words, key) in self.words.iter_mut().zip(keys) {
            for (subkey, word) in words.iter_mut().zip(key) {
                *subkey ^= word;
            }
        }
        let (mut left, mut right) = ([0; N], [0; N]);
        for pair in 0..PI.len() / 2 {
            before(pair, &mut left, &mut right);
            self.encrypt(&mut left, &mut right);
            for lane in 0..N {
                self.words[lane][2 * pair] = left[lane];
                self.words[lane][2 * pair + 1] = right[lane];
            }
        }
    }

    /// What becomes of one and the same block, encrypted over and over in every lane.
    #[inline(never)]
    pub fn encrypt_repeatedly(&mut self, [left, right]: [u32; 2], times: usize) -> [[u32; 2]; N] {
        let (mut left, mut right) = ([left; N], [right; N]);
        for _ in 0..times {
            self.encrypt(&mut left, &mut right);
        }
        std::array::from_fn(|lane| [left[lane], right[lane]])
    }

    /// Encrypts a block in each lane.
    #[inline(always)]
    fn encrypt(&mut self, left: &mut [u32; N], right: &mut [u32; N]) {
        for lane in 0..N {
            self.waiting[lane][0] = right[lane];
            left[lane] ^= self.words[lane][0];
        }
        // Written out, since a loop costs 8 % here.
        self.two_rounds(left, 1);
        self.two_rounds(left, 3);
        self.two_rounds(left, 5);
        self.two_rounds(left, 7);
        self.two_rounds(left, 9);
        self.two_rounds(left, 11);
        self.two_rounds(left, 13);
        self.two_rounds(left, 15);
        for lane in 0..N {
            right[lane] = left[lane];
            left[lane] = self.waiting[lane][0] ^ self.words[lane][17];
        }
    }

    #[inline(always)]
    fn two_rounds(&mut self, halves: &mut [u32; N], subkey: usize) {
        self.round(halves, subkey, [1, 0]);
        self.round(halves, subkey + 1, [0, 1]);
    }

    /// One round for every lane. It is bound to wait for its look-ups; while one lane waits, the
    /// others go on.
    #[inline(always)]
    fn round(&mut self, halves: &mut [u32; N], subkey: usize, [put, get]: [usize; 2]) {
        for ((half, waiting), words) in halves.iter_mut().zip(&mut self.waiting).zip(&self.words) {
            waiting[put] = *half;
            *half = mix(words, *half) ^ waiting[get] ^ words[subkey];
        }
        // It emits no instruction. The waiting halves stay in memory, from where `xor` takes them
        // for nothing; else the compiler juggles twelve halves in too few registers, which costs 9 %.
        if N >= CROWDED {
            compiler_fence(Ordering::SeqCst);
        }
    }
}

/// Blowfish's F. Bytes as indices into tables of 256 need no bounds checks.
#[inline(always)]
fn mix(words: &[u32; PI.len()], half: u32) -> u32 {
    let [a, b, c, d] = [half >> 24, half >> 16 & 0xff, half >> 8 & 0xff, half & 0xff].map(|byte| byte as usize);
    let (first, second) = (words[TABLES + a], words[TABLES + 256 + b]);
    let (third, fourth) = (words[TABLES + 512 + c], words[TABLES + 768 + d]);
    (first.wrapping_add(second) ^ third).wrapping_add(fourth)
}

impl<const N: usize> Drop for Blowfish<N> {
    fn drop(&mut self) {
        self.words.as_flattened_mut().zeroize();
        self.waiting.as_flattened_mut().zeroize();
    }
}
