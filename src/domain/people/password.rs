//! Which passwords are taken. Length counts, not character classes; what everybody would try first is refused.

/// Characters a password must have at least.
pub const SHORTEST: usize = 10;
/// Bytes beyond which nothing is hashed.
pub const LONGEST: usize = 256;

/// Why a password is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Weak {
    #[error("密码至少需要10个字符")]
    Short,
    #[error("密码过长，最多256字节")]
    Long,
    #[error("密码不能包含登录名或姓名")]
    Name,
    #[error("密码过于简单（重复或连续的字符）")]
    Plain,
    #[error("这是常见密码，请换一个")]
    Common,
}

impl Weak {
    /// Stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Short => "password.short",
            Self::Long => "password.long",
            Self::Name => "password.name",
            Self::Plain => "password.plain",
            Self::Common => "password.common",
        }
    }
}

/// Checks a new password of a person with these names; `common` holds lower-case passwords that are tried first.
pub fn check<'a>(password: &str, names: &[&str], mut common: impl Iterator<Item = &'a str>) -> Result<(), Weak> {
    let chars: Vec<char> = password.to_lowercase().chars().collect();
    if chars.len() < SHORTEST {
        return Err(Weak::Short);
    }
    if password.len() > LONGEST {
        return Err(Weak::Long);
    }
    let lower: String = chars.iter().collect();
    if names.iter().map(|n| n.trim().to_lowercase()).any(|n| n.chars().count() >= 2 && lower.contains(&n)) {
        return Err(Weak::Name);
    }
    let mut kinds = chars.clone();
    kinds.sort_unstable();
    kinds.dedup();
    let step = |pair: &[char]| match pair {
        [a, b] => i64::from(u32::from(*b)) - i64::from(u32::from(*a)),
        _ => 0,
    };
    let first = chars.get(..2).map_or(0, step);
    if kinds.len() < 4 || (first.abs() == 1 && chars.windows(2).all(|pair| step(pair) == first)) {
        return Err(Weak::Plain);
    }
    // A common one with some digits or signs behind it is as common.
    let stem = lower.trim_end_matches(|c: char| !c.is_alphabetic());
    if common.any(|known| known == lower || (stem.len() >= 4 && known == stem)) {
        return Err(Weak::Common);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_anybody_would_try_is_refused() {
        let check = |p: &str| check(p, &["liming", "李明"], ["password", "1qaz2wsx3edc"].into_iter());
        assert_eq!(check("Zx8-玉兰花开"), Err(Weak::Short));
        assert_eq!(check("玉兰花开在三月的安宁"), Ok(()));
        assert_eq!(check("xLiMing2026x"), Err(Weak::Name));
        assert_eq!(check("abababababab"), Err(Weak::Plain));
        assert_eq!(check("jihgfedcba"), Err(Weak::Plain));
        assert_eq!(check("Password2026!"), Err(Weak::Common));
        assert_eq!(check("1QAZ2WSX3EDC"), Err(Weak::Common));
        assert_eq!(check(&"长短句".repeat(60)), Err(Weak::Long));
    }
}
