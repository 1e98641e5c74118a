//! Writes files whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Writes the bytes to a temporary file beside the path, and then renames it. The file has the mode
/// that the umask gives.
///
/// # Errors
/// If it cannot be written; then a file that was there before stays as it was.
///
/// ```
/// let file = std::env::temp_dir().join("chatwarden-replace-file-example");
/// chatwarden::triage::replace_file(&file, b"old")?;
/// chatwarden::triage::replace_file(&file, b"new")?;
/// assert_eq!(std::fs::read(&file)?, b"new");
/// # std::fs::remove_file(file)?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn replace_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let (temporary, mut file) = temporary_beside(path)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    let replaced = written.and_then(|()| fs::rename(&temporary, path));
    if replaced.is_err() {
        // The first error is the one to report.
        let _ = fs::remove_file(&temporary);
    }
    replaced
}

/// Checks that files can be written to a folder, without leaving one behind.
///
/// # Errors
/// If they cannot.
pub fn check_writable(directory: &Path) -> io::Result<()> {
    let existing = directory.ancestors().find(|folder| folder.exists());
    let nearest = existing.filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let (temporary, _) = temporary_beside(&nearest.join("check"))?;
    fs::remove_file(temporary)
}

/// Opens a new file with a unique name beside the path.
fn temporary_beside(path: &Path) -> io::Result<(PathBuf, File)> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    loop {
        let number = NEXT.fetch_add(1, Relaxed);
        let temporary = path.with_file_name(format!(".{name}.{}-{number}.tmp", process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&temporary) {
            // An earlier process with the same number left it behind.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            opened => return Ok((temporary, opened?)),
        }
    }
}
