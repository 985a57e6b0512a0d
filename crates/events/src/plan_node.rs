//! Nodes of plans: areas, objectives, actions, in a tree of any depth.
//!
//! A guard row for each code of a plan holds the name of the node that has it, so no two have the same.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use rapporteur_proto::Timestamp;
use rapporteur_proto::events::v1::{
    CreatePlanNodeRequest, ListPlanNodesRequest, PlanNode, PlanNodeKind, UpdatePlanNodeRequest,
};
use rapporteur_records::words::date;
use rapporteur_records::words::text::LONG;
use rapporteur_records::{
    Call, Draft, Error, Listing, Noun, PageRequest, Range, Records, Result, Stored, Violations,
    draft, layout, name, words,
};
use rapporteur_store::Write;

use crate::ancestry;
use crate::dialogue::parent_exists;
use crate::plan::{PLAN, declared_counts};
use crate::reference::References;

const BY_CODE: u8 = 1;
const BY_PARENT: u8 = 2;
const CODE: u8 = 1;

/// Longest code, in characters: it is part of keys.
const CODE_CHARS: usize = 64;
/// Longest form of a code in a key.
const KEY_BYTES: usize = 256;
/// Nodes read at once when a whole plan is read.
const AT_ONCE: usize = 1_000;

/// Nodes of plans.
pub static PLAN_NODE: Noun<PlanNode> = Noun {
    kind: 8,
    pattern: words::PLAN_NODE,
    field: "plan_node",
    output_only: &[],
    under: None,
    index: rows,
    guards: |node| vec![code_row(node)],
    complete: |node| {
        date::complete(&mut node.start);
        date::complete(&mut node.end);
    },
    check,
};

fn rows(node: &PlanNode) -> Vec<Bytes> {
    let code = natural(&node.code);
    let by_code = layout::index(PLAN_NODE.kind, BY_CODE)
        .str(name::parent_of(&node.name))
        .str(&code);
    let by_parent = layout::index(PLAN_NODE.kind, BY_PARENT)
        .str(&node.parent_node)
        .i64(node.order.into())
        .str(&code);
    let mut rows = vec![by_code.str(&node.name).into_bytes()];
    if !node.parent_node.is_empty() {
        rows.push(by_parent.str(&node.name).into_bytes());
    }
    rows
}

/// A code in a form whose order is the one that people expect: `2` before `10`, `5a` before `5b`.
fn natural(code: &str) -> String {
    let mut form = String::with_capacity(code.len() + 8);
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let is_number = first.is_ascii_digit();
        let end = rest
            .find(|c: char| c.is_ascii_digit() != is_number)
            .unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        if is_number {
            // A number sorts by how many digits it has, then by them.
            let digits = part.trim_start_matches('0');
            let length = u8::try_from(digits.len())
                .unwrap_or(u8::MAX)
                .min(CODE_CHARS as u8);
            form.push('0');
            form.push(char::from(b'0' + length));
            form.push_str(digits);
        } else {
            form.push_str(&words::text::fold(part));
        }
        rest = after;
    }
    // Folding can make one character eighteen. Codes that begin alike for so long may sort by their names.
    form.truncate(form.floor_char_boundary(KEY_BYTES));
    form
}

fn check(node: &PlanNode, violations: &mut Violations) {
    violations.require(
        !node.code.trim().is_empty(),
        "plan_node.code",
        "is empty; give it as printed",
    );
    violations.plain("plan_node.code", &node.code, CODE_CHARS);
    violations.choice::<PlanNodeKind>("plan_node.kind", node.kind, false);
    violations.require(node.order >= 0, "plan_node.order", "is negative");
    violations.localized("plan_node.text", node.text.as_ref(), LONG, false);
    let above = &node.parent_node;
    violations.name("plan_node.parent_node", above, PLAN_NODE.pattern);
    let foreign =
        PLAN_NODE.pattern.matches(above) && name::parent_of(above) != name::parent_of(&node.name);
    violations.require(
        !foreign,
        "plan_node.parent_node",
        "is a node of another plan",
    );
    violations.plain("plan_node.counts_as", &node.counts_as, CODE_CHARS);
    declared_counts(
        "plan_node.declared_counts",
        &node.declared_counts,
        violations,
    );
    violations.period(
        ("plan_node.start", node.start.as_ref()),
        ("plan_node.end", node.end.as_ref()),
    );
    violations.plain("plan_node.alias", &node.alias, words::text::SHORT);
    violations.provenance("plan_node.provenance", &node.provenance);
    violations.external_ids("plan_node.external_ids", &node.external_ids);
}

/// Records a new node.
pub async fn create(
    records: &Records,
    call: Call,
    request: CreatePlanNodeRequest,
) -> Result<Stored> {
    let begun = records.create(
        &PLAN_NODE,
        call,
        &request.parent,
        &request.plan_node_id,
        request.plan_node,
    );
    finish(records, draft!(begun.await?)).await
}

/// Changes a node.
pub async fn update(
    records: &Records,
    call: Call,
    request: UpdatePlanNodeRequest,
) -> Result<Stored> {
    let begun = records.update(
        &PLAN_NODE,
        call,
        request.plan_node,
        request.update_mask.as_ref(),
    );
    finish(records, draft!(begun.await?)).await
}

