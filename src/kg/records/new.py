"""A new record in a dataset: its id, the file it belongs in, and writing it there without touching others."""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kg import disk, vocab
from kg.errors import DataError, UsageError
from kg.findings import Finding, Location, Severity
from kg.records import dataset, templates
from kg.records.dataset import Dataset
from kg.records.files import shown
from kg.records.load import Parsed
from kg.records.model import Field, Kind, RecordModel, RecordType
from kg.records.names import nearest, nearest_id, slug, to_refer
from kg.records.parse import Parser, Record
from kg.records.passages import Passage
from kg.records.reader import Items, read
from kg.records.templates import Given

_PLURAL: Final = {"person": "people"}
ENDING: Final = ".yaml"
_NESTED: Final = re.compile(r"\{.*\}")


@dataclass(frozen=True, slots=True)
class New:
    """A record that was made: its id, its text, what is still to be filled in, and what to look at."""

    id: str
    text: str
    to_do: tuple[str, ...]
    notes: tuple[Finding, ...] = ()


def type_of(name: str, model: RecordModel) -> RecordType:
    """The type that ids begin with, or that has this name. Raises UsageError."""
    for kind in model.top_level():
        if name in (kind.path, kind.name):
            return kind
    known = sorted(kind.path for kind in model.top_level())
    raise UsageError(f"there is no kind of record {name!r}", hint=nearest(name, known))


def make(
    found: Dataset, parsed: Parsed, kind: RecordType, name: str, given: Given, model: RecordModel
) -> New:
    """The text of a new record. ``name`` gives its id where it is no slug already.

    Raises UsageError for an id that is taken and for values that their fields do not take.
    """
    local = f"{kind.path}/{_name(name)}"
    _refuse_taken(local, parsed)
    for field in given:
        if field not in kind.fields or kind.fields[field].derived:
            raise UsageError(f"{kind.name} has no field {field!r}", hint=nearest(field, model.written(kind)))
        if kind.fields[field].nested and not all(map(_NESTED.fullmatch, given[field])):
            raise UsageError(f"{field} takes nested records", hint="write {field: value, field: value}")
    try:
        text = templates.record(kind, local, given, model)
    except DataError as error:
        raise UsageError("these values make no record", hint="see to brackets, commas and colons") from error
    record, faults = _read(found, text, model)
    wrong = [f for f in faults if f.code != "to-do"]
    for fault in wrong:
        raise UsageError(fault.message, hint=fault.remedy)
    if record is None:
        raise UsageError("these values make no record")
    return New(local, text, tuple(_to_do(faults)), tuple(_notes(found, parsed, record)))


def _name(name: str) -> str:
    if vocab.LOCAL_ID.fullmatch(f"x/{name}"):
        return name
    made = slug(name)
    if not made:
        raise UsageError(f"no id can be made from {name!r}", hint="give one: --id a-slug")
    return made


def _refuse_taken(local: str, parsed: Parsed) -> None:
    for record in (inner for top in parsed.records for inner in top.all()):
        if record.id == local:
            raise UsageError(
                f"{local} is there already: {record.at.file}:{record.at.line}",
                hint="add to that record, or give this one another id: --id a-slug",
            )
    if local.partition("/")[2] in parsed.lost:
        raise UsageError(f"a record {local} may be there, but cannot be read", hint="run kg validate first")


def _read(found: Dataset, text: str, model: RecordModel) -> tuple[Record | None, list[Finding]]:
    parser = Parser(model, found.language)
    tree = read(text.encode(), "new")
    records = parser.file(tree.root, Location("new"))
    return (records[0] if records else None), [*tree.findings, *parser.findings]


def _to_do(faults: Iterable[Finding]) -> Iterable[str]:
    return (f.message.partition(" ")[0] for f in faults if f.code == "to-do")


