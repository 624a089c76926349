//! 案件来源和调查经过、证据目录、告知和听证、责令改正: what happened, in the order of the procedure.

use super::{BlockValues, FieldValue, FillError, Filler, PENDING, date_zh, line};
use crate::domain::document::points::is_substantive;

impl Filler<'_> {
    pub(super) fn case_course(&mut self, id: &str) -> FieldValue {
        let case = self.input.case;
        let source = line(&case.case.source);
        let source = self.need(id, "case.source", "案件来源", "行政处罚法54", source);
        let filed = self.need(id, "case.filed_at", "立案日期", "行政处罚法54②", case.case.filed_at.map(date_zh));
        // The wording of 案由 is that of the violation when the officer gave none.
        let act = line(&Some(self.input.assessment.act.clone())).map(|act| format!("涉嫌{act}"));
        let cause = line(&case.case.cause).or(act);
        let cause = self.need(id, "case.cause", "案由", "行政处罚法54", cause);
        let officers: Vec<String> = case
            .officer
            .iter()
            .filter_map(|o| {
                let name = line(&o.name)?;
                Some(match line(&o.cert_no) {
                    Some(no) => format!("{name}（执法证号：{no}）"),
                    None => name,
                })
            })
            .collect();
        let investigators = if officers.len() >= 2 {
            if case.officer.iter().any(|o| line(&o.cert_no).is_none()) {
                self.check(id, "officer.cert_no", "执法人员的执法证号", "行政处罚法42、55");
            }
            officers.join("、")
        } else {
            let two = (officers.len() == 1).then(|| format!("{}、{PENDING}确认：另一名执法人员】", officers[0]));
            self.must(id, "officer", "执法人员不少于两人，写明姓名和执法证号", "行政处罚法42");
            two.unwrap_or_else(|| format!("{PENDING}确认：两名执法人员】"))
        };
        self.check(id, "officer", "核对卷内有出示执法证件、告知申请回避权利的记录", "行政处罚法43、55");
        let cause = if cause.contains("一案") { cause } else { format!("{cause}一案") };
        let lines = [
            format!("案件来源：{}。", source.trim_end_matches('。')),
            format!(
                "{filed}，本机关对当事人{cause}立案调查。本案由执法人员{investigators}负责调查。调查中，执法人员出示了执法证件，\
                 告知了当事人申请回避和陈述、申辩的权利。"
            ),
        ];
        FieldValue { text: lines.join("\n"), sources: vec!["case".into(), "officer".into()] }
    }

    pub(super) fn evidence_list(&mut self, id: &str, block: Option<&str>) -> Result<FieldValue, FillError> {
        let basis = "行政处罚法46、59①(二)";
        let mut lines = vec![];
        let mut sources = vec![];
        for (i, item) in self.input.case.evid.iter().enumerate() {
            let path = format!("evid[{i}]");
            let zh = format!("证据{}的名称", item.no);
            let title = self.need(id, &format!("{path}.title"), &zh, basis, line(&item.title));
            let title = title.trim_matches(['《', '》']).to_string();
            let kind = item.kind.map(|k| k.zh().to_string());
            let kind = self.need(id, &format!("{path}.kind"), &format!("证据{}的种类", item.no), basis, kind);
            let collected = item.collected_at.map(|d| format!("，{}取得", date_zh(d))).unwrap_or_default();
            let zh = format!("证据{}的证明事项", item.no);
            let proves = self.need(id, &format!("{path}.proves"), &zh, basis, line(&item.proves));
            let proves = proves.trim_start_matches("证明").trim_start_matches('：').trim_end_matches(['。', '；']);
            let named = if title.starts_with('【') { title } else { format!("《{title}》") };
            lines.push(format!("证据{}：{named}（{kind}{collected}），证明：{proves}。", item.no));
            sources.push(format!("E{}", item.no));
        }
        if lines.is_empty() {
            self.must(id, "evid", "证据", basis);
            lines.push(format!("{PENDING}确认：证据目录】"));
        }
        let numbers: Vec<u32> = self.input.case.evid.iter().map(|e| e.no).collect();
        if numbers.iter().enumerate().any(|(i, n)| *n == 0 || numbers[..i].contains(n)) {
            self.must(id, "evid.no", "证据编号为零或重复", basis);
        }
        let mut value = self.render(block, &BlockValues::from([("items", lines.join("\n"))]))?;
        value.sources = sources;
        Ok(value)
    }

    pub(super) fn notice(&mut self, id: &str) -> FieldValue {
        let (procedure, hearing) = (&self.input.case.procedure, &self.input.assessment.hearing);
        let served = procedure.notice_served_at;
        let zh = "行政处罚事先告知书的送达日期";
        let day = self.need(id, "procedure.notice_served_at", zh, "行政处罚法44", served.map(date_zh));
        let rights =
            if hearing.required { "陈述、申辩和要求听证的权利" } else { "陈述、申辩的权利" };
        let mut lines = vec![format!(
            "{day}，本机关向当事人送达《行政处罚事先告知书》，告知拟作出的行政处罚内容及事实、理由、依据，以及依法享有的{rights}。"
        )];
        lines.push(match line(&procedure.statement) {
            None => {
                self.must(id, "procedure.statement", "当事人是否提出陈述、申辩及其内容", "行政处罚法45、62");
                format!("{PENDING}确认：当事人是否提出陈述、申辩】。")
            }
            Some(statement) if is_substantive(&statement) => {
                if procedure.statement_accepted.is_none() {
                    self.must(id, "procedure.statement_accepted", "陈述、申辩意见是否采纳", "行政处罚法45①");
                }
                "当事人提出了陈述、申辩意见。".into()
            }
            Some(_) => "当事人未提出陈述、申辩意见。".into(),
        });
        match (procedure.hearing_requested, procedure.hearing_at) {
            (_, Some(held)) => lines.push(format!("应当事人的要求，本机关于{}举行了听证。", date_zh(held))),
            (Some(true), None) => {
                self.must(id, "procedure.hearing_at", "当事人已要求听证，尚无听证日期", "行政处罚法63、64");
                lines.push(format!("当事人要求听证，{PENDING}确认：听证日期】。"));
            }
            (Some(false), None) if hearing.required => lines.push("当事人未要求听证。".into()),
            (None, None) if hearing.required => {
                self.must(id, "procedure.hearing_requested", "当事人是否要求听证", "行政处罚法63、64(一)");
                lines.push(format!("{PENDING}确认：当事人是否要求听证】。"));
            }
            _ => {}
        }
        if let (Some(served), Some(decided)) = (served, procedure.decided_at)
            && decided <= served
        {
            self.must(id, "procedure.decided_at", "决定日期不晚于告知书送达日期", "行政处罚法44、62");
        }
        FieldValue { text: lines.join("\n"), sources: vec!["procedure".into()] }
    }

    pub(super) fn rectification(&mut self, id: &str) -> FieldValue {
        let Some(rectify) = &self.input.case.facts.rectify else {
            self.check(id, "facts.rectify", "实施处罚时应当责令改正或者限期改正；如已责令，请补录", "行政处罚法28①");
            return FieldValue::default();
        };
        let ordered =
            self.need(id, "facts.rectify.ordered_at", "责令改正日期", "行政处罚法28①", rectify.ordered_at.map(date_zh));
        let until = rectify.deadline.map(|d| format!("，要求当事人于{}前改正", date_zh(d))).unwrap_or_default();
        let mut text = format!("{ordered}，本机关责令当事人改正违法行为{until}。");
        let checked = rectify.rechecked_at.map(|d| format!("{}，本机关进行复查，", date_zh(d)));
        match (rectify.corrected, checked) {
            (Some(done), Some(day)) => {
                text.push_str(&format!("{day}当事人{}改正。", if done { "已" } else { "未" }));
            }
            (Some(done), None) => {
                self.check(id, "facts.rectify.rechecked_at", "复查日期", "行政处罚法28①");
                text.push_str(if done { "当事人已改正。" } else { "当事人未改正。" });
            }
            (None, _) => self.check(id, "facts.rectify.corrected", "是否已改正", "行政处罚法28①"),
        }
        FieldValue { text, sources: vec!["facts.rectify".into()] }
    }
}
