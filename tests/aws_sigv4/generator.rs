//! Input that looks like what clients send, made from a seed.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

const SEED_VARIABLE: &str = "RSIGV4_TEST_SEED";
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Runs a check so many times, and prints the seed of the one that fails.
pub(crate) fn for_each_seed(runs: u64, check: impl Fn(&mut Generator)) {
    let first = match std::env::var(SEED_VARIABLE) {
        Ok(seed) => seed.parse().unwrap(),
        Err(_) => RandomState::new().build_hasher().finish(),
    };
    for run in 0..runs {
        let seed = first.wrapping_add(run);
        let printer = PrintOnPanic(seed);
        check(&mut Generator(seed));
        drop(printer);
    }
}

struct PrintOnPanic(u64);

impl Drop for PrintOnPanic {
    #[allow(clippy::print_stderr, reason = "a failure says how to repeat it")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{SEED_VARIABLE}={}", self.0);
        }
    }
}

/// `SplitMix64`: small, and good enough to choose tests.
pub(crate) struct Generator(u64);

impl Generator {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }

    pub(crate) fn choose<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.below(choices.len())]
    }

    pub(crate) fn many<T>(&mut self, most: usize, make: impl Fn(&mut Self) -> T) -> Vec<T> {
        (0..self.below(most + 1)).map(|_| make(self)).collect()
    }

    pub(crate) fn bytes(&mut self, most: usize) -> Vec<u8> {
        self.many(most, |generator| generator.next().to_be_bytes()[0])
    }

    fn characters(&mut self, alphabet: &str, most: usize) -> String {
        let alphabet: Vec<_> = alphabet.chars().collect();
        self.many(most, |generator| alphabet[generator.below(alphabet.len())]).into_iter().collect()
    }

    /// Text with all that has a meaning in a URL, and some that isn't ASCII.
    pub(crate) fn text(&mut self, most: usize) -> String {
        self.characters("aZ09-_.~ /?#[]@!$&'()*+,;=:%\"<>^`{|}\\é世😀", most)
    }

    fn escaped(&mut self) -> String {
        utf8_percent_encode(&self.text(8), UNRESERVED).to_string()
    }

    /// A path, and for all but S3 some of it as clients leave it.
    pub(crate) fn path(&mut self, service: &str) -> String {
        let is_s3 = service.starts_with("s3");
        let mut segments = self.many(5, |generator| match generator.below(4) {
            0 => generator.choose(&["", ".", "..", "..."]).to_owned(),
            1 if !is_s3 => generator.characters("aZ09-_.~:@!$&'()*+,;=", 8),
            // An encoded slash in a key of S3 is decoded by us, and left alone by the crate.
            _ => generator.escaped().replace("%2F", ""),
        });
        // The crate alone ends a path with a slash where it ended with a dot segment.
        if !is_s3 && segments.last().is_some_and(|last| matches!(last.as_str(), "." | "..")) {
            segments.push("a".to_owned());
        }
        format!("/{}", segments.join("/"))
    }

    pub(crate) fn query(&mut self) -> String {
        let pairs = self.many(5, |generator| {
            // Names repeat, and some are the beginnings of others.
            let name = match generator.below(3) {
                0 => generator.escaped(),
                _ => generator.choose(&["a", "a-b", "a0", "a%20b", "A"]).to_owned(),
            };
            match generator.below(4) {
                0 => name,
                1 => format!("{name}={}", generator.characters("aZ09-_.~:@!$'()*+,;/?", 8)),
                _ => format!("{name}={}", generator.escaped()),
            }
        });
        let pairs: Vec<_> = pairs.into_iter().filter(|pair| !pair.is_empty()).collect();
        if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
    }

    /// Headers of unlike names, as the crate keeps the last of a name.
    pub(crate) fn headers(&mut self) -> Vec<(String, String)> {
        let names = [
            "content-type",
            "Content-MD5",
            "x-amz-meta-a",
            "X-Amz-Acl",
            "Accept",
            "if-match",
            "If-None-Match",
            "content-length",
        ];
        let first = self.below(names.len());
        (0..self.below(names.len()))
            .map(|number| {
                let value = self.characters("aZ09  ,;=/\"", 16);
                (names[(first + number) % names.len()].to_owned(), value)
            })
            .collect()
    }
}
