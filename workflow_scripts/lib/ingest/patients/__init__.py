"""The patients table: raw tables joined, mapped and judged, one row per patient."""
