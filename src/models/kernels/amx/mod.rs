//! AMX: products of many rows as tiles (Intel Architecture Instruction Set Extensions, chapter on AMX).
//!
//! The compiler has no stable intrinsics for tiles, so the inner loops are assembly.

mod bytes;
mod floats;

use std::arch::asm;
use std::arch::x86_64::__cpuid_count;
use std::sync::OnceLock;

pub use bytes::product as product_of_bytes;
pub use floats::{product, widen_rows};

/// Bytes of a whole tile: 16 rows of 64.
const TILE_BYTES: usize = 1024;

/// Whether the processor has bf16 and int8 tiles and the system lets this process use them.
pub fn available() -> bool {
    static AVAILABLE: OnceLock<bool> = OnceLock::new();
    *AVAILABLE.get_or_init(|| {
        let features = __cpuid_count(7, 0).edx;
        let tiles = [22, 24, 25].iter().all(|bit| features & (1 << bit) != 0);
        tiles && is_x86_feature_detected!("avx512bf16") && permitted()
    })
}

/// Asks Linux for the tile registers: they are large, so a process must ask once (arch_prctl, ARCH_REQ_XCOMP_PERM).
fn permitted() -> bool {
    #[cfg(target_os = "linux")]
    {
        const ARCH_REQ_XCOMP_PERM: libc::c_long = 0x1023;
        const XFEATURE_XTILEDATA: libc::c_long = 18;
        // SAFETY: this call takes two numbers and touches no memory of ours.
        unsafe { libc::syscall(libc::SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0 }
    }
    #[cfg(not(target_os = "linux"))]
    false
}

/// What the tile registers hold.
#[derive(Clone, Copy)]
enum Shape {
    /// All eight are 16 rows of 64 bytes.
    Floats,
    /// 0–3: sums, 16 × 16 int32. 4: 16 rows of activations × 32 bytes; 5: 32 columns of weights, four to a row. 6 and 7: the
    /// same for half a block.
    Bytes,
}

#[repr(C, align(64))]
struct Config {
    palette: u8,
    start: u8,
    reserved: [u8; 14],
    columns: [u16; 16],
    rows: [u8; 16],
}

/// Configures this thread's tiles while `f` runs.
fn with_tiles(shape: Shape, f: impl FnOnce()) {
    let mut config = Config { palette: 1, start: 0, reserved: [0; 14], columns: [0; 16], rows: [0; 16] };
    config.columns[..8].fill(64);
    config.rows[..8].fill(16);
    if let Shape::Bytes = shape {
        (config.columns[4], config.rows[5]) = (32, 8);
        (config.columns[6], config.rows[7]) = (16, 4);
    }
    // SAFETY: called on a processor with tiles (invariant 1); the compiler itself never uses them.
    unsafe { asm!("ldtilecfg [{}]", in(reg) &raw const config, options(nostack)) };
    f();
    // SAFETY: as above.
    unsafe { asm!("tilerelease", options(nostack, nomem)) };
}
