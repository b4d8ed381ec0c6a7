"""`FormView[SomeForm]`, which the type checker needs and Django's class does not offer at run time."""

from typing import TYPE_CHECKING

from django.views import generic

if TYPE_CHECKING:
    from django.views.generic import FormView
else:

    class FormView(generic.FormView):
        """Django's view; the name of the form in brackets is for the type checker."""

        def __class_getitem__(cls, _form: type) -> type:
            return cls


__all__ = ["FormView"]
