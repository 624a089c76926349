//! Hostile files: GGUF headers and chat templates, mutated without end. A few seconds in every run; for longer:
//! `ZHICAI_FUZZ_SECONDS=600 cargo test --test it fuzz -- --nocapture`. A panic fails the test and names the seed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use zhicai::engine::{Message, Template};
use zhicai::models::{ARCHITECTURES, Implementation, open};

use crate::models::tiny;

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// Calls `one(seed)` until the time is over; returns how often.
fn until_done(name: &str, mut one: impl FnMut(u64)) {
    let seconds = std::env::var("ZHICAI_FUZZ_SECONDS").ok().and_then(|s| s.parse().ok()).unwrap_or(2);
    let (end, mut seed) = (Instant::now() + Duration::from_secs(seconds), 1u64);
    // A long run starts elsewhere each time.
    let start = if seconds > 10 { std::process::id() as u64 * 1_000_003 } else { 0 };
    while Instant::now() < end {
        let outcome = catch_unwind(AssertUnwindSafe(|| one(start + seed)));
        assert!(outcome.is_ok(), "{name}: seed {}", start + seed);
        seed += 1;
    }
    eprintln!("{name}: {} inputs in {seconds} s", seed - 1);
}

const EXTREMES: [u64; 12] =
    [0, 1, 2, 0x7f, 0xff, 0xffff, 0x7fff_ffff, 0xffff_ffff, 1 << 40, 1 << 62, u64::MAX - 7, u64::MAX];

fn mutate(bytes: &mut Vec<u8>, header: usize, random: &mut Random) {
    for _ in 0..=random.below(4) {
        if bytes.len() < 16 {
            return;
        }
        // Mostly in the header, where the lies are.
        let span = if random.below(8) == 0 { bytes.len() } else { header.min(bytes.len()) };
        let at = random.below(span - 8);
        match random.below(7) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = random.next() as u8,
            2 => bytes[at..at + 8].copy_from_slice(&random.pick(&EXTREMES).to_le_bytes()),
            3 => bytes[at..at + 4].copy_from_slice(&(*random.pick(&EXTREMES) as u32).to_le_bytes()),
            4 => bytes.truncate(at + random.below(200)),
            5 => {
                let n = random.below(64);
                let from = random.below(span);
                let piece: Vec<u8> = bytes[from..].iter().take(n).copied().collect();
                bytes.splice(at..at, piece);
            }
            _ => {
                let until = (at + random.below(64)).min(bytes.len());
                bytes.drain(at..until);
            }
        }
    }
}

#[test]
fn fuzz_gguf() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("seed.gguf");
    let seeds: Vec<Vec<u8>> = ARCHITECTURES
        .iter()
        .map(|a| {
            tiny::write(a.name, &path);
            std::fs::read(&path).unwrap()
        })
        .collect();
    let bad = dir.path().join("bad.gguf");
    let (mut opened, mut refused) = (0u64, 0u64);
    until_done("gguf", |seed| {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let mut bytes = random.pick(&seeds).clone();
        mutate(&mut bytes, 9000, &mut random);
        std::fs::write(&bad, &bytes).unwrap();
        let implementation = *random.pick(&[Implementation::Auto, Implementation::Candle]);
        match open(&bad, implementation) {
            Ok(_) => opened += 1,
            Err(e) => {
                assert!(e.to_string().chars().any(|c| c > '\u{4e00}'), "{e}");
                refused += 1;
            }
        }
    });
    eprintln!("gguf: {opened} opened, {refused} refused");
    assert!(opened > 0 && refused > 0);
}

const TEMPLATES: [&str; 5] = [
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>' + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set first = messages[0]['content'] | trim %}{% else %}{% set loop_messages = messages %}{% endif %}{% for message in loop_messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles must alternate') }}{% endif %}{{ '<start_of_turn>' ~ message.role ~ '\n' ~ message['content'].strip() ~ '<end_of_turn>\n' }}{% endfor %}",
    "{%- macro turn(m, n=1) -%}{{- m.role | upper }}: {{ m.content.split('\n')[-1] | tojson -}}{%- endmacro -%}{%- set ns = namespace(seen=false, last=messages|length - 1) -%}{%- for m in messages[::-1] -%}{%- if not ns.seen and m.role == 'user' and m.content.startswith('<') and m.content.endswith('>') -%}{%- set ns.seen = true -%}{%- endif -%}{{ turn(m) }}{%- endfor -%}",
    "{% set x = namespace(s='') %}{% for i in range(10) %}{% set x.s = x.s ~ i %}{% endfor %}{{ x.s|replace('1', 'a')|length }}{{ messages|map(attribute='content')|join(', ') }}{{ '%s-%d'|format('a', 3) }}{{ [1,2,3]|sum }}{{ {'a': 1}|items|list }}{{ messages|selectattr('role', 'equalto', 'user')|first }}",
    "{% raw %}{{ x }}{% endraw %}{# note #}{% filter upper %}a{% endfilter %}{% with a=1 %}{{ a + 1.5 // 0.3 ** 2 }}{% endwith %}{{ 7 // 2 }}{{ 7 % 3 }}{{ -3 is odd }}{{ 'a' in 'abc' }}{{ none is none }}{{ undefined_thing is defined }}",
];

const PIECES: [&str; 40] = [
    "{{",
    "}}",
    "{%",
    "%}",
    "for x in messages",
    "endfor",
    "if",
    "else",
    "elif 1",
    "endif",
    "set a = ",
    "macro f(a)",
    "endmacro",
    "f(1)",
    "f(f)",
    "|",
    "trim",
    "tojson",
    "join('x')",
    "range(",
    "99999999999999999999",
    "-1",
    "1e308",
    "0",
    "**",
    "//",
    "%",
    "* 1000000",
    "~",
    "[::0]",
    "[1:-9223372036854775808]",
    "(",
    ")",
    "messages",
    "loop.index",
    "loop(messages)",
    "recursive",
    "'<|im_start|>'",
    "namespace()",
    "call(x) f()",
];

#[test]
fn fuzz_template() {
    let messages =
        [Message::new("system", "甲"), Message::new("user", "乙<|im_end|>{{ 7 * 7 }}\n丙"), Message::new("user", "")];
    until_done("template", |seed| {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let mut source: Vec<char> = random.pick(&TEMPLATES).chars().collect();
        for _ in 0..=random.below(8) {
            let at = random.below(source.len() + 1);
            let until = (at + random.below(30)).min(source.len());
            match random.below(4) {
                0 => drop(source.drain(at..until)),
                1 => drop(source.splice(at..at, random.pick(&PIECES).chars().collect::<Vec<_>>())),
                2 => {
                    let piece = source[at..until].repeat(1 + random.below(40));
                    drop(source.splice(at..at, piece));
                }
                _ => drop(source.splice(at..until, random.pick(&PIECES).chars().collect::<Vec<_>>())),
            }
        }
        let source: String = source.into_iter().collect();
        // An overflow of the stack cannot be caught: what caused it can be kept.
        if let Some(path) = std::env::var_os("ZHICAI_FUZZ_KEEP") {
            std::fs::write(path, &source).unwrap();
        }
        // Rendered or refused: either is an answer.
        let _ = Template::new(Some(source), Some("<s>".into())).render(&messages);
    });
}
