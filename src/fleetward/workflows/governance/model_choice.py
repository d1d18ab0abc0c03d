"""Which models OLD and NEW are, and what governance/models.yaml has to say of the new one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from fleetward import rules
from fleetward.domain.errors import UsageError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.fleet import Snapshot
from fleetward.domain.manifest import Manifest
from fleetward.domain.model_upgrade import ListedModel, ModelNeed
from fleetward.domain.names import nearest_name
from fleetward.store.formats.yaml_scalar import yaml_scalar

Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChoice:
    """The model to replace, and the one to use."""

    old: ListedModel
    new: ListedModel

    def is_old(self, entry: Entry) -> bool:
        """Does the entry of a manifest name the model to replace? A version only counts where OLD has one."""
        if not _has_name(entry, self.old.name):
            return False
        provider = rules.model_identity(str(entry.get("provider") or ""), "")[0]
        return provider == rules.model_identity(self.old.provider, "")[0]


def choose_models(fleet: Snapshot, manifests: Sequence[Manifest], old: str, new: str) -> ModelChoice:
    """
    The models that OLD and NEW name, as NAME or PROVIDER/NAME.

    *manifests* are those in which OLD is sought. The provider of NEW, where it is not named, is the one that
    governance/models.yaml has for it, else the one of OLD.
    Errors: UsageError where no agent uses OLD, one of them fits several providers, or they are the same.
    """
    old_model = _old_model(fleet, manifests, old)
    new_model = _new_model(fleet, manifests, old_model, old, new)
    if _identity(old_model) == _identity(new_model):
        raise UsageError(f"OLD and NEW are the same model: {old_model.text}", hint="name another NEW")
    return ModelChoice(old=old_model, new=new_model)


def model_needs(fleet: Snapshot, choice: ModelChoice) -> tuple[ModelNeed, ...]:
    """What governance/models.yaml needs before the new model may be used, or should say of it."""
    new = choice.new
    is_closed = any(entry.get("allowed") is True for entry in _listed(fleet))
    allowed = ", allowed: true" if is_closed or new.allowed is not None else ""
    version = f", version: {yaml_scalar(new.version)}" if new.version else ""
    fields = f"provider: {yaml_scalar(new.provider)}, name: {yaml_scalar(new.name)}{version}{allowed}"
    entry = f"- {{{fields}}}"
    if not new.listed:
        why = "only models that it allows may be used" if is_closed else "it says nothing of when it retires"
        return (ModelNeed(action="add", entry=entry, reason=f"{new.text} is not listed: {why}"),)
    if new.allowed is False or (is_closed and not new.allowed):
        return (ModelNeed(action="allow", entry=entry, reason=f"{new.text} is listed, and not allowed"),)
    if not new.retires_at:
        dated = f"- {{{fields}, retiresAt: YYYY-MM-DD}}"
        return (ModelNeed(action="date", entry=dated, reason=f"{new.text} has no retirement date"),)
    return ()


def _listed(fleet: Snapshot) -> Sequence[Entry]:
    return (fleet.models.data.get("models") if fleet.models else None) or ()


def _old_model(fleet: Snapshot, manifests: Sequence[Manifest], text: str) -> ListedModel:
    used = [
        entry for manifest in manifests for _, entry in rules.model_entries(manifest) if entry.get("name")
    ]
    matches = [entry for entry in used if _is_named(entry, text)]
    if not matches:
        names = {f"{entry.get('provider')}/{entry['name']}" for entry in used}
        close = nearest_name(text, names) or nearest_name(text, {str(entry["name"]) for entry in used})
        hint = f"did you mean {close!r}?" if close else "fleet list --fields agent,model"
        raise UsageError(f"no agent that was asked for uses a model {text!r}", hint=hint)
    providers = sorted({str(entry.get("provider")) for entry in matches})
    if len({rules.model_identity(provider, "")[0] for provider in providers}) > 1:
        raise UsageError(
            f"{text!r} is a model of {' and of '.join(providers)}", hint=f"name one: {providers[0]}/{text}"
        )
    return _described(fleet, matches[0])


def _new_model(
    fleet: Snapshot, manifests: Sequence[Manifest], old: ListedModel, old_text: str, text: str
) -> ListedModel:
    listed = [entry for entry in _listed(fleet) if _is_named(entry, text)]
    same_provider = [entry for entry in listed if entry.get("provider") == old.provider]
    if same_provider or listed:
        candidates = same_provider or listed
        providers = sorted({str(entry.get("provider")) for entry in candidates})
        if len(providers) > 1:
            raise UsageError(
                f"{text!r} is a model of {' and of '.join(providers)}",
                hint=f"name one: {providers[0]}/{text}",
            )
        return _described(fleet, candidates[0])
    prefix, separator, name = text.partition("/")
    # a name may hold a slash itself, as those of routers do: then NEW is written as OLD was
    is_bare = old_text == old.name and "/" in old.name
    if separator and name and not is_bare and prefix in _providers(fleet, manifests, old):
        return _described(fleet, {"provider": prefix, "name": name})
    return _described(fleet, {"provider": old.provider, "name": text})


def _providers(fleet: Snapshot, manifests: Sequence[Manifest], old: ListedModel) -> Iterator[str]:
    yield old.provider
    yield from (str(entry.get("provider")) for entry in _listed(fleet))
    yield from (
        str(entry.get("provider")) for manifest in manifests for _, entry in rules.model_entries(manifest)
    )
    yield from rules.known_providers()


def _described(fleet: Snapshot, entry: Entry) -> ListedModel:
    """The model with what governance/models.yaml says of it."""
    listed = rules.listed_model(fleet, entry)
    provider, name, version = str(entry.get("provider")), str(entry.get("name")), entry.get("version")
    model = ListedModel(
        provider=provider,
        name=name,
        version=str(version) if version else None,
        pin=rules.classify_pin(provider, name, str(version) if version else None).pin_class.value,
    )
    if listed is None:
        return model
    return replace(
        model,
        listed=True,
        allowed=listed.get("allowed"),
        retires_at=listed.get("retiresAt"),
        replaced_by=listed.get("replacedBy"),
    )


def _is_named(entry: Entry, text: str) -> bool:
    """Does *text* name the model, as NAME or PROVIDER/NAME?"""
    provider = str(entry.get("provider") or "")
    usual_provider = rules.model_identity(provider, "")[0]
    return _has_name(entry, text) or any(
        text.startswith(f"{prefix}/") and _has_name(entry, text.removeprefix(f"{prefix}/"))
        for prefix in {provider, usual_provider}
    )


def _has_name(entry: Entry, name: str) -> bool:
    version = entry.get("version")
    identity = rules.model_identity(
        str(entry.get("provider") or ""), str(entry.get("name") or ""), str(version) if version else None
    )
    return name in (entry.get("name"), identity[1])


def _identity(model: ListedModel) -> tuple[str, str]:
    return rules.model_identity(model.provider, model.name, model.version)
