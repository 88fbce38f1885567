//! What other signers get wrong, tried until one of them makes the signature that was sent.
//!
//! A request is rebuilt from what was sent, by AWS's rules, so a signer that breaks them leaves no trace
//! in it. But its mistake can be repeated: with the secret at hand, the one that yields the same
//! signature is what happened. They are made one at a time first, then two, then up to four.

mod alternatives;
pub(super) mod invited;
mod secrets;

use super::bodies::OtherBodies;
use super::causes::Cause;
use super::claim::{Claim, SentRequest};
use super::lines::CanonicalLines;
use crate::sigv4::credentials::Credentials;
use crate::sigv4::scope::{Algorithm, CredentialScope};
use crate::sigv4::service::PathRules;
use crate::sigv4::signature::Signature;
use crate::sigv4::signing_key::SigningKey;
use crate::sigv4::string_to_sign::StringToSign;
pub(super) use secrets::padding;

/// A longer canonical request is not searched; AWS takes none that is half as long.
const MAX_REQUEST_BYTES: usize = 128 * 1024;
/// How much is hashed at most, whatever the request is.
const MAX_HASHED_BYTES: usize = 64 * 1024 * 1024;
/// How many signatures are made at most, and of SigV4a, whose take longer, verified.
const MAX_HMAC_ATTEMPTS: usize = 20_000;
const MAX_ECDSA_ATTEMPTS: usize = 2_000;

/// A request to be signed in all ways that are known to be wrong.
pub(super) struct Mistakes<'a> {
    pub(super) sent: SentRequest<'a>,
    pub(super) claim: &'a Claim<'a>,
    pub(super) path: PathRules,
    pub(super) bodies: &'a OtherBodies,
    /// What stands for the body.
    pub(super) payload: &'a str,
}

/// What was signed in truth.
pub(super) struct Signed {
    pub(super) lines: CanonicalLines,
    pub(super) string_to_sign: String,
    /// What is wrong with the secret that it was signed with.
    pub(super) secret: Option<Cause>,
}

/// Another text in the place of a line.
struct Change {
    line: usize,
    text: Vec<u8>,
}

impl Mistakes<'_> {
    /// What these credentials turn into the signature that was sent.
    pub(super) fn find(
        &self,
        credentials: &Credentials<'_>,
        scope: &CredentialScope<'_>,
    ) -> Option<Signed> {
        let canonical = self.sent.canonical_request(self.claim, self.path, self.payload)?;
        if canonical.len() > MAX_REQUEST_BYTES {
            return None;
        }
        // No value has a line break, so that each line is what it seems.
        let lines: Vec<_> = canonical.split(|byte| *byte == b'\n').collect();
        let changes = self.changes(&lines);
        let mut keys = vec![(SigningKey::derive(credentials, scope), None)];
        for (secret, cause) in secrets::mistaken(credentials.secret_access_key()) {
            // Strictly, a secret with white space around it would be refused.
            let (key_id, refused) = (credentials.access_key_id(), &mut Vec::new());
            let other = Credentials::lenient(key_id, &secret, None, refused).ok()?;
            keys.push((SigningKey::derive(&other, scope), Some(cause)));
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

    /// For each line of a canonical request, what may have stood there; of most lines nothing else.
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

/// What is tried: the number of a key, and changes; the likely before the unlikely.
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
    // More than two are the work of one signer that gets most of a request wrong.
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
