//! The XML of an imzML file, read as a stream of events.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read};

use encoding_rs::{Encoding, UTF_8};
use encoding_rs_io::DecodeReaderBytesBuilder;
use quick_xml::errors::SyntaxError;
use quick_xml::escape::EscapeError;
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::cv::{self, Term};
use super::error::ImzmlError;
use super::header::{Header, HeaderBuilder, Unit};
use super::spectrum::{ArrayPlace, Scan, SpectrumBuilder, SpectrumEntry};

/// What a file consists of.
pub(super) struct Document {
    pub(super) header: Header,
    pub(super) spectra: Vec<SpectrumEntry>,
    /// What each of them says of itself.
    pub(super) scans: Vec<Scan>,
    /// Where the ion mobilities of each lie, if that is kept; else empty.
    pub(super) mobilities: Vec<Option<ArrayPlace>>,
    /// Groups that are referred to and not defined, each once, with where that is first.
    pub(super) unknown_groups: Vec<(String, u64)>,
    /// `count` of the spectrum list, where stated.
    pub(super) stated_count: Option<u64>,
}

/// Elements whose terms mean something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    FileDescription,
    Group,
    ScanSettings,
    Instrument,
    Spectrum,
    Array,
    Other,
}

/// A term with its value, as a referenceable group keeps it.
struct Param {
    term: Term,
    name: String,
    value: String,
    unit: Unit,
}

/// A reference to a group that may yet be defined.
struct EarlyReference {
    place: Place,
    offset: u64,
    group: String,
}

/// Groups that are referred to and not defined, of which so many are tolerated: real files have a few
/// names, and a list of any length would be memory that the file does not justify.
const MAX_UNKNOWN_GROUPS: usize = 16;

/// Bytes looked at for the XML declaration.
const DECLARATION_BYTES: usize = 256;

/// Reads the XML of `file` (its name, for messages), and keeps where ion mobilities lie or not.
pub(super) fn parse(
    xml: &mut dyn Read,
    file: &str,
    keeps_mobility: bool,
) -> Result<Document, ImzmlError> {
    let read_error = |source| ImzmlError::Read {
        file: file.into(),
        source,
    };
    let mut start = Vec::new();
    xml.take(DECLARATION_BYTES as u64)
        .read_to_end(&mut start)
        .map_err(read_error)?;
    let encoding = declared_encoding(&start);
    let decoded = DecodeReaderBytesBuilder::new()
        .encoding(Some(encoding))
        .bom_override(true)
        .build(start.as_slice().chain(xml));
    let mut reader = Reader::from_reader(BufReader::with_capacity(1 << 16, decoded));
    reader.config_mut().check_end_names = true;
    Parser {
        file,
        offset: 0,
        depth: Vec::new(),
        places: Vec::new(),
        groups: HashMap::new(),
        group: None,
        early_references: Vec::new(),
        header: HeaderBuilder::default(),
        spectrum: SpectrumBuilder::new(keeps_mobility),
        spectra: Vec::new(),
        scans: Vec::new(),
        mobilities: keeps_mobility.then(Vec::new),
        unknown_groups: Vec::new(),
        stated_count: None,
        is_imzml: false,
    }
    .run(&mut reader)
}

/// The encoding that an XML declaration names, UTF-8 if none; the decoder sees byte order marks by
/// itself. A declaration that can be read is in no encoding of wider units, whatever it says.
fn declared_encoding(start: &[u8]) -> &'static Encoding {
    let text = String::from_utf8_lossy(start);
    declared_label(&text)
        .and_then(|label| Encoding::for_label(label.as_bytes()))
        .filter(|encoding| encoding.is_ascii_compatible())
        .unwrap_or(UTF_8)
}

fn declared_label(text: &str) -> Option<&str> {
    let declaration = text.split_once("?>")?.0;
    let label = declaration
        .split_once("encoding")?
        .1
        .trim_start()
        .strip_prefix('=')?
        .trim_start();
    let quote = label.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    label[1..].split(quote).next()
}

