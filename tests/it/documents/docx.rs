//! The exported document in its three forms.

use std::collections::BTreeMap;

use zhicai::domain::document::compose::{Block, Content};
use zhicai::domain::document::form::Writer;
use zhicai::export::{DRAFT_LABEL, Label, docx, html, text};

use super::docx_check::{Parts, problems, unpack, words};
use super::sample::{case, composed};

fn draft() -> Label {
    Label::Draft { producer: "安宁市教育体育局".into(), id: "d-<1>&\u{1}".into() }
}

fn sample() -> Parts {
    unpack(&docx::write(&composed(&case()), &draft()).unwrap())
}

#[test]
fn the_file_is_sound_and_says_the_same_words() {
    let document = composed(&case());
    for (label, is_draft) in [(draft(), true), (Label::SignedOff, false)] {
        let bytes = docx::write(&document, &label).unwrap();
        let parts = unpack(&bytes);
        assert_eq!(problems(&parts, is_draft), Vec::<String>::new());
        assert_eq!(words(&parts), document.text());
        assert_eq!(bytes, docx::write(&document, &label).unwrap(), "同一文稿应得到同样的字节");
    }
}

#[test]
fn what_people_type_cannot_break_the_file() {
    let mut case = case();
    case.party.name = Some("甲<&>\"']]><w:p>\u{0}\u{b}\u{1b}\u{fffe}\u{ffff}公司\u{2028}乙".into());
    case.party.address = Some("路\u{8}1号&amp;".into());
    let document = composed(&case);
    let parts = unpack(&docx::write(&document, &draft()).unwrap());
    assert_eq!(problems(&parts, true), Vec::<String>::new());
    assert_eq!(words(&parts), document.text());
    assert!(words(&parts).contains("当事人：甲<&>\"']]><w:p>公司；乙\n"));
    assert!(words(&parts).contains("住址：路1号&amp;\n"));
    let page = html::write(&document, &draft());
    assert!(page.contains("甲&lt;&amp;&gt;") && !page.contains("<w:p>"), "{page}");
}

