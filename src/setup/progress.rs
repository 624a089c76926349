//! Progress for the person waiting: bars on a terminal, plain lines in a log, always on stderr.

use std::io::IsTerminal;
use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::files::human;

/// Where set-up says what it is doing.
pub trait Progress: Sync {
    /// A step of `total` bytes begins.
    fn start(&self, label: &str, total: u64);
    /// Bytes of the step done so far.
    fn set(&self, done: u64);
    /// The step ended, well or not.
    fn finish(&self);
    /// One line worth keeping.
    fn line(&self, text: &str);
}

/// Bars when stderr is a terminal, otherwise a line at the start of a step and at every tenth of it.
pub struct Console {
    state: Mutex<State>,
}

enum State {
    Bar(Option<ProgressBar>),
    Plain { label: String, total: u64, tenth: u64 },
}

impl Console {
    pub fn new() -> Self {
        let terminal = std::io::stderr().is_terminal();
        let plain = State::Plain { label: String::new(), total: 0, tenth: 0 };
        Self { state: Mutex::new(if terminal { State::Bar(None) } else { plain }) }
    }

    fn with(&self, act: impl FnOnce(&mut State)) {
        // A panic elsewhere while drawing leaves nothing worth refusing to draw over.
        act(&mut self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner()));
    }
}

impl Default for Console {
    fn default() -> Self {
        Self::new()
    }
}

impl Progress for Console {
    fn start(&self, label: &str, total: u64) {
        self.with(|state| match state {
            State::Bar(slot) => {
                let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
                let style = ProgressStyle::with_template(
                    "{msg} [{bar:30}] {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} 剩余 {eta}",
                );
                if let Ok(style) = style {
                    bar.set_style(style.progress_chars("=> "));
                }
                bar.set_message(label.to_string());
                *slot = Some(bar);
            }
            State::Plain { label: l, total: t, tenth } => {
                (*l, *t, *tenth) = (label.to_string(), total, 0);
                eprintln!("{label}（{}）", human(total));
            }
        });
    }

    fn set(&self, done: u64) {
        self.with(|state| match state {
            State::Bar(bar) => {
                if let Some(bar) = bar {
                    bar.set_position(done);
                }
            }
            State::Plain { label, total, tenth } => {
                let now = done.saturating_mul(10).checked_div(*total).unwrap_or(0).min(10);
                if now > *tenth {
                    *tenth = now;
                    eprintln!("{label} {}%", now * 10);
                }
            }
        });
    }

    fn finish(&self) {
        self.with(|state| {
            if let State::Bar(slot) = state
                && let Some(bar) = slot.take()
            {
                bar.finish_and_clear();
            }
        });
    }

    fn line(&self, text: &str) {
        self.with(|state| match state {
            State::Bar(Some(bar)) => bar.suspend(|| eprintln!("{text}")),
            _ => eprintln!("{text}"),
        });
    }
}

/// Says nothing.
pub struct Silent;

impl Progress for Silent {
    fn start(&self, _label: &str, _total: u64) {}
    fn set(&self, _done: u64) {}
    fn finish(&self) {}
    fn line(&self, _text: &str) {}
}
