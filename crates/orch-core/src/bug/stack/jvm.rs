//! Frames of the JVM: `at java.base/java.lang.Thread.run(Thread.java:829)`.

use super::{Frame, Language};

/// The frame behind `at `.
pub(crate) fn frame(rest: &str) -> Option<Frame<'_>> {
    let open = rest.find('(')?;
    let close = open + rest[open..].find(')')?;
    let inner = &rest[open + 1..close];
    let name = &rest[..open];
    if name.contains(' ') || !name.contains('.') {
        return None;
    }
    // the loader and the module stand before the class
    let name = name.rsplit_once('/').map_or(name, |(_, name)| name);
    let (file, line) = match inner.split_once(':') {
        Some((file, line)) => (file, line.parse().ok()?),
        None => (inner, 0),
    };
    let known = matches!(inner, "Native Method" | "Unknown Source" | "Unknown source" | "<generated>" | "SourceFile")
        || inner.starts_with("Unknown Source:")
        || inner.starts_with("SourceFile:");
    let source = [".java", ".kt", ".scala", ".groovy", ".clj", ".kts"].iter().any(|end| file.ends_with(end));
    if !known && !source {
        return None;
    }
    Some(Frame::new(Language::Jvm, name, if known { "" } else { file }, line))
}

/// Whether a method is of the platform or of a framework.
pub(crate) fn is_foreign(function: &str) -> bool {
    const PACKAGES: [&str; 44] = [
        "java.",
        "javax.",
        "jdk.",
        "sun.",
        "com.sun.",
        "kotlin.",
        "kotlinx.",
        "scala.",
        "groovy.",
        "clojure.",
        "jakarta.",
        "android.",
        "androidx.",
        "com.android.",
        "dalvik.",
        "org.springframework.",
        "org.apache.",
        "org.junit.",
        "org.hibernate.",
        "org.eclipse.",
        "org.jboss.",
        "org.gradle.",
        "org.mockito.",
        "org.postgresql.",
        "org.h2.",
        "com.mysql.",
        "com.zaxxer.",
        "com.fasterxml.",
        "com.google.",
        "io.netty.",
        "io.vertx.",
        "io.micronaut.",
        "io.quarkus.",
        "io.undertow.",
        "io.grpc.",
        "reactor.",
        "rx.",
        "okhttp3.",
        "okio.",
        "retrofit2.",
        "akka.",
        "ch.qos.",
        "net.bytebuddy.",
        "junit.",
    ];
    PACKAGES.iter().any(|package| function.starts_with(package))
}
