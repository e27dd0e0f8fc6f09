//! Messages of errors that only the server creates. The browser receives them.

texts! { ErrorResponses;
    account_pending_deletion():
        "This account is about to be deleted. If you keep it, everything will be as it was",
        "Dieses Konto wird bald gelöscht. Wenn du es behältst, ist alles wie zuvor";
    account_suspended(): "This account is suspended", "Dieses Konto ist gesperrt";
    cannot_follow_self(): "You cannot follow yourself", "Du kannst dir nicht selbst folgen";
    email_already_exists(): "This email is already registered", "Mit dieser E-Mail-Adresse gibt es schon ein Konto";
    email_not_verified(): "Please verify your email address first", "Bitte bestätige zuerst deine E-Mail-Adresse";
    forbidden(): "This request is not allowed", "Diese Anfrage ist nicht erlaubt";
    invalid_credentials(): "Invalid email or password", "E-Mail-Adresse oder Passwort ist falsch";
    invalid_link(): "This link is invalid or has expired", "Dieser Link ist ungültig oder abgelaufen";
    invalid_refresh_token():
        "Your session has ended. Please sign in again",
        "Deine Sitzung ist zu Ende. Bitte melde dich wieder an";
    malformed_request(): "The request could not be read", "Die Anfrage konnte nicht gelesen werden";
    method_not_allowed(): "This method is not allowed here", "Diese Methode ist hier nicht erlaubt";
    not_found(): "There is nothing here", "Hier ist nichts";
    not_saved():
        "You had been signed out, so this was not saved. Please send it again",
        "Du warst abgemeldet, deshalb wurde das nicht gespeichert. Bitte sende es noch einmal";
    overloaded():
        "We’re very busy right now. Please try again in a moment",
        "Gerade ist sehr viel los. Bitte versuche es gleich noch einmal";
    payload_too_large(): "The request is too large", "Die Anfrage ist zu groß";
    precondition_failed():
        "This was changed in the meantime. Reload and try again",
        "Das wurde inzwischen geändert. Lade die Seite neu und versuche es noch einmal";
    rate_limited(): "Too many attempts. Try again later", "Zu viele Versuche. Versuche es später noch einmal";
    reauthentication_required():
        "Enter your password to confirm that it’s you",
        "Gib dein Passwort ein, um zu bestätigen, dass du es bist";
    request_timeout(): "The request took too long to arrive", "Die Anfrage hat zu lange gebraucht";
    unauthenticated(): "Please sign in", "Bitte melde dich an";
    unsupported_media_type(): "Send application/json", "Sende application/json";
    username_changed_recently():
        "You changed your username less than 30 days ago",
        "Du hast deinen Benutzernamen vor weniger als 30 Tagen geändert";
    username_taken(): "This username is taken", "Dieser Benutzername ist vergeben";
    username_too_similar():
        "This username looks like one that is taken. Choose another.",
        "Dieser Benutzername sieht aus wie ein vergebener. Wähle einen anderen.";
    user_blocked():
        "You block this person. Unblock them first",
        "Du blockierst diese Person. Hebe das zuerst auf";
    user_not_found(): "There is no such user", "Diese Person gibt es nicht";
    validation_failed(): "Some fields need your attention", "Einige Felder brauchen deine Aufmerksamkeit";
    wrong_password(): "This is not your current password", "Das ist nicht dein jetziges Passwort";
    content_encoding(): "Send the body without a Content-Encoding", "Sende den Inhalt ohne Content-Encoding";
    cross_site(): "This request came from another site", "Diese Anfrage kam von einer anderen Website";
    file_type(): "Send the picture itself, or multipart/form-data", "Sende das Bild selbst oder multipart/form-data";
    for_services(): "This is for services, not users", "Das ist für Dienste, nicht für Menschen";
    for_users(): "This is for users, not services", "Das ist für Menschen, nicht für Dienste";
    no_json(): "The body is not valid JSON", "Der Inhalt ist kein gültiges JSON";
    no_object(): "The body must be a JSON object", "Der Inhalt muss ein JSON-Objekt sein";
    restore_expired(): "Sign in again to keep your account", "Melde dich noch einmal an, um dein Konto zu behalten";
    too_much_text(): "That is too much text. Please shorten it", "Das ist zu viel Text. Bitte kürze ihn";
    unreadable_text():
        "Some characters could not be read. Please type them again",
        "Einige Zeichen konnten nicht gelesen werden. Bitte gib sie noch einmal ein";
    uploads_under_way(): "Your other pictures are still uploading", "Deine anderen Bilder werden noch hochgeladen";
    no_field(name): "Unknown field “{name}”", "Unbekanntes Feld „{name}“";
    too_many_pixels_of(width, height, megapixels):
        "This picture has too many pixels: {width} × {height} ({megapixels} megapixels). Use a smaller one",
        "Dieses Bild hat zu viele Pixel: {width} × {height} ({megapixels} Megapixel). Nimm ein kleineres";
    up_to_a_year(): "Use 1 second to 1 year", "Benutze 1 Sekunde bis 1 Jahr";
    list_is_private(): "Only followers see this list", "Nur Follower sehen diese Liste";
    list_is_hidden(): "This person does not show this list", "Diese Person zeigt diese Liste nicht";
    yourself(): "Choose someone other than yourself", "Wähle jemand anderen als dich selbst";
    too_many_follows():
        "You follow as many people as you can. Unfollow someone first",
        "Du folgst so vielen, wie du kannst. Entfolge zuerst jemandem";
    try_again_in_seconds(n):
        "Too many attempts. Try again in {n} second | Too many attempts. Try again in {n} seconds",
        "Zu viele Versuche. Versuche es in {n} Sekunde noch einmal | Zu viele Versuche. Versuche es in {n} Sekunden \
         noch einmal";
    try_again_in_minutes(n):
        "Too many attempts. Try again in {n} minute | Too many attempts. Try again in {n} minutes",
        "Zu viele Versuche. Versuche es in {n} Minute noch einmal | Zu viele Versuche. Versuche es in {n} Minuten \
         noch einmal";
    try_again_in_hours(n):
        "Too many attempts. Try again in {n} hour | Too many attempts. Try again in {n} hours",
        "Zu viele Versuche. Versuche es in {n} Stunde noch einmal | Zu viele Versuche. Versuche es in {n} Stunden \
         noch einmal";
    // Of fields.
    email_current(): "This is already your address", "Das ist schon deine Adresse";
    password_has_username():
        "Choose a password that does not contain your username",
        "Wähle ein Passwort, das deinen Benutzernamen nicht enthält";
    password_has_email():
        "Choose a password that does not contain your email address",
        "Wähle ein Passwort, das deine E-Mail-Adresse nicht enthält";
    password_common():
        "This password is too common and easy to guess",
        "Dieses Passwort ist zu verbreitet und leicht zu erraten";
    avatar_url(): "Use an address that starts with https://", "Benutze eine Adresse, die mit https:// anfängt";
    avatar_url_long(): "Use at most 2048 characters", "Benutze höchstens 2048 Zeichen";
    avatar_url_other():
        "This is not your current picture. Upload it instead",
        "Das ist nicht dein jetziges Bild. Lade es stattdessen hoch";
    display_name_marks(): "Use at most 2 marks on a letter", "Benutze höchstens 2 Zeichen über oder unter einem Buchstaben";
    display_name_official():
        "This name could be mistaken for the people who run Kith. Choose another.",
        "Dieser Name könnte mit dem Team von Kith verwechselt werden. Wähle einen anderen.";
    category(): "Use spam, abuse, impersonation or other", "Benutze spam, abuse, impersonation oder other";
    comment(): "Use at most 1,000 characters, without control characters", "Benutze höchstens 1.000 Zeichen, ohne Steuerzeichen";
    query(): "Type 2 to 200 characters", "Gib 2 bis 200 Zeichen ein";
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

/// Says that a picture is too large, in pixels.
#[must_use]
pub fn too_many_pixels(width: u32, height: u32) -> String {
    let megapixels = (u64::from(width) * u64::from(height)).div_ceil(1_000_000);
    too_many_pixels_of(&width.to_string(), &height.to_string(), &megapixels.to_string())
}

/// Says when a client may try again.
#[must_use]
pub fn try_again_in(seconds: u32) -> String {
    match seconds {
        ..120 => try_again_in_seconds(&seconds.to_string()),
        120..7200 => try_again_in_minutes(&seconds.div_ceil(60).to_string()),
        _ => try_again_in_hours(&seconds.div_ceil(3600).to_string()),
    }
}
