//! Precedence: which source decides, and what a project may not decide.

use std::path::{Path, PathBuf};

use super::error::{SettingsError, SettingsFileKind};
use super::file::{self, SettingRow, SettingsFile};
use super::keys::{ENTRIES, ProjectMay, SettingKey, entry};
use super::value::{RawValue, SettingValue as _};
use super::{Origin, Setting, Settings, policy_file};
use crate::context::{Context, Directories, Environment};
use crate::env_vars;
use crate::request::{ColorChoice, Verbosity};
use crate::support::brought::Brought;
use crate::support::nearest;

/// Name of a project's settings file.
pub const PROJECT_FILE: &str = ".opencode-rs.toml";
/// Name of the user's settings file, in the directory for settings.
pub const USER_FILE: &str = "config.toml";

/// The flags that are a source of settings: those that every command has, and those of permissions that name files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags {
    /// `-q`, `-v`, `-vv`.
    pub verbosity: Option<(Verbosity, &'static str)>,
    pub color: Option<ColorChoice>,
    /// `--no-progress` is `Some(false)`.
    pub progress: Option<bool>,
    pub profile: Option<String>,
    pub policy: Option<PathBuf>,
    /// `--add-dir`, as typed.
    pub added_directories: Vec<PathBuf>,
}

/// Whether the project's file counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ProjectFile {
    #[default]
    Read,
    /// `--bare`: it does not.
    Ignored,
}

/// The files that settings are read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// The user's; it need not exist.
    pub user: PathBuf,
    /// The project's, where there is one.
    pub project: Option<PathBuf>,
}

impl Files {
    /// Finds the files for a working directory.
    ///
    /// The project's file is looked for in the directory and above it, up to the root of the Git work tree. Outside of
    /// a work tree only the directory itself counts: above it, others may write (`/tmp`).
    pub fn locate(directories: &Directories, directory: &Path) -> Self {
        let project = project_directories(directory)
            .map(|above| above.join(PROJECT_FILE))
            .find(|file| file.symlink_metadata().is_ok());
        Self {
            user: directories.config.join(USER_FILE),
            project,
        }
    }
}

/// The directory, and those above it up to the root of the Git work tree; outside of a work tree the directory alone.
pub fn project_directories(directory: &Path) -> impl Iterator<Item = &Path> {
    let root = directory.ancestors().find(|above| above.join(".git").exists());
    directory
        .ancestors()
        .take_while(move |above| root.map_or(*above == directory, |root| above.starts_with(root)))
}

/// Reads all sources and decides.
///
/// `directory` is the agent's working directory, absolute; relative paths in variables are meant from the current one.
///
/// # Errors
///
/// When a source cannot be read or holds an invalid value. Unknown keys are warnings.
pub fn load(
    flags: &Flags,
    context: &Context,
    directory: &Path,
    project: ProjectFile,
) -> Result<Settings, SettingsError> {
    let (environment, directories, cwd) = (&context.environment, &context.directories, &context.cwd);
    let mut settings = Settings::default();
    let files = Files::locate(directories, directory);
    let home = &directories.home;

    // From the lowest source to the highest: each overwrites what the ones before it set.
    let user = file::read(&files.user)?;
    let profile = chosen_profile(flags, environment)?;
    let origin = Origin::User(files.user.clone());
    // If the user's home lies in the project, the project wrote this file itself.
    let is_brought = files.user.exists() && Brought::new(directory, home).holds(&files.user);
    let refused: Refusal = if is_brought { refused_to_a_project } else { |_, _| None };
    apply_rows(&mut settings, &user.path, "", &user.rows, &origin, home, refused)?;
    for (name, rows) in &user.profiles {
        let prefix = format!("profiles.{name}.");
        let origin = Origin::Profile(files.user.clone(), name.clone());
        if profile.as_deref() == Some(name) {
            apply_rows(&mut settings, &user.path, &prefix, rows, &origin, home, refused)?;
        } else {
            // A slip in a profile that is not in use is still worth a warning, and no failure.
            let mut unused = Settings::default();
            let unknown: Vec<SettingRow> = rows.iter().filter(|row| entry(&row.key).is_none()).cloned().collect();
            apply_rows(&mut unused, &user.path, &prefix, &unknown, &origin, home, |_, _| None)?;
            settings.warnings.append(&mut unused.warnings);
        }
    }
    if let Some(name) = profile
        && !user.profiles.iter().any(|(known, _)| *known == name)
    {
        return Err(SettingsError::NoProfile {
            name,
            path: files.user,
            known: user.profiles.into_iter().map(|(known, _)| known).collect(),
        });
    }
    if let (ProjectFile::Read, Some(path)) = (project, &files.project) {
        apply_project(&mut settings, &file::read(path)?, home)?;
    }
    apply_environment(&mut settings, environment, cwd, home)?;
    apply_flags(&mut settings, flags);
    apply_permission_flags(&mut settings, flags, cwd, home)?;
    Ok(settings)
}

