//! What the server said, in whichever of AWS's shapes, read once.
//!
//! ```text
//! API Gateway, Lambda, Bedrock   {"message": ...} and x-amzn-ErrorType: Code:http://...
//! AWS JSON                       {"__type": "prefix#Code", "message": ...}
//! S3, Google                     <Error><Code/><Message/><Details/><StringToSign/><CanonicalRequest/>...
//! query protocol                 <ErrorResponse><Error><Code/><Message/>...
//! Neptune                        {"code": ..., "detailedMessage": ...}
//! Selling Partner, AppSync       {"errors": [{"code" or "errorType": ..., "message": ...}]}
//! OpenSearch                     {"error": {"type": ..., "reason": ...}}
//! clients, as text               see `speaker`
//! ```

mod fields;
mod pasted;
mod speaker;

use crate::redaction::without_colors;
use crate::sigv4::names::header;
use crate::sigv4::time::SigningTime;
use fields::{Field, fields, unescape_json};
use pasted::{without_curl_marks, without_log_prefix};
pub(super) use speaker::Speaker;
use speaker::{error_in_text, without_class};

/// A response, as far as it is known.
#[derive(Debug, Default)]
pub struct Response {
    /// The status, such as 403.
    pub status: Option<u16>,
    /// Such as `SignatureDoesNotMatch`, or OpenSearch's `security_exception`.
    pub code: Option<String>,
    /// What it says in words, or else the whole body.
    pub message: Option<String>,
    /// What it says in words, in the place for that.
    pub(super) said: Option<String>,
    /// The canonical request that the server expected.
    pub canonical_request: Option<String>,
    /// The string to sign that the server expected.
    pub string_to_sign: Option<String>,
    /// Names in lowercase.
    headers: Vec<(String, String)>,
    /// The elements or members of the body that are text.
    fields: Vec<Field>,
    /// The names of other members.
    unread: Vec<String>,
    body: String,
    /// Whose words these are.
    pub(super) speaker: Speaker,
}

const CANONICAL_MARK: &str = "Canonical String for this request should have been";
/// The most levels of text inside text, as a container's log of a structured log has them.
const MAX_NESTING: usize = 3;
const MESSAGE_NAMES: [&str; 4] = ["Message", "message", "detailedMessage", "reason"];
const MISMATCH: &str = "signature we calculated does not match";
const STRING_TO_SIGN_MARK: &str = "String-to-Sign should have been";

impl Response {
    /// A response whose parts a client has separated.
    pub fn new(
        status: Option<u16>,
        headers: impl IntoIterator<Item = (String, String)>,
        body: &str,
    ) -> Self {
        let headers =
            headers.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
        let body = unquote(body);
        let (fields, unread) = fields(&body);
        let mut response = Self { status, headers, fields, unread, body, ..Self::default() };
        response.speaker = Speaker::of(&response);
        response.code = response.find_code();
        response.said = response.find_message();
        let body = Some(response.body.trim()).filter(|body| !body.is_empty());
        response.message = response.said.clone().or_else(|| body.map(str::to_owned));
        response.canonical_request = response
            .stage("CanonicalRequest", "CanonicalRequestBytes")
            .or_else(|| canonical_request_in(response.message.as_deref()?));
        response.string_to_sign =
            response.stage("StringToSign", "StringToSignBytes").or_else(|| {
                let (_, rest) = response.message.as_deref()?.split_once(STRING_TO_SIGN_MARK)?;
                between(rest, "'", "'")
            });
        response
    }

    /// A response as text: a body, or all of it as `curl -i` and `curl -v` print it, or a log has it.
    pub fn parse(text: &str) -> Self {
        Self::parse_nested(&without_colors(text), MAX_NESTING)
    }

    fn parse_nested(text: &str, levels: usize) -> Self {
        let text = without_log_prefix(text);
        let lines: Vec<_> = text.lines().filter_map(without_curl_marks).collect();
        let Some(mut start) = lines.iter().position(|line| line.starts_with("HTTP/")) else {
            let response = Self::new(None, [], &text);
            return response.inner(levels).unwrap_or(response);
        };
        loop {
            let end = lines[start..].iter().position(|line| line.is_empty());
            let end = end.map_or(lines.len(), |length| start + length);
            let status = lines[start].split(' ').nth(1).and_then(|status| status.parse().ok());
            // After `100 Continue`, a proxy's `200 Connection established` and what a client follows comes
            // another head.
            let is_followed = matches!(status, Some(100..=199 | 300..=399 | 401 | 407))
                || lines[start].to_ascii_lowercase().contains("connection established");
            let has_next = lines.get(end + 1).is_some_and(|line| line.starts_with("HTTP/"));
            if !(is_followed && has_next) {
                let headers = lines[start + 1..end].iter().filter_map(|line| line.split_once(':'));
                let headers =
                    headers.map(|(name, value)| (name.to_owned(), value.trim().to_owned()));
                let body = lines.get(end + 1..).unwrap_or_default().join("\n");
                return Self::new(status, headers, &body);
            }
            start = end + 1;
        }
    }

