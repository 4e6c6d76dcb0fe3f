//! Model servers on this machine, and where they listen.

use url::Url;

/// A program that serves models on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocalServerKind {
    Ollama,
    LmStudio,
    LlamaCpp,
}

impl LocalServerKind {
    pub const ALL: [Self; 3] = [Self::Ollama, Self::LmStudio, Self::LlamaCpp];

    /// The provider's name in `--model`.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Ollama => "ollama",
            Self::LmStudio => "lmstudio",
            Self::LlamaCpp => "llamacpp",
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Ollama => "Ollama",
            Self::LmStudio => "LM Studio",
            Self::LlamaCpp => "llama.cpp",
        }
    }

    /// The setting that holds its address.
    pub const fn setting(self) -> &'static str {
        match self {
            Self::Ollama => "ollama_url",
            Self::LmStudio => "lmstudio_url",
            Self::LlamaCpp => "llamacpp_url",
        }
    }

    /// Where it listens unless somebody changed that.
    const fn usual_address(self) -> &'static str {
        match self {
            Self::Ollama => "http://127.0.0.1:11434",
            Self::LmStudio => "http://127.0.0.1:1234",
            Self::LlamaCpp => "http://127.0.0.1:8080",
        }
    }

    /// How a model comes to be there.
    pub const fn how_to_get_a_model(self) -> &'static str {
        match self {
            Self::Ollama => "`ollama pull NAME` fetches one",
            Self::LmStudio => "download one in LM Studio",
            Self::LlamaCpp => "start it with a model: `llama-server -m FILE`",
        }
    }
}

/// An address on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoopbackUrl(pub Url);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalServer {
    pub kind: LocalServerKind,
    pub url: Url,
}

/// The servers that are known, each with its address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalServers(pub Vec<LocalServer>);

impl LocalServers {
    /// With these addresses in place of the usual ones.
    pub fn at(address: impl Fn(LocalServerKind) -> Option<Url>) -> Self {
        let usual = |kind: LocalServerKind| Url::parse(kind.usual_address()).ok();
        let server = |kind| {
            Some(LocalServer {
                kind,
                url: address(kind).or_else(|| usual(kind))?,
            })
        };
        Self(LocalServerKind::ALL.into_iter().filter_map(server).collect())
    }
}

impl Default for LocalServers {
    fn default() -> Self {
        Self::at(|_| None)
    }
}
