use PullRequestError as Error;

use super::*;

/// Address, provider, host, repository, number, canonical address after the host.
type Good = (&'static str, Provider, &'static str, &'static str, u32, &'static str);

#[rustfmt::skip]
const GOOD: &[Good] = &[
    // github.com
    ("https://github.com/rust-lang/rust/pull/1", Provider::GitHub, "github.com", "rust-lang/rust", 1, "/rust-lang/rust/pull/1"),
    ("https://github.com/o/r/pull/2147483647", Provider::GitHub, "github.com", "o/r", 2_147_483_647, "/o/r/pull/2147483647"),
    ("https://github.com/o/r/pull/12/", Provider::GitHub, "github.com", "o/r", 12, "/o/r/pull/12"),
    ("https://github.com/o/r/pull/12/files", Provider::GitHub, "github.com", "o/r", 12, "/o/r/pull/12"),
    ("https://github.com/o/r/pull/12/files#diff-0a1b2cR10-R12", Provider::GitHub, "github.com", "o/r", 12, "/o/r/pull/12"),
    ("https://github.com/o/r/pull/12/commits/0123abcd", Provider::GitHub, "github.com", "o/r", 12, "/o/r/pull/12"),
    ("https://github.com/o/r/pull/12?w=1&diff=split", Provider::GitHub, "github.com", "o/r", 12, "/o/r/pull/12"),
    ("https://github.com/o/r/pull/12#issuecomment-99", Provider::GitHub, "github.com", "o/r", 12, "/o/r/pull/12"),
    ("https://github.com/o/r/pull/12?access_token=ghp_secret", Provider::GitHub, "github.com", "o/r", 12, "/o/r/pull/12"),
    ("https://github.com/o/r/pull/12?q=%0d%0a@evil.org/../x", Provider::GitHub, "github.com", "o/r", 12, "/o/r/pull/12"),
    ("https://github.com/o/r/pull/12/changes/a..b", Provider::GitHub, "github.com", "o/r", 12, "/o/r/pull/12"),
    ("HTTPS://GitHub.COM/Acme/Shop/pull/7", Provider::GitHub, "github.com", "Acme/Shop", 7, "/Acme/Shop/pull/7"),
    ("https://github.com:443/o/r/pull/3", Provider::GitHub, "github.com", "o/r", 3, "/o/r/pull/3"),
    ("https://github.com/o/.github/pull/3", Provider::GitHub, "github.com", "o/.github", 3, "/o/.github/pull/3"),
    ("https://github.com/ada_acme/a.b-c_d/pull/3", Provider::GitHub, "github.com", "ada_acme/a.b-c_d", 3, "/ada_acme/a.b-c_d/pull/3"),
    ("https://github.com/o/pull/pull/3", Provider::GitHub, "github.com", "o/pull", 3, "/o/pull/pull/3"),
    // GitHub Enterprise
    ("https://git.example.com/acme/ledger/pull/48213", Provider::GitHub, "git.example.com", "acme/ledger", 48213, "/acme/ledger/pull/48213"),
    ("https://github.example.com/acme/ledger/pull/5/checks", Provider::GitHub, "github.example.com", "acme/ledger", 5, "/acme/ledger/pull/5"),
    ("https://acme.ghe.com/acme/ledger/pull/5", Provider::GitHub, "acme.ghe.com", "acme/ledger", 5, "/acme/ledger/pull/5"),
    ("https://ghe.corp.internal:8443/a/b/pull/5#top", Provider::GitHub, "ghe.corp.internal", "a/b", 5, ":8443/a/b/pull/5"),
    // gitlab.com
    ("https://gitlab.com/g/p/-/merge_requests/4", Provider::GitLab, "gitlab.com", "g/p", 4, "/g/p/-/merge_requests/4"),
    ("https://gitlab.com/g/s1/s2/s3/p/-/merge_requests/4/diffs", Provider::GitLab, "gitlab.com", "g/s1/s2/s3/p", 4, "/g/s1/s2/s3/p/-/merge_requests/4"),
    ("https://gitlab.com/g/p/-/merge_requests/4/diffs?commit_id=ab#note_1", Provider::GitLab, "gitlab.com", "g/p", 4, "/g/p/-/merge_requests/4"),
    ("https://gitlab.com/gitlab-org/gitlab/-/merge_requests/190000?private_token=glpat-secret", Provider::GitLab, "gitlab.com", "gitlab-org/gitlab", 190_000, "/gitlab-org/gitlab/-/merge_requests/190000"),
    ("https://gitlab.com/g/merge_requests/-/merge_requests/4", Provider::GitLab, "gitlab.com", "g/merge_requests", 4, "/g/merge_requests/-/merge_requests/4"),
    ("https://gitlab.com/g/p/-/merge_requests/4/-/x", Provider::GitLab, "gitlab.com", "g/p", 4, "/g/p/-/merge_requests/4"),
    // GitLab elsewhere
    ("https://gitlab.example.org/g/p/-/merge_requests/9", Provider::GitLab, "gitlab.example.org", "g/p", 9, "/g/p/-/merge_requests/9"),
    ("https://gitlab.gnome.org/GNOME/gtk/-/merge_requests/900/commits", Provider::GitLab, "gitlab.gnome.org", "GNOME/gtk", 900, "/GNOME/gtk/-/merge_requests/900"),
    ("https://code.example.org:8443/a/b/c/d/e/-/merge_requests/9/", Provider::GitLab, "code.example.org", "a/b/c/d/e", 9, ":8443/a/b/c/d/e/-/merge_requests/9"),
    ("https://example.org/gitlab/g/p/-/merge_requests/9", Provider::GitLab, "example.org", "gitlab/g/p", 9, "/gitlab/g/p/-/merge_requests/9"),
    ("https://git.example.org/o/r/pull/x/-/merge_requests/9", Provider::GitLab, "git.example.org", "o/r/pull/x", 9, "/o/r/pull/x/-/merge_requests/9"),
    // bitbucket.org
    ("https://bitbucket.org/w/r/pull-requests/11", Provider::Bitbucket, "bitbucket.org", "w/r", 11, "/w/r/pull-requests/11"),
    ("https://bitbucket.org/w/r/pull-requests/11/fix-the-cart/diff", Provider::Bitbucket, "bitbucket.org", "w/r", 11, "/w/r/pull-requests/11"),
    ("https://bitbucket.org/w_1/r.two/pull-requests/11#comment-5", Provider::Bitbucket, "bitbucket.org", "w_1/r.two", 11, "/w_1/r.two/pull-requests/11"),
    // Bitbucket Server
    ("https://bitbucket.example.com/projects/SHOP/repos/cart/pull-requests/2/overview", Provider::BitbucketServer, "bitbucket.example.com", "SHOP/cart", 2, "/projects/SHOP/repos/cart/pull-requests/2"),
    ("https://bitbucket.example.com/users/ada/repos/cart/pull-requests/2", Provider::BitbucketServer, "bitbucket.example.com", "~ada/cart", 2, "/users/ada/repos/cart/pull-requests/2"),
    ("https://bitbucket.example.com/projects/~ada/repos/cart/pull-requests/2", Provider::BitbucketServer, "bitbucket.example.com", "~ada/cart", 2, "/users/ada/repos/cart/pull-requests/2"),
    ("https://example.com/stash/projects/SHOP/repos/cart/pull-requests/2/diff#src/a.rs", Provider::BitbucketServer, "example.com", "SHOP/cart", 2, "/stash/projects/SHOP/repos/cart/pull-requests/2"),
    ("https://git.example.com:7990/projects/S_1/repos/c.d/pull-requests/2?x", Provider::BitbucketServer, "git.example.com", "S_1/c.d", 2, ":7990/projects/S_1/repos/c.d/pull-requests/2"),
    // Gitea, Forgejo, Gitee
    ("https://codeberg.org/forgejo/forgejo/pulls/6000", Provider::Gitea, "codeberg.org", "forgejo/forgejo", 6000, "/forgejo/forgejo/pulls/6000"),
    ("https://codeberg.org/o/r/pulls/6/files", Provider::Gitea, "codeberg.org", "o/r", 6, "/o/r/pulls/6"),
    ("https://codeberg.org/o/r/pulls/6#issuecomment-1", Provider::Gitea, "codeberg.org", "o/r", 6, "/o/r/pulls/6"),
    ("https://gitea.com/gitea/tea/pulls/600", Provider::Gitea, "gitea.com", "gitea/tea", 600, "/gitea/tea/pulls/600"),
    ("https://gitea.com/gitea/tea/pulls/600/commits", Provider::Gitea, "gitea.com", "gitea/tea", 600, "/gitea/tea/pulls/600"),
    ("https://git.example.net/o/r/pulls/8", Provider::Gitea, "git.example.net", "o/r", 8, "/o/r/pulls/8"),
    ("https://git.example.net:3000/o/r/pulls/8/files?style=split", Provider::Gitea, "git.example.net", "o/r", 8, ":3000/o/r/pulls/8"),
    ("https://gitee.com/openharmony/docs/pulls/77", Provider::Gitee, "gitee.com", "openharmony/docs", 77, "/openharmony/docs/pulls/77"),
    // Azure DevOps Services
    ("https://dev.azure.com/org/proj/_git/repo/pullrequest/31", Provider::AzureDevops, "dev.azure.com", "org/proj/repo", 31, "/org/proj/_git/repo/pullrequest/31"),
    ("https://dev.azure.com/org/_git/repo/pullrequest/31", Provider::AzureDevops, "dev.azure.com", "org/repo", 31, "/org/_git/repo/pullrequest/31"),
    ("https://dev.azure.com/org/My%20Shop/_git/My%20Repo/pullrequest/31", Provider::AzureDevops, "dev.azure.com", "org/My Shop/My Repo", 31, "/org/My%20Shop/_git/My%20Repo/pullrequest/31"),
    ("https://dev.azure.com/org/B%c3%bcro/_git/r/pullrequest/31", Provider::AzureDevops, "dev.azure.com", "org/Büro/r", 31, "/org/B%C3%BCro/_git/r/pullrequest/31"),
    ("https://dev.azure.com/org/%41%2Db/_git/(r)/pullrequest/31", Provider::AzureDevops, "dev.azure.com", "org/A-b/(r)", 31, "/org/A-b/_git/%28r%29/pullrequest/31"),
    ("https://dev.azure.com/org/proj/_git/repo/pullrequest/31?_a=files&path=/src%2Fa.rs", Provider::AzureDevops, "dev.azure.com", "org/proj/repo", 31, "/org/proj/_git/repo/pullrequest/31"),
    ("https://Org.VisualStudio.com/proj/_git/repo/pullrequest/31", Provider::AzureDevops, "org.visualstudio.com", "org/proj/repo", 31, "/proj/_git/repo/pullrequest/31"),
    ("https://org.visualstudio.com/_git/repo/pullrequest/31", Provider::AzureDevops, "org.visualstudio.com", "org/repo", 31, "/_git/repo/pullrequest/31"),
    ("https://org.visualstudio.com/DefaultCollection/My%20Shop/_git/repo/pullrequest/31", Provider::AzureDevops, "org.visualstudio.com", "org/My Shop/repo", 31, "/My%20Shop/_git/repo/pullrequest/31"),
    // Azure DevOps Server
    ("https://tfs.example.com/tfs/DefaultCollection/proj/_git/repo/pullrequest/31", Provider::AzureDevops, "tfs.example.com", "tfs/DefaultCollection/proj/repo", 31, "/tfs/DefaultCollection/proj/_git/repo/pullrequest/31"),
    ("https://tfs.example.com:8443/Coll/My%20Shop/_git/repo/pullrequest/31/x", Provider::AzureDevops, "tfs.example.com", "Coll/My Shop/repo", 31, ":8443/Coll/My%20Shop/_git/repo/pullrequest/31"),
    ("https://tfs.example.com/_git/repo/pullrequest/31", Provider::AzureDevops, "tfs.example.com", "repo", 31, "/_git/repo/pullrequest/31"),
    // Gerrit
    ("https://review.example.org/c/openstack/nova/+/900123", Provider::Gerrit, "review.example.org", "openstack/nova", 900_123, "/c/openstack/nova/+/900123"),
    ("https://chromium-review.googlesource.com/c/chromium/src/+/5000001/3/base/a.cc", Provider::Gerrit, "chromium-review.googlesource.com", "chromium/src", 5_000_001, "/c/chromium/src/+/5000001"),
    ("https://go-review.googlesource.com/c/go/+/600001/2..5", Provider::Gerrit, "go-review.googlesource.com", "go", 600_001, "/c/go/+/600001"),
    ("https://gerrit.example.org/r/c/mediawiki/core/+/77?tab=comments", Provider::Gerrit, "gerrit.example.org", "mediawiki/core", 77, "/r/c/mediawiki/core/+/77"),
    ("https://gerrit.example.org/c/c/+/77/comment/0a_1b/", Provider::Gerrit, "gerrit.example.org", "c", 77, "/c/c/+/77"),
    ("https://gerrit.example.org/c/a/b/c/d/+/77#message-1", Provider::Gerrit, "gerrit.example.org", "a/b/c/d", 77, "/c/a/b/c/d/+/77"),
    // hosts
    ("https://evilgithub.com/o/r/pull/1", Provider::GitHub, "evilgithub.com", "o/r", 1, "/o/r/pull/1"),
    ("https://a--b.1example.com/o/r/pull/1", Provider::GitHub, "a--b.1example.com", "o/r", 1, "/o/r/pull/1"),
];

