//! Messages of errors that the browser build creates, too.

texts! { Errors;
    avatar_invalid(): "Use a JPEG or PNG picture", "Nimm ein Bild im Format JPEG oder PNG";
    avatar_too_large(): "This picture is too large: use at most 2 MB", "Dieses Bild ist zu groß: höchstens 2 MB";
    internal():
        "Something went wrong on our end. Please try again",
        "Bei uns ist etwas schiefgegangen. Bitte versuche es noch einmal";
    unreachable():
        "We could not reach the server. Check your connection and try again",
        "Wir konnten den Server nicht erreichen. Prüfe deine Verbindung und versuche es noch einmal";
}