    /// The response inside a field, as structured logs have it: `{"level": "error", "body": "{...}"}`.
    ///
    /// Its words don't prove anything: the field may have what was sent, or what an earlier attempt has got.
    fn inner(&self, levels: usize) -> Option<Self> {
        if levels == 0 || self.speaker == Speaker::Function {
            return None;
        }
        let is_response = |inner: &Self| {
            let is_shown = || inner.canonical_request.is_some() || inner.says_mismatch();
            inner.code.is_some()
                || inner.field(&MESSAGE_NAMES).is_some()
                || (self.said.is_none() && is_shown())
        };
        let parsed = self.fields.iter().map(|field| Self::parse_nested(&field.value, levels - 1));
        let mut found: Vec<_> = parsed.filter(is_response).collect();
        let with_code = found.iter().position(|inner| inner.code.is_some());
        let first = (!found.is_empty()).then(|| found.swap_remove(with_code.unwrap_or(0)))?;
        Some(Self { speaker: first.speaker.relayed(), ..first })
    }

    /// Whether it says in words that the signature doesn't match.
    pub(super) fn says_mismatch(&self) -> bool {
        let message = self.said.as_deref().unwrap_or_default();
        message.to_ascii_lowercase().contains(MISMATCH)
    }

    /// Whether the server itself says, by its code or in words, that the signature doesn't match.
    pub(super) fn proves_mismatch(&self) -> bool {
        let said = [self.said.clone(), self.field(&["details"])];
        let is_said = said.iter().flatten().any(|words| {
            words.to_ascii_lowercase().starts_with(&format!("the request {MISMATCH}"))
        });
        match self.speaker {
            // Some services have one code for all that is wrong with a signature.
            Speaker::Service => {
                is_said
                    || self.says_mismatch()
                    || self.said.is_none()
                    || self.string_to_sign.is_some()
            }
            Speaker::Shared => is_said,
            Speaker::Relayed | Speaker::Function => false,
        }
    }

    /// Whether it has the stages as a server shows them. Logs of clients have their own as members of JSON.
    pub(super) fn shows_stages(&self) -> bool {
        let body = self.body.to_ascii_lowercase();
        let (_, after) = body.split_once(MISMATCH).unwrap_or_default();
        let mark = STRING_TO_SIGN_MARK.to_ascii_lowercase();
        after.contains(&mark) || after.contains("<stringtosign")
    }

