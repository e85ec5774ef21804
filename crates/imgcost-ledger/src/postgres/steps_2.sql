-- The steps of version 3. The functions of steps.sql that still hold are used as they are.
--
-- Shares of a hold and sums of a counter are arrays of seven: held, held_assumed, presumed, settled,
-- overrun, open, held_over.

-- What programs of the version before call: they know neither pauses nor defaults, and must
-- not write.
CREATE OR REPLACE FUNCTION imgcost.hold_v1(
    p_now timestamptz, p_id text, p_key text, p_scope text, p_ceiling bigint, p_assumed boolean,
    p_quote text, p_book text, p_request text, p_terms text, p_expires_in bigint, p_by text,
    p_despite text, OUT outcome text, OUT refused text, OUT told jsonb, OUT alerts jsonb,
    OUT money_left bigint, OUT found_by text, OUT h imgcost.hold
) LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the schema was migrated by a newer imgcost, and this program is too old for it: use the newer one'
        USING ERRCODE = 'feature_not_supported';
END
$$;

CREATE OR REPLACE FUNCTION imgcost.change_v1(
    p_now timestamptz, p_id text, p_state text, p_cost bigint, p_usage text, p_reason text, p_by text,
    OUT outcome text, OUT told jsonb, OUT alerts jsonb, OUT state_before text, OUT h imgcost.hold
) LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the schema was migrated by a newer imgcost, and this program is too old for it: use the newer one'
        USING ERRCODE = 'feature_not_supported';
END
$$;

CREATE OR REPLACE FUNCTION imgcost.budget_v1(
    p_now timestamptz, p_step text, p_by text, p_remove boolean, p_scope text, p_win smallint,
    p_cap bigint, p_assumed_ok boolean, p_alerts text, OUT prior jsonb
) LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the schema was migrated by a newer imgcost, and this program is too old for it: use the newer one'
        USING ERRCODE = 'feature_not_supported';
END
$$;

DROP FUNCTION imgcost.weigh_v1, imgcost.book_v1, imgcost.share_v1;

-- When the total, hour, day, month and week began that were open at a moment, by the calendar in UTC. A
-- week begins on Monday.
CREATE FUNCTION imgcost.starts_v2(p_at timestamptz) RETURNS timestamptz[]
LANGUAGE sql STABLE AS $$
    SELECT ARRAY['1970-01-01 00:00:00+00', date_trunc('hour', p_at, 'UTC'),
        date_trunc('day', p_at, 'UTC'), date_trunc('month', p_at, 'UTC'), date_trunc('week', p_at, 'UTC')]
$$;

CREATE FUNCTION imgcost.window_v2(p_win integer) RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT (ARRAY['total', 'hour', 'day', 'month', 'week'])[p_win + 1] $$;

-- What a hold in its state adds to each of its counters.
CREATE FUNCTION imgcost.share_v2(p_state text, p_ceiling bigint, p_assumed boolean, p_cost bigint,
    p_expected bigint)
RETURNS bigint[] LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE p_state
        WHEN 'held' THEN ARRAY[p_ceiling, CASE WHEN p_assumed THEN p_ceiling ELSE 0 END, 0, 0, 0, 1,
            greatest(p_ceiling - coalesce(p_expected, p_ceiling), 0)]::bigint[]
        WHEN 'presumed' THEN ARRAY[0, 0, p_ceiling, 0, 0, 0, 0]::bigint[]
        WHEN 'settled' THEN ARRAY[0, 0, 0, p_cost, greatest(p_cost - p_ceiling, 0), 0, 0]::bigint[]
        ELSE ARRAY[0, 0, 0, 0, 0, 0, 0]::bigint[]
    END
$$;

