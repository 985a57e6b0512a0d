//! Who stands at the door.

use std::fmt;
use std::sync::Arc;

use rapporteur_access::Rights;
use rapporteur_server::ANONYMOUS;

use crate::access::secret::Hash;

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
    /// Which key was shown, if one was.
    pub shown: Option<Shown>,
}

/// A key that was shown.
#[derive(Clone)]
pub struct Shown {
    /// Its id; `None` = the admin key.
    pub id: Option<Arc<str>>,
    /// Of all of it.
    pub hash: Hash,
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shown({:?})", self.id)
    }
}

impl Visitor {
    /// Somebody who is known by something.
    pub fn known(caller: Arc<str>, by: By, rights: Rights) -> Self {
        Self {
            caller: Some(caller),
            by,
            rights,
            until_us: None,
            shown: None,
        }
    }

    /// The same, whose key or token is good until then (in microseconds since the Unix epoch).
    #[must_use]
    pub fn until(self, until_us: Option<i64>) -> Self {
        Self { until_us, ..self }
    }

    /// The same under another name.
    #[must_use]
    pub fn named(self, caller: Arc<str>) -> Self {
        let caller = Some(caller);
        Self { caller, ..self }
    }

    /// The same, who showed this key.
    #[must_use]
    pub fn showing(self, id: Option<&str>, hash: Hash) -> Self {
        let id = id.map(Arc::from);
        let shown = Some(Shown { id, hash });
        Self { shown, ..self }
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
