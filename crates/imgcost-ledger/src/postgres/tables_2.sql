-- Version 3: weeks, defaults of children, pauses, corrections, jobs, batches, tags and late calls.
--
-- The sums of a week are those of its days, so a week has no counter. A window of 4 is a week. The
-- default of a scope's children is a budget under the scope's name and '/*'.

ALTER TABLE imgcost.budget DROP CONSTRAINT budget_win_check;
ALTER TABLE imgcost.budget ADD CONSTRAINT budget_win_check CHECK (win BETWEEN 0 AND 4);

-- What the counter of a week would have beside its sums.
CREATE TABLE imgcost.week_alert (
    scope text COLLATE "C" NOT NULL,
    start timestamptz NOT NULL,
    alerted smallint NOT NULL,
    PRIMARY KEY (scope, start)
);

CREATE TABLE imgcost.pause (
    scope text COLLATE "C" PRIMARY KEY,
    at timestamptz NOT NULL,
    by text NOT NULL,
    reason text NOT NULL
);

-- The part of what is held that is above what the calls are expected to cost.
ALTER TABLE imgcost.counter ADD COLUMN held_over bigint NOT NULL DEFAULT 0 CHECK (held_over >= 0);

ALTER TABLE imgcost.hold
    ADD COLUMN expected bigint CHECK (expected >= 0),
    ADD COLUMN calls bigint NOT NULL DEFAULT 1 CHECK (calls >= 1),
    ADD COLUMN tags text, -- a JSON object of texts
    ADD COLUMN request_id text,
    ADD COLUMN provider text COLLATE "C",
    ADD COLUMN job text COLLATE "C",
    ADD COLUMN late boolean NOT NULL DEFAULT false;
CREATE UNIQUE INDEX hold_job ON imgcost.hold (provider, job) WHERE job IS NOT NULL;
-- What a page of budgets looks through to tell what was presumed.
CREATE INDEX hold_presumed ON imgcost.hold (made_at) WHERE state = 'presumed';

-- The moment in whose windows a correction or a late call counts.
ALTER TABLE imgcost.journal ADD COLUMN counts_at timestamptz;

-- Roles that may use the tables that were there may use the new ones.
DO $$
DECLARE
    clerk text;
BEGIN
    FOR clerk IN
        SELECT DISTINCT coalesce(r.rolname, 'public') FROM pg_class c
        CROSS JOIN LATERAL aclexplode(c.relacl) a
        LEFT JOIN pg_roles r ON r.oid = a.grantee
        WHERE c.oid = 'imgcost.budget'::regclass AND a.privilege_type = 'DELETE' AND a.grantee <> c.relowner
    LOOP
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON imgcost.pause, imgcost.week_alert TO %s',
            CASE clerk WHEN 'public' THEN 'PUBLIC' ELSE quote_ident(clerk) END);
    END LOOP;
END
$$;
