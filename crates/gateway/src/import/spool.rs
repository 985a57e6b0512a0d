//! A file on its way in: in a temporary file that has no name, so that nothing of it is left whatever happens.

use std::fs::File;
use std::io::{self, Seek as _, Write as _};
use std::path::Path;

use rapporteur_proto::gateway::v1::PreviewImportRequest;
use rapporteur_records::Error;
use rapporteur_server::status;
use tonic::{Status, Streaming};

/// Largest file.
const MOST_BYTES: u64 = 1 << 30;

/// A file that has come in.
#[derive(Debug)]
pub(super) struct Spooled {
    pub(super) file: File,
    pub(super) bytes: u64,
    /// BLAKE3, in hexadecimal.
    pub(super) digest: String,
}

struct Writing {
    file: File,
    hasher: blake3::Hasher,
    bytes: u64,
}

/// Takes the bytes of all messages.
pub(super) async fn receive(
    folder: &Path,
    first: Vec<u8>,
    mut rest: Streaming<PreviewImportRequest>,
) -> Result<Spooled, Status> {
    let folder = folder.to_owned();
    let mut writing = blocking(move || {
        std::fs::create_dir_all(&folder)?;
        Ok(Writing {
            file: tempfile::tempfile_in(&folder)?,
            hasher: blake3::Hasher::new(),
            bytes: 0,
        })
    })
    .await?;
    let mut data = first;
    loop {
        writing.bytes += data.len() as u64;
        if writing.bytes > MOST_BYTES {
            let why = format!("holds more than {MOST_BYTES} bytes; split the file");
            return Err(status(Error::invalid("data", why)));
        }
        writing = blocking(move || {
            writing.file.write_all(&data)?;
            writing.hasher.update(&data);
            Ok(writing)
        })
        .await?;
        let Some(next) = rest.message().await? else {
            break;
        };
        data = next.data;
    }
    blocking(move || {
        writing.file.rewind()?;
        Ok(Spooled {
            digest: writing.hasher.finalize().to_hex().to_string(),
            file: writing.file,
            bytes: writing.bytes,
        })
    })
    .await
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Status> {
    let done = tokio::task::spawn_blocking(work).await;
    let done = done.map_err(|error| Error::Internal(error.to_string()));
    let done = done.and_then(|done| {
        done.map_err(|error| Error::Exhausted(format!("the file cannot be kept here: {error}")))
    });
    done.map_err(status)
}
