//! 立案、调查、终结 (行政处罚法22–25、28、36、40、46、54–57).

use super::{Guard, guard, said, unless};
use crate::domain::assessment::ResultCode;
use crate::domain::checks::Look;
use crate::domain::dossier::{Act, ActKind, Coercive, Dossier, RectifyOrder, Suspension};
use crate::domain::penalty::{Circumstance, PartyKind, PenaltyKind};
use crate::domain::procedure::state::Procedure;
use crate::domain::rulebook::{ElementRule, ElementWhen};

guard!(EVIDENCE, "G_EVIDENCE", "没有初步证据", "行政处罚法54②", |m| {
    unless(!m.after().case.evid.is_empty(), "至少一份初步证据")
});

guard!(POSSIBLE, "G_POSSIBLE", "不能认定有应受处罚的可能", "行政处罚法54②", |m| {
    let mut out = unless(!m.look.assessment.act.is_empty(), "违法行为（facts.violation）");
    out.extend(unless(m.look.assessment.result != ResultCode::Blocked, "处罚依据未核实，不得据以立案"));
    out.extend(unless(!under_fourteen(&m.look), "当事人不满十四周岁，不予处罚"));
    out
});

guard!(
    JURISDICTION,
    "G_JURISDICTION",
    "没有管辖权或者没有写明管辖依据",
    "行政处罚法22、23、25",
    |m| {
        let mut out = unauthorised(&m.look);
        out.extend(unless(m.after().filing.as_ref().is_some_and(|f| said(&f.jurisdiction)), "管辖依据"));
        out
    }
);

guard!(LIMITATION, "G_LIMITATION", "已超过处罚时效", "行政处罚法36", |m| time_barred(&m.look));

guard!(NOT_SIMPLE, "G_NOT_SIMPLE", "简易程序不立案", "行政处罚法51、54", |m| {
    unless(m.after().procedure == Procedure::Ordinary, "本案按简易程序登记；改按普通程序办理须重新登记线索")
});

guard!(PRE_CHECK, "G_PRE_CHECK", "立案前取证没有核查记录", "行政处罚法54②", |m| {
    early_without_record(m.after())
});

guard!(REASON_NOT_FILED, "G_REASON", "没有写明理由", "行政处罚法76②", |m| {
    unless(
        m.after().not_filed.as_ref().is_some_and(|n| said(&n.reason)),
        "不予立案的理由；属其他机关管辖的写明移送机关",
    )
});

guard!(RECORD_COMPLETE, "G_RECORD", "笔录不完整", "行政处罚法55②", |m| {
    let Some(act) = m.after().acts.last() else { return vec![] };
    let mut out = record_faults(act);
    out.extend(unless(m.ctx.today >= super::day_of(act.ended_at), "时间不能晚于今天"));
    out
});

guard!(ONE_INTERVIEWEE, "G_INTERVIEW", "询问须一人一次一份", "行政处罚法55②", |m| {
    m.after().acts.last().map_or_else(Vec::new, interview_faults)
});

guard!(FACTS_STATED, "G_FACTS", "没有可以确认的事实", "行政处罚法40", |m| {
    let facts = &m.after().case.facts;
    let mut out = unless(facts.narrative.as_deref().is_some_and(said), "案件事实（facts.narrative）");
    out.extend(unless(facts.violation.is_some(), "违法行为（facts.violation）"));
    out.extend(unless(m.after().case.party.name.as_deref().is_some_and(said), "当事人名称（party.name）"));
    out
});

guard!(FACTS_CONFIRMED, "G_CONFIRMED", "事实没有经承办人确认", "行政处罚法40、46②", |m| {
    unless(m.after().facts_are_confirmed(), "承办人对现有事实、当事人和证据的确认（改动之后须重新确认）")
});

guard!(EVIDENCE_KNOWN, "G_EVIDENCE", "没有这份证据", "行政处罚法46", |m| {
    let known = |no: u32| m.after().case.evid.iter().any(|e| e.no == no);
    m.after().evidence.iter().filter(|c| !known(c.no)).map(|c| format!("证据{}不在证据清单中", c.no)).collect()
});

