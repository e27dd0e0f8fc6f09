//! Month names.

texts! { Dates;
    january(): "January", "Januar";
    february(): "February", "Februar";
    march(): "March", "März";
    april(): "April", "April";
    may(): "May", "Mai";
    june(): "June", "Juni";
    july(): "July", "Juli";
    august(): "August", "August";
    september(): "September", "September";
    october(): "October", "Oktober";
    november(): "November", "November";
    december(): "December", "Dezember";
    /// A day of a month.
    day(day, month, year): "{day} {month} {year}", "{day}. {month} {year}";
    /// A moment, with the month shortened.
    minute(day, month, year, time): "{day} {month} {year}, {time} UTC", "{day}. {month} {year}, {time} UTC";
}

/// The name of a month, from 1 to 12.
#[must_use]
pub fn month(number: usize) -> &'static str {
    let months = [january, february, march, april, may, june, july, august, september, october, november, december];
    months.get(number.wrapping_sub(1)).map_or("", |month| month())
}
