//! Folds names for search: without case, accents and other marks.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::canonical_combining_class;

use crate::domain::profiles::blank;

/// Characters of a term. What is longer is found by its beginning.
pub const TERM_MAX: usize = 64;

/// Returns the text in compatibility decomposition (UAX #15), without marks that combine and characters that are never
/// visible, in lower case, with single spaces. Letters that do not decompose are written as people type them.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for char in text.nfkd().filter(|char| canonical_combining_class(*char) == 0 && !blank::is_ignorable(*char)) {
        for lower in char.to_lowercase() {
            match lower {
                'ß' => folded.push_str("ss"),
                'æ' => folded.push_str("ae"),
                'œ' => folded.push_str("oe"),
                'þ' => folded.push_str("th"),
                'ø' => folded.push('o'),
                'ł' => folded.push('l'),
                'đ' | 'ð' => folded.push('d'),
                'ħ' => folded.push('h'),
                'ı' => folded.push('i'),
                'ς' => folded.push('σ'),
                other => folded.push(other),
            }
        }
    }
    let words: Vec<&str> = folded.split_whitespace().collect();
    let joined = words.join(" ");
    joined.chars().take(TERM_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_forms_are_folded() {
        for (text, folded) in [
            ("Zoë  ÅNGSTRÖM", "zoe angstrom"),
            ("Łukasz Straße", "lukasz strasse"),
            ("İstanbul ısı", "istanbul isi"),
            ("Søren Þór", "soren thor"),
            ("ＡＮＮ ﬁ", "ann fi"),
            ("ΟΔΥΣΣΕΥΣ", "οδυσσευσ"),
            ("Οδυσσεύς", "οδυσσευσ"),
            ("Ёлка", "елка"),
            ("a\u{200b}n\u{ad}n", "ann"),
            ("100%_\\", "100%_\\"),
        ] {
            assert_eq!(fold(text), folded);
        }
        assert_eq!(fold(&"ä".repeat(100)), "a".repeat(TERM_MAX));
    }

    #[test]
    fn a_beginning_stays_a_beginning() {
        // Hangul and Indic vowels are compared letter by letter.
        for (start, name) in [("기", "김민수"), ("zo", "Zoë"), ("क", "कि")] {
            assert!(fold(name).starts_with(&fold(start)), "{start} {name}");
        }
    }
}
