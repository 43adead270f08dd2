"""Operations on the workspace itself: it is created, examined, and its ids are renamed."""
