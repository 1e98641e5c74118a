//! Who is authorized with whom: the only way in which a group depends on the accounts.

use chatwarden_model::{MAX_USERS, Policy, UserSet};

use crate::policy::packing::Accounts;

const _: () = assert!(MAX_USERS * (MAX_USERS - 1) / 2 <= 128, "a relation has one bit for each pair");

/// One bit for each pair of users who chat: whether the two are authorized.
#[inline]
pub(super) fn relation<const U: usize>(accounts: &Accounts<U>, policy: &Policy) -> u128 {
    let chatting = accounts.kinds().chatting();
    let mut bits = 0;
    for one in chatting {
        for other in chatting.minus(UserSet::first(one.index() + 1)) {
            bits = bits << 1 | u128::from(accounts.authorized(policy, one, other));
        }
    }
    bits
}
