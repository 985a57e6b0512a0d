//! What pages put around posts.

use super::patterns;

patterns! {
    /// Lines that end a post: separators, and what stands below each.
    ENDS = r"(?i)^(?:[-_*=~]{1,80}|to view or add a comment, sign in|more relevant posts|(?:see|view) more (?:comments|posts)|pour voir ou ajouter un commentaire,.{0,40}|plus de posts pertinents|autres posts de .{0,80})$";
    /// Lines that belong to the page and not to the post.
    FURNITURE = r"(?i)^(?:[\d., ]{1,12}[km]?\s*(?:followers|abonnés|likes?|reactions?|réactions?|comments?|commentaires?|shares?|reposts?|views?|vues)|.{1,80}'s? post|post de .{1,80}|(?:…|\.\.\.)?\s*(?:see|show|read) (?:more|translation)|… ?(?:more|plus)|afficher (?:plus|la traduction)|report this (?:post|comment)|signaler ce post|like|j'aime|comment|commenter|share|partager|repost|send|follow|suivre|copy|linkedin|facebook|twitter|\d{1,2}\s?(?:h|d|w|mo|yr|j|sem|min)\.?(?:\s*•.{0,20})?)$";
}

/// Whether a line ends the post above it.
pub(crate) fn ends_post(line: &str) -> bool {
    ENDS.is_match(line)
}

/// Whether a line is no part of a post.
pub(crate) fn is(line: &str) -> bool {
    line.len() < 200 && FURNITURE.is_match(line)
}
