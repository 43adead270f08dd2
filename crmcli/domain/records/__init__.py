"""Operations on leads, opportunities and contacts."""
