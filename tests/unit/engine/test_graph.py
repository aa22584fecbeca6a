from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from automations.engine.documents import Definition, Edge, Node
from automations.engine.graph import Graph, ancestors, build_graph, reachable
from tests.unit.speed import quick


def graph(nodes: str, *edges: str) -> Graph:
    """A graph of one-letter nodes; an edge is "ab"."""
    return build_graph(
        Definition(tuple(Node(key, "x") for key in nodes), tuple(Edge(e[0], e[1]) for e in edges))
    )


def test_the_order_follows_the_edges() -> None:
    assert graph("dcba", "dc", "cb", "ba").order == ("d", "c", "b", "a")


def test_free_nodes_are_walked_in_the_order_of_their_ids_whatever_the_document_says() -> None:
    assert graph("cab").order == graph("bca").order == ("a", "b", "c")


def test_numbers_in_ids_sort_as_numbers() -> None:
    nodes = tuple(Node(key, "x") for key in ("a10", "a2", "a02", "a1b"))
    assert build_graph(Definition(nodes, ())).order == ("a1b", "a02", "a2", "a10")


def test_a_graph_without_a_circle_has_no_cycle() -> None:
    diamond = graph("abcd", "ab", "ac", "bd", "cd")
    assert diamond.cycle == ()
    assert diamond.cycles == ()
    assert [edge.source for edge in diamond.incoming["d"]] == ["b", "c"]
    assert [edge.target for edge in diamond.outgoing["a"]] == ["b", "c"]


def test_a_cycle_names_its_nodes_once_in_order() -> None:
    circled = graph("tabcz", "ta", "ab", "bc", "ca", "cz")
    assert circled.order == ("t",)
    assert sorted(circled.cycle) == ["a", "b", "c"]
    assert is_cycle(circled, circled.cycle)


def test_separate_cycles_are_all_named() -> None:
    assert sorted(map(sorted, graph("abcdx", "ab", "ba", "cd", "dc", "ax").cycles)) == [
        ["a", "b"],
        ["c", "d"],
    ]


def test_a_node_connected_to_itself_is_a_cycle() -> None:
    assert graph("a", "aa").cycle == ("a",)


def test_what_follows_a_cycle_is_not_on_it() -> None:
    tail = graph("zyab", "ab", "ba", "by", "yz")
    assert sorted(tail.cycle) == ["a", "b"]


def test_reachable_includes_the_starts() -> None:
    assert reachable(graph("abcd", "ab", "bc"), ["a"]) == {"a", "b", "c"}
    assert reachable(graph("ab"), []) == set()


def test_ancestors_are_all_nodes_before() -> None:
    diamond = graph("abcd", "ab", "ac", "bd", "cd")
    before = ancestors(diamond)
    assert named(diamond, before["d"]) == {"a", "b", "c"}
    assert named(diamond, before["b"]) == {"a"}
    assert before["a"] == 0


def test_nodes_on_a_cycle_have_no_known_ancestors() -> None:
    assert set(ancestors(graph("abc", "ab", "bc", "cb"))) == {"a"}


def test_a_large_graph_is_built_quickly() -> None:
    nodes = tuple(Node(f"n{index}", "x") for index in range(1_000))
    edges = tuple(Edge(f"n{index % 1_000}", f"n{(index * 7 + 1) % 1_000}") for index in range(5_000))
    quick(lambda: build_graph(Definition(nodes, edges)), 0.5)


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20))
def test_order_and_cycles_are_true_to_the_edges(pairs: list[tuple[int, int]]) -> None:
    built = graph("01234567", *(f"{source}{target}" for source, target in pairs))
    place = {key: index for index, key in enumerate(built.order)}
    for source, target in pairs:
        if str(target) in place:
            assert place[str(source)] < place[str(target)]
    assert bool(built.cycles) == (len(built.order) < 8)
    for cycle in built.cycles:
        assert is_cycle(built, cycle)
        assert len(set(cycle)) == len(cycle)
    assert len({key for cycle in built.cycles for key in cycle}) == sum(map(len, built.cycles))


def is_cycle(built: Graph, cycle: tuple[str, ...]) -> bool:
    following = [*cycle[1:], cycle[0]]
    return all(
        target in [edge.target for edge in built.outgoing[source]]
        for source, target in zip(cycle, following, strict=True)
    )


def named(built: Graph, bits: int) -> set[str]:
    return {key for place, key in enumerate(built.order) if bits >> place & 1}
