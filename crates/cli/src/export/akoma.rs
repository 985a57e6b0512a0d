//! Texts of instruments, each with its recommendations.

use std::path::Path;

use prost_reflect::DynamicMessage;
use rapporteur_exchange::write::{About, akoma_ntoso};
use serde_json::Value;

use super::Tally;
use super::sink::{Sink, unwritable};
use super::source::Source;
use crate::error::{Failure, Result};
use crate::noun::text;
use crate::output;
use crate::record::PAGE;

/// The one instrument that is asked for.
pub(super) async fn single(
    source: &Source<'_>,
    about: &About,
    sink: &mut Sink<'_>,
) -> Result<Tally> {
    let mut walk = source.walk(&crate::instrument::NOUN)?;
    let mut found = Vec::new();
    while found.len() < 2
        && let Some(page) = walk.next(2).await?
    {
        found.extend(page);
    }
    let [instrument] = found.as_slice() else {
        let what = if found.is_empty() {
            "no"
        } else {
            "more than one"
        };
        return Err(Failure::usage(format!(
            "a document holds one instrument, and {what} instrument is meant: choose with --dialogue and --where, or \
             write all of them into a folder with -o FOLDER/"
        )));
    };
    let mut tally = Tally::default();
    write(source, instrument, about, sink).await?;
    tally.count("instrument");
    Ok(tally)
}

/// All that are asked for, a file each: `DIALOGUE.ID.xml`.
pub(super) async fn folder(source: &Source<'_>, about: &About, folder: &str) -> Result<u64> {
    let folder = Path::new(folder);
    std::fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    let mut count = 0;
    let mut walk = source.walk(&crate::instrument::NOUN)?;
    while let Some(page) = walk.next(PAGE).await? {
        for instrument in page {
            let name = text(&instrument, "name");
            let ids: Vec<&str> = name.split('/').skip(1).step_by(2).collect();
            let file = folder.join(format!("{}.xml", ids.join(".")));
            let mut nowhere = std::io::sink();
            let mut sink = Sink::new(&file.to_string_lossy(), &mut nowhere, false)?;
            write(source, &instrument, about, &mut sink).await?;
            sink.finish()?;
            count += 1;
        }
    }
    Ok(count)
}

async fn write(
    source: &Source<'_>,
    instrument: &DynamicMessage,
    about: &About,
    sink: &mut Sink<'_>,
) -> Result<()> {
    let name = text(instrument, "name");
    let mut elements: Vec<Value> = Vec::new();
    let mut walk = source.only(&crate::recommendation::NOUN, "instrument", &name)?;
    while let Some(page) = walk.next(PAGE).await? {
        for record in &page {
            elements.push(output::steady(record)?);
        }
    }
    let instrument = output::steady(instrument)?;
    akoma_ntoso::write(&instrument, &elements, about, sink).map_err(Failure::Io)
}
