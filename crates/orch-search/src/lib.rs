//! orch-search
