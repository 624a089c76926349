//! Every document that a step produces has a form that can be filled from a case that was really played.

use std::collections::BTreeSet;

use jiff::civil::date;
use zhicai::domain::checks;
use zhicai::domain::document::compose::{Composed, compose};
use zhicai::domain::document::fill::{AgencyInfo, FillInput, fill_paper};
use zhicai::domain::document::papers::{Binding, Entry, PaperInput, Subject, values};
use zhicai::domain::dossier::Dossier;
use zhicai::domain::procedure::TABLE;
use zhicai::export::{Label, docx};
use zhicai::prompts::{PaperTemplates, Prompts, Source};

use crate::cases::play::{IN_FORCE, Kind, Scene, book};
use crate::documents::docx_check::{problems, unpack, words};

fn agency() -> AgencyInfo {
    AgencyInfo {
        name: "安宁市教育体育局".into(),
        doc_no_prefix: "安教体".into(),
        government: "安宁市人民政府".into(),
        court: Some("昆明铁路运输法院".into()),
        address: Some("安宁市某路1号".into()),
        phone: Some("0871-00000000".into()),
        bank: Some("某银行某支行".into()),
        bank_account: Some("0000 1111".into()),
    }
}

fn binding() -> Binding {
    let entry = |n: u32| Entry { title: format!("文书{n}"), from: n, to: n, ..Entry::default() };
    Binding {
        archive_no: "2026-001".into(),
        retention_years: 30,
        by: "li".into(),
        entries: vec![entry(1), entry(2)],
        files: vec![("附件/01-a.pdf".into(), "营业执照（证据2）".into())],
        pages: 2,
    }
}

fn made(prompts: &Prompts, dossier: &Dossier, kind: &str) -> Composed {
    let form = prompts.papers.form(kind).unwrap();
    let day = date(2026, 4, 1);
    let assessment = checks::assess(dossier, book(), &IN_FORCE, day);
    let (agency, case, binding) = (agency(), dossier.as_case(), binding());
    let doc_no =
        if form.code.is_empty() { String::new() } else { format!("安教体{}字〔2026〕第7号", form.code) };
    let paper = PaperInput {
        dossier,
        assessment: Some(&assessment),
        book: Some(book()),
        agency: &agency,
        subject: Subject::default(),
        day,
        doc_no: &doc_no,
        archive: Some(&binding),
    };
    let input = FillInput { case: &case, assessment: &assessment, agency: &agency, doc_no: None, today: day };
    let filled = fill_paper(form, &PaperTemplates(prompts), &input, &paper, &values(&paper));
    let filled = filled.unwrap_or_else(|e| panic!("{kind}: {e}"));
    compose(form, &filled, &Default::default()).unwrap()
}

fn kinds() -> BTreeSet<&'static str> {
    TABLE.iter().flat_map(|row| row.papers).copied().collect()
}

#[test]
fn every_kind_is_filled_from_every_case_and_from_an_empty_one() {
    let prompts = Prompts::load().unwrap();
    assert!(kinds().len() >= 29, "{:?}", kinds());
    let mut scenes: Vec<Dossier> = Kind::ALL.iter().map(|k| Scene::ended(*k).dossier).collect();
    scenes.push(Dossier::default());
    for dossier in &scenes {
        for kind in kinds() {
            let document = made(&prompts, dossier, kind);
            let parts = unpack(&docx::write(&document, &Label::SignedOff).unwrap());
            assert_eq!(problems(&parts, false), Vec::<String>::new(), "{kind}");
            assert_eq!(words(&parts), document.text().replace('\t', "\n"), "{kind}");
            let text = document.text();
            assert!(!text.contains("<<") && !text.contains("<%") && !text.contains("none"), "{kind}:\n{text}");
            assert!(!text.contains(['\u{e0f0}', '\u{e0f1}']), "{kind}");
        }
    }
}

