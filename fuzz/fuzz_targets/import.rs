//! Fuzzes a line of imported events: understood or refused in words, and what is understood is all that a store can keep.
#![no_main]

use libfuzzer_sys::fuzz_target;
use orch_core::event::{MAX_PAYLOAD, OWN_PREFIX};
use orch_core::import::{Beginning, ImportedEvent};
use orch_core::visible::is_hidden;
use serde_json::{Value, json};

fuzz_target!(|data: &[u8]| {
    let strict = ImportedEvent::parse(data, false);
    let lenient = ImportedEvent::parse(data, true);
    match &strict {
        Ok(Some(event)) => {
            assert_eq!(lenient.as_ref().ok(), Some(&Some(event.clone())));
            check(event);
        }
        Ok(None) => panic!("a line was left out that nobody said may be"),
        Err(refusal) => {
            assert!(lenient.as_ref().is_ok_and(Option::is_none) || lenient.is_err());
            let told = refusal.to_string();
            assert!(told.len() < 4096 && !told.contains(is_hidden), "{told:?}");
        }
    }
    let key = |line: &[u8]| {
        let mut beginning = Beginning::new(None);
        beginning.add(line);
        beginning.key()
    };
    assert_eq!(key(data), key(data));
});

fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(list) => list.iter().any(holds_nul),
        Value::Object(map) => map.iter().any(|(key, value)| key.contains('\0') || holds_nul(value)),
        _ => false,
    }
}

fn check(event: &ImportedEvent) {
    assert!(!event.event_type.as_str().starts_with(OWN_PREFIX));
    let payload = serde_json::to_string(&event.payload).expect("JSON");
    assert!(payload.len() <= MAX_PAYLOAD && !holds_nul(&event.payload));
    assert_eq!(serde_json::from_str::<Value>(&payload).expect("what is kept is read"), event.payload);
    // written as the log shows it, it is the same event
    let external = event.external.as_ref();
    let again = json!({
        "id": external.and_then(|external| external.id.clone()),
        "project": external.and_then(|external| external.project.as_ref()),
        "event_type": event.event_type,
        "emitted_at": event.at,
        "entity_type": event.entity.entity_type(),
        "entity_code": event.entity.code(),
        "sprint": event.sprint,
        "actor": event.actor,
        "session_key": event.session_key,
        "payload": event.payload,
    });
    let again = ImportedEvent::parse(again.to_string().as_bytes(), false);
    assert_eq!(again.as_ref().ok().and_then(Option::as_ref), Some(event), "{again:?}");
}
