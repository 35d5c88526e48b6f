-- $1 to $2: the numbers of the events; $3: how many a task has; $4: how many there are in all
INSERT INTO orchestration_events (event_type, entity_type, entity_id, seq, session_key, correlation_id, actor, payload,
    emitted_at)
SELECT 'research.finding', 'task', 'OLD-' || lpad((n / $3)::text, 8, '0'), n % $3 + 1,
    'sess_OLD-' || lpad((n / $3)::text, 8, '0'), lpad(n::text, 26, '0'), 'agent-' || n % 16,
    jsonb_build_object('number', n, 'text', 'a finding that somebody wrote down and others may look for'),
    since + (now() - since) * (n::float8 / $4)
FROM generate_series($1::bigint, $2::bigint) AS n,
    (SELECT date_trunc('month', now(), 'UTC') - interval '11 months') AS year (since)
