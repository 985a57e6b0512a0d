//! Where an export goes: a file that appears when it is complete, or stdout.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::{Failure, Result};

/// Where to.
pub(crate) struct Sink<'o>(To<'o>);

enum To<'o> {
    File(BufWriter<NamedTempFile>, PathBuf),
    Out(&'o mut (dyn Write + Send)),
}

impl<'o> Sink<'o> {
    /// A file, or stdout for `-`. On a terminal words of the record could steer it, so there it is not written unasked.
    pub(crate) fn new(file: &str, out: &'o mut (dyn Write + Send), terminal: bool) -> Result<Self> {
        if file != "-" {
            let path = PathBuf::from(file);
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            let part = NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))
                .map_err(|error| unwritable(&path, &error))?;
            return Ok(Self(To::File(BufWriter::new(part), path)));
        }
        if terminal {
            return Err(Failure::usage(
                "it would go to this terminal as it is: name a file with -o FILE, send it through a pipe, or say --raw",
            ));
        }
        Ok(Self(To::Out(out)))
    }

    /// Whether a name means a folder: it ends so, or is one.
    pub(crate) fn is_folder(name: &str) -> bool {
        name.ends_with('/') || Path::new(name).is_dir()
    }

    /// The file takes its name; what was there of that name is gone.
    pub(crate) fn finish(self) -> Result<()> {
        match self.0 {
            To::File(part, path) => {
                let part = part
                    .into_inner()
                    .map_err(|error| unwritable(&path, error.error()))?;
                open_to_others(&part).map_err(|error| unwritable(&path, &error))?;
                part.persist(&path)
                    .map_err(|error| unwritable(&path, &error.error))?;
                Ok(())
            }
            To::Out(out) => out.flush().map_err(Failure::Io),
        }
    }
}

impl Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            To::File(file, _) => file.write(bytes),
            To::Out(out) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.0 {
            To::File(file, _) => file.flush(),
            To::Out(out) => out.flush(),
        }
    }
}

/// A temporary file is its owner's alone. An export holds what its caller may read, which need not be public, so it
/// becomes readable to the group and no further.
fn open_to_others(file: &NamedTempFile) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let permissions = std::fs::Permissions::from_mode(0o640);
        file.as_file().set_permissions(permissions)?;
    }
    Ok(())
}

pub(super) fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::other("UNWRITABLE", format!("{}: {error}", path.display()))
}
