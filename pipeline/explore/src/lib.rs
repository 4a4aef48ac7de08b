//! Questions to a results folder: which ions lie together, what marks a region, what is in the
//! spectrum of a pixel, a region or all pixels, by what intensities are divided, how far the claimed FDR holds, and how the tissue looks in an optical image.

pub mod arrays;
pub mod coloc;
pub mod error;
pub mod factors;
pub mod mean_spectra;
pub mod mz_images;
pub mod mz_list;
pub mod normalize;
pub mod optical;
pub mod options;
pub mod pixel_spectra;
pub mod regions;
pub mod shared;
pub mod text_table;
pub mod truth;
pub mod unexplained;
