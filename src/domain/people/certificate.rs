//! 执法证件: valid on that day, for that region and category (G_CERT; 行政处罚法42、55、76①(五)).

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::domain::penalty::vocabulary;

vocabulary! {
    /// 证种: only the first two count.
    Issuer {
        Province = "province", "省人民政府统一颁发";
        MinistryFiled = "ministry_filed", "国家部委颁发并经省级司法行政机关备案";
        Other = "other", "其他";
    }
}

/// One 行政执法证件.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfficerCert {
    pub cert_no: String,
    pub issuer: Issuer,
    /// 执法区域, written from the province down: 云南省, 云南省昆明市, 云南省昆明市安宁市.
    pub region: String,
    /// 执法类别, such as 教育 or 体育.
    pub categories: Vec<String>,
    /// First and last day of validity.
    pub valid_from: Date,
    pub valid_to: Date,
}

/// Why a certificate does not carry an act. The first that applies, in this order.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertFault {
    #[error("没有登记执法证件")]
    None,
    #[error("证件{0}的颁发机关不符合要求（须由省人民政府统一颁发，或国家部委颁发并经省级司法行政机关备案）")]
    Issuer(String),
    #[error("证件{cert_no}在{day}尚未生效（{from}起有效）")]
    NotYet { cert_no: String, day: Date, from: Date },
    #[error("证件{cert_no}在{day}已过期（有效期至{to}）")]
    Expired { cert_no: String, day: Date, to: Date },
    #[error("证件{cert_no}的执法区域“{covers}”不覆盖“{region}”")]
    Region { cert_no: String, covers: String, region: String },
    #[error("证件{cert_no}的执法类别不含“{category}”")]
    Category { cert_no: String, category: String },
}

impl CertFault {
    /// 依据 of the refusal.
    pub const BASIS: &'static str = "行政处罚法第四十二条、第五十五条";

    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::None => "cert.none",
            Self::Issuer(_) => "cert.issuer",
            Self::NotYet { .. } => "cert.not_yet",
            Self::Expired { .. } => "cert.expired",
            Self::Region { .. } => "cert.region",
            Self::Category { .. } => "cert.category",
        }
    }
}

impl OfficerCert {
    /// Whether it carries an act of that day, in that region, of that category.
    pub fn carries(&self, day: Date, region: &str, category: &str) -> Result<(), CertFault> {
        let cert_no = || self.cert_no.clone();
        if self.issuer == Issuer::Other {
            return Err(CertFault::Issuer(cert_no()));
        }
        if day < self.valid_from {
            return Err(CertFault::NotYet { cert_no: cert_no(), day, from: self.valid_from });
        }
        if day > self.valid_to {
            return Err(CertFault::Expired { cert_no: cert_no(), day, to: self.valid_to });
        }
        if !covers(&self.region, region) {
            return Err(CertFault::Region { cert_no: cert_no(), covers: self.region.clone(), region: region.into() });
        }
        if !self.categories.iter().any(|c| c.trim() == category.trim()) {
            return Err(CertFault::Category { cert_no: cert_no(), category: category.into() });
        }
        Ok(())
    }

    /// What is wrong with the certificate as written; empty when nothing is.
    pub fn problems(&self) -> Vec<(&'static str, &'static str)> {
        let mut out = Vec::new();
        let fits = |s: &str, most: usize| {
            !s.trim().is_empty() && s.chars().count() <= most && !s.chars().any(char::is_control)
        };
        if !fits(&self.cert_no, 40) {
            out.push(("cert_no", "证件号不能为空，最长40字"));
        }
        if !fits(&self.region, 60) {
            out.push(("region", "执法区域不能为空，最长60字"));
        }
        if self.categories.is_empty() || self.categories.len() > 40 || !self.categories.iter().all(|c| fits(c, 40)) {
            out.push(("categories", "执法类别须有1至40项，每项不能为空，最长40字"));
        }
        if self.valid_to < self.valid_from {
            out.push(("valid_to", "有效期止不能早于有效期起"));
        }
        out
    }
}

/// A region covers itself and whatever lies below it. A name written without its superiors covers only the same name.
fn covers(covers: &str, region: &str) -> bool {
    let (covers, region) = (covers.trim(), region.trim());
    let ends_a_level = covers.ends_with(['省', '市', '州', '县', '区', '旗', '盟']);
    !covers.is_empty() && (covers == region || (ends_a_level && region.starts_with(covers)))
}

/// The first certificate that carries the act, or why the nearest one does not.
pub fn carrying<'a>(
    certs: &'a [OfficerCert],
    day: Date,
    region: &str,
    category: &str,
) -> Result<&'a OfficerCert, CertFault> {
    let mut fault = CertFault::None;
    for cert in certs {
        match cert.carries(day, region, category) {
            Ok(()) => return Ok(cert),
            Err(why) if rank(&why) >= rank(&fault) => fault = why,
            Err(_) => {}
        }
    }
    Err(fault)
}

/// How far a certificate got before it failed.
fn rank(fault: &CertFault) -> u8 {
    match fault {
        CertFault::None => 0,
        CertFault::Issuer(_) => 1,
        CertFault::NotYet { .. } | CertFault::Expired { .. } => 2,
        CertFault::Region { .. } => 3,
        CertFault::Category { .. } => 4,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn cert() -> OfficerCert {
        OfficerCert {
            cert_no: "53990001023".into(),
            issuer: Issuer::Province,
            region: "云南省昆明市".into(),
            categories: vec!["教育".into()],
            valid_from: date(2023, 3, 1),
            valid_to: date(2028, 2, 29),
        }
    }

    #[test]
    fn the_first_and_last_day_count_and_the_days_beside_them_do_not() {
        let on = |day| cert().carries(day, "云南省昆明市安宁市", "教育").map_err(|f| f.code());
        assert_eq!(on(date(2023, 3, 1)), Ok(()));
        assert_eq!(on(date(2028, 2, 29)), Ok(()));
        assert_eq!(on(date(2023, 2, 28)), Err("cert.not_yet"));
        assert_eq!(on(date(2028, 3, 1)), Err("cert.expired"));
    }

    #[test]
    fn region_category_and_issuer_must_fit() {
        let day = date(2025, 9, 10);
        assert_eq!(cert().carries(day, "云南省", "教育").unwrap_err().code(), "cert.region");
        assert_eq!(cert().carries(day, "云南省玉溪市", "教育").unwrap_err().code(), "cert.region");
        assert_eq!(cert().carries(day, "云南省昆明市", "体育").unwrap_err().code(), "cert.category");
        let other = OfficerCert { issuer: Issuer::Other, ..cert() };
        assert_eq!(other.carries(day, "云南省昆明市", "教育").unwrap_err().code(), "cert.issuer");
        let cut = OfficerCert { region: "云南".into(), ..cert() };
        assert_eq!(cut.carries(day, "云南省昆明市", "教育").unwrap_err().code(), "cert.region");
    }

    #[test]
    fn of_several_the_nearest_tells_why() {
        let day = date(2025, 9, 10);
        let old = OfficerCert { valid_to: date(2024, 1, 1), ..cert() };
        assert_eq!(carrying(&[], day, "云南省昆明市", "教育").unwrap_err(), CertFault::None);
        let fault = carrying(&[cert(), old.clone()], day, "云南省昆明市", "体育").unwrap_err();
        assert_eq!(fault.code(), "cert.category");
        assert_eq!(carrying(&[old, cert()], day, "云南省昆明市", "教育").unwrap(), &cert());
    }
}
