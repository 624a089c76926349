//! Pages over HTTP: each is drawn for those who may see it, leads to sign-in without one, says refusals as pages, and shows what
//! people wrote as words and nothing else.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::json;
use tower::ServiceExt;

use super::access::session;
use super::scripts::{heard_in_writing, investigated, registration, registration_with, reviewed, told};
use super::town::{Town, encoded};

const EVIL: &str = r#""><img src=x onerror="alert(1)"><script>alert(2)</script>{{7*7}}{% raw %}"#;

pub(super) struct Seen {
    pub status: StatusCode,
    location: String,
    pub html: String,
}

pub(super) async fn look(town: &Town, cookie: Option<&str>, path: &str) -> Seen {
    let mut request = Request::get(encoded(path)).header(header::ACCEPT, "text/html,application/xhtml+xml");
    if let Some(cookie) = cookie {
        request = request.header(header::COOKIE, cookie);
    }
    let response = town.service.app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let location =
        response.headers().get(header::LOCATION).map(|l| l.to_str().unwrap().to_string()).unwrap_or_default();
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    Seen { status, location, html: String::from_utf8_lossy(&bytes).into_owned() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_is_drawn_and_none_has_a_script_of_its_own() {
    let town = Town::new().await;
    let no = town.open("li", registration()).await;
    town.play(&no, [investigated(), told(), heard_in_writing()].concat()).await;
    let case = format!("/cases/{no}");
    let pages = |who: &str| match who {
        "li" => vec![
            "/",
            "/cases",
            "/cases?mine=true&q=启明",
            "/register",
            "/reviews",
            "/help",
            "/search",
            "/cite-check",
            "/try",
            case.as_str(),
        ],
        "zhao" => vec!["/", "/reviews", "/reviews?state=submitted", "/help"],
        _ => vec!["/", "/?all=true", "/overview", "/cases?state=rechecked", case.as_str()],
    };
    for who in ["li", "zhao", "qian"] {
        let (cookie, _) = session(&town, who).await;
        for path in pages(who) {
            let seen = look(&town, Some(&cookie), path).await;
            assert_eq!(seen.status, StatusCode::OK, "{who} {path}\n{}", seen.html);
            assert!(seen.html.contains("</html>"), "{who} {path}");
            for wrong in ["<script>", " style=\"", " onclick", "javascript:", "<style"] {
                assert!(!seen.html.contains(wrong), "{who} {path}: {wrong}");
            }
        }
        let seen = look(&town, Some(&cookie), "/cases/2020-9999").await;
        assert_eq!(seen.status, StatusCode::NOT_FOUND, "{}", seen.html);
        assert!(seen.html.contains("</html>"));
    }
    let (cookie, _) = session(&town, "wu").await;
    let seen = look(&town, Some(&cookie), "/overview").await;
    assert_eq!(seen.status, StatusCode::FORBIDDEN);
    assert!(seen.html.contains("没有权限"), "{}", seen.html);
}

#[tokio::test]
async fn without_sign_in_pages_lead_to_it() {
    let town = Town::new().await;
    for (path, to) in [("/cases", "/sign-in?next=%2Fcases"), ("/reviews/x", "/sign-in?next=%2Freviews%2Fx")] {
        let seen = look(&town, None, path).await;
        assert_eq!((seen.status, seen.location.as_str()), (StatusCode::SEE_OTHER, to));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_people_write_is_shown_as_words() {
    let town = Town::new().await;
    let mut evil = registration_with(|case| {
        case["case"] = json!({ "cause": EVIL, "source": EVIL });
        for part in ["name", "address", "legal_representative"] {
            case["party"][part] = json!(EVIL);
        }
        case["facts"]["narrative"] = json!(EVIL);
        case["facts"]["place"] = json!(EVIL);
        case["facts"]["factors"] = json!([]);
        case["evid"] = json!([{ "no": 1, "kind": "site_record", "title": EVIL, "proves": EVIL }]);
    });
    evil["clue"]["summary"] = json!(EVIL);
    evil["clue"]["source"] = json!(EVIL);
    let no = town.open("li", evil).await;
    let file = json!({ "step": "file", "jurisdiction": EVIL, "preliminary": EVIL });
    let _ = town.step("qian", &no, "2026-03-02", file).await;
    let case = format!("/cases/{no}");
    for who in ["li", "qian"] {
        let (cookie, _) = session(&town, who).await;
        for path in ["/", "/cases", case.as_str(), "/cases?q=%22%3E%3Cimg%20src%3Dx%3E"] {
            let seen = look(&town, Some(&cookie), path).await;
            assert_eq!(seen.status, StatusCode::OK, "{path}");
            for wrong in ["<img", "<script>alert", ">49<", "onerror=\""] {
                assert!(!seen.html.contains(wrong), "{who} {path}: {wrong}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_desk_is_drawn_for_the_reviewer() {
    let town = Town::new().await;
    let no = town.open("li", registration()).await;
    town.play(&no, [investigated(), told(), heard_in_writing()].concat()).await;
    town.decision(&no, "penalty_decision").await;
    let mut round = reviewed("penalty", ["2026-03-24", "2026-03-25", "2026-03-26"]);
    round.truncate(2);
    town.play(&no, round).await;
    let (_, queue) = town.get("zhao", "/api/v1/reviews").await;
    let id = queue["reviews"][0]["id"].as_str().unwrap().to_string();
    let (cookie, _) = session(&town, "zhao").await;
    let seen = look(&town, Some(&cookie), &format!("/reviews/{id}")).await;
    assert_eq!(seen.status, StatusCode::OK, "{}", seen.html);
    for words in ["C01", "C16", "预检", "作出结论", "相似案例", "固定文字，采纳"] {
        assert!(seen.html.contains(words), "{words}");
    }
    // Nothing is decided before a person decides it.
    let form = &seen.html[seen.html.find("id=\"conclude\"").unwrap()..];
    assert!(!form[..form.find("</form>").unwrap()].contains(" checked"), "an item is ticked beforehand");
    let gone = look(&town, Some(&cookie), "/reviews/none").await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reviewer_leaves_a_similar_case_out_with_a_reason() {
    let mut town = Town::new().await;
    let no = town.open("li", registration()).await;
    town.play(&no, [investigated(), told(), heard_in_writing()].concat()).await;
    town.decision(&no, "penalty_decision").await;
    let mut round = reviewed("penalty", ["2026-03-24", "2026-03-25", "2026-03-26"]);
    round.truncate(2);
    town.play(&no, round).await;
    let (_, queue) = town.get("zhao", "/api/v1/reviews").await;
    let path = format!("/api/v1/reviews/{}", queue["reviews"][0]["id"].as_str().unwrap());
    let (_, desk) = town.get("zhao", &path).await;
    let first = desk["similar"]["cases"][0].clone();
    for told in ["facts", "reasons"] {
        assert!(!first[told].as_str().unwrap().is_empty(), "{told}: {first}");
    }
    let compared = desk["similar"]["n"].as_u64().unwrap();
    let mut body =
        json!({ "version": desk["version"], "precedent": first["id"], "title": first["title"], "reason": "" });
    let (status, refused) = town.post("zhao", &format!("{path}/exclusions"), body.clone()).await;
    assert_eq!((status, &refused["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("procedure.g_exclusion")));
    body["reason"] = json!(format!("办学规模悬殊{EVIL}"));
    // Whoever does not review this round leaves nothing out.
    let (_, refused) = town.post("zhou", &format!("{path}/exclusions"), body.clone()).await;
    assert_eq!(refused["code"], "procedure.g_reviewer", "{refused}");
    let (status, done) = town.post("zhao", &format!("{path}/exclusions"), body).await;
    assert_eq!(status, StatusCode::CREATED, "{done}");
    let (_, desk) = town.get("zhao", &path).await;
    assert!(desk["similar"]["cases"].as_array().unwrap().iter().all(|c| c["id"] != first["id"]));
    assert_eq!(desk["similar"]["n"].as_u64().unwrap(), compared - 1);
    assert_eq!(desk["review"]["excluded"][0]["precedent"], first["id"]);
    let (cookie, _) = session(&town, "zhao").await;
    let seen = look(&town, Some(&cookie), path.trim_start_matches("/api/v1")).await;
    assert!(seen.html.contains("办学规模悬殊") && seen.html.contains("审核人排除的案例"), "{}", seen.html);
    assert!(!seen.html.contains("<img"), "a reason is shown as words");
    // Who signs in with a new password has no tokens any more.
    town.new_token("zhao").await;
    let back = json!({ "version": desk["version"], "precedent": first["id"] });
    let (status, _) = town.post("zhao", &format!("{path}/exclusions/revoke"), back.clone()).await;
    assert_eq!(status, StatusCode::OK);
    let (_, desk) = town.get("zhao", &path).await;
    assert_eq!(desk["similar"]["n"].as_u64().unwrap(), compared);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_list_of_deadlines_is_cut_and_listed_whole_when_asked() {
    let town = Town::new().await;
    for _ in 0..17 {
        town.open("li", registration()).await;
    }
    let (cookie, _) = session(&town, "li").await;
    let lines = |html: &str| html.matches("<span class=\"what\">").count();
    let cut = look(&town, Some(&cookie), "/").await.html;
    let at = cut.find("whole=").unwrap_or_else(|| panic!("{cut}"));
    assert!(cut[at..].contains("全部列出（17）"), "{cut}");
    assert_eq!(lines(&cut), 15);
    let group: String = cut[at..].chars().take_while(|c| *c != '#').collect();
    let whole = look(&town, Some(&cookie), &format!("/?{group}")).await.html;
    assert_eq!(lines(&whole), 17);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_past_decision_has_a_page_and_an_unknown_one_is_not_found() {
    let town = Town::new().await;
    for who in ["li", "zhao", "wu"] {
        let (cookie, _) = session(&town, who).await;
        let seen = look(&town, Some(&cookie), "/decisions/tc-mb64-01").await;
        assert_eq!(seen.status, StatusCode::OK, "{who} {}", seen.html);
        for words in ["教学案例·虚构", "仅供同案同罚参照", "处罚依据", "案情", "说理"] {
            assert!(seen.html.contains(words), "{who}: {words}\n{}", seen.html);
        }
        for unknown in ["/decisions/none", "/decisions/%22%3E%3Cimg%20src%3Dx%3E"] {
            let seen = look(&town, Some(&cookie), unknown).await;
            assert_eq!(seen.status, StatusCode::NOT_FOUND, "{unknown}");
            assert!(seen.html.contains("没有这件案例") && !seen.html.contains("<img"), "{}", seen.html);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn assets_of_this_version_are_kept_and_those_of_another_are_not() {
    let town = Town::new().await;
    let html = look(&town, None, "/sign-in").await.html;
    let at = html.find("/assets/").unwrap() + "/assets/".len();
    let version: String = html[at..].chars().take_while(|c| *c != '/').collect();
    assert_eq!(version.len(), 12);
    let kept = async |path: String| {
        let request = Request::get(&path).body(Body::empty()).unwrap();
        let response = town.service.app.clone().oneshot(request).await.unwrap();
        let told = response.headers().get(header::CACHE_CONTROL).map(|v| v.to_str().unwrap().to_string());
        (response.status(), told.unwrap_or_default())
    };
    for name in ["zhicai.css", "sign-in.js", "api.js", "icon.svg"] {
        let (status, told) = kept(format!("/assets/{version}/{name}")).await;
        assert!(status == StatusCode::OK && told.contains("immutable"), "{name}: {told}");
        assert_eq!(kept(format!("/assets/000000000000/{name}")).await, (StatusCode::OK, "no-cache".into()), "{name}");
    }
    assert_eq!(kept(format!("/assets/{version}/none.js")).await.0, StatusCode::NOT_FOUND);
}
