//! 文书式样: a form file, typed. Reading TOML is `prompts`' matter; what a form may say is decided here.

use serde::{Deserialize, Serialize};

/// 写者.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Writer {
    /// Filled by code from structured data.
    D,
    /// Fixed words of the form.
    C,
    /// Drafted by the model, changed and accepted by a person.
    L,
    /// Written or signed by hand.
    H,
}

impl Writer {
    pub fn letter(self) -> char {
        match self {
            Self::D => 'D',
            Self::C => 'C',
            Self::L => 'L',
            Self::H => 'H',
        }
    }

    pub fn zh(self) -> &'static str {
        match self {
            Self::D => "系统填写",
            Self::C => "固定文字",
            Self::L => "模型起草",
            Self::H => "人工填写",
        }
    }
}

/// How the lines of a field are set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// Agency, title, number.
    Head,
    /// Lines without first-line indent.
    Party,
    #[default]
    Paragraphs,
    List,
    /// Agency over date.
    Seal,
    /// Rows of cells set apart by [`super::papers::CELL`]; the first row is the head.
    Table,
}

/// One field of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    pub id: String,
    pub zh: String,
    /// Where the value comes from; roots of documents.md §1.
    #[serde(default)]
    pub path: String,
    pub writer: Writer,
    #[serde(default)]
    pub mandatory: bool,
    /// 依据, e.g. `行政处罚法59①(一)`.
    #[serde(default)]
    pub basis: String,
    #[serde(default)]
    pub style: Style,
    /// The shared block whose text this field is.
    #[serde(default)]
    pub block: Option<String>,
    /// Item of 行政处罚法59① that this field serves (1–6).
    #[serde(default)]
    pub element: Option<u8>,
    /// Template of the value, for documents that steps produce (`prompts/papers/`).
    #[serde(default)]
    pub text: Option<String>,
}

/// What the body of a form places, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Part {
    /// Numbered by `compose`; shown only when something under it is.
    Heading {
        level: u8,
        text: String,
    },
    Fixed(String),
    /// A field, by id, with the instruction for the model when it is an L field.
    Field {
        id: String,
        instruction: String,
    },
}

/// A form, checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Form {
    pub id: String,
    pub zh: String,
    /// 代字.
    pub code: String,
    /// Transition of the procedure that produces it, e.g. `T13`.
    pub stage: String,
    pub model_may_write: bool,
    pub fields: Vec<Field>,
    pub parts: Vec<Part>,
    /// 不予处罚的法定情形 that a decision of this form may rest on.
    pub grounds: Vec<Ground>,
}

/// 不予处罚的法定情形, with what must be shown for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ground {
    /// As decisions name it (`procedure::guards::GROUNDS`), or `not_established`.
    pub code: String,
    pub zh: String,
    /// Provision in full, as the decision cites it.
    pub basis: String,
    /// What the provision says of such a case, without the final stop.
    pub says: String,
    /// Whether the party is to be educated (行政处罚法33③).
    #[serde(default)]
    pub educate: bool,
    /// Each is argued by itself.
    #[serde(default, rename = "element")]
    pub elements: Vec<GroundElement>,
}

/// One 要件 of a ground: `words` tell which sentences of the reason argue it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroundElement {
    pub zh: String,
    /// 裁量因素 whose finding shows it.
    #[serde(default)]
    pub factors: Vec<String>,
    pub words: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    #[error("式样{form}：字段{field}是必备项，但没有写来源（path）或依据（basis）")]
    NoSource { form: String, field: String },
    #[error("式样{form}：字段{field}不得由模型起草：{reason}")]
    ForbiddenForModel { form: String, field: String, reason: &'static str },
    #[error("式样{form}：字段{field}的来源“{path}”不是已知路径")]
    UnknownPath { form: String, field: String, path: String },
    #[error("式样{form}：字段{field}引用了不存在的公共块{block}")]
    UnknownBlock { form: String, field: String, block: String },
    #[error("式样{form}：字段{field}重复")]
    DuplicateField { form: String, field: String },
    #[error("式样{form}：正文引用了未定义的字段{field}")]
    UndefinedField { form: String, field: String },
    #[error("式样{form}：字段{field}未在正文中出现，或出现多次")]
    NotPlacedOnce { form: String, field: String },
    #[error("式样{form}：模型起草的字段{field}没有写起草要求")]
    NoInstruction { form: String, field: String },
    #[error("式样{form}：{what}")]
    Invalid { form: String, what: String },
}

impl FormError {
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSource { .. } => "form.no_source",
            Self::ForbiddenForModel { .. } => "form.forbidden_for_model",
            Self::UnknownPath { .. } => "form.unknown_path",
            Self::UnknownBlock { .. } => "form.unknown_block",
            Self::DuplicateField { .. } => "form.duplicate_field",
            Self::UndefinedField { .. } => "form.undefined_field",
            Self::NotPlacedOnce { .. } => "form.not_placed_once",
            Self::NoInstruction { .. } => "form.no_instruction",
            Self::Invalid { .. } => "form.invalid",
        }
    }
}

/// Roots of the one address scheme (documents.md §1).
const ROOTS: &[&str] = &[
    "agency",
    "case",
    "party",
    "officer",
    "facts",
    "evid",
    "procedure",
    "disc",
    "law",
    "orders",
    "dl",
    "notice",
    "review",
    "discuss",
    "decision",
    "serve",
    "exec",
    "pub",
    "remedy",
    "sign",
    "doc_no",
    "inspect",
    "interview",
    "recheck",
    "rectify",
    "lic",
    "av",
    "closure",
    "not_filed",
    "preservation",
    "recusal",
    "investigation",
    "transfer",
    "hearing",
    "summons",
    "held",
    "deferral",
    "demand",
    "court",
    "archive",
    "spot",
    "filing",
];