-- The sums of a scope's days in a week, and what was alerted for the week.
CREATE FUNCTION imgcost.week_v2(p_scope text, p_start timestamptz,
    OUT held bigint, OUT held_assumed bigint, OUT presumed bigint, OUT settled bigint, OUT overrun bigint,
    OUT open bigint, OUT held_over bigint, OUT days bigint, OUT alerted smallint
) LANGUAGE sql STABLE AS $$
    SELECT sum(c.held)::bigint, sum(c.held_assumed)::bigint, sum(c.presumed)::bigint, sum(c.settled)::bigint,
        sum(c.overrun)::bigint, sum(c.open)::bigint, sum(c.held_over)::bigint, count(*),
        coalesce((SELECT k.alerted FROM imgcost.week_alert k
            WHERE k.scope = p_scope AND k.start = p_start), 0::smallint)
    FROM imgcost.counter c
    WHERE c.scope = p_scope AND c.win = 2 AND c.start >= p_start
        AND c.start < p_start + interval '168 hours'
$$;

-- The highest threshold of a cap that is reached.
CREATE FUNCTION imgcost.reached_v2(p_alerts smallint[], p_cap bigint, p_used numeric) RETURNS smallint
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN p_cap > 0 THEN coalesce((
        SELECT max(percent) FROM unnest(p_alerts) AS percent WHERE p_used * 100 >= p_cap::numeric * percent
    ), 0::smallint) ELSE 0::smallint END
$$;

-- What a step means for a path: how many budgets there are, the level of the first that takes
-- proven ceilings only, what is left on the tightest before and after, the budgets without room
-- for what comes in, the first counter that can't take it (bad, numbered by level and window
-- from 1; short if that is because it has less than what goes out), how many counters are still to
-- be made, which thresholds would be reached, and the topmost pause. Starts are five; a week is
-- weighed only where it has a budget.
-- One statement, so one consistent state even without a lock. Joined by index only, whatever
-- the planner knew when the tables were empty.
CREATE FUNCTION imgcost.weigh_v2(
    p_prefixes text[], p_starts timestamptz[], p_out bigint[], p_in bigint[],
    OUT budgets bigint, OUT proven_only bigint, OUT left_before bigint, OUT left_after bigint,
    OUT blocks jsonb, OUT bad bigint, OUT short bigint, OUT missing bigint, OUT alerts jsonb,
    OUT paused jsonb
) LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off
SET enable_mergejoin = off AS $$
DECLARE
    most CONSTANT bigint := 9223372036854775807;
    below CONSTANT text[] := ARRAY(SELECT p || '/*' FROM unnest(p_prefixes) AS p);
    more CONSTANT numeric := p_in[1]::numeric + p_in[3] + p_in[4] - p_out[1] - p_out[3] - p_out[4];
