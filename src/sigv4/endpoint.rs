//! Derives the region and the service from a host name.
//!
//! AWS endpoints are `service.region.suffix`, with labels before and sometimes between them. Some
//! services put the region first. <https://docs.aws.amazon.com/general/latest/gr/rande.html>

use super::partition::split_suffix;

/// The region and the service of a host; `None` where its name doesn't contain one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Endpoint<'a> {
    /// Such as `eu-central-1`; `*` for an endpoint of several regions, which needs SigV4a.
    pub region: Option<&'a str>,
    /// The service's signing name, such as `execute-api`.
    pub service: Option<&'a str>,
}

/// Services that are signed for one region, although their host may not contain it.
const GLOBAL: [&str; 13] = [
    "budgets",
    "ce",
    "cloudfront",
    "health",
    "iam",
    "importexport",
    "organizations",
    "route53",
    "savingsplans",
    "sdb",
    "shield",
    "sts",
    "waf",
];

/// Hosts of several regions, which accept only SigV4a, and the signing names of their services.
const MULTI_REGION: [(&str, &str); 3] = [
    ("cloudfront-kvs", "cloudfront-keyvaluestore"),
    ("endpoint.events", "events"),
    ("endpoints.email", "ses"),
];

/// Services that are signed for the region of the global services, even if the host has another.
const IN_ONE_REGION: [&str; 2] = ["IngestionService", "sustainability"];

/// Names of services in hosts, where they differ from the signing name.
///
/// If a host ends with several of them, the longest one counts.
const SIGNING_NAMES: [(&str, &str); 78] = [
    ("account-access-runtime", "account-access"),
    ("acm-acme", "acm"),
    ("agent-registry-control", "agent-registry"),
    ("agreement-marketplace", "aws-marketplace"),
    ("aos", "es"),
    ("api.tunneling.iot", "IoTSecuredTunneling"),
    ("appconfigdata", "appconfig"),
    ("appstream2", "appstream"),
    ("appsync-api", "appsync"),
    ("appsync-realtime-api", "appsync"),
    ("aps-workspaces", "aps"),
    ("arc-recovery-control-config", "route53-recovery-control-config"),
    ("arc-region-switch-control-plane", "arc-region-switch"),
    ("bedrock-agent", "bedrock"),
    ("bedrock-agent-runtime", "bedrock"),
    ("bedrock-agentcore-control", "bedrock-agentcore"),
    ("bedrock-data-automation", "bedrock"),
    ("bedrock-data-automation-runtime", "bedrock"),
    ("bedrock-runtime", "bedrock"),
    ("cassandra-streams", "cassandra"),
    ("catalog-marketplace", "aws-marketplace"),
    ("catalog.marketplace", "aws-marketplace"),
    ("cloudhsmv2", "cloudhsm"),
    ("cloudsearchdomain", "cloudsearch"),
    ("cloudwatch-omni", "cloudwatch"),
    ("contact-lens", "connect"),
    ("cp.maps.geo", "geo"),
    ("cp.places.geo", "geo"),
    ("cp.routes.geo", "geo"),
    ("data.jobs.iot", "iot-jobs-data"),
    ("data.mediastore", "mediastore"),
    ("ddb", "dynamodb"),
    ("deployment-marketplace", "aws-marketplace"),
    ("discovery-marketplace", "aws-marketplace"),
    ("efs", "elasticfilesystem"),
    ("email", "ses"),
    ("email-smtp", "ses"),
    ("entitlement-marketplace", "aws-marketplace"),
    ("entitlement.marketplace", "aws-marketplace"),
    ("eventsv2", "events"),
    ("forecastquery", "forecast"),
    ("greengrass-ats.iot", "greengrass"),
    ("iam-toolbox", "iam"),
    ("importexport", "IngestionService"),
    ("iot-tunneling", "IoTSecuredTunneling"),
    ("ivsrealtime", "ivs"),
    ("kafka-api", "kafka"),
    ("kinesis-queues", "kinesis"),
    ("lambda-url", "lambda"),
    ("mail-manager", "ses"),
    ("maps.geo", "geo-maps"),
    ("memory-db", "memorydb"),
    ("metering-marketplace", "aws-marketplace"),
    ("metering.marketplace", "aws-marketplace"),
    ("migrationhub-config", "mgh"),
    ("mturk-requester-sandbox", "mturk-requester"),
    ("neptune", "neptune-db"),
    ("oidc", "sso-oauth"),
    ("participant.connect", "execute-api"),
    ("partnercentral-prm", "partnercentral"),
    ("personalize-events", "personalize"),
    ("personalize-runtime", "personalize"),
    ("pinpoint", "mobiletargeting"),
    ("places.geo", "geo-places"),
    ("portal.sso", "awsssoportal"),
    ("queue", "sqs"),
    ("reporting-marketplace", "aws-marketplace"),
    ("routes.geo", "geo-routes"),
    ("search-ddb", "dynamodb"),
    ("servicecatalog-appregistry", "servicecatalog"),
    ("session.qldb", "qldb"),
    ("sms-voice.pinpoint", "sms-voice"),
    ("streams-ddb", "dynamodb"),
    ("streams.dynamodb", "dynamodb"),
    ("timestream-ingest", "timestream"),
    ("timestream-query", "timestream"),
    ("transcribestreaming", "transcribe"),
    ("wellarchitected-agent", "wellarchitected"),
];

