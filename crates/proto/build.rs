//! Compiles the protos with protox (no protoc on the machine) in two passes: messages and clients as
//! prost makes them, and servers whose answers may go out as the bytes that the store keeps (`Wire`).

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorSet};

const ROOT: &str = "../../proto";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed={ROOT}");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut files = Vec::new();
    collect(Path::new(ROOT), &mut files)?;
    files.sort();
    let mut compiler = protox::Compiler::new([ROOT])?;
    compiler
        .include_imports(true)
        .include_source_info(true)
        .open_files(&files)?;
    let descriptors = compiler.file_descriptor_set();
    fs::write(
        out.join("descriptors.bin"),
        compiler.encode_file_descriptor_set(),
    )?;

    fs::create_dir_all(out.join("messages"))?;
    let mut messages = prost_config();
    messages.enable_type_names();
    tonic_prost_build::configure()
        .build_server(false)
        .out_dir(out.join("messages"))
        .compile_fds_with_config(descriptors.clone(), messages)?;

    fs::write(out.join("requests.rs"), common_fields(&descriptors))?;
    fs::write(out.join("texts.rs"), texts(&descriptors))?;

    fs::create_dir_all(out.join("servers"))?;
    let mut servers = prost_config();
    for package in packages(&descriptors) {
        servers.extern_path(format!(".{package}"), module(&package));
    }
    for answer in stored_answers(&descriptors) {
        let (package, message) = answer.rsplit_once('.').ok_or("message without a package")?;
        servers.extern_path(
            format!(".{answer}"),
            format!("crate::Wire<{}::{message}>", module(package)),
        );
    }
    tonic_prost_build::configure()
        .build_client(false)
        .out_dir(out.join("servers"))
        .compile_fds_with_config(descriptors, servers)?;
    Ok(())
}

fn prost_config() -> tonic_prost_build::Config {
    let mut config = tonic_prost_build::Config::new();
    // One message, one encoding: stored bytes are hashed and compared, so maps keep their order.
    config.btree_map(["."]);
    // Their examples would be taken for tests of ours.
    config.disable_comments([".google.api"]);
    config
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|e| e == "proto") {
            files.push(path);
        }
    }
    Ok(())
}

fn packages(descriptors: &FileDescriptorSet) -> BTreeSet<String> {
    descriptors
        .file
        .iter()
        .map(|f| f.package().to_owned())
        .filter(|p| p.starts_with("rapporteur."))
        .collect()
}

fn module(package: &str) -> String {
    format!(
        "crate::{}",
        package.trim_start_matches("rapporteur.").replace('.', "::")
    )
}

