//! Where the tool is used: the environment, stdin, the terminal. Tests make their own.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Read};
use std::path::PathBuf;

use etcetera::BaseStrategy;

use crate::error::{Failure, Result};

/// What the tool may know of the world outside its arguments.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// Environment variables.
    pub env: BTreeMap<String, String>,
    /// What stdin holds; the process's own stdin when `None`.
    pub stdin: Option<Vec<u8>>,
    /// Whether stdout is a terminal.
    pub out_is_terminal: bool,
    /// Whether stderr is a terminal.
    pub err_is_terminal: bool,
}

impl Surroundings {
    /// Those of this process.
    pub fn of_process() -> Self {
        Self {
            env: std::env::vars_os()
                .filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)))
                .collect(),
            stdin: None,
            out_is_terminal: std::io::stdout().is_terminal(),
            err_is_terminal: std::io::stderr().is_terminal(),
        }
    }

    /// A variable that is set and not empty.
    pub(crate) fn var(&self, name: &str) -> Option<&str> {
        self.env
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// Folder of the profiles.
    pub(crate) fn config_dir(&self) -> Result<PathBuf> {
        self.base("XDG_CONFIG_HOME", BaseStrategy::config_dir)
    }

    /// Folder of the data of `up`.
    pub(crate) fn data_dir(&self) -> Result<PathBuf> {
        self.base("XDG_DATA_HOME", BaseStrategy::data_dir)
    }

    fn base(
        &self,
        variable: &str,
        standard: fn(&etcetera::base_strategy::Xdg) -> PathBuf,
    ) -> Result<PathBuf> {
        // The specification ignores relative paths in these variables.
        let own = self
            .var(variable)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute());
        let base = match own {
            Some(base) => base,
            None => standard(
                &etcetera::base_strategy::Xdg::new()
                    .map_err(|e| Failure::other("NO_HOME", e.to_string()))?,
            ),
        };
        Ok(base.join("rapporteur"))
    }

    /// The bytes of a file, or of stdin for `-`.
    pub(crate) fn read(&self, file: &str) -> Result<Vec<u8>> {
        if file != "-" {
            return std::fs::read(file)
                .map_err(|e| Failure::other("UNREADABLE_FILE", format!("{file}: {e}")));
        }
        if let Some(bytes) = &self.stdin {
            return Ok(bytes.clone());
        }
        let mut bytes = Vec::new();
        std::io::stdin()
            .read_to_end(&mut bytes)
            .map_err(|e| Failure::other("UNREADABLE_FILE", format!("stdin: {e}")))?;
        Ok(bytes)
    }
}