/// Services whose names may have a prefix with a hyphen in a host, such as `sync-states`.
const HYPHENATED: [&str; 12] = [
    "chime",
    "dynamodb",
    "kinesis",
    "kinesis-queues",
    "lakeformation",
    "lex",
    "logs",
    "medical-imaging",
    "omics",
    "servicediscovery",
    "signer",
    "states",
];

impl<'a> Endpoint<'a> {
    /// Reads a lowercase host name, with or without a port, and a scheme in any letter case.
    pub fn of(scheme: &str, host: &'a str) -> Self {
        let Some((labels, partition)) = split_suffix(host) else { return Self::default() };
        let mut endpoint = match S3Host::parse(labels) {
            Some(s3) => s3.endpoint(partition.global_region),
            None => read(labels, partition.global_region),
        };
        let is_websocket = ["ws", "wss"].iter().any(|name| scheme.eq_ignore_ascii_case(name));
        if is_websocket && matches!(endpoint.service, Some("iot" | "iotdata")) {
            endpoint.service = Some("iotdevicegateway");
        }
        endpoint
    }
}

/// Returns the bucket of an S3 URL: from its host, or else the first segment of its path.
pub fn bucket<'a>(host: &'a str, path: &'a str) -> Option<&'a str> {
    let in_host = split_suffix(host).and_then(|(labels, _)| S3Host::parse(labels)).and_then(|s3| {
        // The name of an interface endpoint is `bucket.vpce-id`, after the name of the bucket.
        let bucket = match s3.before.split_once(".bucket.vpce-") {
            Some((bucket, _id)) => bucket,
            None if s3.before.starts_with("bucket.vpce-") => "",
            None => s3.before,
        };
        Some(bucket).filter(|bucket| s3.has_buckets() && !bucket.is_empty())
    });
    let in_path = || path.trim_start_matches('/').split('/').next();
    in_host.or_else(in_path).filter(|bucket| !bucket.is_empty())
}

/// A host of S3, its buckets or its access points.
///
/// <https://docs.aws.amazon.com/general/latest/gr/s3.html>
struct S3Host<'a> {
    /// The bucket or access point.
    before: &'a str,
    name: &'a str,
    region: Option<&'a str>,
}

impl<'a> S3Host<'a> {
    fn parse(labels: &'a str) -> Option<Self> {
        let split_last = |labels: &'a str| labels.rsplit_once('.').unwrap_or(("", labels));
        let (labels, region) = match split_last(labels) {
            (before, last) if is_region(last) => (before, Some(last)),
            _ => (labels, None),
        };
        let (before, name) = split_last(labels.strip_suffix(".dualstack").unwrap_or(labels));
        let name = without_fips(name);
        // The oldest names have the region behind a hyphen.
        let old = name.strip_prefix("s3-").map(|old| old.strip_prefix("fips-").unwrap_or(old));
        if let Some(region) = old.filter(|old| is_region(old)) {
            return Some(Self { before, name: "s3", region: Some(region) });
        }
        let is_s3 = matches!(
            name,
            "s3" | "s3-accelerate"
                | "s3-accesspoint"
                | "s3-control"
                | "s3-external-1"
                | "s3-global"
                | "s3-object-lambda"
                | "s3-outposts"
        );
        (is_s3 || name.starts_with("s3express-")).then_some(Self { before, name, region })
    }

    fn has_buckets(&self) -> bool {
        matches!(self.name, "s3" | "s3-accelerate" | "s3-external-1")
            || (self.name.starts_with("s3express-") && self.name != "s3express-control")
    }

