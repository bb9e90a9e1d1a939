"""`demo --check`: the promise, asserted from the bytes that vendors and school systems received.

Never from our own tables: a gateway that wrote the right thing down and sent the wrong thing must fail here. Each check
has a name and answers with a fault or None; a test shows that each fails under a sabotage.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from gateway.demo.board import MadeUpBoard, role_of, sourced_id
from gateway.demo.shelf import Record
from gateway.demo.story import Scene

Check = Callable[[Scene], str | None]


def check_scene(scene: Scene) -> dict[str, str]:
    """The checks that fail, with their faults; no fault quotes a value of a pupil."""
    failed: dict[str, str] = {}
    for name, check in CHECKS.items():
        try:
            fault = check(scene)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            fault = f"the scene is not as it must be ({type(error).__name__})"
        if fault is not None:
            failed[name] = fault
    return failed


def _users(board: MadeUpBoard) -> list[Record]:
    return board.records("users")


def _names(user: Record) -> Iterator[str]:
    given, family = str(user.get("givenName", "")), str(user.get("familyName", ""))
    middle = str(user.get("middleName", "") or "")
    for first in {given, str(user.get("preferredFirstName") or given)}:
        yield f"{first} {family}"
        if middle:
            yield f"{first} {middle} {family}"


def _secrets(user: Record) -> Iterator[str]:
    metadata = user.get("metadata")
    number = metadata.get("onderwijsnummer") if isinstance(metadata, dict) else None
    if isinstance(number, str):
        yield number
    for name in ("username", "email", "phone", "sms", "userMasterIdentifier"):
        value = user.get(name)
        if isinstance(value, str) and len(value) >= 6:
            yield value
    listed = user.get("userIds")
    for item in listed if isinstance(listed, list) else []:
        if len(str(item.get("identifier", ""))) >= 6:
            yield str(item["identifier"])


def _everything(scene: Scene, letter: str) -> str:
    return scene.vendors[letter].received_bytes().decode("utf-8", "replace").lower()


def no_pupil_value_reached_a_vendor(scene: Scene) -> str | None:
    for letter in scene.vendors:
        received = _everything(scene, letter)
        for board in scene.boards:
            for user in _users(board):
                staff = role_of(user) not in ("student", "guardian", "parent")
                values = list(_secrets(user)) if staff else [*_names(user), *_secrets(user)]
                if any(value.lower() in received for value in values):
                    return f"vendor {letter} received a value of a {'staff member' if staff else 'pupil or guardian'}"
    return None


def pupils_have_aliases(scene: Scene) -> str | None:
    real = {
        str(user[name])
        for board in scene.boards
        for user in board.pupils()
        for name in ("givenName", "familyName", "middleName", "preferredFirstName", "username")
        if user.get(name)
    }
    for letter in ("A", "D"):
        for user in scene.pulls[letter]["users"]:
            if role_of(user) == "student" and not real.isdisjoint(map(str, user.values())):
                return f"vendor {letter} received a name of a pupil"
    return None


def no_identifier_of_the_school_left(scene: Scene) -> str | None:
    pattern = re.compile(r'"sourcedId"\s*:\s*"([^"]*)"')
    for letter, vendor in scene.vendors.items():
        for exchange in vendor.received:
            if exchange.method != "GET":
                continue
            for identifier in pattern.findall(exchange.body.decode("utf-8", "replace")):
                if not re.fullmatch(r"p[a-z2-7]{40,250}", identifier):
                    return f"vendor {letter} received an identifier that is no pseudonym"
    return None


def free_text_is_scrubbed(scene: Scene) -> str | None:
    titles = {str(group["title"]) for group in scene.pulls["A"]["classes"]}
    if not any("[naam]" in title for title in titles):
        return "no name was taken out of a group's title, and two groups are named after people"
    for board in scene.boards:
        for user in _users(board):
            if role_of(user) == "student" and any(
                re.search(rf"\b{re.escape(str(user['givenName']))}\b", title) and "Bijles" in title
                for title in titles
            ):
                return "a group is still called after a pupil"
    return None


def everyone_in_scope_is_there_once(scene: Scene) -> str | None:
    for letter in ("A", "D"):
        users = scene.pulls[letter]["users"]
        pupils = [user["sourcedId"] for user in users if role_of(user) == "student"]
        expected = sum(len(_active_pupils(board)) for board in scene.boards)
        if len(pupils) != expected or len(set(map(str, pupils))) != expected:
            return f"vendor {letter} has {len(pupils)} pupils instead of {expected}"
    return None


def _active_pupils(board: MadeUpBoard) -> list[Record]:
    return [user for user in board.pupils() if user.get("status", "active") == "active"]


def vendors_cannot_be_joined(scene: Scene) -> str | None:
    def ids(letter: str) -> set[str]:
        text = _everything(scene, letter)
        return set(re.findall(r"p[a-z2-7]{60,}", text))

    if ids("A") & ids("D"):
        return "vendors A and D hold the same pseudonym"
    aliases = {str(user["familyName"]) for user in scene.pulls["A"]["users"] if role_of(user) == "student"}
    if aliases & {str(user.get("familyName")) for user in scene.pulls["D"]["users"]}:
        return "vendors A and D hold the same alias"
    return None


def order_and_stamps_are_our_own(scene: Scene) -> str | None:
    stamps = {str(r.get("dateLastModified")) for board in scene.boards for r in _users(board)}
    for letter in ("A", "D"):
        users = scene.pulls[letter]["users"]
        if [user["sourcedId"] for user in users] != sorted(str(user["sourcedId"]) for user in users):
            return f"vendor {letter} received an order that is not by pseudonym"
        if stamps & {str(user["dateLastModified"]) for user in users}:
            return f"vendor {letter} received a moment of the school's system"
    return None


def without_names_means_without_names(scene: Scene) -> str | None:
    users = scene.pulls["D"]["users"]
    if len({(str(user["givenName"]), str(user["familyName"])) for user in users}) != 1:
        return "vendor D can tell persons apart by a name"
    if any("username" in user or "email" in user for user in users):
        return "vendor D received a user name or e-mail address"
    if "demographics" in scene.pulls["D"] and scene.pulls["D"]["demographics"]:
        return "vendor D received demographics"
    return None


def no_agreement_means_no_data(scene: Scene) -> str | None:
    for letter, code in (("B", "agreement_ended"), ("C", "agreement_missing")):
        if letter in scene.pulls:
            return f"vendor {letter} received records"
        if code not in scene.refusals[letter].body.decode():
            return f"vendor {letter} was not told {code}"
        if re.search(rb'"(users|sourcedId)"', scene.vendors[letter].received_bytes()):
            return f"vendor {letter} received a record"
    return None


def results_are_at_the_right_pupil(scene: Scene) -> str | None:
    if len(scene.results) != len(scene.boards):
        return "vendor A could not return a result for each school"
    for board, school in zip(scene.boards, scene.schools, strict=True):
        written = [
            json.loads(write.body)["result"] for write in school.writes if write.collection == "results"
        ]
        if len(written) != 1:
            return f"a school system received {len(written)} results instead of one"
        if written[0]["student"]["sourcedId"] != board.cast.in_two_classes:
            return "a result is at the wrong pupil"
        name = next(str(org["name"]) for org in board.records("orgs") if org["type"] == "school")
        expected = 7.5 + [school_name for school_name, _ in scene.results].index(name)
        if float(written[0]["score"]) != expected:
            return "a result has another score than was returned"
        if re.search(r"p[a-z2-7]{60,}", json.dumps(written[0])):
            return "a pseudonym reached the school's system"
    return None


def birth_dates_are_years(scene: Scene) -> str | None:
    dates = [str(each.get("birthDate")) for each in scene.pulls["A"]["demographics"]]
    if not dates:
        return "vendor A received no years of birth, and its agreement lists them"
    return None if all(date.endswith("-01-01") for date in dates) else "a birth date left whole"


def register_before_release(scene: Scene) -> str | None:
    answer = scene.unregistered
    if answer is None or answer.status != 503 or b"sourcedId" in answer.body:
        return "data left while the register could not be written"
    registered = {str(row["request_id"]) for row in scene.disclosures}
    for vendor in scene.vendors.values():
        for exchange in vendor.received:
            holds_data = exchange.method == "GET" and b'"sourcedId"' in exchange.body
            if holds_data and exchange.header("X-Request-Id") not in registered:
                return "a page that a vendor received is not in the register"
    return None


_FIELDS: Final = {
    "A": {
        "users": {"givenName", "familyName", "username", "grades"},
        "classes": {"title", "grades", "subjects"},
        "orgs": {"name"},
        "demographics": {"birthDate"},
    },
    "D": {"users": set[str](), "classes": {"grades"}, "orgs": {"name"}, "demographics": set[str]()},
}
"""What the agreements list, by vendor and collection."""

_STRUCTURE: Final = {
    "users": {"enabledUser", "roles", "primaryOrg", "agents", "givenName", "familyName"},
    "classes": {"classType", "course", "school", "terms", "title"},
    "orgs": {"type", "parent", "children", "identifier"},
    "demographics": set[str](),
}
"""What the standard demands; names and titles only as words that say nothing, which other checks look at."""


def only_listed_fields_left(scene: Scene) -> str | None:
    for letter, listed in _FIELDS.items():
        for collection, names in listed.items():
            allowed = names | _STRUCTURE[collection] | {"sourcedId", "status", "dateLastModified"}
            for record in scene.pulls[letter].get(collection, []):
                if surplus := set(record) - allowed:
                    return f"vendor {letter} received {collection} with {', '.join(sorted(surplus))}"
    return None


def refusals_left_the_school_alone(scene: Scene) -> str | None:
    if scene.asked_for_refused:
        return "a school system was asked because of a vendor who was refused"
    return None


def results_come_after_their_tests(scene: Scene) -> str | None:
    if any(answer.status != 201 for answer in scene.answers):
        return "something that vendor A returned was not accepted"
    for school in scene.schools:
        written: set[tuple[str, str]] = set()
        for write in school.writes:
            for name, collection in (("lineItem", "lineItems"), ("category", "categories")):
                reference = write.document.get(name)
                if reference is not None and (collection, sourced_id(reference)) not in written:
                    return "something was written before what it refers to"
            written.add((write.collection, write.identifier))
    return None


def names_are_joined_by_the_school_only(scene: Scene) -> str | None:
    """Vendor A's download after relink: every pupil once, at the right school, under the right name."""
    found = Counter((row["school"], row["voornaam"], row["achternaam"]) for row in scene.relinked)
    expected: Counter[tuple[str, str, str]] = Counter()
    for board in scene.boards:
        school = next(str(org["name"]) for org in board.records("orgs") if org["type"] == "school")
        for user in _active_pupils(board):
            given = str(user.get("preferredFirstName") or user["givenName"])
            expected[school, given, str(user["familyName"])] += 1
    return None if found == expected else "the vendor's download does not have the school's pupils in it"


CHECKS: Final[dict[str, Check]] = {
    check.__name__: check
    for check in (
        no_pupil_value_reached_a_vendor,
        pupils_have_aliases,
        no_identifier_of_the_school_left,
        free_text_is_scrubbed,
        everyone_in_scope_is_there_once,
        vendors_cannot_be_joined,
        order_and_stamps_are_our_own,
        without_names_means_without_names,
        no_agreement_means_no_data,
        results_are_at_the_right_pupil,
        birth_dates_are_years,
        register_before_release,
        only_listed_fields_left,
        refusals_left_the_school_alone,
        results_come_after_their_tests,
        names_are_joined_by_the_school_only,
    )
}
"""Every check by its name."""
