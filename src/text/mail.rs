//! Text of the emails.

texts! { Mail;
    hello(): "Hello", "Hallo";
    /// Introduces the link as plain text.
    copy_link():
        "If the button doesn’t work, copy this link into your browser:",
        "Wenn der Knopf nicht funktioniert, kopiere diesen Link in deinen Browser:";
    verify_title(): "Confirm your email address", "Bestätige deine E-Mail-Adresse";
    /// The preview that an inbox shows beside the subject.
    verify_preview(): "One click, and your account is ready.", "Ein Klick, und dein Konto ist bereit.";
    /// Follows "Hello (username),".
    verify_request():
        "welcome to Kith. Please confirm that this is your email address.",
        "willkommen bei Kith. Bitte bestätige, dass das deine E-Mail-Adresse ist.";
    verify_button(): "Confirm address", "Adresse bestätigen";
    verify_limits():
        "The link works for 24 hours. After that, sign in to get a new one.",
        "Der Link gilt 24 Stunden. Danach melde dich an, um einen neuen zu bekommen.";
    verify_unexpected():
        "Didn’t sign up? Then don’t confirm, or the person who did could use the account. Open the link and choose \
         “I didn’t create this account” to delete it.",
        "Du hast dich nicht registriert? Dann bestätige nicht, sonst könnte das Konto benutzen, wer es erstellt hat. \
         Öffne den Link und wähle „Ich habe dieses Konto nicht erstellt“, um es zu löschen.";
    sign_in_title(): "Your sign-in link", "Dein Link zum Anmelden";
    sign_in_preview(): "Sign in to Kith without your password.", "Melde dich bei Kith ohne Passwort an.";
    sign_in_request():
        "someone asked for a link that signs you in to Kith. If it was you, open it here.",
        "jemand hat einen Link angefordert, mit dem du dich bei Kith anmeldest. Wenn du das warst, öffne ihn hier.";
    sign_in_button(): "Sign in", "Anmelden";
    sign_in_limits(): "The link works for 15 minutes and only once.", "Der Link gilt 15 Minuten und nur einmal.";
    sign_in_unexpected():
        "Didn’t ask for it? You can ignore this email. Only someone who opens the link gets in, so don’t forward it.",
        "Du hast keinen Link angefordert? Dann ignoriere diese E-Mail. Hinein kommt nur, wer den Link öffnet, also \
         leite sie nicht weiter.";
    reset_title(): "Choose a new password", "Wähle ein neues Passwort";
    reset_preview():
        "Open the link to get back into your Kith account.",
        "Öffne den Link, um wieder in dein Konto bei Kith zu kommen.";
    reset_request():
        "someone asked to reset the password of your Kith account. If it was you, choose a new one here. Every \
         device will be signed out.",
        "jemand wollte das Passwort deines Kontos bei Kith zurücksetzen. Wenn du das warst, wähle hier ein neues. \
         Alle Geräte werden dann abgemeldet.";
    reset_button(): "Choose a new password", "Neues Passwort wählen";
    reset_unexpected():
        "Didn’t ask for it? You can ignore this email: your password still works. Don’t forward it.",
        "Du warst das nicht? Dann ignoriere diese E-Mail: dein Passwort gilt weiter. Leite sie nicht weiter.";
    /// Follows "Hello (username),", after the password was made unusable by an operator or by undoing a change of address.
    reset_unusable_request():
        "the password of your Kith account no longer works. Choose a new one here, then sign in with it.",
        "das Passwort deines Kontos bei Kith gilt nicht mehr. Wähle hier ein neues und melde dich damit an.";
    reset_unusable_unexpected():
        "A separate email says why you need a new password. Don’t forward this email: anyone who opens the link can \
         choose the password of your account.",
        "Warum du ein neues Passwort brauchst, steht in einer anderen E-Mail. Leite diese nicht weiter: wer den Link \
         öffnet, kann das Passwort deines Kontos wählen.";
    change_email_title(): "Confirm your new email address", "Bestätige deine neue E-Mail-Adresse";
    change_email_preview(): "One click, and Kith uses this address.", "Ein Klick, und Kith benutzt diese Adresse.";
    change_email_request():
        "you asked to use this address for your Kith account. Please confirm that it’s yours.",
        "du möchtest diese Adresse für dein Konto bei Kith benutzen. Bitte bestätige, dass sie dir gehört.";
    change_email_button(): "Confirm address", "Adresse bestätigen";
    change_email_limits():
        "The link works for 24 hours. Until you confirm, your account keeps its current address.",
        "Der Link gilt 24 Stunden. Bis du bestätigst, behält dein Konto seine jetzige Adresse.";
    change_email_unexpected():
        "Don’t know about this? Then someone mistyped their address. Ignore this email, and nothing changes.",
        "Du weißt nichts davon? Dann hat sich jemand vertippt. Ignoriere diese E-Mail, und nichts ändert sich.";
    undo_email_title(): "Your email address was changed", "Deine E-Mail-Adresse wurde geändert";
    undo_email_preview():
        "If it wasn’t you, you can undo this for 7 days.",
        "Wenn du das nicht warst, kannst du es 7 Tage lang rückgängig machen.";
    undo_email_button(): "Undo the change", "Änderung rückgängig machen";
    undo_email_limits():
        "The link works for 7 days, even if the address is changed again.",
        "Der Link gilt 7 Tage, auch wenn die Adresse noch einmal geändert wird.";
    undo_email_unexpected():
        "Don’t forward this email: anyone who opens the link can take back the account.",
        "Leite diese E-Mail nicht weiter: wer den Link öffnet, kann das Konto zurückholen.";
    address_in_use_title(): "Someone tried to use your email address", "Jemand wollte deine E-Mail-Adresse benutzen";
    address_in_use_preview(): "Your account is unchanged.", "Dein Konto ist unverändert.";
    address_in_use_request():
        "someone wanted to use this address for another Kith account. That isn’t possible, because your account has \
         it.",
        "jemand wollte diese Adresse für ein anderes Konto bei Kith benutzen. Das geht nicht, weil sie zu deinem \
         Konto gehört.";
    address_in_use_button(): "Sign in", "Anmelden";
    address_in_use_unexpected():
        "Was it you? Then sign in to this account instead. If not, you can ignore this email: your account is \
         unchanged.",
        "Warst du das? Dann melde dich stattdessen in diesem Konto an. Wenn nicht, ignoriere diese E-Mail: dein \
         Konto ist unverändert.";
    password_changed_title(): "Your password was changed", "Dein Passwort wurde geändert";
    /// Follows "Hello (username),".
    password_changed():
        "the password of your Kith account was changed, and all other devices were signed out.",
        "das Passwort deines Kontos bei Kith wurde geändert, und alle anderen Geräte wurden abgemeldet.";
    password_reset_title(): "Your password was reset", "Dein Passwort wurde zurückgesetzt";
    /// Follows "Hello (username),".
    password_reset():
        "the password of your Kith account was reset with a link from your mailbox, and every device was signed out.",
        "das Passwort deines Kontos bei Kith wurde mit einem Link aus deinem Postfach zurückgesetzt, und alle Geräte \
         wurden abgemeldet.";
    password_invalidated_title(): "Your password no longer works", "Dein Passwort gilt nicht mehr";
    /// Follows "Hello (username),".
    password_invalidated():
        "the password of your Kith account no longer works, and every device was signed out. A separate email \
         contains a link to choose a new password.",
        "das Passwort deines Kontos bei Kith gilt nicht mehr, und alle Geräte wurden abgemeldet. In einer anderen \
         E-Mail ist ein Link, mit dem du ein neues Passwort wählst.";
    email_change_requested_title(): "A new email address was requested", "Eine neue E-Mail-Adresse wurde gewünscht";
    /// Follows "Hello (username),".
    email_change_requested():
        "someone who is signed in to your Kith account asked to use another email address. Nothing changes until \
         that address is confirmed.",
        "jemand, der in deinem Konto bei Kith angemeldet ist, möchte eine andere E-Mail-Adresse benutzen. Nichts \
         ändert sich, bis diese Adresse bestätigt ist.";
    email_change_undone_title():
        "Your old email address was restored",
        "Deine alte E-Mail-Adresse wurde wiederhergestellt";
    /// Follows "Hello (username),".
    email_change_undone():
        "the old email address of your Kith account was restored. The password no longer works, and every device was \
         signed out. A separate email contains a link to choose a new password.",
        "die alte E-Mail-Adresse deines Kontos bei Kith wurde wiederhergestellt. Das Passwort gilt nicht mehr, und \
         alle Geräte wurden abgemeldet. In einer anderen E-Mail ist ein Link, mit dem du ein neues Passwort wählst.";
    username_changed_title(): "Your username was changed", "Dein Benutzername wurde geändert";
    /// Follows "Hello (username),".
    username_changed():
        "the username of your Kith account was changed.",
        "der Benutzername deines Kontos bei Kith wurde geändert.";
    deletion_requested_title(): "Your account will be deleted", "Dein Konto wird gelöscht";
    /// Follows "Hello (username),".
    deletion_requested():
        "the deletion of your Kith account was requested. Your account is hidden from everyone now.",
        "die Löschung deines Kontos bei Kith wurde gewünscht. Dein Konto ist jetzt für alle verborgen.";
    restored_title(): "Welcome back", "Willkommen zurück";
    /// Follows "Hello (username),".
    restored():
        "your Kith account was restored and is no longer scheduled for deletion.",
        "dein Konto bei Kith wurde wiederhergestellt und wird nicht mehr gelöscht.";
    suspended_title(): "Your account is suspended", "Dein Konto ist gesperrt";
    /// Follows "Hello (username),".
    suspended():
        "your Kith account was suspended, and every device was signed out.",
        "dein Konto bei Kith wurde gesperrt, und alle Geräte wurden abgemeldet.";
    unsuspended_title(): "Your account is no longer suspended", "Dein Konto ist nicht mehr gesperrt";
    /// Follows "Hello (username),".
    unsuspended():
        "your Kith account is no longer suspended. You can sign in again.",
        "dein Konto bei Kith ist nicht mehr gesperrt. Du kannst dich wieder anmelden.";
    deleted_title(): "Your account was deleted", "Dein Konto wurde gelöscht";
    /// Follows "Hello (username),".
    deleted():
        "your Kith account is being deleted with everything that belongs to it.",
        "dein Konto bei Kith wird mit allem gelöscht, was dazugehört.";
    /// The preview of notices about what a user did.
    notice_preview():
        "If it was you, there’s nothing to do. If it wasn’t, choose a new password.",
        "Wenn du das warst, musst du nichts tun. Wenn nicht, wähle ein neues Passwort.";
    notice_limits(): "If it was you, there’s nothing to do.", "Wenn du das warst, musst du nichts tun.";
    notice_button(): "It wasn’t me", "Das war ich nicht";
    notice_unexpected():
        "Wasn’t you? Choose a new password with the button above. That signs out every device.",
        "Du warst das nicht? Wähle mit dem Knopf oben ein neues Passwort. Das meldet alle Geräte ab.";
    /// The preview of the notice about a restored address, whose owner needs a new password in any case.
    undone_preview():
        "A separate email contains a link to choose a new password.",
        "In einer anderen E-Mail ist ein Link, mit dem du ein neues Passwort wählst.";
    undone_limits():
        "If it was you, you only need to choose a new password.",
        "Wenn du das warst, musst du nur ein neues Passwort wählen.";
    /// The preview of notices about what an operator did.
    operator_preview():
        "This was done by the people who run this site.",
        "Das haben die Betreiber dieser Website getan.";
    notice_open(): "Open Kith", "Kith öffnen";
    by_operator():
        "This was done by the people who run this site. If you think it’s a mistake, please ask them.",
        "Das haben die Betreiber dieser Website getan. Wenn du das für einen Fehler hältst, frage sie bitte.";
    reset_limits_hour():
        "The link works for an hour and only once. A newer link replaces it.",
        "Der Link gilt eine Stunde und nur einmal. Ein neuerer Link ersetzt ihn.";
    reset_limits_minutes(n):
        "The link works for a minute and only once. A newer link replaces it. | The link works for {n} minutes and \
         only once. A newer link replaces it.",
        "Der Link gilt eine Minute und nur einmal. Ein neuerer Link ersetzt ihn. | Der Link gilt {n} Minuten und nur \
         einmal. Ein neuerer Link ersetzt ihn.";
    /// Says when and in which browser the address was changed. Follows "Hello (username),".
    undo_email_request_at(when, client):
        "your Kith account now uses another email address. It was changed on {when}{client}. If it was you, there’s \
         nothing to do. If it wasn’t, undo the change here. Every device will be signed out, and we’ll send you a \
         link to choose a new password. If that link has expired, choose “Forgot password?” on the sign-in page to \
         get another one.",
        "dein Konto bei Kith benutzt jetzt eine andere E-Mail-Adresse. Sie wurde am {when}{client} geändert. Wenn du \
         das warst, musst du nichts tun. Wenn nicht, mach die Änderung hier rückgängig. Alle Geräte werden dann \
         abgemeldet, und wir schicken dir einen Link, mit dem du ein neues Passwort wählst. Wenn der abgelaufen ist, \
         wähle auf der Seite zum Anmelden „Passwort vergessen?“, um einen neuen zu bekommen.";
    /// Such as “Firefox on Windows”.
    browser_on_system(browser, system): "{browser} on {system}", "{browser} auf {system}";
    noticed_at(what, when, client, until):
        "{what} This happened on {when}{client}.{until}",
        "{what} Das war am {when}{client}.{until}";
    in_browser(client): ", in {client}", ", in {client}";
    /// Says when a requested deletion will be carried out.
    erased_on(day):
        "On {day}, everything will be erased. To keep your account, sign in before then and choose “Keep my \
         account”.",
        "Am {day} wird alles gelöscht. Um dein Konto zu behalten, melde dich vorher an und wähle „Konto behalten“.";
}

