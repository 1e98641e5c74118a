//! An implementation that is replaced after it panicked, hung or died.

use super::{Adapter, Failure};

/// An implementation and the way to make another one in its place.
///
/// The old one is dropped before the new one is made: it may hold a port or a file that the new one
/// needs.
///
/// ```
/// use chatwarden::adapter::{Adapter, Replaceable, memory::Memory};
/// let mut service = Replaceable::new(|| Ok(Memory::new()))?;
/// service.replace()?;
/// assert_eq!(service.get()?.about().name, "memory");
/// # Ok::<(), chatwarden::adapter::Failure>(())
/// ```
#[derive(Clone, Debug)]
pub struct Replaceable<A, M> {
    make: M,
    /// None after an attempt to make one failed.
    current: Option<A>,
}

impl<A: Adapter, M: Fn() -> Result<A, Failure>> Replaceable<A, M> {
    /// Makes the first one.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn new(make: M) -> Result<Self, Failure> {
        let current = Some(make()?);
        Ok(Replaceable { make, current })
    }

    /// The implementation; a new one if the last attempt to replace it failed.
    ///
    /// # Errors
    /// If there is none and none can be made.
    pub fn get(&mut self) -> Result<&mut A, Failure> {
        match &mut self.current {
            Some(adapter) => Ok(adapter),
            none => Ok(none.insert((self.make)()?)),
        }
    }

    /// Drops the implementation, then makes another one.
    ///
    /// # Errors
    /// If no other one can be made.
    pub fn replace(&mut self) -> Result<(), Failure> {
        self.current = None;
        self.get().map(drop)
    }
}
