//! What is held in memory while classes run: who watches, the sets in use, wrong codes. After a restart everything here is made anew.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::watch;

use crate::domain::workshop::QuestionSet;
use crate::error::{Class, Report, Result};

/// Sets kept.
const SETS: usize = 32;
/// Classes kept although nobody watches.
const CLASSES: usize = 200;
/// Seconds in which wrong codes count, how many an address has, how many all addresses together have. A room of phones behind one
/// address mistypes now and then; whoever guesses needs millions of tries.
const WINDOW: i64 = 15 * 60;
const FROM_ADDRESS: usize = 30;
const FROM_ALL: usize = 3_000;

/// Told that something changed; the number says nothing.
#[derive(Clone)]
struct Bells {
    any: watch::Sender<u64>,
    stage: watch::Sender<u64>,
}

/// Waits for the next change of a class.
pub struct Watching(watch::Receiver<u64>);

impl Watching {
    /// False when there will be none: the service is stopping.
    pub async fn changed(&mut self) -> bool {
        self.0.changed().await.is_ok()
    }
}

#[derive(Default)]
pub struct Classes {
    bells: Mutex<HashMap<String, Bells>>,
    sets: Mutex<HashMap<String, Arc<QuestionSet>>>,
    wrong: Mutex<Vec<(String, i64)>>,
    stopped: AtomicBool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Classes {
    fn bells(&self, id: &str) -> Bells {
        let mut bells = lock(&self.bells);
        if bells.len() > CLASSES {
            bells.retain(|_, b| b.any.receiver_count() + b.stage.receiver_count() > 0);
        }
        let new = || Bells { any: watch::Sender::new(0), stage: watch::Sender::new(0) };
        bells.entry(id.to_string()).or_insert_with(new).clone()
    }

    /// Everything that happens, or only moves of the trainer.
    pub fn watch(&self, id: &str, everything: bool) -> Watching {
        if self.stopped.load(Ordering::Relaxed) {
            return Watching(watch::Sender::new(0).subscribe());
        }
        let bells = self.bells(id);
        Watching(if everything { bells.any.subscribe() } else { bells.stage.subscribe() })
    }

    /// Somebody joined, answered, or the trainer noted something.
    pub fn ring(&self, id: &str) {
        self.bells(id).any.send_modify(|n| *n = n.wrapping_add(1));
    }

    /// The trainer moved the class on.
    pub fn ring_stage(&self, id: &str) {
        self.ring(id);
        self.bells(id).stage.send_modify(|n| *n = n.wrapping_add(1));
    }

    /// Ends all watching, for shutdown.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
        lock(&self.bells).clear();
    }

    pub fn set(&self, id: &str) -> Option<Arc<QuestionSet>> {
        lock(&self.sets).get(id).cloned()
    }

    pub fn keep(&self, set: Arc<QuestionSet>) {
        let mut sets = lock(&self.sets);
        if sets.len() >= SETS {
            sets.clear();
        }
        sets.insert(set.id.clone(), set);
    }

    /// Whether the address may try a code.
    pub fn may_try(&self, address: &str, now: Timestamp) -> Result<()> {
        let (at, mut wrong) = (now.as_second(), lock(&self.wrong));
        wrong.retain(|(_, then)| (at - WINDOW..=at + WINDOW).contains(then));
        let mine: Vec<i64> = wrong.iter().filter(|(a, _)| a == address).map(|(_, then)| *then).collect();
        let oldest = match (mine.len() >= FROM_ADDRESS, wrong.len() >= FROM_ALL) {
            (true, _) => mine.first().copied(),
            (false, true) => wrong.first().map(|(_, then)| *then),
            (false, false) => return Ok(()),
        };
        let seconds = oldest.map_or(WINDOW, |then| then + WINDOW - at + 1).clamp(1, WINDOW);
        let detail = format!("请在{}分钟后再试；请向培训师核对六位研讨码", (seconds + 59) / 60);
        Err(Report::new(Class::Busy, "join.too_many", "研讨码错误次数过多", detail).retry_after(seconds))
    }

    pub fn note_wrong(&self, address: &str, now: Timestamp) {
        lock(&self.wrong).push((address.to_string(), now.as_second()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_codes_are_counted_by_address_and_forgotten() {
        let (classes, now) = (Classes::default(), Timestamp::from_second(1_000_000).unwrap());
        for _ in 0..FROM_ADDRESS {
            classes.may_try("10.0.0.1", now).unwrap();
            classes.note_wrong("10.0.0.1", now);
        }
        let report = classes.may_try("10.0.0.1", now).unwrap_err();
        assert_eq!((report.code.as_str(), report.retry_after), ("join.too_many", Some(WINDOW)));
        classes.may_try("10.0.0.2", now).unwrap();
        classes.may_try("10.0.0.1", Timestamp::from_second(1_000_000 + WINDOW + 1).unwrap()).unwrap();
    }
}
