//! Fictitious decisions in any number, for measuring: the teaching cases with other parties, places, days and sums, their
//! sentences mixed among cases of one 违法行为. Every record says that it was made up.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::civil::Date;
use jiff::{Span, ToSpan};
use regex::{Captures, Regex};

use crate::domain::money::Fen;
use crate::domain::precedent::Precedent;

/// Label of generated decisions wherever they are shown.
pub const LABEL: &str = "生成数据·虚构";

const SURNAMES: &str =
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎";
const GIVEN: &str = "安白北辰晨成川春聪达丹德定东恩帆方菲丰枫刚高歌光桂国海涵航昊和恒弘华欢辉慧佳嘉建江杰洁锦晋景静君凯康可兰乐雷力立丽林灵龙露满茂美梦敏明木宁沛鹏平琪青清晴然仁荣瑞若珊尚诗世书舒思松涛天庭婷文希夏贤翔晓欣新星秀雪雅妍阳一依怡以艺逸英永勇宇语远月悦云泽长哲真正之知致中子紫";
const BRAND: &str = "启明星博学育才新程智慧金桥蓝天向阳阳光未来成长优学乐学精英卓越致远弘文崇德尚品春晖朝阳晨曦凌云飞扬海纳百川知行求是格物厚德思源树人立人";
const TRADES: [&str; 8] = [
    "教育咨询有限公司",
    "文化传播有限公司",
    "培训学校有限公司",
    "艺术培训中心",
    "体育发展有限公司",
    "幼儿园",
    "托管服务部",
    "科技有限公司",
];
const PLACES: &str = "安宁云岫临江清河望山平湖龙泉凤鸣青石白沙长乐永丰新桥古城东林西岭南屏北塘石门金沙";
const STREETS: &str = "梧桐听雨人民解放建设和平文化学府青年幸福团结胜利光明复兴兴业创新银杏丁香海棠紫荆";

/// A source of numbers that is the same everywhere for one seed (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.roll() % n.max(1) as u64) as usize
    }

    fn pick<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.below(all.len()))
    }

    fn chars(&mut self, from: &str, n: usize) -> String {
        let total = from.chars().count();
        (0..n).filter_map(|_| from.chars().nth(self.below(total))).collect()
    }
}

/// The mould of all generated decisions.
pub struct Mould {
    models: Vec<Precedent>,
    /// Sentences of the narratives by 违法行为.
    sentences: BTreeMap<String, Vec<Vec<String>>>,
    seed: u64,
}

static DAY: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(\d{4})年(\d{1,2})月(\d{1,2})日").expect("the pattern is valid"));
static SUM: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(\d{2,9})元").expect("the pattern is valid"));
static NUMBER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(\d{1,3})(名|人|间|个|张|份|台|次|天)").expect("the pattern is valid"));

impl Mould {
    /// From the teaching cases; the same `seed` gives the same decisions.
    pub fn new(models: &[Precedent], seed: u64) -> Self {
        let mut sentences: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
        for model in models {
            let narrative = model.facts.narrative.as_deref().unwrap_or_default();
            let own = narrative.split_inclusive('。').map(str::to_string).collect();
            sentences.entry(model.facts.violation.clone().unwrap_or_default()).or_default().push(own);
        }
        Self { models: models.to_vec(), sentences, seed }
    }

