//! How the C library keeps memory that is not used any more.

/// Bytes from which on buffers are asked of the system one by one, and given back when they are not used
/// any more: at the least, and at most (the C library takes no more).
const LARGE_BYTES: [u64; 2] = [4 << 20, 32 << 20];

/// Bytes of memory that are kept for the next small pieces, at the least and at most.
const KEPT_BYTES: [u64; 2] = [8 << 20, 256 << 20];

/// Gives large buffers back to the system as soon as they are not used any more.
///
/// Unless told so, the C library of GNU takes the largest buffer that was ever given back, up to 32 MB,
/// for the least that is worth the system's while, and keeps what is smaller in places between others
/// that are too small for the next ones: a third more memory than is used.
pub fn give_back_large_buffers() {
    set(LARGE_BYTES[0], KEPT_BYTES[0]);
}

/// Keeps buffers that are small beside the memory that may be used (1/256 of it, up to 32 MB) for the next
/// ones, and gives larger ones back. Images of millions of pixels are made in buffers of 12 MB; to get fresh
/// ones each time, page by page, takes longer than to fill them. Of up to 1 GiB nothing more is kept than by
/// [`give_back_large_buffers`].
pub fn keep_small_buffers(memory_bytes: u64) {
    let [least, most] = LARGE_BYTES;
    let [least_kept, most_kept] = KEPT_BYTES;
    set(
        (memory_bytes / 256).clamp(least, most),
        (memory_bytes / 128).clamp(least_kept, most_kept),
    );
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn set(large: u64, kept: u64) {
    let number = |bytes: u64| libc::c_int::try_from(bytes).unwrap_or(libc::c_int::MAX);
    #[expect(unsafe_code, reason = "a function of the C library")]
    // SAFETY: both settings are numbers, and may be set at any time.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, number(large));
        libc::mallopt(libc::M_TRIM_THRESHOLD, number(kept));
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn set(_: u64, _: u64) {}
