//! The address of a pull request: understood or refused, never mis-read. Opens no connection and repeats no secret.
//!
//! The parser is our own, over ASCII: a URL library repairs what it is given (white space, back-slashes, dot segments,
//! foreign digits), and a repaired address may name another place than the one that a reader or a browser sees.
//!
//! What is decided where the standards leave a choice:
//!
//! | in the address | here | because |
//! | --- | --- | --- |
//! | upper-case scheme or host | made lower-case | both ignore case by definition |
//! | `:443` | dropped | it is the port of https |
//! | another port | kept on a host of one's own, refused on a known one | people do run forges on ports; the known ones do not |
//! | trailing dot of a host | refused | certificates and cookies see another host |
//! | sub-domain of a known forge | refused | it serves no pull requests; `www.` only forwards |
//! | `x.localhost` | refused as an IP address is | it is whoever reads it |
//! | one `/` at the end | dropped | it is what browsers add |
//! | empty and dot segments, also after the number | refused | `pull/1/../2` is 2 to a browser and 1 to a prefix match |
//! | a path with two readings on an unknown host | refused | guessing is mis-reading |
//! | white space around the address | refused | trimming is up to whoever read the text |
//! | names that end in `.git` | refused | that is an address to clone from |

mod host;
mod shape;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest address that is looked at, in bytes.
pub const MAX_LENGTH: usize = 2048;

/// The kind of forge that keeps a pull request. Which installation it is, the host says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Provider {
    /// github.com, and GitHub Enterprise on other hosts.
    #[serde(rename = "github")]
    GitHub,
    /// gitlab.com, and GitLab on other hosts. Its merge requests are pull requests here.
    #[serde(rename = "gitlab")]
    GitLab,
    /// bitbucket.org.
    Bitbucket,
    /// Bitbucket Server or Data Center.
    BitbucketServer,
    /// Gitea or Forgejo (such as Codeberg), which share addresses and API and cannot be told apart by them.
    Gitea,
    /// gitee.com.
    Gitee,
    /// Azure DevOps Services, on both its hosts, and Azure DevOps Server.
    AzureDevops,
    /// Gerrit. Its changes are pull requests here.
    Gerrit,
}

impl Provider {
    /// The word that is stored and printed.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GitHub => "github",
            Self::GitLab => "gitlab",
            Self::Bitbucket => "bitbucket",
            Self::BitbucketServer => "bitbucket_server",
            Self::Gitea => "gitea",
            Self::Gitee => "gitee",
            Self::AzureDevops => "azure_devops",
            Self::Gerrit => "gerrit",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A pull request (merge request, change), as its address names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullRequest {
    /// The canonical address: scheme and host in lower case, no query, fragment or sub-page. Two addresses of one pull
    /// request that differ in these alone have the same.
    pub url: String,
    /// The kind of forge.
    pub provider: Provider,
    /// The host in lower case, without a port.
    pub host: String,
    /// The repository's names from the outermost to the innermost, joined by `/`; how many there are depends on the
    /// forge. Percent escapes of Azure names are decoded. A personal project of Bitbucket Server is `~name`.
    pub repository: String,
    /// Its number there, from 1 to 2^31 - 1.
    pub number: u32,
}

/// Why an address is refused. No variant holds text of the address, in which a secret might stand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PullRequestError {
    /// The address is too long.
    #[error("the address has {length} bytes; at most {MAX_LENGTH} are looked at")]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// There is white space, a control character, something that is not ASCII, or a sign that no path may hold.
    #[error("byte {at} of the address is a character that may not stand there")]
    Character {
        /// Which byte, from 1.
        at: usize,
    },
    /// There is a back-slash, which browsers take for a slash and others do not.
    #[error("byte {at} of the address is a back-slash")]
    BackSlash {
        /// Which byte, from 1.
        at: usize,
    },
    /// The address does not begin with `https://`.
    #[error("the address does not begin with https://")]
    Scheme,
    /// A user's name, a password or a token stands before the host.
    #[error("a user name, password or token stands before the host")]
    UserInfo,
    /// The host is missing or no valid name: an empty or too long part, another character, a hyphen at an end of a part.
    #[error("the host is not a valid name")]
    Host,
    /// The host is an IP address in any notation, or a name under `localhost`.
    #[error("the host is an address of a machine, not the name of a forge")]
    IpAddress,
    /// The host has no dot, so that it means something else in every network.
    #[error("the host has only one part")]
    SingleLabel,
    /// A part of the host is encoded (`xn--`) and may look like another one.
    #[error("the host is written in punycode")]
    Punycode,
    /// The port is no number from 1 to 65535 without zeros in front, or is not 443 on a known host.
    #[error("the port is not one of a forge")]
    Port,
    /// The host contains the name of a known forge and belongs to somebody else.
    #[error("the host looks like {known} and is another one")]
    LookAlike {
        /// The forge that it looks like.
        known: &'static str,
    },
    /// The host belongs to a known forge, which keeps no pull requests there.
    #[error("the host is a part of {known} that has no pull requests")]
    SubDomain {
        /// The forge that it belongs to.
        known: &'static str,
    },
    /// There is a percent escape outside the names of Azure DevOps, or a broken one.
    #[error("the address has a percent escape where none is expected")]
    PercentEscape,
    /// A part of the path is `.` or `..`.
    #[error("the path has a part that is . or ..")]
    DotSegment,
    /// The path has two slashes in a row.
    #[error("the path has an empty part")]
    EmptySegment,
    /// A part of the path that has to be a name is none.
    #[error("the path has a part that is no name of an owner, project or repository")]
    Name,
    /// The number is no number from 1 to 2^31 - 1, or has zeros in front.
    #[error("the number of the pull request is not one from 1 to 2147483647 without zeros in front")]
    Number,
    /// The host is known, and its pull requests have other addresses.
    #[error("this is no address of a pull request there; expected {expected}")]
    Shape {
        /// The shape of an address on this host.
        expected: &'static str,
    },
    /// The host is not known, and the path has the shape of no forge's pull requests.
    #[error("the path has the shape of no known forge's pull requests")]
    UnknownShape,
    /// The host is not known, and the path can be read as pull requests of two forges.
    #[error("the path can be read in two ways")]
    Ambiguous,
}

