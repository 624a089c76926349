//! 办案规范: documents → sections that are found, dated, replaced and never a legal basis.

use jiff::civil::date;
use serde_json::json;
use zhicai::corpus::norms::{self, Given, NormBook, NormImport, NormQuery};
use zhicai::domain::law::Validity;
use zhicai::flow::ModelUse;

use crate::benchmarks::{document, numbered, paragraph, table};

const GUIDE: &str = "校外培训执法检查指引\n某教法〔2024〕3号\n发文机关：某县教育体育局\n\n第一章 总则\n第一条　为了规范现场检查。\n第二条 现场检查应当由两名以上执法人员进行：\n（一）出示执法证件；\n（二）制作检查笔录。\n当事人拒绝签名的，注明情况。\n第四条 本指引自2024年3月1日起施行。\n";

fn run(files: &[(&str, &[u8])], given: &Given, data: &std::path::Path) -> NormImport {
    let paths: Vec<_> = files
        .iter()
        .map(|(name, bytes)| {
            let path = data.join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        })
        .collect();
    norms::import(&paths, given, data).unwrap()
}

fn query(text: &str) -> NormQuery {
    NormQuery { text: text.into(), limit: 10, ..NormQuery::default() }
}

#[test]
fn sections_are_found_with_their_paragraphs_dates_and_warning() {
    let dir = tempfile::tempdir().unwrap();
    let report = run(&[("指引.txt", GUIDE.as_bytes())], &Given::default(), dir.path());
    assert_eq!((report.documents, report.sections, report.refused.len()), (1, 3, 0));
    assert!(report.half_parsed.iter().any(|n| n.why.contains("不连续")), "{:?}", report.half_parsed);
    let book = NormBook::new(dir.path());
    let hits = book.search(&query("当事人拒绝签名怎么办"), date(2025, 1, 1)).unwrap();
    let hit = &hits[0];
    assert_eq!(
        (hit.id.as_str(), hit.article, hit.paragraphs.as_slice()),
        ("校外培训执法检查指引@2024-03-01#2", 2, &[2][..])
    );
    assert_eq!(hit.title, "《校外培训执法检查指引》第二条");
    assert_eq!((hit.status, hit.effective_from), (Validity::InForce, Some(date(2024, 3, 1))));
    assert_eq!((hit.doc_no.as_deref(), hit.issuer.as_deref()), (Some("某教法〔2024〕3号"), Some("某县教育体育局")));
    assert!(hit.snippet.contains("拒绝签名") && hit.source_sha256.len() == 64);
    let json = serde_json::to_value(hit).unwrap();
    assert_eq!((&json["legal_basis"], &json["kind"]), (&json!(false), &json!("norm")));
    for field in
        ["id", "title", "law", "article", "paragraphs", "status", "effective_from", "effective_to", "score", "snippet"]
    {
        assert!(json.get(field).is_some(), "{field}");
    }
    assert!(book.search(&query("鲸鱼迁徙"), date(2025, 1, 1)).unwrap().is_empty());
    let past = NormQuery { as_of: Some(date(2023, 1, 1)), ..query("拒绝签名") };
    assert!(book.search(&past, date(2025, 1, 1)).unwrap().is_empty(), "not yet in force that day");
}

#[test]
fn a_document_imported_again_is_replaced_and_a_later_version_ends_it() {
    let dir = tempfile::tempdir().unwrap();
    let book = NormBook::new(dir.path());
    let day = date(2025, 1, 1);
    assert!(book.search(&query("检查"), day).unwrap().is_empty(), "nothing imported yet");
    run(&[("a.txt", GUIDE.as_bytes())], &Given::default(), dir.path());
    let count = book.search(&query("现场检查"), day).unwrap().len();
    assert!(count > 0, "an import is seen without opening anew");
    let again = run(&[("a.txt", GUIDE.replace("两名", "三名").as_bytes())], &Given::default(), dir.path());
    assert_eq!(again.replaced, 1);
    let hits = book.search(&query("现场检查"), day).unwrap();
    assert_eq!(hits.len(), count);
    assert!(hits.iter().any(|h| h.snippet.contains("三名")) && !hits.iter().any(|h| h.snippet.contains("两名")));
    let later = GUIDE.replace("2024年3月1日", "2025年6月1日");
    run(&[("b.txt", later.as_bytes())], &Given::default(), dir.path());
    let old = norms::load(dir.path()).unwrap();
    assert_eq!(old.iter().filter_map(|n| n.effective_to).collect::<Vec<_>>(), [date(2025, 5, 31)]);
    let hits = book.search(&query("现场检查 执法人员"), date(2026, 1, 1)).unwrap();
    assert_eq!(hits[0].status, Validity::InForce, "what counts comes first");
    assert!(hits.iter().any(|h| h.status == Validity::Repealed));
}

