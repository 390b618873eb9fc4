"""Blunders in a query: brackets, clauses and patterns that are not as the grammar wants them.

Looked for only in a query that the engine does not parse: most rules would be wrong about some that it does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Final

from kg.query.scene import CLOSING, TERMS, Fault, Scene
from kg.query.tokens import Lexer, Token

AGGREGATES: Final = frozenset({"COUNT", "SUM", "AVG", "MIN", "MAX", "SAMPLE"})
_ORDER: Final = {"GROUP": 0, "HAVING": 1, "ORDER": 2, "LIMIT": 3, "OFFSET": 3}
_LEVELS: Final = 20
"""Brackets around an aggregate that are looked at."""
_WRITTEN: Final = 80
_EXPRESSION: Final = "an expression in SELECT stands in parentheses and has a name"
_PARTING: Final = frozenset("{}.;,")
_AFTER: Final = {";": 2, ",": 1}
_ENDS: Final = frozenset({"SELECT", "WHERE", "FROM", "GROUP", "ORDER", "LIMIT"})


def blunder(scene: Scene) -> Fault | None:
    """The first blunder of the kind that comes first here, or None."""
    found = (fault for rule in _RULES for fault in rule(scene))
    return next(found, None)


def unbound(scene: Scene) -> Fault | None:
    """The first variable of the SELECT that is not in the GROUP BY, in a query with one SELECT."""
    selects = [i for i in range(len(scene)) if scene.word(i) == "SELECT"]
    groups = [i for i in range(len(scene)) if scene.word(i) == "GROUP" and scene.word(i + 1) == "BY"]
    if len(selects) != 1 or len(groups) > 1:
        return None
    grouped = {token.text[1:] for i in groups for token in scene.tokens[i:] if token.kind == "var"}
    for index in _selected(scene, selects[0]):
        token = scene.tokens[index]
        if token.kind == "var" and token.text[1:] not in grouped:
            what = f"{token.text} is neither in GROUP BY nor in an aggregate"
            add = (
                f"add it to GROUP BY, or write (SAMPLE({token.text}) AS ?…)"
                if groups
                else f"add GROUP BY {token.text}"
            )
            return Fault(token.start, what, add)
    return None


def _selected(scene: Scene, select: int) -> Iterator[int]:
    """The numbers of the tokens of a SELECT clause, without what stands in parentheses."""
    for index in range(select + 1, len(scene)):
        if scene.word(index) in _ENDS or scene.sign(index) == "{":
            return
        if scene.openers[index] == scene.openers[select]:
            yield index


def _brackets(scene: Scene) -> Iterator[Fault]:
    lexer = Lexer(scene.text)
    stack: list[int] = []
    for index, token in enumerate(scene.tokens):
        if token.kind != "other" or token.start > scene.position + 1:
            continue
        if token.text in CLOSING:
            stack.append(index)
        elif token.text in CLOSING.values():
            if not stack:
                yield Fault(
                    token.start,
                    f"this {token.text} closes nothing",
                    "take it out, or open a bracket before it",
                )
                return
            opener = scene.tokens[stack.pop()]
            if CLOSING[opener.text] != token.text:
                place = "line {}, column {}".format(*lexer.place(token.start))
                hint = f"add {CLOSING[opener.text]} before the {token.text} at {place}"
                yield Fault(opener.start, f"the {opener.text} that opens here is not closed", hint)
                return
    if stack and scene.position >= len(scene.text.rstrip()):
        opener = scene.tokens[stack[-1]]
        hint = f"the query ends before it: add {CLOSING[opener.text]}"
        yield Fault(opener.start, f"the {opener.text} that opens here is not closed", hint)


def _select(scene: Scene) -> Iterator[Fault]:
    for index, token in scene.read():
        if scene.word(index) != "SELECT":
            continue
        items = [i for i in _selected(scene, index) if scene.word(i) not in ("DISTINCT", "REDUCED")]
        if not items and len(scene) > index + 1:
            yield Fault(token.end, "SELECT names no variable", "write SELECT * or SELECT ?x")
        for item in items:
            yield from _item(scene, item)


def _item(scene: Scene, item: int) -> Iterator[Fault]:
    start = scene.tokens[item].start
    if scene.sign(item) == ",":
        yield Fault(start, "the variables of SELECT stand without commas", "take the comma out")
    elif scene.word(item) == "AS":
        yield Fault(start, _EXPRESSION, f"write ({scene.sign(item - 1)} AS {scene.sign(item + 1)})")
    elif scene.word(item) and scene.sign(item + 1) == "(":
        yield Fault(start, _EXPRESSION, f"write ({_written(scene, item, item + 1)} AS ?value)")
    elif scene.sign(item) == "(" and item not in scene.names:
        yield Fault(start, _EXPRESSION, f"write {_written(scene, item, item)[:-1]} AS ?value)")


def _written(scene: Scene, first: int, opener: int) -> str:
    """The text from a token to the end of a bracket, or its beginning where it is long."""
    level = scene.openers[opener]
    closing = next((i for i in range(opener + 1, len(scene)) if scene.openers[i] == level), -1)
    written = scene.text[scene.tokens[first].start : scene.tokens[closing].end]
    return written if len(written) <= _WRITTEN else "(…)" if first == opener else f"{scene.sign(first)}(…)"


def _order(scene: Scene) -> Iterator[Fault]:
    last: dict[int, str] = {}
    for index, token in scene.read():
        word, level = scene.word(index), scene.openers[index]
        if word == "SELECT":
            last.pop(level, None)
        if word == "GROUP" and scene.word(index + 1) != "BY":  # GRAPH is no clause, GROUP_CONCAT no GROUP
            continue
        if word == "ORDER" and scene.word(index + 1) != "BY":
            yield Fault(token.end, "BY is missing after ORDER", "write ORDER BY ?x")
        if word in _ORDER:
            before = last.get(level, word)
            if _ORDER[before] > _ORDER[word]:
                hint = "the order is GROUP BY, HAVING, ORDER BY, LIMIT and OFFSET"
                yield Fault(token.start, f"{word} stands after {before}", hint)
            last[level] = word


def _conditions(scene: Scene) -> Iterator[Fault]:
    for index, token in scene.read():
        word = scene.word(index)
        if word in ("FILTER", "HAVING") and (
            scene.kind(index + 1) in TERMS - {"name", "iri"} or scene.sign(index + 1) == "!"
        ):
            start = scene.tokens[index + 1].start
            yield Fault(
                start, f"the condition of {word} stands in parentheses", f"for example {word}(?x > 3)"
            )
        if word in AGGREGATES and scene.sign(index + 1) == "(" and _in_filter(scene, index):
            yield Fault(
                token.start, f"{word} stands in a FILTER", "aggregates stand in SELECT, HAVING and ORDER BY"
            )
        if word == "EXISTS" and scene.sign(index + 1) != "{":
            yield Fault(
                token.end, "EXISTS takes a group of patterns", "for example FILTER EXISTS { ?s ?p ?o }"
            )
        if word in ("LIMIT", "OFFSET") and scene.kind(index + 1) not in ("number", "word"):
            yield Fault(token.end, f"{word} takes a whole number", f"for example {word} 10")


def _in_filter(scene: Scene, index: int) -> bool:
    for _ in range(_LEVELS):
        index = scene.openers[index]
        if index < 0 or scene.sign(index) != "(":
            return False
        if scene.word(index - 1) == "FILTER":
            return True
    return False


def _bind(scene: Scene) -> Iterator[Fault]:
    used: defaultdict[int, set[str]] = defaultdict(set)
    for index, token in scene.read():
        if token.kind == "var":
            used[scene.openers[index]].add(token.text[1:])
        if scene.word(index) != "BIND" or scene.sign(index + 1) != "(":
            continue
        named = scene.names.get(index + 1)
        if named is None:
            yield Fault(token.start, "BIND gives no name", "write BIND(… AS ?x)")
            continue
        name, group = scene.sign(named + 1), used[scene.openers[index]]
        if scene.kind(named + 1) != "var":
            yield Fault(
                token.start, f"{name[:40]} is no variable", "BIND(… AS ?x) gives its value to a variable"
            )
        elif name[1:] in group:
            start = scene.tokens[named + 1].start
            yield Fault(start, f"{name} has a value already", f"take a new name, or FILTER({name} = …)")
        group.add(name[1:])


def _patterns(scene: Scene) -> Iterator[Fault]:
    """Triple patterns of plain terms; a path, a list or a blank node in brackets is not followed further."""
    parts, wanted, plain = 0, 3, True
    for index, token in scene.read():
        if token.text in _PARTING and token.kind == "other":
            if plain and scene.openers[index if token.text != "}" else index - 1] not in scene.rows:
                yield from _unfinished(scene, index, parts, wanted)
            parts, wanted, plain = 0, _AFTER.get(token.text, 3), True
        elif (
            scene.within(index) != "{"
            or scene.openers[index] in scene.rows
            or scene.word(index) not in ("", "A")
        ):
            parts, wanted, plain = 0, 3, scene.within(index) == "{"
        elif token.kind in TERMS or scene.word(index) == "A":
            parts += 1
            if plain and wanted == parts + 1 and _no_predicate(token):
                what = f"{token.text[:40]} stands in the place of a predicate"
                yield Fault(token.start, what, "a predicate is an IRI, a variable or a path")
            if plain and parts > wanted:
                yield Fault(
                    token.start, "a sign is missing before this", "patterns are parted by . or by ; and ,"
                )
        else:
            plain = False


def _unfinished(scene: Scene, index: int, parts: int, wanted: int) -> Iterator[Fault]:
    start, before = scene.tokens[index].start, scene.sign(index - 1)
    if 0 < parts < wanted:
        missing = "one is" if wanted - parts == 1 else "two are"
        what = "a pattern has three parts: subject, predicate and object"
        yield Fault(start, what, f"{missing} missing before this")
    elif parts == 0 and before in (".", ",") and (before == "," or scene.sign(index) == "."):
        yield Fault(
            start, f"a pattern is missing between {before} and {scene.sign(index)}", f"take one {before} out"
        )


def _no_predicate(token: Token) -> bool:
    return token.kind in ("string", "number") or token.text.startswith("_:")


def _blank_nodes(scene: Scene) -> Iterator[Fault]:
    groups: dict[str, int] = {}
    for index, token in scene.read():
        here = scene.openers[index]
        labelled = token.text.startswith("_:") and scene.within(index) == "{"
        if labelled and groups.setdefault(token.text, here) != here:
            yield Fault(token.start, f"{token.text} stands in two groups", "take a variable in its place")


def _what_follows(scene: Scene) -> Iterator[Fault]:
    groups = 0
    for index, token in scene.read():
        groups += token.text == "}" and scene.openers[index] == -1
        if groups and token.text == ";" and scene.openers[index] == -1:
            yield Fault(
                token.start,
                "nothing follows the end of a query",
                "one query at a time, without a ; behind it",
            )


_RULES: Final[tuple[Callable[[Scene], Iterator[Fault]], ...]] = (
    _brackets,
    _select,
    _order,
    _conditions,
    _bind,
    _what_follows,
    _patterns,
    _blank_nodes,
)
