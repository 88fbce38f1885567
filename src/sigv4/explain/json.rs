//! JSON, written in the ways that serializers have: what one signs, another may send.

use std::fmt::Write;

/// How deep a document may nest; none of a request does as much.
const MAX_DEPTH: usize = 64;

/// The same document as each serializer writes it; nothing where the text is no JSON.
///
/// With and without spaces, with characters that are not ASCII escaped or not, its names in order or as
/// they are.
pub(super) fn rewritten(text: &str) -> Vec<String> {
    let Some(value) = parse(text) else { return Vec::new() };
    let mut texts = Vec::new();
    for (spaced, ascii) in [(false, true), (false, false), (true, true), (true, false)] {
        for sorted in [false, true] {
            let mut writer = Writer { out: String::new(), spaced, ascii, sorted };
            writer.value(&value);
            texts.push(writer.out);
        }
    }
    texts
}

/// A value; numbers and names such as `true` stay as they were written.
enum Value<'a> {
    Word(&'a str),
    Text(String),
    List(Vec<Value<'a>>),
    Object(Vec<(String, Value<'a>)>),
}

fn parse(text: &str) -> Option<Value<'_>> {
    let mut parser = Parser { rest: text };
    let value = parser.value(0)?;
    parser.skip_blanks();
    parser.rest.is_empty().then_some(value)
}

struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn value(&mut self, depth: usize) -> Option<Value<'a>> {
        if depth > MAX_DEPTH {
            return None;
        }
        if self.takes('{') {
            return self.members(depth).map(Value::Object);
        }
        if self.takes('[') {
            return self.items(depth).map(Value::List);
        }
        if self.takes('"') {
            return self.text().map(Value::Text);
        }
        let is_end = |char: char| char.is_ascii_whitespace() || ",:]}[{\"".contains(char);
        let (word, rest) = self.rest.split_at(self.rest.find(is_end).unwrap_or(self.rest.len()));
        self.rest = rest;
        let is_number = word.starts_with(|char: char| char == '-' || char.is_ascii_digit());
        (is_number || matches!(word, "true" | "false" | "null")).then_some(Value::Word(word))
    }

    fn members(&mut self, depth: usize) -> Option<Vec<(String, Value<'a>)>> {
        let mut members = Vec::new();
        if self.takes('}') {
            return Some(members);
        }
        loop {
            let name = self.takes('"').then(|| self.text())??;
            let value = self.takes(':').then(|| self.value(depth + 1))??;
            members.push((name, value));
            if self.takes('}') {
                return Some(members);
            }
            self.takes(',').then_some(())?;
        }
    }

    fn items(&mut self, depth: usize) -> Option<Vec<Value<'a>>> {
        let mut items = Vec::new();
        if self.takes(']') {
            return Some(items);
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.takes(']') {
                return Some(items);
            }
            self.takes(',').then_some(())?;
        }
    }

    /// Reads a text after its opening quote, and the closing one.
    fn text(&mut self) -> Option<String> {
        let mut text = String::new();
        loop {
            let (plain, rest) = self.rest.split_at(self.rest.find(['"', '\\'])?);
            text.push_str(plain);
            if let Some(rest) = rest.strip_prefix('"') {
                self.rest = rest;
                return Some(text);
            }
            let mut chars = rest[1..].chars();
            let escape = chars.next()?;
            self.rest = chars.as_str();
            text.push(match escape {
                '"' | '\\' | '/' => escape,
                'b' => '\u{8}',
                'f' => '\u{c}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => self.escaped_char()?,
                _ => return None,
            });
        }
    }

    /// A character by its one or two units of UTF-16.
    fn escaped_char(&mut self) -> Option<char> {
        let first = self.unit()?;
        if let Some(char) = char::from_u32(first.into()) {
            return Some(char);
        }
        self.rest = self.rest.strip_prefix("\\u")?;
        char::decode_utf16([first, self.unit()?]).next()?.ok()
    }

    fn unit(&mut self) -> Option<u16> {
        let (digits, rest) = self.rest.split_at_checked(4)?;
        self.rest = rest;
        u16::from_str_radix(digits, 16).ok()
    }

    /// Whether this comes next, after any blanks; it is then read.
    fn takes(&mut self, char: char) -> bool {
        self.skip_blanks();
        let rest = self.rest.strip_prefix(char);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
    }
}

struct Writer {
    out: String,
    /// A space after each comma and colon.
    spaced: bool,
    /// All other characters escaped.
    ascii: bool,
    /// Names in order.
    sorted: bool,
}

impl Writer {
    fn value(&mut self, value: &Value<'_>) {
        match value {
            Value::Word(word) => self.out.push_str(word),
            Value::Text(text) => self.text(text),
            Value::List(items) => {
                self.out.push('[');
                for (number, item) in items.iter().enumerate() {
                    self.comma_before(number);
                    self.value(item);
                }
                self.out.push(']');
            }
            Value::Object(members) => {
                let mut members: Vec<_> = members.iter().collect();
                if self.sorted {
                    members.sort_by(|(one, _), (other, _)| one.cmp(other));
                }
                self.out.push('{');
                for (number, (name, value)) in members.into_iter().enumerate() {
                    self.comma_before(number);
                    self.text(name);
                    self.separator(':');
                    self.value(value);
                }
                self.out.push('}');
            }
        }
    }

    fn comma_before(&mut self, number: usize) {
        if number > 0 {
            self.separator(',');
        }
    }

    fn separator(&mut self, char: char) {
        self.out.push(char);
        if self.spaced {
            self.out.push(' ');
        }
    }

    fn text(&mut self, text: &str) {
        self.out.push('"');
        for char in text.chars() {
            match char {
                '"' | '\\' => self.out.extend(['\\', char]),
                '\u{8}' => self.out.push_str("\\b"),
                '\u{c}' => self.out.push_str("\\f"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                '\0'..'\u{20}' => self.unit(char as u16),
                '\u{7f}'.. if self.ascii => {
                    for unit in char.encode_utf16(&mut [0; 2]) {
                        self.unit(*unit);
                    }
                }
                _ => self.out.push(char),
            }
        }
        self.out.push('"');
    }

    fn unit(&mut self, unit: u16) {
        let written = write!(self.out, "\\u{unit:04x}");
        debug_assert!(written.is_ok(), "a String takes all that is written to it");
    }
}
