//! The services
