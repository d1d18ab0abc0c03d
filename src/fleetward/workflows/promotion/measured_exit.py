"""The exit criteria of a pilot, compared with the metrics of the commit that is judged."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC

from fleetward import gate, survey
from fleetward.domain import layout
from fleetward.store.imports.reported_metrics import reported_figures
from fleetward.workflows.promotion.context import PromotionContext


def with_exit_criteria(context: PromotionContext, request: gate.PromotionRequest) -> gate.PromotionRequest:
    """
    The request with its exit criteria, where the policy asks for them; else nothing is read.

    Those of what runs hold beside those of the candidate: a release does not loosen what it is judged by.
    Errors: FleetError where a file of metrics cannot be read.
    """
    if not gate.asks_exit_criteria(request, context.policy):
        return request
    # which files those are says the governance in force, and what is in them the commit that is judged
    patterns = context.fleet.config.metrics_files
    today = context.run.now.astimezone(UTC).date()
    tree = context.root.commit_tree(context.head)
    manifests = [manifest for manifest in (request.running, request.candidate) if manifest is not None]
    return replace(
        request,
        exit_criteria=survey.exit_criteria_results(
            manifests,
            reported_figures(tree, patterns, today) if patterns else (),
            names={request.binding.agent, request.renamed_from or request.binding.agent},
            # a pilot that runs is measured where it runs
            environments=(context.target.name,) if request.running else context.sources,
            today=today,
            source=" ".join(patterns) or f"reporting.metrics of {layout.CONFIG}",
        ),
    )
