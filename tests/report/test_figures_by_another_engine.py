"""The figures of reports, computed a second time by DuckDB from the Parquet export.

The queries follow the definitions in docs/reports.md, and share nothing with the code that they check.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.harness.crm import Crm
from tests.harness.sales_histories import lay_down_sales

SIZE = 5_000
TODAY = "TIMESTAMP '2026-11-24 08:00:00'"
VIEWS = """
CREATE TABLE ladder AS SELECT * FROM (VALUES ('new', 1, 10), ('contacted', 2, 30), ('visit', 3, 40),
  ('quoted', 4, 50), ('negotiation', 5, 70), ('won', 6, 100)) t(stage, place, chance);
CREATE VIEW deal AS
  SELECT r.*, l.place, r.marketing.source AS source,
    CAST(expected_revenue AS DECIMAL(15, 2)) AS amount,
    CAST(round_even(CAST(CAST(expected_revenue AS DECIMAL(15, 2)) * CAST(
      CASE WHEN outcome = 'won' THEN 100 WHEN outcome = 'lost' THEN 0
           WHEN probability_from = 'manual' THEN probability ELSE l.chance END AS DECIMAL(5, 2)) / 100 AS DECIMAL(18, 4)), 2)
      AS DECIMAL(15, 2)) AS worth,
    CAST(timezone('Europe/Paris', timezone('UTC', created)) AS DATE) AS created_on,
    CAST(timezone('Europe/Paris', timezone('UTC', closed)) AS DATE) AS closed_on
  FROM record r JOIN ladder l USING (stage);
CREATE VIEW entry AS
  SELECT id, row_number() OVER () AS line, e.event AS event, e."at" AS moment, e."to" AS stage, e.visit AS visit
  FROM (SELECT id, unnest(history) AS e FROM record) WHERE e."to" IS NOT NULL;
