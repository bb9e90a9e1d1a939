"""Reports of what the agreements say: the register of processing, who gets what, for parents, what is missing.

They read the register of agreements and hold no pupil.
"""
