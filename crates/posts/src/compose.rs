//! The record as a post: an announcement, a report, or a list of takeaways.
//!
//! What is said comes from the record alone; a fact that it has not is left out with its line. Figures carry a
//! footnote with the name of their claim and the words that state it.

mod dates;
mod words;

use askama::Template;

/// What kind of post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// What will be.
    Announcement,
    /// What was, with its figures.
    ReportOut,
    /// The elements of its list, one by one.
    Takeaways,
}

/// The language of the post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// French.
    French,
}

/// How the post is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// CommonMark with footnotes; nothing of the record can make markup.
    Markdown,
    /// Text without markup.
    Plain,
}

/// Words of the record, and their language: they are marked where it is another than that of the post.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Item {
    /// The words.
    pub text: String,
    /// BCP 47 tag; empty where it makes no difference.
    pub language: String,
}

/// Where words come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quoted {
    /// The exact words; empty when the record has none.
    pub quote: String,
    /// Name or address of the source.
    pub source: String,
}

/// A figure of the event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figure {
    /// Name of the claim: that of the event with the id of the claim behind `#`.
    pub claim: String,
    /// What is counted.
    pub measure: String,
    /// The figure; one that nobody gave is left out.
    pub value: Option<i64>,
    /// Out of how many.
    pub total: Option<i64>,
    /// `exact`, `at-least`, `about` or `expected`.
    pub qualifier: String,
    /// Unit, when it is not a count.
    pub unit: String,
    /// Who says so.
    pub from: Quoted,
}

/// What the record says of an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meeting {
    /// Title.
    pub title: Item,
    /// Names of the dialogues that hold it.
    pub dialogues: Vec<Item>,
    /// First and last day (ISO 8601, of any precision); empty when not known.
    pub start: String,
    /// Last day; empty when it is the first.
    pub end: String,
    /// City or building.
    pub place: String,
    /// ISO 3166-1 alpha-2 code.
    pub country: String,
    /// Whether it was held.
    pub held: bool,
    /// Who does what: the role as the record words it, and the name.
    pub roles: Vec<(String, Item)>,
    /// Points of the agenda.
    pub agenda: Vec<Item>,
    /// Figures.
    pub figures: Vec<Figure>,
    /// Elements of its lists: number as printed, words, name in the record.
    pub takeaways: Vec<(String, Item, String)>,
    /// Codes of themes.
    pub themes: Vec<String>,
    /// What the links lead to, and where.
    pub links: Vec<(Item, String)>,
}

/// Everything that a template shows, ready to be shown.
struct View {
    style: Style,
    title: String,
    held: bool,
    dialogues: String,
    when: String,
    place: String,
    roles: Vec<(String, String)>,
    agenda: Vec<String>,
    figures: Vec<String>,
    takeaways: Vec<(String, String)>,
    links: Vec<String>,
    hashtags: String,
    notes: Vec<String>,
}

impl View {
    fn heading(&self) -> String {
        match self.style {
            Style::Markdown => format!("# {}", self.title),
            Style::Plain => self.title.clone(),
        }
    }

    fn strong(&self, words: &str) -> String {
        match self.style {
            Style::Markdown => format!("**{words}**"),
            Style::Plain => words.to_owned(),
        }
    }
}

macro_rules! templates {
    ($($name:ident = $path:literal;)*) => {
        $(#[derive(Template)]
        #[template(path = $path, escape = "none")]
        struct $name { v: View })*
    };
}
templates! {
    AnnouncementEn = "announcement.en.txt";
    AnnouncementFr = "announcement.fr.txt";
    ReportEn = "report-out.en.txt";
    ReportFr = "report-out.fr.txt";
    TakeawaysEn = "takeaways.en.txt";
    TakeawaysFr = "takeaways.fr.txt";
}

/// Writes the post.
///
/// # Errors
///
/// Says why a template could not be filled; none of ours is known to fail.
pub fn compose(
    meeting: &Meeting,
    form: Form,
    language: Language,
    style: Style,
) -> Result<String, String> {
    let v = view(meeting, form, language, style);
    let text = match (form, language) {
        (Form::Announcement, Language::English) => AnnouncementEn { v }.render(),
        (Form::Announcement, Language::French) => AnnouncementFr { v }.render(),
        (Form::ReportOut, Language::English) => ReportEn { v }.render(),
        (Form::ReportOut, Language::French) => ReportFr { v }.render(),
        (Form::Takeaways, Language::English) => TakeawaysEn { v }.render(),
        (Form::Takeaways, Language::French) => TakeawaysFr { v }.render(),
    };
    let text = text.map_err(|error| error.to_string())?;
    // A line whose fact is missing leaves a gap of its own: one blank line is enough between parts.
    let mut lines: Vec<&str> = Vec::new();
    for line in text.lines().map(str::trim_end) {
        if !(line.is_empty() && lines.last().is_none_or(|last| last.is_empty())) {
            lines.push(line);
        }
    }
    Ok(format!("{}\n", lines.join("\n").trim_end()))
}

