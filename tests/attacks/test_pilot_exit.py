"""A pilot becomes production by what was measured, and by nothing that its release says of itself."""

from __future__ import annotations

from pathlib import Path

from tests.attacks.scenarios import CONFIG, MANIFEST, POLICY, CommandResult, FleetRepository, running_fleet

ASKED = "  - {id: exit, when: {to: production, becomes: production}, require: [{criteria: met}]}\nveto:"
REPORTED = CONFIG + "reporting: {metrics: [reports/metrics/*.csv]}\n"
PILOT = """\
  pilot:
    volume: {metric: calls-per-week, min: 20}
    quality: {metric: pass-rate, min: 0.9}
    incidentResponse: calls go to the desk
    exit: [{metric: pass-rate, min: 0.92}, {metric: error-rate, max: 0.05}]
    decideBy: 2026-12-15
"""
FILE, LINK = "reports/metrics/november.csv", "reports/metrics/link.csv"
HEAD = "date,agent,environment,metric,value\n"
GOOD = HEAD + "2026-11-19,desk,production,pass-rate,0.95\n2026-11-19,desk,,error-rate,0.04\n"


def pilot_that_wants_production(folder: Path) -> FleetRepository:
    """Desk runs as a pilot; what waits in staging is production, without a word of the pilot."""
    place = running_fleet(
        folder,
        policy=POLICY.replace("veto:", ASKED, 1),
        config=REPORTED,
        manifest=_as_pilot(MANIFEST % "desk"),
    )
    place.write("environments/staging/desk/agent.yaml", MANIFEST % "desk")
    place.commit("the pilot is over")
    place.approve("carla")
    return place


def _as_pilot(manifest: str) -> str:
    return manifest.replace("lifecycle: production", "lifecycle: pilot") + PILOT


def criteria(result: CommandResult) -> tuple[str, str]:
    """Status and detail of the requirement."""
    [need] = [need for need in result.agent["requirements"] if need["kind"] == "criteria"]
    return need["status"], need["detail"]


def measured(place: FleetRepository, text: str) -> CommandResult:
    """The verdict once the metrics say *text*."""
    place.write(FILE, text)
    place.commit("metrics")
    return place.judge()


def test_a_pilot_ends_by_its_metrics_at_the_commit_that_is_judged(tmp_path: Path) -> None:
    place = pilot_that_wants_production(tmp_path)
    unknown = place.judge()
    one = measured(place, HEAD + "2026-11-19,desk,staging,pass-rate,0.95\n2026-11-19,desk,,error-rate,0.06\n")
    wrong = measured(place, GOOD + "2026-11-18,desk,,error-rate,few\n")
    met = measured(place, GOOD)
    # what only lies in the work tree says nothing
    place.write(FILE, HEAD)
    unsaved = place.judge()
    place.git("checkout", "-q", "--", FILE)
    why = place.fleet("why", "desk", "--to", "production")
    applied = place.apply()
    place.write(FILE, HEAD + "2026-11-20,desk,,pass-rate,0.1\n")
    place.commit("later it is worse")
    audit = place.fleet("audit", "--json")

    assert unknown.code == 1
    assert criteria(unknown) == (
        "missing",
        "pass-rate at least 0.92 is unknown: no value in reports/metrics/*.csv; "
        "error-rate at most 0.05 is unknown: no value in reports/metrics/*.csv",
    )
    assert criteria(one) == (
        "missing",
        "pass-rate at least 0.92 is unknown: no value in reports/metrics/*.csv; "
        "error-rate at most 0.05 is not met: 0.06 on 2026-11-19 (reports/metrics/november.csv:3)",
    )
    assert wrong.code == 2
    assert f"{FILE}:4: 'few' is not a number" in wrong.err
    assert (met.code, criteria(met)) == (0, criteria(unsaved))
    assert criteria(met) == (
        "met",
        "pass-rate at least 0.92 is met: 0.95 on 2026-11-19 (reports/metrics/november.csv:2); "
        "error-rate at most 0.05 is met: 0.04 on 2026-11-19 (reports/metrics/november.csv:3)",
    )
    assert "0.95 on 2026-11-19" in why.out
    assert applied.code == 0, applied.output
    assert audit.code == 0, audit.output


def test_a_link_to_better_figures_is_not_followed_and_stops_who_asks_alone(tmp_path: Path) -> None:
    place = pilot_that_wants_production(tmp_path)
    place.write(FILE, GOOD)
    (place.path / LINK).symlink_to("../../elsewhere.csv")
    place.commit("a link")
    linked = place.judge()
    place.write("environments/staging/desk/agent.yaml", _as_pilot(MANIFEST % "desk"))
    place.change()
    place.approve("carla")
    still_a_pilot = place.judge()

    assert linked.code == 2
    assert f"'{LINK}' is a link or no file" in linked.err
    assert still_a_pilot.code == 0, still_a_pilot.output
    assert "criteria" not in still_a_pilot.reasons()
