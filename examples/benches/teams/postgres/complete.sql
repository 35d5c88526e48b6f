WITH "guarded" AS (UPDATE "orchestration_tasks" SET "task_code" = $1, "title" = $2, "description" = $3, "task_type"
= $4, "status" = $5, "priority" = $6, "metadata" = $7, "version" = $8, "lease_holder" = $9, "lease_seconds" = $10,
"lease_expires_at" = $11, "created_at" = $12, "updated_at" = $13 WHERE "orchestration_tasks"."id" = $14 AND
"orchestration_tasks"."version" = $15 RETURNING "id") , "part0" AS (UPDATE "orchestration_sessions" SET
"session_key" = $16, "task_id" = $17, "active" = $18, "current_phase" = $19, "template_sha256" = $20, "state" = $21,
"started_at" = $22, "ended_at" = $23 WHERE "orchestration_sessions"."session_key" = $24) , "appended" AS (INSERT
INTO "orchestration_events" ("event_type", "entity_type", "entity_id", "seq", "session_key", "correlation_id",
"actor", "payload", "emitted_at") VALUES ($25, $26, $27, $28, $29, $30, $31, $32, $33), ($34, $35, $36, $37, $38,
$39, $40, $41, $42), ($43, $44, $45, $46, $47, $48, $49, $50, $51) RETURNING "id") SELECT (SELECT
string_agg(id::text, ',' ORDER BY id) FROM "appended") AS "ids" FROM (SELECT orchestration_only_if((SELECT
COUNT("id") FROM "guarded") = $52) AS "matched" OFFSET $53) AS "first" WHERE "matched"
