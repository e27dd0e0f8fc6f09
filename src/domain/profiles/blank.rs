//! Invisible characters (Unicode, UAX #44). A name made only of these could not be seen.

use icu_properties::CodePointSetData;
use icu_properties::props::{DefaultIgnorableCodePoint, ExtendedPictographic, WhiteSpace};

/// The black flag, which tags turn into the flag of a region (UTS #51, emoji tag sequence).
const FLAG: char = '\u{1f3f4}';

/// Trims invisible characters at both ends. They are kept inside the text, where scripts and emoji need them, and after
/// an emoji that they modify: its color variation selector, and the tags of a flag.
#[must_use]
pub fn trim(text: &str) -> &str {
    let text = text.trim_start_matches(is_blank);
    let visible = text.trim_end_matches(is_blank);
    let after = &text[visible.len()..];
    let kept = match visible.chars().next_back() {
        Some(FLAG) => after.find(|char| !is_tag(char)).unwrap_or(after.len()),
        Some(char) if pictures().contains(char) && after.starts_with('\u{fe0f}') => '\u{fe0f}'.len_utf8(),
        _ => 0,
    };
    &text[..visible.len() + kept]
}

/// White space, characters that fonts ignore, and blanks that Unicode classifies as letters or symbols.
fn is_blank(char: char) -> bool {
    let white = const { CodePointSetData::new::<WhiteSpace>() };
    // Braille blank, half and full hieroglyph blanks, musical null notehead, interlinear annotation.
    let others = matches!(char, '\u{2800}' | '\u{13441}' | '\u{13442}' | '\u{1d159}' | '\u{fff9}'..='\u{fffb}');
    others || is_ignorable(char) || white.contains(char)
}

/// Characters that fonts ignore.
#[must_use]
pub fn is_ignorable(char: char) -> bool {
    const { CodePointSetData::new::<DefaultIgnorableCodePoint>() }.contains(char)
}

const fn is_tag(char: char) -> bool {
    matches!(char, '\u{e0020}'..='\u{e007f}')
}

fn pictures() -> icu_properties::CodePointSetDataBorrowed<'static> {
    CodePointSetData::new::<ExtendedPictographic>()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLANKS: [&str; 21] = [
        " ",
        "\u{a0}",
        "\u{ad}",
        "\u{34f}",
        "\u{61c}",
        "\u{115f}",
        "\u{1160}",
        "\u{17b4}",
        "\u{180e}",
        "\u{200b}",
        "\u{200d}",
        "\u{2060}",
        "\u{2800}",
        "\u{3000}",
        "\u{3164}",
        "\u{fe0f}",
        "\u{feff}",
        "\u{ffa0}",
        "\u{1d159}",
        "\u{e0041}",
        "\u{e0100}",
    ];

    #[test]
    fn invisible_characters_are_trimmed_at_both_ends() {
        for blank in BLANKS {
            assert_eq!(trim(blank), "", "{blank:?}");
            assert_eq!(trim(&format!("{blank}a{blank}b{blank}")), format!("a{blank}b"), "{blank:?}");
        }
        assert_eq!(trim(&BLANKS.concat()), "");
    }

    #[test]
    fn emoji_and_scripts_keep_the_invisible_characters_that_they_need() {
        let england = "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}";
        for text in
            ["Ann ❤\u{fe0f}", england, "👩\u{200d}🚀", "می\u{200c}خواهم", "1\u{fe0f}\u{20e3}", "שלום", "é", "e\u{301}"]
        {
            assert_eq!(trim(text), text);
        }
        assert_eq!(trim("❤\u{fe0f}\u{fe0f}\u{200b}"), "❤\u{fe0f}");
        assert_eq!(trim("Ann\u{fe0f}"), "Ann");
    }
}