CREATE VIEW stay AS
  SELECT id, stage, visit, min(moment) AS entered, least(min(gone), min(moment) FILTER (event = 'lost')) AS gone
  FROM (SELECT *, min(moment) FILTER (event NOT IN ('lost')) OVER (
          PARTITION BY id ORDER BY line ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS gone FROM entry)
  GROUP BY id, stage, visit;
"""


@pytest.fixture(scope="module")
def sales(tmp_path_factory: pytest.TempPathFactory) -> Crm:
    root = tmp_path_factory.mktemp("sales")
    lay_down_sales(root, SIZE)
    return Crm(root)


@pytest.fixture(scope="module")
def engine(sales: Crm, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    lake = tmp_path_factory.mktemp("lake")
    sales("export", "parquet", str(lake))
    database = duckdb.connect()
    load(database, lake)
    yield database
    database.close()


def load(database: duckdb.DuckDBPyConnection, lake: Path) -> None:
    """Read the tables of the export into one row for each deal, with instants in UTC."""
    database.execute("SET TimeZone = 'UTC'")
    database.execute(
        f"""
        CREATE TABLE record AS
        WITH happened AS (
          SELECT opportunity AS id, list(struct_pack("at" := CAST("at" AS TIMESTAMP), event := event, "to" := "to",
            visit := visit, "by" := "by", did := CAST(did AS STRUCT(mail VARCHAR)[])) ORDER BY file_row_number) AS history
          FROM read_parquet('{lake}/history/*.parquet', file_row_number = true) GROUP BY 1),
        done AS (
          SELECT opportunity AS id, list(struct_pack(type := type, state := state, due := due,
            closed := CAST(closed AS TIMESTAMP))) AS activities FROM '{lake}/activities/*.parquet' GROUP BY 1),
        written AS (
          SELECT opportunity AS id, list(struct_pack(id := id, sent := CAST(sent AS TIMESTAMP))) AS messages
          FROM '{lake}/messages/*.parquet' GROUP BY 1)
        SELECT o.* REPLACE (CAST(created AS TIMESTAMP) AS created, CAST(closed AS TIMESTAMP) AS closed,
            CAST(stage_since AS TIMESTAMP) AS stage_since),
          CASE WHEN probability IS NULL THEN 'stage' ELSE 'manual' END AS probability_from,
          history, activities, messages
        FROM '{lake}/opportunities/*.parquet' o LEFT JOIN happened USING (id) LEFT JOIN done USING (id) LEFT JOIN written USING (id)
        """
    )
    database.execute(VIEWS)
    database.execute(
        f"""CREATE VIEW reward AS SELECT w.* REPLACE (CAST("at" AS TIMESTAMP) AS "at"), owner,
          CAST(timezone('Europe/Paris', "at") AS DATE) AS day
        FROM '{lake}/rewards/*.parquet' w JOIN record r ON r.id = w.opportunity"""
    )


def told(sales: Crm, *words: str, figures: tuple[str, ...], key: str = "id") -> dict[Any, tuple[Any, ...]]:
    rows = json.loads(sales("report", *words, "-o", "json").out)
    return {row[key]: tuple(row[each] for each in figures) for row in rows}


def computed(engine: duckdb.DuckDBPyConnection, sql: str) -> dict[Any, tuple[Any, ...]]:
    """The rows of a statement by their first column; decimals as JSON has them."""
    return {
        first: tuple(
            None if each is None else each if isinstance(each, int) else float(each) for each in rest
        )
        for first, *rest in engine.execute(sql).fetchall()
    }


PIPELINE = "count(*), coalesce(sum(amount), 0), coalesce(sum(worth), 0)"


def test_the_pipeline_by_stage_and_by_owner(sales: Crm, engine: duckdb.DuckDBPyConnection) -> None:
    figures = ("count", "expected_revenue", "weighted_revenue")
    open = "FROM deal WHERE kind = 'opportunity' AND outcome = 'open'"
    assert told(sales, "pipeline", figures=figures, key="stage") == computed(
        engine, f"SELECT stage, {PIPELINE} {open} GROUP BY ALL"
    )
    for words in (
        ("pipeline", "--by", "owner"),
        ("pipeline", "--by", "owner", "--since", "2026-03", "--until", "2026-05"),
    ):
        period = "AND created_on BETWEEN '2026-03-01' AND '2026-05-31'" if "--since" in words else ""
        assert told(sales, *words, figures=figures) == computed(
            engine, f"SELECT owner, {PIPELINE} {open} {period} GROUP BY ALL"
        )


def test_the_pipeline_by_tag_counts_a_deal_under_each(sales: Crm, engine: duckdb.DuckDBPyConnection) -> None:
    assert told(sales, "pipeline", "--by", "tag", figures=("count", "weighted_revenue")) == computed(
        engine,
        "SELECT tag, count(*), coalesce(sum(worth), 0) FROM (SELECT worth, unnest(CASE WHEN len(tags) > 0 THEN tags "
        "ELSE [NULL] END) AS tag FROM deal WHERE kind = 'opportunity' AND outcome = 'open') GROUP BY ALL",
    )


def test_the_forecast_by_month(sales: Crm, engine: duckdb.DuckDBPyConnection) -> None:
    assert told(sales, "forecast", figures=("count", "expected_revenue", "weighted_revenue")) == computed(
        engine,
        "SELECT CASE WHEN expected_close < '2026-11-01' THEN 'earlier' WHEN expected_close >= '2027-03-01' THEN 'later' "
        f"ELSE strftime(expected_close, '%Y-%m') END, {PIPELINE} FROM deal "
        "WHERE kind = 'opportunity' AND outcome = 'open' GROUP BY ALL",
    )


@pytest.mark.parametrize("period", [(), ("--since", "2025-07", "--until", "2025-12")])
def test_the_funnel(sales: Crm, engine: duckdb.DuckDBPyConnection, period: tuple[str, ...]) -> None:
    within = "AND created_on BETWEEN '2025-07-01' AND '2025-12-31'" if period else ""
    figures = ("entered", "advanced", "lost", "open", "returned", "advanced_rate", "lost_revenue")
    assert told(sales, "funnel", *period, figures=figures) == computed(
        engine,
        f"""
        WITH passed AS (
          SELECT DISTINCT e.id, e.stage, l.place AS here, d.place AS now, d.outcome, d.amount
          FROM entry e JOIN ladder l USING (stage) JOIN deal d ON d.id = e.id
          WHERE d.kind = 'opportunity' {within})
        SELECT stage, count(*) AS entered, count(*) FILTER (now > here OR outcome = 'won') AS advanced,
          count(*) FILTER (now = here AND outcome = 'lost'), count(*) FILTER (now = here AND outcome = 'open'),
          count(*) FILTER (now < here), round_even(CAST(100 * count(*) FILTER (now > here OR outcome = 'won') AS DECIMAL(18, 6)) / count(*), 1),
          coalesce(sum(amount) FILTER (now = here AND outcome = 'lost'), 0)
        FROM passed GROUP BY stage""",
    )


@pytest.mark.parametrize("period", [(), ("--since", "2026-02", "--until", "2026-06")])
def test_the_length_of_stays(sales: Crm, engine: duckdb.DuckDBPyConnection, period: tuple[str, ...]) -> None:
    within = (
        "AND CAST(timezone('Europe/Paris', timezone('UTC', gone)) AS DATE) BETWEEN '2026-02-01' AND '2026-06-30'"
        if period
        else ""
    )
    assert told(sales, "velocity", *period, figures=("stays", "mean_days", "median_days")) == computed(
        engine,
        f"""
        SELECT stage, count(*), round_even(avg(days), 1), round_even(median(days), 1)
        FROM (SELECT s.stage, epoch(gone - entered) / 86400 AS days FROM stay s JOIN deal d USING (id)
              WHERE d.kind = 'opportunity' AND s.stage <> 'won' AND gone IS NOT NULL {within}) GROUP BY stage""",
    )


def test_what_sales_bring_a_day(sales: Crm, engine: duckdb.DuckDBPyConnection) -> None:
    figures = ("open", "won", "lost", "win_rate", "mean_won", "cycle_days", "revenue_per_day")
    assert told(sales, "velocity", "--by", "owner", figures=figures) == computed(
        engine,
        """
        WITH sums AS (
          SELECT owner, count(*) FILTER (outcome = 'open') AS open, count(*) FILTER (outcome = 'won') AS won,
            count(*) FILTER (outcome = 'lost') AS lost, avg(amount) FILTER (outcome = 'won') AS mean_won,
            avg(epoch(closed - created) / 86400) FILTER (outcome = 'won') AS cycle
          FROM deal WHERE kind = 'opportunity' GROUP BY owner)
        SELECT owner, open, won, lost, round_even(100 * won / (won + lost), 1), round_even(mean_won, 2),
          round_even(cycle, 1), round_even(open * won / (won + lost) * mean_won / cycle, 2) FROM sums""",
    )


def test_sources(sales: Crm, engine: duckdb.DuckDBPyConnection) -> None:
    figures = (
        *("leads", "deals", "open", "won", "lost", "win_rate"),
        *("expected_revenue", "weighted_revenue", "won_revenue"),
    )
    assert told(sales, "sources", "--since", "2026", figures=figures) == computed(
        engine,
        """
        SELECT source, count(*) FILTER (kind = 'lead'), count(*) FILTER (kind <> 'lead'),
          count(*) FILTER (kind <> 'lead' AND outcome = 'open'), count(*) FILTER (outcome = 'won') AS w,
          count(*) FILTER (outcome = 'lost') AS l, round_even(100 * w / (w + l), 1),
          coalesce(sum(amount) FILTER (kind <> 'lead' AND outcome = 'open'), 0),
          coalesce(sum(worth) FILTER (kind <> 'lead' AND outcome = 'open'), 0),
          coalesce(sum(amount) FILTER (outcome = 'won'), 0)
        FROM deal WHERE created_on >= '2026-01-01' GROUP BY source""",
    )


def test_lost_deals_by_month_of_their_loss(sales: Crm, engine: duckdb.DuckDBPyConnection) -> None:
    rows = json.loads(sales("report", "lost", "--by", "month", "-o", "json").out)
    assert {
        row["id"]: (row["lost"], row["lost_revenue"], row["share"]) for row in rows if row["lost"]
    } == computed(
        engine,
        "SELECT strftime(closed_on, '%Y-%m'), count(*), coalesce(sum(amount), 0), "
        "round_even(100 * count(*) / sum(count(*)) OVER (), 1) FROM deal WHERE outcome = 'lost' GROUP BY 1",
    )
    died = {row["id"]: row["stages"] for row in json.loads(sales("report", "lost", "-o", "json").out)}
    found = engine.execute(
        "SELECT lost, stage, count(*) FROM deal WHERE outcome = 'lost' GROUP BY ALL"
    ).fetchall()
    assert {(reason, stage, n) for reason, stages in died.items() for stage, n in stages.items()} == {*found}


def test_stale_deals(sales: Crm, engine: duckdb.DuckDBPyConnection) -> None:
    assert told(sales, "stale", figures=("open", "stale", "oldest_days", "expected_revenue")) == computed(
        engine,
        f"""
        WITH aged AS (
          SELECT d.*, floor(epoch({TODAY} - stage_since) / 86400) AS days,
            timezone('Europe/Paris', timezone('UTC', stage_since)) + to_days(CAST(l.days AS INTEGER))
              < timezone('Europe/Paris', timezone('UTC', {TODAY})) AS late
          FROM deal d LEFT JOIN (VALUES ('new', 7), ('contacted', 14), ('visit', 21), ('quoted', 30)) l(stage, days) USING (stage)
          WHERE kind = 'opportunity' AND outcome = 'open')
        SELECT stage, count(*), count(*) FILTER (late), max(CAST(days AS INTEGER)) FILTER (late),
          coalesce(sum(amount) FILTER (late), 0) FROM aged GROUP BY stage""",
    )


def test_the_first_answer(sales: Crm, engine: duckdb.DuckDBPyConnection) -> None:
    figures = ("count", "answered", "unanswered", "mean_hours", "median_hours", "within_hour", "within_day")
    assert told(sales, "response", figures=figures) == computed(
        engine,
        """
        WITH by_rule AS (SELECT id, list_distinct(flatten(list(list_transform(e.did, lambda x: x.mail)))) AS mails
                         FROM (SELECT id, unnest(history) AS e FROM record) WHERE e.event = 'rule' GROUP BY id),
        answer AS (
          SELECT id, m.sent AS moment FROM (SELECT id, unnest(messages) AS m FROM record) LEFT JOIN by_rule USING (id)
          WHERE m.sent IS NOT NULL AND NOT coalesce(list_contains(mails, m.id), false)
          UNION ALL SELECT id, a.closed FROM (SELECT id, unnest(activities) AS a FROM record) WHERE a.state = 'done'),
        lead AS (
          SELECT r.id, owner, epoch(min(a.moment) FILTER (a.moment >= r.created) - any_value(r.created)) / 3600 AS hours
          FROM record r LEFT JOIN answer a ON a.id = r.id
          WHERE kind = 'lead' OR r.history[1]."by" = 'ingest' GROUP BY r.id, owner)
        SELECT owner, count(*), count(hours), count(*) - count(hours), round_even(avg(hours), 1),
          round_even(median(hours), 1), round_even(100 * count(*) FILTER (hours <= 1) / count(*), 1),
          round_even(100 * count(*) FILTER (hours <= 24) / count(*), 1) FROM lead GROUP BY owner""",
    )


def test_activities(sales: Crm, engine: duckdb.DuckDBPyConnection) -> None:
    figures = ("count", "planned", "overdue", "done", "cancelled", "in_time")
    assert told(sales, "activities", figures=figures) == computed(
        engine,
        """
        SELECT a.type, count(*), count(*) FILTER (a.state NOT IN ('done', 'cancelled')), count(*) FILTER (
            a.state NOT IN ('done', 'cancelled') AND a.due < '2026-11-24'), count(*) FILTER (a.state = 'done'),
          count(*) FILTER (a.state = 'cancelled'), round_even(100 * count(*) FILTER (a.state = 'done' AND
            CAST(timezone('Europe/Paris', timezone('UTC', a.closed)) AS DATE) <= a.due)
            / count(*) FILTER (a.state = 'done' AND a.due IS NOT NULL), 1)
        FROM (SELECT unnest(activities) AS a FROM record) GROUP BY a.type""",
    )


def test_referrals(sales: Crm, engine: duckdb.DuckDBPyConnection) -> None:
    figures = (
        *("leads", "deals", "open", "won", "lost", "win_rate"),
        *("expected_revenue", "weighted_revenue", "won_revenue", "rewards_due", "rewards_paid"),
    )
    assert told(sales, "referrals", figures=figures) == computed(
        engine,
        """
        WITH earned AS (
          SELECT "to" AS sponsor, coalesce(sum(amount) FILTER (state = 'due'), 0) AS due,
            coalesce(sum(amount) FILTER (state = 'paid'), 0) AS paid FROM reward GROUP BY ALL),
        brought AS (
          SELECT referral."by" AS sponsor, count(*) FILTER (kind = 'lead') AS leads, count(*) FILTER (kind <> 'lead') AS deals,
            count(*) FILTER (kind <> 'lead' AND outcome = 'open') AS open, count(*) FILTER (outcome = 'won') AS w,
            count(*) FILTER (outcome = 'lost') AS l, round_even(100 * w / (w + l), 1) AS rate,
            coalesce(sum(amount) FILTER (kind <> 'lead' AND outcome = 'open'), 0) AS expected,
            coalesce(sum(worth) FILTER (kind <> 'lead' AND outcome = 'open'), 0) AS weighted,
            coalesce(sum(amount) FILTER (outcome = 'won'), 0) AS won
          FROM deal WHERE referral."by" IS NOT NULL GROUP BY ALL)
        SELECT b.*, coalesce(due, 0), coalesce(paid, 0) FROM brought b LEFT JOIN earned USING (sponsor)""",
    )


def test_the_whole_on_one_screen(sales: Crm, engine: duckdb.DuckDBPyConnection) -> None:
    stats = json.loads(sales("stats", "-o", "json").out)
    [of_deals] = stats["pipelines"]
    month, before = (
        "closed_on BETWEEN '2026-11-01' AND '2026-11-24'",
        "closed_on BETWEEN '2026-10-01' AND '2026-10-31'",
    )
    year = "closed_on BETWEEN '2025-11-25' AND '2026-11-24'"
    figures = (
        *("open", "expected_revenue", "weighted_revenue", "won", "won_revenue", "won_last_month"),
        *("won_revenue_last_month", "win_rate", "cycle_days", "revenue_per_day"),
    )
    assert {1: tuple(of_deals[each] for each in figures)} == computed(
        engine,
        f"""
        WITH sums AS (
          SELECT count(*) FILTER (outcome = 'open') AS open, sum(amount) FILTER (outcome = 'open') AS expected,
            sum(worth) FILTER (outcome = 'open') AS weighted,
            count(*) FILTER (outcome = 'won' AND {month}) AS won, sum(amount) FILTER (outcome = 'won' AND {month}) AS brought,
            count(*) FILTER (outcome = 'won' AND {before}) AS earlier,
            sum(amount) FILTER (outcome = 'won' AND {before}) AS brought_earlier,
            count(*) FILTER (outcome = 'won' AND {year}) AS w, count(*) FILTER (outcome = 'lost' AND {year}) AS l,
            avg(amount) FILTER (outcome = 'won' AND {year}) AS mean,
            avg(epoch(closed - created) / 86400) FILTER (outcome = 'won' AND {year}) AS cycle
          FROM deal WHERE kind = 'opportunity')
        SELECT 1, open, expected, weighted, won, brought, earlier, brought_earlier, round_even(100 * w / (w + l), 1),
          round_even(cycle, 1), round_even(open * w / (w + l) * mean / cycle, 2) FROM sums""",
    )
    counted = engine.execute(
        """SELECT (SELECT count(*) FROM deal WHERE kind = 'lead' AND outcome = 'open'),
          count(*) FILTER (a.due = '2026-11-24'), count(*) FILTER (a.due < '2026-11-24')
        FROM (SELECT unnest(activities) AS a FROM record) WHERE a.state NOT IN ('done', 'cancelled')"""
    ).fetchone()
    assert (stats["leads"], stats["due"], stats["overdue"]) == counted


@pytest.mark.parametrize("first", ["2026-11-17", "2026-06-01"])
def test_the_digest(sales: Crm, engine: duckdb.DuckDBPyConnection, first: str) -> None:
    rows = json.loads(sales("digest", "--since", first, "-o", "json").out)
    figures = ("leads", "created", "moved", "won", "won_revenue", "lost", "lost_revenue", "paid")
    told = {row["id"]: tuple(row[each] for each in figures) for row in rows}
    assert told == computed(
        engine,
        f"""
        WITH entered AS (
          SELECT DISTINCT e.id FROM entry e JOIN ladder l USING (stage)
          WHERE e.event NOT IN ('created', 'lost', 'reopened') AND e.stage <> 'won'
            AND CAST(timezone('Europe/Paris', timezone('UTC', e.moment)) AS DATE) BETWEEN '{first}' AND '2026-11-23'),
        spent AS (SELECT owner, sum(amount) AS paid FROM reward
                  WHERE state = 'paid' AND day BETWEEN '{first}' AND '2026-11-23' GROUP BY ALL),
        happened AS (
          SELECT d.*, created_on BETWEEN '{first}' AND '2026-11-23' AS came, closed_on BETWEEN '{first}' AND '2026-11-23' AS ended,
            e.id IS NOT NULL AS is_moved FROM deal d LEFT JOIN entered e ON e.id = d.id)
        SELECT h.owner, count(*) FILTER (kind = 'lead' AND came), count(*) FILTER (kind <> 'lead' AND came),
          count(*) FILTER (kind <> 'lead' AND is_moved), count(*) FILTER (outcome = 'won' AND ended),
          coalesce(sum(amount) FILTER (outcome = 'won' AND ended), 0), count(*) FILTER (outcome = 'lost' AND ended),
          coalesce(sum(amount) FILTER (outcome = 'lost' AND ended), 0), coalesce(any_value(s.paid), 0)
        FROM happened h LEFT JOIN spent s ON s.owner IS NOT DISTINCT FROM h.owner GROUP BY h.owner""",
    )
