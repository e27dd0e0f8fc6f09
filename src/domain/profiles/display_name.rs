//! What a display name may consist of, beyond its length: it is shown among others, and stands for a person.

use icu_properties::props::{ExtendedPictographic, JoiningType};
use icu_properties::{CodePointMapData, CodePointSetData};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::canonical_combining_class;

use super::blank;

/// Marks on one letter. Living scripts need two; more of them cover the lines above and below.
const MARKS_MAX: usize = 2;
/// The combining class of a virama, which joins two letters of an Indic script.
const VIRAMA: u8 = 9;
const NON_JOINER: char = '\u{200c}';
const JOINER: char = '\u{200d}';

/// Returns the name in canonical composition (NFC, UAX #15), without marks of direction and characters of no width.
/// Joiners stay where they have an effect: after a virama, between letters that join (RFC 5892, appendix A.1 and A.2),
/// and between emoji. So do the tags and variation selectors of emoji.
#[must_use]
pub fn clean(name: &str) -> String {
    let mut kept = String::with_capacity(name.len());
    for char in name.nfc() {
        let stays = match char {
            JOINER | NON_JOINER => kept.chars().next_back().is_some_and(|before| can_join(before, char)),
            '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' | '\u{e0020}'..='\u{e007f}' => true,
            _ => !blank::is_ignorable(char) && !is_direction(char),
        };
        if stays {
            kept.push(char);
        }
    }
    kept
}

fn can_join(before: char, joiner: char) -> bool {
    let joining = const { CodePointMapData::<JoiningType>::new() };
    let pictures = const { CodePointSetData::new::<ExtendedPictographic>() };
    canonical_combining_class(before) == VIRAMA
        || matches!(joining.get(before), JoiningType::DualJoining | JoiningType::LeftJoining)
        || joiner == JOINER && (pictures.contains(before) || matches!(before, '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}'))
}

const fn is_direction(char: char) -> bool {
    matches!(char, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Returns whether a letter has more marks than any script needs.
#[must_use]
pub fn has_stacked_marks(name: &str) -> bool {
    let mut marks = 0;
    name.nfc().any(|char| {
        let is_mark = canonical_combining_class(char) != 0 && canonical_combining_class(char) != VIRAMA;
        marks = if is_mark { marks + 1 } else { 0 };
        marks > MARKS_MAX
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_direction_and_characters_without_width_are_removed() {
        for (name, cleaned) in [
            ("A\u{200b}nn\u{feff}", "Ann"),
            ("Ann\u{200f}\u{61c} L\u{200e}", "Ann L"),
            ("A\u{ad}n\u{2060}n", "Ann"),
            ("pay\u{200d}pal\u{200c}", "paypal"),
            ("Zoe\u{308}", "Zo\u{eb}"),
            ("\u{202e}nnA", "nnA"),
        ] {
            assert_eq!(clean(name), cleaned, "{name:?}");
        }
    }

    #[test]
    fn scripts_and_emoji_keep_what_they_need() {
        let england = "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}";
        for name in [
            "Ann ❤\u{fe0f}",
            england,
            "👩\u{200d}🚀",
            "👩🏽\u{200d}🚀",
            "🏳\u{fe0f}\u{200d}🌈",
            "می\u{200c}خواهم",
            "क्\u{200d}ष",
            "1\u{fe0f}\u{20e3}",
        ] {
            assert_eq!(clean(name), name);
        }
    }

    #[test]
    fn letters_have_at_most_two_marks() {
        for name in ["Nguyễn Thị Ánh", "שָׁלוֹם", "مُحَمَّد", "สมชาย", "ปี่", "क्षत्रिय", "Z\u{310}\u{311}"]
        {
            assert!(!has_stacked_marks(name), "{name}");
        }
        for name in ["Z\u{310}\u{311}\u{312}", "a\u{489}b\u{301}\u{302}\u{303}\u{304}"] {
            assert!(has_stacked_marks(name), "{name}");
        }
    }
}
