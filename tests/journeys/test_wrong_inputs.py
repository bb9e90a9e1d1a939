"""Every command with wrong inputs that people really give: a sentence, a code, an exit status, and nothing changed."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.demo.board import made_up_board
from gateway.demo.population import IdStyle
from gateway.demo.school_system import SimulatedSchool
from gateway.demo.stage import free_port, write_private
from gateway.egress import HostClient
from tests.journeys.desk import Outcome, added_events, changes, state_of, typed
from tests.journeys.rig import Rig

USAGE, REFUSED, SCHOOL_SYSTEM, NOT_READY = 2, 3, 4, 5
SAID = "--as administratie"


class Furnished:
    """A home that has everything, for commands that must leave it as it is, and files to give them."""

    def __init__(self, folder: Path, school: SimulatedSchool) -> None:
        self.rig = Rig(folder, [school])
        self.school = school
        self.rig.agree("rekenwijs")
        self.rig.register("taalplezier")
        ended = self.rig.agree("leesmeter")
        self.rig.command("agreement", "end", ended)
        self.rig.agree("onderzoek", legal_basis="6-1-a")
        self.rig.agree("fotoboek", legal_basis="6-1-a")
        self.rig.refresh()
        self.files = folder / "papers"
        self.files.mkdir()
        self.rig.command("consent", "form", "onderzoek", "-o", str(self.files / "form.html"))
        self.rig.command("regulation", "add", "2025", "--from", "2025-08-01", "--as", "ik")
        write_private(self.files / "wrong-passphrase", b"een heel andere lange wachtzin\n")
        write_private(self.files / "short-passphrase", b"kort\n")
        write_private(self.files / "empty", b"\n")
        write_private(self.files / "void", b"")
        write_private(self.files / "secret", b"een-ander-geheim")
        write_private(self.files / "same-secret", school.client_secret.encode())
        (self.files / "there.csv").write_text("er staat al iets\n")
        (self.files / "image.csv").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)))
        (self.files / "names.csv").write_text("naam;cijfer\nSem;7\n")
        heading = "pupil;product;purpose;answer;by;on;method;evidence;text\n"
        (self.files / "no-columns.csv").write_text("leerling;antwoord\nlas-1:5;ja\n")
        (self.files / "answers.csv").write_text(
            f"{heading}5;onderzoek;;given;self;2026-09-01;paper;map 1;1\nlas-1:5;onderzoek;;ja;ouder;1 mei;fax;;\n"
        )
        (self.files / "no.json").write_text("{ dit is geen record")
        (self.files / "sheet.txt").write_text("1: AAAA BBBB CCCC DDDD\n")
        self._papers()

    def _papers(self) -> None:
        """Agreement records with something wrong."""
        faulty = self.rig.record("foutje", agreement_id="VO-fout")
        del faulty["art28"]["g_end"]  # type: ignore[attr-defined]
        faulty["processor"]["kvk"] = "12"  # type: ignore[index]
        faulty["products"][0]["data"][0]["form"] = "helder"  # type: ignore[index]
        foreign = self.rig.record("vreemd", agreement_id="VO-vreemd", brins=["11AB"])
        taken = self.rig.record("rekenwijs", agreement_id="VO-kaper", kvk="87654399")
        again = self.rig.record("rekenwijs")
        for name, record in (("faulty", faulty), ("foreign", foreign), ("taken", taken), ("again", again)):
            (self.files / f"{name}.json").write_text(json.dumps(record, ensure_ascii=False))

    def path(self, name: str) -> str:
        """A file that was prepared, or one that is not there."""
        return str(self.files / name)


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    with SimulatedSchool(made_up_board(11, schools=2, pupils=20, ids=IdStyle.NUMBER)) as school:
        furnished = Furnished(tmp_path_factory.mktemp("furnished"), school)
        yield furnished
        furnished.rig.stop()


@dataclass(frozen=True, slots=True)
class Wrong:
    """A command as typed; `@name` stands for a file, `{port}` and `{url}` for what the test knows."""

    line: str
    status: int
    code: str
    passphrase: str | None = "passphrase"


WRONG = (
    # init
    Wrong("init --board Andere", USAGE, "home_of_other_board"),
    Wrong("init --board ''", USAGE, "board_invalid"),
    Wrong("init", USAGE, "usage"),
    Wrong("init --board Stichting_Toets --brin 9ZZZ", USAGE, "brin_invalid"),
    Wrong("init --board Stichting_Toets --brin 97XX", USAGE, "settings_differ"),
    Wrong("init --board Stichting_Toets --public-url http://school.example", USAGE, "public_url_not_https"),
    Wrong("init --board Stichting_Toets --public-url school.example", USAGE, "public_url_invalid"),
    Wrong("init --board Stichting_Toets --database mysql://x/y", USAGE, "database_address_invalid"),
    Wrong("init --board Stichting_Toets --database ::::", USAGE, "database_address_invalid"),
    # sandbox
    Wrong("sandbox create --passend", USAGE, "usage"),
    Wrong("sandbox reset --passend", USAGE, "usage"),
    Wrong("sandbox show --passend", USAGE, "usage"),
    Wrong("sandbox run --passend", USAGE, "usage"),
    # staff
    Wrong("staff invite iemand --display-name Iemand", USAGE, "staff_role_missing"),
    Wrong("staff invite iemand --display-name Iemand --role baas", USAGE, "staff_role_unknown"),
    Wrong("staff invite iemand --display-name Iemand --role school_leader", USAGE, "staff_role_unknown"),
    Wrong("staff invite a:b --display-name Iemand --role auditor", USAGE, "staff_name_invalid"),
    Wrong("staff list --passend", USAGE, "usage"),
    Wrong("staff roles onbekend --role auditor --by beheer", USAGE, "staff_unknown"),
    Wrong("staff close onbekend --by beheer", USAGE, "staff_unknown"),
    Wrong("staff token issue onbekend --label x --role auditor", USAGE, "staff_unknown"),
    Wrong("staff token list --passend", USAGE, "usage"),
    Wrong("staff token revoke onbekend", USAGE, "token_unknown"),
    Wrong("staff end-sessions", USAGE, "staff_name_missing"),
    Wrong("staff end-sessions onbekend", USAGE, "staff_unknown"),
    Wrong("serve --bind 127.0.0.1:1 --pages 127.0.0.1:2 --front", USAGE, "pages_at_the_door"),
    Wrong("serve --bind 127.0.0.1:1 --pages nergens --school", USAGE, "bind_invalid"),
    # key
    Wrong("key show --passphrase-file @wrong-passphrase", NOT_READY, "ring_wrong_passphrase", None),
    Wrong("key passphrase --new-passphrase-file @short-passphrase", USAGE, "passphrase_refused"),
    Wrong("key passphrase --new-passphrase-file @nowhere", USAGE, "secret_file_unreadable"),
    Wrong(
        "key passphrase --new-passphrase-file @secret --passphrase-file @wrong-passphrase",
        NOT_READY, "ring_wrong_passphrase", None,
    ),
    Wrong("key add-version onbekend", REFUSED, "unknown_product"),
    Wrong("key add-version", USAGE, "usage"),
    Wrong("key retire onbekend", REFUSED, "unknown_product"),
    Wrong("key sheet --confirm AAAA-BBBB", USAGE, "sheet_refused"),
    Wrong("key sheet -o @there.csv", USAGE, "file_exists"),
    Wrong("key sheet -o @nowhere/sheet.txt", USAGE, "file_unwritable"),
    Wrong("key sheet --passphrase-file @wrong-passphrase", NOT_READY, "ring_wrong_passphrase", None),
    Wrong("key recover --sheet-file @sheet.txt --copy @nowhere", NOT_READY, "ring_missing"),
    Wrong("key recover --sheet-file @nowhere --copy @nowhere", USAGE, "secret_file_unreadable"),
    Wrong("key recover --sheet-file @sheet.txt --copy @there.csv", NOT_READY, "ring_foreign_file"),
    Wrong("key recover --sheet-file @sheet.txt --copy {ring}", USAGE, "sheet_refused"),
    Wrong("key recover --copy @nowhere", USAGE, "usage"),
    Wrong("key recover --copy {ring} --share @names.csv", USAGE, "sheet_refused"),
    Wrong("key recover --copy {ring} --share @names.csv --share @sheet.txt", USAGE, "sheet_refused"),
    Wrong("key recover --copy {ring} --share @nowhere --share @nowhere", USAGE, "secret_file_unreadable"),
    Wrong("key recover --copy {ring} --share @names.csv --sheet-file @sheet.txt", USAGE, "usage"),
    Wrong("key shares", USAGE, "usage"),
    Wrong("key shares -o @there.csv", USAGE, "file_exists"),
    Wrong("key shares -o @nowhere/x/y", USAGE, "file_unwritable"),
    Wrong("key shares -o @new --passphrase-file @wrong-passphrase", NOT_READY, "ring_wrong_passphrase", None),
    Wrong("key confirm-share --share @names.csv", USAGE, "sheet_refused"),
    Wrong("key confirm-share --share @nowhere", USAGE, "secret_file_unreadable"),
    Wrong("key confirm-share", USAGE, "usage"),
    Wrong("key backup @there.csv", REFUSED, "ring_exists"),
    Wrong("key backup @nowhere/ring", NOT_READY, "ring_unusable"),
    Wrong("key destroy onbekend", REFUSED, "unknown_product"),
    Wrong("key destroy rekenwijs --passphrase-file @wrong-passphrase", NOT_READY, "ring_wrong_passphrase", None),
    Wrong("key destroy rekenwijs --new-passphrase-file @short-passphrase", USAGE, "passphrase_refused"),
    Wrong("key onbekend", USAGE, "usage"),
    # source
    Wrong("source add las-1 {access} --client-secret-file @secret", USAGE, "source_exists"),
    Wrong("source add las-1 {other} --client-secret-file @same-secret", USAGE, "source_exists"),
    Wrong("source add Las {access} --client-secret-file @secret", USAGE, "source_setting_refused"),
    Wrong("source add las-2 {access} --client-secret-file @nowhere", USAGE, "secret_file_unreadable"),
    Wrong("source add las-2 {access} --client-secret-file @empty", USAGE, "secret_file_empty"),
    Wrong("source add las-2 {access} --client-secret-file @secret --space 'a b'", USAGE, "source_setting_refused"),
    Wrong("source add las-2 {access} --client-secret-file @secret --results mail", USAGE, "usage"),
    Wrong(
        "source add las-2 --standard uwlr --url https://las.example --token-url https://las.example/t "
        "--client-id x --client-secret-file @secret",
        USAGE, "standard_unknown",
    ),
    Wrong(
        "source add las-2 --standard oneroster-1.2 --url http://las.example --token-url https://las.example/t "
        "--client-id x --client-secret-file @secret",
        USAGE, "address_not_encrypted",
    ),
    Wrong(
        "source add las-2 --standard oneroster-1.2 --url las.example --token-url https://las.example/t "
        "--client-id x --client-secret-file @secret",
        USAGE, "address_refused",
    ),
    Wrong("source check onbekend", USAGE, "source_unknown"),
    Wrong("source secret onbekend --client-secret-file @secret", USAGE, "source_unknown"),
    Wrong("source secret las-1 --client-secret-file @nowhere", USAGE, "secret_file_unreadable"),
    Wrong("source secret las-1 --client-secret-file @empty", USAGE, "secret_file_empty"),
    Wrong("source secret las-1", USAGE, "usage"),
    Wrong("source secret las-1 --client-secret-file @secret", SCHOOL_SYSTEM, "source_unauthorised"),
    Wrong("source schools onbekend", USAGE, "source_unknown"),
    Wrong("source schools las-1 --map school", USAGE, "map_invalid"),
    Wrong("source schools las-1 --map school-1=11AB", USAGE, "brin_not_of_board"),
    Wrong("source schools las-1 --map bestaat-niet=99ZZ", USAGE, "organisation_unknown"),
    # agreement
    Wrong("agreement lint @nowhere", USAGE, "file_unreadable"),
    Wrong("agreement lint @no.json", REFUSED, "agreement_faults"),
    Wrong("agreement lint @faulty.json", REFUSED, "agreement_faults"),
    Wrong("agreement lint @again.json --document @there.csv", REFUSED, "agreement_faults"),
    Wrong("agreement register @faulty.json --by iemand", REFUSED, "agreement_faults"),
    Wrong("agreement register @again.json", USAGE, "usage"),
    Wrong("agreement register @foreign.json --by iemand", USAGE, "brin_not_of_board"),
    Wrong("agreement register @taken.json --by iemand", REFUSED, "product_of_other_recipient"),
    Wrong("agreement register @again.json --by iemand", REFUSED, "already_registered"),
    Wrong("agreement register @nowhere --by iemand", USAGE, "file_unreadable"),
    Wrong("agreement accept-finding VO-rekenwijs no_such --reason omdat --by bestuurder", REFUSED, "finding_unknown"),
    Wrong("agreement accept-finding VO-x no_document --reason omdat --by bestuurder", USAGE, "agreement_unknown"),
    Wrong("agreement accept-finding VO-rekenwijs no_document --by bestuurder", USAGE, "usage"),
    Wrong("agreement advise VO-rekenwijs --outcome misschien --text advies.txt --by fg", USAGE, "usage"),
    Wrong("agreement advise VO-rekenwijs --outcome negative --text nergens.txt --by fg", USAGE, "file_unreadable"),
    Wrong("agreement approve VO-x --by bestuurder", USAGE, "agreement_unknown"),
    Wrong("agreement approve VO-rekenwijs --by bestuurder", REFUSED, "already_approved"),
    Wrong("agreement activate VO-x", USAGE, "agreement_unknown"),
    Wrong("agreement activate VO-leesmeter", REFUSED, "agreement_not_approved"),
    Wrong("agreement suspend VO-x", USAGE, "agreement_unknown"),
    Wrong("agreement suspend VO-taalplezier", REFUSED, "agreement_not_active"),
    Wrong("agreement end VO-x", USAGE, "agreement_unknown"),
    Wrong("agreement end VO-rekenwijs --on morgen", USAGE, "date_invalid"),
    Wrong("agreement end VO-leesmeter", REFUSED, "agreement_ended"),
    Wrong("agreement end VO-rekenwijs --shred-on morgen", USAGE, "date_invalid"),
    Wrong("agreement end VO-rekenwijs --shred-on 2099-01-01 --keep-pseudonyms", USAGE, "shredding_invalid"),
    Wrong("agreement end VO-rekenwijs --on 2099-01-01 --shred-on 2099-01-31", REFUSED, "shredding_too_early"),
    Wrong("agreement end VO-taalplezier --shred-on 2099-01-01", REFUSED, "shredding_without_end"),
    Wrong("agreement end VO-rekenwijs --by ' '", USAGE, "person_missing"),
    Wrong("agreement shredding VO-x --keep-pseudonyms --by ik", USAGE, "agreement_unknown"),
    Wrong("agreement shredding VO-leesmeter --by ik", USAGE, "shredding_invalid"),
    Wrong("agreement shredding VO-leesmeter --shred-on 2020-01-01 --by ik", REFUSED, "shredding_too_early"),
    Wrong("agreement shredding VO-rekenwijs --shred-on 2099-01-01 --by ik", REFUSED, "shredding_without_end"),
    Wrong("agreement list te-veel", USAGE, "usage"),
    Wrong("agreement show VO-x", USAGE, "agreement_unknown"),
    Wrong("agreement leaflet @nowhere", USAGE, "file_unreadable"),
    Wrong("agreement leaflet @there.csv --accept x", USAGE, "options_differ"),
    Wrong("agreement export VO-x -o @nieuw.txt", USAGE, "format_unknown"),
    Wrong("agreement export VO-x -o @nieuw.json", USAGE, "agreement_unknown"),
    # client
    Wrong("client issue 'reken wijs'", USAGE, "product_invalid"),
    Wrong("client issue", USAGE, "usage"),
    Wrong("client issue rekenwijs --with-secret", USAGE, "card_missing"),
    Wrong("client issue rekenwijs --card @there.csv", USAGE, "file_exists"),
    Wrong("client issue rekenwijs --card @nowhere/card.json", USAGE, "file_unwritable"),
    Wrong("client issue 'reken wijs' --card @new.json", USAGE, "product_invalid"),
    Wrong("client revoke onbekend", USAGE, "client_unknown"),
    # what follows from terms
    Wrong("terms run te-veel", USAGE, "usage"),
    Wrong("terms list --days veel", USAGE, "usage"),
    Wrong("deletion list --state weg", USAGE, "usage"),
    Wrong("deletion confirm VO-leesmeter leesmeter --by ik", USAGE, "usage"),
    Wrong("deletion confirm VO-leesmeter leesmeter --document @nowhere --by ik", USAGE, "file_unreadable"),
    Wrong("deletion confirm VO-leesmeter leesmeter --document @void --by ik", USAGE, "file_empty"),
    Wrong("deletion confirm VO-leesmeter leesmeter --document @there.csv --by ' '", USAGE, "person_missing"),
    Wrong("deletion confirm VO-rekenwijs rekenwijs --document @there.csv --by ik", USAGE, "deletion_unknown"),
    Wrong("subprocessor notice VO-x Naam --country NL --service hosting --by ik", USAGE, "agreement_unknown"),
    Wrong("subprocessor notice VO-leesmeter Naam --country NL --service x --by ik", REFUSED, "agreement_not_active"),
    Wrong("subprocessor notice VO-rekenwijs Naam --country nl --service x --by ik", USAGE, "subprocessor_invalid"),
    Wrong("subprocessor notice VO-rekenwijs X --country NL --service x --on 2099-01-01 --by ik", USAGE, "date_invalid"),
    Wrong("subprocessor notice VO-rekenwijs Naam --country NL --service x --on nu --by ik", USAGE, "date_invalid"),
    Wrong("subprocessor object 17 --reason omdat --by ik", USAGE, "notice_unknown"),
    Wrong("subprocessor object x --reason omdat --by ik", USAGE, "notice_unknown"),
    Wrong("subprocessor object 17 --by ik", USAGE, "usage"),
    Wrong("subprocessor accept 99999999999999999999 --by ik", USAGE, "notice_unknown"),
    Wrong("subprocessor list te-veel", USAGE, "usage"),
    Wrong("receipt list te-veel", USAGE, "usage"),
    Wrong("receipt show 999 -o @new.html", USAGE, "receipt_unknown"),
    Wrong("receipt show x -o @new.html", USAGE, "receipt_unknown"),
    Wrong("receipt show 1 -o @there.csv", USAGE, "file_exists"),
    Wrong("receipt show 1 -o @nowhere/new.html", USAGE, "file_unwritable"),
    Wrong("mail outbox --state weg", USAGE, "usage"),
    Wrong("mail resend 999 --by ik", USAGE, "mail_unknown"),
    Wrong("mail resend x --by ik", USAGE, "mail_unknown"),
    Wrong("report annex -o @there.csv", USAGE, "file_exists"),
    Wrong("report matrix -o @there.csv", USAGE, "file_exists"),
    Wrong("report missing -o @nowhere/new.csv", USAGE, "file_unwritable"),
    Wrong("report parents --school 11XX -o @new.html", USAGE, "school_unknown"),
    Wrong("report parents --school 99ZZ -o @there.csv", USAGE, "file_exists"),
    Wrong("report parents --school 99ZZ -o @new.html --language fr", USAGE, "usage"),
    Wrong("report yearly --year 2020", USAGE, "usage"),
    Wrong("report tick weg --by ik", USAGE, "check_unknown"),
    Wrong("mail test", NOT_READY, "mail_not_configured"),
    Wrong("mail test --role staff_member", USAGE, "usage"),
    # vendor
    Wrong("vendor list te-veel", USAGE, "usage"),
    Wrong("vendor stop onbekend --by ik --reason test", USAGE, "vendor_unknown"),
    Wrong("vendor stop 00000000 --by ik --reason test", USAGE, "vendor_unknown"),
    Wrong("vendor stop rekenwijs --by ik", USAGE, "usage"),
    Wrong("vendor stop rekenwijs --by ' ' --reason test", USAGE, "person_missing"),
    Wrong("vendor stop rekenwijs --by ik --reason ' '", USAGE, "reason_missing"),
    Wrong("vendor resume rekenwijs --by ik --reason test", REFUSED, "vendor_not_stopped"),
    Wrong("vendor resume onbekend --by ik --reason test", USAGE, "vendor_unknown"),
    # consent, objection, legal exceptions, regulation
    Wrong("consent give {said} --product onderzoek --evidence map", USAGE, "usage"),
    Wrong("consent give {said} --said-by ouder --product onderzoek", USAGE, "usage"),
    Wrong("consent give {by} --product onbekend --evidence map", USAGE, "product_unknown"),
    Wrong("consent give {by} --product rekenwijs --evidence map", REFUSED, "consent_not_asked"),
    Wrong("consent give {by} --product onderzoek", USAGE, "evidence_missing"),
    Wrong("consent give {by} --product onderzoek --evidence-file @nowhere", USAGE, "file_unreadable"),
    Wrong("consent give {by} --product onderzoek --evidence map --purpose spel", USAGE, "purpose_unknown"),
    Wrong("consent give {by} --product onderzoek --evidence map --on morgen", USAGE, "date_invalid"),
    Wrong("consent give {by} --product onderzoek --evidence map --on 2999-01-01", USAGE, "date_in_future"),
    Wrong("consent give {by} --product onderzoek --evidence map --expires 2020-01-01", USAGE, "expires_before"),
    Wrong("consent give {by} --product onderzoek --evidence map --text 7", USAGE, "text_unknown"),
    Wrong("consent give {by} --product fotoboek --evidence map", REFUSED, "text_missing"),
    Wrong("consent give {phone} --product onderzoek --evidence map", REFUSED, "method_not_written"),
    Wrong("consent give {nobody} --product onderzoek --evidence map", USAGE, "pupil_invalid"),
    Wrong("consent give {elsewhere} --product onderzoek --evidence map", USAGE, "source_unknown"),
    Wrong(
        "consent give {by} --product onderzoek --evidence map --passphrase-file @wrong-passphrase",
        NOT_READY, "ring_wrong_passphrase", None,
    ),
    Wrong("consent refuse {by} --product rekenwijs", REFUSED, "consent_not_asked"),
    Wrong("consent refuse {by} --product onderzoek --expires 2030-01-01", USAGE, "usage"),
    Wrong("consent withdraw {by} --product onderzoek --on 2999-01-01", USAGE, "date_in_future"),
    Wrong("consent withdraw {by} --product onderzoek --text 7", USAGE, "text_unknown"),
    Wrong("consent withdraw {by}", USAGE, "usage"),
    Wrong("consent show --pupil 5 --as ik --reason test", USAGE, "pupil_invalid"),
    Wrong("consent show --pupil las-1:5 --as ik --reason ''", USAGE, "reason_missing"),
    Wrong("consent list --product onbekend --as ik --reason test", USAGE, "product_unknown"),
    Wrong("consent list --product rekenwijs --as ik --reason test", REFUSED, "consent_not_asked"),
    Wrong("consent list --product onderzoek --as ' ' --reason test", USAGE, "person_missing"),
    Wrong("consent import @nowhere --as ik", USAGE, "file_missing"),
    Wrong("consent import @image.csv --as ik", USAGE, "file_not_text"),
    Wrong("consent import @no-columns.csv --as ik", USAGE, "columns_wrong"),
    Wrong("consent import @answers.csv --as ik", REFUSED, "import_faults"),
    Wrong("consent import @answers.csv --as ''", USAGE, "person_missing"),
    Wrong("consent form onbekend -o @new.html", USAGE, "product_unknown"),
    Wrong("consent form rekenwijs -o @new.html", REFUSED, "consent_not_asked"),
    Wrong("consent form onderzoek -o @there.csv", USAGE, "file_exists"),
    Wrong("consent form onderzoek -o @nowhere/new.html", USAGE, "file_unwritable"),
    Wrong("consent form onderzoek --lang fr -o @new.html", USAGE, "usage"),
    Wrong("objection add {object} --without-end", USAGE, "product_missing"),
    Wrong("objection add {object} --product rekenwijs --every-product --without-end", USAGE, "product_missing"),
    Wrong("objection add {object} --product rekenwijs", USAGE, "until_missing"),
    Wrong("objection add {object} --product rekenwijs --until 2026-99-99", USAGE, "date_invalid"),
    Wrong("objection add {object} --product rekenwijs --until 2020-01-01", USAGE, "until_passed"),
    Wrong("objection add {object} --product onbekend --without-end", USAGE, "product_unknown"),
    Wrong("objection add {object} --product onderzoek --without-end", REFUSED, "objection_on_consent"),
    Wrong("objection lift 7 --as ik", USAGE, "objection_unknown"),
    Wrong("objection lift zeven --as ik", USAGE, "objection_unknown"),
    Wrong("objection list --product onbekend --as ik --reason test", USAGE, "product_unknown"),
    Wrong("objection list --as ik", USAGE, "usage"),
    Wrong("legal-exception list te-veel", USAGE, "usage"),
    Wrong("legal-exception note buurman --pupil las-1:5 --as ik", REFUSED, "legal_exception_unknown"),
    Wrong("legal-exception note ggd --pupil las-1:5 --as ik", REFUSED, "explanation_missing"),
    Wrong("legal-exception note leerplicht --pupil las-1:5 --field cijfers --as ik", REFUSED, "field_not_listed"),
    Wrong("legal-exception note leerplicht --pupil las-1:5 --on 2999-01-01 --as ik", USAGE, "date_in_future"),
    Wrong("legal-exception note leerplicht --pupil onbekend:5 --as ik", USAGE, "source_unknown"),
    Wrong("regulation add 2025 --from 2025-08-01 --as ik", USAGE, "regulation_known"),
    Wrong("regulation add 2026 --from augustus --as ik", USAGE, "date_invalid"),
    Wrong("regulation add 2026 --from 2026-08-01 --category sterrenbeeld --as ik", USAGE, "usage"),
    Wrong("regulation add 2026 --from 2026-08-01 --staff-on 2026-06-01 --as ik", USAGE, "reference_missing"),
    Wrong("regulation add 2026 --from 2026-08-01 --staff-on 2999-06-01 --staff-ref x --as ik", USAGE, "date_in_future"),
    Wrong("regulation add '' --from 2026-08-01 --as ik", USAGE, "version_invalid"),
    Wrong("regulation add 2026 --from 2026-08-01 --document @nowhere --as ik", USAGE, "file_unreadable"),
    Wrong("regulation add 2026 --from 2026-08-01 --document @void --as ik", USAGE, "file_empty"),
    Wrong("regulation enforce misschien --as ik", USAGE, "usage"),
    Wrong("regulation enforce block --as ' '", USAGE, "person_missing"),
    Wrong("regulation list te-veel", USAGE, "usage"),
    # refresh, preview, export
    Wrong("refresh --product onbekend", REFUSED, "agreement_missing"),
    Wrong("refresh --product taalplezier", REFUSED, "agreement_missing"),
    Wrong("refresh --product leesmeter", REFUSED, "agreement_missing"),
    Wrong("refresh --school 9ZZZ", USAGE, "brin_invalid"),
    Wrong("refresh --school 11AB", USAGE, "brin_not_of_board"),
    Wrong("refresh --ask --accept", USAGE, "refresh_invalid"),
    Wrong("refresh --ask --product leesmeter", REFUSED, "agreement_missing", None),
    Wrong("refresh --ask --school 97XX", USAGE, "brin_not_of_board", None),
    Wrong("refresh --passphrase-file @wrong-passphrase", NOT_READY, "ring_wrong_passphrase", None),
    Wrong("refresh --passphrase-file @nowhere", USAGE, "secret_file_unreadable", None),
    Wrong("refresh", USAGE, "passphrase_missing", None),
    Wrong("preview --product rekenwijs --pupil las-1 --as ik --reason test", USAGE, "pupil_invalid"),
    Wrong("preview --product rekenwijs --pupil onbekend:5 --as ik --reason test", USAGE, "source_unknown"),
    Wrong("preview --product onbekend --pupil las-1:5 --as ik --reason test", REFUSED, "agreement_missing"),
    Wrong("preview --product leesmeter --pupil las-1:5 --as ik --reason test", REFUSED, "agreement_missing"),
    Wrong("preview --product rekenwijs --pupil las-1:5 --as ik --reason ' '", USAGE, "reason_missing"),
    Wrong("preview --product rekenwijs --pupil las-1:5 --as ' ' --reason test", USAGE, "person_missing"),
    Wrong("preview --product rekenwijs --pupil las-1:5 --as ik", USAGE, "usage"),
    Wrong("preview-made-up --product rekenwijs", USAGE, "usage"),
    Wrong("preview-made-up --product onbekend --brin 99ZZ", REFUSED, "agreement_missing"),
    Wrong("preview-made-up --product leesmeter --brin 99ZZ", REFUSED, "agreement_missing"),
    Wrong("preview-made-up --product rekenwijs --brin 00XX", USAGE, "made_up_invalid"),
    Wrong("preview-made-up --product rekenwijs --brin 99ZZ --age 200", USAGE, "made_up_invalid"),
    Wrong("preview-made-up --product rekenwijs --brin 99ZZ --role baas", USAGE, "usage"),
    Wrong("preview-made-up --product rekenwijs --brin 99ZZ --agreement VO-x/1", REFUSED, "agreement_missing"),
    Wrong("vendor ways rekenwijs", USAGE, "usage"),
    Wrong("export onbekend -o @new.csv", REFUSED, "agreement_missing"),
    Wrong("export leesmeter -o @new.csv", REFUSED, "agreement_ended"),
    Wrong("export taalplezier -o @new.csv", REFUSED, "agreement_not_activated"),
    Wrong("export rekenwijs -o @there.csv", USAGE, "file_exists"),
    Wrong("export rekenwijs -o @nowhere/new.csv", USAGE, "file_unwritable"),
    Wrong("export rekenwijs", USAGE, "usage"),
    Wrong("export rekenwijs --layout weg -o @new.csv", USAGE, "layout_unknown"),
    Wrong("layout lint @nowhere", USAGE, "file_unreadable"),
    Wrong("layout lint @no.json", USAGE, "layout_faults"),
    Wrong("layout add @no.json", USAGE, "layout_faults"),
    Wrong("layout add @image.csv", USAGE, "layout_faults"),
    Wrong("layout list --passend", USAGE, "usage"),
    Wrong("layout show weg", USAGE, "layout_unknown"),
    Wrong("results take rekenwijs @nowhere --layout weg", USAGE, "file_missing"),
    Wrong("results take rekenwijs @names.csv --layout weg", USAGE, "layout_unknown"),
    Wrong("results take rekenwijs @names.csv", USAGE, "usage"),
    Wrong("alias style onbekend", USAGE, "product_unknown"),
    Wrong("switchover plan onbekend @names.csv --id naam --as ik --reason x", REFUSED, "agreement_missing"),
    Wrong("switchover plan rekenwijs @names.csv --id account --as ik --reason x", USAGE, "column_missing"),
    Wrong("switchover plan rekenwijs @names.csv --id naam --as ik --reason x", USAGE, "nothing_matches"),
    Wrong("switchover plan rekenwijs @nowhere --id naam --as ik --reason x", USAGE, "file_missing"),
    Wrong("switchover plan rekenwijs @names.csv --id naam --as ik --reason ''", USAGE, "reason_missing"),
    Wrong(
        "switchover make rekenwijs @names.csv --id naam --as ik --reason x --decide 2 -o @new.csv --order @o.txt",
        USAGE,
        "decision_invalid",
    ),
    Wrong(
        "switchover make rekenwijs @names.csv --id naam --as ik --reason x -o @there.csv --order @o.txt",
        USAGE,
        "file_exists",
    ),
    Wrong("switchover list --passend", USAGE, "usage"),
    Wrong("switchover confirm 1 --document @secret --by fg", USAGE, "switchover_unknown"),
    Wrong("school-year plan", USAGE, "coming_year_missing"),
    Wrong("school-year plan", USAGE, "passphrase_missing", passphrase=None),
    Wrong("school-year expect --from 2026-06-01", USAGE, "usage"),
    Wrong("school-year expect --from juni --until 2026-09-01", USAGE, "date_invalid"),
    Wrong("school-year expect --from 2020-06-01 --until 2020-09-01", USAGE, "window_invalid"),
    Wrong("school-year drop", USAGE, "plan_missing"),
    Wrong("alias style rekenwijs letters", USAGE, "usage"),
    # serve
    Wrong("serve --bind 8080", USAGE, "bind_invalid"),
    Wrong("serve --bind 127.0.0.1:99999", USAGE, "bind_invalid"),
    Wrong("serve --bind 127.0.0.1:{taken}", NOT_READY, "port_taken"),
    Wrong("serve --bind 127.0.0.1:{free} --workers 0", USAGE, "usage"),
    Wrong("serve --bind 127.0.0.1:{free} --passphrase-file @nowhere", USAGE, "secret_file_unreadable", None),
    Wrong(
        "serve --bind 127.0.0.1:{free} --passphrase-file @wrong-passphrase",
        NOT_READY, "ring_wrong_passphrase", None,
    ),
    # the way back
    Wrong("deliver --once --passphrase-file @wrong-passphrase", NOT_READY, "ring_wrong_passphrase", None),
    Wrong("quarantine list te-veel", USAGE, "usage"),
    Wrong("quarantine", USAGE, "usage"),
    Wrong("dead-letters list te-veel", USAGE, "usage"),
    Wrong("dead-letters retry 17", USAGE, "no_such_dead_letter"),
    Wrong("dead-letters retry x", USAGE, "no_such_dead_letter"),
    Wrong("dead-letters retry 99999999999999999999", USAGE, "no_such_dead_letter"),
    Wrong("relink @nowhere -o @new.csv --product rekenwijs --as ik --reason test", USAGE, "file_missing"),
    Wrong("relink @image.csv -o @new.csv --product rekenwijs --as ik --reason test", USAGE, "file_not_text"),
    Wrong("relink @names.csv -o @new.csv --product rekenwijs --as ik --reason test", USAGE, "nothing_to_relink"),
    Wrong("relink @names.csv -o @there.csv --product rekenwijs --as ik --reason test", USAGE, "file_exists"),
    Wrong("relink @names.csv -o @nowhere/x.csv --product rekenwijs --as ik --reason test", USAGE, "file_unwritable"),
    Wrong("relink @names.csv -o @new.csv --product onbekend --as ik --reason test", USAGE, "product_unknown"),
    Wrong("relink @names.csv -o @new.csv --product rekenwijs --as ik --reason ''", USAGE, "reason_missing"),
    Wrong("relink @names.csv -o @new.csv --product rekenwijs --as ik", USAGE, "usage"),
    # register
    Wrong("register verify --checkpoint @nowhere", USAGE, "checkpoint_unreadable"),
    Wrong("register verify --checkpoint @there.csv", REFUSED, "checkpoint_malformed"),
    Wrong("register verify --checkpoint @names.csv --public-key zz", USAGE, "checkpoint_unreadable"),
    Wrong("register checkpoint", USAGE, "usage"),
    Wrong("register checkpoint -o @there.csv", USAGE, "file_exists"),
    Wrong("register checkpoint -o @nowhere/checkpoint", USAGE, "file_unwritable"),
    Wrong("register disclosures --pupil 5", USAGE, "pupil_invalid"),
    Wrong("register disclosures --pupil onbekend:5", USAGE, "source_unknown"),
    Wrong("register disclosures --product onbekend", USAGE, "product_unknown"),
    Wrong("register disclosures --pupil las-1:5 --product onbekend", USAGE, "product_unknown"),
    # backup and restore
    Wrong("backup", USAGE, "usage"),
    Wrong("backup -o @there.csv", USAGE, "file_exists"),
    Wrong("backup -o @nowhere/x", USAGE, "file_unwritable"),
    Wrong("restore @nowhere", USAGE, "backup_unreadable"),
    Wrong("restore @there.csv", USAGE, "backup_foreign"),
    Wrong("restore @image.csv --dry-run", USAGE, "backup_foreign"),
    Wrong("restore", USAGE, "usage"),
    Wrong("restore @there.csv --database mysql://x/y", USAGE, "database_address_invalid"),
    # schema, health
    Wrong("db upgrade te-veel", USAGE, "usage"),
    Wrong("db upgrade --database mysql://x/y", USAGE, "database_address_invalid"),
    Wrong("db", USAGE, "usage"),
    Wrong("health --bind nergens", USAGE, "bind_invalid"),
    Wrong("health --bind 127.0.0.1:{free}", NOT_READY, "not_ready"),
    # doctor, settings
    Wrong("doctor te-veel", USAGE, "usage"),
    Wrong("config show te-veel", USAGE, "usage"),
    Wrong("config", USAGE, "usage"),
    Wrong("config example te-veel", USAGE, "usage"),
    # demo and the whole
    Wrong("demo --keep @there.csv", USAGE, "usage"),
    Wrong("onbekend", USAGE, "usage"),
    Wrong("refresh --onbekend", USAGE, "usage"),
)  # fmt: skip


def _arguments(line: str, furnished: Furnished, *, taken: int) -> list[str]:
    import shlex

    school = furnished.school
    access = f"--standard oneroster-1.2 --url {school.base_url} --token-url {school.token_url} --client-id "
    filled = (
        line.replace("{access}", access + school.client_id)
        .replace("{other}", access + "iemand-anders")
        .replace("{taken}", str(taken))
        .replace("{by}", f"{SAID} --said-by representative-1 --pupil las-1:5 --method paper")
        .replace("{phone}", f"{SAID} --said-by representative-1 --pupil las-1:5 --method telephone")
        .replace("{nobody}", f"{SAID} --said-by representative-1 --pupil 5 --method paper")
        .replace("{elsewhere}", f"{SAID} --said-by representative-1 --pupil onbekend:5 --method paper")
        .replace("{said}", f"{SAID} --pupil las-1:5 --method paper")
        .replace("{object}", f"{SAID} --pupil las-1:5 --reason 'zaak 9'")
        .replace("{free}", str(free_port()))
        .replace("{ring}", str(furnished.rig.home / "keys" / "ring"))
    )
    words = [word.replace("Stichting_Toets", "Stichting Toets") for word in shlex.split(filled)]
    return [furnished.path(word[1:]) if word.startswith("@") else word for word in words]


@pytest.mark.parametrize("wrong", WRONG, ids=[each.line for each in WRONG])
def test_wrong_input_is_told_in_a_sentence_and_changes_nothing(
    wrong: Wrong, furnished: Furnished, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Every other one for a script, the rest for a person: standard error is the same.
    as_json = WRONG.index(wrong) % 2 == 0
    monkeypatch.delenv("SCHUILNAAM_PASSPHRASE_FILE", raising=False)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        arguments = _arguments(wrong.line, furnished, taken=taken.getsockname()[1])
        if wrong.passphrase is not None:
            arguments += ["--passphrase-file", str(furnished.rig.passphrase_file)]
        arguments += ["--home", str(furnished.rig.home)]
        before = state_of(furnished.rig.folder)
        outcome = typed([*arguments, "--json"] if as_json else arguments)

    assert (outcome.status, outcome.code) == (wrong.status, wrong.code), outcome.stderr
    _assert_shape(outcome, as_json=as_json)
    after = state_of(furnished.rig.folder)
    assert changes(before, after) == []
    assert all("refused" in event or "failed" in event for event in added_events(before, after))


def _assert_shape(outcome: Outcome, *, as_json: bool) -> None:
    assert "Traceback" not in outcome.stderr
    if as_json:
        error = outcome.json()["error"]
        assert isinstance(error, dict)
        assert error["code"] == outcome.code
        assert error["message"]
    else:
        assert outcome.stdout == ""


def test_every_command_has_a_wrong_input() -> None:
    import click

    from gateway.cli.main import cli

    def names(group: click.Group, before: str = "") -> Iterator[str]:
        for name, command in group.commands.items():
            if isinstance(command, click.Group):
                yield from names(command, f"{before}{name} ")
            else:
                yield f"{before}{name}"

    untested = [name for name in names(cli) if not any(each.line.startswith(name) for each in WRONG)]

    assert untested == []


def test_all_faults_of_a_record_are_listed_with_path_and_remedy(furnished: Furnished) -> None:
    outcome = typed(["agreement", "lint", furnished.path("faulty.json"), "--home", "x", "--json"])

    faults = outcome.json()["error"]["faults"]  # type: ignore[index]
    assert {fault["path"] for fault in faults} >= {"art28.g_end", "processor.kvk", "products[0].data[0].form"}
    assert all(fault["message"] and fault["remedy"] and fault["code"] for fault in faults)
    assert all(fault["path"] in outcome.stderr for fault in faults)


def test_person_who_registered_cannot_approve(furnished: Furnished) -> None:
    record = furnished.rig.record("nieuwtje", agreement_id="VO-nieuw")
    path = furnished.files / "new.json"
    path.write_text(json.dumps(record, ensure_ascii=False))
    furnished.rig.command("agreement", "register", str(path), "--by", "Applicatiebeheerder")
    before = state_of(furnished.rig.folder)

    same = furnished.rig.refused("agreement", "approve", "VO-nieuw", "--by", " applicatiebeheerder ")
    early = furnished.rig.refused("agreement", "activate", "VO-nieuw")

    assert same == (3, "four_eyes")
    assert early == (3, "agreement_not_approved")
    assert changes(before, state_of(furnished.rig.folder)) == []


def test_activation_with_an_open_finding_is_refused(furnished: Furnished) -> None:
    record = furnished.rig.record("bevinding", agreement_id="VO-bevinding")
    path = furnished.files / "finding.json"
    path.write_text(json.dumps(record, ensure_ascii=False))
    furnished.rig.command("agreement", "register", str(path), "--by", "applicatiebeheerder")
    furnished.rig.command("agreement", "approve", "VO-bevinding", "--by", "bestuurder")
    before = state_of(furnished.rig.folder)

    refused = furnished.rig.refused("agreement", "activate", "VO-bevinding")

    assert refused == (3, "findings_open")
    assert changes(before, state_of(furnished.rig.folder)) == []


def test_home_that_was_never_initialised_is_told_and_stays_empty(tmp_path: Path) -> None:
    for line in ("agreement list", "key show", "refresh", "serve --bind 127.0.0.1:1", "register verify"):
        outcome = typed([*line.split(), "--home", str(tmp_path), "--json"])
        assert (outcome.status, outcome.code) in ((5, "home_not_initialised"),), line
    assert list(tmp_path.iterdir()) == []


def test_no_home_at_all_is_a_usage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SCHUILNAAM_HOME", raising=False)
    outcome = typed(["agreement", "list", "--json"])
    assert (outcome.status, outcome.code) == (2, "home_missing")


def test_run_never_shows_a_traceback_or_a_value_of_an_unexpected_fault(
    furnished: Furnished, monkeypatch: pytest.MonkeyPatch
) -> None:
    import gateway.cli.agreement as module

    def broken() -> None:
        raise RuntimeError("Sem de Vries 123456782")

    monkeypatch.setattr(module, "clock", broken)
    outcome = typed(["agreement", "list", "--home", str(furnished.rig.home), "--json"])

    assert (outcome.status, outcome.code) == (1, "unexpected")
    assert "RuntimeError at gateway/cli/agreement.py:" in outcome.stderr
    assert "Sem" not in outcome.stderr + outcome.stdout


@contextlib.contextmanager
def _broken(path: Path, content: bytes | None) -> Iterator[None]:
    """A file with other content, or gone, for a while."""
    whole, mode = path.read_bytes(), path.stat().st_mode
    if content is None:
        path.rename(path.with_name("moved-away"))
    else:
        path.write_bytes(content)
    try:
        yield
    finally:
        if content is None:
            path.with_name("moved-away").rename(path)
        else:
            path.write_bytes(whole)
            path.chmod(mode)


@contextlib.contextmanager
def _mode(path: Path, mode: int) -> Iterator[None]:
    before = path.stat().st_mode
    path.chmod(mode)
    try:
        yield
    finally:
        path.chmod(before)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting between attempts."""
    monkeypatch.setattr(HostClient, "_wait", lambda *_: 0.0)