BEGIN
    WITH set_budgets AS MATERIALIZED (
        -- One look for all of the path: its budgets, and the defaults by the level that they are below.
        SELECT g.scope, g.win, g.cap, g.assumed_ok, g.alerts, q.above
        FROM unnest(p_prefixes || below) WITH ORDINALITY AS o (place, nr)
        CROSS JOIN LATERAL (SELECT nullif(greatest(o.nr - cardinality(p_prefixes), 0), 0) AS above) q
        JOIN imgcost.budget g ON g.scope = o.place
    )
    SELECT
        count(x.budget),
        min(x.level) FILTER (WHERE NOT x.assumed_ok),
        min(greatest(x.cap - x.used, 0)) FILTER (WHERE x.cap IS NOT NULL),
        min(greatest(x.cap - x.after, 0)) FILTER (WHERE x.cap IS NOT NULL),
        jsonb_agg(jsonb_build_object('scope', x.scope, 'win', x.win,
            'start', (extract(epoch FROM x.start) * 1000000)::bigint, 'cap', x.cap,
            'left', greatest(x.cap - x.used, 0), 'held', x.held, 'held_assumed', x.held_assumed,
            'presumed', x.presumed, 'settled', x.settled, 'overrun', x.overrun, 'open', x.open,
            'alerted', x.alerted, 'held_over', x.held_over) ORDER BY x.level, x.win = 3, x.win)
            FILTER (WHERE x.cap - x.used < p_in[1]),
        min((x.level - 1) * 4 + x.win + 1) FILTER (WHERE x.misfit IS NOT NULL AND x.win < 4),
        min((x.level - 1) * 4 + x.win + 1) FILTER (WHERE x.misfit = 'short' AND x.win < 4),
        count(*) FILTER (WHERE x.is_missing AND x.win < 4),
        jsonb_agg(jsonb_build_object('scope', x.scope, 'win', x.win, 'percent', x.reached,
            'used', x.after, 'cap', x.cap) ORDER BY x.level, x.win = 3, x.win)
            FILTER (WHERE x.reached > x.alerted),
        (SELECT jsonb_build_object('scope', z.scope, 'by', z.by, 'reason', z.reason,
                'at', (extract(epoch FROM z.at) * 1000000)::bigint)
            FROM imgcost.pause z WHERE z.scope = ANY (p_prefixes) ORDER BY z.scope LIMIT 1)
    INTO budgets, proven_only, left_before, left_after, blocks, bad, short, missing, alerts, paused
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
                WHEN y.held_over < p_out[7] THEN 'short'
                WHEN y.held_over - p_out[7] > most - p_in[7] THEN 'too much'
                WHEN y.total + more > most THEN 'too much'
            END AS misfit,
            CASE WHEN y.cap > 0 THEN (
                SELECT max(percent) FROM unnest(y.alerts) AS percent
                WHERE least(y.total + more, most) * 100 >= y.cap::numeric * percent
            ) END AS reached
        FROM (
            SELECT p.scope, p.level, w.nr - 1 AS win, w.start,
                coalesce(b.scope, d.scope) AS budget,
                CASE WHEN b.scope IS NULL THEN d.cap ELSE b.cap END AS cap,
                coalesce(b.assumed_ok, d.assumed_ok) AS assumed_ok,
                coalesce(b.alerts, d.alerts) AS alerts, c.scope IS NULL AS is_missing,
                coalesce(c.held, k.held, 0) AS held,
                coalesce(c.held_assumed, k.held_assumed, 0) AS held_assumed,
                coalesce(c.presumed, k.presumed, 0) AS presumed,
                coalesce(c.settled, k.settled, 0) AS settled,
                coalesce(c.overrun, k.overrun, 0) AS overrun, coalesce(c.open, k.open, 0) AS open,
                coalesce(c.alerted, k.alerted, 0) AS alerted,
                coalesce(c.held_over, k.held_over, 0) AS held_over,
                coalesce(c.held::numeric + c.presumed + c.settled,
                    k.held::numeric + k.presumed + k.settled, 0) AS total
            FROM unnest(p_prefixes) WITH ORDINALITY AS p (scope, level)
            CROSS JOIN unnest(p_starts) WITH ORDINALITY AS w (start, nr)
            LEFT JOIN set_budgets b ON b.scope = p.scope AND b.win = w.nr - 1
            -- The default of the scope's siblings; the topmost scope has none.
            LEFT JOIN set_budgets d
                ON b.scope IS NULL AND d.above = p.level - 1 AND d.win = w.nr - 1
            LEFT JOIN imgcost.counter c
                ON w.nr < 5 AND c.scope = p.scope AND c.win = w.nr - 1 AND c.start = w.start
            -- A week with a budget: the sums of its days.
            LEFT JOIN LATERAL (
                SELECT s.* FROM imgcost.week_v2(p.scope, w.start) s
                WHERE w.nr = 5 AND coalesce(b.scope, d.scope) IS NOT NULL
                OFFSET 0 -- so that the function is called for no other row
            ) k ON true
            WHERE w.nr < 5 OR coalesce(b.scope, d.scope) IS NOT NULL
            OFFSET 0 -- so that the sums are worked out once
        ) AS y
    ) AS x;
END
$$;

