//! 预检 of C01–C16 (legal-review.md §3): what was looked at, what was found, and a hint. The conclusion is a person's.
//!
//! A review comes before the decision, so the file is looked at as if what is proposed were decided today. What only the decision or
//! what follows it can bring (审核、讨论、印章、送达、公示) is left out.

use std::collections::BTreeSet;

use super::{CHECKLIST, CHECKS, Finding, Look, Precheck, Severity, assess, decision, residue};
use crate::domain::assessment::ResultCode;
use crate::domain::dossier::{Approval, Decision, DecisionKind, Dossier, Sanction};
use crate::domain::law::Provision;
use crate::domain::legal_review::{Verdict, package};
use crate::domain::penalty::{EvidenceKind, PartyKind};
use crate::domain::people::certificate::carrying;
use crate::domain::procedure::guards::{day_of, elements_asked, notice_served};

/// Which checks answer which item.
const ANSWERS: &[(&str, &[&str])] = &[
    ("C01", &["F01"]),
    ("C02", &["F02", "F03", "M13"]),
    ("C03", &["F05"]),
    ("C04", &["F06", "M11"]),
    ("C05", &["F04", "F07", "F08", "F09", "F10", "F11", "F21", "F23", "F24", "F25", "F27", "F28", "M01", "M03", "M06"]),
    ("C06", &["F19"]),
    ("C07", &["F14", "F15", "M07", "M09", "M12"]),
    ("C08", &["F01"]),
    ("C09", &[]),
    ("C10", &["M05", "M14", "N01", "N02", "N04"]),
    ("C11", &["F26"]),
    ("C12", &["F18"]),
    ("C13", &["F17"]),
    ("C14", &["F22"]),
    ("C15", &["F16"]),
    ("C16", &[]),
];

/// Items on which the machine never does more than point at something.
const HINTS: &[&str] = &["C09", "C11"];

/// Every item, in the order of the list.
pub fn precheck(look: &Look<'_>) -> Vec<Precheck> {
    let supposed = supposed(look);
    let fresh = supposed.as_ref().map(|d| assess(d, look.book, look.texts, look.day));
    let look = match (&supposed, &fresh) {
        (Some(dossier), Some(assessment)) => Look { dossier, assessment, ..*look },
        _ => *look,
    };
    CHECKLIST.iter().map(|item| one(&look, item.id, item.zh)).collect()
}

/// The file as if the proposal were decided today; `None` where it is decided already.
fn supposed(look: &Look<'_>) -> Option<Dossier> {
    let d = look.dossier;
    if d.decision.is_some() || d.spot.is_some() {
        return None;
    }
    let kind = d.intended.unwrap_or(match look.assessment.result {
        ResultCode::NoPenalty => DecisionKind::NoPenalty,
        ResultCode::Transfer => DecisionKind::Transferred,
        _ => DecisionKind::Penalty,
    });
    let clauses = look.assessment.clauses.iter();
    let basis = clauses.map(|c| provision(&c.law, c.article, c.paragraph, &c.items)).collect();
    let penal = kind == DecisionKind::Penalty;
    let mut d = d.clone();
    let content = d.case.disc.final_.as_ref().filter(|_| penal).map(Sanction::of).unwrap_or_default();
    d.decision = Some(Decision {
        kind,
        made_on: look.day,
        approval: Approval::default(),
        content,
        doc_no: None,
        basis,
        ground: None,
        reason: String::new(),
        education: None,
        sealed: false,
    });
    Some(d)
}

fn provision(law: &str, article: u32, paragraph: u32, items: &[u32]) -> String {
    Provision { law: law.into(), article, paragraph, items: items.to_vec() }.to_string()
}

/// What an item has gathered.
#[derive(Default)]
struct Seen {
    evidence: Vec<String>,
    /// Things that only a person can settle.
    doubts: Vec<String>,
}

impl Seen {
    fn saw(&mut self, text: impl Into<String>) {
        self.evidence.push(text.into());
    }

    fn doubt(&mut self, holds: bool, text: impl Into<String>) {
        if holds {
            self.doubts.push(text.into());
        }
    }
}

fn one(look: &Look<'_>, id: &str, zh: &str) -> Precheck {
    let asked: &[&str] = ANSWERS.iter().find(|(c, _)| *c == id).map_or(&[], |(_, checks)| checks);
    let found: Vec<Finding> = CHECKS.iter().filter(|c| asked.contains(&c.id)).flat_map(|c| c.run(look)).collect();
    let mut seen = Seen::default();
    gather(look, id, &mut seen);
    if HINTS.contains(&id) && seen.doubts.is_empty() && found.is_empty() {
        seen.saw("未见提示");
    }
    let fatal = found.iter().any(|f| f.severity == Severity::Fatal);
    let verdict = match (fatal && !HINTS.contains(&id), found.is_empty() && seen.doubts.is_empty()) {
        (true, _) => Verdict::Fail,
        (false, false) => Verdict::Doubt,
        (false, true) => Verdict::Pass,
    };
    let said = found.into_iter().map(|f| format!("{}：{}（{}）", f.check, f.text, f.place));
    Precheck {
        id: id.into(),
        zh: zh.into(),
        verdict,
        evidence: seen.evidence,
        findings: said.chain(seen.doubts).collect(),
    }
}

