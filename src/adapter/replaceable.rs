//! An implementation that can be replaced after it panicked, hung or died.

use super::{Adapter, Failure};

/// An implementation with a function that makes another one in its place.
///
/// The old implementation is dropped before the new one is made. It may hold a port or a file that the
/// new one needs.
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
    /// None if the last attempt to make one failed.
    current: Option<A>,
}

impl<A: Adapter, M: Fn() -> Result<A, Failure>> Replaceable<A, M> {
    /// Makes the first implementation.
    ///
    /// # Errors
    /// The error of `make`.
    pub fn new(make: M) -> Result<Self, Failure> {
        let current = Some(make()?);
        Ok(Replaceable { make, current })
    }

    /// The implementation. If the last attempt to replace it failed, it is made now.
    ///
    /// # Errors
    /// The error of `make`.
    pub fn get(&mut self) -> Result<&mut A, Failure> {
        match &mut self.current {
            Some(adapter) => Ok(adapter),
            none => Ok(none.insert((self.make)()?)),
        }
    }

    /// Drops the implementation and makes another one.
    ///
    /// # Errors
    /// The error of `make`.
    pub fn replace(&mut self) -> Result<(), Failure> {
        self.current = None;
        self.get().map(drop)
    }
}
