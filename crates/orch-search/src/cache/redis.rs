//! The second level in a Redis server. The only place that names the crate `redis`. It tries nothing in the background, and
//! nothing waits for it when the program ends.
//!
//! Keys begin with `orch:search:` and a hash of the project. Beside the answers there is one hash of two counters a project,
//! written on the way of what is asked anyway: a command that ends after one query can count nothing of its own. No decision
//! depends on them. The server is one that is addressed directly, no cluster.

mod breaker;
mod note;

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ErrorKind, IntoConnectionInfo as _, Pipeline, RedisError,
    RedisResult, Value,
};
use sha2::{Digest as _, Sha256};
use tokio::sync::Mutex;
use tokio::time::timeout;

use self::breaker::{Breaker, Outcome};
use self::note::Note;
use super::entry::MAX_SHARED_BYTES;
use super::{SecondLevel, SharedError, SharedStatus, Tally, Waiting};
pub use breaker::Limits;

/// For how long is counted, in seconds; then counting begins again.
const TALLY_SECONDS: u32 = 24 * 60 * 60;

/// How long anything may be kept.
const MAX_TTL: Duration = Duration::from_hours(24 * 365);

/// Where a second level is, and how it is used.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisSettings {
    /// `redis://[user][:password@]host[:port][/number]`.
    pub url: String,
    /// What tells this project's log from all others, as in [`super::CacheSettings`].
    pub project: String,
    /// How long an answer is kept there; at most a year.
    pub ttl: Duration,
    /// How long the server may take.
    pub limits: Limits,
    /// A file by which one process tells the next that the server is off, so that commands that end after one query do not
    /// each find it out anew. What it holds is overwritten.
    pub note: Option<PathBuf>,
}

impl RedisSettings {
    /// One hour, the usual limits, and no note.
    #[must_use]
    pub fn new(url: impl Into<String>, project: impl Into<String>) -> Self {
        let (url, project, ttl) = (url.into(), project.into(), Duration::from_hours(1));
        Self { url, project, ttl, limits: Limits::default(), note: None }
    }
}

impl fmt::Debug for RedisSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // the address may hold a password
        let mut debug = f.debug_struct("RedisSettings");
        debug
            .field("project", &self.project)
            .field("ttl", &self.ttl)
            .field("limits", &self.limits)
            .field("note", &self.note);
        debug.finish_non_exhaustive()
    }
}

/// An address that names no Redis server. The address itself is not repeated, as it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RedisAddressError {
    /// It is not of the form `redis://host:port/number`.
    #[error("not of the form redis://host:port/number")]
    Form,
    /// It asks for TLS, which is not built in.
    #[error("rediss: connections with TLS are not supported")]
    Tls,
}

/// A Redis server as second level.
///
/// ```
/// use std::time::Duration;
/// use orch_search::cache::{RedisAddressError, RedisLevel, RedisSettings};
///
/// let settings = RedisSettings::new("redis://:secret@cache.example:6379/2", "the store's id");
/// let level = RedisLevel::new(&RedisSettings { ttl: Duration::from_hours(6), ..settings })?;
/// assert_eq!(level.place(), "redis://cache.example:6379/2");
/// # Ok::<(), RedisAddressError>(())
/// ```
pub struct RedisLevel {
    client: Client,
    place: String,
    prefix: String,
    ttl: Duration,
    breaker: Breaker,
    note: Note,
    note_is_read: Once,
    connection: Mutex<Option<MultiplexedConnection>>,
    asked: AtomicU64,
}

impl fmt::Debug for RedisLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisLevel").field("place", &self.place).field("ttl", &self.ttl).finish_non_exhaustive()
    }
}