#[test]
fn good_addresses_are_understood() {
    assert!(GOOD.len() >= 60, "{}", GOOD.len());
    for (address, provider, host, repository, number, behind) in GOOD {
        let wanted = PullRequest {
            url: format!("https://{host}{behind}"),
            provider: *provider,
            host: (*host).to_owned(),
            repository: (*repository).to_owned(),
            number: *number,
        };
        let read = PullRequest::parse(address);
        assert_eq!(read.as_ref(), Ok(&wanted), "{address}");
        assert_eq!(PullRequest::parse(&wanted.url), read, "not canonical: {}", wanted.url);
    }
}

const GITHUB: Error = Error::Shape { expected: "https://github.com/OWNER/REPOSITORY/pull/NUMBER" };
const GITLAB: Error = Error::Shape { expected: "https://gitlab.com/GROUP/PROJECT/-/merge_requests/NUMBER" };
const AZURE: Error =
    Error::Shape { expected: "https://dev.azure.com/ORGANIZATION/PROJECT/_git/REPOSITORY/pullrequest/NUMBER" };

#[rustfmt::skip]
const HOSTILE: &[(&str, Error)] = &[
    // characters
    ("", Error::Scheme),
    (" https://github.com/o/r/pull/1", Error::Character { at: 1 }),
    ("https://github.com/o/r/pull/1\n", Error::Character { at: 30 }),
    ("https://github.com/o/r/pull/1\r\nSet-Cookie:x", Error::Character { at: 30 }),
    ("https://git\thub.com/o/r/pull/1", Error::Character { at: 12 }),
    ("https://github.com/o/r/pull/1\0", Error::Character { at: 30 }),
    ("https://github.com/o/r/pull/1\u{7f}", Error::Character { at: 30 }),
    ("https://github.com/o/\u{202e}r/pull/1", Error::Character { at: 22 }),
    ("https://g\u{456}thub.com/o/r/pull/1", Error::Character { at: 10 }),
    ("https://github\u{ff0e}com/o/r/pull/1", Error::Character { at: 15 }),
    ("https://github.com/o/r/pull/\u{661}", Error::Character { at: 29 }),
    ("https://github.com/o/r/pull/1/<script>", Error::Character { at: 31 }),
    ("https://github.com/o/r\"/pull/1", Error::Character { at: 23 }),
    ("https://github.com/o/[r]/pull/1", Error::Character { at: 22 }),
    ("https://github.com\\@evil.org/o/r/pull/1", Error::BackSlash { at: 19 }),
    ("https:\\\\github.com\\o\\r\\pull\\1", Error::BackSlash { at: 7 }),
    ("https://github.com/o/r/pull/1\\..\\2", Error::BackSlash { at: 30 }),
    // schemes
    ("javascript:alert(1)//https://github.com/o/r/pull/1", Error::Scheme),
    ("http://github.com/o/r/pull/1", Error::Scheme),
    ("data:text/html,https://github.com/o/r/pull/1", Error::Scheme),
    ("file:///o/r/pull/1", Error::Scheme),
    ("ssh://git@github.com/o/r/pull/1", Error::Scheme),
    ("git@github.com:o/r/pull/1", Error::Scheme),
    ("//github.com/o/r/pull/1", Error::Scheme),
    ("github.com/o/r/pull/1", Error::Scheme),
    ("https:github.com/o/r/pull/1", Error::Scheme),
    ("https:/github.com/o/r/pull/1", Error::Scheme),
    // who is before the host
    ("https://ada:hunter2@github.com/o/r/pull/1", Error::UserInfo),
    ("https://ghp_secret@github.com/o/r/pull/1", Error::UserInfo),
    ("https://github.com@evil.org/o/r/pull/1", Error::UserInfo),
    ("https://github.com:443@evil.org/o/r/pull/1", Error::UserInfo),
    ("https://@github.com/o/r/pull/1", Error::UserInfo),
    ("https://a@b@github.com/o/r/pull/1", Error::UserInfo),
    ("https://github.com%40evil.org/o/r/pull/1", Error::PercentEscape),
    // hosts
    ("https:///o/r/pull/1", Error::Host),
    ("https://", Error::Host),
    ("https://.github.com/o/r/pull/1", Error::Host),
    ("https://github..com/o/r/pull/1", Error::Host),
    ("https://github.com./o/r/pull/1", Error::Host),
    ("https://-git.example.com/o/r/pull/1", Error::Host),
    ("https://git-.example.com/o/r/pull/1", Error::Host),
    ("https://git_hub.example.com/o/r/pull/1", Error::Host),
    ("https://github.com,evil.org/o/r/pull/1", Error::Host),
    ("https://github.com;evil.org/o/r/pull/1", Error::Host),
    ("https://127.0.0.1/o/r/pull/1", Error::IpAddress),
    ("https://169.254.169.254/o/r/pull/1", Error::IpAddress),
    ("https://127.1/o/r/pull/1", Error::IpAddress),
    ("https://2130706433/o/r/pull/1", Error::IpAddress),
    ("https://0x7f000001/o/r/pull/1", Error::IpAddress),
    ("https://0x7F.0.0.0x1/o/r/pull/1", Error::IpAddress),
    ("https://017700000001/o/r/pull/1", Error::IpAddress),
    ("https://example.0x/o/r/pull/1", Error::IpAddress),
    ("https://[::1]/o/r/pull/1", Error::IpAddress),
    ("https://[::ffff:127.0.0.1]:443/o/r/pull/1", Error::IpAddress),
    ("https://git.localhost/o/r/pull/1", Error::IpAddress),
    ("https://localhost/o/r/pull/1", Error::SingleLabel),
    ("https://gitlab/g/p/-/merge_requests/1", Error::SingleLabel),
    ("https://xn--gthub-cua.com/o/r/pull/1", Error::Punycode),
    ("https://git.XN--e1awd7f.com/o/r/pull/1", Error::Punycode),
    ("https://example.xn--p1ai/o/r/pull/1", Error::Punycode),
    ("https://github.com.evil.org/o/r/pull/1", Error::LookAlike { known: "github.com" }),
    ("https://GitHub.com.evil.org/o/r/pull/1", Error::LookAlike { known: "github.com" }),
    ("https://github.com.github.com/o/r/pull/1", Error::LookAlike { known: "github.com" }),
    ("https://github.com-login.org/o/r/pull/1", Error::LookAlike { known: "github.com" }),
    ("https://www.gitlab.com.evil.org/g/p/-/merge_requests/1", Error::LookAlike { known: "gitlab.com" }),
    ("https://bitbucket.org.evil.org/projects/K/repos/r/pull-requests/1", Error::LookAlike { known: "bitbucket.org" }),
    ("https://codeberg.org.evil.org/o/r/pulls/1", Error::LookAlike { known: "codeberg.org" }),
    ("https://gitea.com.evil.org/o/r/pulls/1", Error::LookAlike { known: "gitea.com" }),
    ("https://dev.azure.com.evil.org/o/p/_git/r/pullrequest/1", Error::LookAlike { known: "dev.azure.com" }),
    ("https://org.visualstudio.com.evil.org/p/_git/r/pullrequest/1", Error::LookAlike { known: "visualstudio.com" }),
    ("https://visualstudio.com/p/_git/r/pullrequest/1", Error::SubDomain { known: "visualstudio.com" }),
    ("https://a.b.visualstudio.com/p/_git/r/pullrequest/1", Error::SubDomain { known: "visualstudio.com" }),
    ("https://gist.github.com/o/r/pull/1", Error::SubDomain { known: "github.com" }),
    ("https://www.github.com/o/r/pull/1", Error::SubDomain { known: "github.com" }),
    // ports
    ("https://github.com:22/o/r/pull/1", Error::Port),
    ("https://gitlab.com:8443/g/p/-/merge_requests/1", Error::Port),
    ("https://github.com:/o/r/pull/1", Error::Port),
    ("https://git.example.com:0/o/r/pull/1", Error::Port),
    ("https://git.example.com:0443/o/r/pull/1", Error::Port),
    ("https://git.example.com:65536/o/r/pull/1", Error::Port),
    ("https://git.example.com:+443/o/r/pull/1", Error::Port),
    ("https://git.example.com:443:443/o/r/pull/1", Error::Port),
    ("https://git.example.com:x/o/r/pull/1", Error::Port),
    // parts of the path
    ("https://github.com//o/r/pull/1", Error::EmptySegment),
    ("https://github.com/o//r/pull/1", Error::EmptySegment),
    ("https://github.com/o/r/pull/1//", Error::EmptySegment),
    ("https://git.example.com/https://github.com/o/r/pull/1", Error::EmptySegment),
    ("https://github.com/o/../pull/1", Error::DotSegment),
    ("https://github.com/./o/r/pull/1", Error::DotSegment),
    ("https://github.com/o/r/pull/1/../2", Error::DotSegment),
    ("https://github.com/o/r/pull/1/..;x/2", Error::DotSegment),
    ("https://dev.azure.com/org/%2e%2E/_git/r/pullrequest/1", Error::DotSegment),
    ("https://github.com/o/r/pull/1/%2e%2e/2", Error::PercentEscape),
    ("https://github.com/o%2Fr/pull/1", Error::PercentEscape),
    ("https://github.com/o/r%20/pull/1", Error::PercentEscape),
    ("https://github.com/o/r/pull/%31", Error::PercentEscape),
    ("https://gitlab.com/g%2Fp/-/merge_requests/1", Error::PercentEscape),
    ("https://git.example.com/o/%2e%2e/pull/1", Error::PercentEscape),
    ("https://dev.azure.com/org/p/_git/r/pullrequest/1/%2e%2e", Error::PercentEscape),
    ("https://dev.azure.com/org/p%/_git/r/pullrequest/1", Error::PercentEscape),
    ("https://dev.azure.com/org/p%2/_git/r/pullrequest/1", Error::PercentEscape),
    ("https://dev.azure.com/org/p%+1/_git/r/pullrequest/1", Error::PercentEscape),
    ("https://dev.azure.com/org/%ff/_git/r/pullrequest/1", Error::PercentEscape),
    ("https://dev.azure.com/org/%C0%AE/_git/r/pullrequest/1", Error::PercentEscape),
    ("https://dev.azure.com/org/a%2Fb/_git/r/pullrequest/1", Error::Name),
    ("https://dev.azure.com/org/a%5Cb/_git/r/pullrequest/1", Error::Name),
    ("https://dev.azure.com/org/a%0Ab/_git/r/pullrequest/1", Error::Name),
    ("https://dev.azure.com/org/a%00/_git/r/pullrequest/1", Error::Name),
    ("https://dev.azure.com/org/a%252e/_git/r/pullrequest/1", Error::Name),
    ("https://dev.azure.com/org/a%E2%80%AEb/_git/r/pullrequest/1", Error::Name),
    ("https://dev.azure.com/org/%20a/_git/r/pullrequest/1", Error::Name),
    ("https://dev.azure.com/org/%3Cscript%3E/_git/r/pullrequest/1", Error::Name),
    ("https://github.com/o@x/r/pull/1", Error::Name),
    ("https://github.com/~o/r/pull/1", Error::Name),
    ("https://github.com/o/r.git/pull/1", Error::Name),
    ("https://github.com/o/r;x/pull/1", Error::Name),
    ("https://github.com/o/$(reboot)/pull/1", Error::Name),
    ("https://gitlab.com/-g/p/-/merge_requests/1", Error::Name),
    ("https://git.example.com/projects/~/repos/r/pull-requests/1", Error::Name),
    ("https://git.example.com/r~/c/p/+/1", Error::Name),
    // numbers
    ("https://github.com/o/r/pull/0", Error::Number),
    ("https://github.com/o/r/pull/01", Error::Number),
    ("https://github.com/o/r/pull/-1", Error::Number),
    ("https://github.com/o/r/pull/+1", Error::Number),
    ("https://github.com/o/r/pull/1e3", Error::Number),
    ("https://github.com/o/r/pull/0x1", Error::Number),
    ("https://github.com/o/r/pull/2147483648", Error::Number),
    ("https://github.com/o/r/pull/4294967297", Error::Number),
    ("https://github.com/o/r/pull/99999999999999999999999", Error::Number),
    ("https://github.com/o/r/pull/1.diff", Error::Number),
    ("https://github.com/o/r/pull/1;2", Error::Number),
    ("https://github.com/o/r/pull/new/branch", Error::Number),
    ("https://gitlab.example.com/g/p/-/merge_requests/new", Error::Number),
    ("https://gerrit.example.com/c/p/+/0", Error::Number),
    // shapes
    ("https://github.com", GITHUB),
    ("https://github.com?x=/o/r/pull/1", GITHUB),
    ("https://github.com#/o/r/pull/1", GITHUB),
    ("https://github.com/o/r/pull/", GITHUB),
    ("https://github.com/o/r/pulls/1", GITHUB),
    ("https://github.com/o/r/issues/1", GITHUB),
    ("https://github.com/a/o/r/pull/1", GITHUB),
    ("https://github.com/o/r/Pull/1", GITHUB),
    ("https://github.com/g/p/-/merge_requests/1", GITHUB),
    ("https://gitlab.com/p/-/merge_requests/1", GITLAB),
    ("https://gitlab.com/g/p/merge_requests/1", GITLAB),
    ("https://gitlab.com/o/r/pull/1", GITLAB),
    ("https://gitlab.com/g/-/p/-/merge_requests/1", GITLAB),
    ("https://dev.azure.com/_git/r/pullrequest/1", AZURE),
    ("https://dev.azure.com/o/p/q/_git/r/pullrequest/1", AZURE),
    ("https://evil.org#@github.com/o/r/pull/1", Error::UnknownShape),
    ("https://evil.org?@github.com/o/r/pull/1", Error::UnknownShape),
    ("https://evil.org/github.com/o/r/pull/1", Error::UnknownShape),
    ("https://gerrit.example.com/c/12345", Error::UnknownShape),
    ("https://gerrit.example.com/#/c/12345/", Error::UnknownShape),
    ("https://git.example.com/o/r/pull/1/-/merge_requests/2", Error::Ambiguous),
    ("https://git.example.com/c/r/pulls/1/+/2", Error::Ambiguous),
];

