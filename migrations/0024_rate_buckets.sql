-- Rate limits in seconds since 1970 rather than as timestamps: a statement that distributed tables accept adds no
-- interval to a timestamp. Older instances use users.rate_limits. Unlogged like that table.
CREATE UNLOGGED TABLE IF NOT EXISTS users.rate_buckets (
    -- SHA-256 of the name of the limit and its subject.
    subject_hash bytea            PRIMARY KEY CHECK (octet_length(subject_hash) = 32),
    -- When the bucket is full again. From then on, the row says nothing.
    full_at      double precision NOT NULL
) WITH (fillfactor = 70);

-- Takes one from each of these buckets, which are in the order of their keys, or from none if one is empty. A bucket
-- allows `bursts` requests at once, and one more in each of its `periods` of seconds. Returns, for each bucket, whether
-- they were taken, and in how many seconds it is full.
CREATE OR REPLACE FUNCTION users.take_quota(keys bytea[], periods float8[], bursts float8[])
    RETURNS TABLE (taken boolean, seconds_to_full float8) LANGUAGE plpgsql AS $$
DECLARE
    moment  float8   := extract(epoch FROM now());
    waits   float8[] := array_fill(0::float8, ARRAY[cardinality(keys)]);
    allowed boolean  := true;
    reached integer  := 0;
    bucket  record;
    key     bytea;
    period  float8;
    most    float8;
    full_in float8;
BEGIN
    -- Rejecting a request writes nothing.
    FOR bucket IN SELECT b.subject_hash, b.full_at FROM users.rate_buckets b WHERE b.subject_hash = ANY(keys) LOOP
        waits[array_position(keys, bucket.subject_hash)] := greatest(bucket.full_at - moment, 0);
    END LOOP;
    FOR i IN 1 .. cardinality(keys) LOOP
        allowed := allowed AND waits[i] <= periods[i] * (bursts[i] - 1);
    END LOOP;
    IF allowed THEN
        FOR i IN 1 .. cardinality(keys) LOOP
            key := keys[i];
            period := periods[i];
            most := moment + period * (bursts[i] - 1);
            INSERT INTO users.rate_buckets AS b (subject_hash, full_at) VALUES (key, moment + period)
            ON CONFLICT (subject_hash) DO UPDATE SET full_at = greatest(b.full_at + period, excluded.full_at)
            WHERE b.full_at <= most
            RETURNING b.full_at - moment INTO full_in;
            -- A request that ran at the same time has emptied it.
            EXIT WHEN full_in IS NULL;
            waits[i] := full_in;
            reached := i;
        END LOOP;
        allowed := reached = cardinality(keys);
        IF NOT allowed THEN
            PERFORM users.refund_quota(keys[:reached], periods[:reached]);
            FOR i IN 1 .. reached LOOP
                waits[i] := waits[i] - periods[i];
            END LOOP;
            waits[reached + 1] := periods[reached + 1] * bursts[reached + 1];
        END IF;
    END IF;
    FOR i IN 1 .. cardinality(keys) LOOP
        taken := allowed;
        seconds_to_full := waits[i];
        RETURN NEXT;
    END LOOP;
END $$;

-- Returns one to each of these buckets, which are in the order of their keys.
CREATE OR REPLACE FUNCTION users.refund_quota(keys bytea[], periods float8[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    key    bytea;
    period float8;
BEGIN
    FOR i IN 1 .. coalesce(cardinality(keys), 0) LOOP
        key := keys[i];
        period := periods[i];
        UPDATE users.rate_buckets SET full_at = full_at - period WHERE subject_hash = key;
    END LOOP;
END $$;
