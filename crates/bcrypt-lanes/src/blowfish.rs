//! Blowfish as bcrypt uses it: `N` independent ciphers ("lanes") in lockstep on one core.
#![expect(clippy::inline_always, reason = "calls between the rounds would cost more than the rounds")]

use std::sync::atomic::{Ordering, compiler_fence};

use zeroize::Zeroize;

use super::pi::PI;

/// The index of the first table in the words of a lane, after the subkeys.
const TABLES: usize = 18;

/// From this many lanes on, the half-blocks do not all fit in the registers of x86-64.
const SPILLING: usize = 4;

/// `N` ciphers. They start from public numbers and are keyed in place, so that no move leaves a copy of a secret
/// behind.
pub struct Blowfish<const N: usize> {
    /// The subkeys and tables of each lane: 4 KB, so that six lanes fit in the L1 cache.
    words: [[u32; PI.len()]; N],
    /// The half-blocks that are not the lookup input of the current round. Each encryption starts with the right
    /// halves at index 0.
    inactive: [[u32; 2]; N],
}

impl<const N: usize> Blowfish<N> {
    /// Creates ciphers without a key.
    pub const fn new() -> Self {
        Self { words: [PI; N], inactive: [[0; 2]; N] }
    }

    /// Mixes one key per lane into the subkeys, and then replaces all subkeys and tables with successive encryptions
    /// of a zero block.
    // Not inlined, because the inactive halves stay in memory only if they are accessed through a pointer.
    #[inline(never)]
    pub fn expand(&mut self, keys: &[[u32; 18]; N]) {
        self.replace(keys, |_, _, _| ());
    }

    /// Like `expand`, but mixes the words of a salt into each block.
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

    /// The key schedule. `before` may change each block before it is encrypted.
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

    /// Encrypts the same block `times` times in every lane.
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
            self.inactive[lane][0] = right[lane];
            left[lane] ^= self.words[lane][0];
        }
        // Unrolled, because a loop costs 8% here.
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
            left[lane] = self.inactive[lane][0] ^ self.words[lane][17];
        }
    }

    #[inline(always)]
    fn two_rounds(&mut self, halves: &mut [u32; N], subkey: usize) {
        self.round(halves, subkey, [1, 0]);
        self.round(halves, subkey + 1, [0, 1]);
    }

    /// One round for every lane. A lane mostly waits for its lookups. In the meantime, the others continue.
    #[inline(always)]
    fn round(&mut self, halves: &mut [u32; N], subkey: usize, [put, get]: [usize; 2]) {
        for ((half, inactive), words) in halves.iter_mut().zip(&mut self.inactive).zip(&self.words) {
            inactive[put] = *half;
            *half = mix(words, *half) ^ inactive[get] ^ words[subkey];
        }
        // The fence emits no instruction. It keeps the inactive halves in memory, where `xor` reads them at no
        // cost. Without it, the compiler moves twelve halves between too few registers, which costs 9%.
        if N >= SPILLING {
            compiler_fence(Ordering::SeqCst);
        }
    }
}

/// Blowfish's F. Byte indices into tables of 256 entries need no bounds checks.
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
        self.inactive.as_flattened_mut().zeroize();
    }
}
