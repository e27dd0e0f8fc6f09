//! Text of the pages for registration and verification.

texts! { Accounts;
    register(): "Create your account", "Konto erstellen";
    register_lead():
        "It takes a minute. We’ll send you an email to verify your address.",
        "Es dauert eine Minute. Wir schicken dir eine E-Mail, mit der du deine Adresse bestätigst.";
    username_hint(): "3 to 30 letters, digits, “_” or “.”", "3 bis 30 Buchstaben, Ziffern, „_“ oder „.“";
    username_available(): "This username is available", "Dieser Benutzername ist frei";
    username_taken(): "This username is taken", "Dieser Benutzername ist vergeben";
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
    /// Warns the owner of an address before they verify an account that someone else may have created.
    waiting_account(username):
        "The account @{username} was created with this email address. Once you verify, the person who set its \
         password can sign in. Continue only if that’s you.",
        "Das Konto @{username} wurde mit dieser E-Mail-Adresse erstellt. Sobald du bestätigst, kann sich anmelden, \
         wer sein Passwort gewählt hat. Fahre nur fort, wenn du das bist.";
}
