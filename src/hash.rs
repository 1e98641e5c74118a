//! The hash of file names and certificates. Hash tables use other functions, which are faster and
//! may change.

/// The 64-bit FNV-1a hash. Its values are written to files, so they must be the same in every
/// version. The standard library does not promise that for its own hash.
pub fn fnv1a(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
