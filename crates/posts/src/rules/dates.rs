//! Dates: days, months and years as English and French posts write them, and those that depend on the day of posting.

use std::ops::Range;
use std::sync::LazyLock;

use jiff::ToSpan as _;
use jiff::civil::{self, Weekday};
use regex::{Captures, Regex};

use super::{MOST, Page, before};
use crate::proposal::{Basis, Date};
use crate::words::dates::{MONTHS, NOT_THE_DAY, RELATIVE, Unit};
use crate::words::{compile, numbers, patterns};

/// A date that was found.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    pub(crate) at: Range<usize>,
    /// 3 a day, 2 a month, 1 a year or a week, 0 some time.
    pub(crate) precision: u8,
    pub(crate) start: Date,
    pub(crate) end: Option<Date>,
}

static MONTH: LazyLock<String> = LazyLock::new(|| {
    let mut names: Vec<&str> = MONTHS
        .iter()
        .flat_map(|names| names.iter().copied())
        .collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    names.join("|")
});
static DAY_MONTH: LazyLock<Regex> = LazyLock::new(|| {
    compile(format!(
        r"(?i)\b(?:(?P<d1>\d{{1,2}})(?:st|nd|rd|th|er)?(?: (?P<m1>{m})\.?)?(?: (?P<y1>\d{{4}}))? ?(?:-|–|&|\bto\b|\band\b|\bau\b|\bet\b|\buntil\b) ?(?:the |le )?)?(?P<d2>\d{{1,2}})(?:st|nd|rd|th|er)?(?: of)? (?P<m2>{m})\b\.?(?:,? (?P<y2>\d{{4}})\b)?",
        m = *MONTH
    ))
});
static MONTH_DAY: LazyLock<Regex> = LazyLock::new(|| {
    compile(format!(
        r"(?i)\b(?P<m1>{m})\.? (?P<d1>\d{{1,2}})(?:st|nd|rd|th)?\b(?: ?(?:-|to|and|&) ?(?:(?P<m2>{m})\.? )?(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\b)?(?:,? (?P<y>\d{{4}})\b)?",
        m = *MONTH
    ))
});
static MONTH_ONLY: LazyLock<Regex> = LazyLock::new(|| {
    compile(format!(
        r"(?i)\b(?P<in>(?:in|en|since|during|early|late|mid-|this|last|next|fin|début|au mois de|courant) )?(?P<m>{m})\b\.?(?: (?P<y>\d{{4}})\b)?",
        m = *MONTH
    ))
});
static AGO: LazyLock<Regex> = LazyLock::new(|| {
    compile(format!(
        r"(?i)\b(?P<n>\d{{1,3}}|an?|{w}) (?P<u>day|week|month|year)s? ago\b|\bil y a (?P<fn>\d{{1,3}}|{w}) (?P<fu>jour|semaine|mois|an)s?\b",
        w = numbers::PATTERN
    ))
});
static COMING: LazyLock<Vec<(Regex, Unit, i32)>> = LazyLock::new(|| {
    let entry = |(words, unit, number): &(&str, Unit, i32)| {
        (
            compile(format!(r"(?i)\b(?:{words})(?:\b|$)")),
            *unit,
            *number,
        )
    };
    RELATIVE.iter().map(entry).collect()
});
patterns! {
    ISO = r"\b(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})\b|\b(?P<dd>\d{1,2})[./](?P<dm>\d{1,2})[./](?P<dy>\d{4})\b";
    YEAR = r"\b(?:[Ii]n|[Ee]n) (?P<y>(?:19|20)\d{2})\b";
    OTHER_DAY = NOT_THE_DAY;
}

