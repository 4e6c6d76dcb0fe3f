//! Where npm would fetch a package from, and with which credentials.
//!
//! Read are the environment, the user's and the global `.npmrc`. The `.npmrc` of the working directory is not: a
//! directory that was just cloned must not choose where an executable comes from.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use npmrc_config_rs::registry::DEFAULT_REGISTRY;
use npmrc_config_rs::{Credentials, NpmrcConfig, global_config_path, global_prefix_from};
use reqwest::{NoProxy, Proxy};
use url::Url;

use super::error::Error;
use super::http::{HostTrust, NamedProxy, base_address};
use crate::context::{Directories, Environment};
use crate::support::secret::Secret;

/// The settings of npm that concern a download.
#[derive(Debug)]
pub(super) struct NpmConfig {
    /// The registry's address, ending with a slash.
    pub(super) registry: Url,
    environment: Environment,
    /// The user's file, then the global one.
    files: Vec<NpmrcConfig>,
}

impl NpmConfig {
    /// Reads the settings.
    ///
    /// # Errors
    ///
    /// When the registry's address is not an address.
    pub(super) fn read(environment: &Environment, directories: &Directories) -> Result<Self, Error> {
        let user =
            of_environment(environment, "userconfig").map_or_else(|| directories.home.join(".npmrc"), PathBuf::from);
        let user = read_file(user);
        let prefix = user.as_ref().and_then(|file| file.get("prefix"));
        let global = global_file(environment, prefix).and_then(read_file);
        let mut config = Self {
            registry: base_address(DEFAULT_REGISTRY)?,
            environment: environment.clone(),
            files: user.into_iter().chain(global).collect(),
        };
        if let Some(registry) = config.setting("registry") {
            config.registry = base_address(registry)?;
        }
        Ok(config)
    }

    /// The `Authorization` for an address, chosen by the longest part of it that has credentials.
    pub(super) fn authorization(&self, url: &Url) -> Option<Secret> {
        let mut prefix = url.clone();
        prefix.set_query(None);
        prefix.set_fragment(None);
        loop {
            if let Some(credentials) = self.files.iter().find_map(|file| file.credentials_for(&prefix)) {
                return authorization(&credentials);
            }
            let path = prefix.path().trim_end_matches('/');
            let parent = path.rfind('/').map(|slash| path[..=slash].to_owned())?;
            prefix.set_path(&parent);
        }
    }

    /// The address of an archive as the registry's answer has it, moved to the configured registry where npm would do
    /// so: mirrors leave the public host in their answers.
    pub(super) fn tarball(&self, tarball: &Url) -> Url {
        let public = Url::parse(DEFAULT_REGISTRY).ok();
        let replaced = match self.setting("replace-registry-host").unwrap_or("npmjs") {
            "never" => false,
            "always" => true,
            "npmjs" => tarball.host_str() == public.as_ref().and_then(Url::host_str),
            host => tarball.host_str() == Some(host),
        };
        if !replaced || tarball.host_str() == self.registry.host_str() {
            return tarball.clone();
        }
        let mut moved = self.registry.clone();
        let base = moved.path().trim_end_matches('/').to_owned();
        moved.set_path(&format!("{base}{}", tarball.path()));
        moved.set_query(tarball.query());
        moved
    }

    /// The certificates and the proxy of these settings, besides those of the environment.
    pub(super) fn trust(&self) -> HostTrust {
        let mut trust = HostTrust::of_environment(&self.environment);
        if let Some(file) = self.setting("cafile").filter(|file| *file != "null") {
            trust.certificates.push((PathBuf::from(file), "`cafile` of npm"));
        }
        // Variables of the environment are read by the client itself.
        let named = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
            .iter()
            .any(|name| self.environment.text(name).is_some());
        if !named && let Some(proxy) = self.setting("https-proxy").or_else(|| self.setting("proxy")) {
            let except = self.setting("noproxy").and_then(NoProxy::from_string);
            match Proxy::all(proxy) {
                Ok(named) => {
                    trust.proxy = Some(named.no_proxy(except));
                    trust.proxies.push(NamedProxy {
                        scheme: None,
                        address: proxy.rsplit('@').next().unwrap_or(proxy).to_owned(),
                        named_by: "npm's settings",
                    });
                }
                Err(error) => tracing::warn!(%error, "cannot use the proxy of npm's settings"),
            }
        }
        trust
    }

    fn setting(&self, name: &str) -> Option<&str> {
        of_environment(&self.environment, name).or_else(|| {
            self.files
                .iter()
                .find_map(|file| file.get(name))
                .filter(|value| !value.is_empty())
        })
    }
}

/// `npm_config_NAME`, in any case and with `_` for `-`.
fn of_environment<'a>(environment: &'a Environment, name: &str) -> Option<&'a str> {
    let wanted = format!("npm_config_{}", name.replace('-', "_"));
    environment
        .iter()
        .find(|(name, value)| name.to_str().is_some_and(|name| name.eq_ignore_ascii_case(&wanted)) && !value.is_empty())
        .and_then(|(_, value)| value.to_str())
}

