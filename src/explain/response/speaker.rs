//! Whose words a response has, and the errors that clients write as text.

use super::Response;
use crate::sigv4::names::header;

/// Whose words a response has, which decides what they prove.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::explain) enum Speaker {
    /// AWS, or a server like it: the whole shape is one that only they have.
    Service,
    /// It is not known, as applications have the same shape: AWS's sentences are proof, codes are not.
    #[default]
    Shared,
    /// Somebody who passes them on, such as a backend or a log.
    Relayed,
    /// A Lambda function that has failed itself, whose error is not about this request.
    Function,
}

/// The members of errors of services, in shapes that applications have, too.
#[rustfmt::skip]
const SHARED: [&str; 10] = [
    "Code", "Message", "RequestId", "Type", "code", "message", "reason", "requestId", "resource", "type",
];

/// Their members that are not text: those of OpenSearch.
const SHARED_UNREAD: [&str; 3] = ["error", "root_cause", "status"];

impl Speaker {
    pub(super) fn of(response: &Response) -> Self {
        let has = |names: &[&str]| names.iter().all(|name| response.field(&[name]).is_some());
        let has_value = |name: &str, value: &str| response.field(&[name]).as_deref() == Some(value);
        let body = response.body.trim_start();
        let is_http = response.status.is_some() || response.has_headers();
        if has(&["errorMessage", "errorType"]) {
            return Self::Function;
        }
        // A signature is never refused with 5xx. API Gateway renames headers of backends.
        let is_remapped = |(name, _): &(String, String)| name.starts_with(header::REMAPPED);
        if response.status.is_some_and(|status| status >= 500)
            || !response.is_alone()
            || response.headers.iter().any(is_remapped)
        {
            return Self::Relayed;
        }
        if let Some(error) = response.text().and_then(error_in_text) {
            // No server writes the text of a client's exception.
            return if error.is_whole && !is_http { Self::Service } else { Self::Relayed };
        }
        let is_list = body.starts_with('{') && body.contains("\"errors\"");
        let is_inside = |name: &str, limit: usize| {
            response.outer_field(name).is_some_and(|field| field.depth > limit)
        };
        // STS and others in JSON, and OpenSearch.
        let is_of_query = body.starts_with("{\"Error\"") && has(&["Code", "Message", "RequestId"]);
        let limit = if is_list || is_of_query { 3 } else { 1 };
        // Of several, none is known to be the response.
        let is_repeated = |name: &str| {
            let first = response.outer_field(name).map(|field| field.depth);
            let alike = response.fields.iter().filter(|field| field.name == name);
            alike.filter(|field| Some(field.depth) == first).count() > 1
        };
        let is_document =
            response.fields.is_empty() || body.starts_with(['{', '[', '<', '"', '\'']);
        let names = ["__type", "Code", "Message", "message"];
        // A resolver of AppSync has run if the status is 200, and OpenSearch reports others' errors, too.
        let is_of_others = (is_list && response.status == Some(200))
            || (has(&["type", "reason"]) && !has_value("type", "security_exception"));
        if !is_document
            || is_of_others
            || is_inside("__type", 1)
            || ["Code", "code", "Message", "message"].iter().any(|name| is_inside(name, limit))
            || is_inside("reason", 2)
            || names.iter().any(|name| is_repeated(name))
        {
            return Self::Relayed;
        }
        let is_of_aws = response.header(header::ERROR_TYPE).is_some()
            || has(&["__type"])
            || (has(&["Code"]) && is_error_element(body))
            || is_of_query
            || has(&["requestId", "code", "detailedMessage"])
            || (is_list && has(&["errorType"]));
        // What has more members is a line of a log, or of an application.
        let is_plain = response.fields.iter().all(|field| SHARED.contains(&field.name.as_str()))
            && response.unread.iter().all(|name| SHARED_UNREAD.contains(&name.as_str()));
        match (is_of_aws, is_plain || body.starts_with('<')) {
            (true, _) => Self::Service,
            (false, true) => Self::Shared,
            (false, false) => Self::Relayed,
        }
    }

    /// Who speaks if somebody passes the words on.
    pub(super) fn relayed(self) -> Self {
        if self == Self::Function { self } else { Self::Relayed }
    }
}

/// Whether the root of the document is that of AWS's errors in XML.
fn is_error_element(body: &str) -> bool {
    let declaration = body.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>"));
    let root = declaration.map_or(body, |(_, rest)| rest.trim_start());
    let name = root.split(['>', ' ', '\n']).next().unwrap_or_default();
    matches!(name, "<Error" | "<ErrorResponse")
        || (name == "<Response" && root.contains("<Errors>"))
}

/// An error that a client has written as text.
pub(super) struct ErrorText<'a> {
    pub(super) code: &'a str,
    pub(super) message: &'a str,
    /// Whether nothing stands before it but the name of an exception.
    is_whole: bool,
}

/// How clients write errors as text: how it starts, and what stands before and after the code, and before
/// and after the message.
const TEXTS: [[&str; 5]; 3] = [
    ["An error occurred (", "An error occurred (", ")", " operation: ", ""], // botocore
    ["operation error ", " api error ", ": ", "", ""],                       // Go
    ["", "", ": ", "", "\n\tstatus code: "],                                 // Go, version 1
];

/// The error in the text of an exception, if it is one.
pub(super) fn error_in_text(text: &str) -> Option<ErrorText<'_>> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"._#".contains(&byte);
    let text = without_class(text);
    TEXTS.iter().find_map(|[start, before_code, after_code, before, after]| {
        let (code, rest) = text.split_once(before_code)?.1.split_once(after_code)?;
        let message = rest.split_once(before).map_or(rest, |(_, message)| message);
        let message = if after.is_empty() { message } else { message.split_once(after)?.0 };
        // One that has led to another may be about other credentials.
        let is_one = start.is_empty() || text.matches(start).nth(1).is_none();
        let is_whole = text.starts_with(start) && is_one;
        let is_code = !code.is_empty() && code.bytes().all(is_name);
        is_code.then_some(ErrorText { code, message, is_whole })
    })
}

/// A text without the class of an exception that it starts with, such as `botocore.exceptions.ClientError: `.
pub(super) fn without_class(text: &str) -> &str {
    let is_class = |name: &str| name.contains('.') && !name.contains(char::is_whitespace);
    match text.split_once(": ") {
        Some((class, rest)) if is_class(class) => rest,
        _ => text,
    }
}
