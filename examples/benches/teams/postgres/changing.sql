SELECT "orchestration_tasks"."id", "orchestration_tasks"."task_code", "orchestration_tasks"."sprint_id",
"orchestration_tasks"."title", "orchestration_tasks"."description", "orchestration_tasks"."task_type",
"orchestration_tasks"."status", "orchestration_tasks"."priority", "orchestration_tasks"."metadata",
"orchestration_tasks"."version", "orchestration_tasks"."lease_holder", "orchestration_tasks"."lease_seconds",
"orchestration_tasks"."lease_expires_at", "orchestration_tasks"."created_at", "orchestration_tasks"."updated_at",
"orchestration_sprints"."sprint_code", "orchestration_sessions"."state" AS "session_state", (SELECT
string_agg(a.task_code, ',') FROM orchestration_task_dependencies d JOIN orchestration_tasks a ON a.id =
d.after_task_id WHERE d.task_id = orchestration_tasks.id) AS "after_codes", clock_timestamp() AS "now",
"orchestration_templates"."name" AS "template_name", "orchestration_templates"."sha256" AS "template_sha256",
"orchestration_templates"."content" AS "template_content" FROM "orchestration_tasks" LEFT JOIN
"orchestration_sprints" ON "orchestration_tasks"."sprint_id" = "orchestration_sprints"."id" LEFT JOIN
"orchestration_sessions" ON "orchestration_tasks"."id" = "orchestration_sessions"."task_id" AND
"orchestration_sessions"."id" IN (SELECT MAX("latest"."id") FROM "orchestration_sessions" AS "latest" WHERE
"latest"."task_id" = "orchestration_tasks"."id") LEFT JOIN "orchestration_templates" ON
"orchestration_sessions"."template_sha256" = "orchestration_templates"."sha256" AND $1 WHERE
"orchestration_tasks"."task_code" = $2
