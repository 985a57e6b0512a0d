//! The whole trail of a service in a file, a JSON object a line, that is proved without the service: each line has the
//! bytes under its hash. A file that is there already is gone on with.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rapporteur_proto::changes::v1::{
    AuditEntry, ListAuditEntriesRequest, ListAuditEntriesResponse,
};
use serde::{Deserialize, Serialize};

use super::{Of, PAGE, SERVICE};
use crate::connect::Connection;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::store::hex;
use crate::when;

/// One commit. `deploy/AUDIT.md` describes each field.
#[derive(Serialize)]
struct Line<'a> {
    service: &'static str,
    position: u64,
    time: String,
    caller: &'a str,
    rpc: &'a str,
    reason: &'a str,
    request_id: &'a str,
    refused: &'a str,
    subject: &'a str,
    peer: &'a str,
    left_out: u64,
    changes: Vec<Changed<'a>>,
    previous_hash: String,
    hash: String,
    token: &'a str,
    /// Base64; null in a commit that holds a secret.
    entry: Option<String>,
}

#[derive(Serialize)]
struct Changed<'a> {
    name: &'a str,
    r#type: &'a str,
}

/// Where a file ends.
#[derive(Default, Deserialize)]
struct End {
    service: String,
    position: u64,
    hash: String,
    token: String,
}

pub(super) async fn run(ctx: &mut Context<'_>, of: &[Of], folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    let to = ctx.connect()?;
    for of in of {
        let path = folder.join(format!("{}.ndjson", of.name()));
        let mut file = Export::open(*of, path)?;
        let before = file.end.position;
        file.go_on(&to).await?;
        let (path, End { position, hash, .. }) = (file.path.display(), &file.end);
        ctx.say(format_args!(
            "{path}: {} new commits; it ends at {}={position}:{hash}",
            position - before,
            of.name(),
        ))?;
    }
    Ok(())
}

struct Export {
    of: Of,
    path: PathBuf,
    file: File,
    end: End,
}

impl Export {
    fn open(of: Of, path: PathBuf) -> Result<Self> {
        let failed = |error: std::io::Error| unwritable(&path, &error);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(&path).map_err(failed)?;
        let (mut end, mut whole) = (String::new(), 0);
        let mut lines = BufReader::new(&file);
        loop {
            let mut line = String::new();
            let read = lines.read_line(&mut line).map_err(failed)?;
            // A line that was cut off is written again.
            if read == 0 || !line.ends_with('\n') {
                break;
            }
            whole += read as u64;
            end = line;
        }
        drop(lines);
        let end: End = match &*end {
            "" => End::default(),
            line => serde_json::from_str(line).map_err(|error| foreign(&path, &error))?,
        };
        if whole > 0 && end.service != of.name() {
            return Err(foreign(&path, &format!("it is of {}", end.service)));
        }
        file.set_len(whole).map_err(failed)?;
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        Ok(Self {
            of,
            path,
            file,
            end,
        })
    }

    async fn go_on(&mut self, to: &Connection) -> Result<()> {
        loop {
            let request = ListAuditEntriesRequest {
                service: self.of.service().into(),
                token: self.end.token.clone(),
                page_size: PAGE.try_into().unwrap_or(i32::MAX),
                with_proof: true,
                ..Default::default()
            };
            let answer: ListAuditEntriesResponse = to.ask(SERVICE, &request).await?;
            for entry in &answer.entries {
                self.add(entry)?;
            }
            let synced = self.file.sync_data();
            synced.map_err(|error| unwritable(&self.path, &error))?;
            if answer.at_head {
                return Ok(());
            }
        }
    }

    fn add(&mut self, entry: &AuditEntry) -> Result<()> {
        let hash = hex(&entry.hash);
        let previous_hash = hex(&entry.previous_hash);
        let follows = entry.position == self.end.position + 1
            && (self.end.position == 0 || previous_hash == self.end.hash);
        let is_proved = entry.entry.is_empty()
            || blake3::hash(&entry.entry).as_bytes().as_slice() == entry.hash;
        if !follows || !is_proved {
            let text = format!(
                "{}: commit {} does not follow what is in the file, or does not fit its hash",
                self.path.display(),
                entry.position
            );
            return Err(Failure::other("CHAIN_BROKEN", text));
        }
        let time = entry.time.unwrap_or_default();
        let changes = entry.changes.iter();
        let line = Line {
            service: self.of.name(),
            position: entry.position,
            time: when::show(time.seconds, time.nanos),
            caller: &entry.caller,
            rpc: &entry.rpc,
            reason: &entry.reason,
            request_id: &entry.request_id,
            refused: &entry.refused,
            subject: &entry.subject,
            peer: &entry.peer,
            left_out: entry.left_out,
            changes: changes
                .map(|one| Changed {
                    name: &one.name,
                    r#type: &one.r#type,
                })
                .collect(),
            previous_hash,
            hash: hash.clone(),
            token: &entry.token,
            entry: (!entry.entry.is_empty()).then(|| STANDARD.encode(&entry.entry)),
        };
        let mut text = serde_json::to_string(&line)
            .map_err(|error| Failure::other("UNREADABLE_ANSWER", error.to_string()))?;
        text.push('\n');
        let written = self.file.write_all(text.as_bytes());
        written.map_err(|error| unwritable(&self.path, &error))?;
        self.end.position = entry.position;
        self.end.hash = hash;
        self.end.token.clone_from(&entry.token);
        Ok(())
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::other("UNWRITABLE_FILE", format!("{}: {error}", path.display()))
}

fn foreign(path: &Path, why: &dyn std::fmt::Display) -> Failure {
    let text = format!(
        "{} is no export of this trail to go on with: {why}; give another folder",
        path.display()
    );
    Failure::other("FOREIGN_FILE", text)
}
