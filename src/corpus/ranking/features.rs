//! What the ranking looks at, per question and article. The order is that of [`names`]; the model file repeats it.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;

use super::headings::{self, Asked};
use super::lexical::LEXICAL;
use super::overlap::{self, overlaps};
use super::{Catalogue, DEPTH, LONGEST, Similar};
use crate::corpus::index::{FieldScores, Spread};
use crate::domain::law::LawLevel;

/// The last article of the general part of the Criminal Law: those after it name crimes.
pub const GENERAL_PART: u32 = 101;

/// Places in a row.
pub const BY_WORDS: usize = 0;
pub const FUSED: usize = 2;
pub const COSINE: usize = 3;
pub const BY_LENGTH: usize = 30;

/// The ranking's own, then those of [`headings`], then [`overlap::NAMES`] as they are and less the best of the list.
pub const COUNT: usize = OWN.len() + headings::NAMES.len() + 2 * overlap::NAMES.len();

/// Name of each place.
pub fn names() -> Vec<String> {
    let own = OWN.iter().chain(&headings::NAMES).map(ToString::to_string);
    own.chain(overlap::NAMES.iter().flat_map(|n| [n.to_string(), format!("{n}_gap")])).collect()
}

const OWN: [&str; 52] = [
    "lexical",         // words and pairs by BM25, weighed by level, 0..1 over the list
    "dense",           // cosine, 0..1 over the list
    "fused",           // half and half
    "cosine",          //
    "words",           // shares of the best lexical score
    "pairs",           //
    "cosine_gap",      // to the best cosine
    "lexical_place",   // 1 / (10 + place)
    "dense_place",     //
    "best_place",      //
    "larger",          // of lexical and dense
    "both",            // lexical × dense
    "law_mass",        // squares of the fused scores of the law's other articles
    "law_best",        // best fused score in the law
    "law_dense",       // best dense score in the law
    "chapter_mass",    // as law_mass, of the chapter
    "before",          // fused score of the article before
    "after",           //
    "before_gap",      // its cosine, less one's own
    "after_gap",       //
    "length",          // logarithm of the characters
    "level",           //
    "law_cited",       // how often other laws name this one
    "law_size",        // logarithm of its articles
    "penalty",         // cues, see `CUES`
    "definition",      //
    "duty",            //
    "may",             //
    "liability",       //
    "first_articles",  //
    "question_length", //
    "threes",          // runs of three characters shared with the question, share of the most
    "longest_run",     // longest run of characters shared with the question
    "longest_run_gap", // to the longest of all
    "plain_cosine",    // of the question as it was, before the learned map
    "plain_gap",       // to the best of these
    "law_asked",       // how often the law answers a question
    "article_asked",   // how often the article does
    "plain_scaled",    // as dense, fused, both, larger and dense_place, before the learned map
    "plain_fused",     //
    "plain_both",      //
    "plain_larger",    //
    "plain_place",     //
    "law_topic",       // how far the law is about the question: logarithm of its articles' summed likelihood
    "law_topic_gap",   // to the best of all laws
    "law_plain_gap",   // of the law's best article to the best of all, before the learned map
    "statute",         // the level once more, a place for each, for the linear model
    "interpretation",  //
    "regulation",      //
    "rule",            //
    "constitution",    //
    "cites",           // whether the question asks for a provision (根据…)
];

/// How sharply the best articles of a law stand out in `law_topic`.
const SHARPNESS: f32 = 50.0;

/// What an article says of itself, in the order of `OWN`; the sixth is its number.
pub const CUES: [&str; 6] = [
    "罚款|处罚|有期徒刑|吊销|没收|拘役|责令",
    "本法所称|本条例所称|是指",
    "应当|不得|禁止|必须",
    "可以",
    "承担.*责任",
    "",
];

static CUE_PATTERNS: LazyLock<Vec<Option<Regex>>> =
    LazyLock::new(|| CUES.iter().map(|c| Regex::new(&format!("(?s){c}")).ok().filter(|_| !c.is_empty())).collect());

pub fn cues(article: u32, text: &str) -> [bool; CUES.len()] {
    std::array::from_fn(|i| CUE_PATTERNS[i].as_ref().map_or((1..=3).contains(&article), |p| p.is_match(text)))
}

