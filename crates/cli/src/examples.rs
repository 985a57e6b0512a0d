//! An example for each command, shown at the end of its help. A test parses every one of them.

use clap::Command;

/// Path of the command, then the example without `rapporteur`.
const EXAMPLES: &[(&str, &str)] = &[
    ("key list", "key list --caller website --ended"),
    ("key show", "key show 0123456789ab"),
    (
        "key add",
        r#"key add --caller ana@mfa.example --note "Ana's laptop" --expires "90 days" --to ana.key"#,
    ),
    ("key rotate", "key rotate 0123456789ab --overlap 48"),
    (
        "key revoke",
        r#"key revoke 0123456789ab --reason "it was lost""#,
    ),
    ("grant list", "grant list --caller ana@mfa.example"),
    (
        "grant add",
        "grant add --caller ana@mfa.example --role focal-point --dialogue rabat --party pt",
    ),
    (
        "grant revoke",
        r#"grant revoke 0193d7c0-0000-7000-8000-000000000000 --reason "she left the ministry""#,
    ),
    (
        "resolve",
        r#"resolve "Guinée-Bissau" "Korea, Republic of" CEDEAO السنغال -o json"#,
    ),
    (
        "search",
        r#"search missing migrants --kind recommendation --year 2021..2024 --facets theme --facets party"#,
    ),
    (
        "similar",
        r#"similar --text "Establish a network of focal points on missing migrants""#,
    ),
    (
        "related",
        "related recommendation:rabat/2023-geneva-missing.network",
    ),
    (
        "draft",
        "draft --from-post post.txt --dialogue rabat --posted 2024-10-08 --write-verdicts verdicts.ndjson",
    ),
    (
        "compose",
        "compose --event rabat/2024-lisbon-hlm --as report-out --lang fr",
    ),
    ("whoami", "whoami"),
    (
        "audit",
        "audit --prefix dialogues/rabat/ --refused --from 2026-01-01",
    ),
    ("verify", "verify --data /srv/rapporteur"),
    (
        "store export",
        "store export --service http://127.0.0.1:7701 --to events.archive",
    ),
    (
        "store import",
        "store import events.archive --to sled:/srv/restored/events",
    ),
    (
        "store copy",
        "store copy sled:/srv/rapporteur/events --to sled:/mnt/copy/events",
    ),
    ("doctor check", "doctor check sled:/srv/rapporteur/events"),
    (
        "doctor reindex",
        r#"doctor reindex sled:/srv/rapporteur/events --reason "doctor check found a row that leads nowhere""#,
    ),
    (
        "doctor compact",
        "doctor compact sled:/srv/rapporteur/events",
    ),
    ("store verify", "store verify --file events.archive"),
    (
        "backup make",
        "backup make --to /var/backups/rapporteur --keep 30",
    ),
    (
        "backup check",
        "backup check /var/backups/rapporteur --max-age-hours 26",
    ),
    ("store info", "store info --service http://127.0.0.1:7701"),
    (
        "store move",
        "store move --service http://127.0.0.1:7701 --to sled:/mnt/new/events",
    ),
    (
        "store settle",
        "store settle sled:/srv/rapporteur/events --to sled:/mnt/new/events",
    ),
    ("dialogue list", "dialogue list"),
    (
        "dialogue add",
        r#"dialogue add --id rabat --title "Rabat Process" --code RP --secretariat icmpd --works-in en --works-in fr"#,
    ),
    ("party list", "party list --kind organisation --text inter"),
    ("party add", "party add --id pt --kind state --country PT"),
    (
        "membership list",
        "membership list --dialogue rabat --on 2024-10-16",
    ),
    (
        "membership add",
        "membership add --dialogue rabat --id pt --party pt --kind partner --group europe --start 2006-07-11",
    ),
    ("post list", "post list --dialogue rabat --duty focal-point"),
    (
        "post add",
        r#"post add --dialogue rabat --id pt-focal-point --party pt --duty focal-point --holder "A. Silva" --since 2024-02"#,
    ),
    (
        "chairmanship list",
        "chairmanship list --dialogue rabat --state active",
    ),
    (
        "chairmanship add",
        r#"chairmanship add --dialogue rabat --id pt-2024 --party pt --start 2024-02-01 --priority "Regular migration""#,
    ),
    (
        "chairmanship activate",
        "chairmanship activate rabat/pt-2024 --on 2024-02-01",
    ),
    (
        "chairmanship hand-over",
        "chairmanship hand-over rabat/pt-2024 --on 2025-01-31",
    ),
    ("plan list", "plan list --dialogue rabat --state in-force"),
    (
        "plan add",
        r#"plan add --dialogue rabat --id cadiz --title "Cadiz Action Plan" --adopted 2022-12-14 --declares action=29"#,
    ),
    ("plan adopt", "plan adopt rabat/cadiz --on 2022-12-14"),
    ("plan bring-into-force", "plan bring-into-force rabat/cadiz"),
    ("plan expire", "plan expire rabat/cadiz"),
    (
        "plan supersede",
        "plan supersede rabat/marrakesh --by rabat/cadiz",
    ),
    ("node list", "node list --plan rabat/cadiz --kind objective"),
    (
        "node add",
        r#"node add --plan rabat/cadiz --id 5a --code 5a --kind objective --parent rabat/cadiz/area-3 --counts-as 5"#,
    ),
    (
        "event list",
        "event list --dialogue rabat --from 2024-01-01 --to 2024-12-31 --state held --state reported",
    ),
    (
        "event add",
        r#"event add --dialogue rabat --id 2024-lisbon-hlm --title "Joint High-level Meeting" --kind high-level-meeting --start 2024-10-16 --end 2024-10-17 --city Lisbon --country PT --joint khartoum --role pt:co-chair --role eg:co-chair --addressed cadiz/5a --planned cadiz/3"#,
    ),
    ("event plan", "event plan rabat/2024-lisbon-hlm"),
    ("event confirm", "event confirm rabat/2024-lisbon-hlm"),
    ("event hold", "event hold rabat/2024-lisbon-hlm"),
    (
        "event report",
        "event report rabat/2024-praia-field-visit --no-outcome",
    ),
    ("event close", "event close rabat/2024-lisbon-hlm"),
    (
        "event postpone",
        r#"event postpone rabat/2024-lisbon-hlm --reason "the host asked for it""#,
    ),
    (
        "event cancel",
        r#"event cancel rabat/2024-lisbon-hlm --reason "no quorum""#,
    ),
    (
        "event correct",
        r#"event correct rabat/2024-lisbon-hlm --reason "an outcome was missing""#,
    ),
    (
        "instrument list",
        "instrument list --dialogue excom --kind conclusion --year 2016",
    ),
    (
        "instrument add",
        r#"instrument add --dialogue excom --id 112-lxvii --kind conclusion --number 112 --session 67 --year 2016 --title "International cooperation""#,
    ),
    (
        "instrument resolve",
        r#"instrument resolve "no. 112(LXVII) of 2016" --dialogue excom"#,
    ),
    (
        "recommendation list",
        "recommendation list --dialogue rabat --event 2024-lisbon-hlm",
    ),
    (
        "recommendation add",
        r#"recommendation add --dialogue rabat --id 2024-lisbon-hlm.t3 --event 2024-lisbon-hlm --path 3 --kind takeaway --text "Accompanying mobility with (re)integration support""#,
    ),
    (
        "recommendation address",
        r#"recommendation address rabat/2024-lisbon-hlm.t3 --to-group rabat --as-written "all partners" --on 2024-10-17"#,
    ),
    (
        "recommendation table",
        "recommendation table rabat/2024-lisbon-hlm.t3",
    ),
    (
        "recommendation withdraw",
        r#"recommendation withdraw rabat/2024-lisbon-hlm.t3 --reason "merged with another""#,
    ),
    (
        "recommendation redraft",
        "recommendation redraft rabat/2024-lisbon-hlm.t3",
    ),
    (
        "recommendation adopt",
        "recommendation adopt rabat/2024-lisbon-hlm.t3 --on 2024-10-17",
    ),
    (
        "recommendation reject",
        r#"recommendation reject rabat/2024-lisbon-hlm.t3 --reason "no consensus""#,
    ),
    (
        "recommendation supersede",
        "recommendation supersede rabat/2024-lisbon-hlm.t3 --by rabat/2025-som.r1",
    ),
    (
        "recommendation elapse",
        "recommendation elapse rabat/2024-lisbon-hlm.t3",
    ),
    (
        "recommendation retire",
        "recommendation retire rabat/2024-lisbon-hlm.t3 --decision rabat/2026-declaration",
    ),
    (
        "recommendation revive",
        r#"recommendation revive rabat/2024-lisbon-hlm.t3 --reason "taken up again""#,
    ),
    (
        "recommendation correct-text",
        r#"recommendation correct-text rabat/2024-lisbon-hlm.t3 --text "..." --reason "a word was missing""#,
    ),
    (
        "addressee list",
        "addressee list --dialogue rabat --party pt --implementation none",
    ),
    (
        "addressee add",
        "addressee add --recommendation rabat/2024-lisbon-hlm.t3 --id ma --party ma --voluntary",
    ),
    (
        "addressee respond",
        "addressee respond rabat/2024-lisbon-hlm.t3/pt --response supported --word accepted --on 2024-11-01",
    ),
    ("source list", "source list --dialogue rabat"),
    (
        "commitment list",
        "commitment list --dialogue rabat --party pt --state in-progress",
    ),
    (
        "commitment add",
        r#"commitment add --dialogue rabat --id pt-training --title "Train border officials" --kind pledge --owner pt --recommendation rabat/2024-lisbon-hlm.t3 --plan-node cadiz/5a --due 2026-06-30 --indicator trained:0:50:persons:Trained"#,
    ),
    (
        "commitment accept",
        "commitment accept rabat/pt-training --on 2025-02-01",
    ),
    (
        "commitment decline",
        r#"commitment decline rabat/pt-training --reason "no budget""#,
    ),
    ("commitment start", "commitment start rabat/pt-training"),
    (
        "commitment hold",
        r#"commitment hold rabat/pt-training --reason "elections""#,
    ),
    ("commitment resume", "commitment resume rabat/pt-training"),
    (
        "commitment complete",
        "commitment complete rabat/pt-training --on 2026-05-30",
    ),
    (
        "commitment reopen",
        r#"commitment reopen rabat/pt-training --reason "one course was not held""#,
    ),
    (
        "commitment verify",
        "commitment verify rabat/pt-training --report rabat/pt-training-2026",
    ),
    ("commitment close", "commitment close rabat/pt-training"),
    (
        "commitment cancel",
        r#"commitment cancel rabat/pt-training --reason "overtaken by events""#,
    ),
    (
        "commitment reassign",
        r#"commitment reassign rabat/pt-training --owner es --reason "Spain takes it over""#,
    ),
    (
        "report list",
        "report list --dialogue rabat --state submitted --party pt",
    ),
    (
        "report add",
        r#"report add --id pt-training-2026 --commitment rabat/pt-training --party pt --post rabat/pt-focal-point --text "Two courses were held" --claimed in-progress --evidence https://example.org/report.pdf --value trained=24"#,
    ),
    (
        "report submit",
        "report submit rabat/pt-training-2026 --post rabat/pt-focal-point",
    ),
    (
        "report verify",
        "report verify rabat/pt-training-2026 --verifier icmpd --implementation in-progress",
    ),
    (
        "report return",
        r#"report return rabat/pt-training-2026 --reason "the evidence is missing""#,
    ),
    ("report redraft", "report redraft rabat/pt-training-2026"),
    ("report publish", "report publish rabat/pt-training-2026"),
    (
        "report retract",
        r#"report retract rabat/pt-training-2026 --reason "a figure was wrong""#,
    ),
    (
        "report som",
        "report som --dialogue rabat --as-of 2024-10-16",
    ),
    (
        "assessment list",
        "assessment list --addressee rabat/2024-lisbon-hlm.t3/pt",
    ),
    (
        "assessment add",
        r#"assessment add --addressee rabat/2024-lisbon-hlm.t3/pt --assessor icmpd --voice secretariat --status in-progress --on 2025-06-30"#,
    ),
    (
        "suggest repeats",
        "suggest repeats --dialogue rabat --min-score 0.8",
    ),
    (
        "suggest nodes",
        r#"suggest nodes --text "Lower the cost of remittances" --plan rabat/cadiz"#,
    ),
    ("suggest themes", "suggest themes rabat/2024-lisbon-hlm.t3"),
    (
        "suggest accept",
        "suggest accept rabat/2024-lisbon-hlm.t3/repeats-db07abc444b0a33c78d6",
    ),
    (
        "suggest reject",
        r#"suggest reject rabat/2024-lisbon-hlm.t3/repeats-db07abc444b0a33c78d6 --reason "another duty""#,
    ),
    (
        "verdict list",
        "verdict list --dialogue rabat --decision rejected",
    ),
    ("schedule list", "schedule list --dialogue rabat"),
    (
        "schedule add",
        r#"schedule add --dialogue rabat --id yearly --title "Yearly reports" --every 12 --first-due 2025-10-31 --start 2025-01-01"#,
    ),
    ("vocabulary list", "vocabulary list"),
    (
        "vocabulary add",
        r#"vocabulary add --id iom --title "IOM" --implementation "Under way=in-progress" --response "Agreed=supported""#,
    ),
    ("vocabulary install", "vocabulary install --dry-run"),
    ("crosswalk list", "crosswalk list --plan rabat/cadiz"),
    (
        "crosswalk add",
        "crosswalk add --id 5a-gcm-7 --from rabat/cadiz/5a --to gcm/objectives/7 --kind close",
    ),
    ("inbox", "inbox rabat/pt-focal-point --on 2026-01-31"),
    (
        "respond",
        "respond rabat/2024-lisbon-hlm.t3/pt --vocabulary upr-states --word Supported --on 2024-11-01",
    ),
    (
        "open",
        "open --dialogue rabat --flag overdue --flag no-report --order silence",
    ),
    ("due", "due --dialogue rabat --unmet --to 2026-12-31"),
    (
        "gaps",
        "gaps --plan rabat/cadiz --kind node-never-addressed",
    ),
    (
        "handover",
        "handover --dialogue rabat --from pt --to ng -o pack --on 2026-01-01",
    ),
    ("check", "check --dialogue rabat --exit-code"),
    (
        "source add",
        "source add --id p1 --kind post --publisher icmpd --published 2024-10-08 --text-file p1.txt --concerns rabat",
    ),
    (
        "coverage",
        "coverage --plan cadiz --chair rabat/pt-2024 --by year --through exact --explain",
    ),
    ("trace", "trace recommendation:rabat/2024-lisbon-hlm.t3"),
    (
        "changes list",
        "changes list --prefix dialogues/rabat/ --limit 0 -o json",
    ),
    (
        "changes watch",
        "changes watch --type rapporteur.events.v1.Event",
    ),
    (
        "changes history",
        "changes history dialogues/rabat/events/2024-lisbon-hlm",
    ),
    ("load", "load record.ndjson --dry-run"),
    ("import list", "import list --into rabat"),
    (
        "import show",
        "import show 0193d7c0-0000-7000-8000-000000000000",
    ),
    (
        "import rows",
        "import rows 0193d7c0-0000-7000-8000-000000000000 --verdict refused",
    ),
    (
        "import resume",
        "import resume 0193d7c0-0000-7000-8000-000000000000 --yes --continue-on-error",
    ),
    (
        "import undo",
        r#"import undo 0193d7c0-0000-7000-8000-000000000000 --reason "the wrong sheet""#,
    ),
    ("mapping list", "mapping list"),
    ("mapping show", "mapping show upr-info"),
    (
        "export",
        "export recommendations --dialogue rabat --where states=adopted --format xlsx -o adopted.xlsx",
    ),
    (
        "bundle export",
        "bundle export --party pt --dialogue rabat --to portugal.xlsx --lang pt",
    ),
    ("bundle import", "bundle import portugal.xlsx --dry-run"),
    ("up", "up --data ./data --listen 127.0.0.1:7700 --sample"),
    ("demo", "demo"),
    (
        "dev-certs",
        "dev-certs ./certs --name events.example,10.0.0.5",
    ),
    ("status", "status"),
    ("profile list", "profile list"),
    ("profile show", "profile show local"),
    ("profile use", "profile use local"),
    (
        "profile set",
        "profile set geneva --gateway http://10.0.0.5:7700 --token-file token.txt",
    ),
    ("profile delete", "profile delete geneva"),
    ("completion", "completion bash"),
    ("print", "print /var/lib/rapporteur/caller-keys.json"),
    ("manual", "manual --to /usr/local/share/man"),
];