#[test]
fn head_matter_flags_and_outlines_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let text = "---\n标题: 集体讨论制度\n文号: 某教〔2023〕9号\n施行日期: 2023-05-01\n---\n# 集体讨论制度\n## 适用范围\n重大案件。\n## 程序\n一、提请\n（一）报送材料。\n（二）法制审核。\n二、讨论\n逐人发表意见。\n";
    let given = Given { issuer: Some("某局".into()), effective_from: Some(date(2023, 6, 1)), ..Given::default() };
    let report = run(&[("制度.md", text.as_bytes())], &given, dir.path());
    assert_eq!(report.documents, 1, "{report:?}");
    let norm = &norms::load(dir.path()).unwrap()[0];
    assert_eq!(
        (norm.title.as_str(), norm.effective_from),
        ("集体讨论制度", Some(date(2023, 6, 1))),
        "flags come first"
    );
    assert_eq!((norm.doc_no.as_deref(), norm.issuer.as_deref()), (Some("某教〔2023〕9号"), Some("某局")));
    let review = norm.sections.iter().find(|s| s.text.contains("法制审核")).unwrap();
    assert_eq!((review.label.as_str(), review.path.as_str()), ("一、（二）", "程序 › 提请"));
}

#[test]
fn word_documents_with_headings_and_tables_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let heading = "<w:p><w:pPr><w:pStyle w:val=\"2\"/></w:pPr><w:r><w:t>检查清单</w:t></w:r></w:p>";
    let body =
        format!("{}{heading}{}", paragraph("安全检查指引"), table(&[&["v消防", "灭火器有效"], &["^", "通道畅通"]]));
    let report = run(&[("指引.docx", &document(&body))], &Given::default(), dir.path());
    assert_eq!((report.documents, report.refused.len()), (1, 0), "{report:?}");
    let hits = NormBook::new(dir.path()).search(&query("消防通道"), date(2025, 1, 1)).unwrap();
    assert!(hits[0].section == "检查清单" && hits[0].snippet.contains("通道畅通"), "{hits:?}");
    assert_eq!(hits[0].status, Validity::Unknown, "no date is no validity");
}

#[test]
fn automatic_numbers_make_articles() {
    let dir = tempfile::tempdir().unwrap();
    let body = format!("{}{}{}", paragraph("案卷管理办法"), numbered(1, 0, "立卷归档。"), numbered(1, 0, "查阅登记。"));
    let report = run(&[("办法.docx", &document(&body))], &Given::default(), dir.path());
    assert_eq!((report.documents, report.sections), (1, 2), "{report:?}");
    let hits = NormBook::new(dir.path()).search(&query("查阅登记"), date(2025, 1, 1)).unwrap();
    assert_eq!((hits[0].article, hits[0].title.as_str()), (2, "《案卷管理办法》第二条"));
}

#[test]
fn unreadable_input_is_refused_and_the_rest_is_taken() {
    let dir = tempfile::tempdir().unwrap();
    let report = run(
        &[
            ("a.pdf", b"%PDF"),
            ("b.txt", &[0xFF, 0xFE, 0x31]),
            ("c.docx", b"no zip"),
            ("d.txt", b""),
            ("e.txt", "只有标题".as_bytes()),
            ("f.md", "---\ntitle: x\n正文".as_bytes()),
            ("g.md", "---\ncolour: x\n---\n题\n文".as_bytes()),
            ("h.txt", "题\n施行日期：去年\n一、文".as_bytes()),
            ("i.txt", "第一条 没有标题".as_bytes()),
            ("j.txt", GUIDE.as_bytes()),
        ],
        &Given::default(),
        dir.path(),
    );
    assert_eq!((report.documents, report.refused.len()), (1, 9), "{:?}", report.refused);
    let given =
        Given { effective_from: Some(date(2025, 1, 1)), effective_to: Some(date(2024, 1, 1)), ..Given::default() };
    assert_eq!(run(&[("j.txt", GUIDE.as_bytes())], &given, dir.path()).refused.len(), 1);
}

#[tokio::test]
async fn the_service_finds_what_is_imported_while_it_runs() {
    let service = crate::http::service_with(ModelUse::default());
    let ask = || service.post("/api/v1/search/norms", json!({"query": "制作检查笔录"}).to_string());
    assert_eq!(ask().await.2["hits"], json!([]));
    run(&[("指引.txt", GUIDE.as_bytes())], &Given::default(), service.data.path());
    let (status, _, found) = ask().await;
    assert!(status.is_success());
    assert_eq!((&found["hits"][0]["article"], &found["hits"][0]["legal_basis"]), (&json!(2), &json!(false)), "{found}");
    let (status, _, body) = service.post("/api/v1/search/norms", json!({"query": " "}).to_string()).await;
    assert_eq!((status.as_u16(), &body["code"]), (400, &json!("search.empty")));
}
