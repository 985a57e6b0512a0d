//! Proposals one by one, with a person who says yes, no, or what is right instead.

use std::io::BufRead;

use rapporteur_posts::{Draft, Proposal};

use super::{edit, show};
use crate::context::Context;
use crate::error::{Failure, Result};

const HELP: &str = "y accept, n reject, field=value change (then asked again), e edit as JSON in $EDITOR, q stop here";

/// The proposals that are accepted, edited.
pub(super) fn ask(ctx: &mut Context<'_>, draft: &Draft) -> Result<Vec<Proposal>> {
    let around = ctx.around;
    match &around.stdin {
        Some(bytes) => dialog(ctx, draft, &mut bytes.as_slice()),
        None => dialog(ctx, draft, &mut std::io::BufReader::new(std::io::stdin())),
    }
}

fn dialog(
    ctx: &mut Context<'_>,
    draft: &Draft,
    answers: &mut impl BufRead,
) -> Result<Vec<Proposal>> {
    let proposals: Vec<&Proposal> = draft
        .posts
        .iter()
        .flat_map(|post| &post.proposals)
        .collect();
    let mut accepted = Vec::new();
    ctx.say(HELP)?;
    for (at, proposal) in proposals.iter().enumerate() {
        let mut current = (*proposal).clone();
        let evidence = &proposal.evidence;
        ctx.say(format_args!(
            "\n{}/{} {} ({}, {:.2})\n  \"{}\"",
            at + 1,
            proposals.len(),
            proposal.id,
            evidence.rule,
            evidence.confidence,
            evidence.quote.text
        ))?;
        loop {
            ctx.say(format_args!(
                "  {}\n  accept? y/n/e/q",
                show::says(&current.record)
            ))?;
            let mut line = String::new();
            // The end of the answers is the end of what is accepted.
            if answers.read_line(&mut line).map_err(Failure::Io)? == 0 {
                ctx.say("no more answers: the rest is not accepted")?;
                return Ok(accepted);
            }
            let changed = match line.trim() {
                "y" | "yes" => {
                    accepted.push(current);
                    break;
                }
                "n" | "no" => break,
                "q" | "quit" => return Ok(accepted),
                "e" | "edit" => in_editor(ctx, &current),
                other => match edit::assignment(other) {
                    Some((path, value)) => {
                        edit::apply(&current, &[(path, value)].into_iter().collect())
                    }
                    None => Err(HELP.to_owned()),
                },
            };
            match changed {
                Ok(changed) => current = changed,
                Err(why) => ctx.say(format_args!("  {why}"))?,
            }
        }
    }
    Ok(accepted)
}

/// The record as JSON in the person's own editor.
fn in_editor(ctx: &Context<'_>, proposal: &Proposal) -> std::result::Result<Proposal, String> {
    let editor = ctx
        .around
        .var("VISUAL")
        .or(ctx.around.var("EDITOR"))
        .ok_or("EDITOR is not set; write field=value instead")?;
    let mut words = editor.split_whitespace();
    let program = words.next().ok_or("EDITOR is empty")?;
    let file = tempfile::Builder::new()
        .suffix(".json")
        .tempfile()
        .map_err(|e| e.to_string())?;
    let json = serde_json::to_string_pretty(&proposal.record).map_err(|e| e.to_string())?;
    std::fs::write(file.path(), json).map_err(|e| e.to_string())?;
    let ended = std::process::Command::new(program)
        .args(words)
        .arg(file.path())
        .status()
        .map_err(|e| format!("{editor}: {e}"))?;
    if !ended.success() {
        return Err(format!("{editor} ended with {ended}; nothing was changed"));
    }
    let json = std::fs::read_to_string(file.path()).map_err(|e| e.to_string())?;
    let record = serde_json::from_str(&json).map_err(|e| format!("that is not JSON: {e}"))?;
    edit::replaced(proposal, record)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::surroundings::Surroundings;
    use rapporteur_posts::parties::BuiltIn;
    use rapporteur_posts::{Options, Vocabulary};

    fn answered(answers: &str, editor: Option<&str>) -> (Vec<Proposal>, String) {
        let vocabulary = Vocabulary::built_in();
        let options = Options {
            posted: None,
            dialogue: Some("rabat"),
            vocabulary: &vocabulary,
            parties: &BuiltIn,
        };
        let draft = rapporteur_posts::draft(
            "A workshop was held in Lisbon with 15 participants. #mobility",
            &options,
        )
        .unwrap();
        let around = Surroundings {
            stdin: Some(answers.as_bytes().to_vec()),
            env: editor
                .map(|editor| ("EDITOR".to_owned(), editor.to_owned()))
                .into_iter()
                .collect(),
            ..Surroundings::default()
        };
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let accepted = ask(&mut Context::of_test(&around, &mut out, &mut err), &draft).unwrap();
        (accepted, String::from_utf8(err).unwrap())
    }

    #[test]
    fn each_is_asked_and_only_yes_accepts() {
        let (accepted, said) = answered("title=Workshop on data\nkind\ny\nn\n", None);
        assert_eq!(accepted.len(), 1);
        assert!(show::says(&accepted[0].record).contains("Workshop on data"));
        assert!(said.contains("no more answers") && said.contains("15 participants"));
        assert!(answered("q\n", None).0.is_empty());
        assert!(answered("", None).0.is_empty());
        assert!(answered("e\nq\n", None).1.contains("EDITOR is not set"));
    }

    #[test]
    fn the_editor_changes_the_json() {
        let (accepted, said) = answered("e\ny\nq\n", Some("sed -i s/Workshop/Seminar/"));
        assert!(
            show::says(&accepted[0].record).contains("\"Seminar\""),
            "{said}"
        );
        assert!(
            answered("e\nq\n", Some("false"))
                .1
                .contains("nothing was changed")
        );
    }
}
