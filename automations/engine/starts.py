"""Which workflows a definition starts, and as which version each of them."""

from __future__ import annotations

from automations.engine.documents import Definition, Node

START = "action.start_workflow"


def started_by(definition: Definition) -> list[str]:
    """The keys of the workflows that its steps start, each once, in alphabetical order. Disabled steps start none."""
    keys = (node.config.get("workflow") for node in definition.nodes if starts(node))
    return sorted({key for key in keys if isinstance(key, str)})


def version_of(definition: Definition, node: Node) -> int | None:
    """Which version of the workflow that it starts a step is pinned to; None for another step, and without a pin."""
    if not starts(node) or definition.workflows is None:
        return None
    pin = definition.workflows.get(str(node.config.get("workflow")))
    return None if pin is None else int(pin["version"])


def starts(node: Node) -> bool:
    """Whether a step starts a workflow."""
    return node.type == START and not node.disabled
