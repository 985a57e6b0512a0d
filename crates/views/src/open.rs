//! Open items: which of them, in which order.

use rapporteur_proto::gateway::v1::{ItemFlag, ItemOrder, ListOpenItemsRequest, OpenItem};
use rapporteur_records::words::date::ordinal;
use rapporteur_records::{Result, Violations};

use crate::day::Day;
use crate::item::{Item, Survey};
use crate::model::Model;
use crate::page::{Asked, Page, ordered, page};
use crate::selection::Selection;

/// A list request whose form is right; whether its names exist the model says.
#[derive(Clone, Debug)]
pub struct OpenItems {
    /// On which day, for whom.
    pub day: Day,
    selection: Selection,
    flags: Vec<ItemFlag>,
    order: ItemOrder,
}

impl OpenItems {
    /// Reads a request; every wrong field is named.
    pub fn read(request: &ListOpenItemsRequest, now: i64) -> Result<Self> {
        let mut wrong = Violations::default();
        let day = Day::read(&mut wrong, &request.on, request.as_of, now)
            .stale_after(&mut wrong, request.stale_after_days)
            .public_only(request.public_only);
        let selection = Selection::read(
            &mut wrong,
            &request.dialogues,
            &request.parties,
            &request.posts,
            &request.themes,
            &request.plan_nodes,
        );
        wrong.choices::<ItemFlag>("flags", &request.flags);
        wrong.choice::<ItemOrder>("order", request.order, true);
        wrong.done()?;
        let mut flags: Vec<ItemFlag> = request.flags().collect();
        if !request.all {
            flags.push(ItemFlag::Open);
        }
        Ok(Self {
            day,
            selection,
            flags,
            order: request.order(),
        })
    }
}

/// One page of the items that were asked for.
pub fn open_items(model: &Model, question: &OpenItems, asked: Asked<'_>) -> Result<Page<OpenItem>> {
    let chosen = question.selection.in_model(model)?;
    let survey = Survey::of(model, &question.day);
    let items = chosen
        .items(&survey)
        .filter(|item| question.flags.iter().all(|flag| item.has(*flag)));
    let items = items.map(|item| (key(&item, question.order), item));
    Ok(page(items.collect(), asked, |item| item.message(&survey)))
}

/// The place of an item, before that of its name. What is not known comes last, but for those who never reported.
fn key(item: &Item<'_>, order: ItemOrder) -> Vec<u8> {
    let most_first = |days: Option<i32>| days.map_or(i64::MAX, |days| -i64::from(days));
    let rank = match order {
        ItemOrder::Unspecified | ItemOrder::Name => 0,
        ItemOrder::Silence => most_first(item.silent_days),
        ItemOrder::Due => item.due.map_or(i64::MAX, ordinal),
        ItemOrder::Age => most_first(item.age_days),
        ItemOrder::LastReport => item.last_on.map_or(i64::MIN, ordinal),
    };
    [&ordered(rank), item.subject.name().as_bytes()].concat()
}

#[cfg(test)]
mod tests;
