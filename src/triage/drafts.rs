//! Findings that were written down as soon as they were made, and wait to be shrunk and settled.
//!
//! What a draft is like on disk is for `save` to say.

use std::collections::HashMap;
use std::io;
use std::sync::{Mutex, PoisonError};

use chatwarden_model::Command;

use super::{Draft, FindingWriter};
use crate::campaign::Origin;
use crate::finding::{Finding, Identity};

/// The files of findings, one for each identity; an error is kept until somebody asks for the file.
#[derive(Debug)]
pub struct Drafts<'a> {
    folder: &'a FindingWriter,
    files: Mutex<HashMap<Identity, io::Result<Draft>>>,
}

impl<'a> Drafts<'a> {
    /// None so far.
    pub fn new(folder: &'a FindingWriter) -> Self {
        Drafts { folder, files: Mutex::default() }
    }

    /// Writes a finding down; the one that it comes before is superseded.
    pub fn save(&self, commands: &[Command], finding: &Finding, origin: Option<Origin>) {
        let draft = self.folder.draft(commands, finding, origin);
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let draft = match (files.remove(&finding.identity()), draft) {
            // The one that is on disk shows it as well.
            (Some(Ok(before)), Err(_)) => Ok(before),
            (Some(Ok(before)), Ok(draft)) => {
                // The same history is the same file. One that cannot be removed is one too many, and nothing is lost.
                let _ = if before == draft { Ok(()) } else { before.discard() };
                Ok(draft)
            }
            (_, draft) => draft,
        };
        files.insert(finding.identity(), draft);
    }

    /// The file of the finding of that identity.
    pub fn take(&self, identity: Identity) -> io::Result<Draft> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.remove(&identity).unwrap_or_else(|| Err(io::Error::other("the finding was not written down")))
    }

    /// Removes what was superseded: the first finding alone counts.
    pub fn discard_rest(&self) -> io::Result<()> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.drain().filter_map(|(_, draft)| draft.ok()).try_for_each(Draft::discard)
    }
}
