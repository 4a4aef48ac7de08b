//! Images as OME-TIFF: one page a channel, intensities as 32-bit floats; or one page of three colours.

use std::io::{Seek, Write};

use tiff::TiffResult;
use tiff::encoder::colortype::{Gray32Float, RGB8};
use tiff::encoder::{Compression, DeflateLevel, TiffEncoder, TiffKindBig};
use tiff::tags::Tag;

use crate::png::PixelSize;

/// What an OME-TIFF says of its images.
#[derive(Debug, Clone, PartialEq)]
pub struct OmeDescription {
    /// Name of the image.
    pub name: String,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Width and height of a pixel in µm, where known.
    pub pixel_size_um: PixelSize,
    /// Names of the channels, in the order of the pages.
    pub channels: Vec<String>,
}

impl OmeDescription {
    /// The OME-XML of the schema of June 2016.
    ///
    /// # Source
    /// Goldberg et al., Genome Biology 2005, doi:10.1186/gb-2005-6-5-r47; OME data model 2016-06.
    pub fn xml(&self) -> String {
        let mut channels = String::new();
        for (number, name) in self.channels.iter().enumerate() {
            channels.push_str(&format!(
                r#"<Channel ID="Channel:0:{number}" Name="{}" SamplesPerPixel="1"/>"#,
                escaped(name)
            ));
        }
        let mut pages = String::new();
        for page in 0..self.channels.len() {
            pages.push_str(&format!(
                r#"<TiffData IFD="{page}" FirstC="{page}" PlaneCount="1"/>"#
            ));
        }
        let samples = Samples {
            kind: "float",
            n: self.channels.len(),
        };
        self.document(&samples, &(channels + &pages))
    }

    /// The same of one page of red, green and blue, 8 bits each.
    fn color_xml(&self) -> String {
        let name = self.channels.first().map_or("", |name| name);
        let parts = format!(
            r#"<Channel ID="Channel:0:0" Name="{}" SamplesPerPixel="3"/><TiffData IFD="0" PlaneCount="1"/>"#,
            escaped(name)
        );
        let samples = Samples {
            kind: "uint8",
            n: 3,
        };
        self.document(&samples, &parts)
    }

    fn document(&self, samples: &Samples, parts: &str) -> String {
        let size = self.pixel_size_um.map_or_else(String::new, |(x, y)| {
            format!(
                r#" PhysicalSizeX="{x}" PhysicalSizeXUnit="µm" PhysicalSizeY="{y}" PhysicalSizeYUnit="µm""#
            )
        });
        format!(
            concat!(
                r#"<?xml version="1.0" encoding="UTF-8"?>"#,
                r#"<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" "#,
                r#"xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="#,
                r#""http://www.openmicroscopy.org/Schemas/OME/2016-06 "#,
                r#"http://www.openmicroscopy.org/Schemas/OME/2016-06/ome.xsd">"#,
                r#"<Image ID="Image:0" Name="{name}"><Pixels ID="Pixels:0" DimensionOrder="XYCZT" "#,
                r#"Type="{kind}" BigEndian="false" SizeX="{width}" SizeY="{height}" "#,
                r#"SizeC="{n}" SizeZ="1" SizeT="1"{size}>{parts}"#,
                r#"</Pixels></Image></OME>"#
            ),
            name = escaped(&self.name),
            width = self.width,
            height = self.height,
            kind = samples.kind,
            n = samples.n,
            size = size,
            parts = parts,
        )
    }
}

/// What the values of a place are.
struct Samples {
    kind: &'static str,
    n: usize,
}

/// Writes a picture of three colours as an OME-TIFF: red, green and blue of each place, row-major. The
/// first channel of the description is its name.
///
/// # Errors
/// It cannot be written, or has not as many values as three times the places.
pub fn write_rgb(
    out: impl Write + Seek,
    description: &OmeDescription,
    rgb: &[u8],
) -> TiffResult<()> {
    let n_places = u64::from(description.width) * u64::from(description.height);
    if rgb.len() as u64 != 3 * n_places {
        let reason = format!(
            "{} values are not three for each of {n_places} places",
            rgb.len()
        );
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, reason).into());
    }
    let mut encoder =
        TiffEncoder::new_big(out)?.with_compression(Compression::Deflate(DeflateLevel::Balanced));
    let mut page = encoder.new_image::<RGB8>(description.width, description.height)?;
    page.encoder()
        .write_tag(Tag::ImageDescription, Utf8(description.color_xml()))?;
    page.write_data(rgb)
}

/// Writes the pages of an OME-TIFF one after the other.
pub struct OmeTiff<W: Write + Seek> {
    encoder: TiffEncoder<W, TiffKindBig>,
    description: OmeDescription,
    n_written: usize,
}

impl<W: Write + Seek> std::fmt::Debug for OmeTiff<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            description,
            n_written,
            ..
        } = self;
        f.debug_struct("OmeTiff")
            .field("of", description)
            .field("n_written", n_written)
            .finish()
    }
}

