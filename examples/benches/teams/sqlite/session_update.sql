UPDATE "orchestration_sessions" SET "session_key" = ?, "task_id" = ?, "active" = ?, "current_phase" = ?,
"template_sha256" = ?, "state" = ?, "started_at" = ?, "ended_at" = ? WHERE "orchestration_sessions"."session_key" =
?
