//! Settings: what was written (`zhicai.toml`, `ZHICAI_*`, flags) and what it means. One small struct per room.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::corpus::decisions::Engine;
use crate::setup::OwnEncoder;

/// Everything a run needs to know, resolved.
#[derive(Clone, Debug)]
pub struct Settings {
    pub data_dir: PathBuf,
    /// Download cache shared by runs and tests; may be copied to another machine to work offline.
    pub cache_dir: PathBuf,
    pub agency: Agency,
    pub hub: Hub,
    pub remote: Remote,
    pub search: Search,
    pub access: Access,
    pub oidc: Oidc,
    pub store: Store,
}

/// How articles and cases are searched.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Search {
    /// By meaning as well as by words; `ZHICAI_DENSE=off` goes before it.
    pub dense: bool,
    /// Who searches past decisions; only `local` yet.
    pub decisions: Engine,
    /// An encoder of the bureau's own in place of the one that comes along.
    pub encoder: Option<OwnEncoder>,
}

impl Default for Search {
    fn default() -> Self {
        Self { dense: true, decisions: Engine::Local, encoder: None }
    }
}

/// Bounds of what is kept.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Store {
    /// Largest attachment, in MB.
    pub attachment_mb: u64,
    /// All attachments of a case, in MB.
    pub case_mb: u64,
}

impl Default for Store {
    fn default() -> Self {
        Self { attachment_mb: 200, case_mb: 20 << 10 }
    }
}

/// Who may use the service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Access {
    /// The tools that keep nothing (search, assessment, extraction, stateless drafts, citation check).
    pub local: Local,
    /// The service is reached through https: cookies are sent over nothing else.
    pub https: bool,
    /// Addresses of reverse proxies whose `X-Forwarded-For` is believed.
    pub proxies: Vec<std::net::IpAddr>,
}

/// Whether those tools need sign-in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Local {
    /// Not for whoever uses the machine itself: while the service listens on a loopback address and the request did not come
    /// through a proxy.
    #[default]
    Open,
    /// Always.
    SignIn,
}

/// Sign-in through the bureau's own service (OpenID Connect, authorisation code with PKCE). Off without an issuer.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Oidc {
    /// As the provider states it, such as `https://login.example.gov.cn/realms/ju`.
    pub issuer: Option<String>,
    pub client_id: String,
    /// `ZHICAI_OIDC_SECRET` goes before it; none for a public client.
    pub client_secret: Option<Secret>,
    /// Where this service is reached, such as `https://zhicai.example.gov.cn`; the provider sends people back to
    /// `<base_url>/api/v1/oidc/callback`.
    pub base_url: String,
    /// Claim that names the person: it must equal the 统一登录标识 an administrator has entered for them.
    pub claim: Claim,
}

/// A claim people can be matched by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Claim {
    #[default]
    Sub,
    PreferredUsername,
    /// Only where the provider says that it is verified.
    Email,
}

impl Default for Oidc {
    fn default() -> Self {
        Self {
            issuer: None,
            client_id: String::new(),
            client_secret: None,
            base_url: "http://127.0.0.1:8088".into(),
            claim: Claim::Sub,
        }
    }
}

/// 本机关: what stands in the head, the remedy clause and the seal area of every document.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Agency {
    pub name: String,
    /// 机关代字 of 文号.
    pub doc_no_prefix: String,
    /// 复议机关: the people's government of the same level (行政复议法24①).
    pub government: String,
    /// Court for litigation. Never guessed: unset is shown as to be confirmed.
    pub court: Option<String>,
    pub address: Option<String>,
    pub phone: Option<String>,
    /// 代收机构 and account for fines.
    pub bank: Option<String>,
    pub bank_account: Option<String>,
    /// 执法区域, written from the province down; certificates must cover it.
    pub region: String,
    /// 执法类别 its certificates must name.
    pub category: String,
    /// 案卷保管期限 in years. Never guessed: unset refuses to archive.
    pub retention_years: Option<u32>,
}

