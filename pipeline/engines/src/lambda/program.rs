//! What a program asks of the machine that is to run it, as its ELF file says.

use aws_sdk_lambda::types::Architecture;
use object::elf::{EM_AARCH64, EM_X86_64, FileHeader64, VER_FLG_WEAK};
use object::read::elf::FileHeader;
use object::{LittleEndian, Result};

/// Version 2.X of the GNU C library.
pub(crate) type GlibcMinor = u32;

const ENDIAN: LittleEndian = LittleEndian;

/// The processors that a program is for, if they are of Lambda's.
pub(crate) fn architecture(program: &[u8]) -> Option<Architecture> {
    match header(program).ok()?.e_machine(ENDIAN) {
        EM_X86_64 => Some(Architecture::X8664),
        EM_AARCH64 => Some(Architecture::Arm64),
        _ => None,
    }
}

/// The version of the GNU C library that a program needs; nothing if it needs none.
///
/// # Errors
/// The file is no whole ELF file.
pub(crate) fn glibc(program: &[u8]) -> Result<Option<GlibcMinor>> {
    let sections = header(program)?.sections(ENDIAN, program)?;
    let Some((mut libraries, link)) = sections.gnu_verneed(ENDIAN, program)? else {
        return Ok(None);
    };
    let strings = sections.strings(ENDIAN, program, link)?;
    let mut newest = None;
    while let Some((_, mut versions)) = libraries.next()? {
        while let Some(version) = versions.next()? {
            // It does without those.
            let is_weak = version.vna_flags.get(ENDIAN).contains(VER_FLG_WEAK);
            let name = version.name(ENDIAN, strings)?;
            newest = newest.max(minor(name).filter(|_| !is_weak));
        }
    }
    Ok(newest)
}

fn header(program: &[u8]) -> Result<&FileHeader64<LittleEndian>> {
    let header = FileHeader64::parse(program)?;
    header.endian()?;
    Ok(header)
}

/// Of `GLIBC_2.34` or `GLIBC_2.2.5`, the number after the first dot.
fn minor(version: &[u8]) -> Option<GlibcMinor> {
    let rest = std::str::from_utf8(version)
        .ok()?
        .strip_prefix("GLIBC_2.")?;
    rest.split('.').next()?.parse().ok()
}

/// A program that needs another version of the C library than it did, and may not run.
#[cfg(test)]
pub(crate) fn for_glibc(needed: GlibcMinor, mut program: Vec<u8>) -> Vec<u8> {
    let now = glibc(&program).unwrap().unwrap();
    let [from, to] = [now, needed].map(|minor| format!("\0GLIBC_2.{minor}\0").into_bytes());
    assert_eq!(from.len(), to.len());
    for at in 0..program.len() - from.len() {
        if program[at..].starts_with(&from) {
            program[at..at + from.len()].copy_from_slice(&to);
        }
    }
    program
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors_are_told_apart() {
        let mut elf = b"\x7fELF\x02\x01\x01".to_vec();
        elf.resize(64, 0);
        elf[18] = 62;
        assert_eq!(architecture(&elf), Some(Architecture::X8664));
        elf[18] = 183;
        assert_eq!(architecture(&elf), Some(Architecture::Arm64));
        elf[18] = 3;
        assert_eq!(architecture(&elf), None);
        assert_eq!(architecture(b"#!/bin/sh"), None);
        assert_eq!(architecture(b"\x7fELF\x02\x01"), None);
    }

    #[test]
    fn versions_are_read() {
        assert_eq!(minor(b"GLIBC_2.34"), Some(34));
        assert_eq!(minor(b"GLIBC_2.2.5"), Some(2));
        assert_eq!(minor(b"GLIBC_PRIVATE"), None);
        assert_eq!(minor(b"GCC_3.0"), None);
    }

    /// The tests themselves are such a program.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[test]
    fn a_program_tells_its_c_library() {
        let program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let needed = glibc(&program).unwrap().unwrap();
        assert!((14..99).contains(&needed), "{needed}");
        let mut program = for_glibc(99, program);
        assert_eq!(glibc(&program).unwrap(), Some(99));
        program.truncate(1_000);
        assert!(glibc(&program).is_err());
    }
}
