"""Values that know nothing of records: texts, ids, money, errors."""