guard!(ELEMENT_KNOWN, "G_ELEMENT", "没有这个构成要件", "行政处罚法40", |m| {
    let known = |code: &str| m.look.book.elements.iter().any(|e| e.code == code);
    let codes = m.look.book.elements.iter().map(|e| e.code.as_str()).collect::<Vec<_>>().join("、");
    let bad = m.after().elements.iter().filter(|e| !known(&e.code));
    bad.map(|e| format!("“{}”不是构成要件代码；可用：{codes}", e.code)).collect()
});

guard!(PRESERVATION_APPROVED, "G_PRESERVE", "先行登记保存未经负责人批准", "行政处罚法56", |m| {
    let open = m.after().preservations.iter().filter(|p| p.disposed_on.is_some() && p.approval.is_none());
    open.map(|p| format!("{}登记保存的证据须经负责人批准", p.on)).collect()
});

guard!(PRESERVED, "G_PRESERVE", "登记保存的证据没有处理", "行政处罚法56", |m| {
    let mut out = vec![];
    for p in &m.after().preservations {
        if p.approval.is_none() {
            out.push(format!("{}的登记保存须经负责人批准", p.on));
        }
        if p.disposed_on.is_none() {
            out.push(format!("{}登记保存的证据须在七个工作日内作出处理决定", p.on));
        }
    }
    out
});

guard!(COERCION_BASIS, "G_COERCIVE", "没有查封、扣押的授权条款", "行政强制法17、22", |m| {
    m.after().coercive.iter().flat_map(coercion_without_clause).collect()
});

guard!(RECTIFY_TERM, "G_RECTIFY", "责令改正的内容或者期限不完整", "行政处罚法28①", |m| {
    let Some(order) = m.after().rectifications.last() else { return vec![] };
    let mut out = unless(order.items.iter().any(|i| said(i)), "改正内容，逐条写明");
    out.extend(unless(order.due > order.ordered_on, "改正期限须晚于责令之日"));
    out
});

guard!(RECTIFY_EXPIRED, "G_RECTIFY", "还不能认定是否逾期未改正", "行政处罚法28①", |m| {
    let Some(order) = m.after().rectifications.last() else { return vec!["没有责令改正通知书".into()] };
    if order.recheck.as_ref().is_none_or(|r| r.corrected) { vec![] } else { not_overdue(order) }
});

guard!(AV_KNOWN, "G_AV", "音像记录不完整", "行政处罚法47", |m| {
    let Some(av) = m.after().av.last() else { return vec![] };
    unless(av.sha256.is_some() || av.missing_because.as_deref().is_some_and(said), "音像文件，或者没有记录的理由")
});

guard!(SUSPENSION_BASIS, "G_SUSPEND", "扣除期限没有法定事由", "行政处罚法60", |m| {
    m.after().suspensions.last().map_or_else(Vec::new, suspension_faults)
});

guard!(ELEMENTS_ESTABLISHED, "G_ESTABLISHED", "构成要件不成立，不得处罚", "行政处罚法40", |m| {
    elements_denied(&m.look)
});

guard!(ELEMENTS, "G_ELEMENTS", "构成要件没有查清", "行政处罚法40、57①", |m| elements_open(&m.look));

guard!(IDENTITY, "G_IDENTITY", "没有当事人的身份证明", "行政处罚法59①(一)", |m| {
    identity_faults(m.after())
});

guard!(GAINS, "G_GAINS", "违法所得没有查明", "行政处罚法28②", |m| gains_faults(&m.look));

guard!(FACTORS, "G_FACTORS", "没有逐项核对裁量因素", "行政处罚法5②、57①", |m| {
    unless(m.after().investigation.as_ref().is_some_and(|r| r.factors_reviewed), "从轻、减轻、从重因素逐项有无")
});

