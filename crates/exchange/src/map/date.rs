//! Dates in the many forms that people write.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use serde::Deserialize;

/// Which comes first in `01/02/2024`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Order {
    /// The day.
    Dmy,
    /// The month.
    Mdy,
}

/// How much of a date is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Precision {
    /// As much as is written. Midnight is a day: nobody meets then.
    #[default]
    Auto,
    /// The day.
    Day,
    /// The minute, midnight too.
    Time,
}

/// How dates of a column are written.
#[derive(Clone, Debug, Default)]
pub(super) struct Form {
    pub(super) order: Option<Order>,
    pub(super) precision: Precision,
    /// Where a moment with an offset happened: `2022-04-04T22:00Z` is 5 April in Brussels.
    pub(super) zone: Option<TimeZone>,
    /// It is an end: midnight is that at the end of the day before.
    pub(super) end: bool,
}

/// Names of months, by their first letters, in English, French, Spanish, Portuguese and German, without accents.
const MONTHS: [&[&str]; 12] = [
    &["jan", "ene"],
    &["feb", "fev"],
    &["mar"],
    &["apr", "avr", "abr"],
    &["may", "mai", "may"],
    &["jun", "juin"],
    &["jul", "juil"],
    &["aug", "aou", "ago"],
    &["sep", "set"],
    &["oct", "okt", "out"],
    &["nov"],
    &["dec", "dez", "dic"],
];

/// The value of a `CivilDate`: `2024`, `2024-10`, `2024-10-16` or `2024-10-16T09:30`. Else what is wrong.
pub(super) fn civil(written: &str, form: &Form) -> Result<String, String> {
    let text = written.trim();
    if let Some(moment) = instant(text) {
        let zone = form.zone.clone().unwrap_or(TimeZone::UTC);
        return Ok(said(moment.to_zoned_datetime(zone).datetime(), form));
    }
    let iso = text
        .parse::<DateTime>()
        .ok()
        .filter(|_| text.contains([':', 'T']));
    if let Some(moment) = iso {
        return Ok(said(moment, form));
    }
    if let Some(precise) = iso_date(text) {
        return Ok(precise);
    }
    let (rest, time) = clock(text);
    let day = in_numbers(rest, form.order)?.map_or_else(|| in_words(rest), Some);
    match (day, time) {
        (Some(Day::Is(day)), Some(time)) => Ok(said(day.to_datetime(time), form)),
        (Some(Day::Is(day)), None) => Ok(day.to_string()),
        (Some(Day::Month(month)), None) => Ok(month),
        _ => {
            let shown: String = text.chars().take(60).collect();
            Err(format!(
                "{shown:?} is not a date; such are 2024-10-16, 2024-10, 2024, 16 October 2024, 2024-10-16T09:30Z"
            ))
        }
    }
}

fn said(moment: DateTime, form: &Form) -> String {
    let midnight = moment.time() == Time::midnight();
    let day = match form.end && midnight {
        true => moment.date().yesterday().unwrap_or(moment.date()),
        false => moment.date(),
    };
    match form.precision {
        Precision::Day => day.to_string(),
        Precision::Auto if midnight => day.to_string(),
        _ => format!(
            "{}T{:02}:{:02}",
            moment.date(),
            moment.hour(),
            moment.minute()
        ),
    }
}

fn instant(text: &str) -> Option<Timestamp> {
    // Only what has a time and an offset is a moment.
    let (_, time) = text.split_once(['T', ' '])?;
    (time.ends_with(['Z', 'z']) || time.contains(['+', '-'])).then(|| text.parse().ok())?
}

enum Day {
    Is(Date),
    /// Only the month is known.
    Month(String),
}

/// `2024`, `2024-10`, `2024-10-16`, `20241016`.
fn iso_date(text: &str) -> Option<String> {
    let number = |part: &str, length: usize| {
        (part.len() == length && part.bytes().all(|b| b.is_ascii_digit()))
            .then(|| part.parse::<i16>().ok())?
    };
    let date = |year: i16, month: i16, day: i16| {
        Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
    };
    if let Some(year) = number(text, 4) {
        return (1_000..=9_999).contains(&year).then(|| text.to_owned());
    }
    if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
        let found = date(
            number(&text[..4], 4)?,
            number(&text[4..6], 2)?,
            number(&text[6..], 2)?,
        );
        return found.map(|day| day.to_string());
    }
    let mut parts = text.split('-');
    let year = number(parts.next()?, 4)?;
    let month = number(parts.next()?, 2)?;
    match (parts.next(), parts.next()) {
        (None, None) => date(year, month, 1).map(|_| text.to_owned()),
        (Some(day), None) => date(year, month, number(day, 2)?).map(|day| day.to_string()),
        _ => None,
    }
}