/// A record of each noun, for the commands that all nouns have.
const RECORDS: &[(&str, &str)] = &[
    ("dialogue", "rabat"),
    ("party", "pt"),
    ("membership", "rabat/pt"),
    ("post", "rabat/pt-focal-point"),
    ("chairmanship", "rabat/pt-2024"),
    ("plan", "rabat/cadiz"),
    ("node", "rabat/cadiz/5a"),
    ("event", "rabat/2024-lisbon-hlm"),
    ("instrument", "excom/112-lxvii"),
    ("recommendation", "rabat/2024-lisbon-hlm.t3"),
    ("addressee", "rabat/2024-lisbon-hlm.t3/pt"),
    ("source", "p1"),
    ("commitment", "rabat/pt-training"),
    ("report", "rabat/pt-training-2026"),
    ("assessment", "rabat/icmpd-2025"),
    (
        "verdict",
        "rabat/2024-lisbon-hlm.t3/theme-f6b97301337556e66668",
    ),
    ("schedule", "rabat/yearly"),
    ("vocabulary", "upr-states"),
    ("crosswalk", "rabat/cadiz/5a-gcm-7"),
];

const SESSION: &str = "Examples:
  rapporteur up --sample                       start everything here, with the sample record
  rapporteur event list --dialogue rabat       the calendar of a dialogue
  rapporteur coverage rabat/cadiz --proof      how far a plan is covered, and by what
  rapporteur open --dialogue rabat             what is open, overdue, silent or disputed
  rapporteur event add --help                  how to record an event

