//! JSON Schemas of the documents, made from their types.
//!
//! Draft 7, which the editors for TOML and YAML know. A document that the program writes may gain keys; in one that it
//! reads an unknown key is refused or warned of.

use schemars::generate::{Contract, SchemaSettings};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use super::super::agents::AgentEntry;
use super::super::config::{ConfigDocument, ConfigFilesDocument};
use super::super::doctor::DoctorDocument;
use super::super::document::{CommandDocument, ListDocument};
use super::super::engine::{EngineDocument, EngineList, ProbeDocument, VerifiedEntry};
use super::super::models::ModelEntry;
use super::super::policy::{CallDecision, PolicyDocument};
use super::super::rehearse::RehearsalDocument;
use super::super::server::document::{ServerList, ServerStart, StoppedServers};
use super::super::session::{
    AbortedSession, CompactedSession, DeletedSessions, PromptChanges, SessionEntry, SharedSession,
};
use crate::client::types::TodoItem;
use crate::permission::{ApproverRequest, AuditEntry, ProgramReply, QuestionReply};
use crate::rehearsal::ScriptFile;
use crate::render::schema::{Record, ResultRecord, SCHEMA_VERSION};
use crate::request::SchemaName;
use crate::settings;
use crate::transcript::Transcript;

pub(super) fn of(name: SchemaName) -> Schema {
    let schema = match name {
        SchemaName::Result => with_type(written::<ResultRecord<'_>>(), name),
        SchemaName::StreamJson => written::<Record<'_>>(),
        SchemaName::ApproverRequest => written::<ApproverRequest<'_>>(),
        SchemaName::ApproverPermission => read::<ProgramReply>(),
        SchemaName::ApproverQuestion => read::<QuestionReply>(),
        SchemaName::Settings => settings::user_schema(),
        SchemaName::ProjectSettings => settings::project_schema(),
        SchemaName::PolicyFile => settings::policy_schema(),
        SchemaName::Script => read::<ScriptFile>(),
        SchemaName::AuditLog => written::<AuditEntry>(),
        SchemaName::Agents => document::<ListDocument<'_, AgentEntry>>(),
        SchemaName::Config => document::<ConfigDocument>(),
        SchemaName::ConfigFiles => document::<ConfigFilesDocument>(),
        SchemaName::Doctor => document::<DoctorDocument<'_>>(),
        SchemaName::Engine => document::<EngineDocument>(),
        SchemaName::EngineProbe => document::<ProbeDocument>(),
        SchemaName::EngineVerify => document::<ListDocument<'_, VerifiedEntry>>(),
        SchemaName::Engines => document::<EngineList>(),
        SchemaName::Export => written::<Transcript>(),
        SchemaName::Models => document::<ListDocument<'_, ModelEntry>>(),
        SchemaName::Policy => document::<PolicyDocument>(),
        SchemaName::PolicyExplain => document::<CallDecision>(),
        SchemaName::PolicyLog => document::<ListDocument<'_, AuditEntry>>(),
        SchemaName::PolicyTest => document::<ListDocument<'_, CallDecision>>(),
        SchemaName::Rehearsal => document::<RehearsalDocument<'_>>(),
        SchemaName::Server => document::<ServerStart>(),
        SchemaName::ServerStop => document::<StoppedServers>(),
        SchemaName::Servers => document::<ServerList>(),
        SchemaName::Session => document::<SessionEntry>(),
        SchemaName::SessionAbort => document::<AbortedSession>(),
        SchemaName::SessionChanges => document::<ListDocument<'_, PromptChanges>>(),
        SchemaName::SessionCompact => document::<CompactedSession>(),
        SchemaName::SessionDelete => document::<DeletedSessions<'_>>(),
        SchemaName::SessionShare => document::<SharedSession>(),
        SchemaName::Sessions => document::<ListDocument<'_, SessionEntry>>(),
        SchemaName::Todo => document::<ListDocument<'_, TodoItem>>(),
    };
    with_head(schema, name)
}

/// A type that the program writes.
fn written<T: JsonSchema>() -> Schema {
    root::<T>(Contract::Serialize)
}

/// A type that the program reads.
fn read<T: JsonSchema>() -> Schema {
    root::<T>(Contract::Deserialize)
}

fn root<T: JsonSchema>(contract: Contract) -> Schema {
    let settings = SchemaSettings::draft07().with(|settings| settings.contract = contract);
    settings.into_generator().into_root_schema_for::<T>()
}

/// A document of a command, with the keys of its envelope.
fn document<T: CommandDocument>() -> Schema {
    let mut schema = written::<T>();
    first(
        &mut schema,
        "schema_version",
        json!({ "type": "integer", "const": SCHEMA_VERSION }),
    );
    with_type(schema, T::TYPE)
}

fn with_type(mut schema: Schema, name: SchemaName) -> Schema {
    first(&mut schema, "type", json!({ "type": "string", "const": name.as_str() }));
    schema
}

/// Adds a key that is always there, before the others.
fn first(schema: &mut Schema, key: &str, value: Value) {
    let schema = schema.ensure_object();
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.shift_insert(0, key.to_owned(), value);
    }
    if let Value::Array(required) = schema.entry("required").or_insert_with(|| json!([])) {
        required.insert(0, key.into());
    }
}

/// Begins with what the document is.
fn with_head(mut schema: Schema, name: SchemaName) -> Schema {
    let mut head = Map::new();
    head.insert("$schema".to_owned(), "http://json-schema.org/draft-07/schema#".into());
    head.insert("title".to_owned(), name.as_str().into());
    head.insert("description".to_owned(), name.about().into());
    for (key, value) in std::mem::take(schema.ensure_object()) {
        head.entry(key).or_insert(value);
    }
    head.into()
}
