WITH "guarded" AS (UPDATE "orchestration_tasks" SET "task_code" = $1, "title" = $2, "description" = $3, "task_type"
= $4, "status" = $5, "priority" = $6, "metadata" = $7, "version" = $8, "lease_holder" = $9, "lease_seconds" = $10,
"lease_expires_at" = $11, "created_at" = $12, "updated_at" = $13 WHERE "orchestration_tasks"."id" = $14 AND
"orchestration_tasks"."version" = $15 RETURNING "id") , "appended" AS (INSERT INTO "orchestration_events"
("event_type", "entity_type", "entity_id", "seq", "session_key", "correlation_id", "actor", "payload", "emitted_at")
VALUES … RETURNING "id") SELECT (SELECT string_agg(id::text, ',' ORDER BY id) FROM "appended") AS "ids" FROM (SELECT
orchestration_only_if((SELECT COUNT("id") FROM "guarded") = $9016) AS "matched" OFFSET $9017) AS "first" WHERE
"matched"
