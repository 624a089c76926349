//! 导出: a composed document → .docx, HTML, plain text.
