//! Tokens that are known by how they begin, one table. Looks at nothing around them.

use super::scan::{self, ALNUM, BASE64, DOTTED, HEX, Scan, TOKEN};

/// A kind of token.
pub(super) struct Token {
    /// How it begins, in just this case.
    pub(super) begins: &'static str,
    /// The rule's name.
    pub(super) rule: &'static str,
    /// What follows.
    class: u8,
    /// How much of that at least.
    least: usize,
    /// How much of that at most; longer runs are something else.
    most: usize,
    /// What else must be so.
    check: Check,
}

/// What must be so of what follows, beside its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Check {
    /// Nothing.
    Any,
    /// There is a digit, and a letter.
    Digit,
    /// Three parts with dots between, the second of which is JSON, too.
    Jwt,
    /// Two parts with a dot between, of 22 and 43 characters.
    SendGrid,
    /// Three parts with dots between: the number of the bot, a time and a signature.
    Discord,
    /// A part of the address of a webhook, with slashes.
    Path,
    /// It stands behind three characters of its own.
    Azure,
    /// It stands behind 32 hexadecimal digits, and a number follows.
    Mailchimp,
}

const fn token(begins: &'static str, rule: &'static str, class: u8, least: usize, most: usize, check: Check) -> Token {
    Token { begins, rule, class, least, most, check }
}

/// Longer than any token.
const LONG: usize = 4096;

