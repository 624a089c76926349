//! 履行方式和期限, 救济途径, 署名: the end of every decision.

use super::{BlockValues, FieldValue, FillError, Filler, PENDING, date_zh, line};

impl Filler<'_> {
    pub(super) fn performance(&mut self, id: &str, block: Option<&str>) -> Result<FieldValue, FillError> {
        let agency = self.input.agency;
        let (sums, others, fined) = self.to_perform();
        let mut values = BlockValues::from([
            ("sums", sums.join("和")),
            ("fine", if fined { "是".into() } else { String::new() }),
            ("others", others.join("、")),
            ("rectify_until", String::new()),
        ]);
        if !sums.is_empty() {
            let basis = "行政处罚法59①(四)、67③";
            let bank = self.need(id, "agency.bank", "收款银行", basis, line(&agency.bank));
            let account = self.need(id, "agency.bank_account", "收款账号", basis, line(&agency.bank_account));
            values.extend([("bank", bank), ("account", account)]);
        } else {
            values.extend([("bank", String::new()), ("account", String::new())]);
        }
        let mut value = self.render(block, &values)?;
        if value.text.is_empty() {
            // Nothing decided yet, so nothing to perform can be named.
            value.text = format!("{PENDING}法定程序后由负责人确定：履行方式和期限】");
        }
        value.sources.insert(0, "disc.final".into());
        Ok(value)
    }

    pub(super) fn remedy(&mut self, id: &str, block: Option<&str>) -> Result<FieldValue, FillError> {
        let agency = self.input.agency;
        let government = line(&Some(agency.government.clone()));
        let government = self.need(id, "agency.government", "复议机关（本级人民政府）", "行政复议法24", government);
        let court =
            self.need(id, "agency.court", "受理起诉的人民法院", "行政处罚法59①(五)、行政诉讼法46", line(&agency.court));
        // Only a penalty can be carried out by a court.
        let executes = if self.form.id == "penalty_decision" { "是".into() } else { String::new() };
        let values =
            [("government", government), ("court", court), ("executes", executes), ("form", self.form.zh.clone())];
        self.render(block, &BlockValues::from(values))
    }

    pub(super) fn seal(&mut self, id: &str, block: Option<&str>) -> Result<FieldValue, FillError> {
        let input = self.input;
        let basis = "行政处罚法59①(六)、②";
        let decided = input.case.procedure.decided_at;
        let date = self.need(id, "procedure.decided_at", "作出日期", basis, decided.map(date_zh));
        if decided.is_some_and(|d| d > input.today) {
            self.must(id, "procedure.decided_at", "作出日期晚于今天，请核对", basis);
        }
        if let (Some(filed), Some(decided)) = (input.case.case.filed_at, decided)
            && decided < filed
        {
            self.must(id, "procedure.decided_at", "作出日期早于立案日期", "行政处罚法54、60");
        }
        self.check(id, "sign", "负责人签发、加盖印章", basis);
        let agency = line(&Some(input.agency.name.clone())).unwrap_or_else(|| format!("{PENDING}确认：机关名称】"));
        self.render(block, &BlockValues::from([("agency", agency), ("date", date)]))
    }
}