def _notes(found: Dataset, parsed: Parsed, record: Record) -> Iterable[Finding]:
    """What is not wrong in itself: references to what is not there yet, and a namesake."""
    mine = {inner.id for inner in record.all()}
    known = [inner.id for top in parsed.records for inner in top.all()]
    for field, wanted in _referred(found, record):
        if wanted not in mine and wanted not in known:
            paths = field.paths or (wanted.partition("/")[0],)
            fitting = [local for local in known if local.partition("/")[0] in paths]
            remedy = to_refer(wanted, field.name, field.paths, fitting)
            message = f"{field.name}: there is no record {wanted!r}"
            yield Finding(Severity.INFO, "dangling-reference", message, remedy, record.at)
    alike = nearest_id(
        record.id, [r.id for r in parsed.records if r.type is record.type and r.id not in mine]
    )
    if alike:
        message = f"there is {alike} already: the same?"
        yield Finding(Severity.INFO, "alike", message, "if so, add to that record", record.at)


def _referred(found: Dataset, record: Record) -> Iterable[tuple[Field, str]]:
    """Each field that refers to a record of the dataset, and the id."""
    for inner in record.all():
        for name, values in inner.values.items():
            field = inner.type.fields[name]
            for value in values if field.kind is Kind.REFERENCE else ():
                wanted = value.text.removeprefix(found.iri(""))
                if vocab.LOCAL_ID.fullmatch(wanted):
                    yield field, wanted


def place(found: Dataset, parsed: Parsed, kind: RecordType, given: Given) -> Path:
    """The customary file for a record: where its type stands already.

    Where several files of one folder hold the type, one for each article, it is the file of the article that
    the evidence cites, or a new one for it; else the file with most of them; where there is none, one named
    after the type.
    """
    holding = Counter(r.at.file for r in parsed.records if r.type is kind and _is_yaml(Path(r.at.file)))
    if not holding:
        plural = _PLURAL.get(
            kind.path, kind.path[:-1] + "ies" if kind.path.endswith("y") else kind.path + "s"
        )
        return found.root / f"{plural}{ENDING}"
    cited = (Passage.parse(text) for text in given.get("evidence", ()))
    article = next((passage.article for passage in cited if passage), "")
    articles = {r.id.partition("/")[2] for r in parsed.records if r.type.name == "Article"}
    apart = {Path(file).parent for file in holding if Path(file).stem in articles}
    if article and len(apart) == 1:
        return found.root / apart.pop() / f"{article}{ENDING}"
    most = max(sorted(holding), key=lambda file: holding[file])
    return found.root / most


def _is_yaml(path: Path) -> bool:
    return path.suffix.lower() in (".yaml", ".yml")


def append(found: Dataset, path: Path, made: New) -> int:
    """Write the record at the end of a file, which may be new; the line it begins on.

    Raises UsageError for a file that would not be read, DataError for one that has no plain list of records
    at its left margin, EnvironmentFault.
    """
    path = path.resolve()
    if not _is_yaml(path) or not path.is_relative_to(found.root):
        raise UsageError(f"{path} would not be read", hint=f"records stand in .yaml files below {found.root}")
    with disk.faults("reading", path):
        old = path.read_text(encoding="utf-8-sig") if path.exists() else ""
    before = read(old.encode(), shown(found, path))
    text = f"{old.rstrip()}\n\n{made.text}" if old.strip() else made.text
    after = read(text.encode(), shown(found, path))
    count = len(before.root.items) if isinstance(before.root, Items) else 0
    if before.findings or not isinstance(after.root, Items) or len(after.root.items) != count + 1:
        message = f"{shown(found, path)} is no list of records at the left margin: nothing was written"
        raise DataError(message, before.findings, found.root)
    disk.make_folder(path.parent)
    with disk.faults("writing", path):
        disk.replace(path, text)
    return after.root.items[-1].at.line


def listing(found: Dataset, file: str, title: str) -> str:
    """dataset.toml with a source file listed; empty where it is listed already.

    Raises UsageError where that cannot be done by adding to its end, EnvironmentFault.
    """
    if any(source.file == file for source in found.sources):
        return ""
    path = found.root / dataset.FILE
    with disk.faults("reading", path):
        old = path.read_text(encoding="utf-8")
    names = (json.dumps(text, ensure_ascii=False).replace("\x7f", "") for text in (file, title))
    entry = "[[sources]]\nfile = {}\ntitle = {}\n".format(*names)
    made = f"{old.rstrip()}\n\n{entry}"
    try:
        tomllib.loads(made)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(
            f"{dataset.FILE} does not list its sources as [[sources]]", hint=f"list {file!r} there by hand"
        ) from error
    return made
