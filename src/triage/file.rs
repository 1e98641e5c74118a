//! Writes files whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Writes the bytes to a temporary file beside the path, and then renames it. The file has the mode
/// that the umask gives. A link is followed and stays. A device or a pipe is written to directly.
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
    let place = file_place(path)?;
    if is_special(&place) {
        return OpenOptions::new().write(true).open(place)?.write_all(bytes);
    }
    let (temporary, mut file) = temporary_beside(&place)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    let replaced = written.and_then(|()| fs::rename(&temporary, place));
    if replaced.is_err() {
        // The first error is the one to report.
        let _ = fs::remove_file(&temporary);
    }
    replaced
}

/// Checks that [`replace_file`] can write to the path, and leaves everything as it is. Returns the
/// place of the file. Two paths with the same place name the same file, whatever their spelling and
/// the links in them.
///
/// # Errors
/// If the folder does not exist or cannot be written to, or if the path is a folder.
///
/// ```
/// let folder = std::env::temp_dir();
/// let place = chatwarden::triage::check_replaceable(&folder.join("chatwarden-place"))?;
/// assert_eq!(place, chatwarden::triage::check_replaceable(&folder.join(".").join("chatwarden-place"))?);
/// assert!(!place.exists());
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn check_replaceable(path: &Path) -> io::Result<PathBuf> {
    let place = file_place(path)?;
    if place.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    if !is_special(&place) {
        let (temporary, _) = temporary_beside(&place)?;
        fs::remove_file(temporary)?;
    }
    Ok(place)
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

/// The absolute path of a file that may not exist yet, without links.
fn file_place(path: &Path) -> io::Result<PathBuf> {
    if is_special(path) {
        // A link such as `/dev/stdout` may lead to a stream, which has no path of its own.
        return Ok(fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf()));
    }
    match fs::canonicalize(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        place => return place,
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (fs::read_link(path), path.file_name()) {
        (Ok(link), _) => file_place(&folder.join(link)),
        (Err(_), Some(name)) => Ok(fs::canonicalize(folder)?.join(name)),
        (Err(_), None) => Err(ErrorKind::NotFound.into()),
    }
}

/// Whether there is something that is neither a file nor a folder.
fn is_special(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
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
