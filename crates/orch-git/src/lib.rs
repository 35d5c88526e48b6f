//! orch-git