CREATE FUNCTION imgcost.book_v2(
    p_prefixes text[], p_starts timestamptz[], p_out bigint[], p_in bigint[], p_missing bigint,
    p_alerts jsonb, p_now timestamptz, p_hold text, p_by text
) RETURNS void LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off
SET enable_mergejoin = off AS $$
BEGIN
    IF p_missing > 0 THEN
        INSERT INTO imgcost.counter (scope, win, start)
        SELECT p, w.nr - 1, w.start
        FROM unnest(p_prefixes) AS p CROSS JOIN unnest(p_starts[1:4]) WITH ORDINALITY AS w (start, nr)
        ON CONFLICT DO NOTHING;
    END IF;
    UPDATE imgcost.counter AS c SET
        held = c.held - p_out[1] + p_in[1],
        held_assumed = c.held_assumed - p_out[2] + p_in[2],
        presumed = c.presumed - p_out[3] + p_in[3],
        settled = c.settled - p_out[4] + p_in[4],
        overrun = c.overrun - p_out[5] + p_in[5],
        open = c.open - p_out[6] + p_in[6],
        held_over = c.held_over - p_out[7] + p_in[7]
    FROM unnest(p_prefixes) AS p CROSS JOIN unnest(p_starts[1:4]) WITH ORDINALITY AS w (start, nr)
    WHERE c.scope = p AND c.win = w.nr - 1 AND c.start = w.start;
    IF p_alerts IS NULL THEN
        RETURN;
    END IF;
    UPDATE imgcost.counter AS c SET alerted = a.percent
    FROM jsonb_to_recordset(p_alerts) AS a (scope text, win smallint, percent smallint)
    WHERE c.scope = a.scope AND c.win = a.win AND c.start = p_starts[a.win + 1];
    INSERT INTO imgcost.week_alert AS k (scope, start, alerted)
    SELECT a.scope, p_starts[5], a.percent
    FROM jsonb_to_recordset(p_alerts) AS a (scope text, win smallint, percent smallint)
    WHERE a.win = 4
    ON CONFLICT (scope, start) DO UPDATE SET alerted = excluded.alerted;
    INSERT INTO imgcost.journal (at, event, scope, hold, amount, by, reason)
    SELECT p_now, 'alert', a.scope, p_hold, a.used, p_by,
        format('%s has reached %s %% of its budget: %s of %s%s is held or spent', a.scope, a.percent,
            imgcost.dollars_v1(a.used), imgcost.dollars_v1(a.cap),
            CASE WHEN a.win > 0 THEN ' per ' || imgcost.window_v2(a.win) END)
    FROM jsonb_to_recordset(p_alerts)
        AS a (scope text, win smallint, percent smallint, used bigint, cap bigint);
END
$$;

-- Sets money aside. Outcomes: held, repeated, other-call, refused, misfit (told: which counter).
-- What refused it: paused (told: the pause), no-budget, assumed-ceiling (told: whose budget), full (told: the budgets
-- without room); with p_despite, a reason, it is held all the same. Of a new hold, h has its
-- times only: the client knows the rest.
CREATE FUNCTION imgcost.hold_v2(
    p_now timestamptz, p_id text, p_key text, p_scope text, p_ceiling bigint, p_assumed boolean,
    p_quote text, p_book text, p_request text, p_terms text, p_expires_in bigint, p_by text,
    p_despite text, p_expected bigint, p_calls bigint, p_tags text, p_request_id text, OUT outcome text, OUT refused text, OUT told jsonb, OUT alerts jsonb,
    OUT money_left bigint, OUT found_by text, OUT h imgcost.hold
) LANGUAGE plpgsql AS $$
DECLARE
    prefixes CONSTANT text[] := imgcost.prefixes_v1(p_scope);
    nothing CONSTANT bigint[] := imgcost.share_v2('released', 0, false, 0, NULL);
    share CONSTANT bigint[] := imgcost.share_v2('held', p_ceiling, p_assumed, NULL, p_expected);
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
        starts := imgcost.starts_v2(now);
        SELECT * INTO w FROM imgcost.weigh_v2(prefixes, starts, nothing, share);
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
                WHEN h.quote = p_quote AND h.scope = p_scope AND h.ceiling = p_ceiling
                    AND h.calls = p_calls THEN 'repeated'
                ELSE 'other-call'
            END;
            money_left := w.left_before;
            refused := NULL;
            RETURN;
        END IF;
        refused := NULL;
        told := NULL;
        IF w.paused IS NOT NULL THEN
            refused := 'paused';
            told := w.paused;
        ELSIF w.budgets = 0 THEN
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
            request, terms, expected, calls, tags, request_id)
        VALUES (p_id, p_key, p_scope, now,
            least(now + p_expires_in * interval '1 microsecond', '9999-12-30 22:00:00.999999+00'),
            p_ceiling, p_assumed, p_quote, p_book, p_request, p_terms, p_expected,
            p_calls, p_tags, p_request_id)
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
    PERFORM imgcost.book_v2(prefixes, starts, nothing, share, w.missing, w.alerts, now, p_id, p_by);
    outcome := 'held';
    alerts := w.alerts;
    money_left := w.left_after;
