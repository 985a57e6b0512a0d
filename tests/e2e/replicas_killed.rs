//! Several processes of each service share a store on PostgreSQL, and one after the other is killed under
//! load: a replica of each service, and a gateway. Nothing that was acknowledged is lost, nothing is done twice,
//! and a follower of the change feed who goes on with its token misses nothing.

mod check;
mod door;
mod house;
mod load;
mod record;
mod tailer;

use std::time::Duration;

use rapporteur_proto::events::v1::plan_service_client::PlanServiceClient;
use rapporteur_proto::events::v1::{
    CreatePlanNodeRequest, CreatePlanRequest, Plan, PlanNode, PlanNodeKind, PlanState,
};

use self::check::{Faults, check};
use self::door::Door;
use self::house::{House, Part};
use self::load::{COUNTERS, Known, Load, counter};
use self::record::{Call, DIALOGUE, NODE, Noun, text};
use self::tailer::Tailer;
use crate::kill::{make_dialogue, number};

/// How often each is killed; `RAPPORTEUR_TEST_KILLS` asks for more.
const KILLS: u64 = 5;
/// What is acknowledged before each kill, and again after it before the program is started again.
const ACKS: u64 = 100;
/// Nobody waits longer for an answer than it takes to notice a silent replica and to be let in again.
/// Generous: the machine may be busy.
const ANSWERED_WITHIN: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn replicas_and_gateways_are_killed_under_load() {
    let Some(mut house) = House::start().await else {
        return;
    };
    let kills = number("RAPPORTEUR_TEST_KILLS").unwrap_or(KILLS);
    let key = house.key();
    let doors = [0, 1].map(|at| Door::new(house.channels(Part::Gateway), at, &key));
    prepare(&house, &doors[0]).await;
    let tailer = Tailer::start(doors[0].clone());
    let mut known = Known::default();
    for part in [Part::Events, Part::Recommendations, Part::Gateway] {
        house.whole().await;
        let load = Load::start(&doors, &format!("{part:?}").to_lowercase());
        for kill in 0..kills {
            let number = (kill % 2) as usize;
            load.more(ACKS).await;
            house.kill(part, number);
            load.more(ACKS).await;
            house.restart(part, number).await;
            house.whole().await;
        }
        let ended = load.end().await;
        let (acked, longest) = (ended.acked.len(), ended.longest);
        known.acked.extend(ended.acked);
        let (faults, heard) = check(&house, &tailer, &known).await;
        println!(
            "{part:?} killed {kills} times: acked {acked}, {faults}; repeated {}, conflicts {}, feed resumed {} so far, \
             longest without an answer {longest:.1?}",
            ended.repeated, ended.conflicts, heard.resumed
        );
        assert!(ended.repeated > 0, "nobody noticed anything");
        assert!(longest < ANSWERED_WITHIN, "{longest:?}");
        assert_eq!(faults, Faults::default());
    }
    house.verify().await;
}

/// A dialogue with a plan of one node, and the records in which everybody counts.
async fn prepare(house: &House, door: &Door) {
    let [events, _] = house.channels(Part::Events);
    make_dialogue(events.clone(), DIALOGUE.split_once('/').unwrap().1).await;
    let mut plans = PlanServiceClient::new(events);
    let plan = CreatePlanRequest {
        parent: DIALOGUE.into(),
        plan_id: "plan".into(),
        plan: Some(Plan {
            title: text("Plan"),
            state: PlanState::InForce.into(),
            ..Plan::default()
        }),
        ..CreatePlanRequest::default()
    };
    plans.create_plan(plan).await.unwrap();
    let (parent, id) = NODE.split_once("/nodes/").unwrap();
    let node = CreatePlanNodeRequest {
        parent: parent.into(),
        plan_node_id: id.into(),
        plan_node: Some(PlanNode {
            code: "1".into(),
            kind: PlanNodeKind::Action.into(),
            ..PlanNode::default()
        }),
        ..CreatePlanNodeRequest::default()
    };
    plans.create_plan_node(node).await.unwrap();
    for noun in [Noun::Event, Noun::Instrument] {
        for number in 0..COUNTERS {
            let name = counter(noun, number);
            let id = name.rsplit('/').next().unwrap();
            // Not one of the writers' operations: without a request id and a reason.
            let make = Call::Create(id.to_owned());
            noun.call(door, &make, "").await.unwrap();
        }
    }
}
