//! Validation messages of fields: each says what to enter.

texts! { Fields;
    email(): "Enter a valid email address", "Gib eine gültige E-Mail-Adresse ein";
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
    display_name_long(): "Use at most 100 characters", "Benutze höchstens 100 Zeichen";
    bio_long(): "Use at most 300 characters", "Benutze höchstens 300 Zeichen";
    character(): "This contains a character that isn’t allowed", "Das enthält ein Zeichen, das nicht erlaubt ist";
}
