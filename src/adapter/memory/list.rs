//! A set as a sorted list.
//!
//! The list is sorted so that lists with the same items are equal, in whatever order the items were
//! inserted. It never frees memory: a service that has run for a while no longer allocates.

use std::ops::Deref;

use chatwarden_model::{User, UserSet};

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct List<T>(Vec<T>);

impl<T: Ord> List<T> {
    pub(super) fn insert(&mut self, item: T) {
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