    /// The value of the first header of this lowercase name.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    /// The first of these fields that the body has.
    pub(super) fn field(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| Some(self.outer_field(name)?.value.clone()))
    }

    /// The field of this name that is in the fewest objects.
    fn outer_field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().filter(|field| field.name == name).min_by_key(|field| field.depth)
    }

    /// The error code without the `Exception` that some services add.
    pub(super) fn short_code(&self) -> &str {
        let code = self.code.as_deref().unwrap_or_default();
        code.strip_suffix("Exception").unwrap_or(code)
    }

    /// The message without the stages, which are shown apart.
    pub(super) fn words(&self) -> Option<&str> {
        let message = self.message.as_deref()?;
        let marks =
            ["The Canonical String", "<CanonicalRequest", "<StringToSign", "\"CanonicalRequest"];
        let end = marks.iter().filter_map(|mark| message.find(mark)).min();
        Some(message[..end.unwrap_or(message.len())].trim())
    }

    /// When the request was signed, as the server has read it.
    pub fn signing_time(&self) -> Option<SigningTime> {
        SigningTime::parse(self.string_to_sign.as_ref()?.lines().nth(1)?).ok()
    }

    /// Whether the status is that of a success.
    ///
    /// S3 may find an error only after it was sent, and `AppSync` has its errors in a response with 200.
    pub(super) fn is_success(&self) -> bool {
        let is_error = || {
            let of_app_sync =
                self.field(&["errorType"]).is_some() && self.body.contains("\"errors\"");
            of_app_sync || self.field(&["Code"]).is_some()
        };
        let is_of_waf = self.header(header::WAF_ACTION).is_some();
        matches!(self.status, Some(200..=299)) && !is_of_waf && !is_error()
    }

    /// Whether no other response follows in the same text.
    pub(super) fn is_alone(&self) -> bool {
        !self.body.lines().any(|line| line.starts_with("HTTP/"))
    }

    /// Whether a header has AWS's id of the request.
    pub(super) fn has_request_id(&self) -> bool {
        let names = header::REQUEST_IDS.iter().chain([&header::REQUEST_ID]);
        names.into_iter().any(|name| self.header(name).is_some())
    }

    pub(super) fn has_headers(&self) -> bool {
        !self.headers.is_empty()
    }

    /// Whether the body is a web page, and not one of a storage service, whose errors may be pages.
    pub(super) fn is_web_page(&self) -> bool {
        let is_of_storage = |(name, value): &(String, String)| {
            header::REQUEST_IDS.contains(&name.as_str())
                || name == header::ERROR_CODE
                || name == "x-trans-id"
                || (name == "server" && value == "AmazonS3")
        };
        // The page of a website of S3 has a list of them.
        if self.headers.iter().any(is_of_storage) || self.body.contains("<li>Code: ") {
            return false;
        }
        let start: String = self.body.trim_start().chars().take(64).collect();
        let start = start.to_ascii_lowercase();
        start.starts_with("<!doctype html") || start.starts_with("<html")
    }

    /// Whether there is nothing to read in it, as in responses to `HEAD`.
    pub(super) fn is_empty(&self) -> bool {
        self.body.trim().is_empty()
    }

    /// The body, unless it is a document, whose parts have names.
    fn text(&self) -> Option<&str> {
        let body = self.body.trim();
        let is_document =
            body.starts_with('{') || (body.starts_with(['[', '<']) && !self.fields.is_empty());
        (!is_document).then_some(body)
    }

    /// The scheme that the refusal asks for, if it is not AWS's.
    pub(super) fn other_scheme(&self) -> Option<&str> {
        let is_challenge = |name| [header::REMAPPED_CHALLENGE, "www-authenticate"].contains(&name);
        let mut challenges = self.headers.iter().filter(|(name, _)| is_challenge(name.as_str()));
        let (_, challenge) = challenges.next()?;
        let is_of_aws = self.speaker == Speaker::Service
            || challenge.contains("AWS")
            || challenges.next().is_some();
        challenge.split([' ', ',']).next().filter(|scheme| !scheme.is_empty() && !is_of_aws)
    }

    /// Whether the body has words, in no place that is AWS's own.
    pub(super) fn has_own_words(&self) -> bool {
        !self.is_empty()
            && !self.body.trim_start().starts_with('<')
            && self.speaker != Speaker::Service
            && self.field(&["Message"]).is_none()
    }

    fn find_code(&self) -> Option<String> {
        if self.is_success() {
            return None;
        }
        let header = self.header(header::ERROR_TYPE).map(str::to_owned);
        let code = header
            .or_else(|| self.field(&["Code", "__type", "code", "errorType"]))
            .or_else(|| Some(error_in_text(self.text()?)?.code.to_owned()))
            .or_else(|| self.field(&["type"]))?;
        let code = code.split(':').next().unwrap_or_default();
        let code = code.rsplit('#').next().unwrap_or_default().trim();
        (!code.is_empty()).then(|| code.to_owned())
    }

    fn find_message(&self) -> Option<String> {
        let message = self
            .field(&MESSAGE_NAMES)
            .or_else(|| Some(error_in_text(self.text()?)?.message.to_owned()))
            .or_else(|| Some(without_class(self.text()?).to_owned()))
            .filter(|message| !message.is_empty())?;
        // Google says in its message that access is denied, and only then why.
        Some(match self.field(&["Details"]) {
            Some(details) => format!("{message} {details}"),
            None => message,
        })
    }

    /// A stage as S3 shows it. Its bytes are exact, while XML readers change white space.
    fn stage(&self, text: &str, bytes: &str) -> Option<String> {
        let exact = self.field(&[bytes]).and_then(|digits| {
            let digits: String = digits.split_ascii_whitespace().collect();
            Some(String::from_utf8_lossy(&hex::decode(digits).ok()?).into_owned())
        });
        exact.or_else(|| self.field(&[text]))
    }
}

fn canonical_request_in(message: &str) -> Option<String> {
    let (_, rest) = message.split_once(CANONICAL_MARK)?;
    let quoted = rest.split_once(STRING_TO_SIGN_MARK).map_or(rest, |(quoted, _)| quoted);
    // A header's value may hold a quote, so the last one ends it.
    let (_, quoted) = quoted.split_once('\'')?;
    Some(quoted.rsplit_once('\'')?.0.to_owned())
}

/// The text between the first `before` and the next `after`, or the end.
pub(super) fn between(text: &str, before: &str, after: &str) -> Option<String> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.split_once(after).map_or(rest, |(found, _)| found).to_owned())
}

/// Undoes the quoting of JSON in a text of logs or of JSON, where quotes and line breaks are escaped.
fn unquote(body: &str) -> String {
    let members = body.matches("\":").count();
    let is_quoted = members > 0 && body.matches("\\\":").count() == members;
    let string_to_sign = between(body, "<StringToSign>", "<");
    let is_marked = body.contains(CANONICAL_MARK) && !body.contains('"')
        || string_to_sign.is_some_and(|text| members == 0 && !text.contains('\n'));
    let is_one_line = is_marked && body.contains("\\n");
    if is_quoted || is_one_line { unescape_json(body, '\0').0 } else { body.to_owned() }
}