fn gather(look: &Look<'_>, id: &str, seen: &mut Seen) {
    match id {
        "C01" | "C08" => powers(look, id, seen),
        "C02" => officers(look, seen),
        "C03" => facts(look, seen),
        "C04" => evidence(look, seen),
        "C05" => course(look, seen),
        "C06" => provisions(look, seen),
        "C07" => figure(look, seen),
        "C09" => misuse(look, seen),
        "C10" => papers(look, seen),
        "C11" => crime(look, seen),
        "C12" => limitation(look, seen),
        "C13" => past(look, seen),
        "C14" => capacity(look, seen),
        "C15" => told(look, seen),
        "C16" => publicity(look, seen),
        _ => {}
    }
}

/// What the engine said at one of its steps.
fn outcome<'a>(look: &Look<'a>, step: &str) -> Option<&'a str> {
    look.assessment.trace.children.iter().find(|t| t.step == step).map(|t| t.outcome.as_str())
}

fn powers(look: &Look<'_>, id: &str, seen: &mut Seen) {
    match outcome(look, "authority") {
        Some(text) => seen.saw(text),
        None => seen.doubt(true, "没有选定违法行为，职权未能核对（case.facts.violation）"),
    }
    if let Some(filing) = &look.dossier.filing {
        seen.saw(format!("管辖依据：{}", filing.jurisdiction));
    }
    for w in look.assessment.warnings.iter().filter(|w| w.code.starts_with("authority.")) {
        // Who else must take part is asked where the agency is, not where its power ends.
        seen.doubt(id == "C01" || w.code != "authority.joint", w.text.clone());
    }
}

fn officers(look: &Look<'_>, seen: &mut Seen) {
    let d = look.dossier;
    for act in &d.acts {
        let day = day_of(act.started_at);
        let of = |id: &String| {
            let Some(p) = d.person(id) else { return format!("{id}（不是本案人员）") };
            match carrying(&p.certs, day, &look.bureau.region, look.category()) {
                Ok(c) => format!("{}（证号{}，有效至{}）", p.name, c.cert_no, c.valid_to),
                Err(why) => format!("{}（{why}）", p.name),
            }
        };
        let who: Vec<String> = act.officers.iter().map(of).collect();
        seen.saw(format!("{day} {}：{}", act.kind.zh(), who.join("、")));
    }
    seen.doubt(d.acts.is_empty() && d.spot.is_none(), "卷中没有执法动作的记录（acts）");
}

fn facts(look: &Look<'_>, seen: &mut Seen) {
    let (d, facts) = (look.dossier, &look.dossier.case.facts);
    if let Some(i) = &d.identity {
        seen.saw(format!("{}：{}", i.document, i.name));
    }
    if let Some(from) = facts.act_from {
        let to = facts.act_end().filter(|to| *to != from).map(|to| format!("至{to}")).unwrap_or_default();
        seen.saw(format!("行为时间：{from}{to}"));
    }
    if let Some(c) = &d.facts_confirmed {
        seen.saw(format!("{}确认事实（{}）", c.name, c.on));
    }
    for path in &look.assessment.missing {
        seen.doubt(true, format!("没有填写{path}"));
    }
    seen.doubt(!d.facts_are_confirmed(), "现有事实没有经承办人确认（facts_confirmed）");
    let found = facts.discovered_at.zip(facts.act_from);
    seen.doubt(found.is_some_and(|(on, from)| on < from), "发现日早于行为开始日（case.facts.discovered_at）");
    for e in elements_asked(look) {
        match d.elements.iter().rev().find(|f| f.code == e.code) {
            Some(f) => seen.saw(format!("{}：{}", e.zh, if f.established { "成立" } else { "不成立" })),
            None => seen.doubt(true, format!("{}：没有结论（elements）", e.zh)),
        }
    }
}

