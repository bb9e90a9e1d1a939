"""The way back: from what a vendor returned to a record about a real pupil."""
