//! `search`: records found by their words, and counted by what they are about.

use rapporteur_proto::gateway::v1::{
    Facet, Highlight, RebuildSearchIndexRequest, RebuildSearchIndexResponse, SearchField,
    SearchHit, SearchRequest, SearchResponse,
};

use crate::context::Context;
use crate::error::Result;
use crate::followup::dialogues;
use crate::noun::reflect;
use crate::output::{self, Format};
use crate::{language, name, status, word};

const SERVICE: &str = "rapporteur.gateway.v1.SearchService";
/// Characters of the longest bar.
const BAR: usize = 24;
/// What is counted for people who do not say what.
const FACETS: [SearchField; 3] = [SearchField::Kind, SearchField::Theme, SearchField::Year];

/// What to find.
///
/// Words are found in any form and language. "side by side", begin*, #Hashtag, NOT this, one OR other, and
/// field:value are understood too: theme:return,asylum party:pt year:2021..2024 node:cadiz/5a lang:fr.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Ask {
    /// Words and filters; everything when there are none
    words: Vec<String>,
    /// Not with these words (repeatable)
    #[arg(long, value_name = "WORDS")]
    without: Vec<String>,
    /// Only of this kind: event, instrument, recommendation, commitment, report, document, source (repeatable)
    #[arg(long)]
    kind: Vec<String>,
    /// Only with this theme (repeatable)
    #[arg(long)]
    theme: Vec<String>,
    /// Only in this state (repeatable)
    #[arg(long)]
    state: Vec<String>,
    /// Only of this party, by code or name (repeatable)
    #[arg(long)]
    party: Vec<String>,
    /// Only of this year or these years (repeatable)
    #[arg(long, value_name = "YEAR|YEAR..YEAR")]
    year: Vec<String>,
    /// Only for this node of a plan or one below it (repeatable)
    #[arg(long, value_name = "NODE")]
    plan_node: Vec<String>,
    /// Only with a text in this language (repeatable)
    #[arg(long, value_name = "LANGUAGE")]
    text_in: Vec<String>,
    /// Only with this answer (repeatable)
    #[arg(long)]
    response: Vec<String>,
    /// Only as far as this (repeatable)
    #[arg(long)]
    implementation: Vec<String>,
    /// Only on or after this day
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
    /// Only on or before this day
    #[arg(long, value_name = "DATE")]
    to: Option<String>,
    /// Count what was found by this too (repeatable); kind, theme and year when no field is named
    #[arg(long, value_name = "FIELD", num_args = 0..=1, default_missing_value = "unspecified",
        value_parser = facet_parser())]
    facets: Vec<i32>,
    /// In which order
    #[arg(long, value_parser = word::parser("rapporteur.gateway.v1.SearchOrder"))]
    order: Option<i32>,
    /// Most hits to show
    #[arg(long, value_name = "COUNT", default_value_t = 20, value_parser = clap::value_parser!(i32).range(1..=1000))]
    limit: i32,
    /// Go on where a page ended
    #[arg(long, value_name = "TOKEN")]
    page_token: Option<String>,
    /// Wait until everything recorded before this call can be found
    #[arg(long)]
    fresh: bool,
    /// Have the index made anew; for operators
    #[arg(long, exclusive = true)]
    rebuild: bool,
}

/// A field, or `unspecified` for those that most people want.
fn facet_parser() -> impl clap::builder::TypedValueParser<Value = i32> {
    use clap::builder::{PossibleValuesParser, TypedValueParser as _};
    let fields = || (0..).map_while(|number| SearchField::try_from(number).ok());
    let called = |field: SearchField| word::of(field.as_str_name(), "SEARCH_FIELD_");
    PossibleValuesParser::new(fields().map(called).collect::<Vec<_>>()).map(move |given: String| {
        fields()
            .find(|field| called(*field) == given)
            .map_or(0, i32::from)
    })
}

