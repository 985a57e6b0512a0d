//! The pack as Markdown, for those who paste it into a note.

use std::fmt::Write;

use super::view::{Event, Item, View};

/// The whole pack; nothing in the record can make markup of it.
pub(super) fn text(view: &View) -> String {
    let mut out = Out(String::new());
    out.line(format_args!(
        "# {}: handover from {} to {}",
        safe(&view.title.words),
        safe(&view.from.party),
        safe(&view.to.party)
    ));
    out.line(format_args!(
        "From {} ({}) to {} ({}), as counted on {}.",
        safe(&view.from.party),
        safe(&view.from.days),
        safe(&view.to.party),
        safe(&view.to.days),
        safe(&view.on)
    ));
    let figures: Vec<String> = view
        .figures
        .iter()
        .map(|it| format!("**{}** {}", safe(&it.value), safe(&it.label)))
        .collect();
    out.line(figures.join(" · "));
    out.line("## Needs attention");
    out.items(&view.urgent);
    out.line("## Open items");
    out.items(&view.open);
    out.line("## Promised");
    out.items(&view.promised);
    out.line("## Planned");
    out.events(&view.planned);
    out.line("## Held in the term that ends");
    out.events(&view.held);
    out.line("## Reports due");
    let dues = view.dues.iter();
    out.table(
        &["Day", "About", "Who reports", "State"],
        dues.map(|it| vec![&it.day, &it.subject, &it.who, &it.state]),
    );
    out.line("## Gaps");
    if view.gaps.is_empty() {
        out.line("None.");
    }
    for group in &view.gaps {
        out.line(format_args!(
            "### {} ({})",
            safe(&group.title),
            group.gaps.len()
        ));
        let gaps = group.gaps.iter();
        out.table(
            &["Record", "Text", "Detail", "For"],
            gaps.map(|it| vec![&it.name, &it.text.words, &it.detail, &it.days]),
        );
    }
    out.line("## Terms");
    let numbers: Vec<[String; 6]> = view
        .terms
        .iter()
        .map(|it| {
            [
                it.events_held,
                it.not_held,
                it.adopted,
                it.implemented,
                it.open,
                it.overdue,
            ]
            .map(|number| number.to_string())
        })
        .collect();
    let terms = view.terms.iter().zip(&numbers);
    out.table(
        &[
            "Chair",
            "Days",
            "Events held",
            "Not held",
            "Adopted",
            "Implemented",
            "Open",
            "Overdue",
        ],
        terms.map(|(it, numbers)| [&it.party, &it.days].into_iter().chain(numbers).collect()),
    );
    out.line("## How it was counted");
    out.line(format_args!(
        "Dues and ages are counted against {}. The pack rests on these positions of the logs: {}.",
        safe(&view.on),
        safe(&view.positions)
    ));
    let text = out.0;
    format!("{}\n", text.trim_end())
}

struct Out(String);

impl Out {
    /// A paragraph or a heading.
    fn line(&mut self, words: impl std::fmt::Display) {
        // Writing to a String does not fail.
        let _ = write!(self.0, "{words}\n\n");
    }

    fn table<'a>(&mut self, headings: &[&str], rows: impl Iterator<Item = Vec<&'a String>>) {
        let mut rows = rows.peekable();
        if rows.peek().is_none() {
            return self.line("None.");
        }
        let _ = writeln!(self.0, "| {} |", headings.join(" | "));
        let _ = writeln!(self.0, "|{}", " --- |".repeat(headings.len()));
        for row in rows {
            let cells: Vec<String> = row.into_iter().map(|it| safe(it)).collect();
            let _ = writeln!(self.0, "| {} |", cells.join(" | "));
        }
        self.0.push('\n');
    }

    fn items(&mut self, items: &[Item]) {
        let rows: Vec<[String; 6]> = items
            .iter()
            .map(|it| {
                let labels: Vec<&str> =
                    it.labels.iter().map(|label| label.words.as_str()).collect();
                let state: Vec<&str> = [it.response.as_str(), &it.status]
                    .into_iter()
                    .filter(|words| !words.is_empty())
                    .collect();
                [
                    it.name.clone(),
                    it.text.words.clone(),
                    it.who.clone(),
                    state.join(", "),
                    it.due.clone(),
                    labels.join(", "),
                ]
            })
            .collect();
        self.table(
            &[
                "Record",
                "What",
                "Who",
                "Answer and state",
                "Due",
                "Stands out",
            ],
            rows.iter().map(|row| row.iter().collect()),
        );
    }

    fn events(&mut self, events: &[Event]) {
        let rows = events.iter();
        self.table(
            &["Event", "What", "Days", "Kind", "Place", "State"],
            rows.map(|it| {
                vec![
                    &it.name,
                    &it.title.words,
                    &it.days,
                    &it.kind,
                    &it.place,
                    &it.state,
                ]
            }),
        );
    }
}

/// Words that Markdown takes as they are: one line, no mark-up, no HTML.
fn safe(words: &str) -> String {
    let mut shown = String::with_capacity(words.len());
    for letter in words.chars() {
        match letter {
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '&' => shown.push_str("&amp;"),
            '\n' | '\r' | '\t' => shown.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '!' | '~' | '$' => {
                shown.extend(['\\', letter])
            }
            letter => shown.push(letter),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_make_no_markup() {
        assert_eq!(safe("a|b\n# <i>*x*"), "a\\|b \\# &lt;i&gt;\\*x\\*");
        assert_eq!(safe("![x](y)"), "\\!\\[x\\](y)");
    }
}
