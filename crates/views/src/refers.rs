//! What each record refers to, as far as views walk there.

use rapporteur_proto::events::v1::{
    Chairmanship, Crosswalk, Dialogue, Event, Party, Plan, PlanNode, Post, Source,
};
use rapporteur_proto::recommendations::v1::{
    Addressee, Assessment, Commitment, Instrument, ProgressReport, Recommendation, Schedule,
    Verdict,
};
use rapporteur_proto::r#type::v1::{Claim, PlanLink};
use rapporteur_records::name::parent_of;

/// A record that refers to others.
pub(crate) trait Refers {
    /// Tells `tell` every name that the record called `name` refers to.
    fn refers(&self, name: &str, tell: &mut dyn FnMut(&str));
}

fn claims(claims: &[Claim], tell: &mut dyn FnMut(&str)) {
    claims.iter().for_each(|claim| tell(&claim.plan));
}

fn plan_links(links: &[PlanLink], tell: &mut dyn FnMut(&str)) {
    links.iter().for_each(|link| tell(&link.node));
}

impl Refers for Dialogue {
    fn refers(&self, _: &str, tell: &mut dyn FnMut(&str)) {
        self.bodies
            .iter()
            .for_each(|body| claims(&body.claims, tell));
    }
}

impl Refers for Party {
    fn refers(&self, _: &str, _: &mut dyn FnMut(&str)) {}
}

impl Refers for Source {
    fn refers(&self, _: &str, _: &mut dyn FnMut(&str)) {}
}

impl Refers for Chairmanship {
    fn refers(&self, _: &str, tell: &mut dyn FnMut(&str)) {
        claims(&self.claims, tell);
    }
}

impl Refers for Plan {
    fn refers(&self, _: &str, tell: &mut dyn FnMut(&str)) {
        claims(&self.claims, tell);
    }
}

impl Refers for PlanNode {
    fn refers(&self, _: &str, tell: &mut dyn FnMut(&str)) {
        tell(&self.parent_node);
    }
}

impl Refers for Post {
    fn refers(&self, _: &str, tell: &mut dyn FnMut(&str)) {
        tell(&self.party);
    }
}

impl Refers for Crosswalk {
    fn refers(&self, _: &str, tell: &mut dyn FnMut(&str)) {
        tell(&self.from_node);
        tell(&self.to_node);
    }
}

impl Refers for Event {
    fn refers(&self, _: &str, tell: &mut dyn FnMut(&str)) {
        plan_links(&self.plan_links, tell);
        claims(&self.claims, tell);
        self.follows_up.iter().for_each(|event| tell(event));
        tell(&self.parent_event);
    }
}

impl Refers for Instrument {
    fn refers(&self, _: &str, tell: &mut dyn FnMut(&str)) {
        plan_links(&self.plan_links, tell);
        claims(&self.claims, tell);
        self.cites.iter().for_each(|cited| tell(&cited.instrument));
        tell(&self.event);
    }
}

impl Refers for Recommendation {
    fn refers(&self, _: &str, tell: &mut dyn FnMut(&str)) {
        plan_links(&self.plan_links, tell);
        self.relations
            .iter()
            .for_each(|relation| tell(&relation.target));
        tell(&self.instrument);
        tell(&self.event);
        tell(&self.parent_recommendation);
    }
}

impl Refers for Addressee {
    fn refers(&self, name: &str, tell: &mut dyn FnMut(&str)) {
        tell(parent_of(name));
    }
}

impl Refers for Commitment {
    fn refers(&self, _: &str, tell: &mut dyn FnMut(&str)) {
        self.recommendations.iter().for_each(|text| tell(text));
        tell(&self.matches);
    }
}

impl Refers for ProgressReport {
    fn refers(&self, _: &str, tell: &mut dyn FnMut(&str)) {
        tell(&self.subject);
    }
}

impl Refers for Assessment {
    fn refers(&self, _: &str, tell: &mut dyn FnMut(&str)) {
        tell(&self.subject);
    }
}

impl Refers for Schedule {
    fn refers(&self, _: &str, _: &mut dyn FnMut(&str)) {}
}

impl Refers for Verdict {
    fn refers(&self, _: &str, _: &mut dyn FnMut(&str)) {}
}
