//! Parties, numbers, officers, source of the case.

use std::sync::LazyLock;

use regex::Regex;

use super::{Sink, Source};

macro_rules! patterns {
    ($($name:ident = $pattern:expr;)*) => { $(static $name: LazyLock<Regex> = LazyLock::new(|| Regex::new($pattern).expect("the pattern is valid"));)* };
}

const ORGANISATION: &str = r"[\p{Han}A-Za-z0-9（）()·]{2,36}?(?:有限责任公司|股份有限公司|有限公司|幼儿园|培训学校|培训中心|俱乐部|培训部|学校|中学|小学|工作室|服务部|经营部|健身馆|游泳馆|体育馆|滑雪场|合作社|协会|中心)";

patterns! {
    NAMED_PARTY = &format!(r"当事人(?:名称|姓名)?[：:为是]?\s*(?P<v>{ORGANISATION})");
    NAMED_PERSON = r"当事人(?:姓名)?[：:]?\s*(?P<v>[\p{Han}]{2,4})(?:，|,|（|\(|。)\s*(?:男|女|身份证|公民)";
    INSPECTED = &format!(r"(?:对|到|在|前往)(?P<v>{ORGANISATION})(?:进行|开展|实施|（|\(|检查|现场)");
    ANY_ORGANISATION = &format!(r"(?:^|[，。；：\s])(?P<v>{ORGANISATION})(?:，|（|\(|未|自|于|在)");
    USCC = r"(?P<v>[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10})";
    ID = r"(?P<v>[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx])";
    PHONE = r"(?:^|\D)(?P<v>1[3-9]\d{9})(?:\D|$)";
    REPRESENTATIVE = r"(?:法定代表人|负责人|经营者|举办者)(?:姓名)?(?:为|是|：|:)?\s*(?P<v>[\p{Han}·]{2,4}?)(?:，|,|、|。|；|（|\(|\s|称|承认|陈述|$)";
    ADDRESS = r"(?:住所地?|地址|住址|经营场所|注册地)(?:为|是|位于|在|：|:)?\s*(?P<v>[\p{Han}A-Za-z0-9\-－—#（）()]{5,60}?)(?:，|,|。|；|;|\s|$)";
    PLACE = r"位于(?P<v>[\p{Han}A-Za-z0-9\-－—#]{5,50}?(?:号|楼|层|室|栋|幢|小区|大厦|广场|村|路|街|巷)(?:[\p{Han}A-Za-z0-9\-]{0,12}?(?:号|楼|层|室|单元))?)";
    OFFICER = r"(?P<n>[\p{Han}]{2,4}?)\s*[（(]\s*(?:执法证号?|执法证件号|证件?号)[：:为]?\s*(?P<c>[A-Za-z0-9\-]{5,24})\s*[)）]";
    SOURCE = r"(?P<v>(?:群众|家长|学生家长|匿名|实名|市民)?(?:举报|投诉)|12345[\p{Han}]{0,6}|双随机[\p{Han}、]{0,8}检查|日常巡查|专项检查|[\p{Han}]{2,12}(?:局|中心|街道|办)(?:移送|转办|转来))";
    REGION = r"(?P<v>[\p{Han}]{2,3}(?:市|县|区))";
    CASE_NO = r"(?P<v>[\p{Han}]{1,10}字〔\d{4}〕第?\d+号)";
}

pub(super) fn read(source: &Source<'_>, sink: &mut Sink) {
    let text = source.text;
    let first = |pattern: &Regex| pattern.captures(text).and_then(|c| c.name("v").map(|m| (m.start(), m.end())));
    let organisation = first(&NAMED_PARTY).or_else(|| first(&INSPECTED)).or_else(|| first(&ANY_ORGANISATION));
    if let Some((start, end)) = first(&NAMED_PERSON).filter(|_| first(&NAMED_PARTY).is_none()) {
        sink.put(source, "party.name", &text[start..end], start, end);
        sink.put(source, "party.kind", "citizen", start, end);
    } else if let Some((start, end)) = organisation {
        let name = &text[start..end];
        sink.put(source, "party.name", name, start, end);
        let kind = if name.ends_with("公司") {
            "legal_person"
        } else if name.ends_with("经营部") || name.ends_with("服务部") || name.ends_with("工作室") {
            "sole_trader"
        } else {
            ""
        };
        if !kind.is_empty() {
            sink.put(source, "party.kind", kind, start, end);
        }
    }
    for (path, pattern) in [
        ("party.uscc", &*USCC),
        ("party.id_no", &*ID),
        ("party.phone", &*PHONE),
        ("party.legal_representative", &*REPRESENTATIVE),
        ("party.address", &*ADDRESS),
        ("facts.place", &*PLACE),
        ("case.source", &*SOURCE),
        ("case.case_no", &*CASE_NO),
        ("case.region", &*REGION),
    ] {
        if let Some((start, end)) = first(pattern) {
            sink.put(source, path, &text[start..end], start, end);
        }
    }
    let mut seen: Vec<&str> = Vec::new();
    for found in OFFICER.captures_iter(text) {
        let (Some(name), Some(cert)) = (found.name("n"), found.name("c")) else { continue };
        let trimmed = name.as_str().trim_start_matches("执法人员").trim_start_matches("人员");
        let start = name.end() - trimmed.len();
        if trimmed.chars().count() < 2 || seen.contains(&cert.as_str()) {
            continue;
        }
        let at = format!("officer[{}]", seen.len());
        sink.put(source, &format!("{at}.name"), trimmed, start, name.end());
        sink.put(source, &format!("{at}.cert_no"), cert.as_str(), cert.start(), cert.end());
        seen.push(cert.as_str());
    }
}