END
$$;

-- Settles, releases or presumes a hold. Outcomes: changed, repeated, no-hold, conflict, misfit.
CREATE FUNCTION imgcost.change_v2(
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
    starts := imgcost.starts_v2(h.made_at);
    share_before := imgcost.share_v2(h.state, h.ceiling, h.assumed, h.cost, h.expected);
    share_after := imgcost.share_v2(p_state, h.ceiling, h.assumed, p_cost, h.expected);
    SELECT * INTO w FROM imgcost.weigh_v2(prefixes, starts, share_before, share_after);
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
    PERFORM imgcost.book_v2(prefixes, starts, share_before, share_after, w.missing, w.alerts, now,
        p_id, p_by);
    outcome := 'changed';
    alerts := w.alerts;
END
$$;

-- Sets or, with p_remove, takes away a budget, and gives back the one that was there; with p_ensure, it
-- sets one only if there is none. p_scope is the scope, and p_place the same or that of the default of its
-- children. p_step names the step: asked again, it answers what it answered and writes nothing.
CREATE FUNCTION imgcost.budget_v2(
    p_now timestamptz, p_step text, p_by text, p_remove boolean, p_ensure boolean, p_scope text, p_place text, p_win smallint,
    p_cap bigint, p_assumed_ok boolean, p_alerts text, OUT prior jsonb
) LANGUAGE plpgsql AS $$
DECLARE
    told imgcost.budget;
    steps_before bigint;
    now timestamptz;
    began timestamptz;
BEGIN
    PERFORM imgcost.lock_v1(ARRAY[p_scope]);
    SELECT j.number, j.prior INTO steps_before, prior FROM imgcost.journal j WHERE j.step = p_step;
    IF steps_before IS NOT NULL THEN
        RETURN;
    END IF;
    now := coalesce(p_now, clock_timestamp());
    SELECT jsonb_build_object('cap', b.cap, 'assumed_ok', b.assumed_ok,
        'alerts', array_to_string(b.alerts, ',')) INTO prior
    FROM imgcost.budget b WHERE b.scope = p_place AND b.win = p_win;
    IF p_ensure AND prior IS NOT NULL THEN
        RETURN;
    END IF;
    IF p_remove THEN
        DELETE FROM imgcost.budget b WHERE b.scope = p_place AND b.win = p_win RETURNING * INTO told;
    ELSE
        INSERT INTO imgcost.budget AS b (scope, win, cap, assumed_ok, alerts)
        VALUES (p_place, p_win, p_cap, p_assumed_ok,
            coalesce(string_to_array(nullif(p_alerts, 'none'), ',')::smallint[], '{}'))
        ON CONFLICT (scope, win) DO UPDATE SET
            cap = excluded.cap, assumed_ok = excluded.assumed_ok, alerts = excluded.alerts
        RETURNING * INTO told;
        -- What the new cap makes of the period that is open: a threshold that is reached already
        -- alerts nobody, one that is no longer reached alerts again. Those of a default stay.
        began := (imgcost.starts_v2(now))[p_win + 1];
        IF p_place = p_scope AND p_win < 4 THEN
            UPDATE imgcost.counter AS c SET alerted = imgcost.reached_v2(told.alerts, p_cap,
                c.held::numeric + c.presumed + c.settled)
            WHERE c.scope = p_scope AND c.win = p_win AND c.start = began;
        ELSIF p_place = p_scope THEN
            UPDATE imgcost.week_alert AS k SET alerted = imgcost.reached_v2(told.alerts, p_cap, s.total)
            FROM (SELECT coalesce(held::numeric + presumed + settled, 0) AS total
                FROM imgcost.week_v2(p_scope, began)) s
            WHERE k.scope = p_scope AND k.start = began;
            INSERT INTO imgcost.week_alert (scope, start, alerted)
            SELECT p_scope, began, imgcost.reached_v2(told.alerts, p_cap,
                coalesce(s.held::numeric + s.presumed + s.settled, 0))
            FROM imgcost.week_v2(p_scope, began) s
            ON CONFLICT DO NOTHING;
        END IF;
    END IF;
    IF told.scope IS NULL THEN
        RETURN;
    END IF;
    INSERT INTO imgcost.journal (at, event, scope, amount, details, by, step, prior)
    VALUES (now,
        CASE WHEN p_remove THEN 'budget-removed' ELSE 'budget-set' END, p_scope, told.cap,
        concat(imgcost.window_v2(p_win), CASE WHEN p_place <> p_scope THEN ' of each child' END, CASE WHEN told.cap IS NULL THEN ', unlimited' END,
            CASE WHEN NOT told.assumed_ok THEN ', proven ceilings only' END,
            ', alerts ', coalesce(nullif(array_to_string(told.alerts, ','), ''), 'none')),
        p_by, p_step, prior);
END
$$;

-- Books a call that was made while the ledger could not answer. Outcomes: booked, found (h: the hold
-- with its id or key), misfit (told: which counter).
CREATE FUNCTION imgcost.late_v2(
    p_now timestamptz, p_id text, p_key text, p_scope text, p_ceiling bigint, p_assumed boolean,
    p_quote text, p_book text, p_request text, p_terms text, p_expires_in bigint, p_by text,
    p_why text, p_expected bigint, p_calls bigint, p_tags text, p_request_id text,
    p_made_at timestamptz, p_state text, p_cost bigint, p_usage text, p_reason text,
    OUT outcome text, OUT told jsonb, OUT alerts jsonb, OUT h imgcost.hold
) LANGUAGE plpgsql AS $$
DECLARE
    prefixes CONSTANT text[] := imgcost.prefixes_v1(p_scope);
    nothing CONSTANT bigint[] := imgcost.share_v2('released', 0, false, 0, NULL);
    share CONSTANT bigint[] := imgcost.share_v2(p_state, p_ceiling, p_assumed, p_cost, p_expected);
    now timestamptz;
    made timestamptz;
    starts timestamptz[];
    w record;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(p_id, 7407));
    PERFORM imgcost.lock_v1(prefixes);
    -- Twice if another path's step took the same key meanwhile.
    FOR pass IN 1..2 LOOP
        IF p_key IS NOT NULL THEN
            SELECT * INTO h FROM imgcost.hold WHERE key = p_key;
        END IF;
        IF h.number IS NULL THEN
            SELECT * INTO h FROM imgcost.hold WHERE id = p_id;
        END IF;
        IF h.number IS NOT NULL THEN
            outcome := 'found';
            RETURN;
        END IF;
        now := coalesce(p_now, clock_timestamp());
        made := least(p_made_at, now);
        starts := imgcost.starts_v2(made);
        SELECT * INTO w FROM imgcost.weigh_v2(prefixes, starts, nothing, share);
        IF w.bad IS NOT NULL THEN
            outcome := 'misfit';
            told := imgcost.counter_name_v1(prefixes, starts, w.bad, w.bad = w.short);
            RETURN;
        END IF;
        INSERT INTO imgcost.hold (id, key, scope, made_at, expires_at, ceiling, assumed, quote, book,
            request, terms, expected, calls, tags, request_id, state, cost, usage, reason, late)
        VALUES (p_id, p_key, p_scope, made,
            least(made + p_expires_in * interval '1 microsecond', '9999-12-30 22:00:00.999999+00'),
            p_ceiling, p_assumed, p_quote, p_book, p_request, p_terms, p_expected, p_calls, p_tags,
            p_request_id, p_state, p_cost, p_usage, p_reason, true)
        ON CONFLICT DO NOTHING
        RETURNING * INTO h;
        EXIT WHEN FOUND;
    END LOOP;
    IF h.number IS NULL THEN
        RAISE EXCEPTION 'hold % and others of its key keep coming and going', p_id
            USING ERRCODE = 'serialization_failure';
    END IF;
    INSERT INTO imgcost.journal (at, event, scope, hold, amount, overrun, quote, book, details, by, reason,
        counts_at)
    VALUES (now, 'late-' || p_state, p_scope, p_id, coalesce(p_cost, p_ceiling), nullif(share[5], 0),
        p_quote, p_book, p_request, p_by, coalesce(p_why, p_reason), made);
    PERFORM imgcost.book_v2(prefixes, starts, nothing, share, w.missing, w.alerts, now, p_id, p_by);
    outcome := 'booked';
    alerts := w.alerts;
