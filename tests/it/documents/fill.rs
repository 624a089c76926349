//! What the decision says, given what the case says.

use serde_json::json;
use zhicai::domain::assessment::ResultCode;
use zhicai::domain::document::compose::{ComposeError, PassageText, compose};
use zhicai::domain::document::elements::six_elements;
use zhicai::domain::document::fill::{FillError, months_zh};
use zhicai::domain::money::Fen;
use zhicai::domain::penalty::{PenaltyKind, Tier};
use zhicai::prompts::Prompts;

use super::sample::{agency, assessment, case, composed, filled, passages};

#[test]
fn a_complete_case_gives_a_complete_decision() {
    let document = composed(&case());
    let text = document.text();
    for words in [
        "安宁市教育体育局\n行政处罚决定书\n安教体罚决字〔2026〕第2号\n当事人：李某某\n",
        "住址：安宁市连然街道某路1号\n",
        "一、案件来源和调查经过\n案件来源：群众举报。\n2025年9月5日，",
        "二、违法事实和证据\n（一）违法事实\n经查明：\n2025年3月至9月，",
        "（二）证据目录\n证据1：《现场检查笔录》（勘验笔录、现场笔录，2025年9月4日取得），证明：现场有学生上课。\n证据2：《收费收据》（书证），证明：收取培训费46580元。\n",
        "当事人提出了陈述、申辩意见。\n当事人未要求听证。\n当事人提出已停止办学。\n",
        "违反了《中华人民共和国民办教育促进法》第十二条的规定。该条规定：“举办实施文化教育",
        "处罚依据为《中华人民共和国民办教育促进法》第六十四条第一款的规定。",
        "1. 处以罚款人民币肆万陆仟伍佰捌拾元整（￥46,580.00）；\n2. 没收违法所得人民币叁仟元整（￥3,000.00）。\n",
        "1. 责令停止办学（停止举办）；\n2. 责令退还所收费用。\n",
        "自收到本决定书之日起十五日内，将罚款和没收的违法所得缴至某银行某支行（账号：0000 1111 2222）",
        "每日按罚款数额的百分之三加处罚款，加处罚款的数额不超出罚款的数额",
        "六十日内向安宁市人民政府申请行政复议",
        "六个月内直接向某某人民法院提起行政诉讼",
    ] {
        assert!(text.contains(words), "没有“{words}”：\n{text}");
    }
    assert!(text.ends_with("安宁市教育体育局\n2026年3月5日\n"), "{text}");
    assert!(!text.contains("【待"), "{text}");
    assert_eq!(document.missing.iter().filter(|m| m.must).collect::<Vec<_>>(), Vec::<&_>::new());
    assert_eq!(six_elements(&document), vec![]);
}

#[test]
fn each_of_the_six_elements_is_missed_when_taken_away() {
    type Cut = fn(&mut zhicai::domain::document::compose::Composed);
    let cuts: [(&str, Cut); 8] = [
        ("(一)", |d| d.fields.retain(|f| f.id != "party")),
        ("(二)", |d| d.fields.retain(|f| f.id != "facts")),
        ("(二)", |d| d.fields.retain(|f| f.id != "evidence_list")),
        ("(三)", |d| d.fields.retain(|f| f.id != "penalty")),
        ("(三)", |d| {
            d.fields.iter_mut().filter(|f| f.element == Some(3)).for_each(|f| f.text = f.text.replace("第", ""))
        }),
        ("(四)", |d| d.fields.retain(|f| f.id != "performance")),
        ("(五)", |d| d.fields.iter_mut().for_each(|f| f.text = f.text.replace("行政诉讼", ""))),
        ("(六)", |d| d.blocks.retain(|b| b.style() != "seal")),
    ];
    for (item, cut) in cuts {
        let mut document = composed(&case());
        cut(&mut document);
        let missing = six_elements(&document);
        assert!(!missing.is_empty() && missing.iter().all(|m| m.basis.contains(item)), "{item}：{missing:?}");
    }
}

