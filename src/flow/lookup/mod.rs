//! 检索页: one box over articles, past decisions and norms, and the readers of one article and one past decision.

mod article;
mod cited;
mod decision;
mod facets;
mod find;
mod hints;
mod rows;

pub use self::article::{ArticlePage, Comparison, Part, ReadWish, VersionLine};
pub use self::cited::CitedBy;
pub use self::decision::DecisionPage;
pub use self::facets::{Choice, Facet};
pub use self::find::{Asked, CANDIDATES, Found, Kind};
pub use self::hints::Hint;
pub use self::rows::Rows;
pub use crate::corpus::norms::USE as NORM_USE;
