//! 人员: who works with the system, in which roles, with which certificates (procedure.md §1).

pub mod certificate;
pub mod password;
pub mod token;

use serde::{Deserialize, Serialize};

pub use self::certificate::{CertFault, Issuer, OfficerCert};
pub use self::token::{Scope, Token};
use super::penalty::vocabulary;

vocabulary! {
    /// What a person may do. One person may hold several; none of them lets anybody approve their own work.
    Role {
        Officer = "officer", "承办人";
        Reviewer = "reviewer", "法制审核人员";
        Head = "head", "负责人";
        Publisher = "publisher", "公示员";
        Trainer = "trainer", "培训师";
        Trainee = "trainee", "培训学员";
        /// Reads everything, changes nothing.
        Supervisor = "supervisor", "监督";
        /// Manages people; sees no case by that role.
        Admin = "admin", "管理员";
    }
}

impl Role {
    /// Whether the role brings the bureau's real decisions in sight; the others see teaching cases.
    fn sees_real_cases(self) -> bool {
        matches!(self, Self::Officer | Self::Reviewer | Self::Head | Self::Publisher | Self::Trainer | Self::Supervisor)
    }
}

/// A person of the bureau, as managed by an administrator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// UUIDv4.
    pub id: String,
    /// 登录名, in the form that [`login_key`] gives.
    pub login: String,
    pub name: String,
    pub roles: Vec<Role>,
    pub certs: Vec<OfficerCert>,
    /// 法律职业资格 (行政处罚法58②).
    pub legal_qualification: bool,
    /// 初次从事行政处罚决定法制审核 (行政处罚法58②).
    pub first_time_reviewer: bool,
    /// What the sign-in service of the bureau calls them, where one is used.
    pub external_id: Option<String>,
    pub disabled: bool,
    /// Whether a password is set; false until the first invitation is accepted.
    pub has_password: bool,
    /// Counts the changes; a save must name the version it was made from.
    pub version: i64,
}

impl Person {
    /// The person as flow functions get it.
    pub fn actor(&self) -> Actor {
        Actor {
            id: self.id.clone(),
            name: self.name.clone(),
            roles: self.roles.clone(),
            certs: self.certs.clone(),
            legal_qualification: self.legal_qualification,
            first_time_reviewer: self.first_time_reviewer,
        }
    }
}

/// Who acts: a signed-in person with the roles they have now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Actor {
    pub id: String,
    pub name: String,
    pub roles: Vec<Role>,
    pub certs: Vec<OfficerCert>,
    pub legal_qualification: bool,
    pub first_time_reviewer: bool,
}

impl Actor {
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    pub fn has_any(&self, roles: &[Role]) -> bool {
        roles.iter().any(|r| self.has(*r))
    }

    /// Whether imported real decisions may be searched and shown; otherwise only teaching cases.
    pub fn sees_real_cases(&self) -> bool {
        self.roles.iter().any(|r| r.sees_real_cases())
    }

    /// G_REVIEWER: 初次从事处罚法制审核者须有法律职业资格 (行政处罚法58②).
    pub fn may_review(&self) -> bool {
        self.has(Role::Reviewer) && (self.legal_qualification || !self.first_time_reviewer)
    }
}

/// The form in which a 登录名 is kept and compared; `None` when it cannot be one: 2 to 32 letters, digits or Chinese characters,
/// with `.`, `-` and `_` between them.
pub fn login_key(written: &str) -> Option<String> {
    let key = written.trim().to_lowercase();
    let long_enough = (2..=32).contains(&key.chars().count());
    let plain = |c: char| c.is_ascii_alphanumeric() || ('\u{4e00}'..='\u{9fff}').contains(&c);
    let fits = key.chars().all(|c| plain(c) || ".-_".contains(c));
    (long_enough && fits && key.starts_with(plain) && key.ends_with(plain)).then_some(key)
}

/// A person's name as it stands in documents; `None` when it is empty, longer than 40 characters or holds control characters.
pub fn person_name(written: &str) -> Option<String> {
    let name = written.trim();
    let fits = (1..=40).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    fits.then(|| name.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_are_one_form_and_hold_nothing_that_could_be_markup() {
        assert_eq!(login_key(" LiMing ").as_deref(), Some("liming"));
        assert_eq!(login_key("李明.2").as_deref(), Some("李明.2"));
        for wrong in ["", "a", "-ab", "ab-", "a b", "a\nb", "<b>", "a'b", "a\u{202e}b", &"a".repeat(33)] {
            assert_eq!(login_key(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn an_administrator_or_trainee_sees_teaching_cases_only() {
        let actor = |roles: &[Role]| Actor {
            id: String::new(),
            name: String::new(),
            roles: roles.to_vec(),
            certs: vec![],
            legal_qualification: false,
            first_time_reviewer: true,
        };
        for roles in [&[][..], &[Role::Admin], &[Role::Trainee], &[Role::Admin, Role::Trainee]] {
            assert!(!actor(roles).sees_real_cases(), "{roles:?}");
        }
        assert!(actor(&[Role::Trainee, Role::Officer]).sees_real_cases());
        assert!(!actor(&[Role::Reviewer]).may_review());
    }
}
