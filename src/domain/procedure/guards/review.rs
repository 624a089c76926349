//! 法制审核 (行政处罚法58).

use super::{Guard, guard, said, statement_open, unless};
use crate::domain::checks::CHECKLIST;
use crate::domain::dossier::{DecisionKind, Dossier};
use crate::domain::legal_review::{Conclusion, ReviewState, Verdict};

guard!(SCOPE, "G_SCOPE", "移送不经本送审单", "行政处罚法27、58①", |m| {
    unless(m.after().intended != Some(DecisionKind::Transferred), "移送由负责人决定，见移送步骤")
});

guard!(PACKAGE, "G_PACKAGE", "送审材料不齐", "工作方案二(三)4", |m| {
    let items = m.after().review().map(|r| r.package.as_slice()).unwrap_or_default();
    items.iter().filter(|i| !i.present).map(|i| i.zh.clone()).collect()
});

guard!(TOLD, "G_TOLD", "告知和陈述申辩程序没有完成", "行政处罚法44、45、58①", |m| {
    let dossier = m.after();
    let penalty = dossier.intended == Some(DecisionKind::Penalty);
    if !penalty {
        return vec![];
    }
    let mut out = statement_open(&m.look, m.look.day);
    out.extend(unless(dossier.recheck.is_some(), "复核意见"));
    out
});

guard!(
    AFTER_HEARING,
    "G_AFTER_HEARING",
    "经过听证的，须在听证之后审核",
    "行政处罚法58①(二)",
    |m| {
        let Some(h) = m.after().hearing.as_ref().filter(|h| h.in_time) else { return vec![] };
        unless(h.held.as_ref().is_some_and(|x| x.on <= m.look.day), "先举行听证，再送法制审核")
    }
);

guard!(ROUND_ENDED, "G_ROUND", "上一轮审核还没有结束", "工作方案二(三)4", |m| {
    let Some(last) = m.before.review() else { return vec![] };
    let over = matches!(last.state, ReviewState::Returned | ReviewState::Concluded);
    unless(over, format!("现在“{}”", last.state.zh()))
});

guard!(ANSWERED, "G_ANSWERED", "没有逐条回应审核意见", "工作方案二(三)4", |m| {
    let (Some(last), Some(now)) = (m.before.review(), m.after().review()) else { return vec![] };
    let asked = last.conclusion == Some(Conclusion::AgreeAfterFix) || last.conclusion == Some(Conclusion::Disagree);
    unless(!asked || now.responses.iter().any(|r| said(&r.reply)), "对上一轮意见的逐条回应")
});

guard!(
    SEPARATE,
    "G_SEP",
    "审核人员不能是本案承办人",
    "行政处罚法58；重大执法决定法制审核制度",
    |m| { reviewer_involved(m.after()) }
);

guard!(QUALIFIED, "G_REVIEWER", "审核人员没有资格", "行政处罚法58②", |m| {
    let Some(reviewer) = m.after().review().and_then(|r| r.reviewer.as_ref()) else {
        return vec!["审核人员".into()];
    };
    let person = m.ctx.people.iter().chain([m.ctx.actor]).find(|p| p.id == reviewer.id);
    match person {
        Some(p) if p.may_review() => vec![],
        Some(p) if p.has(crate::domain::people::Role::Reviewer) => {
            vec![format!("{}初次从事法制审核，须取得法律职业资格", p.name)]
        }
        _ => vec![format!("{}不是法制审核人员", reviewer.name)],
    }
});

guard!(ROUND_SUBMITTED, "G_ROUND", "没有待受理的送审", "行政处罚法58①", |m| {
    unless(m.before.review().is_some_and(|r| r.state == ReviewState::Submitted), "送审材料")
});

guard!(ROUND_OPEN, "G_ROUND", "没有未结束的审核", "行政处罚法58①", |m| {
    unless(
        m.before.review().is_some_and(|r| matches!(r.state, ReviewState::Submitted | ReviewState::Accepted)),
        "正在进行的审核",
    )
});

