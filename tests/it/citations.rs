//! 引用的写法: fifty ways to write one citation, twenty wrong ones, and questions nobody expects.

use jiff::civil::date;
use zhicai::corpus::citation::{State, check};
use zhicai::corpus::search::StatuteQuery;
use zhicai::corpus::{Corpus, citation};

use crate::statutes::installed;

/// Every one of these is 民办教育促进法 article 64.
const SPELLINGS: [&str; 50] = [
    "民办教育促进法第六十四条",
    "民办教育促进法第64条",
    "民办教育促进法64条",
    "民办教育促进法六十四条",
    "民办教育促进法64",
    "民办教育促进法六十四",
    "民办教育促进法 第六十四条",
    "民办教育促进法 64",
    "民办教育促进法　第64条",
    "《民办教育促进法》第六十四条",
    "《民办教育促进法》第64条",
    "《民办教育促进法》64条",
    "《民办教育促进法》64",
    "《民办教育促进法》 六十四",
    "《中华人民共和国民办教育促进法》第六十四条",
    "《中华人民共和国民办教育促进法》第64条",
    "中华人民共和国民办教育促进法第六十四条",
    "中华人民共和国民办教育促进法第64条",
    "中华人民共和国民办教育促进法64",
    "民促法第六十四条",
    "民促法第64条",
    "民促法64条",
    "民促法64",
    "民促法 64",
    "民促法六十四条",
    "《民促法》第六十四条",
    "《民促法》64",
    "民促法第６４条",
    "民促法６４",
    "民办教育促进法第 64 条",
    "民办教育促进法 第 六十四 条",
    " 民促法64条 ",
    "民促法第64条的规定",
    "民促法64条规定",
    "民促法第六十四条是什么",
    "民促法第六十四条是什么？",
    "民促法64条内容",
    "根据民办教育促进法第六十四条",
    "依据《民办教育促进法》第六十四条的规定",
    "按照民促法64条规定",
    "第六十四条 民办教育促进法",
    "第64条民促法",
    "64条 民促法",
    "民促法-64",
    "民促法#64",
    "民促法§64",
    "民促法:64",
    "民促法：64",
    "〈民办教育促进法〉第六十四条",
    "<民办教育促进法>第64条",
];

#[test]
fn fifty_spellings_find_the_article() {
    let (dir, _) = installed();
    let corpus = Corpus::open(dir.path()).unwrap();
    for spelling in SPELLINGS {
        let one = citation::as_query(spelling, &corpus.laws).unwrap_or_else(|| panic!("{spelling}"));
        assert_eq!(one.title.as_deref(), Some("中华人民共和国民办教育促进法"), "{spelling}");
        assert_eq!(one.provision.unwrap().article, 64, "{spelling}");
        let query = StatuteQuery { text: spelling.into(), limit: 3, ..StatuteQuery::default() };
        let hits = corpus.search_statutes(&query, date(2026, 11, 23)).unwrap();
        assert_eq!(hits[0].id, "民办教育促进法@2018-12-29#64", "{spelling}");
    }
    for not_one in ["民办教育促进法", "64", "第六十四条", "民促法第六十二条和第六十四条有什么不同", "处64元罚款", ""]
    {
        assert!(citation::as_query(not_one, &corpus.laws).is_none(), "{not_one}");
    }
}

/// Wrong, and what is nearest.
const WRONG: [(&str, &str); 20] = [
    ("民促法第999条", "《中华人民共和国民办教育促进法》第六十四条"),
    ("民促法第六十五条", "《中华人民共和国民办教育促进法》第六十四条"),
    ("《民办教育促进法》第六十一条", "《中华人民共和国民办教育促进法》第六十二条"),
    ("《民办教育促进法》第1条", "《中华人民共和国民办教育促进法》第六十二条"),
    ("《民办教育促进法》第六十四条第二款", "《中华人民共和国民办教育促进法》第六十四条"),
    ("《民办教育促进法》第六十四条第三项", "《中华人民共和国民办教育促进法》第六十四条"),
    ("《民办教育促进法》第六十二条第二款", "《中华人民共和国民办教育促进法》第六十二条"),
    ("《民办教育促进法》第六十二条第（九）项", "《中华人民共和国民办教育促进法》第六十二条"),
    ("《民办教育促进法》第六十四条之一", "《中华人民共和国民办教育促进法》第六十四条"),
    ("《民办教育保进法》第六十四条", "《中华人民共和国民办教育促进法》第六十四条"),
    ("《民办教育促近法》第64条", "《中华人民共和国民办教育促进法》第六十四条"),
    ("《民办学校教育促进法》第六十四条", "《中华人民共和国民办教育促进法》第六十四条"),
    ("《中华人民共和国民办教育法》第六十四条", "《中华人民共和国民办教育促进法》第六十四条"),
    ("《民办教育促进条例》第六十四条", "《中华人民共和国民办教育促进法》第六十四条"),
    ("《国民办教育促进法》第六十二条", "《中华人民共和国民办教育促进法》第六十二条"),
    ("《民办教育促进法（修订）》第六十四条", "《中华人民共和国民办教育促进法》第六十四条"),
    ("《某某法律》第一条", "《中华人民共和国某某法》第一条"),
    ("《中华人民共和国甲乙条法》第一条", "《中华人民共和国甲乙法》第一条"),
    ("《甲乙法》第八条", "《中华人民共和国甲乙法》第一条"),
    ("《某某法》第二百条", "《中华人民共和国某某法》第一条"),
];