#[test]
fn a_spoilt_file_is_noticed() {
    type Spoil = (&'static str, &'static str, &'static str);
    let spoils: &[Spoil] = &[
        ("word/document.xml", "</w:body>", ""),
        ("word/document.xml", "<w:p>", "<w:p>\u{1}"),
        ("word/document.xml", "&lt;", "&nbsp;"),
        ("word/document.xml", "w:top=\"2098\"", "w:top=\"1440\""),
        ("word/document.xml", "w:w=\"11906\"", "w:w=\"12240\""),
        ("word/document.xml", "w:linePitch=\"579\"", "w:linePitch=\"312\""),
        ("word/styles.xml", "<w:spacing w:val=\"-5\"/>", ""),
        ("word/styles.xml", "<w:spacing w:val=\"-5\"/>", "<w:spacing w:val=\"-20\"/>"),
        ("word/document.xml", "w:type=\"lines\"", "w:type=\"linesAndChars\""),
        ("word/document.xml", "r:id=\"rId5\"", "r:id=\"rId9\""),
        ("word/document.xml", "w:val=\"Body\"", "w:val=\"Nobody\""),
        ("word/document.xml", "<w:headerReference w:type=\"even\" r:id=\"rId6\"/>", ""),
        ("word/styles.xml", " w:eastAsia=\"仿宋_GB2312\"", ""),
        ("word/styles.xml", "w:eastAsia=\"黑体\"", "w:eastAsia=\"Arial\""),
        ("word/styles.xml", "<w:sz w:val=\"44\"/>", "<w:sz w:val=\"36\"/>"),
        ("word/styles.xml", "<w:sz w:val=\"32\"/>", "<w:sz w:val=\"28\"/>"),
        ("word/styles.xml", "w:lineRule=\"exact\"", "w:lineRule=\"auto\""),
        ("word/styles.xml", "仿宋_GB2312", "MS Mincho"),
        ("word/settings.xml", "<w:evenAndOddHeaders/>", ""),
        ("word/fontTable.xml", "w:name=\"楷体_GB2312\"", "w:name=\"楷体\""),
        ("word/header1.xml", "未经人工审核签发", ""),
        ("docProps/custom.xml", "AIGC", "Note"),
        ("docProps/custom.xml", "ProduceID", "Id"),
        ("[Content_Types].xml", "/word/footer2.xml", "/word/footer3.xml"),
        ("_rels/.rels", "docProps/custom.xml", "docProps/other.xml"),
    ];
    for (part, from, to) in spoils {
        let mut case = case();
        case.party.address = Some("<路>".into());
        let mut parts = unpack(&docx::write(&composed(&case), &draft()).unwrap());
        let text = parts.get_mut(*part).unwrap();
        assert!(text.contains(from), "{part} 里没有 {from}");
        *text = text.replace(from, to);
        assert!(!problems(&parts, true).is_empty(), "{part}：{from} → {to} 没有被发现");
    }
    for part in sample().keys() {
        let mut parts = sample();
        parts.remove(part);
        assert!(!problems(&parts, true).is_empty(), "少了 {part} 没有被发现");
    }
    assert!(!problems(&unpack(&docx::write(&composed(&case()), &Label::SignedOff).unwrap()), true).is_empty());
    assert!(!problems(&sample(), false).is_empty());
}

#[test]
fn the_label_can_be_read_by_a_program() {
    let property = sample()["docProps/custom.xml"].clone();
    let value = property.split("<vt:lpwstr>").nth(1).unwrap().split("</vt:lpwstr>").next().unwrap();
    let value = quick_xml::escape::unescape(value).unwrap();
    let label: BTreeMap<String, String> = serde_json::from_str(&value).unwrap();
    assert_eq!((label["Label"].as_str(), label["ContentProducer"].as_str()), ("1", "安宁市教育体育局"));
    assert!(label["ProduceID"].starts_with("d-<1>&"));
}

#[test]
fn a_long_agency_name_stays_inside_the_page_and_the_seal_has_company() {
    let mut document = composed(&case());
    // The centre of both lines, in characters from the left edge: 28 − 4 − 6/2, or half the name from the right edge.
    for (agency, centre) in [("安宁市教育体育局", 21.0), ("某某自治州某某彝族回族自治县教育体育局", 18.5)]
    {
        let last = document.blocks.last_mut().unwrap();
        last.content = Content::Seal { agency: agency.into(), date: "2026年3月5日".into() };
        let body = unpack(&docx::write(&document, &draft()).unwrap())["word/document.xml"].clone();
        let centres: Vec<f64> = body
            .split("<w:ind w:left=\"")
            .skip(1)
            .map(|t| 14.0 + t.split('"').next().unwrap().parse::<f64>().unwrap() / (8844.0 / 28.0) / 2.0)
            .collect();
        assert!(centres.len() == 2 && centres.iter().all(|c| (c - centre).abs() < 0.01), "{agency}: {centres:?}");
        let before = &body[..body.rfind(agency).unwrap()];
        let paragraph = before.rsplit("</w:p>").nth(1).unwrap();
        assert!(paragraph.rsplit("<w:p>").next().unwrap().contains("<w:keepNext/>"), "署名前一段须与下段同页");
    }
}

#[test]
fn tables_and_notes_are_written_too() {
    let mut document = composed(&case());
    let block = |content| Block { content, field: None, writer: Writer::D, model: None, sources: vec![] };
    document
        .blocks
        .insert(3, block(Content::Table(vec![vec!["编号".into(), "名称".into()], vec!["1".into(), "笔录<>".into()]])));
    document.blocks.push(block(Content::Note("附件：证据目录".into())));
    let parts = unpack(&docx::write(&document, &draft()).unwrap());
    assert_eq!(problems(&parts, true), Vec::<String>::new());
    assert_eq!(words(&parts), document.text().replace('\t', "\n"));
    assert!(html::write(&document, &draft()).contains("<tr><td>1</td><td>笔录&lt;&gt;</td></tr>"));
}

#[test]
fn the_page_shows_who_wrote_what_and_what_is_open() {
    let mut open = case();
    open.disc.final_ = None;
    let page = html::write(&composed(&open), &draft());
    assert!(
        page.contains("data-field=\"facts\" data-model=\"m\" title=\"模型起草，须由人审核\" data-sources=\"E1\""),
        "{page}"
    );
    assert!(page.contains("data-writer=\"D\" data-field=\"penalty\""));
    assert!(
        page.contains(
            "<mark class=\"zc-pending\">【待法定程序后由负责人确定：法定幅度46580元以上232900元以下】</mark>"
        )
    );
    assert!(page.contains(DRAFT_LABEL) && !html::write(&composed(&open), &Label::SignedOff).contains(DRAFT_LABEL));
    let stripped = regex::Regex::new("<[^>]+>").unwrap().replace_all(&page, "").into_owned();
    let squeeze = |t: &str| t.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    let text = text::write(&composed(&open), &draft()).replacen(['【'], "", 1).replacen('】', "", 1);
    assert_eq!(squeeze(&quick_xml::escape::unescape(&stripped).unwrap()), squeeze(&text));
}
