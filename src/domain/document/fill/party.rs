//! B_HEAD and B_PARTY.

use super::{BlockValues, FieldValue, FillError, Filler, PENDING, date_zh, line};
use crate::domain::penalty::PartyKind;

const IDENTITY: &str = "行政处罚法59①(一)";

impl Filler<'_> {
    pub(super) fn head(&mut self, id: &str, block: Option<&str>) -> Result<FieldValue, FillError> {
        let input = self.input;
        let agency = line(&Some(input.agency.name.clone()));
        let agency = self.need(id, "agency.name", "机关名称", "行政处罚法59①(六)", agency);
        let doc_no = match input.doc_no {
            Some(no) => no.to_string(),
            None => {
                self.must(id, "doc_no", "文号尚未编定", "行政处罚法59①(六)");
                let year = input.case.procedure.decided_at.unwrap_or(input.today).year();
                format!("{}{}字〔{year}〕第{PENDING}编号】号", input.agency.doc_no_prefix, self.form.code)
            }
        };
        let values = BlockValues::from([("agency", agency), ("title", self.form.zh.clone()), ("doc_no", doc_no)]);
        self.render(block, &values)
    }

    pub(super) fn party(&mut self, id: &str, block: Option<&str>) -> Result<FieldValue, FillError> {
        let party = &self.input.case.party;
        let name = self.need(id, "party.name", "当事人姓名或者名称", IDENTITY, line(&party.name));
        let home = if party.kind == Some(PartyKind::Citizen) { "住址" } else { "地址" };
        let address = self.need(id, "party.address", &format!("当事人{home}"), IDENTITY, line(&party.address));
        if party.kind.is_none() {
            self.must(id, "party.kind", "当事人类别", IDENTITY);
        }
        // The identity of the party must be beyond doubt: by number where the law gives one.
        let person = matches!(party.kind, Some(PartyKind::Citizen | PartyKind::SoleTrader));
        if party.kind == Some(PartyKind::Citizen) && line(&party.id_no).is_none() {
            self.check(id, "party.id_no", "自然人的证件号码", IDENTITY);
        }
        if matches!(party.kind, Some(PartyKind::LegalPerson)) && line(&party.uscc).is_none() {
            self.check(id, "party.uscc", "单位的统一社会信用代码", IDENTITY);
        }
        if !person && party.kind.is_some() && line(&party.legal_representative).is_none() {
            self.check(id, "party.legal_representative", "法定代表人或者负责人", IDENTITY);
        }
        let given = |value: &Option<String>| line(value).unwrap_or_default();
        let head = match party.kind {
            Some(PartyKind::LegalPerson) => "法定代表人",
            Some(PartyKind::SoleTrader) => "经营者",
            _ => "负责人",
        };
        let citizen = party.kind == Some(PartyKind::Citizen);
        let values = BlockValues::from([
            ("name", name),
            ("address", address),
            ("address_label", home.to_string()),
            ("sole_trader", if party.kind == Some(PartyKind::SoleTrader) { "是".into() } else { String::new() }),
            ("uscc", given(&party.uscc)),
            ("id_no", if person { given(&party.id_no) } else { String::new() }),
            ("birth", party.birth.filter(|_| citizen).map(date_zh).unwrap_or_default()),
            ("head_label", head.to_string()),
            ("head", if citizen { String::new() } else { given(&party.legal_representative) }),
            ("phone", given(&party.phone)),
        ]);
        let mut value = self.render(block, &values)?;
        value.sources.insert(0, "party".into());
        Ok(value)
    }
}
