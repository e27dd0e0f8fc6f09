//! Text of the header, the landing page and the error pages.

texts! { Ui;
    home(): "Kith, home", "Kith, Startseite";
    skip(): "Skip to content", "Zum Inhalt springen";
    navigation(): "Main", "Hauptmenü";
    loading(): "Loading…", "Wird geladen …";
    try_again(): "Try again", "Noch einmal versuchen";
    not_found_title(): "Page not found", "Seite nicht gefunden";
    not_found(): "There is nothing here", "Hier ist nichts";
    not_found_why():
        "The link may be wrong, or the page has moved.",
        "Vielleicht ist der Link falsch, oder die Seite ist umgezogen.";
    to_start(): "Go to the home page", "Zur Startseite";
    unavailable_title(): "Back in a moment", "Gleich wieder da";
    unavailable(): "We’ll be back in a moment", "Wir sind gleich wieder da";
    unavailable_why():
        "Something went wrong on our end. Your data is safe. Please try again.",
        "Bei uns ist etwas schiefgegangen. Deine Daten sind sicher. Bitte versuche es noch einmal.";
    word(): "kith", "kith";
    word_class(): "noun", "englisches Substantiv";
    word_meaning(): " · friends and acquaintances", " · Freunde und Bekannte";
    landing(): "Your people, in one calm place.", "Deine Leute an einem ruhigen Ort.";
    landing_lead():
        "Kith is the social network for your friends and acquaintances: make a profile, follow the people you know, \
         and stay in touch.",
        "Kith ist das soziale Netzwerk für Freunde und Bekannte: Erstelle ein Profil, folge den Menschen, die du \
         kennst, und bleib in Verbindung.";
    to_timeline(): "Go to your timeline", "Zu deiner Timeline";
}
