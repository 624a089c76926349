//! Filters over the hits that were fetched, and how many each would leave.

use std::collections::BTreeMap;

use serde::Serialize;

/// What a hit is filtered by: code and name of each of its values, by filter.
pub type Traits = Vec<(&'static str, String, String)>;

/// A filter with the values that occur.
#[derive(Clone, Debug, Serialize)]
pub struct Facet {
    pub name: &'static str,
    pub zh: &'static str,
    pub values: Vec<Choice>,
}

/// One value of a filter.
#[derive(Clone, Debug, Serialize)]
pub struct Choice {
    pub code: String,
    pub zh: String,
    /// Hits that it leaves, the other filters being as they are.
    pub n: usize,
    pub on: bool,
}

/// Values shown of one filter.
const MOST: usize = 12;

/// The chosen value of each filter.
pub type Chosen = BTreeMap<&'static str, String>;

fn holds(traits: &Traits, name: &str, wanted: &str) -> bool {
    traits.iter().any(|(n, code, _)| *n == name && code == wanted)
}

/// Hits that pass every filter, in their order, and each filter counted over the hits that pass the others.
pub fn sift<T>(
    hits: Vec<(T, Traits)>,
    filters: &[(&'static str, &'static str)],
    chosen: &Chosen,
) -> (Vec<T>, Vec<Facet>) {
    // A filter of another kind of hits says nothing here.
    let set: Vec<(&str, &str)> = filters
        .iter()
        .filter_map(|(name, _)| Some((*name, chosen.get(name)?.as_str())))
        .filter(|(_, wanted)| !wanted.is_empty())
        .collect();
    let passes =
        |traits: &Traits, but: &str| set.iter().all(|(name, wanted)| *name == but || holds(traits, name, wanted));
    let facets = filters
        .iter()
        .map(|(name, zh)| {
            let wanted = chosen.get(name).map(String::as_str).unwrap_or_default();
            let mut counts: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
            for (_, traits) in hits.iter().filter(|(_, t)| passes(t, name)) {
                for (_, code, zh) in traits.iter().filter(|(n, ..)| n == name) {
                    counts.entry(code).or_insert((0, zh)).0 += 1;
                }
            }
            let mut values: Vec<Choice> = counts
                .into_iter()
                .map(|(code, (n, zh))| Choice { code: code.into(), zh: zh.into(), n, on: code == wanted })
                .collect();
            // Years read best from the newest; the others by how much they hold.
            match *name {
                "year" => values.sort_by(|a, b| b.code.cmp(&a.code)),
                _ => values.sort_by_key(|v| (std::cmp::Reverse(v.n), v.code.clone())),
            }
            let mut shown = 0;
            values.retain(|v| {
                shown += 1;
                shown <= MOST || v.on
            });
            Facet { name, zh, values }
        })
        .filter(|f| !f.values.is_empty())
        .collect();
    let kept = hits.into_iter().filter(|(_, traits)| passes(traits, "")).map(|(hit, _)| hit).collect();
    (kept, facets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(n: u32, year: &str, tier: &str) -> (u32, Traits) {
        (n, vec![("year", year.into(), format!("{year}年")), ("tier", tier.into(), tier.into())])
    }

    #[test]
    fn a_filter_counts_what_the_others_leave() {
        let hits = vec![hit(1, "2024", "a"), hit(2, "2025", "a"), hit(3, "2025", "b")];
        let chosen = Chosen::from([("year", "2025".to_string()), ("region", "x".into()), ("tier", String::new())]);
        let (kept, facets) = sift(hits, &[("year", "年份"), ("tier", "阶次"), ("law", "法律")], &chosen);
        assert_eq!(kept, [2, 3]);
        let counts = |f: &Facet| f.values.iter().map(|v| (v.code.clone(), v.n, v.on)).collect::<Vec<_>>();
        assert_eq!(counts(&facets[0]), [("2025".into(), 2, true), ("2024".into(), 1, false)]);
        assert_eq!(counts(&facets[1]), [("a".into(), 1, false), ("b".into(), 1, false)]);
        assert_eq!(facets.len(), 2, "a filter without values is left out");
    }
}
