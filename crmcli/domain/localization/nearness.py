"""How near a day is, in words."""


def nearness_text(days: int) -> str:
    """Return how far away a day is, in days; negative for one that has passed.

    >>> [nearness_text(days) for days in (-12, -1, 0, 1, 2)]
    ['12 d ago', 'yesterday', 'today', 'tomorrow', 'in 2 d']
    """
    if abs(days) <= 1:
        return ("yesterday", "today", "tomorrow")[days + 1]
    return f"in {days} d" if days > 0 else f"{-days} d ago"
