//! `rapporteur-bench`: how quick the services are, against references in the same run.

use std::process::ExitCode;

fn main() -> ExitCode {
    rapporteur_bench::main()
}