Names may be short: `rabat/2024-lisbon-hlm` is dialogues/rabat/events/2024-lisbon-hlm, and with
--dialogue rabat its id is enough. RAPPORTEUR_GATEWAY, RAPPORTEUR_TOKEN and RAPPORTEUR_PROFILE
say where the system is, RAPPORTEUR_LANG in which language texts are shown.

Exit codes: 0 ok, 1 error, 2 usage, 3 not found, 4 auth or permission, 5 conflict,
6 unavailable or deadline, 7 partial result, 130 Ctrl-C.";

/// Puts the examples into the help of every command.
pub(crate) fn teach(root: Command) -> Command {
    let names: Vec<String> = root
        .get_subcommands()
        .map(|c| c.get_name().to_owned())
        .collect();
    names
        .into_iter()
        .fold(root.after_help(SESSION), |root, name| {
            root.mut_subcommand(name.clone(), |command| descend(command, name))
        })
}

fn descend(command: Command, path: String) -> Command {
    let names: Vec<String> = command
        .get_subcommands()
        .map(|c| c.get_name().to_owned())
        .collect();
    if names.is_empty() {
        let example = example(&path).map(|example| format!("Example:\n  rapporteur {example}"));
        return command.after_help(example.unwrap_or_default());
    }
    let first = names
        .first()
        .and_then(|name| example(&format!("{path} {name}")))
        .unwrap_or_default();
    let command = command.after_help(format!("Example:\n  rapporteur {first}"));
    names.into_iter().fold(command, |command, name| {
        let path = format!("{path} {name}");
        command.mut_subcommand(name, |inner| descend(inner, path))
    })
}

