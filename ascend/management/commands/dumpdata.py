"""Django's `dumpdata`, which does not write protected values into a fixture in clear."""

from typing import Any

from django.apps import apps
from django.core.management.base import CommandError
from django.core.management.commands import dumpdata
from django.core.management.utils import parse_apps_and_model_labels
from django.db import models

from ascend.fields import protected_fields


class Command(dumpdata.Command):
    """Refuses the models with encrypted fields; everything else is Django's."""

    def handle(self, *app_labels: str, **options: Any) -> Any:
        """Dump what is asked for, unless a protected value would be among it.

        Raises:
            CommandError: it names the models to leave out.
        """
        protected = {found.model for found in protected_fields()}
        in_the_way = sorted(model._meta.label for model in protected & _asked_for(app_labels, options["exclude"]))
        if in_the_way:
            leave_out = " ".join(f"--exclude {label}" for label in in_the_way)
            raise CommandError(
                f"dumpdata would write the protected values of {', '.join(in_the_way)} in clear. Leave them out "
                f"({leave_out}); back up the database and its keys instead."
            )
        return super().handle(*app_labels, **options)


def _asked_for(labels: tuple[str, ...], excluded: list[str]) -> set[type[models.Model]]:
    named_models, named_apps = parse_apps_and_model_labels(labels)
    models_left_out, apps_left_out = parse_apps_and_model_labels(excluded)
    return {
        model
        for model in apps.get_models()
        if (not labels or model in named_models or model._meta.app_config in named_apps)
        and model not in models_left_out
        and model._meta.app_config not in apps_left_out
    }
