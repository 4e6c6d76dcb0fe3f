//! Files that hold secrets, known by what they are called.

use std::path::{Component, Path};

use super::names::Names;

/// Files that hold passwords, tokens or private keys. In lower case.
const SECRET_FILES: Names = Names(
    ".netrc _netrc .git-credentials .pgpass .my.cnf .mylogin.cnf .pypirc .s3cfg .boto .vault-token .dockercfg \
     credentials.tfrc.json id_rsa id_dsa id_ecdsa id_ecdsa_sk id_ed25519 id_ed25519_sk secring.gpg",
);

const SECRET_DIRECTORIES: Names = Names(".gnupg .password-store .aws .azure .mozilla .thunderbird");

/// Parts of the paths of such directories whose own names say nothing.
const SECRET_PARTS: [&str; 2] = ["/share/keyrings/", "/library/keychains/"];

/// Ends of the paths of such files whose own names say nothing.
const SECRET_PATHS: Names = Names(
    "/.docker/config.json /.kube/config /gcloud/credentials.db /gcloud/application_default_credentials.json \
     /gh/hosts.yml /.gem/credentials /.cargo/credentials.toml",
);

/// What is in `.ssh` and no secret.
const PUBLIC_OF_SSH: Names = Names("config authorized_keys known_hosts known_hosts.old environment");

/// Ends of the names of files that hold private keys.
const KEY_ENDS: [&str; 8] = [".key", ".p8", ".p12", ".pfx", ".ppk", ".jks", ".keystore", ".kdbx"];

/// How surely a file holds secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SecretLikelihood {
    Always,
    /// Often; it also lies about in repositories, where there is nothing secret in it.
    Sometimes,
}

/// Whether a file is one of those that hold secrets for programs: `.env`, `prod.env`, `.env.local`, `.env~`; not
/// `.env.example`.
pub(crate) fn is_environment_file(path: &Path) -> bool {
    let Some(name) = last_name(path) else { return false };
    let name = name.trim_end_matches('~');
    let is_pattern = ["example", "sample", "template", "dist"].iter().any(|end| {
        name.strip_suffix(end)
            .is_some_and(|rest| rest.ends_with(['.', '-', '_']))
    });
    !is_pattern
        && name.match_indices(".env").any(|(at, mark)| {
            let rest = &name[at + mark.len()..];
            !rest.starts_with(char::is_alphabetic)
        })
}

/// Whether a file holds secrets, by what it is called.
pub(crate) fn likelihood(path: &Path) -> Option<SecretLikelihood> {
    let names = names(path);
    let (name, folders) = names.split_last()?;
    let text = format!("/{}", names.join("/"));
    let of_ssh = folders.last().is_some_and(|folder| folder == ".ssh")
        && !name.ends_with(".pub")
        && !PUBLIC_OF_SSH.contains(name);
    let always = is_environment_file(path)
        || SECRET_FILES.contains(name)
        || names.iter().any(|name| SECRET_DIRECTORIES.contains(name))
        || SECRET_PARTS.iter().any(|part| text.contains(part))
        || SECRET_PATHS.iter().any(|end| text.ends_with(end))
        || of_ssh
        || (name.starts_with('.') && name.ends_with("_history"));
    if always {
        return Some(SecretLikelihood::Always);
    }
    let of_git = matches!(name.as_str(), "config" | "config.worktree") && folders.iter().any(|folder| folder == ".git");
    let is_key = KEY_ENDS.iter().any(|end| name.ends_with(end))
        || (name.ends_with(".pem") && (name.contains("key") || name.contains("priv")));
    (of_git || is_key || matches!(name.as_str(), ".envrc" | ".npmrc")).then_some(SecretLikelihood::Sometimes)
}

/// The names in a path. Windows and macOS take other cases for the same name, Windows also dots and spaces at the end.
pub(crate) fn names(path: &Path) -> Vec<String> {
    path.components()
        .filter_map(|component| match component {
            Component::Normal(name) => {
                let name = name.to_string_lossy().to_lowercase();
                Some(name.trim_end_matches(['.', ' ']).to_owned())
            }
            _ => None,
        })
        .collect()
}

pub(crate) fn last_name(path: &Path) -> Option<String> {
    names(path).pop()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_hold_secrets_are_known_by_name() {
        for (name, expected) in [
            (".env", true),
            ("a/prod.env", true),
            (".env.local", true),
            (".ENV", true),
            (".env.example", false),
            ("environment", false),
            (".envrc", false),
            (".env~", true),
            (".env-prod", true),
            (".env_prod", true),
            ("prod.env.bak", true),
            (".env-sample", false),
            ("src/environment.ts", false),
        ] {
            assert_eq!(is_environment_file(Path::new(name)), expected, "{name}");
        }
    }
}