    /// The decision of this number; nothing only without models.
    pub fn decision(&self, number: u64) -> Option<Precedent> {
        let mut dice = Dice(self.seed ^ number.wrapping_mul(0x2545_f491_4f6c_dd1d));
        let mut out = dice.pick(&self.models)?.clone();
        let region = format!("{}市{}区", dice.chars(PLACES, 2), dice.chars(PLACES, 2));
        let person = format!("{}{}", dice.chars(SURNAMES, 1), dice.chars(GIVEN, 2));
        let party = match &out.party.name {
            Some(name) if name.chars().count() > 4 => {
                let brand = dice.chars(BRAND, 3);
                format!("{region}{brand}{}", dice.pick(&TRADES).copied().unwrap_or_default())
            }
            _ => person.clone(),
        };
        let address = format!("{region}{}路{}号", dice.chars(STREETS, 2), 1 + dice.below(400));
        let narrative = self.narrative(&mut dice, &out);
        let renamed = [
            (out.party.name.take(), party.as_str()),
            (out.party.legal_representative.take(), person.as_str()),
            (out.facts.place.take(), address.as_str()),
            (out.party.address.take(), address.as_str()),
            (out.case.region.take(), region.as_str()),
        ];
        let names: Vec<(String, &str)> =
            renamed.into_iter().filter_map(|(old, new)| Some((old.filter(|o| !o.is_empty())?, new))).collect();
        let rename = |text: &str| names.iter().fold(text.to_string(), |t, (old, new)| t.replace(old.as_str(), new));
        // Sums between a fifth and five times the model's; days within four years of it.
        let (scale, shift) = (20 + dice.below(480) as i64, dice.below(1460) as i64 - 730);
        let narrative = vary(&rename(&narrative), scale, shift, &mut dice);
        out.id = format!("gen-{number:08}");
        out.label = LABEL.into();
        out.title = rename(&out.title);
        out.outlier = None;
        out.reasoning = out.reasoning.as_deref().map(|r| vary(&rename(r), scale, shift, &mut dice));
        out.doc_no = Some(format!("虚构罚决字〔{}〕第{number}号", 2018 + dice.below(8)));
        out.facts.narrative = Some(format!("{narrative}当事人{party}，地址{address}。"));
        (out.party.name, out.party.address, out.facts.place) = (Some(party), Some(address.clone()), Some(address));
        (out.party.legal_representative, out.case.region) = (Some(person), Some(region));
        let scaled = |sum: Option<Fen>| sum.map(|f| Fen(f.0 / 100 * scale / 100 * 100));
        if let Some(gains) = &mut out.facts.gains {
            gains.gross_receipts_fen = scaled(gains.gross_receipts_fen);
            gains.refunded_before_filing_fen = scaled(Some(gains.refunded_before_filing_fen)).unwrap_or_default();
        }
        if let Some(last) = &mut out.disc.final_ {
            last.fine_fen = scaled(last.fine_fen);
            last.confiscate_fen = scaled(last.confiscate_fen);
        }
        let span = shift.days();
        for day in [
            &mut out.case.filed_at,
            &mut out.facts.act_from,
            &mut out.facts.act_to,
            &mut out.facts.discovered_at,
            &mut out.procedure.notice_served_at,
            &mut out.procedure.decided_at,
            &mut out.procedure.decision_served_at,
        ] {
            *day = day.and_then(|d| moved(d, span));
        }
        let keep = dice.below(4);
        out.facts.factors.retain(|f| !f.code.len().wrapping_add(keep).is_multiple_of(4));
        Some(out)
    }

    /// The model's own sentences, most of them exchanged for the sentence in the same place of a case of the same kind.
    fn narrative(&self, dice: &mut Dice, model: &Precedent) -> String {
        let own: Vec<&str> = model.facts.narrative.as_deref().unwrap_or_default().split_inclusive('。').collect();
        let kin = self.sentences.get(model.facts.violation.as_deref().unwrap_or_default());
        let mut out = String::new();
        for (i, sentence) in own.iter().enumerate() {
            let other = kin.and_then(|k| dice.pick(k)).and_then(|s| s.get(i));
            match other {
                Some(other) if dice.below(10) < 6 => out.push_str(other),
                _ => out.push_str(sentence),
            }
        }
        out
    }
}

fn moved(day: Date, span: Span) -> Option<Date> {
    day.checked_add(span).ok()
}

/// Other days, sums and counts in a text.
fn vary(text: &str, scale: i64, shift: i64, dice: &mut Dice) -> String {
    let number = |c: &Captures, i: usize| c.get(i).and_then(|m| m.as_str().parse::<i64>().ok()).unwrap_or(1);
    let text = DAY.replace_all(text, |c: &Captures| {
        let day = Date::new(number(c, 1) as i16, number(c, 2) as i8, number(c, 3) as i8).ok();
        match day.and_then(|d| moved(d, shift.days())) {
            Some(d) => format!("{}年{}月{}日", d.year(), d.month(), d.day()),
            None => c[0].to_string(),
        }
    });
    let text = SUM.replace_all(&text, |c: &Captures| format!("{}元", (number(c, 1) * scale / 100).max(1)));
    let text =
        NUMBER.replace_all(&text, |c: &Captures| format!("{}{}", 1 + dice.below(2 * number(c, 1) as usize), &c[2]));
    text.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::precedents;

    #[test]
    fn decisions_are_many_different_and_repeatable() {
        let models = precedents::teaching().unwrap();
        let mould = Mould::new(&models, 7);
        let all: Vec<Precedent> = (0..300).filter_map(|n| mould.decision(n)).collect();
        let told: std::collections::BTreeSet<_> = all.iter().map(|d| d.facts.narrative.clone()).collect();
        assert_eq!(told.len(), 300);
        assert!(all.iter().all(|d| d.label == LABEL && d.facts.violation.is_some()));
        assert_eq!(Mould::new(&models, 7).decision(42), mould.decision(42));
        assert_ne!(Mould::new(&models, 8).decision(42), mould.decision(42));
    }
}