struct Parser<'a> {
    file: &'a str,
    offset: u64,
    /// Names of the open elements.
    depth: Vec<String>,
    /// What the open elements mean.
    places: Vec<Place>,
    groups: HashMap<String, Vec<Param>>,
    /// The group being defined.
    group: Option<(String, Vec<Param>)>,
    /// References that stand before the groups, as those of the file description do.
    early_references: Vec<EarlyReference>,
    header: HeaderBuilder,
    spectrum: SpectrumBuilder,
    spectra: Vec<SpectrumEntry>,
    scans: Vec<Scan>,
    /// Nothing where they are passed over.
    mobilities: Option<Vec<Option<ArrayPlace>>>,
    unknown_groups: Vec<(String, u64)>,
    stated_count: Option<u64>,
    is_imzml: bool,
}

impl Parser<'_> {
    fn run<R: BufRead>(mut self, reader: &mut Reader<R>) -> Result<Document, ImzmlError> {
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            let event = reader.read_event_into(&mut buffer);
            self.offset = reader.buffer_position();
            match event.map_err(|source| self.xml_error(source))? {
                Event::Start(element) => {
                    self.open(&element)?;
                    let name = element.name();
                    self.depth.push(name.as_ref().to_owned());
                }
                Event::Empty(element) => {
                    self.open(&element)?;
                    self.close()?;
                }
                Event::End(_) => {
                    self.depth.pop();
                    self.close()?;
                }
                Event::DocType(_) => return Err(self.entity("a document type declaration")),
                Event::GeneralRef(reference) => self.check_reference(&reference)?,
                Event::Text(text) => self.check_text(&text)?,
                Event::Eof => break,
                _ => {}
            }
        }
        if let Some(element) = self.depth.pop() {
            return Err(ImzmlError::Truncated {
                file: self.file.into(),
                offset: self.offset,
                element,
            });
        }
        if !self.is_imzml {
            let is_empty = self.offset == 0;
            return Err(self.not_imzml(if is_empty {
                "it is empty"
            } else {
                "it has no element"
            }));
        }
        for EarlyReference {
            place,
            offset,
            group,
        } in std::mem::take(&mut self.early_references)
        {
            self.offset = offset;
            self.refer(place, &group)?;
        }
        if self.spectra.is_empty() {
            return Err(ImzmlError::NoSpectra {
                file: self.file.into(),
            });
        }
        let Self {
            header,
            mut spectra,
            mut scans,
            mobilities,
            unknown_groups,
            stated_count,
            ..
        } = self;
        spectra.shrink_to_fit();
        scans.shrink_to_fit();
        Ok(Document {
            header: header.finish(),
            spectra,
            scans,
            mobilities: mobilities.unwrap_or_default(),
            unknown_groups,
            stated_count,
        })
    }

    fn open(&mut self, element: &BytesStart<'_>) -> Result<(), ImzmlError> {
        let name = element.local_name();
        let name: &str = name.as_ref();
        if self.depth.is_empty() {
            if self.is_imzml {
                return Err(
                    self.not_imzml(&format!("it has a second root <{}>", name.escape_debug()))
                );
            }
            if !matches!(name, "mzML" | "indexedmzML") {
                return Err(self.not_imzml(&format!("its root is <{}>", name.escape_debug())));
            }
            self.is_imzml = true;
        }
        let parent = self.places.last().copied().unwrap_or(Place::Other);
        self.check_nesting(parent, name)?;
        let place = match name {
            "cvParam" => {
                self.param(parent, element)?;
                Place::Other
            }
            "referenceableParamGroupRef" => {
                let group = self.attribute(element, "ref")?;
                self.refer_or_wait(parent, group)?;
                Place::Other
            }
            "referenceableParamGroup" => {
                self.group = Some((self.attribute(element, "id")?, Vec::new()));
                Place::Group
            }
            "spectrum" => {
                self.spectrum.begin(self.spectra.len() as u64 + 1);
                Place::Spectrum
            }
            "spectrumList" => {
                self.stated_count = self.attribute(element, "count")?.trim().parse().ok();
                Place::Other
            }
            // Those of chromatograms are passed over.
            "binaryDataArray" if parent == Place::Spectrum => {
                self.spectrum.begin_array();
                Place::Array
            }
            "fileDescription" => Place::FileDescription,
            "scanSettings" => Place::ScanSettings,
            "instrumentConfiguration" => Place::Instrument,
            // What they hold is about other things than this spectrum.
            "precursor" | "product" | "chromatogram" | "sourceFileList" | "contact" => Place::Other,
            _ => parent,
        };
        self.places.push(place);
        Ok(())
    }

    fn close(&mut self) -> Result<(), ImzmlError> {
        let place = self.places.pop();
        let parent = self.places.last().copied();
        if place == parent {
            return Ok(());
        }
        match place {
            Some(Place::Group) => self.groups.extend(self.group.take()),
            Some(Place::Array) => self.spectrum.end_array(self.file, self.offset)?,
            Some(Place::Spectrum) => {
                let ended = self.spectrum.end(self.file, self.offset);
                let entry = ended.map_err(|error| self.missed(error))?;
                self.spectra.push(entry);
                self.scans.push(self.spectrum.scan());
                if let Some(mobilities) = &mut self.mobilities {
                    mobilities.push(self.spectrum.mobility());
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The reason why something is missing, where it may be that a group is not defined.
    fn missed(&self, error: ImzmlError) -> ImzmlError {
        match (&error, self.unknown_groups.last()) {
            (ImzmlError::Missing { .. }, Some((group, offset))) => ImzmlError::UnknownGroup {
                file: self.file.into(),
                offset: *offset,
                group: group.clone(),
            },
            _ => error,
        }
    }

    fn param(&mut self, place: Place, element: &BytesStart<'_>) -> Result<(), ImzmlError> {
        let (mut term, mut name, mut value) = (cv::UNKNOWN, "".into(), "".into());
        let mut unit = Unit::default();
        let mut attributes = element.attributes();
        for attribute in attributes.with_checks(false) {
            let attribute = attribute.map_err(|error| self.xml_error(error.into()))?;
            let key = attribute.key;
            let text = self.unescaped(attribute)?;
            match key.as_ref() {
                "accession" => term = cv::term(&text),
                "value" => value = text,
                "name" => name = text,
                "unitName" => unit.name = text.into(),
                "unitAccession" => unit.accession = text.into(),
                _ => {}
            }
        }
        self.apply(place, term, [&name, &value], &unit)
    }

    fn apply(
        &mut self,
        place: Place,
        term: Term,
        [name, value]: [&str; 2],
        unit: &Unit,
    ) -> Result<(), ImzmlError> {
        match place {
            Place::FileDescription => self.header.file_term(term, value),
            Place::ScanSettings => self.header.settings_term(term, value, unit),
            Place::Instrument => self.header.instrument_term(term, name, value),
            Place::Spectrum => {
                self.header.spectrum_term(term);
                self.spectrum
                    .term(term, value)
                    .map_err(|bad| bad.at(self.file, self.offset))?;
            }
            Place::Array => {
                self.spectrum
                    .array_term(term, name, value)
                    .map_err(|bad| bad.at(self.file, self.offset))?;
            }
            Place::Group => {
                if let Some((_, params)) = &mut self.group {
                    let (name, value, unit) = (name.into(), value.into(), unit.clone());
                    params.push(Param {
                        term,
                        name,
                        value,
                        unit,
                    });
                }
            }
            Place::Other => {}
        }
        Ok(())
    }

    /// Refuses what cannot be told apart: parts of the same kind within each other. Groups that
    /// refer to groups, which the format does not allow, could grow without end.
    fn check_nesting(&self, parent: Place, element: &str) -> Result<(), ImzmlError> {
        let within = match element {
            "referenceableParamGroup" | "referenceableParamGroupRef" if parent == Place::Group => {
                "referenceableParamGroup"
            }
            "spectrum" if self.places.contains(&Place::Spectrum) => "spectrum",
            "binaryDataArray" if parent == Place::Array => "binaryDataArray",
            _ => return Ok(()),
        };
        let (file, offset) = (self.file.into(), self.offset);
        Err(ImzmlError::Nested {
            file,
            offset,
            element: element.into(),
            within,
        })
    }

    /// Applies the terms of a group, at the end if it may yet be defined.
    fn refer_or_wait(&mut self, place: Place, group: String) -> Result<(), ImzmlError> {
        let may_wait = matches!(place, Place::FileDescription | Place::Other);
        if may_wait && !self.groups.contains_key(&group) {
            self.early_references.push(EarlyReference {
                place,
                offset: self.offset,
                group,
            });
            return Ok(());
        }
        self.refer(place, &group)
    }

    /// Applies the terms of a group as if they stood here.
    fn refer(&mut self, place: Place, group: &str) -> Result<(), ImzmlError> {
        let Some((name, params)) = self.groups.remove_entry(group) else {
            // What is needed and nowhere else stated is missed where the spectrum ends.
            if self.unknown_groups.iter().all(|(known, _)| known != group) {
                if self.unknown_groups.len() == MAX_UNKNOWN_GROUPS {
                    return Err(ImzmlError::UnknownGroup {
                        file: self.file.into(),
                        offset: self.offset,
                        group: group.into(),
                    });
                }
                self.unknown_groups.push((group.into(), self.offset));
            }
            return Ok(());
        };
        let applied = params.iter().try_for_each(|param| {
            self.apply(place, param.term, [&param.name, &param.value], &param.unit)
        });
        self.groups.insert(name, params);
        applied
    }

    /// An attribute's value, empty where there is none.
    fn attribute(&self, element: &BytesStart<'_>, name: &str) -> Result<String, ImzmlError> {
        let found = element
            .try_get_attribute(name)
            .map_err(|error| self.xml_error(error.into()))?;
        found.map_or(Ok(String::new()), |attribute| {
            self.unescaped(attribute).map(Cow::into_owned)
        })
    }

    /// An attribute's value with the five entities of XML replaced, and no others.
    fn unescaped<'e>(&self, attribute: Attribute<'e>) -> Result<Cow<'e, str>, ImzmlError> {
        if !attribute.value.contains('&') {
            return Ok(attribute.value);
        }
        attribute
            .normalized_value(XmlVersion::Implicit1_0)
            .map_err(|error| match error {
                quick_xml::Error::Escape(EscapeError::UnrecognizedEntity(_, name)) => {
                    self.entity(&format!("entity `&{name};`"))
                }
                error => self.xml_error(error),
            })
    }

    fn check_reference(&self, name: &str) -> Result<(), ImzmlError> {
        let is_predefined = matches!(name, "lt" | "gt" | "amp" | "quot" | "apos");
        if is_predefined || name.starts_with('#') {
            return Ok(());
        }
        Err(self.entity(&format!("entity `&{name};`")))
    }

    fn check_text(&self, text: &str) -> Result<(), ImzmlError> {
        if self.depth.is_empty() && !text.trim_start_matches('\u{feff}').trim().is_empty() {
            return Err(self.not_imzml("it has text where XML should begin or end"));
        }
        Ok(())
    }

    fn entity(&self, found: &str) -> ImzmlError {
        ImzmlError::Entity {
            file: self.file.into(),
            offset: self.offset,
            found: found.into(),
        }
    }

    fn not_imzml(&self, found: &str) -> ImzmlError {
        ImzmlError::NotImzml {
            file: self.file.into(),
            found: found.into(),
        }
    }

    fn xml_error(&self, source: quick_xml::Error) -> ImzmlError {
        match source {
            quick_xml::Error::Io(error) => ImzmlError::Read {
                file: self.file.into(),
                source: std::io::Error::new(error.kind(), error.to_string()),
            },
            // Every other syntax error means that the end came first.
            quick_xml::Error::Syntax(error)
                if error != SyntaxError::InvalidBangMarkup && !self.depth.is_empty() =>
            {
                let element = self.depth.last().cloned().unwrap_or_default();
                ImzmlError::Truncated {
                    file: self.file.into(),
                    offset: self.offset,
                    element,
                }
            }
            source => ImzmlError::Xml {
                file: self.file.into(),
                offset: self.offset,
                source,
            },
        }
    }
}
