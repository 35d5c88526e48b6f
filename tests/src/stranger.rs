//! Servers that are not what a client looks for: silent, slow, or of another trade. They understand nothing that is said.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// What a stranger does with whoever connects.
#[derive(Debug, Clone, Copy)]
enum Manner {
    Silent,
    Says(&'static [u8]),
    Endless { first: &'static [u8], again: &'static [u8] },
    Slow { server: u16, delay: Duration },
    Echo,
}

/// A stranger on a port of its own of 127.0.0.1. It serves until the process ends.
#[derive(Debug)]
pub struct Stranger {
    port: u16,
    connections: Arc<AtomicUsize>,
}

impl Stranger {
    /// One that takes connections and says nothing.
    #[must_use]
    pub fn silent() -> Self {
        Self::start(Manner::Silent)
    }

    /// One that gives the same answer to everything and hangs up.
    #[must_use]
    pub fn saying(answer: &'static [u8]) -> Self {
        Self::start(Manner::Says(answer))
    }

    /// One that says something, then something else again and again, as fast as it is taken.
    #[must_use]
    pub fn endless(first: &'static [u8], again: &'static [u8]) -> Self {
        Self::start(Manner::Endless { first, again })
    }

    /// One that says back whatever it hears.
    #[must_use]
    pub fn echo() -> Self {
        Self::start(Manner::Echo)
    }

    /// One that carries everything to a real server, and the answers back after a while.
    #[must_use]
    pub fn slow(server: u16, delay: Duration) -> Self {
        Self::start(Manner::Slow { server, delay })
    }

    fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let connections = Arc::<AtomicUsize>::default();
        thread::spawn({
            let connections = Arc::clone(&connections);
            move || {
                for client in listener.incoming().flatten() {
                    connections.fetch_add(1, Ordering::SeqCst);
                    thread::spawn(move || manner.meet(client));
                }
            }
        });
        Self { port, connections }
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How often somebody connected.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Manner {
    fn meet(self, mut client: TcpStream) {
        let _ = client.set_nodelay(true);
        let mut buffer = vec![0; 1 << 16];
        match self {
            Self::Silent => while let Ok(1..) = client.read(&mut buffer) {},
            Self::Says(answer) => {
                let _ = client.read(&mut buffer);
                let _ = client.write_all(answer);
                let _ = client.shutdown(Shutdown::Write);
                // a socket that is closed with something unread takes back what was said
                while let Ok(1..) = client.read(&mut buffer) {}
            }
            Self::Endless { first, again } => {
                let again = again.repeat((1 << 16) / again.len());
                let mut is_taken = client.write_all(first).is_ok();
                while is_taken {
                    is_taken = client.write_all(&again).is_ok();
                }
            }
            Self::Echo => {
                while let Ok(count @ 1..) = client.read(&mut buffer) {
                    let _ = client.write_all(&buffer[..count]);
                }
            }
            Self::Slow { server, delay } => {
                let Ok(server) = TcpStream::connect(("127.0.0.1", server)) else { return };
                let _ = server.set_nodelay(true);
                let (Ok(from_client), Ok(to_server)) = (client.try_clone(), server.try_clone()) else { return };
                thread::spawn(move || carry(from_client, to_server, Duration::ZERO));
                carry(server, client, delay);
            }
        }
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, delay: Duration) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        thread::sleep(delay);
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}