#[test]
fn hostile_addresses_are_refused_with_the_reason() {
    assert!(HOSTILE.len() >= 40, "{}", HOSTILE.len());
    for (address, error) in HOSTILE {
        assert_eq!(PullRequest::parse(address).as_ref(), Err(error), "{address:?}");
    }
    let long = |length: usize| format!("{:x<length$}", "https://github.com/o/r/pull/1?");
    assert_eq!(PullRequest::parse(&long(MAX_LENGTH)).map(|read| read.number), Ok(1));
    assert_eq!(PullRequest::parse(&long(MAX_LENGTH + 1)), Err(Error::TooLong { length: MAX_LENGTH + 1 }));
    let label = "a".repeat(64);
    assert_eq!(PullRequest::parse(&format!("https://{label}.com/o/r/pull/1")), Err(Error::Host));
    let name = format!("{}com", "a.".repeat(126));
    assert_eq!(PullRequest::parse(&format!("https://{name}/o/r/pull/1")), Err(Error::Host));
}

#[test]
fn a_refusal_repeats_nothing_of_the_address() {
    let secret = "s3cr3t";
    for address in [
        format!("https://{secret}@github.com/o/r/pull/1"),
        format!("https://ada:{secret}@git.example.com/o/r/pull/1"),
        format!("https://{secret}/o/r/pull/1"),
        format!("https://{secret}.github.com/o/r/pull/1"),
        format!("https://github.com:{secret}/o/r/pull/1"),
        format!("https://github.com/o/{secret}"),
        format!("https://github.com/{secret}~/r/pull/1"),
        format!("https://github.com/o/r/pull/{secret}"),
        format!("https://git.example.com/{secret}?token={secret}"),
        format!("{secret}://github.com/o/r/pull/1"),
        format!("https://github.com/o/r/pull/1 {secret}"),
    ] {
        let error = PullRequest::parse(&address).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(secret), "{error:?}");
    }
    let read = PullRequest::parse(&format!("https://github.com/o/r/pull/1?token={secret}#{secret}")).unwrap();
    assert!(!format!("{read:?}").contains(secret));
}

