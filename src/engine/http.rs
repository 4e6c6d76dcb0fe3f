//! Requests to release hosts: encrypted, patient, and never following a redirect out of encryption.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, Client, Response, redirect};
use serde::de::DeserializeOwned;
use url::Url;

use super::error::Error;
use crate::context::Environment;
use crate::env_vars;
use crate::support::loopback::is_loopback;
use crate::support::progress::Progress;
use crate::support::retry;
use crate::support::secret::Secret;
use crate::support::timestamp::rfc3339;

/// A metadata answer is a few kilobytes; a package's full history has some megabytes.
const METADATA_LIMIT: usize = 32 * 1024 * 1024;
const MOST_REDIRECTS: usize = 10;
/// Timeout of a whole document, against hosts that send a byte now and then.
const METADATA_DEADLINE: Duration = Duration::from_secs(120);
/// Who says "later than this" is not waited for.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(60);

/// How long and how often a host is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryLimits {
    pub connect: Duration,
    /// Between two pieces of an answer. The limit on the whole is generous, since lines may be slow.
    pub read: Duration,
    /// How often a request is made in all.
    pub attempts: u32,
    /// How often one is made that gets no connection: names and routes rarely come back within seconds.
    pub connection_attempts: u32,
    /// Before the second attempt; doubled for each further attempt.
    pub first_pause: Duration,
    /// The pauses do not grow beyond this.
    pub longest_pause: Duration,
}

impl Default for RetryLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            read: Duration::from_secs(30),
            attempts: 4,
            connection_attempts: 2,
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(20),
        }
    }
}

/// What else a host needs: from npm's settings.
#[derive(Debug, Default)]
pub(super) struct HostTrust {
    /// A file of more certificates, and what named it.
    pub certificates: Vec<(PathBuf, &'static str)>,
    /// A proxy that no environment variable names.
    pub proxy: Option<reqwest::Proxy>,
    /// The proxies that are in use, for messages.
    pub proxies: Vec<NamedProxy>,
}

/// A proxy, and what named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NamedProxy {
    /// The scheme of the addresses that it is for; none for all.
    pub scheme: Option<&'static str>,
    pub address: String,
    pub named_by: &'static str,
}

/// The variables that name proxies, in the order in which they count, and the schemes that they are for.
const PROXY_VARIABLES: [(&str, Option<&str>); 6] = [
    ("HTTPS_PROXY", Some("https")),
    ("https_proxy", Some("https")),
    ("HTTP_PROXY", Some("http")),
    ("http_proxy", Some("http")),
    ("ALL_PROXY", None),
    ("all_proxy", None),
];

impl HostTrust {
    /// The certificates that the environment adds to the system's.
    pub(super) fn of_environment(environment: &Environment) -> Self {
        let extra = environment
            .text(env_vars::NODE_EXTRA_CA_CERTS)
            .map(|path| (PathBuf::from(path), env_vars::NODE_EXTRA_CA_CERTS));
        let proxies = PROXY_VARIABLES.iter().filter_map(|(name, scheme)| {
            let address = environment.text(name)?;
            Some(NamedProxy {
                scheme: *scheme,
                // There may be a password before the `@`.
                address: address.rsplit('@').next().unwrap_or(address).to_owned(),
                named_by: name,
            })
        });
        Self {
            certificates: extra.into_iter().collect(),
            proxy: None,
            proxies: proxies.collect(),
        }
    }
}

/// A client for one source.
#[derive(Debug, Clone)]
pub(super) struct Http {
    client: Client,
    patience: RetryLimits,
    proxies: Vec<NamedProxy>,
}

impl Http {
    /// Makes a client with the system's certificates and proxies, and what `trust` adds.
    ///
    /// # Errors
    ///
    /// When a file of certificates is unusable, or the system has none.
    pub(super) fn new(patience: RetryLimits, trust: HostTrust) -> Result<Self, Error> {
        // Another part of the process may have installed a provider already; that provider works too.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .user_agent(concat!("opencode-rs/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(patience.connect)
            .read_timeout(patience.read)
            .redirect(redirect::Policy::custom(follow));
        for (path, named_by) in trust.certificates {
            match certificates_in(&path) {
                Ok(certificates) => builder = builder.tls_certs_merge(certificates),
                // As node does: what was meant for it may be of no use here.
                Err(error) if named_by == env_vars::NODE_EXTRA_CA_CERTS => {
                    tracing::warn!(
                        "cannot use the certificates in `{}`, named by {named_by}: {error}",
                        path.display()
                    );
                }
                Err(source) => return Err(Error::Certificates { path, named_by, source }),
            }
        }
        if let Some(proxy) = trust.proxy {
            builder = builder.proxy(proxy);
        }
        Ok(Self {
            client: builder.build().map_err(Error::Client)?,
            patience,
            proxies: trust.proxies,
        })
    }

