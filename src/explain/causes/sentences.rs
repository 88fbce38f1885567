//! Sentences of AWS's messages, with slots.
//!
//! A template is literal text, in any case, with slots such as `{right:id}` and parts between `<` and `>` that
//! may be missing. What follows its last literal is not read, but what follows a slot has to be known: else it
//! would be part of the slot's value.

use super::Fact;
use crate::explain::lines::is_hidden;

/// The most characters of a message that are read. Those of AWS are shorter.
const MAX_CHARS: usize = 1500;
/// The most places where a sentence is looked for.
const MAX_STARTS: usize = 8;

/// What S3 and Google say before the sentence.
const LEADS: [&str; 4] = [
    "The authorization header is malformed; ",
    "Error parsing the X-Amz-Credential parameter; ",
    "Access denied. ",
    "Invalid argument. ",
];

/// What services and SDKs add to a sentence.
const ENDS: [&str; 4] = [
    "(Service: ",
    "(for User: ",
    "Contact your administrator",
    "Encoded authorization failure message",
];

/// A sentence that was found in a message.
pub(super) struct Found {
    /// The values of its slots, if they have the slot's type.
    pub(super) facts: Vec<Fact>,
    /// Whether the message begins with it, instead of quoting it.
    pub(super) is_first: bool,
    /// Whether the message is nothing else, or names the ARN of a principal.
    pub(super) is_whole: bool,
}

/// Finds one of these sentences at the start of a message, or else within it.
pub(super) fn find(templates: &[&'static str], message: &str) -> Option<Found> {
    let end = message.char_indices().nth(MAX_CHARS).map_or(message.len(), |(end, _)| end);
    let message = &message[..end];
    let leads = LEADS.iter().filter_map(|lead| message.strip_prefix(lead));
    let mut starts = leads.chain([message]);
    let read_all =
        |start| templates.iter().filter_map(move |it| Some((it, start, read(it, start)?)));
    if let Some((template, start, (facts, rest))) = starts.find_map(|start| read_all(start).next())
    {
        let is_named = facts.iter().any(|(name, _)| *name == "principal");
        // One that begins in lowercase goes on after a lead.
        let is_led = start.len() < message.len() || !template.starts_with(char::is_lowercase);
        let is_whole = is_named || (is_led && is_end(rest) && !template.contains(":arn}"));
        return Some(Found { facts, is_first: true, is_whole });
    }
    let lowercase = message.to_ascii_lowercase();
    templates.iter().find_map(|template| {
        let start = template[..literal_length(template)].trim_end().to_ascii_lowercase();
        let starts = lowercase.match_indices(&start).filter(|_| !start.is_empty()).take(MAX_STARTS);
        let (facts, _) = starts.into_iter().find_map(|(at, _)| read(template, &message[at..]))?;
        Some(Found { facts, is_first: false, is_whole: false })
    })
}

/// The values of the template's slots and what follows, if the text begins with the template.
pub(super) fn read<'a>(template: &'static str, text: &'a str) -> Option<(Vec<Fact>, &'a str)> {
    let (mut facts, rest) = parts(&[template], text.trim_start())?;
    facts.reverse();
    Some((facts, rest))
}

/// Reads parts of a template, and returns the facts in reverse.
fn parts<'a>(template: &[&'static str], text: &'a str) -> Option<(Vec<Fact>, &'a str)> {
    let Some((first, others)) = template.split_first() else { return Some((Vec::new(), text)) };
    let rest = |length: usize| [&[&first[length..]], others].concat();
    match first.as_bytes().first() {
        None => parts(others, text),
        Some(b'<') => {
            let (part, after) = first[1..].split_once('>')?;
            parts(&[&[part, after], others].concat(), text)
                .or_else(|| parts(&rest(part.len() + 2), text))
        }
        Some(b'{') => {
            let (slot, after) = first[1..].split_once('}')?;
            let mut ends = (0..=text.len()).filter(|end| text.is_char_boundary(*end));
            let end = ends.find(|end| begins(after, others, text[*end..].trim_start()))?;
            let value = text[..end].trim().trim_matches('"');
            let (mut facts, after) = parts(&rest(slot.len() + 2), text[end..].trim_start())?;
            let (name, kind) = slot.split_once(':')?;
            // A name may have spaces only if it is clear where it ends.
            let is_clear =
                end < text.len() || !value.contains(' ') || !["arn", "name"].contains(&kind);
            let is_fact = is_clear && is_of_kind(kind, value);
            facts.extend(is_fact.then(|| (name, value.to_owned())));
            Some((facts, after))
        }
        Some(_) => {
            let length = literal_length(first);
            let after = after_literal(first, text)?.trim_start();
            parts(&rest(length), after)
        }
    }
}

/// Whether the value of a slot ends before this text: what follows the slot in the template begins there.
fn begins(first: &str, others: &[&str], text: &str) -> bool {
    let begins_others = || match others.split_first() {
        Some((first, others)) => begins(first, others, text),
        None => is_end(text),
    };
    match first.split_at_checked(1) {
        None => begins_others(),
        Some(("<", rest)) => {
            let (part, after) = rest.split_once('>').unwrap_or((rest, ""));
            begins(part, &[], text) || begins(after, others, text)
        }
        Some(_) => after_literal(first, text).is_some(),
    }
}

/// The text after the literal that the template begins with.
fn after_literal<'a>(template: &str, text: &'a str) -> Option<&'a str> {
    let literal = template[..literal_length(template)].trim();
    let (start, after) = text.split_at_checked(literal.len())?;
    start.eq_ignore_ascii_case(literal).then_some(after)
}

fn literal_length(template: &str) -> usize {
    template.find(['<', '{']).unwrap_or(template.len())
}

/// Whether nothing follows that could belong to the value before it.
fn is_end(text: &str) -> bool {
    let rest = text.strip_prefix('.').unwrap_or(text).trim_start();
    rest.is_empty() || ENDS.iter().any(|end| rest.starts_with(end))
}

/// Whether a value has the type of its slot.
fn is_of_kind(kind: &str, value: &str) -> bool {
    let has_only = |value: &str, others: &str| {
        let is_one = |char: char| char.is_ascii_alphanumeric() || others.contains(char);
        !value.is_empty() && value.chars().all(is_one)
    };
    let is_action = |action: &str| {
        let parts = action.split_once(':');
        parts.is_some_and(|(service, name)| has_only(service, "-") && has_only(name, "*"))
    };
    let is_name = |name: &str| {
        let is_quote = |char: char| "'\"`<>{}".contains(char) || char.is_control();
        let is_word = name.starts_with("arn:") || !name.contains(char::is_whitespace);
        !name.is_empty() && is_word && !name.contains(is_quote)
    };
    match kind {
        "action" => value.split(", ").all(is_action),
        "arn" => value == "anonymous" || (value.starts_with("arn:") && is_name(value)),
        "name" => is_name(value),
        "names" => value.split(", ").all(is_name),
        // A region or service. One that was masked is in capitals, or has a mark.
        "id" => has_only(value, "-") && !value.contains(char::is_uppercase) && !is_hidden(value),
        "day" => value.len() == 8 && has_only(value, ""),
        "list" => value.starts_with('[') && value.ends_with(']'),
        "policy" => {
            let (policy, arn) = value.split_once(": ").unwrap_or((value, "arn:"));
            let is_policy = policy.ends_with(" policy") || policy.ends_with(" boundary");
            is_policy && has_only(policy, " -") && arn.starts_with("arn:") && is_name(arn)
        }
        _ => true,
    }
}
