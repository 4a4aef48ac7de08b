//! Several images in one, each in a colour of its own.

use crate::Levels;

/// Images that one picture can have.
pub const MAX_CHANNELS: usize = 7;

/// Colours of the channels, in their order. The first two give white where they meet, and are told
/// apart by people who do not see red or green.
pub const CHANNEL_COLORS: [[u8; 3]; MAX_CHANNELS] = [
    [255, 0, 255],
    [0, 255, 0],
    [0, 255, 255],
    [255, 255, 0],
    [255, 0, 0],
    [0, 0, 255],
    [255, 255, 255],
];

/// Adds images of one size in their colours: red, green, blue and alpha of each place, row-major.
/// Sums are cut at 255; a place is transparent where no image has a spectrum.
///
/// Images beyond [`MAX_CHANNELS`] are not shown, nor places beyond the first image.
pub fn composite(channels: &[Levels]) -> Vec<u8> {
    let n_places = channels.first().map_or(0, |first| first.values.len());
    let mut sums = vec![[0.0_f32; 3]; n_places];
    let mut is_there = vec![false; n_places];
    for (levels, color) in channels.iter().zip(CHANNEL_COLORS) {
        for (place, &level) in levels.values.iter().enumerate().take(n_places) {
            if !level.is_nan() {
                is_there[place] = true;
                for (sum, part) in sums[place].iter_mut().zip(color) {
                    *sum += level * f32::from(part);
                }
            }
        }
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "0 to 255"
    )]
    let byte = |sum: f32| (sum.clamp(0.0, 255.0) + 0.5) as u8;
    let pixel = |(sum, is_there): (&[f32; 3], &bool)| {
        let [red, green, blue] = sum.map(byte);
        if *is_there {
            [red, green, blue, 255]
        } else {
            [0; 4]
        }
    };
    sums.iter().zip(&is_there).flat_map(pixel).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(values: &[f32]) -> Levels {
        Levels {
            width: 3,
            height: 1,
            values: values.to_vec(),
            ceiling: 1.0,
        }
    }

    #[test]
    fn colours_add_up_and_absent_places_are_transparent() {
        let rgba = composite(&[levels(&[1.0, 0.5, f32::NAN]), levels(&[1.0, 0.0, f32::NAN])]);
        assert_eq!(rgba, [255, 255, 255, 255, 128, 0, 128, 255, 0, 0, 0, 0]);
        let sum = composite(&[
            levels(&[1.0, 1.0, 1.0]),
            levels(&[0.0; 3]),
            levels(&[1.0; 3]),
        ]);
        assert_eq!(sum[..4], [255, 255, 255, 255]);
        assert!(composite(&[]).is_empty());
    }
}
