//! The named classes of tokens that normalization tells apart, and where it found them. Decides nothing.

/// What was done with a stretch of text, and by which rule. The names are stable: they are shown to people and stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Rule {
    /// A web address or another one with a scheme.
    Url,
    /// An e-mail address.
    Email,
    /// A UUID or GUID.
    Uuid,
    /// A date, a time of day, or both.
    Time,
    /// A span of time with its unit.
    Duration,
    /// A size or a share with its unit.
    Size,
    /// An IPv4 or IPv6 address, with its port.
    Ip,
    /// A hardware address.
    Mac,
    /// The name of a host.
    Host,
    /// A number with the prefix `0x`, an address in memory.
    Hex,
    /// An address in memory that is null, or nearly.
    Null,
    /// A digest, a commit, or another long hexadecimal word.
    Hash,
    /// A random token.
    Random,
    /// A name with a number in it, where nothing says that it is a symbol of a program: `node17`, `rack-b3`.
    Instance,
    /// The folders of a path outside of the project.
    Path,
    /// The project's own folder, cut off in front of a path.
    Root,
    /// A version of three parts or more.
    Version,
    /// A number.
    Number,
    /// A quoted value of a user.
    Quoted,
    /// The value of `key=value`.
    Keyed,
    /// True or false as the value of `key=value`.
    Bool,
    /// The name of an account.
    Account,
    /// A repetition of the token before it, as in lists.
    Repeated,
    /// A pattern of the project's own rules.
    Custom,
    /// Kept: a code, told by its form or by the word before it.
    Code,
    /// Kept: a number that is part of a name, such as `sha256`.
    Name,
    /// Kept: a quoted symbol.
    Symbol,
    /// Kept: a pattern of the project's own rules.
    Kept,
}

impl Rule {
    /// The name of the rule.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Url => "url",
            Self::Email => "email",
            Self::Uuid => "uuid",
            Self::Time => "time",
            Self::Duration => "duration",
            Self::Size => "size",
            Self::Ip => "ip",
            Self::Mac => "mac",
            Self::Host => "host",
            Self::Hex => "hex",
            Self::Null => "null",
            Self::Hash => "hash",
            Self::Random => "random",
            Self::Instance => "instance",
            Self::Path => "path",
            Self::Root => "root",
            Self::Version => "version",
            Self::Number => "number",
            Self::Quoted => "quoted",
            Self::Keyed => "keyed",
            Self::Bool => "bool",
            Self::Account => "account",
            Self::Repeated => "repeated",
            Self::Custom => "custom",
            Self::Code => "code",
            Self::Name => "name",
            Self::Symbol => "symbol",
            Self::Kept => "kept",
        }
    }

    /// Whether the text stays in the template.
    #[must_use]
    pub fn keeps(self) -> bool {
        matches!(self, Self::Code | Self::Name | Self::Symbol | Self::Kept)
    }

    /// What stands in the template for the text.
    #[must_use]
    pub fn placeholder(self) -> &'static str {
        match self {
            Self::Url => "<url>",
            Self::Email => "<email>",
            Self::Uuid => "<uuid>",
            Self::Time => "<time>",
            Self::Duration => "<duration>",
            Self::Size => "<size>",
            Self::Ip => "<ip>",
            Self::Mac => "<mac>",
            Self::Host => "<host>",
            Self::Hex => "<hex>",
            Self::Null => "<null>",
            Self::Hash => "<hash>",
            Self::Random => "<random>",
            Self::Instance => "<id>",
            Self::Path => "<path>",
            Self::Version => "<version>",
            Self::Number => "<num>",
            Self::Quoted => "<str>",
            Self::Keyed => "<val>",
            Self::Bool => "<bool>",
            Self::Account => "<name>",
            Self::Custom => "<custom>",
            Self::Root | Self::Repeated | Self::Code | Self::Name | Self::Symbol | Self::Kept => "",
        }
    }
}

/// All rules that leave a placeholder.
pub(crate) const MASKING: [Rule; 22] = [
    Rule::Url,
    Rule::Email,
    Rule::Uuid,
    Rule::Time,
    Rule::Duration,
    Rule::Size,
    Rule::Ip,
    Rule::Mac,
    Rule::Host,
    Rule::Hex,
    Rule::Null,
    Rule::Hash,
    Rule::Random,
    Rule::Instance,
    Rule::Path,
    Rule::Version,
    Rule::Number,
    Rule::Quoted,
    Rule::Keyed,
    Rule::Bool,
    Rule::Account,
    Rule::Custom,
];

/// A stretch of the cleaned text and the rule that decided about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// Where it begins, in bytes.
    pub start: usize,
    /// Where it ends, in bytes.
    pub end: usize,
    /// The rule.
    pub rule: Rule,
}

/// Takes note of what rules decide, or does not.
pub(crate) trait Record {
    /// A rule decided about these bytes.
    fn token(&mut self, start: usize, end: usize, rule: Rule);
}

impl Record for () {
    #[inline]
    fn token(&mut self, _: usize, _: usize, _: Rule) {}
}

impl Record for Vec<Token> {
    fn token(&mut self, start: usize, end: usize, rule: Rule) {
        self.push(Token { start, end, rule });
    }
}
