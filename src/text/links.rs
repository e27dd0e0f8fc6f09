//! Text of the pages for other emailed links, and of deleted accounts.

texts! { Links;
    forgot(): "Reset your password", "Passwort zurücksetzen";
    forgot_lead():
        "We’ll email you a link. Open it to choose a new password.",
        "Wir schicken dir einen Link per E-Mail. Öffne ihn, um ein neues Passwort zu wählen.";
    forgot_button(): "Email me a link", "Link per E-Mail schicken";
    forgot_sent():
        "If that address has an account, a link is on its way",
        "Falls es zu dieser Adresse ein Konto gibt, ist ein Link unterwegs";
    forgot_sent_limits():
        "We send at most three links per hour.",
        "Wir schicken höchstens drei Links in einer Stunde.";
    reset(): "Choose a new password", "Neues Passwort wählen";
    reset_lead():
        "When you save it, every device is signed out.",
        "Wenn du es speicherst, werden alle Geräte abgemeldet.";
    new_password(): "New password", "Neues Passwort";
    of_new_password(): " new password", " (neues Passwort)";
    reset_button(): "Save new password", "Neues Passwort speichern";
    resetting(): "Saving…", "Wird gespeichert …";
    reset_done(): "Your password is changed", "Dein Passwort ist geändert";
    reset_done_next():
        "Every device was signed out. Sign in with your new password.",
        "Alle Geräte wurden abgemeldet. Melde dich mit deinem neuen Passwort an.";
    reset_broken_why():
        "It has expired, was already used or canceled, or was replaced by a newer one. You can ask for a new link.",
        "Er ist abgelaufen, wurde schon benutzt oder aufgehoben, oder ein neuerer hat ihn ersetzt. Du kannst einen \
         neuen Link anfordern.";
    reset_again(): "Get a new link", "Neuen Link anfordern";
    confirm(): "Confirm your new email address", "Bestätige deine neue E-Mail-Adresse";
    confirm_lead():
        "One click, and your account uses this address.",
        "Ein Klick, und dein Konto benutzt diese Adresse.";
    confirm_button(): "Confirm my new address", "Neue Adresse bestätigen";
    confirming(): "Confirming…", "Wird bestätigt …";
    confirmed(): "Your email address was changed", "Deine E-Mail-Adresse wurde geändert";
    confirmed_next():
        "Use it to sign in from now on. We sent your old address a link that undoes the change.",
        "Melde dich ab jetzt mit ihr an. An deine alte Adresse haben wir einen Link geschickt, der die Änderung \
         rückgängig macht.";
    confirm_broken_why():
        "It has expired, was already used or canceled, or was replaced by a newer one. You can ask for a new link in \
         your settings.",
        "Er ist abgelaufen, wurde schon benutzt oder aufgehoben, oder ein neuerer hat ihn ersetzt. In deinen \
         Einstellungen kannst du einen neuen Link anfordern.";
    to_settings(): "Go to your settings", "Zu deinen Einstellungen";
    undo(): "Restore your old email address", "Alte E-Mail-Adresse wiederherstellen";
    undo_lead():
        "If it wasn’t you who changed the address of your account, undo the change:",
        "Wenn nicht du die Adresse deines Kontos geändert hast, mach die Änderung rückgängig:";
    undo_effects_1(): "Your account uses this address again.", "Dein Konto benutzt wieder diese Adresse.";
    undo_effects_2():
        "Every device is signed out, and the password stops working.",
        "Alle Geräte werden abgemeldet, und das Passwort gilt nicht mehr.";
    undo_effects_3():
        "We email this address a link to choose a new password.",
        "Wir schicken an diese Adresse einen Link, mit dem du ein neues Passwort wählst.";
    undo_button(): "Restore my old address", "Alte Adresse wiederherstellen";
    undoing(): "Restoring…", "Wird wiederhergestellt …";
    undone(): "Your old address is back", "Deine alte Adresse ist wieder da";
    undone_next():
        "Every device was signed out. Open the link that we’ve just emailed you to choose a new password.",
        "Alle Geräte wurden abgemeldet. Öffne den Link, den wir dir gerade geschickt haben, um ein neues Passwort zu \
         wählen.";
    undo_broken_why():
        "It has expired, was already used or was canceled. If you can’t sign in, ask for a link to choose a new \
         password.",
        "Er ist abgelaufen, wurde schon benutzt oder aufgehoben. Wenn du dich nicht anmelden kannst, fordere einen \
         Link an, um ein neues Passwort zu wählen.";
    deleted(): "Your account is hidden now", "Dein Konto ist jetzt verborgen";
    deleted_next():
        "It will be erased on the date in the email we sent you. If you change your mind before then, sign in and \
         choose “Keep my account”. Everything will be as it was.",
        "An dem Tag, der in unserer E-Mail steht, wird es gelöscht. Wenn du es dir vorher anders überlegst, melde \
         dich an und wähle „Konto behalten“. Dann ist alles wie zuvor.";
}

/// What happens when a change of address is undone.
#[must_use]
pub fn undo_effects() -> [&'static str; 3] {
    [undo_effects_1(), undo_effects_2(), undo_effects_3()]
}
