//! 导出: a composed document → .docx, HTML, plain text. All three are made from the same blocks, so their words are the same.

pub mod archive;
pub mod docx;
pub mod html;
pub mod pages;
pub mod table;
pub mod text;

/// Whether a person has signed the document off. Until then the AI-assisted draft carries the explicit and the
/// file-metadata label of 《人工智能生成合成内容标识办法》 and GB 45438-2025.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Label {
    Draft {
        /// Who makes the content available: the agency.
        producer: String,
        /// Unique number of this draft.
        id: String,
    },
    SignedOff,
}

/// The explicit label on every page of a draft.
pub const DRAFT_LABEL: &str = "本文稿由人工智能辅助生成，未经人工审核签发，不具法律效力";

impl Label {
    /// The visible words, while there are any.
    pub fn visible(&self) -> Option<&'static str> {
        match self {
            Self::Draft { .. } => Some(DRAFT_LABEL),
            Self::SignedOff => None,
        }
    }

    /// The implicit label: the value of the property `AIGC` (GB 45438-2025; `Label` 1 = AI-generated).
    pub fn metadata(&self) -> Option<String> {
        let Self::Draft { producer, id } = self else { return None };
        let value = serde_json::json!({
            "Label": "1",
            "ContentProducer": producer,
            "ProduceID": id,
            "ReservedCode1": "",
            "ContentPropagator": "",
            "PropagateID": "",
            "ReservedCode2": "",
        });
        Some(value.to_string())
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("不能写出 .docx 文件：{0}")]
    Zip(#[from] zip::result::ZipError),
    #[error("不能写出 .docx 文件：{0}")]
    Io(#[from] std::io::Error),
}

impl ExportError {
    pub fn code(&self) -> &'static str {
        match self {
            Self::Zip(_) => "export.zip",
            Self::Io(_) => "export.io",
        }
    }
}
