//! What steers a run from outside: variables, configuration files, the agent's directory.

use std::path::Path;

use super::check::Check;
use super::somebody_is_there;
use crate::context::Context;
use crate::engine::files::{CONFIG_NAMES, EngineFiles};
use crate::env_vars;
use crate::request::{ConfigScope, ConnectRequest};
use crate::settings::{self, Files, Flags, ProjectFile};
use crate::trust::{self, NobodyToAsk};

/// Variables of the engine that make it another one than the user may expect, with what they do.
const STEERING: &[(&str, &str)] = &[
    ("OPENCODE", "this shell was started by an engine"),
    (
        "OPENCODE_AUTH_CONTENT",
        "its logins are used in place of the stored ones",
    ),
    ("OPENCODE_CONFIG", "it names one more configuration file"),
    ("OPENCODE_CONFIG_CONTENT", "it is laid over the configuration files"),
    (
        "OPENCODE_CONFIG_DIR",
        "it names one more configuration directory, whose plugins run",
    ),
    (
        "OPENCODE_DB",
        "it names another database: earlier sessions are not there",
    ),
    (
        "OPENCODE_DISABLE_DEFAULT_PLUGINS",
        "providers that need the built-in plugins do not work",
    ),
    (
        "OPENCODE_DISABLE_EMBEDDED_WEB_UI",
        "unknown paths are answered from outside",
    ),
    (
        "OPENCODE_DISABLE_PROJECT_CONFIG",
        "the project's configuration is not read",
    ),
    ("OPENCODE_EXPERIMENTAL", "it turns on what is not finished"),
    ("OPENCODE_MODELS_PATH", "it names another catalog of models"),
    (
        "OPENCODE_MODELS_URL",
        "it names another source for the catalog of models",
    ),
    ("OPENCODE_PERMISSION", "it is laid over the configured permissions"),
    ("OPENCODE_PURE", "plugins are not used"),
];
/// Variables that lead requests somewhere else; no less worth knowing, and nothing wrong.
const PROXIES: [&str; 6] = [
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
];
/// Names only: values may be secrets.
pub(super) fn environment(context: &Context) -> Check {
    let is_set = |name: &str| context.environment.os(name).is_some_and(|value| !value.is_empty());
    let steering: Vec<_> = STEERING.iter().filter(|(name, _)| is_set(name)).collect();
    let mut details: Vec<String> = steering.iter().map(|(name, what)| format!("{name}: {what}")).collect();
    for (name, _) in context.environment.iter() {
        let name = name.to_string_lossy();
        if name.starts_with("OPENCODE_")
            && !name.starts_with(env_vars::PREFIX)
            && is_set(&name)
            && !steering.iter().any(|(known, _)| *known == name)
        {
            details.push(format!("{name}: is set"));
        }
    }
    let proxies = PROXIES.iter().filter(|name| is_set(name));
    details.extend(proxies.map(|name| format!("{name}: requests go through a proxy")));
    let names: Vec<String> = steering.iter().map(|(name, _)| format!("`{name}`")).collect();
    if names.is_empty() {
        return Check::ok("nothing in it changes the engine").details(details);
    }
    Check::warn(format!("the engine is changed by {}", names.join(", ")))
        .hint("unset what is not meant")
        .details(details)
}

/// The files that are read, and what is wrong with ours. Whether the engine's are right the engine will say.
pub(super) fn configuration(context: &Context, request: &ConnectRequest, directory: &Path) -> Check {
    let bare = request.config_scope == ConfigScope::Bare;
    let files = Files::locate(&context.directories, directory);
    let mut found = Vec::new();
    found.extend(files.user.exists().then_some(files.user));
    if !bare {
        found.extend(files.project);
    }
    let home = EngineFiles::of(context).config;
    let mut directories = vec![home];
    if !bare {
        let above = settings::project_directories(directory);
        directories.extend(above.flat_map(|above| [above.to_path_buf(), above.join(".opencode")]));
    }
    for directory in directories {
        let files = CONFIG_NAMES.iter().map(|file| directory.join(file));
        found.extend(files.filter(|file| file.is_file()));
    }
    let details: Vec<String> = found.iter().map(|file| file.display().to_string()).collect();
    let project = if bare { ProjectFile::Ignored } else { ProjectFile::Read };
    match settings::load(&Flags::default(), context, directory, project) {
        Err(error) => Check::of_failure(&error.into()),
        Ok(settings) if !settings.warnings.is_empty() => {
            let warnings = settings.warnings.iter().map(ToString::to_string);
            Check::warn("there are slips in it")
                .hint("`opencode-rs config show` shows what counts")
                .details(warnings.chain(details).collect())
        }
        Ok(_) if found.is_empty() => Check::ok("no files: defaults"),
        Ok(_) => {
            let files = if found.len() == 1 { "file" } else { "files" };
            Check::ok(format!("{} {files}", found.len())).details(details)
        }
    }
}

/// Looks at what the directory brings along, without asking anybody; also gives whether the engine may be started in it.
pub(super) fn trust(context: &Context, request: &ConnectRequest, directory: &Path) -> (Check, bool) {
    let findings = match trust::scan(directory, &trust::UserPlaces::of(context)) {
        Ok(findings) => findings,
        Err(failure) => return (Check::of_failure(&failure), false),
    };
    let shown = directory.display();
    if findings.items.is_empty() {
        let check = Check::ok(format!("{shown}, which brings along nothing that needs trust"));
        return (check, true);
    }
    let details: Vec<String> = findings.items.iter().map(ToString::to_string).collect();
    let answer = trust::require(
        &findings,
        request.trust,
        &request.trusted_directories,
        &context.directories,
        &mut NobodyToAsk::default(),
    );
    let is_trusted = answer.is_ok();
    let check = match answer {
        Ok(()) => Check::warn(format!("{shown}, which brings along what needs trust, and is trusted"))
            .hint("look at the list"),
        Err(_) if somebody_is_there(context) => Check::warn(format!(
            "{shown}, which brings along what needs trust: a run will ask for it"
        ))
        .hint("look at the list; `--trust` trusts it for one run"),
        Err(failure) => Check::of_failure(&failure),
    };
    (check.details(details), is_trusted)
}
