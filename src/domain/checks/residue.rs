//! 残留扫描 (privacy.md §3): what must not be left in a text that is made public. Any hit blocks.

use std::sync::LazyLock;

use regex::Regex;

use crate::domain::case::Case;
use crate::domain::intake::id_no_valid;
use crate::domain::penalty::PartyKind;

static ID: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]").expect("valid")
});
// No `\b` here: a Chinese character is a letter too, so there is no boundary between it and a digit.
static OLD_ID: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:^|\D)[1-9]\d{7}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}(?:\D|$)").expect("valid")
});
static MOBILE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?:^|\D)(1[3-9]\d{9})(?:\D|$)").expect("valid"));
static PHONE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?:^|\D)(0\d{2,3}[-—]?\d{7,8})(?:\D|$)").expect("valid"));
static MAIL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+").expect("valid"));
static CARD: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?:^|\D)(\d{13,19})(?:\D|$)").expect("valid"));
static PLATE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][·•]?[A-Z0-9]{5,6}")
        .expect("valid")
});
static IP: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:^|[^\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\D|$)").expect("valid")
});
static WECHAT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:微信号?|wechat|vx|qq)[:：为是]?\s*[A-Za-z0-9][A-Za-z0-9_-]{4,19}").expect("valid")
});

/// What is still in the text that must not be public, in words that do not repeat it. Empty when clean.
pub fn scan(text: &str, case: &Case) -> Vec<String> {
    // Full-width digits and spacing are tried first: `１３８ ００００ ００００` is a number like any other.
    let plain: String = text.chars().map(half_width).collect();
    let tight: String = plain.chars().filter(|c| !c.is_whitespace() && *c != '-' && *c != '—').collect();
    let mut out: Vec<String> = vec![];
    let mut hit = |found: bool, what: &str| {
        if found && !out.iter().any(|o| o == what) {
            out.push(what.to_string());
        }
    };
    for t in [&plain, &tight] {
        hit(ID.find_iter(t).any(|m| id_no_valid(m.as_str())), "居民身份证号");
        hit(OLD_ID.is_match(t), "十五位居民身份证号");
        hit(MOBILE.is_match(t), "手机号");
        hit(PHONE.is_match(t), "固定电话");
        hit(MAIL.is_match(t), "电子邮箱");
        hit(CARD.captures_iter(t).any(|c| luhn(&c[1])), "银行卡号");
    }
    hit(PLATE.is_match(&plain), "车牌号");
    hit(IP.is_match(&plain), "网络地址");
    hit(WECHAT.is_match(&plain), "微信号、QQ号");
    let names = |value: &Option<String>| {
        value.as_deref().map(str::trim).filter(|v| v.chars().count() >= 2).is_some_and(|v| {
            let bare: String = v.chars().filter(|c| !c.is_whitespace()).collect();
            tight.contains(&bare)
        })
    };
    let citizen = matches!(case.party.kind, Some(PartyKind::Citizen));
    hit(citizen && names(&case.party.name), "自然人当事人的姓名");
    hit(names(&case.party.id_no), "证件号码");
    hit(names(&case.party.phone), "当事人电话");
    hit(citizen && names(&case.party.address), "自然人住址");
    for officer in &case.officer {
        hit(names(&officer.name) || names(&officer.cert_no), "执法人员姓名、证号");
    }
    out
}

fn half_width(c: char) -> char {
    match c {
        '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        '　' => ' ',
        '－' => '-',
        other => other,
    }
}

/// Check digit of card numbers.
fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .chars()
        .rev()
        .filter_map(|c| c.to_digit(10))
        .enumerate()
        .map(|(i, d)| if i % 2 == 1 { if d > 4 { d * 2 - 9 } else { d * 2 } } else { d })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_disguise_are_found_and_honest_text_passes() {
        let case = Case::default();
        for (text, what) in [
            ("身份证11010519491231002X。", "居民身份证号"),
            ("身份证１１０１０５ １９４９１２３１ ００２Ｘ", "居民身份证号"),
            ("联系138-0013-8000", "手机号"),
            ("电话0871-68690000", "固定电话"),
            ("邮箱 a.b@example.com", "电子邮箱"),
            ("卡号4111 1111 1111 1111", "银行卡号"),
            ("云A·12345", "车牌号"),
            ("身份证号110105491231002。", "十五位居民身份证号"),
            ("来自10.0.0.12", "网络地址"),
            ("来自10.0.0.12。", "网络地址"),
            ("微信号：abc_123x", "微信号、QQ号"),
        ] {
            assert!(scan(text, &case).iter().any(|f| f == what), "{text}: {:?}", scan(text, &case));
        }
        let fine = "安教体罚决字〔2026〕第12号，罚款30000元，统一社会信用代码91530181MA6K000000，2026年3月18日。";
        assert_eq!(scan(fine, &case), Vec::<String>::new());
    }
}
