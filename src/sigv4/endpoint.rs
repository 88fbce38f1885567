//! The region and the service that a host name tells.
//!
//! AWS's endpoints are `service.region.suffix`, with parts before and sometimes between; some
//! services turn the two around. <https://docs.aws.amazon.com/general/latest/gr/rande.html>

/// What a host name tells. A part that it doesn't tell is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Endpoint<'a> {
    /// Such as `eu-central-1`; `*` for an endpoint of several regions, which SigV4a signs for.
    pub region: Option<&'a str>,
    /// The service's signing name, such as `execute-api`.
    pub service: Option<&'a str>,
}

/// What ends the names of AWS's endpoints, and the region of its global services.
const SUFFIXES: [(&str, &str); 11] = [
    (".vpce.amazonaws.com", "us-east-1"),
    (".vpce.amazonaws.com.cn", "cn-north-1"),
    (".amazonaws.com", "us-east-1"),
    (".amazonaws.com.cn", "cn-north-1"),
    (".on.aws", "us-east-1"),
    (".api.aws", "us-east-1"),
    (".api.amazonwebservices.com.cn", "cn-north-1"),
    (".on.amazonwebservices.com.cn", "cn-north-1"),
    (".amazonaws.eu", "eusc-de-east-1"),
    (".c2s.ic.gov", "us-iso-east-1"),
    (".sc2s.sgov.gov", "us-isob-east-1"),
];

/// Services whose hosts have no region, and are signed for one all the same.
const GLOBAL: [&str; 11] = [
    "budgets",
    "ce",
    "cloudfront",
    "health",
    "iam",
    "importexport",
    "organizations",
    "route53",
    "shield",
    "sts",
    "waf",
];

/// Services whose hosts call them by another name than their signatures do.
const SIGNING_NAMES: [(&str, &str); 33] = [
    ("aos", "es"),
    ("aps-workspaces", "aps"),
    ("appsync-api", "appsync"),
    ("appsync-realtime-api", "appsync"),
    ("bedrock-agent", "bedrock"),
    ("bedrock-agent-runtime", "bedrock"),
    ("bedrock-data-automation", "bedrock"),
    ("bedrock-data-automation-runtime", "bedrock"),
    ("bedrock-runtime", "bedrock"),
    ("control-kinesis", "kinesis"),
    ("data-ats.iot", "iotdata"),
    ("data-kinesis", "kinesis"),
    ("data.iot", "iotdata"),
    ("data.mediastore", "mediastore"),
    ("ddb", "dynamodb"),
    ("ecr.api", "ecr"),
    ("email", "ses"),
    ("email-smtp", "ses"),
    ("entitlement.marketplace", "aws-marketplace"),
    ("lambda-url", "lambda"),
    ("metering.marketplace", "aws-marketplace"),
    ("models-v2-lex", "lex"),
    ("neptune", "neptune-db"),
    ("queue", "sqs"),
    ("runtime-v2-lex", "lex"),
    ("s3-accesspoint", "s3"),
    ("s3-control", "s3"),
    ("s3express-control", "s3express"),
    ("transcribestreaming", "transcribe"),
    ("transcribestreaming-fips", "transcribe"),
    ("session.qldb", "qldb"),
    ("states-fips", "states"),
    ("streams.dynamodb", "dynamodb"),
];

impl<'a> Endpoint<'a> {
    /// Reads a host name, with or without a port, in lowercase.
    pub fn of(scheme: &str, host: &'a str) -> Self {
        let host = host.split_once(':').map_or(host, |(name, _port)| name);
        let found = SUFFIXES.iter().find_map(|(suffix, global_region)| {
            // The first labels belong to whoever made the endpoint; a bare suffix names no service.
            host.strip_suffix(suffix).map(|labels| (labels, *global_region))
        });
        let Some((labels, global_region)) = found else { return Self::default() };
        let mut endpoint = s3(labels).unwrap_or_else(|| read(labels, global_region));
        let is_websocket = matches!(scheme, "ws" | "wss");
        if is_websocket && matches!(endpoint.service, Some("iot" | "iotdata")) {
            endpoint.service = Some("iotdevicegateway");
        }
        endpoint
    }
}