#[test]
fn without_a_human_decision_no_figure_is_chosen() {
    let mut case = case();
    case.disc.final_ = None;
    let document = composed(&case);
    let text = document.text();
    assert!(text.contains("1. 罚款【待法定程序后由负责人确定：法定幅度46580元以上232900元以下】。"), "{text}");
    assert!(text.contains("【待法定程序后由负责人确定：履行方式和期限】"), "{text}");
    assert!(text.contains("2. 责令退还所收费用【待法定程序后由负责人确定】。"), "{text}");
    assert!(!text.contains('￥'), "{text}");
    assert!(!text.contains("102476") && !text.contains("102,476"), "建议幅度不得出现：{text}");
    assert!(document.missing.iter().any(|m| m.path == "disc.final" && m.must));
    assert!(six_elements(&document).iter().any(|m| m.field == "penalty"));
}

#[test]
fn gaps_are_visible_and_listed() {
    let mut case = case();
    case.party.address = Some(" \u{200b}".into());
    case.officer.truncate(1);
    case.procedure.statement = None;
    case.procedure.decided_at = None;
    let mut agency = agency();
    agency.court = None;
    let filled = filled(&case, &assessment(), &agency).unwrap();
    for (field, path, words) in [
        ("party", "party.address", "【待确认：当事人住址】"),
        ("case_course", "officer", "【待确认：另一名执法人员】"),
        ("notice", "procedure.statement", "【待确认：当事人是否提出陈述、申辩】"),
        ("remedy", "agency.court", "【待确认：受理起诉的人民法院】"),
        ("seal", "procedure.decided_at", "【待确认：作出日期】"),
    ] {
        assert!(filled.fields[field].text.contains(words), "{field}: {}", filled.fields[field].text);
        assert!(filled.missing.iter().any(|m| m.path == path && m.must && m.field == field), "{path}");
    }
    assert!(!filled.drafted.contains("defence_response"), "没有申辩就没有可回应的");
    let mut future = self::case();
    future.procedure.decided_at = Some(jiff::civil::date(2026, 3, 6));
    let filled = self::filled(&future, &assessment(), &self::agency()).unwrap();
    assert!(filled.missing.iter().any(|m| m.what.contains("晚于今天")));
}

#[test]
fn a_missing_passage_is_left_open_and_a_foreign_one_refused() {
    let prompts = Prompts::load().unwrap();
    let form = prompts.form("penalty_decision").unwrap();
    let filled = filled(&case(), &assessment(), &agency()).unwrap();
    let mut given = passages();
    given.remove("facts");
    let document = compose(form, &filled, &given).unwrap();
    assert!(document.text().contains("【待补充：违法事实】"));
    assert!(document.missing.iter().any(|m| m.field == "facts" && m.must));
    given.insert("penalty".into(), PassageText { text: "罚款0元。".into(), ..PassageText::default() });
    assert!(matches!(compose(form, &filled, &given), Err(ComposeError::NotDrafted { .. })));
    let mut given = passages();
    given.insert("facts".into(), PassageText { text: "于{{fact:日期1}}检查。".into(), ..PassageText::default() });
    assert!(matches!(compose(form, &filled, &given), Err(ComposeError::Unresolved { .. })));
}

fn refused(case: &zhicai::domain::case::Case, assessment: &zhicai::domain::assessment::Assessment) -> &'static str {
    match filled(case, assessment, &agency()) {
        Err(FillError::Refused(refusal)) => {
            assert!(!refusal.basis.is_empty() && !refusal.message.is_empty());
            refusal.code
        }
        other => panic!("应当拒绝：{other:?}"),
    }
}

#[test]
fn an_assessment_without_a_penalty_is_refused() {
    for result in ResultCode::ALL {
        let mut assessment = assessment();
        assessment.result = *result;
        if matches!(result, ResultCode::Range | ResultCode::NotFineable | ResultCode::Overlap) {
            assert!(filled(&case(), &assessment, &agency()).is_ok(), "{result:?}");
        } else {
            assert_eq!(refused(&case(), &assessment), format!("document.refused.{}", result.code()));
        }
    }
    let (mut open, mut overlap) = (case(), assessment());
    open.disc.final_ = None;
    overlap.result = ResultCode::Overlap;
    assert_eq!(refused(&open, &overlap), "document.refused.overlap");
    let mut old = assessment();
    old.clauses[1].in_force = Some(false);
    assert_eq!(refused(&case(), &old), "document.refused.not_in_force");
}