fn evidence(look: &Look<'_>, seen: &mut Seen) {
    let d = look.dossier;
    let kind_of = |no: u32| d.case.evid.iter().find(|e| e.no == no).and_then(|e| e.kind);
    for rule in elements_asked(look) {
        let Some(f) = d.elements.iter().rev().find(|f| f.code == rule.code && f.established) else { continue };
        let good = |no: &&u32| d.evidence.iter().any(|c| c.no == **no && c.verified && c.lawful);
        let counted: Vec<u32> = f.evidence.iter().filter(good).copied().collect();
        let kinds: BTreeSet<EvidenceKind> = counted.iter().filter_map(|no| kind_of(*no)).collect();
        let names: Vec<String> = counted
            .iter()
            .map(|no| format!("证据{no}{}", kind_of(*no).map(|k| format!("（{}）", k.zh())).unwrap_or_default()))
            .collect();
        seen.saw(format!("{}：{}", rule.zh, names.join("、")));
        // 【设】: a second kind of source is expected for the key elements; it is no rule of law.
        seen.doubt(rule.key && kinds.len() < 2, format!("{}：关键要件只有一种来源的证据（elements）", rule.zh));
    }
    for c in &d.evidence {
        let copy = kind_of(c.no) == Some(EvidenceKind::Documentary) && !c.copy_checked;
        seen.doubt(copy && c.lawful, format!("证据{}是书证，没有注明复印件与原件核对一致（evidence）", c.no));
        if !c.lawful {
            seen.saw(format!("证据{}已排除", c.no));
        }
    }
    let open = d.case.evid.iter().filter(|e| !d.evidence.iter().any(|c| c.no == e.no));
    for e in open {
        seen.doubt(true, format!("证据{}没有查证（evidence）", e.no));
    }
}

fn course(look: &Look<'_>, seen: &mut Seen) {
    let d = look.dossier;
    if let Some(f) = &d.filing {
        seen.saw(format!("{}立案", f.approved_on));
        if let Ok(last) = look.due("FILE_TO_DECIDE", f.approved_on) {
            seen.saw(format!("办案期限到{}", crate::domain::dues::later(last, &d.suspensions)));
        }
    }
    if let Some(on) = notice_served(d) {
        seen.saw(format!("{on}送达事先告知书"));
    }
    if let Some(w) = &d.waiver {
        seen.saw(format!("{}书面放弃陈述申辩", w.on));
    }
    if let Some(h) = &d.hearing {
        let late = if h.in_time { "" } else { "（逾期，没有组织）" };
        seen.saw(format!("{}要求听证{late}", h.requested_on));
        if let Some(held) = &h.held {
            seen.saw(format!("{}举行听证", held.on));
        }
    }
    if let Some(r) = &d.recheck {
        seen.saw(format!("{}复核，陈述申辩意见{}条", r.on, d.statements.len()));
    }
}

fn provisions(look: &Look<'_>, seen: &mut Seen) {
    for c in &look.assessment.clauses {
        let p = provision(&c.law, c.article, c.paragraph, &c.items);
        let version = c.version.as_deref().unwrap_or("条文未安装");
        seen.saw(format!("{}：{p}（{version}，{}）", c.role.zh(), c.validity.zh()));
        seen.doubt(c.in_force.is_none(), format!("{p}的效力不明，引用前须人工核对"));
    }
    seen.doubt(look.assessment.clauses.is_empty(), "没有可以适用的条文");
    for w in &look.assessment.warnings {
        let law = w.code.starts_with("law.") || w.code.starts_with("clause.") && w.code != "clause.validity_unknown";
        seen.doubt(law, w.text.clone());
    }
}

fn figure(look: &Look<'_>, seen: &mut Seen) {
    for p in &look.assessment.penalties {
        let range = p.range_fen.map(|r| format!("，{}至{}", r.lo, r.hi)).unwrap_or_default();
        seen.saw(format!("{}{}{range}", p.mode.zh(), p.kind.zh()));
    }
    if let Some(text) = decision::imposed(look) {
        seen.saw(format!("拟处罚：{text}"));
    }
    if let Some(reason) = look.dossier.case.disc.final_.as_ref().and_then(|f| f.reason.as_deref()) {
        seen.saw(format!("定值理由：{reason}"));
    }
    for w in look.assessment.warnings.iter().filter(|w| w.code == "final.out_of_band" || w.code == "final.ignores_may")
    {
        seen.doubt(true, w.text.clone());
    }
}

/// 同案偏离、选择性执法、与考核挂钩 are for a person; here only what is written down somewhere.
fn misuse(look: &Look<'_>, seen: &mut Seen) {
    let deviates = look.assessment.legal_review.rules.iter().any(|r| r.contains("偏离"));
    seen.doubt(deviates, "偏离已公布的裁量基准，须看说明是否成立");
    let against = look.assessment.warnings.iter().find(|w| w.code == "final.severe_against_must_lenient");
    if let Some(w) = against {
        seen.doubt(true, w.text.clone());
    }
    let asked = look.dossier.recusals.iter().filter(|r| r.requested).count();
    seen.doubt(asked > 0, format!("当事人提出过回避申请{asked}次（recusals）"));
}

