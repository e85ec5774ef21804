-- The steps of the ledger: the rules of engine.rs once more, as functions of the database, so
-- that a step is one round trip and holds its locks no longer than it takes to decide.
-- Each name ends in its version: a step that changes gets a new name, and clients of both
-- versions share the server during an upgrade.
--
-- One rule is not here: what a request gets whose id or key has made a hold before. hold_v1 hands that
-- hold over, as 'repeated' or 'other-call', and engine.rs (again) decides for all stores.
--
-- Functions rather than one statement with CTEs: all parts of one statement see the same
-- snapshot, taken before it waits for a lock. A step must see what was committed while it
-- waited: a cap that was lowered, a budget that was added, a hold of the same key.
--
-- Shares of a hold and sums of a counter are arrays of six:
-- held, held_assumed, presumed, settled, overrun, open.

CREATE FUNCTION imgcost.prefixes_v1(p_scope text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    name text;
    path text;
    paths text[] := '{}';
BEGIN
    FOREACH name IN ARRAY string_to_array(p_scope, '/') LOOP
        path := concat_ws('/', path, name);
        paths := paths || path;
    END LOOP;
    RETURN paths;
END
$$;

-- When the total, hour, day and month began that were open at a moment, by the calendar in UTC.
CREATE FUNCTION imgcost.starts_v1(p_at timestamptz) RETURNS timestamptz[]
LANGUAGE sql STABLE AS $$
    SELECT ARRAY['1970-01-01 00:00:00+00', date_trunc('hour', p_at, 'UTC'),
        date_trunc('day', p_at, 'UTC'), date_trunc('month', p_at, 'UTC')]
$$;

CREATE FUNCTION imgcost.window_v1(p_win integer) RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT (ARRAY['total', 'hour', 'day', 'month'])[p_win + 1] $$;

CREATE FUNCTION imgcost.dollars_v1(p_nano bigint) RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT '$' || trim_scale(p_nano * 0.000000001)::text $$;

-- What a hold in its state adds to each of its counters.
CREATE FUNCTION imgcost.share_v1(p_state text, p_ceiling bigint, p_assumed boolean, p_cost bigint)
RETURNS bigint[] LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE p_state
        WHEN 'held' THEN
            ARRAY[p_ceiling, CASE WHEN p_assumed THEN p_ceiling ELSE 0 END, 0, 0, 0, 1]::bigint[]
        WHEN 'presumed' THEN ARRAY[0, 0, p_ceiling, 0, 0, 0]::bigint[]
        WHEN 'settled' THEN ARRAY[0, 0, 0, p_cost, greatest(p_cost - p_ceiling, 0), 0]::bigint[]
        ELSE ARRAY[0, 0, 0, 0, 0, 0]::bigint[]
    END
$$;

-- Lets one step at a time go on for each of these scopes. The rows are made first and locked
-- then, both in the order of their names: the one that locks already sees all rows that it will
-- need, and two steps that need the same rows meet at the first of them. So none waits for a
-- step that waits for it.
CREATE FUNCTION imgcost.lock_v1(p_scopes text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'steps of the ledger need the isolation level read committed'
            USING ERRCODE = 'feature_not_supported';
    END IF;
    -- Whatever the session was set to: a step that was answered is on the disk.
    IF current_setting('synchronous_commit') NOT IN ('on', 'remote_apply') THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;
    IF (SELECT count(*) FROM imgcost.scope s WHERE s.scope = ANY (p_scopes)) < cardinality(p_scopes) THEN
        INSERT INTO imgcost.scope (scope)
        SELECT s FROM unnest(p_scopes) AS s ORDER BY s COLLATE "C"
        ON CONFLICT DO NOTHING;
    END IF;
    PERFORM 1 FROM imgcost.scope s WHERE s.scope = ANY (p_scopes) ORDER BY s.scope FOR UPDATE;
END
$$;

-- What a step means for a path: how many budgets there are, the level of the first that takes
-- proven ceilings only, what is left on the tightest before and after, the budgets without room
-- for what comes in, the first counter that can't take it (bad, numbered by level and window
-- from 1; short if that is because it has less than what goes out), how many counters are still to be made, and which thresholds would be reached.
-- One statement, so one consistent state even without a lock. Joined by index only, whatever
-- the planner knew when the tables were empty.
CREATE FUNCTION imgcost.weigh_v1(
    p_prefixes text[], p_starts timestamptz[], p_out bigint[], p_in bigint[],
    OUT budgets bigint, OUT proven_only bigint, OUT left_before bigint, OUT left_after bigint,
    OUT blocks jsonb, OUT bad bigint, OUT short bigint, OUT missing bigint, OUT alerts jsonb
) LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off
SET enable_mergejoin = off AS $$
DECLARE
    most CONSTANT bigint := 9223372036854775807;
    more CONSTANT numeric := p_in[1]::numeric + p_in[3] + p_in[4] - p_out[1] - p_out[3] - p_out[4];
BEGIN
    SELECT
        count(x.budget),
        min(x.level) FILTER (WHERE NOT x.assumed_ok),
        min(greatest(x.cap - x.used, 0)) FILTER (WHERE x.cap IS NOT NULL),
        min(greatest(x.cap - x.after, 0)) FILTER (WHERE x.cap IS NOT NULL),
        jsonb_agg(jsonb_build_object('scope', x.scope, 'win', x.win,
            'start', (extract(epoch FROM x.start) * 1000000)::bigint, 'cap', x.cap,
            'left', greatest(x.cap - x.used, 0), 'held', x.held, 'held_assumed', x.held_assumed,
            'presumed', x.presumed, 'settled', x.settled, 'overrun', x.overrun, 'open', x.open,
            'alerted', x.alerted) ORDER BY x.level, x.win) FILTER (WHERE x.cap - x.used < p_in[1]),
        min((x.level - 1) * 4 + x.win + 1) FILTER (WHERE x.misfit IS NOT NULL),
        min((x.level - 1) * 4 + x.win + 1) FILTER (WHERE x.misfit = 'short'),
        count(*) FILTER (WHERE x.is_missing),
        jsonb_agg(jsonb_build_object('scope', x.scope, 'win', x.win, 'percent', x.reached,
            'used', x.after, 'cap', x.cap) ORDER BY x.level, x.win)
            FILTER (WHERE x.reached > x.alerted)
    INTO budgets, proven_only, left_before, left_after, blocks, bad, short, missing, alerts
    FROM (
        SELECT y.*, least(y.total, most)::bigint AS used,
            greatest(least(y.total + more, most), 0)::bigint AS after,
            CASE
                WHEN y.held < p_out[1] THEN 'short'
                WHEN y.held - p_out[1] > most - p_in[1] THEN 'too much'
                WHEN y.held_assumed < p_out[2] THEN 'short'
                WHEN y.held_assumed - p_out[2] > most - p_in[2] THEN 'too much'
                WHEN y.presumed < p_out[3] THEN 'short'
                WHEN y.presumed - p_out[3] > most - p_in[3] THEN 'too much'
                WHEN y.settled < p_out[4] THEN 'short'
                WHEN y.settled - p_out[4] > most - p_in[4] THEN 'too much'
                WHEN y.overrun < p_out[5] THEN 'short'
                WHEN y.overrun - p_out[5] > most - p_in[5] THEN 'too much'
                WHEN y.open < p_out[6] THEN 'short'
                WHEN y.total + more > most THEN 'too much'
            END AS misfit,
            CASE WHEN y.cap > 0 THEN (
                SELECT max(percent) FROM unnest(y.alerts) AS percent
                WHERE least(y.total + more, most) * 100 >= y.cap::numeric * percent
            ) END AS reached
        FROM (
            SELECT p.scope, p.level, w.nr - 1 AS win, w.start,
                b.scope AS budget, b.cap, b.assumed_ok, b.alerts, c.scope IS NULL AS is_missing,
                coalesce(c.held, 0) AS held, coalesce(c.held_assumed, 0) AS held_assumed,
                coalesce(c.presumed, 0) AS presumed, coalesce(c.settled, 0) AS settled,
                coalesce(c.overrun, 0) AS overrun, coalesce(c.open, 0) AS open,
                coalesce(c.alerted, 0) AS alerted,
                coalesce(c.held::numeric + c.presumed + c.settled, 0) AS total
            FROM unnest(p_prefixes) WITH ORDINALITY AS p (scope, level)
            CROSS JOIN unnest(p_starts) WITH ORDINALITY AS w (start, nr)
            LEFT JOIN imgcost.budget b ON b.scope = p.scope AND b.win = w.nr - 1
            LEFT JOIN imgcost.counter c
                ON c.scope = p.scope AND c.win = w.nr - 1 AND c.start = w.start
            OFFSET 0 -- so that the sums are worked out once
        ) AS y
    ) AS x;
END
$$;

-- Writes what a step adds to the counters of a path, and the alerts that it sets off.
CREATE FUNCTION imgcost.book_v1(
    p_prefixes text[], p_starts timestamptz[], p_out bigint[], p_in bigint[], p_missing bigint,
    p_alerts jsonb, p_now timestamptz, p_hold text, p_by text
) RETURNS void LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off
SET enable_mergejoin = off AS $$
BEGIN
    IF p_missing > 0 THEN
        INSERT INTO imgcost.counter (scope, win, start)
        SELECT p, w.nr - 1, w.start
        FROM unnest(p_prefixes) AS p CROSS JOIN unnest(p_starts) WITH ORDINALITY AS w (start, nr)
        ON CONFLICT DO NOTHING;
    END IF;
    UPDATE imgcost.counter AS c SET
        held = c.held - p_out[1] + p_in[1],
        held_assumed = c.held_assumed - p_out[2] + p_in[2],
        presumed = c.presumed - p_out[3] + p_in[3],
        settled = c.settled - p_out[4] + p_in[4],
        overrun = c.overrun - p_out[5] + p_in[5],
        open = c.open - p_out[6] + p_in[6]
    FROM unnest(p_prefixes) AS p CROSS JOIN unnest(p_starts) WITH ORDINALITY AS w (start, nr)
    WHERE c.scope = p AND c.win = w.nr - 1 AND c.start = w.start;
    IF p_alerts IS NULL THEN
        RETURN;
    END IF;
    UPDATE imgcost.counter AS c SET alerted = a.percent
    FROM jsonb_to_recordset(p_alerts) AS a (scope text, win smallint, percent smallint)
    WHERE c.scope = a.scope AND c.win = a.win AND c.start = p_starts[a.win + 1];
    INSERT INTO imgcost.journal (at, event, scope, hold, amount, by, reason)
    SELECT p_now, 'alert', a.scope, p_hold, a.used, p_by,
        format('%s has reached %s %% of its budget: %s of %s%s is held or spent', a.scope, a.percent,
            imgcost.dollars_v1(a.used), imgcost.dollars_v1(a.cap),
            CASE WHEN a.win > 0 THEN ' per ' || imgcost.window_v1(a.win) END)
    FROM jsonb_to_recordset(p_alerts)
        AS a (scope text, win smallint, percent smallint, used bigint, cap bigint);
END
$$;

-- Sets money aside. Outcomes: held, repeated, other-call, refused, misfit (told: which counter).
-- What refused it: no-budget, assumed-ceiling (told: whose budget), full (told: the budgets
-- without room); with p_despite, a reason, it is held all the same. Of a new hold, h has its
-- times only: the client knows the rest.
CREATE FUNCTION imgcost.hold_v1(
    p_now timestamptz, p_id text, p_key text, p_scope text, p_ceiling bigint, p_assumed boolean,
    p_quote text, p_book text, p_request text, p_terms text, p_expires_in bigint, p_by text,
    p_despite text, OUT outcome text, OUT refused text, OUT told jsonb, OUT alerts jsonb,
    OUT money_left bigint, OUT found_by text, OUT h imgcost.hold
) LANGUAGE plpgsql AS $$
DECLARE
    prefixes CONSTANT text[] := imgcost.prefixes_v1(p_scope);
    nothing CONSTANT bigint[] := imgcost.share_v1('released', 0, false, 0);
    share CONSTANT bigint[] := imgcost.share_v1('held', p_ceiling, p_assumed, NULL);
    now timestamptz;
    starts timestamptz[];
    w record;
BEGIN
    -- A client that lost the answer asks again, maybe while its first question still waits
    -- here: it must not be refused by what it has asked for itself.
    PERFORM pg_advisory_xact_lock(hashtextextended(p_id, 7407));
    -- The first pass looks without a lock: what is refused or repeated waits for no lock and
    -- writes nothing. The second decides, under the lock. There is a third if another path's
    -- step took the same key while this one decided.
    FOR pass IN 1..3 LOOP
        now := coalesce(p_now, clock_timestamp());
        starts := imgcost.starts_v1(now);
        SELECT * INTO w FROM imgcost.weigh_v1(prefixes, starts, nothing, share);
        -- After the sums: what is counted in them is found here.
        h := NULL;
        IF p_key IS NOT NULL THEN
            SELECT * INTO h FROM imgcost.hold WHERE key = p_key;
            found_by := 'key';
        END IF;
        IF h.number IS NULL THEN
            SELECT * INTO h FROM imgcost.hold WHERE id = p_id;
            found_by := 'id';
        END IF;
        IF h.number IS NOT NULL THEN
            outcome := CASE
                WHEN h.quote = p_quote AND h.scope = p_scope AND h.ceiling = p_ceiling THEN 'repeated'
                ELSE 'other-call'
            END;
            money_left := w.left_before;
            refused := NULL;
            RETURN;
        END IF;
        refused := NULL;
        told := NULL;
        IF w.budgets = 0 THEN
            refused := 'no-budget';
        ELSIF p_assumed AND w.proven_only IS NOT NULL THEN
            refused := 'assumed-ceiling';
            told := to_jsonb(prefixes[w.proven_only]);
        ELSIF w.blocks IS NOT NULL THEN
            refused := 'full';
            told := w.blocks;
        END IF;
        IF refused IS NOT NULL AND p_despite IS NULL THEN
            outcome := 'refused';
            RETURN;
        END IF;
        IF w.bad IS NOT NULL THEN
            outcome := 'misfit';
            told := imgcost.counter_name_v1(prefixes, starts, w.bad, w.bad = w.short);
            RETURN;
        END IF;
        IF pass = 1 THEN
            PERFORM imgcost.lock_v1(prefixes);
            CONTINUE;
        END IF;
        INSERT INTO imgcost.hold (id, key, scope, made_at, expires_at, ceiling, assumed, quote, book,
            request, terms)
        VALUES (p_id, p_key, p_scope, now,
            least(now + p_expires_in * interval '1 microsecond', '9999-12-30 22:00:00.999999+00'),
            p_ceiling, p_assumed, p_quote, p_book, p_request, p_terms)
        ON CONFLICT DO NOTHING
        RETURNING made_at, expires_at INTO h.made_at, h.expires_at;
        EXIT WHEN FOUND;
    END LOOP;
    IF h.made_at IS NULL THEN
        RAISE EXCEPTION 'hold % and others of its key keep coming and going', p_id
            USING ERRCODE = 'serialization_failure';
    END IF;
    INSERT INTO imgcost.journal (at, event, scope, hold, amount, quote, book, details, by, reason)
    VALUES (now, 'held', p_scope, p_id, p_ceiling, p_quote, p_book, p_request, p_by,
        CASE WHEN refused IS NOT NULL THEN p_despite END);
    PERFORM imgcost.book_v1(prefixes, starts, nothing, share, w.missing, w.alerts, now, p_id, p_by);
    outcome := 'held';
    alerts := w.alerts;
    money_left := w.left_after;
END
$$;

CREATE FUNCTION imgcost.counter_name_v1(p_prefixes text[], p_starts timestamptz[], p_nr bigint,
    p_short boolean)
RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('scope', p_prefixes[(p_nr - 1) / 4 + 1], 'win', (p_nr - 1) % 4,
        'short', coalesce(p_short, false),
        'start', (extract(epoch FROM p_starts[(p_nr - 1) % 4 + 1]) * 1000000)::bigint)
$$;

-- Settles, releases or presumes a hold. Outcomes: changed, repeated, no-hold, conflict, misfit.
CREATE FUNCTION imgcost.change_v1(
    p_now timestamptz, p_id text, p_state text, p_cost bigint, p_usage text, p_reason text, p_by text,
    OUT outcome text, OUT told jsonb, OUT alerts jsonb, OUT state_before text, OUT h imgcost.hold
) LANGUAGE plpgsql AS $$
DECLARE
    prefixes text[];
    starts timestamptz[];
    share_before bigint[];
    share_after bigint[];
    now timestamptz;
    w record;
BEGIN
    -- As for a hold: the first pass looks without a lock, the second decides under it.
    FOR pass IN 1..2 LOOP
        SELECT * INTO h FROM imgcost.hold WHERE id = p_id;
        state_before := h.state;
        IF h.number IS NULL THEN
            outcome := 'no-hold';
        ELSIF (h.state, h.cost, h.usage, h.reason)
            IS NOT DISTINCT FROM (p_state, p_cost, p_usage, p_reason) THEN
            outcome := 'repeated';
        ELSIF NOT (h.state = 'held' AND p_state IN ('settled', 'released', 'presumed')
            OR h.state = 'presumed' AND p_state IN ('settled', 'released')
            OR h.state = 'released' AND p_state = 'settled') THEN
            outcome := 'conflict';
        END IF;
        IF outcome IS NOT NULL THEN
            RETURN;
        END IF;
        IF pass = 1 THEN
            prefixes := imgcost.prefixes_v1(h.scope);
            PERFORM imgcost.lock_v1(prefixes);
        END IF;
    END LOOP;
    now := coalesce(p_now, clock_timestamp());
    -- The periods that the hold counts in, which may not be those that are open now.
    starts := imgcost.starts_v1(h.made_at);
    share_before := imgcost.share_v1(h.state, h.ceiling, h.assumed, h.cost);
    share_after := imgcost.share_v1(p_state, h.ceiling, h.assumed, p_cost);
    SELECT * INTO w FROM imgcost.weigh_v1(prefixes, starts, share_before, share_after);
    IF w.bad IS NOT NULL THEN
        outcome := 'misfit';
        told := imgcost.counter_name_v1(prefixes, starts, w.bad, w.bad = w.short);
        RETURN;
    END IF;
    UPDATE imgcost.hold SET state = p_state, cost = p_cost, usage = p_usage, reason = p_reason
    WHERE id = p_id RETURNING * INTO h;
    INSERT INTO imgcost.journal (at, event, scope, hold, amount, overrun, before, details, by, reason)
    VALUES (now, p_state, h.scope, p_id, coalesce(p_cost, h.ceiling), nullif(share_after[5], 0),
        nullif(state_before, 'held'), p_usage, p_by, p_reason);
    PERFORM imgcost.book_v1(prefixes, starts, share_before, share_after, w.missing, w.alerts, now,
        p_id, p_by);
    outcome := 'changed';
    alerts := w.alerts;
END
$$;

-- Sets or, with p_remove, takes away a budget, and gives back the one that was there. p_step
-- names the step: asked again, it answers what it answered and writes nothing.
CREATE FUNCTION imgcost.budget_v1(
    p_now timestamptz, p_step text, p_by text, p_remove boolean, p_scope text, p_win smallint,
    p_cap bigint, p_assumed_ok boolean, p_alerts text, OUT prior jsonb
) LANGUAGE plpgsql AS $$
DECLARE
    told imgcost.budget;
    steps_before bigint;
    now timestamptz;
BEGIN
    PERFORM imgcost.lock_v1(ARRAY[p_scope]);
    SELECT j.number, j.prior INTO steps_before, prior FROM imgcost.journal j WHERE j.step = p_step;
    IF steps_before IS NOT NULL THEN
        RETURN;
    END IF;
    now := coalesce(p_now, clock_timestamp());
    SELECT jsonb_build_object('cap', b.cap, 'assumed_ok', b.assumed_ok,
        'alerts', array_to_string(b.alerts, ',')) INTO prior
    FROM imgcost.budget b WHERE b.scope = p_scope AND b.win = p_win;
    IF p_remove THEN
        DELETE FROM imgcost.budget b WHERE b.scope = p_scope AND b.win = p_win RETURNING * INTO told;
    ELSE
        INSERT INTO imgcost.budget AS b (scope, win, cap, assumed_ok, alerts)
        VALUES (p_scope, p_win, p_cap, p_assumed_ok,
            coalesce(string_to_array(nullif(p_alerts, 'none'), ',')::smallint[], '{}'))
        ON CONFLICT (scope, win) DO UPDATE SET
            cap = excluded.cap, assumed_ok = excluded.assumed_ok, alerts = excluded.alerts
        RETURNING * INTO told;
        -- What the new cap makes of the period that is open: a threshold that is reached already
        -- alerts nobody, one that is no longer reached alerts again.
        UPDATE imgcost.counter AS c SET alerted = CASE WHEN p_cap > 0 THEN coalesce((
            SELECT max(percent) FROM unnest(told.alerts) AS percent
            WHERE (c.held::numeric + c.presumed + c.settled) * 100 >= p_cap::numeric * percent
        ), 0) ELSE 0 END
        WHERE c.scope = p_scope AND c.win = p_win AND c.start = (imgcost.starts_v1(now))[p_win + 1];
    END IF;
    IF told.scope IS NULL THEN
        RETURN;
    END IF;
    INSERT INTO imgcost.journal (at, event, scope, amount, details, by, step, prior)
    VALUES (now,
        CASE WHEN p_remove THEN 'budget-removed' ELSE 'budget-set' END, p_scope, told.cap,
        concat(imgcost.window_v1(p_win), CASE WHEN told.cap IS NULL THEN ', unlimited' END,
            CASE WHEN NOT told.assumed_ok THEN ', proven ceilings only' END,
            ', alerts ', coalesce(nullif(array_to_string(told.alerts, ','), ''), 'none')),
        p_by, p_step, prior);
END
$$;
