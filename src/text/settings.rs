//! Text of the settings pages.

texts! { Settings;
    settings(): "Settings", "Einstellungen";
    account(): "Account", "Konto";
    security(): "Security", "Sicherheit";
    privacy(): "Privacy", "Privatsphäre";
    blocks(): "Blocks", "Blockiert";
    private(): "Private account", "Privates Konto";
    private_lead():
        "People have to ask before they follow you, and only followers see who follows you and who you follow. If you \
         turn this off, all who have asked will follow you.",
        "Andere müssen fragen, bevor sie dir folgen, und nur Follower sehen, wer dir folgt und wem du folgst. Wenn du \
         das ausschaltest, folgen dir alle, die gefragt haben.";
    hide_follows(): "Hide my lists", "Meine Listen verbergen";
    hide_follows_lead():
        "Only you see who follows you and who you follow. Others see how many there are.",
        "Nur du siehst, wer dir folgt und wem du folgst. Andere sehen, wie viele es sind.";
    discoverable(): "Let others find me", "Für andere auffindbar sein";
    discoverable_lead():
        "Search finds you by a part of your names. If you turn this off, only your exact username leads to you.",
        "Die Suche findet dich mit einem Teil deiner Namen. Wenn du das ausschaltest, führt nur dein genauer \
         Benutzername zu dir.";
    turn_on(): "Turn on", "Einschalten";
    turn_off(): "Turn off", "Ausschalten";
    blocked(): "Blocked people", "Blockierte Menschen";
    blocked_lead():
        "They don’t find you here, and you don’t see them in lists. They are not told.",
        "Sie finden dich hier nicht, und du siehst sie nicht in Listen. Sie erfahren es nicht.";
    muted(): "Muted people", "Stummgeschaltete Menschen";
    muted_lead(): "Only you know about it.", "Nur du weißt davon.";
    no_blocks(): "You don’t block anyone.", "Du blockierst niemanden.";
    no_mutes(): "You don’t mute anyone.", "Du hast niemanden stummgeschaltet.";
    sign_in_first(): "Sign in to see your settings", "Melde dich an, um deine Einstellungen zu sehen";
    saving(): "Saving…", "Wird gespeichert …";
    current_password(): "Current password", "Jetziges Passwort";
    of_current_password(): " current password", " (jetziges Passwort)";
    current_password_hint():
        "Only needed if you signed in more than 10 minutes ago.",
        "Nur nötig, wenn du dich vor mehr als 10 Minuten angemeldet hast.";
    email(): "Email", "E-Mail-Adresse";
    email_is(): "Your address is ", "Deine Adresse ist ";
    email_is_end(): ".", ".";
    email_new(): "New email address", "Neue E-Mail-Adresse";
    email_button(): "Send a link to the new address", "Link an die neue Adresse schicken";
    email_pending(): "The change to ", "Die Änderung zu ";
    email_pending_end():
        " is waiting for you to confirm it. Open the link that we sent there. Until then, we keep using your current \
         address.",
        " wartet darauf, dass du sie bestätigst. Öffne den Link, den wir dorthin geschickt haben. Bis dahin benutzen \
         wir weiter deine jetzige Adresse.";
    email_cancel(): "Cancel the change", "Änderung abbrechen";
    email_canceling(): "Canceling…", "Wird abgebrochen …";
    email_canceled(): "The change is canceled", "Die Änderung ist abgebrochen";
    email_sent(): "We sent a link to your new address", "Wir haben einen Link an deine neue Adresse geschickt";
    username(): "Username", "Benutzername";
    username_lead():
        "You can change it once every 30 days. The old one leads to your profile for 90 days, and stays reserved for \
         you for at least as long.",
        "Du kannst ihn einmal in 30 Tagen ändern. Der alte führt 90 Tage lang zu deinem Profil und bleibt mindestens \
         so lange für dich reserviert.";
    username_button(): "Change username", "Benutzernamen ändern";
    username_changed(): "Your username is changed", "Dein Benutzername ist geändert";
    data(): "Your data", "Deine Daten";
    data_lead():
        "Download what Kith has stored about you. If you signed in more than 10 minutes ago, we ask for your \
         password first.",
        "Lade herunter, was Kith über dich gespeichert hat. Wenn du dich vor mehr als 10 Minuten angemeldet hast, \
         fragen wir vorher nach deinem Passwort.";
    data_all(): "Everything (JSON)", "Alles (JSON)";
    data_follows(): "People you follow (CSV)", "Menschen, denen du folgst (CSV)";
    data_followers(): "Your followers (CSV)", "Deine Follower (CSV)";
    delete(): "Delete account", "Konto löschen";
    delete_lead(): "What happens when you delete your account:", "Was geschieht, wenn du dein Konto löschst:";
    delete_effects_1(): "Your account is hidden everywhere at once.", "Dein Konto ist sofort überall verborgen.";
    delete_effects_2():
        "Everything is erased on the date in the email we send you: your profile, your picture, your follows and \
         your sessions.",
        "An dem Tag, der in unserer E-Mail steht, wird alles gelöscht: dein Profil, dein Bild, wem du folgst und wer \
         dir folgt, und deine Sitzungen.";
    delete_effects_3():
        "Until then, you can sign in and choose “Keep my account”.",
        "Bis dahin kannst du dich anmelden und „Konto behalten“ wählen.";
    delete_effects_4():
        "Your username stays reserved for a while, so that no other user can pose as you.",
        "Dein Benutzername bleibt eine Weile reserviert, damit sich niemand für dich ausgibt.";
    delete_effects_5():
        "We can’t erase what other people have downloaded. Backups keep a copy until they expire.",
        "Was andere heruntergeladen haben, können wir nicht löschen. In Sicherungen bleibt eine Kopie, bis sie \
         ablaufen.";
    delete_open(): "Delete my account", "Mein Konto löschen";
    delete_button(): "Yes, delete my account", "Ja, mein Konto löschen";
    deleting(): "Deleting…", "Wird gelöscht …";
    password(): "Password", "Passwort";
    password_lead():
        "When you change it, all your other devices are signed out.",
        "Wenn du es änderst, werden alle deine anderen Geräte abgemeldet.";
    password_button(): "Change password", "Passwort ändern";
    password_changed(): "Your password is changed", "Dein Passwort ist geändert";
    password_changed_next():
        "All your other devices were signed out.",
        "Alle deine anderen Geräte wurden abgemeldet.";
    sessions(): "Sessions", "Sitzungen";
    sessions_lead():
        "The devices that are signed in to your account. If you don’t recognize one, sign it out and change your \
         password.",
        "Die Geräte, die in deinem Konto angemeldet sind. Wenn du eines nicht kennst, melde es ab und ändere dein \
         Passwort.";
    unknown_browser(): "Unknown browser", "Unbekannter Browser";
    on_system(): " on ", " auf ";
    this_device(): "This device", "Dieses Gerät";
    last_used(): "Last used ", "Zuletzt benutzt am ";
    signed_in(): "Signed in ", "Angemeldet am ";
    ip_address(): "IP address ", "IP-Adresse ";
    signing_out(): "Signing out…", "Wird abgemeldet …";
    signed_out(): "The device was signed out", "Das Gerät wurde abgemeldet";
    sign_out_others(): "Sign out all other devices", "Alle anderen Geräte abmelden";
    signed_out_others(): "All other devices were signed out", "Alle anderen Geräte wurden abgemeldet";
    /// Says from which day the username can be changed again.
    username_changeable(day):
        "You can choose a new one from {day} on. You can go back to an earlier one at any time.",
        "Ab dem {day} kannst du einen neuen wählen. Zu einem früheren kannst du jederzeit zurück.";
    signed_out_device(device): "{device} was signed out", "{device} wurde abgemeldet";
}

/// What happens when an account is deleted.
#[must_use]
pub fn delete_effects() -> [&'static str; 5] {
    [delete_effects_1(), delete_effects_2(), delete_effects_3(), delete_effects_4(), delete_effects_5()]
}
