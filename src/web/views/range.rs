//! The range as a picture: statutory bar, bands of the tiers, similar cases as dots, the person's figure as a marker. Positions only;
//! every number is the engine's.

use serde::Serialize;

use super::yuan;
use crate::domain::assessment::{Assessment, MoneyRange};
use crate::domain::money::Fen;
use crate::domain::penalty::PenaltyKind;
use crate::flow::cases::TierBand;

/// Left and right end of the bar.
const LEFT: f64 = 20.0;
const RIGHT: f64 = 580.0;

/// A part of the bar.
#[derive(Debug, Serialize)]
pub struct BandView {
    pub x: f64,
    pub w: f64,
    pub mid: f64,
    pub zh: &'static str,
    pub span: String,
    /// The tier of the assessment.
    pub on: bool,
    /// Wide enough for its name.
    pub named: bool,
}

/// A similar case.
#[derive(Debug, Serialize)]
pub struct Dot {
    pub x: f64,
    pub y: f64,
    pub title: String,
}

/// The figure a person set.
#[derive(Debug, Serialize)]
pub struct Marker {
    pub x: f64,
    pub sum: String,
    pub anchor: &'static str,
    pub inside: bool,
}

/// All of it.
#[derive(Debug, Serialize)]
pub struct Picture {
    pub x: f64,
    pub w: f64,
    /// Where the picture begins, when a band lies below the range.
    pub floor: Option<String>,
    pub lo: String,
    pub hi: String,
    pub span: String,
    pub bands: Vec<BandView>,
    pub dots: Vec<Dot>,
    pub mine: Option<Marker>,
    /// The same in words, for those who do not see it.
    pub said: String,
}

/// `超过1万元至5万元（不含）` in figures.
pub fn span(range: &MoneyRange) -> String {
    let (above, below) = (if range.lo_incl { "" } else { "超过" }, if range.hi_incl { "" } else { "（不含）" });
    format!("{above}{}元至{}元{below}", yuan(range.lo), yuan(range.hi))
}

/// The picture of the fine, where the assessment has a range for one.
pub fn picture(assessment: &Assessment, bands: &[TierBand], fine: Option<Fen>) -> Option<Picture> {
    let range = assessment.penalties.iter().find(|p| p.kind == PenaltyKind::Fine && p.range_fen.is_some())?.range_fen?;
    let fines = || assessment.similar.cases.iter().filter_map(|c| c.fine_fen.map(|f| (c, f)));
    let all = bands.iter().map(|b| b.range_fen.lo).chain(fine);
    let low = all.chain([range.lo]).min()?.0 as f64;
    let high = fine.into_iter().chain([range.hi]).max()?.0 as f64;
    let wide = (high - low).max(1.0);
    let at = |f: Fen| {
        let x = LEFT + (RIGHT - LEFT) * ((f.0 as f64 - low) / wide).clamp(0.0, 1.0);
        (x * 10.0).round() / 10.0
    };
    let view = |b: &TierBand| {
        let (x, end) = (at(b.range_fen.lo), at(b.range_fen.hi));
        let w = (end - x).max(3.0);
        let on = assessment.tier == Some(b.tier);
        BandView { x, w, mid: x + w / 2.0, zh: b.zh, span: span(&b.range_fen), on, named: w >= 58.0 }
    };
    let mut dots: Vec<Dot> = vec![];
    for (case, sum) in fines().filter(|(_, f)| (low..=high).contains(&(f.0 as f64))) {
        let x = at(sum);
        let beside = dots.iter().filter(|d| (d.x - x).abs() < 9.0).count();
        dots.push(Dot { x, y: 30.0 - 9.0 * beside.min(3) as f64, title: format!("{} {}元", case.title, yuan(sum)) });
    }
    let mine = fine.map(|f| {
        let x = at(f);
        let anchor = if x < 90.0 {
            "start"
        } else if x > 510.0 {
            "end"
        } else {
            "middle"
        };
        Marker { x, sum: yuan(f), anchor, inside: range.contains(f) }
    });
    let mut said = format!("法定幅度{}", span(&range));
    for b in bands {
        said.push_str(&format!("；{}{}", b.zh, span(&b.range_fen)));
    }
    if let Some(m) = &mine {
        said.push_str(&format!("；人工定值{}元", m.sum));
    }
    said.push_str(&format!("；相似案例{}件在图上", dots.len()));
    let (x, end) = (at(range.lo), at(range.hi));
    Some(Picture {
        x,
        w: (end - x).max(3.0),
        floor: (low < range.lo.0 as f64).then(|| yuan(Fen(low as i64))),
        lo: yuan(range.lo),
        hi: yuan(range.hi),
        span: span(&range),
        bands: bands.iter().map(view).collect(),
        dots,
        mine,
        said,
    })
}
