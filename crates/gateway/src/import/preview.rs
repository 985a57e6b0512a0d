//! From a file to a preview: it is read row by row by `rapporteur_exchange`, planned some rows at a time, and kept.

use std::collections::{BTreeMap, HashSet};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use rapporteur_exchange::map::{Answer, Mapper, Mapping, Names, Parties, Settings, Verdict, run};
use rapporteur_exchange::read::{Format, Options};
use rapporteur_exchange::row::{Facts, LineEnds};
use rapporteur_proto::gateway::v1::{
    Import, ImportFile, ImportState, ImportSummary, PreviewImportRequest, PreviewImportResponse,
};
use rapporteur_records::{Call, Error, Records};
use rapporteur_server::status;
use rapporteur_views::resolve::{Meant, Telling, meant};
use tokio::sync::mpsc;
use tonic::Status;

use super::kept::{Kept, Placed};
use super::noun;
use super::onto::Onto;
use super::outside::{Calendar, Outside};
use super::plan::Planner;
use super::row::{KeptRow, count};
use super::spool::Spooled;
use crate::at_hand::AtHand;

/// Rows that are planned together.
const WINDOW: usize = 256;
/// Rows that wait to be planned.
const WAITING: usize = 512;
/// Longest mapping, in bytes.
const MAPPING_BYTES: usize = 256 << 10;
/// Longest name of a file that is kept, in bytes.
const NAME_BYTES: usize = 255;

/// What is asked for, checked.
#[derive(Debug)]
pub(super) struct Asked {
    mapping: Mapping,
    settings: Settings,
    options: Options,
    file_name: String,
    calendar: Option<Calendar>,
}

impl Asked {
    /// Reads the first message.
    pub(super) fn read(request: &PreviewImportRequest) -> Result<Self, Error> {
        let mapping = mapping(&request.mapping)?;
        let calendar = Calendar::asked(request)?;
        let format = match request.format.as_str() {
            "" | "ical" if calendar.is_some() => Some(Format::Ical),
            _ if calendar.is_some() => {
                let why = "is ical, where the file is a snapshot of a calendar";
                return Err(Error::invalid("format", why));
            }
            "" => None,
            word => Some(Format::of_word(word).ok_or_else(|| {
                let known: Vec<&str> = Format::ALL.into_iter().map(Format::word).collect();
                Error::invalid("format", format!("is none of {}", known.join(", ")))
            })?),
        };
        let mut letters = request.delimiter.chars();
        let delimiter = match (letters.next(), letters.next()) {
            (delimiter, None) => delimiter,
            _ => return Err(Error::invalid("delimiter", "is more than one character")),
        };
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let parameters: BTreeMap<String, String> = request
            .parameters
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let settings = Settings {
            into: request.dialogue.clone(),
            parameters,
        };
        // What is wrong with these is said before the file is taken.
        Mapper::new(&mapping, settings.clone(), &Names::default()).map_err(|wrong| {
            let field = if wrong.starts_with("into:") {
                "dialogue"
            } else {
                "parameters"
            };
            Error::invalid(field, wrong)
        })?;
        Ok(Self {
            mapping,
            settings,
            options: Options {
                format,
                encoding: some(&request.encoding),
                delimiter,
                sheet: some(&request.sheet),
                ..Options::default()
            },
            file_name: file_name(&request.file_name)?,
            calendar,
        })
    }
}

/// A mapping that ships, or the text of one.
fn mapping(asked: &str) -> Result<Mapping, Error> {
    let wrong = |why: String| Error::invalid("mapping", why);
    if asked.len() > MAPPING_BYTES {
        return Err(wrong(format!("is longer than {MAPPING_BYTES} bytes")));
    }
    if asked.contains(['\n', '=']) {
        return Mapping::parse(asked).map_err(wrong);
    }
    Mapping::shipped(asked).ok_or_else(|| {
        let known: Vec<&str> = rapporteur_exchange::map::SHIPPED
            .iter()
            .map(|(name, _)| *name)
            .collect();
        wrong(format!(
            "{asked:?} does not ship, and is no text of a mapping; those that ship are {}",
            known.join(", ")
        ))
    })
}

/// The name of a file without its folder.
fn file_name(asked: &str) -> Result<String, Error> {
    let name = asked.rsplit(['/', '\\']).next().unwrap_or_default();
    if name.is_empty() || name.len() > NAME_BYTES || name.chars().any(char::is_control) {
        let why = format!("should be the name of a file, of 1 to {NAME_BYTES} bytes");
        return Err(Error::invalid("file_name", why));
    }
    Ok(name.to_owned())
}