/// What documents.md §2 prints in bold, as words that must stand in the document of a played case.
#[rustfmt::skip]
const MUST: &[(&str, Kind, &[&str])] = &[
    ("filing_approval", Kind::Ordinary, &["立字〔2026〕第7号", "涉嫌擅自举办民办学校", "管辖依据", "时效", "同意立案", "审批日期（立案日）：2026年"]),
    ("inspection_record", Kind::Ordinary, &["时间：2026年", "地点：", "执法证号", "出示了执法证件", "申请回避", "检查情况"]),
    ("interview_record", Kind::Ordinary, &["被询问人：", "如实回答询问", "以上笔录我已看过", "询问人："]),
    ("evidence_list", Kind::Ordinary, &["编号", "查证情况", "查证属实"]),
    ("rectify_order", Kind::Ordinary, &["责改字〔2026〕", "违反了《", "改正期限：2026年", "第二十八条第一款", "六十日内向安宁市人民政府", "六个月内直接向昆明铁路运输法院"]),
    ("rectify_recheck", Kind::Ordinary, &["复查日期：2026年", "经复查，当事人"]),
    ("investigation_report", Kind::Ordinary, &["查明的事实", "证据1", "处罚依据为《", "是否涉嫌犯罪", "是否需要听证", "是否需要法制审核：需要", "处理建议"]),
    ("transfer_letter", Kind::Transfer, &["第二十七条第一款", "涉案物品清单", "批准"]),
    ("prior_notice", Kind::Ordinary, &["罚告字〔2026〕", "拟对你（单位）作出", "罚款人民币", "有权进行陈述和申辩", "五个工作日内", "要求听证", "不承担听证的费用", "一至二人代理"]),
    ("service_receipt", Kind::Ordinary, &["送字〔2026〕", "送达方式：直接送达", "受送达人：", "送达人：", "送达地点："]),
    ("statement_record", Kind::Ordinary, &["陈述申辩的内容"]),
    ("hearing_request", Kind::Hearing, &["提出日期：2026年", "五个工作日"]),
    ("hearing_summons", Kind::Hearing, &["听证时间：2026年", "听证主持人：", "公开举行", "一至二人代理", "不承担"]),
    ("hearing_transcript", Kind::Hearing, &["主持人：", "听证内容", "核对无误"]),
    ("recheck_opinion", Kind::Hearing, &["复核结论：", "根据听证笔录"]),
    ("review_submission", Kind::Ordinary, &["是否齐备", "调查终结报告", "拟作出：行政处罚"]),
    ("legal_review_opinion", Kind::Ordinary, &["法审字〔2026〕", "C01", "C16", "审核结论：同意", "审核人：赵审"]),
    ("collective_discussion", Kind::Ordinary, &["主持人：", "出席（机关负责人）", "讨论结论"]),
    ("demand_letter", Kind::Enforced, &["第五十三条", "内履行上述义务", "陈述和申辩"]),
    ("court_application", Kind::Enforced, &["申请强制执行", "催告书", "负责人（签名）"]),
    ("closure_report", Kind::Ordinary, &["结字〔2026〕", "结案理由：", "履行情况", "公示情况", "同意结案"]),
    ("publicity_summary", Kind::Ordinary, &["执法部门", "执法对象", "执法类别", "执法结果"]),
    ("spot_decision", Kind::Simple, &["编号：", "出示了执法证件", "陈述、申辩", "先向安宁市人民政府申请行政复议", "十五日内向昆明铁路运输法院", "执法人员（签名或者盖章）", "罚款人民币"]),
    ("dossier_cover", Kind::Ordinary, &["归档号：2026-001", "保管期限：30年", "本卷共2件2页"]),
    ("dossier_catalogue", Kind::Ordinary, &["页次", "文书1", "营业执照（证据2）"]),
    ("dossier_note", Kind::Ordinary, &["收入文书2件", "立卷人："]),
];

#[test]
fn what_the_law_asks_for_stands_in_the_document() {
    let prompts = Prompts::load().unwrap();
    for (kind, played, must) in MUST {
        let document = made(&prompts, &Scene::ended(*played).dossier, kind);
        let text = document.text();
        for words in *must {
            assert!(text.contains(words), "{kind}（{}）没有“{words}”：\n{text}", played.name());
        }
        // The proposed penalty is never told as decided.
        if *kind == "prior_notice" {
            assert!(!text.contains("本机关决定"), "{text}");
        }
    }
}

