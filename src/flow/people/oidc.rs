//! Sign-in through the bureau's own service: OpenID Connect, authorisation code with PKCE, nonce and state. People are matched by
//! the claim that is set; nobody is ever added or given a role this way.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreIdTokenClaims, CoreJwsSigningAlgorithm, CoreProviderMetadata,
};
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse, IssuerUrl, Nonce,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, TokenResponse,
};
use tokio::sync::Semaphore;

use super::sign_in::Opened;
use super::{digest, seconds_since, secret};
use crate::error::{Class, Report, Result};
use crate::flow::{Flow, report};
use crate::settings::{Claim, Oidc};

/// Seconds somebody may take at the provider.
const PATIENCE: i64 = 10 * 60;
/// Sign-ins under way, at most; the oldest go first.
const MOST: usize = 500;
/// Conversations with the provider at a time.
const SIDE_BY_SIDE: usize = 4;
/// How long the provider may take for one answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Longest answer of the provider that is read.
const LONGEST: u64 = 1 << 20;

/// Signatures that are believed: no shared secrets, no `none`.
const SIGNATURES: [CoreJwsSigningAlgorithm; 8] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// Sign-ins under way.
pub(super) struct Started {
    pending: Mutex<HashMap<String, Pending>>,
    turn: Semaphore,
}

impl Default for Started {
    fn default() -> Self {
        Self { pending: Mutex::default(), turn: Semaphore::new(SIDE_BY_SIDE) }
    }
}

struct Pending {
    nonce: Nonce,
    verifier: PkceCodeVerifier,
    /// Digest of what the browser holds: the answer must come to the browser that asked.
    browser: String,
    at: Timestamp,
}

/// Where to send the browser, and what it must bring back.
pub struct Departure {
    pub url: String,
    pub browser: String,
}

/// What the provider says.
struct Told {
    nonce: Nonce,
    verifier: PkceCodeVerifier,
    code: String,
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Unreachable(String);

fn failed(what: &str, why: impl std::fmt::Display) -> Report {
    tracing::warn!("统一登录：{what}：{why}");
    Report::new(Class::Missing, "auth.oidc_failed", "统一登录没有完成", format!("{what}，请重试或改用密码登录"))
}

impl Flow {
    /// The settings, where this way of signing in is set up.
    fn oidc(&self) -> Result<(Oidc, String)> {
        let oidc = self.settings.oidc.clone();
        let issuer = oidc.issuer.clone().filter(|_| !oidc.client_id.is_empty());
        issuer
            .map(|issuer| (oidc, issuer))
            .ok_or_else(|| Report::new(Class::NotFound, "auth.oidc_off", "没有启用统一登录", "请用登录名和密码登录"))
    }

    /// Whether pages may offer it.
    pub fn offers_oidc(&self) -> bool {
        self.oidc().is_ok()
    }

    /// Begins a sign-in at the provider.
    pub async fn oidc_start(&self, now: Timestamp) -> Result<Departure> {
        let (oidc, issuer) = self.oidc()?;
        let browser = secret()?;
        let (url, state, nonce, verifier) = self.talk(move || authorize(&oidc, &issuer)).await?;
        let mut pending = self.accounts().oidc.pending.lock().unwrap_or_else(PoisonError::into_inner);
        pending.retain(|_, p| seconds_since(p.at, now) < PATIENCE);
        if pending.len() >= MOST
            && let Some(oldest) = pending.iter().min_by_key(|(_, p)| p.at).map(|(state, _)| state.clone())
        {
            pending.remove(&oldest);
        }
        pending.insert(state, Pending { nonce, verifier, browser: digest(&browser), at: now });
        Ok(Departure { url, browser })
    }

    /// Ends it: the code against an ID token, the token against a person an administrator has entered.
    pub async fn oidc_finish(
        &self,
        state: &str,
        code: String,
        browser: &str,
        ends: Option<&str>,
        origin: &str,
        now: Timestamp,
    ) -> Result<Opened> {
        let (oidc, issuer) = self.oidc()?;
        let pending = self.accounts().oidc.pending.lock().unwrap_or_else(PoisonError::into_inner).remove(state);
        let pending = pending.filter(|p| p.browser == digest(browser) && seconds_since(p.at, now) < PATIENCE);
        let pending = pending.ok_or_else(|| {
            let detail = "登录请求不存在、已使用或已过期，请从登录页重新开始";
            Report::new(Class::Unauthenticated, "auth.oidc_state", "统一登录没有完成", detail)
        })?;
        let told = Told { nonce: pending.nonce, verifier: pending.verifier, code };
        let known_as = self.talk(move || identify(&oidc, &issuer, told)).await?;
        let person = self.reader().await?.person_by_external_id(&known_as).await.map_err(report::store)?;
        let person = person.filter(|p| !p.disabled).ok_or_else(|| {
            let detail = "此账号没有登记为本系统的人员，请找管理员登记";
            Report::new(Class::Forbidden, "auth.oidc_unknown", "不能登录", detail)
        })?;
        self.open_session(person, None, ends, "oidc", origin, now).await
    }