/// A clock time at the end (`11:00 AM`, `9:30 a.m.`, `14h30`), and what stands before it.
fn clock(text: &str) -> (&str, Option<Time>) {
    let none = (text, None);
    let Some(mark) = text
        .find(':')
        .or_else(|| text.find('h').filter(|at| is_digit(text, at + 1)))
    else {
        return none;
    };
    let from = text[..mark]
        .rfind(|c: char| !c.is_ascii_digit())
        .map_or(0, |at| {
            at + text[at..].chars().next().map_or(1, char::len_utf8)
        });
    let rest: String = text[mark + 1..].chars().filter(|c| *c != '.').collect();
    let rest = rest.trim().to_lowercase();
    let minutes: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let half = rest[minutes.len()..]
        .trim_start_matches(|c: char| c == ':' || c.is_ascii_digit())
        .trim();
    let (Ok(hour), Ok(minute)) = (text[from..mark].parse::<i8>(), minutes.parse::<i8>()) else {
        return none;
    };
    let hour = match half {
        "" => hour,
        "am" if (1..=12).contains(&hour) => hour % 12,
        "pm" if (1..=12).contains(&hour) => hour % 12 + 12,
        _ => return none,
    };
    match Time::new(hour, minute, 0, 0) {
        Ok(time) => (
            text[..from].trim().trim_end_matches([',', 'T']).trim(),
            Some(time),
        ),
        Err(_) => none,
    }
}

fn is_digit(text: &str, at: usize) -> bool {
    text.as_bytes().get(at).is_some_and(u8::is_ascii_digit)
}

/// `16/10/2024`, `16.10.2024`, `10-16-2024`.
fn in_numbers(text: &str, order: Option<Order>) -> Result<Option<Day>, String> {
    let parts: Vec<&str> = text.split(['/', '.', '-']).map(str::trim).collect();
    let numbers: Option<Vec<i16>> = parts.iter().map(|part| part.parse().ok()).collect();
    let Some([first, second, year]) = numbers.as_deref() else {
        return Ok(None);
    };
    // Points stand between days and months of Europe only; the order is then the one.
    let order = order.or(text.contains('.').then_some(Order::Dmy));
    let (day, month) = match order {
        _ if parts[2].len() != 4 => return Ok(None),
        Some(Order::Dmy) => (*first, *second),
        Some(Order::Mdy) => (*second, *first),
        None if *first > 12 => (*first, *second),
        None if *second > 12 || first == second => (*second, *first),
        None => {
            return Err(format!(
                "{text:?} can be read in two ways; say in the mapping which comes first: order = \"dmy\" or \"mdy\""
            ));
        }
    };
    Ok(date(*year, month, day))
}

fn date(year: i16, month: i16, day: i16) -> Option<Day> {
    let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    Date::new(year, month, day).ok().map(Day::Is)
}

/// `16 October 2024`, `October 16, 2024`, `le 1er octobre 2024`, `October 2024`.
fn in_words(text: &str) -> Option<Day> {
    let folded = crate::map::text::fold(text);
    let (mut day, mut month, mut year) = (None, None, None);
    for word in folded.split(' ') {
        if let Some(number) = number(word) {
            let slot = if number > 31 { &mut year } else { &mut day };
            if slot.replace(number).is_some() {
                return None;
            }
        } else if let Some(found) = month_of(word) {
            if month.replace(found).is_some() {
                return None;
            }
        } else if !["of", "de", "le", "del", "do", "the", "den", "on"].contains(&word)
            && !is_weekday(word)
        {
            return None;
        }
    }
    let (year, month) = (year.filter(|y| (1_000..=9_999).contains(y))?, month?);
    match day {
        Some(day) => date(year, month, day),
        None => Some(Day::Month(format!("{year:04}-{month:02}"))),
    }
}

