UPDATE "orchestration_tasks" SET "task_code" = ?, "title" = ?, "description" = ?, "task_type" = ?, "status" = ?,
"priority" = ?, "metadata" = ?, "version" = ?, "lease_holder" = ?, "lease_seconds" = ?, "lease_expires_at" = ?,
"created_at" = ?, "updated_at" = ? WHERE "orchestration_tasks"."id" = ? AND "orchestration_tasks"."version" = ?
