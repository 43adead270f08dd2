"""Basic values that do not depend on records: texts, ids, money, errors."""