/// A number, also with the ending of an ordinal: `1er`, `16th`.
fn number(word: &str) -> Option<i16> {
    let digits = word.trim_end_matches(|c: char| c.is_alphabetic());
    let ending = &word[digits.len()..];
    let plain = ["", "er", "st", "nd", "rd", "th", "e"].contains(&ending);
    (plain && !digits.is_empty()).then(|| digits.parse().ok())?
}

fn month_of(word: &str) -> Option<i16> {
    if word.len() < 3 || word.len() > 10 {
        return None;
    }
    let at = MONTHS
        .iter()
        .position(|names| names.iter().any(|name| word.starts_with(name)))?;
    i16::try_from(at + 1).ok()
}

fn is_weekday(word: &str) -> bool {
    const DAYS: [&str; 14] = [
        "mon", "tue", "wed", "thu", "fri", "sat", "sun", "lun", "mer", "jeu", "ven", "sam", "dim",
        "die",
    ];
    DAYS.iter().any(|day| word.starts_with(day))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn auto(text: &str) -> String {
        civil(text, &Form::default()).unwrap_or_else(|wrong| wrong)
    }

    #[test]
    fn dates_are_read_in_many_forms() {
        for (written, value) in [
            ("2024", "2024"),
            ("2024-10", "2024-10"),
            (" 2024-10-16 ", "2024-10-16"),
            ("20241016", "2024-10-16"),
            ("2024-10-16T09:30:00", "2024-10-16T09:30"),
            ("2024-10-16 09:30", "2024-10-16T09:30"),
            ("2024-10-16T00:00:00Z", "2024-10-16"),
            ("2024-10-16T09:30:00+00:00", "2024-10-16T09:30"),
            ("16/10/2024", "2024-10-16"),
            ("10/16/2024 11:00 AM", "2024-10-16T11:00"),
            ("10/16/2024 12:15 p.m.", "2024-10-16T12:15"),
            ("5.6.2024", "2024-06-05"),
            ("16 October 2024", "2024-10-16"),
            ("October 16th, 2024", "2024-10-16"),
            ("Wednesday, 16 October 2024", "2024-10-16"),
            ("1er août 2024", "2024-08-01"),
            ("16 de outubro de 2024", "2024-10-16"),
            ("16. März 2024", "2024-03-16"),
            ("Oct. 2024", "2024-10"),
            ("16 octobre 2024, 14h30", "2024-10-16T14:30"),
        ] {
            assert_eq!(auto(written), value, "{written}");
        }
        for wrong in [
            "",
            "soon",
            "2024-13-01",
            "2024-02-30",
            "99/99/2024",
            "16 Foo 2024",
            "0",
            "1.2",
            "T",
            "12:",
            "h1",
        ] {
            assert!(
                auto(wrong).contains("is not a date"),
                "{wrong}: {}",
                auto(wrong)
            );
        }
        assert!(auto("05/06/2024").contains("two ways"));
        let american = Form {
            order: Some(Order::Mdy),
            ..Form::default()
        };
        assert_eq!(civil("05/06/2024", &american).unwrap(), "2024-05-06");
    }

    #[test]
    fn local_midnight_is_the_day_there() {
        let brussels = Form {
            zone: Some(TimeZone::get("Europe/Brussels").unwrap()),
            ..Form::default()
        };
        let day = Form {
            precision: Precision::Day,
            ..brussels.clone()
        };
        let end = Form {
            end: true,
            ..brussels.clone()
        };
        for (form, written, value) in [
            (&brussels, "2022-04-04T22:00:00+00:00", "2022-04-05"),
            (&brussels, "2022-12-14T23:00:00+00:00", "2022-12-15"),
            (&brussels, "2022-01-20T08:00:00+00:00", "2022-01-20T09:00"),
            // Written with the winter's offset in summer: still that day.
            (&day, "2022-04-04T23:00:00+00:00", "2022-04-05"),
            (&day, "2022-04-05T21:00:00+00:00", "2022-04-05"),
            (&end, "2022-04-05T22:00:00Z", "2022-04-05"),
        ] {
            assert_eq!(civil(written, form).unwrap(), value, "{written}");
        }
    }
}
