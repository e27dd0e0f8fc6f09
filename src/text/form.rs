//! Labels and counters of form fields.

texts! { Form;
    email(): "Email", "E-Mail-Adresse";
    username(): "Username", "Benutzername";
    password(): "Password", "Passwort";
    show(): "Show", "Zeigen";
    hide(): "Hide", "Verbergen";
    of_password(): " password", " (Passwort)";
    unsaved(): "Leave without saving your changes?", "Die Seite verlassen, ohne deine Änderungen zu speichern?";
    problems(n): "There are {n} problems", "Es gibt {n} Probleme";
    error_title(title): "Error: {title}", "Fehler: {title}";
    sending(): "Sending…", "Wird gesendet …";
    remove(): "Remove", "Entfernen";
    removing(): "Removing…", "Wird entfernt …";
    characters_left(n): "{n} character left | {n} characters left", "Noch {n} Zeichen | Noch {n} Zeichen";
    characters_over(n):
        "{n} character too many | {n} characters too many",
        "{n} Zeichen zu viel | {n} Zeichen zu viel";
}

/// The counter below a field that holds `length` of at most `max` characters.
#[must_use]
pub fn characters(length: usize, max: usize) -> String {
    if length > max {
        characters_over(&(length - max).to_string())
    } else {
        characters_left(&(max - length).to_string())
    }
}
