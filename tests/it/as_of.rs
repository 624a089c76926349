//! 时间: what an article said on a day, by lookup, by search and in the check of citations. The laws are fictitious.

use jiff::civil::{Date, date};
use zhicai::corpus::citation::State;
use zhicai::corpus::search::{StatuteHit, StatuteQuery};
use zhicai::corpus::statutes::import_laws_db;
use zhicai::corpus::{self, Corpus};
use zhicai::domain::foreign::{ForeignArticle, ForeignLaw, ForeignStatutes};
use zhicai::domain::law::{Provision, Validity};
use zhicai::domain::numerals;

/// What differs between the texts of an article: before 2018, from 2018, from 2026-03-01.
const ARTICLES: [(&str, [&str; 3]); 12] = [
    ("举办滑翔培训班应当经{}批准", ["县级体育部门", "市级体育部门", "省级体育部门"]),
    ("滑翔培训班的注册资金不得少于{}", ["十万元", "二十万元", "五十万元"]),
    ("教练员应当持有{}年以上的执教证明", ["一", "二", "三"]),
    ("申请之日起{}日内作出是否批准的决定", ["三十", "二十", "十五"]),
    ("学员不得小于{}周岁", ["十二", "十四", "十六"]),
    ("每名教练员同时带飞不得超过{}人", ["六", "四", "二"]),
    ("场地半径{}内不得有高压线路", ["五百米", "八百米", "一千米"]),
    ("滑翔器材每{}检验一次", ["三年", "两年", "一年"]),
    ("学费应当在开班前{}日公示", ["三", "五", "七"]),
    ("中途退学的，应当退还{}学费", ["三成", "五成", "八成"]),
    ("未经批准举办滑翔培训班的，处{}罚款", ["一千元以上五千元以下", "五千元以上二万元以下", "二万元以上十万元以下"]),
    ("伪造检验记录的，处{}罚款", ["五百元", "一千元", "五千元"]),
];

const LAW: &str = "中华人民共和国滑翔运动法";
const DAYS: [Date; 3] = [date(2015, 6, 1), date(2020, 6, 1), date(2026, 6, 1)];

fn law(id: &str, title: &str, from: &str, status: &str) -> ForeignLaw {
    ForeignLaw {
        id: id.into(),
        title: title.into(),
        status: status.into(),
        effective: Some(from.into()),
        ..ForeignLaw::default()
    }
}

fn corpus() -> (tempfile::TempDir, Corpus) {
    let mut rows = ForeignStatutes {
        laws: vec![
            law("a", LAW, "2010-01-01", "历史版本"),
            law("b", LAW, "2018-01-01", "历史版本"),
            law("c", LAW, "2026-03-01", "现行有效"),
            law("d", "中华人民共和国热气球法", "2001-05-01", "已废止"),
            law("e", "中华人民共和国航空运动法典", "2024-07-01", "现行有效"),
        ],
        articles: vec![],
    };
    let mut add = |law: &str, number: usize, text: String| {
        let label = format!("第{}条", numerals::to_han(number as u32));
        let row = rows.articles.len() as i64;
        rows.articles.push(ForeignArticle {
            row,
            law_id: law.into(),
            label: Some(label),
            number: Some(number as i64),
            text: Some(text),
            ..ForeignArticle::default()
        });
    };
    for (place, id) in ["a", "b", "c"].into_iter().enumerate() {
        for (i, (text, values)) in ARTICLES.iter().enumerate() {
            // The last text begins with a new article, so every number moves by one.
            add(id, i + 1 + usize::from(place == 2), format!("{}。", text.replace("{}", values[place])));
        }
    }
    add("c", 1, "为了规范滑翔运动，制定本法。".into());
    add("d", 1, "热气球升空前应当向当地气象台报告，并取得放飞许可。".into());
    add("d", 2, "本条没有别的法律写过。".into());
    add("e", 1, "航空运动，是指以航空器从事的体育活动。".into());
    add("e", 7, "热气球升空前应当向当地气象台报告，并取得电子放飞许可。".into());
    add("e", 9, "本法典自2024年7月1日起施行。《中华人民共和国热气球法》、《中华人民共和国飞艇法》同时废止。".into());
    let dir = tempfile::tempdir().unwrap();
    import_laws_db(rows, "虚构", &corpus::statutes_folder(dir.path())).unwrap();
    corpus::build_index(dir.path()).unwrap();
    let corpus = Corpus::open(dir.path()).unwrap();
    (dir, corpus)
}

