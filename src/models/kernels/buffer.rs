//! A zeroed, aligned byte buffer with slack after its end.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};

/// Kernels prefetch this far beyond what they read.
const SLACK: usize = 8192;

pub(super) struct AlignedBuf {
    ptr: *mut u8,
    len: usize,
    layout: Layout,
}

impl AlignedBuf {
    pub fn new(len: usize) -> Self {
        // Big buffers start on a huge-page boundary: the kernel can then back them with 2 MiB pages.
        let align = if len >= 1 << 20 { 2 << 20 } else { 64 };
        let size = (len.max(64) + SLACK).next_multiple_of(64);
        let layout = Layout::from_size_align(size, align).expect("sizes come from checked tensor shapes");
        // SAFETY: the layout has a non-zero size.
        let ptr = unsafe { alloc_zeroed(layout) };
        if ptr.is_null() {
            handle_alloc_error(layout);
        }
        Self { ptr, len, layout }
    }

    pub fn as_ptr(&self) -> *const u8 {
        self.ptr
    }

    pub fn as_mut_ptr(&mut self) -> *mut u8 {
        self.ptr
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        // SAFETY: `len` bytes were allocated and zeroed, and `&mut self` makes this the only access.
        unsafe { std::slice::from_raw_parts_mut(self.ptr, self.len) }
    }
}

impl Drop for AlignedBuf {
    fn drop(&mut self) {
        // SAFETY: allocated with this layout in `new`.
        unsafe { dealloc(self.ptr, self.layout) }
    }
}

// SAFETY: the buffer owns its memory and hands out access by the usual borrow rules.
unsafe impl Send for AlignedBuf {}
// SAFETY: as above; `&AlignedBuf` only gives a const pointer.
unsafe impl Sync for AlignedBuf {}
