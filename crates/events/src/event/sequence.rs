//! How often an event changed in what people plan their day by. A calendar asks its reader anew when this number
//! rises, so it must not rise for a corrected title or another link.

use rapporteur_proto::events::v1::Event;
use rapporteur_records::Draft;

/// Counts a change of time, place or state.
pub(super) fn count(draft: &mut Draft<'_, Event>) {
    let before = draft.old.as_ref().map(|(old, _)| old);
    draft.new.sequence = after(before, &draft.new);
}

fn after(old: Option<&Event>, new: &Event) -> i32 {
    let Some(old) = old else { return 0 };
    let moved = old.start != new.start
        || old.end != new.end
        || old.time_zone != new.time_zone
        || old.place != new.place
        || old.mode != new.mode
        || old.state != new.state;
    old.sequence.saturating_add(i32::from(moved))
}

#[cfg(test)]
mod tests {
    use rapporteur_proto::events::v1::{EventMode, EventState};
    use rapporteur_proto::r#type::v1::{CivilDate, Place};

    use super::*;

    #[test]
    fn it_rises_when_time_place_or_state_change_and_only_then() {
        let old = Event {
            sequence: 4,
            series: "a".into(),
            ..Event::default()
        };
        let changed = |change: fn(&mut Event)| {
            let mut new = old.clone();
            // Whatever the caller sends of it.
            new.sequence = 99;
            change(&mut new);
            after(Some(&old), &new)
        };
        assert_eq!(after(None, &old), 0);
        assert_eq!(changed(|_| {}), 4);
        assert_eq!(changed(|new| new.series = "b".into()), 4);
        assert_eq!(changed(|new| new.start = Some(CivilDate::default())), 5);
        assert_eq!(changed(|new| new.end = Some(CivilDate::default())), 5);
        assert_eq!(changed(|new| new.time_zone = "Europe/Lisbon".into()), 5);
        assert_eq!(changed(|new| new.place = Some(Place::default())), 5);
        assert_eq!(changed(|new| new.set_mode(EventMode::Virtual)), 5);
        assert_eq!(changed(|new| new.set_state(EventState::Held)), 5);
    }
}
