//! A list of evidence at the end of a narrative (`证据：…、…。`), with its kind told by its name.

use super::{Sink, Source};
use crate::domain::case::{Case, Evidence};
use crate::domain::penalty::EvidenceKind;

pub(super) fn read(source: &Source<'_>, sink: &mut Sink, case: &mut Case) {
    let lead = ["证据：", "证据:", "证据有：", "证据包括：", "证据如下：", "证据材料：", "有以下证据：", "下列证据："];
    let Some(start) = lead.iter().filter_map(|l| source.text.rfind(l).map(|i| i + l.len())).max() else { return };
    let end = source.text[start..].find(['。', '\n']).map_or(source.text.len(), |i| start + i);
    let mut at = start;
    let list = &source.text[start..end];
    for part in list.split(['、', '；', ';']) {
        let title = part.trim().trim_start_matches(|c: char| c.is_ascii_digit() || "（）().．、".contains(c));
        let offset = at + part.find(title).unwrap_or(0);
        at += part.len() + source.text[at + part.len()..].chars().next().map_or(0, char::len_utf8);
        let length = title.chars().count();
        if !(2..=60).contains(&length) || case.evid.len() >= 50 {
            continue;
        }
        let no = case.evid.len() as u32 + 1;
        sink.put(source, &format!("evid[{}].title", no - 1), title, offset, offset + title.len());
        case.evid.push(Evidence { no, kind: Some(kind(title)), title: Some(title.into()), ..Evidence::default() });
    }
}

fn kind(title: &str) -> EvidenceKind {
    let has = |words: &[&str]| words.iter().any(|w| title.contains(w));
    if has(&["检查笔录", "勘验", "现场笔录"]) {
        EvidenceKind::SiteRecord
    } else if has(&["截图", "电子", "微信", "支付宝", "聊天记录", "网页", "公众号"]) {
        EvidenceKind::ElectronicData
    } else if has(&["照片", "视频", "录像", "录音"]) {
        EvidenceKind::AudioVisual
    } else if has(&["证言", "证人"]) {
        EvidenceKind::Witness
    } else if has(&["询问笔录", "陈述"]) {
        EvidenceKind::PartyStatement
    } else if has(&["鉴定", "审计报告", "检测报告"]) {
        EvidenceKind::ExpertOpinion
    } else if has(&["实物", "教材", "器材"]) {
        EvidenceKind::Physical
    } else {
        EvidenceKind::Documentary
    }
}
