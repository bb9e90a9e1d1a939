"""Any-vendor mode: the roster in a vendor's own column layout, and its results file back, for products that only have
an upload page. Nothing is asked of the vendor: it gets the file that it always got, with aliases.

`layout` is the file format (model: a small YAML), `catalogue` what its fields mean, `exporting` the way out and
`returning` the way back; both use the one door of their direction (holdings, inbox).
"""
