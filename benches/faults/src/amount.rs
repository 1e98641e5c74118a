//! Amounts that were measured, or of which only a lower bound is known, and their median.

use std::cmp::Ordering;

/// An amount. A fault that was not found within a limit takes more than the limit, and it is not
/// known how much more.
///
/// ```
/// use chatwarden_fault_bench::Amount;
/// assert_eq!(Amount::MoreThan(20_000).value(), 20_000);
/// assert!(!Amount::MoreThan(20_000).is_exact());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Amount<T> {
    /// The amount that was measured.
    Exactly(T),
    /// The amount is greater than this.
    MoreThan(T),
}

impl<T: Copy> Amount<T> {
    /// The number that was measured, or the lower bound.
    pub fn value(self) -> T {
        match self {
            Amount::Exactly(value) | Amount::MoreThan(value) => value,
        }
    }

    /// Whether the amount is known.
    pub fn is_exact(self) -> bool {
        matches!(self, Amount::Exactly(_))
    }
}

/// The median; of two amounts in the middle it is the greater one, so that it is one of the amounts.
/// It is exact if it and all lesser amounts are. Otherwise the median of the numbers is a lower bound.
///
/// ```
/// use chatwarden_fault_bench::{median, Amount::{Exactly, MoreThan}};
/// assert_eq!(median([Exactly(3), MoreThan(9), Exactly(1)]), Some(Exactly(3)));
/// assert_eq!(median([Exactly(3), MoreThan(9), MoreThan(9)]), Some(MoreThan(9)));
/// assert_eq!(median([Exactly(3), MoreThan(2), Exactly(4)]), Some(MoreThan(3)));
/// assert_eq!(median::<u64>([]), None);
/// ```
pub fn median<T: Copy + Ord>(amounts: impl IntoIterator<Item = Amount<T>>) -> Option<Amount<T>> {
    let mut amounts: Vec<Amount<T>> = amounts.into_iter().collect();
    amounts.sort_by(|one, other| match one.value().cmp(&other.value()) {
        Ordering::Equal => other.is_exact().cmp(&one.is_exact()),
        unequal => unequal,
    });
    let middle = amounts.len() / 2;
    let value = amounts.get(middle)?.value();
    let known = amounts[..=middle].iter().all(|amount| amount.is_exact());
    Some(if known { Amount::Exactly(value) } else { Amount::MoreThan(value) })
}
