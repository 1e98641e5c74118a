//! The limits of names, lists, lines and files that several files of the formats share.

/// The most characters of a name.
pub const MAX_NAME_CHARS: usize = 64;

/// The most bytes that a file may have: 16 MiB.
pub const MAX_FILE_BYTES: usize = 16 << 20;

/// The most bytes of a line of the driver protocol, without its end: 1 MiB.
pub const MAX_LINE_BYTES: usize = 1 << 20;

/// The most steps that a scenario may have.
pub const MAX_STEPS: usize = 10_000;

/// The most users between whom a promise is broken at one place.
pub(super) const MAX_PARTIES: usize = 2;
