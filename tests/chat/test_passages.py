from chat.passages import split_units

TEXT = """HNSW, e.g. in Faiss, is a graph. It has layers (see Fig. 2). The cost is $O(\\log N)$. Next `a.b. C` code.

- first item. Still first.
- second item
  goes on

| a | b |
|---|---|
| 1 | 2 |

```python
x = 1. 

y = 2
```

$$
a = b
$$

Last sentence without a stop"""


def test_units_are_verbatim_spans_in_order() -> None:
    units = split_units(TEXT)
    assert all(TEXT[u.start : u.end] == u.text for u in units)
    assert [u.start for u in units] == sorted(u.start for u in units)
    assert [u.kind for u in units] == ["sentence"] * 4 + ["item"] * 2 + ["table", "code", "math", "sentence"]


def test_sentences_end_where_sentences_end() -> None:
    sentences = [u.text for u in split_units(TEXT) if u.kind == "sentence"]
    assert sentences == [
        "HNSW, e.g. in Faiss, is a graph.", "It has layers (see Fig. 2).", "The cost is $O(\\log N)$.", "Next `a.b. C` code.",
        "Last sentence without a stop",
    ]


def test_nothing_but_white_space_lies_between_units() -> None:
    position = 0
    for unit in split_units(TEXT):
        assert not TEXT[position : unit.start].strip()
        position = unit.end
    assert not TEXT[position:].strip()


def test_empty_text_has_no_units() -> None:
    assert split_units("") == split_units("\n\n") == []