fn chosen_profile(flags: &Flags, environment: &Environment) -> Result<Option<String>, SettingsError> {
    if flags.profile.is_some() {
        return Ok(flags.profile.clone());
    }
    Ok(variable(environment, env_vars::PROFILE)?.map(str::to_owned))
}

/// Applies the rows of one table. `refuse` may name a reason why a row does not count.
fn apply_rows(
    settings: &mut Settings,
    path: &Path,
    prefix: &str,
    rows: &[SettingRow],
    origin: &Origin,
    home: &Path,
    refuse: Refusal,
) -> Result<(), SettingsError> {
    let base = path.parent().unwrap_or(Path::new("/"));
    for row in rows {
        let Some(entry) = entry(&row.key) else {
            settings.warnings.push(unknown_key(path, prefix, row));
            continue;
        };
        if let Some(reason) = refuse(entry, &row.value) {
            settings.warnings.push(format!(
                "`{}` in `{}`, line {}, is ignored: {reason}",
                row.key,
                path.display(),
                row.line
            ));
            continue;
        }
        (entry.set)(settings, &row.value, origin.clone(), base, home)
            .map_err(|reason| row.bad_value(SettingsFileKind::Settings, path, prefix, reason))?;
    }
    Ok(())
}

fn unknown_key(path: &Path, prefix: &str, row: &SettingRow) -> String {
    let near = nearest::nearest(&row.key, ENTRIES.iter().map(|entry| entry.key));
    let meant = match near.first() {
        Some(near) => format!("; did you mean `{near}`?"),
        None => String::new(),
    };
    format!(
        "unknown setting `{prefix}{}` in `{}`, line {}{meant}",
        row.key,
        path.display(),
        row.line
    )
}

/// The author of the project wrote the project's file: the file may not make us run, reach or trust anything.
fn apply_project(settings: &mut Settings, project: &SettingsFile, home: &Path) -> Result<(), SettingsError> {
    if !project.profiles.is_empty() {
        settings.warnings.push(format!(
            "the profiles in `{}` are ignored: only the user's settings have profiles",
            project.path.display()
        ));
    }
    let origin = Origin::Project(project.path.clone());
    apply_rows(
        settings,
        &project.path,
        "",
        &project.rows,
        &origin,
        home,
        refused_to_a_project,
    )
}

/// Why a row does not count.
type Refusal = fn(&SettingKey, &RawValue) -> Option<&'static str>;

fn refused_to_a_project(entry: &SettingKey, value: &RawValue) -> Option<&'static str> {
    match entry.project {
        ProjectMay::Set => None,
        ProjectMay::TurnOn if truth(value) == Some(false) => Some("a project may turn this on, not off"),
        ProjectMay::TurnOff if truth(value) == Some(true) => Some("a project may turn this off, not on"),
        ProjectMay::TurnOn | ProjectMay::TurnOff => None,
        ProjectMay::NotSet => Some("a project may not set this"),
    }
}