/// Titles named in a text, without 中华人民共和国.
pub fn titles(text: &str) -> impl Iterator<Item = &str> {
    text.split('《')
        .skip(1)
        .filter_map(|rest| rest.split_once('》'))
        .map(|(t, _)| t.trim_start_matches("中华人民共和国"))
}

/// Whether a text tells the facts of a criminal case: not short, no question, no civil claim, and with the words of one.
pub fn is_criminal(query: &str) -> bool {
    const CUES: [&str; 7] = ["被告人", "公诉机关", "检察院指控", "起诉书", "上诉人", "审理查明", "二审"];
    let text = query.trim();
    let civil = text.chars().take(60).collect::<String>().contains("原告");
    text.chars().count() >= 30 && !civil && !text.ends_with(['？', '?']) && CUES.iter().any(|c| text.contains(c))
}

/// Both lists of a question, over all articles.
pub struct Lists {
    lexical: Vec<f32>,
    words: Vec<f32>,
    pairs: Vec<f32>,
    cosine: Vec<f32>,
    plain: Vec<f32>,
    by_plain: Vec<usize>,
    by_words: Vec<usize>,
    by_meaning: Vec<usize>,
}

/// Places of the `LONGEST` highest values above 0, highest first.
fn best(values: &[f32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).filter(|i| values[*i] > 0.0).collect();
    let descending = |a: &usize, b: &usize| values[*b].total_cmp(&values[*a]).then(a.cmp(b));
    if order.len() > LONGEST {
        order.select_nth_unstable_by(LONGEST, descending);
        order.truncate(LONGEST);
    }
    order.sort_unstable_by(descending);
    order
}

impl Lists {
    pub fn new(of: &Catalogue, scores: &FieldScores, similar: &Similar, allowed: &dyn Fn(usize) -> bool) -> Self {
        let keep = |i: usize, v: f32| if allowed(i) { v } else { 0.0 };
        let together = scores.together(&LEXICAL);
        let lexical: Vec<f32> =
            (0..of.entries.len()).map(|i| keep(i, together[i] * LEXICAL.prior(of.entries[i].level))).collect();
        let kept = |values: &[f32]| -> Vec<f32> { values.iter().enumerate().map(|(i, s)| keep(i, *s)).collect() };
        let (cosine, plain) = (kept(&similar.moved), kept(&similar.plain));
        Self {
            by_words: best(&lexical),
            by_meaning: best(&cosine),
            by_plain: best(&plain),
            lexical,
            words: scores.words.clone(),
            pairs: scores.pairs.clone(),
            cosine,
            plain,
        }
    }
}

/// 0..1 between the last and the first of a list.
fn scaled<'a>(values: &'a [f32], list: &[usize]) -> impl Fn(usize) -> f32 + 'a {
    let at = |place: Option<&usize>| place.map_or(0.0, |i| values[*i]);
    let (high, low) = (at(list.first()), if list.len() < LONGEST { 0.0 } else { at(list.last()) });
    move |i| ((values[i] - low) / (high - low).max(1e-6)).clamp(0.0, 1.0)
}

/// Everything that is in one of the lists, with half of each score, 0..1 over its list.
pub fn half_and_half(lexical: &[f32], cosine: Option<&[f32]>) -> Vec<(usize, f32)> {
    let by_words = best(lexical);
    let words = scaled(lexical, &by_words);
    let Some(cosine) = cosine else { return by_words.iter().map(|i| (*i, words(*i))).collect() };
    let by_meaning = best(cosine);
    let low = by_meaning.last().map_or(0.0, |i| cosine[*i]);
    let high = by_meaning.first().map_or(0.0, |i| cosine[*i]);
    let meaning = |i: usize| ((cosine[i] - low) / (high - low).max(1e-6)).clamp(0.0, 1.0);
    let mut listed: Vec<usize> = by_words.iter().chain(&by_meaning).copied().collect();
    listed.sort_unstable();
    listed.dedup();
    listed.into_iter().map(|i| (i, 0.5 * words(i) + 0.5 * meaning(i))).collect()
}

