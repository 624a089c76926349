//! Every teaching case that ended in a penalty becomes a decision: engine and form agree on what may be decided, amounts
//! and dates equal the input, and the file is sound.

use zhicai::corpus::{precedents, rules};
use zhicai::domain::discretion::{NoTexts, assess};
use zhicai::domain::document::compose::compose;
use zhicai::domain::document::elements::six_elements;
use zhicai::domain::document::fill::{FillError, FillInput, date_zh, fill};
use zhicai::domain::money::Fen;
use zhicai::domain::penalty::Tier;
use zhicai::export::{Label, docx};
use zhicai::prompts::Prompts;

use super::docx_check::{problems, unpack, words};
use super::sample::{agency, doc_no, passages};

#[test]
fn every_teaching_case_gives_a_decision_or_a_reason() {
    let (book, prompts, agency) = (rules::load(None).unwrap(), Prompts::load().unwrap(), agency());
    let form = prompts.form("penalty_decision").unwrap();
    let (mut written, mut refused, mut open) = (0, std::collections::BTreeMap::<&str, u32>::new(), 0);
    for p in precedents::teaching().unwrap() {
        let mut case = p.as_case();
        case.facts.authority_basis.get_or_insert("权责清单（教学虚构）".into());
        let decided = case.procedure.decided_at.unwrap();
        let assessment = assess(&book, &NoTexts, &case, decided);
        let doc_no = doc_no();
        let input =
            FillInput { case: &case, assessment: &assessment, agency: &agency, doc_no: Some(&doc_no), today: decided };
        let filled = match fill(form, &prompts.blocks, &input) {
            Ok(filled) => filled,
            Err(FillError::Refused(refusal)) => {
                let no_penalty = case.disc.final_.as_ref().is_some_and(|d| d.tier == Some(Tier::NoPenalty));
                assert!(no_penalty, "{}：有处罚的案件被拒绝：{refusal}", p.id);
                *refused.entry(refusal.code).or_default() += 1;
                continue;
            }
            Err(other) => panic!("{}：{other}", p.id),
        };
        let document = compose(form, &filled, &passages()).unwrap();
        let (text, fine) = (document.text(), case.disc.final_.as_ref().and_then(|d| d.fine_fen));
        if let Some(fine) = fine.filter(|f| *f > Fen::ZERO) {
            assert!(text.contains(&format!("处以罚款{}", fine.formal())), "{}", p.id);
        }
        assert!(text.ends_with(&format!("{}\n", date_zh(decided))), "{}", p.id);
        let parts = unpack(&docx::write(&document, &Label::SignedOff).unwrap());
        assert_eq!(problems(&parts, false), Vec::<String>::new(), "{}", p.id);
        assert_eq!(words(&parts), text, "{}", p.id);
        let missing = six_elements(&document);
        let unexplained: Vec<_> =
            missing.iter().filter(|m| !document.missing.iter().any(|d| d.must && d.field == m.field)).collect();
        assert!(unexplained.is_empty(), "{}：{unexplained:?}", p.id);
        open += usize::from(!missing.is_empty());
        written += 1;
    }
    eprintln!("教学案例：成文 {written}，其中尚有法定要素待补 {open}，拒绝 {refused:?}");
    assert!(written >= 100, "{written}");
}
