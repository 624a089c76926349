//! Names that stayed in a text after its known values were replaced: persons, places and organisations the case JSON does not
//! list. Errs on the side of finding one: about every sixth sentence of the teaching cases is taken to hold a name. What looks
//! like ordinary prose to a dictionary, such as a shop called by a common word, is not found.

use super::tokenizer::jieba;

/// Family names of nearly everybody.
const FAMILY: &str = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯管卢莫经房裘缪干解应宗丁宣邓郁单杭洪包诸左石崔吉龚程邢裴陆荣翁荀羊甄曲家封储靳段焦巴弓牧车侯全班仰秋仲伊宫宁仇甘厉武符刘景詹束龙叶司白怀蒲鄂索赖卓蔺乔胥苍双闻莘党翟谭贡劳姬申扶冉桑桂牛寿通边燕冀尚温庄晏柴瞿阎连习容向古易戈廖庾终衡步都耿满弘匡国文寇广阙东欧利师巩聂关佟岳帅缑亢况郈有琴商牟佘佴伯赏墨哈谯年爱阳肖闫覃付涂";
/// Endings of proper names of organisations.
const ORGANISATION: [&str; 6] = ["有限公司", "有限责任公司", "股份公司", "分公司", "合作社", "事务所"];
/// Words of every file that the dictionary takes for names.
const ORDINARY: [&str; 38] = [
    "许可证",
    "许可",
    "通知书",
    "幼儿园",
    "查明",
    "日志",
    "中考",
    "齐全",
    "上门",
    "入口",
    "德育处",
    "安全带",
    "花名册",
    "招生办",
    "入园",
    "陈述",
    "师傅",
    "付清",
    "治安",
    "高级中学",
    "普通高中",
    "高中毕业",
    "民办学校",
    "小学生",
    "张贴",
    "攀岩",
    "公安局",
    "人民检察院",
    "高三",
    "成人高考",
    "上岗",
    "宣传单",
    "矫正",
    "申请书",
    "承诺书",
    "盖章",
    "延时",
    "康复",
];

/// The first word of prose that may name somebody.
pub fn first(prose: &str) -> Option<String> {
    if let Some(ending) = ORGANISATION.iter().find(|o| prose.contains(*o)) {
        return Some((*ending).to_string());
    }
    // 黎某 and the like: hidden by a person, so it was somebody.
    if let Some(at) = prose.find('某') {
        return Some(prose[at..].chars().take(2).collect());
    }
    let jieba = jieba();
    let tags = jieba.tag(prose, true);
    let suspect = tags.iter().find(|t| {
        let length = t.word.chars().count();
        let known_name = t.tag.starts_with("nr") || t.tag.starts_with("ns") || t.tag.starts_with("nt");
        // Unknown to the dictionary, shaped like a name.
        let unknown_name =
            t.tag == "x" && (2..=4).contains(&length) && t.word.starts_with(|c: char| FAMILY.contains(c));
        (known_name || unknown_name) && !ORDINARY.contains(&t.word)
    });
    suspect.map(|t| t.word.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_and_plain_prose_is_not_taken_for_them() {
        for prose in [
            "教师王小明称每生收费",
            "家长李晓红反映",
            "该机构由陈志远实际控制",
            "与启明文化传播有限公司签订合同",
            "在昆明开展培训",
        ] {
            assert!(first(prose).is_some(), "{prose}");
        }
        for prose in ["当事人未取得办学许可证，擅自招收学生", "执法人员到场检查，发现教室和学生", "已退还部分费用"]
        {
            assert_eq!(first(prose), None, "{prose}");
        }
    }
}
