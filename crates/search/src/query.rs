//! What people write into a search box, read.
//!
//! ```text
//! missing migrants            both words, in any form and language
//! "missing migrants"          these words side by side, as written
//! migra*                      words that begin so
//! #LabourMigration            the words of a hashtag, or the theme of that name
//! theme:return,asylum         a field has one of these values
//! year:2021..2024             from, to; either may be left out
//! -webinar  -theme:return     not this
//! return OR readmission       one of them; brackets group
//! ```
//!
//! Whatever is not closed ends at the end, and what means nothing is passed over: a person gets an answer. What
//! is too long, too deep or names a field that there is not is refused in words.

use crate::error::{Error, Result};
use crate::filter::Filter;

/// Longest query, in characters.
pub const MAX_CHARS: usize = 2_000;
/// Most words, phrases and filters in a query.
pub const MAX_PARTS: usize = 64;
/// Brackets within brackets.
const MAX_DEPTH: usize = 8;
/// Letters before a `*`.
const LEAST_BEGINNING: usize = 2;

/// A part of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// One word as it was written; it may fall into several (`follow-up`).
    Word(String),
    /// How a word begins.
    Beginning(String),
    /// Words side by side.
    Phrase(String),
    /// A hashtag without its `#`, and what else it may stand for.
    Tag(String, Option<Filter>),
    /// A condition on a field.
    Filter(Filter),
    /// This does not hold.
    Not(Box<Node>),
    /// All of these hold.
    All(Vec<Node>),
    /// One of these holds.
    Any(Vec<Node>),
}

/// A query that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// What has to hold, one by one.
    pub nodes: Vec<Node>,
    /// The filters that hold for the whole of it, by their field. A facet can be counted without its own.
    pub filters: Vec<(&'static str, Filter)>,
}

impl Query {
    /// Whether nothing is said of words.
    pub fn is_wordless(&self) -> bool {
        fn wordless(node: &Node) -> bool {
            match node {
                Node::Filter(_) => true,
                Node::Not(_) => true,
                Node::All(nodes) | Node::Any(nodes) => nodes.iter().all(wordless),
                Node::Word(_) | Node::Beginning(_) | Node::Phrase(_) | Node::Tag(..) => false,
            }
        }
        self.nodes.iter().all(wordless)
    }
}

