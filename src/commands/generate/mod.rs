//! `generate`: writes what the command tree and the types of the documents say.

mod records;
mod schema;

use std::path::Path;

use super::write_stdout;
use crate::cli::{Generate, GenerateArgs, GeneratedFile, completion_and_manual_files};
use crate::error::Failure;
use crate::request::{SchemaName, Word as _};
use crate::support::atomic_file::{self, Access};
use crate::support::json;

/// Writes completions, manual pages, schemas or their tables.
///
/// # Errors
///
/// When the directory or stdout cannot be written.
pub fn run(request: &GenerateArgs) -> Result<(), Failure> {
    let (generate, out) = request.resolve();
    let files = match generate {
        Generate::Files(files) => files,
        Generate::Schema(Some(name)) => vec![schema_file(name)],
        Generate::Schema(None) if out.is_some() => schema_files().collect(),
        Generate::Schema(None) => return write_stdout(names().as_bytes()),
        Generate::Docs => vec![records_file()],
    };
    write(files, out)
}

/// Every file of `completions/`, `man/`, `schemas/` and `docs/` that is generated.
///
/// A pure function of the command tree and the types: no date, no width of a terminal, nothing of the platform.
pub fn files() -> Vec<GeneratedFile> {
    let mut files = completion_and_manual_files();
    files.extend(schema_files());
    files.push(records_file());
    files
}

/// The schema with this name.
pub fn schema(name: SchemaName) -> serde_json::Value {
    schema::of(name).to_value()
}

fn write(files: Vec<GeneratedFile>, out: Option<&Path>) -> Result<(), Failure> {
    for (path, contents) in files {
        let Some(directory) = out else {
            write_stdout(&contents)?;
            continue;
        };
        let target = directory.join(path.rsplit('/').next().unwrap_or(&path));
        atomic_file::write(&target, &contents, Access::Shared)
            .map_err(|error| Failure::cannot_write(&target, &error))?;
    }
    Ok(())
}

/// A line for each schema: its name, and what it describes.
fn names() -> String {
    let line = |(word, name): &(&str, SchemaName)| format!("{word}\t{}\n", name.about());
    SchemaName::WORDS.iter().map(line).collect()
}

fn schema_files() -> impl Iterator<Item = GeneratedFile> {
    SchemaName::WORDS.iter().map(|(_, name)| schema_file(*name))
}

fn schema_file(name: SchemaName) -> GeneratedFile {
    let contents = json::document(&schema::of(name)).expect("a schema has a form in JSON");
    (format!("schemas/{}.json", name.as_str()), contents)
}

fn records_file() -> GeneratedFile {
    ("docs/records.md".to_owned(), records::markdown().into_bytes())
}
