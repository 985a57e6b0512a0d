//! The writes that every noun has: a new record, new values of one, a move of one.

use rapporteur_proto::{FieldMask, Record, Stored, texts};

use crate::change::check_etag;
use crate::{Call, Change, Error, Noun, Records, Result, Violations, check_id, mask};

/// A record on its way into the store. The noun looks at it, changes it, checks what it refers to, commits it.
#[derive(Debug)]
pub struct Draft<'a, T: 'static> {
    /// What it is.
    pub noun: &'static Noun<T>,
    /// The write that it is part of.
    pub change: Change<'a>,
    /// As it stands, and at which version; `None` when it is new.
    pub old: Option<(T, u64)>,
    /// As it is to be.
    pub new: T,
}

/// A write that begins.
#[derive(Debug)]
pub enum Begun<'a, T: 'static> {
    /// The same request was done before; this is what it wrote.
    Replayed(Stored),
    /// A new one.
    Draft(Box<Draft<'a, T>>),
}

/// The draft, or an early return with what the same request did before.
#[macro_export]
macro_rules! draft {
    ($begun:expr) => {
        match $begun {
            $crate::edit::Begun::Replayed(stored) => return Ok(stored),
            $crate::edit::Begun::Draft(draft) => *draft,
        }
    };
}

impl Records {
    /// Begins a new record under `parent`, named by `id` or, when that is empty, by the service.
    pub async fn create<T: Record>(
        &self,
        noun: &'static Noun<T>,
        call: Call,
        parent: &str,
        id: &str,
        message: Option<T>,
    ) -> Result<Begun<'_, T>> {
        let change = self.change(call)?;
        let name = new_name(noun, parent, id)?;
        // What stands is read before the log is asked, here and below. A twin of this request that commits in
        // between is then found in the log, not taken for somebody else's write.
        let exists = self.find(noun, &name).await?.is_some();
        if let Some(done) = change.replayed(noun).await? {
            return Ok(Begun::Replayed(done));
        }
        let mut new = message.ok_or_else(|| Error::invalid(noun.field, "is missing"))?;
        new.header_mut().name.clone_from(&name);
        let mut draft = Draft {
            noun,
            change,
            old: None,
            new,
        };
        draft.settle()?;
        // Said early, since it is the likeliest mistake; the commit checks it again.
        if exists {
            return Err(Error::AlreadyExists { name });
        }
        Ok(Begun::Draft(Box::new(draft)))
    }

    /// Begins to change the fields of a record that `update_mask` names.
    pub async fn update<T: Record>(
        &self,
        noun: &'static Noun<T>,
        call: Call,
        message: Option<T>,
        update_mask: Option<&FieldMask>,
    ) -> Result<Begun<'_, T>> {
        let change = self.change(call)?;
        let sent = message.ok_or_else(|| Error::invalid(noun.field, "is missing"))?;
        let header = sent.header();
        noun.pattern
            .check(&format!("{}.name", noun.field), header.name)?;
        let (old, version) = self.read(noun, header.name).await?;
        if let Some(done) = change.replayed(noun).await? {
            return Ok(Begun::Replayed(done));
        }
        check_etag(header.name, header.etag, version)?;
        let new = mask::apply(noun, &old, &sent, update_mask)?;
        let mut draft = Draft {
            noun,
            change,
            old: Some((old, version)),
            new,
        };
        draft.settle()?;
        Ok(Begun::Draft(Box::new(draft)))
    }

    /// Begins a move of a record (a verb of the trade).
    pub async fn act<T: Record>(
        &self,
        noun: &'static Noun<T>,
        call: Call,
        name: &str,
        etag: &str,
    ) -> Result<Begun<'_, T>> {
        let change = self.change(call)?;
        let (old, version) = self.read(noun, name).await?;
        if let Some(done) = change.replayed(noun).await? {
            return Ok(Begun::Replayed(done));
        }
        check_etag(name, etag, version)?;
        let new = old.clone();
        Ok(Begun::Draft(Box::new(Draft {
            noun,
            change,
            old: Some((old, version)),
            new,
        })))
    }
}

impl<T: Record> Draft<'_, T> {
    /// The record as it stands; the new one when there is none yet.
    pub fn before(&self) -> &T {
        self.old.as_ref().map_or(&self.new, |(old, _)| old)
    }

    /// Completes and checks the record by its own rules.
    pub fn settle(&mut self) -> Result<()> {
        (self.noun.complete)(&mut self.new);
        texts::settle(&mut self.new, self.old.as_ref().map(|(old, _)| old));
        let mut violations = Violations::default();
        (self.noun.check)(&self.new, &mut violations);
        violations.done()
    }

    /// Puts the record into the change, for changes of several records.
    pub fn stage(&mut self) -> Result<()> {
        match &self.old {
            None => self.change.create(self.noun, &mut self.new),
            Some((old, version)) => self.change.update(self.noun, old, *version, &mut self.new),
        }
    }

    /// Writes it.
    pub async fn commit(mut self) -> Result<Stored> {
        self.stage()?;
        self.change.commit(self.noun).await
    }
}

/// The name of a new record: the id that the caller chose, or one that sorts by time.
pub fn new_name<T>(noun: &Noun<T>, parent: &str, id: &str) -> Result<String> {
    let parents = noun.pattern.parent();
    if !parents.0.is_empty() {
        parents.check("parent", parent)?;
    }
    if id.is_empty() {
        return Ok(noun.pattern.name(parent, &uuid::Uuid::now_v7().to_string()));
    }
    check_id(id).map_err(|wrong| Error::invalid(format!("{}_id", noun.field), wrong))?;
    Ok(noun.pattern.name(parent, id))
}

/// Refuses a move that the state machine does not have, naming those that it has.
pub fn illegal_move(name: &str, from: &str, verb: &str, legal: &[&str]) -> Error {
    let legal: Vec<String> = legal.iter().map(|l| (*l).to_owned()).collect();
    let others = if legal.is_empty() {
        "nothing; this is final".to_owned()
    } else {
        legal.join(", ")
    };
    Error::Precondition {
        reason: "ILLEGAL_TRANSITION",
        subject: name.to_owned(),
        description: format!("{name} is {from} and cannot {verb}; what it can do: {others}"),
        legal,
    }
}

/// Refuses a move whose reason is missing.
pub fn need_reason(reason: &str, verb: &str) -> Result<()> {
    if reason.trim().is_empty() {
        return Err(Error::invalid(
            "reason",
            format!("is empty; {verb} needs one"),
        ));
    }
    Ok(())
}
