//! The path of a file as it is the same on every machine. Works on text, asks no file system.

/// Folders behind which a dependency begins; what stands before differs from machine to machine.
const DEPENDENCY: [&str; 16] = [
    "/node_modules/",
    "/site-packages/",
    "/dist-packages/",
    "/registry/src/",
    "/git/checkouts/",
    "/pkg/mod/",
    "/vendor/bundle/",
    "/gems/",
    "/rustlib/src/rust/",
    "/.m2/repository/",
    "/vendor/",
    "/bower_components/",
    "/.pub-cache/",
    "/Pods/",
    "/deps/",
    "/.nuget/packages/",
];

/// What a path of a run-time or of the system has in it.
const SYSTEM: [&str; 25] = [
    "/usr/lib/",
    "/usr/local/lib/",
    "/usr/include/",
    "/usr/local/go/",
    "/usr/share/",
    "/lib/x86_64",
    "/lib64/",
    "/lib/python",
    "/rustc/",
    "/.rustup/",
    "/.cargo/",
    "/goroot/",
    "/go/src/runtime/",
    "/.pyenv/",
    "/.rbenv/",
    "/.rvm/",
    "/.nvm/",
    "/nix/store/",
    "/System/Library/",
    "/Library/Frameworks/",
    ":/Windows/",
    ":/Program Files",
    "/jdk",
    "/apex/",
    "/system/lib",
];

/// Where a file is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Below the project's folder, or relative to wherever the program was built.
    Own,
    /// Somewhere else, and nothing says that it is a dependency.
    Elsewhere,
    /// A dependency, a run-time or the system.
    Foreign,
}

/// The path relative to the project, with slashes, without schemes, versions and hashes, and where it lies.
pub(crate) fn relative(path: &str, root: &str) -> (String, Place) {
    let path = bare(path);
    let mut slashed = path.replace('\\', "/");
    if let Some(inner) = slashed.strip_prefix("/proc/self/cwd/") {
        slashed = inner.to_owned();
    }
    let virtual_name = slashed.starts_with('<')
        || ["node:", "internal/", "dart:", "native ", "[native", "bootstrap_node"]
            .iter()
            .any(|start| slashed.starts_with(start));
    let root = root.replace('\\', "/");
    let root = root.trim_end_matches('/');
    let mut place = if virtual_name { Place::Foreign } else { Place::Own };
    if root.len() > 1
        && let Some(rest) = strip_folder(&slashed, root)
    {
        slashed = rest.to_owned();
    } else if slashed.starts_with('/') || slashed.get(1..3) == Some(":/") || slashed.starts_with("~/") {
        place = Place::Elsewhere;
    }
    let slashed = resolve(&slashed);
    let probe = format!("/{slashed}");
    let dependency = DEPENDENCY.iter().filter_map(|folder| probe.rfind(folder).map(|at| at + folder.len())).max();
    if let Some(at) = dependency {
        return (unversioned(&probe[at..]), Place::Foreign);
    }
    let absolute = slashed.starts_with('/') || slashed.get(1..3) == Some(":/");
    if SYSTEM.iter().any(|part| contains_folded(&probe, part)) && (absolute || probe.starts_with("/rustc/")) {
        place = Place::Foreign;
    }
    if absolute || slashed.starts_with("~/") {
        // the name and its folder; what is above is of a machine
        let mut parts = slashed.rsplitn(3, '/');
        let (name, folder) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let folder = if place == Place::Foreign { "" } else { folder };
        return (unversioned(&if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }), place);
    }
    (unversioned(&slashed), place)
}

fn contains_folded(text: &str, part: &str) -> bool {
    text.len() >= part.len()
        && text.as_bytes().windows(part.len()).any(|window| window.eq_ignore_ascii_case(part.as_bytes()))
}

fn strip_folder<'t>(path: &'t str, root: &str) -> Option<&'t str> {
    let rest = path.get(root.len()..)?;
    let same = path.as_bytes()[..root.len()].eq_ignore_ascii_case(root.as_bytes());
    if same { rest.strip_prefix('/') } else { None }
}

/// Without the scheme, host and query of an address.
fn bare(path: &str) -> &str {
    let path = path.trim();
    let path = path.strip_prefix("file://").unwrap_or(path);
    let Some((scheme, rest)) = path.split_once("://") else { return path };
    if scheme.len() > 24 || scheme.contains('/') {
        return path;
    }
    // `http://host:80/assets/a.js?v=1`, `webpack:///./src/a.js`, `webpack://name/./src/a.js`
    let rest = rest.split_once('/').map_or(rest, |(_, rest)| rest);
    let rest = rest.split(['?', '#']).next().unwrap_or(rest);
    rest.strip_prefix("./").unwrap_or(rest)
}

/// Without `.` and `..`.
fn resolve(path: &str) -> String {
    if !path.contains("./") && !path.contains("//") {
        return path.to_owned();
    }
    let mut parts: Vec<&str> = Vec::new();
    for (index, part) in path.split('/').enumerate() {
        match part {
            "." => {}
            "" if index > 0 => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

/// Without versions and hashes in the names of folders and files.
fn unversioned(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for (index, part) in path.split('/').enumerate() {
        if index > 0 {
            out.push('/');
        }
        let part = part.split_once('@').filter(|(name, _)| !name.is_empty()).map_or(part, |(name, _)| name);
        let mut kept = 0;
        for (at, piece) in pieces(part) {
            let hash = piece.len() >= 7
                && piece.bytes().all(|byte| byte.is_ascii_hexdigit())
                && piece.bytes().any(|byte| byte.is_ascii_digit())
                && piece.bytes().any(|byte| byte.is_ascii_alphabetic() || piece.len() > 8);
            let version = at > 0
                && part.as_bytes()[at - 1] == b'-'
                && part[at..].starts_with(|c: char| c.is_ascii_digit())
                && part[at..].contains('.')
                && part[at..]
                    .bytes()
                    .take_while(|byte| byte.is_ascii_digit() || *byte == b'.')
                    .filter(|byte| *byte == b'.')
                    .count()
                    > 1;
            if version {
                out.push_str(&part[kept..at - 1]);
                kept = part.len();
                break;
            }
            if hash {
                out.push_str(&part[kept..at]);
                out.push('#');
                kept = at + piece.len();
            }
        }
        out.push_str(&part[kept..]);
    }
    out
}

/// The pieces of a name between `-`, `.` and `_`.
fn pieces(part: &str) -> impl Iterator<Item = (usize, &str)> {
    let base = part.as_ptr() as usize;
    part.split(['-', '.', '_', '~']).map(move |piece| (piece.as_ptr() as usize - base, piece))
}
