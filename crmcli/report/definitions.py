"""The definitions of all figures of reports: unit and formula of each; `crm help reports` prints them."""

from collections.abc import Iterator, Mapping

RULES = (
    "Reports: crm report NAME [QUERY] [--by WHAT] [--since DAY] [--until DAY] [--compare PERIOD]",
    "",
    "Which deals",
    "  A report is about opportunities; leads are in it only if the query says is:lead. sources counts them "
    "apart, response and activities are about them too.",
    "  A deal is open, won (its stage is a won one) or lost. A reopened deal is open: its earlier "
    "closing counts nowhere. Closed again, it counts once, at its last closing. A move "
    "that was undone counts nowhere.",
    "  forecast and stale are about open deals, pipeline about won ones, too, where the query asks.",
    "",
    "Period and groups",
    "  --since and --until are days in the workspace's time zone, both included; 2026-10 begins on the 1st "
    "and ends on the 31st. Each report has a day that counts, also for --by month and week:",
    "    pipeline, funnel        the day on which the deal was created",
    "    sources, referrals      the same",
    "    response                the same",
    "    forecast                the day on which the deal is expected to close",
    "    lost, velocity          the day on which it was won or lost; of a stay, that on which it ended",
    "    stale                   the day since which the deal is in its stage",
    "    activities              the deadline; of closed ones the day of closing, for their assignee",
    "  A record without that day is in a report without a period only.",
    "  --by groups by the value that a record has now. Everybody in users:, every open stage, every lost "
    "reason and every month up to now has a row, even with 0. A deal with two tags is in both rows and once "
    "in the total. The month and the week that are not over are marked: unfinished.",
    "  Tables and pictures end with the totals; other formats have them with --total, marked by total, so "
    "that a program which adds up rows counts nothing twice. --no-total leaves them out. With -e, totals "
    "that are all zero are an empty result.",
    "  With several pipelines, each has its own rows and total; they are never added up. referrals, response "
    "and activities are about people, and take all of them together.",
    "  --compare previous takes the period before, of as many whole months or else days; year takes the same "
    "days a year before. before in JSON has all its figures, the table the most important one.",
    "  --as-of DAY gives a report as it stood at the end of that day, from git.",
    "",
    "Pictures",
    "  --plot draws a report as bars: whole, the figure named first; dark in it, the second. funnel by stage "
    "is drawn as a funnel. It is as wide as the terminal, or 80 columns, and in ASCII where the locale is "
    "not UTF-8. crm activity list --by week --plot draws what is due, and what of it is overdue.",
    "",
    "Units",
    "  Amounts are in the workspace's currency, exact to the cent. A weighted amount is rounded half to even "
    "for each deal, and a sum adds these rounded amounts: it can differ by cents from a product of sums.",
    "  Shares are per cent to a tenth, days and hours to a tenth; a day has 24 hours. They are computed "
    "exactly and rounded once, half to even. Without anything to divide by, a figure is empty.",
    "",
)
FIGURES: Mapping[str, Mapping[str, str]] = {
    "report pipeline": {
        "count": "deals in the stage; in won stages only if the query asks for them (is:any)",
        "expected_revenue": "sum of their expected revenue; unknown counts as 0",
        "weighted_revenue": "sum of expected revenue × probability ÷ 100, each rounded to the cent. The "
        "probability is the deal's own, else that of its stage, else of the last stage that has one",
    },
    "report forecast": {
        "count": "open deals expected to close in the month: the current one and the next three; before, "
        "after and undated are rows of their own",
        "expected_revenue": "as in pipeline",
        "weighted_revenue": "as in pipeline; without a probability of its own a deal has that of its stage",
    },
    "report funnel": {
        "entered": "deals that ever entered the stage, each once however often; of other groups, all deals",
        "advanced": "of these, those that are in a later stage now, open or lost there, or are won",
        "lost": "of these, those that are lost in this very stage",
        "open": "of these, those that are open in this stage now",
        "returned": "the rest: those that are in an earlier stage, or in another pipeline",
        "advanced_rate": "100 × advanced ÷ entered",
        "lost_revenue": "expected revenue of those that are lost in this stage",
    },
    "report velocity": {
        "stays": "stays in the stage that have ended; a deal that comes back has another one. Losing ends a "
        "stay, reopening begins one; stays in won stages do not count, nor those in stages that crm.yaml "
        "has no more",
        "mean_days, median_days": "mean and median length of these stays; of an even number, the median is "
        "the mean of the middle two",
        "open": "deals that are open now (in the stage)",
        "won, lost": "deals won and lost in the period",
        "win_rate": "100 × won ÷ (won + lost)",
        "mean_won": "mean expected revenue of the won deals that have one",
        "cycle_days": "mean time from creation to winning, of the won deals",
        "revenue_per_day": "open × won ÷ (won + lost) × mean_won ÷ cycle_days, from exact values",
    },
    "report sources, referrals": {
        "leads, deals": "leads; opportunities, which are open, won or lost",
        "win_rate": "100 × won ÷ (won + lost)",
        "expected_revenue, weighted_revenue": "of the open ones, as in pipeline",
        "won_revenue": "expected revenue of the won ones",
        "rewards_due, rewards_paid": "rewards of the sponsor for these deals, in money",
    },
    "report lost": {
        "lost, lost_revenue": "lost deals, and their expected revenue",
        "share": "100 × lost ÷ all lost deals of the report",
        "stages, reasons": "in which stages they died, and why; unstated is a loss without a reason",
    },
    "report stale": {
        "open, stale": "open deals, and those of them that exceed stale_after of their stage (is:stale)",
        "share": "100 × stale ÷ open",
        "median_days, oldest_days": "whole days that they have been inactive, by the clock of their stage",
        "expected_revenue, weighted_revenue": "of the stale ones, as in pipeline",
    },
    "report response": {
        "count": "records that began as a lead or with a message (ingest), qualified ones too",
        "answered, unanswered": "those with and without a first answer: the first mail that a person sent, "
        "or the first activity done. Mails that rules queue do not count",
        "mean_hours, median_hours": "from creation to the first answer, nights and weekends included",
        "within_hour, within_day": "100 × those answered within 1 hour, 24 hours ÷ count",
        "longest_wait_hours": "the longest wait of an open record without an answer",
    },
    "report activities": {
        "count": "activities of all records, also of leads and of closed deals",
        "planned, overdue": "those to do, and those of them whose deadline has passed for the assignee",
        "done, cancelled": "those that were closed",
        "in_time": "100 × done on the day of the deadline or before ÷ done with a deadline",
    },
    "stats": {
        "open … weighted_revenue": "as in pipeline, by pipeline",
        "won, won_last_month": "deals won in this month so far, and in the whole month before",
        "win_rate, cycle_days": "as in velocity, of the last twelve months; so is revenue_per_day",
        "leads": "open leads",
        "due, overdue": "planned activities due today, and those whose deadline has passed",
        "stale, unanswered": "open deals with is:stale; open records with is:unanswered questions",
        "waiting": "open records that came in and have no first answer, as in response",
        "kept_aside, unsent": "messages in quarantine; mails that wait, are held, uncertain or failed",
    },
    "digest": {
        "leads, created": "leads and deals created in the period, which ends yesterday",
        "moved": "deals that entered another open stage in the period",
        "won, lost": "deals won and lost in the period, and their expected revenue",
        "stuck": "deals that are stale now",
        "paid": "rewards paid in the period, in money",
    },
}
WIDTH = 24  # of the column of names


def explain_figures() -> str:
    """Return the definitions of all figures as text."""
    return "\n".join([*RULES, *figure_lines()]) + "\n"


def figure_lines() -> Iterator[str]:
    """Yield a line for each figure, report by report."""
    for report, figures in FIGURES.items():
        yield report
        for name, definition in figures.items():
            if len(name) > WIDTH - 2:
                yield f"  {name}"
                name = ""
            yield f"  {name:<{WIDTH}}{definition}"
        yield ""
