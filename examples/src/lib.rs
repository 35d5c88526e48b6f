//! orch-examples
