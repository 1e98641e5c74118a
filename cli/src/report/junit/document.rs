//! The XML document of a `JUnit` report. It has only what the schema of Jenkins' plugin xUnit allows,
//! which is stricter than other readers.

use std::fmt::Write;
use std::time::Duration;

use chatwarden::sanitize;

/// A test with its result.
#[derive(Clone, Debug)]
pub(super) struct TestCase {
    pub(super) class: String,
    pub(super) name: String,
    pub(super) result: TestResult,
    pub(super) time: Option<Duration>,
    /// The file that GitLab makes a link of. It is no attribute of the schema.
    pub(super) file: Option<String>,
    pub(super) output: Option<String>,
}

/// The result of a test.
#[derive(Clone, Debug)]
pub(super) enum TestResult {
    Passed,
    /// It counts as neither passed nor failed, for this reason if there is one.
    Skipped(Option<Problem>),
    /// The expected result did not come.
    Failure(Problem),
    /// There is no definite result.
    Error(Problem),
}

/// The reason why a test did not pass.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    /// A word for its kind.
    pub(super) kind: String,
    /// One line about it.
    pub(super) message: String,
    /// All about it, in lines.
    pub(super) text: String,
}

impl TestCase {
    pub(super) fn new(class: impl Into<String>, name: impl Into<String>, result: TestResult) -> Self {
        let (class, name) = (class.into(), name.into());
        TestCase { class, name, result, time: None, file: None, output: None }
    }

    fn write(&self, xml: &mut Xml) {
        let file = self.file.as_deref().map(|file| ("file", file.to_owned()));
        let time = self.time.map(|time| ("time", seconds(time)));
        let named = [("name", self.name.clone()), ("classname", self.class.clone())];
        xml.open("testcase", named.into_iter().chain(time).chain(file));
        match &self.result {
            TestResult::Passed => {}
            TestResult::Skipped(None) => xml.element("skipped", [], ""),
            TestResult::Skipped(Some(problem)) => problem.write("skipped", xml),
            TestResult::Failure(problem) => problem.write("failure", xml),
            TestResult::Error(problem) => problem.write("error", xml),
        }
        if let Some(output) = &self.output {
            xml.element("system-out", [], output);
        }
        xml.close("testcase");
    }
}

impl Problem {
    /// A problem about which there is one line.
    pub(super) fn new(kind: &str, message: impl Into<String>) -> Self {
        Problem { kind: kind.into(), message: message.into(), text: String::new() }
    }

    fn write(&self, element: &str, xml: &mut Xml) {
        let attributes = [("type", self.kind.clone()), ("message", self.message.clone())];
        xml.element(element, attributes, &self.text);
    }
}

/// The document with these tests, in one suite.
pub(super) fn document(name: &str, cases: &[TestCase]) -> String {
    let count =
        |is: fn(&TestResult) -> bool| cases.iter().filter(|case| is(&case.result)).count().to_string();
    let time = seconds(cases.iter().filter_map(|case| case.time).sum());
    let all = [
        ("name", name.to_owned()),
        ("tests", cases.len().to_string()),
        ("failures", count(|result| matches!(result, TestResult::Failure(_)))),
        ("errors", count(|result| matches!(result, TestResult::Error(_)))),
        ("time", time),
    ];
    let skipped = ("skipped", count(|result| matches!(result, TestResult::Skipped(_))));
    let mut xml = Xml { text: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".into(), depth: 0 };
    xml.open("testsuites", all.clone());
    xml.open("testsuite", all.into_iter().chain([skipped]));
    cases.iter().for_each(|case| case.write(&mut xml));
    xml.close("testsuite");
    xml.close("testsuites");
    xml.text
}

/// A time in seconds. More decimals are an error for Jenkins.
fn seconds(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64())
}

/// A document that is being written, with one element a line.
struct Xml {
    text: String,
    depth: usize,
}

impl Xml {
    fn open<'a>(&mut self, element: &str, attributes: impl IntoIterator<Item = (&'a str, String)>) {
        self.start(element, attributes);
        self.text.push_str(">\n");
        self.depth += 1;
    }

    fn close(&mut self, element: &str) {
        self.depth -= 1;
        let _ = writeln!(self.text, "{:1$}</{element}>", "", 4 * self.depth);
    }

    fn element<'a>(
        &mut self,
        element: &str,
        attributes: impl IntoIterator<Item = (&'a str, String)>,
        text: &str,
    ) {
        self.start(element, attributes);
        let _ = match text {
            "" => writeln!(self.text, "/>"),
            _ => writeln!(self.text, ">{}</{element}>", escaped(text)),
        };
    }

    fn start<'a>(&mut self, element: &str, attributes: impl IntoIterator<Item = (&'a str, String)>) {
        let _ = write!(self.text, "{:1$}<{element}", "", 4 * self.depth);
        for (name, value) in attributes {
            // A line break in a value would be read as a blank.
            let value = escaped(&value).replace('\n', "&#10;");
            let _ = write!(self.text, " {name}=\"{value}\"");
        }
    }
}

/// The text, made safe, with the escapes of XML. No character is left that XML does not have.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in sanitize::lines(text, "").chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            _ => escaped.push(char),
        }
    }
    escaped
}
