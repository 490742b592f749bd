"""The four roles of staff. Each app says which permissions a role has; `migrate` writes them to groups.

look: sees every page, changes nothing. moderate: looks, and acts on pictures and people. operate: looks, and acts on
jobs, nodes and files. own: all of it, and who else is staff. An operator adds people to these groups, and makes groups
of their own for other mixtures: `migrate` gives these four what they lack, and never takes anything from a group.
"""

from __future__ import annotations

from enum import StrEnum

from django.contrib.auth.models import Group, Permission
from django.db import DEFAULT_DB_ALIAS


class Role(StrEnum):
    """The name of the group in the database."""

    LOOK = "look"
    MODERATE = "moderate"
    OPERATE = "operate"
    OWN = "own"


#: A role has all that these have.
INCLUDES = {
    Role.LOOK: (),
    Role.MODERATE: (Role.LOOK,),
    Role.OPERATE: (Role.LOOK,),
    Role.OWN: (Role.LOOK, Role.MODERATE, Role.OPERATE),
}
_given: dict[Role, set[str]] = {role: set() for role in Role}


def give(role: Role, *permissions: str) -> None:
    """Give a role permissions, each as "app.codename". Whoever may look has the `view_` of all models without this."""
    _given[role].update(permissions)


def permissions_of(role: Role) -> set[str]:
    """Return what a role has by `give`, with what it includes."""
    return _given[role].union(*(permissions_of(other) for other in INCLUDES[role]))


def make_groups(using: str = DEFAULT_DB_ALIAS, **_: object) -> None:
    """Receive `post_migrate` of the last app: make the groups, and add permissions they lack. Four queries, idempotent.

    Permissions are made app by app, so this must not run before.
    """
    rows = Permission.objects.using(using).values_list("content_type__app_label", "codename", "pk")
    found = {f"{app}.{codename}": pk for app, codename, pk in rows}
    Group.objects.using(using).bulk_create([Group(name=role.value) for role in Role], ignore_conflicts=True)
    groups = dict(Group.objects.using(using).filter(name__in=list(Role)).values_list("name", "pk"))
    looks = {name for name in found if name.partition(".")[2].startswith("view_")}
    through = Group.permissions.through
    has = [
        through(group_id=groups[role.value], permission_id=found[name])
        for role in Role
        for name in sorted((looks | permissions_of(role)) & found.keys())
    ]
    through.objects.using(using).bulk_create(has, ignore_conflicts=True)