/// What the model may never write (documents.md §3), by root or stem of the path.
const FORBIDDEN: &[(&str, &str)] = &[
    ("doc_no", "文号"),
    ("agency", "机关名称"),
    ("party", "当事人身份"),
    ("officer", "执法人员身份"),
    ("law", "条款"),
    ("disc.final", "处罚种类和数额"),
    ("disc.range", "裁量幅度"),
    ("orders", "行政命令"),
    ("dl", "期限"),
    ("remedy", "救济途径"),
    ("decision", "决定结论"),
    ("review", "审核结论"),
    ("discuss", "讨论结论"),
    ("sign", "签名"),
    ("serve", "送达"),
    ("exec", "执行"),
    ("pub", "公示内容"),
    ("case.case_no", "案号"),
    ("facts.gains", "违法所得数额"),
];

/// Ends of a path that name a sum or a date, wherever it stands.
const FORBIDDEN_ENDS: &[(&str, &str)] = &[
    ("_fen", "金额"),
    ("_at", "日期"),
    ("_from", "日期"),
    ("_to", "日期"),
    ("deadline", "期限"),
    ("birth", "日期"),
    ("due", "期限"),
    ("conclusion", "结论"),
    ("signature", "签名"),
];

/// Why the model may not write the value at `path`, if so.
pub fn forbidden_for_model(path: &str) -> Option<&'static str> {
    let stem = |s: &str| path == s || path.strip_prefix(s).is_some_and(|r| r.starts_with(['.', '[']));
    let named = FORBIDDEN.iter().find(|(s, _)| stem(s)).map(|(_, why)| *why);
    named.or_else(|| FORBIDDEN_ENDS.iter().find(|(end, _)| path.ends_with(end)).map(|(_, why)| *why))
}

impl Form {
    /// The field of that id.
    pub fn field(&self, id: &str) -> Option<&Field> {
        self.fields.iter().find(|f| f.id == id)
    }

    /// The L fields in order, each with its instruction.
    pub fn drafted(&self) -> impl Iterator<Item = (&Field, &str)> {
        self.parts.iter().filter_map(|part| match part {
            Part::Field { id, instruction } => {
                self.field(id).filter(|f| f.writer == Writer::L).map(|f| (f, instruction.as_str()))
            }
            _ => None,
        })
    }

    /// Everything loading promises. `known_block` says which shared blocks exist.
    pub fn check(&self, known_block: impl Fn(&str) -> bool) -> Result<(), FormError> {
        let form = self.id.clone();
        let invalid = |what: &str| FormError::Invalid { form: form.clone(), what: what.into() };
        if self.id.is_empty() || self.zh.is_empty() || self.fields.is_empty() {
            return Err(invalid("id、zh 和字段都要写"));
        }
        // Without a 代字 there is no number; what the model helps to write always has one.
        let numbered = super::doc_no::CODES.contains(&self.code.as_str());
        if !numbered && (self.model_may_write || !self.code.is_empty()) {
            return Err(invalid("文种代字（code）不在册"));
        }
        for (i, f) in self.fields.iter().enumerate() {
            let (form, field) = (form.clone(), f.id.clone());
            if self.fields[..i].iter().any(|other| other.id == f.id) {
                return Err(FormError::DuplicateField { form, field });
            }
            if f.mandatory && (f.path.is_empty() || f.basis.is_empty()) {
                return Err(FormError::NoSource { form, field });
            }
            let root = f.path.split(['.', '[']).next().unwrap_or_default();
            if !f.path.is_empty() && !ROOTS.contains(&root) {
                return Err(FormError::UnknownPath { form, field, path: f.path.clone() });
            }
            if let Some(block) = f.block.as_ref().filter(|b| !known_block(b)) {
                return Err(FormError::UnknownBlock { form, field, block: block.clone() });
            }
            if f.element.is_some_and(|e| !(1..=6).contains(&e)) {
                return Err(invalid(&format!("字段{field}的 element 应为1至6（行政处罚法59①各项）")));
            }
            if f.writer == Writer::L {
                let reason = if !self.model_may_write {
                    Some("本文种不允许模型起草")
                } else if f.block.is_some() {
                    Some("公共块的文字")
                } else if f.path.is_empty() {
                    Some("没有来源")
                } else {
                    forbidden_for_model(&f.path)
                };
                if let Some(reason) = reason {
                    return Err(FormError::ForbiddenForModel { form, field, reason });
                }
            }
        }
        self.check_parts()
    }

    fn check_parts(&self) -> Result<(), FormError> {
        let placed: Vec<(&str, &str)> = self
            .parts
            .iter()
            .filter_map(|p| match p {
                Part::Field { id, instruction } => Some((id.as_str(), instruction.as_str())),
                _ => None,
            })
            .collect();
        if let Some((id, _)) = placed.iter().find(|(id, _)| self.field(id).is_none()) {
            return Err(FormError::UndefinedField { form: self.id.clone(), field: id.to_string() });
        }
        for f in &self.fields {
            let here: Vec<_> = placed.iter().filter(|(id, _)| *id == f.id).collect();
            let (form, field) = (self.id.clone(), f.id.clone());
            match (f.writer, here.as_slice()) {
                (Writer::L, [(_, "")]) => return Err(FormError::NoInstruction { form, field }),
                (_, [_]) => {}
                _ => return Err(FormError::NotPlacedOnce { form, field }),
            }
        }
        Ok(())
    }
}
