"""Switching a product over that already holds our pupils under real ids."""