pub(crate) async fn run(ctx: &mut Context<'_>, ask: Ask) -> Result<()> {
    let to = ctx.connect()?;
    if ask.rebuild {
        let answer: RebuildSearchIndexResponse =
            to.ask(SERVICE, &RebuildSearchIndexRequest {}).await?;
        let said = if answer.already_running {
            "The index is being made anew already; `rapporteur status -o json` says how far it is."
        } else {
            "The index is being made anew; `rapporteur status -o json` says how far it is."
        };
        return ctx.say(said);
    }
    let without = ask.without.iter().map(|words| format!("-({words})"));
    let words: Vec<String> = ask.words.iter().cloned().chain(without).collect();
    let mut facets: Vec<i32> = Vec::new();
    for facet in &ask.facets {
        let usual = FACETS.map(i32::from);
        let more = if *facet == 0 {
            &usual[..]
        } else {
            std::slice::from_ref(facet)
        };
        facets.extend(
            more.iter()
                .filter(|one| !ask.facets.contains(one) || *one == facet),
        );
    }
    let request = SearchRequest {
        query: words.join(" "),
        dialogues: dialogues(ctx)?,
        themes: ask.theme,
        kinds: ask.kind,
        states: ask.state,
        parties: ask.party,
        years: ask.year,
        plan_nodes: ask.plan_node,
        languages: ask.text_in,
        responses: ask.response,
        implementations: ask.implementation,
        from: ask.from.unwrap_or_default(),
        to: ask.to.unwrap_or_default(),
        facets,
        order: ask.order.unwrap_or_default(),
        language: ctx.global.lang.clone().unwrap_or_default(),
        page_size: ask.limit,
        page_token: ask.page_token.unwrap_or_default(),
        at_least: if ask.fresh {
            status::heads(&to).await?
        } else {
            Vec::new()
        },
        ..SearchRequest::default()
    };
    let answer: SearchResponse = to.ask(SERVICE, &request).await?;
    show(ctx, &answer)
}

fn show(ctx: &mut Context<'_>, answer: &SearchResponse) -> Result<()> {
    match ctx.global.output {
        Format::Json | Format::Yaml => return output::data(ctx, &reflect(answer)?),
        Format::Csv => {}
        Format::Table => headline(ctx, answer)?,
    }
    if !answer.hits.is_empty() || ctx.global.output == Format::Csv {
        let rows: Vec<Vec<String>> = answer.hits.iter().map(|hit| row(ctx, hit)).collect();
        output::table(ctx, &["name", "kind", "date", "state", "text"], &rows)?;
    }
    if ctx.global.output == Format::Table {
        for facet in &answer.facets {
            ctx.print("\n")?;
            counts(ctx, facet)?;
        }
    }
    if !answer.next_page_token.is_empty() {
        ctx.say(format_args!(
            "There are more: --page-token {}",
            answer.next_page_token
        ))?;
    }
    Ok(())
}

fn headline(ctx: &mut Context<'_>, answer: &SearchResponse) -> Result<()> {
    let mut said = match answer.total {
        0 => "Nothing found".to_owned(),
        total => format!("{total} found"),
    };
    if answer.any_word {
        said.push_str(" with some of the words; nothing has them all");
    }
    for guess in &answer.guesses {
        let as_read = match guess.read_as.as_slice() {
            [] => format!("; no text has {}", guess.written),
            read_as => format!("; {} was read as {}", guess.written, read_as.join(", ")),
        };
        said.push_str(&as_read);
    }
    ctx.print(output::guard::text(&format!("{said}.\n")))?;
    if answer.total > 0 {
        ctx.print("\n")?;
    }
    Ok(())
}

fn row(ctx: &Context<'_>, hit: &SearchHit) -> Vec<String> {
    let is_table = ctx.global.output == Format::Table;
    let name = if is_table {
        name::short(&hit.name)
    } else {
        hit.name.clone()
    };
    let name = if hit.document.is_empty() {
        name
    } else {
        format!("{name}#{}", hit.document)
    };
    let text = match hit.highlights.first() {
        Some(highlight) if is_table => marked(highlight),
        _ => language::words(&hit.title, ctx.global.lang.as_deref()),
    };
    vec![
        name,
        hit.kind.clone(),
        hit.date.clone(),
        hit.state.clone(),
        text,
    ]
}

/// The words that were found in marks that no text has: ‹migrants›.
fn marked(highlight: &Highlight) -> String {
    let pieces = highlight.pieces.iter().map(|piece| {
        if piece.found {
            format!("‹{}›", piece.text)
        } else {
            piece.text.replace('\n', " ")
        }
    });
    pieces.collect()
}

/// The counts of a facet, with bars.
fn counts(ctx: &mut Context<'_>, facet: &Facet) -> Result<()> {
    let heading = word::of(facet.field().as_str_name(), "SEARCH_FIELD_");
    let most = facet
        .values
        .iter()
        .map(|value| value.count)
        .max()
        .unwrap_or(1)
        .max(1);
    let rows: Vec<Vec<String>> = facet
        .values
        .iter()
        .map(|value| {
            let share = usize::try_from(value.count).unwrap_or_default() * BAR;
            let length = share.div_ceil(usize::try_from(most).unwrap_or(1)).max(1);
            vec![
                name::short(&value.value),
                value.count.to_string(),
                "█".repeat(length),
                language::words(&value.title, ctx.global.lang.as_deref()),
            ]
        })
        .collect();
    output::table(ctx, &[&heading.replace('-', " "), "count", "", ""], &rows)?;
    let left = usize::try_from(facet.distinct)
        .unwrap_or_default()
        .saturating_sub(rows.len());
    if left > 0 {
        ctx.print(format_args!("and {left} more\n"))?;
    }
    Ok(())
}
