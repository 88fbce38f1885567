//! AWS's partitions, which share no accounts: China's, for example.
//!
//! <https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html>

/// A group of regions.
#[derive(Debug, PartialEq, Eq)]
pub struct Partition {
    /// As ARNs name it.
    name: &'static str,
    /// How its regions begin.
    regions: &'static str,
    /// The region of its global services.
    pub global_region: &'static str,
    /// How a host ends that begins with a service and a region.
    pub suffix: &'static str,
    /// How its other hosts end.
    other_suffixes: &'static [&'static str],
}

/// If several fit a host, the first counts; if several fit a region, the last does.
const PARTITIONS: [Partition; 8] = [
    Partition {
        name: "aws",
        regions: "",
        global_region: "us-east-1",
        suffix: ".amazonaws.com",
        other_suffixes: &[".vpce.amazonaws.com", ".api.aws", ".on.aws"],
    },
    Partition {
        name: "aws-us-gov",
        regions: "us-gov-",
        global_region: "us-gov-west-1",
        suffix: ".amazonaws.com",
        other_suffixes: &[],
    },
    Partition {
        name: "aws-cn",
        regions: "cn-",
        global_region: "cn-northwest-1",
        suffix: ".amazonaws.com.cn",
        other_suffixes: &[
            ".vpce.amazonaws.com.cn",
            ".api.amazonwebservices.com.cn",
            ".on.amazonwebservices.com.cn",
        ],
    },
    Partition {
        name: "aws-eusc",
        regions: "eusc-",
        global_region: "eusc-de-east-1",
        suffix: ".amazonaws.eu",
        other_suffixes: &[".api.amazonwebservices.eu", ".on.amazonwebservices.eu"],
    },
    Partition {
        name: "aws-iso",
        regions: "us-iso-",
        global_region: "us-iso-east-1",
        suffix: ".c2s.ic.gov",
        other_suffixes: &[".api.aws.ic.gov"],
    },
    Partition {
        name: "aws-iso-b",
        regions: "us-isob-",
        global_region: "us-isob-east-1",
        suffix: ".sc2s.sgov.gov",
        other_suffixes: &[".api.aws.scloud"],
    },
    Partition {
        name: "aws-iso-e",
        regions: "eu-isoe-",
        global_region: "eu-isoe-west-1",
        suffix: ".cloud.adc-e.uk",
        other_suffixes: &[".api.cloud-aws.adc-e.uk"],
    },
    Partition {
        name: "aws-iso-f",
        regions: "us-isof-",
        global_region: "us-isof-south-1",
        suffix: ".csp.hci.ic.gov",
        other_suffixes: &[".api.aws.hci.ic.gov"],
    },
];

/// Removes the AWS suffix of a host, and a port and the dot of a complete name behind it. Also returns
/// the host's partition.
pub(super) fn split_suffix(host: &str) -> Option<(&str, &'static Partition)> {
    let host = host.split_once(':').map_or(host, |(name, _port)| name);
    let host = host.strip_suffix('.').unwrap_or(host);
    PARTITIONS.iter().find_map(|partition| {
        let mut suffixes = partition.other_suffixes.iter().chain([&partition.suffix]);
        suffixes.find_map(|suffix| host.strip_suffix(suffix)).map(|labels| (labels, partition))
    })
}

/// Returns the region in which to call a service for an account, and the suffix of the service's host.
///
/// `arn` belongs to the account; a `region` of another partition can't know it.
pub fn region_and_suffix<'a>(
    region: Option<&'a str>,
    arn: Option<&str>,
) -> (&'a str, &'static str) {
    let name = arn.and_then(|arn| arn.split(':').nth(1));
    let of_account = PARTITIONS.iter().find(|partition| Some(partition.name) == name);
    let of_region = region.and_then(|region| {
        let last = PARTITIONS.iter().rfind(|partition| region.starts_with(partition.regions));
        last.map(|partition| (region, partition))
    });
    match (of_region, of_account) {
        (Some((region, partition)), None) => (region, partition.suffix),
        (Some((region, partition)), Some(account)) if partition == account => {
            (region, partition.suffix)
        }
        (_, account) => {
            let partition = account.unwrap_or(&PARTITIONS[0]);
            (partition.global_region, partition.suffix)
        }
    }
}
