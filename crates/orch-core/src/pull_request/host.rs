//! The host of a pull request's address: which known forge it is, or none. Resolves no name.

use super::PullRequestError;

/// The hosts that are known, each with the forge whose addresses it has.
const KNOWN: [(&str, Forge); 7] = [
    ("github.com", Forge::GitHub),
    ("gitlab.com", Forge::GitLab),
    ("bitbucket.org", Forge::Bitbucket),
    ("codeberg.org", Forge::Gitea),
    ("gitea.com", Forge::Gitea),
    ("gitee.com", Forge::Gitee),
    ("dev.azure.com", Forge::Azure),
];

/// Each organization has a host of its own under this one.
const ORGANIZATIONS: &str = "visualstudio.com";

/// A known forge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Forge {
    GitHub,
    GitLab,
    Bitbucket,
    Gitea,
    Gitee,
    Azure,
    /// Azure DevOps under the host of an organization.
    Organization(String),
}

/// A host that an address may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Host {
    /// In lower case.
    pub(super) name: String,
    /// If it is another than that of https.
    pub(super) port: Option<u16>,
    /// Which forge it is known to be.
    pub(super) forge: Option<Forge>,
}

impl Host {
    /// Reads what stands between `https://` and the path.
    pub(super) fn parse(authority: &str) -> Result<Self, PullRequestError> {
        if authority.contains('@') {
            return Err(PullRequestError::UserInfo);
        }
        if authority.starts_with('[') {
            return Err(PullRequestError::IpAddress);
        }
        if authority.contains('%') {
            return Err(PullRequestError::PercentEscape);
        }
        let (name, port) = match authority.split_once(':') {
            Some((name, port)) => (name, port_number(port)?),
            None => (authority, None),
        };
        let name = name.to_ascii_lowercase();
        check_name(&name)?;
        let forge = known(&name)?;
        if forge.is_some() && port.is_some() {
            return Err(PullRequestError::Port);
        }
        Ok(Self { name, port, forge })
    }
}

/// The port, if it is not the one that https has anyway.
fn port_number(text: &str) -> Result<Option<u16>, PullRequestError> {
    let written = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    match text.parse() {
        Ok(443) if written => Ok(None),
        Ok(port) if written => Ok(Some(port)),
        _ => Err(PullRequestError::Port),
    }
}

fn check_name(name: &str) -> Result<(), PullRequestError> {
    let valid = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if name.len() > 253 || !name.split('.').all(valid) {
        return Err(PullRequestError::Host);
    }
    let last = name.rsplit('.').next().unwrap_or_default();
    // 127.1, 2130706433 and 0x7f.0.0.1 are IP addresses to browsers: what counts is the last part
    let hexadecimal = last.strip_prefix("0x").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if hexadecimal || last.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(PullRequestError::IpAddress);
    }
    if last == name {
        return Err(PullRequestError::SingleLabel);
    }
    if last == "localhost" {
        return Err(PullRequestError::IpAddress);
    }
    if name.split('.').any(|label| label.starts_with("xn--")) {
        return Err(PullRequestError::Punycode);
    }
    Ok(())
}

/// The known forge of this name; refuses what only looks like one or is a part of one.
fn known(name: &str) -> Result<Option<Forge>, PullRequestError> {
    let dotted = format!(".{name}");
    for known in KNOWN.iter().map(|(known, _)| *known).chain([ORGANIZATIONS]) {
        if ['.', '-'].iter().any(|behind| dotted.contains(&format!(".{known}{behind}"))) {
            return Err(PullRequestError::LookAlike { known });
        }
    }
    if let Some(organization) = name.strip_suffix(ORGANIZATIONS).and_then(|rest| rest.strip_suffix('.')) {
        return if organization.contains('.') {
            Err(PullRequestError::SubDomain { known: ORGANIZATIONS })
        } else {
            Ok(Some(Forge::Organization(organization.to_owned())))
        };
    }
    if name == ORGANIZATIONS {
        // of no organization, so of none of its pull requests
        return Err(PullRequestError::SubDomain { known: ORGANIZATIONS });
    }
    for (known, forge) in KNOWN {
        if name == known {
            return Ok(Some(forge));
        }
        if dotted.ends_with(&format!(".{known}")) {
            return Err(PullRequestError::SubDomain { known });
        }
    }
    Ok(None)
}
