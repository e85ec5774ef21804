-- The tables of the ledger.
-- Amounts are nano-dollars. Windows: 0 total, 1 hour, 2 day, 3 month.
--
-- Nothing here limits what is spent: an overrun and a lowered cap must be recordable, so the
-- condition is in the steps. The checks only keep out what no step may ever write.

CREATE TABLE imgcost.migration (
    version integer PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- One row for each scope that was ever named in a hold or a budget. It holds no data: every
-- step that changes a scope locks its row, so that steps on one path go one after another.
CREATE TABLE imgcost.scope (
    scope text COLLATE "C" PRIMARY KEY
) WITH (fillfactor = 50);

CREATE TABLE imgcost.budget (
    scope text COLLATE "C" NOT NULL,
    win smallint NOT NULL CHECK (win BETWEEN 0 AND 3),
    cap bigint CHECK (cap >= 0), -- null: unlimited on purpose
    assumed_ok boolean NOT NULL,
    alerts smallint[] NOT NULL,
    PRIMARY KEY (scope, win)
);

-- Updated by every step: half of each page is left free, so that the new row lands beside the
-- old one and no index is touched.
CREATE TABLE imgcost.counter (
    scope text COLLATE "C" NOT NULL,
    win smallint NOT NULL,
    start timestamptz NOT NULL,
    held bigint NOT NULL DEFAULT 0 CHECK (held >= 0),
    held_assumed bigint NOT NULL DEFAULT 0 CHECK (held_assumed >= 0),
    presumed bigint NOT NULL DEFAULT 0 CHECK (presumed >= 0),
    settled bigint NOT NULL DEFAULT 0 CHECK (settled >= 0),
    overrun bigint NOT NULL DEFAULT 0 CHECK (overrun >= 0),
    open bigint NOT NULL DEFAULT 0 CHECK (open >= 0),
    alerted smallint NOT NULL DEFAULT 0,
    PRIMARY KEY (scope, win, start)
) WITH (fillfactor = 50);

CREATE TABLE imgcost.hold (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- the order in which they were made
    id text COLLATE "C" NOT NULL UNIQUE,
    key text COLLATE "C",
    scope text COLLATE "C" NOT NULL,
    made_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ceiling bigint NOT NULL CHECK (ceiling >= 0),
    assumed boolean NOT NULL,
    state text COLLATE "C" NOT NULL DEFAULT 'held'
        CHECK (state IN ('held', 'settled', 'released', 'presumed')),
    cost bigint CHECK (cost >= 0),
    usage text,
    reason text,
    quote text NOT NULL,
    book text NOT NULL,
    request text NOT NULL,
    terms text NOT NULL
) WITH (fillfactor = 90);

CREATE UNIQUE INDEX hold_key ON imgcost.hold (key) WHERE key IS NOT NULL;
-- What a sweep of expired holds looks through.
CREATE INDEX hold_open ON imgcost.hold (expires_at) WHERE state = 'held';
CREATE INDEX hold_made_at ON imgcost.hold USING brin (made_at);

CREATE TABLE imgcost.journal (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    event text COLLATE "C" NOT NULL,
    scope text COLLATE "C" NOT NULL,
    hold text COLLATE "C",
    amount bigint,
    overrun bigint,
    before text COLLATE "C",
    quote text,
    book text,
    details text,
    by text NOT NULL,
    reason text,
    -- Of a budget's entry: the name of the step, so that asking again after a lost answer
    -- writes nothing twice, and the budget that it replaced or took away.
    step text COLLATE "C",
    prior jsonb
);

CREATE UNIQUE INDEX journal_step ON imgcost.journal (step) WHERE step IS NOT NULL;
CREATE INDEX journal_hold ON imgcost.journal (hold) WHERE hold IS NOT NULL;
CREATE INDEX journal_at ON imgcost.journal USING brin (at);

CREATE FUNCTION imgcost.journal_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'entries of the journal are only ever added'
        USING ERRCODE = 'object_not_in_prerequisite_state';
END
$$;

CREATE FUNCTION imgcost.hold_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'holds are never taken away'
        USING ERRCODE = 'object_not_in_prerequisite_state';
END
$$;

CREATE TRIGGER kept BEFORE DELETE ON imgcost.hold
    FOR EACH ROW EXECUTE FUNCTION imgcost.hold_is_kept();
CREATE TRIGGER kept_truncate BEFORE TRUNCATE ON imgcost.hold
    FOR EACH STATEMENT EXECUTE FUNCTION imgcost.hold_is_kept();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON imgcost.journal
    FOR EACH ROW EXECUTE FUNCTION imgcost.journal_is_append_only();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON imgcost.journal
    FOR EACH STATEMENT EXECUTE FUNCTION imgcost.journal_is_append_only();