fn view(meeting: &Meeting, form: Form, language: Language, style: Style) -> View {
    let french = language == Language::French;
    let tag = if french { "fr" } else { "en" };
    let item = |item: &Item| {
        let other = !item.language.is_empty() && item.language.split('-').next() != Some(tag);
        let mark = if other {
            format!(" [{}]", item.language)
        } else {
            String::new()
        };
        format!("{}{}", safe(&item.text, style), safe(&mark, style))
    };
    let mut notes: Vec<String> = Vec::new();
    let mut note = |words: String| {
        notes.push(words);
        match style {
            Style::Markdown => format!("[^{}]", notes.len()),
            Style::Plain => format!(" [{}]", notes.len()),
        }
    };
    let shown = |figure: &&Figure| match form {
        // Nothing is over yet: only what is expected is a figure of an announcement.
        Form::Announcement => !meeting.held && matches!(figure.qualifier.as_str(), "expected"),
        Form::ReportOut => true,
        Form::Takeaways => false,
    };
    let mut figures = Vec::new();
    for figure in meeting.figures.iter().filter(shown) {
        if let Some(words) = words::figure(figure, french) {
            figures.push(format!(
                "{}{}",
                safe(&words, style),
                note(words::note(&figure.claim, &figure.from, french, |words| {
                    safe(words, style)
                }))
            ));
        }
    }
    let with_notes = form == Form::Takeaways;
    let mut takeaways = Vec::new();
    for (number, words, name) in &meeting.takeaways {
        let mark = if with_notes {
            note(safe(name, style))
        } else {
            String::new()
        };
        takeaways.push((safe(number, style), format!("{}{mark}", item(words))));
    }
    let country = crate::words::states::name(&meeting.country, french).unwrap_or(&meeting.country);
    let city = crate::words::cities::french(&meeting.place).filter(|_| french);
    let city = city.as_deref().unwrap_or(&meeting.place);
    let place: Vec<String> = [city, country]
        .iter()
        .filter(|part| !part.is_empty())
        .map(|part| safe(part, style))
        .collect();
    let links = meeting
        .links
        .iter()
        .map(|(title, url)| link(&item(title), url, style));
    let dialogues: Vec<String> = meeting.dialogues.iter().map(item).collect();
    View {
        style,
        title: item(&meeting.title),
        held: meeting.held,
        dialogues: words::all(&dialogues, french),
        when: dates::span(&meeting.start, &meeting.end, french),
        place: place.join(", "),
        roles: words::roles(meeting, french, item),
        agenda: meeting.agenda.iter().map(item).collect(),
        figures,
        takeaways,
        links: links.collect(),
        hashtags: words::hashtags(&meeting.themes),
        notes: numbered(&notes, style),
    }
}

fn numbered(notes: &[String], style: Style) -> Vec<String> {
    let note = |(at, words): (usize, &String)| match style {
        Style::Markdown => format!("[^{}]: {words}", at + 1),
        Style::Plain => format!("[{}] {words}", at + 1),
    };
    notes.iter().enumerate().map(note).collect()
}

fn link(title: &str, url: &str, style: Style) -> String {
    let address: String = url
        .chars()
        .filter(|c| !c.is_control() && !c.is_whitespace() && !matches!(c, '<' | '>'))
        .collect();
    match (title.is_empty(), style) {
        (true, Style::Markdown) => format!("<{address}>"),
        (true, Style::Plain) => address,
        (false, Style::Markdown) => format!("{title}: <{address}>"),
        (false, Style::Plain) => format!("{title}: {address}"),
    }
}

/// Words of the record on one line, without control characters, and in Markdown without markup.
fn safe(words: &str, style: Style) -> String {
    let mut out = String::with_capacity(words.len());
    let one_line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let steers = |c: &char| {
        c.is_control()
            || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    for c in one_line.chars().filter(|c| !steers(c)) {
        if style == Style::Markdown
            && matches!(
                c,
                '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '!'
            )
        {
            out.push('\\');
        }
        out.push(c);
    }
    // Space at the head of a mark of language is meant.
    if words.starts_with(' ') {
        format!(" {out}")
    } else {
        out
    }
}
