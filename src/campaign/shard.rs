//! A part of work that several machines share: every Nth piece, counted from one of the first N.
//!
//! Pieces are assigned by their position. So the sizes of shards differ by at most one, and
//! neighbours, which cost about the same, go to different shards. Every machine must count the same
//! pieces in the same order; the same files and the same seed ensure that.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

/// One of several shards.
///
/// ```
/// use chatwarden::campaign::Shard;
/// let second: Shard = "2/3".parse()?;
/// assert_eq!((0..8).filter(|at| second.holds(*at)).collect::<Vec<_>>(), [1, 4, 7]);
/// assert_eq!((second.nth(2), second.share(8)), (7, 3));
/// assert_eq!("4/3".parse::<Shard>().unwrap_err(), "there is no shard 4 of 3");
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shard {
    /// The number of the shard, from 0.
    index: u64,
    of: NonZeroU64,
}

/// The most shards: each takes a machine.
const MOST: u64 = 10_000;

impl Shard {
    /// All of the work.
    pub const WHOLE: Shard = Shard { index: 0, of: NonZeroU64::MIN };

    /// Whether the shard holds the piece at the position, from 0.
    pub fn holds(self, position: u64) -> bool {
        position % self.of == self.index
    }

    /// The position of its nth piece, both from 0.
    pub fn nth(self, number: u64) -> u64 {
        number.saturating_mul(self.of.get()).saturating_add(self.index)
    }

    /// How many of the first `pieces` pieces the shard holds.
    pub fn share(self, pieces: u64) -> u64 {
        pieces.saturating_sub(self.index).div_ceil(self.of.get())
    }

    /// Whether it is all of the work.
    pub fn is_whole(self) -> bool {
        self.of == NonZeroU64::MIN
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index + 1, self.of)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number =
            |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?;
        let parts: Option<(u64, u64)> =
            text.split_once('/').and_then(|(index, of)| Some((number(index)?, number(of)?)));
        match parts {
            None => Err("expected a shard and how many there are, such as `2/5`".into()),
            Some((0, _)) => Err("shards are counted from 1".into()),
            Some((_, of)) if of > MOST => Err(format!("more than {MOST} shards are too many")),
            Some((index, of)) if index > of => Err(format!("there is no shard {index} of {of}")),
            Some((index, of)) => {
                Ok(Shard { index: index - 1, of: NonZeroU64::new(of).expect("no less than the index") })
            }
        }
    }
}
