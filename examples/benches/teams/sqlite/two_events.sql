INSERT INTO "orchestration_events" ("event_type", "entity_type", "entity_id", "seq", "session_key",
"correlation_id", "actor", "payload", "emitted_at") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?, ?, ?, ?)
RETURNING "id"
