//! Workflow templates: their model, how they are read, and what is wrong with them.