guard!(ROUND_ACCEPTED, "G_ROUND", "审核还没有受理", "行政处罚法58①", |m| {
    unless(m.before.review().is_some_and(|r| r.state == ReviewState::Accepted), "先受理送审材料")
});

guard!(RETURN_REASON, "G_RETURN", "没有写明退回的理由", "工作方案二(三)4", |m| {
    unless(m.after().review().is_some_and(|r| r.returned_because.iter().any(|t| said(t))), "需要补正的内容")
});

guard!(CHECKLIST_ITEMS, "G_CHECKLIST", "审核清单没有逐项结论", "工作方案二(三)3", |m| {
    let Some(review) = m.after().review() else { return vec![] };
    let open = CHECKLIST.iter().filter(|c| !review.checklist.iter().any(|i| i.id == c.id));
    open.map(|c| format!("{} {}", c.id, c.zh)).collect()
});

guard!(COMMENT, "G_COMMENT", "批注没有内容", "工作方案二(三)4", |m| {
    let last = m.after().review().and_then(|r| r.comments.last());
    unless(last.is_some_and(|c| said(&c.text)), "批注的内容")
});

guard!(EXCLUSION, "G_EXCLUSION", "排除相似案例没有写明理由", "工作方案二(三)4", |m| {
    let last = m.after().review().and_then(|r| r.excluded.last());
    let mut out = unless(last.is_some_and(|x| said(&x.reason)), "排除的理由");
    out.extend(unless(last.is_some_and(|x| said(&x.precedent)), "排除的案例"));
    let bounded = |x: &crate::domain::legal_review::ExcludedCase| {
        x.reason.chars().count() <= 500 && x.title.chars().count() <= 200 && x.precedent.chars().count() <= 200
    };
    out.extend(unless(last.is_some_and(bounded), "理由不超过500字"));
    out
});

guard!(NO_FAILED_ITEM, "G_FAILED_ITEM", "有不通过的项目，不能同意", "行政处罚法58①", |m| {
    let Some(review) = m.after().review() else { return vec![] };
    let failed = review.checklist.iter().filter(|i| i.verdict == Verdict::Fail);
    let mut out: Vec<String> = failed.map(|i| format!("{}：不通过", i.id)).collect();
    let silent = review.checklist.iter().filter(|i| i.verdict == Verdict::Doubt && !said(&i.note));
    out.extend(silent.map(|i| format!("{}：存疑的须写明为何仍同意", i.id)));
    out
});

guard!(OPINION, "G_OPINION_TEXT", "没有写明意见", "行政处罚法58①", |m| {
    unless(m.after().review().is_some_and(|r| said(&r.opinion)), "存在的问题和修改意见")
});

guard!(REVIEW_SUSPENSION, "G_SUSPEND", "扣除审核期限没有事由", "工作方案二(三)4", |m| {
    let s = m.after().review().and_then(|r| r.suspensions.last());
    unless(s.is_some_and(|s| said(&s.reason) && said(&s.basis)), "事由和依据")
});

guard!(NOT_UNDER_REVIEW, "G_UNDER_REVIEW", "正在法制审核，不能改动", "行政处罚法58①", |m| {
    let open = |s| matches!(s, ReviewState::Submitted | ReviewState::Accepted);
    unless(!m.before.review().is_some_and(|r| open(r.state)), "等待审核结论或者退回补正")
});

/// The reviewer of the round that counts took part in the case.
pub fn reviewer_involved(dossier: &Dossier) -> Vec<String> {
    let Some(reviewer) = dossier.review().and_then(|r| r.reviewer.as_ref()) else { return vec![] };
    let apart = !dossier.investigated(&reviewer.id) && dossier.created_by != reviewer.id;
    unless(apart, format!("{}参与了本案调查", reviewer.name))
}
