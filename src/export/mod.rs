//! 导出: a composed document → .docx, HTML, plain text.
pub mod docx;
pub mod html;
pub const AI_LABEL: &str = "本文稿由人工智能辅助生成，未经人工审核签发，不具法律效力";
pub enum Label {
    Draft { producer: String, id: String },
    SignedOff,
}