#[must_use]
pub fn reset_limits(minutes: i32) -> String {
    if minutes == 60 { reset_limits_hour().to_owned() } else { reset_limits_minutes(&minutes.to_string()) }
}

/// Says when and in which browser the address was changed. Follows "Hello (username),".
#[must_use]
pub fn undo_email_request(when: &str, client: Option<&str>) -> String {
    undo_email_request_at(when, &in_client(client))
}

/// Says what happened, when, in which browser, and then `until`, if there is one.
#[must_use]
pub fn noticed(what: &str, when: &str, client: Option<&str>, until: Option<&str>) -> String {
    let until = until.map(|until| format!(" {until}")).unwrap_or_default();
    noticed_at(what, when, &in_client(client), &until)
}

fn in_client(client: Option<&str>) -> String {
    client.map(in_browser).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_consists_of_complete_sentences() {
        let when = "5 Mar 2026, 14:05 UTC";
        let erased = erased_on("19 March 2026");
        let text = noticed(deletion_requested(), when, Some("Firefox on Windows"), Some(&erased));
        let (what, rest) = text.split_once(" This happened ").unwrap();
        assert!(what.ends_with('.'), "{what}");
        assert!(rest.starts_with("on 5 Mar 2026, 14:05 UTC, in Firefox on Windows. On 19 March 2026, "), "{rest}");
        assert_eq!(noticed("a b.", when, None, None), "a b. This happened on 5 Mar 2026, 14:05 UTC.");
    }

    #[test]
    fn the_mail_about_a_new_address_says_when_and_where_it_was_changed() {
        let text = undo_email_request("5 Mar 2026, 14:05 UTC", Some("Safari"));
        assert!(text.contains(" It was changed on 5 Mar 2026, 14:05 UTC, in Safari. If it was you, "), "{text}");
        let text = undo_email_request("5 Mar 2026, 14:05 UTC", None);
        assert!(text.contains(" It was changed on 5 Mar 2026, 14:05 UTC. If it was you, "), "{text}");
    }
}