END
$$;

-- Corrects what a scope has spent. Outcomes: adjusted, repeated, other (the step's name was used for
-- another correction), misfit (told: which counter).
CREATE FUNCTION imgcost.adjust_v2(
    p_now timestamptz, p_step text, p_by text, p_scope text, p_event text, p_amount bigint,
    p_at timestamptz, p_reason text,
    OUT outcome text, OUT told jsonb, OUT alerts jsonb, OUT counts_at timestamptz, OUT settled bigint
) LANGUAGE plpgsql AS $$
DECLARE
    prefixes CONSTANT text[] := imgcost.prefixes_v1(p_scope);
    nothing CONSTANT bigint[] := ARRAY[0, 0, 0, 0, 0, 0, 0]::bigint[];
    share CONSTANT bigint[] := ARRAY[0, 0, 0, p_amount, 0, 0, 0]::bigint[];
    into_it CONSTANT bigint[] := CASE p_event WHEN 'charged' THEN share ELSE nothing END;
    out_of_it CONSTANT bigint[] := CASE p_event WHEN 'charged' THEN nothing ELSE share END;
    earlier imgcost.journal;
    now timestamptz;
    starts timestamptz[];
    w record;
BEGIN
    -- A key may come with another path, whose lock is another.
    PERFORM pg_advisory_xact_lock(hashtextextended(p_step, 7408));
    PERFORM imgcost.lock_v1(prefixes);
    SELECT * INTO earlier FROM imgcost.journal j WHERE j.step = p_step;
    IF earlier.number IS NOT NULL THEN
        counts_at := earlier.counts_at;
        outcome := CASE WHEN earlier.event = p_event AND earlier.scope = p_scope
            AND earlier.amount = p_amount THEN 'repeated' ELSE 'other' END;
        RETURN;
    END IF;
    now := coalesce(p_now, clock_timestamp());
    counts_at := least(p_at, now);
    starts := imgcost.starts_v2(counts_at);
    SELECT * INTO w FROM imgcost.weigh_v2(prefixes, starts, out_of_it, into_it);
    IF w.bad IS NOT NULL THEN
        outcome := 'misfit';
        told := imgcost.counter_name_v1(prefixes, starts, w.bad, w.bad = w.short);
        SELECT c.settled INTO settled FROM imgcost.counter c
        WHERE c.scope = prefixes[(w.bad - 1) / 4 + 1] AND c.win = (w.bad - 1) % 4
            AND c.start = starts[(w.bad - 1) % 4 + 1];
        RETURN;
    END IF;
    INSERT INTO imgcost.journal (at, event, scope, amount, by, reason, counts_at, step)
    VALUES (now, p_event, p_scope, p_amount, p_by, p_reason, counts_at, p_step);
    PERFORM imgcost.book_v2(prefixes, starts, out_of_it, into_it, w.missing, w.alerts, now, NULL, p_by);
    outcome := 'adjusted';
    alerts := w.alerts;
