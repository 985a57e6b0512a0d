//! Reading a citation as people write it: any case, spaces where they like, every kind of dash.

/// What is left of a citation.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    rest: Vec<char>,
    at: usize,
}

impl Reader {
    /// The text, in one case, its dashes and spaces of one kind.
    pub(crate) fn new(text: &str) -> Self {
        let one = |c: char| match c {
            '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE58}' | '\u{FE63}' | '\u{FF0D}' => '-',
            '\u{FF08}' => '(',
            '\u{FF09}' => ')',
            c if c.is_whitespace() => ' ',
            c => c,
        };
        Self {
            rest: text.chars().map(one).flat_map(char::to_lowercase).collect(),
            at: 0,
        }
    }

    fn peek(&self) -> Option<char> {
        self.rest.get(self.at).copied()
    }

    /// Passes over any of these characters.
    pub(crate) fn skip(&mut self, any_of: &str) {
        while self.peek().is_some_and(|c| any_of.contains(c)) {
            self.at += 1;
        }
    }

    /// Takes this character, spaces before it apart.
    pub(crate) fn char(&mut self, wanted: char) -> Option<()> {
        self.skip(" ");
        (self.peek() == Some(wanted)).then(|| self.at += 1)
    }

    /// Takes one of these words, if it comes next; longer words first.
    pub(crate) fn word(&mut self, any_of: &[&str]) -> Option<()> {
        self.skip(" ");
        let found = any_of.iter().find(|word| {
            let end = self.at + word.chars().count();
            let same = word.chars().eq(self
                .rest
                .get(self.at..end)
                .unwrap_or_default()
                .iter()
                .copied());
            // A word ends where another kind of character begins: `no` is not the beginning of `note`.
            let letter = |c: Option<&char>| c.is_some_and(|c| c.is_alphabetic());
            same && !(letter(self.rest.get(end.saturating_sub(1))) && letter(self.rest.get(end)))
        })?;
        self.at += found.chars().count();
        Some(())
    }

    /// Takes a number of at most nine digits.
    pub(crate) fn number(&mut self) -> Option<u32> {
        self.skip(" ");
        let digits = self.run(|c| c.is_ascii_digit());
        let number = digits.parse().ok().filter(|_| digits.len() <= 9)?;
        self.at += digits.len();
        Some(number)
    }

    /// Takes a Roman numeral, with nothing but letters of one in it.
    pub(crate) fn roman(&mut self) -> Option<u32> {
        self.skip(" ");
        let letters = self.run(char::is_alphanumeric);
        let number = super::roman::parse(&letters)?;
        self.at += letters.len();
        Some(number)
    }

    /// Takes what is left, without spaces.
    pub(crate) fn remainder(&mut self) -> String {
        let rest = self
            .rest
            .get(self.at..)
            .unwrap_or_default()
            .iter()
            .filter(|c| **c != ' ')
            .collect();
        self.at = self.rest.len();
        rest
    }

    /// Takes the part below an instrument, if one is named: `para 2(b)`, `paragraph (a)`.
    pub(crate) fn paragraph(&mut self) -> Option<String> {
        let before = self.at;
        self.skip(" ,;-");
        let named = self.word(&[
            "paragraphs",
            "paragraph",
            "paras.",
            "paras",
            "para.",
            "para",
            "§",
        ]);
        let path = named
            .map(|()| self.remainder())
            .filter(|path| is_path(path));
        if path.is_none() {
            // What cannot be read is left, so that the citation is refused for it.
            self.at = before;
        }
        path
    }

    /// Holds when nothing is left.
    pub(crate) fn end(&mut self) -> Option<()> {
        self.skip(" .,;");
        (self.at == self.rest.len()).then_some(())
    }

    fn run(&self, wanted: impl Fn(char) -> bool) -> String {
        self.rest
            .get(self.at..)
            .unwrap_or_default()
            .iter()
            .copied()
            .take_while(|c| wanted(*c))
            .collect()
    }
}

/// Whether this can name a part of a text: `2(b)(iii)`, `(a)`, `14`.
fn is_path(path: &str) -> bool {
    let short = (1..=40).contains(&path.len());
    short
        && path
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "().".contains(c))
}
