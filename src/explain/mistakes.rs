//! Mistakes of other signers, tried until one of them gives the signature that was sent.
//!
//! The sent request doesn't show how a signer has canonicalized it. But with the secret, each known mistake
//! can be repeated, and the one that gives the same signature was made. First single mistakes are tried,
//! then two, then up to four.

mod alternatives;
pub(super) mod invited;
mod secrets;

use super::bodies::OtherBodies;
use super::causes::Cause;
use super::claim::{Claim, SentRequest};
use super::lines::CanonicalLines;
use crate::sigv4::credentials::Credentials;
use crate::sigv4::scope::{Algorithm, CredentialScope};
use crate::sigv4::signature::Signature;
use crate::sigv4::signing_key::SigningKey;
use crate::sigv4::string_to_sign::StringToSign;
pub(super) use secrets::{is_like_a_secret, padding};

/// The longest canonical request, in bytes, that is searched. AWS accepts less than half of it.
const MAX_REQUEST_BYTES: usize = 128 * 1024;
/// The most bytes that one search hashes.
const MAX_HASHED_BYTES: usize = 64 * 1024 * 1024;
/// The most signatures that one search makes, or verifies for SigV4a.
const MAX_HMAC_ATTEMPTS: usize = 20_000;
const MAX_ECDSA_ATTEMPTS: usize = 2_000;

/// A request, to be signed with known mistakes.
pub(super) struct Mistakes<'a> {
    pub(super) sent: SentRequest<'a>,
    pub(super) claim: &'a Claim<'a>,
    pub(super) bodies: &'a OtherBodies,
    /// The canonical request by AWS's rules.
    pub(super) canonical: &'a [u8],
}

/// What was signed.
pub(super) struct Signed {
    pub(super) lines: CanonicalLines,
    pub(super) string_to_sign: String,
    /// What is wrong with the secret that it was signed with.
    pub(super) secret: Option<Cause>,
}

/// A replacement of one line.
struct Change {
    line: usize,
    text: Vec<u8>,
}

impl Mistakes<'_> {
    /// Finds what these credentials turn into the sent signature.
    pub(super) fn find(
        &self,
        credentials: &Credentials<'_>,
        scope: &CredentialScope<'_>,
    ) -> Option<Signed> {
        let canonical = self.canonical;
        if canonical.len() > MAX_REQUEST_BYTES {
            return None;
        }
        // Values have no line breaks, so a split finds the lines.
        let lines: Vec<_> = canonical.split(|byte| *byte == b'\n').collect();
        let changes = self.changes(&lines);
        let mut keys = vec![(SigningKey::derive(credentials, scope).ok()?, None)];
        let secret = credentials.secret_access_key();
        for (secret, cause) in secret.map(secrets::mistaken).into_iter().flatten() {
            // `Credentials::new` refuses white space around a secret.
            let (key_id, refused) = (credentials.access_key_id(), &mut Vec::new());
            let other = Credentials::lenient(key_id, &secret, None, refused).ok()?;
            keys.push((SigningKey::derive(&other, scope).ok()?, Some(cause)));
        }
        let limit = match scope.algorithm {
            Algorithm::HmacSha256 => MAX_HMAC_ATTEMPTS,
            Algorithm::EcdsaP256Sha256 => MAX_ECDSA_ATTEMPTS,
        };
        let limit = limit.min(MAX_HASHED_BYTES / canonical.len());
        let signature = Signature::bytes_of(&self.claim.signature);
        attempts(&changes, keys.len(), lines.len()).take(limit).find_map(|(key, changes)| {
            let mut lines = lines.clone();
            for change in changes {
                lines[change.line] = &change.text;
            }
            let text = StringToSign::of_bytes(scope, &lines.join(&b'\n')).to_text();
            let (key, secret) = &keys[key];
            key.verify(&text, &signature).then(|| Signed {
                lines: CanonicalLines::of(&lines),
                string_to_sign: text,
                secret: secret.clone(),
            })
        })
    }

    /// The known replacements of each line of a canonical request.
    fn changes(&self, lines: &[&[u8]]) -> Vec<Vec<Change>> {
        let SentRequest { request, .. } = self.sent;
        let text = |texts: Vec<String>| texts.into_iter().map(String::into_bytes).collect();
        let last = lines.len() - 1;
        let of_line = |line: usize| -> Vec<Vec<u8>> {
            match line {
                0 => text(alternatives::methods(request.method)),
                1 => text(alternatives::uris(&request.url)),
                2 => text(alternatives::queries(&request.url)),
                _ if line == last => {
                    text(alternatives::payloads(self.sent, self.claim, self.bodies))
                }
                _ => self.headers(lines[line]),
            }
        };
        let changes = |line| {
            let others = of_line(line).into_iter().filter(move |text| text != lines[line]);
            others.map(|text| Change { line, text }).collect()
        };
        (0..lines.len()).map(changes).collect()
    }

    fn headers(&self, line: &[u8]) -> Vec<Vec<u8>> {
        // The list of signed headers, and the empty line before it, have no colon.
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { return Vec::new() };
        let (name, value) = (&line[..colon], &line[colon + 1..]);
        let text = str::from_utf8(name).unwrap_or_default();
        let values = alternatives::header_values(self.sent, text, value);
        values.into_iter().map(|value| [name, b":", &value].concat()).collect()
    }
}

/// The attempts, as the number of a key and changes; the likely ones first.
fn attempts(
    changes: &[Vec<Change>],
    keys: usize,
    lines: usize,
) -> impl Iterator<Item = (usize, Vec<&Change>)> {
    let singles = move || changes.iter().flatten();
    let pairs = (0..lines).flat_map(move |line| {
        let later = move || changes[line + 1..].iter().flatten();
        changes[line].iter().flat_map(move |one| later().map(move |other| vec![one, other]))
    });
    // Some signers get path, query, host and body wrong at once.
    let host = move |change: &Change| change.text.starts_with(b"host:");
    let host = changes.iter().position(|line| line.first().is_some_and(host)).unwrap_or(lines);
    let of_line = move |line: usize| {
        let changes = changes.get(line).into_iter().flatten();
        std::iter::once(None).chain(changes.map(Some))
    };
    let many = of_line(1).flat_map(move |uri| {
        of_line(2).flat_map(move |query| {
            of_line(host).flat_map(move |host| {
                of_line(lines - 1).map(move |payload| [uri, query, host, payload])
            })
        })
    });
    let many = many.map(|changes| changes.into_iter().flatten().collect::<Vec<_>>());
    let right_key = std::iter::once(Vec::new()).chain(singles().map(|change| vec![change]));
    let other_keys = move || 1..keys;
    right_key
        .map(|changes| (0, changes))
        .chain(other_keys().map(|key| (key, Vec::new())))
        .chain(pairs.map(|changes| (0, changes)))
        .chain(other_keys().flat_map(move |key| singles().map(move |one| (key, vec![one]))))
        .chain(many.filter(|changes| changes.len() > 2).map(|changes| (0, changes)))
}
