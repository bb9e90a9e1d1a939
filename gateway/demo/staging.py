"""Gives the parts of the story to some of the made-up people.

On purpose among them: namesakes in two schools and in one class, brother and sister with one guardian, a
pupil in two classes, a teacher who is also a guardian, a pupil who left, one who turns sixteen during the
school year, a combination class, and classes named after a teacher and after a pupil.
"""

from __future__ import annotations

import datetime

from gateway.demo.names import named
from gateway.demo.population import ClassGroup, Ids, Population
from gateway.demo.titles import Remark


def stage(drawn: Population, maker: Ids) -> None:
    """Give the parts of the story to pupils and teachers of the first two schools, if they are big enough."""
    homes = [[c for c in drawn.classes if c.school is school and c.home] for school in drawn.schools[:2]]
    if any(len(groups) < 2 or min(len(group.pupils) for group in groups[:2]) < 5 for groups in homes):
        return
    cast = drawn.cast
    first = homes[0]
    last = homes[-1]
    here, there = first[0].pupils, last[1].pupils
    here[0].name = named("Sem", "de Vries", sex="male")
    if len(homes) > 1:
        there[0].name = named("Sem", "de Vries", sex="male")
        cast.namesakes_in_two_schools = (here[0].id, there[0].id)
    # In a system of its own the second school has other namesakes, so that its user 17 is nobody's double.
    double = ("Mei", "Visser") if len(homes) > 1 or not last[0].school.index else ("Roos", "Storm")
    for seat in (1, 2):
        there[seat].name = named(*double, sex="female")
    cast.namesakes_in_one_class = (there[1].id, there[2].id)
    here[1].name = named("Zoë", "van den Berg", sex="female")
    younger = last[0].pupils[0] if len(homes) > 1 else here[4]
    younger.name = named("Daniël", "van den Berg", sex="male")
    cast.siblings = (here[1].id, younger.id)
    here[2].name = named("Roos", "Groen", sex="female")
    here[3].name = named("Wilhelmus", "'t Hart", sex="male", call="Wim")
    leaver = first[1].pupils[0]
    leaver.name, leaver.left = named("Storm", "Dijkstra", sex="male"), True
    cast.left = leaver.id
    if there[3].grade.startswith("vo-4"):
        there[3].name = named("Yusuf", "Çelik", sex="male")
        there[3].born = datetime.date(drawn.year + 1 - 16, 3, 14)
        cast.turns_sixteen = there[3].id
    _stage_staff(drawn, first, maker)


def _stage_staff(drawn: Population, first: list[ClassGroup], maker: Ids) -> None:
    cast = drawn.cast
    combined, marloes_class = first[0], first[1]
    cast.combination_class = combined.id
    marloes = marloes_class.teachers[0]
    marloes.name = named("Marloes", "Bakker", sex="female")
    marloes.role = "teacher"
    marloes_class.title = f"Groep {marloes_class.grades[0]} juf Marloes"
    if drawn.schools[0].secondary:
        marloes_class.title = f"{marloes_class.code} mentor Marloes Bakker"
    marloes_class.named_after = Remark(marloes_class.title, singles=("Marloes",))
    if drawn.schools[0].secondary:
        marloes_class.named_after = Remark(marloes_class.title, fulls=(marloes.name.full,))
    cast.class_named_after_teacher = marloes_class.id
    child = marloes_class.pupils[4]
    child.name = named("Fenna", "Bakker", sex="female")
    marloes.guardian_at = child.school
    child.guardians = (marloes,)
    cast.staff_and_guardian, cast.child_of_staff = marloes.id, child.id
    tutored = combined.pupils[0]
    bijles = ClassGroup(
        maker.next("class"),
        combined.school,
        f"Bijles {tutored.name.full}",
        "BIJ1",
        "rekenen",
        combined.grades[:1],
        False,
        (marloes,),
        (tutored,),
        Remark(f"Bijles {tutored.name.full}", fulls=(tutored.name.full,)),
    )
    drawn.classes.append(bijles)
    cast.class_named_after_pupil = bijles.id
    cast.in_two_classes = tutored.id
