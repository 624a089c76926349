//! A small fork-join pool that stays fast when other processes take the cores: the caller never waits for a worker that has
//! not entered the region, and idle workers park.

use std::cell::{Cell, UnsafeCell};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering::{Acquire, Relaxed, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicUsize, fence};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::Thread;
use std::time::Duration;

/// One parallel region: a type-erased closure over a range.
#[derive(Clone, Copy)]
struct Work {
    call: unsafe fn(*const (), Range<usize>),
    data: *const (),
    len: usize,
    chunk: usize,
}

/// # Safety
/// None is needed; the type is that of [`Work::call`].
unsafe fn nothing(_: *const (), _: Range<usize>) {}

struct Shared {
    regions: AtomicUsize,
    /// Number of the open region, 0 when none is.
    open: AtomicUsize,
    /// Workers inside a region.
    active: AtomicUsize,
    cursor: AtomicUsize,
    parked: AtomicUsize,
    /// Whether a worker panicked in the region.
    failed: AtomicBool,
    work: UnsafeCell<Work>,
}

// SAFETY: `work` is written only by the caller holding the pool's lock while no region is open and no worker is active
// ([`Close`] waits for `active == 0` before `run` returns or unwinds); workers read it only after entering an open region: they
// count themselves before they look whether it is still open, the caller closes it before it counts them.
unsafe impl Sync for Shared {}
// SAFETY: as above.
unsafe impl Send for Shared {}

pub struct Pool {
    shared: &'static Shared,
    workers: Vec<Thread>,
    lock: Mutex<()>,
}

/// The caller's part in a region; when it ends, no worker is in the region any more.
struct Close(&'static Shared);

impl Drop for Close {
    fn drop(&mut self) {
        INSIDE.with(|x| x.set(false));
        self.0.open.store(0, SeqCst);
        fence(SeqCst);
        let mut spins = 0u32;
        while self.0.active.load(SeqCst) != 0 {
            spins += 1;
            if spins < 2000 {
                std::hint::spin_loop();
            } else {
                std::thread::yield_now();
            }
        }
    }
}

thread_local! { static INSIDE: Cell<bool> = const { Cell::new(false) }; }

fn drain(shared: &Shared) {
    // SAFETY: called only between entering and leaving an open region, see `Shared`.
    let work = unsafe { *shared.work.get() };
    loop {
        let start = shared.cursor.fetch_add(work.chunk, Relaxed);
        if start >= work.len {
            return;
        }
        // SAFETY: `data` points at the closure on the caller's stack, which outlives the region ([`Close`]).
        unsafe { (work.call)(work.data, start..(start + work.chunk).min(work.len)) }
    }
}

fn worker(shared: &'static Shared) {
    INSIDE.with(|x| x.set(true));
    let mut seen = 0;
    loop {
        let mut spins = 0u32;
        let region = loop {
            let open = shared.open.load(Acquire);
            if open != 0 && open != seen {
                break open;
            }
            spins += 1;
            if spins < 4000 {
                std::hint::spin_loop();
            } else if spins < 4100 {
                std::thread::yield_now();
            } else {
                shared.parked.fetch_add(1, SeqCst);
                let open = shared.open.load(SeqCst);
                if open == 0 || open == seen {
                    std::thread::park_timeout(Duration::from_millis(50));
                }
                shared.parked.fetch_sub(1, SeqCst);
                spins = 0;
            }
        };
        seen = region;
        shared.active.fetch_add(1, SeqCst);
        if shared.open.load(SeqCst) == region {
            // The caller waits for this thread, whatever happens, and is told. What is half done is its own affair, as it is
            // where it panics itself.
            if catch_unwind(AssertUnwindSafe(|| drain(shared))).is_err() {
                shared.failed.store(true, SeqCst);
            }
        }
        shared.active.fetch_sub(1, SeqCst);
    }
}

impl Pool {
    fn new(workers: usize) -> Self {
        let idle = Work { call: nothing, data: std::ptr::null(), len: 0, chunk: 1 };
        let zero = || AtomicUsize::new(0);
        let shared: &'static Shared = Box::leak(Box::new(Shared {
            regions: zero(),
            open: zero(),
            active: zero(),
            cursor: zero(),
            parked: zero(),
            failed: AtomicBool::new(false),
            work: UnsafeCell::new(idle),
        }));
        let spawn = |i: usize| {
            std::thread::Builder::new()
                .name(format!("kernel-{i}"))
                .spawn(move || worker(shared))
                .ok()
                .map(|h| h.thread().clone())
        };
        Self { shared, workers: (0..workers).filter_map(spawn).collect(), lock: Mutex::new(()) }
    }

    /// Calls `f` with ranges that together cover `0..len`, in parallel. Nested calls run on the calling thread.
    ///
    /// # Panics
    /// When a call of `f` panics, on whatever thread, and only after the last one has ended.
    pub fn run<F: Fn(Range<usize>) + Sync>(&self, len: usize, f: F) {
        /// # Safety
        /// `data` points at an `F`.
        unsafe fn call<F: Fn(Range<usize>) + Sync>(data: *const (), range: Range<usize>) {
            // SAFETY: `data` is the `&f` passed below, alive until the region is closed.
            unsafe { (*data.cast::<F>())(range) }
        }
        if len == 0 {
            return;
        }
        if self.workers.is_empty() || len == 1 || INSIDE.with(Cell::get) {
            return f(0..len);
        }
        let _one_at_a_time = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = self.shared;
        let chunk = len.div_ceil((self.workers.len() + 1) * 8).max(1);
        // SAFETY: no region is open and no worker is active here, see `Shared`.
        unsafe { *shared.work.get() = Work { call: call::<F>, data: (&raw const f).cast(), len, chunk } };
        shared.cursor.store(0, Relaxed);
        shared.failed.store(false, Relaxed);
        let region = shared.regions.fetch_add(1, Relaxed) + 1;
        shared.open.store(region, SeqCst);
        if shared.parked.load(SeqCst) > 0 {
            self.workers.iter().for_each(Thread::unpark);
        }
        // The caller works too; a region it opens from inside runs in place instead of waiting for its own lock.
        INSIDE.with(|x| x.set(true));
        let close = Close(shared);
        drain(shared);
        drop(close);
        assert!(!shared.failed.load(SeqCst), "a worker panicked");
    }
}