async fn finish(records: &Records, mut draft: Draft<'_, PlanNode>) -> Result<Stored> {
    let node = &draft.new;
    let mut references = References::default();
    references.one(&PLAN, "parent", name::parent_of(&node.name));
    for (place, count) in node.declared_counts.iter().enumerate() {
        references.one_provenance(
            format_args!("plan_node.declared_counts[{place}]"),
            count.provenance.as_ref(),
        );
    }
    references.provenance("plan_node.provenance", &node.provenance);
    references.check(records).await?;
    ancestry::place(records, &mut draft, "plan_node.parent_node", |node| {
        &node.parent_node
    })
    .await?;
    take_code(records, &mut draft).await?;
    draft.commit().await
}

/// The row that says whose the code is of this node.
fn code_row(node: &PlanNode) -> Bytes {
    layout::guard(PLAN_NODE.kind, CODE)
        .str(name::parent_of(&node.name))
        .str(&node.code)
        .into_bytes()
}

/// Takes the code for this node and gives back the one that it had.
async fn take_code(records: &Records, draft: &mut Draft<'_, PlanNode>) -> Result<()> {
    let had = draft.old.as_ref().map(|(old, _)| code_row(old));
    let takes = code_row(&draft.new);
    if had.as_ref() == Some(&takes) {
        return Ok(());
    }
    let row = records.store().get(&takes).await?;
    let version = row.as_ref().map_or(0, |row| row.version);
    // By the node itself only when a twin of this request was just done; then the commit answers what it did.
    if let Some(row) = row.filter(|row| row.value != draft.new.name.as_bytes()) {
        let other = String::from_utf8_lossy(&row.value).into_owned();
        return Err(Error::Precondition {
            reason: "CODE_TAKEN",
            description: format!(
                "plan_node.code: {} is the code of {other} already",
                draft.new.code
            ),
            subject: other,
            legal: Vec::new(),
        });
    }
    draft.change.check(takes.clone(), version);
    draft
        .change
        .write(Write::put(takes, draft.new.name.clone()));
    if let Some(had) = had {
        draft.change.write(Write::delete(had));
    }
    Ok(())
}

/// What a list asks for: the children of a node by their order, or the nodes of a plan by their codes.
pub async fn listing(
    records: &Records,
    request: &ListPlanNodesRequest,
) -> Result<Listing<PlanNode>> {
    let mut violations = Violations::default();
    violations.choice::<PlanNodeKind>("kind", request.kind, true);
    violations.name("parent_node", &request.parent_node, PLAN_NODE.pattern);
    violations.done()?;
    let mut listing = Listing::children(&PLAN_NODE, &request.parent)?;
    parent_exists(records, &PLAN, &request.parent, request.as_of).await?;
    if !request.parent_node.is_empty() {
        let children = layout::index(PLAN_NODE.kind, BY_PARENT)
            .str(&request.parent_node)
            .into_bytes();
        listing.ranges = vec![Range::prefix(children)];
        if PLAN.pattern.matches(&request.parent)
            && name::parent_of(&request.parent_node) != request.parent
        {
            listing.ranges.clear();
        }
    } else if PLAN.pattern.matches(&request.parent) {
        let nodes = layout::index(PLAN_NODE.kind, BY_CODE)
            .str(&request.parent)
            .into_bytes();
        listing.ranges = vec![Range::prefix(nodes)];
    }
    let kind = request.kind;
    Ok(if kind == 0 {
        listing
    } else {
        listing.only(move |node| node.kind == kind)
    })
}

/// The names of a node and of all nodes below it, now or as of a moment.
pub async fn with_descendants(
    records: &Records,
    node: &str,
    as_of: Option<Timestamp>,
) -> Result<HashSet<String>> {
    let all = Listing::children(&PLAN_NODE, name::parent_of(node))?;
    let mut children: HashMap<String, Vec<String>> = HashMap::new();
    let mut request = PageRequest {
        size: AT_ONCE,
        as_of,
        ..PageRequest::default()
    };
    loop {
        let page = records.list(&PLAN_NODE, &all, &request).await?;
        for record in &page.records {
            let node: PlanNode = rapporteur_records::change::message(record)?;
            children
                .entry(node.parent_node)
                .or_default()
                .push(node.name);
        }
        match page.next {
            Some(next) => request.after = next,
            None => break,
        }
    }
    let mut found = HashSet::new();
    let mut open = vec![node.to_owned()];
    while let Some(next) = open.pop() {
        open.extend(children.remove(&next).unwrap_or_default());
        found.insert(next);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_sort_as_people_expect() {
        let sorted = [
            "1", "1.1", "1.2", "1.10", "1.a", "2", "05", "5a", "5b", "10", "10.7.1", "A1", "a2",
            "B1",
        ];
        for pair in sorted.windows(2) {
            assert!(natural(pair[0]) < natural(pair[1]), "{pair:?}");
        }
        let long = "9".repeat(CODE_CHARS);
        assert!(natural("10") < natural(&long));
    }

    #[test]
    fn the_longest_keys_fit_into_the_store() {
        let id = "x".repeat(63);
        let plan = format!("dialogues/{id}/plans/{id}");
        let name = format!("{plan}/nodes/{id}");
        for code in ["\u{FDFA}".repeat(CODE_CHARS), "1a".repeat(CODE_CHARS / 2)] {
            let node = PlanNode {
                name: name.clone(),
                code,
                parent_node: name.clone(),
                ..PlanNode::default()
            };
            let longest = rows(&node).iter().map(Bytes::len).max().unwrap();
            assert!(
                longest <= rapporteur_store::contract::LIMITS.key_bytes,
                "{longest}"
            );
        }
    }
}
