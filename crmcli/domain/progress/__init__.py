"""How deals progress: their course through the stages, and the first answer to who wrote."""