fn example(path: &str) -> Option<String> {
    if let Some((_, example)) = EXAMPLES.iter().find(|(known, _)| *known == path) {
        return Some((*example).to_owned());
    }
    let (noun, verb) = path.split_once(' ')?;
    let (_, record) = RECORDS.iter().find(|(known, _)| *known == noun)?;
    let field = match noun {
        "recommendation" | "node" => "text.fr",
        "membership" => "group",
        "post" => "scope",
        "chairmanship" => "end",
        "addressee" | "crosswalk" | "vocabulary" => "note",
        "report" => "narrative.fr",
        "assessment" => "method",
        "verdict" => "decision",
        "source" => "url",
        _ => "title.fr",
    };
    match verb {
        "show" => Some(format!("{noun} show {record} --as-of 2024-12-31")),
        "edit" => Some(format!(
            r#"{noun} edit {record} --set {field}="..." --reason "it was missing""#
        )),
        "history" => Some(format!("{noun} history {record}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Splits as a shell would, as far as the examples need it.
    fn split(line: &str) -> Vec<String> {
        let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
        for letter in line.chars() {
            match letter {
                '"' => quoted = !quoted,
                ' ' if !quoted => words.push(std::mem::take(&mut word)),
                letter => word.push(letter),
            }
        }
        words.push(word);
        words
    }

    fn leaves(command: &Command, path: &str, found: &mut Vec<String>) {
        for inner in command.get_subcommands() {
            leaves(inner, format!("{path} {}", inner.get_name()).trim(), found);
        }
        if command.get_subcommands().next().is_none() {
            found.push(path.to_owned());
        }
    }

    #[test]
    fn every_command_has_an_example_that_is_one() {
        let root = crate::command();
        let mut found = Vec::new();
        leaves(&root, "", &mut found);
        assert!(found.len() > 100);
        for path in &found {
            let example = example(path).unwrap_or_else(|| panic!("{path} has no example"));
            assert!(example.starts_with(path), "{path}: {example}");
            let line = split(&format!("rapporteur {example}"));
            root.clone()
                .try_get_matches_from(line)
                .unwrap_or_else(|e| panic!("{example}: {e}"));
        }
        for (path, _) in EXAMPLES {
            assert!(
                found.iter().any(|known| known == path),
                "{path} is no command"
            );
        }
    }

    #[test]
    fn the_tree_is_well_formed() {
        crate::command().debug_assert();
    }
}