impl Pool {
    /// Threads that work in a region, the caller included.
    pub fn threads(&self) -> usize {
        self.workers.len() + 1
    }

    /// Calls `f` with every item and its index, in parallel; few items stay on this thread.
    pub fn each<T: Send, F: Fn(usize, &mut T) + Sync>(&self, items: &mut [T], f: F) {
        struct Base<T>(*mut T);
        // SAFETY: every index is handed out once (see `run`), so threads get disjoint items.
        unsafe impl<T: Send> Sync for Base<T> {}
        if items.len() < 4 {
            return items.iter_mut().enumerate().for_each(|(i, item)| f(i, item));
        }
        let base = Base(items.as_mut_ptr());
        self.run(items.len(), |range| {
            let base = &base;
            for i in range {
                // SAFETY: `i` is inside the slice, and this thread's alone.
                f(i, unsafe { &mut *base.0.add(i) });
            }
        });
    }
}

/// The process-wide pool: one thread per core, the caller included.
pub fn pool() -> &'static Pool {
    static POOL: OnceLock<Pool> = OnceLock::new();
    POOL.get_or_init(|| Pool::new(std::thread::available_parallelism().map_or(1, |n| n.get().min(16)) - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_index_is_visited_once() {
        for len in [1usize, 2, 7, 100, 10_001] {
            let hits: Vec<AtomicUsize> = (0..len).map(|_| AtomicUsize::new(0)).collect();
            for _ in 0..50 {
                pool().run(len, |range| {
                    for i in range {
                        hits[i].fetch_add(1, Relaxed);
                    }
                });
            }
            assert!(hits.iter().all(|h| h.load(Relaxed) == 50), "{len}");
        }
    }

    #[test]
    fn nested_regions_run_in_place() {
        let total = AtomicUsize::new(0);
        pool().run(8, |outer| {
            for _ in outer {
                pool().run(8, |inner| {
                    total.fetch_add(inner.len(), Relaxed);
                });
            }
        });
        assert_eq!(total.load(Relaxed), 64);
    }

    /// Wherever it happens, the caller hears of it only when nothing uses its closure any more, and the pool goes on.
    #[test]
    fn a_panic_reaches_the_caller_and_the_pool_goes_on() {
        for bad in [0, 37, 99] {
            let (entered, left) = (AtomicUsize::new(0), AtomicUsize::new(0));
            let body = |range: Range<usize>| {
                entered.fetch_add(1, SeqCst);
                let fails = range.contains(&bad);
                if !fails {
                    std::thread::sleep(Duration::from_millis(1));
                }
                left.fetch_add(1, SeqCst);
                assert!(!fails, "as it should");
            };
            assert!(catch_unwind(AssertUnwindSafe(|| pool().run(100, body))).is_err(), "{bad}");
            assert_eq!(entered.load(SeqCst), left.load(SeqCst), "{bad}");
            let total = AtomicUsize::new(0);
            pool().run(100, |range| {
                total.fetch_add(range.len(), Relaxed);
            });
            assert_eq!(total.load(Relaxed), 100, "{bad}");
        }
    }
}