/// Every date in the text, in its order, each place once.
pub(crate) fn find(page: &Page<'_>) -> Vec<Found> {
    let text = page.body();
    let mut found: Vec<Found> = Vec::new();
    let mut taken: Vec<Range<usize>> = Vec::new();
    let mut add = |at: Range<usize>, read: Option<Read>, found: &mut Vec<Found>| {
        let free = taken
            .iter()
            .rev()
            .take(MOST)
            .all(|other| other.end <= at.start || at.end <= other.start);
        if let Some(read) = read.filter(|_| free && found.len() < MOST) {
            taken.push(at.clone());
            // "Adopted today" is the day; "established last year" and "in 2018" are not.
            let now = read.rule == "relative-date" && read.precision == 3;
            if now
                || !OTHER_DAY.is_match(
                    before(&text[..at.start], at.start, 60)
                        .rsplit(['.', '!', '?', ',', ';', ':', '\n'])
                        .next()
                        .unwrap_or_default(),
                )
            {
                found.push(read.found(page, at));
            }
        }
    };
    for (pattern, read) in [
        (&*DAY_MONTH, day_month as Reader),
        (&*MONTH_DAY, month_day),
        (&*ISO, iso),
        (&*AGO, ago),
        (&*MONTH_ONLY, month),
        (&*YEAR, year),
    ] {
        for captures in pattern.captures_iter(text).take(MOST) {
            if let Some(whole) = captures.get(0) {
                add(whole.range(), read(&captures, page.posted), &mut found);
            }
        }
    }
    for (pattern, unit, number) in COMING.iter() {
        for whole in pattern.find_iter(text).take(MOST) {
            add(
                whole.range(),
                Some(relative(*unit, *number, page.posted)),
                &mut found,
            );
        }
    }
    found.sort_by_key(|date| date.at.start);
    found
}

