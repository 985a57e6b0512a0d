//! `edit`: reads the record, changes what is asked and sends just that, under the etag that was read.

use prost_reflect::{DynamicMessage, Value};

use super::{Write, get};
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::field::{self, How};
use crate::noun::{Noun, mask, set};
use crate::{name, output, similar};

/// What to change.
#[derive(Clone, Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("change").required(true).multiple(true).args(["set", "add", "unset", "json"]))]
pub(crate) struct Edit {
    /// Name of the record, in full or short
    name: String,
    /// field=value; parts by dots (title.fr=...), lists by commas, anything else as JSON
    #[arg(long, value_name = "FIELD=VALUE")]
    set: Vec<String>,
    /// field=value: adds to a list
    #[arg(long, value_name = "FIELD=VALUE")]
    add: Vec<String>,
    /// Empties a field
    #[arg(long, value_name = "FIELD")]
    unset: Vec<String>,
    /// The whole new record as proto3 JSON, from FILE or stdin (-)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["set", "add", "unset"])]
    json: Option<String>,
    /// Only if this is its present etag; the one just read when not given
    #[arg(long)]
    etag: Option<String>,
    #[command(flatten)]
    write: Write,
}

pub(super) async fn run(ctx: &mut Context<'_>, noun: &Noun, edit: Edit) -> Result<()> {
    let name = name::expand(noun.pattern, &edit.name, ctx.global.dialogue.as_deref())?;
    let to = ctx.connect()?;
    let (mut record, paths) = match &edit.json {
        Some(file) => (whole(ctx, noun, file)?, vec!["*".to_owned()]),
        None => {
            let mut record = get(&to, noun, &name, None).await?;
            let mask = parts(&mut record, &edit).map_err(Failure::Usage)?;
            (record, mask)
        }
    };
    set(&mut record, "name", Value::String(name))?;
    if let Some(etag) = edit.etag {
        set(&mut record, "etag", Value::String(etag))?;
    }
    let method = noun.method("Update")?;
    let mut request = DynamicMessage::new(method.input());
    set(&mut request, noun.kind, Value::Message(record))?;
    set(&mut request, "update_mask", mask(paths)?)?;
    edit.write.fill(&mut request)?;
    let (record, told) = to.call_told(&method, &request).await?;
    output::records(ctx, noun.columns, &[record])?;
    similar::remind(ctx, &told)?;
    edit.write.note(ctx)
}

fn whole(ctx: &Context<'_>, noun: &Noun, file: &str) -> Result<DynamicMessage> {
    let bytes = ctx.around.read(file)?;
    let mut json = serde_json::Deserializer::from_slice(&bytes);
    DynamicMessage::deserialize(noun.descriptor()?, &mut json)
        .map_err(|e| Failure::usage(format!("{file} is not a {} in proto3 JSON: {e}", noun.kind)))
}

/// Applies the changes and gives the fields that they touch.
fn parts(record: &mut DynamicMessage, edit: &Edit) -> std::result::Result<Vec<String>, String> {
    let mut mask = Vec::new();
    for path in &edit.unset {
        mask.push(field::clear(record, path)?);
    }
    for assignment in &edit.set {
        mask.push(field::change(record, assignment, How::Set)?);
    }
    for assignment in &edit.add {
        mask.push(field::change(record, assignment, How::Add)?);
    }
    mask.sort();
    mask.dedup();
    Ok(mask)
}
