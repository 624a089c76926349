//! 处罚种类、裁量阶次、适用方式: the closed vocabularies of the discretion tables (glossary; discretion.toml head).

use serde::{Deserialize, Serialize};

macro_rules! vocabulary {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $code:literal, $zh:literal;)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name { $($(#[$vmeta])* #[serde(rename = $code)] $variant,)* }

        impl $name {
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];
            /// The stable snake_case code used in data and JSON.
            pub fn code(self) -> &'static str { match self { $($name::$variant => $code,)* } }
            /// The Chinese name shown to people.
            pub fn zh(self) -> &'static str { match self { $($name::$variant => $zh,)* } }
            pub fn from_code(code: &str) -> Option<Self> { match code { $($code => Some($name::$variant),)* _ => None } }
        }
    };
}
pub(crate) use vocabulary;

vocabulary! {
    /// 处罚种类. The table `[penalty_kind]` of the rules gives 行政处罚法9 item and hearing rule for each.
    PenaltyKind {
        Warning = "warning", "警告";
        PublicCriticism = "public_criticism", "通报批评";
        Fine = "fine", "罚款";
        ConfiscateGains = "confiscate_gains", "没收违法所得";
        ConfiscateProperty = "confiscate_property", "没收非法财物";
        RevokeLicense = "revoke_license", "吊销许可证件";
        RevokeTeacherCert = "revoke_teacher_cert", "撤销教师资格";
        StopEnrolment = "stop_enrolment", "责令停止招生";
        RevokeEnrolment = "revoke_enrolment", "撤销招生资格";
        RevokeCertRight = "revoke_cert_right", "撤销颁发证书资格";
        SuspendBusiness = "suspend_business", "责令停业整顿";
        CloseDown = "close_down", "责令关闭";
        RestrictPractice = "restrict_practice", "限制从业";
        BanEvent = "ban_event", "禁止组织体育赛事活动";
        BanSportList = "ban_sport_list", "纳入限制、禁止参加竞技体育活动名单";
        BanExam = "ban_exam", "责令停止参加国家教育考试";
        RevokeInstitution = "revoke_institution", "撤销（取缔）违法举办的机构";
        RevokeRegistration = "revoke_registration", "撤销登记";
    }
}

vocabulary! {
    /// 裁量阶次, from lightest to heaviest.
    Tier {
        NoPenalty = "no_penalty", "不予处罚";
        Mitigated = "mitigated", "减轻处罚";
        Lenient = "lenient", "从轻处罚";
        General = "general", "一般处罚";
        Severe = "severe", "从重处罚";
    }
}

vocabulary! {
    /// 情节 that selects an outcome of the penalty clause; chosen by a person with evidence, never by the model.
    Circumstance {
        Base = "base", "基本情节";
        Serious = "serious", "情节严重";
        VerySerious = "very_serious", "情节特别严重";
        Unrectified = "unrectified", "逾期不改正";
    }
}

vocabulary! {
    /// 适用方式: 并处 = must, 可以并处 = may, 处A或者B = one_of.
    Mode {
        Must = "must", "应当";
        May = "may", "可以";
        MustIfGains = "must_if_gains", "有违法所得时应当";
        OneOf = "one_of", "择一";
    }
}

vocabulary! {
    /// 当事人类别.
    PartyKind {
        Citizen = "citizen", "自然人";
        LegalPerson = "legal_person", "法人";
        OtherOrg = "other_org", "其他组织";
        SoleTrader = "sole_trader", "个体工商户";
    }
}

vocabulary! {
    /// 证据八类 (行政处罚法46).
    EvidenceKind {
        Documentary = "documentary", "书证";
        Physical = "physical", "物证";
        AudioVisual = "audio_visual", "视听资料";
        ElectronicData = "electronic_data", "电子数据";
        Witness = "witness", "证人证言";
        PartyStatement = "party_statement", "当事人的陈述";
        ExpertOpinion = "expert_opinion", "鉴定意见";
        SiteRecord = "site_record", "勘验笔录、现场笔录";
    }
}