#[test]
fn twelve_articles_with_three_texts_answer_each_day_with_its_own() {
    let (_dir, corpus) = corpus();
    for (i, (text, values)) in ARTICLES.iter().enumerate() {
        for (place, (day, value)) in DAYS.iter().zip(values).enumerate() {
            let number = (i + 1 + usize::from(place == 2)) as u32;
            let said = corpus.lookup(&Provision::new("滑翔运动法", number), *day);
            let expected = format!("{}。", text.replace("{}", value));
            assert_eq!((said.validity, said.text.as_deref()), (Validity::InForce, Some(expected.as_str())), "{day}");

            let query =
                StatuteQuery { text: text.replace("{}", ""), as_of: Some(*day), limit: 20, ..Default::default() };
            let hits = corpus.search_statutes(&query, date(2026, 11, 1)).unwrap();
            let own: Vec<&StatuteHit> = hits.iter().filter(|h| h.law == LAW).collect();
            assert_eq!(own[0].snippet, expected, "{day}");
            assert!(own.iter().all(|h| h.status == Validity::InForce), "only the text of the day is offered");
        }
    }
}

#[test]
fn to_the_day() {
    let (_dir, corpus) = corpus();
    let text = |day| corpus.lookup(&Provision::new("滑翔运动法", 2), day).text.unwrap();
    assert!(text(date(2017, 12, 31)).contains("十万元"));
    assert!(text(date(2018, 1, 1)).contains("二十万元"));
    assert!(text(date(2026, 2, 28)).contains("二十万元"));
    assert!(text(date(2026, 3, 1)).contains("省级体育部门"), "numbers have moved by one");
}

#[test]
fn an_old_text_is_found_shown_as_such_and_points_to_the_new_one() {
    let (_dir, corpus) = corpus();
    let query = StatuteQuery { text: "学员不得小于十四周岁".into(), limit: 20, ..Default::default() };
    let hits = corpus.search_statutes(&query, date(2026, 11, 1)).unwrap();
    assert_eq!((hits[0].status, hits[0].article), (Validity::InForce, 6), "what counts comes first");
    assert!(hits[0].successor.is_none());
    let old = hits.iter().find(|h| h.effective_from == Some(date(2018, 1, 1)) && h.article == 5).unwrap();
    assert_eq!(old.status, Validity::Repealed);
    let successor = old.successor.as_ref().unwrap();
    assert_eq!((successor.law.as_str(), successor.article.as_deref()), (LAW, Some("第六条")), "{successor:?}");
    // The version of 2010 points to the one of today, not to the one in between.
    let older = hits.iter().find(|h| h.effective_from == Some(date(2010, 1, 1)) && h.article == 5).unwrap();
    assert_eq!(older.successor.as_ref().unwrap().version, successor.version);
}

#[test]
fn a_law_ended_by_another_counts_to_its_last_day_and_names_its_heir() {
    let (_dir, corpus) = corpus();
    let at = |day| corpus.lookup(&Provision::new("热气球法", 1), day).validity;
    assert_eq!(at(date(2024, 6, 30)), Validity::InForce, "its last day");
    assert_eq!(at(date(2024, 7, 1)), Validity::Repealed);

    let find = |text: &str, day| {
        let query = StatuteQuery { text: text.into(), limit: 20, ..Default::default() };
        let hits = corpus.search_statutes(&query, day).unwrap();
        hits.into_iter().find(|h| h.law.contains("热气球")).unwrap()
    };
    let gone = find("热气球升空前报告气象台", date(2026, 11, 1));
    let successor = gone.successor.unwrap();
    assert_eq!(successor.article.as_deref(), Some("第七条"));
    assert!(successor.note.contains("自2024-07-01起被《中华人民共和国航空运动法典》第九条废止"), "{}", successor.note);
    let alone = find("本条没有别的法律写过", date(2026, 11, 1)).successor.unwrap();
    assert_eq!(alone.article, None, "nothing like it: no article is named");
    assert!(find("热气球升空前报告气象台", date(2020, 1, 1)).successor.is_none(), "it counted then");

    let query = StatuteQuery {
        text: "热气球升空前报告气象台".into(),
        as_of: Some(date(2026, 11, 1)),
        limit: 20,
        ..Default::default()
    };
    let offered = corpus.search_statutes(&query, date(2026, 11, 1)).unwrap();
    assert!(offered.iter().all(|h| !h.law.contains("热气球")), "never offered as basis");
}

#[test]
fn citations_of_ended_laws_say_what_ended_them() {
    let (_dir, corpus) = corpus();
    let check = |text: &str, day| corpus.cite_check(text, day).remove(0);
    let found = check("依据《热气球法》第一条的规定", date(2026, 11, 1));
    assert_eq!(found.state, State::Repealed);
    assert!(found.message.contains("《中华人民共和国航空运动法典》第七条"), "{}", found.message);
    assert_eq!(check("依据《热气球法》第一条的规定", date(2023, 1, 1)).state, State::Ok);
    // Not installed, but an installed law says that it ended it.
    let found = check("依据《中华人民共和国飞艇法》第三条的规定", date(2026, 11, 1));
    assert_eq!(found.state, State::Repealed);
    assert!(found.message.contains("航空运动法典》第九条废止"), "{}", found.message);
    assert_eq!(check("依据《中华人民共和国飞艇法》第三条的规定", date(2023, 1, 1)).state, State::UnknownLaw);
}