impl RedisLevel {
    /// Reads the address. Connects when it is asked for the first time, and within a runtime of tokio.
    ///
    /// # Errors
    /// [`RedisAddressError`] if the address names no Redis server.
    pub fn new(settings: &RedisSettings) -> Result<Self, RedisAddressError> {
        let scheme = settings.url.split(':').next().unwrap_or_default().to_ascii_lowercase();
        match scheme.as_str() {
            "redis" => {}
            "rediss" => return Err(RedisAddressError::Tls),
            _ => return Err(RedisAddressError::Form),
        }
        let info = settings.url.as_str().into_connection_info().map_err(|_| RedisAddressError::Form)?;
        let place = match info.addr() {
            ConnectionAddr::Tcp(host, port) if host.contains(':') => format!("redis://[{host}]:{port}"),
            ConnectionAddr::Tcp(host, port) => format!("redis://{host}:{port}"),
            _ => return Err(RedisAddressError::Form),
        };
        let project: String = Sha256::digest(&settings.project)[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        let place = format!("{place}/{}", info.redis_settings().db());
        Ok(Self {
            note: Note::new(settings.note.clone(), &place),
            note_is_read: Once::new(),
            place,
            client: Client::open(info).map_err(|_| RedisAddressError::Form)?,
            prefix: format!("orch:search:{project}:"),
            ttl: settings.ttl.clamp(Duration::from_millis(1), MAX_TTL),
            breaker: Breaker::new(settings.limits),
            connection: Mutex::default(),
            asked: AtomicU64::new(0),
        })
    }

    /// Its address, without user and password.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    fn tally_key(&self) -> String {
        format!("{}tally", self.prefix)
    }

    async fn fetch(&self, key: &str) -> Option<Vec<u8>> {
        let tally = self.tally_key();
        let mut pipeline = Pipeline::new();
        // of a value that is too long, one byte more than is taken
        pipeline.cmd("GETRANGE").arg(format!("{}{key}", self.prefix)).arg(0).arg(MAX_SHARED_BYTES);
        pipeline.cmd("HINCRBY").arg(&tally).arg("asked").arg(1);
        let is_text = |reply: &Value| matches!(reply, Value::BulkString(_));
        let mut replies = self.ask(&mut pipeline, Kind::Read, is_text).await?.into_iter();
        let (value, asked) = (replies.next(), replies.next());
        if let Some(Ok(Value::Int(1))) = asked {
            let mut pipeline = Pipeline::new();
            pipeline.cmd("EXPIRE").arg(&tally).arg(TALLY_SECONDS);
            self.ask(&mut pipeline, Kind::Read, |reply| matches!(reply, Value::Int(_))).await;
        }
        match value {
            Some(Ok(Value::BulkString(bytes))) if (1..=MAX_SHARED_BYTES).contains(&bytes.len()) => Some(bytes),
            _ => None,
        }
    }

    async fn store(&self, key: &str, value: &[u8]) {
        let mut pipeline = Pipeline::new();
        let milliseconds = u64::try_from(self.ttl.as_millis()).unwrap_or(u64::MAX);
        pipeline.cmd("SET").arg(format!("{}{key}", self.prefix)).arg(value).arg("PX").arg(milliseconds);
        pipeline.cmd("HINCRBY").arg(self.tally_key()).arg("missed").arg(1);
        self.ask(&mut pipeline, Kind::Write, |reply| matches!(reply, Value::Okay)).await;
    }

    async fn tally(&self) -> Option<Tally> {
        let mut pipeline = Pipeline::new();
        pipeline.cmd("HMGET").arg(self.tally_key()).arg("asked").arg("missed");
        let is_list = |reply: &Value| matches!(reply, Value::Array(_));
        let replies = self.ask(&mut pipeline, Kind::Read, is_list).await?;
        let Some(Ok(Value::Array(fields))) = replies.into_iter().next() else { return None };
        let number = |field: Option<&Value>| match field {
            Some(Value::BulkString(text)) => str::from_utf8(text).ok()?.parse().ok(),
            Some(Value::Nil) => Some(0),
            _ => None,
        };
        Some(Tally { asked: number(fields.first())?, missed: number(fields.get(1))? })
    }