/// The truth value as the setting will read it: `"false"` is one too.
fn truth(value: &RawValue) -> Option<bool> {
    bool::read(value, Path::new("/"), Path::new("/")).ok()
}

fn apply_environment(
    settings: &mut Settings,
    environment: &Environment,
    cwd: &Path,
    home: &Path,
) -> Result<(), SettingsError> {
    for entry in ENTRIES {
        let name = entry.variable();
        let Some(value) = variable(environment, &name)? else {
            continue;
        };
        if !entry.environment {
            // A user who sets `OPENCODE_RS_DENY` would believe that it denies.
            let reason = "a list is set in a file, not in the environment".to_owned();
            return Err(SettingsError::BadVariable { name, reason });
        }
        let origin = Origin::Environment(name.clone());
        (entry.set)(settings, &RawValue::Variable(value.to_owned()), origin, cwd, home)
            .map_err(|reason| SettingsError::BadVariable { name, reason })?;
    }
    settings.warnings.extend(unknown_variables(environment));
    Ok(())
}

/// A warning for each variable that looks like one of ours and is none.
fn unknown_variables(environment: &Environment) -> Vec<String> {
    let known: Vec<String> = ENTRIES.iter().map(SettingKey::variable).collect();
    let known: Vec<&str> = known.iter().map(String::as_str).chain(env_vars::OWN).collect();
    let names = environment.iter().filter_map(|(name, _)| name.to_str());
    names
        .filter(|name| name.starts_with(env_vars::PREFIX) && !known.contains(name))
        .map(|name| {
            let near = nearest::nearest(name, known.iter().copied());
            let meant = near
                .first()
                .map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            format!("unknown variable `{name}`{meant}")
        })
        .collect()
}

/// The value of a variable; an empty one counts as not set.
fn variable<'a>(environment: &'a Environment, name: &str) -> Result<Option<&'a str>, SettingsError> {
    match environment.os(name) {
        None => Ok(None),
        Some(value) if value.is_empty() => Ok(None),
        Some(value) => value.to_str().map(Some).ok_or_else(|| SettingsError::BadVariable {
            name: name.to_owned(),
            reason: "it is not valid Unicode".to_owned(),
        }),
    }
}

fn apply_flags(settings: &mut Settings, flags: &Flags) {
    if let Some((value, flag)) = flags.verbosity {
        settings.verbosity = Some(Setting::of_flag(value, flag));
    }
    if let Some(value) = flags.color {
        settings.color = Some(Setting::of_flag(value, "--color"));
    }
    if let Some(value) = flags.progress {
        settings.progress = Some(Setting::of_flag(value, "--no-progress"));
    }
}

/// The flags of permissions that name files, and the policy file of a flag or a setting.
fn apply_permission_flags(
    settings: &mut Settings,
    flags: &Flags,
    cwd: &Path,
    home: &Path,
) -> Result<(), SettingsError> {
    if let Some(path) = &flags.policy {
        // Without `.` in between, as messages and the origin of its rules show it.
        let path = cwd.join(path).components().collect();
        settings.policy = Some(Setting::of_flag(path, "--policy"));
    }
    if let Some(policy) = &settings.policy {
        let path = policy.value.clone();
        policy_file::apply(settings, path, home)?;
    }
    if flags.added_directories.is_empty() {
        return Ok(());
    }
    let directories = flags.added_directories.iter().map(|typed| {
        let unusable = |source| SettingsError::NoDirectory {
            path: typed.clone(),
            source,
        };
        let path = cwd.join(typed).canonicalize().map_err(unusable)?;
        if path.is_dir() {
            Ok(path)
        } else {
            Err(unusable(std::io::ErrorKind::NotADirectory.into()))
        }
    });
    let value = directories.collect::<Result<_, _>>()?;
    settings.add_dirs.push(Setting::of_flag(value, "--add-dir"));
    Ok(())
}