RING = "keys/ring"


@pytest.mark.parametrize(
    ("name", "change", "code"),
    [
        (RING, lambda whole: whole[:40], "ring_truncated"),
        (RING, lambda whole: whole[:-40] + bytes(40), "ring_damaged"),
        (RING, lambda whole: b"PK" + bytes(2_000), "ring_foreign_file"),
        (RING, lambda whole: None, "ring_missing"),
        ("settings.toml", lambda whole: b"= geen toml", "settings_invalid"),
        ("settings.toml", lambda whole: whole + b"onbekend = 1\n", "settings_unknown"),
        ("front.toml", lambda whole: b"", "settings_invalid"),
        ("school.toml", lambda whole: None, "home_not_initialised"),
        ("data/front.sqlite", lambda whole: None, "database_unavailable"),
        ("data/school.sqlite", lambda whole: None, "database_unavailable"),
        ("data/school.sqlite", lambda whole: b"geen database", "database_unavailable"),
        ("storage/storage.key", lambda whole: whole[:3], "storage_key_foreign"),
        ("storage/storage.key", lambda whole: None, "storage_key_absent"),
    ],
)
def test_home_with_something_broken_is_told_and_left_as_it_is(
    name: str, change: Callable[[bytes], bytes | None], code: str, furnished: Furnished
) -> None:
    path = furnished.rig.home / name
    for leftover in path.parent.glob(f"{path.name}-*"):
        # The journal of a database belongs to it: a command that ended has left nothing in it.
        leftover.unlink()
    with _broken(path, change(path.read_bytes())):
        before = _listing(furnished.rig.home)
        for command in (["refresh"], ["key", "add-version", "rekenwijs"]):
            outcome = typed(
                [*command, "--home", str(furnished.rig.home), "--json",
                 "--passphrase-file", str(furnished.rig.passphrase_file)]
            )  # fmt: skip
            assert (outcome.status, outcome.code) == (NOT_READY, code)
        assert _listing(furnished.rig.home) == before


