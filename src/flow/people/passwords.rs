//! argon2id with the parameters of OWASP's minimum, a few at a time: each takes 19 MiB, and a crowd must not exhaust memory.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use crate::corpus;
use crate::domain::people::password::{self, LONGEST};
use crate::error::{Class, Report, Result, Wrong};

/// KiB, passes, lanes.
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);
/// Hashes computed at the same time.
const SIDE_BY_SIDE: usize = 2;
/// Requests that may wait for their turn; one more is told to come back.
const WAITING: usize = 32;

/// Of no password. Verified against where there is no person, so that the answer takes as long.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5LW5vYm9keS0$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

static COMMON: LazyLock<Vec<String>> = LazyLock::new(|| {
    let text = corpus::embedded("people/common_passwords.txt").unwrap_or_default();
    text.lines().filter(|l| !l.starts_with('#') && !l.is_empty()).map(str::to_lowercase).collect()
});

/// The places where hashes are computed.
pub(super) struct Hashing {
    turn: Semaphore,
    asked: AtomicUsize,
}

impl Default for Hashing {
    fn default() -> Self {
        Self { turn: Semaphore::new(SIDE_BY_SIDE), asked: AtomicUsize::new(0) }
    }
}

/// One place in the queue, given back when dropped, also when the caller goes away.
struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Hashing {
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(Argon2<'static>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let place = Place(&self.asked);
        if self.asked.fetch_add(1, Ordering::AcqRel) >= WAITING + SIDE_BY_SIDE {
            return Err(Report::new(Class::Busy, "auth.busy", "登录的人过多", "请稍后再试"));
        }
        let _turn = self.turn.acquire().await.map_err(|_| broken())?;
        let done = tokio::task::spawn_blocking(move || work(hasher()?)).await;
        drop(place);
        done.map_err(|_| broken())?
    }

    /// The PHC string of a password.
    pub async fn hash(&self, password: String) -> Result<String> {
        self.run(move |argon2| Ok(argon2.hash_password(password.as_bytes()).map_err(|_| broken())?.to_string())).await
    }

    /// Whether the password is that of the hash; takes as long when there is none.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool> {
        // What can be no password of ours is not hashed at its full length, but for as long.
        let (password, possible) = if password.len() > LONGEST { (String::new(), false) } else { (password, true) };
        self.run(move |argon2| {
            let known = hash.is_some();
            let hash = hash.unwrap_or_else(|| NOBODYS.into());
            let right = argon2.verify_password(password.as_bytes(), hash.as_str()).is_ok();
            Ok(right && known && possible)
        })
        .await
    }
}

fn hasher() -> Result<Argon2<'static>> {
    let (memory, passes, lanes) = COST;
    let params = Params::new(memory, passes, lanes, None).map_err(|_| broken())?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn broken() -> Report {
    Report::new(Class::Internal, "auth.hash", "密码无法处理", "系统内部错误，请重试")
}

/// Refuses a weak password; `path` names the field.
pub(super) fn check(password: &str, names: &[&str], path: &str) -> Result<()> {
    password::check(password, names, COMMON.iter().map(String::as_str)).map_err(|weak| {
        let wrong = Wrong { path: path.into(), code: weak.code().into(), message: weak.to_string() };
        Report::new(Class::Invalid, weak.code(), "密码不合要求", weak.to_string()).errors(vec![wrong])
    })
}
