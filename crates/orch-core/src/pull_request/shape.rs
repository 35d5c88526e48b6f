//! What the path of a pull request's address says: forge, repository, number. Judges no host and guesses nothing.

use super::host::{Forge, Host};
use super::{Provider, PullRequestError};
use crate::visible::is_hidden;

/// What a path was understood as.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) provider: Provider,
    pub(super) repository: String,
    pub(super) number: u32,
    /// The canonical path, without a slash in front.
    pub(super) path: String,
}

/// `None` if the path does not have the shape at all, an error if it has, and a name or the number is none.
type Reading = Option<Result<Found, PullRequestError>>;

/// Reads the path on a host.
pub(super) fn find(host: &Host, path: &[&str]) -> Result<Found, PullRequestError> {
    let (reading, expected) = match &host.forge {
        None => return by_shape(path),
        Some(Forge::GitHub) => {
            (owned(path, Provider::GitHub, "pull"), "https://github.com/OWNER/REPOSITORY/pull/NUMBER")
        }
        Some(Forge::GitLab) => (gitlab(path), "https://gitlab.com/GROUP/PROJECT/-/merge_requests/NUMBER"),
        Some(Forge::Bitbucket) => (
            owned(path, Provider::Bitbucket, "pull-requests"),
            "https://bitbucket.org/WORKSPACE/REPOSITORY/pull-requests/NUMBER",
        ),
        Some(Forge::Gitea) => (owned(path, Provider::Gitea, "pulls"), "https://HOST/OWNER/REPOSITORY/pulls/NUMBER"),
        Some(Forge::Gitee) => {
            (owned(path, Provider::Gitee, "pulls"), "https://gitee.com/OWNER/REPOSITORY/pulls/NUMBER")
        }
        Some(Forge::Azure) => {
            (azure(path, None, 1..=2), "https://dev.azure.com/ORGANIZATION/PROJECT/_git/REPOSITORY/pullrequest/NUMBER")
        }
        Some(Forge::Organization(organization)) => {
            let path = match path {
                // the only collection that there is, and no part of any name
                [collection, rest @ ..] if collection.eq_ignore_ascii_case("DefaultCollection") => rest,
                _ => path,
            };
            (
                azure(path, Some(organization), 0..=1),
                "https://ORGANIZATION.visualstudio.com/PROJECT/_git/REPOSITORY/pullrequest/NUMBER",
            )
        }
    };
    let escaped = path.iter().any(|segment| segment.contains('%'));
    let elsewhere = if escaped { PullRequestError::PercentEscape } else { PullRequestError::Shape { expected } };
    reading.unwrap_or(Err(elsewhere))
}

/// Reads the path on a host that nobody knows: of all shapes exactly one has to fit.
fn by_shape(path: &[&str]) -> Result<Found, PullRequestError> {
    let readings = [
        owned(path, Provider::GitHub, "pull"),
        owned(path, Provider::Gitea, "pulls"),
        gitlab(path),
        bitbucket_server(path),
        azure(path, None, 0..=usize::MAX),
        gerrit(path),
    ];
    let mut found = None;
    let mut fault = None;
    for reading in readings.into_iter().flatten() {
        match reading {
            Ok(_) if found.is_some() => return Err(PullRequestError::Ambiguous),
            Ok(reading) => found = Some(reading),
            Err(error) => fault = fault.or(Some(error)),
        }
    }
    let escaped = path.iter().any(|segment| segment.contains('%'));
    let none = if escaped { PullRequestError::PercentEscape } else { PullRequestError::UnknownShape };
    found.ok_or(fault.unwrap_or(none))
}

/// `OWNER/REPOSITORY/word/NUMBER`.
fn owned(path: &[&str], provider: Provider, word: &str) -> Reading {
    let [owner, repository, is, number, ..] = path else { return None };
    (*is == word).then(|| {
        plain(path)?;
        let repository = names(&[owner, repository])?;
        let number = number_of(number)?;
        let path = format!("{repository}/{word}/{number}");
        Ok(Found { provider, repository, number, path })
    })
}

/// `GROUP/…/PROJECT/-/merge_requests/NUMBER`. No name begins with a hyphen there, so the first `-` ends them.
fn gitlab(path: &[&str]) -> Reading {
    let end = path.iter().position(|segment| *segment == "-").filter(|end| *end >= 2)?;
    let ["-", "merge_requests", number, ..] = path[end..] else { return None };
    let read = || {
        plain(path)?;
        let repository = names(&path[..end])?;
        if path[..end].iter().any(|name| name.starts_with('-')) {
            return Err(PullRequestError::Name);
        }
        let number = number_of(number)?;
        let path = format!("{repository}/-/merge_requests/{number}");
        Ok(Found { provider: Provider::GitLab, repository, number, path })
    };
    Some(read())
}