END
$$;

-- Pauses a scope or, without a reason, resumes it. Gives back the pause that is or was in force.
CREATE FUNCTION imgcost.pause_v2(
    p_now timestamptz, p_step text, p_by text, p_scope text, p_reason text, OUT pause jsonb
) LANGUAGE plpgsql AS $$
DECLARE
    steps_before bigint;
    now timestamptz;
BEGIN
    PERFORM imgcost.lock_v1(ARRAY[p_scope]);
    SELECT j.number, j.prior INTO steps_before, pause FROM imgcost.journal j WHERE j.step = p_step;
    IF steps_before IS NOT NULL THEN
        RETURN;
    END IF;
    now := coalesce(p_now, clock_timestamp());
    SELECT jsonb_build_object('scope', z.scope, 'by', z.by, 'reason', z.reason,
        'at', (extract(epoch FROM z.at) * 1000000)::bigint) INTO pause
    FROM imgcost.pause z WHERE z.scope = p_scope;
    IF (pause IS NULL) = (p_reason IS NULL) THEN
        RETURN;
    END IF;
    IF p_reason IS NULL THEN
        DELETE FROM imgcost.pause z WHERE z.scope = p_scope;
    ELSE
        INSERT INTO imgcost.pause (scope, at, by, reason) VALUES (p_scope, now, p_by, p_reason);
        pause := jsonb_build_object('scope', p_scope, 'by', p_by, 'reason', p_reason,
            'at', (extract(epoch FROM now) * 1000000)::bigint);
    END IF;
    INSERT INTO imgcost.journal (at, event, scope, by, reason, step, prior)
    VALUES (now, CASE WHEN p_reason IS NULL THEN 'resumed' ELSE 'paused' END, p_scope, p_by, p_reason,
        p_step, pause);
