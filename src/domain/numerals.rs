//! 汉字数字: article numbers as statutes write them, both ways (documents.md §0 条号).

const DIGITS: [char; 10] = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九'];

/// 64 → `六十四`, 105 → `一百零五`, 10 → `十`, 1260 → `一千二百六十`. Supports 0–9999 (no statute goes further);
/// larger numbers fall back to digits.
pub fn to_han(value: u32) -> String {
    if value > 9999 {
        return value.to_string();
    }
    if value == 0 {
        return "零".into();
    }
    let places = [(1000, "千"), (100, "百"), (10, "十"), (1, "")];
    let (mut out, mut rest, mut gap) = (String::new(), value, false);
    for (unit, name) in places {
        let digit = rest / unit;
        rest %= unit;
        if digit == 0 {
            gap = !out.is_empty();
            continue;
        }
        if gap {
            out.push('零');
            gap = false;
        }
        // 十五, not 一十五, when the number starts there.
        if !(unit == 10 && digit == 1 && out.is_empty()) {
            out.push(DIGITS[digit as usize]);
        }
        out.push_str(name);
    }
    out
}

/// Reads `六十四`, `一百零五`, `一〇五`, `64`, `６４`; `None` when it is no number.
pub fn parse(text: &str) -> Option<u32> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let ascii: Option<String> = text
        .chars()
        .map(|c| match c {
            '0'..='9' => Some(c),
            '０'..='９' => char::from_u32(c as u32 - '０' as u32 + '0' as u32),
            _ => None,
        })
        .collect();
    if let Some(digits) = ascii {
        return digits.parse().ok();
    }
    if !text.chars().any(|c| matches!(c, '十' | '百' | '千' | '万')) {
        let mut value: u32 = 0;
        for c in text.chars() {
            value = value.checked_mul(10)?.checked_add(digit_value(c)?)?;
        }
        return Some(value);
    }
    let (mut total, mut section, mut number) = (0u32, 0u32, 0u32);
    for c in text.chars() {
        match c {
            '万' => {
                total = total.checked_add((section + number).checked_mul(10_000)?)?;
                (section, number) = (0, 0);
            }
            '千' | '百' | '十' => {
                let unit = match c {
                    '千' => 1000,
                    '百' => 100,
                    _ => 10,
                };
                section = section.checked_add(if number == 0 { unit } else { number * unit })?;
                number = 0;
            }
            _ => number = digit_value(c)?,
        }
    }
    total.checked_add(section)?.checked_add(number)
}

fn digit_value(c: char) -> Option<u32> {
    Some(match c {
        '〇' | '零' | '○' => 0,
        '一' => 1,
        '二' | '两' => 2,
        '三' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        _ => return None,
    })
}

/// Whether a character is used to write numbers in Chinese or Arabic form.
pub fn is_numeral(c: char) -> bool {
    c.is_ascii_digit()
        || ('０'..='９').contains(&c)
        || digit_value(c).is_some()
        || "十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_article_number_survives_the_round_trip() {
        for n in 0..=9999 {
            assert_eq!(parse(&to_han(n)), Some(n), "{}", to_han(n));
        }
    }

    #[test]
    fn spellings_that_mean_the_same() {
        for text in ["64", "６４", "六十四", "六四"] {
            assert_eq!(parse(text), Some(64));
        }
        assert_eq!(parse("二〇二五"), Some(2025));
        assert_eq!(to_han(10), "十");
        assert_eq!(to_han(112), "一百一十二");
        assert_eq!(to_han(105), "一百零五");
        assert_eq!(parse("第"), None);
    }
}