impl<W: Write + Seek> OmeTiff<W> {
    /// Starts a file: a `BigTIFF`, as what many ions amount to need not fit into 4 GiB.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn new(out: W, description: OmeDescription) -> TiffResult<Self> {
        let encoder = TiffEncoder::new_big(out)?
            .with_compression(Compression::Deflate(DeflateLevel::Balanced));
        Ok(Self {
            encoder,
            description,
            n_written: 0,
        })
    }

    /// Writes the next channel: intensities, row-major, NaN where there is no spectrum.
    ///
    /// # Errors
    /// It cannot be written, or has not as many values as the image has places.
    pub fn write(&mut self, values: &[f32]) -> TiffResult<()> {
        let OmeDescription { width, height, .. } = self.description;
        let mut page = self.encoder.new_image::<Gray32Float>(width, height)?;
        if self.n_written == 0 {
            // The XML is UTF-8, as OME has it, though the type is called ASCII.
            page.encoder()
                .write_tag(Tag::ImageDescription, Utf8(self.description.xml()))?;
        }
        self.n_written += 1;
        page.write_data(values)
    }
}

/// A text with the zero at its end that TIFF wants.
struct Utf8(String);

impl tiff::encoder::TiffValue for Utf8 {
    const BYTE_LEN: u8 = 1;
    const FIELD_TYPE: tiff::tags::Type = tiff::tags::Type::ASCII;

    fn count(&self) -> usize {
        self.0.len() + 1
    }

    fn data(&self) -> std::borrow::Cow<'_, [u8]> {
        [self.0.as_bytes(), &[0]].concat().into()
    }
}

/// A text within an attribute.
fn escaped(text: &str) -> String {
    let escape = |c: char| match c {
        '&' => "&amp;".into(),
        '<' => "&lt;".into(),
        '>' => "&gt;".into(),
        '"' => "&quot;".into(),
        // XML 1.0 knows no other control characters.
        c if c.is_control() => " ".into(),
        c => c.to_string(),
    };
    text.chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use tiff::decoder::{Decoder, DecodingResult};

    use super::*;

    #[test]
    fn pages_are_read_back_with_their_names_and_size() {
        let description = OmeDescription {
            name: "a & b".into(),
            width: 2,
            height: 2,
            pixel_size_um: Some((50.0, 25.0)),
            channels: vec!["C6H12O6+K+".into(), "\"<x>\"".into()],
        };
        let mut bytes = Cursor::new(Vec::new());
        let mut file = OmeTiff::new(&mut bytes, description).unwrap();
        file.write(&[1.0, 2.0, f32::NAN, 4.0]).unwrap();
        file.write(&[5.0, 6.0, 7.0, 8.0]).unwrap();
        bytes.set_position(0);
        let mut decoder = Decoder::new(bytes).unwrap();
        let xml = decoder.get_tag_ascii_string(Tag::ImageDescription).unwrap();
        assert!(xml.contains(r#"PhysicalSizeX="50" PhysicalSizeXUnit="µm" PhysicalSizeY="25""#));
        assert!(xml.contains(r#"Name="C6H12O6+K+""#) && xml.contains("&quot;&lt;x&gt;&quot;"));
        let DecodingResult::F32(first) = decoder.read_image().unwrap() else {
            panic!("no floats")
        };
        assert!(first[2].is_nan() && first[3] > 3.9);
        decoder.next_image().unwrap();
        let DecodingResult::F32(second) = decoder.read_image().unwrap() else {
            panic!("no floats")
        };
        assert_eq!(second, [5.0, 6.0, 7.0, 8.0]);
        assert!(!decoder.more_images());
    }

    #[test]
    fn a_picture_of_three_colours_is_one_page() {
        let description = OmeDescription {
            name: "brain".into(),
            width: 2,
            height: 1,
            pixel_size_um: Some((5.0, 5.0)),
            channels: vec!["he.tif".into()],
        };
        let mut bytes = Cursor::new(Vec::new());
        write_rgb(&mut bytes, &description, &[1, 2, 3, 4, 5, 6]).unwrap();
        bytes.set_position(0);
        let mut decoder = Decoder::new(bytes).unwrap();
        let xml = decoder.get_tag_ascii_string(Tag::ImageDescription).unwrap();
        assert!(
            xml.contains(r#"Type="uint8""#) && xml.contains(r#"Name="he.tif" SamplesPerPixel="3""#)
        );
        let DecodingResult::U8(values) = decoder.read_image().unwrap() else {
            panic!("no bytes")
        };
        assert_eq!(values, [1, 2, 3, 4, 5, 6]);
        assert!(write_rgb(Cursor::new(Vec::new()), &description, &[0; 5]).is_err());
    }

    #[test]
    fn a_page_of_another_size_is_refused() {
        let description = OmeDescription {
            name: String::new(),
            width: 2,
            height: 1,
            pixel_size_um: None,
            channels: vec!["x".into()],
        };
        let mut file = OmeTiff::new(Cursor::new(Vec::new()), description).unwrap();
        assert!(file.write(&[1.0]).is_err());
    }
}
