//! Every field of a commitment and of a report has its rule.

mod commitment;
mod report;

use rapporteur_proto::Timestamp;
use rapporteur_proto::r#type::v1::Link;

use super::*;

const INVALID: Code = Code::InvalidArgument;
const UNKNOWN: Code = Code::FailedPrecondition;

fn names(pattern: &str, how_many: usize) -> Vec<String> {
    (0..how_many).map(|n| format!("{pattern}/{n}")).collect()
}
