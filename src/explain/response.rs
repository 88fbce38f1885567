//! What the server said, in whichever of AWS's shapes.
//!
//! ```text
//! API Gateway, Lambda, Bedrock   {"message": ...} and x-amzn-ErrorType: Code:http://...
//! AWS JSON                       {"__type": "prefix#Code", "message": ...}
//! S3                             <Error><Code/><Message/><StringToSign/><CanonicalRequest/>...
//! query protocol                 <ErrorResponse><Error><Code/><Message/>...
//! OpenSearch                     {"error": {"type": ..., "reason": ...}}
//! botocore, as text              An error occurred (Code) when calling the X operation: message
//! ```
//!
//! Fields are looked up by name rather than parsed, as what people paste is cut, wrapped or escaped. So
//! there are no entities to expand and no depth to exhaust.

use crate::sigv4::time::SigningTime;

/// An answer, as far as it is at hand.
#[derive(Debug, Default)]
pub struct Answer {
    /// The status, such as 403.
    pub status: Option<u16>,
    /// Names in lowercase.
    headers: Vec<(String, String)>,
    body: String,
}

const CANONICAL_MARK: &str = "Canonical String for this request should have been";
const STRING_TO_SIGN_MARK: &str = "String-to-Sign should have been";

impl Answer {
    /// An answer whose parts a client has separated.
    pub fn new(
        status: Option<u16>,
        headers: impl IntoIterator<Item = (String, String)>,
        body: &str,
    ) -> Self {
        let headers =
            headers.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
        Self { status, headers, body: unquote(body) }
    }

    /// An answer as text: a body, or all of it as `curl -i` and `curl -v` print it.
    pub fn parse(text: &str) -> Self {
        let lines: Vec<_> = text.lines().filter_map(without_curl_marks).collect();
        let Some(mut start) = lines.iter().position(|line| line.starts_with("HTTP/")) else {
            return Self { body: unquote(text), ..Self::default() };
        };
        loop {
            let end = lines[start..].iter().position(|line| line.is_empty());
            let end = end.map_or(lines.len(), |length| start + length);
            // After `100 Continue` and a proxy's `200 Connection established` follows another head.
            let is_last = !lines.get(end + 1).is_some_and(|line| line.starts_with("HTTP/"));
            if is_last {
                let headers = lines[start + 1..end].iter().filter_map(|line| line.split_once(':'));
                let headers =
                    headers.map(|(name, value)| (name.to_owned(), value.trim().to_owned()));
                let status = lines[start].split(' ').nth(1).and_then(|status| status.parse().ok());
                let body = lines.get(end + 1..).unwrap_or_default().join("\n");
                return Self::new(status, headers, &body);
            }
            start = end + 1;
        }
    }

    /// The value of the first header of this lowercase name.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    /// The first of these fields that the body has, whether it is XML or JSON.
    pub(super) fn field(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| {
            element(&self.body, name).or_else(|| member(&self.body, name)).filter(|s| !s.is_empty())
        })
    }

    /// Such as `SignatureDoesNotMatch`, or OpenSearch's `security_exception`.
    pub fn error_code(&self) -> Option<String> {
        let header = self.header("x-amzn-errortype").map(str::to_owned);
        let code = header
            .or_else(|| self.field(&["Code", "__type", "code", "errorType"]))
            .or_else(|| between(&self.body, "An error occurred (", ")"))
            .or_else(|| self.field(&["type"]))?;
        let code = code.split(':').next().unwrap_or_default();
        let code = code.rsplit('#').next().unwrap_or_default().trim();
        (!code.is_empty()).then(|| code.to_owned())
    }

    /// What the answer says in words.
    pub fn message(&self) -> Option<String> {
        self.field(&["Message", "message", "detailedMessage", "errorMessage", "reason"])
            .or_else(|| between(&self.body, " operation: ", "\0"))
            .or_else(|| Some(self.body.trim().to_owned()))
            .filter(|message| !message.is_empty())
    }

    /// The same without the stages, which are shown apart.
    pub(super) fn words(&self) -> Option<String> {
        let message = self.message()?;
        let marks =
            ["The Canonical String", "<CanonicalRequest", "<StringToSign", "\"CanonicalRequest"];
        let end = marks.iter().filter_map(|mark| message.find(mark)).min();
        Some(message[..end.unwrap_or(message.len())].trim().to_owned())
    }

    /// The canonical request that the server expected.
    pub fn canonical_request(&self) -> Option<String> {
        self.stage("CanonicalRequest", "CanonicalRequestBytes").or_else(|| {
            let message = self.message()?;
            let (_, rest) = message.split_once(CANONICAL_MARK)?;
            let quoted = rest.split_once(STRING_TO_SIGN_MARK).map_or(rest, |(quoted, _)| quoted);
            // A header's value may hold a quote, so the last one ends it.
            let (_, quoted) = quoted.split_once('\'')?;
            Some(quoted.rsplit_once('\'')?.0.to_owned())
        })
    }

    /// The string to sign that the server expected.
    pub fn string_to_sign(&self) -> Option<String> {
        self.stage("StringToSign", "StringToSignBytes").or_else(|| {
            let message = self.message()?;
            let (_, rest) = message.split_once(STRING_TO_SIGN_MARK)?;
            between(rest, "'", "'")
        })
    }

    /// When the request was signed, as the server has read it.
    pub fn signing_time(&self) -> Option<SigningTime> {
        SigningTime::parse(self.string_to_sign()?.lines().nth(1)?).ok()
    }

    /// Whether the body is a web page, which no service of AWS's answers to a signed request.
    pub(super) fn is_web_page(&self) -> bool {
        let start: String = self.body.trim_start().chars().take(64).collect();
        let start = start.to_ascii_lowercase();
        start.starts_with("<!doctype html") || start.starts_with("<html")
    }

    /// Whether there is nothing to read in it, as in answers to `HEAD`.
    pub(super) fn is_empty(&self) -> bool {
        self.body.trim().is_empty()
    }

    /// A stage as S3 shows it. Its bytes are exact, while XML readers change white space.
    fn stage(&self, text: &str, bytes: &str) -> Option<String> {
        self.field(&[bytes]).and_then(|digits| from_hex(&digits)).or_else(|| self.field(&[text]))
    }
}