    /// Sends commands at once, and hands the replies back, one for each; `None` if there is no answer in time, or if the
    /// server is off. What comes of the first command decides whether the server is asked again.
    async fn ask(
        &self,
        pipeline: &mut Pipeline,
        kind: Kind,
        is_expected: impl Fn(&Value) -> bool + Send,
    ) -> Option<Vec<RedisResult<Value>>> {
        let asked = Instant::now();
        self.note_is_read.call_once(|| {
            if let Some(age) = self.note.age(self.breaker.limits().off) {
                self.breaker.heed(asked, age);
            }
        });
        let within = self.breaker.allowance(asked)?;
        self.asked.fetch_add(1, Ordering::Relaxed);
        pipeline.ignore_errors();
        let replies = match timeout(within, self.talk(pipeline, asked)).await {
            Ok(Ok(replies)) => match replies.first() {
                Some(Ok(reply)) if !is_expected(reply) => Err(SharedError::Nonsense),
                Some(_) => Ok(replies),
                None => Err(SharedError::Nonsense),
            },
            Ok(Err(error)) => Err(error),
            Err(_) => Err(SharedError::Silent { within }),
        };
        let outcome = match &replies {
            Ok(replies) => match replies.first().and_then(|first| first.as_ref().err()).map(told) {
                // somebody else's data under this name: for the cache it is not there
                Some(SharedError::Answered { code }) if code == "WRONGTYPE" => Outcome::Answered,
                Some(error) => Outcome::Refused(error),
                None => Outcome::Answered,
            },
            Err(error) => Outcome::Lost(error.clone()),
        };
        if self.breaker.note(asked, Instant::now(), kind == Kind::Write, outcome) {
            self.note.leave();
        }
        if replies.is_err() {
            // whoever holds the lock is connecting and will find out for himself
            if let Ok(mut connection) = self.connection.try_lock() {
                *connection = None;
            }
        }
        replies.ok()
    }

    async fn talk(&self, pipeline: &Pipeline, asked: Instant) -> Result<Vec<RedisResult<Value>>, SharedError> {
        let (mut connection, is_fresh) = self.connection(asked).await?;
        let first = pipeline.query_async(&mut connection).await;
        match first {
            Ok(replies) => Ok(replies),
            Err(error) if is_fresh || !is_broken(&error) => Err(told(&error)),
            Err(_) => {
                // a server may close a connection that was quiet for long; one that is there takes a new one
                *self.connection.lock().await = None;
                let (mut connection, _) = self.connection(asked).await?;
                pipeline.query_async(&mut connection).await.map_err(|error| told(&error))
            }
        }
    }

    /// The connection, and whether it was made just now. One connects for all.
    async fn connection(&self, asked: Instant) -> Result<(MultiplexedConnection, bool), SharedError> {
        let mut kept = self.connection.lock().await;
        if let Some(connection) = &*kept {
            return Ok((connection.clone(), false));
        }
        // whoever had the lock before may have tried in vain
        if let Some(error) = self.breaker.went_off_since(asked) {
            return Err(error);
        }
        // the time is ours, over all that it takes
        let config = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        let within = self.breaker.limits().connect;
        let made = timeout(within, self.client.get_multiplexed_async_connection_with_config(&config)).await;
        let made = made.map_err(|_| SharedError::Silent { within })?.map_err(|error| told(&error))?;
        *kept = Some(made.clone());
        Ok((made, true))
    }
}

/// What a server is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Read,
    Write,
}

/// Whether a connection is of no use any more.
fn is_broken(error: &RedisError) -> bool {
    error.is_io_error() || error.is_connection_dropped()
}

/// An error without any text of the server's.
fn told(error: &RedisError) -> SharedError {
    if let Some(code) = error.code() {
        return match code {
            "WRONGPASS" | "NOAUTH" => SharedError::Denied,
            _ => SharedError::Answered { code: code.chars().filter(char::is_ascii_uppercase).take(20).collect() },
        };
    }
    match error.kind() {
        ErrorKind::AuthenticationFailed => SharedError::Denied,
        ErrorKind::Io => SharedError::NoConnection { kind: io_kind(error) },
        _ => SharedError::Nonsense,
    }
}

fn io_kind(error: &RedisError) -> io::ErrorKind {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return error.kind();
        }
        cause = error.source();
    }
    if error.is_connection_refusal() { io::ErrorKind::ConnectionRefused } else { io::ErrorKind::BrokenPipe }
}

impl SecondLevel for RedisLevel {
    fn get<'a>(&'a self, key: &'a str) -> Waiting<'a, Option<Vec<u8>>> {
        Box::pin(self.fetch(key))
    }

    fn put<'a>(&'a self, key: &'a str, value: &'a [u8]) -> Waiting<'a, ()> {
        Box::pin(self.store(key, value))
    }

    fn status(&self) -> Waiting<'_, SharedStatus> {
        Box::pin(async {
            let tally = self.tally().await;
            let (off_for, errors, last_error) = self.breaker.report(Instant::now());
            let asked = self.asked.load(Ordering::Relaxed);
            SharedStatus { place: self.place.clone(), asked, errors, off_for, last_error, tally }
        })
    }
}
