//! Text of the sign-in pages.

texts! { SignIn;
    sign_in(): "Sign in", "Anmelden";
    signing_in(): "Signing in…", "Wird angemeldet …";
    sign_out(): "Sign out", "Abmelden";
    welcome(): "Welcome back", "Willkommen zurück";
    email_me(): "Email me a sign-in link", "Link zum Anmelden per E-Mail schicken";
    is_new(): "New here? ", "Neu hier? ";
    to_register(): "Create an account", "Konto erstellen";
    not_verified(): "Please verify your email", "Bitte bestätige deine E-Mail-Adresse";
    open_link(): "Open the link we sent to ", "Öffne den Link, den wir an ";
    open_link_end(): ".", " geschickt haben.";
    link(): "Sign in with a link", "Mit einem Link anmelden";
    link_lead():
        "We’ll email you a link that signs you in without your password. It works for 15 minutes.",
        "Wir schicken dir einen Link per E-Mail, der dich ohne Passwort anmeldet. Er gilt 15 Minuten.";
    link_button(): "Email me a link", "Link per E-Mail schicken";
    link_use(): "Sign in to Kith", "Bei Kith anmelden";
    link_use_lead():
        "One click, and you’re in. The link works once.",
        "Ein Klick, und du bist drin. Der Link funktioniert einmal.";
    link_broken(): "This link no longer works", "Dieser Link funktioniert nicht mehr";
    link_broken_why():
        "It has expired, was already used or was canceled. You can ask for a new one, which works for 15 minutes.",
        "Er ist abgelaufen, wurde schon benutzt oder aufgehoben. Du kannst einen neuen anfordern, der 15 Minuten \
         gilt.";
    link_sent():
        "If that address has an account, a link is on its way",
        "Falls es zu dieser Adresse ein Konto gibt, ist ein Link unterwegs";
    link_sent_limits():
        "We send at most one link every 10 minutes. The last one still works.",
        "Wir schicken höchstens alle 10 Minuten einen Link. Der letzte gilt noch.";
    knows_password(): "Remember your password? ", "Kennst du dein Passwort noch? ";
    with_password(): "Sign in with it", "Melde dich damit an";
    forgot(): "Forgot password?", "Passwort vergessen?";
    keep_account(): "Keep my account", "Konto behalten";
    reauthenticate(): "Confirm that it’s you", "Bestätige, dass du es bist";
    sign_in_first(): "Sign in to continue", "Melde dich an, um fortzufahren";
    reauthenticate_lead(): "Enter your password to continue.", "Gib dein Passwort ein, um fortzufahren.";
    go_on(): "Continue", "Weiter";
    checking(): "Checking…", "Wird geprüft …";
}
