"""Which roots reach which nodes of a graph, in time that grows with the graph alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping


def reach(edges: Mapping[str, Iterable[str]], roots: Mapping[str, int]) -> dict[str, int]:
    """Return node -> the roots that lead to it, over any number of edges, as a set of bits.

    Args:
        edges: Node -> the nodes it leads to.
        roots: Node -> the roots that lead to it directly.
    """
    found = dict.fromkeys(edges, 0)
    for circle in _circles(edges):
        bits = 0
        for node in circle:
            bits |= found[node] | roots.get(node, 0)
        for node in circle:
            found[node] = bits
            for other in edges[node]:
                found[other] |= bits
    return found


def _circles(edges: Mapping[str, Iterable[str]]) -> Iterator[list[str]]:
    """Yield the strongly connected components, each before those it leads to (Kosaraju's algorithm)."""
    backwards: dict[str, list[str]] = {node: [] for node in edges}
    for node, others in edges.items():
        for other in others:
            backwards[other].append(node)
    seen: set[str] = set()
    for node in reversed(_finished(edges, edges, set())):
        if node not in seen:
            yield _finished(backwards, [node], seen)


def _finished(edges: Mapping[str, Iterable[str]], starts: Iterable[str], seen: set[str]) -> list[str]:
    """Return all nodes that the starts lead to and that were not seen, each behind those it leads to."""
    order: list[str] = []
    for start in starts:
        if start in seen:
            continue
        seen.add(start)
        path = [(start, iter(edges[start]))]
        while path:
            node, others = path[-1]
            following = next((other for other in others if other not in seen), None)
            if following is None:
                order.append(node)
                path.pop()
            else:
                seen.add(following)
                path.append((following, iter(edges[following])))
    return order
