"""The neutral model between sources and planes: kinds, fields and references in OneRoster 1.2 terms."""