    async fn talk<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        let _turn = self
            .accounts()
            .oidc
            .turn
            .try_acquire()
            .map_err(|_| Report::new(Class::Busy, "auth.busy", "登录的人过多", "请稍后再试"))?;
        tokio::task::spawn_blocking(work).await.map_err(|e| failed("系统内部错误", e))?
    }
}

/// One request to the provider; no redirects, so that it cannot be sent elsewhere.
fn http(request: HttpRequest) -> std::result::Result<HttpResponse, Unreachable> {
    use std::io::Read as _;

    let agent = ureq::AgentBuilder::new().timeout(TIMEOUT).redirects(0).build();
    let mut call = agent.request(request.method().as_str(), &request.uri().to_string());
    for (name, value) in request.headers() {
        call = call.set(name.as_str(), value.to_str().unwrap_or_default());
    }
    let response = match call.send_bytes(request.body()) {
        Ok(response) | Err(ureq::Error::Status(_, response)) => response,
        Err(e) => return Err(Unreachable(e.to_string())),
    };
    let mut answer = axum::http::Response::builder().status(response.status());
    for name in response.headers_names() {
        if let Some(value) = response.header(&name) {
            answer = answer.header(name, value);
        }
    }
    let mut body = Vec::new();
    response.into_reader().take(LONGEST).read_to_end(&mut body).map_err(|e| Unreachable(e.to_string()))?;
    answer.body(body).map_err(|e| Unreachable(e.to_string()))
}

fn discover(issuer: &str) -> Result<CoreProviderMetadata> {
    let url = IssuerUrl::new(issuer.into()).map_err(|e| failed("设置中的 issuer 有误", e))?;
    CoreProviderMetadata::discover(&url, &http).map_err(|e| failed("统一登录服务没有应答", e))
}

/// The client; a macro, because its type tells which addresses are known.
macro_rules! client {
    ($oidc:expr, $issuer:expr) => {{
        let back = format!("{}/api/v1/oidc/callback", $oidc.base_url.trim_end_matches('/'));
        let back = RedirectUrl::new(back).map_err(|e| failed("设置中的 base_url 有误", e))?;
        let secret = $oidc.client_secret.as_ref().map(|s| ClientSecret::new(s.reveal().into()));
        CoreClient::from_provider_metadata(discover($issuer)?, ClientId::new($oidc.client_id.clone()), secret)
            .set_redirect_uri(back)
    }};
}

type Authorised = (String, String, Nonce, PkceCodeVerifier);

fn authorize(oidc: &Oidc, issuer: &str) -> Result<Authorised> {
    let client = client!(oidc, issuer);
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let mut ask = client
        .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
        .set_pkce_challenge(challenge);
    ask = match oidc.claim {
        Claim::Sub => ask,
        Claim::PreferredUsername => ask.add_scope(Scope::new("profile".into())),
        Claim::Email => ask.add_scope(Scope::new("email".into())),
    };
    let (url, state, nonce) = ask.url();
    Ok((url.to_string(), state.secret().clone(), nonce, verifier))
}

/// What the provider calls the person, by a signed token made for us and this very sign-in.
fn identify(oidc: &Oidc, issuer: &str, told: Told) -> Result<String> {
    let client = client!(oidc, issuer);
    let asked =
        client.exchange_code(AuthorizationCode::new(told.code)).map_err(|e| failed("统一登录服务的设置有误", e))?;
    let answer =
        asked.set_pkce_verifier(told.verifier).request(&http).map_err(|e| failed("统一登录服务没有确认", e))?;
    let token = answer.id_token().ok_or_else(|| failed("统一登录服务没有给出身份", "no id_token"))?;
    let verifier = client.id_token_verifier().set_allowed_algs(SIGNATURES);
    let claims = token.claims(&verifier, &told.nonce).map_err(|e| failed("统一登录给出的身份不可信", e))?;
    named(claims, oidc.claim).ok_or_else(|| failed("统一登录给出的身份缺少所需的项", "claim"))
}

fn named(claims: &CoreIdTokenClaims, claim: Claim) -> Option<String> {
    match claim {
        Claim::Sub => Some(claims.subject().as_str().to_string()),
        Claim::PreferredUsername => claims.preferred_username().map(|name| name.as_str().to_string()),
        Claim::Email => {
            claims.email().filter(|_| claims.email_verified() == Some(true)).map(|email| email.as_str().to_string())
        }
    }
}
