//! Text of the footer.

texts! { Footer;
    meaning(): "Kith: friends and acquaintances.", "Kith: Freunde und Bekannte.";
    language(): "Language", "Sprache";
    theme(): "Colors", "Farben";
    theme_system(): "System", "System";
    theme_light(): "Light", "Hell";
    theme_dark(): "Dark", "Dunkel";
}