/// All kinds. What their makers say about the form is in brackets in their documentation on secret scanning.
pub(super) static TOKENS: &[Token] = &[
    token("AKIA", "aws_access_key", ALNUM, 16, 16, Check::Any),
    token("ASIA", "aws_access_key", ALNUM, 16, 16, Check::Any),
    token("ABIA", "aws_access_key", ALNUM, 16, 16, Check::Any),
    token("ACCA", "aws_access_key", ALNUM, 16, 16, Check::Any),
    token("ghp_", "github_token", ALNUM, 30, 255, Check::Any),
    token("gho_", "github_token", ALNUM, 30, 255, Check::Any),
    token("ghu_", "github_token", ALNUM, 30, 255, Check::Any),
    token("ghs_", "github_token", ALNUM, 30, 255, Check::Any),
    token("ghr_", "github_token", ALNUM, 30, 255, Check::Any),
    token("github_pat_", "github_token", TOKEN, 40, 255, Check::Digit),
    token("glpat-", "gitlab_token", DOTTED, 20, 300, Check::Digit),
    token("gldt-", "gitlab_token", TOKEN, 20, 64, Check::Digit),
    token("glrt-", "gitlab_token", DOTTED, 20, 300, Check::Digit),
    token("glrtr-", "gitlab_token", TOKEN, 20, 64, Check::Digit),
    token("glcbt-", "gitlab_token", TOKEN, 20, 64, Check::Digit),
    token("glptt-", "gitlab_token", TOKEN, 20, 64, Check::Digit),
    token("glft-", "gitlab_token", TOKEN, 20, 64, Check::Digit),
    token("glimt-", "gitlab_token", TOKEN, 20, 64, Check::Digit),
    token("glagent-", "gitlab_token", TOKEN, 20, 64, Check::Digit),
    token("gloas-", "gitlab_token", TOKEN, 20, 80, Check::Digit),
    token("glsoat-", "gitlab_token", TOKEN, 20, 64, Check::Digit),
    token("GR1348941", "gitlab_token", TOKEN, 20, 64, Check::Any),
    token("xoxb-", "slack_token", TOKEN, 20, 255, Check::Digit),
    token("xoxp-", "slack_token", TOKEN, 20, 255, Check::Digit),
    token("xoxa-", "slack_token", TOKEN, 20, 255, Check::Digit),
    token("xoxr-", "slack_token", TOKEN, 20, 255, Check::Digit),
    token("xoxs-", "slack_token", TOKEN, 20, 255, Check::Digit),
    token("xoxe-", "slack_token", TOKEN, 20, 255, Check::Digit),
    token("xoxe.xox", "slack_token", TOKEN, 20, 255, Check::Digit),
    token("xapp-", "slack_token", TOKEN, 20, 255, Check::Digit),
    token("hooks.slack.com/services/", "slack_webhook", BASE64, 30, 120, Check::Path),
    token("hooks.slack.com/workflows/", "slack_webhook", BASE64, 30, 120, Check::Path),
    token("discord.com/api/webhooks/", "discord_webhook", BASE64, 60, 120, Check::Path),
    token("discordapp.com/api/webhooks/", "discord_webhook", BASE64, 60, 120, Check::Path),
    token("sk_live_", "stripe_key", ALNUM, 16, 255, Check::Any),
    token("sk_test_", "stripe_key", ALNUM, 16, 255, Check::Any),
    token("rk_live_", "stripe_key", ALNUM, 16, 255, Check::Any),
    token("rk_test_", "stripe_key", ALNUM, 16, 255, Check::Any),
    token("whsec_", "webhook_secret", BASE64, 24, 255, Check::Digit),
    token("AIza", "google_api_key", TOKEN, 35, 35, Check::Any),
    token("ya29.", "google_oauth", DOTTED, 20, LONG, Check::Digit),
    token("GOCSPX-", "google_oauth", TOKEN, 24, 40, Check::Any),
    token("sk-ant-", "anthropic_key", TOKEN, 24, 255, Check::Digit),
    token("sk-proj-", "openai_key", TOKEN, 40, 255, Check::Digit),
    token("sk-svcacct-", "openai_key", TOKEN, 40, 255, Check::Digit),
    token("sk-admin-", "openai_key", TOKEN, 40, 255, Check::Digit),
    token("sk-or-v1-", "openrouter_key", ALNUM, 40, 80, Check::Digit),
    token("sk-", "openai_key", ALNUM, 32, 80, Check::Digit),
    token("gsk_", "groq_key", ALNUM, 40, 80, Check::Digit),
    token("xai-", "xai_key", ALNUM, 60, 120, Check::Digit),
    token("pplx-", "perplexity_key", ALNUM, 40, 80, Check::Digit),
    token("hf_", "huggingface_token", ALNUM, 30, 60, Check::Any),
    token("r8_", "replicate_token", ALNUM, 37, 60, Check::Digit),
    token("npm_", "npm_token", ALNUM, 36, 36, Check::Any),
    token("pypi-Ag", "pypi_token", TOKEN, 50, LONG, Check::Digit),
    token("rubygems_", "rubygems_token", HEX, 48, 48, Check::Any),
    token("dckr_pat_", "docker_token", TOKEN, 20, 60, Check::Digit),
    token("dckr_oat_", "docker_token", TOKEN, 20, 60, Check::Digit),
    token("eyJ", "jwt", DOTTED, 20, LONG * 4, Check::Jwt),
    token("SG.", "sendgrid_key", DOTTED, 66, 66, Check::SendGrid),
    token("SK", "twilio_key", HEX, 32, 32, Check::Digit),
    token("key-", "mailgun_key", HEX, 32, 32, Check::Digit),
    token("-us", "mailchimp_key", ALNUM, 1, 2, Check::Mailchimp),
    token("dop_v1_", "digitalocean_token", HEX, 64, 64, Check::Any),
    token("doo_v1_", "digitalocean_token", HEX, 64, 64, Check::Any),
    token("dor_v1_", "digitalocean_token", HEX, 64, 64, Check::Any),
    token("hvs.", "vault_token", TOKEN, 24, 300, Check::Digit),
    token("hvb.", "vault_token", TOKEN, 24, 300, Check::Digit),
    token("hvr.", "vault_token", TOKEN, 24, 300, Check::Digit),
    token("AGE-SECRET-KEY-1", "age_key", ALNUM, 50, 70, Check::Any),
    token("AGE-SECRET-KEY-PQ-1", "age_key", ALNUM, 50, LONG, Check::Any),
    token("dapi", "databricks_token", HEX, 32, 32, Check::Digit),
    token("shpat_", "shopify_token", HEX, 32, 32, Check::Any),
    token("shpss_", "shopify_token", HEX, 32, 32, Check::Any),
    token("shpca_", "shopify_token", HEX, 32, 32, Check::Any),
    token("shppa_", "shopify_token", HEX, 32, 32, Check::Any),
    token("ATATT3", "atlassian_token", BASE64, 50, 300, Check::Digit),
    token("ATBB", "bitbucket_token", ALNUM, 28, 40, Check::Digit),
    token("lin_api_", "linear_key", ALNUM, 30, 60, Check::Any),
    token("glsa_", "grafana_token", TOKEN, 30, 60, Check::Digit),
    token("glc_", "grafana_token", BASE64, 32, 400, Check::Digit),
    token("NRAK-", "newrelic_key", ALNUM, 27, 27, Check::Any),
    token("PMAK-", "postman_key", TOKEN, 40, 80, Check::Digit),
    token("pul-", "pulumi_token", HEX, 40, 40, Check::Any),
    token("pscale_tkn_", "planetscale_token", DOTTED, 30, 80, Check::Digit),
    token("pscale_pw_", "planetscale_token", DOTTED, 30, 80, Check::Digit),
    token("sbp_", "supabase_token", HEX, 40, 40, Check::Any),
    token("sntrys_", "sentry_token", BASE64, 40, 400, Check::Digit),
    token("sntryu_", "sentry_token", HEX, 64, 64, Check::Any),
    token("ntn_", "notion_token", ALNUM, 40, 60, Check::Digit),
    token("tskey-", "tailscale_key", TOKEN, 20, 100, Check::Digit),
    token("figd_", "figma_token", TOKEN, 38, 60, Check::Digit),
    token("nfp_", "netlify_token", ALNUM, 36, 50, Check::Digit),
    token("CCIPAT_", "circleci_token", TOKEN, 40, 100, Check::Digit),
    token("HRKU-", "heroku_key", TOKEN, 36, 80, Check::Digit),
    token("dp.pt.", "doppler_token", ALNUM, 40, 50, Check::Digit),
    token("dp.st.", "doppler_token", DOTTED, 40, 80, Check::Digit),
    token("8Q~", "azure_secret", DOTTED, 31, 34, Check::Azure),
    token("7Q~", "azure_secret", DOTTED, 31, 34, Check::Azure),
    // the number of a bot begins with a digit, which these are in base64
    token("MT", "discord_token", DOTTED, 50, 80, Check::Discord),
    token("Mj", "discord_token", DOTTED, 50, 80, Check::Discord),
    token("Mz", "discord_token", DOTTED, 50, 80, Check::Discord),
    token("ND", "discord_token", DOTTED, 50, 80, Check::Discord),
    token("NT", "discord_token", DOTTED, 50, 80, Check::Discord),
    token("Nj", "discord_token", DOTTED, 50, 80, Check::Discord),
    token("Nz", "discord_token", DOTTED, 50, 80, Check::Discord),
    token("OD", "discord_token", DOTTED, 50, 80, Check::Discord),
    token("OT", "discord_token", DOTTED, 50, 80, Check::Discord),
];