fn runs(text: &[char], n: usize) -> HashSet<&[char]> {
    text.windows(n).collect()
}

/// Length of the longest shared run.
pub fn longest_run(query: &[char], text: &[char]) -> u16 {
    // Lengths of the runs that end at each place of the text, one row of the usual table at a time.
    let (mut longest, mut row) = (0u16, vec![0u16; text.len() + 1]);
    for q in query {
        let mut before = 0;
        for (j, t) in text.iter().enumerate() {
            let here = row[j + 1];
            row[j + 1] = if q == t { before + 1 } else { 0 };
            longest = longest.max(row[j + 1]);
            before = here;
        }
    }
    longest
}

/// Number of the shared runs of three, and length of the longest shared run.
fn shared(query: &[char], threes: &HashSet<&[char]>, text: &str) -> (f32, f32) {
    let text: Vec<char> = text.chars().collect();
    let count = runs(&text, 3).intersection(threes).count();
    if count == 0 {
        return (0.0, 2.0);
    }
    (count as f32, f32::from(longest_run(query, &text)))
}

/// How far each law is about the question, and its best cosine.
fn topics(of: &Catalogue, plain: &[f32], most: f32) -> Vec<(f32, f32)> {
    let mut laws = vec![(1e-9f32, 0f32); of.laws.len()];
    for (entry, cosine) in of.entries.iter().zip(plain) {
        let (sum, best) = &mut laws[entry.law];
        *sum += (SHARPNESS * (cosine - most)).exp();
        *best = best.max(*cosine);
    }
    laws.into_iter().map(|(sum, best)| (sum.ln(), best)).collect()
}

/// Characters of a question that runs are looked for in.
const COMPARED: usize = 400;