END
$$;

-- Records the job that a call was accepted as. Outcomes: set, repeated, no-hold, other-job (h: the
-- hold), other-call (h: the hold that has the job).
CREATE FUNCTION imgcost.job_v2(
    p_now timestamptz, p_id text, p_provider text, p_job text, p_by text, p_details text,
    OUT outcome text, OUT h imgcost.hold
) LANGUAGE plpgsql AS $$
DECLARE
    other imgcost.hold;
BEGIN
    IF current_setting('synchronous_commit') NOT IN ('on', 'remote_apply') THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;
    -- Of two holds with the same job, one waits for the other.
    PERFORM pg_advisory_xact_lock(hashtextextended(p_provider || ' ' || p_job, 7409));
    SELECT * INTO h FROM imgcost.hold WHERE id = p_id FOR UPDATE;
    IF h.number IS NULL THEN
        outcome := 'no-hold';
    ELSIF h.provider = p_provider AND h.job = p_job THEN
        outcome := 'repeated';
    ELSIF h.job IS NOT NULL THEN
        outcome := 'other-job';
    END IF;
    IF outcome IS NOT NULL THEN
        RETURN;
    END IF;
    SELECT * INTO other FROM imgcost.hold WHERE provider = p_provider AND job = p_job;
    IF other.number IS NOT NULL THEN
        h := other;
        outcome := 'other-call';
        RETURN;
    END IF;
    UPDATE imgcost.hold SET provider = p_provider, job = p_job WHERE id = p_id RETURNING * INTO h;
    INSERT INTO imgcost.journal (at, event, scope, hold, details, by)
    VALUES (coalesce(p_now, clock_timestamp()), 'job-set', h.scope, p_id, p_details, p_by);
    outcome := 'set';
END
$$;