/// The text between the first `before` and the next `after`, or the end.
pub(super) fn between(text: &str, before: &str, after: &str) -> Option<String> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.split_once(after).map_or(rest, |(found, _)| found).to_owned())
}

/// A line as the server sent it, or `None` if it is the client's part of `curl -v`.
fn without_curl_marks(line: &str) -> Option<&str> {
    match line.strip_prefix("< ") {
        Some(sent) => Some(sent),
        None if line == "<" => Some(""),
        None if ["* ", "> ", "{ [", "} ["].iter().any(|mark| line.starts_with(mark)) => None,
        None => Some(line),
    }
}

/// Undoes the quoting of JSON in a text of logs or of JSON, where quotes and line breaks are escaped.
fn unquote(body: &str) -> String {
    let members = body.matches("\":").count();
    let is_quoted = members > 0 && body.matches("\\\":").count() == members;
    let is_one_line = body.contains(CANONICAL_MARK) && !body.contains('"') && body.contains("\\n");
    if is_quoted || is_one_line { unescape_json(body, '\0') } else { body.to_owned() }
}

fn element(body: &str, name: &str) -> Option<String> {
    let end = format!("</{name}>");
    let open = format!("<{name}");
    let mut rest = body;
    loop {
        let (_, after) = rest.split_once(&open)?;
        // Attributes may follow the name, but not the rest of a longer name.
        let is_name = after.starts_with(['>', ' ', '\n', '\t', '\r']);
        if is_name {
            // If this one doesn't end, those after it don't either.
            let (_, after) = after.split_once('>')?;
            return after.split_once(&end).map(|(text, _)| unescape_xml(text.trim()));
        }
        rest = after;
    }
}

fn unescape_xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let reference = after.split_once(';').filter(|(name, _)| name.len() <= 8);
        let decoded = reference.and_then(|(name, after)| Some((reference_char(name)?, after)));
        let (char, after) = decoded.unwrap_or(('&', after));
        out.push(char);
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The five entities that XML itself has, and characters by number. No others, so none can grow.
fn reference_char(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)
        }
    }
}

fn member(body: &str, name: &str) -> Option<String> {
    let quoted = format!("\"{name}\"");
    body.match_indices(&quoted).find_map(|(start, _)| {
        let after = body[start + quoted.len()..].trim_start().strip_prefix(':')?;
        let text = after.trim_start().strip_prefix('"')?;
        Some(unescape_json(text, '"'))
    })
}

/// Reads a text of JSON up to its closing quote.
fn unescape_json(text: &str, end: char) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match char {
            _ if char == end => break,
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some('r') => out.push('\r'),
                Some('t') => out.push('\t'),
                Some('u') => {
                    let digits: String = chars.by_ref().take(4).collect();
                    let code = u32::from_str_radix(&digits, 16).ok();
                    out.push(code.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                Some(other) => out.push(other),
                None => break,
            },
            _ => out.push(char),
        }
    }
    out
}

fn from_hex(digits: &str) -> Option<String> {
    let digits: String = digits.split_ascii_whitespace().collect();
    let bytes = hex::decode(digits).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
