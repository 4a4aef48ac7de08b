//! Intensities relative to what was measured in their pixel.

use std::fmt;
use std::str::FromStr;

use ms_core::image::IonImage;

/// By what intensities are divided.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Normalization {
    /// By nothing.
    #[default]
    None,
    /// By the total ion current of their pixel.
    Tic,
    /// By the root mean square of the intensities of their pixel's peaks.
    Rms,
    /// By the median of the annotated ions above 0 in their pixel.
    Median,
    /// By the intensity of an ion in their pixel, such as an internal standard: its name.
    Ion(String),
    /// By the intensity of a window of m/z in their pixel: its middle in Th.
    Mz(f64),
}

impl Normalization {
    /// How pictures name it; nothing where intensities are as they are.
    pub fn label(&self) -> Option<String> {
        match self {
            Self::None => None,
            Self::Tic => Some("TIC".into()),
            Self::Rms => Some("RMS".into()),
            Self::Median => Some("median".into()),
            Self::Ion(ion) => Some(ion.clone()),
            Self::Mz(mz) => Some(format!("m/z {mz:.4}")),
        }
    }
}

/// The text that is read as it.
impl fmt::Display for Normalization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Tic => f.write_str("tic"),
            Self::Rms => f.write_str("rms"),
            Self::Median => f.write_str("median"),
            Self::Ion(ion) => write!(f, "ion={ion}"),
            Self::Mz(mz) => write!(f, "mz={mz}"),
        }
    }
}

/// A text that is none of `none`, `tic`, `rms`, `median`, `ion=ION` and `mz=MZ`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is none of none, tic, rms, median, ion=ION and mz=MZ")]
pub struct UnknownNormalization(String);

impl FromStr for Normalization {
    type Err = UnknownNormalization;

    fn from_str(text: &str) -> Result<Self, UnknownNormalization> {
        let wrong = || UnknownNormalization(text.into());
        match text.split_once('=') {
            Some(("ion", ion)) if !ion.trim().is_empty() => Ok(Self::Ion(ion.trim().into())),
            Some(("mz", mz)) => match mz.trim().parse() {
                Ok(mz) if mz > 0.0 && f64::is_finite(mz) => Ok(Self::Mz(mz)),
                _ => Err(wrong()),
            },
            Some(_) => Err(wrong()),
            None => match text {
                "none" => Ok(Self::None),
                "tic" => Ok(Self::Tic),
                "rms" => Ok(Self::Rms),
                "median" => Ok(Self::Median),
                _ => Err(wrong()),
            },
        }
    }
}

/// A factor for each pixel.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Factors {
    /// Nothing leaves intensities as they are.
    by_pixel: Option<Vec<f32>>,
}

impl Factors {
    /// Factors that divide by a norm of each pixel and multiply by its mean over the pixels where it
    /// is above 0, so that intensities keep their order of magnitude. Where it is 0, so is the
    /// factor.
    pub fn new(norms: &[f64]) -> Self {
        let (sum, n) = norms
            .iter()
            .filter(|norm| **norm > 0.0)
            .fold((0.0, 0_u64), |(sum, n), norm| (sum + norm, n + 1));
        let mean = if n == 0 { 0.0 } else { sum / n as f64 };
        #[expect(clippy::cast_possible_truncation, reason = "intensities are f32")]
        let factor = |norm: &f64| {
            if *norm > 0.0 {
                (mean / norm) as f32
            } else {
                0.0
            }
        };
        Self {
            by_pixel: Some(norms.iter().map(factor).collect()),
        }
    }

    /// The same by the intensities of an image over so many pixels. Where it has none, intensities
    /// become 0: nothing is known of them. Nothing if it has none anywhere.
    pub fn of_image(image: &IonImage, n_pixels: usize) -> Option<Self> {
        if image.pixels.is_empty() {
            return None;
        }
        let mut norms = vec![0.0; n_pixels];
        for (&pixel, &intensity) in image.pixels.iter().zip(&image.intensities) {
            if let Some(norm) = norms.get_mut(pixel as usize) {
                *norm = f64::from(intensity);
            }
        }
        Some(Self::new(&norms))
    }

    /// By what the intensities of a pixel are multiplied.
    pub fn of_pixel(&self, pixel: u32) -> f32 {
        let factors = self.by_pixel.as_ref();
        factors.map_or(1.0, |factors| {
            factors.get(pixel as usize).copied().unwrap_or_default()
        })
    }

    /// Multiplies the intensities of an image, whose pixels are those of the factors.
    pub fn apply(&self, image: &mut IonImage) {
        if self.by_pixel.is_none() {
            return;
        }
        for (&pixel, intensity) in image.pixels.iter().zip(&mut image.intensities) {
            *intensity *= self.of_pixel(pixel);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intensities_keep_their_order_of_magnitude() {
        let mut image = IonImage {
            pixels: vec![0, 2, 3],
            intensities: vec![10.0, 10.0, 10.0],
        };
        Factors::new(&[100.0, 300.0, 200.0, 0.0]).apply(&mut image);
        assert_eq!(image.intensities, [20.0, 10.0, 0.0]);
        Factors::default().apply(&mut image);
        assert_eq!(image.intensities, [20.0, 10.0, 0.0]);
    }

    #[test]
    fn an_ion_may_be_the_norm() {
        let standard = IonImage {
            pixels: vec![0, 2],
            intensities: vec![1.0, 3.0],
        };
        let mut image = IonImage {
            pixels: vec![0, 1, 2],
            intensities: vec![10.0, 10.0, 12.0],
        };
        Factors::of_image(&standard, 3).unwrap().apply(&mut image);
        assert_eq!(image.intensities, [20.0, 0.0, 8.0]);
        assert_eq!(Factors::of_image(&IonImage::default(), 3), None);
    }

    #[test]
    fn names_are_read() {
        let read = |text: &str| text.parse::<Normalization>();
        assert_eq!(read("tic"), Ok(Normalization::Tic));
        assert_eq!(
            read("ion=PI 38:4"),
            Ok(Normalization::Ion("PI 38:4".into()))
        );
        assert_eq!(read("mz=885.55"), Ok(Normalization::Mz(885.55)));
        for text in ["none", "tic", "rms", "median", "ion=PI 38:4", "mz=885.55"] {
            assert_eq!(read(text).unwrap().to_string(), text);
        }
        for wrong in ["", "TIC", "ion=", "mz=", "mz=-1", "mz=nan", "by=tic"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert_eq!(Normalization::Mz(885.55).label().unwrap(), "m/z 885.5500");
        assert_eq!(Normalization::None.label(), None);
    }
}