/// Judges what begins like a token.
pub(super) fn judge(scan: &mut Scan<'_>, token: &Token, start: usize) {
    let body = start + token.begins.len();
    let behind_word = scan::is(scan.before(start), ALNUM) || scan.before(start) == b'_';
    let glued = match token.check {
        Check::Azure | Check::Mailchimp => !behind_word,
        Check::Path => false,
        // short beginnings are in the middle of much
        _ if token.begins.len() < 4 => behind_word || scan.before(start) == b'-',
        _ => behind_word,
    };
    if glued || scan.text.get(start..body) != Some(token.begins.as_bytes()) {
        return;
    }
    let mut end = scan.run(body, token.class);
    if token.class != ALNUM && token.class != HEX {
        // a sentence goes on behind the token
        while end > body && matches!(scan.before(end), b'.' | b'/') {
            end -= 1;
        }
    }
    let length = end - body;
    if length < token.least || length > token.most || (token.class == HEX && scan::is(scan.byte(end), ALNUM)) {
        return;
    }
    let text = &scan.text[body..end];
    scan.steps += text.len().min(LONG);
    let rule = token.rule;
    match token.check {
        _ if is_example(&scan.text[start..end.min(start + 64)]) => {}
        Check::Any | Check::Path if token.rule != "discord_webhook" && token.rule != "slack_webhook" => {
            scan.cut(start, end, rule);
        }
        Check::Any | Check::Path => scan.cut(body, end, rule),
        Check::Digit if has_digit_and_letter(text) => scan.cut(start, end, rule),
        Check::Jwt if is_jwt(text) => scan.cut_whole(start, end, rule),
        Check::SendGrid if has_parts(text, &[22..=22, 43..=43]) => scan.cut(start, end, rule),
        Check::Discord if has_parts(&scan.text[start..end], &[23..=28, 6..=7, 27..=40]) => scan.cut(start, end, rule),
        Check::Azure => {
            let first = scan.back(start, DOTTED, 4);
            if start - first == 3 {
                scan.cut(first, end, rule);
            }
        }
        Check::Mailchimp => {
            let first = scan.back(start, HEX, 33);
            if start - first == 32 && text.iter().all(u8::is_ascii_digit) {
                scan.cut(first, end, rule);
            }
        }
        _ => {}
    }
}

/// `123456789:AA…`, the number of a bot and its token.
pub(super) fn telegram(scan: &mut Scan<'_>, colon: usize) {
    let end = scan.run(colon + 1, TOKEN);
    let digits = scan.text[..colon].iter().rev().take(11).take_while(|byte| byte.is_ascii_digit()).count();
    scan.steps += digits;
    let is_case = scan.text[colon..].starts_with(b":AA");
    if is_case && end - colon - 1 == 35 && (8..=10).contains(&digits) {
        scan.cut(colon - digits, end, "telegram_token");
    }
}

/// What documentation shows in place of a secret.
fn is_example(text: &[u8]) -> bool {
    let has = |word: &[u8]| text.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word));
    has(b"EXAMPLE") || has(b"XXXXXX")
}

fn has_digit_and_letter(text: &[u8]) -> bool {
    let text = &text[..text.len().min(LONG)];
    text.iter().any(u8::is_ascii_digit) && text.iter().any(u8::is_ascii_alphabetic)
}

/// The header is there already; a payload that is JSON, and a signature. Encrypted ones have five parts.
fn is_jwt(rest: &[u8]) -> bool {
    let mut parts = rest.split(|byte| *byte == b'.').take(5);
    let header = parts.next().is_some_and(|part| part.len() >= 9);
    let payload = parts.next().is_some_and(|part| part.len() >= 10);
    header && payload && parts.next().is_some()
}

fn has_parts(text: &[u8], lengths: &[std::ops::RangeInclusive<usize>]) -> bool {
    let mut parts = text.split(|byte| *byte == b'.');
    lengths.iter().all(|length| parts.next().is_some_and(|part| length.contains(&part.len()))) && parts.next().is_none()
}
