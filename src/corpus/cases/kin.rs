//! How near two rows of the violation tables are.

use crate::domain::discretion::table::Violation;
use crate::domain::rulebook::RuleBook;

/// What two rows have in common, the nearest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kin {
    Same,
    /// Rows of one article.
    Article,
    /// One refers to the other, took its place, or both refer to the same row.
    Linked,
    Law,
    Apart,
}

/// Whether `a` names `b`.
fn names(a: &Violation, b: &str) -> bool {
    let referred = a.refer_to.iter().chain(&a.refer_also).chain(&a.superseded_by);
    referred.into_iter().any(|id| id == b)
}

/// Of two ids; symmetric. Ids that the tables do not have are the same or apart.
pub fn kin(book: &RuleBook, a: &str, b: &str) -> Kin {
    if a == b {
        return Kin::Same;
    }
    let Some((a, b)) = book.violation(a).zip(book.violation(b)) else { return Kin::Apart };
    let same_law = a.law == b.law;
    match () {
        () if same_law && a.article == b.article && a.article != 0 => Kin::Article,
        () if names(a, &b.id) || names(b, &a.id) => Kin::Linked,
        () if a.refer_to.is_some() && a.refer_to == b.refer_to => Kin::Linked,
        () if same_law => Kin::Law,
        () => Kin::Apart,
    }
}

/// The other rows of the family, in the order of the tables.
pub fn family<'a>(book: &'a RuleBook, id: &'a str) -> impl Iterator<Item = &'a str> {
    let near = move |v: &&Violation| matches!(kin(book, id, &v.id), Kin::Article | Kin::Linked);
    book.violations.iter().filter(near).map(|v| v.id.as_str())
}
