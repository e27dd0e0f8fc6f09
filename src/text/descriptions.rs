//! One or two sentences about each page, for search engines and link previews.

texts! { Descriptions;
    account():
        "The settings of your Kith account: your email address, your username, your data, and deleting the account.",
        "Die Einstellungen deines Kontos bei Kith: deine E-Mail-Adresse, dein Benutzername, deine Daten und das \
         Löschen des Kontos.";
    register():
        "Create your Kith account. It takes a minute: an email address, a username and a password.",
        "Erstelle dein Konto bei Kith. Es dauert eine Minute: eine E-Mail-Adresse, ein Benutzername und ein \
         Passwort.";
    verify():
        "Verify your email address to finish creating your Kith account.",
        "Bestätige deine E-Mail-Adresse, um dein Konto bei Kith fertigzustellen.";
    forgot():
        "Choose a new password for your Kith account with a link that we email you.",
        "Wähle ein neues Passwort für dein Konto bei Kith, mit einem Link, den wir dir per E-Mail schicken.";
    reset():
        "Choose a new password for your Kith account.",
        "Wähle ein neues Passwort für dein Konto bei Kith.";
    confirm():
        "Confirm the new email address of your Kith account.",
        "Bestätige die neue E-Mail-Adresse deines Kontos bei Kith.";
    undo():
        "Restore the old email address of your Kith account.",
        "Stelle die alte E-Mail-Adresse deines Kontos bei Kith wieder her.";
    deleted():
        "What happens after you have asked to delete your Kith account.",
        "Was geschieht, nachdem du dein Konto bei Kith löschen wolltest.";
    search():
        "Find people on Kith by their name or username.",
        "Finde Menschen bei Kith über ihren Namen oder Benutzernamen.";
    timeline():
        "The people you follow on Kith, your new followers, and people you may know.",
        "Die Menschen, denen du bei Kith folgst, wer dir neu folgt, und wen du vielleicht kennst.";
    followers():
        "The people who follow this profile on Kith.",
        "Die Menschen, die diesem Profil bei Kith folgen.";
    following():
        "The people this profile follows on Kith.",
        "Die Menschen, denen dieses Profil bei Kith folgt.";
    profile():
        "A profile on Kith, the social network for your friends and acquaintances.",
        "Ein Profil bei Kith, dem sozialen Netzwerk für Freunde und Bekannte.";
    own_profile():
        "Your profile on Kith: your name, your picture, your bio.",
        "Dein Profil bei Kith: dein Name, dein Bild, ein paar Worte über dich.";
    security():
        "The password of your Kith account, and the devices that are signed in.",
        "Das Passwort deines Kontos bei Kith und die Geräte, die angemeldet sind.";
    privacy():
        "Who may follow you on Kith, who sees your lists, and who finds you.",
        "Wer dir bei Kith folgen darf, wer deine Listen sieht, und wer dich findet.";
    blocks():
        "The people you block or mute on Kith.",
        "Die Menschen, die du bei Kith blockiert oder stummgeschaltet hast.";
    follow_requests():
        "The people who have asked to follow you on Kith.",
        "Die Menschen, die dir bei Kith folgen möchten.";
    sign_in():
        "Sign in to Kith to see what’s new with the people you know.",
        "Melde dich bei Kith an und sieh, was es bei den Menschen gibt, die du kennst.";
    sign_in_link():
        "Sign in to Kith with a link that we email you.",
        "Melde dich bei Kith mit einem Link an, den wir dir per E-Mail schicken.";
    reauthenticate():
        "Enter your password to continue on Kith.",
        "Gib dein Passwort ein, um bei Kith fortzufahren.";
}
