//! Room errors → [`Report`]s: class and title, with the room's own code and words.

use crate::corpus::CorpusError;
use crate::corpus::rules::RulesError;
use crate::domain::document::compose::ComposeError;
use crate::domain::document::fill::FillError;
use crate::domain::intake::Rejected;
use crate::engine::{EngineError, RemoteError};
use crate::error::{Class, Report, Wrong};
use crate::prompts::PromptsError;
use crate::prompts::tasks::TaskError;
use crate::store::StoreError;

pub fn corpus(e: CorpusError) -> Report {
    Report::new(Class::Missing, e.code(), "语料不可用", e.to_string())
}

pub fn rules(e: RulesError) -> Report {
    Report::new(Class::Missing, e.code(), "裁量规则有误", e.to_string())
}

pub fn prompts(e: PromptsError) -> Report {
    let class = if matches!(e, PromptsError::UnknownKind { .. }) { Class::Invalid } else { Class::Internal };
    Report::new(class, e.code(), "文书式样不可用", e.to_string())
}

pub fn tasks(e: TaskError) -> Report {
    Report::new(Class::Internal, e.code(), "提示文件不可用", e.to_string())
}

pub fn engine(e: EngineError) -> Report {
    let (class, title) = match &e {
        EngineError::Busy | EngineError::Remote(RemoteError::Busy) => (Class::Busy, "语言模型正忙"),
        EngineError::NotRedacted => (Class::Refused, "内容不能离开本机"),
        _ => (Class::Missing, "语言模型不可用"),
    };
    Report::new(class, e.code(), title, e.to_string())
}

pub fn rejected(e: Rejected) -> Report {
    let problems = e.problems();
    let broken = matches!(e, Rejected::Unreadable(_));
    let first = problems.iter().find(|p| p.fatal).or(problems.first());
    let (code, detail) = first.map_or(("input.rejected", String::new()), |p| (p.code, p.message.clone()));
    let title = if broken { "案件数据无法读取" } else { "案件数据有误" };
    let errors = problems.iter().filter(|p| p.fatal && !p.path.is_empty());
    let errors =
        errors.map(|p| Wrong { path: p.path.clone(), code: p.code.into(), message: p.message.clone() }).collect();
    Report::new(Class::Invalid, code, title, detail).errors(errors)
}

pub fn fill(e: FillError) -> Report {
    match e {
        FillError::Refused(refusal) => {
            Report::new(Class::Refused, refusal.code, format!("不能出具{}", refusal.form), refusal.message.clone())
                .basis(refusal.basis)
                .missing(refusal.missing)
        }
        other => Report::new(Class::Internal, other.code(), "文书无法填写", other.to_string()),
    }
}

pub fn compose(e: ComposeError) -> Report {
    Report::new(Class::Internal, e.code(), "文书无法组成", e.to_string())
}

pub fn store(e: StoreError) -> Report {
    let (class, title) = match &e {
        StoreError::StaleVersion { .. } => (Class::Conflict, "已被他人修改"),
        StoreError::NotFound(_) => (Class::NotFound, "没有找到"),
        StoreError::Exists(_) => (Class::Conflict, "已经存在"),
        StoreError::Refused { .. } => (Class::Conflict, "没有保存"),
        StoreError::KeyReused => (Class::Conflict, "Idempotency-Key 重复使用"),
        StoreError::Busy => (Class::Busy, "数据库正忙"),
        _ => (Class::Missing, "数据库不可用"),
    };
    Report::new(class, e.code(), title, e.to_string())
}
