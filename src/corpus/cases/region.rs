//! Places as they are written, and how near two of them are in the order of the state.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

static PARTS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^(?P<p>.{2,}?(?:省|自治区|特别行政区)|(?:北京|上海|天津|重庆)市)?(?P<c>.+?(?:自治州|地区|盟|市))?(?P<d>.+?(?:自治县|县|市|区|旗))?$",
    )
    .expect("the pattern is valid")
});

/// What two places have in common, the nearest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Near {
    /// The same place (区县, or a place written alone).
    Same,
    City,
    Province,
    /// Nothing that the names tell.
    Apart,
}

/// A place by its levels. `云岫市` alone may be a city or a county: then it is the place itself, at a level that is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    province: Option<String>,
    city: Option<String>,
    county: Option<String>,
}

impl Place {
    /// Reads a name; `known` has the names in full of places that are written without their superiors.
    pub fn read(name: &str, known: &BTreeMap<String, String>) -> Self {
        let name = name.trim();
        let name = known.get(name).map_or(name, String::as_str);
        let Some(found) = PARTS.captures(name) else { return Self { county: Some(name.into()), ..Self::default() } };
        let part = |key: &str| found.name(key).map(|m| m.as_str().to_string());
        Self { province: part("p"), city: part("c"), county: part("d") }
    }

    /// 省、市、县 as far as it is certain: a 市 without anything below it may be either.
    fn level(&self) -> Option<u8> {
        match (&self.county, &self.city, &self.province) {
            (Some(_), ..) => Some(3),
            (None, Some(_), _) => None,
            (None, None, Some(_)) => Some(1),
            (None, None, None) => None,
        }
    }

    /// False only when the names tell that the levels differ.
    pub fn may_be_level_with(&self, other: &Self) -> bool {
        self.level().zip(other.level()).is_none_or(|(a, b)| a == b)
    }

    fn own(&self) -> Option<&String> {
        self.county.as_ref().or(self.city.as_ref()).or(self.province.as_ref())
    }

    /// How near; symmetric.
    pub fn near(&self, other: &Self) -> Near {
        fn equal(a: &Option<String>, b: &Option<String>) -> Option<bool> {
            a.as_ref().zip(b.as_ref()).map(|(a, b)| a == b)
        }
        let city = equal(&self.city, &other.city);
        let province = equal(&self.province, &other.province);
        let above =
            province != Some(false) && !(city == Some(false) && self.county.is_some() && other.county.is_some());
        match (self.own() == other.own() && self.own().is_some() && above, province, city) {
            (true, ..) => Near::Same,
            (_, Some(false), _) => Near::Apart,
            (_, _, Some(true)) => Near::City,
            (_, Some(true), _) => Near::Province,
            _ => Near::Apart,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_as_near_as_their_names_tell() {
        let known = BTreeMap::from([("安宁市".to_string(), "云南省昆明市安宁市".to_string())]);
        let near = |a: &str, b: &str| {
            let (a, b) = (Place::read(a, &known), Place::read(b, &known));
            assert_eq!(a.near(&b), b.near(&a));
            a.near(&b)
        };
        for (a, b, expected) in [
            ("青溪县", "青溪县", Near::Same),
            ("安宁市", "云南省昆明市安宁市", Near::Same),
            ("安宁市", "昆明市西山区", Near::City),
            ("安宁市", "云南省大理白族自治州大理市", Near::Province),
            ("云南省昆明市西山区", "河北省唐山市西山区", Near::Apart),
            ("昆明市鼓楼区", "南京市鼓楼区", Near::Apart),
            ("青溪县", "石渡县", Near::Apart),
            ("云岫市", "云岫市", Near::Same),
            ("北京市海淀区", "北京市西城区", Near::Province),
            ("", "", Near::Apart),
        ] {
            assert_eq!(near(a, b), expected, "{a} {b}");
        }
    }

    #[test]
    fn levels_differ_only_when_the_names_say_so() {
        let read = |s: &str| Place::read(s, &BTreeMap::new());
        assert!(!read("云南省").may_be_level_with(&read("青溪县")));
        assert!(read("云岫市").may_be_level_with(&read("青溪县")));
        assert!(read("市中区").may_be_level_with(&read("青溪县")));
        assert_eq!(read("市中区").county.as_deref(), Some("市中区"));
    }
}
