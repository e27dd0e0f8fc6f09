//! Validation messages of fields: each says what to enter.

texts! { Fields;
    email(): "Enter a valid email address", "Gib eine gültige E-Mail-Adresse ein";
    email_current(): "This is already your address", "Das ist schon deine Adresse";
    email_missing(): "Enter your email address", "Gib deine E-Mail-Adresse ein";
    username_missing(): "Choose a username", "Wähle einen Benutzernamen";
    username_letters(): "Use letters, digits, _ and . only", "Benutze nur Buchstaben ohne Umlaute, Ziffern, _ und .";
    username_length(): "Use 3 to 30 characters", "Benutze 3 bis 30 Zeichen";
    username_dots():
        "A dot can only go between other characters",
        "Ein Punkt darf nur zwischen anderen Zeichen stehen";
    username_reserved(): "This username is reserved", "Dieser Benutzername ist reserviert";
    password_missing(): "Enter your password", "Gib dein Passwort ein";
    password_short(): "Use at least 8 characters", "Benutze mindestens 8 Zeichen";
    password_long():
        "This password is too long: use at most 72 bytes",
        "Dieses Passwort ist zu lang: höchstens 72 Bytes";
    password_character():
        "This password contains a character that isn’t allowed",
        "Dieses Passwort enthält ein Zeichen, das nicht erlaubt ist";
    password_has_username():
        "Choose a password that does not contain your username",
        "Wähle ein Passwort, das deinen Benutzernamen nicht enthält";
    password_has_email():
        "Choose a password that does not contain your email address",
        "Wähle ein Passwort, das deine E-Mail-Adresse nicht enthält";
    password_common():
        "This password is too common and easy to guess",
        "Dieses Passwort ist zu verbreitet und leicht zu erraten";
    display_name_long(): "Use at most 100 characters", "Benutze höchstens 100 Zeichen";
    bio_long(): "Use at most 300 characters", "Benutze höchstens 300 Zeichen";
    character(): "This contains a character that isn’t allowed", "Das enthält ein Zeichen, das nicht erlaubt ist";
    avatar_url(): "Use an address that starts with https://", "Benutze eine Adresse, die mit https:// anfängt";
    avatar_url_long(): "Use at most 2048 characters", "Benutze höchstens 2048 Zeichen";
    avatar_url_other():
        "This is not your current picture. Upload it instead",
        "Das ist nicht dein jetziges Bild. Lade es stattdessen hoch";
    cursor(): "This is not a cursor from an earlier page", "Das ist kein Cursor von einer früheren Seite";
    page(): "Page numbers start at 1", "Seitenzahlen fangen bei 1 an";
    page_too_far():
        "Page numbers end after 10,000 users: use `cursor` for the rest",
        "Seitenzahlen enden nach 10.000 Personen: benutze `cursor` für den Rest";
    ids(): "Expected user ids separated by commas", "Erwartet werden IDs, durch Kommas getrennt";
    ids_many(): "Request at most 100 users at once", "Frage höchstens 100 Personen auf einmal ab";
    required(): "This field is required", "Dieses Feld ist erforderlich";
    invalid(): "This value is not valid", "Dieser Wert ist nicht gültig";
    up_to(largest): "Use 1 to {largest}", "Benutze 1 bis {largest}";
    /// `what` is serde's description of the type, such as `a string`.
    expected(what): "Expected {what}", "Erwartet: {what}";
}
