//! Posts: duties that stay when people go.

use rapporteur_proto::events::v1::{
    CreatePostRequest, ListPostsRequest, Post, PostDuty, UpdatePostRequest,
};
use rapporteur_records::words::date;
use rapporteur_records::words::text::SHORT;
use rapporteur_records::{
    Call, Listing, Noun, Pattern, Records, Result, Stored, Violations, draft, layout, name,
};

use crate::dialogue::{DIALOGUE, parent_exists};
use crate::party::{self, PARTY};
use crate::reference::References;

const BY_PARTY: u8 = 1;

/// Posts.
pub static POST: Noun<Post> = Noun {
    kind: 5,
    pattern: Pattern("dialogues/*/posts/*"),
    field: "post",
    output_only: &[],
    under: None,
    index: |post| {
        vec![
            layout::index(POST.kind, BY_PARTY)
                .str(&post.party)
                .str(&post.name)
                .into_bytes(),
        ]
    },
    guards: |_| Vec::new(),
    complete: |post| {
        for holder in &mut post.holders {
            date::complete(&mut holder.start);
            date::complete(&mut holder.end);
        }
    },
    check,
};

fn check(post: &Post, violations: &mut Violations) {
    violations.required_name("post.party", &post.party, PARTY.pattern);
    violations.choice::<PostDuty>("post.duty", post.duty, false);
    violations.plain("post.scope", &post.scope, SHORT);
    violations.list("post.holders", post.holders.len());
    for (place, holder) in post.holders.iter().enumerate() {
        let at = format_args!("post.holders[{place}]");
        violations.require(
            !holder.holder.trim().is_empty(),
            format_args!("{at}.holder"),
            "is empty",
        );
        violations.plain(format_args!("{at}.holder"), &holder.holder, SHORT);
        if is_recorded(&holder.holder) {
            violations.required_name(format_args!("{at}.holder"), &holder.holder, PARTY.pattern);
        }
        let (start, end) = (format!("{at}.start"), format!("{at}.end"));
        violations.period((&start, holder.start.as_ref()), (&end, holder.end.as_ref()));
    }
    violations.provenance("post.provenance", &post.provenance);
    violations.external_ids("post.external_ids", &post.external_ids);
}

/// Whether a holder is a recorded party rather than just a name.
fn is_recorded(holder: &str) -> bool {
    holder.starts_with("parties/")
}

/// Records a new post.
pub async fn create(records: &Records, call: Call, request: CreatePostRequest) -> Result<Stored> {
    let draft = draft!(
        records
            .create(&POST, call, &request.parent, &request.post_id, request.post)
            .await?
    );
    refer(records, &draft.new).await?;
    draft.commit().await
}

/// Changes a post.
pub async fn update(records: &Records, call: Call, request: UpdatePostRequest) -> Result<Stored> {
    let draft = draft!(
        records
            .update(&POST, call, request.post, request.update_mask.as_ref())
            .await?
    );
    refer(records, &draft.new).await?;
    draft.commit().await
}

async fn refer(records: &Records, post: &Post) -> Result<()> {
    let mut references = References::default();
    references.one(&DIALOGUE, "parent", name::parent_of(&post.name));
    references.one(&PARTY, "post.party", &post.party);
    for (place, holder) in post
        .holders
        .iter()
        .enumerate()
        .filter(|(_, h)| is_recorded(&h.holder))
    {
        references.one(
            &PARTY,
            format_args!("post.holders[{place}].holder"),
            &holder.holder,
        );
    }
    references.provenance("post.provenance", &post.provenance);
    references.check(records).await
}

/// What a list asks for.
pub async fn listing(records: &Records, request: &ListPostsRequest) -> Result<Listing<Post>> {
    let mut violations = Violations::default();
    violations.name("party", &request.party, PARTY.pattern);
    violations.choice::<PostDuty>("duty", request.duty, true);
    violations.done()?;
    let mut listing = Listing::children(&POST, &request.parent)?;
    parent_exists(records, &DIALOGUE, &request.parent, request.as_of).await?;
    if !request.party.is_empty() {
        let of_party = layout::index(POST.kind, BY_PARTY).str(&request.party);
        listing.ranges = vec![party::under(of_party, &request.parent, &POST)];
    }
    if request.duty != 0 {
        let duty = request.duty;
        listing = listing.only(move |post| post.duty == duty);
    }
    Ok(listing)
}
