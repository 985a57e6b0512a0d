//! A file of verdicts: one JSON object a line.

use std::collections::{BTreeMap, BTreeSet};

use rapporteur_posts::{Draft, Proposal};
use serde::{Deserialize, Serialize};

use super::{edit, show};
use crate::error::{Failure, Result};

/// What a person says of a proposal.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    proposal: String,
    /// `accept` or `reject`; empty while nobody has decided.
    #[serde(default)]
    verdict: Verdict,
    #[serde(default)]
    edits: serde_json::Map<String, serde_json::Value>,
    /// For the reader alone.
    #[serde(default)]
    says: String,
    #[serde(default)]
    quote: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Accept,
    Reject,
    #[default]
    #[serde(rename = "")]
    Open,
}

/// The proposals that the lines accept, edited, in their order. Every line is read before anything is taken over.
pub(super) fn accepted(draft: &Draft, file: &str, lines: &str) -> Result<Vec<Proposal>> {
    let all: BTreeMap<&str, &Proposal> = draft
        .posts
        .iter()
        .flat_map(|post| &post.proposals)
        .map(|it| (it.id.as_str(), it))
        .collect();
    let mut seen = BTreeSet::new();
    let mut taken: BTreeMap<String, Proposal> = BTreeMap::new();
    let numbered = lines
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    for (at, line) in numbered {
        let wrong = |why: String| Failure::usage(format!("{file} line {}: {why}", at + 1));
        let line: Line = serde_json::from_str(line).map_err(|e| wrong(e.to_string()))?;
        // A party that was accepted before is in the record, and so proposed no more.
        let party = line.proposal.split_once(".party.");
        if !all.contains_key(line.proposal.as_str())
            && party.is_some_and(|(post, _)| draft.posts.iter().any(|own| own.id == post))
        {
            continue;
        }
        let proposal = all.get(line.proposal.as_str()).ok_or_else(|| {
            wrong(format!(
                "proposal: {} is none of these posts; has the text changed?",
                line.proposal
            ))
        })?;
        if !seen.insert(line.proposal.clone()) {
            return Err(wrong(format!(
                "proposal: {} has a verdict above",
                line.proposal
            )));
        }
        if line.verdict == Verdict::Accept {
            let edited =
                edit::apply(proposal, &line.edits).map_err(|why| wrong(format!("edits.{why}")))?;
            taken.insert(line.proposal, edited);
        } else if !line.edits.is_empty() {
            return Err(wrong(
                "edits: are given without the verdict accept".to_owned(),
            ));
        }
    }
    let order = draft.posts.iter().flat_map(|post| &post.proposals);
    Ok(order
        .filter_map(|proposal| taken.remove(&proposal.id))
        .collect())
}

/// A file with a line for each proposal, to be given verdicts. It is not written over.
pub(super) fn write(draft: &Draft, file: &str) -> Result<()> {
    use std::io::Write as _;
    let unwritable = |e: std::io::Error| Failure::other("UNWRITABLE", format!("{file}: {e}"));
    let mut lines = String::new();
    for proposal in draft.posts.iter().flat_map(|post| &post.proposals) {
        let line = Line {
            proposal: proposal.id.clone(),
            verdict: Verdict::Open,
            edits: serde_json::Map::new(),
            says: show::says(&proposal.record),
            quote: proposal.evidence.quote.text.clone(),
        };
        let line = serde_json::to_string(&line)
            .map_err(|e| Failure::other("UNPRINTABLE", e.to_string()))?;
        lines.push_str(&line);
        lines.push('\n');
    }
    let mut out = std::fs::File::create_new(file).map_err(unwritable)?;
    out.write_all(lines.as_bytes()).map_err(unwritable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rapporteur_posts::parties::BuiltIn;
    use rapporteur_posts::{Options, Vocabulary};

    fn draft() -> Draft {
        let vocabulary = Vocabulary::built_in();
        let options = Options {
            posted: None,
            dialogue: Some("rabat"),
            vocabulary: &vocabulary,
            parties: &BuiltIn,
        };
        rapporteur_posts::draft(
            "A workshop was held in Lisbon with 15 participants. #mobility",
            &options,
        )
        .unwrap()
    }

    #[test]
    fn only_what_is_accepted_is_taken() {
        let draft = draft();
        let ids: Vec<&str> = draft.posts[0]
            .proposals
            .iter()
            .map(|it| it.id.as_str())
            .collect();
        let lines = format!(
            "{{\"proposal\":\"{}\",\"verdict\":\"accept\",\"edits\":{{\"title\":\"X\"}}}}\n\n{{\"proposal\":\"{}\",\"verdict\":\"reject\"}}\n{{\"proposal\":\"{}\"}}\n",
            ids[0], ids[1], ids[2]
        );
        let taken = accepted(&draft, "v", &lines).unwrap();
        assert_eq!(taken.len(), 1);
        assert!(show::says(&taken[0].record).contains("\"X\""));
        let recorded = format!(
            "{{\"proposal\":\"{}.party.pt\",\"verdict\":\"accept\"}}",
            draft.posts[0].id
        );
        assert!(accepted(&draft, "v", &recorded).unwrap().is_empty());
        let wrong = |line: &str| accepted(&draft, "v", line).unwrap_err().to_string();
        assert!(wrong("{\"proposal\":\"ffffffff.event.1\"}").contains("v line 1"));
        assert!(
            wrong(&format!(
                "{{\"proposal\":\"{0}\"}}\n{{\"proposal\":\"{0}\"}}",
                ids[0]
            ))
            .contains("line 2")
        );
        assert!(
            wrong(&format!(
                "{{\"proposal\":\"{}\",\"verdict\":\"perhaps\"}}",
                ids[0]
            ))
            .contains("perhaps")
        );
        assert!(
            wrong(&format!(
                "{{\"proposal\":\"{}\",\"edits\":{{\"title\":\"X\"}}}}",
                ids[0]
            ))
            .contains("without the verdict")
        );
        assert!(
            wrong(&format!(
                "{{\"proposal\":\"{}\",\"verdict\":\"accept\",\"edits\":{{\"colour\":1}}}}",
                ids[0]
            ))
            .contains("colour")
        );
    }

    #[test]
    fn a_template_has_every_proposal_and_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("v.ndjson");
        let file = file.to_str().unwrap();
        write(&draft(), file).unwrap();
        let lines = std::fs::read_to_string(file).unwrap();
        assert_eq!(lines.lines().count(), draft().posts[0].proposals.len());
        assert!(accepted(&draft(), file, &lines).unwrap().is_empty());
        assert!(
            write(&draft(), file)
                .unwrap_err()
                .to_string()
                .contains("UNWRITABLE")
        );
    }
}