/// The candidates of both lists, each with its row.
pub fn rows<'a>(
    of: &Catalogue,
    query: &str,
    lists: &Lists,
    spread: &[Spread],
    text: &dyn Fn(usize) -> &'a str,
) -> Vec<(usize, Vec<f32>)> {
    let (lexical, dense) = (scaled(&lists.lexical, &lists.by_words), scaled(&lists.cosine, &lists.by_meaning));
    let fused = |i: usize| 0.5 * lexical(i) + 0.5 * dense(i);
    let mut listed: Vec<usize> = lists.by_words.iter().chain(&lists.by_meaning).copied().collect();
    listed.sort_unstable();
    listed.dedup();
    let (mut law_mass, mut law_best, mut law_dense) =
        (vec![0f32; of.laws.len()], vec![0f32; of.laws.len()], vec![0f32; of.laws.len()]);
    let mut chapter_mass = std::collections::HashMap::<usize, f32>::new();
    for i in &listed {
        let (entry, score) = (&of.entries[*i], fused(*i));
        law_mass[entry.law] += score * score;
        law_best[entry.law] = law_best[entry.law].max(score);
        law_dense[entry.law] = law_dense[entry.law].max(dense(*i));
        *chapter_mass.entry(entry.chapter).or_default() += score * score;
    }
    let place = |list: &[usize]| {
        let places: std::collections::HashMap<usize, usize> = list.iter().enumerate().map(|(p, i)| (*i, p)).collect();
        move |i: usize| places.get(&i).copied().unwrap_or(LONGEST) as f32
    };
    let (word_place, meaning_place) = (place(&lists.by_words), place(&lists.by_meaning));
    let (plain_place, plain) = (place(&lists.by_plain), scaled(&lists.plain, &lists.by_plain));
    let top = |values: &[f32], list: &[usize]| list.first().map_or(0.0, |i| values[*i]);
    let most_plain = top(&lists.plain, &lists.by_plain);
    let (most_lexical, most_cosine) =
        (top(&lists.lexical, &lists.by_words).max(1e-6), top(&lists.cosine, &lists.by_meaning));
    let some = |list: &'_ [usize], depth: usize| list[..depth.min(list.len())].to_vec();
    let mut candidates =
        [some(&lists.by_words, DEPTH), some(&lists.by_meaning, DEPTH), some(&lists.by_plain, DEPTH / 2)].concat();
    candidates.sort_unstable();
    candidates.dedup();
    let letters: Vec<char> = query.chars().take(COMPARED).collect();
    let threes = runs(&letters, 3);
    let common: Vec<(f32, f32)> = candidates.iter().map(|i| shared(&letters, &threes, text(*i))).collect();
    let (most_threes, longest) = common.iter().fold((1e-6f32, 0f32), |m, c| (m.0.max(c.0), m.1.max(c.1)));
    let topics = topics(of, &lists.plain, most_plain);
    let most_topic = topics.iter().map(|t| t.0).fold(f32::MIN, f32::max);
    let asked = Asked::new(query);
    let cites = f32::from(u8::from(["根据", "依据", "按照", "依照"].iter().any(|c| query.contains(c))));
    let mut titles = std::collections::HashMap::new();
    let overlaps = overlaps(of, query, spread, &candidates, text);
    let best_overlap: Vec<f32> =
        (0..overlap::NAMES.len()).map(|m| overlaps.iter().map(|o| o[m]).fold(0.0, f32::max)).collect();
    let beside = |i: usize, other: Option<usize>| {
        let other = other.filter(|o| of.entries.get(*o).is_some_and(|e| e.law == of.entries[i].law));
        other.map_or((0.0, 0.0), |o| (fused(o), lists.cosine[o] - lists.cosine[i]))
    };
    candidates
        .iter()
        .zip(common)
        .zip(overlaps)
        .map(|((&i, (three, run)), overlap)| {
            let (entry, own) = (&of.entries[i], fused(i));
            let law = &of.laws[entry.law];
            let (before, before_gap) = beside(i, i.checked_sub(1));
            let (after, after_gap) = beside(i, Some(i + 1));
            let (wp, mp) = (word_place(i), meaning_place(i));
            let (topic, law_plain) = topics[entry.law];
            let cue = |c: usize| f32::from(u8::from(entry.cues[c]));
            let mut row = vec![
                lexical(i),
                dense(i),
                own,
                lists.cosine[i],
                lists.words[i] / most_lexical,
                lists.pairs[i] / most_lexical,
                lists.cosine[i] - most_cosine,
                1.0 / (10.0 + wp),
                1.0 / (10.0 + mp),
                wp.min(mp),
                lexical(i).max(dense(i)),
                lexical(i) * dense(i),
                law_mass[entry.law] - own * own,
                law_best[entry.law],
                law_dense[entry.law],
                chapter_mass.get(&entry.chapter).copied().unwrap_or_default() - own * own,
                before,
                after,
                before_gap,
                after_gap,
                entry.length,
                level(entry.level),
                law.cited,
                (law.articles as f32).ln(),
                cue(0),
                cue(1),
                cue(2),
                cue(3),
                cue(4),
                cue(5),
                letters.len() as f32,
                three / most_threes,
                run,
                run - longest,
                lists.plain[i],
                lists.plain[i] - most_plain,
                law.asked,
                entry.asked,
                plain(i),
                0.5 * lexical(i) + 0.5 * plain(i),
                lexical(i) * plain(i),
                lexical(i).max(plain(i)),
                1.0 / (10.0 + plain_place(i)),
                topic,
                topic - most_topic,
                law_plain - most_plain,
            ];
            row.extend((0..5u8).map(|l| f32::from(u8::from(level(entry.level) == f32::from(l)))));
            row.push(cites);
            let (covered, run) =
                *titles.entry(entry.law).or_insert_with(|| (asked.covered(&law.title), asked.run(&law.title)));
            let heading = &of.headings[entry.chapter];
            row.extend([covered, run, asked.covered(heading)]);
            row.extend(asked.agrees(&entry.cues, heading));
            row.extend(overlap.iter().zip(&best_overlap).flat_map(|(own, best)| [*own, own - best]));
            debug_assert_eq!(row.len(), COUNT);
            (i, row)
        })
        .collect()
}

/// The number of a level, 3 for every other kind of rule; also the place of its own feature after `law_plain_gap`.
fn level(level: LawLevel) -> f32 {
    match level {
        LawLevel::Statute => 0.0,
        LawLevel::JudicialInterpretation => 1.0,
        LawLevel::AdminRegulation => 2.0,
        LawLevel::Constitution => 4.0,
        _ => 3.0,
    }
}