type Reader = fn(&Captures<'_>, Option<civil::Date>) -> Option<Read>;

/// A date without its place.
struct Read {
    start: String,
    end: Option<String>,
    precision: u8,
    basis: Basis,
    rule: &'static str,
}

impl Read {
    fn found(self, page: &Page<'_>, at: Range<usize>) -> Found {
        let confidence = if self.basis == Basis::Given {
            0.95
        } else {
            0.8
        };
        let evidence = page.evidence(self.rule, confidence, &at);
        let date = |value: String| Date {
            value,
            basis: self.basis,
            as_written: evidence.quote.text.clone(),
            evidence: evidence.clone(),
        };
        Found {
            at,
            precision: self.precision,
            end: self.end.map(date),
            start: date(self.start),
        }
    }
}

fn number(captures: &Captures<'_>, name: &str) -> Option<i16> {
    captures.name(name)?.as_str().parse().ok()
}

fn month_of(captures: &Captures<'_>, name: &str) -> Option<i8> {
    let word = captures.name(name)?.as_str().to_lowercase();
    let place = MONTHS
        .iter()
        .position(|names| names.contains(&word.as_str()))?;
    i8::try_from(place + 1).ok()
}

/// The day, with the year of the text, else with the year that brings it nearest to the day of posting.
fn day(
    year: Option<i16>,
    month: i8,
    day: i8,
    posted: Option<civil::Date>,
) -> Option<(String, Basis)> {
    // A leap year: whether 29 February is one depends on the year, if it is known.
    civil::Date::new(year.unwrap_or(2024), month, day).ok()?;
    if let Some(year) = year {
        return Some((format!("{year:04}-{month:02}-{day:02}"), Basis::Given));
    }
    let Some(posted) = posted else {
        return Some((format!("--{month:02}-{day:02}"), Basis::Given));
    };
    let near = (-1..=1)
        .filter_map(|offset| civil::Date::new(posted.year().checked_add(offset)?, month, day).ok());
    let nearest = near.min_by_key(|date| distance(*date, posted))?;
    Some((nearest.to_string(), Basis::Inferred))
}

fn distance(date: civil::Date, other: civil::Date) -> i32 {
    (date - other).get_days().abs()
}

fn span(
    first: (Option<i16>, i8, i8),
    last: Option<(Option<i16>, i8, i8)>,
    posted: Option<civil::Date>,
) -> Option<Read> {
    let (start, basis) = day(first.0, first.1, first.2, posted)?;
    let end = match last {
        Some((year, month, number)) => Some(day(year, month, number, posted)?.0),
        None => None,
    };
    let rule = if end.is_some() { "days" } else { "day" };
    // Backwards is no span: "the 30 and 1 May" is not a date.
    let forwards = end
        .as_ref()
        .is_none_or(|end| *end >= start || first.0.is_none());
    forwards.then_some(Read {
        start,
        end,
        precision: 3,
        basis,
        rule,
    })
}

fn small(value: i16) -> Option<i8> {
    i8::try_from(value).ok()
}

fn day_month(captures: &Captures<'_>, posted: Option<civil::Date>) -> Option<Read> {
    let (month, year) = (month_of(captures, "m2")?, number(captures, "y2"));
    let last = small(number(captures, "d2")?)?;
    match number(captures, "d1").and_then(small) {
        Some(first) => {
            let start = (
                number(captures, "y1").or(year),
                month_of(captures, "m1").unwrap_or(month),
                first,
            );
            span(start, Some((year, month, last)), posted)
        }
        None => span((year, month, last), None, posted),
    }
}

fn month_day(captures: &Captures<'_>, posted: Option<civil::Date>) -> Option<Read> {
    let (month, year) = (month_of(captures, "m1")?, number(captures, "y"));
    let first = small(number(captures, "d1")?)?;
    let last = number(captures, "d2").and_then(small);
    let last = last.map(|day| (year, month_of(captures, "m2").unwrap_or(month), day));
    span((year, month, first), last, posted)
}

fn iso(captures: &Captures<'_>, _: Option<civil::Date>) -> Option<Read> {
    let parts = |y, m, d| {
        Some((
            number(captures, y)?,
            small(number(captures, m)?)?,
            small(number(captures, d)?)?,
        ))
    };
    let (year, month, day) = parts("y", "m", "d").or_else(|| parts("dy", "dm", "dd"))?;
    span((Some(year), month, day), None, None)
}

fn month(captures: &Captures<'_>, posted: Option<civil::Date>) -> Option<Read> {
    let word = captures.name("m")?.as_str();
    let year = number(captures, "y");
    // "may" and "mars" are words too: a month has a year, or "in" before it and, in English, a capital letter.
    let led = captures.name("in").map(|led| led.as_str().to_lowercase());
    let capital = word.starts_with(char::is_uppercase);
    let french = led
        .as_deref()
        .is_some_and(|led| ["en ", "fin ", "début ", "au mois de ", "courant "].contains(&led));
    let month = month_of(captures, "m")?;
    let (start, basis) = match (year, posted) {
        (Some(year), _) => (format!("{year:04}-{month:02}"), Basis::Given),
        _ if !(led.is_some() && (capital || french)) => return None,
        (None, Some(posted)) => {
            let (near, basis) = day(None, month, 15, Some(posted))?;
            (near.get(..7)?.to_owned(), basis)
        }
        (None, None) => (format!("--{month:02}"), Basis::Given),
    };
    Some(Read {
        start,
        end: None,
        precision: 2,
        basis,
        rule: "month",
    })
}

fn year(captures: &Captures<'_>, _: Option<civil::Date>) -> Option<Read> {
    let start = captures.name("y")?.as_str().to_owned();
    Some(Read {
        start,
        end: None,
        precision: 1,
        basis: Basis::Given,
        rule: "year",
    })
}

fn ago(captures: &Captures<'_>, posted: Option<civil::Date>) -> Option<Read> {
    let count = captures
        .name("n")
        .or(captures.name("fn"))?
        .as_str()
        .to_lowercase();
    let count = if count == "a" || count == "an" {
        1
    } else {
        numbers::read(&count, "")?
    };
    let unit = match captures
        .name("u")
        .or(captures.name("fu"))?
        .as_str()
        .to_lowercase()
        .as_str()
    {
        "day" | "jour" => Unit::Day,
        "week" | "semaine" => Unit::Week,
        "month" | "mois" => Unit::Month,
        _ => Unit::Year,
    };
    Some(relative(unit, -i32::try_from(count).ok()?, posted))
}

/// What a day relative to that of posting is known to be: no more than its words say.
fn relative(unit: Unit, number: i32, posted: Option<civil::Date>) -> Read {
    let value = posted.and_then(|posted| match unit {
        Unit::Day => Some(posted.checked_add(number.days()).ok()?.to_string()),
        Unit::Week => {
            let day = posted.checked_add(number.weeks()).ok()?;
            let monday = day
                .checked_sub(i32::from(day.weekday().since(Weekday::Monday)).days())
                .ok()?;
            let sunday = monday.checked_add(6.days()).ok()?;
            // A week is no precision of the record: its month is, when it lies in one.
            (monday.month() == sunday.month()).then(|| monday.strftime("%Y-%m").to_string())
        }
        Unit::Month => Some(
            posted
                .checked_add(number.months())
                .ok()?
                .strftime("%Y-%m")
                .to_string(),
        ),
        Unit::Year => Some(
            posted
                .checked_add(number.years())
                .ok()?
                .strftime("%Y")
                .to_string(),
        ),
        Unit::Coming => None,
    });
    let precision = match unit {
        Unit::Day => 3,
        Unit::Week | Unit::Month => 2,
        Unit::Year => 1,
        Unit::Coming => 0,
    };
    Read {
        basis: if value.is_some() {
            Basis::Inferred
        } else {
            Basis::Unknown
        },
        start: value.unwrap_or_default(),
        end: None,
        precision,
        rule: "relative-date",
    }
}
