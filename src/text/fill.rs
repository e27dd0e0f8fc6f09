//! Puts values into texts.

/// Replaces each `{name}` with its value. With a number `n`, and two forms separated by ` | `, the first is for 1 and the
/// second for all others, which is the rule of both languages (CLDR, cardinal).
pub fn fill(text: &str, arguments: &[(&str, &str)]) -> String {
    let form = match (arguments.iter().find(|(name, _)| *name == "n"), text.split_once(" | ")) {
        (Some((_, "1")), Some((one, _))) => one,
        (Some(_), Some((_, other))) => other,
        _ => text,
    };
    let mut filled = String::with_capacity(form.len() + 16);
    let mut rest = form;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        filled.push_str(arguments.iter().find(|(argument, _)| *argument == name).map_or("", |(_, value)| value));
        rest = after;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_replace_their_names_and_numbers_choose_the_form() {
        assert_eq!(
            fill("{name} folgt {other} nicht", &[("name", "Ann"), ("other", "{name}")]),
            "Ann folgt {name} nicht"
        );
        for (n, text) in [("0", "0 letters"), ("1", "1 letter"), ("2", "2 letters"), ("11", "11 letters")] {
            assert_eq!(fill("{n} letter | {n} letters", &[("n", n)]), text);
        }
        assert_eq!(fill("a | b", &[("name", "1")]), "a | b");
    }
}
