//! Copying from what is already there: a suffix index over prompt and answer guesses what comes next.
//!
//! Drafts repeat their facts, so the text after the last occurrence of the current words is often the text to come. The model
//! checks a guess in one pass for little more than the price of one token; what it would not have written itself is dropped,
//! so guesses change the speed and never the text.

/// Words that must match before anything is guessed.
const SHORTEST_MATCH: usize = 2;
/// Guesses: what fits beside the current token into one or two panels of the kernels.
const SHORT: usize = 5;
const LONG: usize = 11;
/// From this match on a long guess is tried.
const LONG_MATCH: usize = 8;
/// After this many useless guesses in a row, longer matches are asked for.
const PATIENCE: u32 = 3;

/// A suffix automaton (Blumer et al. 1985) that knows for every repeated suffix where it stood before.
pub struct SuffixIndex {
    states: Vec<State>,
    last: u32,
    tokens: Vec<u32>,
    /// Longest suffix that stood before: its length and the position after its latest earlier occurrence.
    matched: Option<(usize, usize)>,
    misses: u32,
    /// Guessed and accepted in the last round.
    long: bool,
}

#[derive(Clone, Default)]
struct State {
    /// Token → state; few, but for the root.
    edges: Vec<(u32, u32)>,
    len: u32,
    link: u32,
    /// Position after the latest occurrence that is known.
    end: u32,
}

const NONE: u32 = u32::MAX;

impl SuffixIndex {
    pub fn new(tokens: &[u32]) -> Self {
        let root = State { link: NONE, ..State::default() };
        let mut index = Self {
            states: vec![root],
            last: 0,
            tokens: Vec::with_capacity(tokens.len() + 256),
            matched: None,
            misses: 0,
            long: false,
        };
        tokens.iter().for_each(|t| index.push(*t));
        index
    }

    fn edge(&self, state: u32, token: u32) -> Option<u32> {
        self.states[state as usize].edges.iter().find(|(t, _)| *t == token).map(|(_, to)| *to)
    }

    fn set_edge(&mut self, state: u32, token: u32, to: u32) {
        let edges = &mut self.states[state as usize].edges;
        match edges.iter_mut().find(|(t, _)| *t == token) {
            Some(edge) => edge.1 = to,
            None => edges.push((token, to)),
        }
    }

    /// Appends a token.
    pub fn push(&mut self, token: u32) {
        self.tokens.push(token);
        let here = self.tokens.len() as u32;
        let current = self.add(State { len: self.states[self.last as usize].len + 1, end: here, ..State::default() });
        let mut p = self.last;
        while p != NONE && self.edge(p, token).is_none() {
            self.set_edge(p, token, current);
            p = self.states[p as usize].link;
        }
        if p != NONE {
            let q = self.edge(p, token).unwrap_or(0);
            let wanted = self.states[p as usize].len + 1;
            if self.states[q as usize].len == wanted {
                self.states[current as usize].link = q;
            } else {
                let clone = self.split(q, wanted, p, token);
                self.states[q as usize].link = clone;
                self.states[current as usize].link = clone;
            }
        }
        self.last = current;
        // The suffixes of the text are the states on the link path: remember that they end here now.
        let mut s = self.states[current as usize].link;
        let (len, end) = (self.states[s as usize].len, self.states[s as usize].end);
        self.matched = (len > 0).then_some((len as usize, end as usize));
        for _ in 0..16 {
            if s == NONE || s == 0 {
                break;
            }
            self.states[s as usize].end = here;
            s = self.states[s as usize].link;
        }
    }

    fn add(&mut self, state: State) -> u32 {
        self.states.push(state);
        self.states.len() as u32 - 1
    }

    /// A state for the shorter strings of `q`, reached from `p` by `token`.
    fn split(&mut self, q: u32, len: u32, mut p: u32, token: u32) -> u32 {
        let clone = self.add(State { len, ..self.states[q as usize].clone() });
        while p != NONE && self.edge(p, token) == Some(q) {
            self.set_edge(p, token, clone);
            p = self.states[p as usize].link;
        }
        clone
    }

    /// What may come next, at most `most` tokens.
    pub fn guess(&self, most: usize) -> &[u32] {
        let needed = if self.misses >= PATIENCE { 2 * SHORTEST_MATCH } else { SHORTEST_MATCH };
        let Some((len, after)) = self.matched.filter(|(len, _)| *len >= needed) else { return &[] };
        let wanted = if len >= LONG_MATCH && self.long { LONG } else { SHORT };
        &self.tokens[after..(after + wanted.min(most)).min(self.tokens.len())]
    }

    /// Tells how a guess went.
    pub fn learn(&mut self, guessed: usize, accepted: usize) {
        if guessed > 0 {
            self.misses = if accepted == 0 { self.misses + 1 } else { 0 };
            self.long = accepted == guessed;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_text_after_the_same_words_is_guessed() {
        let index = SuffixIndex::new(&[1, 2, 3, 4, 5, 6, 7, 9, 2, 3]);
        assert_eq!(index.guess(11), [4, 5, 6, 7, 9]);
        assert_eq!(index.guess(2), [4, 5]);
        assert!(SuffixIndex::new(&[1, 2, 3]).guess(5).is_empty());
        assert!(SuffixIndex::new(&[]).guess(5).is_empty());
    }

    #[test]
    fn useless_guesses_make_it_careful() {
        let mut index = SuffixIndex::new(&[1, 2, 3, 8, 2, 3]);
        assert!(!index.guess(5).is_empty());
        (0..3).for_each(|_| index.learn(5, 0));
        assert!(index.guess(5).is_empty());
        index.learn(5, 1);
        assert!(!index.guess(5).is_empty());
    }

    proptest! {
        /// The match is the longest suffix that stood before, as a plain search finds it.
        #[test]
        fn matches_are_longest_suffixes(tokens in prop::collection::vec(0u32..4, 0..60)) {
            let index = SuffixIndex::new(&tokens);
            let n = tokens.len();
            let longest = (1..n).rev().find(|len| {
                let suffix = &tokens[n - len..];
                (0..n - len).any(|i| &tokens[i..i + len] == suffix)
            });
            prop_assert_eq!(index.matched.map(|(len, _)| len), longest);
            if let Some((len, end)) = index.matched {
                prop_assert!(end < n);
                prop_assert_eq!(&tokens[end - len..end], &tokens[n - len..]);
            }
        }
    }
}
