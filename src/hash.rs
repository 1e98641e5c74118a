//! The one hash whose values are written down: in names of files and in certificates.
//!
//! Hash tables use other ones, which are faster and may change.

/// The 64-bit FNV-1a hash: what is written down must be the same in every version, which the standard library does
/// not promise of its own.
pub fn fnv1a(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
