//! Rows as they come from a statute database that is not ours, before anything is believed about them.

/// One law as the source has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForeignLaw {
    pub id: String,
    pub title: String,
    pub doc_type: String,
    pub issuer: Option<String>,
    pub published: Option<String>,
    pub effective: Option<String>,
    pub version: Option<String>,
    pub status: String,
}

/// One article row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForeignArticle {
    pub row: i64,
    pub law_id: String,
    pub chapter: Option<String>,
    pub section: Option<String>,
    pub label: Option<String>,
    pub number: Option<i64>,
    pub text: Option<String>,
}

/// Everything in the source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForeignStatutes {
    pub laws: Vec<ForeignLaw>,
    pub articles: Vec<ForeignArticle>,
}

#[derive(Debug, thiserror::Error)]
#[error("无法读取法律数据库 {path}：{why}；请重新运行 zhicai setup")]
pub struct SourceError {
    pub path: String,
    pub why: String,
}
