//! From the bytes of a workflow file to a workflow. Reads no file; what is wrong is `check.rs`'s business.

use super::{Faults, Workflow, check};
use crate::yaml;

impl Workflow {
    /// Reads a workflow file. A file without a `name` gets `default_name`.
    ///
    /// # Errors
    /// Everything that is wrong with the file, with places, expectations and nearest valid names.
    pub fn parse(bytes: &[u8], default_name: &str) -> Result<Self, Faults> {
        let (tree, mut faults) = yaml::read(bytes);
        let workflow = tree.and_then(|tree| {
            let mut found = yaml::FaultList::default();
            let workflow = check::workflow(&tree, default_name, &mut found);
            faults.add_elsewhere(found);
            workflow
        });
        match (workflow, Faults::new(faults.into_faults())) {
            (_, Some(faults)) => Err(faults),
            (Some(workflow), None) => Ok(workflow),
            (None, None) => Err(Faults::from(yaml::Fault::new(yaml::Position::START, "the file holds no workflow"))),
        }
    }
}

#[cfg(test)]
mod tests;
