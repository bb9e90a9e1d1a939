"""The admin API: what the staff pages can do, for programs. JSON, OpenAPI 3.1, problems as in RFC 9457.

A token acts for a person (`gateway.school.staff.api_tokens`); each operation needs the same action as its page.
"""
