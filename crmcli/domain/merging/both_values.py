"""The two values of a field in conflict, from the trees of the two ways in which a merge can end."""

from typing import Any

from crmcli.domain.values.values import Plain, Value


def find_value(tree: Value | None, path: str) -> Value | None:
    """Return the value at a path of keys and of ids of list items; None where there is none.

    >>> find_value({"activities": [{"id": "c7", "due": Plain("2026-12-01")}]}, "activities.c7.due")
    Plain(text='2026-12-01')
    """
    if not path or tree is None:
        return tree
    if isinstance(tree, list):
        id, _, rest = path.partition(".")
        items = (item for item in tree if isinstance(item, dict) and flatten_value(item.get("id")) == id)
        return find_value(next(items, None), rest)
    if isinstance(tree, dict):
        for key, value in tree.items():
            if path == key or path.startswith(f"{key}."):
                return find_value(value, path[len(key) + 1 :])
    return None


def flatten_value(value: Any) -> str | None:
    """Return a value as one text, as it stands in the file; None without one.

    >>> flatten_value([Plain("1"), "deux"]), flatten_value({"a": "b"})
    ('1, deux', 'a: b')
    """
    match value:
        case None:
            return None
        case Plain(text=text):
            return text
        case list():
            return ", ".join(flatten_value(each) or "" for each in value)
        case dict():
            return ", ".join(f"{key}: {flatten_value(each) or ''}" for key, each in value.items())
    return str(value)