/// Implements the traits of `src/fields.rs` for every message that has the fields.
fn common_fields(descriptors: &FileDescriptorSet) -> String {
    let mut code = String::new();
    let resources: BTreeSet<String> = descriptors
        .file
        .iter()
        .flat_map(|f| f.message_type.iter().map(move |m| (f.package(), m)))
        .filter(|(_, m)| is_resource(m))
        .map(|(package, m)| format!(".{package}.{}", m.name()))
        .collect();
    for file in descriptors
        .file
        .iter()
        .filter(|f| f.package().starts_with("rapporteur."))
    {
        for message in &file.message_type {
            let has = |names: &[&str]| {
                names
                    .iter()
                    .all(|n| message.field.iter().any(|f| f.name() == *n))
            };
            let path = format!("{}::{}", module(file.package()), message.name());
            if is_resource(message) {
                code += &format!("record!({path}{});\n", discretion(message));
            }
            if has(&["name", "as_of"]) {
                code += &format!("get_request!({path});\n");
            }
            if has(&["names", "as_of"]) {
                code += &format!("batch_get_request!({path});\n");
            }
            if has(&["page_size", "page_token", "as_of"]) {
                code += &format!("paged_request!({path});\n");
            }
            if has(&["request_id", "reason", "validate_only"]) {
                let subject = ["name", "parent", "recommendation"];
                let is_text = |name: &str| {
                    let field = message.field.iter().find(|f| f.name() == name);
                    field.is_some_and(|f| f.r#type() == Type::String)
                };
                let subject = subject.iter().find(|name| is_text(name));
                let proposed = message
                    .field
                    .iter()
                    .find(|field| resources.contains(field.type_name()))
                    .map(|field| format!(", proposes {}", field.name()));
                code += &format!(
                    "write_request!({path}{}{});\n",
                    subject
                        .map(|name| format!(", about {name}"))
                        .unwrap_or_default(),
                    proposed.unwrap_or_default(),
                );
            }
        }
    }
    code
}

fn is_resource(message: &DescriptorProto) -> bool {
    ["name", "etag", "uid", "create_time", "update_time"]
        .iter()
        .all(|name| message.field.iter().any(|f| f.name() == *name))
}

/// What of a resource says who may read it, and to which parties it belongs.
fn discretion(message: &DescriptorProto) -> String {
    let number = |name: &str| {
        let field = message.field.iter().find(|f| f.name() == name);
        field.map_or(0, FieldDescriptorProto::number)
    };
    let mut code = format!(
        ", visibility {}, state {}",
        number("visibility"),
        number("state")
    );
    if number("embargo_until") != 0 {
        code += ", [embargo_until]";
    }
    for field in &message.field {
        if ["party", "author_party", "assessor", "owners"].contains(&field.name()) {
            let many = field.label() == Label::Repeated;
            code += &format!(", {} {}", if many { "each" } else { "one" }, field.name());
        }
    }
    code
}

const TEXT: &str = "rapporteur.type.v1.LocalizedText";

/// Implements `Texts` of `src/texts.rs` for every resource, and for the parts of resources that hold texts.
fn texts(descriptors: &FileDescriptorSet) -> String {
    let messages: BTreeMap<String, &DescriptorProto> = descriptors
        .file
        .iter()
        .flat_map(|f| {
            let package = f.package();
            f.message_type
                .iter()
                .map(move |m| (format!("{package}.{}", m.name()), m))
        })
        .collect();
    let type_of =
        |field: &FieldDescriptorProto| field.type_name().trim_start_matches('.').to_owned();
    // A part that holds a text makes its whole one that does, until nothing is added any more.
    let mut holders = BTreeSet::from([TEXT.to_owned()]);
    loop {
        let holds = |m: &DescriptorProto| m.field.iter().any(|f| holders.contains(&type_of(f)));
        let more: Vec<String> = messages
            .iter()
            .filter(|(name, m)| !holders.contains(*name) && holds(m))
            .map(|(name, _)| name.clone())
            .collect();
        if more.is_empty() {
            break;
        }
        holders.extend(more);
    }
    let mut code = String::new();
    for (name, message) in &messages {
        let part = holders.contains(name) && name != TEXT;
        if !part && !is_resource(message) {
            continue;
        }
        let (package, short) = name.rsplit_once('.').unwrap_or_default();
        code += &format!(
            "texts!({}::{short}",
            module(package).replace("::type::", "::r#type::")
        );
        // A text that a corrigendum replaced is not read as a text any more.
        let held = |f: &&FieldDescriptorProto| {
            holders.contains(&type_of(f)) && f.name() != "replaced_text"
        };
        for field in message.field.iter().filter(held) {
            let many = field.label() == Label::Repeated;
            code += &format!(", {} {}", if many { "each" } else { "one" }, field.name());
        }
        code += ");\n";
    }
    code
}

/// Messages that services answer with just as they are stored: resources (they have an `etag`) and pages of them.
fn stored_answers(descriptors: &FileDescriptorSet) -> BTreeSet<String> {
    let resources: BTreeSet<String> = descriptors
        .file
        .iter()
        .flat_map(|f| f.message_type.iter().map(move |m| (f.package(), m)))
        .filter(|(_, m)| {
            m.field
                .iter()
                .any(|field| field.name() == "etag" && field.number() == 2)
                && m.field.len() > 5
        })
        .filter(|(_, m)| m.field.iter().any(|field| field.name() == "uid"))
        .map(|(package, m)| format!("{package}.{}", m.name()))
        .collect();
    let mut answers = BTreeSet::new();
    for file in &descriptors.file {
        for method in file.service.iter().flat_map(|s| &s.method) {
            let output = method.output_type().trim_start_matches('.').to_owned();
            let page_of_resources = file
                .message_type
                .iter()
                .find(|m| output == format!("{}.{}", file.package(), m.name()))
                .and_then(|m| m.field.first())
                .is_some_and(|f| {
                    f.number() == 1 && resources.contains(f.type_name().trim_start_matches('.'))
                });
            let is_list =
                method.name().starts_with("List") || method.name().starts_with("BatchGet");
            if resources.contains(&output) || (is_list && page_of_resources) {
                answers.insert(output);
            }
        }
    }
    answers
}
