-- The tables of a ledger file. Amounts are nano-dollars, times are microseconds since 1970,
-- windows are 0 total, 1 hour, 2 day, 3 month.
--
-- Nothing here limits what is spent: an overrun and a lowered cap must be recordable, so the
-- condition is in the steps. The checks only keep out what no step may ever write.

CREATE TABLE budget (
    scope TEXT NOT NULL,
    win INTEGER NOT NULL CHECK (win BETWEEN 0 AND 3),
    cap INTEGER CHECK (cap >= 0), -- null: unlimited on purpose
    assumed_ok INTEGER NOT NULL CHECK (assumed_ok IN (0, 1)),
    alerts TEXT NOT NULL,
    PRIMARY KEY (scope, win)
) STRICT, WITHOUT ROWID;

CREATE TABLE counter (
    scope TEXT NOT NULL,
    win INTEGER NOT NULL CHECK (win BETWEEN 0 AND 3),
    start INTEGER NOT NULL,
    held INTEGER NOT NULL CHECK (held >= 0),
    held_assumed INTEGER NOT NULL CHECK (held_assumed >= 0),
    presumed INTEGER NOT NULL CHECK (presumed >= 0),
    settled INTEGER NOT NULL CHECK (settled >= 0),
    overrun INTEGER NOT NULL CHECK (overrun >= 0),
    open INTEGER NOT NULL CHECK (open >= 0),
    alerted INTEGER NOT NULL CHECK (alerted BETWEEN 0 AND 100),
    PRIMARY KEY (scope, win, start)
) STRICT, WITHOUT ROWID;

CREATE TABLE hold (
    number INTEGER PRIMARY KEY, -- the order in which they were made
    id TEXT NOT NULL UNIQUE,
    key TEXT,
    scope TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ceiling INTEGER NOT NULL CHECK (ceiling >= 0),
    assumed INTEGER NOT NULL CHECK (assumed IN (0, 1)),
    state TEXT NOT NULL CHECK (state IN ('held', 'settled', 'released', 'presumed')),
    cost INTEGER CHECK (cost >= 0),
    usage TEXT,
    reason TEXT,
    quote TEXT NOT NULL,
    book TEXT NOT NULL,
    request TEXT NOT NULL,
    terms TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX hold_key ON hold (key) WHERE key IS NOT NULL;
-- What a sweep of expired holds looks through.
CREATE INDEX hold_open ON hold (expires_at) WHERE state = 'held';

CREATE TABLE journal (
    number INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    event TEXT NOT NULL,
    scope TEXT NOT NULL,
    hold TEXT REFERENCES hold (id),
    amount INTEGER CHECK (amount >= 0),
    overrun INTEGER CHECK (overrun >= 0),
    before TEXT,
    quote TEXT,
    book TEXT,
    details TEXT,
    who TEXT NOT NULL,
    reason TEXT
) STRICT;

CREATE INDEX journal_hold ON journal (hold) WHERE hold IS NOT NULL;

CREATE TRIGGER journal_keeps_entries BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'entries of the journal are only ever added'); END;
CREATE TRIGGER journal_changes_no_entry BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'entries of the journal are only ever added'); END;
-- INSERT OR REPLACE takes rows away without asking the trigger on DELETE.
CREATE TRIGGER journal_replaces_no_entry BEFORE INSERT ON journal
WHEN EXISTS (SELECT 1 FROM journal WHERE number = NEW.number)
BEGIN SELECT RAISE(ABORT, 'entries of the journal are only ever added'); END;
CREATE TRIGGER hold_keeps_rows BEFORE DELETE ON hold
BEGIN SELECT RAISE(ABORT, 'holds are never taken away'); END;
