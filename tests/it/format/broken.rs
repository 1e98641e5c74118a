//! Files with one error each, as a table: an edit of the good file, and the whole error message.

use super::{GOOD, read};

const TABLE: &str = include_str!("broken.txt");

/// An edit of the good file, and the reader's error.
pub(super) struct Row {
    find: &'static str,
    pub(super) replace: &'static str,
    error: &'static str,
}

impl Row {
    /// The good file with the edit.
    pub(super) fn text(&self) -> String {
        assert_eq!(GOOD.matches(self.find).count(), 1, "an edit is of one place: {}", self.find);
        GOOD.replace(self.find, self.replace)
    }
}

/// The rows of the section whose heading starts with these words, or of all sections.
pub(super) fn rows(heading: &str) -> Vec<Row> {
    let mut sections = TABLE.split("\n# ").skip(1).filter(|section| section.starts_with(heading)).peekable();
    assert!(sections.peek().is_some(), "there is no section {heading}");
    let row = |row: &'static str| {
        let lines: Vec<_> = row.lines().collect();
        let [find, replace, error] = lines[..] else { panic!("a row has three lines: {row}") };
        let after = |sign, line: &'static str| line.strip_prefix(sign).expect(row).trim_start();
        Row { find: after('-', find), replace: after('+', replace), error: after('=', error) }
    };
    sections.flat_map(|section| section.trim_end().split("\n\n").skip(1).map(row)).collect()
}

#[test]
fn every_fault_is_located_and_explained() {
    let rows = rows("");
    assert!(rows.len() > 100);
    for row in rows {
        let error = read(&row.text()).expect_err(row.replace).to_string();
        assert_eq!(
            error,
            format!("good.json:{}", row.error),
            "instead of {} stands {}",
            row.find,
            row.replace
        );
    }
}
