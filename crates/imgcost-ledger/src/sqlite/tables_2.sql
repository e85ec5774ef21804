-- Version 2: weeks, defaults of children, pauses, corrections, jobs, batches, tags and late calls.
--
-- The sums of a week are those of its days, so a week has no counter. A window of 4 is a week.

-- Also the defaults of children, under the scope's name and '/*'.
CREATE TABLE budget_2 (
    scope TEXT NOT NULL,
    win INTEGER NOT NULL CHECK (win BETWEEN 0 AND 4),
    cap INTEGER CHECK (cap >= 0), -- null: unlimited on purpose
    assumed_ok INTEGER NOT NULL CHECK (assumed_ok IN (0, 1)),
    alerts TEXT NOT NULL,
    PRIMARY KEY (scope, win)
) STRICT, WITHOUT ROWID;
INSERT INTO budget_2 (scope, win, cap, assumed_ok, alerts)
    SELECT scope, win, cap, assumed_ok, alerts FROM budget;
DROP TABLE budget;
ALTER TABLE budget_2 RENAME TO budget;

-- What the counter of a week would have beside its sums.
CREATE TABLE week_alert (
    scope TEXT NOT NULL,
    start INTEGER NOT NULL,
    alerted INTEGER NOT NULL CHECK (alerted BETWEEN 0 AND 100),
    PRIMARY KEY (scope, start)
) STRICT, WITHOUT ROWID;

CREATE TABLE pause (
    scope TEXT NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    who TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The part of what is held that is above what the calls are expected to cost.
ALTER TABLE counter ADD COLUMN held_over INTEGER NOT NULL DEFAULT 0 CHECK (held_over >= 0);

ALTER TABLE hold ADD COLUMN expected INTEGER CHECK (expected >= 0);
ALTER TABLE hold ADD COLUMN calls INTEGER NOT NULL DEFAULT 1 CHECK (calls >= 1);
ALTER TABLE hold ADD COLUMN tags TEXT; -- a JSON object of texts
ALTER TABLE hold ADD COLUMN request_id TEXT;
ALTER TABLE hold ADD COLUMN provider TEXT;
ALTER TABLE hold ADD COLUMN job TEXT;
ALTER TABLE hold ADD COLUMN late INTEGER NOT NULL DEFAULT 0 CHECK (late IN (0, 1));
CREATE UNIQUE INDEX hold_job ON hold (provider, job) WHERE job IS NOT NULL;
-- What a page of budgets looks through to tell what was presumed.
CREATE INDEX hold_presumed ON hold (made_at) WHERE state = 'presumed';

-- The moment in whose windows a correction or a late call counts, and the name of a step.
ALTER TABLE journal ADD COLUMN counts_at INTEGER;
ALTER TABLE journal ADD COLUMN step TEXT;
CREATE UNIQUE INDEX journal_step ON journal (step) WHERE step IS NOT NULL;