/// `projects/KEY/repos/REPOSITORY/pull-requests/NUMBER` or `users/NAME/…`; the folder of the installation may stand
/// before it.
fn bitbucket_server(path: &[&str]) -> Reading {
    let begins =
        |at: usize| matches!(path.get(at..), Some(["projects" | "users", _, "repos", _, "pull-requests", _, ..]));
    let start = (0..=1).find(|at| begins(*at))?;
    let [kind, key, _, repository, _, number, ..] = path[start..] else { return None };
    let read = || {
        plain(path)?;
        let folder = folder(&path[..start])?;
        // a personal project has two addresses: users/ada and projects/~ada
        let (personal, key) = match key.strip_prefix('~') {
            Some(user) if kind == "projects" => (true, user),
            _ => (kind == "users", key),
        };
        let repository = names(&[key, repository])?;
        let (owner, slug) = repository.split_once('/').unwrap_or_default();
        let number = number_of(number)?;
        let kind = if personal { "users" } else { "projects" };
        let path = format!("{folder}{kind}/{owner}/repos/{slug}/pull-requests/{number}");
        let repository = if personal { format!("~{repository}") } else { repository };
        Ok(Found { provider: Provider::BitbucketServer, repository, number, path })
    };
    Some(read())
}

/// `…/_git/REPOSITORY/pullrequest/NUMBER` with so many names before it. No project begins with an underscore, so the
/// first `_git` ends them.
fn azure(path: &[&str], organization: Option<&str>, before: std::ops::RangeInclusive<usize>) -> Reading {
    let end = path.iter().position(|segment| *segment == "_git").filter(|end| before.contains(end))?;
    let ["_git", repository, "pullrequest", number, ref pages @ ..] = path[end..] else { return None };
    let read = || {
        plain(pages)?;
        let number = number_of(number)?;
        let projects = path[..end].iter().map(|name| azure_name(name)).collect::<Result<Vec<_>, _>>()?;
        let repository = azure_name(repository)?;
        let mut path = String::new();
        for project in &projects {
            path.push_str(&escape(project));
            path.push('/');
        }
        let path = format!("{path}_git/{}/pullrequest/{number}", escape(&repository));
        let organization = organization.map(str::to_owned);
        let names: Vec<String> = organization.into_iter().chain(projects).chain([repository]).collect();
        Ok(Found { provider: Provider::AzureDevops, repository: names.join("/"), number, path })
    };
    Some(read())
}

/// `c/PROJECT/+/NUMBER`, the project of any depth; the folder of the installation may stand before it.
fn gerrit(path: &[&str]) -> Reading {
    let start = (0..=1).find(|at| path.get(*at) == Some(&"c"))?;
    let end = path.iter().position(|segment| *segment == "+").filter(|end| *end >= start + 2)?;
    let number = path.get(end + 1)?;
    let read = || {
        plain(path)?;
        let folder = folder(&path[..start])?;
        let repository = names(&path[start + 1..end])?;
        let number = number_of(number)?;
        let path = format!("{folder}c/{repository}/+/{number}");
        Ok(Found { provider: Provider::Gerrit, repository, number, path })
    };
    Some(read())
}

/// The folder of an installation with a slash behind it, or nothing.
fn folder(path: &[&str]) -> Result<String, PullRequestError> {
    let folder = names(path)?;
    Ok(if folder.is_empty() { folder } else { folder + "/" })
}

fn plain(path: &[&str]) -> Result<(), PullRequestError> {
    if path.iter().any(|segment| segment.contains('%')) { Err(PullRequestError::PercentEscape) } else { Ok(()) }
}

/// Names of owners, groups, projects and repositories, joined by `/`.
fn names(path: &[&str]) -> Result<String, PullRequestError> {
    let valid = |name: &&str| {
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
            && !is_clone_address(name)
    };
    if path.iter().all(valid) { Ok(path.join("/")) } else { Err(PullRequestError::Name) }
}

fn is_clone_address(name: &str) -> bool {
    name.len() >= 4 && name.as_bytes()[name.len() - 4..].eq_ignore_ascii_case(b".git")
}

fn number_of(text: &str) -> Result<u32, PullRequestError> {
    let written = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    let number = text.parse().ok().filter(|number| written && (1..=i32::MAX.unsigned_abs()).contains(number));
    number.ok_or(PullRequestError::Number)
}

/// A name of Azure DevOps with its percent escapes decoded. It may hold spaces and letters of any script.
fn azure_name(segment: &str) -> Result<String, PullRequestError> {
    let name = unescape(segment).ok_or(PullRequestError::PercentEscape)?;
    if name == "." || name == ".." {
        return Err(PullRequestError::DotSegment);
    }
    let stands = |c: char| match c {
        ' ' | '-' | '_' | '.' | '(' | ')' | '!' | '\'' | '&' | '~' => true,
        c if c.is_ascii() => c.is_ascii_alphanumeric(),
        c => !is_hidden(c) && !c.is_whitespace(),
    };
    let edges = [' ', '.'];
    if name.chars().all(stands)
        && !name.starts_with(edges)
        && !name.ends_with(edges)
        && !name.starts_with('_')
        && !is_clone_address(&name)
    {
        Ok(name)
    } else {
        Err(PullRequestError::Name)
    }
}

fn unescape(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16));
            let (high, low) = (digit()?, digit()?);
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

fn escape(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}