#[test]
fn the_stored_format_stays() {
    let read = PullRequest::parse("https://org.visualstudio.com/My%20Shop/_git/cart/pullrequest/31?x").unwrap();
    insta::assert_json_snapshot!(read, @r#"
    {
      "url": "https://org.visualstudio.com/My%20Shop/_git/cart/pullrequest/31",
      "provider": "azure_devops",
      "host": "org.visualstudio.com",
      "repository": "org/My Shop/cart",
      "number": 31
    }
    "#);
    for (_, provider, ..) in GOOD {
        assert_eq!(serde_json::to_value(provider).unwrap(), provider.as_str());
    }
}

#[test]
fn an_address_that_grows_too_long_by_its_escapes_is_refused() {
    let address = |quotes: usize| format!("https://dev.azure.com/o/{}/_git/r/pullrequest/3", "'".repeat(quotes));
    let read = PullRequest::parse(&address(600)).unwrap();
    assert_eq!(PullRequest::parse(&read.url), Ok(read));
    assert!(
        matches!(PullRequest::parse(&address(1000)), Err(PullRequestError::TooLong { length }) if length > MAX_LENGTH)
    );
}

proptest::proptest! {
    #[test]
    fn any_text_is_refused_or_canonical(text in "(https://(github\\.com|git\\.example\\.com|a\\.visualstudio\\.com|gitlab\\.com)/)?([a-z%2e~+.;]{0,3}|c|\\+|-|_git|pull|merge_requests|pullrequest|[0-9]{1,3}|/){0,12}.{0,3}") {
        if let Ok(read) = PullRequest::parse(&text) {
            proptest::prop_assert_eq!(PullRequest::parse(&read.url), Ok(read));
        }
    }
}