#[test]
fn what_the_file_does_not_say_stays_open_and_is_listed() {
    let prompts = Prompts::load().unwrap();
    let document = made(&prompts, &Dossier::default(), "prior_notice");
    let text = document.text();
    for gap in ["【待确认：违法事实】", "【待确认：拟处罚的种类和数额】", "【待确认：当事人姓名或者名称】"]
    {
        assert!(text.contains(gap), "{text}");
    }
    assert!(document.missing.iter().any(|m| m.must && m.what == "违法事实"), "{:?}", document.missing);
}

#[test]
fn text_of_people_cannot_become_markup_or_a_number() {
    let prompts = Prompts::load().unwrap();
    let mut dossier = Scene::ended(Kind::Ordinary).dossier;
    let evil = "<< agency.name >> <% if x %> {{amt:罚款}} \u{e0f0}\u{e0f1} <w:p>&\u{0}\u{202e}";
    dossier.case.party.name = Some(evil.into());
    dossier.filing.as_mut().unwrap().preliminary = evil.into();
    for kind in kinds() {
        let document = made(&prompts, &dossier, kind);
        let text = document.text();
        assert!(!text.contains(['\u{e0f0}', '\u{e0f1}', '\u{202e}']) && !text.contains("{{"), "{kind}:\n{text}");
        assert_eq!(problems(&unpack(&docx::write(&document, &Label::SignedOff).unwrap()), false), Vec::<String>::new());
    }
}

fn shipped() -> Vec<Source> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("prompts");
    let mut out = vec![];
    for folder in ["documents", "blocks", "papers"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            out.push(Source { path: format!("{folder}/{}", path.file_name().unwrap().to_str().unwrap()), text });
        }
    }
    out
}

#[test]
fn a_form_that_breaks_a_promise_does_not_load() {
    let after = |from: &str, to: &str| {
        let mut files = shipped();
        let form = files.iter_mut().find(|f| f.path == "papers/filing_approval.md").unwrap();
        assert!(form.text.contains(from), "{from}");
        form.text = form.text.replacen(from, to, 1);
        Prompts::from_files(&files).map(|_| ()).map_err(|e| e.code())
    };
    assert_eq!(after("zh", "zh"), Ok(()));
    for (from, to, code) in [
        ("filing.preliminary | need", "filing.weather | need", "prompts.invalid"),
        ("<< case.cause", "<< case.cause <<", "prompts.invalid"),
        ("model_may_write = false", "model_may_write = true", "prompts.invalid"),
        ("path = \"case.cause\"", "path = \"weather\"", "form.unknown_path"),
        ("basis = \"行政处罚法54②\"\n", "", "form.no_source"),
        ("block = \"B_PARTY\"", "block = \"B_NONE\"", "form.unknown_block"),
        ("[preliminary]\n", "", "form.not_placed_once"),
        ("code = \"立\"", "code = \"案\"", "form.invalid"),
        ("id = \"filing_approval\"", "id = \"other\"", "prompts.invalid"),
    ] {
        assert_eq!(after(from, to), Err(code), "{from} → {to}");
    }
}

#[test]
fn the_order_of_the_dossier_names_every_kind_once() {
    let prompts = Prompts::load().unwrap();
    let order = &prompts.papers.order;
    assert!(!order.source.is_empty());
    assert!(order.rank("filing_approval") < order.rank("penalty_decision"));
    assert!(order.rank("penalty_decision") < order.rank("prior_notice"));
    assert!(order.rank("prior_notice") < order.rank("evidence_list"));
    assert!(order.rank("evidence_list") < order.rank("legal_review_opinion"));
    for kind in kinds().into_iter().filter(|k| !k.starts_with("dossier_")) {
        assert!(order.rank(kind).0 < order.part.len(), "{kind}");
    }
}
