//! An import on its way: one at a time here, from state to state.

use std::sync::PoisonError;

use rapporteur_proto::gateway::v1::{
    CommitImportRequest, CommitImportResponse, Import, ImportState, UndoImportResponse,
};
use rapporteur_records::name::id_of;
use rapporteur_records::{Call, Error};
use rapporteur_server::status;
use tokio::sync::mpsc;
use tonic::Status;

use super::kept::{Cursor, Kept};
use super::onto::Onto;
use super::{Imports, commit, noun, outside, undo};

/// An import that nobody else writes here meanwhile.
pub(super) struct Busy {
    imports: Imports,
    name: String,
}

impl Drop for Busy {
    fn drop(&mut self) {
        let busy = &self.imports.0.busy;
        let mut busy = busy.lock().unwrap_or_else(PoisonError::into_inner);
        busy.remove(&self.name);
    }
}

impl Imports {
    /// Nobody else writes it here until this is dropped.
    pub(super) fn begin(&self, name: &str) -> Result<Busy, Status> {
        let mut busy = self.0.busy.lock().unwrap_or_else(PoisonError::into_inner);
        if !busy.insert(name.to_owned()) {
            return Err(status(Error::Precondition {
                reason: "IMPORT_BUSY",
                subject: name.to_owned(),
                description: format!("{name} is being written or taken back at this moment"),
                legal: Vec::new(),
            }));
        }
        Ok(Busy {
            imports: self.clone(),
            name: name.to_owned(),
        })
    }

    pub(super) async fn commit(
        &self,
        onto: &Onto,
        call: &Call,
        import: Import,
        request: &CommitImportRequest,
        told: &mpsc::Sender<Result<CommitImportResponse, Status>>,
    ) -> Result<CommitImportResponse, Status> {
        let end = |import: Import| CommitImportResponse {
            import: Some(import),
            ..CommitImportResponse::default()
        };
        if import.state() == ImportState::Committed {
            return Ok(end(import));
        }
        let records = &self.0.records;
        if import.state() == ImportState::Previewed {
            outside::check(records, &import).await.map_err(status)?;
        }
        let committer = call.caller.clone();
        let begun = noun::step(
            records,
            call,
            &import.name,
            ImportState::Committing,
            |import, _| import.committer = committer,
        );
        let import = begun.await.map_err(status)?;
        let kept = Kept::of(records.store(), id_of(&import.name));
        let summary = commit::commit(onto, &kept, &import, request.continue_on_error, told).await?;
        let done = noun::step(
            records,
            call,
            &import.name,
            ImportState::Committed,
            |import, now| {
                import.summary = Some(summary);
                import.commit_time = Some(now);
            },
        );
        done.await.map(end).map_err(status)
    }

    pub(super) async fn undo(
        &self,
        onto: &Onto,
        call: &Call,
        import: Import,
        why: &str,
        told: &mpsc::Sender<Result<UndoImportResponse, Status>>,
    ) -> Result<UndoImportResponse, Status> {
        let end = |import: Import| UndoImportResponse {
            rows: Vec::new(),
            import: Some(import),
        };
        if import.state() == ImportState::Undone {
            return Ok(end(import));
        }
        let records = &self.0.records;
        let begun = noun::step(records, call, &import.name, ImportState::Undoing, |_, _| {});
        let import = begun.await.map_err(status)?;
        let kept = Kept::of(records.store(), id_of(&import.name));
        let Cursor { undone, stay, .. } = undo::undo(onto, &kept, &import, why, told).await?;
        let done = noun::step(
            records,
            call,
            &import.name,
            ImportState::Undone,
            |import, now| {
                import.undo_time = Some(now);
                (import.undone, import.kept) = (undone, stay);
            },
        );
        done.await.map(end).map_err(status)
    }
}
