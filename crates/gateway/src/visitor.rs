//! Who stands at the door.

use std::sync::Arc;

use rapporteur_access::Rights;
use rapporteur_server::ANONYMOUS;

/// How a caller is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum By {
    /// Not at all.
    #[default]
    Nothing,
    /// By a key.
    Key,
    /// By a token of an identity provider.
    Oidc,
}

impl By {
    /// As it is told: `key`, `oidc` or nothing.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::Key => "key",
            Self::Oidc => "oidc",
        }
    }
}

/// A caller as the door took it in; in the extensions of every request that the gateway answers itself.
#[derive(Clone, Debug, Default)]
pub struct Visitor {
    /// `None` = of whom nothing is known.
    caller: Option<Arc<str>>,
    /// How it is known.
    pub by: By,
    /// What it is granted.
    pub rights: Rights,
    /// Until when its key or token is good, in microseconds since the Unix epoch; `None` = for ever.
    pub until_us: Option<i64>,
}

impl Visitor {
    /// Somebody who is known by something.
    pub fn known(caller: Arc<str>, by: By, rights: Rights) -> Self {
        Self {
            caller: Some(caller),
            by,
            rights,
            until_us: None,
        }
    }

    /// The same, whose key or token is good until then (in microseconds since the Unix epoch).
    #[must_use]
    pub fn until(self, until_us: Option<i64>) -> Self {
        Self { until_us, ..self }
    }

    /// The caller's id, as the change log keeps it.
    pub fn caller(&self) -> &str {
        self.caller.as_deref().unwrap_or(ANONYMOUS)
    }

    /// Whether anything is known of it.
    pub fn is_known(&self) -> bool {
        self.caller.is_some()
    }
}
