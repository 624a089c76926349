//! A zeroed byte buffer, aligned to lines of the cache, with slack after its end. In unit tests it ends where memory that must
//! not be touched begins, so that a kernel that reads or writes too far, in assembly or not, ends the tests.

use memmap2::MmapMut;

/// Kernels prefetch this far beyond what they read.
const SLACK: usize = 8192;

pub(super) struct AlignedBuf {
    map: MmapMut,
    start: usize,
    len: usize,
}

impl AlignedBuf {
    /// # Panics
    /// When the system has no memory left, as any allocation would.
    pub fn new(len: usize) -> Self {
        let map = MmapMut::map_anon(len + SLACK).expect("anonymous memory");
        // Weights are read from end to end for every token: fewer, larger pages save address translation. Only advice.
        #[cfg(target_os = "linux")]
        if len >= 1 << 20 {
            let _ = map.advise(memmap2::Advice::HugePage);
        }
        #[cfg(all(test, unix))]
        let (map, start) = fenced(len);
        #[cfg(not(all(test, unix)))]
        let start = 0;
        Self { map, start, len }
    }

    pub fn as_ptr(&self) -> *const u8 {
        self.map.as_ptr().wrapping_add(self.start)
    }

    pub fn as_mut_ptr(&mut self) -> *mut u8 {
        self.map.as_mut_ptr().wrapping_add(self.start)
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        &mut self.map[self.start..][..self.len]
    }
}

/// A map with `len` bytes, rounded up to 64, right before a page that may not be touched; where they start.
#[cfg(all(test, unix))]
fn fenced(len: usize) -> (MmapMut, usize) {
    // SAFETY: asks for a number.
    let page = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap();
    let (own, used) = (len.next_multiple_of(page), len.next_multiple_of(64));
    let mut map = MmapMut::map_anon(own + page).unwrap();
    // SAFETY: the last page of a map of our own; nothing in this file hands it out.
    let closed = unsafe { libc::mprotect(map.as_mut_ptr().add(own).cast(), page, libc::PROT_NONE) };
    assert_eq!(closed, 0);
    (map, own - used)
}
