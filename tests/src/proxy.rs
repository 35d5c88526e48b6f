//! A wire between a client and a server that a test can cut at a chosen moment, and that counts how often a client waits
//! for the server. It understands nothing of what goes through it.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::postgres::Database;

/// Which side does not get what is sent at the moment of the cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// The request does not reach the server.
    Request,
    /// The server gets the request and answers, and the answer does not reach the client.
    Answer,
}

/// A cut that is to come.
#[derive(Debug, Clone)]
struct Order {
    needle: Vec<u8>,
    /// How many requests to let through from the one with the needle on.
    skip: usize,
    cut: Cut,
}

/// A proxy on a port of its own. It serves until the process ends.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    url: String,
    order: Arc<Mutex<Option<Order>>>,
    seen: Arc<Mutex<Seen>>,
}

/// What went through since the last look.
#[derive(Debug, Default)]
struct Seen {
    round_trips: usize,
    asked: Vec<u8>,
    /// The wire is being cut at this moment.
    cutting: bool,
}

impl Proxy {
    /// Starts one in front of a database.
    ///
    /// # Panics
    /// If there is no free port.
    #[must_use]
    pub fn start(database: &Database) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let (server, order) = (database.port(), Arc::<Mutex<Option<Order>>>::default());
        let seen = Arc::<Mutex<Seen>>::default();
        thread::spawn({
            let (order, seen) = (Arc::clone(&order), Arc::clone(&seen));
            move || {
                for client in listener.incoming().flatten() {
                    let (order, seen) = (Arc::clone(&order), Arc::clone(&seen));
                    thread::spawn(move || carry(&client, server, &order, &seen));
                }
            }
        });
        Self { port, url: database.url_through(port, database.name()), order, seen }
    }

    /// The address of the database by way of this proxy.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The port of the proxy on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Cuts the wire once: at the first request that holds `needle`, or so many requests after it.
    pub fn cut_at(&self, needle: &str, skip: usize, cut: Cut) {
        *lock(&self.order) = Some(Order { needle: needle.into(), skip, cut });
    }

    /// How often the server answered after a client had asked something, since the last call. Whatever is sent before an
    /// answer comes is one question.
    #[must_use]
    pub fn round_trips(&self) -> usize {
        let mut seen = lock(&self.seen);
        seen.asked.clear();
        std::mem::take(&mut seen.round_trips)
    }

    /// Whether clients sent this text since the last call of [`Self::round_trips`].
    #[must_use]
    pub fn was_asked(&self, text: &str) -> bool {
        lock(&self.seen).asked.windows(text.len()).any(|window| window == text.as_bytes())
    }

    /// Whether a cut is still to come. When it has come, whatever the server was to get has been answered.
    #[must_use]
    pub fn is_armed(&self) -> bool {
        lock(&self.order).is_some() || lock(&self.seen).cutting
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Carries what a client sends to the server, and in a thread of its own the answers back. Ends when either side does.
fn carry(client: &TcpStream, server: u16, order: &Mutex<Option<Order>>, seen: &Arc<Mutex<Seen>>) {
    let Ok(server) = TcpStream::connect(("127.0.0.1", server)) else { return };
    // a small answer is not to wait for the next one
    let _ = (server.set_nodelay(true), client.set_nodelay(true));
    let silenced = Arc::new(Mutex::new(false));
    let waits = Arc::new(Mutex::new(false));
    let (Ok(mut from_server), Ok(mut to_client)) = (server.try_clone(), client.try_clone()) else { return };
    let back = thread::spawn({
        let (silenced, waits, seen) = (Arc::clone(&silenced), Arc::clone(&waits), Arc::clone(seen));
        move || {
            let mut buffer = vec![0; 1 << 16];
            while let Ok(count @ 1..) = from_server.read(&mut buffer) {
                if std::mem::take(&mut *lock(&waits)) {
                    lock(&seen).round_trips += 1;
                }
                // an answer that the client is not to get is read all the same: then the server has done its work
                if *lock(&silenced) || to_client.write_all(&buffer[..count]).is_err() {
                    break;
                }
            }
            let _ = to_client.shutdown(Shutdown::Both);
        }
    });
    let (mut from_client, mut to_server) = (client, &server);
    let (mut buffer, mut countdown) = (vec![0; 1 << 16], None);
    while let Ok(count @ 1..) = from_client.read(&mut buffer) {
        let request = &buffer[..count];
        lock(seen).asked.extend_from_slice(request);
        *lock(&waits) = true;
        let found = |order: &&Order| request.windows(order.needle.len()).any(|window| window == order.needle);
        countdown = match countdown {
            Some((left, cut)) => Some((left - 1_usize, cut)),
            None => lock(order).as_ref().filter(found).map(|order| (order.skip, order.cut)),
        };
        match countdown {
            Some((0, cut)) => {
                lock(seen).cutting = true;
                lock(order).take();
                *lock(&silenced) = true;
                if cut == Cut::Answer {
                    let _ = to_server.write_all(request);
                    let _ = back.join();
                }
                lock(seen).cutting = false;
                break;
            }
            _ if to_server.write_all(request).is_err() => break,
            _ => {}
        }
    }
    let _ = client.shutdown(Shutdown::Both);
    let _ = server.shutdown(Shutdown::Both);
}
