"""JSON merge patch (RFC 7396): the patched record is checked as a whole, as if newly sent."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, Field, SkipValidation, create_model

from app.kit.fields import Input
from app.kit.reading import read

M = TypeVar("M", bound=BaseModel)
P = TypeVar("P", bound=Input)


def patch_of(
    model: type[BaseModel], *, without: tuple[str, ...] = ()
) -> Callable[[type[P]], type[P]]:
    """Class decorator: every field of `model` becomes optional, its value read only when merged."""

    def decorate(kind: type[P]) -> type[P]:
        fields: dict[str, Any] = {}
        for name, info in model.model_fields.items():
            if name in without:
                continue
            # Built by calls: a type checker has no words for types made at run time.
            whole = info.annotation
            for mark in info.metadata:
                whole = Annotated.__class_getitem__((whole, mark))  # type: ignore[attr-defined]
            whole = SkipValidation.__class_getitem__(whole)  # type: ignore[type-arg]
            optional = Field(None, description=info.description, json_schema_extra=_optional)
            fields[name] = (whole, optional)
        made = create_model(kind.__name__, __base__=kind, __module__=kind.__module__, **fields)
        made.__doc__ = kind.__doc__
        return made

    return decorate


def read_given(patch: BaseModel) -> dict[str, Any]:
    """Return the members that the caller sent, as they were sent."""
    return {name: getattr(patch, name) for name in patch.model_fields_set}


def apply_patch(model: type[M], current: Mapping[str, Any], patch: BaseModel) -> M:
    """Return the record after the patch; raises `Invalid` with everything that is wrong with it.

    `current` is the record in the JSON form of `model`.
    """
    return merge_given(model, current, read_given(patch))


def merge_given(model: type[M], current: Mapping[str, Any], given: Mapping[str, Any]) -> M:
    """Return the record with the members that are given; raises `Invalid` as `apply_patch` does."""
    return validate(model, _merge(current, given))


def validate(model: type[M], data: Any) -> M:
    """Return `data` read as `model`; raises `Invalid` with everything that is wrong."""
    return read(model.model_validate, data)


def _optional(schema: dict[str, Any]) -> None:
    # Absent means unchanged, which no default can say.
    schema.pop("default", None)


def _merge(target: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(target)
    for name, value in patch.items():
        before = result.get(name)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            result[name] = {k: v for k, v in _merge(before, value).items() if v is not None}
        else:
            result[name] = value
    return result
