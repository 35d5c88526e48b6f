-- the partitions of the last eleven months, as the store makes them
DO $$
DECLARE
    first timestamp;
    name text;
    bounds text[];
BEGIN
    FOR back IN 1..11 LOOP
        first := date_trunc('month', now() AT TIME ZONE 'UTC') - make_interval(months => back);
        name := 'orchestration_events_y' || to_char(first, 'YYYY"m"MM');
        bounds := ARRAY[to_char(first, 'YYYY-MM-DD'), to_char(first + interval '1 month', 'YYYY-MM-DD')];
        EXECUTE format(
            'CREATE TABLE %1$I (LIKE orchestration_events INCLUDING DEFAULTS,
                CONSTRAINT %1$s_month CHECK (emitted_at >= %2$L AND emitted_at < %3$L),
                CONSTRAINT %1$s_seq UNIQUE (entity_type, entity_id, seq));
             ALTER TABLE orchestration_events ATTACH PARTITION %1$I FOR VALUES FROM (%2$L) TO (%3$L)',
            name, bounds[1] || ' 00:00:00+00', bounds[2] || ' 00:00:00+00');
    END LOOP;
END $$