fn global_file(environment: &Environment, prefix_of_user: Option<&str>) -> Option<PathBuf> {
    if let Some(file) = of_environment(environment, "globalconfig") {
        return Some(PathBuf::from(file));
    }
    let prefix = of_environment(environment, "prefix")
        .or(prefix_of_user)
        .or_else(|| environment.text("PREFIX"));
    let node = environment
        .absolute_path()
        .and_then(|path| which::which_in_global("node", Some(path)).ok())
        .and_then(|mut found| found.next());
    global_prefix_from(prefix, node.as_deref(), environment.text("DESTDIR"), cfg!(windows))
        .map(|prefix| global_config_path(&prefix))
}

fn read_file(path: PathBuf) -> Option<NpmrcConfig> {
    if !path.is_file() {
        return None;
    }
    match NpmrcConfig::load_from_file(&path) {
        Ok(file) => Some(file),
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "cannot read npm's settings");
            None
        }
    }
}

fn authorization(credentials: &Credentials) -> Option<Secret> {
    match credentials {
        Credentials::Token { token, .. } => Some(Secret::new(format!("Bearer {token}"))),
        Credentials::BasicAuth { username, password, .. } => {
            let encoded = STANDARD.encode(format!("{username}:{password}"));
            Some(Secret::new(format!("Basic {encoded}")))
        }
        Credentials::LegacyAuth { auth, .. } => Some(Secret::new(format!("Basic {auth}"))),
        Credentials::ClientCertOnly(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(npmrc: &str, variables: &[(&str, &str)]) -> NpmConfig {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join(".npmrc"), npmrc).unwrap();
        let environment = variables
            .iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        let directories = Directories {
            home: home.path().to_path_buf(),
            config: PathBuf::new(),
            data: PathBuf::new(),
            state: PathBuf::new(),
            cache: PathBuf::new(),
        };
        NpmConfig::read(&environment, &directories).unwrap()
    }

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    fn shown(config: &NpmConfig, address: &str) -> Option<String> {
        config
            .authorization(&url(address))
            .map(|secret| secret.expose().to_owned())
    }

    #[test]
    fn the_environment_wins_over_the_users_file_and_that_over_the_default() {
        assert_eq!(config("", &[]).registry.as_str(), DEFAULT_REGISTRY);
        let npmrc = "registry=https://file.test/npm\n";
        assert_eq!(config(npmrc, &[]).registry.as_str(), "https://file.test/npm/");
        let variables = [("NPM_CONFIG_REGISTRY", "https://variable.test")];
        assert_eq!(config(npmrc, &variables).registry.as_str(), "https://variable.test/");
    }

    #[test]
    fn the_global_file_comes_after_the_users() {
        let directory = tempfile::tempdir().unwrap();
        let global = directory.path().join("npmrc");
        std::fs::write(&global, "registry=https://global.test/\nreplace-registry-host=never\n").unwrap();
        let variables = [("npm_config_globalconfig", global.to_str().unwrap())];
        assert_eq!(config("", &variables).registry.as_str(), "https://global.test/");
        let both = config("registry=https://user.test/\n", &variables);
        assert_eq!(both.registry.as_str(), "https://user.test/");
        assert_eq!(both.setting("replace-registry-host"), Some("never"));
    }

    #[test]
    fn credentials_go_to_the_addresses_that_they_are_for_and_to_no_other() {
        // `CARGO_PKG_NAME` is set by cargo for tests.
        let config = config(
            "//host.test/npm/:_authToken=token-${CARGO_PKG_NAME}\n//basic.test/:username=me\n//basic.test/:_password=c2VjcmV0\n\
             //legacy.test/:_auth=bWU6c2VjcmV0\n",
            &[],
        );
        let token = Some("Bearer token-opencode-rs".to_owned());
        assert_eq!(
            shown(&config, "https://host.test/npm/opencode-linux-x64/1.18.33"),
            token
        );
        assert_eq!(shown(&config, "https://host.test/npm/a/-/a.tgz?x=1"), token);
        assert_eq!(shown(&config, "https://host.test/other/a.tgz"), None);
        assert_eq!(shown(&config, "https://elsewhere.test/npm/a.tgz"), None);
        let basic = Some("Basic bWU6c2VjcmV0".to_owned());
        assert_eq!(shown(&config, "https://basic.test/a/-/a.tgz"), basic);
        assert_eq!(shown(&config, "https://legacy.test/a/-/a.tgz"), basic);
        assert!(!format!("{:?}", config.authorization(&url("https://basic.test/"))).contains("bWU6"));
    }

    #[test]
    fn the_public_host_in_an_answer_is_replaced_by_the_configured_registry() {
        let public = url(DEFAULT_REGISTRY).join("a/-/a-1.tgz").unwrap();
        let elsewhere = url("https://cdn.test/a/-/a-1.tgz");
        let mirror = "registry=https://mirror.test/api/npm/\n";
        let moved = url("https://mirror.test/api/npm/a/-/a-1.tgz");
        assert_eq!(config(mirror, &[]).tarball(&public), moved);
        assert_eq!(config(mirror, &[]).tarball(&elsewhere), elsewhere);
        let with = |value: &str| config(&format!("{mirror}replace-registry-host={value}\n"), &[]);
        assert_eq!(with("never").tarball(&public), public);
        assert_eq!(with("always").tarball(&elsewhere), moved);
        assert_eq!(with("cdn.test").tarball(&elsewhere), moved);
        assert_eq!(with("cdn.test").tarball(&public), public);
    }
}
