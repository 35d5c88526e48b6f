//! What is known about classes of exceptions and the tools that print errors. Looks at no phrases.

use super::ErrorType::{
    self, Assertion, Concurrency, Configuration, Database, Dependency, Filesystem, Memory, Network, Permission,
    Runtime, Syntax, Timeout, Type,
};

/// The type that the class of an exception means.
pub(super) fn of(class: &str) -> Option<ErrorType> {
    let simple = class.rsplit(['.', ':', '\\', '$']).next().unwrap_or(class);
    if let Some((_, error_type)) = CLASSES.iter().find(|(name, _)| *name == simple) {
        return Some(*error_type);
    }
    let package = class.to_ascii_lowercase();
    PACKAGES.iter().find(|(part, _)| package.contains(part)).map(|(_, error_type)| *error_type)
}

/// The tool that printed a text, told by the form of what it prints.
pub(super) fn tool(text: &str) -> Option<(&'static str, ErrorType)> {
    text.lines().take(40).find_map(|line| {
        // two spaces behind the severity
        if line.starts_with("ERROR:  ")
            || line.starts_with("FATAL:  ")
            || line.contains(": ERROR:  ")
            || line.contains(": FATAL:  ")
        {
            return Some(("postgresql", Database));
        }
        if line.starts_with("npm error 404") || line.starts_with("npm ERR! 404") {
            return Some(("npm", Dependency));
        }
        None
    })
}

/// How compilers say that a header is missing.
pub(super) const HEADERS: [&str; 6] = [
    ".h' file not found",
    ".h: no such file",
    ".hpp' file not found",
    ".hpp: no such file",
    "cannot open include file",
    "cannot open source file",
];

const CLASSES: &[(&str, ErrorType)] = &[
    ("SyntaxError", Syntax),
    ("IndentationError", Syntax),
    ("TabError", Syntax),
    ("ParseError", Syntax),
    ("ParseException", Syntax),
    ("JSONDecodeError", Syntax),
    ("JsonParseException", Syntax),
    ("TypeError", Type),
    ("AttributeError", Type),
    ("NameError", Type),
    ("UnboundLocalError", Type),
    ("ReferenceError", Type),
    ("NoMethodError", Type),
    ("NoSuchMethodError", Type),
    ("NoSuchFieldError", Type),
    ("ClassCastException", Type),
    ("InvalidCastException", Type),
    ("MissingMethodException", Type),
    ("NumberFormatException", Type),
    ("_TypeError", Type),
    ("CastError", Type),
    ("ModuleNotFoundError", Dependency),
    ("ImportError", Dependency),
    ("LoadError", Dependency),
    ("ClassNotFoundException", Dependency),
    ("NoClassDefFoundError", Dependency),
    ("UnsatisfiedLinkError", Dependency),
    ("DllNotFoundException", Dependency),
    ("PackageNotFoundError", Dependency),
    ("MemoryError", Memory),
    ("OutOfMemoryError", Memory),
    ("OutOfMemoryException", Memory),
    ("StackOverflowError", Memory),
    ("StackOverflowException", Memory),
    ("RecursionError", Memory),
    ("SystemStackError", Memory),
    ("NoMemoryError", Memory),
    ("OutOfMemoryException", Memory),
    ("AccessViolationException", Memory),
    ("FileNotFoundError", Filesystem),
    ("FileNotFoundException", Filesystem),
    ("NoSuchFileException", Filesystem),
    ("DirectoryNotFoundException", Filesystem),
    ("IsADirectoryError", Filesystem),
    ("NotADirectoryError", Filesystem),
    ("FileExistsError", Filesystem),
    ("FileAlreadyExistsException", Filesystem),
    ("FileSystemException", Filesystem),
    ("PermissionError", Permission),
    ("AccessDeniedException", Permission),
    ("UnauthorizedAccessException", Permission),
    ("AuthenticationError", Permission),
    ("AuthenticationException", Permission),
    ("SecurityException", Permission),
    ("PermissionDenied", Permission),
    ("TimeoutError", Timeout),
    ("TimeoutException", Timeout),
    ("SocketTimeoutException", Timeout),
    ("ConnectTimeoutException", Timeout),
    ("ReadTimeout", Timeout),
    ("ConnectTimeout", Timeout),
    ("TimeoutExpired", Timeout),
    ("ConnectionError", Network),
    ("ConnectionRefusedError", Network),
    ("ConnectionResetError", Network),
    ("ConnectionAbortedError", Network),
    ("BrokenPipeError", Network),
    ("ConnectException", Network),
    ("SocketException", Network),
    ("UnknownHostException", Network),
    ("HTTPError", Network),
    ("URLError", Network),
    ("SSLError", Network),
    ("SSLException", Network),
    ("SSLHandshakeException", Network),
    ("HttpRequestException", Network),
    ("gaierror", Network),
    ("AssertionError", Assertion),
    ("AssertionFailedError", Assertion),
    ("ComparisonFailure", Assertion),
    ("AssertFailedException", Assertion),
    ("ExpectationFailed", Assertion),
    ("DeadlockDetected", Concurrency),
    ("ConcurrentModificationException", Concurrency),
    ("IllegalMonitorStateException", Concurrency),
    ("SynchronizationLockException", Concurrency),
    ("ThreadError", Concurrency),
    ("BrokenBarrierException", Concurrency),
    ("InterruptedException", Concurrency),
    ("CancelledError", Concurrency),
    ("IntegrityError", Database),
    ("ProgrammingError", Database),
    ("DataError", Database),
    ("PDOException", Database),
    ("QueryException", Database),
    ("StatementInvalid", Database),
    ("RecordNotUnique", Database),
    ("SQLException", Database),
    ("SqlException", Database),
    ("ImproperlyConfigured", Configuration),
    ("ConfigurationError", Configuration),
    ("ConfigurationException", Configuration),
    ("KeyError", Runtime),
    ("IndexError", Runtime),
    ("ZeroDivisionError", Runtime),
    ("DivisionByZeroError", Runtime),
    ("DivideByZeroException", Runtime),
    ("ArithmeticException", Runtime),
    ("OverflowError", Runtime),
    ("NullPointerException", Runtime),
    ("NullReferenceException", Runtime),
    ("IndexOutOfBoundsException", Runtime),
    ("ArrayIndexOutOfBoundsException", Runtime),
    ("StringIndexOutOfBoundsException", Runtime),
    ("IndexOutOfRangeException", Runtime),
    ("KeyNotFoundException", Runtime),
    ("StopIteration", Runtime),
    ("UnicodeDecodeError", Runtime),
    ("UnicodeEncodeError", Runtime),
    ("NotImplementedError", Runtime),
    ("UnsupportedOperationException", Runtime),
];

/// Parts of the whole name, in lower case.
const PACKAGES: &[(&str, ErrorType)] = &[
    ("timeout", Timeout),
    ("deadlock", Concurrency),
    ("outofmemory", Memory),
    ("permission", Permission),
    ("unauthorized", Permission),
    ("forbidden", Permission),
    ("modulenotfound", Dependency),
];