#[test]
fn twenty_wrong_citations_are_refused_with_the_nearest_right_one() {
    let (dir, _) = installed();
    let corpus = Corpus::open(dir.path()).unwrap();
    for (wrong, right) in WRONG {
        let found = check(wrong, &corpus.laws, date(2026, 11, 23));
        assert_eq!(found.len(), 1, "{wrong}: {found:?}");
        assert!(matches!(found[0].state, State::NotFound | State::UnknownLaw), "{wrong}: {found:?}");
        let nearest = found[0].nearest.as_deref().unwrap_or_default();
        assert!(nearest.starts_with(right), "{wrong}: {nearest}");
        assert!(found[0].message.contains(right), "{wrong}: {}", found[0].message);
    }
    let nothing = check("《完全无关的名称条例》第五条", &corpus.laws, date(2026, 11, 23));
    assert_eq!(nothing[0].nearest, None, "nothing is near");
}

#[test]
fn a_misspelt_name_without_brackets_is_noticed_and_words_that_are_no_name_are_not() {
    let (dir, _) = installed();
    let corpus = Corpus::open(dir.path()).unwrap();
    let day = date(2026, 11, 23);
    for (text, name) in [
        ("依据民办教育促近法第六十四条处罚", "民办教育促近法第六十四条"),
        ("违反了中华人民共和国民办教促进法第六十四条、第六十二条", "中华人民共和国民办教促进法第六十四条"),
        ("按照《民办教育促进法》第一条和民办教育促进进法第64条", "民办教育促进进法第64条"),
    ] {
        let found = check(text, &corpus.laws, day);
        let wrong = found.iter().find(|f| f.state == State::UnknownLaw).unwrap_or_else(|| panic!("{text}: {found:?}"));
        assert_eq!(wrong.text, name, "{text}");
        let cut: String = text.chars().skip(wrong.start).take(wrong.end - wrong.start).collect();
        assert_eq!(cut, name, "{text}");
        assert!(wrong.nearest.as_deref().unwrap_or_default().contains("民办教育促进法》第六十四条"), "{wrong:?}");
    }
    for text in ["采取下列办法第一条最要紧", "按照上述规定第三条办理", "第六十四条", "他用这个方法第2条"]
    {
        assert_eq!(check(text, &corpus.laws, day), vec![], "{text}");
    }
}

#[test]
fn hostile_queries_are_answered_and_never_fail() {
    let (dir, _) = installed();
    let corpus = Corpus::open(dir.path()).unwrap();
    let long = "擅自举办民办学校".repeat(4200);
    let hostile = [
        "",
        "   ",
        "的了和是在",
        "AND OR NOT (words:\"x\" ~2)^3 [a TO b] {*}",
        "text:* +(-!) \\ / ? \"",
        "😀🏫💰罚款",
        "\u{0}\u{1}\u{7f}\u{202e}罚款\u{feff}",
        "違反國家有關規定擅自舉辦民辦學校，對舉辦者處違法所得一倍以上五倍以下罰款",
        "\u{301}\u{301}\u{301}",
        "%' OR 1=1 --",
        "第第第条条条《《》》",
        "999999999999999999999999条",
        "民促法第99999999999999999999条",
        &long,
    ];
    assert!(long.len() > 100_000);
    for text in hostile {
        for as_of in [None, Some(date(2020, 1, 1))] {
            let query = StatuteQuery { text: text.into(), as_of, limit: 5, explain: true, ..StatuteQuery::default() };
            let shown: String = text.chars().take(20).collect();
            let hits = corpus.search_statutes(&query, date(2026, 11, 23));
            assert!(hits.is_ok(), "{shown}: {hits:?}");
            check(text, &corpus.laws, date(2026, 11, 23));
        }
    }
    let query = StatuteQuery { text: long, limit: 5, ..StatuteQuery::default() };
    assert!(!corpus.search_statutes(&query, date(2026, 11, 23)).unwrap().is_empty());
}