impl Default for Agency {
    fn default() -> Self {
        Self {
            name: "安宁市教育体育局".into(),
            doc_no_prefix: "安教体".into(),
            government: "安宁市人民政府".into(),
            court: None,
            address: None,
            phone: None,
            bank: None,
            bank_account: None,
            region: "云南省昆明市安宁市".into(),
            category: "教育".into(),
            retention_years: None,
        }
    }
}

/// Where model hubs are reached; `endpoint` may name a mirror.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hub {
    pub endpoint: Option<String>,
}

/// A model server with the OpenAI interface (vLLM, SGLang, llama.cpp), used only when `--model remote` asks for it.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Remote {
    /// Up to and with the version, such as `http://10.0.0.5:8000/v1`.
    pub endpoint: Option<String>,
    /// The model's name on that server.
    pub model: Option<String>,
    /// `ZHICAI_REMOTE_KEY` goes before it.
    pub key: Option<Secret>,
    /// How long the server may be silent.
    pub timeout_seconds: u64,
}

impl Default for Remote {
    fn default() -> Self {
        Self { endpoint: None, model: None, key: None, timeout_seconds: 60 }
    }
}

/// Text that is never printed.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// For the one place that sends it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// The file `zhicai.toml` in the data directory.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Written {
    agency: Agency,
    hub: Hub,
    remote: Remote,
    search: Search,
    access: Access,
    oidc: Oidc,
    store: Store,
}

#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("找不到本机的数据目录，请用 --data 或环境变量 ZHICAI_DATA 指定")]
    NoDataDir,
    #[error("无法读取设置文件 {path}：{source}")]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("设置文件 {path} 有误：{message}")]
    Invalid { path: PathBuf, message: String },
}

impl Settings {
    /// Flags over `ZHICAI_*` over `zhicai.toml` over defaults.
    pub fn load(data_flag: Option<&Path>) -> Result<Self, SettingsError> {
        let dirs = directories::ProjectDirs::from("", "", "zhicai");
        let data_dir = match data_flag.map(Path::to_path_buf).or_else(|| env_path("ZHICAI_DATA")) {
            Some(dir) => dir,
            None => dirs.as_ref().map(|d| d.data_dir().to_path_buf()).ok_or(SettingsError::NoDataDir)?,
        };
        let cache_dir = env_path("ZHICAI_CACHE")
            .or_else(|| dirs.as_ref().map(|d| d.cache_dir().to_path_buf()))
            .unwrap_or_else(|| data_dir.join("cache"));
        let path = data_dir.join("zhicai.toml");
        let written = match std::fs::read_to_string(&path) {
            Ok(text) => toml::from_str::<Written>(&text)
                .map_err(|e| SettingsError::Invalid { path: path.clone(), message: without_secrets(&e) })?,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Written::default(),
            Err(source) => return Err(SettingsError::Unreadable { path, source }),
        };
        let mut hub = written.hub;
        if let Ok(endpoint) = std::env::var("ZHICAI_HUB_ENDPOINT") {
            hub.endpoint = Some(endpoint);
        }
        let mut remote = written.remote;
        if let Some(key) = std::env::var("ZHICAI_REMOTE_KEY").ok().filter(|k| !k.is_empty()) {
            remote.key = Some(Secret::new(key));
        }
        let mut search = written.search;
        if let Some(wanted) = std::env::var("ZHICAI_DENSE").ok().filter(|v| !v.is_empty()) {
            search.dense = !matches!(wanted.as_str(), "off" | "0" | "false");
        }
        let mut oidc = written.oidc;
        if let Some(secret) = std::env::var("ZHICAI_OIDC_SECRET").ok().filter(|s| !s.is_empty()) {
            oidc.client_secret = Some(Secret::new(secret));
        }
        Ok(Self {
            data_dir,
            cache_dir,
            agency: written.agency,
            hub,
            remote,
            search,
            access: written.access,
            oidc,
            store: written.store,
        })
    }
}

/// The parser's message shows the line it stumbled over; not when that line holds the key.
fn without_secrets(error: &toml::de::Error) -> String {
    let shown = error.to_string();
    if shown.contains("secret") {
        return "[oidc] 的 client_secret 一行写法有误".into();
    }
    if shown.contains("key") { "[remote] 的 key 一行写法有误".into() } else { shown }
}

fn env_path(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from)
}