/// Elements that apply to this case.
pub fn elements_asked<'a>(look: &Look<'a>) -> Vec<&'a ElementRule> {
    let facts = &look.dossier.case.facts;
    let wanted = |when: ElementWhen| match when {
        ElementWhen::Always => true,
        ElementWhen::Circumstance => {
            matches!(facts.circumstance, Some(Circumstance::Serious | Circumstance::VerySerious))
        }
        ElementWhen::Unrectified => facts.circumstance == Some(Circumstance::Unrectified),
        ElementWhen::Gains => facts.gains.as_ref().is_some_and(|g| g.gross_receipts_fen.is_some()),
    };
    look.book.elements.iter().filter(|e| wanted(e.when)).collect()
}

/// Elements without a finding, or established without verified, lawful evidence.
pub fn elements_open(look: &Look<'_>) -> Vec<String> {
    let dossier = look.dossier;
    let good = |no: &u32| dossier.evidence.iter().any(|c| c.no == *no && c.verified && c.lawful);
    let mut out = vec![];
    for rule in elements_asked(look) {
        match dossier.elements.iter().rev().find(|f| f.code == rule.code) {
            None => out.push(format!("{}：没有结论", rule.zh)),
            Some(f) if f.established && !f.evidence.iter().any(good) => {
                out.push(format!("{}：没有查证属实、来源合法的证据支撑", rule.zh));
            }
            Some(_) => {}
        }
    }
    out
}

/// The engine says that this bureau has no power over the act.
pub fn unauthorised(look: &Look<'_>) -> Vec<String> {
    unless(look.assessment.result != ResultCode::OutOfJurisdiction, "该违法行为不由本机关处罚，应移送有权机关")
}

/// 处罚时效 has run out.
pub fn time_barred(look: &Look<'_>) -> Vec<String> {
    unless(look.assessment.result != ResultCode::LimitationExpired, "违法行为已过处罚时效，不再给予行政处罚")
}

/// The party had not turned fourteen (行政处罚法30).
pub fn under_fourteen(look: &Look<'_>) -> bool {
    look.assessment.result == ResultCode::NoPenalty
        && look.assessment.trace.children.iter().any(|t| t.step == "capacity" && t.outcome.contains("不满"))
}

/// Evidence taken or acts done before 立案 without a record of the preliminary check. Excluded evidence does not count.
pub fn early_without_record(dossier: &Dossier) -> Vec<String> {
    let Some(filing) = &dossier.filing else { return vec![] };
    if filing.pre_check.as_deref().is_some_and(said) {
        return vec![];
    }
    let excluded = |no: u32| dossier.evidence.iter().any(|c| c.no == no && !c.lawful);
    let early = |e: &crate::domain::case::Evidence| e.collected_at.is_some_and(|d| d < filing.approved_on);
    let evidence = dossier.case.evid.iter().any(|e| early(e) && !excluded(e.no));
    let mut out = unless(!evidence, "有证据取于立案之前，须写明立案前核查记录");
    let acts = dossier.acts.iter().filter(|a| super::day_of(a.started_at) < filing.approved_on);
    out.extend(acts.map(|a| {
        format!(
            "{}的{}早于立案（{}），须有立案前核查记录",
            super::day_of(a.started_at),
            a.kind.zh(),
            filing.approved_on
        )
    }));
    out
}

/// What 55② asks of the record of an act and this one does not have.
pub fn record_faults(act: &Act) -> Vec<String> {
    let mut out = unless(act.ended_at > act.started_at, "起止时间（止须晚于起）");
    out.extend(unless(said(&act.place), "地点"));
    out.extend(unless(
        act.signed || act.unsigned_reason.as_deref().is_some_and(said),
        "当事人签名，或者拒签、不能签名的原因",
    ));
    out
}

