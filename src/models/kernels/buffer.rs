//! A zeroed, page-aligned byte buffer with slack after its end.

use memmap2::MmapMut;

/// Kernels prefetch this far beyond what they read.
const SLACK: usize = 8192;

pub(super) struct AlignedBuf {
    map: MmapMut,
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
        Self { map, len }
    }

    pub fn as_ptr(&self) -> *const u8 {
        self.map.as_ptr()
    }

    pub fn as_mut_ptr(&mut self) -> *mut u8 {
        self.map.as_mut_ptr()
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        &mut self.map[..self.len]
    }
}
