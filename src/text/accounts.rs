//! Text of the pages for registration, emailed links and deleted accounts.

texts! { Accounts;
    register(): "Create your account", "Konto erstellen";
    register_lead():
        "It takes a minute. We’ll send you an email to verify your address.",
        "Es dauert eine Minute. Wir schicken dir eine E-Mail, mit der du deine Adresse bestätigst.";
    username_hint(): "3 to 30 letters, digits, “_” or “.”", "3 bis 30 Buchstaben, Ziffern, „_“ oder „.“";
    password_hint():
        "At least 8 characters. A few words make a good one.",
        "Mindestens 8 Zeichen. Ein paar Wörter sind ein gutes Passwort.";
    create(): "Create account", "Konto erstellen";
    creating(): "Creating account…", "Konto wird erstellt …";
    has_account(): "Already on Kith? ", "Schon bei Kith? ";
    check_inbox(): "Check your inbox", "Sieh in dein Postfach";
    link_sent_to(): "We sent a link to ", "Wir haben einen Link an ";
    link_sent_end():
        ". Open it to verify your address, then sign in.",
        " geschickt. Öffne ihn, um deine Adresse zu bestätigen, und melde dich dann an.";
    is_verified(): "Already verified? ", "Schon bestätigt? ";
    new_link(): "Send a new link", "Neuen Link schicken";
    resent():
        "If that address still needs to be verified, a link is on its way",
        "Falls diese Adresse noch bestätigt werden muss, ist ein Link unterwegs";
    resent_wait():
        "Wait a few minutes before you ask again. Only the newest link works.",
        "Warte ein paar Minuten, bevor du noch einmal fragst. Nur der neueste Link funktioniert.";
    verify(): "Verify your email", "Bestätige deine E-Mail-Adresse";
    verify_lead(): "One click, and your account is ready.", "Ein Klick, und dein Konto ist bereit.";
    verify_button(): "Verify my email", "E-Mail-Adresse bestätigen";
    verifying(): "Verifying…", "Wird bestätigt …";
    reject(): "I didn't create this account", "Ich habe dieses Konto nicht erstellt";
    deleting(): "Deleting…", "Wird gelöscht …";
    verified(): "Your email is verified", "Deine E-Mail-Adresse ist bestätigt";
    verified_next(): "Welcome to Kith. You can sign in now.", "Willkommen bei Kith. Du kannst dich jetzt anmelden.";
    rejected(): "The account was deleted", "Das Konto wurde gelöscht";
    rejected_next():
        "Your email address and the username are available again.",
        "Deine E-Mail-Adresse und der Benutzername sind wieder frei.";
    link_broken(): "This link no longer works", "Dieser Link funktioniert nicht mehr";
    link_broken_why():
        "It has expired, or a newer one was sent. Tell us your address and we’ll send you a new link.",
        "Er ist abgelaufen, oder ein neuerer wurde verschickt. Sag uns deine Adresse, und wir schicken dir einen \
         neuen Link.";
    /// The token is only in the email: the page has removed it from the address bar.
    link_again(): "Open the link again", "Öffne den Link noch einmal";
    link_again_why():
        "Open the link in your email again. It still works if you haven’t used it.",
        "Öffne den Link in deiner E-Mail noch einmal. Er funktioniert noch, wenn du ihn nicht benutzt hast.";
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
    /// Warns the owner of an address before they verify an account that someone else may have created.
    waiting_account(username):
        "The account @{username} was created with this email address. Once you verify, the person who set its \
         password can sign in. Continue only if that’s you.",
        "Das Konto @{username} wurde mit dieser E-Mail-Adresse erstellt. Sobald du bestätigst, kann sich anmelden, \
         wer sein Passwort gewählt hat. Fahre nur fort, wenn du das bist.";
}

/// What happens when a change of address is undone.
#[must_use]
pub fn undo_effects() -> [&'static str; 3] {
    [undo_effects_1(), undo_effects_2(), undo_effects_3()]
}