/// What the gateway knows when a preview begins.
pub(super) struct Known {
    /// Who is meant by a name.
    pub(super) parties: Arc<Telling>,
    /// The records that are there.
    pub(super) there: AtHand,
}

/// Says who is meant by a name, as the record knows it.
struct Told {
    parties: Arc<Telling>,
    states: States,
}

/// Names of states that a file names, and that may not be on record.
pub(super) type States = Arc<Mutex<HashSet<String>>>;

impl Parties for Told {
    fn resolve(&self, name: &str) -> Answer {
        match meant(&self.parties, name) {
            Meant::Party(party) => Answer::Party(party),
            // A state has one name in all records, there or not.
            Meant::State(code) => {
                let name = format!("parties/{}", code.to_lowercase());
                let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
                states.insert(name.clone());
                Answer::Party(name)
            }
            Meant::Organisation { acronym, title } => Answer::Organisation { acronym, title },
            Meant::Unknown(among) if among.is_empty() => Answer::Unknown,
            Meant::Unknown(among) => Answer::Perhaps(among),
        }
    }
}

/// Makes the preview, and tells it as it grows. What was kept of one that fails is forgotten.
pub(super) async fn preview(
    (records, call, id): (&Records, Call, &str),
    onto: Onto,
    (asked, spooled): (Asked, Spooled),
    known: Known,
    told: mpsc::Sender<Result<PreviewImportResponse, Status>>,
) -> Result<Import, Status> {
    let kept = Kept::of(records.store(), id);
    let made = made(
        (records, call, id),
        &kept,
        onto,
        (asked, spooled),
        known,
        told,
    )
    .await;
    if made.is_err()
        && let Err(error) = kept.clear().await
    {
        tracing::warn!(%error, "could not forget the rows of a preview that failed");
    }
    made
}

async fn made(
    (records, call, id): (&Records, Call, &str),
    kept: &Kept,
    onto: Onto,
    (asked, spooled): (Asked, Spooled),
    known: Known,
    told: mpsc::Sender<Result<PreviewImportResponse, Status>>,
) -> Result<Import, Status> {
    let Asked {
        mapping,
        settings,
        options,
        file_name,
        calendar,
    } = asked;
    let Known { parties, there } = known;
    let mapping = Arc::new(mapping);
    let (sender, mut receiver) = mpsc::channel::<Verdict>(WAITING);
    let dialogue = settings.into.clone();
    let outside = match calendar {
        Some(calendar) => {
            let file = &spooled.file;
            Some(Outside::open(records, &dialogue, calendar, file, &options).await?)
        }
        None => None,
    };
    let states = States::default();
    let (name, reading, named) = (file_name.clone(), mapping.clone(), states.clone());
    let read = tokio::task::spawn_blocking(move || {
        let parties = Told {
            parties,
            states: named,
        };
        let mut mapper = Mapper::new(&reading, settings, &parties)?;
        let mut sink = |verdict| match sender.blocking_send(verdict) {
            Ok(()) => ControlFlow::Continue(()),
            // Nobody plans any more.
            Err(_) => ControlFlow::Break(()),
        };
        let facts = run(spooled.file, &name, &options, &mut mapper, &mut sink);
        facts.map_err(|damage| damage.to_string())
    });
    let caller = onto.caller.clone();
    let mut planner = Planner::new(
        onto,
        there,
        mapping.clone(),
        states,
        format!("preview of {file_name}"),
    );
    planner.outside = outside;
    let mut noted = Noted {
        kept,
        told,
        place: 0,
        summary: ImportSummary::default(),
        planned: Vec::new(),
    };
    loop {
        let mut verdicts = Vec::with_capacity(WINDOW);
        let ended = receiver.recv_many(&mut verdicts, WINDOW).await == 0;
        // Rows are kept while the next are planned.
        let (rows, before) = tokio::join!(planner.plan(verdicts), noted.keep());
        before?;
        if ended {
            break;
        }
        noted.count(rows?);
    }
    let read = read.await;
    let read = read.map_err(|error| status(Error::Internal(error.to_string())))?;
    let facts = read.map_err(|damage| status(Error::invalid("data", damage)))?;
    let vanished = planner.outside.as_ref().map(|it| it.vanished().to_vec());
    for some in vanished.unwrap_or_default().chunks(WINDOW) {
        noted.count(planner.vanished(some.to_vec()).await?);
        noted.keep().await?;
    }
    let calendar = match planner.outside.take() {
        Some(outside) => {
            let (calendar, snapshot) = outside.finish();
            kept.keep(&snapshot).await.map_err(status)?;
            Some(calendar)
        }
        None => None,
    };
    let import = Import {
        caller,
        dialogue,
        mapping: mapping.name().to_owned(),
        file: Some(ImportFile {
            name: file_name,
            bytes: i64::try_from(spooled.bytes).unwrap_or(i64::MAX),
            digest: spooled.digest,
            ..found(facts)
        }),
        state: ImportState::Previewed.into(),
        summary: Some(noted.summary),
        calendar,
        ..Import::default()
    };
    let import = noun::create(records, call, id, import).await;
    import.map_err(status)
}

