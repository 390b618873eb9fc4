"""How much there is: by class, by article, in all. For people; the VoID counts are ``describe``'s."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from pyoxigraph import Store

from kg import vocab

_CLASSES: Final = """
SELECT ?class (COUNT(DISTINCT ?s) AS ?n) {
  GRAPH ?g { ?s a ?class } FILTER(STRSTARTS(STR(?s), "%sid/"))
} GROUP BY ?class"""

_ARTICLES: Final = f"""
SELECT ?article ?class (COUNT(DISTINCT ?s) AS ?n) {{
  GRAPH ?g {{ ?s <{vocab.PAC}evidence> ?passage ; a ?class }}
  GRAPH ?h {{ ?passage <{vocab.PAC}inArticle> ?article }}
}} GROUP BY ?article ?class"""


def of_asserted(store: Store, base: str) -> dict[str, Any]:
    """``classes``: things by class; ``articles``: records by the article of their evidence, and class.

    ``store`` holds the asserted graphs only: with the closure, everything would be counted
    under each class above its own.
    """
    classes = {_short(row["class"]): int(row["n"].value) for row in _rows(store, _CLASSES % base)}
    articles: dict[str, Counter[str]] = {}
    for row in _rows(store, _ARTICLES):
        name = row["article"].value.removeprefix(f"{base}id/")
        articles.setdefault(name, Counter())[_short(row["class"])] = int(row["n"].value)
    return {
        "classes": dict(sorted(classes.items())),
        "articles": {name: dict(sorted(articles[name].items())) for name in sorted(articles)},
    }


def _rows(store: Store, query: str) -> Any:
    return store.query(query)


def _short(term: Any) -> str:
    return vocab.shorten(term.value)
