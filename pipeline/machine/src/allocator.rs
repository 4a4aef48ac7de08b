//! How the C library keeps memory that is not used any more.

/// Buffers from this size on are asked of the system one by one, and given back when they are not used
/// any more.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const LARGE_BYTES: libc::c_int = 4 << 20;

/// Memory that is kept for the next small pieces.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const KEPT_BYTES: libc::c_int = 8 << 20;

/// Gives large buffers back to the system as soon as they are not used any more.
///
/// Unless told so, the C library of GNU takes the largest buffer that was ever given back, up to 32 MB,
/// for the least that is worth the system's while, and keeps what is smaller in places between others
/// that are too small for the next ones: a third more memory than is used.
pub fn give_back_large_buffers() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[expect(unsafe_code, reason = "a function of the C library")]
    // SAFETY: both settings are numbers, and may be set at any time.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE_BYTES);
        libc::mallopt(libc::M_TRIM_THRESHOLD, KEPT_BYTES);
    }
}