/// Rows of a preview as they are counted, kept and told.
struct Noted<'a> {
    kept: &'a Kept,
    told: mpsc::Sender<Result<PreviewImportResponse, Status>>,
    /// The place of the next row.
    place: u64,
    summary: ImportSummary,
    /// Rows that are counted, and neither kept nor told yet.
    planned: Vec<Placed>,
}

impl Noted<'_> {
    /// Counts the rows that were planned last, when those before are kept.
    fn count(&mut self, rows: Vec<KeptRow>) {
        for row in &rows {
            count(&mut self.summary, row.verdict());
        }
        self.planned = (self.place..).zip(rows).collect();
        self.place += self.planned.len() as u64;
    }

    /// Keeps rows, and tells of them.
    async fn keep(&mut self) -> Result<(), Status> {
        let rows = std::mem::take(&mut self.planned);
        if rows.is_empty() {
            return Ok(());
        }
        self.kept.write(&rows, None).await.map_err(status)?;
        let rows = rows.into_iter().filter_map(|(_, row)| row.row);
        let some = PreviewImportResponse {
            rows: rows.collect(),
            import: None,
        };
        let heard = self.told.send(Ok(some)).await;
        heard.map_err(|_| Status::cancelled("nobody waits for the preview any more"))
    }
}

/// What was found out about a file, as it is told.
fn found(facts: Facts) -> ImportFile {
    let line_ends = match facts.line_ends {
        LineEnds::None => "",
        LineEnds::Lf => "lf",
        LineEnds::CrLf => "cr_lf",
        LineEnds::Cr => "cr",
        LineEnds::Mixed => "mixed",
    };
    ImportFile {
        format: facts.format,
        encoding: facts.encoding,
        encoding_by: facts.encoding_by,
        line_ends: line_ends.to_owned(),
        delimiter: facts.delimiter.map(String::from).unwrap_or_default(),
        columns: facts.columns,
        blank_rows: i64::try_from(facts.blank).unwrap_or(i64::MAX),
        notes: facts.notes,
        ..ImportFile::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> PreviewImportRequest {
        PreviewImportRequest {
            dialogue: "dialogues/rabat".into(),
            mapping: "dialogue-events".into(),
            file_name: "C:\\Users\\ana\\events.csv".into(),
            ..PreviewImportRequest::default()
        }
    }

    #[test]
    fn what_is_asked_for_is_checked_before_the_file_is_taken() {
        let good = Asked::read(&request()).unwrap();
        assert_eq!(good.file_name, "events.csv");
        let wrong = |change: &dyn Fn(&mut PreviewImportRequest)| {
            let mut request = request();
            change(&mut request);
            Asked::read(&request).unwrap_err().to_string()
        };
        assert!(wrong(&|it| it.dialogue = "rabat".into()).contains("dialogue:"));
        assert!(wrong(&|it| it.mapping = "events".into()).contains("upr-info"));
        assert!(wrong(&|it| it.mapping = "name = 1".into()).contains("mapping:"));
        assert!(wrong(&|it| it.file_name = "a/".into()).contains("file_name:"));
        assert!(wrong(&|it| it.format = "pdf".into()).contains("xlsx"));
        assert!(wrong(&|it| it.delimiter = "::".into()).contains("delimiter:"));
        let sheet = wrong(&|it| {
            it.calendar = "council".into();
            it.format = "csv".into();
        });
        assert!(sheet.contains("format:"), "{sheet}");
        let unknown = wrong(&|it| {
            it.parameters.insert("colour".into(), "red".into());
        });
        assert!(unknown.contains("parameters:"), "{unknown}");
    }
}
