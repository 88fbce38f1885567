//! The one place that knows how services differ.

/// What a service expects of a signature where it is not told otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceRules {
    /// The path as sent is encoded once more.
    pub double_encode_path: bool,
    /// `.`, `..` and empty segments are resolved before the path is signed.
    pub normalize_path: bool,
}

impl ServiceRules {
    /// The rules of the service with this signing name.
    ///
    /// The S3 family signs an object's key as it is, encoded once: `//` and `..` may be part of a key.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>
    pub fn of(service: &str) -> Self {
        let s3_family = matches!(service, "s3" | "s3express" | "s3-object-lambda" | "s3-outposts");
        Self { double_encode_path: !s3_family, normalize_path: !s3_family }
    }
}
