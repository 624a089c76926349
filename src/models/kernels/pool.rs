//! A small fork-join pool that stays fast when other processes take the cores: the caller never waits for a worker that has
//! not entered the region, and idle workers park.

use std::cell::{Cell, UnsafeCell};
use std::ops::Range;
use std::sync::atomic::Ordering::{Acquire, Relaxed, SeqCst};
use std::sync::atomic::{AtomicUsize, fence};
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

unsafe fn nothing(_: *const (), _: Range<usize>) {}

struct Shared {
    regions: AtomicUsize,
    /// Number of the open region, 0 when none is.
    open: AtomicUsize,
    /// Workers inside a region.
    active: AtomicUsize,
    cursor: AtomicUsize,
    parked: AtomicUsize,
    work: UnsafeCell<Work>,
}

// SAFETY: `work` is written only by the caller holding the pool's lock while no region is open and no worker is active
// (`run` waits for `active == 0` before it returns); workers read it only after entering an open region.
unsafe impl Sync for Shared {}
// SAFETY: as above.
unsafe impl Send for Shared {}

pub struct Pool {
    shared: &'static Shared,
    workers: Vec<Thread>,
    lock: Mutex<()>,
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
        // SAFETY: `data` points at the closure on the caller's stack, which outlives the region.
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
            drain(shared);
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
    pub fn run<F: Fn(Range<usize>) + Sync>(&self, len: usize, f: F) {
        unsafe fn call<F: Fn(Range<usize>) + Sync>(data: *const (), range: Range<usize>) {
            // SAFETY: `data` is the `&f` passed below, alive until `run` returns.
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
        let region = shared.regions.fetch_add(1, Relaxed) + 1;
        shared.open.store(region, SeqCst);
        if shared.parked.load(SeqCst) > 0 {
            self.workers.iter().for_each(Thread::unpark);
        }
        // The caller works too; a region it opens from inside runs in place instead of waiting for its own lock.
        INSIDE.with(|x| x.set(true));
        drain(shared);
        INSIDE.with(|x| x.set(false));
        shared.open.store(0, SeqCst);
        fence(SeqCst);
        let mut spins = 0u32;
        while shared.active.load(SeqCst) != 0 {
            spins += 1;
            if spins < 2000 {
                std::hint::spin_loop();
            } else {
                std::thread::yield_now();
            }
        }
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
}
