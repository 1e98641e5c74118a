//! A list in which nothing stands twice, kept in order.
//!
//! No order that a caller could see is meant: the order is there so that equal contents are equal lists,
//! whichever came first. Nothing is ever given back to the allocator, so that a service that has warmed
//! up no longer allocates.

use std::ops::Deref;

use chatwarden_model::{User, UserSet};

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct List<T>(Vec<T>);

impl<T: Ord> List<T> {
    pub(super) fn has(&self, item: &T) -> bool {
        self.0.iter().any(|other| other == item)
    }

    pub(super) fn put(&mut self, item: T) {
        let at = self.0.iter().take_while(|other| **other < item).count();
        if self.0.get(at) != Some(&item) {
            self.0.insert(at, item);
        }
    }

    pub(super) fn remove_if(&mut self, unwanted: impl Fn(&T) -> bool) {
        self.0.retain(|item| !unwanted(item));
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

impl List<User> {
    pub(super) fn remove(&mut self, user: User) {
        self.remove_if(|&other| other == user);
    }

    pub(super) fn users(&self) -> UserSet {
        self.iter().copied().collect()
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        List(Vec::new())
    }
}

impl<T> Deref for List<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}
