//! Search, the reader of an article and the check of citations as pages: what they find, what they never show, and that nothing
//! typed into an address breaks them. The laws are partly fictitious.

use axum::http::StatusCode;
use serde_json::json;
use zhicai::corpus::{build_index, norms, statutes, statutes_folder};
use zhicai::domain::foreign::{ForeignArticle, ForeignLaw, ForeignStatutes};

use super::access::session;
use super::pages::look;
use super::scripts::{investigated, registration, told};
use super::town::Town;

const LAW: &str = "中华人民共和国民办教育促进法";
const OLD: &str = "社会组织擅自举办民办学校的，由县级以上人民政府有关部门责令限期改正；逾期不改正的，予以取缔。";
const NEW: &str = "社会组织擅自举办民办学校的，责令停止办学、退还所收费用，并对举办者处违法所得一倍以上五倍以下罚款：\n（一）情节严重的，从重处罚；\n（二）<b>构成犯罪</b>的，移送司法机关。\n前款规定适用于分支机构。";

/// Two texts of one law, a law that another one ended, and one more.
fn install(data: &std::path::Path) {
    let law = |id: &str, title: &str, kind: &str, from: &str, version: Option<&str>, status: &str| ForeignLaw {
        id: id.into(),
        title: title.into(),
        doc_type: kind.into(),
        effective: Some(from.into()),
        version: version.map(Into::into),
        status: status.into(),
        ..ForeignLaw::default()
    };
    let mut rows = ForeignStatutes {
        laws: vec![
            law("a", LAW, "法律", "2003-09-01", None, "历史版本"),
            law("b", LAW, "法律", "2003-09-01", Some("2018-12-29"), "现行有效"),
            law("c", "中华人民共和国热气球法", "法律", "2001-05-01", None, "已废止"),
            law("d", "中华人民共和国航空运动法典", "法律", "2024-07-01", None, "现行有效"),
            law("e", "民办学校收费办法", "法律", "2010-01-01", None, "现行有效"),
        ],
        articles: vec![],
    };
    for (of, label, number, text) in [
        ("a", "第六十三条", 63, "民办学校管理混乱严重影响教育教学的，责令限期整顿。"),
        ("a", "第六十四条", 64, OLD),
        ("b", "第十二条", 12, "举办民办学校，由教育行政部门按照国家规定的权限审批。"),
        ("b", "第六十三条", 63, "县级以上人民政府有关部门超越职权收取费用的，责令退还所收费用。"),
        ("b", "第六十四条", 64, NEW),
        ("c", "第一条", 1, "热气球升空前应当向当地气象台报告，并取得放飞许可。"),
        ("d", "第七条", 7, "热气球升空前应当向当地气象台报告，并取得电子放飞许可。"),
        ("d", "第九条", 9, "本法典自2024年7月1日起施行。《中华人民共和国热气球法》同时废止。"),
        ("e", "第三条", 3, "擅自举办民办学校收取的费用，应当退还。"),
    ] {
        rows.articles.push(ForeignArticle {
            row: rows.articles.len() as i64,
            law_id: of.into(),
            label: Some(label.into()),
            number: Some(number),
            text: Some(text.into()),
            ..ForeignArticle::default()
        });
    }
    statutes::import_laws_db(rows, "test", &statutes_folder(data)).unwrap();
    build_index(data).unwrap();
}

