//! What the first migration has on PostgreSQL alone: the partitioned event log, its guards and its feed. Is never changed
//! once released.

/// The event log, one partition a month of `emitted_at`; whoever writes the first event of a month makes its partition. A
/// key of a partitioned table must have the partition's column in it, so the number of an event is unique in each
/// partition, and over all of them by the version check of its entity.
///
/// The second table has the same form and takes the partitions that are archived.
pub(crate) const EVENTS: &str = r#"
CREATE SEQUENCE orchestration_events_id_seq AS bigint;
CREATE TABLE orchestration_events (
    id bigint NOT NULL DEFAULT nextval('orchestration_events_id_seq'),
    event_type text COLLATE "C" NOT NULL,
    entity_type text COLLATE "C" NOT NULL,
    entity_id text COLLATE "C" NOT NULL,
    seq bigint NOT NULL,
    session_key text COLLATE "C",
    correlation_id text COLLATE "C" NOT NULL,
    actor text COLLATE "C" NOT NULL,
    payload jsonb NOT NULL,
    emitted_at timestamptz NOT NULL,
    archived_at timestamptz,
    PRIMARY KEY (id, emitted_at)
) PARTITION BY RANGE (emitted_at);
ALTER SEQUENCE orchestration_events_id_seq OWNED BY orchestration_events.id;
CREATE INDEX orchestration_events_entity ON orchestration_events (entity_type, entity_id, seq);
CREATE TABLE orchestration_events_archive (
    LIKE orchestration_events INCLUDING INDEXES
) PARTITION BY RANGE (emitted_at);
"#;

/// The log is the audit trail: no statement, not even one typed by hand, changes or removes what is in it.
pub(crate) const EVENT_GUARDS: &str = r"
CREATE FUNCTION orchestration_events_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events are never %', CASE TG_OP WHEN 'UPDATE' THEN 'changed' ELSE 'deleted' END
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER orchestration_events_no_delete BEFORE DELETE ON orchestration_events
    FOR EACH ROW EXECUTE FUNCTION orchestration_events_guard();
CREATE TRIGGER orchestration_events_no_update BEFORE UPDATE OF id, event_type, entity_type, entity_id, seq, session_key,
    correlation_id, actor, payload, emitted_at ON orchestration_events
    FOR EACH ROW EXECUTE FUNCTION orchestration_events_guard();
CREATE TRIGGER orchestration_events_no_truncate BEFORE TRUNCATE ON orchestration_events
    FOR EACH STATEMENT EXECUTE FUNCTION orchestration_events_guard();
CREATE TRIGGER orchestration_events_archive_no_delete BEFORE DELETE ON orchestration_events_archive
    FOR EACH ROW EXECUTE FUNCTION orchestration_events_guard();
CREATE TRIGGER orchestration_events_archive_no_update BEFORE UPDATE ON orchestration_events_archive
    FOR EACH ROW EXECUTE FUNCTION orchestration_events_guard();
CREATE TRIGGER orchestration_events_archive_no_truncate BEFORE TRUNCATE ON orchestration_events_archive
    FOR EACH STATEMENT EXECUTE FUNCTION orchestration_events_guard();
";

/// The feed: whoever reads the log by rising ids must not pass an id that is drawn but not committed yet.
///
/// Before it draws ids, each insert takes a shared advisory lock until the end of its transaction; the lock's key is the
/// last id drawn so far, so that its own ids are greater. Shared locks keep nobody waiting. A reader first asks for the
/// horizon: the last id drawn, or the least key of the locks that are held if that is less. An id up to the horizon was
/// drawn before the horizon was asked for, so its writer's lock was there to be seen, unless the writer had ended; and a
/// commit can be seen before its locks go. So whatever a later statement sees up to the horizon is all that there will be.
///
/// A lock's key has 32 bits; the distance to the last id gives the rest. A writer that came after the last id was looked up
/// is ahead of it, which shows as a distance of more than 31 bits.
pub(crate) const FEED: &str = r"
CREATE FUNCTION orchestration_events_announce() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    drawn bigint;
BEGIN
    SELECT last_value - (NOT is_called)::int INTO drawn FROM orchestration_events_id_seq;
    PERFORM pg_advisory_xact_lock_shared('orchestration_events_id_seq'::regclass::oid::bigint::bit(32)::int,
                                         drawn::bit(32)::int);
    RETURN NULL;
END $$;
CREATE TRIGGER orchestration_events_announce BEFORE INSERT ON orchestration_events
    FOR EACH STATEMENT EXECUTE FUNCTION orchestration_events_announce();
CREATE FUNCTION orchestration_events_horizon() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    drawn bigint;
    announced bigint;
BEGIN
    SELECT last_value - (NOT is_called)::int INTO drawn FROM orchestration_events_id_seq;
    SELECT max(distance) FILTER (WHERE distance < 2147483648) INTO announced
        FROM pg_locks, LATERAL (SELECT (drawn - objid::bigint) & 4294967295) AS behind (distance)
        WHERE locktype = 'advisory' AND objsubid = 2 AND granted
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND classid = 'orchestration_events_id_seq'::regclass::oid;
    RETURN drawn - coalesce(announced, 0);
END $$;
";

/// Ends the statement it stands in, where a change does not follow the state that it was decided on.
pub(crate) const ONLY_IF: &str = r"
CREATE FUNCTION orchestration_only_if(matched boolean) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF NOT matched THEN
        RAISE EXCEPTION 'somebody else was first' USING ERRCODE = 'serialization_failure';
    END IF;
    RETURN matched;
END $$;
";