impl PullRequest {
    /// Reads the address of a pull request, which is a whole address and nothing else.
    ///
    /// A known host has a fixed shape of address; on any other host the shape tells the kind of forge. Nobody is asked
    /// whether the pull request exists.
    ///
    /// # Errors
    /// [`PullRequestError`], the first reason found, if the address is not understood without doubt.
    pub fn parse(text: &str) -> Result<Self, PullRequestError> {
        if text.len() > MAX_LENGTH {
            return Err(PullRequestError::TooLong { length: text.len() });
        }
        if let Some(at) = text.bytes().position(|byte| !byte.is_ascii_graphic()) {
            return Err(PullRequestError::Character { at: at + 1 });
        }
        if let Some(at) = text.find('\\') {
            return Err(PullRequestError::BackSlash { at: at + 1 });
        }
        let rest = match text.split_at_checked("https://".len()) {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https://") => rest,
            _ => return Err(PullRequestError::Scheme),
        };
        let (authority, behind) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (path, _) = behind.split_at(behind.find(['?', '#']).unwrap_or(behind.len()));
        let host = host::Host::parse(authority)?;
        let found = shape::find(&host, &segments(path, text.len() - behind.len())?)?;
        let port = host.port.map(|port| format!(":{port}")).unwrap_or_default();
        let url = format!("https://{}{port}/{}", host.name, found.path);
        // escapes make it longer, and whoever is given it has to be able to give it back
        if url.len() > MAX_LENGTH {
            return Err(PullRequestError::TooLong { length: url.len() });
        }
        Ok(Self { url, provider: found.provider, host: host.name, repository: found.repository, number: found.number })
    }
}

/// The parts of a path that begins at byte `start` of the address, none of them empty or a dot segment.
fn segments(path: &str, start: usize) -> Result<Vec<&str>, PullRequestError> {
    let stands = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=:@%".contains(&byte);
    if let Some(at) = path.bytes().position(|byte| !stands(byte)) {
        return Err(PullRequestError::Character { at: start + at + 1 });
    }
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    if path.is_empty() {
        return Ok(Vec::new());
    }
    let segments: Vec<&str> = path.split('/').collect();
    if segments.iter().any(|segment| segment.is_empty()) {
        return Err(PullRequestError::EmptySegment);
    }
    // some servers cut parameters (`..;x`) off before they resolve dots
    if segments.iter().any(|segment| matches!(segment.split(';').next(), Some("." | ".."))) {
        return Err(PullRequestError::DotSegment);
    }
    Ok(segments)
}
