//! The one place that knows how services differ.

/// What a service expects of a signature where it is not told otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceRules {
    /// How the path enters the canonical request.
    pub path: PathRules,
}

/// How a path enters the canonical request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathRules {
    /// Encode the path as sent once more; otherwise decode it and encode it once.
    pub double_encode: bool,
    /// Resolve `.` and `..` and merge slashes first.
    pub normalize: bool,
}

impl ServiceRules {
    /// The rules of the service with this signing name.
    ///
    /// The S3 family signs an object's key as it is, encoded once: `//` and `..` may be part of a key.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>
    pub fn of(service: &str) -> Self {
        let s3_family = matches!(service, "s3" | "s3express" | "s3-object-lambda" | "s3-outposts");
        Self { path: if s3_family { PathRules::S3 } else { PathRules::MOST } }
    }
}

impl PathRules {
    /// Most services sign the path as sent.
    pub const MOST: Self = Self { double_encode: true, normalize: true };
    /// S3 and its kin sign an object's key.
    pub const S3: Self = Self { double_encode: false, normalize: false };
}