fn words(html: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            _ if !inside => out.push(c),
            _ => {}
        }
    }
    out.split_whitespace().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_box_finds_articles_and_filters_them() {
    let town = Town::over(install).await;
    let (cookie, _) = session(&town, "li").await;
    let at = |path: &str| look(&town, Some(&cookie), path.to_string().leak());
    let seen = at("/search?q=擅自举办民办学校").await;
    assert_eq!(seen.status, StatusCode::OK, "{}", seen.html);
    let said = words(&seen.html);
    for part in ["<mark>擅自</mark>", "aria-current=\"page\"", "在前 ", "层级"] {
        assert!(seen.html.contains(part), "{part}\n{}", seen.html);
    }
    for part in ["现行有效", "已修改", "2018-12-29起", "2003-09-01起至2018-12-28", "民办学校收费办法"]
    {
        assert!(said.contains(part), "{part}\n{said}");
    }
    // A law: its articles alone, with a way to lift the filter; a level and a state likewise.
    let law = at("/search?q=擅自举办民办学校&law=民办教育促进法").await.html;
    assert!(law.contains("/articles/%E4%B8%AD") && !law.contains("《民办学校收费办法》第三条"), "{law}");
    assert!(law.contains("去掉条件 法律："), "{law}");
    let level = at("/search?q=擅自举办民办学校&level=statute").await.html;
    assert!(level.contains("《民办学校收费办法》第三条") && level.contains("去掉条件 层级：法律"), "{level}");
    let level = words(&at("/search?q=擅自举办民办学校&level=constitution").await.html);
    assert!(level.contains("没有找到；可以去掉上面的条件"), "{level}");
    let old = words(&at("/search?q=擅自举办民办学校&status=amended").await.html);
    assert!(old.contains("限期改正") && !old.contains("《民办学校收费办法》第三条"), "{old}");
    let none = words(&at("/search?q=擅自举办民办学校&status=not_yet").await.html);
    assert!(none.contains("没有找到；可以去掉上面的条件"), "{none}");
    // A day: only what was in force.
    let then = words(&at("/search?q=擅自举办民办学校&as_of=2015-06-01").await.html);
    assert!(then.contains("当日有效") && then.contains("限期改正") && !then.contains("一倍以上"), "{then}");
    // A citation goes to its article; a wrong one is put right; a law is opened.
    let cited = words(&at("/search?q=民促法64条").await.html);
    assert!(cited.contains("就是这一条"), "{cited}");
    let wrong = words(&at("/search?q=民促法99条").await.html);
    assert!(wrong.contains("没有第九十九条") && wrong.contains("第六十四条”"), "{wrong}");
    let near = words(&at("/search?q=民办教育促近法").await.html);
    assert!(near.contains("您要找的是不是《中华人民共和国民办教育促进法》"), "{near}");
    let named = at("/search?q=民办教育促进法").await.html;
    assert!(named.contains("/12\">打开《中华人民共和国民办教育促进法》"), "{named}");
    let start = words(&at("/search").await.html);
    assert!(start.contains("可以这样查"), "{start}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_is_typed_breaks_the_search() {
    let town = Town::over(install).await;
    let (cookie, _) = session(&town, "li").await;
    let long = format!("/search?q={}", "a".repeat(60_000));
    let many = format!("/search?q={}", "%E6%B3%95".repeat(7_000));
    let mut paths: Vec<String> = vec![long, many];
    for q in [
        "%20%20%20",
        "%22%3E%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E%3Cscript%3Ealert(2)%3C%2Fscript%3E{{913*7}}{%25%20raw%20%25}",
        "words%3A%5B*%20TO%20*%5D%20AND%20-(%22a%22~2%5E3)%20%7C%7C%20%2B%5C",
        "%F0%9F%98%80%F0%9F%91%A9%E2%80%8D%F0%9F%9A%80",
        "%00%01%1B%7F%0A%0D",
        "%FF%FE%C0",
        "%E2%80%AE%E6%B3%95",
        "%27%20OR%201%3D1%20--",
        "%25_%5C",
        "%E3%80%8A",
        "%E7%AC%AC%E6%9D%A1",
        "99999999999999999999%E6%9D%A1",
        "<",
    ] {
        for kind in ["statutes", "cases", "norms", "%3Cb%3E"] {
            paths
                .push(format!("/search?in={kind}&q={}", q.replace('<', "%3C").replace('{', "%7B").replace('}', "%7D")));
        }
    }
    for rest in [
        "page=-1",
        "page=99999999999999999999",
        "page=x",
        "as_of=gestern",
        "as_of=9999-12-31",
        "as_of=-9999-01-01",
        "as_of=2020-02-30",
        "law=%3Cb%3E",
        "law=%E6%B2%A1%E6%9C%89",
        "tier=%22&year=x&region=%27",
        "q=again&q=twice",
        "unknown=1&&&=",
    ] {
        for kind in ["statutes", "cases"] {
            paths.push(format!("/search?q=%E6%B0%91%E5%8A%9E%E5%AD%A6%E6%A0%A1&in={kind}&{rest}"));
        }
    }
    for path in &paths {
        let shown: String = path.chars().take(120).collect();
        let seen = look(&town, Some(&cookie), path).await;
        assert_eq!(seen.status, StatusCode::OK, "{shown}\n{}", seen.html);
        for wrong in ["<img", "<script>alert", "onerror=\"", "6391", "<b>构成"] {
            assert!(!seen.html.contains(wrong), "{shown}: {wrong}");
        }
    }
    // Markup in a text that was found is shown as words, marked or not.
    let seen = look(&town, Some(&cookie), "/search?q=构成犯罪移送司法机关").await;
    assert!(seen.html.contains("&lt;b&gt;"), "{}", seen.html);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_reader_shows_the_text_of_the_day_and_what_changed() {
    let town = Town::over(install).await;
    let (cookie, _) = session(&town, "li").await;
    let at = |path: String| look(&town, Some(&cookie), path.leak());
    let now = at(format!("/articles/{LAW}/64")).await;
    assert_eq!(now.status, StatusCode::OK, "{}", now.html);
    let said = words(&now.html);
    for part in ["现行有效", "第1款", "第2款", "（一）情节严重的，从重处罚；", "前一条", "被本局案件引用"]
    {
        assert!(said.contains(part), "{part}\n{said}");
    }
    assert!(!said.contains("后一条") && now.html.contains("id=\"p1-2\"") && !now.html.contains("<b>构成"));
    let then = words(&at(format!("/articles/{LAW}/64?as_of=2015-06-01")).await.html);
    assert!(then.contains("予以取缔") && then.contains("当日有效") && !then.contains("一倍以上五倍以下"), "{then}");
    // Other ways to write the address.
    for address in ["第六十四条", "64"] {
        let seen = at(format!("/articles/民促法/{address}?as_of=2015-06-01")).await;
        assert!(seen.status == StatusCode::OK && seen.html.contains("予以取缔"), "{address}");
    }
    // Side by side: what went is on the left, what came on the right.
    let both = at(format!("/articles/{LAW}/64?against=民办教育促进法@2003-09-01")).await.html;
    let (left, right) = both.split_once("2018-12-29 的文本").unwrap();
    assert!(left.contains("<del>") && right.contains("<ins>") && !right.contains("<del>"), "{both}");
    let moved = words(&at(format!("/articles/{LAW}/12?against=民办教育促进法@2003-09-01")).await.html);
    assert!(moved.contains("没有第十二条，也没有文字相近的条文"), "{moved}");
    // A law that ended says by what, and where its words are now.
    let ended = at("/articles/热气球法/1".into()).await;
    let said = words(&ended.html);
    assert!(
        said.contains("已废止") && said.contains("2024-07-01起被《中华人民共和国航空运动法典》第九条废止"),
        "{said}"
    );
    assert!(ended.html.contains("看《中华人民共和国航空运动法典》第七条"), "{said}");
    // What is not there is said as a page.
    for (path, why) in [
        (format!("/articles/{LAW}/999"), "没有这一条"),
        (format!("/articles/{LAW}/%3Cscript%3E"), "没有这一条"),
        ("/articles/没有的法/1".into(), "没有安装这部法律"),
        ("/articles/民办教育促近法/1".into(), "名称相近的有《中华人民共和国民办教育促进法》"),
        ("/articles/%FF/1".into(), "没有安装这部法律"),
    ] {
        let seen = at(path.clone()).await;
        assert_eq!(seen.status, StatusCode::NOT_FOUND, "{path}\n{}", seen.html);
        assert!(seen.html.contains(why) && !seen.html.contains("<script>"), "{path}\n{}", seen.html);
    }
    for rest in ["as_of=gestern", "version=x&against=y", "version=热气球法@2001-05-01", "as_of=1900-01-01"] {
        let seen = at(format!("/articles/{LAW}/64?{rest}")).await;
        assert_eq!(seen.status, StatusCode::OK, "{rest}\n{}", seen.html);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cases_are_named_to_those_who_may_see_them() {
    let town = Town::over(install).await;
    let no = town.open("li", registration()).await;
    town.play(&no, [investigated(), told()].concat()).await;
    let (_, case) = town.get("li", &format!("/api/v1/cases/{no}")).await;
    let party = case["dossier"]["case"]["party"]["name"].as_str().unwrap().to_string();
    let pages = [
        format!("/search?in=cases&q={party}"),
        format!("/search?q={no}"),
        format!("/articles/{LAW}/64"),
        format!("/articles/{LAW}/64?as_of=2015-01-01"),
    ];
    for who in ["li", "qian", "sun", "zhou", "wu", "chen", "feng"] {
        let (cookie, _) = session(&town, who).await;
        for (i, path) in pages.iter().enumerate() {
            let seen = look(&town, Some(&cookie), path).await;
            assert_eq!(seen.status, StatusCode::OK, "{who} {path}");
            let link = format!("/cases/{no}");
            let may = matches!(who, "li" | "qian");
            assert_eq!(seen.html.contains(&link), may, "{who} {path}\n{}", seen.html);
            if may && i == 2 {
                assert!(seen.html.contains("违法行为适用本条；写在《"), "{who} {path}\n{}", seen.html);
            }
            // The question itself is repeated in the box; nothing else of the file is told.
            if !may && i > 0 {
                assert!(!seen.html.contains(&party), "{who} {path}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn past_decisions_and_norms_say_what_they_are() {
    let town = Town::over(install).await;
    let file = town.service.data.path().join("guide.md");
    std::fs::write(
        &file,
        "# 校外培训检查指引\n\n第一条 检查培训机构，应当核对办学许可证。\n第二条 收费台账应当拍照。\n",
    )
    .unwrap();
    norms::import(&[file], &norms::Given::default(), town.service.data.path()).unwrap();
    let (cookie, _) = session(&town, "li").await;
    let at = |path: &'static str| look(&town, Some(&cookie), path);
    let norm = at("/search?in=norms&q=办学许可证").await.html;
    assert!(norm.contains("校外培训检查指引") && norm.contains("不作为法律依据"), "{norm}");
    let cases = at("/search?in=cases&q=未取得办学许可证举办培训班").await.html;
    for part in ["教学案例·虚构", "仅供同案同罚参照", "违法行为", "阶次", "年份", "地区", "处罚依据"]
    {
        assert!(cases.contains(part), "{part}\n{cases}");
    }
    let filtered = at("/search?in=cases&q=未取得办学许可证举办培训班&violation=mb64&tier=general").await.html;
    assert!(filtered.contains("去掉条件 阶次：") && filtered.contains("清除筛选"), "{filtered}");
    let check = at("/cite-check").await.html;
    assert!(check.contains("cite.js") && check.contains("<noscript>"), "{check}");
    let body = json!({ "text": "依据民促法第六十四条、第九十九条，以及《没有的规定》第一条。", "as_of": "2025-01-01" });
    let (_, answer) = town.post("qian", "/api/v1/cite-check", body).await;
    let states: Vec<&str> =
        answer["citations"].as_array().unwrap().iter().map(|c| c["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["ok", "not_found", "unknown_law"], "{answer}");
}