/// S3, in all its ways of naming buckets, access points and itself.
///
/// <https://docs.aws.amazon.com/general/latest/gr/s3.html>
fn s3(labels: &str) -> Option<Endpoint<'_>> {
    let endpoint = |service, region| Some(Endpoint { service: Some(service), region });
    let labels: Vec<_> = labels.split('.').collect();
    let mut rest = labels.as_slice();
    let last = *rest.last()?;
    let region = Some(last).filter(|last| is_region(last));
    if region.is_some() {
        rest = &rest[..rest.len() - 1];
    }
    if rest.last() == Some(&"dualstack") {
        rest = &rest[..rest.len() - 1];
    }
    let name = *rest.last()?;
    let name = name.strip_suffix("-fips").unwrap_or(name);
    match name {
        // A bucket in the oldest region, by the oldest name of S3; or a mix of both by a client.
        "s3" | "s3-external-1" => endpoint("s3", Some(region.unwrap_or("us-east-1"))),
        // The last takes buckets of every region, so it can't tell theirs.
        "s3-accesspoint" | "s3-control" | "s3-accelerate" => endpoint("s3", region),
        "s3-object-lambda" | "s3-outposts" => endpoint(name, region),
        "s3express-control" => endpoint("s3express", region),
        // An access point of several regions.
        "s3-global" => endpoint("s3", Some("*")),
        _ if name.starts_with("s3express-") => endpoint("s3express", region),
        // The oldest names have the region behind a hyphen.
        _ => {
            let old = name.strip_prefix("s3-")?;
            let old = old.strip_prefix("fips-").unwrap_or(old);
            is_region(old).then_some(Endpoint { service: Some("s3"), region: Some(old) })
        }
    }
}

/// Every other service.
fn read<'a>(labels: &'a str, global_region: &'static str) -> Endpoint<'a> {
    let (before, last) = match labels.rsplit_once('.') {
        Some((before, last)) => (Some(before), last),
        None => (None, labels),
    };
    if is_region(last) {
        return Endpoint { region: Some(last), service: before.map(signing_name) };
    }
    // `id.region.es`, with the service last.
    if let Some(region) = before.map(last_label).filter(|label| is_region(label)) {
        return Endpoint { region: Some(region), service: Some(signing_name(last)) };
    }
    // `iam.us-gov` is the one host of its partition.
    if last == "us-gov" {
        return Endpoint { region: Some("us-gov-west-1"), service: before.map(signing_name) };
    }
    match last {
        "globalaccelerator" => Endpoint { region: Some("us-west-2"), service: Some(last) },
        // The oldest name of SQS.
        "queue" => Endpoint { region: Some(global_region), service: Some("sqs") },
        _ if GLOBAL.contains(&last) => {
            Endpoint { region: Some(global_region), service: Some(last) }
        }
        _ => Endpoint::default(),
    }
}

/// The signing name of the service that ends these labels.
fn signing_name(labels: &str) -> &str {
    let last = last_label(labels);
    let without_fips = |label: &'_ str| label.strip_suffix("-fips").map_or(label.len(), str::len);
    let last = &last[..without_fips(last)];
    // Two labels may name one together, such as `data.iot`; a `-fips` is then on the first.
    let two = labels.rsplitn(3, '.').take(2).map(str::len).sum::<usize>() + 1;
    let two = labels.get(labels.len().saturating_sub(two)..).unwrap_or(labels);
    let known = |name: &str| {
        SIGNING_NAMES.iter().find(|(host, _)| *host == name).map(|(_, signing)| *signing)
    };
    if let Some(signing) = known(two).or_else(|| known(last)) {
        return signing;
    }
    // `id-ats.iot` is the data of a device, and `iot` alone is what manages them.
    if last == "iot" && labels != last {
        return "iotdata";
    }
    // `ecr` is also called `api.ecr`, `runtime.sagemaker` is `sagemaker`: the last label is the name.
    last
}

fn last_label(labels: &str) -> &str {
    labels.rsplit_once('.').map_or(labels, |(_, last)| last)
}

/// Such as `us-east-1`, `us-gov-west-1` and `us-isob-east-1`: words and then a number.
fn is_region(label: &str) -> bool {
    let mut parts = label.split('-');
    let is_word = |part: &str| part.len() > 1 && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let (Some(first), Some(last)) = (parts.next(), parts.next_back()) else { return false };
    let between: Vec<_> = parts.collect();
    (2..=4).contains(&first.len())
        && is_word(first)
        && !last.is_empty()
        && last.len() <= 2
        && last.bytes().all(|byte| byte.is_ascii_digit())
        && (1..=2).contains(&between.len())
        && between.iter().all(|part| is_word(part))
}
