//! What is needed soon is asked of memory ahead.
//!
//! Peaks of a window come in the order of m/z, from anywhere in the tissue. A raster of millions of pixels
//! lies beyond the cache next to a processor, which would wait for most pixels if it did not know them
//! some peaks ahead.

/// Pixels that are asked for ahead: as many as are drawn while one comes from memory, and some more.
const AHEAD: usize = 96;

/// A raster of fewer bytes stays in the cache.
const CACHED_BYTES: usize = 1 << 20;

/// The same items one after another, each of which has a pixel: that of one further on is asked for.
pub(crate) fn asking_ahead<T>(
    raster: &[f32],
    items: impl Iterator<Item = T> + Clone,
    pixel: impl Fn(T) -> u32,
) -> impl Iterator<Item = T> {
    let mut ahead = ahead(raster, items.clone());
    items.inspect(move |_| {
        if let Some(item) = ahead.next() {
            ask_for(raster, pixel(item) as usize);
        }
    })
}

/// Items as they are to be asked for while they are gone over: so many further on, or none where the
/// raster stays in the cache.
pub(crate) fn ahead<T, I: Iterator>(raster: &[T], items: I) -> std::iter::Skip<I> {
    items.skip(if size_of_val(raster) < CACHED_BYTES {
        usize::MAX
    } else {
        AHEAD
    })
}

/// Asks for a pixel of a raster.
#[inline]
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "an instruction that takes an address")]
pub(crate) fn ask_for<T>(raster: &[T], pixel: usize) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};

    if let Some(value) = raster.get(pixel) {
        // SAFETY: it is the address of a value; nothing is read or written there.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(value).cast()) }
    }
}

/// Other processors are not asked.
#[inline]
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn ask_for<T>(_: &[T], _: usize) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_further_on_are_asked_for_where_the_raster_is_large() {
        let n_cached = CACHED_BYTES / size_of::<f32>() - 1;
        let (small, large) = (vec![0.0_f32; n_cached], vec![0.0_f32; n_cached + 1]);
        let asked = |raster: &[f32]| ahead(raster, 0..200).collect::<Vec<_>>();
        assert_eq!(asked(&small), []);
        assert_eq!(asked(&large), (96..200).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_gone_over_stays_as_it_is() {
        let raster = vec![0.0; 1 << 20];
        // Beyond the raster there is nothing to be asked for.
        let pixels = (0..300).map(|i| i * 7_919);
        let gone_over = asking_ahead(&raster, pixels.clone(), |pixel| pixel);
        assert!(gone_over.eq(pixels));
    }
}
