//! What a reader of one article needs: its address, how the text stands on a day, its neighbours, the like one in another version.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::repeals::{NEAR, nearest};
use super::{Article, LawBook, LawVersion, parse_label};
use crate::domain::law::Validity;
use crate::domain::penalty::vocabulary;

vocabulary! {
    /// How a text stands on a day, told apart as people tell it: a changed law goes on, a repealed one does not.
    Standing {
        InForce = "in_force", "现行有效";
        Amended = "amended", "已修改";
        Repealed = "repealed", "已废止";
        NotYet = "not_yet", "尚未生效";
        Unknown = "unknown", "效力不明";
    }
}

impl LawBook {
    /// How a version stands on a day.
    pub fn standing(&self, law: &LawVersion, day: Date) -> Standing {
        match law.validity_on(day) {
            Validity::InForce => Standing::InForce,
            Validity::NotYetInForce => Standing::NotYet,
            Validity::Unknown => Standing::Unknown,
            Validity::Repealed => {
                let later = |v: &LawVersion| v.effective_from > law.effective_from && v.effective_from <= Some(day);
                let replaced = self.versions_of(&law.title).any(later);
                if replaced { Standing::Amended } else { Standing::Repealed }
            }
        }
    }

    /// The version of an id.
    pub fn version(&self, id: &str) -> Option<&LawVersion> {
        self.versions.iter().find(|v| v.id == id)
    }
}

impl LawVersion {
    /// Place of an article by its address: `64`, `64-1` and `64之1` for 第六十四条之一, or the label as printed.
    pub fn place(&self, address: &str) -> Option<usize> {
        let address = address.trim();
        let number = |text: &str| text.parse::<u32>().ok();
        let (head, tail) = address.split_once(['-', '之']).unwrap_or((address, "0"));
        let key = number(head).zip(number(tail)).or_else(|| parse_label(address));
        let by_number = key.and_then(|key| self.articles.iter().position(|a| (a.number, a.suffix) == key));
        by_number.or_else(|| self.articles.iter().position(|a| a.label == address))
    }

    /// The article most like a text, where one is near enough to be named.
    pub fn like(&self, text: &str) -> Option<(&Article, f32)> {
        nearest(self, text).filter(|(_, likeness)| *likeness >= NEAR)
    }
}

impl Article {
    /// `64`, or `64-1` for 第六十四条之一.
    pub fn address(&self) -> String {
        if self.suffix > 0 { format!("{}-{}", self.number, self.suffix) } else { self.number.to_string() }
    }

    /// How like this article another text is, 0..1.
    pub fn likeness(&self, text: &str) -> f32 {
        super::repeals::likeness(&self.text, text)
    }
}