    /// Reads a small JSON document, again after failures that may pass.
    ///
    /// # Errors
    ///
    /// When the document cannot be read.
    pub(super) async fn json<T: DeserializeOwned>(
        &self,
        url: &Url,
        headers: &[(HeaderName, &'static str)],
        authorization: Option<&Secret>,
        progress: &dyn Progress,
    ) -> Result<T, Error> {
        let document = async || {
            let mut response = self.get(url, headers, authorization).await?;
            let mut body = Vec::new();
            while let Some(chunk) = response.chunk().await.map_err(|error| interrupted(url, error))? {
                body.extend_from_slice(&chunk);
                if body.len() > METADATA_LIMIT {
                    return Err(Error::answer(url, "it does not end"));
                }
            }
            serde_json::from_slice(&body).map_err(|error| Error::answer(url, error))
        };
        self.patiently(progress, || async {
            let limited = tokio::time::timeout(METADATA_DEADLINE, document()).await;
            limited.unwrap_or_else(|_| Err(Error::too_slow(url, METADATA_DEADLINE)))
        })
        .await
    }

    /// Sends one request; an answer that is no success is an error.
    ///
    /// # Errors
    ///
    /// When no success came back.
    pub(super) async fn get(
        &self,
        url: &Url,
        headers: &[(HeaderName, &'static str)],
        authorization: Option<&Secret>,
    ) -> Result<Response, Error> {
        let mut request = self.client.get(url.clone());
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        if let Some(secret) = authorization
            && let Ok(mut value) = HeaderValue::from_str(secret.expose())
        {
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        let response = request.send().await.map_err(|error| self.unanswered(url, error))?;
        let status = response.status().as_u16();
        match status {
            200..=299 => Ok(response),
            404 | 410 => Err(Error::NotPublished { url: url.clone() }),
            403 | 429 if header(response.headers(), "x-ratelimit-remaining") == Some("0") => {
                let resets = header(response.headers(), "x-ratelimit-reset")
                    .and_then(|text| text.trim().parse().ok())
                    .map(|seconds| UNIX_EPOCH + Duration::from_secs(seconds));
                Err(Error::RateLimited {
                    url: url.clone(),
                    resets: resets.map(rfc3339),
                })
            }
            _ => Err(Error::Status {
                url: url.clone(),
                status,
                retry_after: retry::retry_after(response.headers(), SystemTime::now()),
            }),
        }
    }

    /// Runs `attempt` until it succeeds, fails for good, or has failed too often.
    ///
    /// # Errors
    ///
    /// The last failure.
    pub(super) async fn patiently<T, F: Future<Output = Result<T, Error>>>(
        &self,
        progress: &dyn Progress,
        attempt: impl Fn() -> F,
    ) -> Result<T, Error> {
        let pause = |error: &Error, made| {
            let pause = self.pause_before_retry(error, made)?;
            progress.note(&format!("{error}; trying again in {:.1} s", pause.as_secs_f64()));
            Some(pause)
        };
        retry::repeat(attempt, pause).await
    }

    fn unanswered(&self, url: &Url, error: reqwest::Error) -> Error {
        let url = url.clone();
        let (reason, timed_out) = (innermost(&error), error.is_timeout());
        if error.is_redirect() || error.is_builder() {
            Error::Answer { url, problem: reason }
        } else if error.is_connect() {
            let proxy = self
                .proxies
                .iter()
                .find(|proxy| proxy.scheme.is_none_or(|scheme| scheme == url.scheme()))
                .filter(|_| !is_loopback(&url));
            Error::Connect {
                reason: in_plain_words(reason),
                proxy: proxy.map(|proxy| (proxy.address.clone(), proxy.named_by)),
                url,
                timed_out,
            }
        } else {
            Error::Interrupted { url, reason }
        }
    }

    /// How long to wait after failure number `made`; `None` when it is no use.
    fn pause_before_retry(&self, error: &Error, made: u32) -> Option<Duration> {
        let (most, asked) = match error {
            Error::Connect { timed_out: true, .. } => return None,
            Error::Connect { .. } => (self.patience.connection_attempts, None),
            Error::Interrupted { .. } => (self.patience.attempts, None),
            // GitHub says 403 and when to come back, when many requests come at once.
            Error::Status {
                status, retry_after, ..
            } if matches!(status, 408 | 429 | 500..=599) || (*status == 403 && retry_after.is_some()) => {
                (self.patience.attempts, *retry_after)
            }
            _ => return None,
        };
        if made >= most {
            return None;
        }
        if let Some(asked) = asked {
            return (asked <= LONGEST_RETRY_AFTER).then_some(asked);
        }
        Some(retry::backoff(
            self.patience.first_pause,
            self.patience.longest_pause,
            made,
        ))
    }
}

fn certificates_in(path: &Path) -> Result<Vec<Certificate>, Box<dyn std::error::Error + Send + Sync>> {
    let certificates = Certificate::from_pem_bundle(&std::fs::read(path)?)?;
    if certificates.is_empty() {
        return Err("it holds no certificate".into());
    }
    Ok(certificates)
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn follow(attempt: redirect::Attempt<'_>) -> redirect::Action {
    let was_encrypted = attempt.previous().last().is_some_and(|url| url.scheme() == "https");
    if was_encrypted && attempt.url().scheme() != "https" {
        return attempt.error("it leads from an encrypted address to an unencrypted one");
    }
    if attempt.previous().len() > MOST_REDIRECTS {
        return attempt.error("it leads from one address to the next without end");
    }
    attempt.follow()
}

/// A body that broke off.
pub(super) fn interrupted(url: &Url, error: reqwest::Error) -> Error {
    Error::Interrupted {
        url: url.clone(),
        reason: innermost(&error),
    }
}

/// The reasons that the libraries give in words of their own.
fn in_plain_words(reason: String) -> String {
    if reason.contains("CaUsedAsEndEntity") {
        return "its certificate is one for an authority (`CA:TRUE`), and not for a server; \
                make one with `basicConstraints=critical,CA:FALSE`"
            .to_owned();
    }
    match reason.as_str() {
        "tunnel error: unsuccessful" | "unsuccessful" => "the proxy refused the connection".to_owned(),
        text if text.contains("proxy authorization required") => {
            "the proxy wants a user and a password (status 407)".to_owned()
        }
        _ => reason,
    }
}

/// The last cause in the chain.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

/// Reads a base address, which may be unencrypted when the user wrote it so. It ends with a slash afterwards.
///
/// # Errors
///
/// When it is no web address.
pub(super) fn base_address(text: &str) -> Result<Url, Error> {
    let refused = |problem| Error::Address {
        // An address may hold a password before the `@`.
        address: text.rsplit('@').next().unwrap_or(text).to_owned(),
        problem,
    };
    let mut url: Url = text.trim().parse().map_err(|_| refused("it is no address"))?;
    if !matches!(url.scheme(), "https" | "http") || !url.has_host() {
        return Err(refused("it is no web address"));
    }
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Ok(url)
}

/// Refuses an unencrypted address that a host named, unless the user's own base address is unencrypted too.
///
/// # Errors
///
/// When the address must not be used.
pub(super) fn check_encrypted(url: &Url, base: &Url) -> Result<(), Error> {
    let encrypted_enough = match url.scheme() {
        "https" => true,
        "http" => base.scheme() == "http" || is_loopback(url),
        _ => false,
    };
    if encrypted_enough {
        return Ok(());
    }
    Err(Error::Address {
        address: without_credentials(url).to_string(),
        problem: "it is not encrypted",
    })
}

/// The address without user, password and query, for messages and receipts.
pub(super) fn without_credentials(url: &Url) -> Url {
    let mut url = url.clone();
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unencrypted_address_is_used_only_where_the_user_chose_one() {
        let url = |text: &str| text.parse::<Url>().unwrap();
        let encrypted = url("https://registry.test/");
        let chosen = url("http://mirror.test/");
        assert!(check_encrypted(&url("https://cdn.test/x"), &encrypted).is_ok());
        assert!(check_encrypted(&url("http://cdn.test/x"), &encrypted).is_err());
        assert!(check_encrypted(&url("http://127.0.0.1:1/x"), &encrypted).is_ok());
        assert!(check_encrypted(&url("http://cdn.test/x"), &chosen).is_ok());
        assert!(check_encrypted(&url("file:///etc/passwd"), &chosen).is_err());
    }

    #[test]
    fn base_addresses_end_with_a_slash_and_hide_passwords_when_refused() {
        assert_eq!(
            base_address("https://host.test/npm").unwrap().as_str(),
            "https://host.test/npm/"
        );
        let error = base_address("ftp://me:secret@host.test/").unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot use the address `host.test/`: it is no web address"
        );
    }

    #[test]
    fn a_file_without_certificates_is_none_of_certificates() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("garbage.pem");
        std::fs::write(&file, "garbage").unwrap();
        assert!(certificates_in(&file).is_err());
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        let http = Http::new(RetryLimits::default(), HostTrust::default()).unwrap();
        let url: Url = "https://host.test/".parse().unwrap();
        let status = |status, retry_after| Error::Status {
            url: url.clone(),
            status,
            retry_after,
        };
        assert_eq!(http.pause_before_retry(&status(403, None), 1), None);
        let moment = Duration::from_secs(2);
        assert_eq!(http.pause_before_retry(&status(403, Some(moment)), 1), Some(moment));
        assert_eq!(
            http.pause_before_retry(&Error::NotPublished { url: url.clone() }, 1),
            None
        );
        assert_eq!(http.pause_before_retry(&status(503, None), 4), None);
        let three = Duration::from_secs(3);
        assert_eq!(http.pause_before_retry(&status(429, Some(three)), 1), Some(three));
        assert_eq!(http.pause_before_retry(&status(429, Some(three * 100)), 1), None);
        let third = http.pause_before_retry(&status(500, None), 3).unwrap();
        assert!(
            (Duration::from_secs(1)..=Duration::from_secs(2)).contains(&third),
            "{third:?}"
        );
    }
}