#[test]
fn a_decision_outside_the_law_is_refused() {
    let with = |change: fn(&mut zhicai::domain::case::FinalDecision)| {
        let mut case = case();
        change(case.disc.final_.as_mut().unwrap());
        case
    };
    for (code, case) in [
        ("document.refused.out_of_range", with(|d| d.fine_fen = Some(Fen(23_290_001)))),
        ("document.refused.out_of_range", with(|d| d.fine_fen = Some(Fen(4_657_999)))),
        ("document.refused.out_of_range", with(|d| d.fine_fen = Some(Fen(-1)))),
        ("document.refused.kind_not_in_clause", with(|d| d.kinds.push(PenaltyKind::RevokeLicense))),
        ("document.refused.confiscation_above_gains", with(|d| d.confiscate_fen = Some(Fen(4_658_001)))),
        ("document.refused.duration_out_of_range", with(|d| d.permanent = Some(true))),
        ("document.refused.no_penalty", with(|d| d.tier = Some(Tier::NoPenalty))),
    ] {
        assert_eq!(refused(&case, &assessment()), code);
    }
    let mitigated = with(|d| (d.tier, d.fine_fen) = (Some(Tier::Mitigated), Some(Fen(1_000_000))));
    assert!(filled(&mitigated, &assessment(), &agency()).is_ok(), "减轻可以低于法定下限");
    let period = filled(&with(|d| d.duration_months = Some(12)), &assessment(), &agency()).unwrap();
    assert!(period.missing.iter().any(|m| m.must && m.path == "disc.final.duration_months"), "没有期限的种类写了期限");
    let zero = with(|d| d.fine_fen = Some(Fen(0)));
    let open = filled(&zero, &assessment(), &agency()).unwrap();
    assert!(open.fields["penalty"].text.contains("处以罚款【待确认：罚款数额】"), "{}", open.fields["penalty"].text);
}

#[test]
fn penalties_that_are_no_money() {
    let mut assessment = assessment();
    assessment.penalties = serde_json::from_value(json!([
        {"kind": "warning", "mode": "must", "range_fen": null, "duration": null, "hearing": false},
        {"kind": "restrict_practice", "mode": "must", "range_fen": null, "hearing": true,
         "duration": {"min_years": 1, "max_years": 5, "permanent": false, "permanent_allowed": true}}
    ]))
    .unwrap();
    assessment.result = ResultCode::NotFineable;
    assessment.confiscate_fen = None;
    let mut case = case();
    case.disc =
        serde_json::from_value(json!({"final": {"kinds": ["restrict_practice", "warning"], "duration_months": 18}}))
            .unwrap();
    let filled = filled(&case, &assessment, &agency()).unwrap();
    assert!(
        filled.fields["penalty"].text.ends_with("1. 给予警告；\n2. 限制从业，期限为一年六个月。"),
        "{}",
        filled.fields["penalty"].text
    );
    let performance = &filled.fields["performance"].text;
    assert!(performance.starts_with("警告、限制从业自本决定书送达之日起发生效力"), "{performance}");
    assert!(!performance.contains("加处罚款") && !performance.contains("缴"), "{performance}");
    case.disc.final_.as_mut().unwrap().duration_months = Some(61);
    assert_eq!(refused(&case, &assessment), "document.refused.duration_out_of_range");
    case.disc.final_ = None;
    let open = self::filled(&case, &assessment, &agency()).unwrap();
    assert!(
        open.fields["penalty"]
            .text
            .contains("限制从业【待法定程序后由负责人确定：法定期限一年以上五年以下，可以终身】")
    );
}

#[test]
fn periods_in_words() {
    assert_eq!(
        (months_zh(6).as_str(), months_zh(60).as_str(), months_zh(18).as_str()),
        ("六个月", "五年", "一年六个月")
    );
}

#[test]
fn text_from_people_stays_one_line_and_harmless() {
    let mut case = case();
    case.party.name =
        Some("甲<&>\"'\u{0}\u{8}\u{1b}\u{202e}公司\r\n当事人：乙 << agency >> <% if x %> {{amt:罚款}}".into());
    let filled = filled(&case, &assessment(), &agency()).unwrap();
    let party = &filled.fields["party"].text;
    assert!(party.starts_with("当事人：甲<&>\"'公司；当事人：乙 << agency >> <% if x %> {{amt:罚款}}\n"), "{party}");
}
