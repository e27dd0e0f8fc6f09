//! Text of the profile pages.

texts! { Profiles;
    own(): "Your profile", "Dein Profil";
    sign_in_first(): "Sign in to see your profile", "Melde dich an, um dein Profil zu sehen";
    edit(): "Edit profile", "Profil bearbeiten";
    display_name(): "Display name", "Anzeigename";
    display_name_hint():
        "Shown with your username. If it’s empty, people see only your username.",
        "Steht neben deinem Benutzernamen. Wenn er leer ist, sieht man nur deinen Benutzernamen.";
    bio(): "Bio", "Über dich";
    save(): "Save", "Speichern";
    saving(): "Saving…", "Wird gespeichert …";
    cancel(): "Cancel", "Abbrechen";
    sign_in_to_follow(): "Sign in to follow", "Zum Folgen anmelden";
    picture(): "Picture", "Bild";
    picture_hint():
        "JPEG or PNG, up to 2 MB. Choose one or drop it here.",
        "JPEG oder PNG, bis 2 MB. Wähle eins oder lege es hier ab.";
    upload(): "Upload", "Hochladen";
    preview(): "Preview of your new picture", "Vorschau deines neuen Bildes";
    choose(): "Choose a picture", "Bild wählen";
    uploading(): "Uploading…", "Wird hochgeladen …";
    upload_picture(): "Upload picture", "Bild hochladen";
    keep(): "Keep the current one", "Das jetzige behalten";
    member_since(month_and_year): "Member since {month_and_year}", "Dabei seit {month_and_year}";
}
