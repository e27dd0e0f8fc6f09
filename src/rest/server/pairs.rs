//! Parses the names and values of queries and plain HTML forms.

use std::borrow::Cow;

use percent_encoding::percent_decode;

/// Returns the fields of a query or form that are UTF-8, and whether all of them are. `form_urlencoded` cannot do this:
/// it replaces invalid bytes with U+FFFD, which a user can also type.
pub fn parse_pairs(text: &[u8]) -> (Vec<(String, String)>, bool) {
    let pairs = text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
        let equals = pair.iter().position(|byte| *byte == b'=');
        let (name, value) = equals.map_or((pair, [].as_slice()), |at| (&pair[..at], &pair[at + 1..]));
        Some((decode(name)?, decode(value)?))
    });
    let pairs: Vec<_> = pairs.collect();
    let is_utf8 = pairs.iter().all(Option::is_some);
    (pairs.into_iter().flatten().collect(), is_utf8)
}

fn decode(text: &[u8]) -> Option<String> {
    let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    percent_decode(&spaced).decode_utf8().ok().map(Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_decoded_as_browsers_encode_them() {
        for text in ["a=b&c=d+e%2Bf", "", "&&", "a", "=b", "a=b=c&a=%26", "%C3%BC=%EF%BF%BD", "a=%", "a=%zz"] {
            let (pairs, is_utf8) = parse_pairs(text.as_bytes());
            let expected: Vec<_> = form_urlencoded::parse(text.as_bytes()).into_owned().collect();
            assert_eq!((pairs, is_utf8), (expected, true), "{text}");
        }
    }

    #[test]
    fn fields_that_are_not_utf_8_are_left_out() {
        let kept = vec![("a".to_owned(), "ü".to_owned())];
        for text in [b"a=%C3%BC&b=%FC".as_slice(), b"a=\xc3\xbc&b=\xfc", b"%ff=x&a=%C3%BC", b"b=%ed%a0%80&a=%c3%bc"] {
            assert_eq!(parse_pairs(text), (kept.clone(), false));
        }
    }
}
