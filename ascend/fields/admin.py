"""The admin's search box over encrypted columns: what their indexes cannot answer is said, and finds nothing."""

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import EmptyResultSet

from ascend.fields.errors import OperationRefused

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin
    from django.db.models import QuerySet
    from django.http import HttpRequest

    _ModelAdmin = ModelAdmin[Any]
else:
    _ModelAdmin = object


class EncryptedSearch(_ModelAdmin):
    """Mix it into a `ModelAdmin` before it."""

    def get_search_results(
        self, request: "HttpRequest", queryset: "QuerySet[Any]", search_term: str
    ) -> tuple["QuerySet[Any]", bool]:
        """Return the rows that the search finds; none, and a message, where it is refused."""
        try:
            found, may_repeat = super().get_search_results(request, queryset, search_term)
            found.query.get_compiler(found.db).as_sql()  # a search that finds too much is refused when it runs
        except EmptyResultSet:
            return queryset.none(), False
        except OperationRefused as refused:
            self.message_user(request, str(refused), messages.WARNING)
            return queryset.none(), False
        return found, may_repeat