/// What `field:value` stands for.
pub trait Vocabulary {
    /// The filter of a value, and the field on which it is; none when there is no such field.
    fn filter(&self, field: &str, value: &str) -> Option<Result<(&'static str, Filter)>>;
    /// The filter that a hashtag may stand for.
    fn tag(&self, tag: &str) -> Option<Filter>;
    /// The names of the fields.
    fn fields(&self) -> &[&'static str];
}

/// Reads a query.
pub fn parse(text: &str, vocabulary: &dyn Vocabulary) -> Result<Query> {
    let length = text.chars().take(MAX_CHARS + 1).count();
    if length > MAX_CHARS {
        return Err(Error::Query(format!(
            "is longer than {MAX_CHARS} characters; say it with fewer words"
        )));
    }
    let mut parser = Parser {
        rest: clean(text),
        vocabulary,
        parts: 0,
    };
    parser.rest.reverse();
    let mut query = Query::default();
    // A bracket that closes nothing ends no query.
    while !parser.rest.is_empty() {
        match parser.any(0)? {
            Node::All(nodes) => query.nodes.extend(nodes),
            node => query.nodes.push(node),
        }
        parser.rest.pop_if(|c| *c == ')');
    }
    // What is a filter of the whole is told apart, so that facets can be counted without it.
    for node in std::mem::take(&mut query.nodes) {
        match node {
            Node::Filter(filter) => query.filters.push((field_of(&filter), filter)),
            node => query.nodes.push(node),
        }
    }
    Ok(query)
}

/// The field of a filter that [`Vocabulary::filter`] made.
fn field_of(filter: &Filter) -> &'static str {
    match filter {
        Filter::Is(field, _) | Filter::Between(field, ..) => field,
        Filter::Any(all) | Filter::All(all) => all.first().map_or("", field_of),
        Filter::Not(one) => field_of(one),
        Filter::Days(..) => "",
    }
}

/// The characters of a query: what is not shown, or turns others around, is not part of it.
fn clean(text: &str) -> Vec<char> {
    let shown = |c: char| match c {
        '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{FEFF}' => None,
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => None,
        '“' | '”' | '„' | '«' | '»' => Some('"'),
        c if c.is_control() || c.is_whitespace() => Some(' '),
        c => Some(c),
    };
    text.chars().filter_map(shown).collect()
}

struct Parser<'v> {
    /// Backwards: the next one is the last.
    rest: Vec<char>,
    vocabulary: &'v dyn Vocabulary,
    parts: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.rest.last().copied()
    }

    fn skip_space(&mut self) {
        while self.peek() == Some(' ') {
            self.rest.pop();
        }
    }

    fn part(&mut self) -> Result<()> {
        self.parts += 1;
        if self.parts > MAX_PARTS {
            return Err(Error::Query(format!(
                "has more than {MAX_PARTS} words and filters; say it with fewer"
            )));
        }
        Ok(())
    }

    /// `a b OR c d`, up to a closing bracket.
    fn any(&mut self, depth: usize) -> Result<Node> {
        let mut ways = Vec::new();
        let mut all = Vec::new();
        loop {
            self.skip_space();
            match self.peek() {
                None | Some(')') => break,
                Some('|') => {
                    self.rest.pop();
                    ways.push(std::mem::take(&mut all));
                }
                Some(_) => match self.word_if(&["OR", "AND", "NOT"]) {
                    Some("OR") => ways.push(std::mem::take(&mut all)),
                    Some("NOT") => all.extend(self.not(depth)?),
                    Some(_) => {}
                    None => all.extend(self.one(depth)?),
                },
            }
        }
        ways.push(all);
        ways.retain(|way| !way.is_empty());
        let node = |mut way: Vec<Node>| match (way.len(), way.pop()) {
            (1, Some(one)) => one,
            (_, last) => {
                way.extend(last);
                Node::All(way)
            }
        };
        Ok(if ways.len() > 1 {
            Node::Any(ways.into_iter().map(node).collect())
        } else {
            node(ways.pop().unwrap_or_default())
        })
    }

    /// One of these words, standing alone.
    fn word_if<'w>(&mut self, words: &[&'w str]) -> Option<&'w str> {
        let found = words.iter().find(|word| {
            let length = word.len();
            let Some(begin) = self.rest.len().checked_sub(length) else {
                return false;
            };
            let is = self.rest[begin..].iter().rev().copied().eq(word.chars());
            let ends = begin == 0 || matches!(self.rest[begin - 1], ' ' | '(' | ')' | '"');
            is && ends
        })?;
        self.rest.truncate(self.rest.len() - found.len());
        Some(found)
    }

    fn not(&mut self, depth: usize) -> Result<Option<Node>> {
        self.skip_space();
        if matches!(self.peek(), None | Some(')')) {
            return Ok(None);
        }
        let node = self.one(depth)?;
        Ok(node.map(|node| Node::Not(Box::new(node))))
    }

    fn one(&mut self, depth: usize) -> Result<Option<Node>> {
        match self.peek() {
            Some('-') => {
                self.rest.pop();
                // A dash by itself is a dash.
                match self.peek() {
                    None | Some(' ' | '-') => Ok(None),
                    Some(_) => self.not(depth),
                }
            }
            Some('(') => {
                self.rest.pop();
                if depth >= MAX_DEPTH {
                    return Err(Error::Query(format!(
                        "has brackets within brackets, more than {MAX_DEPTH} deep"
                    )));
                }
                let node = self.any(depth + 1)?;
                self.rest.pop_if(|c| *c == ')');
                let is_empty = matches!(&node, Node::All(nodes) if nodes.is_empty());
                Ok((!is_empty).then_some(node))
            }
            Some('"') => {
                self.rest.pop();
                let phrase = self.take_until(|c| c == '"');
                self.rest.pop();
                self.part()?;
                Ok((!phrase.trim().is_empty()).then_some(Node::Phrase(phrase)))
            }
            Some(_) => self.word(),
            None => Ok(None),
        }
    }

    fn word(&mut self) -> Result<Option<Node>> {
        let mut word = self.take_until(|c| matches!(c, ' ' | '"' | '(' | ')' | '|'));
        self.part()?;
        if let Some((field, value)) = word.split_once(':')
            && is_field(field)
            && !value.starts_with("//")
        {
            let mut value = value.to_owned();
            if value.is_empty() && self.peek() == Some('"') {
                self.rest.pop();
                value = self.take_until(|c| c == '"');
                self.rest.pop();
            }
            if !value.trim().is_empty() {
                return self.filter(field, &value).map(Some);
            }
        }
        if let Some(tag) = word.strip_prefix('#') {
            let filter = self.vocabulary.tag(tag);
            return Ok(Some(Node::Tag(tag.to_owned(), filter)));
        }
        if word.ends_with('*') {
            word.truncate(word.trim_end_matches('*').len());
            let letters = word.chars().filter(|c| c.is_alphanumeric()).count();
            return Ok(match letters {
                0 => None,
                1..LEAST_BEGINNING => Some(Node::Word(word)),
                _ => Some(Node::Beginning(word)),
            });
        }
        Ok(Some(Node::Word(word)))
    }

    fn filter(&mut self, field: &str, value: &str) -> Result<Node> {
        let mut values = Vec::new();
        for value in value.split(',').filter(|value| !value.trim().is_empty()) {
            self.part()?;
            match self.vocabulary.filter(field, value.trim()) {
                Some(filter) => values.push(filter?.1),
                None => {
                    let known = self.vocabulary.fields().join(", ");
                    return Err(Error::Query(format!(
                        "has no field {field:?}; there are {known}; put the words in quotation marks to search for them"
                    )));
                }
            }
        }
        Ok(Node::Filter(match (values.len(), values.pop()) {
            (1, Some(one)) => one,
            (_, last) => {
                values.extend(last);
                Filter::Any(values)
            }
        }))
    }

    fn take_until(&mut self, ends: impl Fn(char) -> bool) -> String {
        let mut taken = String::new();
        while let Some(next) = self.peek()
            && !ends(next)
        {
            taken.push(next);
            self.rest.pop();
        }
        taken
    }
}

/// Whether the words before a colon look like a field, and not like the beginning of a sentence.
fn is_field(field: &str) -> bool {
    field.len() >= 2 && field.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
}

#[cfg(test)]
mod tests;
