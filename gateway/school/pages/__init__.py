"""Pages for staff: server-rendered, usable without script, in Dutch and English.

A view reads a request, calls one operation and renders; who may is declared above it (`access`), and nothing here
decides what leaves. Adding pages is a module with a blueprint and one line in `gateway.school.app`.
"""
