-- ?1 to ?2: the numbers of the events; ?3: how many a task has; ?4: how many there are in all
WITH RECURSIVE numbers (n) AS (SELECT ?1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?2)
INSERT INTO orchestration_events (event_type, entity_type, entity_id, seq, session_key, correlation_id, actor, payload,
    emitted_at)
SELECT 'research.finding', 'task', printf('OLD-%08d', n / ?3), n % ?3 + 1, printf('sess_OLD-%08d', n / ?3),
    printf('%026d', n), 'agent-' || n % 16,
    json_object('number', n, 'text', 'a finding that somebody wrote down and others may look for'),
    strftime('%Y-%m-%dT%H:%M:%S', 'now', printf('-%d seconds', 29000000 * (1 - n * 1.0 / ?4))) || '.000000Z'
FROM numbers