/// What is wrong with the record of an interview; nothing for other acts.
pub fn interview_faults(act: &Act) -> Vec<String> {
    if act.kind != ActKind::Interview {
        return vec![];
    }
    let who = act.interviewee.as_deref().unwrap_or_default();
    let one = said(who) && !who.contains(['、', ',', '，', ';', '；']);
    let mut out = unless(one, "一份询问笔录只能有一名被询问人");
    out.extend(unless(act.told_rights, "告知被询问人的权利和义务"));
    out
}

/// 查封、扣押 without the clause that gives this bureau the power (行政强制法17、22).
pub fn coercion_without_clause(measure: &Coercive) -> Vec<String> {
    let named = measure.legal_basis.contains('《') && measure.legal_basis.contains('条');
    unless(named, "法律、法规授权本机关查封、扣押的具体条款")
}

/// Why 逾期不改正 cannot be said: the order served, its term run out, a recheck that found no correction.
pub fn not_overdue(order: &RectifyOrder) -> Vec<String> {
    let mut out =
        unless(order.served_on.is_some_and(|s| s <= order.due), "责令改正通知书的送达回证（须在改正期限之内送达）");
    match &order.recheck {
        None => out.push("期满之后的复查".into()),
        Some(r) if r.corrected => out.push("复查记载已经改正".into()),
        Some(r) => out.extend(unless(r.on > order.due, format!("改正期限到{}，期满才能认定逾期不改正", order.due))),
    }
    out
}

/// Why days may not be left out of a period.
pub fn suspension_faults(s: &Suspension) -> Vec<String> {
    let clause = s.basis.contains('条') || s.basis.chars().any(|c| c.is_ascii_digit());
    let mut out = unless(clause, "法律、法规、规章的具体条款");
    out.extend(unless(said(&s.reason), "事由"));
    out.extend(unless(s.to.is_none_or(|to| to >= s.from), "止日不得早于起日"));
    out
}

/// No 主体身份证明, or one in another name.
pub fn identity_faults(dossier: &Dossier) -> Vec<String> {
    let Some(identity) = &dossier.identity else {
        return vec!["当事人主体身份证明在卷并与名称核对".into()];
    };
    let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    let (shown, party) = (bare(&identity.name), bare(dossier.case.party.name.as_deref().unwrap_or_default()));
    // 个体工商户: 经营者 and 字号 stand side by side, the document may carry either.
    let trader = dossier.case.party.kind == Some(PartyKind::SoleTrader);
    let part = trader && !shown.is_empty() && (party.contains(&shown) || shown.contains(&party));
    unless(
        !party.is_empty() && (shown == party || part),
        format!("{}上的名称“{shown}”与当事人“{party}”不一致", identity.document),
    )
}

/// 违法所得 that matters here and was neither itemised nor explained (行政处罚法28②).
pub fn gains_faults(look: &Look<'_>) -> Vec<String> {
    let facts = &look.dossier.case.facts;
    let itemised = facts.gains.as_ref().is_some_and(|g| g.gross_receipts_fen.is_some());
    let reason = look.dossier.investigation.as_ref().and_then(|r| r.gains_unknown.as_deref()).is_some_and(said);
    let depends =
        |p: &crate::domain::assessment::PenaltyOption| p.multiple.is_some() || p.kind == PenaltyKind::ConfiscateGains;
    // Where the base of the fine is not known the engine gives no multiple, but says what it misses.
    let asked = look.assessment.penalties.iter().any(depends)
        || look.assessment.missing.iter().any(|m| m.starts_with("facts.gains"));
    unless(!asked || itemised || reason, "分项认定违法所得，或者写明无法查明的理由")
}

/// Elements found not to be there: no penalty without them. That there were no gains is no obstacle.
pub fn elements_denied(look: &Look<'_>) -> Vec<String> {
    let found = |code: &str| look.dossier.elements.iter().rev().find(|f| f.code == code);
    let asked = elements_asked(look).into_iter().filter(|e| e.when != ElementWhen::Gains);
    asked.filter(|e| found(&e.code).is_some_and(|f| !f.established)).map(|e| format!("{}：认定不成立", e.zh)).collect()
}
