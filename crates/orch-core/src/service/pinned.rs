//! The templates of sessions as workflows. Reads no store.

use std::sync::{Arc, Mutex, PoisonError};

use crate::draft::Template;
use crate::workflow::Workflow;

/// How many are kept. A program that goes on serves sessions of a few templates.
const KEPT: usize = 8;

/// Those that were read last, with their text: reading one again costs more than all else that a transition decides.
static READ: Mutex<Vec<(Template, Arc<Workflow>)>> = Mutex::new(Vec::new());

/// The template that a session pinned, read.
pub(super) fn pinned(template: Option<&Template>) -> Result<Arc<Workflow>, String> {
    let template = template.ok_or_else(|| "the store does not have it".to_owned())?;
    let known = || READ.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, workflow)) = known().iter().find(|(read, _)| read == template) {
        return Ok(workflow.clone());
    }
    let workflow = Workflow::parse(template.content.as_bytes(), &template.name).map_err(|faults| faults.to_string())?;
    let workflow = Arc::new(workflow);
    let mut known = known();
    known.truncate(KEPT - 1);
    known.insert(0, (template.clone(), workflow.clone()));
    Ok(workflow)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflow::builtin;

    #[test]
    fn what_was_read_is_told_by_its_text() {
        let text = builtin("minimal").unwrap().yaml;
        let first = pinned(Some(&Template::new("minimal", text))).unwrap();
        assert!(Arc::ptr_eq(&first, &pinned(Some(&Template::new("minimal", text))).unwrap()));
        // the same hash says nothing where the text is another one
        let mut other = Template::new("minimal", builtin("default").unwrap().yaml);
        other.sha256 = Template::new("minimal", text).sha256;
        assert_ne!(first, pinned(Some(&other)).unwrap());
        for number in 0..2 * KEPT {
            pinned(Some(&Template::new(&format!("minimal-{number}"), text))).unwrap();
        }
        assert!(READ.lock().unwrap().len() <= KEPT);
        assert_eq!(first, pinned(Some(&Template::new("minimal", text))).unwrap());
        assert!(pinned(None).is_err());
    }
}