    fn endpoint(&self, global_region: &'static str) -> Endpoint<'a> {
        let (service, region) = match self.name {
            // Hosts without a region belong to the oldest one.
            "s3" | "s3-external-1" => ("s3", Some(self.region.unwrap_or(global_region))),
            // A multi-region access point.
            "s3-global" => ("s3", Some("*")),
            "s3-object-lambda" | "s3-outposts" => (self.name, self.region),
            name if name.starts_with("s3express-") => ("s3express", self.region),
            // Accelerated hosts serve buckets of every region.
            _ => ("s3", self.region),
        };
        Endpoint { region, service: Some(service) }
    }
}

/// Reads the host of a service other than S3, without its suffix.
fn read<'a>(labels: &'a str, global_region: &'static str) -> Endpoint<'a> {
    let without = |name| labels.strip_suffix(name);
    let name = without(".global").or_else(|| without(".us-gov")).unwrap_or(labels);
    let found = MULTI_REGION.iter().find(|(multi_region, _)| ends_with(name, multi_region, '.'));
    if let Some((_, service)) = found {
        return Endpoint { region: Some("*"), service: Some(service) };
    }
    // Some GovCloud hosts have `us-gov` after the region too.
    let with_region = |labels: &&str| is_region(last_label(labels));
    let labels = labels.strip_suffix(".us-gov").filter(with_region).unwrap_or(labels);
    let (before, last) = labels.rsplit_once('.').unwrap_or(("", labels));
    let (region, name) = match last {
        // Hosts of all regions of a partition, and of all GovCloud regions.
        "global" => (Some(home_region(without_fips(before), global_region)), before),
        "us-gov" => (Some("us-gov-west-1"), before),
        _ if is_region(last) => (Some(last), before),
        // `id.region.es`: the service is last. For `rds`, the labels before it tell a database's host
        // from the API.
        _ if with_region(&before) => {
            (Some(last_label(before)), if last == "rds" { labels } else { last })
        }
        _ => (global_service_region(without_fips(last), global_region), last),
    };
    let service = region.filter(|_| !name.is_empty()).map(|_| signing_name(name));
    let is_in_one_region = service.is_some_and(|service| IN_ONE_REGION.contains(&service));
    Endpoint { region: if is_in_one_region { Some(global_region) } else { region }, service }
}

/// Returns the region to sign for if the host has none.
fn global_service_region(name: &str, global_region: &'static str) -> Option<&'static str> {
    match name {
        "globalaccelerator" => Some("us-west-2"),
        // The oldest name of SQS.
        "queue" => Some(global_region),
        _ => GLOBAL.contains(&name).then(|| home_region(name, global_region)),
    }
}

/// Returns the region that signs for a global service in a partition.
fn home_region(name: &str, global_region: &'static str) -> &'static str {
    match (name, global_region) {
        // In China, IAM is in Beijing and the other global services are in Ningxia.
        ("iam", "cn-northwest-1") => "cn-north-1",
        _ => global_region,
    }
}

/// Returns the signing name of the service at the end of these labels.
fn signing_name(labels: &str) -> &str {
    let labels = without_fips(labels);
    let found = SIGNING_NAMES.iter().filter(|(name, _)| ends_with(labels, name, '.'));
    if let Some((_, signing_name)) = found.max_by_key(|(name, _)| name.len()) {
        return signing_name;
    }
    match last_label(labels) {
        // `iot` is the API that manages devices; with labels before it, it serves their data.
        "iot" if labels != "iot" => return "iotdata",
        // `database.id.rds` is a database; `rds` and `vpce-id.rds` are the API.
        "rds" if labels.matches('.').count() > 1 => return "rds-db",
        _ => {}
    }
    // Labels before the service name a part of it: `api.ecr`, `runtime.sagemaker`.
    let hyphenated = |name: &&str| *name != labels && ends_with(labels, name, '-');
    HYPHENATED.into_iter().find(hyphenated).map_or_else(|| last_label(labels), signing_name)
}

/// Whether the labels are this name, or end with the separator and this name.
fn ends_with(labels: &str, name: &str, separator: char) -> bool {
    labels.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with(separator))
}

fn last_label(labels: &str) -> &str {
    labels.rsplit_once('.').map_or(labels, |(_, last)| last)
}

/// FIPS 140 endpoints have the signing name of the others.
fn without_fips(labels: &str) -> &str {
    labels.strip_suffix("-fips").unwrap_or(labels)
}

/// Whether a label is like `us-east-1`, `us-gov-west-1` or `us-isob-east-1`: words, then a number.
pub(crate) fn is_region(label: &str) -> bool {
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
