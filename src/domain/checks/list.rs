//! The forty-six checks of legal-review.md §4, in its order.

use super::Severity::{self, Fatal, Major, Minor};
use super::check::{Check, Fault};
use super::{Look, authority as a, decision as d, execution as e, facts as f, measures as m, notice as n};
use super::{officers as o, papers as p, publicity};

type Test = fn(&Look<'_>) -> Vec<Fault>;

const fn check(
    id: &'static str,
    severity: Severity,
    zh: &'static str,
    basis: &'static str,
    place: &'static str,
    test: Test,
) -> Check {
    Check { id, severity, zh, basis, place, test }
}

/// Every check there is.
#[rustfmt::skip]
pub static CHECKS: &[Check] = &[
    check("F01", Fatal, "本机关没有职权", "行政处罚法17、38①", "case.facts.violation", a::no_power),
    check("F02", Fatal, "执法人员不足两人", "行政处罚法42", "acts", o::two),
    check("F03", Fatal, "执法证件无效", "行政处罚法42、76①(五)", "people", o::certified),
    check("F04", Fatal, "没有立案审批或者先取证后立案", "行政处罚法54②", "filing", f::filed),
    check("F05", Fatal, "没有当事人的身份证明或者名称不符", "行政处罚法59①(一)", "identity", f::identified),
    check("F06", Fatal, "认定的要件没有证据", "行政处罚法40、46②", "elements", f::proven),
    check("F07", Fatal, "没有事先告知或者告知内容不全", "行政处罚法44、62", "notices", n::told),
    check("F08", Fatal, "陈述申辩期未满即作决定", "行政处罚法45、62", "decision", n::too_soon),
    check("F09", Fatal, "没有告知听证权或者没有组织听证", "行政处罚法63、64(一)", "notices", n::hearing_denied),
    check("F10", Fatal, "听证主持人是本案调查人员", "行政处罚法64(四)", "hearing.summons", n::host),
    check("F11", Fatal, "听证通知不足七个工作日", "行政处罚法64(二)", "hearing.summons", n::summons),
    check("F12", Fatal, "未经法制审核或者审核未通过", "行政处罚法58①", "reviews", d::reviewed),
    check("F13", Fatal, "应当集体讨论而没有讨论", "行政处罚法57②", "discussion", d::discussed),
    check("F14", Fatal, "处罚超出法定种类、幅度", "行政处罚法76①(二)", "case.disc.final", d::within_law),
    check("F15", Fatal, "没有法定情节而减轻处罚", "行政处罚法30～32", "case.disc.final", d::mitigated),
    check("F16", Fatal, "决定超出告知或者因申辩加重", "行政处罚法44、45②", "decision", n::beyond_notice),
    check("F17", Fatal, "同一行为再次罚款", "行政处罚法29", "decision", a::fined_twice),
    check("F18", Fatal, "超过处罚时效", "行政处罚法36", "case.facts.discovered_at", a::barred),
    check("F19", Fatal, "引用条文错误、失效或者不具体", "行政处罚法59①(三)", "decision", d::cited),
    check("F20", Fatal, "决定书缺法定事项或者没有印章", "行政处罚法59", "documents", d::complete),
    check("F21", Fatal, "按逾期不改正处罚而没有责令、期满、复查", "行政处罚法28①及各责任条", "rectifications", f::unrectified),
    check("F22", Fatal, "处罚不满十四周岁的人", "行政处罚法30", "case.party.birth", a::child),
    check("F23", Fatal, "简易程序超限或者没有当场交付", "行政处罚法51、52", "spot", d::on_the_spot),
    check("F24", Fatal, "决定没有送达即执行、催告、加处罚款", "行政处罚法61、67、72", "execution", e::unserved),
    check("F25", Fatal, "查封、扣押没有授权或者超期", "行政强制法17、22、25、28", "coercive", m::coercion),
    check("F26", Fatal, "涉嫌犯罪没有移送", "行政处罚法27、82", "case.facts.suspected_crime", a::untransferred),
    check("F27", Fatal, "应当全程音像记录而没有记录", "行政处罚法47；工作方案二(二)2", "av", m::filmed),
    check("F28", Fatal, "自行收缴罚款或者没有专用票据", "行政处罚法67、70、77", "execution.payments", e::cash),
    check("M01", Major, "超过九十日办案期限", "行政处罚法60", "decision", e::ninety_days),
    check("M02", Major, "送达超期或者方式不当", "行政处罚法61；民事诉讼法88～95", "services", e::served),
    check("M03", Major, "登记保存超期或者未经批准", "行政处罚法56", "preservations", m::preserved),
    check("M04", Major, "加处罚款有误或者没有告知标准", "行政处罚法72、73③；行政强制法45", "execution", e::late_fee),
    check("M05", Major, "救济告知有误", "行政复议法20、23、24；行政诉讼法46", "documents", e::remedies),
    check("M06", Major, "陈述申辩意见没有逐条复核", "行政处罚法45①", "recheck", n::answered),
    check("M07", Major, "裁量没有说理或者因素没有证据", "行政处罚法5", "case.disc.final", d::reasoned),
    check("M08", Major, "不予处罚没有教育记录或者具体情形", "行政处罚法33③", "decision", d::educated),
    check("M09", Major, "处罚时没有责令改正", "行政处罚法28①", "rectifications", f::ordered),
    check("M10", Major, "公示、撤回超期或者未脱敏", "工作方案二(一)4；行政处罚法48、50", "publicity", publicity::published),
    check("M11", Major, "笔录、音像记录不完整", "行政处罚法47、55；行政诉讼证据规定10、15", "acts", m::recorded),
    check("M12", Major, "违法所得没有分项认定", "行政处罚法28②", "case.facts.gains", f::itemised),
    check("M13", Major, "回避没有由负责人决定", "行政处罚法43③", "recusals", o::recusal),
    check("M14", Major, "生成内容或者事实没有人确认", "工程约定：生成内容须有人负责", "documents", d::owned),
    check("N01", Minor, "文号格式不合或者重复", "工程约定：文号规则", "documents", p::numbered),
    check("N02", Minor, "金额大小写不一致", "工程约定：金额写法", "documents", p::amounts),
    check("N03", Minor, "卷内目录、页码、备考表缺失", "案卷评查惯例", "archive", p::catalogued),
    check("N04", Minor, "日期、括号、标点书写不规范", "案卷评查惯例", "documents", p::written),
];
