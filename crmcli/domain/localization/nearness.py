"""How near a day is, in words of the language of the screen."""

from crmcli.domain.localization.translations import deferred, translate

NEAR = {-1: deferred("yesterday"), 0: deferred("today"), 1: deferred("tomorrow")}


def nearness_text(days: int) -> str:
    """Return how far away a day is, in days; negative for one that has passed.

    >>> [nearness_text(days) for days in (-12, -1, 0, 1, 2)]
    ['12 d ago', 'yesterday', 'today', 'tomorrow', 'in 2 d']
    """
    if abs(days) <= 1:
        return translate(NEAR[days])
    return translate("in {days} d", days=days) if days > 0 else translate("{days} d ago", days=-days)
