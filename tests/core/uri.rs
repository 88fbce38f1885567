//! URLs: what is signed of their host, path and query, and which are refused.

use crate::common::message;
use _core::sigv4::{PathRules, ServiceRules, Url};

#[test]
fn a_reference_is_split_where_rfc_3986_splits_it() {
    for (reference, path, query) in [
        ("", "/", ""),
        ("?a", "/", "a="),
        ("/_search?q=1#b?c", "/_search", "q=1"),
        ("a/b", "a/b", ""),
        ("//user:pass@host/a", "/a", ""),
        ("https://", "/", ""),
        ("localhost:9200/a", "9200/a", ""),
        ("9200:a", "9200%3Aa", ""),
        (":", "%3A", ""),
        ("/a:b//c", "/a%3Ab/c", ""),
    ] {
        let url = Url::parse_reference(reference).unwrap();
        assert_eq!(url.canonical_uri(PathRules::MOST), path, "{reference}");
        assert_eq!(url.canonical_query_string(), query, "{reference}");
        assert!(!format!("{url:?}").contains("pass"), "{reference}");
    }
    for reference in ["/a\n", "/a\r", "\0"] {
        assert!(Url::parse_reference(reference).is_err(), "{reference:?}");
    }
}

#[test]
fn paths_follow_the_rules_of_their_service() {
    // The target, as most services sign it, and as the S3 family does.
    let table = [
        ("", "/", "/"),
        ("/", "/", "/"),
        ("/a%20b", "/a%2520b", "/a%20b"),
        ("/a%2Fb", "/a%252Fb", "/a/b"),
        ("/%41%7e", "/%2541%257e", "/A~"),
        ("/a;b=1", "/a%3Bb%3D1", "/a%3Bb%3D1"),
        ("/a b/é", "/a%2520b/%25C3%25A9", "/a%20b/%C3%A9"),
        ("/100%", "/100%25", "/100%25"),
        ("/%FF", "/%25FF", "/%FF"),
        ("//a//b//", "/a/b/", "//a//b//"),
        ("/./a/../b/.", "/b", "/./a/../b/."),
        ("/../..", "/", "/../.."),
        ("/..a/.b/c..", "/..a/.b/c..", "/..a/.b/c.."),
    ];
    for (target, most, s3) in table {
        let url = format!("https://example.com{target}");
        let url = Url::parse(&url).unwrap();
        assert_eq!(url.canonical_uri(PathRules::MOST), most, "{target}");
        assert_eq!(url.canonical_uri(PathRules::S3), s3, "{target}");
    }
}

#[test]
fn only_the_s3_family_has_rules_of_its_own() {
    for service in ["s3", "s3express", "s3-object-lambda", "s3-outposts"] {
        assert_eq!(ServiceRules::of(service).path, PathRules::S3, "{service}");
    }
    for service in ["es", "execute-api", "S3", "s3vectors", "s3tables", "s3-other", ""] {
        assert_eq!(ServiceRules::of(service).path, PathRules::MOST, "{service}");
    }
}

#[test]
fn queries_are_decoded_encoded_and_sorted() {
    let table = [
        ("", ""),
        ("?", ""),
        ("?a", "a="),
        ("?=x", "=x"),
        ("?a=b=c", "a=b%3Dc"),
        ("?a=2&a=1&a=2", "a=1&a=2&a=2"),
        ("?&a=1&&b=2&", "a=1&b=2"),
        ("?a=b+c%20d%2Be", "a=b%20c%20d%2Be"),
        ("?a=%c3%a9&é=%41", "%C3%A9=A&a=%C3%A9"),
        ("?a=100%&b=%4&c=%zz", "a=100%25&b=%254&c=%25zz"),
        ("?q2=b&q=a&q-x=c", "q=a&q-x=c&q2=b"),
        ("?b2=1&b:=1", "b%3A=1&b2=1"),
        ("?a=1#b=2", "a=1"),
    ];
    for (query, expected) in table {
        let url = format!("https://example.com/{query}");
        assert_eq!(Url::parse(&url).unwrap().canonical_query_string(), expected, "{query}");
    }
}

#[test]
fn host_is_what_a_client_sends() {
    let table = [
        ("https://Example.com:443/", "example.com"),
        ("http://example.com:80", "example.com"),
        ("https://example.com:80?q", "example.com:80"),
        ("https://user:pass@example.com:9200/", "example.com:9200"),
        ("https://[2001:DB8::1]/", "[2001:db8::1]"),
        ("https://[::1]:9200/", "[::1]:9200"),
        ("wss://[::1]:443/", "[::1]"),
    ];
    for (url, host) in table {
        assert_eq!(Url::parse(url).unwrap().host(), host, "{url}");
    }
}

#[test]
fn urls_that_can_not_be_signed_are_named_and_not_shown() {
    let bad = [
        "",
        "example.com",
        "/path",
        "//example.com/",
        "://example.com/",
        "https:/example.com",
        "https:///path",
        "https://user:private@/",
        "https://:443/",
        "https://exämple.com/",
        "https://private example.com/",
        "https://example.com:port/",
        "https://example.com/private\r",
        "https://example.com/private\n",
        "https://example.com/private\0",
        "https://example.com/private\x7f",
        "s3://private/key",
    ];
    for url in bad {
        let message = message(Url::parse(url));
        assert!(message.starts_with("url has "), "{url:?}: {message}");
        assert!(!message.contains("private"), "{url:?}: {message}");
    }
}

#[test]
fn schemes_of_other_protocols_are_refused() {
    for scheme in ["http", "https", "ws", "wss", "HTTPS", "Wss", "http+unix", "mock"] {
        assert!(Url::parse(&format!("{scheme}://example.com/")).is_ok(), "{scheme}");
    }
    for scheme in ["s3", "S3", "s3a", "s3n", "ftp", "ftps", "file", "gs"] {
        let message = message(Url::parse(&format!("{scheme}://example.com/")));
        assert!(message.starts_with("url has a scheme that isn't sent over HTTP: "), "{message}");
        assert!(message.contains("https://bucket.s3.us-east-1.amazonaws.com/key"), "{message}");
    }
}
