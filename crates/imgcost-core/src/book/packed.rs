//! A book as bytes: what a program carries in place of the TOML files. The sources, each family and
//! each provider are read when they are first asked for; ids and aliases are known before.

#![expect(clippy::disallowed_types, reason = "a section is filled once, from its own bytes, by any reader")]

use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Book, Family, Provider, Source};

/// A section of a book, read or still packed.
#[derive(Clone)]
pub(crate) struct Section<T> {
    read: OnceLock<T>,
    packed: &'static [u8],
}

impl<T> Section<T> {
    pub(super) fn new(value: T) -> Section<T> {
        Section { read: OnceLock::from(value), packed: &[] }
    }
}

impl<T: Deserialize<'static>> Section<T> {
    fn packed(packed: &'static [u8]) -> Section<T> {
        Section { read: OnceLock::new(), packed }
    }

    fn is_read(&self) -> bool {
        self.read.get().is_some()
    }

    pub(crate) fn get(&self) -> &T {
        self.read.get_or_init(|| read(self.packed))
    }

    #[expect(clippy::expect_used, reason = "it has just been read")]
    pub(crate) fn get_mut(&mut self) -> &mut T {
        self.get();
        self.read.get_mut().expect("a section that was read")
    }
}

impl<T: Default> Default for Section<T> {
    fn default() -> Self {
        Section::new(T::default())
    }
}

impl<T: Deserialize<'static> + PartialEq> PartialEq for Section<T> {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl<T: Deserialize<'static> + Eq> Eq for Section<T> {}

/// A section within one that is packed: bytes of its own, which stay packed when that one is read.
impl<T: Deserialize<'static> + Serialize> Serialize for Section<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&write(self.get()))
    }
}

impl<'de: 'static, T: Deserialize<'static>> Deserialize<'de> for Section<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(Bytes).map(Section::packed)
    }
}

struct Bytes;

impl<'de: 'static> Visitor<'de> for Bytes {
    type Value = &'static [u8];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the bytes of a section")
    }

    fn visit_borrowed_bytes<E: Error>(self, bytes: &'de [u8]) -> Result<&'static [u8], E> {
        Ok(bytes)
    }
}

impl<T: fmt::Debug> fmt::Debug for Section<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.read.get() {
            Some(value) => value.fmt(f),
            None => write!(f, "{} bytes", self.packed.len()),
        }
    }
}

/// A provider by its names, which are known before its prices are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shelf {
    pub(crate) id: String,
    pub(crate) aliases: Vec<String>,
    provider: Section<Provider>,
}

impl Shelf {
    #[cfg(feature = "toml")]
    pub(crate) fn new(provider: Provider) -> Shelf {
        let (id, aliases) = (provider.id.clone(), provider.aliases.clone());
        Shelf { id, aliases, provider: Section::new(provider) }
    }

    pub(crate) fn provider(&self) -> &Provider {
        self.provider.get()
    }

    /// To change its models and prices; its names stay.
    #[cfg(feature = "toml")]
    pub(crate) fn provider_mut(&mut self) -> &mut Provider {
        self.provider.get_mut()
    }
}

/// A family by its id, which is known before its rules are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FamilySection {
    pub(crate) id: String,
    family: Section<Family>,
}

impl FamilySection {
    #[cfg(feature = "toml")]
    pub(crate) fn new(family: Family) -> FamilySection {
        FamilySection { id: family.id.clone(), family: Section::new(family) }
    }

    pub(crate) fn family(&self) -> &Family {
        self.family.get()
    }

    /// To change its rules; its id stays.
    #[cfg(feature = "toml")]
    pub(crate) fn family_mut(&mut self) -> &mut Family {
        self.family.get_mut()
    }
}

/// The bytes of a book, parts inside as bytes of their own.
#[derive(Serialize, Deserialize)]
struct Packed<'a> {
    digest: String,
    overrides: u32,
    files: Vec<String>,
    families: Vec<PackedFamily<'a>>,
    sources: &'a [u8],
    providers: Vec<PackedProvider<'a>>,
}

#[derive(Serialize, Deserialize)]
struct PackedFamily<'a> {
    id: String,
    family: &'a [u8],
}

#[derive(Serialize, Deserialize)]
struct PackedProvider<'a> {
    id: String,
    aliases: Vec<String>,
    provider: &'a [u8],
}

impl Book {
    /// The ids of the providers that have been read so far, for tests of what a program reads.
    pub fn read_so_far(&self) -> impl Iterator<Item = &str> {
        self.providers.iter().filter(|shelf| shelf.provider.is_read()).map(|shelf| shelf.id.as_str())
    }

    /// The book as bytes, for [`Book::unpack`] of the same version of this crate.
    #[must_use]
    pub fn pack(&self) -> Vec<u8> {
        let sources = write(self.sources());
        let families: Vec<Vec<u8>> = self.families().map(write).collect();
        let families = self.families.iter().zip(&families);
        let providers: Vec<Vec<u8>> = self.providers().map(write).collect();
        let providers = self.providers.iter().zip(&providers);
        write(&Packed {
            digest: self.digest.clone(),
            overrides: self.overrides,
            files: self.files.clone(),
            families: families.map(|(part, family)| PackedFamily { id: part.id.clone(), family }).collect(),
            sources: &sources,
            providers: providers
                .map(|(shelf, provider)| PackedProvider {
                    id: shelf.id.clone(),
                    aliases: shelf.aliases.clone(),
                    provider,
                })
                .collect(),
        })
    }

    /// The book of [`Book::pack`]'s bytes. Each provider and family is read when it is first asked
    /// for, so that a program that quotes one of them starts without reading all.
    ///
    /// # Panics
    /// The bytes are not those of a book: here, or where a part of them is first asked for.
    #[must_use]
    pub fn unpack(bytes: &'static [u8]) -> Book {
        let packed: Packed<'static> = read(bytes);
        let family = |family: PackedFamily<'static>| FamilySection {
            id: family.id,
            family: Section::packed(family.family),
        };
        let shelf = |provider: PackedProvider<'static>| Shelf {
            id: provider.id,
            aliases: provider.aliases,
            provider: Section::packed(provider.provider),
        };
        Book {
            families: packed.families.into_iter().map(family).collect(),
            providers: packed.providers.into_iter().map(shelf).collect(),
            sources: Section::<BTreeMap<String, Source>>::packed(packed.sources),
            files: packed.files,
            digest: packed.digest,
            overrides: packed.overrides,
        }
    }
}

#[expect(clippy::expect_used, reason = "it fails where memory does")]
fn write(value: &impl Serialize) -> Vec<u8> {
    postcard::to_stdvec(value).expect("a book in memory")
}

#[expect(clippy::expect_used, reason = "without prices there is nothing to go on with")]
fn read<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> T {
    postcard::from_bytes(bytes).expect("the price book that this program carries is damaged")
}