def _listing(folder: Path) -> list[str]:
    return sorted(
        str(path) for path in folder.rglob("*") if not path.name.endswith((".lock", "-shm", "-wal"))
    )


@pytest.mark.parametrize(
    ("name", "mode", "code"),
    [
        (".", 0o755, "home_mode"),
        ("keys", 0o750, "ring_loose_modes"),
        (RING, 0o640, "ring_loose_modes"),
        ("school.toml", 0o644, "settings_mode"),
        ("storage/storage.key", 0o644, "storage_key_exposed"),
        ("secrets", 0o750, "source_secret_mode"),
        ("secrets/source-las-1", 0o644, "source_secret_mode"),
    ],
)
def test_modes_that_are_too_loose_are_told(name: str, mode: int, code: str, furnished: Furnished) -> None:
    with _mode(furnished.rig.home / name, mode):
        outcome = typed(
            ["refresh", "--home", str(furnished.rig.home), "--json",
             "--passphrase-file", str(furnished.rig.passphrase_file)]
        )  # fmt: skip
        assert (outcome.status, outcome.code) == (NOT_READY, code)


@pytest.mark.parametrize(
    ("fault", "code"),
    [("down", "source_failing"), ("denied", "source_unauthorised"), ("html", "source_unauthorised")],
)
def test_school_system_that_fails_is_exit_4_and_publishes_nothing(
    fault: str, code: str, furnished: Furnished, at_once: None
) -> None:
    faults = furnished.school.faults
    if fault == "down":
        faults.status("", 503)
    elif fault == "denied":
        faults.status("", 401)
    else:
        faults.body("", b"<html>inloggen</html>")
    before = state_of(furnished.rig.folder)
    try:
        for line in ("source check las-1", "source schools las-1", "refresh"):
            outcome = typed(
                [*line.split(), "--home", str(furnished.rig.home), "--json",
                 "--passphrase-file", str(furnished.rig.passphrase_file)]
            )  # fmt: skip
            assert (outcome.status, outcome.code) == (SCHOOL_SYSTEM, code), line
            outcome.json()
    finally:
        faults.clear()
    after = state_of(furnished.rig.folder)
    assert changes(before, after) == []
    assert "gateway:refresh:failed" in added_events(before, after)


def test_school_system_that_nobody_answers_for_is_exit_4(furnished: Furnished, at_once: None) -> None:
    secret = furnished.path("secret")
    address = f"http://127.0.0.1:{free_port()}"
    furnished.rig.command(
        "source", "add", "weg", "--standard", "oneroster-1.2", "--url", address, "--token-url", f"{address}/t",
        "--client-id", "x", "--client-secret-file", secret,
    )  # fmt: skip
    # The first refresh registers the new source's identifier space in the ring.
    assert furnished.rig.refused("refresh") == (4, "source_unreachable")
    before = state_of(furnished.rig.folder)

    assert furnished.rig.refused("source", "check", "weg") == (4, "source_unreachable")
    assert furnished.rig.refused("refresh") == (4, "source_unreachable")

    assert changes(before, state_of(furnished.rig.folder)) == []
