//! Text of the timeline, the lists of followers and followees, and the follow buttons.

texts! { Graph;
    timeline(): "Timeline", "Timeline";
    your_timeline(): "Your timeline", "Deine Timeline";
    timeline_sign_in_first(): "Sign in to see your people", "Melde dich an, um deine Leute zu sehen";
    quiet(): "It’s quiet here for now", "Hier ist es noch ruhig";
    quiet_start():
        "Search for people you know and press “Follow”. They’ll appear here.",
        "Suche Menschen, die du kennst, und wähle „Folgen“. Dann erscheinen sie hier.";
    quiet_follow_back():
        "These people follow you. Follow back anyone you know, and they’ll appear here.",
        "Diese Menschen folgen dir. Folge zurück, wen du kennst, und die Person erscheint hier.";
    people_followed(): "People you follow", "Menschen, denen du folgst";
    new_followers(): "New followers", "Neue Follower";
    suggestions(): "People you may know", "Menschen, die du vielleicht kennst";
    see_all(): "See all", "Alle ansehen";
    followers(): "Followers", "Follower";
    following(): "Following", "Folgt";
    sign_in_first(): "Sign in to see these people", "Melde dich an, um diese Menschen zu sehen";
    follow(): "Follow", "Folgen";
    unfollow(): "Unfollow", "Entfolgen";
    request(): "Request to follow", "Folgen anfragen";
    requested(): "Requested", "Angefragt";
    mute(): "Mute", "Stummschalten";
    mute_week(): "Mute for a week", "Eine Woche stummschalten";
    unmute(): "Unmute", "Stummschaltung aufheben";
    block(): "Block", "Blockieren";
    unblock(): "Unblock", "Blockierung aufheben";
    report(): "Report", "Melden";
    report_category(): "What is wrong?", "Was stimmt nicht?";
    report_spam(): "Spam", "Spam";
    report_abuse(): "Abuse", "Missbrauch";
    report_impersonation(): "Pretends to be someone else", "Gibt sich als jemand anderes aus";
    report_other(): "Something else", "Etwas anderes";
    report_comment(): "Tell us more (optional)", "Erzähl uns mehr (freiwillig)";
    report_too_long(): "Use at most 1,000 characters", "Benutze höchstens 1.000 Zeichen";
    report_send(): "Send report", "Meldung senden";
    report_sent(): "Thank you. We’ll look at it, and won’t say who reported.", "Danke. Wir sehen es uns an und sagen nicht, wer es gemeldet hat.";
    requests(): "Requests to follow you", "Anfragen, dir zu folgen";
    no_requests(): "No one is waiting for an answer.", "Niemand wartet auf eine Antwort.";
    accept(): "Accept", "Annehmen";
    decline(): "Decline", "Ablehnen";
    /// `n` people have asked to follow the viewer.
    requests_waiting(n):
        "{n} person has asked to follow you | {n} people have asked to follow you",
        "{n} Person möchte dir folgen | {n} Menschen möchten dir folgen";
    search(): "Search", "Suche";
    search_label(): "Name or username", "Name oder Benutzername";
    search_hint():
        "Type the beginning of a name or username, at least 2 letters.",
        "Gib den Anfang eines Namens oder Benutzernamens ein, mindestens 2 Zeichen.";
    /// What a search has found.
    found(n): "{n} person found | {n} people found", "{n} Person gefunden | {n} Menschen gefunden";
    found_none(): "No one found", "Niemand gefunden";
    found_none_next():
        "Check the spelling, or type the whole username.",
        "Prüfe die Schreibweise, oder gib den ganzen Benutzernamen ein.";
    follows_you(): "Follows you", "Folgt dir";
    follower(): "follower", "Follower";
    followers_counted(): "followers", "Follower";
    following_counted(): "following", "gefolgt";
    pages(): "Pages", "Seiten";
    previous(): "Previous", "Zurück";
    next(): "Next", "Weiter";
    more(): "Load more", "Mehr laden";
    first_page(): "Go to the first page", "Zur ersten Seite";
    page_empty(): "This page is empty", "Diese Seite ist leer";
    page_empty_why(): "The list is shorter now.", "Die Liste ist jetzt kürzer.";
    no_followers_you(): "You have no followers yet", "Dir folgt noch niemand";
    no_followers_you_next():
        "Follow people you know. They’ll see it and may follow you back.",
        "Folge Menschen, die du kennst. Sie sehen es und folgen dir vielleicht zurück.";
    no_followers(): "No followers yet", "Noch keine Follower";
    no_followers_next(): "Be the first.", "Mach den Anfang.";
    no_following_you(): "You aren’t following anyone yet", "Du folgst noch niemandem";
    no_following_you_next():
        "Search for people you know and press “Follow”.",
        "Suche Menschen, die du kennst, und wähle „Folgen“.";
    no_following(): "Not following anyone yet", "Folgt noch niemandem";
    no_following_next(): "People they follow will appear here.", "Wem diese Person folgt, erscheint hier.";
    hello(name): "Hello, {name}", "Hallo {name}";
    /// Explains a suggestion: `n` of the users that the viewer follows also follow it.
    mutual(n):
        "Followed by {n} you follow | Followed by {n} you follow",
        "Gefolgt von {n} Person, der du folgst | Gefolgt von {n} Personen, denen du folgst";
    follows_no_longer(name): "{name} no longer follows you", "{name} folgt dir nicht mehr";
    could_not_follow(name): "Could not follow {name}", "{name} konnte nicht gefolgt werden";
    could_not_unfollow(name): "Could not unfollow {name}", "{name} konnte nicht entfolgt werden";
    more_about(name): "More about {name}", "Mehr zu {name}";
    block_effect(name):
        "If you block {name}, you won’t follow each other, and {name} won’t find you here.",
        "Wenn du {name} blockierst, folgt ihr einander nicht mehr, und {name} findet dich hier nicht.";
    you_block(name): "You block {name}", "Du blockierst {name}";
    could_not_change(name): "That did not work for {name}", "Das hat bei {name} nicht geklappt";
    could_not_remove(name): "Could not remove {name}", "{name} konnte nicht entfernt werden";
}