fn papers(look: &Look<'_>, seen: &mut Seen) {
    let d = look.dossier;
    let kind = d.decision.as_ref().map_or(DecisionKind::Penalty, |x| x.kind);
    if d.spot.is_none() {
        for item in package(d, kind) {
            if item.present {
                seen.saw(format!("{}：有", item.zh));
            } else {
                seen.doubt(true, format!("{}：没有（{}）", item.zh, item.place));
            }
        }
    }
    let paper = (kind == DecisionKind::Penalty).then(|| d.paper("penalty_decision")).flatten();
    if let Some(p) = paper.filter(|p| !p.attached) {
        for lack in crate::domain::document::elements::absent(&p.text) {
            seen.doubt(true, format!("拟决定书没有写明{lack}（documents）"));
        }
    }
}

fn crime(look: &Look<'_>, seen: &mut Seen) {
    match look.dossier.case.facts.suspected_crime {
        Some(true) => seen.doubt(true, "事实中写明涉嫌犯罪（case.facts.suspected_crime），须移送"),
        Some(false) => seen.saw("承办人认为不涉嫌犯罪"),
        None => seen.doubt(true, "没有填写是否涉嫌犯罪（case.facts.suspected_crime）"),
    }
    if let Some(t) = &look.dossier.transfer {
        seen.saw(format!("{}提出移送，{}批准，接受机关：{}", t.reported_on, t.approval.on, t.to));
        let late = look.due("TRANSFER_APPROVE", t.reported_on).is_ok_and(|last| t.approval.on > last);
        seen.doubt(late, "批准移送超过三日（行政执法机关移送涉嫌犯罪案件的规定5②）");
        let hours = t.sent_at.map(|sent| sent.duration_since(t.approved_at).as_hours());
        seen.doubt(hours.is_some_and(|h| h >= 24), "批准后超过二十四小时才移送（同上）");
    }
}

fn limitation(look: &Look<'_>, seen: &mut Seen) {
    if let Some(text) = outcome(look, "limitation") {
        seen.saw(text);
    }
    for w in look.assessment.warnings.iter().filter(|w| w.code.starts_with("limitation.")) {
        seen.doubt(w.code != "limitation.expired", w.text.clone());
    }
}

fn past(look: &Look<'_>, seen: &mut Seen) {
    let party = look.dossier.case.party.name.as_deref().unwrap_or_default();
    let same: Vec<_> = look.past.iter().filter(|p| p.party == party && p.case_no != look.dossier.case_no).collect();
    if same.is_empty() {
        seen.saw("本机关案卷中没有对该当事人的罚款");
    }
    for p in same {
        seen.saw(format!("{}：{}罚款（{}）", p.case_no, p.decided_on, p.violation));
    }
}

fn capacity(look: &Look<'_>, seen: &mut Seen) {
    let party = &look.dossier.case.party;
    match (party.kind, party.birth) {
        (Some(PartyKind::Citizen | PartyKind::SoleTrader), Some(birth)) => seen.saw(format!("出生日期{birth}")),
        (Some(PartyKind::Citizen), None) => seen.doubt(true, "当事人是自然人，没有出生日期（case.party.birth）"),
        (Some(kind), _) => seen.saw(kind.zh()),
        (None, _) => seen.doubt(true, "没有填写当事人类别（case.party.kind）"),
    }
    if let Some(text) = outcome(look, "capacity") {
        seen.saw(text);
    }
}

fn told(look: &Look<'_>, seen: &mut Seen) {
    let Some(notice) = look.dossier.notice() else { return };
    let kinds: Vec<&str> = notice.content.kinds.iter().map(|k| k.zh()).collect();
    let fine = notice.content.fine_fen.map(|f| format!("，罚款{f}")).unwrap_or_default();
    seen.saw(format!("告知：{}{fine}（{}）", kinds.join("、"), notice.issued_on));
    if let Some(text) = decision::imposed(look) {
        seen.saw(format!("拟决定：{text}"));
    }
}

fn publicity(look: &Look<'_>, seen: &mut Seen) {
    let d = look.dossier;
    if super::decided_penalty(look).is_none() {
        seen.saw("不是处罚决定，默认不公示");
        return;
    }
    if d.teaching {
        seen.saw("教学案卷，不公示");
        return;
    }
    if let Ok(last) = look.due("PUBLISH_PENALTY_LICENCE", look.day) {
        seen.saw(format!("今日作出决定的，应于{last}之前公示"));
    }
    let adult = d.case.party.birth.and_then(|b| b.checked_add(jiff::ToSpan::years(18)).ok());
    seen.doubt(adult.is_some_and(|on| look.day < on), "当事人未满十八周岁，不得公示，须办理不予公开");
    let left = residue::scan(&d.publicity.summary, &d.case);
    seen.doubt(!left.is_empty(), format!("公示摘要中仍有：{}", left.join("、")));
}
