//! A file into its posts, without the furniture of the page around them.

use std::ops::Range;

use crate::view::View;
use crate::words::furniture;

/// Where the posts stand: each is a run of lines that are neither furniture nor separators.
pub(crate) fn posts(text: &str) -> Vec<Range<usize>> {
    let mut posts: Vec<Range<usize>> = Vec::new();
    let mut open: Option<Range<usize>> = None;
    for line in lines(text) {
        let words = &text[line.clone()];
        let plain = View::new(words).text;
        let plain = plain.trim();
        if furniture::ends_post(plain) {
            posts.extend(open.take());
        } else if !plain.is_empty() && !furniture::is(plain) {
            let start = line.start + (words.len() - words.trim_start().len());
            let end = line.start + words.trim_end().len();
            match &mut open {
                Some(post) => post.end = end,
                None => open = Some(start..end),
            }
        }
    }
    posts.extend(open);
    posts
}

/// Lines by any line end, each without its own; also of a file of one endless line.
fn lines(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    let ends = text.match_indices(['\n', '\r']).map(|(at, _)| at);
    ends.chain(std::iter::once(text.len())).map(move |end| {
        let line = start..end;
        start = (end + 1).min(text.len());
        line
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn furniture_separates_and_is_left_out() {
        let text = "One post.\r\nIts card\r\nTo view or add a comment, sign in\r\n-\r\n  Two.  \n1,704 followers\nRabat Process’ Post\nMore Relevant Posts\nThree\n---\n";
        let found: Vec<&str> = posts(text).into_iter().map(|post| &text[post]).collect();
        assert_eq!(found, ["One post.\r\nIts card", "Two.", "Three"]);
        assert!(posts("").is_empty());
        assert_eq!(posts("x"), vec![Range { start: 0, end: 1 }]);
    }

    #[test]
    fn a_dash_at_the_head_of_a_line_is_a_bullet() {
        assert_eq!(
            posts("Agenda:\n- one\n- two"),
            vec![Range { start: 0, end: 19 }]
        );
    }
}
